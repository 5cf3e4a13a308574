//! Where finished recordings are sent.

use super::super::table::Table;
use super::super::words::{COMPOSITIONS, STORAGES, StorageWord};
use super::Loader;
use crate::settings::{Composition, Secret, Storage, StorageKind};

impl Loader<'_> {
    /// All keys are asked for, whatever the kind: those of the other are kept apart by the check below.
    pub(super) fn storage(&mut self, root: &mut Table<'_>) -> Option<Storage> {
        let report = &mut self.report;
        let mut table = root.table("storage", report)?;
        let is_nothing = table.is_empty();
        let kind = table.choice("kind", &STORAGES, report);
        let enabled = table.boolean("enabled", report).unwrap_or(true);
        let path = table.string("path", report).unwrap_or_default();
        let user = table.string("user", report);
        let password = table.string("password", report).map(Secret);
        let composition = table.choice("composition", &COMPOSITIONS, report);
        let keep_local = table.boolean("keep_local", report).unwrap_or(true);
        let texts = [
            "host", "host_key", "key_file", "endpoint", "region", "bucket",
        ];
        let [host, host_key, key_file, endpoint, region, bucket] =
            texts.map(|key| table.string(key, report));
        let port = table.number("port", 1..=65_535, report);
        let mut needs = |key: &str, value: Option<String>| {
            if value.as_deref().is_none_or(str::is_empty) {
                report.of(
                    &table.path(key),
                    "is missing: a storage of this kind needs it",
                );
            }
            value.unwrap_or_default()
        };
        if is_nothing {
            return None;
        }
        let user = needs("user", user);
        let kind = match kind {
            Some(StorageWord::Sftp) => StorageKind::Sftp {
                host: needs("host", host),
                host_key: needs("host_key", host_key),
                port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(22),
                key_file,
            },
            Some(StorageWord::S3) => StorageKind::S3 {
                endpoint: needs("endpoint", endpoint),
                region: region.unwrap_or_else(|| "us-east-1".to_owned()),
                bucket: needs("bucket", bucket),
            },
            None => StorageKind::S3 {
                endpoint: needs("kind", None),
                region: String::new(),
                bucket: String::new(),
            },
        };
        table.done(report);
        Some(Storage {
            enabled,
            kind,
            path,
            user,
            password,
            composition: composition.unwrap_or(Composition::Both),
            keep_local,
        })
    }
}

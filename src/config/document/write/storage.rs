//! Where finished recordings are sent, written.

use super::{Writer, maybe, put, table};
use crate::config::words::{COMPOSITIONS, word};
use crate::settings::StorageKind;
use toml::Table;

impl Writer<'_> {
    pub(super) fn storage(&self, root: &mut Table) {
        let Some(storage) = &self.account.storage else {
            return;
        };
        let mut table = table([
            ("enabled", storage.enabled.into()),
            ("path", storage.path.as_str().into()),
            ("user", storage.user.as_str().into()),
            (
                "composition",
                word(storage.composition, &COMPOSITIONS).into(),
            ),
            ("keep_local", storage.keep_local.into()),
        ]);
        self.secret(&mut table, storage.password.as_ref());
        match &storage.kind {
            StorageKind::Sftp {
                host,
                port,
                host_key,
                key_file,
            } => {
                put(&mut table, "kind", "sftp".into());
                put(&mut table, "host", host.as_str().into());
                put(&mut table, "port", i64::from(*port).into());
                put(&mut table, "host_key", host_key.as_str().into());
                maybe(&mut table, "key_file", key_file.as_deref().map(Into::into));
            }
            StorageKind::S3 {
                endpoint,
                region,
                bucket,
            } => {
                put(&mut table, "kind", "s3".into());
                put(&mut table, "endpoint", endpoint.as_str().into());
                put(&mut table, "region", region.as_str().into());
                put(&mut table, "bucket", bucket.as_str().into());
            }
        }
        put(root, "storage", table.into());
    }
}

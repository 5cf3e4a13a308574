//! What is recorded, and what customers are told of it.

use super::Loader;
use crate::config::table::Table;
use crate::config::words::{COMPOSITIONS, DIRECTIONS};
use crate::settings::defaults::{self, DAYS, MASK_DIGITS, QUOTA_GB};
use crate::settings::{Consent, Recording};

impl Loader<'_> {
    pub(super) fn recording(&mut self, root: &mut Table<'_>) -> Recording {
        let usual = Recording::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("recording", report) else {
            return usual;
        };
        let enabled = table.boolean("enabled", report);
        let direction = table.choice("direction", &DIRECTIONS, report);
        let composition = table.choice("composition", &COMPOSITIONS, report);
        let video = table.boolean("video", report);
        let retention_days = table.number("retention_days", DAYS, report);
        let audit_days = table.number("audit_days", DAYS, report);
        let quota_gb = table.number("quota_gb", QUOTA_GB, report);
        let mask_digits = table.seconds("mask_digits_s", &MASK_DIGITS, report);
        let consent = table.table("consent", report);
        let consent = consent.and_then(|table| self.consent(table));
        table.done(&mut self.report);
        Recording {
            retention_days,
            audit_days: audit_days.unwrap_or(usual.audit_days),
            quota_gb,
            enabled: enabled.unwrap_or(usual.enabled),
            direction: direction.unwrap_or(usual.direction),
            composition: composition.unwrap_or(usual.composition),
            video: video.unwrap_or(usual.video),
            consent,
            mask_digits,
        }
    }

    /// A message, and the key with which the customer says no (B22).
    fn consent(&mut self, mut table: Table<'_>) -> Option<Consent> {
        let report = &mut self.report;
        let path = table.own_path().to_owned();
        let key = table.string("refuse", report);
        let wait = table.seconds("wait_for_response_s", &defaults::CODE, report);
        let mut keys = key.iter().flat_map(|key| key.chars());
        let refuse = keys.next();
        if key.is_some() && (refuse.is_none() || keys.next().is_some()) {
            report.of(&format!("{path}.refuse"), "one key: 0-9 * #");
        }
        Some(Consent {
            message: self.message(table)?,
            refuse,
            wait: wait.unwrap_or(defaults::CODE_WAIT),
        })
    }
}

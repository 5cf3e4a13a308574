//! The section of what is recorded.

use super::{Writer, maybe, put, seconds, table};
use crate::config::words::{COMPOSITIONS, DIRECTIONS, word};
use toml::{Table, Value};

impl Writer<'_> {
    pub(super) fn recording(&self, root: &mut Table) {
        let set = &self.account.recording;
        let mut section = table([
            ("enabled", set.enabled.into()),
            ("direction", word(set.direction, &DIRECTIONS).into()),
            ("composition", word(set.composition, &COMPOSITIONS).into()),
            ("video", set.video.into()),
            ("audit_days", i64::from(set.audit_days).into()),
        ]);
        maybe(
            &mut section,
            "retention_days",
            set.retention_days.map(Value::from),
        );
        maybe(&mut section, "quota_gb", set.quota_gb.map(Value::from));
        maybe(&mut section, "mask_digits_s", set.mask_digits.map(seconds));
        if let Some(consent) = &set.consent {
            let mut told = self.message(&consent.message);
            put(&mut told, "wait_for_response_s", seconds(consent.wait));
            let key = consent.refuse.map(|key| Value::from(key.to_string()));
            maybe(&mut told, "refuse", key);
            put(&mut section, "consent", told.into());
        }
        put(root, "recording", section.into());
    }
}

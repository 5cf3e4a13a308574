//! What customers are told of the recording.

use super::super::Recording;
use super::super::defaults::{CODE, MASK_DIGITS};
use super::Problems;

impl Problems {
    pub(super) fn recording(&mut self, recording: &Recording) {
        if let Some(after) = recording.mask_digits {
            self.range("recording.mask_digits_s", after, MASK_DIGITS);
        }
        let Some(consent) = &recording.consent else {
            return;
        };
        self.message("recording.consent", Some(&consent.message));
        self.no_placeholders("recording.consent", Some(&consent.message));
        let wait = "recording.consent.wait_for_response_s";
        self.range(wait, consent.wait, CODE);
        let is_key = |key: char| key.is_ascii_digit() || "*#".contains(key);
        if consent.refuse.is_some_and(|key| !is_key(key)) {
            self.add("recording.consent.refuse", "one key: 0-9 * #");
        }
    }
}

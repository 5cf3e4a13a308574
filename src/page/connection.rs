//! A connection of a page, and how fast it may speak.

use super::Who;
use crate::id::VisitId;
use std::time::{Duration, Instant};

/// Messages of one page that may come at once, and in how long one is earned again.
const BURST: u32 = 100;
const EARNED_IN: Duration = Duration::from_millis(50);
/// A connection.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) who: Who,
    /// Once it has said hello.
    pub(super) visit: Option<VisitId>,
    /// Until when it has to.
    pub(super) hello_by: Instant,
    /// When it has earned all of [`BURST`] again.
    pub(super) full_at: Instant,
}

impl Page {
    /// Whether it may say one more thing (the generic cell rate algorithm).
    pub(super) fn may_speak(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + EARNED_IN;
        let may = full_at <= now + EARNED_IN * BURST;
        if may {
            self.full_at = full_at;
        }
        may
    }
}

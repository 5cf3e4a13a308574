//! Parties whose browser is lost in the call, and may come back (B18).

use super::{Call, Hears, Stage, millis};
use crate::id::LegId;
use std::time::Instant;

impl Call {
    /// A party is lost for now. Says whether that is news.
    pub fn lose(&mut self, leg: LegId) -> bool {
        self.legs.contains(&leg) && self.lost.insert(leg)
    }

    /// A party is there again. Says whether that is news.
    pub fn find_again(&mut self, leg: LegId) -> bool {
        self.lost.remove(&leg)
    }

    /// Whether a party is lost for now.
    pub fn is_lost(&self, leg: LegId) -> bool {
        self.lost.contains(&leg)
    }

    /// How long they have waited for the first who talks to them.
    pub(super) fn note_wait(&mut self, now: Instant) {
        if self.record.connected.is_none() {
            self.record.waited_ms = millis(self.waited(now));
        }
    }

    /// The agent does not come back: the customer waits again in the queue from which they were served.
    /// Says whether there is one.
    pub fn wait_again(&mut self, now: Instant) -> bool {
        let Stage::Talking {
            queue: Some(queue),
            since,
            ..
        } = self.stage
        else {
            return false;
        };
        self.record.talked_ms += millis(now.saturating_duration_since(since));
        self.stage = Stage::Waiting {
            queue,
            hears: Hears::Silence,
            ringing: None,
        };
        true
    }
}

//! Parties whose browser is lost in the call, and may come back (B18).

use super::{Call, Hears, Interlude, Stage, millis};
use crate::id::LegId;
use std::time::Instant;

impl Call {
    /// A party is lost for now. Says whether that is news.
    pub fn lose(&mut self, leg: LegId) -> bool {
        self.legs.contains(&leg) && self.lost.insert(leg)
    }

    /// What the other party hears from now on, until the lost one is back.
    pub fn set_absence(&mut self, absence: Interlude) {
        self.absence = Some(absence);
    }

    /// A party is there again. Says whether that is news.
    pub fn find_again(&mut self, leg: LegId) -> bool {
        let found = self.lost.remove(&leg);
        if self.lost.is_empty() {
            self.absence = None;
        }
        found
    }

    /// What is heard by who has lost the other.
    pub(super) fn absence_or(&self, music: Hears) -> Hears {
        self.absence.as_ref().map_or(music, Interlude::hears)
    }

    /// The music that is heard in the talk by who has to wait.
    pub fn music(&self) -> Hears {
        if let Stage::Talking { music, .. } = self.stage {
            return music;
        }
        Hears::Silence
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
        self.absence = None;
        self.stage = Stage::Waiting {
            queue,
            hears: Hears::Silence,
            ringing: None,
        };
        self.unmask();
        self.forget_question();
        true
    }
}

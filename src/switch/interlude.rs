//! The company of customers who have to wait for a moment: their music goes on, their message is said
//! when its time has come.

use super::Switch;
use crate::call::{Call, Hears, Interlude};
use crate::id::CallId;
use crate::settings::MomentKey;
use std::time::Instant;

impl Switch {
    /// What is heard by who waits for a moment: as it is set now, or without that this music.
    pub(super) fn interlude(&self, now: Instant, key: MomentKey, otherwise: Hears) -> Interlude {
        let (music, message) = match self.sounds.moment(key) {
            Some((music, message)) => (Hears::Music(music), message),
            None => (otherwise, None),
        };
        let every = self.account.repeated_every(key);
        Interlude::new(now, music, message.map(|sound| (sound, every)))
    }

    /// A call has an interlude from now on.
    pub(super) fn entertain(&mut self, id: CallId, interlude: Interlude) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.set_interlude(interlude);
            self.entertained.insert(id);
        }
    }

    /// The messages whose time has come.
    pub(super) fn interludes_due(&mut self, now: Instant) {
        for id in self.entertained.iter().copied().collect::<Vec<_>>() {
            let play = self.next();
            let Some(call) = self.calls.get_mut(&id) else {
                self.entertained.remove(&id);
                continue;
            };
            if call.interlude().is_none() {
                self.entertained.remove(&id);
            } else if call.interlude_due(now, play) {
                self.arrange(id);
            }
        }
    }

    /// A message has been heard. Says whether it was that of an interlude.
    pub(super) fn interlude_heard(&mut self, now: Instant, id: CallId, play: u64) -> bool {
        let call = self.calls.get_mut(&id);
        let is_it = call.is_some_and(|call| call.interlude_heard(now, play));
        if is_it {
            self.arrange(id);
        }
        is_it
    }

    pub(super) fn interludes_timeout(&self) -> Option<Instant> {
        let calls = self.entertained.iter().filter_map(|id| self.calls.get(id));
        // One that is over is forgotten soon.
        let due = |call: &Call| call.interlude().flatten();
        calls.filter_map(due).min()
    }
}

//! Every change is written; what must not be lost is written before anything is promised or done.

use super::book::{Action, Book};
use super::entry::{AGAIN, PATIENCE, PAUSE, Phase};
use super::request::Outcome;
use crate::clock::Clock;
use crate::id::CallbackId;
use std::time::Instant;

impl Book {
    pub(super) fn stored(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        revision: u64,
        stored: bool,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        if !stored {
            if revision == entry.request.revision {
                self.not_stored(now, clock, id, out);
            }
            return;
        }
        entry.saved = entry.saved.max(revision);
        if entry.is_saved() {
            entry.writing = None;
        }
        let later = entry
            .asking
            .iter()
            .filter(|(_, awaited)| *awaited > revision);
        let later = later.copied().collect();
        let promised = std::mem::replace(&mut entry.asking, later);
        let promised = promised.difference(&entry.asking);
        out.extend(promised.map(|&(call, _)| Action::Promise { call, id }));
        match entry.phase {
            Phase::Asked => entry.phase = Phase::Due,
            Phase::Taking {
                revision: awaited, ..
            } if awaited <= revision => {
                entry.phase = Phase::Dialling { met: false };
                out.push(Action::Dial { id });
            }
            Phase::Resting { .. }
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Taking { .. }
            | Phase::Dialling { .. }
            | Phase::Over => {}
        }
        self.settle(now, id, out);
    }

    /// The last writing has failed, or nobody has said what became of it.
    pub(super) fn not_stored(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.writing = Some(now + AGAIN);
        let asking = std::mem::take(&mut entry.asking);
        out.extend(asking.iter().map(|&(call, _)| Action::Decline { call }));
        match entry.phase {
            // It may have been written all the same: what was not promised must not be done.
            Phase::Asked => return self.finish(now, clock, id, Outcome::NotPromised, out),
            Phase::Taking { .. } => {
                // Nobody was dialled.
                entry.request.attempts -= 1;
                out.push(Action::Release { id });
                self.take_back(now, clock, id, PAUSE, out);
            }
            Phase::Resting { .. }
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Dialling { .. }
            | Phase::Over => {}
        }
        self.settle(now, id, out);
    }

    /// A change is written.
    pub(super) fn write(&mut self, now: Instant, id: CallbackId, out: &mut Vec<Action>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.request.revision += 1;
        }
        self.write_again(now, id, out);
    }

    pub(super) fn write_again(&mut self, now: Instant, id: CallbackId, out: &mut Vec<Action>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.writing = Some(now + PATIENCE);
            out.push(Action::Store(Box::new(entry.request.clone())));
        }
    }
}

//! The floor and the indexes follow what a request has become; and who must be left alone for now.

use super::book::{Action, Book};
use super::entry::Phase;
use super::request::Number;
use crate::id::{CallId, CallbackId, QueueId};
use std::collections::BTreeSet;
use std::time::Instant;

impl Book {
    pub(super) fn on_the_line(
        &mut self,
        now: Instant,
        call: CallId,
        number: Number,
        out: &mut Vec<Action>,
    ) {
        self.lines.entry(call).or_default().push(number.clone());
        self.present.entry(number.clone()).or_default().insert(call);
        self.settle_number(now, &number, out);
    }

    pub(super) fn off_the_line(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        for number in self.lines.remove(&call).unwrap_or_default() {
            if let Some(calls) = self.present.get_mut(&number) {
                calls.remove(&call);
                if calls.is_empty() {
                    self.present.remove(&number);
                }
            }
            self.settle_number(now, &number, out);
        }
    }

    pub(super) fn settle_all(&mut self, now: Instant, out: &mut Vec<Action>) {
        for id in self.entries.keys().copied().collect::<Vec<_>>() {
            self.settle(now, id, out);
        }
    }

    pub(super) fn settle_number(&mut self, now: Instant, number: &Number, out: &mut Vec<Action>) {
        let queues = (number.clone(), QueueId(0))..=(number.clone(), QueueId(u32::MAX));
        let theirs = self.open.range(queues).map(|(_, id)| *id);
        for id in theirs.collect::<Vec<_>>() {
            self.settle(now, id, out);
        }
    }

    /// Brings the floor and the indexes in line with what an entry has become.
    pub(super) fn settle(&mut self, now: Instant, id: CallbackId, out: &mut Vec<Action>) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        if entry.phase == Phase::Over {
            let key = (entry.request.number.clone(), entry.request.queue);
            if self.open.get(&key) == Some(&id) {
                self.open.remove(&key);
            }
        }
        let wants_a_place = entry.wants_a_place(&self.removed);
        if wants_a_place && !entry.kept {
            out.push(Action::Keep {
                id,
                place: entry.place(now),
            });
        } else if !wants_a_place && entry.kept {
            out.push(Action::Withdraw { id });
        }
        if entry.kept != wants_a_place {
            (entry.kept, entry.ready) = (wants_a_place, false);
        }
        let ready = entry.wants_an_agent()
            && !self.gated
            && !self.closed.contains(&entry.request.queue)
            && !self.present.contains_key(&entry.request.number);
        if entry.kept && !entry.is_taken() && entry.ready != ready {
            entry.ready = ready;
            out.push(Action::Ready { id, ready });
        }
        let deadline = match entry.is_finished() {
            true => None,
            false => entry.next_deadline(),
        };
        if deadline != entry.deadline {
            let before = std::mem::replace(&mut entry.deadline, deadline);
            before.map(|at| self.deadlines.remove(&(at, id)));
            self.deadlines.extend(deadline.map(|at| (at, id)));
        }
        if entry.is_finished() {
            self.entries.remove(&id);
        }
    }

    /// Asserts what must hold after every step.
    ///
    /// # Panics
    /// If it does not: a fault of ours.
    pub fn check(&self) {
        for (key, id) in &self.open {
            let entry = self.entries.get(id).expect("an open request is an entry");
            assert_eq!(*key, (entry.request.number.clone(), entry.request.queue));
            assert_ne!(entry.phase, Phase::Over, "{id} is over");
        }
        let open = self.entries.values().filter(|e| e.phase != Phase::Over);
        assert_eq!(open.count(), self.open.len(), "one for a number and queue");
        let deadlines = self.entries.iter();
        let deadlines = deadlines.filter_map(|(id, entry)| Some((entry.next_deadline()?, *id)));
        assert_eq!(deadlines.collect::<BTreeSet<_>>(), self.deadlines);
        for (id, entry) in &self.entries {
            let most = entry.request.terms.retries + 1;
            assert!(entry.request.attempts <= most, "{id}: N + 1 attempts (R74)");
            assert!(
                entry.is_saved() || entry.writing.is_some(),
                "{id} is being written"
            );
            let active = matches!(
                entry.phase,
                Phase::Picked { .. }
                    | Phase::Ringing { .. }
                    | Phase::Taking { .. }
                    | Phase::Dialling { .. }
            );
            assert_eq!(entry.is_active(), active, "{id}: {entry:?}");
            let wanted = entry.wants_a_place(&self.removed);
            assert_eq!(entry.kept, wanted, "{id}: {entry:?}");
        }
    }
}

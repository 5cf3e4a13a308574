//! What becomes of a request once its turn has come.

use super::book::{Action, Book};
use super::entry::{Entry, PATIENCE, Phase, resting};
use super::request::{Number, Outcome, State};
use crate::clock::Clock;
use crate::id::{AgentId, CallId, CallbackId, QueueId};
use jiff::Timestamp;
use std::time::{Duration, Instant};

impl Book {
    pub(super) fn rings(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        agent: AgentId,
        out: &mut Vec<Action>,
    ) {
        // A place that was given up meanwhile is nobody's.
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.kept) else {
            return;
        };
        let picked = match entry.phase {
            Phase::Due => false,
            Phase::Picked { .. } => true,
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Ringing { .. }
            | Phase::Taking { .. }
            | Phase::Dialling { .. }
            | Phase::Over => return,
        };
        entry.phase = Phase::Ringing { agent, picked };
        let since = clock.civil(now);
        entry.request.state = State::Active {
            agent,
            since,
            dialling: false,
        };
        self.write(now, id, out);
        self.settle(now, id, out);
    }

    pub(super) fn unrung(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        match entry.phase {
            Phase::Ringing { .. } | Phase::Picked { .. } => {
                self.reopen(now, id, clock.civil(now), out);
                self.settle(now, id, out);
            }
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Due
            | Phase::Taking { .. }
            | Phase::Dialling { .. }
            | Phase::Over => {}
        }
    }

    /// It waits for another agent.
    pub(super) fn reopen(
        &mut self,
        now: Instant,
        id: CallbackId,
        next: Timestamp,
        out: &mut Vec<Action>,
    ) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.phase = Phase::Due;
            entry.request.state = State::InQueue { next };
            self.write(now, id, out);
        }
    }

    /// The attempt is written before it is made.
    pub(super) fn accepted(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        agent: AgentId,
        out: &mut Vec<Action>,
    ) {
        let fits = |entry: &&mut Entry| matches!(entry.phase, Phase::Ringing { agent: rung, .. } if rung == agent);
        let Some(entry) = self.entries.get_mut(&id).filter(fits) else {
            return out.push(Action::Release { id });
        };
        entry.request.attempts += 1;
        let since = clock.civil(now);
        entry.request.state = State::Active {
            agent,
            since,
            dialling: true,
        };
        entry.phase = Phase::Taking {
            revision: entry.request.revision + 1,
            until: now + PATIENCE,
        };
        self.write(now, id, out);
        self.settle(now, id, out);
    }

    pub(super) fn missed(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.is_taken()) else {
            return;
        };
        match entry.phase {
            // The agent has hung up before anybody was dialled.
            Phase::Taking { .. } => {
                entry.request.attempts -= 1;
                self.take_back(now, clock, id, Duration::ZERO, out);
            }
            Phase::Dialling { met: true } => {
                return self.finish(now, clock, id, Outcome::Connected, out);
            }
            Phase::Dialling { met: false } => {
                entry.faults = 0;
                self.leave_the_floor(id, out);
                self.put_back(now, clock, id, clock.civil(now), out);
            }
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Over => {}
        }
        self.settle(now, id, out);
    }

    /// As if the agent had not accepted: the attempt does not count, for the customer's phone never rang. But
    /// the delay holds, and grows while trunks fail.
    pub(super) fn not_made(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        out: &mut Vec<Action>,
    ) {
        if let Some(entry) = self.entries.get_mut(&id)
            && let Phase::Dialling { met: false } = entry.phase
        {
            entry.request.attempts -= 1;
            let pause = entry.pause();
            entry.faults = entry.faults.saturating_add(1);
            self.take_back(now, clock, id, pause, out);
            self.settle(now, id, out);
        }
    }

    /// After an attempt: another one after the delay, if there is one left (R74, R75).
    pub(super) fn put_back(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        ended: Timestamp,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        let at = clock.civil(now);
        if entry.has_attempts_left() {
            let next = ended.checked_add(entry.request.terms.delay).unwrap_or(at);
            entry.phase = resting(now, clock, next);
            entry.request.state = State::InQueue { next };
        } else {
            entry.phase = Phase::Over;
            entry.request.state = State::NoReply { at };
            out.push(Action::NoReply { id });
        }
        self.write(now, id, out);
    }

    /// An attempt that was not made: as if nobody had accepted, but for a pause.
    pub(super) fn take_back(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        pause: Duration,
        out: &mut Vec<Action>,
    ) {
        self.leave_the_floor(id, out);
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        let at = clock.civil(now);
        let next = at.checked_add(pause).unwrap_or(at);
        entry.phase = resting(now, clock, next);
        entry.request.state = State::InQueue { next };
        self.write(now, id, out);
    }

    /// The place went with the attempt.
    pub(super) fn leave_the_floor(&mut self, id: CallbackId, out: &mut Vec<Action>) {
        if let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.kept) {
            (entry.kept, entry.ready) = (false, false);
            out.push(Action::Withdraw { id });
        }
    }

    /// Nothing more is owed.
    pub(super) fn finish(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        how: Outcome,
        out: &mut Vec<Action>,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        if entry.phase == Phase::Over {
            return;
        }
        // A talk has its own end on the floor.
        if how == Outcome::Reached {
            entry.kept = false;
        }
        entry.phase = Phase::Over;
        let at = clock.civil(now);
        entry.request.state = State::Done { at, how };
        self.write(now, id, out);
        self.settle(now, id, out);
    }

    pub(super) fn connected(
        &mut self,
        now: Instant,
        clock: &Clock,
        call: CallId,
        queue: QueueId,
        out: &mut Vec<Action>,
    ) {
        let numbers = self.lines.get(&call).cloned().unwrap_or_default();
        for number in numbers {
            self.met(now, clock, number, queue, out);
        }
    }

    fn met(
        &mut self,
        now: Instant,
        clock: &Clock,
        number: Number,
        queue: QueueId,
        out: &mut Vec<Action>,
    ) {
        let Some(&id) = self.open.get(&(number, queue)) else {
            return;
        };
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        match &mut entry.phase {
            // Their telephone is busy with us: the attempt goes on to its end.
            Phase::Dialling { met } => *met = true,
            Phase::Taking { .. } => {
                out.push(Action::Release { id });
                self.leave_the_floor(id, out);
                self.finish(now, clock, id, Outcome::Connected, out);
            }
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Over => self.finish(now, clock, id, Outcome::Connected, out),
        }
    }
}

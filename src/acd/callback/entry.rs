//! A request that the book still has something to do for.

use super::super::Kept;
use super::request::{Kind, Request, State};
use crate::clock::Clock;
use crate::id::{AgentId, CallId, QueueId};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A writing that has not been confirmed for so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// From a writing that failed to the next one.
pub(super) const AGAIN: Duration = Duration::from_secs(5);
/// From an attempt that was not made, because it could not be written or no trunk took it, to the next one.
pub(super) const PAUSE: Duration = Duration::from_secs(30);
/// That pause doubles while trunks fail, up to this: agents are not rung in vain all day.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// A request, and what the book does for it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) request: Request,
    /// When the customer joined the queue.
    pub(super) joined: Instant,
    pub(super) phase: Phase,
    /// The calls whose customers await a promise, with the revision that must be written for it.
    pub(super) asking: BTreeSet<(CallId, u64)>,
    /// The last revision that was confirmed.
    pub(super) saved: u64,
    /// When the last writing counts as failed, or is done again.
    pub(super) writing: Option<Instant>,
    /// The floor keeps a place for it; agents may be rung for that.
    pub(super) kept: bool,
    pub(super) ready: bool,
    /// Attempts in a row that trunks have failed to make.
    pub(super) faults: u32,
    /// The deadline that the index has.
    pub(super) deadline: Option<Instant>,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The first writing is not confirmed: nothing has been promised.
    Asked,
    /// It waits for its time.
    Resting { until: Instant },
    /// It waits for an agent.
    Due,
    /// This agent has picked it and is to be rung.
    Picked { agent: AgentId },
    /// This agent is rung; has picked it, or has it because of the turn.
    Ringing { agent: AgentId, picked: bool },
    /// An agent has accepted; the attempt is being written.
    Taking { revision: u64, until: Instant },
    /// The customer is dialled. They may have been connected by calling in, meanwhile.
    Dialling { met: bool },
    /// Nothing more is owed; it stays until that is written.
    Over,
}

impl Entry {
    pub(super) fn new(request: Request, joined: Instant, phase: Phase) -> Self {
        Self {
            request,
            joined,
            phase,
            asking: BTreeSet::new(),
            saved: 0,
            writing: None,
            kept: false,
            ready: false,
            faults: 0,
            deadline: None,
        }
    }

    /// Whether a place in line is kept for it, while these queues are not there.
    pub(super) fn wants_a_place(&self, removed: &BTreeSet<QueueId>) -> bool {
        let is_there = !removed.contains(&self.request.queue);
        match self.phase {
            Phase::Asked | Phase::Over => false,
            // Nobody is assigned to those that wait to be picked.
            Phase::Resting { .. } | Phase::Due => {
                is_there && self.request.terms.kind == Kind::Automated
            }
            Phase::Picked { .. } | Phase::Ringing { .. } => is_there,
            // What has begun is brought to its end.
            Phase::Taking { .. } | Phase::Dialling { .. } => true,
        }
    }

    /// How long it rests after an attempt that no trunk has made.
    pub(super) fn pause(&self) -> Duration {
        let doubled = PAUSE.saturating_mul(1 << self.faults.min(16));
        self.request.terms.delay.max(doubled.min(LONGEST_PAUSE))
    }

    /// Whether agents may be rung for it, as far as its own time goes.
    pub(super) fn wants_an_agent(&self) -> bool {
        match self.phase {
            Phase::Due => self.request.terms.kind == Kind::Automated,
            Phase::Picked { .. } | Phase::Ringing { .. } => true,
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Taking { .. }
            | Phase::Dialling { .. }
            | Phase::Over => false,
        }
    }

    /// Whether the floor has brought it to an agent: its place there is not the book's any more.
    pub(super) fn is_taken(&self) -> bool {
        match self.phase {
            Phase::Taking { .. } | Phase::Dialling { .. } => true,
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Over => false,
        }
    }

    pub(super) fn place(&self, now: Instant) -> Kept {
        let only = match self.phase {
            Phase::Picked { agent }
            | Phase::Ringing {
                agent,
                picked: true,
            } => Some(agent),
            Phase::Asked
            | Phase::Resting { .. }
            | Phase::Due
            | Phase::Ringing { picked: false, .. }
            | Phase::Taking { .. }
            | Phase::Dialling { .. }
            | Phase::Over => None,
        };
        Kept {
            queue: self.request.queue,
            turn: self.request.terms.turn,
            age: now.saturating_duration_since(self.joined),
            number: self.request.id.0,
            only,
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let own = match self.phase {
            Phase::Resting { until } | Phase::Taking { until, .. } => Some(until),
            Phase::Asked
            | Phase::Due
            | Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Dialling { .. }
            | Phase::Over => None,
        };
        [own, self.writing].into_iter().flatten().min()
    }

    /// Whether something is not done before the last change is written.
    pub(super) fn awaits_writing(&self) -> bool {
        matches!(self.phase, Phase::Asked | Phase::Taking { .. })
    }

    /// Whether all is written that has been decided.
    pub(super) fn is_saved(&self) -> bool {
        self.saved >= self.request.revision
    }

    /// Whether nothing is left to do.
    pub(super) fn is_finished(&self) -> bool {
        self.phase == Phase::Over && self.is_saved()
    }

    pub(super) fn has_attempts_left(&self) -> bool {
        self.request.attempts <= self.request.terms.retries
    }

    /// The state that people see: from the first ring on it is active (R85).
    pub(super) fn is_active(&self) -> bool {
        matches!(self.request.state, State::Active { .. })
    }
}

/// Until an instant of the wall clock, as it goes now.
pub(super) fn resting(now: Instant, clock: &Clock, next: Timestamp) -> Phase {
    let left = next.duration_since(clock.civil(now));
    let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
    match now.checked_add(left) {
        _ if left.is_zero() => Phase::Due,
        Some(until) => Phase::Resting { until },
        None => Phase::Due,
    }
}

/// How long ago it was on the wall clock; nothing where that was set back.
pub(super) fn age(now: Instant, clock: &Clock, then: Timestamp) -> Duration {
    let age = clock.civil(now).duration_since(then);
    Duration::try_from(age).unwrap_or(Duration::ZERO)
}

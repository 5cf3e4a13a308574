//! An agent: whether they can be rung, and what they are doing.
//!
//! Three conditions must hold before anybody is rung: the agent says that they are available, a
//! phone of theirs is registered, and they are not in a call of their own. They are kept apart: a
//! phone that comes back makes nobody available who has gone to lunch.
//!
//! ```text
//!                     can be rung
//!   Unavailable ◀─────────────────────────────▶ Idle ◀───────────────┬──────────────┐
//!                                       Offer │   ▲ taken back       │ time is up   │ time is up
//!                                             ▼   │ or declined      │              │
//!                                            Ringing ──phone fails──▶ Resting       │
//!                                             │ Accept                              │
//!                                             ▼                                     │
//!                                            Talking ──Leave──▶ WrapUp ─────────────┘
//! ```
//!
//! Whoever leaves Ringing, Resting, Talking or WrapUp and cannot be rung goes to Unavailable instead
//! of Idle.

use super::caller::Place;
use crate::id::{CallId, QueueId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What an agent says of themselves, whatever their phone does (R151, B7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// May be rung.
    #[default]
    Available,
    /// Works, but not on calls: for this one of the account's reasons, counted from 0.
    NotReady(u16),
    /// Has missed so many calls of a queue in a row that they are not rung any more, until they say
    /// that they are available (B7). Set by the floor alone.
    Paused(QueueId),
    /// Does not work.
    Offline,
}

/// What an agent is doing, as pages and metrics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// Not available, by what the agent says of themselves.
    NotReady {
        /// Never [`Status::Available`].
        status: Status,
    },
    /// No phone that could be rung.
    Away,
    /// In a call of their own making.
    Occupied,
    /// Can be rung.
    Available {
        /// Idle since then.
        since: Instant,
    },
    /// Being rung.
    Offered {
        /// For this call.
        call: CallId,
        /// At the latest until then.
        until: Instant,
    },
    /// With a caller.
    Talking {
        /// The conversation.
        call: CallId,
    },
    /// After-call work (R20).
    WrapUp {
        /// Its end.
        until: Instant,
    },
    /// The phone failed when it was rung.
    Resting {
        /// Not rung again before then.
        until: Instant,
    },
}

/// An agent of the account. The call an agent has is nowhere else, so it cannot be had twice.
#[derive(Debug)]
pub(super) struct Agent {
    /// The queues they serve.
    pub(super) queues: Vec<QueueId>,
    /// Their after-call work; zero: none.
    pub(super) wrap_up: Duration,
    /// Callers in place who wait for them: who picked a callback, or has the conversation.
    pub(super) awaited_by: BTreeSet<(Place, CallId)>,
    /// The queue of the talk or wrap-up that goes on, and when the talk began.
    pub(super) serves: Option<(QueueId, Instant)>,
    /// Conversations that are not closed (R149).
    pub(super) load: u32,
    /// Calls answered since the process began.
    pub(super) calls: u64,
    /// Calls of each queue that rang in vain since the last one that was answered (B7).
    pub(super) missed: BTreeMap<QueueId, u32>,
    status: Status,
    /// A phone is registered.
    reachable: bool,
    /// In a call of their own making.
    occupied: bool,
    doing: Doing,
}

/// What an agent is doing, with the deadline that goes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Doing {
    Unavailable,
    Idle {
        since: Instant,
    },
    Ringing {
        call: CallId,
        until: Instant,
        /// Idle since then, if nothing comes of it.
        since: Instant,
    },
    Talking {
        call: CallId,
    },
    WrapUp {
        until: Instant,
    },
    Resting {
        until: Instant,
    },
}

/// What the turn of an agent who can be rung now depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) load: u32,
    pub(super) calls: u64,
    pub(super) idle_since: Instant,
}

impl Agent {
    /// An agent whose phone has not been seen yet.
    pub(super) fn new(wrap_up: Duration) -> Self {
        Self {
            queues: Vec::new(),
            wrap_up,
            awaited_by: BTreeSet::new(),
            serves: None,
            load: 0,
            calls: 0,
            missed: BTreeMap::new(),
            status: Status::default(),
            reachable: false,
            occupied: false,
            doing: Doing::Unavailable,
        }
    }

    pub(super) fn doing(&self) -> Doing {
        self.doing
    }

    /// The agent has something to do.
    pub(super) fn begin(&mut self, doing: Doing) {
        self.doing = doing;
    }

    /// The agent has nothing to do: idle since then, if they can be rung at all.
    pub(super) fn free(&mut self, since: Instant) {
        self.doing = if self.can_be_rung() {
            Doing::Idle { since }
        } else {
            Doing::Unavailable
        };
    }

    /// The phone comes or goes. Talk and wrap-up go on to their end.
    pub(super) fn reach(&mut self, now: Instant, reachable: bool) {
        self.reachable = reachable;
        self.settle(now);
        // A phone that comes back has been repaired, as far as we know.
        if let (Doing::Resting { .. }, false) = (self.doing, reachable) {
            self.doing = Doing::Unavailable;
        }
    }

    /// A call of the agent's own begins or ends.
    pub(super) fn occupy(&mut self, now: Instant, occupied: bool) {
        self.occupied = occupied;
        self.settle(now);
    }

    /// The agent says something else of themselves. Talk and wrap-up go on to their end.
    pub(super) fn say(&mut self, now: Instant, status: Status) {
        self.status = status;
        self.missed.clear();
        self.settle(now);
        if let (Doing::Resting { .. }, false) = (self.doing, self.can_be_rung()) {
            self.doing = Doing::Unavailable;
        }
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    pub(super) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// Whether the agent answers calls at this time, be it after the one that they have.
    pub(super) fn is_present(&self) -> bool {
        let resting = matches!(self.doing, Doing::Resting { .. });
        self.status == Status::Available && self.reachable && !resting
    }

    pub(super) fn can_be_rung(&self) -> bool {
        self.status == Status::Available && self.reachable && !self.occupied
    }

    fn settle(&mut self, now: Instant) {
        match self.doing {
            Doing::Unavailable => self.free(now),
            Doing::Idle { since } => self.free(since),
            Doing::Ringing { .. }
            | Doing::Talking { .. }
            | Doing::WrapUp { .. }
            | Doing::Resting { .. } => {}
        }
    }

    pub(super) fn state(&self) -> AgentState {
        match self.doing {
            Doing::Unavailable => match self.status {
                Status::Available if self.reachable => AgentState::Occupied,
                Status::Available => AgentState::Away,
                status @ (Status::NotReady(_) | Status::Paused(_) | Status::Offline) => {
                    AgentState::NotReady { status }
                }
            },
            Doing::Idle { since } => AgentState::Available { since },
            Doing::Ringing { call, until, .. } => AgentState::Offered { call, until },
            Doing::Talking { call } => AgentState::Talking { call },
            Doing::WrapUp { until } => AgentState::WrapUp { until },
            Doing::Resting { until } => AgentState::Resting { until },
        }
    }

    /// How the agent stands among those who can be rung now.
    pub(super) fn standing(&self) -> Option<Standing> {
        match self.doing {
            Doing::Idle { since } => Some(Standing {
                load: self.load,
                calls: self.calls,
                idle_since: since,
            }),
            Doing::Unavailable
            | Doing::Ringing { .. }
            | Doing::Talking { .. }
            | Doing::WrapUp { .. }
            | Doing::Resting { .. } => None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.doing {
            Doing::Ringing { until, .. } | Doing::WrapUp { until } | Doing::Resting { until } => {
                Some(until)
            }
            Doing::Unavailable | Doing::Idle { .. } | Doing::Talking { .. } => None,
        }
    }
}

//! An agent: whether they can be rung, and what they are doing.
//!
//! ```text
//!                     reachable, not occupied
//!   Unavailable ◀─────────────────────────────▶ Idle ◀───────────────┬──────────────┐
//!                                       Offer │   ▲ taken back       │ time is up   │ time is up
//!                                             ▼   │ or declined      │              │
//!                                            Ringing ──phone fails──▶ Resting       │
//!                                             │ Accept                              │
//!                                             ▼                                     │
//!                                            Talking ──Leave──▶ WrapUp ─────────────┘
//! ```
//!
//! Whoever leaves Resting, Talking or WrapUp without a phone goes to Unavailable instead of Idle.

use crate::id::{AgentId, CallId, QueueId};
use std::time::{Duration, Instant};

/// What an agent is doing, as pages and metrics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
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
    /// Conversations that are not closed (R149).
    pub(super) load: u32,
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

/// Whose turn it is: the fewest conversations, then the longest idle, then the id (R149).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    load: u32,
    idle_since: Instant,
    pub(super) agent: AgentId,
}

impl Agent {
    /// An agent whose phone has not been seen yet.
    pub(super) fn new(wrap_up: Duration) -> Self {
        Self {
            queues: Vec::new(),
            wrap_up,
            load: 0,
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

    pub(super) fn can_be_rung(&self) -> bool {
        self.reachable && !self.occupied
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
            Doing::Unavailable if self.reachable => AgentState::Occupied,
            Doing::Unavailable => AgentState::Away,
            Doing::Idle { since } => AgentState::Available { since },
            Doing::Ringing { call, until, .. } => AgentState::Offered { call, until },
            Doing::Talking { call } => AgentState::Talking { call },
            Doing::WrapUp { until } => AgentState::WrapUp { until },
            Doing::Resting { until } => AgentState::Resting { until },
        }
    }

    /// Where the agent stands among those who can be rung now.
    pub(super) fn rank(&self, agent: AgentId) -> Option<Rank> {
        match self.doing {
            Doing::Idle { since } => Some(Rank {
                load: self.load,
                idle_since: since,
                agent,
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

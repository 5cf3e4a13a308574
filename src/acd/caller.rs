//! A caller: the place in the queue, what they hear, and who is rung for them.
//!
//! ```text
//!   Join ─▶ InPlace ──Accept──▶ Talking
//!             │ max wait, closing time
//!             ▼
//!           Leaving ──Heard──▶ off the floor, or InPlace in another queue
//! ```
//!
//! In place two things go on side by side (R63): the caller *hears* greeting, music and
//! announcements in turn, and agents are *offered* the call one after the other.

use super::Farewell;
use super::experience::MaxWait;
use super::turn::Regard;
use crate::id::{AgentId, QueueId, StrategyId};
use crate::settings::{OnMaxWait, WaitingKey};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A caller as pages and metrics see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerState {
    /// The queue they are in, or talk from.
    pub queue: QueueId,
    /// Where it is set what they experience.
    pub experience: WaitingKey,
    /// When they joined this queue: their place.
    pub joined: Instant,
    /// How far they have come.
    pub stage: Stage,
}

/// How far a caller has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In place, nobody is rung.
    Waiting,
    /// In place, an agent is rung.
    Offered(AgentId),
    /// The longest wait is over; its message is being heard.
    LastWords,
    /// The queue is closed; the away message is being heard (R61).
    Away,
    /// With an agent.
    Talking(AgentId),
    /// Passed on by their agent, to a number outside or to nobody yet.
    Sent,
}

/// A caller on the floor.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) queue: QueueId,
    pub(super) place: Place,
    /// Where it is set what they experience.
    pub(super) experience: WaitingKey,
    /// The strategy of the number they called (D5).
    pub(super) sender: Option<StrategyId>,
    /// The agent who has the conversation already, on a channel where that counts (R60).
    pub(super) owner: Option<AgentId>,
    /// The longest wait, as it was set when they joined.
    pub(super) max_wait: Option<MaxWait>,
    /// Redirects from queue to queue so far (D19).
    pub(super) hops: u8,
    /// Not on the line: a place kept for a callback.
    pub(super) absent: bool,
    pub(super) doing: Doing,
}

/// A place in line: the time of arrival (D18), and a running number for those of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) turn: Turn,
    pub(super) joined: Instant,
    pub(super) number: u64,
}

impl Place {
    /// Whether everybody who comes is before it.
    pub(super) fn gives_way(&self) -> bool {
        match self.turn {
            Turn::Arrival => false,
            Turn::AfterArrivals => true,
        }
    }
}

/// Whose turn it is, before the time of arrival counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Turn {
    /// In the order of arrival: everybody on the line, and callbacks that keep their place (R72).
    Arrival,
    /// When nobody who has arrived can be served: callbacks that give way (R73).
    AfterArrivals,
}

#[derive(Debug)]
pub(super) enum Doing {
    InPlace(Wait),
    Leaving(Farewell, OnMaxWait),
    Talking(AgentId),
    /// Passed on: the place is kept.
    Sent,
    /// Passed on to this agent, who is rung.
    Handed(AgentId),
}

/// The wait of a caller in place.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) hears: Hears,
    /// Who is rung.
    pub(super) offered: Option<AgentId>,
    /// When the longest wait is over (R24).
    pub(super) ends: Option<Instant>,
    /// Who was rung in this round without success (R57).
    pub(super) tried: BTreeSet<AgentId>,
    /// Who refused, and until when they are left alone (R64).
    pub(super) refused: BTreeMap<AgentId, Instant>,
    /// Agents may be rung: always, but for a callback whose time has not come.
    pub(super) ready: bool,
    /// The only one who may be rung: who has picked the callback (R152).
    pub(super) only: Option<AgentId>,
    /// The one who is waited for before the others (D1).
    pub(super) first: Option<Hope>,
}

/// The agent whom a caller has come for, and until when that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hope {
    pub(super) agent: AgentId,
    pub(super) strict: bool,
    pub(super) until: Instant,
}

/// What a caller in place hears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hears {
    Greeting,
    Music {
        /// When the next announcement is due (D8).
        announce_at: Option<Instant>,
    },
    Announcement,
    /// Not on the line.
    Nothing,
}

impl Caller {
    pub(super) fn state(&self) -> CallerState {
        let stage = match &self.doing {
            Doing::InPlace(wait) => wait.offered.map_or(Stage::Waiting, Stage::Offered),
            Doing::Leaving(Farewell::Closed, _) => Stage::Away,
            Doing::Leaving(Farewell::MaxWait | Farewell::NoRoom | Farewell::NotThere, _) => {
                Stage::LastWords
            }
            Doing::Talking(agent) => Stage::Talking(*agent),
            Doing::Sent => Stage::Sent,
            Doing::Handed(agent) => Stage::Offered(*agent),
        };
        CallerState {
            queue: self.queue,
            experience: self.experience,
            joined: self.place.joined,
            stage,
        }
    }

    pub(super) fn wait(&self) -> Option<&Wait> {
        match &self.doing {
            Doing::InPlace(wait) => Some(wait),
            Doing::Leaving(..) | Doing::Talking(_) | Doing::Sent | Doing::Handed(_) => None,
        }
    }

    pub(super) fn wait_mut(&mut self) -> Option<&mut Wait> {
        match &mut self.doing {
            Doing::InPlace(wait) => Some(wait),
            Doing::Leaving(..) | Doing::Talking(_) | Doing::Sent | Doing::Handed(_) => None,
        }
    }

    /// In place, and somebody is to be rung.
    pub(super) fn is_waiting(&self) -> bool {
        self.wait()
            .is_some_and(|wait| wait.offered.is_none() && wait.ready)
    }

    /// Whether the agent may be rung for this caller, as far as refusals go (R64).
    pub(super) fn accepts(&self, agent: AgentId) -> bool {
        let wait = self.wait();
        wait.is_some_and(|wait| !wait.refused.contains_key(&agent))
    }

    /// What the caller thinks of an agent who can be rung.
    pub(super) fn regard(&self, agent: AgentId) -> Regard {
        match self.wait() {
            Some(wait) if wait.refused.contains_key(&agent) => Regard::Refused,
            Some(wait) if wait.tried.contains(&agent) => Regard::Tried,
            Some(_) => Regard::Fresh,
            None => Regard::Refused,
        }
    }

    /// The agent whom the caller waits for, and nobody else while that agent is there: who has picked
    /// the callback, or has the conversation.
    pub(super) fn partner(&self) -> Option<AgentId> {
        let only = self.wait().and_then(Wait::alone);
        only.or(self.owner)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let wait = self.wait()?;
        let announce_at = match wait.hears {
            Hears::Music { announce_at } => announce_at,
            Hears::Greeting | Hears::Announcement | Hears::Nothing => None,
        };
        let again = wait.refused.values().min().copied();
        let deadlines = [announce_at, wait.ends, again, wait.given_up_at()];
        deadlines.into_iter().flatten().min()
    }
}

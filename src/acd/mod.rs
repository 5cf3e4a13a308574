//! Automatic call distribution: who waits, who rings, who talks.
//!
//! Pure bookkeeping over virtual time. It neither knows SIP nor audio: it says *offer this call
//! to this agent*, and is told later what became of it. The value that does so is the [`Floor`].
//!
//! ```text
//!            Join                     ┌── Refuse, time-out, agent gone ──┐
//!   caller ───────▶ greeting ┐        ▼                                  │
//!                   music    ├─▶ in place, waiting ──Offer──▶ in place, offered ──Accept──▶ talking
//!   │               message  ┘        │                                  │                   │ Leave
//!   │ closed                          └────── max wait, closing time ────┘                   ▼
//!   └──────────────────────────────────────────────────▶ ▼                       agent: wrap-up, then
//!                               last words, then GiveUp or another queue         available again
//! ```

mod agent;
mod announce;
pub mod callback;
mod caller;
mod check;
mod estimate;
mod experience;
mod first;
mod floor;
mod kept;
mod offer;
mod overflow;
mod passed_on;
mod pick;
mod queue;
mod settings;
mod tally;
mod turn;
mod wrap_up;

#[cfg(test)]
mod tests;

pub use agent::{AgentState, Status};
pub use caller::{CallerState, Stage, Turn};
pub use floor::Floor;
pub use tally::Tally;
pub use turn::{By, Choice};
pub use wrap_up::EXTENSION;

use crate::id::{AgentId, CallId, QueueId, StrategyId};
use crate::settings::{OnMaxWait, WaitingKey};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What happens to callers and agents.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A caller enters a queue. The place counts from here. Of a caller who is already on the
    /// floor, it is without effect.
    Join { call: CallId, arrival: Arrival },
    /// The working hours of the queue have begun, or are over (R61). A queue is open before anything
    /// is said.
    Open { queue: QueueId, open: bool },
    /// The message last asked for with [`Action::Say`] has been heard to its end, or cannot be
    /// played. Not to be said of an earlier message that the last one has cut short.
    Heard { call: CallId },
    /// The caller has hung up, or the conversation is over, whatever they were doing.
    Leave { call: CallId },
    /// A place in line is kept for somebody who is not on the line: a callback. Nobody is rung for it
    /// before [`Input::Ready`]. Of a call that is on the floor, it is without effect.
    Reserve { call: CallId, place: Kept },
    /// Agents may be rung for the kept place from now on, or not any more.
    Ready { call: CallId, ready: bool },
    /// The caller, or the kept place, leaves the floor and is not lost: called back later, or called
    /// back in vain. An agent who was to talk is free at once.
    Withdraw { call: CallId },
    /// The agent the caller talks to is lost, and the caller waits again at the place they had (D18).
    /// Without a talk, it is without effect.
    Return { call: CallId },
    /// The agent of the caller passes them on: the after-call work begins, and the caller keeps the
    /// place. `arrival` is for a call that is not on the floor, since an agent has made it.
    PassOn { call: CallId, arrival: Arrival },
    /// This agent is rung for a caller who was passed on, and nobody else.
    Hand { call: CallId, agent: AgentId },
    /// An agent who was asked before takes the caller who was passed on: they talk.
    Take { call: CallId, agent: AgentId },
    /// Nothing has come of passing the caller on: they wait at the place they had (D6).
    Back { call: CallId },
    /// The caller who was passed on joins a queue.
    Send { call: CallId, queue: QueueId },
    /// How many conversations that are not closed the agent has (R149); 0 before it is said.
    Load { agent: AgentId, conversations: u32 },
    /// The agent is available, or is not (R151).
    Status { agent: AgentId, status: Status },
    /// The agent has finished the after-call work early (D4). Of no effect on who has none.
    EndWrapUp { agent: AgentId },
    /// The agent needs 10 s more of it (R18). Of no effect on who has none, or where it is not
    /// allowed.
    ExtendWrapUp { agent: AgentId },
    /// The agent's phone can be rung, or cannot any more.
    Reachable { agent: AgentId, reachable: bool },
    /// The agent is in a call of their own making, or supervises one, and cannot be rung; or is back.
    Occupied { agent: AgentId, occupied: bool },
    /// The agent took the call offered. Without such an offer it is answered with
    /// [`Action::Dismiss`].
    Accept { agent: AgentId, call: CallId },
    /// The agent declined the call offered.
    Refuse {
        agent: AgentId,
        call: CallId,
        why: Refusal,
    },
    /// A deadline from `poll_timeout` may have passed.
    Timeout,
}

/// How a caller comes to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The queue.
    pub queue: QueueId,
    /// The strategy of the number that was called: it is what the caller experiences in queues that
    /// have nothing of their own (D2, D5).
    pub sender: Option<StrategyId>,
    /// The agent who has the conversation already, where that counts: nobody else is rung while that
    /// agent is there (R60).
    pub owner: Option<AgentId>,
    /// The agent who has shared the link that the caller comes by (R4).
    pub first: Option<First>,
}

/// The agent whom a caller waits for before anybody else: for the agent call timeout, and as long as
/// they are rung then (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Who.
    pub agent: AgentId,
    /// Nobody else is rung after them: the call ends.
    pub strict: bool,
}

impl Arrival {
    /// Without a strategy or an agent of their own.
    pub fn at(queue: QueueId) -> Self {
        Self {
            queue,
            sender: None,
            owner: None,
            first: None,
        }
    }
}

/// A place in line for somebody who is not on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// In this queue.
    pub queue: QueueId,
    /// Before or after those on the line.
    pub turn: Turn,
    /// How long ago the place was taken.
    pub age: Duration,
    /// Tells those of one age apart: the lower comes first.
    pub number: u64,
    /// The only agent who may be rung, if one has picked it (R152).
    pub only: Option<AgentId>,
}

/// Why an agent did not take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The agent declined, or the phone is busy (486, 603).
    Declined,
    /// The phone could not be reached or failed (408, 5xx, no route).
    Failed,
}

/// What the floor wants done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// Play a message to the caller instead of what plays, and say [`Input::Heard`] at its end.
    Say {
        call: CallId,
        experience: WaitingKey,
        message: Message,
    },
    /// Let the caller hear the hold music (silence where there is none).
    Music {
        call: CallId,
        experience: WaitingKey,
    },
    /// The longest wait is over, and the caller is in this queue now.
    Redirect { call: CallId, queue: QueueId },
    /// Ring the agent for this call.
    Offer {
        call: CallId,
        agent: AgentId,
        why: Choice,
    },
    /// Stop ringing the agent.
    Revoke {
        call: CallId,
        agent: AgentId,
        why: Revocation,
    },
    /// The agent answered: stop whatever plays, let them talk.
    Connect { call: CallId, agent: AgentId },
    /// The agent answered an offer that had been taken back while the answer was on its way: hang
    /// up on them. They may be free, rung for another caller or away by now.
    Dismiss { call: CallId, agent: AgentId },
    /// The wait is over without an agent: the call ends or goes outside, it never is
    /// [`OnMaxWait::Queue`]. The call has left the floor.
    GiveUp {
        call: CallId,
        then: OnMaxWait,
        why: Farewell,
    },
    /// The agent to whom the caller was passed on has not taken them.
    NotTaken { call: CallId, agent: AgentId },
    /// The agent has missed too many calls of the queue, and is not rung any more (B7).
    Paused { agent: AgentId, queue: QueueId },
    /// The conversation is over and the agent's wrap-up has ended: nothing is owed any more. Said
    /// once for each conversation, right at its end where there is no wrap-up.
    WrappedUp { agent: AgentId },
}

/// The messages of a waiting strategy (R27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Message {
    /// The first thing the caller hears (R28).
    Greeting,
    /// The periodic message (R30).
    Announcement,
    /// The last message, when the longest wait is over (R31).
    MaxWait,
    /// What is said outside of working hours (R61).
    Away,
}

/// Why a wait ends without an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Farewell {
    /// The longest wait is over (R24).
    MaxWait,
    /// The queue is closed (R61).
    Closed,
    /// There is no such queue, or the floor is full.
    NoRoom,
    /// The one agent they have come for is not there, or does not answer (D1).
    NotThere,
}

/// Why an offer was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Revocation {
    /// Rang for the agent call timeout (R49).
    Timeout,
    /// The caller left, or their wait ended.
    CallerGone,
    /// The agent's phone unregistered while it rang, or they began a call of their own.
    AgentGone,
    /// The agent is not available any more.
    NotReady,
}

/// The tests' time begins here, and moves by hand.
#[cfg(test)]
fn some_instant() -> std::time::Instant {
    std::time::Instant::now()
}

//! Automatic call distribution: who waits, who rings, who talks.
//!
//! Pure bookkeeping over virtual time. It neither knows SIP nor audio: it says *offer this call
//! to this agent*, and is told later what became of it.

use crate::id::{AgentId, CallId, QueueId};
use crate::settings::OnMaxWait;

/// What happens to callers and agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A caller enters a queue. The place counts from here.
    Join { call: CallId, queue: QueueId },
    /// The message last asked for with [`Action::Say`] has been heard to its end.
    Heard { call: CallId },
    /// The caller has hung up, or the conversation is over, whatever they were doing.
    Leave { call: CallId },
    /// The agent's phone can be rung, or cannot any more.
    Reachable { agent: AgentId, reachable: bool },
    /// The agent is in a call of their own making and cannot be rung, or is back.
    Occupied { agent: AgentId, occupied: bool },
    /// The agent took the call offered.
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

/// Why an agent did not take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The agent declined, or the phone is busy (486, 603).
    Declined,
    /// The phone could not be reached or failed (408, 5xx, no route).
    Failed,
}

/// What the floor wants done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Play a message of the queue to the caller, and say [`Input::Heard`] at its end.
    Say {
        call: CallId,
        queue: QueueId,
        message: Message,
    },
    /// Let the caller hear the queue's hold music (silence where it has none).
    Music { call: CallId, queue: QueueId },
    /// Ring the agent for this call.
    Offer { call: CallId, agent: AgentId },
    /// Stop ringing the agent.
    Revoke {
        call: CallId,
        agent: AgentId,
        why: Revocation,
    },
    /// The agent answered: stop whatever plays, let them talk.
    Connect { call: CallId, agent: AgentId },
    /// The wait is over without an agent. The call has left the floor.
    GiveUp { call: CallId, then: OnMaxWait },
    /// The conversation is over and the agent's wrap-up has ended: nothing is owed any more.
    WrappedUp { agent: AgentId },
}

/// The messages of a waiting strategy (R27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Message {
    Greeting,
    Announcement,
    MaxWait,
}

/// Why an offer was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Rang for the agent call timeout (R49).
    Timeout,
    /// The caller left, or their wait ended.
    CallerGone,
    /// The agent's phone unregistered while it rang.
    AgentGone,
}

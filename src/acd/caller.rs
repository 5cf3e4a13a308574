//! A caller: the place in the queue, what they hear, and who is rung for them.

use crate::id::{AgentId, QueueId};
use std::time::Instant;

/// A caller as pages and metrics see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerState {
    /// The queue they are in, or talk from.
    pub queue: QueueId,
    /// When they joined this queue: their place.
    pub joined: Instant,
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
    /// With an agent.
    Talking(AgentId),
}

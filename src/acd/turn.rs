//! Whose turn it is among a queue's agents who can be rung.

use super::agent::Standing;
use crate::id::AgentId;
use std::time::Instant;

/// Whose turn it is: the fewest conversations, then the longest idle, then the id (R149).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    load: u32,
    idle_since: Instant,
    pub(super) agent: AgentId,
}

impl Rank {
    pub(super) fn new(agent: AgentId, standing: Standing) -> Self {
        Self {
            load: standing.load,
            idle_since: standing.idle_since,
            agent,
        }
    }
}

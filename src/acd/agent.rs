//! An agent: reachable or not, and what they are doing.

use crate::id::CallId;
use std::time::Instant;

/// What an agent is doing, as pages and metrics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// No phone that could be rung.
    Away,
    /// In a call of their own making.
    Occupied,
    /// Can be rung; idle since then.
    Available { since: Instant },
    /// Being rung for a call, at the latest until then.
    Offered { call: CallId, until: Instant },
    /// Talking to a caller.
    Talking { call: CallId },
    /// After-call work until then (R20).
    WrapUp { until: Instant },
    /// The phone failed when it was rung; not tried again before then.
    Resting { until: Instant },
}

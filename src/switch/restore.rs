//! What a switch goes on with that the process before it has left.

use super::Switch;
use crate::acd::{self, Status, callback};
use crate::id::{AgentId, TrunkId};
use std::time::Instant;

/// What the last process has left, as it had written it.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// The callbacks that were open.
    pub callbacks: Vec<callback::Request>,
    /// What agents have said of themselves: who went to lunch is not made available by a restart.
    pub statuses: Vec<(AgentId, Status)>,
    /// Whose the conversation is with which customer of a trunk, the oldest first (R60).
    pub owners: Vec<(TrunkId, String, AgentId)>,
}

impl Switch {
    pub(super) fn restore(&mut self, now: Instant, left: Restored) {
        for (trunk, customer, agent) in left.owners {
            self.owners.set(trunk, &customer, Some(agent));
        }
        for (agent, status) in left.statuses {
            // Whoever is not of the account any more has nothing to say.
            if self.account.agent(agent).is_some() {
                self.acd(now, acd::Input::Status { agent, status });
            }
        }
        self.restore_callbacks(now, left.callbacks);
    }
}

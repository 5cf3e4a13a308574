//! Calls out: which numbers may be dialled, by whom, and through which trunks.

use super::Plan;
use crate::id::{AgentId, TrunkId};

/// Which trunks take the calls to some numbers, and who may make them.
#[derive(Clone, Debug, PartialEq)]
pub struct Outbound {
    /// A number in E.164, or a short one; `*` at the end stands for any rest.
    pub number: String,
    /// Tried in this order.
    pub trunks: Vec<TrunkId>,
    /// The class of service: `None`: all agents. Nobody: only queues, which redirect their callers.
    pub agents: Option<Vec<AgentId>>,
}

/// What holds for every call out (B26).
#[derive(Clone, Debug, PartialEq)]
pub struct Dialling {
    /// How agents write numbers.
    pub plan: Plan,
    /// Numbers that nobody reaches, whatever the routes say.
    pub deny: Vec<String>,
    /// Calls out that one agent may begin in a minute; 0: no limit.
    pub calls_per_minute: u32,
    /// Calls out that one agent may have at once; 0: no limit.
    pub max_calls: u32,
}

impl Default for Dialling {
    /// Satellites, international networks and premium-rate numbers, which fraud likes best, are
    /// denied; an agent begins 10 calls a minute and has 2 at once.
    fn default() -> Self {
        let deny = ["+870*", "+878*", "+881*", "+882*", "+883*", "+979*"];
        Self {
            plan: Plan::default(),
            deny: deny.map(str::to_owned).to_vec(),
            calls_per_minute: 10,
            max_calls: 2,
        }
    }
}

//! Whether and what is recorded, and what the customer has to say to it.

use super::{Account, Agent, Composition, Directions, Message};
use crate::id::AgentId;
use std::collections::BTreeMap;
use std::time::Duration;

/// Whether and what is recorded (R92, R94).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The master toggle (R94).
    pub enabled: bool,
    /// Which calls.
    pub direction: Directions,
    /// Which files are kept.
    pub composition: Composition,
    /// Whether the pictures of those who send some are recorded, too (R92).
    pub video: bool,
    /// After so many days they are deleted (R111); `None`: never.
    pub retention_days: Option<u32>,
    /// For so many days the audit log knows who heard, deleted and changed what (R110).
    pub audit_days: u32,
    /// What may be recorded in a month, in gigabytes for each agent, pooled (R105); `None`: any amount.
    /// Beyond it there is an alarm, and recording goes on.
    pub quota_gb: Option<u32>,
    /// What the customer is told before anything is recorded (B22); `None`: nothing.
    pub consent: Option<Consent>,
    /// While a party presses keys, and for so long after the last, silence is recorded: numbers of cards
    /// are for nobody's ears (B10). 1 to 120 s; `None`: what is said then is recorded, too.
    pub mask_digits: Option<Duration>,
}

/// How customers agree to be recorded: by staying, or by not pressing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// What both hear once they are connected. Nothing is recorded before it was heard to its end.
    pub message: Message,
    /// The key with which the customer says no: nothing of the call is recorded. `None`: there is none.
    pub refuse: Option<char>,
    /// For so long after the message the key is waited for, while they talk already: 1 to 60 s.
    pub wait: Duration,
}

impl Account {
    /// The calls of which agents are recorded (R95): what a call that begins now keeps (R96).
    pub fn recorded_agents(&self) -> BTreeMap<AgentId, Option<Directions>> {
        let agents = self.agents.iter();
        let of = |agent: &Agent| agent.record_calls.then_some(agent.record_direction);
        agents.map(|agent| (agent.id, of(agent))).collect()
    }
}

//! Who brought a call.

use super::Call;
use crate::id::{AgentId, CallbackId, LinkId, TrunkId};

/// Who brought a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A peer known by its address.
    Trunk(TrunkId),
    /// An agent's phone: the agent is the caller.
    Agent(AgentId),
    /// A customer had asked to be called back: the agent who does is the caller.
    Callback(CallbackId, Option<AgentId>),
    /// A customer who came by a call link; and for whom, where it was shared by an agent (D1).
    Link(LinkId, Option<Shared>),
}

/// The agent who has shared a call link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Who.
    pub by: AgentId,
    /// Whether it is for nobody else.
    pub strict: bool,
}

impl Origin {
    /// The agent who calls out.
    pub fn agent(self) -> Option<AgentId> {
        match self {
            Self::Trunk(_) | Self::Link(..) => None,
            Self::Agent(agent) => Some(agent),
            Self::Callback(_, agent) => agent,
        }
    }

    /// The callback that is being made.
    pub fn callback(self) -> Option<CallbackId> {
        match self {
            Self::Trunk(_) | Self::Agent(_) | Self::Link(..) => None,
            Self::Callback(callback, _) => Some(callback),
        }
    }
}

impl Call {
    /// Whether it keeps this agent from being rung: they have made it and are still in it, or another
    /// agent asks or calls them.
    pub fn occupies(&self, agent: AgentId) -> bool {
        let made = match self.origin {
            Origin::Agent(maker) => maker == agent && !self.passed_on && !self.is_over(),
            Origin::Trunk(_) | Origin::Callback(..) | Origin::Link(..) => false,
        };
        made || self.colleague() == Some(agent)
    }

    /// The callback that is being made, as long as it is the one between who was rung first and the
    /// customer.
    pub fn callback(&self) -> Option<CallbackId> {
        self.origin.callback().filter(|_| !self.passed_on)
    }

    /// The agent who has made it, and is still in it.
    pub fn caller_agent(&self) -> Option<AgentId> {
        self.origin.agent().filter(|_| !self.passed_on)
    }
}

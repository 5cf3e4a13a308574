//! Two agents: one calls the other, or asks them before the customer is passed on.

use super::record::AgentName;
use super::{Call, Stage};
use crate::id::{AgentId, LegId};

impl Call {
    /// The call is to another agent, and has no customer.
    pub fn is_to(&mut self, colleague: AgentName) {
        self.colleague = Some(colleague);
    }

    /// Whether two agents talk, or are about to, and no customer.
    pub fn is_internal(&self) -> bool {
        self.colleague.is_some()
    }

    /// The agent who is called, or asked, by another one: rung, or talking to them.
    pub fn colleague(&self) -> Option<AgentId> {
        let asked = self.asked_whom().and_then(super::Whom::colleague);
        match &self.stage {
            Stage::Over => None,
            Stage::Dialling { dial, .. } => dial.whom().colleague(),
            Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Talking { .. } => {
                asked.or_else(|| self.colleague.as_ref().map(|agent| agent.id))
            }
        }
    }

    /// The leg of that agent.
    pub fn colleagues_leg(&self) -> Option<LegId> {
        self.colleague()?;
        match &self.stage {
            Stage::Talking { customer, .. } => self
                .asked()
                .or_else(|| self.is_internal().then_some(*customer)),
            Stage::Dialling { leg, .. } => *leg,
            Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Over => None,
        }
    }

    /// Whether this agent was called by another one, and has answered.
    pub(super) fn talks_as_colleague(&self, agent: AgentId) -> bool {
        let called = self.colleague.as_ref().is_some_and(|it| it.id == agent);
        called && self.is_talking()
    }
}

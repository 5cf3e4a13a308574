//! Who hears whom: the state of a call, seen from its ears.

use super::{Call, Hold, Stage};
use crate::id::{LegId, SoundId};

/// What a party hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nothing; the stream goes on in silence.
    Silence,
    /// Music, as long as it takes.
    Music(SoundId),
    /// A message, once. The number tells this playing from every other.
    Message { play: u64, sound: SoundId },
    /// Another party, or oneself: an echo.
    Party(LegId),
}

impl Call {
    /// What each party of the call hears at this moment. A party that is not named hears silence.
    pub fn arrangement(&self) -> Vec<(LegId, Hears)> {
        match &self.stage {
            Stage::Answering | Stage::Over => vec![],
            Stage::Served(hears) | Stage::Waiting { hears, .. } => vec![(self.customer, *hears)],
            Stage::Talking {
                agent,
                music,
                customer,
                agents,
                ..
            } => {
                let caller_hears = match (agents, customer) {
                    (Hold::None, _) => Hears::Party(agent.leg),
                    // Whoever holds is not listening: music on music is for nobody (R123).
                    (Hold::Held, Hold::None) => *music,
                    (Hold::Held, Hold::Held) => Hears::Silence,
                };
                let agent_hears = match (customer, agents) {
                    (Hold::None, Hold::None) => Hears::Party(self.customer),
                    (Hold::Held, _) | (_, Hold::Held) => Hears::Silence,
                };
                vec![(self.customer, caller_hears), (agent.leg, agent_hears)]
            }
        }
    }
}

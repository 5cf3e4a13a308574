//! Which agent has the conversation with whom, on trunks where conversations stay with their agent
//! (R60).

use super::identity::ANONYMOUS;
use super::{Output, Switch};
use crate::call::{Call, Origin};
use crate::id::{AgentId, CallId, TrunkId};
use std::collections::BTreeMap;

/// More conversations than this are not remembered: of the oldest ones, the next call goes to anybody.
const MOST: usize = 100_000;

/// Who has the conversation with whom.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// The agent of each customer of a trunk, and the number of the turn in which they got them.
    agents: BTreeMap<(TrunkId, String), (AgentId, u64)>,
    /// The customers in the order of these numbers.
    turns: BTreeMap<u64, (TrunkId, String)>,
    last: u64,
}

impl Owners {
    fn get(&self, trunk: TrunkId, customer: &str) -> Option<AgentId> {
        let key = (trunk, customer.to_owned());
        self.agents.get(&key).map(|(agent, _)| *agent)
    }

    /// The conversation with the customer is this agent's, or is closed.
    pub(super) fn set(&mut self, trunk: TrunkId, customer: &str, agent: Option<AgentId>) {
        let key = (trunk, customer.to_owned());
        if let Some((_, turn)) = self.agents.remove(&key) {
            self.turns.remove(&turn);
        }
        let Some(agent) = agent else {
            return;
        };
        self.last += 1;
        self.turns.insert(self.last, key.clone());
        self.agents.insert(key, (agent, self.last));
        if self.agents.len() > MOST
            && let Some((_, oldest)) = self.turns.pop_first()
        {
            self.agents.remove(&oldest);
        }
    }
}

impl Switch {
    /// The agent who has the conversation of a call already.
    pub(super) fn owner(&self, call: &Call) -> Option<AgentId> {
        self.owners.get(self.sticky(call)?, &call.record().from)
    }

    /// The conversation of a call is this agent's from now on, or is closed.
    pub(super) fn own(&mut self, id: CallId, agent: Option<AgentId>) {
        let call = self.calls.get(&id);
        let known = call.and_then(|call| Some((self.sticky(call)?, call.record().from.clone())));
        if let Some((trunk, customer)) = known {
            self.own_of(trunk, customer, agent);
        }
    }

    /// The conversation with a customer of a trunk is this agent's from now on, or is closed.
    pub(super) fn own_of(&mut self, trunk: TrunkId, customer: String, agent: Option<AgentId>) {
        self.owners.set(trunk, &customer, agent);
        self.out(Output::Owned {
            trunk,
            customer,
            agent,
        });
    }

    /// The trunk of the call, if conversations stay with their agents there. A customer without a
    /// number is nobody in particular.
    fn sticky(&self, call: &Call) -> Option<TrunkId> {
        let trunk = match call.origin {
            Origin::Trunk(trunk) => self.account.trunk(trunk)?,
            Origin::Agent(_) | Origin::Callback(..) | Origin::Link(..) => return None,
        };
        let somebody = call.record().from != ANONYMOUS;
        (trunk.sticky_agent && somebody).then_some(trunk.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNK: TrunkId = TrunkId(1);

    #[test]
    fn a_conversation_is_one_agents_until_it_is_closed() {
        let mut owners = Owners::default();
        assert_eq!(owners.get(TRUNK, "+4930"), None);
        owners.set(TRUNK, "+4930", Some(AgentId(1)));
        owners.set(TRUNK, "+4930", Some(AgentId(2)));
        assert_eq!(owners.get(TRUNK, "+4930"), Some(AgentId(2)));
        assert_eq!(owners.get(TrunkId(2), "+4930"), None);
        owners.set(TRUNK, "+4930", None);
        assert_eq!(owners.get(TRUNK, "+4930"), None);
        assert!(owners.agents.is_empty() && owners.turns.is_empty());
    }

    #[test]
    fn the_oldest_conversations_are_forgotten_first() {
        let mut owners = Owners::default();
        owners.set(TRUNK, "first", Some(AgentId(1)));
        for number in 0..MOST - 1 {
            owners.set(TRUNK, &number.to_string(), Some(AgentId(1)));
        }
        // It is had anew.
        owners.set(TRUNK, "first", Some(AgentId(2)));
        owners.set(TRUNK, "last", Some(AgentId(3)));
        assert_eq!(owners.get(TRUNK, "0"), None);
        for customer in ["first", "1", "last"] {
            assert!(owners.get(TRUNK, customer).is_some(), "{customer}");
        }
        assert_eq!(owners.turns.len(), MOST);
    }
}

//! Call links: what a customer who follows one reaches, and for how long links are good (R3–R8).

use super::Account;
use crate::id::{AgentId, CallLinkConfigId, QueueId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

/// What senders are written as that are configurations of call links: `link:Support` (D5).
pub const LINK_SENDER: &str = "link:";

/// The configurations, and which of them holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLinks {
    /// All of them; none: there is a built-in one (R3).
    pub configurations: Vec<CallLinkConfig>,
    /// Which one new links have that name none; `None`: the first.
    pub selected: Option<CallLinkConfigId>,
}

/// What links of one kind lead to (R3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLinkConfig {
    /// What links have of it.
    pub id: CallLinkConfigId,
    /// What people call it, customers too: whom they call; unique.
    pub name: String,
    /// Where calls go.
    pub routing: LinkRouting,
    /// Whether nobody else is rung where the sharing agent is not available (D1).
    pub strict: bool,
    /// Where callers wait. `None`, of [`LinkRouting::SharingAgent`] alone: in the first queue that the
    /// agent serves.
    pub queue: Option<QueueId>,
    /// What agents may choose; not empty.
    pub types: Vec<LinkType>,
    /// What a link is for which nobody chose; one of the types.
    pub default_type: LinkType,
    /// How long links of the type *expiration* are good where nobody says: 1 minute to 1 year.
    pub expires_after: Duration,
    /// Whether customers may send a picture.
    pub video: bool,
}

/// Where a call by a link goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkRouting {
    /// To the agent who shared the link (R4).
    #[default]
    SharingAgent,
    /// To a queue (R5).
    RoutingRules,
}

/// For how long a link is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkType {
    /// For one call (R6).
    OneTime,
    /// From a moment to another, which the agent chooses (R7).
    TimeFrame,
    /// For any number of calls, until a moment (R8).
    Expiration,
}

impl CallLinkConfig {
    /// A configuration in which nothing is set: calls go to the sharing agent, then to a queue.
    pub fn new(id: CallLinkConfigId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            routing: LinkRouting::default(),
            strict: false,
            queue: None,
            types: LinkType::ALL.to_vec(),
            default_type: LinkType::OneTime,
            expires_after: super::defaults::LINK_EXPIRES_AFTER,
            video: true,
        }
    }

    /// Where callers wait who do not wait for an agent alone; `None`: nowhere.
    pub fn queue(&self, account: &Account, agent: Option<AgentId>) -> Option<QueueId> {
        let mut queues = account.queues.iter();
        let served = || queues.find(|queue| agent.is_some_and(|id| queue.agents.contains(&id)));
        let found = self.queue.and_then(|id| account.queue(id));
        let found = found.or_else(served).or_else(|| account.queues.first());
        found.map(|queue| queue.id)
    }
}

impl LinkType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OneTime, Self::TimeFrame, Self::Expiration];
}

impl Account {
    /// The configuration of a link: its own, or the selected one where it named none or that one is no
    /// more. Where nobody made any, the built-in one, which is called as the account (R3).
    pub fn call_link(&self, id: Option<CallLinkConfigId>) -> Cow<'_, CallLinkConfig> {
        let links = &self.call_links;
        let find = |id| links.configurations.iter().find(|each| each.id == id);
        let found = id.and_then(find).or_else(|| links.selected.and_then(find));
        match found.or_else(|| links.configurations.first()) {
            Some(configuration) => Cow::Borrowed(configuration),
            None => Cow::Owned(CallLinkConfig::new(CallLinkConfigId(0), &self.name)),
        }
    }
}

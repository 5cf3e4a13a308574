//! Call links: by one, a customer calls from a browser (R1). What a link is good for when a call
//! begins, or why for nothing.
//!
//! A link is known by its token, which whoever has the link knows, and of which we keep the hash alone.
//! It is redeemed when a call begins, not when its page is looked at (R15): of two who redeem a
//! one-time link at once, one gets the [`Pass`] (R6).

use crate::id::{AgentId, CallLinkConfigId, LinkId, QueueId};
use crate::settings::{Account, LINK_SENDER, LinkRouting};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// One call by a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The link.
    pub link: LinkId,
    /// What the customer calls: the name of the link's configuration.
    pub name: String,
    /// Where the call goes.
    pub to: LinkTarget,
    /// Whether the customer may send a picture.
    pub video: bool,
}

impl Pass {
    /// What a link of this configuration, shared by this agent, is good for as the account is set now;
    /// `None`: there is nowhere to lead to.
    pub fn new(
        account: &Account,
        link: LinkId,
        configuration: Option<CallLinkConfigId>,
        agent: Option<AgentId>,
    ) -> Option<Self> {
        let configuration = account.call_link(configuration);
        let agent = agent.filter(|id| account.agent(*id).is_some());
        let queue = configuration.queue(account, agent);
        let to = match (configuration.routing, agent) {
            (LinkRouting::SharingAgent, Some(agent)) => LinkTarget::Agent {
                agent,
                otherwise: queue.filter(|_| !configuration.strict),
            },
            (LinkRouting::SharingAgent, None) if configuration.strict => return None,
            (LinkRouting::SharingAgent | LinkRouting::RoutingRules, _) => LinkTarget::Queue(queue?),
        };
        Some(Self {
            link,
            name: configuration.name.clone(),
            to,
            video: configuration.video,
        })
    }

    /// The sender, in the place of a called number: strategies and records have it (D5).
    pub fn sender(&self) -> String {
        format!("{LINK_SENDER}{}", self.name)
    }
}

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// To the agent who shared it (R4).
    Agent {
        /// Who.
        agent: AgentId,
        /// Where the caller waits when the agent is not available, or does not answer within the agent
        /// call timeout; `None`, which is called strict: they are told so, and the call ends (D1).
        otherwise: Option<QueueId>,
    },
    /// By the usual rules (R5).
    Queue(QueueId),
}

/// Why a link is good for nothing, now or at all (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotRedeemed {
    /// It was good for one call, which was made.
    #[error("this link was for one call, which has been made: ask for a new one")]
    Used,
    /// Its time is over.
    #[error("the time of this link is over: ask for a new one")]
    Expired,
    /// Its time has not come.
    #[error("this link cannot be used yet: come back later")]
    NotYet,
    /// It was taken back.
    #[error("this link was taken back: ask for a new one")]
    Revoked,
    /// There is none with this token.
    #[error("this link is not known: is it complete?")]
    Unknown,
    /// It cannot be known now, or there is nowhere to lead to; it is as good as it was.
    #[error("this cannot be done now: try again in a minute")]
    Unavailable,
}

impl NotRedeemed {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Used => "link_used",
            Self::Expired => "link_expired",
            Self::NotYet => "link_not_yet_valid",
            Self::Revoked => "link_revoked",
            Self::Unknown => "link_unknown",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What is kept of a token: SHA-256. The token has 128 random bits and more, so nobody guesses what was
/// hashed.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Agent, CallLinkConfig, Habits, Queue, Secret};

    const ADA: AgentId = AgentId(1);
    const CONFIGURATION: CallLinkConfigId = CallLinkConfigId(3);

    /// Ada serves the second queue.
    fn account(set: impl FnOnce(&mut CallLinkConfig)) -> Account {
        let mut account = Account::new("acme");
        account.agents.push(Agent {
            id: ADA,
            name: "Ada".into(),
            user: "1001".into(),
            password: Secret("a password".into()),
            wrap_up: None,
            record_calls: true,
            record_direction: crate::settings::Directions::Both,
            teams: vec![],
            habits: Habits::default(),
        });
        account.queues = vec![
            Queue::new(QueueId(1), "Support"),
            Queue::new(QueueId(2), "Sales"),
        ];
        account.queues[1].agents.push(ADA);
        let mut configuration = CallLinkConfig::new(CONFIGURATION, "Help");
        set(&mut configuration);
        account.call_links.configurations.push(configuration);
        account
    }

    fn to(account: &Account, agent: Option<AgentId>) -> Option<LinkTarget> {
        let pass = Pass::new(account, LinkId(9), Some(CONFIGURATION), agent);
        pass.map(|pass| pass.to)
    }

    #[test]
    fn r4_to_the_agent_who_shared_it_then_to_a_queue_that_they_serve_d1() {
        let shared = account(|_| {});
        let otherwise = Some(QueueId(2));
        let agent = LinkTarget::Agent {
            agent: ADA,
            otherwise,
        };
        assert_eq!(to(&shared, Some(ADA)), Some(agent));
        let first = Some(LinkTarget::Queue(QueueId(1)));
        assert_eq!(to(&shared, None), first, "nobody shared it");
        assert_eq!(to(&shared, Some(AgentId(7))), first, "who did has gone");
        let elsewhere = account(|it| it.queue = Some(QueueId(1)));
        let otherwise = Some(QueueId(1));
        let agent = LinkTarget::Agent {
            agent: ADA,
            otherwise,
        };
        assert_eq!(to(&elsewhere, Some(ADA)), Some(agent));
    }

    #[test]
    fn d1_a_strict_link_rings_the_agent_alone() {
        let strict = account(|it| it.strict = true);
        let alone = LinkTarget::Agent {
            agent: ADA,
            otherwise: None,
        };
        assert_eq!(to(&strict, Some(ADA)), Some(alone));
        assert_eq!(to(&strict, Some(AgentId(7))), None);
    }

    #[test]
    fn r5_by_the_rules_to_a_queue() {
        let rules = account(|it| {
            it.routing = LinkRouting::RoutingRules;
            it.queue = Some(QueueId(1));
        });
        assert_eq!(to(&rules, Some(ADA)), Some(LinkTarget::Queue(QueueId(1))));
    }

    #[test]
    fn r3_without_any_configuration_there_is_a_built_in_one() {
        let mut bare = account(|_| {});
        bare.call_links.configurations.clear();
        let pass = Pass::new(&bare, LinkId(9), None, None).expect("somewhere");
        assert_eq!((pass.name.as_str(), pass.video), ("acme", true));
        assert_eq!(pass.sender(), "link:acme");
        bare.queues.clear();
        assert_eq!(Pass::new(&bare, LinkId(9), None, None), None, "nowhere");
    }

    #[test]
    fn r3_one_is_selected_and_links_of_one_that_was_deleted_follow_it() {
        let mut two = account(|_| {});
        let other = CallLinkConfig::new(CallLinkConfigId(4), "Other");
        two.call_links.configurations.push(other);
        let name = |account: &Account, id| account.call_link(id).name.clone();
        assert_eq!(name(&two, None), "Help", "the first");
        two.call_links.selected = Some(CallLinkConfigId(4));
        assert_eq!(name(&two, None), "Other");
        assert_eq!(name(&two, Some(CONFIGURATION)), "Help");
        assert_eq!(name(&two, Some(CallLinkConfigId(99))), "Other");
    }

    #[test]
    fn a_token_is_kept_as_its_hash() {
        let hash = token_hash("abc");
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf], "FIPS 180-4 example");
    }
}

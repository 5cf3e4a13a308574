//! Call links: by one, a customer calls from a browser (R1). What a link is good for when a call
//! begins, or why for nothing.
//!
//! A link is known by its token, which whoever has the link knows, and of which we keep the hash alone.
//! It is redeemed when a call begins, not when its page is looked at (R15): of two who redeem a
//! one-time link at once, one gets the [`Pass`] (R6).

use crate::id::{AgentId, LinkId, QueueId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What senders are written as that are configurations of call links: `link:Support` (D5).
pub const SENDER: &str = "link:";

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
    /// The sender, in the place of a called number: strategies and records have it (D5).
    pub fn sender(&self) -> String {
        format!("{SENDER}{}", self.name)
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

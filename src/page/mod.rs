//! Browsers: the protocol between a page and the server, over one WebSocket each.
//!
//! Three kinds of page speak it: a customer's, who came by a call link, the desk of an agent, and that of
//! a supervisor, by which they stand beside an agent (B1). The
//! page always offers and the server always answers (RFC 8829), so nobody's offers cross. All that a
//! page shows comes as messages with numbers; a page that was reloaded, or whose network changed,
//! says [`FromPage::Hello`] with its resume token and gets what it has missed (B18).
//!
//! ```text
//!   Opened ─▶ (5 s) ──Hello──▶ a visit: Came ──▶ Said … ──┬─ Closed ─▶ Lost ──(10 s, a desk)──▶ Absent
//!                │                  ▲                      │              │
//!                ▼                  └───── Back ◀── Hello with the token ─┤
//!              Close                                                      └──(`keeps`)──▶ Gone
//! ```
//!
//! A *page* is one connection, a *visit* what its user takes for one page. An agent has one visit, and a
//! supervisor: the latest page is the desk, the one before is told [`ToPage::Superseded`].
//!
//! Deliberately absent: `candidate` messages. The server's own candidates are in its answer, and it
//! learns those of the browser from the checks that the browser makes (RFC 8445 §2.5, lite).

mod check;
mod closing;
mod connection;
mod endpoint;
mod message;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod visit;

pub use closing::Closing;
pub use endpoint::Endpoint;
pub use message::{
    CallState, Consult, ConsultWith, Consultation, FromPage, Link, Numbered, Party, Recording,
    Supervises, Target, ToPage, Trouble,
};

use crate::id::{AgentId, PageId, UserId, VisitId};
use std::fmt;
use std::time::{Duration, Instant};

/// The WebSocket subprotocol (RFC 6455 §1.9).
pub const PROTOCOL: &str = "cordboard.page.1";

/// The longest message of a page, bytes: an offer of a browser has 3 to 10 thousand.
pub const LONGEST: usize = 64 * 1024;
/// How long a page may take to say hello.
pub const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// How often a page is asked for a sign of life.
pub const PING_EVERY: Duration = Duration::from_secs(3);
/// A page without a sign of life for so long is lost; an agent whose desk has given none for so long
/// is not rung there any more.
pub const LEASE: Duration = Duration::from_secs(10);

/// What happens to pages.
#[derive(Clone)]
pub enum Input {
    /// A page has connected.
    Opened { page: PageId, who: Who },
    /// A page says something.
    Text { page: PageId, text: String },
    /// A page's connection is over; `alive`: when it last gave a sign of life.
    Closed { page: PageId, alive: Instant },
    /// A deadline from `poll_timeout` may have passed.
    Timeout,
}

/// Whose page it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// This agent's, who has logged in; a customer's if it comes with a link, since agents try links
    /// out, too.
    Agent(AgentId),
    /// A supervisor's or an administrator's, who have logged in: by their hello it is the desk of the agent
    /// who they are, if they are one, or that by which they supervise.
    Staff {
        user: UserId,
        agent: Option<AgentId>,
    },
    /// A customer's.
    Customer,
}

impl Who {
    /// The agent who they are.
    fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Staff { agent, .. } => agent,
            Self::Customer => None,
        }
    }
}

/// What is to be sent to a page.
#[derive(Clone, PartialEq, Eq)]
pub enum Transmit {
    /// A text message.
    Text { page: PageId, text: String },
    /// The end of the connection. No [`Input::Closed`] is owed for it.
    Close { page: PageId, closing: Closing },
}

/// What pages mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A visit begins. A customer's waits for [`Endpoint::welcome`] or [`Endpoint::turn_away`].
    Came { visit: VisitId, whose: Whose },
    /// The page of a visit says something, never a hello.
    Said { visit: VisitId, what: FromPage },
    /// The connection is lost. It may come back.
    Lost { visit: VisitId },
    /// The desk of an agent has given no sign of life for [`LEASE`].
    Absent { agent: AgentId },
    /// The page has come back. If it does not know how things are, it is to be told.
    Back { visit: VisitId, knows: bool },
    /// The page does not come back.
    Gone { visit: VisitId, whose: Whose },
}

/// Whose visit it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The desk of an agent.
    Desk(AgentId),
    /// That by which a supervisor stands beside agents.
    Supervisor {
        user: UserId,
        /// The agent who they are.
        agent: Option<AgentId>,
    },
    /// Of a customer, by the link whose token has this SHA-256.
    Customer([u8; 32]),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened { page, who } => write!(f, "Opened({page}, {who:?})"),
            // There are tokens in it, and keys.
            Self::Text { page, text } => write!(f, "Text({page}, {} bytes)", text.len()),
            Self::Closed { page, .. } => write!(f, "Closed({page})"),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { page, text } => write!(f, "Text({page}, {} bytes)", text.len()),
            Self::Close { page, closing } => write!(f, "Close({page}, {closing:?})"),
        }
    }
}

impl fmt::Debug for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desk(agent) => write!(f, "Desk({agent})"),
            Self::Supervisor { user, .. } => write!(f, "Supervisor({user})"),
            Self::Customer(_) => f.write_str("Customer"),
        }
    }
}

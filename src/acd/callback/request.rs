//! A request to be called back: plain data, as it is written and as people see it.

use super::super::Turn;
use crate::id::{AgentId, CallId, CallbackConfigId, CallbackId, QueueId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A customer who wants to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Unique over restarts; sorts by time.
    pub id: CallbackId,
    /// Grows with every change: of two writings of one id the higher counts.
    pub revision: u64,
    /// Who is called.
    pub number: Number,
    /// For whom the customer waited, or wanted to.
    pub queue: QueueId,
    /// The conversation in which the request was made, the first one of several.
    pub conversation: CallId,
    /// The configuration that it was made by.
    pub config: CallbackConfigId,
    /// What that configuration said then: later changes are for later requests.
    pub terms: Terms,
    /// When the customer asked.
    pub asked: Timestamp,
    /// When the customer joined the queue: the place in line.
    pub joined: Timestamp,
    /// How often the customer has asked: duplicates merge (R84).
    pub asks: u32,
    /// Attempts to reach the customer that have begun.
    pub attempts: u32,
    /// What is being done about it.
    pub state: State,
}

/// How a request is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who begins a call.
    pub kind: Kind,
    /// The place among those on the line.
    pub turn: Turn,
    /// Attempts after the first one (R74).
    pub retries: u32,
    /// From the end of an attempt to the next one (R75).
    pub delay: Duration,
}

/// Who begins a call to the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The floor, when an agent is free (R69).
    Automated,
    /// An agent who picks it (R70).
    Manual,
}

/// What is being done about a request (R85).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum State {
    /// Waits for an agent, and is not begun before `next`.
    InQueue { next: Timestamp },
    /// The agent's phone rings for it, or has been answered and the customer is dialled: then an
    /// attempt is counted, and has been made whatever happens.
    Active {
        agent: AgentId,
        since: Timestamp,
        dialling: bool,
    },
    /// Nobody answered, as often as was to be tried.
    NoReply { at: Timestamp },
    /// The customer has been talked to, or does not need it any more.
    Done { at: Timestamp, how: Outcome },
}

/// The four words for a [`State`] that lists are filtered by (R80, R151).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    InQueue,
    Active,
    NoReply,
    Done,
}

/// Why nothing more is owed to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Called back, and answered.
    Reached,
    /// Called in again, and was connected (D14).
    Connected,
    /// The same customer's earlier request for the queue is open (R84).
    Merged,
    /// Never promised: it could not be written.
    NotPromised,
    /// Taken back by people.
    Cancelled,
}

impl State {
    /// Its word.
    pub fn status(&self) -> Status {
        match self {
            Self::InQueue { .. } => Status::InQueue,
            Self::Active { .. } => Status::Active,
            Self::NoReply { .. } => Status::NoReply,
            Self::Done { .. } => Status::Done,
        }
    }
}

/// A customer's number in E.164; of its digits logs see the last three.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(pub String);

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.0.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
        write!(f, "…{}", &self.0[from..])
    }
}

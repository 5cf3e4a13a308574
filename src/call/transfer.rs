//! A call that is passed on: the agent leaves the customer to somebody else (R124–R138).

use crate::id::{AgentId, QueueId};
use std::fmt;

/// To whom a call is passed on.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A number outside, E.164 with its plus sign.
    Number(String),
    /// An agent: the phone rings for the agent call timeout (R49).
    Agent(AgentId),
    /// A queue: the customer experiences its waiting strategy (R133).
    Queue(QueueId),
}

/// Of a number, its last digits.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => {
                let from = number.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
                write!(f, "Number(…{})", &number[from..])
            }
            Self::Agent(agent) => write!(f, "Agent({agent})"),
            Self::Queue(queue) => write!(f, "Queue({queue})"),
        }
    }
}

//! A call that is passed on: the agent leaves the customer to somebody else (R124–R138).

use super::record::{self, Destination};
use super::{Agent, Call, Hears, Hold, Interlude, Other, Stage, Whom, millis};
use crate::clock::Clock;
use crate::id::{AgentId, LegId, QueueId};
use std::fmt;
use std::time::Instant;

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

/// What has become of a call that was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Somebody has taken it, or it has joined the queue.
    Taken,
    /// Nobody has: the SIP status, 480 where nobody answered.
    NotTaken(u16),
    /// The customer did not wait.
    CustomerGone,
}

/// Somebody who was asked before, and takes the customer who was passed on.
#[derive(Clone, Debug)]
pub struct Taker {
    /// By which leg.
    pub leg: LegId,
    /// Who.
    pub whom: Whom,
    /// The queue that a colleague serves them from.
    pub place: Option<Place>,
}

/// The queue that a customer is served from.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which.
    pub queue: QueueId,
    /// What is heard there by who is kept waiting.
    pub music: Hears,
}

impl Call {
    /// The agent leaves: from now on the customer is on the way to somebody else, and hears this. Says
    /// who has left.
    pub fn pass_on(
        &mut self,
        now: Instant,
        clock: &Clock,
        to: Destination,
        interlude: Option<Interlude>,
    ) -> Option<Agent> {
        let Stage::Talking {
            customer,
            other: Other::Agent(agent),
            since,
            ..
        } = self.stage
        else {
            return None;
        };
        if self.consult.is_some() {
            return None;
        }
        self.record.talked_ms += millis(now.saturating_duration_since(since));
        self.record.transfers.push(record::Transfer {
            at: clock.civil(now),
            by: self.record.agent.clone(),
            to,
            outcome: None,
        });
        self.caller = customer;
        self.customer = Some(customer);
        self.passed_on = true;
        self.interlude = interlude;
        self.unmask();
        self.forget_question();
        // Until the way is known, a moment later.
        self.stage = Stage::Served(Hears::Silence);
        Some(agent)
    }

    /// A number outside is shown this one (R128); `None`: what calls out show anyway.
    pub fn show_outside(&mut self, number: Option<String>) {
        self.shown_outside = number;
    }

    /// The number that one outside is shown.
    pub fn shown_outside(&self) -> Option<&str> {
        self.shown_outside.as_deref()
    }

    /// Whether the agent who had it, or had made it, has passed it on.
    pub fn is_passed_on(&self) -> bool {
        self.passed_on
    }

    /// The customer who was passed on talks to somebody who was asked before.
    pub fn take_over(&mut self, now: Instant, taker: Taker) {
        let leg = taker.leg;
        self.legs.insert(leg);
        let place = taker.place;
        let (other, place) = match taker.whom {
            Whom::Number(_) => (Other::Outside(leg), None),
            Whom::Colleague(name) => {
                let id = name.id;
                self.record.assigned = Some(name.clone());
                self.record.agent = Some(name);
                (Other::Agent(Agent { id, leg }), place)
            }
        };
        self.stage = Stage::Talking {
            queue: place.map(|place| place.queue),
            customer: self.caller,
            other,
            since: now,
            music: place.map_or(Hears::Silence, |place| place.music),
            customers: Hold::None,
            others: Hold::None,
        };
    }

    /// Whether the customer is on the way to somebody else.
    pub fn is_on_the_way(&self) -> bool {
        let last = self.record.transfers.last();
        last.is_some_and(|transfer| transfer.outcome.is_none()) && !self.is_over()
    }

    /// What has become of the last transfer. Says so once.
    pub fn passed(&mut self, passed: Passed) -> bool {
        let last = self.record.transfers.last_mut();
        let Some(last) = last.filter(|transfer| transfer.outcome.is_none()) else {
            return false;
        };
        last.outcome = Some(match passed {
            Passed::Taken => record::Outcome::Taken,
            Passed::NotTaken(status) => record::Outcome::NotTaken { status },
            Passed::CustomerGone => record::Outcome::CustomerGone,
        });
        self.interlude = None;
        true
    }
}

//! What the parties of a call are to each other: who they are, who hears whom, what is recorded.
//!
//! ```text
//!  Answering ──ACK──▶ Waiting ◀──▶ (an agent rings) ──answer──▶ Talking ──▶ Over
//!                │        └─max wait─▶ Dialling ──answer──────────▶ ▲            ▲
//!                └──▶ Served (echo, music) ──────────────────────── │ ──────────┤
//!  (an agent dials a number outside) ──▶ Dialling ──answer──────────┘   refused ─┘
//!  (a callback, an agent's call by the API) ──▶ Calling ──an agent answers──▶ Dialling, as above
//! ```
//!
//! A call decides; it does nothing. Who hears what is a function of its state
//! ([`Call::arrangement`]), never a history of commands, so no order of events can leave two
//! parties half connected.

mod arrangement;
mod back;
mod check;
mod colleague;
mod consent;
mod consult;
mod dial;
mod end;
mod hold;
mod interlude;
mod join;
mod leg;
mod lost;
mod mos;
mod origin;
mod outside;
mod recording;
mod seen;
mod status;
mod transfer;

pub mod link;
pub mod record;
pub mod supervise;

pub use arrangement::Hears;
pub use back::Back;
pub use consult::With;
pub use dial::{Dial, Refused, Step, Way, Whom};
pub use interlude::Interlude;
pub use join::Party;
pub use leg::{Hold, Leg};
pub use origin::{Origin, Shared};
pub use outside::Reached;
pub use recording::{Agents, Policy};
pub use transfer::{Passed, Place, Taker, Target};

use crate::clock::Clock;
use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::settings::Destination;
use record::{AgentName, Conversation, Direction, Segment};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A conversation: one customer, and the agents who serve them.
#[derive(Debug)]
pub struct Call {
    /// Its id, in names and logs.
    pub id: CallId,
    /// The leg that brought the call: the customer's, or of a call out the agent's. Of a callback
    /// that no agent has answered, the last one that was rung.
    pub caller: LegId,
    /// Who brought the call.
    pub origin: Origin,
    /// Where it goes; `None`: to a number outside.
    pub destination: Option<Destination>,
    /// What is recorded of it, as set when it began (R96).
    pub policy: Option<Policy>,
    /// The legs whose media has not reported yet: the record is complete without any.
    legs: BTreeSet<LegId>,
    /// What the parties are doing.
    stage: Stage,
    began: Instant,
    /// When the caller joined the queue: the wait counts from here.
    joined: Option<Instant>,
    /// How many segments have begun.
    segments: u32,
    /// The segment that is being recorded.
    segment: Option<Recorded>,
    /// What is not for the recording.
    mask: recording::Mask,
    /// What the customer says to that.
    consent: consent::Consent,
    /// The legs whose browser is lost, and may come back (B18).
    lost: BTreeSet<LegId>,
    /// What the other party hears meanwhile.
    absence: Option<Interlude>,
    /// The customer's leg, once it is known.
    customer: Option<LegId>,
    /// The agent who had it, or had made it, has passed it on.
    passed_on: bool,
    /// The number that one outside is shown, to whom it was passed on.
    shown_outside: Option<String>,
    /// The other agent, of a call between two.
    colleague: Option<AgentName>,
    /// Somebody whom the agent asks, or who talks with both.
    consult: Option<consult::Consult>,
    /// Supervisors, those included who are rung (B1).
    supervisors: Vec<supervise::Supervision>,
    /// What the customer hears who is on hold, or on the way to somebody else.
    interlude: Option<Interlude>,
    /// The customer was promised to be called back, and hears so.
    promised: bool,
    /// People have said how the conversation stands.
    status_said: bool,
    record: Conversation,
}

#[derive(Debug)]
enum Stage {
    /// Our 200 awaits its ACK.
    Answering,
    /// Something that needs no agent.
    Served(Hears),
    Waiting {
        queue: QueueId,
        hears: Hears,
        ringing: Option<Agent>,
    },
    /// A customer is to be called back: an agent is rung, and once one has answered the customer is
    /// about to be dialled. Or an agent is rung who wants to call somebody.
    Calling {
        agent: Option<Agent>,
        taken: bool,
    },
    /// A number outside is dialled.
    Dialling {
        dial: Box<Dial>,
        /// The leg of the attempt that goes on.
        leg: Option<LegId>,
        /// What the caller hears meanwhile.
        hears: Hears,
    },
    Talking {
        /// Where the caller waited, if they did.
        queue: Option<QueueId>,
        customer: LegId,
        other: Other,
        since: Instant,
        /// What the customer hears while the other keeps them on hold.
        music: Hears,
        customers: Hold,
        others: Hold,
    },
    Over,
}

/// Who the customer talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Agent(Agent),
    /// A number outside that the customer was sent to.
    Outside(LegId),
}

impl Other {
    fn leg(self) -> LegId {
        match self {
            Self::Agent(agent) => agent.leg,
            Self::Outside(leg) => leg,
        }
    }
}

/// An agent and the leg to their phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who.
    pub id: AgentId,
    /// By which leg.
    pub leg: LegId,
}

/// A segment in progress, and the instant that is sample 0 of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What the vault was told.
    pub segment: Segment,
    /// Sample 0.
    pub origin: Instant,
}

/// What is known of a call when it comes in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id minted for it.
    pub id: CallId,
    /// The leg that brought it.
    pub caller: LegId,
    /// Who brought it.
    pub origin: Origin,
    /// The name of the trunk that brought it.
    pub trunk: Option<String>,
    /// Where it goes; `None`: to a number outside.
    pub destination: Option<Destination>,
    /// The caller's number or user.
    pub from: String,
    /// The number called.
    pub called: String,
    /// The number that has sent the call on.
    pub diverted_by: Option<String>,
    /// The account's name.
    pub account: String,
    /// What is recorded.
    pub policy: Option<Policy>,
}

impl Call {
    /// A call that has just been answered with 200, or is about to dial a number outside.
    pub fn new(now: Instant, clock: &Clock, arrival: Arrival) -> Self {
        Self {
            id: arrival.id,
            caller: arrival.caller,
            origin: arrival.origin,
            destination: arrival.destination,
            policy: arrival.policy,
            legs: BTreeSet::from([arrival.caller]),
            stage: Stage::Answering,
            began: now,
            joined: None,
            segments: 0,
            segment: None,
            mask: recording::Mask::default(),
            consent: consent::Consent::default(),
            lost: BTreeSet::new(),
            customer: arrival.destination.map(|_| arrival.caller),
            passed_on: false,
            shown_outside: None,
            colleague: None,
            consult: None,
            supervisors: vec![],
            interlude: None,
            absence: None,
            promised: false,
            status_said: false,
            record: Conversation {
                id: arrival.id,
                account: arrival.account,
                direction: match arrival.destination {
                    Some(_) => Direction::Inbound,
                    None => Direction::Outbound,
                },
                from: arrival.from,
                called: arrival.called,
                trunk: arrival.trunk,
                diverted_by: arrival.diverted_by,
                callback: None,
                attempts: vec![],
                transfers: vec![],
                queue: None,
                began: clock.civil(now),
                connected: None,
                ended: None,
                waited_ms: 0,
                talked_ms: 0,
                agent: None,
                status: record::Status::Open,
                assigned: None,
                offers: 0,
                end: None,
                legs: vec![],
            },
        }
    }

    /// The record so far.
    pub fn record(&self) -> &Conversation {
        &self.record
    }

    /// The legs that are not over.
    pub fn legs(&self) -> impl Iterator<Item = LegId> + '_ {
        self.legs.iter().copied()
    }

    /// Another leg belongs to the call.
    pub fn add_leg(&mut self, leg: LegId) {
        self.legs.insert(leg);
    }

    /// A leg is over and its story complete.
    pub fn file_leg(&mut self, leg: record::Leg) {
        self.legs.remove(&leg.id);
        self.record.legs.push(leg);
    }

    /// Whether the call is over and its record has nothing more to wait for.
    pub fn is_complete(&self) -> bool {
        self.is_over() && self.legs.is_empty()
    }

    /// The caller hears this and needs no agent.
    pub fn serve(&mut self, hears: Hears) {
        self.stage = Stage::Served(hears);
    }

    /// The caller joins a queue.
    pub fn join(&mut self, now: Instant, queue: QueueId, name: &str) {
        self.joined.get_or_insert(now);
        self.record.queue = Some(name.to_owned());
        self.stage = Stage::Waiting {
            queue,
            hears: Hears::Silence,
            ringing: None,
        };
    }

    /// Changes what the waiting caller hears. Says whether the caller waits at all.
    pub fn play(&mut self, sound: Hears) -> bool {
        match &mut self.stage {
            Stage::Waiting { hears, .. } => {
                *hears = sound;
                true
            }
            Stage::Answering
            | Stage::Served(_)
            | Stage::Calling { .. }
            | Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::Over => false,
        }
    }

    /// Whether the message with this number is what the caller hears just now.
    pub fn is_playing(&self, number: u64) -> bool {
        match &self.stage {
            Stage::Waiting { hears, .. } | Stage::Served(hears) => {
                matches!(hears, Hears::Message { play, .. } if *play == number)
            }
            Stage::Answering
            | Stage::Calling { .. }
            | Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::Over => false,
        }
    }

    /// An agent's phone is rung for this call.
    pub fn ring(&mut self, agent: Agent) {
        match &mut self.stage {
            Stage::Waiting { ringing, .. } => *ringing = Some(agent),
            Stage::Calling { agent: rung, .. } => {
                *rung = Some(agent);
                self.caller = agent.leg;
            }
            Stage::Answering
            | Stage::Served(_)
            | Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::Over => return,
        }
        self.record.offers += 1;
    }

    /// The agent whose phone rings is no longer rung.
    pub fn unring(&mut self, agent: AgentId) -> Option<Agent> {
        match &mut self.stage {
            Stage::Waiting { ringing, .. } => ringing.take_if(|ringing| ringing.id == agent),
            Stage::Calling {
                agent: rung,
                taken: false,
            } => rung.take_if(|rung| rung.id == agent),
            Stage::Answering
            | Stage::Served(_)
            | Stage::Calling { .. }
            | Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::Over => None,
        }
    }

    /// The agent who is being rung, or talked to.
    pub fn agent(&self) -> Option<Agent> {
        match &self.stage {
            Stage::Waiting { ringing, .. } => *ringing,
            Stage::Calling { agent, .. } => *agent,
            Stage::Talking {
                other: Other::Agent(agent),
                ..
            } => Some(*agent),
            Stage::Answering
            | Stage::Served(_)
            | Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::Over => None,
        }
    }

    /// Whether this agent is in it: talks, or calls out.
    pub fn is_with(&self, agent: AgentId) -> bool {
        let talks = self.is_talking() && self.agent().is_some_and(|with| with.id == agent);
        talks || self.caller_agent() == Some(agent) || self.talks_as_colleague(agent)
    }

    /// The customer's leg; `None` while a call out has not one yet, or not any more.
    pub fn customer(&self) -> Option<LegId> {
        self.customer.or_else(|| self.dialled())
    }

    /// How many parties it has at this moment.
    pub fn parties(&self) -> usize {
        let parties = match &self.stage {
            Stage::Over => 0,
            Stage::Answering | Stage::Served(_) => 1,
            Stage::Waiting { ringing, .. } => 1 + usize::from(ringing.is_some()),
            Stage::Calling { agent, .. } => usize::from(agent.is_some()),
            Stage::Dialling { leg, .. } => 1 + usize::from(leg.is_some()),
            Stage::Talking { .. } => 2 + usize::from(self.asked().is_some()),
        };
        parties + self.supervisors.len()
    }

    /// The agent took the call: from now on they talk. Says whether the two could be connected.
    pub fn connect(&mut self, now: Instant, clock: &Clock, name: AgentName, music: Hears) -> bool {
        let Stage::Waiting {
            queue,
            ringing: Some(agent),
            ..
        } = self.stage
        else {
            return false;
        };
        self.stage = Stage::Talking {
            queue: Some(queue),
            customer: self.caller,
            other: Other::Agent(agent),
            since: now,
            music,
            customers: Hold::None,
            others: Hold::None,
        };
        self.record.assigned = Some(name.clone());
        self.record.agent = Some(name);
        self.meet(now, clock);
        true
    }

    /// The customer talks to somebody: for the first time, that is how long they have waited.
    fn meet(&mut self, now: Instant, clock: &Clock) {
        self.note_wait(now);
        let at = || clock.civil(now);
        self.record.connected.get_or_insert_with(at);
        self.passed(Passed::Taken);
    }

    /// Whether the customer and an agent, or a number outside, are connected.
    pub fn is_talking(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. })
    }

    /// Whether the caller waits in a queue.
    pub fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting { .. })
    }

    /// Whether the caller hears something and needs no agent.
    pub fn is_served(&self) -> bool {
        matches!(self.stage, Stage::Served(_))
    }

    /// Whether the call waits for the ACK of its 200.
    pub fn is_answering(&self) -> bool {
        matches!(self.stage, Stage::Answering)
    }

    /// Whether the call has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The queue that the caller waits in or was served from.
    pub fn queue(&self) -> Option<QueueId> {
        match &self.stage {
            Stage::Waiting { queue, .. } => Some(*queue),
            Stage::Talking { queue, .. } => *queue,
            Stage::Answering
            | Stage::Served(_)
            | Stage::Calling { .. }
            | Stage::Dialling { .. }
            | Stage::Over => None,
        }
    }

    fn waited(&self, now: Instant) -> Duration {
        now - self.joined.unwrap_or(self.began)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests;

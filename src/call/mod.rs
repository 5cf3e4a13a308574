//! What the parties of a call are to each other: who they are, who hears whom, what is recorded.
//!
//! ```text
//!  Answering ──ACK──▶ Waiting ◀──▶ (an agent rings) ──answer──▶ Talking ──▶ Over
//!                └──▶ Served (echo, music) ─────────────────────────────────▶
//! ```
//!
//! A call decides; it does nothing. Who hears what is a function of its state
//! ([`Call::arrangement`]), never a history of commands, so no order of events can leave two
//! parties half connected.

mod arrangement;
mod leg;
mod recording;

pub mod record;

pub use arrangement::Hears;
pub use leg::{Hold, Leg};
pub use recording::Policy;

use crate::clock::Clock;
use crate::id::{AgentId, CallId, LegId, QueueId, TrunkId};
use crate::settings::Destination;
use record::{AgentName, Conversation, End, Role, Segment};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A conversation: one customer, and the agents who serve them.
#[derive(Debug)]
pub struct Call {
    /// Its id, in names and logs.
    pub id: CallId,
    /// The customer's leg.
    pub customer: LegId,
    /// Who brought the call.
    pub origin: Origin,
    /// Where it goes.
    pub destination: Destination,
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
    record: Conversation,
}

/// Who brought a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A peer known by its address.
    Trunk(TrunkId),
    /// An agent's phone: the agent is the caller.
    Agent(AgentId),
}

#[derive(Debug, PartialEq)]
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
    Talking {
        queue: QueueId,
        agent: Agent,
        since: Instant,
        /// What the customer hears while the agent keeps them on hold.
        music: Hears,
        customer: Hold,
        agents: Hold,
    },
    Over,
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
    /// The customer's leg.
    pub customer: LegId,
    /// Who brought it.
    pub origin: Origin,
    /// Where it goes.
    pub destination: Destination,
    /// The caller's number or user.
    pub from: String,
    /// The number called.
    pub called: String,
    /// The account's name.
    pub account: String,
    /// What is recorded.
    pub policy: Option<Policy>,
}

impl Call {
    /// A call that has just been answered with 200.
    pub fn new(now: Instant, clock: &Clock, arrival: Arrival) -> Self {
        Self {
            id: arrival.id,
            customer: arrival.customer,
            origin: arrival.origin,
            destination: arrival.destination,
            policy: arrival.policy,
            legs: BTreeSet::from([arrival.customer]),
            stage: Stage::Answering,
            began: now,
            joined: None,
            segments: 0,
            segment: None,
            record: Conversation {
                id: arrival.id,
                account: arrival.account,
                from: arrival.from,
                called: arrival.called,
                queue: None,
                began: clock.civil(now),
                connected: None,
                ended: None,
                waited_ms: 0,
                talked_ms: 0,
                agent: None,
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
            Stage::Answering | Stage::Served(_) | Stage::Talking { .. } | Stage::Over => false,
        }
    }

    /// Whether the message with this number is what the caller hears just now.
    pub fn is_playing(&self, number: u64) -> bool {
        match &self.stage {
            Stage::Waiting { hears, .. } => {
                matches!(hears, Hears::Message { play, .. } if *play == number)
            }
            Stage::Answering | Stage::Served(_) | Stage::Talking { .. } | Stage::Over => false,
        }
    }

    /// An agent's phone is rung for this call.
    pub fn ring(&mut self, agent: Agent) {
        if let Stage::Waiting { ringing, .. } = &mut self.stage {
            *ringing = Some(agent);
            self.record.offers += 1;
        }
    }

    /// The agent whose phone rings is no longer rung.
    pub fn unring(&mut self, agent: AgentId) -> Option<Agent> {
        match &mut self.stage {
            Stage::Waiting { ringing, .. } => ringing.take_if(|ringing| ringing.id == agent),
            Stage::Answering | Stage::Served(_) | Stage::Talking { .. } | Stage::Over => None,
        }
    }

    /// The agent who is being rung, or talked to.
    pub fn agent(&self) -> Option<Agent> {
        match &self.stage {
            Stage::Waiting { ringing, .. } => *ringing,
            Stage::Talking { agent, .. } => Some(*agent),
            Stage::Answering | Stage::Served(_) | Stage::Over => None,
        }
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
            queue,
            agent,
            since: now,
            music,
            customer: Hold::None,
            agents: Hold::None,
        };
        self.record.agent = Some(name);
        self.record.connected = Some(clock.civil(now));
        self.record.waited_ms = millis(self.waited(now));
        true
    }

    /// A party holds the other, or takes them back. Says whether that is news.
    pub fn hold(&mut self, role: Role, hold: Hold) -> bool {
        let Stage::Talking {
            customer, agents, ..
        } = &mut self.stage
        else {
            return false;
        };
        let holding = match role {
            Role::Customer => customer,
            Role::Agent => agents,
        };
        std::mem::replace(holding, hold) != hold
    }

    /// The call is over. Says so once: the first reason stays.
    pub fn end(&mut self, now: Instant, clock: &Clock, end: End) -> bool {
        match &self.stage {
            Stage::Over => return false,
            Stage::Talking { since, .. } => self.record.talked_ms = millis(now - *since),
            Stage::Waiting { .. } => self.record.waited_ms = millis(self.waited(now)),
            Stage::Answering | Stage::Served(_) => {}
        }
        self.stage = Stage::Over;
        self.record.ended = Some(clock.civil(now));
        self.record.end = Some(end);
        true
    }

    /// What a party's leaving means for the call as it stands.
    pub fn end_when_left(&self, role: Role) -> End {
        match (&self.stage, role) {
            (Stage::Waiting { .. }, Role::Customer) => End::Abandoned,
            (_, Role::Customer) => End::CustomerHungUp,
            (_, Role::Agent) => End::AgentHungUp,
        }
    }

    /// Whether the customer and an agent are connected.
    pub fn is_talking(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. })
    }

    /// Whether the call waits for the ACK of its 200.
    pub fn is_answering(&self) -> bool {
        self.stage == Stage::Answering
    }

    /// Whether the call has ended.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The queue that the caller waits in or was served from.
    pub fn queue(&self) -> Option<QueueId> {
        match &self.stage {
            Stage::Waiting { queue, .. } | Stage::Talking { queue, .. } => Some(*queue),
            Stage::Answering | Stage::Served(_) | Stage::Over => None,
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
pub(crate) mod tests {
    use super::*;
    use crate::id::SoundId;
    use crate::settings::Composition;

    pub(crate) const CUSTOMER: LegId = LegId(1);
    pub(crate) const AGENT: LegId = LegId(2);
    pub(crate) const MUSIC: Hears = Hears::Music(SoundId(7));
    const ADA: AgentId = AgentId(1001);

    pub(crate) fn now(clock: &Clock) -> Instant {
        clock.at() + Duration::from_secs(10)
    }

    /// A caller in a queue, joined when the clock was read.
    pub(crate) fn waiting() -> (Call, Clock) {
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        let clock = Clock::new(Instant::now(), civil);
        let arrival = Arrival {
            id: CallId(1),
            customer: CUSTOMER,
            origin: Origin::Trunk(TrunkId(1)),
            destination: Destination::Queue(QueueId(1)),
            from: "alice".into(),
            called: "100".into(),
            account: "demo".into(),
            policy: Some(Policy {
                composition: Composition::Both,
            }),
        };
        let mut call = Call::new(clock.at(), &clock, arrival);
        call.join(clock.at(), QueueId(1), "Support");
        (call, clock)
    }

    /// A caller who was connected to an agent after 10 s.
    pub(crate) fn talking() -> (Call, Clock) {
        let (mut call, clock) = waiting();
        call.ring(Agent {
            id: ADA,
            leg: AGENT,
        });
        let name = AgentName {
            id: ADA,
            name: "Ada".into(),
        };
        assert!(call.connect(now(&clock), &clock, name, MUSIC));
        (call, clock)
    }

    #[test]
    fn the_record_knows_how_long_the_caller_waited_and_talked() {
        let (mut call, clock) = talking();
        let later = now(&clock) + Duration::from_millis(2500);
        assert!(call.end(later, &clock, End::CustomerHungUp));
        let record = call.record();
        assert_eq!((record.waited_ms, record.talked_ms), (10_000, 2_500));
        assert_eq!((record.offers, record.end), (1, Some(End::CustomerHungUp)));
    }

    #[test]
    fn a_call_ends_once_and_for_its_first_reason() {
        let (mut call, clock) = talking();
        assert!(call.end(now(&clock), &clock, End::MediaLost));
        assert!(!call.end(now(&clock), &clock, End::AgentHungUp));
        assert_eq!(call.record().end, Some(End::MediaLost));
    }

    #[test]
    fn nobody_is_connected_who_was_not_rung() {
        let (mut call, clock) = waiting();
        let name = AgentName {
            id: ADA,
            name: "Ada".into(),
        };
        assert!(!call.connect(now(&clock), &clock, name, MUSIC));
        assert!(!call.is_talking());
    }

    #[test]
    fn a_message_that_was_interrupted_is_not_playing_any_more() {
        let (mut call, _) = waiting();
        let sound = SoundId(3);
        assert!(call.play(Hears::Message { play: 1, sound }));
        assert!(call.is_playing(1));
        assert!(call.play(MUSIC));
        assert!(!call.is_playing(1));
    }

    #[test]
    fn leaving_while_waiting_is_abandoning() {
        let (call, _) = waiting();
        assert_eq!(call.end_when_left(Role::Customer), End::Abandoned);
        let (call, _) = talking();
        assert_eq!(call.end_when_left(Role::Customer), End::CustomerHungUp);
        assert_eq!(call.end_when_left(Role::Agent), End::AgentHungUp);
    }
}

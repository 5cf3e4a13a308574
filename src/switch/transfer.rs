//! Calls that are passed on: the agent leaves, and the customer is on the way to a number, an agent or a
//! queue (R124–R138).
//!
//! ```text
//!   Ask::Transfer ─▶ may it be? ─▶ the agent is hung up, wraps up ─┬─ a number ─▶ dial_next (dial.rs)
//!                                                                  ├─ an agent ─▶ acd Hand ─▶ ring
//!                                                                  └─ a queue ──▶ acd Send
//!   not_reached, NotTaken ─▶ not_taken: the customer is told ─heard─▶ Back at the old place, or the end
//! ```
//!
//! What cannot be is refused while the agent still has the customer.

use super::on_request::{Done, Refused};
use super::{Notice, Output, Switch};
use crate::acd::callback::Number;
use crate::acd::{self, AgentState};
use crate::call::record::{self, AgentName, End};
use crate::call::{Agent, Call, Hears, Passed, Target, Way};
use crate::id::{AgentId, CallId, QueueId, TrunkId};
use crate::media::Command as Media;
use crate::route::{self, Dialler};
use crate::settings::{MomentKey, OnFailure};
use crate::sip::Hop;
use std::time::Instant;

/// Q.850: normal call clearing. The agent's phone is told why it is hung up.
const PASSED_ON: (u16, &str) = (16, "the call was passed on");

/// A transfer that may be made.
pub(super) enum Passage {
    Number {
        by: AgentId,
        number: String,
        shown: Option<String>,
        ways: Vec<(Way, Hop)>,
    },
    Agent(AgentName, QueueId),
    Queue(QueueId, String),
}

impl Switch {
    /// The agent of the call leaves the customer to somebody else.
    pub(super) fn ask_transfer(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        to: &Target,
        from: Option<&str>,
    ) -> Result<Done, Refused> {
        let passage = self.passage(now, id, agent, to, from)?;
        self.pass(now, id, passage);
        Ok(Done::Plain)
    }

    /// The agent of a call, if who asks may pass it on.
    pub(super) fn may_pass_on(&self, id: CallId, asker: Option<AgentId>) -> Result<Agent, Refused> {
        let call = self.theirs(id, asker)?;
        let talking = call.agent().filter(|_| call.is_talking());
        let agent = talking.ok_or(Refused::NotTalking(id))?;
        if call.is_internal() {
            return Err(Refused::NoCustomer(id));
        }
        // Who calls a queue is in the customer's place there.
        if asker.is_some_and(|asker| asker != agent.id) {
            return Err(Refused::NotTheirs(id));
        }
        let by_phone = self
            .phone_of(id)
            .and_then(|trunk| self.account.trunk(trunk));
        if by_phone.is_some_and(|trunk| trunk.whatsapp) {
            return Err(Refused::WhatsApp(id));
        }
        match call.is_consulting() {
            true => Err(Refused::Consulting(id)),
            false => Ok(agent),
        }
    }

    /// The trunk by which the customer of a call telephones.
    pub(super) fn phone_of(&self, id: CallId) -> Option<TrunkId> {
        let customer = self.calls.get(&id)?.customer()?;
        self.lines.get(&customer)?.trunk
    }

    /// Whether the call may be passed on there by who asks, and how.
    pub(super) fn passage(
        &mut self,
        now: Instant,
        id: CallId,
        asker: Option<AgentId>,
        to: &Target,
        from: Option<&str>,
    ) -> Result<Passage, Refused> {
        let agent = self.may_pass_on(id, asker)?;
        match to {
            Target::Number(number) => {
                let shown = self.shown_number(id, from)?;
                self.outside_number(now, agent.id, number, shown)
            }
            Target::Agent(to) => self.other_agent(id, agent, *to),
            Target::Queue(queue) => {
                let name = self.account.queue(*queue).map(|queue| queue.name.clone());
                let name = name.ok_or(Refused::UnknownQueue(*queue))?;
                match self.floor.may_be_sent(id) {
                    true => Ok(Passage::Queue(*queue, name)),
                    false => Err(Refused::SentTooOften(id)),
                }
            }
        }
    }

    /// The number that one outside is shown (R128): of a call by telephone the one that the customer has
    /// called, of others one of ours.
    pub(super) fn shown_number(
        &self,
        id: CallId,
        from: Option<&str>,
    ) -> Result<Option<String>, Refused> {
        let by_phone = self.phone_of(id).is_some();
        let record = self.calls.get(&id).map(Call::record);
        let called = record.filter(|record| record.direction == record::Direction::Inbound);
        let called = called.map(|record| record.called.clone());
        let called = called.filter(|called| route::is_e164(called));
        match from.map(route::normal) {
            None if by_phone => Ok(called),
            None => Ok(None),
            Some(from) if by_phone => match called == Some(from) {
                true => Ok(called),
                false => Err(Refused::FromIsFixed(id)),
            },
            Some(from) => {
                let mut own = self.account.own_numbers();
                let ours = own.any(|number| number == from);
                ours.then_some(Some(from)).ok_or(Refused::FromIsNotOurs)
            }
        }
    }

    fn outside_number(
        &mut self,
        now: Instant,
        agent: AgentId,
        number: &str,
        shown: Option<String>,
    ) -> Result<Passage, Refused> {
        let number = self.may_reach(agent, number)?;
        let ways = self.ways(now, Dialler::Agent(agent), &number);
        let ways = ways.map_err(|_| Refused::NoTrunk)?;
        self.within_limits(now, agent)
            .map_err(|_| Refused::TooOften(agent))?;
        Ok(Passage::Number {
            by: agent,
            number,
            shown,
            ways,
        })
    }

    /// Whether an agent may pass customers on to a number outside: as it is dialled (R125–R127).
    pub(super) fn may_reach(&self, agent: AgentId, number: &str) -> Result<String, Refused> {
        let number = route::normal(number);
        if !route::is_e164(&number) {
            return Err(Refused::NoNumber);
        }
        let listed = self.listed.contains(&Number(number.clone()));
        if !listed && !self.account.transfer.allow_unlisted_numbers {
            return Err(Refused::Unlisted);
        }
        let ways = route::ways_out(&self.account, Dialler::Agent(agent), &number);
        ways.map_err(Refused::Barred)?;
        Ok(number)
    }

    fn other_agent(&self, id: CallId, by: Agent, to: AgentId) -> Result<Passage, Refused> {
        let agent = self.account.agent(to).ok_or(Refused::UnknownAgent(to))?;
        let ready = matches!(self.floor.agent(to), Some(AgentState::Available { .. }));
        if to == by.id || !ready {
            return Err(Refused::AgentBusy(to));
        }
        let home = self.home_with(id, by.id, to);
        let home = home.ok_or(Refused::NotTransferable(id))?;
        let name = AgentName {
            id: to,
            name: agent.name.clone(),
        };
        Ok(Passage::Agent(name, home))
    }

    /// The agent leaves, and the customer is on the way.
    pub(super) fn pass(&mut self, now: Instant, id: CallId, passage: Passage) {
        let to = match &passage {
            Passage::Number { number, .. } => record::Destination::Number(number.clone()),
            Passage::Agent(agent, _) => record::Destination::Agent(agent.clone()),
            Passage::Queue(_, name) => record::Destination::Queue(name.clone()),
        };
        let by = self.calls.get(&id).and_then(Call::agent);
        let Some(by) = by.map(|agent| agent.id) else {
            return;
        };
        let home = match &passage {
            Passage::Number { .. } => self.home(id, by),
            Passage::Agent(_, home) => Some(*home),
            Passage::Queue(queue, _) => self.home(id, by).or(Some(*queue)),
        };
        // R97: nothing is recorded after it.
        self.stop_recording(now, id);
        let music = home.map_or(Hears::Silence, |queue| self.hold_music(id, queue));
        let play = self.next();
        let interlude = self.interlude(now, MomentKey::Transfer, music);
        let interlude = interlude.with_message_first(play);
        let left = self
            .calls
            .get_mut(&id)
            .and_then(|call| call.pass_on(now, &self.clock, to.clone(), Some(interlude)));
        let Some(left) = left else {
            return;
        };
        self.entertained.insert(id);
        self.notice(id, Notice::PassedOn { by: left.id, to });
        self.leaves_page(now, left.leg, Some(super::shown::PASSED_ON));
        let (cause, text) = PASSED_ON;
        self.hang_up(now, left.leg, Some((cause, text.to_owned())));
        self.has_left(now, id, left.id, home);
        match passage {
            Passage::Number {
                by,
                number,
                shown,
                ways,
            } => {
                self.keep_number(by, &number);
                let dial = self.outside(number, &ways);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.show_outside(shown);
                    call.dial(dial, Hears::Silence);
                }
                self.dialling.insert(id, ways);
                self.arrange(id);
                self.dial_next(now, id);
            }
            Passage::Agent(agent, home) => {
                self.joins(now, id, home);
                let (call, agent) = (id, agent.id);
                self.acd(now, acd::Input::Hand { call, agent });
            }
            Passage::Queue(queue, _) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.passed(Passed::Taken);
                }
                let call = id;
                self.acd(now, acd::Input::Send { call, queue });
                self.unless_lost(now, id);
                self.tell_referrer(now, id, 200);
            }
        }
        self.write_down(id);
    }

    /// The agent is free of the customer, who keeps the place in this queue.
    pub(super) fn has_left(
        &mut self,
        now: Instant,
        id: CallId,
        left: AgentId,
        home: Option<QueueId>,
    ) {
        if let Some(home) = home {
            let (call, arrival) = (id, self.arrival(id, home));
            self.acd(now, acd::Input::PassOn { call, arrival });
        }
        self.free_caller(now, left);
    }

    /// A number that an agent has typed is a contact from now on (R127).
    pub(super) fn keep_number(&mut self, by: AgentId, number: &str) {
        let number = Number(number.to_owned());
        if !self.listed.contains(&number) {
            self.listed.insert(number.clone());
            self.out(Output::Typed { number, by });
        }
    }

    /// If the server dies now, it is known how far the call has come.
    pub(super) fn write_down(&mut self, id: CallId) {
        if let Some(call) = self.calls.get(&id) {
            self.out(Output::Conversation(Box::new(call.record().clone())));
        }
    }

    /// Nobody has taken the customer: they are told so, and are in the queue again, or the call ends
    /// (D6). `status`: as SIP says it.
    pub(super) fn not_taken(&mut self, now: Instant, id: CallId, status: u16) {
        let call = self.calls.get_mut(&id);
        if !call.is_some_and(|call| call.passed(Passed::NotTaken(status))) {
            return;
        }
        self.notice(id, Notice::NotTaken { status });
        self.tell_referrer(now, id, status);
        self.write_down(id);
        let play = self.next();
        let sound = self.sounds.not_taken();
        let hears = sound.map_or(Hears::Silence, |sound| Hears::Message { play, sound });
        if let Some(call) = self.calls.get_mut(&id) {
            call.serve(hears);
        }
        self.arrange(id);
        if sound.is_none() {
            self.told_not_taken(now, id);
        }
    }

    /// The customer has been told that nobody has taken them.
    pub(super) fn told_not_taken(&mut self, now: Instant, id: CallId) {
        let queue = self.floor.caller(id).map(|caller| caller.queue);
        match (queue, self.account.transfer.on_failure) {
            (Some(queue), OnFailure::BackToQueue) => {
                self.joins(now, id, queue);
                self.acd(now, acd::Input::Back { call: id });
                if let Some(position) = self.floor.position(id) {
                    self.notice(id, Notice::Queued { queue, position });
                }
                self.unless_lost(now, id);
            }
            (None, OnFailure::BackToQueue) | (_, OnFailure::End) => {
                self.end_call(now, id, End::NotReached);
            }
        }
    }

    /// A caller whom the floor does not know has nobody to wait for.
    pub(super) fn unless_lost(&mut self, now: Instant, id: CallId) {
        if self.floor.caller(id).is_none() {
            self.end_call(now, id, End::MaxWait);
        }
    }

    /// The caller is in the queue, as far as the call is concerned.
    fn joins(&mut self, now: Instant, id: CallId, queue: QueueId) {
        let name = self.account.queue(queue).map_or("", |queue| &queue.name);
        if let Some(call) = self.calls.get_mut(&id) {
            call.join(now, queue, name);
        }
        self.arrange(id);
    }

    /// Where the customer comes back to: the queue from which they were served, or one of the agent
    /// who has called them.
    pub(super) fn home(&self, id: CallId, agent: AgentId) -> Option<QueueId> {
        let known = self.floor.caller(id).map(|caller| caller.queue);
        known.or_else(|| self.queue_served_by(agent))
    }

    /// The same, of a customer whom this agent may leave to that one.
    pub(super) fn home_with(&self, id: CallId, by: AgentId, to: AgentId) -> Option<QueueId> {
        let home = self.home(id, by);
        home.or_else(|| self.queue_served_by(to))
    }

    fn queue_served_by(&self, agent: AgentId) -> Option<QueueId> {
        let mut queues = self.account.queues.iter();
        let serves = queues.find(|queue| queue.agents.contains(&agent));
        serves.map(|queue| queue.id)
    }

    /// The recording of those who talk ends now, if there is one: of both at one instant, so that the
    /// files are equally long (R113).
    pub(super) fn stop_recording(&mut self, now: Instant, id: CallId) {
        let segment = self.calls.get_mut(&id).and_then(Call::end_segment);
        for track in segment.iter().flat_map(|segment| segment.segment.files()) {
            let (recording, end) = (track.recording, now);
            self.media(track.leg, |_| Media::StopRecording { recording, end });
        }
    }

    /// An agent has left a call of their own or of a colleague, or it is over, or they supervise one or do
    /// not any more: they are occupied if they have another.
    pub(super) fn free_caller(&mut self, now: Instant, agent: AgentId) {
        let mut calls = self.calls.values();
        let occupied = calls.any(|call| call.occupies(agent)) || self.is_supervising(agent);
        self.acd(now, acd::Input::Occupied { agent, occupied });
    }
}

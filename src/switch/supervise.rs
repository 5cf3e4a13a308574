//! Supervisors (B1): they are rung, come to stand beside the agent of a call, and leave, without the call
//! noticing.
//!
//! ```text
//!   Ask::Supervise ─▶ may it be? ─▶ their page, desk or phone rings ──answered──▶ in it ─┬─ another wish
//!                                        │ not in time, declined                         ├─ take over
//!                                        ▼                                               ▼
//!                                      Leaves ◀── hung up, the call is over, out of sight, an agent they may not see
//! ```
//!
//! An agent who supervises is occupied: nobody is offered to them.

use super::on_request::{Done, Refused};
use super::shown::PASSED_ON;
use super::{Notice, Switch};
use crate::acd::{self, AgentState};
use crate::call::record::{self, AgentName, Direction, Role};
use crate::call::supervise::{Deed, MOST_SUPERVISORS, Mode, Supervisor, Wish};
use crate::call::{Agent, Call};
use crate::id::{AgentId, CallId, LegId, QueueId, VisitId};
use crate::page::Supervises;
use crate::sip::Party;
use std::collections::BTreeSet;
use std::time::Instant;

/// Q.850: normal call clearing. What the phone of an agent is told whose call is taken over.
const TAKEN_OVER: (u16, &str) = (16, "a supervisor has taken the call over");

/// A leg of a supervisor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supervising {
    call: CallId,
    /// Rung until then; `None`: answered.
    until: Option<Instant>,
}

/// Somebody beside the agent of a call, as those see it who may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupervisorView {
    /// Which call.
    pub call: CallId,
    /// Who.
    pub by: Supervisor,
    /// What they do there; of who is rung, what they have asked for.
    pub wish: Wish,
    /// Their device was answered.
    pub answered: bool,
}

/// What is rung.
enum Device {
    Page(VisitId),
    Phone(AgentId),
}

impl Switch {
    /// Somebody wants to supervise a call, or wants something else of the one that they supervise.
    pub(super) fn ask_supervise(
        &mut self,
        now: Instant,
        id: CallId,
        by: Supervisor,
        wish: Wish,
    ) -> Result<Done, Refused> {
        let call = self.calls.get(&id).filter(|call| !call.is_over());
        let call = call.ok_or(Refused::NotInProgress(id))?;
        let mut all = call.supervisors().iter();
        let known = all.find(|each| each.by.is(&by));
        let known = known.map(|each| (each.leg, each.answered));
        if call.is_internal() {
            return Err(Refused::NoCustomer(id));
        }
        let supervised = call.supervised().ok_or(Refused::NotTalking(id))?;
        if !by.sees(supervised.id) {
            // To them there is no such call.
            return Err(Refused::NotInProgress(id));
        }
        let leg = known.map(|(leg, _)| leg);
        if wish != Wish::Be(Mode::Listen) && call.another_speaks(leg) {
            return Err(Refused::AnotherSpeaks(id));
        }
        if wish == Wish::TakeOver {
            self.takes_over_from(id, &by)?;
        }
        if let Some((leg, answered)) = known {
            return self.wants_else(now, id, leg, wish, answered);
        }
        let own = by.agent.filter(|agent| call.occupies(*agent));
        if by.agent == Some(supervised.id) || own.is_some() {
            return Err(Refused::OwnCall(id));
        }
        if self
            .calls
            .get(&id)
            .map_or(0, |call| call.supervisors().len())
            >= MOST_SUPERVISORS
        {
            return Err(Refused::TooManySupervisors(id));
        }
        if let Some(other) = self.supervises(&by) {
            return Err(Refused::Supervises(other));
        }
        let device = self.device(&by)?;
        self.ring_supervisor(now, id, device, by, wish)?;
        Ok(Done::Plain)
    }

    /// A supervisor leaves. `by`: who asks, and ends what they have begun.
    pub(super) fn ask_end_supervision(
        &mut self,
        now: Instant,
        id: CallId,
        by: &Supervisor,
    ) -> Result<Done, Refused> {
        let call = self.calls.get(&id).filter(|call| !call.is_over());
        let call = call.ok_or(Refused::NotInProgress(id))?;
        let theirs = call.supervisors().iter();
        let theirs = theirs.filter(|each| each.by.name == by.name);
        let legs: Vec<LegId> = theirs.map(|each| each.leg).collect();
        if legs.is_empty() {
            return Err(Refused::NotSupervising(id));
        }
        for leg in legs {
            self.supervisor_leaves(now, leg);
        }
        Ok(Done::Plain)
    }

    /// A supervisor may stand beside others than before: who may not stand beside this agent is hung up on.
    pub(super) fn ask_limit_supervision(
        &mut self,
        now: Instant,
        id: CallId,
        by: &Supervisor,
    ) -> Result<Done, Refused> {
        let call = self.calls.get_mut(&id).filter(|call| !call.is_over());
        let call = call.ok_or(Refused::NotInProgress(id))?;
        let legs = call.limit_supervision(by);
        if legs.is_empty() {
            return Err(Refused::NotSupervising(id));
        }
        let nobody = by.sees.as_ref().is_some_and(BTreeSet::is_empty);
        let out = |leg: &LegId| nobody || !call.shows(*leg);
        for leg in legs.into_iter().filter(out).collect::<Vec<_>>() {
            self.supervisor_goes(now, leg, Deed::Barred);
        }
        Ok(Done::Plain)
    }

    /// Who supervises which call.
    pub(super) fn supervisors(&self) -> Vec<SupervisorView> {
        let view = |(leg, known): (&LegId, &Supervising)| {
            let call = self.calls.get(&known.call)?;
            let each = call.supervisor(*leg)?;
            Some(SupervisorView {
                call: known.call,
                by: each.by.clone(),
                wish: match each.answered {
                    true => Wish::Be(call.mode(each)),
                    false => each.wish,
                },
                answered: each.answered,
            })
        };
        self.supervising.iter().filter_map(view).collect()
    }

    /// Whether a leg is a supervisor's.
    pub(super) fn is_supervisor(&self, leg: LegId) -> bool {
        self.supervising.contains_key(&leg)
    }

    /// Whether a leg is a supervisor's who has not answered.
    pub(super) fn rings_supervisor(&self, leg: LegId) -> bool {
        let leg = self.supervising.get(&leg);
        leg.is_some_and(|leg| leg.until.is_some())
    }

    /// The supervisor's device was answered.
    pub(super) fn supervisor_answers(&mut self, now: Instant, leg: LegId) {
        let Some(known) = self.supervising.get_mut(&leg) else {
            return;
        };
        known.until = None;
        let id = known.call;
        self.at_hand = Some(id);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.supervisor_answers(leg);
        let wish = call.supervisor(leg).map(|each| each.wish);
        let takes = wish == Some(Wish::TakeOver) && call.is_beside(leg);
        // Unless it has become impossible while it rang.
        if takes && self.take_over(now, id, leg).is_ok() {
            return;
        }
        if let Some(call) = self.calls.get_mut(&id)
            && wish == Some(Wish::TakeOver)
        {
            call.wishes(leg, Wish::Be(Mode::Listen));
        }
        self.arrange(id);
        self.tell_deed(id, leg);
        self.record_anew(now, id);
    }

    /// A supervisor leaves, was not reached, or is hung up on.
    pub(super) fn supervisor_leaves(&mut self, now: Instant, leg: LegId) {
        self.supervisor_goes(now, leg, Deed::Leaves);
    }

    fn supervisor_goes(&mut self, now: Instant, leg: LegId, deed: Deed) {
        let Some(known) = self.supervising.remove(&leg) else {
            return;
        };
        let id = known.call;
        self.at_hand = Some(id);
        let call = self.calls.get_mut(&id);
        let gone = call.and_then(|call| {
            let agent = call.supervised().map(|agent| agent.id);
            Some((call.unsupervise(leg)?.by, agent))
        });
        self.leaves_page(now, leg, Some("supervision_ended"));
        self.hang_up(now, leg, None);
        if let Some((by, agent)) = gone {
            let supervisor = by.agent;
            self.notice(id, Notice::Supervisor { by, agent, deed });
            self.arrange(id);
            self.record_anew(now, id);
            if let Some(agent) = supervisor {
                self.free_caller(now, agent);
            }
        }
    }

    /// The call is about to end: nobody supervises it any more.
    pub(super) fn supervisors_leave(&mut self, now: Instant, id: CallId) {
        let legs = self.supervising.iter().filter(|(_, leg)| leg.call == id);
        for leg in legs.map(|(leg, _)| *leg).collect::<Vec<_>>() {
            self.supervisor_leaves(now, leg);
        }
    }

    /// Whoever did not answer in time is rung no more; of a talk with somebody outside nobody hears, and of one
    /// with another agent than they may stand beside those do not.
    pub(super) fn supervisors_due(&mut self, now: Instant) {
        let over = |leg: LegId, known: &Supervising| {
            let late = known.until.is_some_and(|until| until <= now);
            let call = self.calls.get(&known.call);
            late || call.is_some_and(|call| call.is_out_of_sight() || !call.shows(leg))
        };
        let due = self.supervising.iter();
        let due = due.filter(|(leg, known)| over(**leg, known));
        for leg in due.map(|(leg, _)| *leg).collect::<Vec<_>>() {
            self.supervisor_leaves(now, leg);
        }
    }

    /// When the first who is rung is given up.
    pub(super) fn supervisors_timeout(&self) -> Option<Instant> {
        self.supervising.values().filter_map(|leg| leg.until).min()
    }

    /// Whether an agent supervises a call, or is rung for it.
    pub(super) fn is_supervising(&self, agent: AgentId) -> bool {
        let legs = self.supervising.iter();
        let mut theirs = legs.filter_map(|(leg, known)| {
            let call = self.calls.get(&known.call)?;
            call.supervisor(*leg)?.by.agent
        });
        theirs.any(|each| each == agent)
    }

    /// The call that somebody supervises, by whom they are or by what they have.
    fn supervises(&self, by: &Supervisor) -> Option<CallId> {
        let mut all = self.supervising.iter();
        all.find_map(|(leg, known)| {
            let other = &self.calls.get(&known.call)?.supervisor(*leg)?.by;
            let same_user = by.user.is_some() && other.user == by.user;
            let same_agent = by.agent.is_some() && other.agent == by.agent;
            (same_user || same_agent).then_some(known.call)
        })
    }

    /// What is rung: the supervisor's page if it is open; else, of the agent who they are, the desk or the
    /// phone. An agent must be free.
    fn device(&self, by: &Supervisor) -> Result<Device, Refused> {
        if let Some(agent) = by.agent {
            self.is_free(agent)?;
        }
        let page = by.user.and_then(|user| self.pages.supervisor(user));
        let page = page.filter(|page| self.knows_browsers() && self.pages.is_connected(*page));
        if let Some(page) = page {
            return Ok(Device::Page(page));
        }
        let agent = by.agent.ok_or(Refused::NoDevice)?;
        if let Some(desk) = self.desk_to_ring(agent) {
            return Ok(Device::Page(desk));
        }
        let phone = self.phones.contains(&agent);
        phone
            .then_some(Device::Phone(agent))
            .ok_or(Refused::NoDevice)
    }

    fn is_free(&self, agent: AgentId) -> Result<(), Refused> {
        let busy = self.has_a_call(agent)?;
        let mut calls = self.calls.values();
        match busy || calls.any(|call| call.occupies(agent) || call.is_with(agent)) {
            true => Err(Refused::SupervisorBusy(agent)),
            false => Ok(()),
        }
    }

    /// Whether an agent talks or is rung for a caller.
    pub(super) fn has_a_call(&self, agent: AgentId) -> Result<bool, Refused> {
        let state = self.floor.agent(agent);
        Ok(match state.ok_or(Refused::UnknownAgent(agent))? {
            AgentState::Talking { .. } | AgentState::Offered { .. } => true,
            AgentState::NotReady { .. }
            | AgentState::Away
            | AgentState::Occupied
            | AgentState::Available { .. }
            | AgentState::WrapUp { .. }
            | AgentState::Resting { .. } => false,
        })
    }

    /// How a supervisor's page shows it.
    pub(super) fn supervises_as(&self, call: &Call, leg: LegId) -> Option<Supervises> {
        let mode = call.supervisor(leg).map(|each| call.mode(each))?;
        Some(match mode {
            Mode::Listen => Supervises::Listen,
            Mode::Whisper => Supervises::Whisper,
            Mode::Barge => Supervises::Barge,
        })
    }

    fn ring_supervisor(
        &mut self,
        now: Instant,
        id: CallId,
        device: Device,
        by: Supervisor,
        wish: Wish,
    ) -> Result<(), Refused> {
        let call = self.calls.get(&id).ok_or(Refused::NotInProgress(id))?;
        let record = call.record();
        let shown = match record.direction {
            Direction::Inbound => record.from.clone(),
            Direction::Outbound => record.called.clone(),
        };
        let shown = Party {
            user: shown,
            ..Party::default()
        };
        let agent = call.supervised().ok_or(Refused::NotTalking(id))?;
        let role = Role::Supervisor;
        let leg = match device {
            Device::Page(visit) => self.ring_page(now, id, role, visit, agent.leg),
            Device::Phone(phone) => self.ring_phone(now, id, role, phone, shown, agent.leg),
        };
        let leg = leg.ok_or(Refused::NoPlace)?;
        let until = Some(now + self.account.timeouts.agent);
        let call = id;
        self.supervising.insert(leg, Supervising { call, until });
        if let Some(call) = self.calls.get_mut(&id) {
            call.supervise(leg, by.clone(), wish);
        }
        let (supervisor, agent) = (by.agent, Some(agent.id));
        let deed = Deed::Asks;
        self.notice(id, Notice::Supervisor { by, agent, deed });
        if let Some(agent) = supervisor {
            self.free_caller(now, agent);
        }
        Ok(())
    }

    /// A supervisor who is there, or rung, wants something else.
    fn wants_else(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        wish: Wish,
        answered: bool,
    ) -> Result<Done, Refused> {
        if answered && wish == Wish::TakeOver {
            self.take_over(now, id, leg)?;
            return Ok(Done::Plain);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return Err(Refused::NotInProgress(id));
        };
        let before = call
            .supervisor(leg)
            .map(|each| (each.wish, call.mode(each)));
        call.wishes(leg, wish);
        let after = call
            .supervisor(leg)
            .map(|each| (each.wish, call.mode(each)));
        if answered && before != after {
            self.arrange(id);
            self.tell_deed(id, leg);
            self.record_anew(now, id);
        }
        Ok(Done::Plain)
    }

    /// What a supervisor does who is there.
    fn tell_deed(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let agent = call.supervised().map(|agent| agent.id);
        if let Some(each) = call.supervisor(leg) {
            let (by, deed) = (each.by.clone(), Deed::of(call.mode(each)));
            self.notice(id, Notice::Supervisor { by, agent, deed });
        }
    }

    /// Whether a supervisor may have the customer: who they are, and the queue of the customer from then
    /// on.
    fn takes_over_from(
        &self,
        id: CallId,
        by: &Supervisor,
    ) -> Result<(AgentName, QueueId), Refused> {
        let call = self.calls.get(&id).ok_or(Refused::NotInProgress(id))?;
        let supervised = call.supervised().ok_or(Refused::NotTalking(id))?;
        if call.is_consulting() {
            return Err(Refused::Consulting(id));
        }
        let agent = by.agent.ok_or(Refused::NoAgent)?;
        let known = self.account.agent(agent);
        let name = known.ok_or(Refused::UnknownAgent(agent))?.name.clone();
        let home = self.home_with(id, supervised.id, agent);
        let home = home.ok_or(Refused::NotTransferable(id))?;
        Ok((AgentName { id: agent, name }, home))
    }

    /// The agent leaves, with the after-call work to do, and the supervisor goes on with the customer as
    /// their agent: a new segment (R90).
    fn take_over(&mut self, now: Instant, id: CallId, leg: LegId) -> Result<(), Refused> {
        let call = self.calls.get(&id).ok_or(Refused::NotInProgress(id))?;
        let by = call.supervisor(leg).map(|each| each.by.clone());
        let by = by.ok_or(Refused::NotSupervising(id))?;
        let (name, home) = self.takes_over_from(id, &by)?;
        self.stop_recording(now, id);
        let (agent, to) = (name.id, record::Destination::Agent(name));
        let call = self.calls.get_mut(&id);
        let left = call.and_then(|call| call.pass_on(now, &self.clock, to, None));
        let left = left.ok_or(Refused::NotTalking(id))?;
        let deed = Deed::TakesOver;
        let beside = Some(left.id);
        self.notice(
            id,
            Notice::Supervisor {
                by,
                agent: beside,
                deed,
            },
        );
        self.supervising.remove(&leg);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.role = Role::Agent;
        }
        let name = self.account.queue(home).map_or("", |queue| &queue.name);
        if let Some(call) = self.calls.get_mut(&id) {
            call.unsupervise(leg);
            call.join(now, home, name);
            call.ring(Agent { id: agent, leg });
        }
        self.leaves_page(now, left.leg, Some(PASSED_ON));
        let (cause, text) = TAKEN_OVER;
        self.hang_up(now, left.leg, Some((cause, text.to_owned())));
        self.has_left(now, id, left.id, Some(home));
        self.acd(now, acd::Input::Take { call: id, agent });
        self.free_caller(now, agent);
        self.connect(now, id, agent);
        self.unless_lost(now, id);
        Ok(())
    }
}

//! Agents who call each other, or ask each other before a customer is passed on.
//!
//! ```text
//!   an agent's INVITE, a desk's call ─▶ begin_call_out ─┐
//!   Ask::Consult to an agent ─▶ Call::consult ──────────┴▶ dial_next ─▶ ring_colleague ─▶ as in dialled.rs
//!   complete, an attended REFER ─▶ has_taken: the customer is theirs, a new segment begins
//! ```
//!
//! Whoever is rung or asked is offered no call meanwhile. What two agents say to each other is not recorded.

use super::admit::Refusal;
use super::browser::Wanted;
use super::on_refer::status_of;
use super::on_request::Refused;
use super::{Notice, Switch};
use crate::acd::{self, AgentState, Status};
use crate::call::record::{AgentName, Role};
use crate::call::{Call, Dial, Place};
use crate::id::{AgentId, CallId, LegId};
use crate::route;
use crate::sip::{Invite, Party};
use std::time::Instant;

impl Switch {
    /// The agent whom an agent's phone calls by this number, unless a route leads elsewhere.
    pub(super) fn colleague_called(&self, called: &str) -> Option<AgentId> {
        let elsewhere = route::named_destination(&self.account, called).is_some();
        let agent = self.account.agent_of(called).filter(|_| !elsewhere)?;
        Some(agent.id)
    }

    /// An agent's phone calls another agent.
    pub(super) fn calls_colleague(
        &mut self,
        now: Instant,
        invite: &Invite,
        agent: AgentId,
        to: AgentId,
    ) -> Result<(), Refusal> {
        let name = self.colleague(agent, to);
        let name = name.map_err(|refused| Refusal::new(status_of(refused), refused))?;
        let dial = Dial::colleague(name, self.account.timeouts.agent);
        self.phone_calls(now, invite, agent, dial, vec![])
    }

    /// An agent whom another one may call now. Who is not ready for customers may still have an answer for
    /// a colleague; who is in wrap-up is left alone (R20).
    pub(super) fn colleague(&self, by: AgentId, to: AgentId) -> Result<AgentName, Refused> {
        let agent = self.account.agent(to).ok_or(Refused::UnknownAgent(to))?;
        let works = match self.floor.agent(to) {
            Some(AgentState::Available { .. }) => true,
            Some(AgentState::NotReady { status }) => status != Status::Offline,
            Some(
                AgentState::Away
                | AgentState::Occupied
                | AgentState::Offered { .. }
                | AgentState::Talking { .. }
                | AgentState::WrapUp { .. }
                | AgentState::Resting { .. },
            )
            | None => false,
        };
        let reachable = self
            .floor
            .presence(to)
            .is_some_and(|(_, reachable)| reachable);
        let mut calls = self.calls.values().filter(|call| !call.is_over());
        let busy = calls.any(|call| call.is_with(to) || call.occupies(to));
        if to == by || !works || !reachable || busy {
            return Err(Refused::AgentBusy(to));
        }
        Ok(AgentName {
            id: to,
            name: agent.name.clone(),
        })
    }

    /// Rings the desk or the phone of an agent for another one.
    pub(super) fn ring_colleague(
        &mut self,
        now: Instant,
        id: CallId,
        to: AgentId,
    ) -> Result<(), Refusal> {
        let leg = self.ring_for_colleague(now, id, to);
        let leg = leg.ok_or_else(|| Refusal::for_now("what is theirs cannot be rung now"))?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.attempt(Some(leg));
        }
        self.notice(id, Notice::RingsColleague(to));
        let at_a_desk = self
            .lines
            .get(&leg)
            .is_some_and(|line| line.visit().is_some());
        if at_a_desk {
            self.dial_rings(now, id, leg, 180, None);
        }
        Ok(())
    }

    /// The same, and nothing else: the leg, if there is a place for it.
    pub(super) fn ring_for_colleague(
        &mut self,
        now: Instant,
        id: CallId,
        to: AgentId,
    ) -> Option<LegId> {
        let call = self.calls.get(&id)?;
        let by = call
            .caller_agent()
            .or_else(|| call.agent().map(|agent| agent.id));
        let by = self.account.agent(by?)?;
        let from = Party {
            display: Some(by.name.clone()),
            user: by.user.clone(),
            host: String::new(),
        };
        let caller = call.caller;
        let line = self.lines.get(&caller)?;
        let (worker, codec) = (line.port.worker, line.codec);
        if let Some(visit) = self.desk_to_ring(to) {
            let wanted = Wanted {
                call: id,
                role: Role::Agent,
                visit,
                worker: Some(worker),
                codec,
                video: false,
            };
            return self.open_browser(now, wanted);
        }
        self.ring_phone(now, id, Role::Agent, to, from, caller)
    }

    /// The queue that a colleague will serve the customer from whom the agent of the call leaves to them.
    pub(super) fn place_with(&self, id: CallId, colleague: Option<AgentId>) -> Option<Place> {
        let by = self.calls.get(&id).and_then(Call::agent)?.id;
        let queue = self.home_with(id, by, colleague?)?;
        let music = self.hold_music(id, queue);
        Some(Place { queue, music })
    }

    /// An agent has left the customer to somebody who had been asked: to a colleague, or else to a number
    /// outside.
    pub(super) fn leaves_to(
        &mut self,
        now: Instant,
        id: CallId,
        left: AgentId,
        colleague: Option<AgentId>,
    ) {
        let home = match colleague {
            Some(colleague) => self.home_with(id, left, colleague),
            None => self.floor.caller(id).map(|caller| caller.queue),
        };
        self.has_left(now, id, left, home);
        match colleague {
            Some(agent) => self.has_taken(now, id, agent),
            None => {
                self.acd(now, acd::Input::Leave { call: id });
                self.keep_holds(now, id);
                self.arrange(id);
            }
        }
    }

    /// Who has answered in a queue, for an agent who asks there, is asked from now on: nobody waits for them
    /// any more, and the floor has nothing to do with it.
    pub(super) fn is_asked(&mut self, now: Instant, place: CallId, colleague: AgentId) {
        if self.floor.caller(place).is_some() {
            // First, so that they are not offered another one.
            self.occupy(now, [Some(colleague), None]);
            self.acd(now, acd::Input::Withdraw { call: place });
        }
    }

    /// A colleague has the customer who was passed on: it is their call, and their segment (R90).
    pub(super) fn has_taken(&mut self, now: Instant, id: CallId, agent: AgentId) {
        let call = id;
        self.acd(now, acd::Input::Take { call, agent });
        self.free_caller(now, agent);
        self.own(id, Some(agent));
        self.keep_holds(now, id);
        self.arrange(id);
        self.met(now, id);
        if let Some(settings) = self.account.agent(agent).cloned() {
            self.record(now, id, &settings);
        }
    }
}

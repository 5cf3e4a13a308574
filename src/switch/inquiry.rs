//! Somebody in a queue, whoever it will be, whom an agent asks before the customer is passed on to them (B2).
//!
//! ```text
//!   Ask::Consult to a queue ─▶ a place in line ─┬─ Offer ─▶ a leg of this call rings ──answered──▶ Connect
//!                                               │              │ declined, not in time ─▶ Refuse      │
//!                                               └─ GiveUp ─▶ end_consult        the place is given up, and they
//!                                                                               are asked as a colleague is ◀┘
//! ```
//!
//! The place is that of a ticket, which is no call: it has no leg, and no record. The agent who asks hears the
//! queue's music, and none of its messages; they give up when they like.

use super::on_request::{Done, Refused};
use super::shown::unrung_name;
use super::{Notice, Switch, Unrung};
use crate::acd::{self, Action, Kept, Turn};
use crate::call::record::{AgentName, Destination};
use crate::call::{Call, Hears};
use crate::id::{AgentId, CallId, LegId, QueueId};
use std::time::{Duration, Instant};

/// Of those who come to a queue at one instant, who asks is the last.
const LAST: u64 = 1 << 63;

impl Switch {
    /// The agent asks whoever answers in a queue.
    pub(super) fn ask_in_queue(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        queue: QueueId,
    ) -> Result<Done, Refused> {
        self.may_pass_on(id, agent)?;
        let known = self.account.queue(queue);
        let name = known.ok_or(Refused::UnknownQueue(queue))?.name.clone();
        self.watch_hours(now);
        if !self.floor.is_open(queue) {
            return Err(Refused::QueueClosed(queue));
        }
        let ticket = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let music = Some(self.hold_music(id, queue)).filter(|music| *music != Hears::Silence);
        let music = music.or_else(|| self.sounds.any_music().map(Hears::Music));
        let music = music.unwrap_or(Hears::Silence);
        self.stop_recording(now, id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.asks_in_queue(ticket, name.clone(), music);
        }
        self.inquiries.insert(ticket, id);
        self.company(now, id);
        let to = Destination::Queue(name);
        self.notice(id, Notice::Consults { to });
        self.arrange(id);
        let place = Kept {
            queue,
            turn: Turn::Arrival,
            age: Duration::ZERO,
            number: LAST | self.random.u64(),
            only: None,
        };
        let (call, ready) = (ticket, true);
        self.acd(now, acd::Input::Reserve { call, place });
        self.acd(now, acd::Input::Ready { call, ready });
        Ok(Done::Plain)
    }

    /// Does what the floor wants for an agent who asks in a queue. `None`: it wants it for somebody else.
    pub(super) fn act_for_asker(
        &mut self,
        now: Instant,
        action: &Action,
    ) -> Option<Option<acd::Input>> {
        let asks = |ticket: &CallId| self.inquiries.get(ticket).copied();
        match action {
            Action::Offer { call, agent, .. } => {
                let id = asks(call)?;
                Some(self.ring_asked(now, id, *call, *agent))
            }
            Action::Revoke { call, agent, why } => {
                let id = asks(call)?;
                self.unring_asked(now, id, *agent, (*why).into());
                Some(None)
            }
            Action::Dismiss { call, agent } | Action::NotTaken { call, agent } => {
                let id = asks(call)?;
                self.unring_asked(now, id, *agent, Unrung::CallerGone);
                Some(None)
            }
            Action::Connect { call, agent } => {
                let id = asks(call)?;
                self.asked_answers(now, id, *call, *agent);
                Some(None)
            }
            Action::GiveUp { call, .. } => {
                let id = asks(call)?;
                self.end_consult(now, id);
                Some(None)
            }
            // Messages are for customers.
            Action::Say { call, .. } => asks(call).map(|_| Some(acd::Input::Heard { call: *call })),
            Action::Music { call, .. } | Action::Redirect { call, .. } => asks(call).map(|_| None),
            Action::Paused { .. } | Action::WrappedUp { .. } => None,
        }
    }

    /// An agent of the queue is rung for who asks.
    fn ring_asked(
        &mut self,
        now: Instant,
        id: CallId,
        ticket: CallId,
        agent: AgentId,
    ) -> Option<acd::Input> {
        let name = self.account.agent(agent).map(|agent| agent.name.clone());
        let leg = name.and_then(|name| Some((self.ring_for_colleague(now, id, agent)?, name)));
        let Some((leg, name)) = leg else {
            let (call, why) = (ticket, acd::Refusal::Failed);
            return Some(acd::Input::Refuse { agent, call, why });
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.rings_in_queue(leg, AgentName { id: agent, name });
        }
        self.notice(id, Notice::RingsColleague(agent));
        self.news.insert(id);
        None
    }

    /// Stops ringing.
    fn unring_asked(&mut self, now: Instant, id: CallId, agent: AgentId, why: Unrung) {
        let call = self.calls.get_mut(&id);
        let Some(leg) = call.and_then(|call| call.unrings_in_queue(agent)) else {
            return;
        };
        self.leaves_page(now, leg, Some(unrung_name(why)));
        self.hang_up(now, leg, None);
        self.notice(id, Notice::Unrung(agent, why));
        self.news.insert(id);
        self.free_caller(now, agent);
    }

    /// They have answered: they are asked, and nobody waits in the queue any more.
    fn asked_answers(&mut self, now: Instant, id: CallId, ticket: CallId, agent: AgentId) {
        self.inquiries.remove(&ticket);
        let call = self.calls.get_mut(&id);
        if call.is_some_and(|call| call.answers_in_queue(agent)) {
            self.notice(id, Notice::Consulted);
            self.is_asked(now, ticket, agent);
            self.arrange(id);
        }
    }

    /// The leg of an agent who is rung: whose offer it is, and of which call or ticket.
    pub(super) fn offered_at(&self, id: CallId, leg: LegId) -> Option<(AgentId, CallId)> {
        let call = self.calls.get(&id)?;
        match call.rung_in_queue() {
            Some((ticket, agent)) if agent.leg == leg => Some((agent.id, ticket)),
            Some(_) | None => Some((call.agent()?.id, id)),
        }
    }

    /// The phone of who is rung for an asking agent has declined, or failed. Says whether it was theirs.
    pub(super) fn asked_fails(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        (why, unrung): (acd::Refusal, Unrung),
    ) -> bool {
        let rung = self.calls.get(&id).and_then(Call::rung_in_queue);
        let Some((ticket, agent)) = rung.filter(|(_, agent)| agent.leg == leg) else {
            return false;
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.unrings_in_queue(agent.id);
        }
        let (agent, call) = (agent.id, ticket);
        self.notice(id, Notice::Unrung(agent, unrung));
        self.news.insert(id);
        self.acd(now, acd::Input::Refuse { agent, call, why });
        self.free_caller(now, agent);
        true
    }

    /// Who has asked in a queue does so no more: the place is given up.
    pub(super) fn forget_inquiry(&mut self, now: Instant, ticket: Option<CallId>) {
        if let Some(call) = ticket.filter(|ticket| self.inquiries.remove(ticket).is_some()) {
            self.acd(now, acd::Input::Withdraw { call });
        }
    }

    /// The call for which a place in line is kept, or that is in it itself.
    pub(super) fn in_line(&self, call: CallId) -> CallId {
        self.inquiries.get(&call).copied().unwrap_or(call)
    }
}

//! What pages are told of their calls: a function of how the calls stand, said again when that has
//! changed, and to those who wait at most once a second.

use super::leg::Line;
use super::{Switch, Unrung};
use crate::acd::AgentState;
use crate::call::record::{Direction, Role};
use crate::call::{Call, Hold, Whom, With};
use crate::id::{AgentId, CallId, LegId, VisitId};
use crate::page::{CallState, Consult, ConsultWith, Party, Recording, ToPage};
use std::time::{Duration, Instant};

/// How often those who wait are told their position, if it has changed.
const TELL_EVERY: Duration = Duration::from_secs(1);

impl Switch {
    /// Tells pages what is new.
    pub(super) fn tell_pages(&mut self, now: Instant) {
        if self.news_at.is_some_and(|at| at <= now) {
            self.news_at = None;
            let legs = self.visits.values().flatten();
            let calls = legs.filter_map(|leg| self.call_of(*leg));
            let waiting: Vec<_> = calls.filter(|call| self.is_waiting(*call)).collect();
            self.news.extend(waiting);
        }
        for call in std::mem::take(&mut self.news) {
            let legs = self.calls.get(&call).map(|call| call.legs().collect());
            let legs: Vec<LegId> = legs.unwrap_or_default();
            for leg in legs {
                self.tell_page(now, leg);
            }
        }
    }

    /// Tells a page that knows nothing how all its calls stand.
    pub(super) fn tell_all(&mut self, now: Instant, visit: VisitId) {
        for leg in self.legs_of(visit) {
            let line = self.lines.get_mut(&leg);
            if let Some(browser) = line.and_then(|line| line.browser.as_mut()) {
                browser.told = None;
            }
            self.tell_page(now, leg);
        }
    }

    /// The leg is over: its page is told so, and why, and has nothing to do with it any more.
    pub(super) fn leaves_page(&mut self, now: Instant, leg: LegId, why: Option<&str>) {
        let Some(visit) = self.forget_page(leg) else {
            return;
        };
        let call = self.call_of(leg).and_then(|call| self.calls.get(&call));
        let end = call.and_then(|call| call.record().end);
        let end = end.map(|end| end.name().to_owned());
        let reason = why.map(str::to_owned).or(end);
        if let Some(mut message) = self.page_call(now, leg) {
            if let ToPage::Call { state, why, .. } = &mut message {
                (*state, *why) = (CallState::Over, reason);
            }
            self.pages.tell(visit, message);
        }
    }

    fn tell_page(&mut self, now: Instant, leg: LegId) {
        let Some(visit) = self.lines.get(&leg).and_then(Line::visit) else {
            return;
        };
        let Some(message) = self.page_call(now, leg) else {
            return;
        };
        if let ToPage::Call {
            call,
            state: CallState::Waiting,
            ..
        } = &message
            && self.is_waiting(*call)
        {
            self.news_at.get_or_insert(now + TELL_EVERY);
        }
        let still = Some(without_clocks(message.clone()));
        let line = self.lines.get_mut(&leg);
        if let Some(browser) = line.and_then(|line| line.browser.as_mut())
            && browser.told != still
        {
            browser.told = still;
            self.pages.tell(visit, message);
        }
    }

    /// How a call stands, seen from this leg.
    fn page_call(&self, now: Instant, leg: LegId) -> Option<ToPage> {
        let line = self.lines.get(&leg)?;
        let call = self.calls.get(&line.leg.call)?;
        let is_customer = line.leg.role == Role::Customer;
        let (waited, talked) = call.times(now);
        let state = self.state_at(call, leg, is_customer);
        let position = self.floor.position(call.id).filter(|_| is_customer);
        let position = position.and_then(|position| u32::try_from(position).ok());
        let minutes = self.minutes(now, call.id).filter(|_| is_customer);
        let other = call.talking().and_then(|legs| {
            let (other, _) = legs.into_iter().find(|(party, _)| *party != leg)?;
            self.lines.get(&other)?.browser.as_ref()
        });
        let dialled = call.poll_timeout().filter(|_| call.dialled() == Some(leg));
        let dialled = dialled.map(|until| until.saturating_duration_since(now));
        let asked = call.rung_in_queue().map(|(_, agent)| agent);
        let asked = asked.filter(|agent| agent.leg == leg);
        let rung = asked.or_else(|| call.agent());
        let rung = rung.filter(|_| state == CallState::Ringing);
        let rings = rung.and_then(|agent| match self.floor.agent(agent.id)? {
            AgentState::Offered { until, .. } => Some(until.saturating_duration_since(now)),
            AgentState::NotReady { .. }
            | AgentState::Away
            | AgentState::Occupied
            | AgentState::Available { .. }
            | AgentState::Talking { .. }
            | AgentState::WrapUp { .. }
            | AgentState::Resting { .. } => None,
        });
        let intended = self.own_rings(now, call.id).filter(|_| rung.is_some());
        let asks = call.agent().is_some_and(|agent| agent.leg == leg) && call.is_talking();
        Some(ToPage::Call {
            call: call.id,
            state,
            with: self.with(call, leg, is_customer),
            queue: call.record().queue.clone(),
            position,
            estimate_s: minutes.map(|minutes| u64::from(minutes) * 60),
            supervises: self.supervises_as(call, leg),
            waited_ms: millis(waited),
            talked_ms: millis(talked),
            rings_ms: dialled.or(rings).or(intended).map(millis),
            muted: other.is_some_and(|other| other.muted),
            video: other.is_some_and(|other| other.shows()),
            recording: call
                .is_masked()
                .filter(|_| line.leg.role == Role::Agent)
                .map(recording),
            consult: self.consult_at(call, leg),
            any_from: asks && self.phone_of(call.id).is_none(),
            instead_of: line.browser.as_ref().and_then(|browser| browser.moved_from),
            why: None,
        })
    }

    fn state_at(&self, call: &Call, leg: LegId, is_customer: bool) -> CallState {
        if self.is_supervisor(leg) {
            return match self.rings_supervisor(leg) {
                true => CallState::Ringing,
                false => CallState::Talking,
            };
        }
        if call.asked() == Some(leg) && !self.is_ringing_at(leg, call.id) {
            return match call.with() {
                Some(With::Customer) => CallState::Held,
                Some(With::Asked | With::All) | None => CallState::Talking,
            };
        }
        if self.is_ringing_at(leg, call.id) {
            return CallState::Ringing;
        }
        if let Some(legs) = call.talking() {
            let holds = |own: bool| {
                let mut of = legs.iter().filter(|(party, _)| (*party == leg) == own);
                of.any(|(_, hold)| *hold == Hold::Held)
            };
            let mut others = legs.iter().filter(|(party, _)| *party != leg);
            let is_lost = others.any(|(party, _)| call.is_lost(*party));
            return match (holds(true), holds(false)) {
                (true, _) => CallState::Holding,
                (false, true) => CallState::Held,
                (false, false) if is_lost => CallState::Held,
                // Their agent asks somebody meanwhile.
                (false, false) if is_customer && call.is_on_hold() => CallState::Held,
                (false, false) => CallState::Talking,
            };
        }
        if call.is_over() {
            CallState::Over
        } else if is_customer {
            CallState::Waiting
        } else {
            CallState::Dialling
        }
    }

    /// Who the party at the other end is.
    fn with(&self, call: &Call, leg: LegId, is_customer: bool) -> Option<Party> {
        let record = call.record();
        let agent = |id: Option<AgentId>| {
            let name = self.account.agent(id?)?.name.clone();
            Some(Party { name, number: None })
        };
        if call.colleagues_leg() == Some(leg) {
            let by = call.caller_agent();
            return agent(by.or_else(|| call.agent().map(|agent| agent.id)));
        }
        if call.is_internal() {
            return agent(call.colleague());
        }
        if is_customer {
            let agent = record.agent.as_ref().filter(|_| call.is_talking())?;
            return Some(Party {
                name: agent.name.clone(),
                number: None,
            });
        }
        let customer = match record.direction {
            Direction::Inbound => &record.from,
            Direction::Outbound => &record.called,
        };
        Some(Party {
            name: customer.clone(),
            number: crate::route::is_e164(customer).then(|| customer.clone()),
        })
    }

    /// Whom the agent at this leg asks.
    fn consult_at(&self, call: &Call, leg: LegId) -> Option<Consult> {
        call.agent().filter(|agent| agent.leg == leg)?;
        let (name, number) = match (call.inquiry(), call.asked_whom()) {
            (Some((_, queue)), _) => (queue.to_owned(), None),
            (None, Some(Whom::Number(number))) => (number.clone(), Some(number.clone())),
            (None, Some(Whom::Colleague(agent))) => (agent.name.clone(), None),
            (None, None) => return None,
        };
        let who = Party { name, number };
        let with = match call.with() {
            None => ConsultWith::Dialling,
            Some(With::Asked) => ConsultWith::Asked,
            Some(With::Customer) => ConsultWith::Customer,
            Some(With::All) => ConsultWith::All,
        };
        Some(Consult { who, with })
    }

    fn is_waiting(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(Call::is_waiting)
    }
}

/// What is said again only if it has changed: all but what every second changes.
fn without_clocks(mut message: ToPage) -> ToPage {
    if let ToPage::Call {
        waited_ms,
        talked_ms,
        rings_ms,
        ..
    } = &mut message
    {
        (*waited_ms, *talked_ms, *rings_ms) = (0, 0, None);
    }
    message
}

/// The call of a desk is over, and goes on without it.
pub(super) const PASSED_ON: &str = "passed_on";

/// Why a desk is no longer rung.
pub(super) fn unrung_name(why: Unrung) -> &'static str {
    match why {
        Unrung::NoAnswer => "no_answer",
        Unrung::Declined(_) => "declined",
        Unrung::Failed(_) => "failed",
        Unrung::CallerGone => "caller_gone",
        Unrung::AgentGone => "agent_gone",
        Unrung::NotReady => "not_ready",
    }
}

fn recording(masked: bool) -> Recording {
    match masked {
        true => Recording::Masked,
        false => Recording::On,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

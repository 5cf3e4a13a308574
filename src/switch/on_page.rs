//! What browsers' pages say, and what it means for calls, agents and media.
//!
//! ```text
//!   a desk:      Came ─▶ the agent can be rung     Call ─▶ desk_calls     Accept ─▶ acd::Accept
//!   a customer:  Came ─▶ the link is looked at     Call ─▶ Redeem ─▶ a queue
//!   either:      Offer ─▶ Meet, and the answer     Lost ─▶ kept for a while
//! ```

use super::admit::Refusal;
use super::browser::Wanted;
use super::lost::Way;
use super::shown::unrung_name;
use super::{Ask, Consultation, Refused, Switch, Unrung};
use crate::acd::{self, AgentState};
use crate::audio::Codec;
use crate::call::record::Role;
use crate::call::{self, Call, Dial};
use crate::id::{AgentId, CallId, LegId, VisitId};
use crate::media::Command as Media;
use crate::page::{self, FromPage, ToPage, Trouble, Whose};
use crate::route::{self, Dialler};
use crate::sip::Hop;
use std::time::Instant;

/// How long a key counts as pressed that a page has said in words, milliseconds.
const PRESS: u16 = 100;
/// The longest number that is looked at, bytes.
const LONGEST_NUMBER: usize = 128;

/// Why a page does not get what it asks for.
#[derive(Debug)]
pub(super) struct Denied {
    /// One of those that [`Trouble`] lists.
    pub(super) code: &'static str,
    pub(super) why: String,
}

impl Denied {
    pub(super) fn new(code: &'static str, why: impl ToString) -> Self {
        let why = why.to_string();
        Self { code, why }
    }

    pub(super) fn trouble(self, call: Option<CallId>) -> Trouble {
        Trouble {
            code: self.code.to_owned(),
            message: self.why,
            call,
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.status {
            503 => "unavailable",
            _ => "not_allowed",
        };
        Self::new(code, refusal.why)
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        let over = matches!(refused, Refused::NotInProgress(_));
        let code = if over { "no_such_call" } else { "not_allowed" };
        Self::new(code, refused)
    }
}

impl Switch {
    pub(super) fn on_page(&mut self, now: Instant, event: page::Event) {
        match event {
            page::Event::Came { visit, whose } => match whose {
                Whose::Desk(agent) => self.desk_came(now, visit, agent),
                // It waits to be rung.
                Whose::Supervisor { .. } => {}
                Whose::Customer(token_hash) => self.look_at_link(visit, token_hash),
            },
            page::Event::Said { visit, what } => {
                let call = call_in(&what);
                if let Err(denied) = self.page_said(now, visit, what) {
                    let trouble = denied.trouble(call);
                    self.pages.answer(visit, ToPage::Error(trouble));
                }
            }
            page::Event::Lost { visit } => self.page_lost(now, visit),
            page::Event::Absent { agent } => self.desk_left(now, agent),
            page::Event::Back { visit, knows } => {
                if let Some(Whose::Desk(agent)) = self.pages.whose(visit) {
                    self.desk_came(now, visit, agent);
                }
                self.page_back(now, visit, knows);
                self.look_again(visit, knows);
            }
            page::Event::Gone { visit, whose } => {
                if let Whose::Desk(agent) = whose {
                    self.desk_left(now, agent);
                }
                self.page_gone(now, visit);
            }
        }
    }

    fn desk_came(&mut self, now: Instant, visit: VisitId, agent: AgentId) {
        if self.account.agent(agent).is_none() {
            let denied = Denied::new("not_allowed", "this agent does not work here any more");
            return self.pages.turn_away(visit, denied.trouble(None));
        }
        self.desks.insert(agent);
        self.can_reach(now, agent);
    }

    fn desk_left(&mut self, now: Instant, agent: AgentId) {
        self.desks.remove(&agent);
        self.can_reach(now, agent);
    }

    /// The desk that is rung for an agent: one that is connected, or that will be in a moment where
    /// there is no phone instead.
    pub(super) fn desk_to_ring(&self, agent: AgentId) -> Option<VisitId> {
        let there = self.knows_browsers() && self.desks.contains(&agent);
        let desk = self.pages.desk(agent).filter(|_| there)?;
        let rings = self.pages.is_connected(desk) || !self.phones.contains(&agent);
        rings.then_some(desk)
    }

    fn page_said(&mut self, now: Instant, visit: VisitId, what: FromPage) -> Result<(), Denied> {
        match what {
            // The endpoint keeps it for itself.
            FromPage::Hello { .. } => Ok(()),
            FromPage::Call {
                sdp,
                number,
                agent,
                name,
            } => match self.pages.whose(visit) {
                Some(Whose::Desk(by)) => {
                    let (dial, ways) = self.desk_dials(now, visit, by, number, agent)?;
                    self.desk_calls(now, visit, by, dial, ways, &sdp)
                }
                Some(Whose::Supervisor { .. }) => {
                    Err(Denied::new("not_allowed", "calls are made at the desk"))
                }
                Some(Whose::Customer(token_hash)) => {
                    self.customer_calls(visit, token_hash, sdp, name)
                }
                None => Ok(()),
            },
            FromPage::Offer { call, sdp } => {
                let leg = self.leg_in(visit, call)?;
                if self.is_ringing_at(leg, call) {
                    return Err(Denied::new("no_such_call", "accept the call first"));
                }
                let sdp = self.meet(leg, &sdp)?;
                self.pages.answer(visit, ToPage::Answer { call, sdp });
                self.find_again(leg, Way::Page);
                Ok(())
            }
            FromPage::Accept { call, sdp } => self.desk_accepts(now, visit, call, &sdp),
            FromPage::Reject { call } => {
                let leg = self.leg_in(visit, call)?;
                if !self.is_ringing_at(leg, call) {
                    return Err(Denied::new("no_such_call", "it does not ring"));
                }
                self.page_hangs_up(now, leg);
                Ok(())
            }
            FromPage::HangUp { call } => {
                let leg = self.leg_in(visit, call)?;
                self.page_hangs_up(now, leg);
                Ok(())
            }
            FromPage::Hold { call, on } => {
                let agent = self.agent_at(visit, call)?;
                let agent = Some(agent);
                self.ask(now, Ask::Hold { agent, call, on })?;
                Ok(())
            }
            FromPage::Transfer { call, to, from } => {
                let (agent, to) = (Some(self.agent_at(visit, call)?), target(to));
                let transfer = Ask::Transfer {
                    agent,
                    call,
                    to,
                    from,
                };
                self.ask(now, transfer)?;
                Ok(())
            }
            FromPage::Consult { call, to, from } => {
                let (agent, to) = (Some(self.agent_at(visit, call)?), target(to));
                let consult = Ask::Consult {
                    agent,
                    call,
                    to,
                    from,
                };
                self.ask(now, consult)?;
                Ok(())
            }
            FromPage::Consultation { call, what } => {
                let agent = Some(self.agent_at(visit, call)?);
                let what = consultation(what);
                self.ask(now, Ask::Consultation { agent, call, what })?;
                Ok(())
            }
            FromPage::Mute { call, on } => {
                let leg = self.leg_in(visit, call)?;
                let line = self.lines.get_mut(&leg);
                if let Some(browser) = line.and_then(|line| line.browser.as_mut()) {
                    browser.muted = on;
                    self.news.insert(call);
                }
                Ok(())
            }
            FromPage::Digit { call, digit } => {
                let leg = self.leg_in(visit, call)?;
                let digit = digit.to_ascii_uppercase();
                if !matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D') {
                    return Err(Denied::new("bad_message", "digit: must be one of 0-9*#A-D"));
                }
                let milliseconds = PRESS;
                self.media(leg, |leg| Media::Pressed {
                    leg,
                    digit,
                    milliseconds,
                });
                Ok(())
            }
        }
    }

    /// An agent takes the call that rings: the answer is on its way, and the two talk.
    fn desk_accepts(
        &mut self,
        now: Instant,
        visit: VisitId,
        call: CallId,
        sdp: &str,
    ) -> Result<(), Denied> {
        let leg = self.leg_in(visit, call)?;
        if !self.is_ringing_at(leg, call) {
            return Err(Denied::new("no_such_call", "it does not ring"));
        }
        let sdp = self.meet(leg, sdp)?;
        self.at_hand = Some(call);
        self.pages.answer(visit, ToPage::Answer { call, sdp });
        if self.is_supervisor(leg) {
            self.supervisor_answers(now, leg);
            return Ok(());
        }
        if self.is_dialled(call, leg) {
            self.answers(now, call, leg);
            return Ok(());
        }
        if self.own_answers(now, call, leg) {
            return Ok(());
        }
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        if let Some((agent, call)) = self.offered_at(call, leg) {
            self.acd(now, acd::Input::Accept { agent, call });
        }
        Ok(())
    }

    /// An agent does not take the call that rings.
    fn desk_declines(&mut self, now: Instant, call: CallId, leg: LegId) {
        if self.is_dialled(call, leg) {
            self.leaves_page(now, leg, Some(unrung_name(Unrung::Declined(DECLINED))));
            return self.dial_failed(now, call, leg, DECLINED, None);
        }
        self.agent_failed(now, call, leg, DECLINED);
    }

    /// An agent calls a number outside, or a colleague, from the desk: whatever comes from there is heard
    /// at once, so the offer is answered now.
    fn desk_calls(
        &mut self,
        now: Instant,
        visit: VisitId,
        agent: AgentId,
        dial: Dial,
        ways: Vec<(call::Way, Hop)>,
        sdp: &str,
    ) -> Result<(), Denied> {
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let wanted = Wanted {
            call: id,
            role: Role::Agent,
            visit,
            worker: None,
            codec: Some(Codec::Pcma),
            video: false,
        };
        let leg = self.open_browser(now, wanted);
        let leg = leg.ok_or_else(no_place)?;
        let sdp = self.meet_first(leg, sdp)?;
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        self.pages.answer(visit, ToPage::Answer { call: id, sdp });
        self.begin_call_out(now, id, leg, agent, dial, ways);
        Ok(())
    }

    /// Whom an agent calls from the desk, if they may call now.
    fn desk_dials(
        &mut self,
        now: Instant,
        visit: VisitId,
        by: AgentId,
        number: Option<String>,
        colleague: Option<AgentId>,
    ) -> Result<(Dial, Vec<(call::Way, Hop)>), Denied> {
        if self.draining {
            return Err(Denied::new("unavailable", "the server is about to stop"));
        }
        let talks = match self.floor.agent(by) {
            Some(AgentState::Talking { .. } | AgentState::Offered { .. }) => true,
            Some(
                AgentState::NotReady { .. }
                | AgentState::Away
                | AgentState::Occupied
                | AgentState::Available { .. }
                | AgentState::WrapUp { .. }
                | AgentState::Resting { .. },
            )
            | None => false,
        };
        if talks || self.visits.contains_key(&visit) {
            return Err(Denied::new("busy", "another call goes on"));
        }
        let number = number.filter(|number| number.len() <= LONGEST_NUMBER);
        match (number, colleague) {
            (None, Some(colleague)) => {
                let name = self.colleague(by, colleague)?;
                let dial = Dial::colleague(name, self.account.timeouts.agent);
                Ok((dial, vec![]))
            }
            (Some(number), None) => {
                let number = route::dialled(&self.account, &number);
                let ways = self.ways(now, Dialler::Agent(by), &number)?;
                self.within_limits(now, by)
                    .map_err(|refusal| Denied::new("too_many", refusal.why))?;
                Ok((self.outside(number, &ways), ways))
            }
            (None, None) => Err(Denied::new(
                "bad_message",
                "number: is missing, or too long",
            )),
            (Some(_), Some(_)) => Err(Denied::new(
                "bad_message",
                "number: give a number or an agent, one of them",
            )),
        }
    }

    /// The page hangs up, or is gone.
    pub(super) fn page_hangs_up(&mut self, now: Instant, leg: LegId) {
        let line = self.lines.get(&leg);
        let Some((role, id)) = line.map(|line| (line.leg.role, line.leg.call)) else {
            return;
        };
        self.at_hand = Some(id);
        if self.is_supervisor(leg) {
            return self.supervisor_leaves(now, leg);
        }
        if self.is_ringing_at(leg, id) {
            return self.desk_declines(now, id, leg);
        }
        if let Some(call) = self.calls.get(&id) {
            if call.asked() == Some(leg) {
                return self.end_consult(now, id);
            }
            let end = call.end_when_left(role);
            self.end_call(now, id, end);
        }
    }

    /// Whether a leg is rung, and has not answered.
    pub(super) fn is_ringing_at(&self, leg: LegId, call: CallId) -> bool {
        let known = self.calls.get(&call);
        let rung = known.and_then(Call::agent).map(|agent| agent.leg);
        let dialled = known.and_then(Call::dialled);
        let asked = known.and_then(Call::rung_in_queue);
        let asked = asked.map(|(_, agent)| agent.leg);
        let line = self.lines.get(&leg);
        let waits = line.is_some_and(|line| line.leg.answered.is_none());
        waits && ([rung, dialled, asked].contains(&Some(leg)) || self.rings_supervisor(leg))
    }

    /// The agent whose desk it is, if they are in the call by it.
    fn agent_at(&self, visit: VisitId, call: CallId) -> Result<AgentId, Denied> {
        self.leg_in(visit, call)?;
        match self.pages.whose(visit) {
            Some(
                Whose::Desk(agent)
                | Whose::Supervisor {
                    agent: Some(agent), ..
                },
            ) => Ok(agent),
            Some(Whose::Supervisor { agent: None, .. } | Whose::Customer(_)) | None => {
                Err(Denied::new("not_allowed", "this is for agents"))
            }
        }
    }

    pub(super) fn legs_of(&self, visit: VisitId) -> Vec<LegId> {
        let legs = self.visits.get(&visit).into_iter().flatten();
        legs.copied().collect()
    }
}

/// There is nowhere for a browser's media to go.
pub(super) fn no_place() -> Denied {
    Denied::new("unavailable", "browsers cannot call here now")
}

/// What a declined call is in SIP, for the story of the call.
const DECLINED: u16 = 603;

/// The call that a message is about.
fn call_in(what: &FromPage) -> Option<CallId> {
    match what {
        FromPage::Hello { .. } | FromPage::Call { .. } => None,
        FromPage::Offer { call, .. }
        | FromPage::Accept { call, .. }
        | FromPage::Reject { call }
        | FromPage::HangUp { call }
        | FromPage::Hold { call, .. }
        | FromPage::Mute { call, .. }
        | FromPage::Digit { call, .. }
        | FromPage::Transfer { call, .. }
        | FromPage::Consult { call, .. }
        | FromPage::Consultation { call, .. } => Some(*call),
    }
}

fn target(to: page::Target) -> call::Target {
    match to {
        page::Target::Number(number) => call::Target::Number(number),
        page::Target::Agent(agent) => call::Target::Agent(agent),
        page::Target::Queue(queue) => call::Target::Queue(queue),
    }
}

fn consultation(what: page::Consultation) -> Consultation {
    match what {
        page::Consultation::Swap => Consultation::Swap,
        page::Consultation::Join => Consultation::Join,
        page::Consultation::Complete => Consultation::Complete,
        page::Consultation::Cancel => Consultation::Cancel,
    }
}

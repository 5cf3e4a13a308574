//! Somebody, outside or a colleague, who is asked before the customer is passed on to them, or talks to
//! both (B2, B3).

use super::on_request::{Done, Refused};
use super::shown::{PASSED_ON, unrung_name};
use super::transfer::Passage;
use super::{Notice, Switch, Unrung};
use crate::acd;
use crate::call::{Call, Dial, Target, Way, With};
use crate::id::{AgentId, CallId};
use crate::sip::Hop;
use std::time::Instant;

/// What an agent wants who has asked somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consultation {
    /// To talk to the other of the two.
    Swap,
    /// All three to talk.
    Join,
    /// To leave: the two talk to each other.
    Complete,
    /// To let go of the one who was asked.
    Cancel,
}

/// Who is to be asked, and how they are reached.
struct Question {
    dial: Dial,
    /// The number that one outside is shown.
    shown: Option<String>,
    ways: Vec<(Way, Hop)>,
}

impl Switch {
    /// The agent asks somebody; the customer is on hold meanwhile.
    pub(super) fn ask_consult(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        to: &Target,
        from: Option<&str>,
    ) -> Result<Done, Refused> {
        if let Target::Queue(queue) = to {
            return self.ask_in_queue(now, id, agent, *queue);
        }
        let Question { dial, shown, ways } = self.question(now, id, agent, to, from)?;
        let whom = dial.whom().clone();
        self.stop_recording(now, id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.show_outside(shown);
            call.consult(dial);
        }
        self.dialling.insert(id, ways);
        if let Some(agent) = whom.colleague() {
            let occupied = true;
            self.acd(now, acd::Input::Occupied { agent, occupied });
        }
        self.company(now, id);
        let to = whom.destination();
        self.notice(id, Notice::Consults { to });
        self.arrange(id);
        self.dial_next(now, id);
        Ok(Done::Plain)
    }

    /// Who is asked, if the agent may.
    fn question(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        to: &Target,
        from: Option<&str>,
    ) -> Result<Question, Refused> {
        match to {
            Target::Queue(_) => Err(Refused::OnlyPeople),
            Target::Agent(to) => {
                let by = self.may_pass_on(id, agent)?.id;
                let name = self.colleague(by, *to)?;
                // Otherwise they could be asked, and not be left the customer.
                self.home_with(id, by, *to)
                    .ok_or(Refused::NotTransferable(id))?;
                let dial = Dial::colleague(name, self.account.timeouts.agent);
                Ok(Question {
                    dial,
                    shown: None,
                    ways: vec![],
                })
            }
            Target::Number(_) => match self.passage(now, id, agent, to, from)? {
                Passage::Number {
                    by,
                    number,
                    shown,
                    ways,
                } => {
                    self.keep_number(by, &number);
                    let dial = self.outside(number, &ways);
                    Ok(Question { dial, shown, ways })
                }
                Passage::Agent(..) | Passage::Queue(..) => Err(Refused::OnlyPeople),
            },
        }
    }

    /// What becomes of it.
    pub(super) fn ask_consultation(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        what: Consultation,
    ) -> Result<Done, Refused> {
        let call = self.theirs(id, agent)?;
        let with = call.with();
        match (what, with) {
            (Consultation::Cancel, _) if call.is_consulting() => self.end_consult(now, id),
            (Consultation::Swap, Some(With::Asked)) => self.talks_with(now, id, With::Customer),
            (Consultation::Swap, Some(With::Customer | With::All)) => {
                self.talks_with(now, id, With::Asked);
            }
            (Consultation::Join, Some(_)) => self.talks_with(now, id, With::All),
            (Consultation::Complete, Some(_)) => self.complete_consult(now, id),
            (
                Consultation::Cancel
                | Consultation::Swap
                | Consultation::Join
                | Consultation::Complete,
                _,
            ) => return Err(Refused::NobodyAsked(id)),
        }
        Ok(Done::Plain)
    }

    /// Who is asked has answered.
    pub(super) fn consult_answers(&mut self, id: CallId) {
        self.dialling.remove(&id);
        if self.calls.get_mut(&id).is_some_and(Call::answers) {
            self.notice(id, Notice::Consulted);
            self.arrange(id);
        }
    }

    /// Who was asked is in it no more, or never came: agent and customer talk again, as before.
    pub(super) fn end_consult(&mut self, now: Instant, id: CallId) {
        self.dialling.remove(&id);
        let before = self.calls.get(&id).and_then(Call::with);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let colleague = call.colleague();
        let ticket = call.inquiry().map(|(ticket, _)| ticket);
        if let Some(leg) = call.end_consult() {
            self.leaves_page(now, leg, Some(unrung_name(Unrung::CallerGone)));
            self.hang_up(now, leg, None);
        }
        self.forget_inquiry(now, ticket);
        if let Some(colleague) = colleague {
            self.free_caller(now, colleague);
        }
        self.notice(id, Notice::ConsultEnded);
        self.write_down(id);
        self.customer_is_back(now, id, before);
    }

    fn talks_with(&mut self, now: Instant, id: CallId, with: With) {
        let before = self.calls.get(&id).and_then(Call::with);
        let call = self.calls.get_mut(&id);
        if !call.is_some_and(|call| call.talk_with(with)) {
            return;
        }
        self.news.insert(id);
        match with {
            With::Asked => {
                self.stop_recording(now, id);
                self.company(now, id);
                self.arrange(id);
            }
            With::Customer | With::All => self.customer_is_back(now, id, before),
        }
    }

    /// The customer is off hold, and recorded again if they were before.
    fn customer_is_back(&mut self, now: Instant, id: CallId, before: Option<With>) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.off_hold();
        }
        self.arrange(id);
        let agent = self.calls.get(&id).and_then(Call::agent);
        let settings = agent
            .and_then(|agent| self.account.agent(agent.id))
            .cloned();
        let recorded = matches!(before, Some(With::Customer | With::All));
        if let Some(settings) = settings.filter(|_| !recorded) {
            self.record(now, id, &settings);
        }
    }

    /// The agent leaves; customer and the one who was asked talk to each other.
    fn complete_consult(&mut self, now: Instant, id: CallId) {
        self.stop_recording(now, id);
        let clock = self.clock;
        let colleague = self.calls.get(&id).and_then(Call::colleague);
        let place = self.place_with(id, colleague);
        let call = self.calls.get_mut(&id);
        let Some((left, to)) = call.and_then(|call| call.complete(now, &clock, place)) else {
            return;
        };
        self.notice(id, Notice::PassedOn { by: left.id, to });
        self.leaves_page(now, left.leg, Some(PASSED_ON));
        self.hang_up(now, left.leg, None);
        self.leaves_to(now, id, left.id, colleague);
        self.write_down(id);
    }
}

//! Somebody outside who is asked before the customer is passed on to them, or talks to both (B2, B3).

use super::on_request::{Done, Refused};
use super::transfer::Passage;
use super::{Notice, Switch};
use crate::acd;
use crate::call::{Call, Dial, Target, With};
use crate::id::{AgentId, CallId, LegId};
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
        self.theirs(id, agent)?;
        let passage = self.passage(now, id, to, from)?;
        let Passage::Number {
            number,
            shown,
            ways,
        } = passage
        else {
            return Err(Refused::OnlyNumbers);
        };
        let by = self.calls.get(&id).and_then(Call::agent);
        if let Some(by) = by {
            self.keep_number(by.id, &number);
        }
        self.stop_recording(now, id);
        let patience = self.account.timeouts.customer;
        let plan = ways.iter().map(|(way, _)| *way);
        if let Some(call) = self.calls.get_mut(&id) {
            call.show_outside(shown);
            call.consult(Dial::new(number.clone(), plan, patience));
        }
        self.dialling.insert(id, ways);
        self.company(now, id);
        self.notice(id, Notice::Consults { number });
        self.arrange(id);
        self.dial_next(now, id);
        Ok(Done::Plain)
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
    pub(super) fn consult_answers(&mut self, now: Instant, id: CallId, leg: LegId) {
        self.dialling.remove(&id);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        let trunk = self.lines.get(&leg).and_then(|line| line.trunk);
        if let Some(trunk) = trunk {
            self.board.works(trunk);
        }
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
        if let Some(leg) = call.end_consult() {
            self.hang_up(now, leg, None);
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
        let call = self.calls.get_mut(&id);
        let Some((left, to)) = call.and_then(|call| call.complete(now, &clock)) else {
            return;
        };
        self.notice(id, Notice::PassedOn { by: left.id, to });
        self.hang_up(now, left.leg, None);
        if let Some(queue) = self.floor.caller(id).map(|caller| caller.queue) {
            let (call, arrival) = (id, self.arrival(id, queue));
            self.acd(now, acd::Input::PassOn { call, arrival });
            self.acd(now, acd::Input::Leave { call });
        }
        self.free_caller(now, left.id);
        self.keep_holds(now, id);
        self.arrange(id);
        self.write_down(id);
    }
}

//! Transfers that agents ask for with the keys of their phones: REFER (RFC 3515), blind or with Replaces
//! (RFC 3891, RFC 5589). They do the same as the desk's button, under the same rules.
//!
//! ```text
//!   Event::Referred ─┬─ to a number, an agent, a queue ─▶ passage ─▶ 202 ─▶ pass (transfer.rs)
//!                    └─ Replaces: to their other call ──────────────▶ 202 ─▶ join: those two talk
//!   what becomes of it ─▶ TellRefer ─▶ NOTIFY
//! ```
//!
//! Only of an agent who talks: a trunk, or a customer, calls nobody by us (B26).

use super::on_request::Refused;
use super::{Notice, Switch};
use crate::acd;
use crate::call::record::{self, End, Role};
use crate::call::{Call, Passed, Target};
use crate::id::{CallId, LegId};
use crate::route;
use crate::settings::Destination;
use crate::sip::{Command, Refer, SessionId};
use std::time::Instant;

/// What a REFER asks for, once it is known that it may be.
enum Referral {
    Pass(CallId, super::transfer::Passage),
    /// The customer of the first call talks to the other party of the second.
    Join(CallId, CallId),
}

impl Switch {
    /// A phone asks us to call somebody else.
    pub(super) fn referred(&mut self, now: Instant, session: SessionId, refer: &Refer) {
        let referral = self.referral(now, session, refer);
        let status = match &referral {
            Ok(_) => 202,
            Err(status) => *status,
        };
        self.sip
            .command(now, Command::AnswerRefer { session, status });
        match referral {
            Ok(Referral::Pass(call, passage)) => {
                self.referrers.insert(call, session);
                self.pass(now, call, passage);
            }
            Ok(Referral::Join(call, other)) => {
                self.referrers.insert(call, session);
                self.join(now, call, other);
            }
            Err(_) => {}
        }
    }

    /// What is asked for, or the status with which it is refused.
    fn referral(
        &mut self,
        now: Instant,
        session: SessionId,
        refer: &Refer,
    ) -> Result<Referral, u16> {
        let (leg, id) = self.find(session).ok_or(481_u16)?;
        let call = self.calls.get(&id).ok_or(481_u16)?;
        let agent = call.agent().filter(|agent| agent.leg == leg);
        let agent = agent.filter(|_| call.is_talking()).ok_or(603_u16)?;
        if let Some(replaces) = &refer.replaces {
            let other = self.sip.meant(replaces).and_then(|s| self.find(s));
            let (_, other) = other.ok_or(481_u16)?;
            let theirs = self.calls.get(&other).ok_or(481_u16)?;
            if other == id || !theirs.is_with(agent.id) {
                return Err(481);
            }
            if theirs.is_talking() {
                return Ok(Referral::Join(id, other));
            }
            // It has not been answered: then it is as if they had not asked there before.
            let number = theirs.record().called.clone();
            let to = Target::Number(number);
            let passage = self.passage(now, id, &to, None).map_err(status_of)?;
            self.end_call(now, other, End::AgentHungUp);
            return Ok(Referral::Pass(id, passage));
        }
        let to = self.target(&refer.user);
        let passage = self.passage(now, id, &to, None).map_err(status_of)?;
        Ok(Referral::Pass(id, passage))
    }

    /// Whom a number means that an agent sends a caller to: another agent by their user, a queue by the
    /// number that leads there, or a number outside.
    fn target(&self, written: &str) -> Target {
        if let Some(agent) = self.account.agent_of(written) {
            return Target::Agent(agent.id);
        }
        let number = route::dialled(&self.account, written);
        let named = route::named_destination(&self.account, written);
        // The route for any number is for those that are none outside.
        let any =
            || route::destination(&self.account, written).filter(|_| !route::is_e164(&number));
        match named.or_else(any) {
            Some(Destination::Queue(queue)) => Target::Queue(queue),
            Some(Destination::Echo | Destination::Music) | None => Target::Number(number),
        }
    }

    /// Who has asked for the transfer of a call is told how it goes; of 200 or more that is the last
    /// word.
    pub(super) fn tell_referrer(&mut self, now: Instant, id: CallId, status: u16) {
        let session = match status {
            ..200 => self.referrers.get(&id).copied(),
            _ => self.referrers.remove(&id),
        };
        if let Some(session) = session {
            self.sip
                .command(now, Command::TellRefer { session, status });
        }
    }

    /// The customer of a call talks to the party whom the agent has asked in another one; the agent
    /// leaves both (RFC 5589 §7).
    fn join(&mut self, now: Instant, id: CallId, other: CallId) {
        let parts = self.calls.get(&other).and_then(|call| {
            let agent = call.agent()?.leg;
            let asked = call.arrangement().into_iter().map(|(leg, _)| leg);
            Some((agent, asked.into_iter().find(|leg| *leg != agent)?))
        });
        let customer = self.calls.get(&id).and_then(Call::customer);
        let worker = |leg: LegId| self.lines.get(&leg).map(|line| line.port.worker);
        let Some((asked, customer)) = parts.map(|(_, asked)| asked).zip(customer) else {
            return self.tell_referrer(now, id, 603);
        };
        // Legs hear each other on one worker alone: an agent's second call is put on that of the first.
        if worker(asked) != worker(customer) {
            return self.tell_referrer(now, id, 503);
        }
        let to = self
            .calls
            .get(&other)
            .map(|call| call.record().called.clone());
        let to = record::Destination::Number(to.unwrap_or_default());
        for id in [id, other] {
            self.stop_recording(now, id);
        }
        let clock = self.clock;
        let left = self.calls.get_mut(&id);
        let left = left.and_then(|call| call.pass_on(now, &clock, to.clone(), None));
        let Some(left) = left else {
            return self.tell_referrer(now, id, 603);
        };
        self.notice(id, Notice::PassedOn { by: left.id, to });
        if let Some(call) = self.calls.get_mut(&other) {
            call.give_away(asked);
        }
        if let Some(line) = self.lines.get_mut(&asked) {
            line.leg.call = id;
            line.leg.role = Role::Outside;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.take_over(now, asked);
            call.passed(Passed::Taken);
        }
        let queue = self.floor.caller(id).map(|caller| caller.queue);
        if let Some(queue) = queue {
            let (call, arrival) = (id, self.arrival(id, queue));
            self.acd(now, acd::Input::PassOn { call, arrival });
            self.acd(now, acd::Input::Leave { call });
        }
        self.keep_holds(now, id);
        self.arrange(id);
        self.write_down(id);
        self.tell_referrer(now, id, 200);
        self.end_call(now, other, End::Joined);
        self.hang_up(now, left.leg, None);
        self.free_caller(now, left.id);
    }
}

/// What a phone is told that may not pass a call on like that.
fn status_of(refused: Refused) -> u16 {
    match refused {
        Refused::NotInProgress(_) | Refused::NotTalking(_) => 481,
        Refused::AgentBusy(_) => 486,
        Refused::UnknownAgent(_) | Refused::UnknownQueue(_) | Refused::NoNumber => 404,
        Refused::NoTrunk | Refused::TooOften(_) => 503,
        Refused::Barred(_) | Refused::Unlisted | Refused::WhatsApp(_) => 403,
        Refused::UnknownReason(_)
        | Refused::UnknownTrunk(_)
        | Refused::NotSticky(_)
        | Refused::NotForPeople
        | Refused::NotInWrapUp(_)
        | Refused::NoExtension
        | Refused::NotTheirs(_)
        | Refused::HeldByPhone(_)
        | Refused::NotTransferable(_)
        | Refused::SentTooOften(_)
        | Refused::OnlyNumbers
        | Refused::NobodyAsked(_)
        | Refused::Consulting(_)
        | Refused::FromIsFixed(_)
        | Refused::FromIsNotOurs
        | Refused::NotPicked(_)
        | Refused::NotCancelled(_) => 603,
    }
}

//! Transfers that agents ask for with the keys of their phones: REFER (RFC 3515), blind or with Replaces
//! (RFC 3891, RFC 5589). They do the same as the desk's buttons, under the same rules.
//!
//! ```text
//!   Event::Referred ─┬─ to a number, an agent, a queue ─▶ passage ─▶ 202 ─▶ pass (transfer.rs)
//!                    └─ Replaces: another call of theirs ─▶ attended ─▶ 202 ─▶ join (join.rs)
//!   what becomes of it ─▶ TellRefer ─▶ NOTIFY
//! ```
//!
//! Only of an agent who talks: a trunk, or a customer, calls nobody by us (B26).

use super::Switch;
use super::on_request::Refused;
use super::transfer::Passage;
use crate::call::Target;
use crate::call::record::End;
use crate::id::CallId;
use crate::route;
use crate::settings::Destination;
use crate::sip::{Command, Refer, SessionId};
use std::time::Instant;

/// What a REFER asks for, once it is known that it may be.
pub(super) enum Referral {
    /// The customer is passed on; a call that the agent has besides is over.
    Pass(CallId, Passage, Option<CallId>),
    /// The customer of the first call has the party of the second.
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
            Ok(Referral::Pass(call, passage, besides)) => {
                if let Some(besides) = besides {
                    self.end_call(now, besides, End::AgentHungUp);
                }
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
        // In a call to a queue they are in the customer's place.
        let caller = call
            .caller_agent()
            .filter(|_| call.caller == leg && call.asks_queue());
        if let (Some(replaces), Some(agent)) = (&refer.replaces, caller) {
            return self.attended(now, id, agent, replaces);
        }
        let agent = agent.filter(|_| call.is_talking()).ok_or(603_u16)?.id;
        if let Some(replaces) = &refer.replaces {
            return self.attended(now, id, agent, replaces);
        }
        let to = self.target(&refer.user).ok_or(404_u16)?;
        let passage = self.passage(now, id, Some(agent), &to, None);
        Ok(Referral::Pass(id, passage.map_err(status_of)?, None))
    }

    /// Whom a number means that an agent sends a caller to: another agent by their user, a queue by the
    /// number that leads there, or a number outside. Nobody is sent to an echo.
    fn target(&self, written: &str) -> Option<Target> {
        if let Some(agent) = self.account.agent_of(written) {
            return Some(Target::Agent(agent.id));
        }
        let number = route::dialled(&self.account, written);
        let named = route::named_destination(&self.account, written);
        // The route for any number is for those that are none outside.
        let any =
            || route::destination(&self.account, written).filter(|_| !route::is_e164(&number));
        match named.or_else(any) {
            Some(Destination::Queue(queue)) => Some(Target::Queue(queue)),
            Some(Destination::Echo | Destination::Music) => None,
            None => Some(Target::Number(number)),
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
}

/// What a phone is told that may not pass a call on like that.
pub(super) fn status_of(refused: Refused) -> u16 {
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
        | Refused::NotRecorded(_)
        | Refused::HeldByPhone(_)
        | Refused::NotTransferable(_)
        | Refused::SentTooOften(_)
        | Refused::OnlyPeople
        | Refused::QueueClosed(_)
        | Refused::NoCustomer(_)
        | Refused::NobodyAsked(_)
        | Refused::Consulting(_)
        | Refused::OwnCall(_)
        | Refused::TooManySupervisors(_)
        | Refused::AnotherSpeaks(_)
        | Refused::Supervises(_)
        | Refused::NotSupervising(_)
        | Refused::SupervisorBusy(_)
        | Refused::HasCall(_)
        | Refused::Draining
        | Refused::NoDevice
        | Refused::NoAgent
        | Refused::NoPlace
        | Refused::FromIsFixed(_)
        | Refused::FromIsNotOurs
        | Refused::NotPicked(_)
        | Refused::NotCancelled(_) => 603,
    }
}

//! Transfers that agents ask for with the keys of their phones: REFER (RFC 3515). They do the
//! same as the desk's button, under the same rules.
//!
//! ```text
//!   Event::Referred ─▶ to a number, an agent, a queue ─▶ passage ─▶ 202 ─▶ pass (transfer.rs)
//!   what becomes of it ─▶ TellRefer ─▶ NOTIFY
//! ```
//!
//! Deliberately absent: Replaces in a REFER (RFC 3891, RFC 5589 §7). Who asks before is helped by the API.
//!
//! Only of an agent who talks: a trunk, or a customer, calls nobody by us (B26).

use super::Switch;
use super::on_request::Refused;
use super::transfer::Passage;
use crate::call::Target;
use crate::id::CallId;
use crate::route;
use crate::settings::Destination;
use crate::sip::{Command, Refer, SessionId};
use std::time::Instant;

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
        if let Ok((call, passage)) = referral {
            self.referrers.insert(call, session);
            self.pass(now, call, passage);
        }
    }

    /// What is asked for, or the status with which it is refused.
    fn referral(
        &mut self,
        now: Instant,
        session: SessionId,
        refer: &Refer,
    ) -> Result<(CallId, Passage), u16> {
        let (leg, id) = self.find(session).ok_or(481_u16)?;
        let call = self.calls.get(&id).ok_or(481_u16)?;
        let by_agent = call.agent().is_some_and(|agent| agent.leg == leg);
        if !by_agent || !call.is_talking() {
            return Err(603);
        }
        // Attended transfers are the desk's: `consult` of the API.
        if refer.replaces.is_some() {
            return Err(603);
        }
        let to = self.target(&refer.user).ok_or(404_u16)?;
        let passage = self.passage(now, id, &to, None).map_err(status_of)?;
        Ok((id, passage))
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
        | Refused::NotRecorded(_)
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

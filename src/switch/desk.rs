//! What agents want of the call that they are in, whether they say so at their desk, by the API or with
//! the keys of their phone: hold, resume, hang up.

use super::on_request::{Done, Refused};
use super::{Notice, Switch};
use crate::call::record::{End, Role};
use crate::call::{Call, Hears, Hold};
use crate::id::{AgentId, CallId, LegId};
use std::time::Instant;

impl Switch {
    /// The agent puts the customer on hold, or takes them back. Asking for what is already so is fine.
    pub(super) fn ask_hold(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
        on: bool,
    ) -> Result<Done, Refused> {
        let call = self.theirs(id, agent)?;
        let colleague = call.is_internal() && agent.is_some() && agent == call.colleague();
        let leg = match colleague {
            true => call.customer(),
            false => call.agent().map(|agent| agent.leg),
        };
        let leg = leg.filter(|_| call.is_talking());
        let leg = leg.ok_or(Refused::NotTalking(id))?;
        let side = call.side(leg).unwrap_or(Role::Agent);
        // A phone that wants to hear nothing cannot be made to listen from here.
        if !on && self.is_held(leg) {
            return Err(Refused::HeldByPhone(id));
        }
        self.put_on_hold(now, id, side, on);
        Ok(Done::Plain)
    }

    /// The agent of the call hangs up.
    pub(super) fn ask_hang_up(
        &mut self,
        now: Instant,
        id: CallId,
        agent: Option<AgentId>,
    ) -> Result<Done, Refused> {
        let call = self.theirs(id, agent)?;
        if call.agent().is_none() && call.origin.agent().is_none() {
            return Err(Refused::NotTalking(id));
        }
        self.end_call(now, id, End::AgentHungUp);
        Ok(Done::Plain)
    }

    /// A description has come from a leg. Only if it says another thing about hold than the last one
    /// did, somebody has pressed a key: a refresh changes nothing.
    pub(super) fn held(&mut self, now: Instant, id: CallId, leg: LegId, before: bool) {
        // The wish of who is only asked is between them and nobody.
        let side = self.calls.get(&id).and_then(|call| call.side(leg));
        let held = self.is_held(leg);
        if let Some(side) = side.filter(|_| held != before) {
            self.put_on_hold(now, id, side, held);
        }
    }

    /// Whether the peer of a leg has put us on hold.
    pub(super) fn is_held(&self, leg: LegId) -> bool {
        self.lines.get(&leg).is_some_and(|line| line.held)
    }

    /// A party holds the other, or takes them back.
    pub(super) fn put_on_hold(&mut self, now: Instant, id: CallId, role: Role, held: bool) {
        let hold = if held { Hold::Held } else { Hold::None };
        let call = self.calls.get_mut(&id);
        if call.is_some_and(|call| call.hold(role, hold)) {
            let by_agent = role != Role::Customer;
            if by_agent && held {
                self.company(now, id);
            }
            self.notice(id, Notice::Held { by_agent, held });
            self.arrange(id);
        }
    }

    /// The customer is on hold: they hear what is set for their queue (R117, R120); where we have
    /// nothing of it, the music that they waited with.
    pub(super) fn company(&mut self, now: Instant, id: CallId) {
        let queue = self.calls.get(&id).and_then(Call::queue);
        let key = self.account.hold_of(queue);
        if self.sounds.moment(key).is_some() {
            let interlude = self.interlude(now, key, Hears::Silence);
            self.entertain(id, interlude);
        }
    }

    /// What a party does who has put us on hold before they could hold anybody.
    pub(super) fn keep_holds(&mut self, now: Instant, id: CallId) {
        let legs = self.calls.get(&id).map(Call::arrangement);
        for (leg, _) in legs.into_iter().flatten() {
            self.held(now, id, leg, false);
        }
    }

    /// A call that goes on, if who asks is in it.
    pub(super) fn theirs(&self, id: CallId, agent: Option<AgentId>) -> Result<&Call, Refused> {
        let call = self.calls.get(&id).filter(|call| !call.is_over());
        let call = call.ok_or(Refused::NotInProgress(id))?;
        match agent {
            Some(agent) if !call.is_with(agent) => Err(Refused::NotTheirs(id)),
            Some(_) | None => Ok(call),
        }
    }
}

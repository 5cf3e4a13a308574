//! A call that an agent goes on with at another phone of theirs: INVITE with Replaces (RFC 3891).
//!
//! ```text
//!   INVITE, Replaces ─▶ theirs? ─▶ 200 ─▶ the old leg is hung up ─┬─ talking: they go on, a new segment begins
//!                                                               └─ ringing: it is answered
//! ```
//!
//! Only of an agent who has proved to be the one in the dialog: whose it is not learns as little as if there
//! were none (§3).
//!
//! Deliberately absent: dialogs of trunks are replaced by nobody (603).

use super::admit::Refusal;
use super::shown::PASSED_ON;
use super::{Notice, Switch};
use crate::acd;
use crate::call::Origin;
use crate::call::record::Role;
use crate::id::{AgentId, CallId, LegId};
use crate::sip::{Command, Invite, SessionId};
use std::time::Instant;

/// Q.850: normal call clearing. The phone that is left is told why.
const REPLACED: (u16, &str) = (16, "the call goes on at another phone");
/// And one that rings still, so that it counts no missed call (RFC 3326 §3).
const ELSEWHERE: (u16, &str) = (200, "Call completed elsewhere");

impl Switch {
    /// An agent's phone takes the place of another one of theirs.
    pub(super) fn replace(
        &mut self,
        now: Instant,
        invite: &Invite,
        origin: Origin,
        replaced: SessionId,
    ) -> Result<(), Refusal> {
        let Origin::Agent(agent) = origin else {
            return Err(Refusal::new(603, "calls of trunks are not replaced"));
        };
        let unknown = || Refusal::new(481, "there is no such dialog of this agent");
        let (old, id) = self.find(replaced).ok_or_else(unknown)?;
        if self.agent_on(old) != Some(agent) {
            return Err(unknown());
        }
        let line = self.lines.get(&old).ok_or_else(unknown)?;
        let (worker, role, rings) = (line.port.worker, line.leg.role, line.leg.answered.is_none());
        let port = self.ports.take_of(worker);
        let port = port.ok_or_else(|| Refusal::for_now("all media ports are in use"))?;
        let habits = self.account.agent(agent).map(|agent| agent.habits.clone());
        let habits = habits.unwrap_or_default();
        let session = invite.session;
        self.takes_under(now, session, &habits);
        let new = self.open_leg(now, id, role, port, habits);
        self.is_near(new, invite.flow.remote.ip());
        let sdp = match self.describe(new, invite) {
            Ok(sdp) => sdp,
            Err(refusal) => {
                self.close_leg(new);
                return Err(refusal);
            }
        };
        let known = self.calls.get_mut(&id);
        if !known.is_some_and(|call| call.replace(old, new)) {
            self.close_leg(new);
            return Err(unknown());
        }
        self.join_session(new, invite);
        self.sip.command(now, Command::Answer { session, sdp });
        self.goes_on(now, id, old, new, rings.then_some(agent));
        Ok(())
    }

    /// The party is at the new leg. `answers`: by that, this agent takes the call that rang.
    fn goes_on(
        &mut self,
        now: Instant,
        id: CallId,
        old: LegId,
        new: LegId,
        answers: Option<AgentId>,
    ) {
        let by_agent = self
            .lines
            .get(&old)
            .is_some_and(|line| line.leg.role == Role::Agent);
        self.leaves_page(now, old, Some(PASSED_ON));
        let (cause, text) = match answers {
            Some(_) => ELSEWHERE,
            None => REPLACED,
        };
        self.hang_up(now, old, Some((cause, text.to_owned())));
        if let Some(line) = self.lines.get_mut(&new) {
            line.leg.answered = Some(now);
        }
        self.notice(id, Notice::Replaced { by_agent });
        match answers {
            Some(_) if self.is_dialled(id, new) => return self.answers(now, id, new),
            Some(_) if self.own_answers(now, id, new) => return,
            Some(agent) => {
                let (_, call) = self.offered_at(id, new).unwrap_or((agent, id));
                return self.acd(now, acd::Input::Accept { agent, call });
            }
            None => {}
        }
        // The phone that was left may have held the other side.
        if let Some(side) = self.calls.get(&id).and_then(|call| call.side(new)) {
            self.put_on_hold(now, id, side, self.is_held(new));
        }
        self.arrange(id);
        self.record_anew(now, id);
    }

    /// The agent at the other end of a leg.
    pub(super) fn agent_on(&self, leg: LegId) -> Option<AgentId> {
        let call = self.calls.get(&self.call_of(leg)?)?;
        if call.colleagues_leg() == Some(leg) {
            return call.colleague();
        }
        let agent = call.agent().filter(|agent| agent.leg == leg);
        let caller = call.caller_agent().filter(|_| call.caller == leg);
        agent.map(|agent| agent.id).or(caller)
    }
}

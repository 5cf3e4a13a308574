//! Attended transfers that agents make with the keys of their phones: the customer of one of their calls
//! talks to the party whom they have asked in another one (RFC 5589 §7).
//!
//! ```text
//!   REFER in one call, Replaces the other ─▶ both theirs? ─┬─ they talk ──▶ the party moves to the customer's call
//!                                                         ├─ it rings ───▶ the dialling moves, the customer waits
//!                                                         └─ a queue, where they wait ─▶ the customer is sent there
//! ```
//!
//! Whoever has answered in a queue is a party like any other: they have the customer, and no after-call work of
//! what they were asked.
//!
//! Which of the two is referred to the other is the phone's own affair: the call with a customer stays.

use super::on_refer::{Referral, status_of};
use super::on_request::Refused;
use super::shown::PASSED_ON;
use super::{Notice, Output, Switch};
use crate::call::record::{Direction, End, Role};
use crate::call::{Call, Hears, Party, Passed, Taker, Target, Whom};
use crate::id::{AgentId, CallId, LegId};
use crate::settings::{Destination, MomentKey};
use crate::sip::Replaces;
use std::time::Instant;

impl Switch {
    /// What a REFER asks for that names another dialog of the agent, or the status with which it is refused.
    pub(super) fn attended(
        &mut self,
        now: Instant,
        id: CallId,
        agent: AgentId,
        replaces: &Replaces,
    ) -> Result<Referral, u16> {
        // Who names what is not theirs learns as little as if there were none.
        let (session, confirmed) = self.sip.meant(replaces).ok_or(481_u16)?;
        let (leg, other) = self.find(session).ok_or(481_u16)?;
        if other == id || self.agent_on(leg) != Some(agent) {
            return Err(481);
        }
        if confirmed && replaces.early_only {
            return Err(486);
        }
        let (id, other) = match self.has_customer(id, other) {
            true => (id, other),
            false => (other, id),
        };
        let refuse = |refused: Refused| status_of(refused);
        self.may_pass_on(id, Some(agent)).map_err(refuse)?;
        let asked = self.calls.get(&other).ok_or(481_u16)?;
        if let (Some(Destination::Queue(queue)), true) = (asked.destination, asked.is_waiting()) {
            let to = Target::Queue(queue);
            let passage = self.passage(now, id, Some(agent), &to, None);
            return Ok(Referral::Pass(id, passage.map_err(refuse)?, Some(other)));
        }
        match asked.party().ok_or(603_u16)? {
            Whom::Number(number) => {
                self.may_reach(agent, &number).map_err(refuse)?;
            }
            Whom::Colleague(to) => {
                self.home_with(id, agent, to.id).ok_or(603_u16)?;
            }
        }
        let worker = |call: Option<&Call>| {
            let leg = call?.caller;
            self.lines.get(&leg).map(|line| line.port.worker)
        };
        // Legs hear each other on one worker alone: an agent's second call is put on that of the first.
        match worker(self.calls.get(&id)) == worker(self.calls.get(&other)) {
            true => Ok(Referral::Join(id, other)),
            false => Err(503),
        }
    }

    /// Whether of two calls of an agent it is the first in which the customer is.
    fn has_customer(&self, id: CallId, other: CallId) -> bool {
        let rank = |id| {
            let call = self.calls.get(&id);
            call.map(|call| match call.record().direction {
                _ if call.is_internal() || call.asks_queue() || !call.is_talking() => 0,
                Direction::Outbound => 1,
                Direction::Inbound => 2,
            })
        };
        rank(id) >= rank(other)
    }

    /// The customer of a call has the party of another one; the agent leaves both.
    pub(super) fn join(&mut self, now: Instant, id: CallId, other: CallId) {
        self.stop_recording(now, id);
        self.stop_recording(now, other);
        let asked = self.calls.get(&other).and_then(Call::party);
        let agent = self.calls.get(&id).and_then(Call::agent);
        let (Some(whom), Some(agent)) = (asked, agent) else {
            return self.tell_referrer(now, id, 603);
        };
        let place = self.place_with(id, whom.colleague());
        let home = match whom.colleague() {
            Some(colleague) => self.home_with(id, agent.id, colleague),
            None => self.home(id, agent.id),
        };
        let music = home.map_or(Hears::Silence, |queue| self.hold_music(id, queue));
        let call = self.calls.get_mut(&other);
        let party = call.and_then(|call| call.give_away(now));
        let Some(party) = party else {
            return self.tell_referrer(now, id, 603);
        };
        let to = whom.destination();
        let colleague = whom.colleague();
        let talking = matches!(party, Party::Talking { .. });
        let interlude = match party {
            Party::Talking { .. } => None,
            Party::Dialling { .. } => {
                let play = self.next();
                let interlude = self.interlude(now, MomentKey::Transfer, music);
                Some(interlude.with_message_first(play))
            }
        };
        let shown = self.shown_number(id, None).unwrap_or_default();
        let clock = self.clock;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.pass_on(now, &clock, to.clone(), interlude).is_none() {
            return;
        }
        call.show_outside(shown);
        let leg = match party {
            Party::Talking { leg, whom } => {
                call.take_over(now, Taker { leg, whom, place });
                call.passed(Passed::Taken);
                Some(leg)
            }
            Party::Dialling { dial, leg, hears } => {
                // R135: what the network says is for the customer where that is wanted.
                let speaks = matches!(hears, Hears::Party(_)) && self.account.transfer.early_media;
                call.go_on_dialling(dial, leg, if speaks { hears } else { Hears::Silence });
                let ways = self.dialling.remove(&other);
                self.dialling.insert(id, ways.unwrap_or_default());
                self.entertained.insert(id);
                leg
            }
        };
        if let Some(leg) = leg {
            self.moves(now, leg, (other, id), colleague);
        }
        self.notice(id, Notice::PassedOn { by: agent.id, to });
        if let Whom::Number(number) = &whom {
            self.keep_number(agent.id, number);
        }
        if let Some(colleague) = colleague {
            self.is_asked(now, other, colleague);
        }
        match talking {
            true => {
                self.leaves_to(now, id, agent.id, colleague);
                self.tell_referrer(now, id, 200);
            }
            false => self.has_left(now, id, agent.id, home),
        }
        self.arrange(id);
        self.write_down(id);
        self.end_call(now, other, End::Joined);
        self.leaves_page(now, agent.leg, Some(PASSED_ON));
        self.hang_up(now, agent.leg, None);
        self.free_caller(now, agent.id);
    }

    /// A leg belongs to another call from now on.
    fn moves(
        &mut self,
        now: Instant,
        leg: LegId,
        (from, to): (CallId, CallId),
        colleague: Option<AgentId>,
    ) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        line.leg.call = to;
        line.leg.role = match colleague {
            Some(_) => Role::Agent,
            None => Role::Outside,
        };
        if let Some(browser) = &mut line.browser {
            browser.moved_from = Some(from);
        }
        let (role, sip_call_id) = (line.leg.role, line.leg.sip_call_id.clone());
        if line.session().is_some() {
            self.out(Output::Signalled {
                call: to,
                role,
                sip_call_id,
            });
        }
        self.news.insert(to);
        // Whose browser is lost just now may come back there.
        let lost = self
            .calls
            .get_mut(&from)
            .is_some_and(|call| call.find_again(leg));
        if lost && self.calls.get_mut(&to).is_some_and(|call| call.lose(leg)) {
            self.miss(now, to);
        }
    }
}

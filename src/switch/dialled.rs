//! What becomes of a number outside, or a colleague, that is being dialled: it rings, its network speaks,
//! it is reached, or the next way is tried (the figure is in [`super::dial`]).

use super::cause::{cause_of, status_for_agent};
use super::dial::A_WHILE;
use super::leg::Line;
use super::shown::unrung_name;
use super::{Notice, Output, Switch, Unrung};
use crate::acd::{self, callback};
use crate::call::record::{AgentName, Direction, End};
use crate::call::{Call, Hears, Reached, Refused, Step};
use crate::id::{CallId, LegId};
use crate::sip::{Command, Rejection};
use std::time::{Duration, Instant};

impl Switch {
    /// A provisional response: the number rings, or its network speaks.
    pub(super) fn dial_rings(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        status: u16,
        sdp: Option<Vec<u8>>,
    ) {
        let Some(dial) = self.calls.get_mut(&id).and_then(Call::dialling) else {
            return;
        };
        let first = dial.rings(now) && dial.whom().colleague().is_none();
        if first {
            self.notice(id, Notice::RingsOutside);
        }
        let passes = self
            .lines
            .get(&leg)
            // Of an agent's phone it is for nobody.
            .is_some_and(|line| line.habits.early_media && line.trunk.is_some());
        // R135: of a call that was passed on the account has a say.
        let call = self.calls.get(&id);
        let passed_on = call.is_some_and(Call::is_on_the_way);
        let passes = passes && (!passed_on || self.account.transfer.early_media);
        if let Some(sdp) = sdp.filter(|_| passes)
            && self.accept(leg, &sdp)
        {
            if let Some(line) = self.lines.get_mut(&leg) {
                line.early = true;
            }
            self.prefer_codec_of(id, leg);
            self.let_listen(now, id);
            return self.offer_same_codec(now, id, leg);
        }
        let speaks = self.lines.get(&leg).is_some_and(|line| line.early);
        if status == 180 && !speaks {
            self.ring_back(now, id);
        }
    }

    /// The first packet has come from a leg. If the number has not answered yet, its network speaks:
    /// the caller hears that from now on (R134).
    pub(super) fn dial_speaks(&mut self, id: CallId, leg: LegId) {
        let early = self.lines.get(&leg).is_some_and(|line| line.early);
        if !early || !self.is_dialled(id, leg) {
            return;
        }
        let call = self.calls.get_mut(&id);
        if call.is_some_and(|call| call.hear_meanwhile(Hears::Party(leg))) {
            self.notice(id, Notice::HearsNetwork);
            self.arrange(id);
        }
    }

    /// The number has answered: the two talk. An agent's call out is recorded (D12), a caller who was
    /// sent out is not any more (R97).
    pub(super) fn reached(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        answer: Option<Vec<u8>>,
    ) {
        if !self.is_answered_with(leg, answer) {
            return self.dial_failed(now, id, leg, 488, None);
        }
        self.answers(now, id, leg);
    }

    /// The same, of one whose answer was agreed on.
    pub(super) fn answers(&mut self, now: Instant, id: CallId, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        line.leg.answered = Some(now);
        let trunk = line.trunk;
        if let Some(trunk) = trunk {
            self.board.works(trunk);
        }
        if self.calls.get(&id).is_some_and(Call::is_consulting) {
            return self.consult_answers(id);
        }
        let name = |trunk| self.account.trunk(trunk).map_or("?", |trunk| &trunk.name);
        let name = trunk.map(|trunk| name(trunk).to_owned());
        let place = self.place(id);
        let music = self.sounds.any_music().map_or(Hears::Silence, Hears::Music);
        let call = self.calls.get(&id);
        let (caller, agent) =
            match call.map(|call| (call.caller, call.record().direction, call.caller_agent())) {
                Some((caller, Direction::Outbound, Some(agent))) => {
                    (Some(caller), self.account.agent(agent).cloned())
                }
                Some(_) | None => (None, None),
            };
        let agent_name = agent.as_ref().map(|agent| AgentName {
            id: agent.id,
            name: agent.name.clone(),
        });
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let colleague = call.colleague();
        let reached = Reached {
            trunk: name,
            agent: agent_name,
            place,
            music,
        };
        if !call.reach(now, &self.clock, reached) {
            return;
        }
        self.dialling.remove(&id);
        let (waited_ms, passed_on) = (call.record().waited_ms, call.is_passed_on());
        if passed_on && colleague.is_none() {
            // Their agent's work is done, and nobody waits any more.
            self.acd(now, acd::Input::Leave { call: id });
        }
        if let Some(caller) = caller {
            self.prefer_codec_of(id, leg);
            self.answer_prepared(now, caller);
        }
        if let Some(call) = self.calls.get(&id) {
            self.out(Output::Conversation(Box::new(call.record().clone())));
        }
        self.keep_holds(now, id);
        self.tell_referrer(now, id, 200);
        self.arrange(id);
        match (trunk, colleague) {
            (Some(trunk), _) => self.notice(id, Notice::Reached { trunk, waited_ms }),
            (None, Some(agent)) => self.notice(id, Notice::ColleagueAnswers { agent, waited_ms }),
            (None, None) => {}
        }
        if let Some(agent) = colleague.filter(|_| passed_on) {
            return self.has_taken(now, id, agent);
        }
        if let Some(callback) = self.calls.get(&id).and_then(Call::callback) {
            self.called_back(now, callback);
        }
        if let Some(agent) = agent {
            self.record(now, id, &agent);
        }
    }

    /// An attempt has failed: its session is over.
    pub(super) fn dial_failed(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        status: u16,
        retry_after: Option<Duration>,
    ) {
        let trunk = self.lines.get(&leg).and_then(|line| line.trunk);
        // One whose answer is of no use has a session still.
        let why = "no common codec in the answer".to_owned();
        self.hang_up(now, leg, Some((cause_of(status), why)));
        let said = self
            .lines
            .get(&leg)
            .and_then(|line| line.leg.cause.as_ref());
        let said = said.filter(|cause| cause.protocol.eq_ignore_ascii_case("Q.850"));
        let refused = Refused {
            status,
            retry_after,
            cause: said.and_then(|cause| cause.cause),
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.attempt(None);
        let Some(dial) = call.dialling() else { return };
        let step = dial.refused(refused);
        if let Some(trunk) = trunk {
            match status {
                500..600 => self.board.failed(now, trunk, true, retry_after),
                408 => self.board.failed(now, trunk, false, None),
                _ => self.board.works(trunk),
            }
            self.notice(id, Notice::Failed { trunk, status });
        }
        self.step(now, id, step);
    }

    /// The deadlines of all numbers that are being dialled.
    pub(super) fn dial_timeout(&mut self, now: Instant) {
        for id in self.dialling.keys().copied().collect::<Vec<_>>() {
            let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_dialling()) else {
                self.dialling.remove(&id);
                continue;
            };
            let leg = call.dialled();
            let line = leg.and_then(|leg| self.lines.get(&leg));
            let session = line.and_then(Line::session);
            let heard = session.is_some_and(|session| self.sip.is_reached(session));
            let trunk = line.and_then(|line| line.trunk);
            let Some(dial) = call.dialling() else {
                continue;
            };
            let step = dial.due(now, heard);
            if step == Step::Wait {
                continue;
            }
            if let Some(leg) = leg.filter(|_| trunk.is_none()) {
                self.leaves_page(now, leg, Some(unrung_name(Unrung::NoAnswer)));
            }
            self.drop_attempt(now, id);
            if let Some(trunk) = trunk {
                let status = if heard { 480 } else { 408 };
                if !heard {
                    self.board.failed(now, trunk, false, None);
                }
                self.notice(id, Notice::Failed { trunk, status });
            }
            self.step(now, id, step);
        }
    }

    fn step(&mut self, now: Instant, id: CallId, step: Step) {
        match step {
            Step::Wait => {}
            Step::Next => {
                // What the network of the failed one has said is over.
                let call = self.calls.get_mut(&id);
                let speaks = call.and_then(|call| match call.meanwhile()? {
                    Hears::Party(_) | Hears::Parties(_) => {
                        Some(call.hear_meanwhile(Hears::Silence))
                    }
                    Hears::Silence | Hears::Music(_) | Hears::Message { .. } => None,
                });
                if speaks.is_some() {
                    self.arrange(id);
                }
                self.dial_next(now, id);
            }
            Step::Over(refused) => self.not_reached(now, id, refused),
        }
    }

    /// No way has led to the number. The phone that dialled it is refused, a caller who was sent out is
    /// hung up.
    pub(super) fn not_reached(&mut self, now: Instant, id: CallId, refused: Refused) {
        self.dialling.remove(&id);
        let status = refused.status;
        self.notice(id, Notice::NotReached { status, why: None });
        if self.calls.get(&id).is_some_and(Call::is_consulting) {
            return self.end_consult(now, id);
        }
        if let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_on_the_way()) {
            call.give_up_dialling();
            return self.not_taken(now, id, status);
        }
        let outbound = self
            .calls
            .get(&id)
            .filter(|call| call.record().direction == Direction::Outbound);
        let phone = outbound.and_then(|call| self.lines.get(&call.caller));
        // Whoever was answered is hung up on, as who is called back by is.
        let phone = phone.filter(|line| line.prepared.is_some());
        let phone = phone.and_then(Line::session);
        if let Some(session) = phone {
            let told = status_for_agent(status);
            let retry_after = refused
                .retry_after
                .or_else(|| (told == 503).then_some(A_WHILE));
            let rejection = Rejection {
                warning: None,
                status: told,
                cause: Some(refused.cause.unwrap_or_else(|| cause_of(status))),
                retry_after: retry_after.filter(|_| told == 503),
                text: Some("the number was not reached".to_owned()),
            };
            self.forget_session(session);
            self.sip
                .command(now, Command::Reject { session, rejection });
        }
        // A trunk's fault is no attempt of a callback's (R74): its customer's phone was never rung.
        let call = self.calls.get_mut(&id);
        let fault = call.and_then(|call| {
            let callback = call.callback()?;
            call.dialling()?.is_fault().then_some(callback)
        });
        if let Some(id) = fault {
            self.callback(now, callback::Input::NotMade { id });
        }
        self.end_call(now, id, End::NotReached);
    }

    /// The caller's phone is told that sound is on its way, and opens its ears.
    fn let_listen(&mut self, now: Instant, id: CallId) {
        let caller = self.calls.get(&id).map(|call| call.caller);
        let Some(line) = caller.and_then(|caller| self.lines.get_mut(&caller)) else {
            return;
        };
        // Who was answered listens already.
        let Some(session) = line.session().filter(|_| line.prepared.is_some()) else {
            return;
        };
        let (listens, told) = (line.listens, std::mem::replace(&mut line.told, true));
        if listens && !told {
            let sdp = line.prepared.clone();
            let status = 183;
            self.sip.command(
                now,
                Command::Ring {
                    session,
                    status,
                    sdp,
                },
            );
        } else if !listens {
            let (status, sdp) = (180, None);
            self.sip.command(
                now,
                Command::Ring {
                    session,
                    status,
                    sdp,
                },
            );
        }
    }

    /// The same for an agent who was answered already, at a desk or for a callback; a caller who was sent
    /// out keeps the music.
    fn ring_back_to_answered(&mut self, id: CallId) {
        let tone = self.sounds.ring_back().map(Hears::Music);
        let call = self.calls.get_mut(&id);
        let call = call.filter(|call| {
            let outbound = call.record().direction == Direction::Outbound;
            outbound && !call.is_passed_on() || call.is_consulting()
        });
        if let Some((call, tone)) = call.zip(tone)
            && call.hear_meanwhile(tone)
        {
            self.arrange(id);
        }
    }

    /// The number rings and its network says nothing: an agent hears our ring-back, or that of the own
    /// phone where it does not listen yet or we have none. Who waits with music keeps it.
    fn ring_back(&mut self, now: Instant, id: CallId) {
        let tone = self.sounds.ring_back();
        let caller = self.calls.get(&id).map(|call| call.caller);
        let Some(line) = caller.and_then(|caller| self.lines.get(&caller)) else {
            return;
        };
        if line.prepared.is_none() {
            return self.ring_back_to_answered(id);
        }
        let Some(session) = line.session() else {
            return;
        };
        match tone.filter(|_| line.listens) {
            Some(tone) => {
                self.let_listen(now, id);
                let call = self.calls.get_mut(&id);
                if call.is_some_and(|call| call.hear_meanwhile(Hears::Music(tone))) {
                    self.arrange(id);
                }
            }
            None => {
                let (status, sdp) = (180, None);
                self.sip.command(
                    now,
                    Command::Ring {
                        session,
                        status,
                        sdp,
                    },
                );
            }
        }
    }
}

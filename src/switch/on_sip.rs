//! What SIP says, and what it means for calls, agents and media.

use super::{Notice, Output, Switch, Unrung};
use crate::acd::{self, Refusal};
use crate::call::Hears;
use crate::call::record::{self, End};
use crate::id::{AgentId, CallId, LegId};
use crate::settings::Destination;
use crate::sip::header::Cause;
use crate::sip::{Bye, Command, Event, SessionId, Warning};
use crate::{media, sdp};
use std::time::{Duration, Instant};

/// The warning that goes with a description we cannot use: Q.850 cause 88, incompatible destination.
const INCOMPATIBLE: u16 = 88;
const NO_CODEC: &str = "no common codec in the answer";

impl Switch {
    pub(super) fn on_sip(&mut self, now: Instant, event: Event) {
        match event {
            Event::Invited(invite) => self.invited(now, &invite),
            Event::Acknowledged { session, answer } => self.acknowledged(now, session, answer),
            Event::Ringing {
                session,
                status,
                sdp,
                ..
            } => self.rings(now, session, status, sdp),
            Event::Answered { session, sdp } => self.answered(now, session, sdp),
            Event::Failed {
                session,
                status,
                retry_after,
                cause,
                ..
            } => {
                self.note_cause(session, cause);
                self.failed(now, session, status, retry_after);
            }
            Event::ChangeAsked { session, offer } => self.change(now, session, offer),
            Event::Changed { session, answer } => self.changed(now, session, answer),
            Event::ChangeAnswered { session, sdp } => self.changed(now, session, Some(sdp)),
            // All stays as it was: what differs is transcoded.
            Event::ChangeFailed { .. } => {}
            Event::Referred { session, refer } => self.referred(now, session, &refer),
            Event::Info {
                session,
                digit,
                duration,
            } => self.info(session, digit, duration),
            Event::Ended { session, how } => {
                if let Bye::Remote(cause) | Bye::Cancelled(cause) = &how {
                    self.note_cause(session, cause.clone());
                }
                self.ended(now, session, &how);
            }
            Event::Sought { seeker, uri } => self.resolver.seek(now, uri, seeker),
            Event::Uninvited { flow, from, called } => {
                self.uninvited(flow.remote.ip(), from.user, called);
            }
            Event::Banned(ban) => self.out(Output::Notice(None, Notice::Banned(ban))),
            Event::Registered { user } => self.reachable(now, &user, true),
            Event::Unregistered { user } => self.reachable(now, &user, false),
            Event::Peer { id, state } => self.peer_changed(id, state),
        }
    }

    /// The ACK of our 200: the leg is up, and the caller's place counts from here.
    fn acknowledged(&mut self, now: Instant, session: SessionId, answer: Option<Vec<u8>>) {
        let Some((leg, call)) = self.find(session) else {
            return;
        };
        if let Some(answer) = answer
            && !self.accept(leg, &answer)
        {
            return self.end_with(now, call, End::Refused, NO_CODEC);
        }
        self.is_up(now, call, leg);
    }

    /// A leg that has called us is up: what it has called begins.
    pub(super) fn is_up(&mut self, now: Instant, id: CallId, leg: LegId) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_answering()) else {
            return;
        };
        match call.destination {
            Some(Destination::Queue(queue)) => {
                self.watch_hours(now);
                let arrival = self.arrival(id, queue);
                self.comes_to(now, id, queue);
                self.acd(now, acd::Input::Join { call: id, arrival });
            }
            Some(Destination::Echo) => {
                call.serve(Hears::Party(leg));
                self.notice(id, Notice::HearsEcho);
            }
            Some(Destination::Music) => {
                let music = self.sounds.any_music();
                call.serve(music.map_or(Hears::Silence, Hears::Music));
                self.notice(id, Notice::HearsMusic);
            }
            // Answered when the number outside was.
            None => {}
        }
        self.arrange(id);
    }

    /// A provisional response of a number outside. Early media of an agent's phone is for nobody: the
    /// caller has music.
    fn rings(&mut self, now: Instant, session: SessionId, status: u16, sdp: Option<Vec<u8>>) {
        if let Some((leg, call)) = self.find(session)
            && self.is_dialled(call, leg)
        {
            self.dial_rings(now, call, leg, status, sdp);
            self.tell_referrer(now, call, 180);
        }
    }

    /// An agent's phone answered, or a number outside.
    fn answered(&mut self, now: Instant, session: SessionId, answer: Option<Vec<u8>>) {
        let Some((leg, call)) = self.find(session) else {
            return;
        };
        if self.is_dialled(call, leg) {
            return self.reached(now, call, leg, answer);
        }
        let usable = self.is_answered_with(leg, answer);
        if self.is_supervisor(leg) {
            return match usable {
                true => self.supervisor_answers(now, leg),
                false => self.supervisor_leaves(now, leg),
            };
        }
        if !usable {
            return self.agent_failed(now, call, leg, 488);
        }
        if self.own_answers(now, call, leg) {
            return;
        }
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        if let Some((agent, call)) = self.offered_at(call, leg) {
            self.acd(now, acd::Input::Accept { agent, call });
        }
    }

    /// Our INVITE failed: the session is over by itself.
    fn failed(
        &mut self,
        now: Instant,
        session: SessionId,
        status: u16,
        retry_after: Option<Duration>,
    ) {
        let Some((leg, call)) = self.find(session) else {
            return;
        };
        self.forget_session(session);
        if self.is_supervisor(leg) {
            return self.supervisor_leaves(now, leg);
        }
        if self.is_dialled(call, leg) {
            return self.dial_failed(now, call, leg, status, retry_after);
        }
        self.agent_failed(now, call, leg, status);
    }

    pub(super) fn agent_failed(&mut self, now: Instant, call: CallId, leg: LegId, status: u16) {
        let ringing = self.calls.get(&call).and_then(crate::call::Call::agent);
        self.leaves_page(now, leg, Some("declined"));
        // A phone whose answer is of no use has a session still.
        self.hang_up(now, leg, Some((INCOMPATIBLE, NO_CODEC.to_owned())));
        // 486, 600 and 603 are a person's or a phone's no; 480 is do-not-disturb on many phones.
        let (why, unrung) = match status {
            480 | 486 | 600 | 603 => (Refusal::Declined, Unrung::Declined(status)),
            _ => (Refusal::Failed, Unrung::Failed(status)),
        };
        if self.asked_fails(now, call, leg, (why, unrung)) {
            return;
        }
        let Some(agent) = ringing.filter(|agent| agent.leg == leg) else {
            return;
        };
        if self.own_fails(now, call) {
            return;
        }
        if let Some(call) = self.calls.get_mut(&call) {
            call.unring(agent.id);
        }
        self.notice(call, Notice::Unrung(agent.id, unrung));
        self.unrung_for(now, call);
        let agent = agent.id;
        self.acd(now, acd::Input::Refuse { agent, call, why });
    }

    /// A re-INVITE: refresh, hold, resume, another address or codec.
    fn change(&mut self, now: Instant, session: SessionId, offer: Option<Vec<u8>>) {
        let found = self.find(session);
        let before = found.is_some_and(|(leg, _)| self.is_held(leg));
        let local = found.and_then(|(leg, _)| self.local(leg));
        let (Some((leg, call)), Some(local)) = (found, local) else {
            let gone = Command::RejectChange {
                session,
                status: 481,
                warning: None,
            };
            return self.sip.command(now, gone);
        };
        let answer = match offer {
            None => Ok((sdp::offer(&local), None)),
            Some(offer) => {
                sdp::answer(&offer, &local).map(|(answer, agreed)| (answer, Some(agreed)))
            }
        };
        match answer {
            Err(refusal) => {
                let warning = Warning {
                    code: refusal.warning(),
                    text: refusal.to_string(),
                };
                let refused = Command::RejectChange {
                    session,
                    status: refusal.status(),
                    warning: Some(warning),
                };
                self.sip.command(now, refused);
            }
            Ok((sdp, agreed)) => {
                if let Some(agreed) = agreed {
                    self.agreed(leg, &agreed);
                    self.held(now, call, leg, before);
                }
                self.sip
                    .command(now, Command::AnswerChange { session, sdp });
            }
        }
    }

    /// The answer to an offer of ours in a session that there is, or that is to be.
    fn changed(&mut self, now: Instant, session: SessionId, answer: Option<Vec<u8>>) {
        let (Some((leg, call)), Some(answer)) = (self.find(session), answer) else {
            return;
        };
        let before = self.is_held(leg);
        match self.accepted(leg, &answer) {
            Ok(()) => self.held(now, call, leg, before),
            // The peer believes that it is plain from now on: that ends here (H22).
            Err(why) if why.is_about_security() => self.end_call(now, call, End::Refused),
            // The first answer of a caller who has not been answered yet.
            Err(_)
                if self
                    .lines
                    .get(&leg)
                    .is_some_and(|line| line.codec.is_none()) =>
            {
                self.end_with(now, call, End::Refused, NO_CODEC);
            }
            Err(_) => {}
        }
    }

    /// A key by INFO. Only the media knows whether it came in the stream as well.
    fn info(&mut self, session: SessionId, digit: char, duration: Duration) {
        let milliseconds = u16::try_from(duration.as_millis()).unwrap_or(u16::MAX);
        if let Some((leg, _)) = self.find(session) {
            self.media(leg, |leg| media::Command::Pressed {
                leg,
                digit,
                milliseconds,
            });
        }
    }

    fn ended(&mut self, now: Instant, session: SessionId, how: &Bye) {
        let Some((leg, call)) = self.find(session) else {
            return;
        };
        self.forget_session(session);
        let Some((role, known)) = self
            .lines
            .get(&leg)
            .map(|line| line.leg.role)
            .zip(self.calls.get(&call))
        else {
            return;
        };
        if known.asked() == Some(leg) {
            return self.end_consult(now, call);
        }
        if self.is_supervisor(leg) {
            return self.supervisor_leaves(now, leg);
        }
        let end = match how {
            Bye::Remote(_) | Bye::Cancelled(_) => known.end_when_left(role),
            Bye::NoAck | Bye::Lost => End::SignallingLost,
        };
        self.end_call(now, call, end);
    }

    /// Why a party leaves or does not come, as it says itself (RFC 3326, RFC 6432).
    fn note_cause(&mut self, session: SessionId, cause: Option<Cause>) {
        let line = self
            .leg_of(session)
            .and_then(|leg| self.lines.get_mut(&leg));
        if let Some((line, cause)) = line.zip(cause) {
            line.leg.cause = Some(record::Cause {
                protocol: cause.protocol,
                cause: cause.cause,
                text: cause.text,
            });
        }
    }

    fn reachable(&mut self, now: Instant, user: &str, reachable: bool) {
        if let Some(agent) = self.account.agent_of(user).map(|agent| agent.id) {
            match reachable {
                true => self.phones.insert(agent),
                false => self.phones.remove(&agent),
            };
            self.can_reach(now, agent);
        }
    }

    /// An agent can be rung by a phone that is registered, or at a desk that is there.
    pub(super) fn can_reach(&mut self, now: Instant, agent: AgentId) {
        let reachable = self.phones.contains(&agent) || self.desks.contains(&agent);
        if self.floor.presence(agent).map(|(_, before)| before) == Some(reachable) {
            return;
        }
        self.out(Output::Notice(None, Notice::Reachable(agent, reachable)));
        self.acd(now, acd::Input::Reachable { agent, reachable });
    }

    /// Takes the peer's answer to an offer of ours. Says whether it can be used.
    pub(super) fn accept(&mut self, leg: LegId, answer: &[u8]) -> bool {
        self.accepted(leg, answer).is_ok()
    }

    /// Whether a party that has answered can be spoken with: by its answer, or by what was agreed on
    /// before it (RFC 3262 §5, RFC 3311 §5).
    pub(super) fn is_answered_with(&mut self, leg: LegId, answer: Option<Vec<u8>>) -> bool {
        match answer {
            Some(answer) => self.accept(leg, &answer),
            None => self
                .lines
                .get(&leg)
                .is_some_and(|line| line.codec.is_some()),
        }
    }

    fn accepted(&mut self, leg: LegId, answer: &[u8]) -> Result<(), sdp::Refusal> {
        let local = self.said(leg).ok_or(sdp::Refusal::NoAudio)?;
        let negotiated = sdp::accept(answer, &local)?;
        self.agreed(leg, &negotiated);
        Ok(())
    }

    fn end_with(&mut self, now: Instant, call: CallId, end: End, why: &str) {
        let leg = self.calls.get(&call).map(|call| call.caller);
        let session = leg.and_then(|leg| self.lines.get(&leg)?.session());
        if let Some(session) = session {
            let reason = Some((INCOMPATIBLE, why.to_owned()));
            self.forget_session(session);
            self.sip.command(now, Command::End { session, reason });
        }
        self.end_call(now, call, end);
    }

    pub(super) fn find(&mut self, session: SessionId) -> Option<(LegId, CallId)> {
        let leg = self.leg_of(session)?;
        let call = self.call_of(leg)?;
        self.at_hand = Some(call);
        Some((leg, call))
    }
}

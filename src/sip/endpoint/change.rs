//! Changes of a session by either end: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311).
//!
//! ```text
//!   offer of the peer ─▶ asked ─AnswerChange─▶ 200 ─(re-INVITE)─▶ ACK
//!   offer of ours ─▶ change wanted ─may_change─▶ sent ─▶ ChangeAnswered, ChangeFailed, once more
//! ```
//!
//! While one offer is open there is no other (RFC 3264 §4): who offers against ours gets 491, who
//! offers twice gets 500.

use super::Endpoint;
use super::incoming::arrival;
use super::requests::{Draft, Purpose, moved_to};
use super::session::{Asked, Session, State, Unacked};
use super::transactions::Owner;
use super::uas::contact_of;
use super::write::{Refusal, SDP, sdp_of};
use crate::sip::dialog::change::{Aim, Refused};
use crate::sip::dialog::session_timer::min_se;
use crate::sip::dialog::{Answer, Change};
use crate::sip::header::Name;
use crate::sip::message::{Builder, Fault, Message, Method};
use crate::sip::transaction::{Response, ServerKey};
use crate::sip::{Bye, Event, Flow, SessionId, Warning};
use std::time::{Duration, Instant};

impl Endpoint {
    /// A re-INVITE (§14.2).
    pub(super) fn change_received(
        &mut self,
        id: SessionId,
        cseq: u32,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        let bad = |fault: Fault| Refusal::because(fault.status(), fault);
        let target = contact_of(request).map_err(bad)?;
        let wait = self.moment();
        let Some(session) = self.sessions.get_mut(&id) else {
            return Err(Refusal::new(481));
        };
        match &session.state {
            State::Invited(_) => return Err(Refusal::new(500).retry_after(wait)),
            State::Calling { .. } | State::Ending(_) | State::Over => {
                return Err(Refusal::new(481));
            }
            State::Talking(talking) if talking.hang_up.is_some() => return Err(Refusal::new(481)),
            // The earlier one has no final response yet.
            State::Talking(_) if session.asked.is_some() => {
                return Err(Refusal::new(500).retry_after(wait));
            }
            // The earlier offer and answer are not settled yet.
            State::Talking(talking) if talking.unacked.is_some() => return Err(Refusal::new(491)),
            // Glare: ours is open.
            State::Talking(_) if session.has_offered() => return Err(Refusal::new(491)),
            State::Talking(_) => {}
        }
        self.long_enough(id, request)?;
        self.note_request(id, cseq, flow)?;
        let trying = Response {
            status: 100,
            bytes: Builder::reply_to(request, 100, "", None).build(),
        };
        let arrival = arrival(flow, request, key, Owner::Invite(id));
        let tx = self.transactions.serve_invite(arrival, trying);
        if let Some(session) = self.sessions.get_mut(&id) {
            if let (Some(talking), Some(target)) = (session.talking(), target) {
                talking.dialog.refresh(target);
            }
            session.asked = Some(Asked {
                tx,
                request: request.clone(),
                flow,
            });
        }
        let offer = sdp_of(request);
        self.events
            .push_back(Event::ChangeAsked { session: id, offer });
        Ok(())
    }

    /// An UPDATE (RFC 3311 §5.2), in an early dialog or a confirmed one.
    pub(super) fn update_received(
        &mut self,
        now: Instant,
        id: SessionId,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        let bad = |fault: Fault| Refusal::because(fault.status(), fault);
        let (target, cseq) = (
            contact_of(request).map_err(bad)?,
            request.cseq().map_err(bad)?.0,
        );
        let from = request.from().map_err(bad)?;
        let (tag, offer) = (from.tag().unwrap_or_default(), sdp_of(request));
        let wait = self.moment();
        let Some(session) = self.sessions.get_mut(&id) else {
            return Err(Refusal::new(481));
        };
        if offer.is_some() {
            // Theirs is open: the INVITE's, a re-INVITE's, or that of an UPDATE.
            let theirs = session.asked.is_some()
                || match &session.state {
                    State::Invited(invited) => !invited.provisionals.described(),
                    State::Talking(_) | State::Calling { .. } | State::Ending(_) | State::Over => {
                        false
                    }
                };
            if theirs {
                return Err(Refusal::new(500).retry_after(wait));
            }
            if session.has_offered() || session.awaits_answer(tag) {
                return Err(Refusal::new(491));
            }
        }
        self.long_enough(id, request)?;
        let Some(session) = self.sessions.get_mut(&id) else {
            return Err(Refusal::new(481));
        };
        match &session.state {
            State::Talking(talking) if talking.hang_up.is_some() => return Err(Refusal::new(481)),
            State::Talking(_) | State::Invited(_) | State::Calling { .. } => {}
            State::Ending(_) | State::Over => return Err(Refusal::new(481)),
        }
        let (dialog, _) = session.dialog_with(tag).ok_or_else(|| Refusal::new(481))?;
        let in_order = dialog.accept(cseq);
        in_order.map_err(|_| Refusal::because(500, "CSeq Out of Order"))?;
        if let Some(target) = target {
            dialog.refresh(target);
        }
        if let Some(talking) = session.talking() {
            talking.flow = flow;
        }
        if offer.is_none() {
            let ok = self.accept_invite(request, flow, 200, "", None);
            let ok = self.with_timer(now, id, request, ok);
            self.respond_other(now, flow, request, key, ok, 200);
            return Ok(());
        }
        self.ask(id, flow, request, key);
        Ok(())
    }

    /// Asks the user about an offer that did not come in an INVITE.
    pub(super) fn ask(&mut self, id: SessionId, flow: Flow, request: &Message, key: ServerKey) {
        let arrival = arrival(flow, request, key, Owner::None);
        let tx = self.transactions.serve_other(arrival);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.asked = Some(Asked {
                tx,
                request: request.clone(),
                flow,
            });
        }
        let offer = sdp_of(request);
        self.events
            .push_back(Event::ChangeAsked { session: id, offer });
    }

    pub(super) fn answer_change(&mut self, now: Instant, id: SessionId, sdp: &[u8]) {
        let Some((asked, tag)) = self.take_asked(id) else {
            return;
        };
        let ok = self.accept_invite(&asked.request, asked.flow, 200, &tag, Some(sdp));
        let is_invite = *asked.request.method() == Method::Invite;
        let ok = match *asked.request.method() == Method::Prack {
            true => ok,
            false => self.with_timer(now, id, &asked.request, ok),
        };
        let (ok, timing) = (ok.build(), self.config.timing);
        if let Some(talking) = self.sessions.get_mut(&id).and_then(Session::talking) {
            talking.said = sdp.to_vec();
            if is_invite {
                let cseq = asked.request.cseq().map_or(0, |(number, _)| number);
                talking.unacked = Some(Unacked {
                    answer: Answer::new(now, ok.clone(), cseq, timing),
                    tx: asked.tx,
                    late: sdp_of(&asked.request).is_none(),
                    first: false,
                });
            }
        }
        self.respond(now, asked.tx, 200, ok);
        self.answer_held(now, id);
        self.settle(id);
    }

    pub(super) fn reject_change(
        &mut self,
        now: Instant,
        id: SessionId,
        status: u16,
        warning: Option<Warning>,
    ) {
        let status = if (300..700).contains(&status) {
            status
        } else {
            488
        };
        let asked = self.sessions.get(&id).and_then(|s| s.asked.as_ref());
        let refusal = match asked.map(|asked| asked.flow).zip(warning) {
            Some((flow, warning)) => {
                Refusal::new(status).with(Name::Warning, self.warned(flow, &warning))
            }
            None => Refusal::new(status),
        };
        self.refuse_change(now, id, &refusal);
        self.answer_held(now, id);
        self.settle(id);
    }

    pub(super) fn refuse_change(&mut self, now: Instant, id: SessionId, refusal: &Refusal) {
        if let Some((asked, tag)) = self.take_asked(id) {
            let bytes = self.refusal(&asked.request, refusal, &tag);
            self.respond(now, asked.tx, refusal.status, bytes);
        }
    }

    fn take_asked(&mut self, id: SessionId) -> Option<(Asked, String)> {
        let session = self.sessions.get_mut(&id)?;
        let asked = session.asked.take()?;
        Some((asked, session.local_tag.clone()))
    }

    /// Our user wants to change the session.
    pub(super) fn change(&mut self, now: Instant, id: SessionId, sdp: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match &mut session.state {
            State::Talking(talking) if talking.hang_up.is_some() => return,
            State::Talking(talking) if talking.change.is_some() => talking.next = Some(sdp),
            State::Talking(talking) => talking.change = Some(Change::new(now, Aim::Offer(sdp))),
            State::Invited(_) | State::Calling { .. } => {
                let (session, status) = (id, 491);
                let failed = Event::ChangeFailed { session, status };
                return self.events.push_back(failed);
            }
            State::Ending(_) | State::Over => return,
        }
        self.send_change(now, id);
        self.settle(id);
    }

    /// Sends what is wanted, if nothing stands against it.
    pub(super) fn send_change(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.may_change()) else {
            return;
        };
        let Some(talking) = session.talking() else {
            return;
        };
        let due = |change: &&mut Change| change.due().is_some_and(|at| at <= now);
        let Some(change) = talking.change.as_mut().filter(due) else {
            return;
        };
        change.sent();
        let (purpose, body) = match &change.aim {
            Aim::Offer(sdp) => (Purpose::Reinvite, Some(sdp.clone())),
            // RFC 4028 §7.4: without a body, where that can be; else with the last one unchanged.
            Aim::Refresh if talking.updates => (Purpose::Update, None),
            Aim::Refresh => (Purpose::Reinvite, Some(talking.said.clone())),
        };
        let (tag, listener) = (
            talking.dialog.remote_tag().to_owned(),
            talking.flow.listener,
        );
        let mut headers = vec![(Name::Allow, self.allow(listener))];
        headers.extend(self.timer_wanted(id));
        let body = body.as_deref().map(|sdp| (SDP, sdp));
        let draft = Draft {
            purpose,
            tag: &tag,
            headers,
            body,
        };
        self.send_within(now, id, &draft);
    }

    /// The final answer to our change: of the peer, or what stands for one (§8.1.3.1).
    pub(super) fn change_answered(
        &mut self,
        now: Instant,
        id: SessionId,
        purpose: Purpose,
        status: u16,
        response: Option<&Message>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let our_call_id = session.is_ours;
        // RFC 4028 §7.4
        let min = response.filter(|_| status == 422).and_then(min_se);
        let longer = min.is_some_and(|min| session.terms.session_timer.raise(min));
        let Some(talking) = session.talking() else {
            return;
        };
        let Some(mut change) = talking.change.take() else {
            return;
        };
        let retry_after = response.and_then(Message::retry_after);
        let why = Refused {
            status,
            retry_after,
            our_call_id,
        };
        let again = match status {
            ..300 => false,
            // §12.2.1.2: the peer knows nothing of the session, or is not there.
            408 | 481 => return self.lost(now, id, change),
            422 => longer && change.mended(now),
            // It had said that it takes UPDATE, and does not.
            405 | 501 if purpose == Purpose::Update => {
                talking.updates = false;
                change.mended(now)
            }
            _ => change.refused(now, why, &mut self.random),
        };
        if let Some(talking) = self.sessions.get_mut(&id).and_then(Session::talking) {
            if again {
                talking.change = Some(change);
                return self.send_change(now, id);
            }
            let next = talking.next.take();
            talking.change = next.map(|sdp| Change::new(now, Aim::Offer(sdp)));
        }
        match response.filter(|_| status < 300) {
            Some(response) => self.changed(now, id, &change, response),
            None => self.unchanged(now, id, &change, status),
        }
        self.send_change(now, id);
    }

    /// The peer has accepted.
    fn changed(&mut self, now: Instant, id: SessionId, change: &Change, response: &Message) {
        let sdp = sdp_of(response);
        let session = self.sessions.get_mut(&id);
        if let Some(talking) = session.and_then(Session::talking) {
            if let Some(target) = moved_to(response) {
                talking.dialog.refresh(target);
            }
            if let Aim::Offer(said) = &change.aim {
                talking.said.clone_from(said);
            }
        }
        self.timer_answered(now, id, response);
        let session = id;
        self.events.extend(match (&change.aim, sdp) {
            (Aim::Offer(_), Some(sdp)) => Some(Event::ChangeAnswered { session, sdp }),
            // RFC 3264 §4: an offer that is accepted is answered.
            (Aim::Offer(_), None) => {
                let status = 488;
                Some(Event::ChangeFailed { session, status })
            }
            (Aim::Refresh, Some(sdp)) => {
                let answer = Some(sdp);
                Some(Event::Changed { session, answer })
            }
            (Aim::Refresh, None) => None,
        });
    }

    /// The peer has refused for good.
    fn unchanged(&mut self, now: Instant, id: SessionId, change: &Change, status: u16) {
        match &change.aim {
            Aim::Offer(_) => {
                let session = id;
                self.events
                    .push_back(Event::ChangeFailed { session, status });
            }
            Aim::Refresh => {
                let talking = self.sessions.get_mut(&id).and_then(Session::talking);
                if let Some((_, running)) = talking.and_then(|talking| talking.timer.as_mut()) {
                    running.not_refreshed(now);
                }
            }
        }
    }

    fn lost(&mut self, now: Instant, id: SessionId, change: Change) {
        if let Aim::Offer(_) = change.aim {
            let (session, status) = (id, 481);
            self.events
                .push_back(Event::ChangeFailed { session, status });
        }
        self.end_lost(now, id, "a request was not answered");
    }

    /// The peer is gone: a BYE, should it hear it.
    pub(super) fn end_lost(&mut self, now: Instant, id: SessionId, why: &str) {
        let how = Bye::Lost;
        self.events.push_back(Event::Ended { session: id, how });
        self.hang_up(now, id, Some((408, why.to_owned())));
    }

    /// A Retry-After of up to 10 s (§14.2, RFC 3311 §5.2).
    fn moment(&mut self) -> Duration {
        Duration::from_secs(1 + self.random.below(10))
    }
}

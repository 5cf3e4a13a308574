//! Changes of a session by either end: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311).
//!
//! ```text
//!   offer of the peer ─▶ asked ─AnswerChange─▶ 200 ─(re-INVITE)─▶ ACK
//!   offer of ours ─▶ change wanted ─may_change─▶ sent ─▶ ChangeAnswered, ChangeFailed, once more
//! ```
//!
//! While one offer is open there is no other (RFC 3264 §4): who offers against ours gets 491, who
//! offers twice gets 500. Before the INVITE is answered, there is UPDATE alone, and that only once an
//! offer has been answered reliably (RFC 3311 §5.1). Of several early dialogs, ours goes to the one that
//! was told last; if another one becomes the session, it is made again there.

use super::Endpoint;
use super::in_dialog::InDialog;
use super::requests::{Draft, Outcome, Purpose, moved_to};
use super::session::{Asked, Session, State, Unacked};
use super::transactions::Owner;
use super::uas::contact_of;
use super::write::{Refusal, SDP, sdp_of};
use crate::sip::dialog::change::{Aim, Refused};
use crate::sip::dialog::session_timer::min_se;
use crate::sip::dialog::{Answer, Change};
use crate::sip::header::{Address, Name};
use crate::sip::message::{Builder, Fault, Message, Method};
use crate::sip::transaction::Response;
use crate::sip::{Bye, Event, SessionId, Warning};
use std::time::{Duration, Instant};

impl Endpoint {
    /// A re-INVITE (§14.2).
    pub(super) fn change_received(&mut self, asked: InDialog<'_>) -> Result<(), Refusal> {
        let InDialog {
            id, flow, request, ..
        } = asked;
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
        self.note_request(&asked)?;
        let trying = Response {
            status: 100,
            bytes: Builder::reply_to(request, 100, "", None).build(),
        };
        let arrival = asked.arrival(Owner::Invite(id));
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
        update: InDialog<'_>,
    ) -> Result<(), Refusal> {
        let InDialog {
            id,
            tag,
            flow,
            request,
            ..
        } = update;
        let bad = |fault: Fault| Refusal::because(fault.status(), fault);
        let (target, offer) = (contact_of(request).map_err(bad)?, sdp_of(request));
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
        self.note_request(&update)?;
        let session = self.sessions.get_mut(&id);
        let dialog = session.and_then(|session| session.dialog_with(tag));
        if let (Some((dialog, _)), Some(target)) = (dialog, target) {
            dialog.refresh(target);
        }
        if offer.is_none() {
            let ok = self.accept_invite(request, flow, 200, "", None);
            let ok = self.with_timer(now, id, request, ok);
            self.accept(now, update, ok);
            return Ok(());
        }
        self.ask(update);
        Ok(())
    }

    /// Asks the user about an offer that did not come in an INVITE.
    pub(super) fn ask(&mut self, asked: InDialog<'_>) {
        let InDialog {
            id, flow, request, ..
        } = asked;
        let tx = self.transactions.serve_other(asked.arrival(Owner::None));
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
        if let Some(session) = self.sessions.get_mut(&id) {
            let from = asked.request.from().ok();
            let peer = from.as_ref().and_then(Address::tag).unwrap_or_default();
            session.describe(peer, sdp);
            if let Some(talking) = session.talking().filter(|_| is_invite) {
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
        match &session.state {
            State::Talking(talking) if talking.hang_up.is_some() => return,
            State::Talking(_) => {}
            State::Invited(_) | State::Calling { .. } if session.takes_update() => {}
            State::Invited(_) | State::Calling { .. } => return self.change_failed(id, 491),
            State::Ending(_) | State::Over => return,
        }
        match session.change {
            Some(_) => session.next = Some(sdp),
            None => session.change = Some(Change::new(now, Aim::Offer(sdp))),
        }
        self.send_change(now, id);
        self.settle(id);
    }

    /// Sends what is wanted, if nothing stands against it.
    pub(super) fn send_change(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some(tag) = session.may_change().map(str::to_owned) else {
            return;
        };
        let due = |change: &&mut Change| change.due().is_some_and(|at| at <= now);
        let Some(change) = session.change.as_mut().filter(due) else {
            return;
        };
        change.sent();
        let (purpose, body) = match (change.aim.clone(), session.talking()) {
            (Aim::Offer(sdp), Some(_)) => (Purpose::Reinvite, Some(sdp)),
            (Aim::Offer(sdp), None) => (Purpose::Update, Some(sdp)),
            // RFC 4028 §7.4: without a body, where that can be; else with the last one unchanged.
            (Aim::Refresh, Some(talking)) if !talking.updates => {
                (Purpose::Reinvite, Some(talking.said.clone()))
            }
            (Aim::Refresh, Some(_) | None) => (Purpose::Update, None),
        };
        let Some((_, flow)) = session.dialog_with(&tag) else {
            return;
        };
        let mut headers = vec![(Name::Allow, self.allow(flow.listener))];
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

    /// Our change has its final answer.
    pub(super) fn change_answered(&mut self, now: Instant, id: SessionId, outcome: Outcome<'_>) {
        let Outcome {
            tag,
            purpose,
            status,
            response,
        } = outcome;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let is_early = match &session.state {
            State::Talking(_) => false,
            State::Invited(_) | State::Calling { .. } => true,
            State::Ending(_) | State::Over => return,
        };
        let our_call_id = session.is_ours;
        // RFC 4028 §7.4
        let min = response.filter(|_| status == 422).and_then(min_se);
        let longer = min.is_some_and(|min| session.terms.session_timer.raise(min));
        let Some(mut change) = session.change.take() else {
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
            // §12.2.1.2: the peer knows nothing of the session, or is not there. Before the answer, it is
            // the answer that tells what becomes of it.
            408 | 481 if !is_early => return self.lost(now, id, change),
            422 => longer && change.mended(now),
            // It had said that it takes UPDATE, and does not.
            405 | 501 if purpose == Purpose::Update => {
                session.takes_no_update(tag);
                !is_early && change.mended(now)
            }
            _ => change.refused(now, why, &mut self.random),
        };
        if let Some(session) = self.sessions.get_mut(&id) {
            if again {
                session.change = Some(change);
                return self.send_change(now, id);
            }
            let next = session.next.take();
            session.change = next.map(|sdp| Change::new(now, Aim::Offer(sdp)));
        }
        match response.filter(|_| status < 300) {
            Some(response) => self.changed(now, id, tag, &change, response),
            None => self.unchanged(now, id, &change, status),
        }
        self.send_change(now, id);
    }

    /// The peer has accepted.
    fn changed(
        &mut self,
        now: Instant,
        id: SessionId,
        tag: &str,
        change: &Change,
        response: &Message,
    ) {
        let sdp = sdp_of(response);
        if let Some(session) = self.sessions.get_mut(&id) {
            let dialog = session.dialog_with(tag);
            if let (Some((dialog, _)), Some(target)) = (dialog, moved_to(response)) {
                dialog.refresh(target);
            }
            if let (Aim::Offer(said), Some(_)) = (&change.aim, &sdp) {
                session.describe(tag, said);
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
            Aim::Offer(_) => self.change_failed(id, status),
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
            self.change_failed(id, 481);
        }
        self.end_lost(now, id, "a request was not answered");
    }

    fn change_failed(&mut self, session: SessionId, status: u16) {
        let failed = Event::ChangeFailed { session, status };
        self.events.push_back(failed);
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

//! Requests in a dialog, of the peer and of ours (RFC 3261 §12.2, §14, §15).

use super::Endpoint;
use super::incoming::arrival;
use super::info;
use super::route;
use super::session::{Session, State};
use super::transactions::{Arrival, Owner, TxId};
use super::write::{Refusal, cause_of, sdp_of};
use crate::sip::dialog::{Dialog, Effect};
use crate::sip::header::{Cause, Name};
use crate::sip::message::{Builder, Message, Method};
use crate::sip::transaction::{ClientKey, Response, ServerKey};
use crate::sip::{Bye, Event, Flow, SessionId};
use std::time::Instant;

/// The Reason of a BYE: cause and text.
type Reason = Option<(u16, String)>;

/// A request of the peer in a dialog of a session.
pub(super) struct InDialog<'a> {
    pub(super) id: SessionId,
    /// The tag of the peer: by it, dialogs of a session are told apart.
    pub(super) tag: &'a str,
    /// Its number.
    pub(super) cseq: u32,
    /// The way it came.
    pub(super) flow: Flow,
    pub(super) request: &'a Message,
    /// Of its transaction to be.
    pub(super) key: ServerKey,
}

impl Endpoint {
    pub(super) fn request_in_dialog(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        let (id, session) = self.session_of(request).ok_or_else(|| Refusal::new(481))?;
        if let State::Calling { .. } = session.state
            && ![Method::Update, Method::Info].contains(request.method())
        {
            // Our INVITE is under way: glare (§14.2). Of all else nothing is to be said before the
            // answer.
            let status = if *request.method() == Method::Invite {
                491
            } else {
                481
            };
            return Err(Refusal::new(status));
        }
        let from = request.from();
        let from = from.map_err(|fault| Refusal::because(400, fault))?;
        let tag = from.tag().unwrap_or_default();
        self.check_source(now, id, tag, flow, request)?;
        let (cseq, _) = request
            .cseq()
            .map_err(|fault| Refusal::because(400, fault))?;
        let method = request.method();
        let asked = InDialog {
            id,
            tag,
            cseq,
            flow,
            request,
            key,
        };
        let result = if *method == Method::Bye {
            self.bye_received(now, asked)
        } else if *method == Method::Invite {
            let arrival = asked.arrival(Owner::None);
            let result = self.change_received(asked);
            result.or_else(|refusal| {
                self.refuse_for_good(now, arrival, request, &refusal);
                Ok(())
            })
        } else if *method == Method::Prack {
            self.prack_received(now, asked)
        } else if *method == Method::Refer {
            self.refer_received(asked)
        } else if *method == Method::Subscribe {
            self.subscribe_received(now, asked)
        } else if *method == Method::Update {
            self.update_received(now, asked)
        } else {
            // OPTIONS and INFO.
            self.other_received(now, asked)
        };
        self.settle(id);
        result
    }

    /// The ACK of a 2xx of ours; any other is left alone.
    pub(super) fn ack_received(&mut self, now: Instant, request: &Message) {
        let id = self.session_of(request).map(|(id, _)| id);
        let cseq = request.cseq().map_or(0, |(number, _)| number);
        let session = id.and_then(|id| Some((id, self.sessions.get_mut(&id)?.talking()?)));
        let Some((id, talking)) = session else {
            return self.counters.stray_acks += 1;
        };
        let Some(unacked) = talking
            .unacked
            .take_if(|unacked| unacked.answer.is_for(cseq))
        else {
            return self.counters.repeated += 1;
        };
        // An answer that is owed and not given is an empty one: no use to anybody.
        let answer = unacked.late.then(|| sdp_of(request).unwrap_or_default());
        // §15: a callee that hung up at once had to wait for this.
        if let Some(reason) = talking.hang_up.take() {
            self.hang_up(now, id, reason);
        } else if unacked.first {
            let session = id;
            self.events
                .push_back(Event::Acknowledged { session, answer });
        } else if unacked.late {
            let session = id;
            self.events.push_back(Event::Changed { session, answer });
        }
        self.settle(id);
    }

    /// Whatever ends the session now.
    pub(super) fn end(&mut self, now: Instant, id: SessionId, reason: Reason) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match &mut session.state {
            State::Invited(_) => {
                let refusal = Refusal::new(480);
                let refusal = match reason {
                    Some((cause, text)) => {
                        refusal.with(Name::Reason, Cause::new(cause, &text).to_string())
                    }
                    None => refusal,
                };
                self.refuse_invited(now, id, &refusal);
            }
            State::Calling { .. } => {
                session.why = reason.map(|(cause, text)| Cause::new(cause, &text));
                self.abandon(now, id);
            }
            State::Talking(talking) => match &talking.unacked {
                Some(unacked) if unacked.first => {
                    talking.hang_up.get_or_insert(reason);
                }
                Some(_) | None => self.hang_up(now, id, reason),
            },
            State::Ending(_) | State::Over => {}
        }
        self.settle(id);
    }

    /// Our BYE has been answered, or will not be.
    pub(super) fn bye_answered(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id)
            && let State::Ending(_) = session.state
        {
            session.state = State::Over;
        }
    }

    pub(super) fn session_timeout(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.linger.take_if(|until| *until <= now);
        self.timer_due(now, id);
        self.provisional_due(now, id);
        self.still_ringing(now, id);
        self.send_change(now, id);
        self.notify(now, id);
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match &mut session.state {
            State::Calling { until, .. } if *until <= now => self.rung_too_long(now, id),
            State::Talking(talking) => {
                let Some(unacked) = &mut talking.unacked else {
                    return;
                };
                let tx = unacked.tx;
                match unacked.answer.timeout(now) {
                    Some(Effect::Send(ok)) => self.respond(now, tx, 200, ok),
                    Some(Effect::NoAck) => self.never_acknowledged(now, id),
                    None => {}
                }
            }
            State::Invited(_) | State::Calling { .. } | State::Ending(_) | State::Over => {}
        }
    }

    /// The connection that the session is on is gone.
    pub(super) fn session_closed(&mut self, id: SessionId, gone: Flow) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match &mut session.state {
            // Nobody is there to be answered.
            State::Invited(invited) => {
                self.transactions.drop(invited.tx);
                session.state = State::Over;
                let (session, how) = (id, Bye::Lost);
                self.events.push_back(Event::Ended { session, how });
            }
            // The call goes on; its next request opens a new connection.
            State::Talking(talking) => {
                talking.flow = route::reopened(&talking.dialog.addressing(), gone);
            }
            State::Calling { .. } | State::Ending(_) | State::Over => {}
        }
    }

    /// Sends a BYE; the dialog remains until it is answered.
    pub(super) fn hang_up(&mut self, now: Instant, id: SessionId, reason: Reason) {
        self.refuse_change(now, id, &Refusal::new(487));
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match std::mem::replace(&mut session.state, State::Over) {
            State::Talking(talking) => {
                let mut dialog = talking.dialog;
                self.send_bye(now, &mut dialog, talking.flow, reason, Owner::Bye(id));
                self.outlive(now, id, &dialog, talking.flow);
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.state = State::Ending(Box::new(dialog));
                }
            }
            state
            @ (State::Invited(_) | State::Calling { .. } | State::Ending(_) | State::Over) => {
                session.state = state
            }
        }
    }

    pub(super) fn send_bye(
        &mut self,
        now: Instant,
        dialog: &mut Dialog,
        made_on: Flow,
        reason: Reason,
        owner: Owner,
    ) {
        let cseq = dialog.next_seq();
        let (head, flow) = self.head_in(dialog, &Method::Bye, cseq, made_on);
        let bye = head.write(&Method::Bye);
        let bye = match reason {
            Some((cause, text)) => bye.header(Name::Reason, Cause::new(cause, &text).to_string()),
            None => bye,
        };
        let bytes = bye.header(Name::UserAgent, &self.config.user_agent).build();
        let key = ClientKey::new(&head.branch, Method::Bye);
        self.transactions.send_other(now, key, flow, bytes, owner);
    }

    /// The session whose dialog, made or in the making, the request claims to be in.
    fn session_of(&self, request: &Message) -> Option<(SessionId, &Session)> {
        let (to, from) = (request.to().ok()?, request.from().ok()?);
        let id = self.tags.get(to.tag()?)?;
        let session = self.sessions.get(id)?;
        let same_peer = match session.dialog() {
            Some(dialog) => dialog.remote_tag() == from.tag().unwrap_or_default(),
            None if session.is_calling() => {
                let from = from.tag().unwrap_or_default();
                let mut early = session.early.iter();
                *request.method() == Method::Invite
                    || early.any(|early| early.dialog.remote_tag() == from)
            }
            None => false,
        };
        let same_call = request.call_id() == Ok(session.call_id.as_str());
        (same_peer && same_call).then_some((*id, session))
    }

    /// A request in a dialog is believed from the host the dialog was made with. From elsewhere
    /// it must authenticate, where the listener asks for that.
    fn check_source(
        &mut self,
        now: Instant,
        id: SessionId,
        tag: &str,
        flow: Flow,
        request: &Message,
    ) -> Result<(), Refusal> {
        let made_on = self
            .sessions
            .get(&id)
            .and_then(|session| match &session.state {
                State::Invited(invited) => Some(invited.flow),
                State::Talking(talking) => Some(talking.flow),
                State::Calling { .. } => session.early_with(tag).map(|early| early.flow),
                State::Ending(_) | State::Over => None,
            });
        if made_on.is_some_and(|made_on| made_on.remote.ip() != flow.remote.ip()) {
            self.authenticate(now, flow, request)?;
        }
        Ok(())
    }

    fn bye_received(&mut self, now: Instant, bye: InDialog<'_>) -> Result<(), Refusal> {
        self.note_request(&bye)?;
        let InDialog { id, request, .. } = bye;
        self.accept(now, bye, Builder::reply_to(request, 200, "", None));
        // §15.1.2: what of the peer still waits for an answer gets 487.
        let terminated = Refusal::new(487);
        self.refuse_change(now, id, &terminated);
        let cancelled = self.refuse_invited(now, id, &terminated);
        let talking = self.sessions.get_mut(&id).and_then(Session::talking);
        let ours = talking
            .as_ref()
            .is_some_and(|talking| talking.hang_up.is_some());
        let how = match talking {
            Some(_) => Bye::Remote(cause_of(request)),
            None if cancelled => Bye::Cancelled(cause_of(request)),
            // Our own BYE is under way and will be answered, too.
            None => return Ok(()),
        };
        if let Some(talking) = self.sessions.get_mut(&id).and_then(Session::talking) {
            let (dialog, flow) = (talking.dialog.clone(), talking.flow);
            self.outlive(now, id, &dialog, flow);
        }
        self.finish(id);
        if !ours {
            self.events.push_back(Event::Ended { session: id, how });
        }
        Ok(())
    }

    /// Refuses a re-INVITE through a transaction: what was refused must not be granted to its
    /// repetition, when what stood against it has passed.
    fn refuse_for_good(
        &mut self,
        now: Instant,
        arrival: Arrival,
        request: &Message,
        refusal: &Refusal,
    ) {
        let (status, bytes) = (refusal.status, self.refusal(request, refusal, ""));
        self.transactions
            .refuse_invite(now, arrival, Response { status, bytes });
    }

    /// OPTIONS, and INFO (RFC 6086), of which only keys are of use here.
    fn other_received(&mut self, now: Instant, asked: InDialog<'_>) -> Result<(), Refusal> {
        self.note_request(&asked)?;
        let InDialog { id, request, .. } = asked;
        let answer = if *request.method() == Method::Options {
            self.capabilities(asked.flow, request, "")
        } else {
            Builder::reply_to(request, 200, "", None)
        };
        self.accept(now, asked, answer);
        if *request.method() == Method::Info
            && self.sessions.get(&id).is_some_and(Session::takes_keys)
            && let Some((digit, duration)) = info::key_of(request)
        {
            self.events.push_back(Event::Info {
                session: id,
                digit,
                duration,
            });
        }
        Ok(())
    }

    /// Notes the number and the way of a request; one out of order is refused (§12.2.2).
    pub(super) fn note_request(&mut self, asked: &InDialog<'_>) -> Result<(), Refusal> {
        let unknown = || Refusal::new(481);
        let session = self.sessions.get_mut(&asked.id).ok_or_else(unknown)?;
        let dialog = match &mut session.state {
            State::Ending(dialog) => &mut **dialog,
            State::Invited(_) | State::Calling { .. } | State::Talking(_) | State::Over => {
                session.dialog_with(asked.tag).ok_or_else(unknown)?.0
            }
        };
        let in_order = dialog.accept(asked.cseq);
        in_order.map_err(|_| Refusal::because(500, "CSeq Out of Order"))?;
        if let Some(talking) = session.talking() {
            talking.flow = asked.flow;
        }
        Ok(())
    }

    /// Answers a request of another method than INVITE with 200.
    pub(super) fn accept(&mut self, now: Instant, asked: InDialog<'_>, ok: Builder) {
        self.respond_other(now, asked.flow, asked.request, asked.key, ok, 200);
    }

    /// Our 200 cannot reach a caller who has closed the connection: nobody will acknowledge it.
    pub(super) fn answer_undeliverable(&mut self, now: Instant, id: SessionId, tx: TxId) {
        let talking = self.sessions.get_mut(&id).and_then(Session::talking);
        let unacked = talking.and_then(|talking| talking.unacked.as_ref());
        if unacked.is_some_and(|unacked| unacked.first && unacked.tx == tx) {
            self.never_acknowledged(now, id);
        }
    }

    fn never_acknowledged(&mut self, now: Instant, id: SessionId) {
        let talking = self.sessions.get_mut(&id).and_then(Session::talking);
        let Some(talking) = talking else { return };
        talking.unacked = None;
        let reason = talking.hang_up.take();
        if reason.is_none() {
            let (session, how) = (id, Bye::NoAck);
            self.events.push_back(Event::Ended { session, how });
        }
        self.hang_up(now, id, reason.flatten());
    }

    pub(super) fn respond(&mut self, now: Instant, tx: TxId, status: u16, bytes: Vec<u8>) {
        self.transactions
            .respond(now, tx, Response { status, bytes });
    }
}

impl InDialog<'_> {
    /// As its transaction wants it.
    pub(super) fn arrival(&self, owner: Owner) -> Arrival {
        arrival(self.flow, self.request, self.key.clone(), owner)
    }
}

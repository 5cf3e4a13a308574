//! Calls of peers: from their INVITE to our final answer (RFC 3261 §13.3, §9.2).

use super::Endpoint;
use super::incoming::arrival;
use super::refresh::{allows_update, too_brief, written};
use super::reliable::wish_of;
use super::session::{Invited, Session, State, Talking, Unacked};
use super::transactions::Owner;
use super::write::{Refusal, SDP, cause_of, party, sdp_of};
use crate::sip::auth::Keyring;
use crate::sip::command::Rejection;
use crate::sip::dialog::reliable::Next;
use crate::sip::dialog::{Answer, Dialog, Provisionals, Seed, session_timer};
use crate::sip::header::{Cause, Contacts, Name, Syntax};
use crate::sip::message::{Builder, Fault, Message};
use crate::sip::transaction::{Response, ServerKey};
use crate::sip::uri::Uri;
use crate::sip::{Bye, Claims, Event, Flow, Invite, SessionId, Trail, Warning};
use std::time::{Duration, Instant};

/// How often a caller who waits is told that we are still there (RFC 3261 §13.3.1.1); and where each is
/// acknowledged (RFC 3262 §3).
const EVERY: Duration = Duration::from_secs(60);
const RARELY: Duration = Duration::from_secs(150);

/// A Warning that no number stands for (RFC 3261 §20.43).
const MISCELLANEOUS: u16 = 399;

impl Endpoint {
    pub(super) fn invite_received(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        // Before the digest: overload is answered early and cheaply.
        self.has_room()?;
        let user = self.authenticate(now, flow, request)?;
        let bad = |fault: Fault| Refusal::because(fault.status(), fault);
        let from = party(&request.from().map_err(bad)?);
        if user.as_ref().is_some_and(|user| *user != from.user) {
            return Err(Refusal::new(403));
        }
        let replaces = self.replaced(flow, user.as_deref(), request)?;
        too_brief(request, self.config.terms.session_timer)?;
        let called = called(request);
        let carrier = self.carrier_of_contact(&called);
        let called = match carrier {
            Some(_) => called_at_carrier(request),
            None => called,
        };
        // H25: our Contact is shown to those we call as well; so the host must be the carrier's.
        let carrier = carrier.filter(|peer| peer.hosts().contains(&flow.remote.ip()));
        let (peer, keyring) = match carrier {
            Some(peer) => (
                Some(peer.id),
                Keyring::new(peer.credentials.clone(), peer.hosts()),
            ),
            None => (None, Keyring::default()),
        };
        let trail = Trail::of(request);
        // RFC 7332 §4.2: although each leg is a call of its own.
        if trail.loops(self.marker, &called) {
            return Err(Refusal::new(482));
        }
        let trail = trail.and(self.marker, &self.random.hex(8), &called);
        let local_tag = self.random.hex(16);
        let dialog = Dialog::uas(seed(request, &local_tag).map_err(bad)?);
        let id = self.mint_session();
        let invite = Invite {
            session: id,
            flow,
            called,
            from,
            to: party(&request.to().map_err(bad)?),
            user: user.clone(),
            peer,
            claims: Claims::of(request),
            call_id: dialog.call_id.clone(),
            user_agent: request
                .user_agent()
                .map(|text| text.chars().take(128).collect()),
            max_forwards: request.max_forwards().map_err(bad)?,
            trail,
            replaces,
            offer: sdp_of(request),
            reliable: wish_of(request),
        };
        let trying = Response {
            status: 100,
            bytes: Builder::reply_to(request, 100, "", None).build(),
        };
        let arrival = arrival(flow, request, key, Owner::Invite(id));
        let tx = self.transactions.serve_invite(arrival, trying);
        let call_id = dialog.call_id.clone();
        let state = State::Invited(Box::new(Invited {
            tx,
            request: request.clone(),
            dialog,
            flow,
            provisionals: Provisionals::new(self.random.u32()),
            answer: None,
            said: None,
            again: (now + EVERY, Next::STILL_TRYING),
        }));
        self.tags.insert(local_tag.clone(), id);
        let mut session = Session::new(call_id, local_tag, state);
        session.user = user;
        session.keyring = keyring;
        session.terms = self.config.terms;
        self.sessions.insert(id, session);
        self.events.push_back(Event::Invited(Box::new(invite)));
        self.settle(id);
        Ok(())
    }

    pub(super) fn ring(&mut self, now: Instant, id: SessionId, status: u16, sdp: Option<&[u8]>) {
        let Some(invited) = self.invited(id) else {
            return;
        };
        let (tx, status) = (invited.tx, status.clamp(101, 199));
        let next = Next {
            status,
            sdp: sdp.map(<[u8]>::to_vec),
        };
        let again = match self.ring_reliably(now, id, &next) {
            // RFC 3262 §3: what is not lost need not be said so often; and its description is settled.
            true => (now + RARELY, Next { status, sdp: None }),
            false => {
                let response = self.accepting(id, status, sdp);
                self.send_response(now, tx, status, response);
                (now + EVERY, next)
            }
        };
        let session = self.sessions.get_mut(&id);
        if let Some(State::Invited(invited)) = session.map(|session| &mut session.state) {
            invited.again = again;
        }
        self.settle(id);
    }

    /// Proxies cancel a call of which they have heard nothing for three minutes (§13.3.1.1).
    pub(super) fn still_ringing(&mut self, now: Instant, id: SessionId) {
        let again = self.invited(id).map(|invited| &invited.again);
        if let Some((_, next)) = again.filter(|(due, _)| *due <= now).cloned() {
            self.ring(now, id, next.status, next.sdp.as_deref());
        }
    }

    pub(super) fn answer(&mut self, now: Instant, id: SessionId, sdp: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let (asked, ours) = (session.asked.is_some(), session.terms.session_timer);
        let State::Invited(invited) = &mut session.state else {
            return;
        };
        // RFC 3262 §3: not before the PRACK of a description.
        if asked || invited.provisionals.holds_2xx() {
            invited.answer = Some(sdp.to_vec());
            return;
        }
        // Offer and answer have been exchanged: what is in the 2xx would be ignored (RFC 3261
        // §13.2.1).
        let described = invited.provisionals.described();
        let agreed = session_timer::answer(&invited.request, ours).ok().flatten();
        let Some(response) = self.accepting(id, 200, Some(sdp).filter(|_| !described)) else {
            return;
        };
        let response = written(agreed, response);
        let (bytes, timing) = (response.build(), self.config.timing);
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match std::mem::replace(&mut session.state, State::Over) {
            State::Invited(invited) => {
                let cseq = invited.request.cseq().map_or(0, |(number, _)| number);
                let tx = invited.tx;
                session.state = State::Talking(Box::new(Talking {
                    unacked: Some(Unacked {
                        answer: Answer::new(now, bytes.clone(), cseq, timing),
                        tx,
                        late: sdp_of(&invited.request).is_none() && !described,
                        first: true,
                    }),
                    dialog: invited.dialog,
                    flow: invited.flow,
                    timer: agreed.map(|agreed| (agreed, agreed.start(now))),
                    updates: allows_update(&invited.request),
                    said: invited.said.unwrap_or_else(|| sdp.to_vec()),
                    prack: invited.provisionals.open(),
                    hang_up: None,
                }));
                self.transactions
                    .respond(now, tx, Response { status: 200, bytes });
            }
            state
            @ (State::Calling { .. } | State::Talking(_) | State::Ending(_) | State::Over) => {
                session.state = state;
            }
        }
        self.settle(id);
    }

    pub(super) fn reject(&mut self, now: Instant, id: SessionId, rejection: &Rejection) {
        // What is no refusal is our user's mistake, and the caller is told no more than that.
        let status = match rejection.status {
            300..700 => rejection.status,
            _ => 500,
        };
        let mut refusal = Refusal::new(status);
        if let Some(after) = rejection.retry_after {
            refusal = refusal.retry_after(after);
        }
        if let Some(text) = &rejection.text {
            refusal = match (status, self.invited(id)) {
                (488 | 606, Some(invited)) => {
                    let warning = Warning {
                        code: rejection.warning.unwrap_or(MISCELLANEOUS),
                        text: text.clone(),
                    };
                    refusal.with(Name::Warning, self.warned(invited.flow, &warning))
                }
                (_, _) => refusal.with(
                    Name::Reason,
                    Cause::new(rejection.cause.unwrap_or(status), text).to_string(),
                ),
            };
        }
        self.refuse_invited(now, id, &refusal);
    }

    /// The final refusal of a call that waits for our answer; the session is over.
    pub(super) fn refuse_invited(
        &mut self,
        now: Instant,
        id: SessionId,
        refusal: &Refusal,
    ) -> bool {
        let Some(invited) = self.invited(id) else {
            return false;
        };
        let tag = self
            .sessions
            .get(&id)
            .map_or("", |session| &session.local_tag);
        let bytes = self.refusal(&invited.request, refusal, tag);
        let (tx, status) = (invited.tx, refusal.status);
        self.transactions
            .respond(now, tx, Response { status, bytes });
        // An UPDATE or PRACK may wait, too.
        self.refuse_change(now, id, &Refusal::new(487));
        self.finish(id);
        true
    }

    /// RFC 3261 §9.2: the CANCEL has an answer of its own, whatever it finds.
    pub(super) fn cancel_received(
        &mut self,
        now: Instant,
        flow: Flow,
        cancel: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        let invite = ServerKey::cancelled_by(cancel);
        let Some(tx) = invite.and_then(|key| self.transactions.server(&key)) else {
            return Err(Refusal::new(481));
        };
        let session = match self.transactions.owner(tx) {
            Owner::Invite(session) => Some(session),
            Owner::None
            | Owner::Bye(_)
            | Owner::Within(_)
            | Owner::Register(_)
            | Owner::Options(_) => None,
        };
        let tag = session
            .and_then(|id| self.sessions.get(&id))
            .map(|s| s.local_tag.clone());
        let tag = tag.unwrap_or_else(|| self.random.hex(16));
        let ok = Builder::reply_to(cancel, 200, "", Some(&tag));
        self.respond_other(now, flow, cancel, key, ok, 200);
        // After a final response it has no effect.
        if let Some(session) = session.filter(|_| self.transactions.is_proceeding(tx)) {
            if self.refuse_invited(now, session, &Refusal::new(487)) {
                let how = Bye::Cancelled(cause_of(cancel));
                self.events.push_back(Event::Ended { session, how });
            } else {
                self.refuse_change(now, session, &Refusal::new(487));
            }
        }
        Ok(())
    }

    /// The state of a session that waits for our first answer.
    pub(super) fn invited(&self, id: SessionId) -> Option<&Invited> {
        match &self.sessions.get(&id)?.state {
            State::Invited(invited) => Some(invited),
            State::Calling { .. } | State::Talking(_) | State::Ending(_) | State::Over => None,
        }
    }

    /// A response of 101–299 to an INVITE not yet answered: it makes or confirms the dialog, so it
    /// has our Contact and the proxies that want to stay (§12.1.1).
    pub(super) fn accepting(
        &self,
        id: SessionId,
        status: u16,
        sdp: Option<&[u8]>,
    ) -> Option<Builder> {
        let invited = self.invited(id)?;
        let tag = &self.sessions.get(&id)?.local_tag;
        Some(self.accept_invite(&invited.request, invited.flow, status, tag, sdp))
    }

    pub(super) fn accept_invite(
        &self,
        request: &Message,
        flow: Flow,
        status: u16,
        tag: &str,
        sdp: Option<&[u8]>,
    ) -> Builder {
        let asked = request.request_uri().ok();
        let contact = self.contact(flow.listener, asked.as_ref());
        let builder = Builder::reply_to(request, status, "", Some(tag))
            .copy(request, Name::RecordRoute)
            .header(Name::Contact, contact)
            .header(Name::Allow, self.allow(flow.listener))
            .header(Name::Supported, self.supported(&self.config.terms))
            .header(Name::Server, &self.config.user_agent);
        match sdp {
            Some(sdp) => builder.body(SDP, sdp),
            None => builder,
        }
    }

    fn send_response(
        &mut self,
        now: Instant,
        tx: super::transactions::TxId,
        status: u16,
        response: Option<Builder>,
    ) {
        if let Some(bytes) = response.map(Builder::build) {
            self.transactions
                .respond(now, tx, Response { status, bytes });
        }
    }
}

fn seed(request: &Message, local_tag: &str) -> Result<Seed, Fault> {
    let contact = match contact_of(request)? {
        Some(contact) => contact,
        // A peer of RFC 2543 need not give one: it is called at its From (there §6.13).
        None if request.top_via()?.magic_branch().is_none() => request.from()?.uri,
        None => return Err(Fault::Missing(Name::Contact)),
    };
    let to = request.to()?;
    Ok(Seed {
        call_id: request.call_id()?.to_owned(),
        local: to.with_tag(local_tag),
        remote: request.from()?,
        cseq: request.cseq()?.0,
        record_routes: request.record_routes()?,
        target: contact,
    })
}

/// The peer's own address, if the message has one.
pub(super) fn contact_of(message: &Message) -> Result<Option<Uri>, Fault> {
    match message.contacts()? {
        Contacts::All => {
            let why = Syntax("a star in a dialog");
            Err(Fault::Invalid(Name::Contact, why))
        }
        Contacts::List(list) => Ok(list.into_iter().next().map(|address| address.uri)),
    }
}

/// The number called, where the Request-URI is the contact that we have registered: it is where
/// it was before a registrar put that in its place (RFC 7315 §4.2, RFC 3261 §8.2.2.1).
fn called_at_carrier(request: &Message) -> String {
    let named = request.address(Name::PCalledPartyId);
    let named = named.or_else(|_| request.to());
    let user = named
        .as_ref()
        .ok()
        .and_then(|named| named.uri.user_unescaped());
    user.unwrap_or_default().into_owned()
}

pub(super) fn called(request: &Message) -> String {
    let uri = request.request_uri().ok();
    let user = uri.as_ref().and_then(Uri::user_unescaped);
    user.unwrap_or_default().into_owned()
}

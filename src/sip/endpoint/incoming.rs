//! What comes in, and who deals with it: the checks of RFC 3261 §8.2 in their order.

use super::Endpoint;
use super::refer::bad_event;
use super::registration::REGISTERING;
use super::route::reply_flow;
use super::transactions::{Arrival, Owner, Told};
use super::write::{EXTENSIONS, Refusal, SDP};
use crate::sip::auth::{Verdict, Verifier};
use crate::sip::guard::{Offence, Source};
use crate::sip::header::Name;
use crate::sip::message::{Builder, Fault, Malformed, Message, Method};
use crate::sip::transaction::{ClientKey, MergeKey, Response, ServerKey};
use crate::sip::uri::Scheme;
use crate::sip::{Flow, ListenerId, Transport, stun};
use std::time::Instant;

impl Endpoint {
    pub(super) fn received(&mut self, now: Instant, flow: Flow, bytes: Vec<u8>) {
        if self.listener(flow.listener).is_none() {
            return self.counters.garbage += 1;
        }
        if !self.is_heard(now, flow, &bytes) {
            return;
        }
        if flow.transport == Transport::Udp && stun::is_stun(&bytes) {
            return self.keep_alive(flow, &bytes);
        }
        let mut message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(malformed) => return self.malformed(now, flow, &malformed),
        };
        if !message.is_request() {
            self.counters.responses += 1;
            return self.response_received(now, flow, &message);
        }
        self.counters.requests += 1;
        if self.is_from_scanner(&message) {
            return;
        }
        // RFC 3261 §20.14: without it nobody knows where the next message begins. What the
        // framing could not cut off is answered and not served.
        if flow.transport.is_stream() && message.header(Name::ContentLength).is_none() {
            let malformed = Malformed {
                fault: Fault::Missing(Name::ContentLength),
                message: Some(Box::new(message)),
            };
            return self.malformed(now, flow, &malformed);
        }
        match (message.note_source(flow.remote), ServerKey::of(&message)) {
            (Ok(()), Some(key)) => self.request_received(now, flow, &message, key),
            (Ok(()) | Err(_), _) => self.counters.garbage += 1,
        }
    }

    /// Tells a phone how it is seen (RFC 5626 §3.5.2): one that is registered by that way. To any
    /// other the answer must not be longer than the question (H29).
    fn keep_alive(&mut self, flow: Flow, bytes: &[u8]) {
        let known = self.registrar.knows(flow);
        let answer = stun::answer(bytes, flow.remote);
        match answer.filter(|answer| known || answer.len() <= bytes.len()) {
            Some(answer) => self.transactions.send_once(flow, answer),
            None => self.counters.garbage += 1,
        }
    }

    /// 400 and the like, once, without anything being kept; or silence.
    fn malformed(&mut self, now: Instant, flow: Flow, malformed: &Malformed) {
        if malformed.is_keep_alive() {
            return;
        }
        if flow.transport.is_reliable() {
            self.struck(now, flow, Offence::Malformed);
        }
        let Some(mut request) = malformed.answerable().cloned() else {
            return self.counters.garbage += 1;
        };
        let refusal = Refusal::because(malformed.status(), malformed.reason());
        // A topmost Via that cannot be read is copied as it is.
        let _ = request.note_source(flow.remote);
        self.refuse(flow, &request, &refusal);
    }

    fn request_received(&mut self, now: Instant, flow: Flow, request: &Message, key: ServerKey) {
        self.note_dialog(now, flow, request);
        let known = self.transactions.server(&key);
        if *request.method() == Method::Ack {
            let told = known.map(|tx| self.transactions.acknowledged(now, tx));
            let passed = told.is_none_or(|notice| {
                notice.is_some_and(|notice| notice.told == Some(Told::PassAck))
            });
            if passed {
                self.ack_received(now, request);
            }
            return;
        }
        if let Some(tx) = known {
            self.counters.repeated += 1;
            return self.transactions.repeated(now, tx);
        }
        if let Err(refusal) = self.serve(now, flow, request, key) {
            self.refuse(flow, request, &refusal);
        }
    }

    fn serve(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        if *request.method() == Method::Cancel {
            return self.cancel_received(now, flow, request, key);
        }
        let in_dialog = request.to().is_ok_and(|to| to.tag().is_some());
        let method = request.method();
        // H5: whoever has not said who they are learns nothing but what OPTIONS tells. REGISTER and
        // INVITE see to it themselves.
        let open = [Method::Options, Method::Register, Method::Invite];
        if !in_dialog && !open.contains(method) {
            self.authenticate(now, flow, request)?;
        }
        self.inspect(request, flow)?;
        if *method == Method::Register {
            self.register_received(now, flow, request, key)
        } else if in_dialog {
            self.request_in_dialog(now, flow, request, key)
        } else if *method == Method::Invite {
            self.is_invited(now, flow, request)?;
            self.invite_received(now, flow, request, key)
        } else if *method == Method::Options {
            self.options_received(flow, request)
        } else if *method == Method::Subscribe {
            Err(bad_event())
        } else if *method == Method::Refer {
            // Nobody is called because a stranger says so.
            Err(Refusal::new(403))
        } else {
            // BYE and INFO make no sense without a dialog.
            Err(Refusal::new(481))
        }
    }

    fn response_received(&mut self, now: Instant, flow: Flow, response: &Message) {
        let status = response.status().unwrap_or_default();
        let key = ClientKey::of(response);
        let Some(tx) = key.as_ref().and_then(|key| self.transactions.client(key)) else {
            let late = key.is_some_and(|key| self.late_2xx(now, flow, response, key.branch()));
            if !late {
                self.counters.stray_responses += 1;
            }
            return;
        };
        self.transactions.heard_on(tx, flow);
        let owner = self.transactions.owner(tx);
        let challenge = matches!(status, 401 | 407);
        let sent = challenge.then(|| self.transactions.sent(tx)).flatten();
        let head = match owner {
            Owner::Invite(session) if status >= 300 => self.fork_head(session, tx),
            Owner::Within(session) if status >= 300 => self.within_head(session, tx),
            Owner::None
            | Owner::Invite(_)
            | Owner::Bye(_)
            | Owner::Within(_)
            | Owner::Register(_)
            | Owner::Options(_) => None,
        };
        let ack = || head.map(|head| head.ack(response)).unwrap_or_default();
        let Some(notice) = self.transactions.response(now, tx, status, ack) else {
            return self.counters.repeated += 1;
        };
        if let Some(sent) = sent.filter(|_| notice.told == Some(Told::Deliver))
            && self.challenged(now, tx, &sent, flow, response)
        {
            return;
        }
        match owner {
            Owner::Invite(session) if notice.told == Some(Told::Deliver) => {
                self.invite_response(now, session, tx, flow, response);
                self.settle(session);
            }
            Owner::Within(session) if notice.told == Some(Told::Deliver) => {
                self.within_response(now, session, tx, flow, response);
                if notice.over {
                    self.notice(now, notice);
                }
                self.settle(session);
            }
            Owner::Bye(session) if status >= 200 => {
                self.bye_answered(session);
                self.settle(session);
            }
            Owner::Register(carrier) if status >= 200 => {
                self.register_answered(now, carrier, flow, response, None);
            }
            Owner::Options(carrier) if status >= 200 => {
                self.options_answered(now, carrier, status);
            }
            Owner::None
            | Owner::Invite(_)
            | Owner::Bye(_)
            | Owner::Within(_)
            | Owner::Register(_)
            | Owner::Options(_) => self.notice(now, notice),
        }
    }

    /// What is wrong with a request whatever it is about.
    fn inspect(&self, request: &Message, flow: Flow) -> Result<(), Refusal> {
        let (method, listener) = (request.method(), flow.listener);
        // §8.2.1, §21.5.2: 405 for a method that we know and do not serve, 501 for any other.
        if !self.serves(method, listener) {
            // RFC 6665 §4.1.3: we have subscribed to nothing.
            if *method == Method::Notify {
                return Err(Refusal::new(481));
            }
            let status = if method.is_known() { 405 } else { 501 };
            return Err(Refusal::new(status).with(Name::Allow, self.allow(listener)));
        }
        // §8.2.2.1: `tel` is what some trunks write for a number. `sips` promises that the whole way
        // is encrypted (§26.2.2): where it is not, it is refused.
        match request.request_uri().map(|uri| uri.scheme) {
            Ok(Scheme::Sip | Scheme::Tel) => {}
            Ok(Scheme::Sips) if flow.transport.is_secure() => {}
            Ok(Scheme::Sips | Scheme::Other(_)) => return Err(Refusal::new(416)),
            Err(fault) => return Err(Refusal::because(fault.status(), fault)),
        }
        // §16.3: only a new call may go on from here; whatever else has arrived.
        let in_dialog = request.to().is_ok_and(|to| to.tag().is_some());
        let goes_on = *method == Method::Invite && !in_dialog;
        if goes_on && request.max_forwards() == Ok(0) {
            return Err(Refusal::new(483));
        }
        // §8.2.2.2
        if MergeKey::of(request).is_some_and(|key| self.transactions.is_merged(&key)) {
            return Err(Refusal::new(482));
        }
        // §8.2.2.3
        let registering = REGISTERING.iter().filter(|_| *method == Method::Register);
        let ours: Vec<_> = EXTENSIONS.iter().chain(registering).collect();
        let understood = |option: &&str| ours.iter().any(|one| one.eq_ignore_ascii_case(option));
        let required = request.require().filter(|option| !understood(option));
        let required: Vec<_> = required.take(8).collect();
        if !required.is_empty() {
            return Err(Refusal::new(420).with(Name::Unsupported, required.join(", ")));
        }
        // §8.2.3
        let encoding = request.header(Name::ContentEncoding);
        let plain = encoding.is_none_or(|name| name.eq_ignore_ascii_case("identity"));
        if *method == Method::Invite && !(plain && request.is_understood_by(SDP)) {
            return Err(Refusal::new(415).with(Name::Accept, SDP));
        }
        // §21.4.7: our answer would be SDP.
        if *method == Method::Invite && !request.accepts(SDP) {
            return Err(self.not_acceptable(listener));
        }
        let room = match in_dialog {
            true => self.config.max_transactions.saturating_mul(2),
            false => self.config.max_transactions,
        };
        if self.transactions.len() >= room {
            return Err(self.overload());
        }
        Ok(())
    }

    fn not_acceptable(&self, listener: ListenerId) -> Refusal {
        let agent = self.listener(listener).map(|own| own.advertised);
        let agent = agent.map_or_else(String::new, |address| address.to_string());
        let warning = format!("399 {agent} \"Answers are application/sdp\"");
        Refusal::new(406).with(Name::Warning, warning)
    }

    pub(super) fn overload(&self) -> Refusal {
        Refusal::new(503).retry_after(self.config.retry_after)
    }

    /// Whether a new call would be taken; OPTIONS asks the same (§11.2).
    pub(super) fn has_room(&self) -> Result<(), Refusal> {
        if self.draining || self.sessions.len() >= self.config.max_sessions {
            return Err(self.overload());
        }
        Ok(())
    }

    fn options_received(&mut self, flow: Flow, request: &Message) -> Result<(), Refusal> {
        self.has_room()?;
        let tag = self.stateless_tag(request);
        let answer = match self.asker.is_stranger() {
            // That somebody is there, and no more.
            true => Builder::reply_to(request, 200, "", Some(&tag)).build_brief(true),
            false => self.capabilities(flow, request, &tag).build(),
        };
        self.reply_once(flow, request, answer);
        Ok(())
    }

    /// What an OPTIONS is told (§11.2).
    pub(super) fn capabilities(&self, flow: Flow, request: &Message, tag: &str) -> Builder {
        Builder::reply_to(request, 200, "", Some(tag))
            .header(Name::Allow, self.allow(flow.listener))
            .header(Name::Accept, SDP)
            .header(Name::Supported, self.supported(&self.config.terms))
    }

    /// Who asks, on a listener that wants to know; `None` on another.
    pub(super) fn authenticate(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
    ) -> Result<Option<String>, Refusal> {
        let digest = self
            .listener(flow.listener)
            .and_then(|listener| listener.digest.clone());
        let Some(digest) = digest else {
            return Ok(None);
        };
        let random = &mut self.random;
        let verifier = self
            .verifiers
            .entry(digest)
            .or_insert_with_key(|digest| Verifier::new(now, digest, random.fork()));
        let users = &self.users;
        let password = |user: &str| users.get(user).map(String::as_str);
        let source = Source::of(flow.remote.ip());
        match verifier.verify(now, request, password) {
            Verdict::Passed { user } => {
                self.is_known(now, flow, self.config.max_expires);
                Ok(Some(user))
            }
            Verdict::Challenge { stale } => {
                let challenges = verifier.challenges(now, source, stale).into_iter();
                Err(challenges.fold(Refusal::new(401), |refusal, challenge| {
                    refusal.with(Name::WwwAuthenticate, challenge)
                }))
            }
            Verdict::Wrong => {
                if flow.transport.is_reliable() || verifier.was_asked(request, source) {
                    self.struck(now, flow, Offence::Credentials);
                }
                Err(Refusal::new(403))
            }
            Verdict::Broken(why) => Err(Refusal::because(400, format!("Bad Authorization: {why}"))),
        }
    }

    /// Answers a request other than INVITE through a transaction: its repetitions change nothing.
    pub(super) fn respond_other(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        key: ServerKey,
        response: Builder,
        status: u16,
    ) {
        let arrival = arrival(flow, request, key, Owner::None);
        let tx = self.transactions.serve_other(arrival);
        let bytes = response.build();
        self.transactions
            .respond(now, tx, Response { status, bytes });
    }
}

/// A request as its transaction wants it.
pub(super) fn arrival(flow: Flow, request: &Message, key: ServerKey, owner: Owner) -> Arrival {
    let (flow, fallback) = reply_flow(request, flow);
    Arrival {
        key,
        merge: MergeKey::of(request),
        flow,
        fallback,
        owner,
    }
}

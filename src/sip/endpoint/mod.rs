//! The endpoint: all that SIP needs between sockets and the switch, as one value.
//!
//! ```text
//!   Received ─▶ incoming ─┬─ repeated? ─▶ transactions ──▶ Transmit
//!                         ├─ INVITE ────▶ uas ───────────▶ Event
//!                         ├─ in dialog ─▶ in_dialog ─────▶ Event
//!                         ├─ REGISTER ──▶ registration ──▶ Event
//!                         └─ response ──▶ uac ───────────▶ Event
//!   Command, invite ─────▶ uas, uac, in_dialog ──▶ transactions
//!   Command::Peers ──────▶ peers ──REGISTER, OPTIONS ──▶ transactions
//! ```
//!
//! Strangers are answered without a transaction (RFC 3261 §8.2.7): nothing is kept for them and
//! no answer is repeated unasked. Who has passed admission gets the full machines.
//!
//! Deliberately absent: calls of ours without an offer, since our user always has one; look-up of names
//! (asked of the user by `Sought`), a change to TCP for large requests in a dialog (§18.1.1), which stay
//! on its flow.

mod challenge;
mod change;
mod config;
mod effect;
mod flows;
mod in_dialog;
mod incoming;
mod info;
mod invite;
mod peers;
mod refer;
mod refresh;
mod registration;
mod reliable;
mod requests;
mod route;
mod session;
mod stranger;
mod transactions;
mod uac;
mod uas;
mod write;

pub use config::{Config, Counters, Listener, MAX_FORWARDS, Outbound, Path, Paths, Target};

use super::auth::{Digest, Verifier};
use super::guard::Guard;
use super::register::{Limits, Registrar};
use super::timers::Timers;
use super::trail::Marker;
use super::{Command, Event, Flow, Input, SessionId, Transmit};
use crate::random::Random;
use peers::{Carrier, CarrierId};
use session::{Fork, Session, State};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::time::Instant;
use stranger::Asker;
use transactions::{Notice, Owner, Transactions};

/// A SIP user agent on several listeners, with a registrar.
///
/// Bytes, wishes and the time go in; bytes, events and a deadline come out. The driver calls
/// `poll_transmit` and `poll_event` until both are empty after whatever it puts in.
pub struct Endpoint {
    config: Config,
    random: Random,
    /// One for each way of asking.
    verifiers: BTreeMap<Digest, Verifier>,
    /// Who may authenticate, and the passwords.
    users: BTreeMap<String, String>,
    registrar: Registrar,
    transactions: Transactions,
    sessions: BTreeMap<SessionId, Session>,
    /// Our tags: each belongs to one session.
    tags: HashMap<String, SessionId>,
    /// The deadline of each session.
    timers: Timers<SessionId>,
    events: VecDeque<Event>,
    counters: Counters,
    /// Those we register with or watch.
    carriers: BTreeMap<CarrierId, Carrier>,
    /// The deadline of each carrier.
    carrier_timers: Timers<CarrierId>,
    next_carrier: u32,
    guard: Guard,
    /// Who has sent the message at hand.
    asker: Asker,
    /// When we were last told the time.
    heard_at: Option<Instant>,
    /// New calls of peers are refused.
    draining: bool,
    next_session: u64,
    /// Makes the tags of answers that nothing is kept of.
    secret: u64,
    /// Knows the calls that have come through us before.
    marker: Marker,
}

impl Endpoint {
    /// An endpoint that knows nobody yet.
    pub fn new(config: Config, mut random: Random) -> Self {
        let addresses = |listener: &Listener| [listener.local, listener.advertised];
        let limits = Limits {
            contacts: config.max_contacts,
            contacts_per_user: config.max_contacts_per_user,
            min_expires: config.min_expires,
            max_expires: config.max_expires,
            ours: config.listeners.iter().flat_map(addresses).collect(),
        };
        Self {
            verifiers: BTreeMap::new(),
            users: BTreeMap::new(),
            registrar: Registrar::new(limits),
            transactions: Transactions::new(config.timing, config.listeners.clone()),
            sessions: BTreeMap::new(),
            tags: HashMap::new(),
            timers: Timers::default(),
            events: VecDeque::new(),
            counters: Counters::default(),
            carriers: BTreeMap::new(),
            carrier_timers: Timers::default(),
            next_carrier: 0,
            guard: Guard::new(config.guard),
            asker: Asker::NOBODY,
            heard_at: None,
            draining: false,
            next_session: 0,
            secret: random.u64(),
            marker: Marker([random.u64(), random.u64()]),
            config,
            random,
        }
    }

    /// Something has come from the network, or a deadline may have passed.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.heard_at = Some(now);
        match input {
            Input::Received { flow, bytes } => self.received(now, flow, bytes),
            Input::Closed { flow } => self.closed(now, flow),
            Input::Refused { flow, quoted } => {
                if let Some(notice) = self.transactions.refused(now, flow, &quoted) {
                    self.notice(now, notice);
                }
            }
            Input::Timeout => self.timeout(now),
        }
        self.asker = Asker::NOBODY;
    }

    /// A wish about a session; without effect on one that is over.
    pub fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::AnswerRefer { session, status } => self.answer_refer(now, session, status),
            Command::TellRefer { session, status } => self.tell_refer(now, session, status),
            Command::Terms { session, terms } => {
                if let Some(session) = self.sessions.get_mut(&session) {
                    session.terms = terms;
                }
            }
            Command::Key {
                session,
                digit,
                duration,
            } => self.key_pressed(now, session, digit, duration),
            Command::Found { seeker, hops } => self.transactions.found(seeker, &hops),
            Command::Change { session, sdp } => self.change(now, session, sdp),
            Command::Ring {
                session,
                status,
                sdp,
            } => self.ring(now, session, status, sdp.as_deref()),
            Command::Answer { session, sdp } => self.answer(now, session, &sdp),
            Command::Reject { session, rejection } => self.reject(now, session, &rejection),
            Command::End { session, reason } => self.end(now, session, reason),
            Command::AnswerChange { session, sdp } => self.answer_change(now, session, &sdp),
            Command::RejectChange {
                session,
                status,
                warning,
            } => self.reject_change(now, session, status, warning),
            Command::Users(users) => self.set_users(users),
            Command::Peers(peers) => self.set_peers(now, peers),
            Command::Trust(networks) => self.guard.trust(networks),
            Command::Drain(draining) => self.drain(now, draining),
        }
    }

    /// Calls somebody. What becomes of it comes as events of the session, also if it fails at
    /// once.
    pub fn invite(&mut self, now: Instant, outbound: Outbound) -> SessionId {
        self.heard_at = Some(now);
        self.call(now, outbound)
    }

    /// The next bytes for the network.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let transmit = self.transactions.poll_transmit()?;
        self.counters.sent += 1;
        self.note_asked(transmit.flow, &transmit.bytes);
        Some(transmit)
    }

    /// The next thing that has happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call with [`Input::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let all = [
            self.transactions.poll_timeout(),
            self.timers.next(),
            self.registrar.poll_timeout(),
            self.carrier_timers.next(),
        ];
        all.into_iter().flatten().min()
    }

    /// What is held and has been seen.
    pub fn counters(&self) -> Counters {
        Counters {
            sessions: self.sessions.len(),
            transactions: self.transactions.len(),
            contacts: self.registrar.len(),
            ..self.counters
        }
    }

    /// Whether nothing of any call is left: no transaction, no dialog, no timer. Registrations
    /// may be.
    pub fn is_idle(&self) -> bool {
        self.transactions.len() == 0 && self.sessions.is_empty()
    }

    /// The Call-ID of a session, for logs and records.
    pub fn call_id(&self, session: SessionId) -> Option<&str> {
        self.sessions
            .get(&session)
            .map(|session| session.call_id.as_str())
    }

    /// Whether any response to our INVITE has come, be it 100.
    pub fn is_reached(&self, session: SessionId) -> bool {
        let session = self.sessions.get(&session);
        session.is_some_and(|session| session.forks.iter().any(|fork| fork.rung))
    }

    /// Whether a phone of the user is registered.
    pub fn registered(&self, user: &str) -> bool {
        !self.registrar.contacts_of(user).is_empty()
    }

    /// The invariants: what must hold after every input. Costs time: for tests.
    pub fn check(&self) {
        self.transactions.check();
        self.registrar.check();
        self.timers.check();
        self.check_carriers();
        self.guard.check();
        debug_assert_eq!(
            self.tags.len(),
            self.sessions.len(),
            "each session has its tag"
        );
        for (id, session) in &self.sessions {
            debug_assert_eq!(self.tags.get(&session.local_tag), Some(id));
            debug_assert!(
                !self.is_done(session),
                "session {id} is over and still here"
            );
            if let State::Invited(invited) = &session.state {
                debug_assert!(
                    self.transactions.is_proceeding(invited.tx),
                    "answered twice"
                );
            }
        }
    }

    fn timeout(&mut self, now: Instant) {
        while let Some(notice) = self.transactions.timeout(now) {
            if let Some(notice) = notice {
                self.notice(now, notice);
            }
        }
        while let Some(session) = self.timers.pop(now) {
            self.session_timeout(now, session);
            self.settle(session);
        }
        let mut changes = vec![];
        self.registrar.expire(now, &mut changes);
        self.tell_changes(changes);
        self.carriers_timeout(now);
    }

    fn closed(&mut self, now: Instant, flow: Flow) {
        for notice in self.transactions.closed(now, flow) {
            self.notice(now, notice);
        }
        let on_it = self
            .sessions
            .iter()
            .filter(|(_, session)| session.is_on(flow));
        for id in on_it.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.session_closed(id, flow);
            self.settle(id);
        }
        let mut changes = vec![];
        self.registrar.closed(flow, &mut changes);
        self.tell_changes(changes);
        self.carriers_closed(now, flow);
    }

    /// What a transaction tells without a message at hand.
    fn notice(&mut self, now: Instant, notice: Notice) {
        match notice.owner {
            Owner::None => {}
            Owner::Register(carrier) | Owner::Options(carrier) => {
                self.carrier_notice(now, carrier, notice);
            }
            Owner::Invite(session) => {
                self.invite_notice(now, session, notice);
                self.settle(session);
            }
            Owner::Within(session) => {
                self.within_notice(now, session, notice);
                self.settle(session);
            }
            Owner::Bye(session) => {
                if notice.over {
                    self.bye_answered(session);
                }
                self.settle(session);
            }
        }
    }

    /// Sets the session's deadline anew, and forgets it if it is done.
    fn settle(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.tidy();
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        if !self.is_done(session) {
            return self.timers.set(id, session.poll_timeout());
        }
        self.timers.set(id, None);
        if let Some(session) = self.sessions.remove(&id) {
            self.tags.remove(&session.local_tag);
        }
    }

    /// The session is over for its user.
    fn finish(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.state = State::Over;
        }
        self.settle(id);
    }

    /// Whether nothing can come to the session any more.
    fn is_done(&self, session: &Session) -> bool {
        let is_open = |fork: &Fork| !fork.finished && self.transactions.contains(fork.tx);
        matches!(session.state, State::Over)
            && session.linger.is_none()
            && session.referral.is_none()
            && !session.forks.iter().any(is_open)
            && !session
                .sent
                .iter()
                .any(|sent| sent.is_invite() && self.transactions.contains(sent.tx))
    }

    fn mint_session(&mut self) -> SessionId {
        self.next_session += 1;
        SessionId(self.next_session)
    }
}

/// Without passwords and numbers.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint with {:?}", self.counters())
    }
}

#[cfg(test)]
mod tests;

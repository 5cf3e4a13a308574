//! A registration of ours with a carrier (RFC 3261 §10.2): the client's side of REGISTER.
//!
//! ```text
//!            ┌───────────── refresh due, flow lost ─────────────┐
//!            ▼                                                  │
//!   start ▶ Asking ──2xx──────────────────────────────────▶ Registered
//!           ▲ │ │ 423: a longer time, next hop after 5xx, 408,  │ withdraw
//!           │ │ └── no transport ──▶ Asking                     ▼
//!           │ │ no hop left: back-off; any other refusal:    Leaving ──answer or none──▶ Gone
//!           │ ▼ a long pause                                 (Expires 0)
//!          Waiting ──withdraw, nothing registered──▶ Gone
//! ```
//!
//! Challenges are not seen here: the endpoint answers them, and this machine is told the outcome.
//! What is registered stays so until it expires, even while the registrar does not answer; that it
//! is lost is told when it is.
//!
//! Deliberately absent: several flows at once and keep-alives of our own (RFC 5626 §4.2, §4.4): TCP itself
//! finds a lost connection within two minutes, and the health checks of a carrier keep a way over UDP
//! open. Path and GRUU, third-party registrations, the removal of what a former life of this process has
//! registered.

use super::PeerState;
use super::header::{Address, Contacts, Name};
use super::message::{Message, Start};
use crate::random::Random;
use std::time::{Duration, Instant};

/// RFC 5626 §4.5: the first wait after all hops have failed; it doubles with each further round.
const BACK_OFF: Duration = Duration::from_secs(30);

/// RFC 5626 §4.5: the longest wait between two rounds.
const LONGEST_WAIT: Duration = Duration::from_secs(1800);

/// The wait after a refusal that a repetition will not change, as 403: some carriers lock those
/// out who ask on.
const REFUSED_WAIT: Duration = Duration::from_secs(1200);

/// A Retry-After beyond that is a mistake.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The longest time we can be made to ask for: a day.
const MAX_EXPIRES: u32 = 86_400;

/// A shorter grant counts as that: whoever grants a second is not asked every second (H15).
const MIN_GRANT: u32 = 10;

/// A flow that is lost so soon is no reason to hurry for another.
const STEADY: Duration = Duration::from_secs(30);

/// One registration, kept alive.
#[derive(Debug)]
pub struct Enrolment {
    /// The user part of our Contact, by which calls of this registration are known.
    contact: String,
    /// What is asked for, in seconds.
    expires: u32,
    /// The places of the registrar.
    hops: usize,
    /// The one in use.
    hop: usize,
    /// Hops that have failed in this round.
    failed: usize,
    /// Rounds in a row that have failed.
    rounds: u32,
    /// The longest Retry-After of this round.
    retry_after: Duration,
    /// Whether the time has been raised in this round.
    raised: bool,
    state: State,
    /// Until when we are registered, if nothing more succeeds.
    valid: Option<Instant>,
    /// The last failure.
    failure: (u16, String),
    /// What has been told last.
    told: Option<PeerState>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Asking {
        /// What is registered then is to be taken back.
        leaving: bool,
    },
    Registered {
        since: Instant,
        refresh: Instant,
    },
    Waiting {
        until: Instant,
    },
    Leaving,
    Gone,
}

/// What happens to a registration.
#[derive(Debug)]
pub enum Event<'a> {
    /// The final response to what was asked, and why its challenge was not answered, if it is one.
    Answered(&'a Message, Option<&'static str>),
    /// There was none: 408, or 503 where the hop could not be reached.
    Failed(u16),
    /// The connection that calls would come by is gone.
    FlowLost,
    /// The deadline may have passed.
    Timeout,
    /// The registrar is now found at so many places, and the one in use is this one of them.
    Moved(usize, Option<usize>),
    /// To be taken back.
    Withdraw,
    /// To be made again after that.
    Resume,
}

/// What a registration wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// A REGISTER to one of the hops; 0 takes it back.
    Ask {
        /// Which hop.
        hop: usize,
        /// For how long, in seconds.
        expires: u32,
    },
    /// News for the user.
    Tell(PeerState),
}

impl Enrolment {
    /// Asks at once, at the first of so many hops, for so long.
    pub fn new(
        now: Instant,
        expires: Duration,
        hops: usize,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) -> Self {
        let seconds = u32::try_from(expires.as_secs()).unwrap_or(MAX_EXPIRES);
        let mut enrolment = Self {
            // 80 bits: nobody hits upon it.
            contact: random.hex(20),
            expires: seconds.clamp(MIN_GRANT, MAX_EXPIRES),
            hops,
            hop: 0,
            failed: 0,
            rounds: 0,
            retry_after: Duration::ZERO,
            raised: false,
            state: State::Gone,
            valid: None,
            failure: (408, String::new()),
            told: None,
        };
        enrolment.new_round(now, random, out);
        enrolment
    }

    /// The user part of the Contact that is registered.
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// Whether it is over for good.
    pub fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    /// The place in use.
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: &Event<'_>,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        match event {
            Event::Answered(response, why) => self.answered(now, response, *why, random, out),
            Event::Failed(status) => {
                let reason = if *status == 408 {
                    "No Answer"
                } else {
                    "Unreachable"
                };
                self.failed(now, *status, reason, random, out);
            }
            Event::FlowLost => self.flow_lost(now, random, out),
            Event::Timeout => self.timeout(now, random, out),
            Event::Moved(hops, kept) => self.moved(now, *hops, *kept, random, out),
            Event::Withdraw => self.withdraw(out),
            Event::Resume => match self.state {
                State::Gone => self.new_round(now, random, out),
                State::Asking { .. } => self.state = State::Asking { leaving: false },
                // The answer to the removal is awaited; then it begins anew.
                State::Leaving => {
                    self.state = State::Waiting {
                        until: now + STEADY,
                    }
                }
                State::Registered { .. } | State::Waiting { .. } => {}
            },
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = match self.state {
            State::Registered { refresh, .. } => Some(refresh),
            State::Waiting { until } => Some(until),
            State::Asking { .. } => None,
            State::Leaving | State::Gone => return None,
        };
        [own, self.valid].into_iter().flatten().min()
    }

    fn answered(
        &mut self,
        now: Instant,
        response: &Message,
        why: Option<&str>,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        let leaving = match self.state {
            State::Asking { leaving } => leaving,
            State::Leaving => return self.state = State::Gone,
            State::Registered { .. } | State::Waiting { .. } | State::Gone => return,
        };
        let (status, reason) = match response.start() {
            Start::Response { status, reason } => (status, reason),
            Start::Request { .. } => return,
        };
        let reason = why.unwrap_or(reason);
        let reason: String = reason.chars().take(128).collect();
        if leaving {
            // §10.2: only now, as one REGISTER must be answered before the next is sent.
            self.state = State::Gone;
            if (200..300).contains(&status) {
                self.ask_for_nothing(out);
            }
            return;
        }
        self.note_retry_after(response);
        match status {
            200..300 => self.succeeded(now, response, random, out),
            423 => match response
                .header(Name::MinExpires)
                .and_then(|t| t.trim().parse().ok())
            {
                // §10.2.8
                Some(least) if !self.raised && least > self.expires && least <= MAX_EXPIRES => {
                    (self.raised, self.expires) = (true, least);
                    self.ask(out);
                }
                Some(_) | None => self.refused(now, status, reason, random, out),
            },
            // RFC 3263 §4.3: another server may do better.
            408 | 500..600 => self.failed(now, status, &reason, random, out),
            _ => self.refused(now, status, reason, random, out),
        }
    }

    fn succeeded(
        &mut self,
        now: Instant,
        response: &Message,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        let granted = self.granted(response);
        if granted == 0 {
            let reason = "Registered for No Time".to_owned();
            return self.refused(now, 200, reason, random, out);
        }
        let granted = Duration::from_secs(u64::from(granted.clamp(MIN_GRANT, MAX_EXPIRES)));
        // Half to three quarters of it: before it expires, every hop can be tried.
        let refresh = now + granted / 2 + jitter(granted / 4, random);
        self.state = State::Registered {
            since: now,
            refresh,
        };
        self.valid = Some(now + granted);
        (self.failed, self.rounds) = (0, 0);
        (self.raised, self.retry_after) = (false, Duration::ZERO);
        let routes = response.list(Name::ServiceRoute).take(8);
        let service_route: Vec<_> = routes.map(str::to_owned).collect();
        let known = match &self.told {
            Some(PeerState::Registered {
                service_route: known,
                ..
            }) => *known == service_route,
            Some(
                PeerState::Unregistered { .. } | PeerState::Up { .. } | PeerState::Down { .. },
            )
            | None => false,
        };
        if !known {
            let expires = granted;
            self.tell(
                PeerState::Registered {
                    expires,
                    service_route,
                },
                out,
            );
        }
    }

    /// What the 200 says of our contact (§10.2.4): other phones may be registered as well. It is
    /// known by its user part, since a registrar may show the address that it sees.
    fn granted(&self, response: &Message) -> u32 {
        let is_ours =
            |contact: &Address| contact.uri.user_unescaped().as_deref() == Some(&self.contact);
        let listed = match response.contacts() {
            Ok(Contacts::List(list)) => list.into_iter().find(is_ours),
            Ok(Contacts::All) | Err(_) => None,
        };
        let own = listed.and_then(|contact| contact.expires());
        own.or_else(|| response.expires()).unwrap_or(self.expires)
    }

    /// This hop is of no use now.
    fn failed(
        &mut self,
        now: Instant,
        status: u16,
        reason: &str,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        match self.state {
            State::Asking { leaving: false } => {}
            State::Asking { leaving: true } | State::Leaving => return self.state = State::Gone,
            State::Registered { .. } | State::Waiting { .. } | State::Gone => return,
        }
        self.failure = (status, reason.to_owned());
        self.failed += 1;
        if self.failed < self.hops {
            self.hop = (self.hop + 1) % self.hops;
            return self.ask(out);
        }
        self.round_failed(now, random);
        if self.valid.is_none() {
            self.tell_lost(out);
        }
    }

    /// It has been decided: to ask again soon would not help.
    fn refused(
        &mut self,
        now: Instant,
        status: u16,
        reason: String,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        self.failure = (status, reason);
        self.valid = None;
        self.wait(now, REFUSED_WAIT, random);
        self.tell_lost(out);
    }

    fn flow_lost(&mut self, now: Instant, random: &mut Random, out: &mut Vec<Effect>) {
        let State::Registered { since, .. } = self.state else {
            return;
        };
        // Nobody can reach us until it is made again.
        self.valid = None;
        self.failure = (503, "Connection Lost".to_owned());
        if now.saturating_duration_since(since) >= STEADY {
            return self.ask(out);
        }
        self.round_failed(now, random);
        self.tell_lost(out);
    }

    fn timeout(&mut self, now: Instant, random: &mut Random, out: &mut Vec<Effect>) {
        if self.valid.take_if(|valid| *valid <= now).is_some() {
            self.tell_lost(out);
        }
        match self.state {
            State::Registered { refresh, .. } if refresh <= now => self.ask(out),
            State::Waiting { until } if until <= now => self.new_round(now, random, out),
            State::Registered { .. }
            | State::Waiting { .. }
            | State::Asking { .. }
            | State::Leaving
            | State::Gone => {}
        }
    }

    fn moved(
        &mut self,
        now: Instant,
        hops: usize,
        kept: Option<usize>,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        let none = self.hops == 0;
        self.hops = hops;
        self.hop = kept.unwrap_or(0);
        match self.state {
            State::Registered { .. } if kept.is_none() => self.ask(out),
            State::Waiting { .. } if none => self.new_round(now, random, out),
            State::Registered { .. }
            | State::Waiting { .. }
            | State::Asking { .. }
            | State::Leaving
            | State::Gone => {}
        }
    }

    fn withdraw(&mut self, out: &mut Vec<Effect>) {
        self.told = None;
        match self.state {
            State::Asking { .. } => self.state = State::Asking { leaving: true },
            State::Registered { .. } | State::Waiting { .. } if self.valid.is_some() => {
                self.ask_for_nothing(out);
            }
            State::Registered { .. } | State::Waiting { .. } => self.state = State::Gone,
            State::Leaving | State::Gone => {}
        }
    }

    fn new_round(&mut self, now: Instant, random: &mut Random, out: &mut Vec<Effect>) {
        (self.hop, self.failed) = (0, 0);
        (self.raised, self.retry_after) = (false, Duration::ZERO);
        if self.hops > 0 {
            return self.ask(out);
        }
        self.failure = (503, "No Way There".to_owned());
        self.round_failed(now, random);
        if self.valid.is_none() {
            self.tell_lost(out);
        }
    }

    /// RFC 5626 §4.5
    fn round_failed(&mut self, now: Instant, random: &mut Random) {
        let wait = BACK_OFF.saturating_mul(1 << self.rounds.min(16));
        self.rounds += 1;
        self.wait(now, wait.min(LONGEST_WAIT), random);
    }

    /// Between half of the time and the whole, but no less than was asked for.
    fn wait(&mut self, now: Instant, longest: Duration, random: &mut Random) {
        let wait = longest / 2 + jitter(longest / 2, random);
        let until = now + wait.max(self.retry_after);
        self.state = State::Waiting { until };
    }

    fn ask(&mut self, out: &mut Vec<Effect>) {
        self.state = State::Asking { leaving: false };
        let (hop, expires) = (self.hop, self.expires);
        out.push(Effect::Ask { hop, expires });
    }

    fn ask_for_nothing(&mut self, out: &mut Vec<Effect>) {
        self.state = State::Leaving;
        self.valid = None;
        let (hop, expires) = (self.hop, 0);
        out.push(Effect::Ask { hop, expires });
    }

    fn note_retry_after(&mut self, response: &Message) {
        let seconds = response.retry_after().unwrap_or_default();
        let asked = Duration::from_secs(u64::from(seconds)).min(LONGEST_RETRY_AFTER);
        self.retry_after = self.retry_after.max(asked);
    }

    fn tell_lost(&mut self, out: &mut Vec<Effect>) {
        let (status, reason) = self.failure.clone();
        self.tell(PeerState::Unregistered { status, reason }, out);
    }

    fn tell(&mut self, state: PeerState, out: &mut Vec<Effect>) {
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            out.push(Effect::Tell(state));
        }
    }
}

fn jitter(longest: Duration, random: &mut Random) -> Duration {
    let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random.below(longest + 1))
}

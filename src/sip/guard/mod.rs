//! Who is heard: limits for strangers, and bans for those who guess.
//!
//! ```text
//!               ┌─ the network of a trunk, at a listener for trunks ────────────▶ Trusted
//!   a message ──┼─ the way of somebody who has proved a password or is in a call ▶ Acquainted
//!               ├─ a banned source ──────────────────────────────────────────▶ dropped
//!               └─ anybody else: the budget of the source, then that of all ──▶ Stranger
//! ```
//!
//! Asked before a message is read, so that a flood costs next to nothing. Those one knows have no
//! budget here: their bounds are those of sessions and transactions. A source is known by its way
//! (address and port), so that one bad phone behind a NAT does not silence the good ones.
//!
//! A ban rests on *proof* that the sender is there: a connection, or an answer to a challenge that
//! this source has got. In a datagram anybody can write any source: strikes without proof are not
//! counted, and all that a forged flood can do is to spend a stranger's budget.
//!
//! Everything is bounded. Sources beyond the table share one budget, so that nobody is pushed out
//! of it by a flood from many; ways and bans beyond theirs are not noted until older ones end. A
//! flood that does fill the table costs the strangers in it, and nobody who is known.

mod budget;
mod source;

pub use source::{Network, Source};

use super::Flow;
use budget::{Budget, Rate};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Strangers one keeps a budget or strikes of.
const MAX_SOURCES: usize = 65_536;

/// Ways of those one is acquainted with.
const MAX_WAYS: usize = 131_072;

/// Sources banned at one time.
const MAX_BANNED: usize = 16_384;

/// A full table is looked through for what has ended so often at most.
const SWEEP: Duration = Duration::from_secs(1);

/// One strike is forgiven in this time: a phone with an old password that tries once a minute is
/// never banned.
const FORGIVEN: Duration = Duration::from_secs(30);

/// How strict the guard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages a second of one stranger; 0: no limit.
    pub rate: u32,
    /// Of these at once.
    pub burst: u32,
    /// Datagrams a second of all strangers together; 0: no limit.
    pub strangers: u32,
    /// Proven failures at once that lead to a ban; 0: nobody is banned.
    pub strikes: u32,
    /// How long a ban lasts.
    pub ban: Duration,
    /// Whether requests of programs that call themselves scanners are dropped.
    pub drop_scanners: bool,
    /// Whether the answer to a stranger's datagram may be larger than it: for phones whose requests
    /// are tiny, at the price that others may be flooded through us.
    pub whole_answers: bool,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A trunk, by its network.
    Trusted,
    /// Somebody who has proved a password or is in a call, by the way they did it.
    Acquainted,
    /// Anybody.
    Stranger,
}

/// Why a message is not even read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// The budget of its source, or of all strangers, is spent.
    Limited,
    /// Its source is banned.
    Banned,
}

/// What strangers do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offence {
    /// A wrong password or an unknown user: which, is not told apart.
    Credentials,
    /// A message that makes no sense.
    Malformed,
    /// A call from no trunk's network.
    Uninvited,
}

/// A source that is not heard for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub source: Source,
    /// The last of the offences.
    pub offence: Offence,
    /// How long.
    pub lasts: Duration,
}

/// Decides who is heard.
#[derive(Debug)]
pub(super) struct Guard {
    limits: Limits,
    /// The networks of the trunks; `None`: nobody has told, and there are no strangers to trunks'
    /// listeners.
    trusted: Option<Vec<Network>>,
    /// The ways of those one is acquainted with, each until then.
    ways: HashMap<SocketAddr, Instant>,
    sources: HashMap<Source, Record>,
    /// Of the sources for which there is no room.
    others: Budget,
    /// Of all strangers.
    all: Budget,
    /// Each until then.
    banned: HashMap<Source, Instant>,
    /// How many strangers one still wants to tell of.
    told: Budget,
    /// When the full tables were looked through.
    swept: Option<Instant>,
}

/// What one stranger has spent.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    messages: Budget,
    strikes: Budget,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: 30,
            burst: 300,
            strangers: 3_000,
            strikes: 10,
            ban: Duration::from_secs(300),
            drop_scanners: true,
            whole_answers: false,
        }
    }
}

impl Limits {
    /// Everybody is heard.
    pub fn off() -> Self {
        Self {
            rate: 0,
            burst: 0,
            strangers: 0,
            strikes: 0,
            ban: Duration::ZERO,
            drop_scanners: false,
            whole_answers: true,
        }
    }

    fn of_one(&self) -> Option<Rate> {
        (self.rate > 0).then(|| Rate::per_second(self.rate, self.burst.max(1)))
    }

    /// A second's worth at once.
    fn of_all(&self) -> Option<Rate> {
        (self.strangers > 0).then(|| Rate::per_second(self.strangers, self.strangers))
    }
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            trusted: None,
            ways: HashMap::new(),
            sources: HashMap::new(),
            others: Budget::default(),
            all: Budget::default(),
            banned: HashMap::new(),
            told: Budget::default(),
            swept: None,
        }
    }

    /// From now on these are the networks of the trunks.
    pub(super) fn trust(&mut self, networks: Vec<Network>) {
        self.trusted = Some(networks);
    }

    /// Somebody has proved who they are, or we talk to them ourselves: heard on this way for so
    /// long.
    pub(super) fn acquaint(&mut self, now: Instant, way: SocketAddr, lasts: Duration) {
        let until = now + lasts;
        if let Some(known) = self.ways.get_mut(&way) {
            *known = until.max(*known);
            return;
        }
        if self.ways.len() >= MAX_WAYS && self.may_sweep(now) {
            self.ways.retain(|_, until| *until > now);
        }
        if self.ways.len() < MAX_WAYS {
            self.ways.insert(way, until);
        }
    }

    /// Whether a message is to be read, and whose it is.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        flow: Flow,
        for_trunks: bool,
    ) -> Result<Standing, Turned> {
        let (way, source) = (flow.remote, Source::of(flow.remote.ip()));
        if for_trunks && self.is_trunk(way) {
            return Ok(Standing::Trusted);
        }
        if self.ways.get(&way).is_some_and(|until| *until > now) {
            return Ok(Standing::Acquainted);
        }
        if self.banned.get(&source).is_some_and(|until| *until > now) {
            return Err(Turned::Banned);
        }
        let of_one = self.limits.of_one();
        let known = self.sources.get_mut(&source);
        let is_new = known.is_none();
        if let (Some(rate), Some(record)) = (of_one, known)
            && !record.messages.spend(now, rate)
        {
            return Err(Turned::Limited);
        }
        // Before a record is made: a flood from many sources is turned away here. Connections
        // cannot be forged, and their number is limited.
        if let Some(rate) = self.limits.of_all()
            && !flow.transport.is_reliable()
            && !self.all.spend(now, rate)
        {
            return Err(Turned::Limited);
        }
        if let Some(rate) = of_one.filter(|_| is_new) {
            let messages = match self.record(now, source) {
                Some(record) => &mut record.messages,
                None => &mut self.others,
            };
            if !messages.spend(now, rate) {
                return Err(Turned::Limited);
            }
        }
        Ok(Standing::Stranger)
    }

    /// A proven failure of a source: a ban, if it is one too many. Who strikes out on a way that
    /// was known is known no more.
    pub(super) fn struck(
        &mut self,
        now: Instant,
        way: SocketAddr,
        offence: Offence,
    ) -> Option<Ban> {
        let (source, limits) = (Source::of(way.ip()), self.limits);
        if limits.strikes == 0 {
            return None;
        }
        let rate = Rate::new(FORGIVEN, limits.strikes);
        let strikes = &mut self.record(now, source)?.strikes;
        // The last that is allowed is the one that leads to the ban.
        if strikes.spend(now, rate) && strikes.can_spend(now, rate) {
            return None;
        }
        self.ways.remove(&way);
        if self.banned.len() >= MAX_BANNED && self.may_sweep(now) {
            self.banned.retain(|_, until| *until > now);
        }
        let room = self.banned.len() < MAX_BANNED;
        let known = self.banned.get(&source).is_some_and(|until| *until > now);
        if known || !room {
            return None;
        }
        let lasts = limits.ban;
        self.banned.insert(source, now + lasts);
        Some(Ban {
            source,
            offence,
            lasts,
        })
    }

    /// Whether one more stranger is worth a line: ten at once, one a second.
    pub(super) fn is_worth_telling(&mut self, now: Instant) -> bool {
        self.told.spend(now, Rate::per_second(1, 10))
    }

    /// Whether requests of this program are dropped.
    pub(super) fn is_scanner(&self, user_agent: &str) -> bool {
        let named = |name: &&str| {
            let start = user_agent.get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        self.limits.drop_scanners && SCANNERS.iter().any(named)
    }

    /// The bounds hold: for tests.
    pub(super) fn check(&self) {
        debug_assert!(self.sources.len() <= MAX_SOURCES);
        debug_assert!(self.ways.len() <= MAX_WAYS);
        debug_assert!(self.banned.len() <= MAX_BANNED);
    }

    fn is_trunk(&self, way: SocketAddr) -> bool {
        let networks = self.trusted.as_ref();
        networks.is_none_or(|networks| networks.iter().any(|network| network.contains(way.ip())))
    }

    /// The record of a source; `None` if it has none and there is no room.
    fn record(&mut self, now: Instant, source: Source) -> Option<&mut Record> {
        let full = self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&source);
        if full && self.may_sweep(now) {
            self.sources.retain(|_, record| !record.is_blank(now));
        }
        let full = full && self.sources.len() >= MAX_SOURCES;
        match full {
            true => None,
            false => Some(self.sources.entry(source).or_default()),
        }
    }

    fn may_sweep(&mut self, now: Instant) -> bool {
        let due = self.swept.is_none_or(|at| now >= at + SWEEP);
        if due {
            self.swept = Some(now);
        }
        due
    }
}

impl Record {
    /// Whether it says no more than a new one.
    fn is_blank(&self, now: Instant) -> bool {
        self.messages.is_whole(now) && self.strikes.is_whole(now)
    }
}

/// How programs begin their User-Agent that look for open servers and weak passwords, as they come.
const SCANNERS: [&str; 6] = [
    "friendly-scanner",
    "sipvicious",
    "sundayddr",
    "sip-scan",
    "sipcli",
    "iWar",
];

#[cfg(test)]
mod tests;

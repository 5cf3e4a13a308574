//! Where a SIP URI leads to: RFC 3263, with a memory.
//!
//! ```text
//!   URI ──▶ steps ──what is known?──▶ memory ──not, or not for long──▶ Query ──▶ (DNS)
//!             └──▶ Located: hops        ▲                                          │
//!                                       └────────────────── Answer ◀───────────────┘
//! ```
//!
//! It never waits: a URI that was looked up before is answered at once from the last good answer,
//! whatever DNS does meanwhile (F11). What is [kept](Resolver::keep) is asked again before it gets
//! old, what was asked once is forgotten. A [`Seeker`] that can wait a moment is told when all is
//! known, or what is known when its time is up.
//!
//! Deliberately absent: CNAMEs, which the driver follows; DNSSEC, which is the affair of the server
//! that the driver asks; a fallback from NAPTR of one order to another (RFC 3403 §4.1 forbids it).

mod memory;
mod order;
mod question;
mod steps;

pub use question::{Answer, Kind, Naptr, Query, Record, Srv};
pub use steps::Located;

use super::uri::Uri;
use super::{Hop, Transport};
use crate::random::Random;
use memory::Memory;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long a seeker waits for answers.
const PATIENCE: Duration = Duration::from_secs(2);

/// Seekers at one time; one more is told at once what is known.
const MAX_SEEKERS: usize = 1_000;

/// What of the internet we can speak to: a listener of ours for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What is spoken there.
    pub transport: Transport,
    /// From which family of addresses.
    pub family: Family,
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    V4,
    V6,
}

/// Who waits for where a URI leads to: a number of the asker's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seeker(pub u64);

/// All look-ups of the process.
#[derive(Debug)]
pub struct Resolver {
    /// In our order of preference.
    reach: Vec<Reach>,
    random: Random,
    memory: Memory,
    /// What is looked up ahead of need.
    kept: Vec<Uri>,
    seekers: BTreeMap<Seeker, Waiting>,
    found: VecDeque<(Seeker, Vec<Hop>)>,
}

#[derive(Debug)]
struct Waiting {
    uri: Uri,
    until: Instant,
}

impl Resolver {
    /// Knows nothing yet. Of hosts with addresses of two families, the one that is first in `reach`
    /// is tried first.
    pub fn new(reach: Vec<Reach>, random: Random) -> Self {
        Self {
            reach,
            random,
            memory: Memory::default(),
            kept: vec![],
            seekers: BTreeMap::new(),
            found: VecDeque::new(),
        }
    }

    /// From now on these are looked up ahead of need and kept fresh, and none else. Literal addresses
    /// need not be among them.
    pub fn keep(&mut self, now: Instant, uris: Vec<Uri>) {
        self.kept = uris;
        self.refresh(now);
    }

    /// Where a URI leads to, as far as it is known now; what is not is asked. Each time it is drawn
    /// anew whose turn it is among equals (RFC 2782).
    pub fn locate(&mut self, now: Instant, uri: &Uri) -> Located {
        let memory = &mut self.memory;
        steps::locate(uri, &self.reach, &mut self.random, |query| {
            memory.look(now, query, false)
        })
    }

    /// As [`Resolver::locate`], for one who can wait two seconds: the places come by
    /// [`Resolver::poll_found`], at once if they are known.
    pub fn seek(&mut self, now: Instant, uri: Uri, seeker: Seeker) {
        let located = self.locate(now, &uri);
        if !located.pending || self.seekers.len() >= MAX_SEEKERS {
            return self.found.push_back((seeker, located.hops));
        }
        let until = now + PATIENCE;
        self.seekers.insert(seeker, Waiting { uri, until });
    }

    /// A seeker, and the places in the order in which they are to be tried; none if nothing is known.
    pub fn poll_found(&mut self) -> Option<(Seeker, Vec<Hop>)> {
        self.found.pop_front()
    }

    /// The next question for DNS.
    pub fn poll_query(&mut self) -> Option<Query> {
        self.memory.poll_query()
    }

    /// DNS has answered, or will not.
    pub fn answered(&mut self, now: Instant, query: &Query, answer: Answer) {
        self.memory.learn(now, query, answer);
        self.refresh(now);
        self.serve(now);
    }

    /// Whether since the last time another place was learnt for what is kept.
    pub fn take_changed(&mut self) -> bool {
        self.memory.take_changed()
    }

    /// When to call [`Resolver::timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let seekers = self.seekers.values().map(|waiting| waiting.until);
        seekers.chain(self.memory.poll_timeout()).min()
    }

    /// A deadline may have passed.
    pub fn timeout(&mut self, now: Instant) {
        self.memory.timeout(now);
        self.refresh(now);
        self.serve(now);
    }

    /// Asks what is missing for what is kept, and what gets old.
    fn refresh(&mut self, now: Instant) {
        let Self {
            memory,
            random,
            reach,
            kept,
            ..
        } = self;
        memory.keep_nothing();
        for uri in kept.iter() {
            steps::locate(uri, reach, random, |query| memory.look(now, query, true));
        }
    }

    /// Tells those who know all now, or cannot wait any longer.
    fn serve(&mut self, now: Instant) {
        for (seeker, waiting) in std::mem::take(&mut self.seekers) {
            let located = self.locate(now, &waiting.uri);
            if located.pending && now < waiting.until {
                self.seekers.insert(seeker, waiting);
            } else {
                self.found.push_back((seeker, located.hops));
            }
        }
    }
}

impl Family {
    /// The family of an address.
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

#[cfg(test)]
mod tests;

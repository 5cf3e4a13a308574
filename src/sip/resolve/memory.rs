//! What DNS has said, and what it is to be asked.
//!
//! ```text
//!             ┌────────── kept: four fifths of its time have passed ─────────┐
//!   unknown ──asked──▶ under way ──records, nothing──▶ known ──needed when old─┤──▶ under way
//!                          └── failed, silent ──▶ what was known before, or failed: again later
//! ```

use super::question::{Answer, Query, Record};
use super::steps::Known;
use crate::sip::timers::Timers;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Records are taken to be good for so long at least and at most, whatever they say: a time of 0
/// must not make us ask for each call, nor one of 60 years keep a mistake.
const GOOD: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(86_400));

/// The same for what is not there: soon it may be.
const ABSENT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// When to ask again after a failure, from and to: each time twice as long.
const AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// The driver has five seconds for a question; one that is silent longer has lost it.
const SILENCE: Duration = Duration::from_secs(7);

/// What nobody keeps is forgotten so long after it was needed last.
const IDLE: Duration = Duration::from_secs(3_600);

/// Names that are remembered for nobody in particular; of more, the one needed longest ago is
/// forgotten.
const MAX_LOOSE: usize = 1_000;

/// Questions under way for such names: more are not asked, so that no stranger's names hold up those
/// of trunks.
const MAX_LOOSE_ASKED: usize = 32;

/// Records kept of one answer.
const MAX_RECORDS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: BTreeMap<Query, Entry>,
    timers: Timers<Query>,
    queries: VecDeque<Query>,
    changed: bool,
}

#[derive(Debug)]
struct Entry {
    /// The last good answer: no records where there were none.
    records: Option<Vec<Record>>,
    /// When it is old.
    old: Instant,
    /// When it is to be asked anew, if it is kept.
    fresh: Instant,
    /// A question is under way since then.
    asked: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    /// Somebody keeps it.
    kept: bool,
    /// When it was needed last.
    needed: Instant,
}

impl Memory {
    /// What is known of a name. It is asked if that is nothing, or old; if it is kept, a little
    /// before.
    pub(super) fn look(&mut self, now: Instant, query: Query, kept: bool) -> Known {
        if !self.entries.contains_key(&query) {
            if !kept && !self.has_room() {
                return Known::Failed;
            }
            self.entries.insert(query.clone(), Entry::new(now));
        }
        let loose = self.loose_asked();
        let Some(entry) = self.entries.get_mut(&query) else {
            return Known::Failed;
        };
        entry.needed = now;
        entry.kept |= kept;
        let due = if entry.kept { entry.fresh } else { entry.old };
        if entry.asked.is_none() && due <= now && (entry.kept || loose < MAX_LOOSE_ASKED) {
            entry.asked = Some(now);
            self.queries.push_back(query.clone());
        }
        let known = match (&entry.records, entry.asked) {
            (Some(records), _) => Known::Records(records.clone()),
            (None, Some(_)) if entry.failures == 0 => Known::Pending,
            (None, _) => Known::Failed,
        };
        let due = entry.due();
        self.timers.set(query, Some(due));
        known
    }

    pub(super) fn learn(&mut self, now: Instant, query: &Query, answer: Answer) {
        // What was not asked is not believed.
        let Some(entry) = self
            .entries
            .get_mut(query)
            .filter(|entry| entry.asked.is_some())
        else {
            return;
        };
        entry.asked = None;
        let (mut records, ttl) = match answer {
            Answer::Records { records, ttl } => (records, ttl.clamp(GOOD.0, GOOD.1)),
            Answer::Nothing { ttl } => (vec![], ttl.clamp(ABSENT.0, ABSENT.1)),
            Answer::Failed => {
                let wait = AGAIN.0 * 2_u32.saturating_pow(entry.failures.min(16));
                entry.failures = entry.failures.saturating_add(1);
                entry.old = now + wait.min(AGAIN.1);
                entry.fresh = entry.old;
                return self.timers.set(query.clone(), Some(entry.due()));
            }
        };
        // The order of addresses is the server's way to share load; of an absurd number it does not
        // matter which.
        let sorted = |records: &[Record]| {
            let mut sorted = records.to_vec();
            sorted.sort();
            sorted
        };
        if records.len() > MAX_RECORDS {
            records = sorted(&records);
            records.truncate(MAX_RECORDS);
        }
        entry.failures = 0;
        entry.old = now + ttl;
        entry.fresh = now + ttl * 4 / 5;
        let before = entry.records.as_deref().map(sorted);
        self.changed |= entry.kept && before != Some(sorted(&records));
        entry.records = Some(records);
        self.timers.set(query.clone(), Some(entry.due()));
    }

    /// Nothing is kept until it is looked at as such.
    pub(super) fn keep_nothing(&mut self) {
        for entry in self.entries.values_mut() {
            entry.kept = false;
        }
    }

    pub(super) fn poll_query(&mut self) -> Option<Query> {
        self.queries.pop_front()
    }

    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Gives up what DNS is silent about, and forgets what nobody needs. What is kept and gets old
    /// is asked when it is looked at next.
    pub(super) fn timeout(&mut self, now: Instant) {
        while let Some(query) = self.timers.pop(now) {
            let Some(entry) = self.entries.get(&query) else {
                continue;
            };
            match entry.asked {
                Some(asked) if asked + SILENCE <= now => self.learn(now, &query, Answer::Failed),
                Some(_) => self.timers.set(query, Some(entry.due())),
                None if entry.kept => {}
                None if entry.needed + IDLE <= now => drop(self.entries.remove(&query)),
                None => self.timers.set(query, Some(entry.due())),
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Room for one more that nobody keeps.
    fn has_room(&mut self) -> bool {
        if self.loose_asked() >= MAX_LOOSE_ASKED {
            return false;
        }
        let loose = self.entries.iter().filter(|(_, entry)| !entry.kept);
        if loose.clone().count() < MAX_LOOSE {
            return true;
        }
        let idle = loose.filter(|(_, entry)| entry.asked.is_none());
        let oldest = idle.min_by_key(|(_, entry)| entry.needed);
        let Some(oldest) = oldest.map(|(query, _)| query.clone()) else {
            return false;
        };
        self.timers.set(oldest.clone(), None);
        self.entries.remove(&oldest).is_some()
    }

    fn loose_asked(&self) -> usize {
        let asked = |entry: &&Entry| !entry.kept && entry.asked.is_some();
        self.entries.values().filter(asked).count()
    }
}

impl Entry {
    fn new(now: Instant) -> Self {
        Self {
            records: None,
            old: now,
            fresh: now,
            asked: None,
            failures: 0,
            kept: false,
            needed: now,
        }
    }

    /// When something is to be done about it.
    fn due(&self) -> Instant {
        match self.asked {
            Some(asked) => asked + SILENCE,
            None if self.kept => self.fresh,
            None => self.needed + IDLE,
        }
    }
}

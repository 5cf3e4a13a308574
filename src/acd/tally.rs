//! What a queue counts.

use super::caller::Caller;
use super::queue::Queue;
use crate::id::CallId;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The figures of a queue. Counts grow from the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// On the line and in place now, rung for or not.
    pub waiting: usize,
    /// Places kept in line for callbacks.
    pub callbacks: usize,
    /// How long the first in line has waited.
    pub longest_wait: Duration,
    /// Callers who joined, redirected ones included.
    pub joined: u64,
    /// Offers made to agents.
    pub offered: u64,
    /// Offers that an agent took.
    pub answered: u64,
    /// Offers that rang for the whole agent call timeout.
    pub missed: u64,
    /// Offers that an agent declined or whose phone failed.
    pub refused: u64,
    /// Callers who left before an agent answered.
    pub abandoned: u64,
    /// Callers whose longest wait was reached.
    pub gave_up: u64,
    /// Callers who came when it was closed, or were waiting when it closed (R61, D3).
    pub turned_away: u64,
    /// The waits of all answered callers together.
    pub waited: Duration,
}

/// What only grows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) joined: u64,
    pub(super) offered: u64,
    pub(super) answered: u64,
    pub(super) missed: u64,
    pub(super) refused: u64,
    pub(super) abandoned: u64,
    pub(super) gave_up: u64,
    pub(super) turned_away: u64,
    pub(super) waited: Duration,
}

impl Queue {
    /// The figures at this instant.
    pub(super) fn tally(&self, now: Instant, callers: &BTreeMap<CallId, Caller>) -> Tally {
        let present = |call| {
            callers
                .get(call)
                .is_some_and(|caller: &Caller| !caller.absent)
        };
        let mut line = self.line.iter();
        let first = line.find(|(_, call)| present(call)).map(|(place, _)| place);
        Tally {
            waiting: self.line.len() - self.absent,
            callbacks: self.absent,
            longest_wait: first.map_or(Duration::ZERO, |place| {
                now.saturating_duration_since(place.joined)
            }),
            joined: self.counts.joined,
            offered: self.counts.offered,
            answered: self.counts.answered,
            missed: self.counts.missed,
            refused: self.counts.refused,
            abandoned: self.counts.abandoned,
            gave_up: self.counts.gave_up,
            turned_away: self.counts.turned_away,
            waited: self.counts.waited,
        }
    }
}

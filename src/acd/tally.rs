//! What a queue counts.

use std::time::Duration;

/// The figures of a queue. Counts grow from the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In place now, rung for or not.
    pub waiting: usize,
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
    /// The waits of all answered callers together.
    pub waited: Duration,
}

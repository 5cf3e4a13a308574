//! Civil time, set from outside: the cores see [`Instant`]s and ask here what time of day it was.

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Ties a monotonic instant to the wall clock, as read at one moment by a driver.
///
/// A jump of the wall clock changes names and records from then on, never a timer.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    at: Instant,
    civil: Timestamp,
}

impl Clock {
    /// The wall clock showed `civil` at `at`.
    pub fn new(at: Instant, civil: Timestamp) -> Self {
        Self { at, civil }
    }

    /// The instant at which the wall clock was read.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// What the wall clock showed, or will show, at an instant.
    pub fn civil(&self, at: Instant) -> Timestamp {
        let shifted = if at >= self.at {
            self.civil.checked_add(at - self.at)
        } else {
            self.civil.checked_sub(self.at - at)
        };
        shifted.unwrap_or(self.civil)
    }

    /// Unix time in milliseconds at an instant; 0 before 1970.
    pub fn unix_millis(&self, at: Instant) -> u64 {
        u64::try_from(self.civil(at).as_millisecond()).unwrap_or(0)
    }

    /// Wall-clock seconds since 1900 with their fraction, as RTCP writes them (RFC 3550 §4).
    pub fn ntp(&self, at: Instant) -> u64 {
        const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
        let since = Duration::from_millis(self.unix_millis(at));
        let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        (since.as_secs() + SECONDS_1900_TO_1970) << 32 | fraction
    }
}

use std::time::{Duration, Instant};

/// An interval that doubles up to a cap: timers A, E and G of RFC 3261, and the repetition of a 2xx.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    due: Instant,
    interval: Duration,
    cap: Duration,
}

impl Backoff {
    /// First due after `interval`; never longer apart than `cap`.
    pub fn new(now: Instant, interval: Duration, cap: Duration) -> Self {
        Self {
            due: now + interval,
            interval,
            cap,
        }
    }

    /// When it is due next.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Moves on to the next interval if the current one has passed, and says whether it has.
    pub fn fire(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.interval = (2 * self.interval).min(self.cap);
        self.due = now + self.interval;
        true
    }

    /// Every interval after the current one is the longest.
    pub fn slow_down(&mut self) {
        self.interval = self.cap;
    }
}

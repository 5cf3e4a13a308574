//! When the next beat is: every 20 ms from the first, however long each takes (F20).

use crate::media::BEAT;
use std::time::{Duration, Instant};

/// A schedule that never drifts, and never makes up for lost time in a burst.
#[derive(Debug)]
pub(super) struct Pace {
    next: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { next: now + BEAT }
    }

    /// How long until the next beat.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// If a beat is due: how many before it were missed.
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        let late = now.checked_duration_since(self.next)?;
        let missed = late.as_nanos() / BEAT.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX - 1);
        self.next += BEAT * (missed + 1);
        Some(u64::from(missed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_keep_their_grid_and_are_left_out_when_missed() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let ms = Duration::from_millis;
        assert_eq!(pace.due(start + ms(19)), None);
        assert_eq!(pace.due(start + ms(23)), Some(0));
        assert_eq!(pace.rest(start + ms(23)), ms(17));
        assert_eq!(pace.due(start + ms(40)), Some(0));
        assert_eq!(
            pace.due(start + ms(10_061)),
            Some(500),
            "frozen for ten seconds"
        );
        assert_eq!(pace.due(start + ms(10_062)), None);
        assert_eq!(pace.rest(start + ms(10_062)), ms(18));
    }
}

//! How fast things may begin: so many within any stretch of time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Lets so many through within any stretch of a length.
#[derive(Clone, Debug)]
pub struct Pace {
    stretch: Duration,
    /// 0: no limit.
    most: usize,
    /// When the last ones began: at most `most`.
    begun: VecDeque<Instant>,
}

impl Pace {
    /// So many in each stretch; 0: no limit.
    pub fn new(most: u32, stretch: Duration) -> Self {
        Self {
            stretch,
            most: most as usize,
            begun: VecDeque::new(),
        }
    }

    /// Another number of them may begin from now on. Those that have begun count.
    pub fn allow(&mut self, most: u32) {
        self.most = most as usize;
        let excess = self.begun.len().saturating_sub(self.most);
        self.begun.drain(..excess);
    }

    /// One more begins.
    ///
    /// # Errors
    /// If it may not: how long until the next may.
    pub fn begin(&mut self, now: Instant) -> Result<(), Duration> {
        if self.most == 0 {
            return Ok(());
        }
        while self
            .begun
            .front()
            .is_some_and(|at| *at + self.stretch <= now)
        {
            self.begun.pop_front();
        }
        if let Some(first) = self.begun.front().filter(|_| self.begun.len() >= self.most) {
            return Err((*first + self.stretch).saturating_duration_since(now));
        }
        self.begun.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_begun_counts_when_the_pace_changes() {
        let now = Instant::now();
        let mut pace = Pace::new(3, Duration::from_secs(1));
        assert_eq!((pace.begin(now), pace.begin(now)), (Ok(()), Ok(())));
        pace.allow(2);
        assert!(pace.begin(now).is_err());
        pace.allow(0);
        assert_eq!(pace.begin(now), Ok(()));
    }

    #[test]
    fn so_many_begin_within_any_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(2, Duration::from_secs(1));
        assert_eq!(pace.begin(at(0)), Ok(()));
        assert_eq!(pace.begin(at(900)), Ok(()));
        assert_eq!(pace.begin(at(950)), Err(Duration::from_millis(50)));
        assert_eq!(pace.begin(at(1000)), Ok(()));
        assert_eq!(pace.begin(at(1800)), Err(Duration::from_millis(100)));
    }
}

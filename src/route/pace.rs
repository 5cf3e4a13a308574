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

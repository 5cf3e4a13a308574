//! How often something may happen: so many at once, and so many a second on and on.

use std::time::{Duration, Instant};

/// What may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// The time that brings back one.
    interval: Duration,
    /// The time that brings back all.
    full: Duration,
}

/// What has been spent: the generic cell rate algorithm, a bucket of tokens in one instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    /// When all will be there again; `None`: nothing has been spent yet.
    whole: Option<Instant>,
}

impl Rate {
    /// So many at once, and one more each `interval`.
    pub(super) fn new(interval: Duration, at_once: u32) -> Self {
        Self {
            interval,
            full: interval.saturating_mul(at_once.max(1)),
        }
    }

    /// So many a second, and as many as `at_once` without a pause. At least one a second.
    pub(super) fn per_second(count: u32, at_once: u32) -> Self {
        Self::new(Duration::from_secs(1) / count.max(1), at_once)
    }
}

impl Budget {
    /// Spends one, if there is one.
    pub(super) fn spend(&mut self, now: Instant, rate: Rate) -> bool {
        let enough = self.can_spend(now, rate);
        if enough {
            self.whole = Some(self.whole_at(now) + rate.interval);
        }
        enough
    }

    /// Whether there is one to be spent.
    pub(super) fn can_spend(&self, now: Instant, rate: Rate) -> bool {
        self.whole_at(now) + rate.interval - now <= rate.full
    }

    /// Whether it is as if nothing had ever been spent.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        self.whole_at(now) == now
    }

    fn whole_at(&self, now: Instant) -> Instant {
        self.whole.map_or(now, |whole| whole.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_fit_at_once_and_then_one_each_interval() {
        let (start, rate) = (Instant::now(), Rate::per_second(10, 3));
        let mut budget = Budget::default();
        let spent = |budget: &mut Budget, at| (0..9).filter(|_| budget.spend(at, rate)).count();
        assert_eq!(spent(&mut budget, start), 3);
        assert!(!budget.is_whole(start));
        assert_eq!(spent(&mut budget, start + Duration::from_millis(99)), 0);
        assert_eq!(spent(&mut budget, start + Duration::from_millis(100)), 1);
        assert_eq!(spent(&mut budget, start + Duration::from_millis(350)), 2);
        let later = start + Duration::from_secs(9);
        assert!(budget.is_whole(later));
        assert_eq!(
            spent(&mut budget, later),
            3,
            "no more than fits is saved up"
        );
    }
}

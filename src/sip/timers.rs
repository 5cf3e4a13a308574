use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// Deadlines in order, one for each key, so that the next of 10,000 is found without a search.
#[derive(Debug)]
pub(crate) struct Timers<K> {
    order: BTreeSet<(Instant, K)>,
    due: HashMap<K, Instant>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            order: BTreeSet::new(),
            due: HashMap::new(),
        }
    }
}

impl<K: Clone + Ord + Hash> Timers<K> {
    /// The key's one deadline from now on; `None`: it waits for nothing.
    pub(crate) fn set(&mut self, key: K, due: Option<Instant>) {
        let before = match due {
            Some(due) => self.due.insert(key.clone(), due),
            None => self.due.remove(&key),
        };
        if before == due {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, key.clone()));
        }
        if let Some(due) = due {
            self.order.insert((due, key));
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(due, _)| *due)
    }

    /// Takes a key whose deadline has passed, earliest first. It has none until set again.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<K> {
        let (due, key) = self.order.first()?.clone();
        if due > now {
            return None;
        }
        self.order.pop_first();
        self.due.remove(&key);
        Some(key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(crate) fn check(&self) {
        debug_assert_eq!(self.order.len(), self.due.len(), "one deadline for a key");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_earliest_comes_first_and_a_new_deadline_replaces_the_old() {
        let now = Instant::now();
        let at = |seconds| Some(now + Duration::from_secs(seconds));
        let mut timers = Timers::default();
        timers.set('a', at(3));
        timers.set('b', at(2));
        timers.set('a', at(1));
        assert_eq!(timers.next(), at(1));
        assert_eq!(timers.pop(now), None);
        let later = now + Duration::from_secs(5);
        assert_eq!(
            (timers.pop(later), timers.pop(later)),
            (Some('a'), Some('b'))
        );
        timers.set('c', at(9));
        timers.set('c', None);
        timers.check();
        assert!(timers.is_empty());
    }
}

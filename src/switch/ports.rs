//! The media ports: which are free, and whose worker they are.

use crate::media::SHARED;
use std::collections::VecDeque;

/// An RTP port and the worker whose socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The worker, counted from 0.
    pub worker: usize,
    /// The even port number; [`SHARED`] of a browser's leg.
    pub number: u16,
}

/// So many legs are no load for a worker. A second one would cost its wake-ups, hundreds a second,
/// and relieve nobody.
const FEW: usize = 400;

/// The free ports of each worker. The one that has rested longest is given first, so that late
/// packets of an old call do not meet a new one.
#[derive(Debug)]
pub(super) struct Ports {
    free: Vec<VecDeque<u16>>,
    /// How many each has, free or taken.
    all: Vec<usize>,
    /// The legs of browsers on each.
    browsers: Vec<usize>,
}

impl Ports {
    pub(super) fn new(workers: Vec<Vec<u16>>) -> Self {
        Self {
            all: workers.iter().map(Vec::len).collect(),
            browsers: vec![0; workers.len()],
            free: workers.into_iter().map(VecDeque::from).collect(),
        }
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.all.len()
    }

    /// A port of the first worker that has little to do, or of the one with the most left.
    pub(super) fn take(&mut self) -> Option<Port> {
        self.take_of(self.least_busy()?)
    }

    /// A place for a browser's leg at the worker of its call, or at the one that has the least to do.
    pub(super) fn browser(&mut self, worker: Option<usize>) -> Option<Port> {
        let worker = worker.or_else(|| self.least_busy())?;
        *self.browsers.get_mut(worker)? += 1;
        let number = SHARED;
        Some(Port { worker, number })
    }

    fn least_busy(&self) -> Option<usize> {
        let workers = self.free.iter().zip(&self.all).enumerate();
        let (worker, _) = workers.max_by_key(|(worker, (free, all))| {
            // Room for the other legs of its call, too.
            let browsers = self.browsers.get(*worker).copied().unwrap_or(0);
            let calm = *all - free.len() + browsers < FEW && free.len() > *all / 2;
            let left = if calm { 0 } else { free.len() };
            (calm, left, usize::MAX - worker)
        })?;
        Some(worker)
    }

    /// A port of this worker: all legs of a call live on one.
    pub(super) fn take_of(&mut self, worker: usize) -> Option<Port> {
        let number = self.free.get_mut(worker)?.pop_front()?;
        Some(Port { worker, number })
    }

    pub(super) fn give(&mut self, port: Port) {
        if port.number == SHARED {
            if let Some(browsers) = self.browsers.get_mut(port.worker) {
                *browsers = browsers.saturating_sub(1);
            }
        } else if let Some(free) = self.free.get_mut(port.worker) {
            free.push_back(port.number);
        }
    }

    pub(super) fn taken(&self) -> usize {
        let free: usize = self.free.iter().map(VecDeque::len).sum();
        self.all.iter().sum::<usize>() - free + self.browsers.iter().sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_rest_as_long_as_they_can() {
        let mut ports = Ports::new(vec![vec![10, 12], vec![20]]);
        let first = ports.take().expect("three are free");
        assert_eq!((first.worker, first.number), (0, 10));
        ports.give(first);
        assert_eq!(ports.take_of(0).map(|port| port.number), Some(12));
        assert_eq!(ports.taken(), 1);
        assert_eq!(ports.take_of(7), None);
    }

    #[test]
    fn browsers_share_a_port_and_are_counted_as_legs() {
        let mut ports = Ports::new(vec![vec![10], vec![20, 22]]);
        let first = ports.browser(Some(1)).expect("a worker");
        let second = ports.browser(Some(1)).expect("a worker");
        assert_eq!((first, ports.taken()), (second, 2));
        ports.give(first);
        ports.give(second);
        assert_eq!((ports.taken(), ports.browser(Some(2))), (0, None));
    }

    #[test]
    fn the_first_worker_is_filled_before_the_next_and_then_the_emptiest() {
        let all = |worker: u16| (0..1000).map(|n| 2 * (n + 1000 * worker)).collect();
        let mut ports = Ports::new(vec![all(0), all(1)]);
        let mut workers = (0..2000).map_while(|_| ports.take().map(|port| port.worker));
        let first: Vec<_> = workers.by_ref().take(2 * FEW).collect();
        assert!(first[..FEW].iter().all(|worker| *worker == 0));
        assert!(first[FEW..].iter().all(|worker| *worker == 1));
        let rest: Vec<_> = workers.collect();
        assert_eq!(rest.len(), 2000 - 2 * FEW);
        assert_eq!(rest[..4], [0, 1, 0, 1]);
    }
}

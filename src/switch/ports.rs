//! The media ports: which are free, and whose worker they are.

use std::collections::VecDeque;

/// An RTP port and the worker whose socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The worker, counted from 0.
    pub worker: usize,
    /// The even port number.
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
}

impl Ports {
    pub(super) fn new(workers: Vec<Vec<u16>>) -> Self {
        Self {
            all: workers.iter().map(Vec::len).collect(),
            free: workers.into_iter().map(VecDeque::from).collect(),
        }
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.all.len()
    }

    /// A port of the first worker that has little to do, or of the one with the most left.
    pub(super) fn take(&mut self) -> Option<Port> {
        let workers = self.free.iter().zip(&self.all).enumerate();
        let (worker, _) = workers.max_by_key(|(worker, (free, all))| {
            // Room for the other legs of its call, too.
            let calm = *all - free.len() < FEW && free.len() > *all / 2;
            let left = if calm { 0 } else { free.len() };
            (calm, left, usize::MAX - worker)
        })?;
        self.take_of(worker)
    }

    /// A port of this worker: all legs of a call live on one.
    pub(super) fn take_of(&mut self, worker: usize) -> Option<Port> {
        let number = self.free.get_mut(worker)?.pop_front()?;
        Some(Port { worker, number })
    }

    pub(super) fn give(&mut self, port: Port) {
        if let Some(free) = self.free.get_mut(port.worker) {
            free.push_back(port.number);
        }
    }

    pub(super) fn taken(&self) -> usize {
        let free: usize = self.free.iter().map(VecDeque::len).sum();
        self.all.iter().sum::<usize>() - free
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

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

/// The free ports of each worker. The one that has rested longest is given first, so that late
/// packets of an old call do not meet a new one.
#[derive(Debug)]
pub(super) struct Ports {
    free: Vec<VecDeque<u16>>,
    total: usize,
}

impl Ports {
    pub(super) fn new(workers: Vec<Vec<u16>>) -> Self {
        Self {
            total: workers.iter().map(Vec::len).sum(),
            free: workers.into_iter().map(VecDeque::from).collect(),
        }
    }

    /// A port of the worker with the most left.
    pub(super) fn take(&mut self) -> Option<Port> {
        let workers = self.free.iter().enumerate();
        let (worker, _) = workers.max_by_key(|(worker, free)| (free.len(), usize::MAX - worker))?;
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
        self.total - self.free.iter().map(VecDeque::len).sum::<usize>()
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
}

//! The way into the switch: bounded, shared by all drivers, never waited for.

use crate::switch::Input;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Inputs that may wait: at 10,000 a second this is most of a second of work.
const CAPACITY: usize = 8192;

/// The way into the switch.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    sender: SyncSender<Input>,
    gauge: Arc<Gauge>,
}

/// How full the inbox is, and what it turned away.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    length: AtomicUsize,
    dropped: AtomicU64,
}

/// The switch's end of the inbox.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) receiver: Receiver<Input>,
    pub(super) gauge: Arc<Gauge>,
}

pub(super) fn inbox() -> (Inbox, Outlet) {
    let (sender, receiver) = sync_channel(CAPACITY);
    let gauge = Arc::new(Gauge::default());
    let outlet = Outlet {
        receiver,
        gauge: gauge.clone(),
    };
    (Inbox { sender, gauge }, outlet)
}

impl Inbox {
    /// Gives the input back if the inbox is full or the switch gone: what to do then is the driver's
    /// policy.
    pub(super) fn offer(&self, input: Input) -> Result<(), Input> {
        self.gauge.length.fetch_add(1, Ordering::Relaxed);
        self.sender.try_send(input).map_err(|refused| {
            self.gauge.length.fetch_sub(1, Ordering::Relaxed);
            self.gauge.dropped.fetch_add(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(input) | TrySendError::Disconnected(input) => input,
            }
        })
    }

    /// Waits for room: for the few inputs that come from people and signals.
    pub(super) fn insist(&self, input: Input) {
        self.gauge.length.fetch_add(1, Ordering::Relaxed);
        if self.sender.send(input).is_err() {
            self.gauge.length.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Gauge {
    pub(super) fn took_one(&self) {
        self.length.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

//! Sockets for SIP: a thread for each UDP listener, tokio for TCP.

use crate::sip::{Input, ListenerId, Transmit, Transport};
use std::net::SocketAddr;
use tokio::runtime::Handle;

/// All listeners of the process.
#[derive(Debug)]
pub struct Network {
    addresses: Vec<(ListenerId, SocketAddr)>,
}

/// What the network has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams and messages received, and sent.
    pub received: u64,
    pub sent: u64,
    /// Datagrams dropped because the inbox was full.
    pub dropped: u64,
    /// What could not be sent: no route, no connection, a queue that is full.
    pub send_failures: u64,
    /// Connections refused by a limit.
    pub refused: u64,
    /// Connections closed by us: idle, too slow, or not SIP.
    pub closed: u64,
    /// Connections open now.
    pub connections: u64,
}

impl Network {
    /// Binds the listeners and starts to deliver. `deliver` answers `false` when its inbox is
    /// full: a datagram is then dropped, a connection is not read until there is room.
    ///
    /// # Errors
    /// A listener that cannot be bound, by its number and address, and what may mend it.
    pub fn start(
        listeners: Vec<(ListenerId, Transport, SocketAddr)>,
        runtime: &Handle,
        deliver: impl Fn(Input) -> bool + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let _ = (runtime, deliver);
        Ok(Self { addresses: listeners.iter().map(|l| (l.0, l.2)).collect() })
    }

    /// Sends, or opens a connection first; never waits.
    pub fn send(&self, transmit: Transmit) {
        let _ = transmit;
    }

    /// Where a listener is bound: the port that the system chose, if it was 0.
    pub fn local_addr(&self, listener: ListenerId) -> Option<SocketAddr> {
        self.addresses.iter().find(|(id, _)| *id == listener).map(|(_, address)| *address)
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// Stops receiving, and closes all connections.
    pub fn stop(self) {}
}

//! Sockets for SIP: a thread for each UDP listener, tokio for all that has connections.
//!
//! ```text
//!   datagrams ──▶ udp ─────────────────────┐    full: dropped
//!                                          ├─▶ deliver(Input) ──▶ the switch's inbox
//!   streams ──▶ tcp ──[tls]── connection ──┘    full: not read
//!                               ├─ Framer cuts messages, answers keep-alives
//!                               └─ websocket: each of its messages is one of ours
//! ```

mod connection;
mod dns;
mod limits;
mod tcp;
mod tls;
mod udp;
mod websocket;
mod why;

#[cfg(test)]
mod tests;

pub use dns::Dns;
pub use limits::Limits;
pub use tls::{Identity, Proof, Refreshed, Trust, only};
pub use why::{Reasons, Stage, Why};

use crate::sip::{Input, ListenerId, Transmit, Transport};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;

/// All listeners of the process.
#[derive(Debug)]
pub struct Network {
    udp: BTreeMap<ListenerId, udp::Listener>,
    tcp: tcp::Tcp,
    tally: Arc<Tally>,
}

/// A socket to listen on.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Its number.
    pub listener: ListenerId,
    /// What is spoken on it.
    pub transport: Transport,
    /// Where it is bound.
    pub address: SocketAddr,
    /// The certificate of TLS and WSS; the others have none.
    pub identity: Option<Arc<Identity>>,
    /// Whether who connects over TLS is asked for a certificate, and may show none: by it a trunk can be
    /// reached on the connection that it has opened (RFC 5923).
    pub asks: bool,
}

/// What the network has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams and messages received.
    pub received: u64,
    /// Datagrams and messages sent.
    pub sent: u64,
    /// Datagrams dropped because the inbox was full.
    pub dropped: u64,
    /// What could not be sent: no route, no connection, a queue that is full.
    pub send_failures: u64,
    /// Connections refused by a limit.
    pub refused: u64,
    /// Connections closed by us: idle, too slow, or not SIP.
    pub closed: u64,
    /// Connections whose handshake, of TLS or of a WebSocket, failed or took too long.
    pub handshakes_failed: u64,
    /// The three above, by reason.
    pub reasons: Reasons,
    /// Connections open now.
    pub connections: u64,
}

/// The counters while they are counted.
#[derive(Debug, Default)]
struct Tally {
    received: AtomicU64,
    sent: AtomicU64,
    dropped: AtomicU64,
    send_failures: AtomicU64,
    reasons: why::Tallied,
}

impl Network {
    /// Binds the listeners and starts to deliver. `deliver` answers `false` when its inbox is
    /// full: a datagram is then dropped, a connection is not read until there is room.
    ///
    /// # Errors
    /// A listener that cannot be bound, by its address, and what may mend it.
    pub fn start(
        sockets: Vec<Socket>,
        trust: Trust,
        runtime: &Handle,
        deliver: impl Fn(Input) -> bool + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        Self::with_limits(sockets, trust, Limits::default(), runtime, deliver)
    }

    /// As [`Network::start`], with other limits.
    ///
    /// # Errors
    /// The same.
    pub fn with_limits(
        sockets: Vec<Socket>,
        trust: Trust,
        limits: Limits,
        runtime: &Handle,
        deliver: impl Fn(Input) -> bool + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let tally = Arc::new(Tally::default());
        let mut tcp = tcp::Tcp::new(limits, trust, Arc::clone(&tally), runtime, deliver.clone())?;
        let mut udp = BTreeMap::new();
        for socket in sockets {
            let (id, transport, address) = (socket.listener, socket.transport, socket.address);
            let bound = match transport {
                Transport::Udp => {
                    udp::Listener::start(id, address, Arc::clone(&tally), deliver.clone())
                        .map(|listener| drop(udp.insert(id, listener)))
                }
                Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
                    tcp.listen(socket)
                }
            };
            bound.map_err(|error| unbound(transport, address, &error))?;
        }
        Ok(Self { udp, tcp, tally })
    }

    /// Sends, or opens a connection first; never waits. A connection that cannot be opened or
    /// written is told as [`Input::Closed`].
    pub fn send(&self, transmit: Transmit) {
        let Transmit { flow, name, bytes } = transmit;
        let sent = match flow.transport {
            Transport::Udp => self
                .udp
                .get(&flow.listener)
                .context("no such listener")
                .and_then(|listener| Ok(listener.send(flow.remote, &bytes)?)),
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
                self.tcp.send(flow, name, bytes)
            }
        };
        match sent {
            Ok(()) => self.tally.sent.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                tracing::debug!(remote = %flow.remote, %error, "not sent");
                self.tally.send_failures.fetch_add(1, Ordering::Relaxed)
            }
        };
    }

    /// Where a listener is bound: the port that the system chose, if it was 0.
    pub fn local_addr(&self, listener: ListenerId) -> Option<SocketAddr> {
        let udp = self.udp.get(&listener).map(|listener| listener.address);
        udp.or_else(|| self.tcp.local_addr(listener))
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let reasons = self.tally.reasons.read();
        Counters {
            received: read(&self.tally.received),
            sent: read(&self.tally.sent),
            dropped: read(&self.tally.dropped),
            send_failures: read(&self.tally.send_failures),
            refused: reasons.at(Stage::Refused),
            closed: reasons.at(Stage::Closed),
            handshakes_failed: reasons.at(Stage::Handshake),
            reasons,
            connections: self.tcp.connections() as u64,
        }
    }

    /// Stops receiving, and closes all connections after what was sent on them.
    pub fn stop(self) {
        for listener in self.udp.into_values() {
            listener.stop();
        }
        self.tcp.stop();
    }
}

/// Why a listener could not be bound, and the mend.
fn unbound(transport: Transport, address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let mends = [
        (
            io::ErrorKind::AddrInUse,
            "another program or instance has the port: stop it, or choose another port",
        ),
        (
            io::ErrorKind::AddrNotAvailable,
            "no interface of this machine has that address: correct it, or listen on 0.0.0.0 or [::]",
        ),
        (
            io::ErrorKind::PermissionDenied,
            "ports below 1024 need CAP_NET_BIND_SERVICE: grant it, or choose another port",
        ),
    ];
    let mend = mends.iter().find(|(kind, _)| *kind == error.kind());
    let mend = mend.map_or("the system says no more", |(_, mend)| mend);
    let transport = transport.via_name();
    anyhow::anyhow!("SIP cannot listen at {transport} {address}: {error}; {mend}")
}

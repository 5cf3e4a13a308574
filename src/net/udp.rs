//! SIP over UDP: a thread for each listener.
//!
//! When the inbox is full a datagram is dropped and counted: SIP repeats it, and the system's
//! receive buffer keeps what comes meanwhile.

use super::Tally;
use crate::sip::{Flow, Input, ListenerId, Transport};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The longest datagram there is.
const MAX_DATAGRAM: usize = 65_535;

/// What the system keeps for us while the switch is busy: thousands of requests.
const RECEIVE_BUFFER: usize = 4 * 1_048_576;

/// How often the thread looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(250);

/// Errors of a receive that mean nothing: time to look, or a peer that has gone.
const PASSING: [io::ErrorKind; 4] = [
    io::ErrorKind::WouldBlock,
    io::ErrorKind::TimedOut,
    io::ErrorKind::Interrupted,
    io::ErrorKind::ConnectionRefused,
];

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    socket: Arc<UdpSocket>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Listener {
    pub(super) fn start(
        id: ListenerId,
        address: SocketAddr,
        tally: Arc<Tally>,
        deliver: impl Fn(Input) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let socket = Arc::new(bind(address)?);
        let address = socket.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new()
            .name(format!("sip-udp-{}", id.0))
            .spawn({
                let (socket, stop) = (Arc::clone(&socket), Arc::clone(&stop));
                move || receive(id, &socket, &stop, &tally, deliver)
            })?;
        Ok(Self {
            address,
            socket,
            stop,
            thread,
        })
    }

    /// Sends a datagram; never waits.
    pub(super) fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        self.socket.send_to(bytes, to).map(drop)
    }

    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!(address = %self.address, "a UDP listener had failed");
        }
    }
}

/// A socket of one family: an IPv6 listener leaves IPv4 to another of the same port.
fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, flags, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    // As much as the system allows.
    sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
    rustix::net::bind(&socket, &address)?;
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(LOOK))?;
    Ok(socket)
}

fn receive(
    id: ListenerId,
    socket: &UdpSocket,
    stop: &AtomicBool,
    tally: &Tally,
    deliver: impl Fn(Input) -> bool,
) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    while !stop.load(Ordering::Relaxed) {
        let (length, remote) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) => {
                if !PASSING.contains(&error.kind()) {
                    // Such as memory: it may be better in a moment.
                    tracing::warn!(%error, "a UDP listener cannot receive");
                    thread::sleep(LOOK);
                }
                continue;
            }
        };
        tally.received.fetch_add(1, Ordering::Relaxed);
        let flow = Flow {
            transport: Transport::Udp,
            listener: id,
            remote,
            connection: 0,
        };
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if !deliver(Input::Received { flow, bytes }) {
            tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

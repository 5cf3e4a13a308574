//! SIP over UDP: a thread for each listener.
//!
//! When the inbox is full a datagram is dropped and counted: SIP repeats it, and the system's
//! receive buffer keeps what comes meanwhile.

use super::Tally;
use crate::sip::{Flow, Input, ListenerId, Transport};
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
use nix::sys::socket::{MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest datagram there is.
const MAX_DATAGRAM: usize = 65_535;

/// What the system keeps for us while the switch is busy: thousands of requests.
const RECEIVE_BUFFER: usize = 4 * 1_048_576;

/// How often the thread looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(250);

/// Errors of a receive that mean nothing: time to look, or a peer that has gone.
const PASSING: [io::ErrorKind; 6] = [
    io::ErrorKind::WouldBlock,
    io::ErrorKind::TimedOut,
    io::ErrorKind::Interrupted,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::HostUnreachable,
    io::ErrorKind::NetworkUnreachable,
];

/// What ICMP makes of a datagram that finds nobody.
const REFUSALS: [io::ErrorKind; 3] = [
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::HostUnreachable,
    io::ErrorKind::NetworkUnreachable,
];

/// As much of a datagram as ICMP brings back is enough to know it.
const QUOTED: usize = 600;

/// Refusals read at one time; a flood of them waits for the next.
const MAX_REFUSALS: usize = 64;

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
        // That an earlier datagram found nobody is told by the next call, whatever that is about.
        let passing = |error: &io::Error| REFUSALS.contains(&error.kind());
        let first = self.socket.send_to(bytes, to);
        let sent = first.or_else(|error| match passing(&error) {
            true => self.socket.send_to(bytes, to),
            false => Err(error),
        });
        sent.map(drop)
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
    // Without this the system does not tell what ICMP says.
    match address {
        SocketAddr::V4(_) => setsockopt(&socket, Ipv4RecvErr, &true)?,
        SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvErr, &true)?,
    }
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
    let mut looked = Instant::now();
    let look = |looked: &mut Instant| {
        *looked = Instant::now();
        for (remote, quoted) in refusals(socket) {
            let flow = flow(id, remote);
            // Without room for it the request times out.
            deliver(Input::Refused { flow, quoted });
        }
    };
    while !stop.load(Ordering::Relaxed) {
        let (length, remote) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) => {
                look(&mut looked);
                if !PASSING.contains(&error.kind()) {
                    // Such as memory: it may be better in a moment.
                    tracing::warn!(%error, "a UDP listener cannot receive");
                    thread::sleep(LOOK);
                }
                continue;
            }
        };
        tally.received.fetch_add(1, Ordering::Relaxed);
        if looked.elapsed() > LOOK {
            look(&mut looked);
        }
        let flow = flow(id, remote);
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if !deliver(Input::Received { flow, bytes }) {
            tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What ICMP has said since the last look: whom a datagram did not find, and its first bytes.
fn refusals(socket: &UdpSocket) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut all = vec![];
    while all.len() < MAX_REFUSALS {
        let mut bytes = [0; QUOTED];
        let mut pieces = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let said = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut pieces, None, flags);
        let Ok((length, whom)) = said.map(|said| (said.bytes, said.address)) else {
            break;
        };
        if let Some(whom) = whom.as_ref().and_then(address_of) {
            all.push((whom, bytes.get(..length).unwrap_or_default().to_vec()));
        }
    }
    all
}

fn address_of(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address
        .as_sockaddr_in()
        .map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|v6| SocketAddr::V6((*v6).into()))
    })
}

fn flow(listener: ListenerId, remote: SocketAddr) -> Flow {
    Flow {
        transport: Transport::Udp,
        listener,
        remote,
        connection: 0,
    }
}

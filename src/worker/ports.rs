//! The sockets of a worker: two for each of its ports, RTP and RTCP, bound for its whole life.

use crate::media::SHARED;
use anyhow::{Context as _, ensure};
use rustix::event::{Timespec, epoll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// What a socket may keep for us: about two seconds of a call.
const RECEIVE_BUFFER: usize = 65_536;

/// The same of the socket that hundreds of browsers share, with their pictures.
const SHARED_BUFFER: usize = 4 << 20;

/// What is read of it before others have their turn.
const SHARED_BATCH: usize = 256;

/// Longest RTP or RTCP packet that is taken.
pub(super) const MAX_PACKET: usize = 2_048;

/// Descriptors for everything else in the process.
const OTHER_DESCRIPTORS: u64 = 4_096;

/// Readiness events taken at a time.
const EVENTS: usize = 512;

/// The token of the descriptor that ends a wait.
const WAKE: u64 = u64::MAX;

/// From here on tokens are of connections, by their number.
const CONNECTIONS: u64 = 1 << 32;

#[derive(Debug)]
pub(super) struct Ports {
    bound: Vec<u16>,
    /// The number of the port that all browsers share.
    shared: Option<u16>,
    sockets: Vec<Socket>,
    /// For each port its socket, counted from 1; 0: not ours.
    by_port: Vec<u32>,
    epoll: OwnedFd,
}

#[derive(Debug)]
struct Socket {
    port: u16,
    udp: UdpSocket,
}

/// The sockets that a wait found ready. Stays in the thread that waits.
pub(super) struct Ready(Vec<epoll::Event>);

/// What a socket that was ready gave.
pub(super) enum Received<'a> {
    Packet {
        port: u16,
        from: SocketAddr,
        bytes: &'a [u8],
    },
    Oversized,
    /// An ICMP error, of a packet sent earlier.
    Refused,
    Nothing,
}

impl Ports {
    /// Binds the pairs that are free.
    pub(super) fn bind(address: IpAddr, ports: &[u16]) -> anyhow::Result<Self> {
        raise_limit(2 * ports.len() as u64 + OTHER_DESCRIPTORS);
        let mut new = Self {
            bound: vec![],
            shared: None,
            sockets: vec![],
            by_port: vec![0; usize::from(u16::MAX) + 1],
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        };
        let mut last = None;
        for &port in ports {
            match new.bind_pair(address, port) {
                Ok(()) => new.bound.push(port),
                Err(error) => last = Some((port, error)),
            }
        }
        if let Some((port, error)) = last {
            let left_out = ports.len() - new.bound.len();
            tracing::warn!(%address, port, %error, left_out, "RTP ports could not be bound and are left out");
            let why = || {
                format!(
                    "none of {} RTP ports on {address} can be bound",
                    ports.len()
                )
            };
            ensure!(!new.bound.is_empty(), "{}: port {port}: {error}", why());
        }
        Ok(new)
    }

    pub(super) fn bound(&self) -> &[u16] {
        &self.bound
    }

    /// Binds the port that all browsers share; 0: any. The engine knows it as [`SHARED`].
    pub(super) fn share(&mut self, address: IpAddr, port: u16) -> io::Result<()> {
        let udp = socket(address, port, SHARED_BUFFER)?;
        let number = udp.local_addr()?.port();
        self.add(SHARED, udp)?;
        self.shared = Some(number);
        Ok(())
    }

    /// The number of the port that browsers share, if there is one.
    pub(super) fn shared(&self) -> Option<u16> {
        self.shared
    }

    /// Lets a descriptor end a wait each time it is written to.
    pub(super) fn add_wake(&self, wake: impl AsFd) -> anyhow::Result<()> {
        // Edge-triggered, so that it need not be read.
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&self.epoll, wake, epoll::EventData::new_u64(WAKE), flags)
            .context("a media worker cannot be woken")
    }

    /// Tells of a connection from now on, by its number, when there is something to read.
    pub(super) fn watch(&self, connection: impl AsFd, number: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(CONNECTIONS + number);
        Ok(epoll::add(
            &self.epoll,
            connection,
            data,
            epoll::EventFlags::IN,
        )?)
    }

    /// The same, and whether it is told when something can be written, too.
    pub(super) fn watch_writing(
        &self,
        connection: impl AsFd,
        number: u64,
        writing: bool,
    ) -> io::Result<()> {
        let data = epoll::EventData::new_u64(CONNECTIONS + number);
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::OUT, writing);
        Ok(epoll::modify(&self.epoll, connection, data, flags)?)
    }

    /// Waits for sockets with something to read, to the next whole millisecond; `None`: for ever.
    /// Says how many there are.
    pub(super) fn wait(&self, timeout: Option<Duration>, ready: &mut Ready) -> usize {
        let timeout = timeout.map(|wait| Timespec {
            tv_sec: 0,
            // A beat is never more than a second away.
            tv_nsec: wait.as_micros().div_ceil(1_000).min(999) as i64 * 1_000_000,
        });
        ready.0.clear();
        let spare = rustix::buffer::spare_capacity(&mut ready.0);
        // An interrupted wait is one that found nothing.
        if epoll::wait(&self.epoll, spare, timeout.as_ref()).is_err() {
            ready.0.clear();
        }
        ready.0.len()
    }

    /// How many datagrams of a socket that was ready to read at most before the next wait: many of
    /// that which many share, so that a nap does not hold them up.
    pub(super) fn batch(&self, ready: &Ready, nth: usize) -> usize {
        let index = ready.0.get(nth).map_or(WAKE, |event| event.data.u64());
        let socket = usize::try_from(index).ok();
        let socket = socket.and_then(|index| self.sockets.get(index));
        let shared = socket.is_some_and(|socket| socket.port == SHARED);
        if shared { SHARED_BATCH } else { 1 }
    }

    /// Reads one datagram of a socket that was ready. One only: where there are more, the next
    /// wait says so, and asking would cost a call for each packet.
    pub(super) fn receive<'a>(
        &self,
        ready: &Ready,
        nth: usize,
        buffer: &'a mut [u8; MAX_PACKET + 1],
    ) -> Received<'a> {
        let index = ready.0.get(nth).map_or(WAKE, |event| event.data.u64());
        let socket = usize::try_from(index)
            .ok()
            .and_then(|index| self.sockets.get(index));
        let Some(socket) = socket else {
            return Received::Nothing;
        };
        match socket.udp.recv_from(buffer) {
            Ok((length, _)) if length > MAX_PACKET => Received::Oversized,
            Ok((length, from)) => Received::Packet {
                port: socket.port,
                from: SocketAddr::new(from.ip().to_canonical(), from.port()),
                bytes: buffer.get(..length).unwrap_or_default(),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::Nothing,
            Err(_) => Received::Refused,
        }
    }

    /// Sends a datagram from one of our ports.
    pub(super) fn send(&self, port: u16, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let index = self.by_port.get(usize::from(port)).copied().unwrap_or(0);
        let socket = (index as usize)
            .checked_sub(1)
            .and_then(|index| self.sockets.get(index));
        let socket = socket.ok_or(io::ErrorKind::AddrNotAvailable)?;
        socket.udp.send_to(bytes, to)?;
        Ok(())
    }

    fn bind_pair(&mut self, address: IpAddr, port: u16) -> io::Result<()> {
        let second = port.checked_add(1).filter(|_| port.is_multiple_of(2));
        let second = second.ok_or(io::ErrorKind::InvalidInput)?;
        // Both or none.
        let pair = [
            (port, socket(address, port, RECEIVE_BUFFER)?),
            (second, socket(address, second, RECEIVE_BUFFER)?),
        ];
        for (port, udp) in pair {
            self.add(port, udp)?;
        }
        Ok(())
    }

    fn add(&mut self, port: u16, udp: UdpSocket) -> io::Result<()> {
        let data = epoll::EventData::new_u64(self.sockets.len() as u64);
        epoll::add(&self.epoll, &udp, data, epoll::EventFlags::IN)?;
        self.sockets.push(Socket { port, udp });
        if let Some(index) = self.by_port.get_mut(usize::from(port)) {
            *index = u32::try_from(self.sockets.len()).unwrap_or(0);
        }
        Ok(())
    }
}

impl Ready {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(EVENTS))
    }

    /// The number of the connection that is ready, if it is one.
    pub(super) fn connection(&self, nth: usize) -> Option<u64> {
        let token = self.0.get(nth)?.data.u64();
        let number = token.checked_sub(CONNECTIONS);
        number.filter(|_| token != WAKE)
    }
}

/// A socket that takes both IP versions where its address is `::`.
fn socket(address: IpAddr, port: u16, buffer: usize) -> io::Result<UdpSocket> {
    let family = match address {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let udp = rustix::net::socket_with(family, SocketType::DGRAM, flags, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&udp, false)?;
    }
    rustix::net::bind(&udp, &SocketAddr::new(address, port))?;
    let udp = UdpSocket::from(udp);
    sockopt::set_socket_recv_buffer_size(&udp, buffer)?;
    Ok(udp)
}

/// Raises our limit of open descriptors as far as we may and need.
fn raise_limit(needed: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let current = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit {
        current: Some(current),
        ..limit
    };
    if current < needed || setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!(
            current,
            needed,
            "few file descriptors for so many RTP ports; raise the limit (ulimit -n, LimitNOFILE)"
        );
    }
}

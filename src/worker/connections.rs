//! The connections of browsers that UDP does not reach (RFC 6544): each packet is a frame (RFC 4571).
//!
//! ```text
//!   somebody else's port ──a connection and its first packet──▶ ICE proves it? ─▶ kept while it is a leg's
//!                                                                 └─ no ─▶ closed
//! ```
//!
//! What a peer does not take in time is dropped, as a network drops datagrams: late sound is no sound.

use super::ports::{MAX_PACKET, Ports};
use crate::rtc::{Frames, framed};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Connections at once: more are closed.
const MOST: usize = 1_024;
/// What may wait to be taken by one peer; what comes while there is more is dropped. A quarter of a
/// second of pictures.
const WAITING: usize = 64 << 10;
/// What the system may keep besides. It takes twice of it.
const SEND_BUFFER: usize = 32 << 10;
/// Reads of one connection before others have their turn.
const READS: usize = 8;

/// A connection that somebody else has taken, and what came of it first.
#[derive(Debug)]
pub struct Connection {
    /// It does not block.
    pub socket: TcpStream,
    /// The other end.
    pub peer: SocketAddr,
    /// The first packet: a check of ICE.
    pub first: Vec<u8>,
}

/// Those of a worker.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: BTreeMap<SocketAddr, Open>,
    /// Who is meant by the number of a readiness event.
    numbers: BTreeMap<u64, SocketAddr>,
    last: u64,
}

#[derive(Debug)]
struct Open {
    socket: TcpStream,
    number: u64,
    /// What has come and is no whole packet yet.
    frames: Frames,
    /// What the peer has not taken yet.
    waiting: Vec<u8>,
}

/// What has come by a connection.
pub(super) struct Came {
    pub(super) from: SocketAddr,
    /// To be given back with [`Connections::keep`], once the whole packets have been taken.
    pub(super) frames: Frames,
    /// The peer has hung up, or the network has.
    pub(super) over: bool,
}

impl Connections {
    /// Takes one in; `false`: there is no room. An old one from the same place is over.
    pub(super) fn add(&mut self, ports: &Ports, socket: TcpStream, peer: SocketAddr) -> bool {
        self.close(peer);
        if self.open.len() >= MOST {
            return false;
        }
        self.last += 1;
        let number = self.last;
        // Sound is sent as it comes. Without either it is only later.
        let _ = socket.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER);
        if ports.watch(&socket, number).is_err() {
            return false;
        }
        let open = Open {
            socket,
            number,
            frames: Frames::default(),
            waiting: vec![],
        };
        self.open.insert(peer, open);
        self.numbers.insert(number, peer);
        true
    }

    /// A connection is ready: what waited is written, and what has come is read.
    pub(super) fn ready(
        &mut self,
        ports: &Ports,
        number: u64,
        buffer: &mut [u8; MAX_PACKET + 1],
    ) -> Option<Came> {
        let from = *self.numbers.get(&number)?;
        let open = self.open.get_mut(&from)?;
        let mut over = open.write(ports).is_err();
        let mut frames = std::mem::take(&mut open.frames);
        for _ in 0..READS {
            match open.socket.read(buffer) {
                Ok(0) => over = true,
                Ok(length) => {
                    frames.push(buffer.get(..length).unwrap_or_default());
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => over = true,
            }
            break;
        }
        Some(Came { from, frames, over })
    }

    /// The rest of what has come, until more does.
    pub(super) fn keep(&mut self, from: SocketAddr, frames: Frames) {
        if let Some(open) = self.open.get_mut(&from) {
            open.frames = frames;
        }
    }

    /// Sends a packet.
    pub(super) fn send(&mut self, ports: &Ports, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
        let open = self.open.get_mut(&to);
        let open = open.ok_or(io::ErrorKind::NotConnected)?;
        if open.waiting.len() > WAITING {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let idle = open.waiting.is_empty();
        if !framed(packet, &mut open.waiting) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if idle {
            open.write(ports)?;
        }
        Ok(())
    }

    /// Closes one, if there is one.
    pub(super) fn close(&mut self, peer: SocketAddr) {
        if let Some(open) = self.open.remove(&peer) {
            self.numbers.remove(&open.number);
        }
    }

    /// Closes those that are nobody's.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(SocketAddr) -> bool) {
        self.open.retain(|peer, _| is_wanted(*peer));
        let open = &self.open;
        self.numbers.retain(|_, peer| open.contains_key(peer));
    }
}

impl Open {
    /// Writes what waits, as far as the peer takes it.
    fn write(&mut self, ports: &Ports) -> io::Result<()> {
        let before = self.waiting.len();
        let mut written = 0;
        let result = loop {
            let rest = self.waiting.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.socket.write(rest) {
                Ok(length) => written += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.waiting.drain(..written);
        if before > 0 {
            ports.watch_writing(&self.socket, self.number, !self.waiting.is_empty())?;
        }
        result
    }
}

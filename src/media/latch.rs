//! Symmetric RTP: where a peer's packets come from, and that it stays so.
//!
//! ```text
//!                 the signalled address
//!   Listening ─────────────────────────────────────▶ Locked ◀─┐
//!       │ another                                      ▲      │ 2 s
//!       └────────▶ Taken ── the signalled one speaks ──┘      │
//!                    └────────────────────────────────────────┘
//! ```
//!
//! Behind a NAT the peer's packets come from elsewhere than its SDP says, so the first valid source
//! is taken. For two seconds the signalled address, or else its host, may still claim the stream;
//! then nobody can, until the signalling itself names another address (H2).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a better source may take the place of the first one.
const CLAIM: Duration = Duration::from_secs(2);

/// The source of one stream, as a lock that closes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latch {
    signalled: SocketAddr,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Listening,
    Taken { by: SocketAddr, until: Instant },
    Locked { to: SocketAddr },
}

impl Latch {
    /// Nothing has come yet.
    pub(super) fn new(signalled: SocketAddr) -> Self {
        Self {
            signalled: canonical(signalled),
            state: State::Listening,
        }
    }

    /// A new description: only another address opens the lock. An address that is none (a hold of
    /// RFC 2543) tells nothing new about where the peer is.
    pub(super) fn signal(&mut self, signalled: SocketAddr) {
        let signalled = canonical(signalled);
        if signalled != self.signalled && !signalled.ip().is_unspecified() {
            *self = Self::new(signalled);
        }
    }

    /// Whether a valid packet from this address belongs to the stream.
    pub(super) fn accepts(&mut self, now: Instant, from: SocketAddr) -> bool {
        let from = canonical(from);
        match self.state {
            State::Listening => self.take(now, from),
            State::Taken { by, until } if now >= until => {
                self.state = State::Locked { to: by };
                by == from
            }
            State::Taken { by, .. } if self.claim(from) > self.claim(by) => self.take(now, from),
            State::Taken { by, .. } => by == from,
            State::Locked { to } => to == from,
        }
    }

    /// Whether packets from this address were taken, without taking it.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        !matches!(self.state, State::Listening) && self.target() == canonical(from)
    }

    /// Where to send: to where the peer's packets come from, before them to where it said.
    pub(super) fn target(&self) -> SocketAddr {
        match self.state {
            State::Listening => self.signalled,
            State::Taken { by, .. } => by,
            State::Locked { to } => to,
        }
    }

    fn take(&mut self, now: Instant, from: SocketAddr) -> bool {
        self.state = if from == self.signalled {
            State::Locked { to: from }
        } else {
            State::Taken {
                by: from,
                until: now + CLAIM,
            }
        };
        true
    }

    /// How good the right of an address to the stream is.
    fn claim(&self, from: SocketAddr) -> u8 {
        u8::from(from.ip() == self.signalled.ip()) + u8::from(from == self.signalled)
    }
}

/// An IPv4 address seen through an IPv6 socket is the same address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signalled_source_locks_at_once() {
        let (mut latch, now) = (Latch::new(at(1, 4000)), Instant::now());
        assert!(latch.accepts(now, at(1, 4000)));
        assert!(!latch.accepts(now, at(1, 4002)) && !latch.accepts(now, at(2, 4000)));
    }

    #[test]
    fn the_first_source_is_kept_unless_the_signalled_one_speaks_in_time() {
        let (mut latch, now) = (Latch::new(at(1, 4000)), Instant::now());
        assert!(latch.accepts(now, at(2, 9)) && !latch.accepts(now, at(3, 9)));
        assert_eq!(latch.target(), at(2, 9));
        let mut late = latch;
        assert!(latch.accepts(now + CLAIM / 2, at(1, 5000)), "the same host");
        assert!(latch.accepts(now + CLAIM / 2, at(1, 4000)));
        assert!(!latch.accepts(now + CLAIM / 2, at(2, 9)));
        assert!(!late.accepts(now + CLAIM, at(1, 4000)), "too late");
        assert!(late.accepts(now + CLAIM, at(2, 9)));
    }

    #[test]
    fn only_signalling_another_address_opens_the_lock() {
        let (mut latch, now) = (Latch::new(at(1, 4000)), Instant::now());
        latch.accepts(now, at(1, 4000));
        latch.signal(at(1, 4000));
        latch.signal(SocketAddr::from(([0, 0, 0, 0], 4000)));
        assert!(!latch.accepts(now, at(2, 9)));
        latch.signal(at(5, 4000));
        assert!(latch.accepts(now, at(2, 9)));
    }

    #[test]
    fn a_mapped_address_is_the_same_address() {
        let mut latch = Latch::new(at(1, 4000));
        let mapped = "[::ffff:10.0.0.1]:4000".parse().expect("an address");
        assert!(latch.accepts(Instant::now(), mapped) && latch.knows(at(1, 4000)));
        assert_eq!(latch.target(), at(1, 4000));
    }

    fn at(host: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, host], port))
    }
}

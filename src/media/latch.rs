//! Symmetric RTP: where a peer's packets come from, and that it stays so.
//!
//! ```text
//!                 the signalled address
//!   Listening ─────────────────────────────────────▶ Locked ◀─┐
//!       │ another                                      ▲ │     │ 2 s
//!       └────────▶ Taken ── the signalled one speaks ──┘ │     │
//!                    ├───────────────────────────────────┼─────┘
//!                    └──┬────── signalled elsewhere ─────┘
//!                       ▼
//!                     Moved ── the signalled one, or its host, speaks; in 2 s anybody ──▶ as from Listening
//! ```
//!
//! Behind a NAT the peer's packets come from elsewhere than its SDP says, so the first valid source
//! is taken. For two seconds the signalled address, or else its host, may still claim the stream;
//! then nobody can, until the signalling itself names another address (H2).
//!
//! Then the old source is heard until the new one speaks, however long that takes: a call that is forked on
//! its way names one network after the other, and the last one that speaks is the one to be heard (R136).

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
    Taken {
        by: SocketAddr,
        until: Instant,
    },
    Locked {
        to: SocketAddr,
    },
    /// Another address was signalled than that of who is heard.
    Moved {
        from: SocketAddr,
        until: Option<Instant>,
    },
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
        if signalled == self.signalled || signalled.ip().is_unspecified() {
            return;
        }
        self.signalled = signalled;
        self.state = match self.state {
            State::Listening => State::Listening,
            State::Taken { by, .. } => Self::moved(signalled, by),
            State::Locked { to } => Self::moved(signalled, to),
            State::Moved { from, .. } => Self::moved(signalled, from),
        };
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
            State::Moved { from: old, until } => {
                let until = until.unwrap_or(now + CLAIM);
                self.state = State::Moved {
                    from: old,
                    until: Some(until),
                };
                // Who is not nearer to what was signalled than the old one has moved at once, if at all.
                let better = self.claim(from) > self.claim(old);
                from == old || (better || now < until) && self.take(now, from)
            }
        }
    }

    fn moved(signalled: SocketAddr, from: SocketAddr) -> State {
        match from == signalled {
            true => State::Locked { to: from },
            false => State::Moved { from, until: None },
        }
    }

    /// Whether packets from this address were taken, without taking it.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        let taken = match self.state {
            State::Listening => None,
            State::Taken { by, .. } => Some(by),
            State::Locked { to } => Some(to),
            State::Moved { from, .. } => Some(from),
        };
        taken == Some(canonical(from))
    }

    /// Where to send: to where the peer's packets come from, before them to where it said.
    pub(super) fn target(&self) -> SocketAddr {
        match self.state {
            State::Listening | State::Moved { .. } => self.signalled,
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
    fn r136_the_old_source_is_heard_until_the_one_that_was_signalled_speaks() {
        let (mut latch, now) = (Latch::new(at(1, 4000)), Instant::now());
        assert!(latch.accepts(now, at(1, 4000)));
        latch.signal(at(1, 4002));
        assert_eq!(latch.target(), at(1, 4002), "what we say goes there");
        let later = now + 5 * CLAIM;
        assert!(latch.accepts(now, at(1, 4000)) && latch.accepts(later, at(1, 4000)));
        assert!(!latch.accepts(later, at(9, 9)), "who is nowhere near");
        assert!(latch.accepts(later, at(1, 4002)), "however late");
        assert!(!latch.accepts(later, at(1, 4000)), "never two at once");
        latch.signal(at(1, 4000));
        assert!(
            latch.accepts(later, at(1, 4002)),
            "nothing has come from there"
        );
        latch.signal(at(1, 4002));
        assert!(
            !latch.accepts(later, at(1, 4000)),
            "it is the one who is heard"
        );
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

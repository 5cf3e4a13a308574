//! SRTP on one leg: its packets are opened before anybody looks at them, and sealed where they
//! leave. Between the two all is plain, so that a secure leg is bridged to a plain one like any.
//!
//! ```text
//!   datagram ─▶ open ─▶ take, latch, relay, decode │ made, relayed, report ─▶ seal ─▶ datagram
//!                 └─▶ dropped and counted (H3)
//! ```
//!
//! What does not open has no effect: it moves no latch and is in no ear and no file (H2). While a
//! new key of the peer's has opened nothing, the old one still counts: the peer changes over once it
//! has our answer (RFC 4568 §7.1.4).

use super::Out;
use crate::rtp::Header;
use crate::rtp::srtp::{Dropped, Keys, Opener, Sealer};
use std::net::SocketAddr;

/// The keys of a leg at work.
#[derive(Debug)]
pub(super) struct Secure {
    keys: Keys,
    sealer: Sealer,
    opener: Opener,
    /// That of the key before, until the new one has opened something.
    old: Option<Opener>,
}

impl Secure {
    /// After a negotiation: what has not changed goes on, with its numbers, so that no packet is
    /// opened twice and no number sealed twice.
    pub(super) fn agreed(before: Option<Box<Self>>, keys: Option<Keys>) -> Option<Box<Self>> {
        let keys = keys?;
        let Some(mut secure) = before else {
            return Some(Box::new(Self {
                keys,
                sealer: Sealer::new(keys.suite, &keys.ours),
                opener: Opener::new(keys.suite, &keys.theirs),
                old: None,
            }));
        };
        let was = std::mem::replace(&mut secure.keys, keys);
        if (was.suite, was.ours) != (keys.suite, keys.ours) {
            secure.sealer = Sealer::new(keys.suite, &keys.ours);
        }
        if (was.suite, was.theirs) != (keys.suite, keys.theirs) {
            let next = Opener::following(keys.suite, &keys.theirs, &secure.opener);
            secure.old = Some(std::mem::replace(&mut secure.opener, next));
        }
        Some(secure)
    }

    /// Opens a datagram in its place.
    pub(super) fn open(&mut self, rtcp: bool, packet: &mut Vec<u8>) -> Result<(), Dropped> {
        let opened = if let Some(old) = &mut self.old {
            // An attempt that fails spoils the bytes.
            let sealed = packet.clone();
            let opened = open(&mut self.opener, rtcp, packet);
            if opened.is_ok() {
                self.old = None;
                opened
            } else {
                *packet = sealed;
                open(old, rtcp, packet)
            }
        } else {
            open(&mut self.opener, rtcp, packet)
        };
        opened.map(|length| packet.truncate(length))
    }

    /// Seals the RTP packet from `start` on; whether it may be sent.
    pub(super) fn seal(&mut self, bytes: &mut Vec<u8>, start: usize) -> bool {
        self.sealer.seal_rtp(bytes, start)
    }

    /// Seals the report from `start` on; whether it may be sent.
    pub(super) fn seal_report(&mut self, bytes: &mut Vec<u8>, start: usize) -> bool {
        self.sealer.seal_rtcp(bytes, start)
    }
}

/// Sends a packet, sealed where that was agreed on.
pub(super) fn depart(
    secure: &mut Option<Box<Secure>>,
    port: u16,
    to: SocketAddr,
    header: &Header,
    payload: &[u8],
    out: &mut Out,
) {
    let write = |bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(&header.write());
        bytes.extend_from_slice(payload);
    };
    let secure = secure.as_mut();
    out.packets.push_sealed(port, to, write, |bytes, start| {
        secure.is_none_or(|secure| secure.seal(bytes, start))
    });
}

fn open(opener: &mut Opener, rtcp: bool, packet: &mut [u8]) -> Result<usize, Dropped> {
    if rtcp {
        opener.open_rtcp(packet)
    } else {
        opener.open_rtp(packet)
    }
}

//! How a browser's media reaches us, and nobody else's: ICE (RFC 8445, the lite side), over UDP or, where
//! that is blocked, over TCP (RFC 6544); DTLS 1.2 with `use_srtp` (RFC 5764) and the keys that come of it.
//!
//! Deliberately absent: checks of our own, candidates of the peer, TURN and names to resolve. Who is
//! lite answers checks and learns from them where the peer is (RFC 8445 §2.5, §7.3); over TCP it is
//! passive alone.

mod dtls;
mod frames;
mod hello;
mod ice;
mod session;
mod stun;

pub use dtls::{Association, Certificate};
pub use frames::{Frames, TooLong, framed};
pub use session::{Session, Took};
pub use stun::Check;
#[cfg(test)]
pub(crate) use {dtls::tests::certificate as certificate_of_test, stun::check_of_test};

use crate::random::Random;
use std::fmt;
use std::net::SocketAddr;

/// Where packets of a peer come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// By what.
    pub over: Over,
    /// The peer's end.
    pub address: SocketAddr,
}

/// What packets travel by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Over {
    /// Each is a datagram.
    Udp,
    /// Each is a frame of the peer's connection (RFC 4571).
    Tcp,
}

/// The name and the password that one side's checks are known by (RFC 8445 §5.3). The password is
/// printed as dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user fragment: 4 to 256 characters.
    pub ufrag: String,
    /// 22 to 256 characters.
    pub password: String,
}

impl Credentials {
    /// New ones of a leg of this worker: 64 bits of name, so that no two legs share one, and 128 bits of
    /// password. The name tells the worker, for whoever takes connections for all of them.
    pub fn random(worker: usize, random: &mut Random) -> Self {
        Self {
            ufrag: format!("{:04x}{}", worker & 0xffff, random.hex(16)),
            password: random.hex(32),
        }
    }

    /// The worker of the leg that has this name.
    pub fn worker(ufrag: &str) -> Option<usize> {
        usize::from_str_radix(ufrag.get(..4)?, 16).ok()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:•••", self.ufrag)
    }
}

/// The SHA-256 of a certificate (RFC 8122 §5): what a peer is known by in DTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    /// As SDP has it: pairs of capital hexadecimal digits with colons between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Who begins the DTLS handshake (RFC 5763 §5), seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The peer does: `a=setup:passive` is ours.
    Server,
    /// We do.
    Client,
}

/// A browser as its offer describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What it says in its checks after our own user fragment.
    pub credentials: Credentials,
    /// Its certificate: nobody else's is taken.
    pub fingerprint: Fingerprint,
    /// What we are in DTLS.
    pub role: Role,
}

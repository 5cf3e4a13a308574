//! The four transaction machines of RFC 3261 §17, one file each.
//!
//! A machine is a value: an event and the time go in, effects come out. It owns no socket, no
//! timer and no channel, so a test is three lines and a simulation is exact.

pub mod client_invite;
pub mod client_other;
pub mod server_invite;
pub mod server_other;

mod backoff;
mod key;

pub use backoff::Backoff;
pub use client_invite::ClientInvite;
pub use client_other::ClientOther;
pub use key::{ClientKey, MergeKey, ServerKey};
pub use server_invite::ServerInvite;
pub use server_other::ServerOther;

use std::time::Duration;

/// A response to send: its status and its bytes, already written.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The whole message.
    pub bytes: Vec<u8>,
}

/// The timer values of RFC 3261 §17.1.1.1, Table 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Estimate of the round-trip time.
    pub t1: Duration,
    /// Longest interval between retransmissions.
    pub t2: Duration,
    /// Longest time a message lives in the network.
    pub t4: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

impl Timing {
    /// How long a transaction waits for its peer: 64·T1, timers B, D, F, H, J, L and M.
    pub fn patience(&self) -> Duration {
        64 * self.t1
    }
}

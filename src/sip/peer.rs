//! Carriers: peers that we register with, and whose health we watch.

use super::{Credential, Hop};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A carrier, by the number its user has given it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PeerId(pub u32);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A carrier to register with, to watch, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// What events call it.
    pub id: PeerId,
    /// The URI that is asked for its health, and of the registrar (RFC 3261 §10.2): a domain
    /// without a user, as `sip:carrier.example`.
    pub uri: String,
    /// Where it is reached, in the order of trial. Without any it counts as unreachable.
    pub hops: Vec<Hop>,
    /// The outbound proxies: URIs in angle brackets, the next one first.
    pub routes: Vec<String>,
    /// What its challenges are answered with.
    pub credentials: Vec<Credential>,
    /// Where calls for us are to be brought to by registering; `None`: it knows by itself.
    pub registration: Option<Registration>,
    /// How often it is asked for its health by OPTIONS (RFC 3261 §11), 5 s to 1 h; `None`: never.
    pub options_every: Option<Duration>,
}

/// What is registered with a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The address of record, From and To of a REGISTER: `sip:4930@carrier.example`.
    pub aor: String,
    /// How long a registration is asked for: 60 s to 24 h. The registrar may grant less, and
    /// more if it finds this too brief.
    pub expires: Duration,
}

/// What has become of a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// We are registered. Told again where the service route has changed.
    Registered {
        /// How long, unless it is renewed before.
        expires: Duration,
        /// The proxies that our calls through it must pass (RFC 3608), for
        /// [`super::Outbound::routes`], as written.
        service_route: Vec<String>,
    },
    /// We are not, and try again after a while: told when that begins and when the reason
    /// changes.
    Unregistered {
        /// The refusal, 408 where no answer came, 503 where it could not be asked.
        status: u16,
        /// Why, for people.
        reason: String,
    },
    /// It answers OPTIONS.
    Up {
        /// With what.
        status: u16,
    },
    /// It does not, twice in a row.
    Down {
        /// 503 if that is its answer or if it cannot be reached, 408 where none came.
        status: u16,
    },
}

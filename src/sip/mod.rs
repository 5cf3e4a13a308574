//! SIP as RFC 3261 says it: messages, transactions, dialogs, and the endpoint that holds them.
//!
//! ```text
//!   bytes ──▶ message ──▶ transaction ──▶ dialog ──▶ Event        (what a user of SIP must know)
//!   bytes ◀── message ◀── transaction ◀── dialog ◀── Command      (what it may ask for)
//!                        └───────── Endpoint ─────────┘
//! ```
//!
//! The endpoint is a value: bytes and time go in; bytes, events and a deadline come out. What a
//! session is about (queues, agents, sound) is not known here: SDP bodies pass as bytes.

pub mod auth;
pub mod dialog;
pub mod endpoint;
pub mod enrol;
pub mod framing;
pub mod guard;
pub mod header;
pub mod message;
pub mod pulse;
pub mod register;
pub mod resolve;
pub mod stun;
pub mod transaction;
pub mod uri;

mod claims;
mod command;
mod credential;
mod event;
mod peer;
mod refer;
mod terms;
mod timers;
mod trail;

pub use claims::Claims;
pub use command::{Command, Rejection, Warning};
pub use credential::Credential;
pub use endpoint::{
    Config, Counters, Endpoint, Listener, MAX_FORWARDS, Outbound, Path, Paths, Target,
};
pub use event::{Bye, Event, Invite, Party};
pub use peer::{Peer, PeerId, PeerState, Registration};
pub use refer::{Refer, Replaces};
pub use terms::{Refresher, Reliable, SessionTimer, Terms};
pub use trail::Trail;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// An INVITE dialog and all that belongs to it, from the first INVITE to the end of the BYE.
/// Minted by the endpoint, unique in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One of our listening sockets: an index into the endpoint's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub u16);

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
    /// Encrypted connections (RFC 3261 §26.2.1).
    Tls,
    /// WebSockets, a message in each of their messages (RFC 7118).
    Ws,
    /// WebSockets over TLS.
    Wss,
}

impl Transport {
    /// Whether the transport itself repeats what was lost.
    pub fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls | Self::Ws | Self::Wss => true,
        }
    }

    /// Whether messages follow each other without a seam: each must say its length (RFC 3261
    /// §20.14). A datagram and a message of a WebSocket are as long as they are (RFC 7118 §5.1).
    pub fn is_stream(self) -> bool {
        match self {
            Self::Tcp | Self::Tls => true,
            Self::Udp | Self::Ws | Self::Wss => false,
        }
    }

    /// Whether nobody between the two ends can read or change what passes: a `sips:` URI may be
    /// reached so.
    pub fn is_secure(self) -> bool {
        match self {
            Self::Udp | Self::Tcp | Self::Ws => false,
            Self::Tls | Self::Wss => true,
        }
    }

    /// Whether a connection begins with a handshake beyond that of TCP.
    pub fn shakes_hands(self) -> bool {
        match self {
            Self::Udp | Self::Tcp => false,
            Self::Tls | Self::Ws | Self::Wss => true,
        }
    }

    /// Whether we may open a connection. A WebSocket is opened by the client alone (RFC 7118 §4.1).
    pub fn can_be_opened(self) -> bool {
        match self {
            Self::Tcp | Self::Tls => true,
            Self::Udp | Self::Ws | Self::Wss => false,
        }
    }

    /// Whether we may speak first: a URI may lead to it.
    pub fn can_be_sought(self) -> bool {
        self == Self::Udp || self.can_be_opened()
    }

    /// The name in a Via (RFC 3261 §20.42, RFC 7118 §5.2.1).
    pub fn via_name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The `transport` parameter of a URI, where one is needed (RFC 3261 §19.1.1). Both kinds of
    /// WebSocket have one (RFC 7118 §5.2.2).
    pub fn uri_parameter(self) -> Option<&'static str> {
        match self {
            Self::Udp => None,
            Self::Tcp => Some("tcp"),
            Self::Tls => Some("tls"),
            Self::Ws | Self::Wss => Some("ws"),
        }
    }

    /// Where nothing is said (RFC 3261 §19.1.2, RFC 7118 §5.2.2).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

/// A way to a peer and back: for UDP the pair of addresses, for all others one connection
/// (RFC 5626 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// That of the listener.
    pub transport: Transport,
    /// The socket of ours.
    pub listener: ListenerId,
    /// The peer's address as its packets show it.
    pub remote: SocketAddr,
    /// The driver's number of the connection; 0 for UDP, and for a connection yet to be opened to
    /// `remote`.
    pub connection: u64,
}

/// One place where a request may be sent to: what a look-up leads to (RFC 3263 §4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// What is spoken there.
    pub transport: Transport,
    /// Where it is.
    pub address: SocketAddr,
    /// What the certificate of a TLS peer must show: the host that was looked up, not the one that
    /// it led to (RFC 5922 §4). `None`: only a peer that we have met is spoken to.
    pub name: Option<Arc<str>>,
}

/// What reaches the endpoint from the network.
#[derive(Debug)]
pub enum Input {
    /// One datagram, one message of a WebSocket, or one cut out of a stream by
    /// [`crate::sip::framing`].
    Received {
        /// The way it came.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A connection is gone, or could not be opened.
    Closed {
        /// As it was used or asked for: its connection may be 0.
        flow: Flow,
    },
    /// The network says that a datagram found nobody (ICMP).
    Refused {
        /// Where it was sent.
        flow: Flow,
        /// Its first bytes, as they come back.
        quoted: Vec<u8>,
    },
    /// A deadline from `poll_timeout` may have passed.
    Timeout,
}

/// Bytes for the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Transmit {
    /// The way to go.
    pub flow: Flow,
    /// Of a TLS connection yet to be opened: what the certificate of the peer must show, as
    /// [`Hop::name`].
    pub name: Option<Arc<str>>,
    /// The message.
    pub bytes: Vec<u8>,
}

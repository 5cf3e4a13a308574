//! What two parties agree on before they speak: SDP (RFC 8866) and its offers and answers (RFC 3264).
//!
//! ```text
//!   their offer ──▶ answer() ──▶ our answer + Negotiated
//!                   offer()  ──▶ our offer, then   their answer ──▶ accept() ──▶ Negotiated
//! ```
//!
//! Pure functions: who calls them keeps the [`Local`] and raises its version for each description
//! that differs from the last (RFC 3264 §8). One audio stream over RTP or SRTP is agreed on, in one
//! codec and with telephone-event (RFC 4733) where the peer has it. Every other media line is
//! refused with port 0, in its place.
//!
//! Which codec: our order counts, in answers too, where RFC 3264 §6.1 only recommends the offer's. A
//! peer that answers us chooses by itself. Telephone-events are offered at each clock rate that the
//! codecs have, each with a payload type of its own, and sent at that of the codec agreed on where
//! the peer has it, otherwise at 8000; either is understood. Who wants keys in the sound is offered none.
//!
//! Whether it is SRTP is for [`security`] to say, and which of our addresses is told for the peer's
//! IP version. `a=rtcp-mux` (RFC 5761) is answered or offered too; `a=rtcp` is read and never
//! written, since our RTCP port is the next one.
//!
//! What pages offer is answered in [`browser`]. Deliberately absent here: browsers' profiles and those
//! with feedback (refused with a reason of their own), multicast, names in place of addresses, bundling (not answered, so not in use),
//! preconditions and capability negotiation.

pub mod browser;
mod description;
mod formats;
mod negotiate;
pub mod security;

pub use description::{Connection, Description, Malformed, Media, RtpMap};
pub use formats::Types;
pub use negotiate::{accept, answer, offer};
pub use security::{OurKeys, Profile, Security, Unusable};

use crate::audio::Codec;
use crate::audio::opus::Wishes;
use crate::rtp::{Events, srtp};
use std::net::{IpAddr, SocketAddr};

/// What we bring to a negotiation.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// Where we receive: written into `c=`.
    pub address: IpAddr,
    /// Where we receive instead from who has the other IP version only.
    pub other: Option<IpAddr>,
    /// The even RTP port; RTCP is the next one.
    pub port: u16,
    /// What we speak, the best first: the order of our offers, and what is chosen by in our answers.
    pub codecs: Vec<Codec>,
    /// Whether telephone-events are offered and agreed to.
    pub events: bool,
    /// What the payload types stand for so far: [`Negotiated::types`] of the last negotiation.
    pub types: Types,
    /// The session id of `o=`: the same for the whole dialog.
    pub session: u64,
    /// The version of `o=`: one more with each description that differs (RFC 3264 §8).
    pub version: u64,
    /// The most that we want.
    pub direction: Direction,
    /// Whether it is to be SRTP, and the keys.
    pub security: Security,
    /// Whether RTCP may share the port of RTP.
    pub rtcp_mux: RtcpMux,
}

/// What we think of RTCP on the port of RTP (RFC 5761).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RtcpMux {
    /// Never.
    Off,
    /// If the peer offers it.
    #[default]
    Answered,
    /// It is offered, too.
    Offered,
}

/// What was agreed on, seen from us.
#[derive(Clone, Debug, PartialEq)]
pub struct Negotiated {
    /// Where the peer receives RTP. Unusable (unspecified address) where `held` says so.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP: the next port, or what `a=rtcp` says (RFC 3605).
    pub rtcp: SocketAddr,
    /// The codec of both ways.
    pub codec: Codec,
    /// The payload type of the codec in what we send, as the peer's description numbers it.
    pub payload_type: u8,
    /// The payload type of the codec in what the peer sends: the same, or what our offer said.
    pub receive_type: u8,
    /// What the peer asks of who sends it Opus.
    pub opus: Wishes,
    /// Telephone-event, if both have it.
    pub events: Option<Events>,
    /// Milliseconds of sound in each packet that we send: 10, or a multiple of 20 up to 200; 20, 40
    /// or 60 for Opus.
    pub packet_time: u16,
    /// What the payload types of the session stand for, for the next negotiation.
    pub types: Types,
    /// What we do: never more than the local description and the peer allow.
    pub direction: Direction,
    /// The peer does not want to hear us now: `sendonly`, `inactive`, or the address 0.0.0.0.
    pub held: bool,
    /// The keys, if it is SRTP.
    pub crypto: Option<srtp::Keys>,
    /// The profile that was agreed on.
    pub profile: Profile,
    /// RTCP goes to the port of RTP, both ways.
    pub rtcp_mux: bool,
}

/// Which ways a stream flows, seen from whoever says it (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Direction {
    /// Both ways: what holds where nothing is said.
    #[default]
    SendRecv,
    /// Who says it only speaks.
    SendOnly,
    /// Who says it only listens.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// The direction that does these two things.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether sound goes out.
    pub fn sends(self) -> bool {
        match self {
            Self::SendRecv | Self::SendOnly => true,
            Self::RecvOnly | Self::Inactive => false,
        }
    }

    /// Whether sound comes in.
    pub fn receives(self) -> bool {
        match self {
            Self::SendRecv | Self::RecvOnly => true,
            Self::SendOnly | Self::Inactive => false,
        }
    }

    /// The same, seen from the other side.
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        let sends = self.sends() && other.sends();
        Self::of(sends, self.receives() && other.receives())
    }

    /// The name of the attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn from_attribute(name: &str) -> Option<Self> {
        let all = [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ];
        all.into_iter().find(|each| each.attribute() == name)
    }
}

/// Why a description cannot be agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no session description, or a broken one.
    #[error("the description cannot be read: {0}")]
    Malformed(#[from] Malformed),
    /// No audio line, or its port is 0.
    #[error("no audio is offered")]
    NoAudio,
    /// Nothing that the local description lists.
    #[error("no common codec: PCMU, PCMA, G722 and opus are spoken here")]
    NoCommonCodec,
    /// A packet time out of range, in milliseconds; 0 also for what is no number.
    #[error("a packet time of {0} ms: 1 to 200 are possible")]
    BadPtime(u32),
    /// Only SRTP.
    #[error("secure media (RTP/SAVP) is not offered here")]
    Secure,
    /// A transport that is none of ours.
    #[error("the transport is not RTP/AVP")]
    Transport,
    /// Plain RTP where it may not be.
    #[error("only secure media (RTP/SAVP) is taken here")]
    Unprotected,
    /// SRTP without a key that we could use.
    #[error("no usable a=crypto: {0}")]
    Crypto(#[from] Unusable),
    /// A host name, which would have to be looked up.
    #[error("a name in place of an address in c=")]
    NamedAddress,
    /// IPv6 to a local IPv4 address or the other way round.
    #[error("an address of the other IP version in c=")]
    AddressFamily,
    /// A multicast or broadcast address.
    #[error("an address that is nobody's own in c=")]
    NotUnicast,
}

impl Refusal {
    /// The status of the response: 400 for what cannot be read, otherwise 488 (RFC 3261 §21.4.26).
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NoAudio
            | Self::NoCommonCodec
            | Self::BadPtime(_)
            | Self::Secure
            | Self::Unprotected
            | Self::Crypto(_)
            | Self::Transport
            | Self::NamedAddress
            | Self::AddressFamily
            | Self::NotUnicast => 488,
        }
    }

    /// The code of the `Warning` header that goes with the response (RFC 3261 §20.43).
    pub fn warning(self) -> u16 {
        match self {
            Self::AddressFamily => 301,
            Self::Transport | Self::Secure | Self::Unprotected => 302,
            Self::NamedAddress | Self::NotUnicast => 300,
            Self::NoAudio => 304,
            Self::NoCommonCodec => 305,
            Self::BadPtime(_) | Self::Crypto(_) => 306,
            Self::Malformed(_) => 399,
        }
    }

    /// Whether it is about who may listen: what was secret does not become public (H22).
    pub fn is_about_security(self) -> bool {
        match self {
            Self::Secure | Self::Unprotected | Self::Crypto(_) => true,
            Self::Malformed(_)
            | Self::NoAudio
            | Self::NoCommonCodec
            | Self::BadPtime(_)
            | Self::Transport
            | Self::NamedAddress
            | Self::AddressFamily
            | Self::NotUnicast => false,
        }
    }
}

#[cfg(test)]
mod security_tests;
#[cfg(test)]
mod tests;

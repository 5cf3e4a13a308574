//! How we talk to a make of peer: an agent's phone, or a trunk.

use std::time::Duration;

/// How we talk to a make of peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// The codecs that it is offered and may choose from, the preferred first: of those that it
    /// offers itself, the first one here is taken.
    pub codecs: Vec<Codec>,
    /// Provisional responses that are acknowledged (RFC 3262).
    pub reliable_provisionals: Reliable,
    /// The interval at which a session is refreshed that we ask for (RFC 4028): 90 s to a day;
    /// `None`: only what the peer asks for.
    pub session_timer: Option<Duration>,
    /// Whether sound before the answer is passed on: of a trunk, what its network says; of a phone,
    /// whether it is given any (R134, R135).
    pub early_media: bool,
    /// How it wants to be told of keys.
    pub dtmf: Dtmf,
    /// The header that tells it who calls.
    pub identity: IdentityHeader,
    /// Whether its media is encrypted.
    pub srtp: Srtp,
    /// Whether RTCP may share the port of RTP (RFC 5761).
    pub rtcp_mux: RtcpMux,
}

/// A codec that a peer may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law, payload type 0.
    Pcmu,
    /// G.711 A-law, payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, payload type 9.
    G722,
    /// Opus.
    Opus,
}

/// Provisional responses that are acknowledged (RFC 3262).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliable {
    /// Never.
    Off,
    /// If the other side wants them.
    Supported,
    /// Always: who cannot is refused.
    Required,
}

/// How a peer is told that a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtmf {
    /// By telephone-events where it agrees to them, else by tones.
    Auto,
    /// By telephone-events (RFC 4733), or not at all.
    Events,
    /// By SIP INFO.
    Info,
    /// By tones; telephone-events are not offered.
    Inband,
}

/// The header that tells a peer who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityHeader {
    /// From alone.
    From,
    /// P-Asserted-Identity (RFC 3325).
    Asserted,
    /// P-Preferred-Identity: of a carrier that does not believe us, and asserts what it has checked
    /// (RFC 3325 §9.2).
    Preferred,
    /// Remote-Party-ID, which never became an RFC.
    RemoteParty,
}

/// Whether a peer's media is encrypted, by keys in the signalling (RFC 4568). They are as secret as
/// the signalling is: for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Srtp {
    /// Never: secure media is refused with 488.
    Off,
    /// If the peer has it: offered as RTP/AVP with `a=crypto`, and taken as the peer offers it. A
    /// call that has become secure stays so.
    Preferred,
    /// Always: RTP/SAVP is offered, and RTP/AVP refused with 488.
    Required,
}

/// Whether RTCP shares the port of RTP (RFC 5761).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcpMux {
    /// Never.
    Off,
    /// If the peer offers it.
    Answer,
    /// It is offered, too.
    Offer,
}

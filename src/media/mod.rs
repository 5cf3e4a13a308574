//! The media plane: sound between legs, driven by packets and a beat of 20 ms.
//!
//! It has one verb: a leg **hears** something. A bridge is two of them (a hears b, b hears a),
//! hold is one (the customer hears music), an echo test is a leg that hears itself.
//!
//! ```text
//!   Command ──▶ ┌────────────────── Engine (one a worker) ──────────────────┐ ──▶ Event
//!               │  Leg: session ◀─▶ the peer      hears: Source             │
//!  packets ───▶ │  same codec, one listener  → header rewritten, sent now   │ ──▶ packets
//!     beat ───▶ │  otherwise                 → playout buffer, mix, encode  │ ──▶ chunks of
//!               │  music and prompts         → frames encoded once, shared  │     recordings
//!               └───────────────────────────────────────────────────────────┘
//! ```
//!
//! The engine is a value: no socket, no clock, no file. All legs of a call live in one engine.

use crate::audio::Codec;
use crate::id::{LegId, RecordingId, SoundId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the switch tells an engine.
#[derive(Clone, Debug)]
pub enum Command {
    /// Replaces the sounds that can be played; legs keep what they are hearing.
    Library(Arc<Library>),
    /// A leg gets a port. Nothing is sent before [`Command::Describe`]; it hears silence.
    Open {
        leg: LegId,
        /// The even RTP port; RTCP is the next one.
        port: u16,
        /// [`Event::Silent`] after so long without a packet from the peer; `None`: never.
        patience: Option<Duration>,
    },
    /// What the negotiation agreed on; again after every re-negotiation.
    Describe { leg: LegId, stream: Stream },
    /// From now on the leg hears this.
    Hear { leg: LegId, source: Source },
    /// Writes what the leg says. Sample 0 of the file is the instant `origin`.
    Record {
        recording: RecordingId,
        leg: LegId,
        origin: Instant,
    },
    /// Ends a file at the instant `end`, filled with silence up to it.
    StopRecording {
        recording: RecordingId,
        end: Instant,
    },
    /// The leg is over: recordings of it end now, its port is free after [`Event::Closed`].
    Close { leg: LegId },
}

/// A leg's stream as negotiated: where to, in which codec, which ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stream {
    /// Where the peer says it receives RTP. The source of its packets may differ (NAT): the first
    /// valid one is taken and then kept.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP.
    pub rtcp: SocketAddr,
    pub codec: Codec,
    /// The payload type of the codec.
    pub payload_type: u8,
    /// The payload type of telephone-event (RFC 4733), if agreed.
    pub events: Option<u8>,
    /// Milliseconds of sound in each packet that we send: a multiple of 20 from 20 to 200,
    /// or 10.
    pub packet_time: u16,
    /// Whether the peer wants to hear us.
    pub sends: bool,
    /// Whether the peer will speak: if not, the absence of packets is no fault.
    pub receives: bool,
}

/// What a leg hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Silence,
    /// Sounds one after the other, once; then [`Event::Played`] and silence.
    Play {
        play: u64,
        sounds: Vec<SoundId>,
    },
    /// A sound again and again. Each leg hears it from the start, and after an interruption
    /// from where it was (D9).
    Loop(SoundId),
    /// What another leg says, or the leg itself: an echo.
    Leg(LegId),
    /// What several legs say at once.
    Mix(Vec<LegId>),
}

/// What an engine tells the switch.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first valid packet of the leg has come.
    Started { leg: LegId },
    /// A [`Source::Play`] was heard to its end.
    Played { leg: LegId, play: u64 },
    /// A key was pressed, once per press: `0-9*#A-D`.
    Digit { leg: LegId, digit: char },
    /// Nothing has come from the leg for its patience. Said once until a packet comes again.
    Silent { leg: LegId },
    /// The leg is closed, its port may be given to another.
    Closed {
        leg: LegId,
        port: u16,
        report: Report,
    },
    /// The leg is unknown or its port cannot be used.
    Failed { leg: LegId, why: &'static str },
}

/// How a leg's media fared, for the call record (B12).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    pub received: u64,
    pub sent: u64,
    /// Packets that never came, by sequence number.
    pub lost: u64,
    /// Interarrival jitter at the end, milliseconds (RFC 3550 §6.4.1).
    pub jitter_ms: f32,
    /// The last round trip by RTCP, milliseconds.
    pub round_trip_ms: Option<f32>,
    /// Loss of what we sent, as the peer reported it: 0–1.
    pub remote_loss: Option<f32>,
    /// Packets dropped as not from the peer or not RTP.
    pub refused: u64,
}

/// A piece of a recording. Positions are absolute, so that a lost chunk is a gap of silence and
/// never a shift.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// Samples at 8 kHz from position `at` on, not overlapping an earlier chunk.
    Samples {
        recording: RecordingId,
        at: u64,
        samples: Vec<i16>,
    },
    /// The file ends, exactly `length` samples long.
    End { recording: RecordingId, length: u64 },
}

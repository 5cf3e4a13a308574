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
//! The engine is a value: no socket, no clock, no file. All legs of a call live in one engine. A leg's
//! peer speaks RTP, SRTP with keys from the signalling, or is a browser: ICE, DTLS and SRTP at a port
//! that all of them share. Its pictures are passed on to those who hear it, and recorded as they are;
//! nothing of them is decoded.

mod beat;
mod browser;
mod control;
mod engine;
mod film;
mod gathered;
mod inbound;
mod keypad;
mod keys;
mod latch;
mod leg;
mod library;
mod out;
mod outbound;
mod pictures;
mod player;
mod press;
mod recorder;
mod recording;
mod route;
mod secure;
#[cfg(test)]
mod tests;
mod voice;

pub use crate::rtp::VideoCodec;
pub use crate::rtp::picture::{Picture, Shape};
pub use engine::{Engine, SHARED, STREAMED, Totals};
pub use library::{Library, Sound};
pub use out::{Out, Packets};

use crate::audio::Codec;
use crate::audio::opus::Wishes;
use crate::id::{LegId, RecordingId, SoundId};
use crate::rtc::Credentials;
use crate::rtp::{Events, srtp};
use crate::sdp::browser::Agreed;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The legs of one engine at most; more are [`Event::Failed`].
pub const MAX_LEGS: usize = 4096;
/// The legs heard at once at most in a [`Source::Mix`].
pub const MAX_MIX: usize = 8;
/// The sounds at most in a [`Source::Play`].
pub const MAX_SOUNDS: usize = 32;
/// The recordings of one leg's sound at most at one time, and of its pictures; more are [`Event::Failed`] and end at once.
pub const MAX_RECORDINGS: usize = 4;
/// How often [`Engine::beat`] wants to be called.
pub const BEAT: Duration = Duration::from_millis(20);

/// What the switch tells an engine.
#[derive(Clone, Debug)]
pub enum Command {
    /// Replaces the sounds that can be played; legs keep what they are hearing.
    Library(Arc<Library>),
    /// Adds a sound to those that can be played: it stays until [`Command::Forget`], whatever
    /// library comes.
    Sound {
        /// Its name.
        id: SoundId,
        /// What it sounds like.
        sound: Arc<Sound>,
    },
    /// Takes out a sound that [`Command::Sound`] has added; legs keep what they are hearing.
    Forget(SoundId),
    /// A leg gets a place. Nothing is sent before [`Command::Describe`] or [`Command::Meet`]; it
    /// hears silence.
    Open {
        /// Its name from now on.
        leg: LegId,
        /// Where its packets come to.
        place: Place,
        /// [`Event::Silent`] after so long without a packet from the peer; `None`: never.
        patience: Option<Duration>,
    },
    /// What the negotiation agreed on; again after every re-negotiation.
    Describe {
        /// Whose stream it is.
        leg: LegId,
        /// Where to, in which codec, which ways.
        stream: Stream,
    },
    /// What was agreed on with the browser of a leg that was opened as one; again after every
    /// re-negotiation. Nothing is sent before DTLS has proved whose it is.
    Meet {
        /// Whose page it is.
        leg: LegId,
        /// Its sound, its pictures, its way.
        agreed: Box<Agreed>,
    },
    /// From now on the leg hears this.
    Hear {
        /// Who listens.
        leg: LegId,
        /// To what. The leg heard may be opened later.
        source: Source,
    },
    /// Writes what the leg says. Every one of these has exactly one [`Chunk::End`].
    Record {
        /// The name of the file in each [`Chunk`].
        recording: RecordingId,
        /// Whose voice.
        leg: LegId,
        /// The instant of sample 0 of the file.
        origin: Instant,
    },
    /// Writes the pictures that the leg sends, if and when it does. Every one of these has exactly one
    /// [`Chunk::End`], too.
    Film {
        /// The name of the file in each [`Chunk`]: another than that of the sound.
        recording: RecordingId,
        /// Who is seen.
        leg: LegId,
        /// The instant at which the file begins: that of the sound.
        origin: Instant,
    },
    /// Ends a file, filled with silence up to its end. Nothing happens if it has ended already.
    StopRecording {
        /// Which file.
        recording: RecordingId,
        /// The instant at which it ends: not in the future.
        end: Instant,
    },
    /// What the leg says is silence in its file, or sound again, and what it shows is left out: its time goes on (B10). Nothing happens if
    /// the file has ended.
    Mask {
        /// Which file.
        recording: RecordingId,
        /// Silence from now on.
        masked: bool,
    },
    /// The leg's peer has pressed a key and said so by signalling (SIP INFO). If that is news, it is
    /// an [`Event::Digit`] and passed on to those who hear the leg, as any press is; the same press
    /// may come in its stream as well (F28). Nothing happens if the leg is unknown.
    Pressed {
        /// Who pressed it.
        leg: LegId,
        /// One of `0-9*#A-D`.
        digit: char,
        /// How long it was pressed.
        milliseconds: u16,
    },
    /// Presses a key towards the leg's peer, as [`Stream::keys_by`] says; in the stream instead of
    /// what it hears, after earlier presses. Nothing happens if the leg is unknown.
    Press {
        /// Who is to notice.
        leg: LegId,
        /// One of `0-9*#A-D`.
        digit: char,
        /// How long: 40 to 5000.
        milliseconds: u16,
    },
    /// The leg is over: recordings of it end now, its port is free after [`Event::Closed`].
    Close {
        /// Which leg; an unknown one is [`Event::Failed`].
        leg: LegId,
    },
}

/// Where a leg's packets come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An even RTP port of its own; RTCP is the next one.
    Port(u16),
    /// The port that all browsers share: its checks name it by these credentials of ours.
    Browser(Credentials),
}

/// A leg's stream as negotiated: where to, in which codec, which ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stream {
    /// Where the peer says it receives RTP. The source of its packets may differ (NAT): the first
    /// valid one is taken and then kept.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP.
    pub rtcp: SocketAddr,
    /// The codec of both directions.
    pub codec: Codec,
    /// The payload type of the codec in what we send.
    pub payload_type: u8,
    /// The payload type of the codec in what the peer sends; the other one is understood too.
    pub receive_type: u8,
    /// What the peer asks of who sends it Opus.
    pub opus: Wishes,
    /// Telephone-event (RFC 4733), if agreed.
    pub events: Option<Events>,
    /// How the peer is told of keys.
    pub keys_by: KeysBy,
    /// Milliseconds of sound in each packet that we send: a multiple of 20 from 20 to 200,
    /// or 10; of Opus 20, 40 or 60.
    pub packet_time: u16,
    /// Whether the peer wants to hear us.
    pub sends: bool,
    /// Whether the peer will speak: if not, the absence of packets is no fault.
    pub receives: bool,
    /// The keys, if it is SRTP: then nothing plain is sent or taken.
    pub crypto: Option<srtp::Keys>,
    /// RTCP shares the port of RTP (RFC 5761).
    pub rtcp_mux: bool,
}

/// How a leg's peer is told that somebody whom it hears has pressed a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeysBy {
    /// By telephone-events where they were agreed on, else by tones.
    #[default]
    Stream,
    /// By telephone-events or not at all.
    Events,
    /// By signalling: each is an [`Event::Tell`], and nothing of it is in the stream.
    Signalling,
}

/// What a leg hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Silence, in packets, so that the path to the peer stays open.
    Silence,
    /// Sounds one after the other, once; then [`Event::Played`] and silence.
    Play {
        /// A number of the switch's, given back in [`Event::Played`].
        play: u64,
        /// At most [`MAX_SOUNDS`], the rest is left out; unknown ones are passed over.
        sounds: Vec<SoundId>,
    },
    /// A sound again and again. Each leg hears it from the start, and after an interruption
    /// from where it was (D9).
    Loop(SoundId),
    /// What another leg says, or the leg itself: an echo.
    Leg(LegId),
    /// What several legs say at once: at most [`MAX_MIX`], the rest is not heard.
    Mix(Vec<LegId>),
}

/// What an engine tells the switch.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first valid packet of the leg has come.
    Started {
        /// Whose.
        leg: LegId,
    },
    /// A [`Source::Play`] was heard to its end.
    Played {
        /// Who heard it.
        leg: LegId,
        /// The number it was given.
        play: u64,
    },
    /// Nothing comes from the leg's browser any more (RFC 7675); its call is another's to end. Said
    /// once until it is [`Event::Found`].
    Lost {
        /// Whose way is gone.
        leg: LegId,
    },
    /// A browser that was lost is there again.
    Found {
        /// Whose.
        leg: LegId,
    },
    /// A key was pressed, said once per press, whatever way or ways it came: telephone-events,
    /// tones where those were not agreed on, signalling.
    Digit {
        /// Who pressed it.
        leg: LegId,
        /// One of `0-9*#A-D`.
        digit: char,
    },
    /// The leg's peer is to be told by signalling that a key was pressed ([`KeysBy::Signalling`]).
    Tell {
        /// Whose peer.
        leg: LegId,
        /// One of `0-9*#A-D`.
        digit: char,
        /// How long it was pressed.
        milliseconds: u16,
    },
    /// Nothing has come from the leg for its patience. Said once until a packet comes again.
    Silent {
        /// Who is not heard.
        leg: LegId,
    },
    /// How the leg's media fares so far (B12): every few seconds, when it is reported to the peer.
    Fares {
        /// Which leg.
        leg: LegId,
        /// What has been counted of it.
        report: Report,
    },
    /// The leg is closed, its place may be given to another.
    Closed {
        /// Which leg.
        leg: LegId,
        /// The port that is free now; [`SHARED`] of a browser.
        port: u16,
        /// How its media fared.
        report: Report,
    },
    /// A command could not be obeyed: the leg is unknown, or its port cannot be used.
    Failed {
        /// Of which leg.
        leg: LegId,
        /// For the log.
        why: &'static str,
    },
}

/// How a leg's media fared, for the call record (B12).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Packets taken from the peer.
    pub received: u64,
    /// Packets sent to the peer.
    pub sent: u64,
    /// Packets that never came, by sequence number.
    pub lost: u64,
    /// Interarrival jitter at the end, milliseconds (RFC 3550 §6.4.1).
    pub jitter_ms: f32,
    /// The last round trip by RTCP, milliseconds.
    pub round_trip_ms: Option<f32>,
    /// Loss of what we sent, as the peer reported it: 0–1.
    pub remote_loss: Option<f32>,
    /// Packets dropped as not from the peer, not RTP, or not authentic.
    pub refused: u64,
}

/// A piece of a recording. Positions are absolute, so that a lost chunk is a gap of silence and
/// never a shift.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// Samples at 8 kHz from position `at` on, not overlapping an earlier chunk.
    Samples {
        /// Of which file.
        recording: RecordingId,
        /// The position of the first sample, from the file's origin.
        at: u64,
        /// Mono, 8 kHz.
        samples: Vec<i16>,
    },
    /// A picture, shown from a place on until the next one: they come in their order. The first is one
    /// that stands alone.
    Picture {
        /// Of which file.
        recording: RecordingId,
        /// Where it is first seen, from the file's origin, in samples of 8 kHz.
        at: u64,
        /// How it is encoded.
        codec: VideoCodec,
        /// The picture.
        picture: Picture,
    },
    /// The file ends, exactly `length` samples long: silence is added up to it, and what lies
    /// behind it is cut.
    End {
        /// Which file.
        recording: RecordingId,
        /// From the origin to the end, in samples.
        length: u64,
    },
}

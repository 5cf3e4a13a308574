//! The sound of a scripted phone: a tone out, and ears that keep all that came in.

use cordboard::audio::{Codec, FRAME, level, tone};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_millis(20);
const TURN: f32 = std::f32::consts::TAU;

#[derive(Debug)]
pub(crate) struct Voice {
    pub(crate) address: SocketAddr,
    /// The tone that is this phone's speech.
    pub(crate) hz: f32,
    /// Says nothing, sends nothing: a phone whose network has gone.
    pub(crate) mute: bool,
    remote: Option<SocketAddr>,
    codec: Codec,
    next: Option<Instant>,
    sequence: u16,
    timestamp: u32,
    phase: f32,
    /// What came, and when.
    heard: Vec<(Instant, Vec<i16>)>,
    /// The sequence numbers and timestamps that came.
    pub(crate) headers: Vec<(u16, u32, u32)>,
}

impl Voice {
    pub(crate) fn new(address: SocketAddr, hz: f32) -> Self {
        Self {
            address,
            hz,
            mute: false,
            remote: None,
            codec: Codec::Pcmu,
            next: None,
            sequence: 7,
            timestamp: 1000,
            phase: 0.0,
            heard: vec![],
            headers: vec![],
        }
    }

    pub(crate) fn talk_to(&mut self, now: Instant, remote: SocketAddr, payload_type: u8) {
        self.remote = Some(remote);
        self.codec = Codec::from_payload_type(payload_type).expect("PCMU or PCMA");
        self.next.get_or_insert(now);
    }

    pub(crate) fn stop(&mut self) {
        self.next = None;
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// The packet that is due.
    pub(crate) fn beat(&mut self, now: Instant) -> Option<(SocketAddr, Vec<u8>)> {
        let due = self.next.filter(|due| *due <= now)?;
        self.next = Some(due + BEAT);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        let frame: Vec<i16> = (0..FRAME).map(|_| self.sample()).collect();
        let mut packet = vec![0x80, self.codec.payload_type()];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(0xC0FF_EE00_u32.to_be_bytes());
        self.codec.encode(&frame, &mut packet);
        let remote = self.remote.filter(|_| !self.mute)?;
        Some((remote, packet))
    }

    pub(crate) fn hear(&mut self, now: Instant, datagram: &[u8]) {
        let Some((header, payload)) = datagram.split_first_chunk::<12>() else {
            return;
        };
        let codec = Codec::from_payload_type(header[1] & 0x7f);
        let Some(codec) = codec else { return };
        let mut sound = vec![];
        codec.decode(payload, &mut sound);
        self.heard.push((now, sound));
        let word = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let sequence = u16::from_be_bytes([header[2], header[3]]);
        self.headers.push((sequence, word(4), word(8)));
    }

    /// All that came since an instant.
    pub(crate) fn since(&self, from: Instant) -> Vec<i16> {
        let recent = self.heard.iter().filter(|(at, _)| *at >= from);
        recent
            .flat_map(|(_, sound)| sound.iter().copied())
            .collect()
    }

    fn sample(&mut self) -> i16 {
        self.phase = (self.phase + TURN * self.hz / 8000.0) % TURN;
        (self.phase.sin() * 8000.0) as i16
    }
}

/// Whether the tone is a part of the sound.
pub(crate) fn has(sound: &[i16], hz: f32) -> bool {
    level::dbfs(sound) > -45.0 && tone::share(sound, hz) > 0.15
}

pub(crate) fn is_silent(sound: &[i16]) -> bool {
    level::dbfs(sound) < -45.0
}

/// A tone of some length, as a prompt.
pub(crate) fn prompt(hz: f32, seconds: f32) -> Vec<i16> {
    tone::sine(hz, -12.0, (seconds * 8000.0) as usize)
}

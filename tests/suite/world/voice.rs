//! The sound of a scripted phone: a tone out, and ears that keep all that came in.

use super::ear::{Ear, Mouth};
use super::secure::Secure;
use cordboard::audio::{FRAME, level, tone};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_millis(20);
const TURN: f32 = std::f32::consts::TAU;
/// The numbers of telephone-events at 8000 and 48000 Hz, of Opus and of pictures in their SDP.
pub(crate) const EVENTS: u8 = 101;
pub(crate) const WIDE_EVENTS: u8 = 103;
pub(crate) const OPUS: u8 = 111;
pub(crate) const VP8: u8 = 96;
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

#[derive(Debug)]
pub(crate) struct Voice {
    pub(crate) address: SocketAddr,
    /// The tone that is this phone's speech.
    pub(crate) hz: f32,
    /// Says nothing, sends nothing: a phone whose network has gone.
    pub(crate) mute: bool,
    /// Has telephone-events, of payload type 101, and of 103 in Opus.
    pub(crate) events: bool,
    /// Packets of keys to be sent, and tones to be said, before anything else.
    keys: VecDeque<(u8, u16, bool, bool)>,
    key_began: u32,
    tones: VecDeque<i16>,
    /// The telephone-events that came: timestamp and key.
    events_heard: Vec<(u32, char)>,
    remote: Option<SocketAddr>,
    /// The numbers of the codec and of events in what it sends; and the ticks of its clock.
    sent: (u8, Option<u8>),
    ticks: u32,
    mouth: Mouth,
    ear: Ear,
    next: Option<Instant>,
    sequence: u16,
    timestamp: u32,
    phase: f32,
    /// What came, and when.
    heard: Vec<(Instant, Vec<i16>)>,
    /// The sequence numbers and timestamps that came.
    pub(crate) headers: Vec<(u16, u32, u32)>,
    /// The payloads of sound that came, and that were sent.
    pub(crate) got: Vec<Vec<u8>>,
    pub(crate) said: Vec<Vec<u8>>,
    /// The pictures that came, each in one packet.
    pub(crate) seen: Vec<Vec<u8>>,
    /// The durations of the last packets of keys that came, in ticks.
    pub(crate) durations: Vec<u16>,
    /// How its packets are encrypted, once both have said so.
    pub(crate) secure: Option<Secure>,
}

impl Voice {
    pub(crate) fn new(address: SocketAddr, hz: f32) -> Self {
        Self {
            address,
            hz,
            mute: false,
            events: true,
            keys: VecDeque::new(),
            key_began: 0,
            tones: VecDeque::new(),
            events_heard: vec![],
            remote: None,
            sent: (0, None),
            ticks: 1,
            mouth: Mouth::new(0),
            ear: Ear::new(0),
            next: None,
            sequence: 7,
            timestamp: 1000,
            phase: 0.0,
            heard: vec![],
            headers: vec![],
            got: vec![],
            said: vec![],
            seen: vec![],
            durations: vec![],
            secure: None,
        }
    }

    /// Speaks and understands the codec of this number, numbered otherwise in what it sends.
    pub(crate) fn talk_to(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        codec: u8,
        sent: (u8, Option<u8>),
    ) {
        self.remote = Some(remote);
        if self.ear.codec != codec {
            (self.mouth, self.ear) = (Mouth::new(codec), Ear::new(codec));
        }
        self.ticks = if codec == OPUS { 6 } else { 1 };
        self.sent = sent;
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
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32 * self.ticks);
        let (mut kind, mut timestamp, mut payload) = (self.sent.0, self.timestamp, vec![]);
        if let Some((code, packets, first, end)) = self.keys.pop_front() {
            if first {
                self.key_began = timestamp;
            }
            timestamp = self.key_began;
            kind = self.sent.1.expect("events") | if first { 0x80 } else { 0 };
            let [high, low] = (160 * packets * self.ticks as u16).to_be_bytes();
            payload.extend([code, 10 | if end { 0x80 } else { 0 }, high, low]);
        } else {
            let frame = [(); FRAME].map(|()| self.sample());
            payload = self.mouth.say(&frame);
            self.said.push(payload.clone());
        }
        let mut packet = vec![0x80, kind];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(0xC0FF_EE00_u32.to_be_bytes());
        packet.extend(payload);
        let remote = self.remote.filter(|_| !self.mute)?;
        if let Some(secure) = &mut self.secure {
            packet = secure.seal(packet);
        }
        Some((remote, packet))
    }

    pub(crate) fn hear(&mut self, now: Instant, datagram: &[u8]) {
        let opened = match &mut self.secure {
            Some(secure) => secure.open(datagram),
            None => Some(datagram.to_vec()),
        };
        let datagram = opened.unwrap_or_default();
        let Some((header, payload)) = datagram.split_first_chunk::<12>() else {
            return;
        };
        let word = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let kind = header[1] & 0x7f;
        if [EVENTS, WIDE_EVENTS].contains(&kind) {
            assert!(self.events, "events were not agreed on");
            assert_eq!(kind == WIDE_EVENTS, self.ticks == 6, "of the sound's clock");
            self.durations
                .push(u16::from_be_bytes([payload[2], payload[3]]));
            let key = ('0'..='9')
                .chain("*#ABCD".chars())
                .nth(usize::from(payload[0]));
            let press = (word(4), key.expect("a key"));
            if !self.events_heard.contains(&press) {
                self.events_heard.push(press);
            }
            return;
        }
        if kind != self.ear.codec {
            if kind == VP8 {
                // Behind a descriptor of a byte (RFC 7741 §4.2).
                self.seen.extend(payload.get(1..).map(<[u8]>::to_vec));
            }
            return;
        }
        self.heard.push((now, self.ear.hear(payload)));
        self.got.push(payload.to_vec());
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

    /// Presses a key by telephone-event packets (RFC 4733): the last one three times.
    pub(crate) fn press(&mut self, key: char, milliseconds: u16) {
        let code = "0123456789*#ABCD".find(key).expect("a key") as u8;
        let packets = milliseconds / 20;
        let number = |n: u16| n.min(packets);
        for n in 1..packets + 3 {
            self.keys.push_back((code, number(n), n == 1, n >= packets));
        }
    }

    /// Presses a key by its two tones.
    pub(crate) fn dial_tones(&mut self, key: char, milliseconds: usize) {
        let at = "123A456B789C*0#D".find(key).expect("a key");
        let hz = [ROWS[at / 4], COLUMNS[at % 4]];
        self.tones.extend(tone::dual(&hz, -15.0, milliseconds * 8));
    }

    /// The keys that came by telephone-events, then those whose tones were heard.
    pub(crate) fn keys_heard(&self) -> (String, String) {
        let events = self.events_heard.iter().map(|(_, key)| key).collect();
        let (mut tones, mut before, mut said) = (String::new(), None, None);
        for (_, frame) in &self.heard {
            let found = |group: &[f32]| group.iter().position(|hz| tone::share(frame, *hz) > 0.3);
            let at = found(&ROWS)
                .zip(found(&COLUMNS))
                .filter(|_| level::dbfs(frame) > -30.0);
            let key = at.and_then(|(row, column)| "123A456B789C*0#D".chars().nth(4 * row + column));
            if key.is_some() && key == before && said != key {
                tones.extend(key);
                said = key;
            }
            if key.is_none() && before.is_none() {
                said = None;
            }
            before = key;
        }
        (events, tones)
    }

    fn sample(&mut self) -> i16 {
        if let Some(sample) = self.tones.pop_front() {
            return sample;
        }
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

//! Keys of a telephone in RTP: RFC 4733 §2, received and sent.
//!
//! ```text
//!   event (0–9 * # A–D) │E│R│ volume │ duration so far, in ticks
//! ```
//!
//! All packets of a press carry the timestamp at which it began, the last one is sent three times
//! with E set. Any of them may be lost, repeated or overtaken, so a press is told by its timestamp
//! and said at the first packet that is seen of it.
//!
//! A duration has 16 bits: 8 s at 8000 ticks a second, 1.4 s at 48000. A longer press comes in
//! segments, each with the timestamp at which the one before it ended (§2.5.1.3).

use super::Header;

const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// The E bit and the volume that everybody sends: -10 dBm0.
const END: u8 = 0x80;
const VOLUME: u8 = 10;
/// Where a segment ends and the next one begins (RFC 4733 §2.5.1.3).
const LONGEST: u16 = 0xffff;

/// A payload type that stands for telephone-events, and what their durations are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// The number in the packets.
    pub payload_type: u8,
    /// Ticks a second: that of the sound they are among, or 8000.
    pub clock_rate: u32,
}

/// Telephone-events as agreed on for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    /// In what we send.
    pub sent: EventType,
    /// In what comes: one, or two of different clock rates.
    pub received: [EventType; 2],
}

impl Events {
    /// One type for both ways.
    pub fn both(payload_type: u8, clock_rate: u32) -> Self {
        let sent = EventType {
            payload_type,
            clock_rate,
        };
        Self {
            sent,
            received: [sent; 2],
        }
    }

    /// The type of a packet that came, if it is one of an event.
    pub fn of(&self, payload_type: u8) -> Option<EventType> {
        let mut types = self.received.iter();
        let found = types.find(|known| known.payload_type == payload_type);
        found.copied()
    }
}

/// The receiver's machine: the last press.
///
/// ```text
///   newer timestamp ──▶ pressed (said) ──E──▶ over
///                         │  ▲
///                         └──┘ same timestamp, a further segment, older ones
/// ```
#[derive(Clone, Debug, Default)]
pub struct Keys {
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    ssrc: u32,
    code: u8,
    timestamp: u32,
    duration: u16,
    over: bool,
}

impl Keys {
    /// Takes the payload of a telephone-event packet; a key if a press begins with it. `clock_rate`
    /// is that of the timestamps.
    pub fn update(&mut self, header: &Header, payload: &[u8], clock_rate: u32) -> Option<char> {
        let Header {
            ssrc,
            marker,
            timestamp,
            ..
        } = *header;
        let [code, flags, d0, d1, ..] = *payload else {
            return None;
        };
        let key = char::from(*KEYS.get(usize::from(code))?);
        let duration = u16::from_be_bytes([d0, d1]);
        let over = flags & END != 0;
        let press = Last {
            ssrc,
            code,
            timestamp,
            duration,
            over,
        };
        // Some senders give their keys an SSRC of their own.
        let Some(last) = self.last.as_mut().filter(|last| last.ssrc == ssrc) else {
            self.last = Some(press);
            return Some(key);
        };
        let newer = timestamp.wrapping_sub(last.timestamp) as i32;
        // A jump backwards by more than a minute is a source that began anew.
        let (minute, packets) = (60 * clock_rate as i32, clock_rate as i32 * 3 / 50);
        if newer == 0 || (-minute..0).contains(&newer) {
            if newer == 0 {
                last.duration = last.duration.max(duration);
                last.over |= over;
            }
            return None;
        }
        let same = last.code == code && !last.over && !marker;
        let segment = newer == i32::from(LONGEST);
        // Some senders raise the timestamp within a press, as if it were sound.
        let raised = newer <= packets && newer == i32::from(duration) - i32::from(last.duration);
        self.last = Some(press);
        (!(same && (segment || raised))).then_some(key)
    }

    /// Forgets the last press: timestamps mean something else from now on.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

/// The sender's machine: one press, a packet every 20 ms, its last one three times.
#[derive(Clone, Debug)]
pub struct Press {
    code: u8,
    /// How long it has lasted and how long it shall, and where its segment began; in ticks.
    duration: u32,
    length: u32,
    segment: u32,
    /// Ticks in 20 ms.
    step: u32,
    ends: u8,
}

/// A packet of a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// What is in it.
    pub payload: [u8; 4],
    /// Its timestamp, from that of the first packet on: where its segment began.
    pub since: u32,
}

impl Press {
    /// A press of `key` for so many milliseconds, 20 at least, in ticks of `clock_rate`; `None` if
    /// there is no such key.
    pub fn new(key: char, milliseconds: u16, clock_rate: u32) -> Option<Self> {
        let code = KEYS.iter().position(|&known| char::from(known) == key)?;
        Some(Self {
            code: code as u8,
            duration: 0,
            length: u32::from(milliseconds.max(20)) * (clock_rate / 1000),
            segment: 0,
            step: clock_rate / 50,
            ends: 0,
        })
    }

    /// The packet of the next 20 ms; `None` when the third end packet was given.
    pub fn pull(&mut self) -> Option<Pressed> {
        if self.ends == 3 {
            return None;
        }
        self.duration = self.duration.saturating_add(self.step).min(self.length);
        let since = self.segment;
        let (duration, over) = match u16::try_from(self.duration - since) {
            Ok(duration) => (duration, self.duration == self.length),
            Err(_) => {
                self.segment += u32::from(LONGEST);
                (LONGEST, false)
            }
        };
        self.ends += u8::from(over);
        let [d0, d1] = duration.to_be_bytes();
        let payload = [self.code, VOLUME | if over { END } else { 0 }, d0, d1];
        Some(Pressed { payload, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn one_press_is_one_key() {
        assert_eq!(said(&packets("5", 100)), "5");
        assert_eq!(said(&packets("1234*#AD", 100)), "1234*#AD");
        assert_eq!(said(&packets("55", 40)), "55");
    }

    #[test]
    fn any_one_packet_of_a_press_is_enough() {
        let all = packets("7", 100);
        all.iter().for_each(|one| assert_eq!(said(&[*one]), "7"));
    }

    #[test]
    fn loss_of_a_third_loses_and_doubles_nothing() {
        let mut random = Random::seeded(4);
        for percent in [10, 20, 30] {
            for _ in 0..200 {
                let mut some = packets("159951", 100);
                some.retain(|_| random.below(100) >= percent);
                assert_eq!(said(&some), "159951");
            }
        }
    }

    #[test]
    fn repeated_and_overtaken_packets_say_nothing_twice() {
        let mut random = Random::seeded(5);
        for _ in 0..200 {
            let mut some = packets("4455", 100);
            for _ in 0..6 {
                let at = random.below(some.len() as u64 - 1) as usize;
                some.swap(at, at + 1);
                some.insert(at, some[at]);
            }
            assert_eq!(said(&some), "4455");
        }
    }

    #[test]
    fn a_long_press_in_segments_is_one() {
        let long = |timestamp, duration: u16, end| {
            let [d0, d1] = duration.to_be_bytes();
            (false, timestamp, [9, if end { 0x8a } else { 10 }, d0, d1])
        };
        let all = [
            long(1000, 160, false),
            long(1000, 0xffff, false),
            long(1000 + 0xffff, 160, false),
            long(1000 + 0xffff, 800, true),
        ];
        assert_eq!(said(&all), "9");
    }

    #[test]
    fn a_sender_that_raises_the_timestamp_is_understood() {
        let mut all = packets("3", 100);
        let raised = all.iter_mut().zip([0, 160, 320, 480, 640]);
        raised.for_each(|(packet, by)| packet.1 += by);
        assert_eq!(said(&all[..5]), "3");
    }

    #[test]
    fn flash_and_short_payloads_are_no_keys() {
        let mut keys = Keys::default();
        let header = Header::default();
        assert_eq!(keys.update(&header, &[16, 10, 0, 160], 8000), None);
        assert_eq!(keys.update(&header, &[1, 10, 0], 8000), None);
        assert!(Press::new('x', 100, 8000).is_none());
    }

    #[test]
    fn a_press_ends_three_times() {
        let ends = packets("0", 100)
            .iter()
            .filter(|p| p.2[1] & END != 0)
            .count();
        assert_eq!(ends, 3);
    }

    type Sent = (bool, u32, [u8; 4]);

    fn packets(keys: &str, milliseconds: u16) -> Vec<Sent> {
        at_rate(8000, keys, milliseconds)
    }

    fn at_rate(rate: u32, keys: &str, milliseconds: u16) -> Vec<Sent> {
        let mut all = vec![];
        let mut timestamp = 5000;
        for key in keys.chars() {
            let mut press = Press::new(key, milliseconds, rate).expect("a key");
            let mut marker = true;
            while let Some(Pressed { payload, since }) = press.pull() {
                all.push((std::mem::take(&mut marker), timestamp + since, payload));
            }
            timestamp += u32::from(milliseconds + 50) * rate / 1000;
        }
        all
    }

    fn said(packets: &[Sent]) -> String {
        said_at(8000, packets)
    }

    fn said_at(rate: u32, packets: &[Sent]) -> String {
        let mut keys = Keys::default();
        let said = packets.iter().filter_map(|&(marker, timestamp, payload)| {
            let header = Header {
                marker,
                timestamp,
                ..Header::default()
            };
            keys.update(&header, &payload, rate)
        });
        said.collect()
    }

    #[test]
    fn at_48000_hz_a_press_is_counted_in_its_ticks() {
        let all = at_rate(48_000, "5", 100);
        let durations = all.iter().map(|p| u16::from_be_bytes([p.2[2], p.2[3]]));
        assert!(durations.eq([960, 1920, 2880, 3840, 4800, 4800, 4800]));
        assert_eq!(
            said_at(48_000, &at_rate(48_000, "1234*#AD", 100)),
            "1234*#AD"
        );
        let mut raised = all;
        let steps = raised.iter_mut().zip([0, 960, 1920, 2880, 3840]);
        steps.for_each(|(packet, by)| packet.1 += by);
        assert_eq!(said_at(48_000, &raised[..5]), "5");
    }

    #[test]
    fn rfc4733_2_5_1_3_a_press_beyond_16_bits_is_sent_in_segments_and_is_one() {
        let all = at_rate(48_000, "99", 5000);
        assert_eq!(said_at(48_000, &all), "99");
        let first = &all[..all.len() / 2];
        let mut stamps: Vec<u32> = first.iter().map(|p| p.1).collect();
        stamps.dedup();
        let begins = [0, 1, 2, 3].map(|n| 5000 + n * u32::from(LONGEST));
        assert_eq!(stamps, begins);
        let end = first.last().expect("an end");
        let lasted = u32::from(u16::from_be_bytes([end.2[2], end.2[3]]));
        assert_eq!(3 * u32::from(LONGEST) + lasted, 5 * 48_000);
        assert!(first.iter().filter(|p| p.0).count() == 1, "marked once");
    }
}

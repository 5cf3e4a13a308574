//! Keys of a telephone in RTP: RFC 4733 §2, received and sent.
//!
//! ```text
//!   event (0–9 * # A–D) │E│R│ volume │ duration so far, in samples
//! ```
//!
//! All packets of a press carry the timestamp at which it began, the last one is sent three times
//! with E set. Any of them may be lost, repeated or overtaken, so a press is told by its timestamp
//! and said at the first packet that is seen of it.

use super::Header;

const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// The E bit and the volume that everybody sends: -10 dBm0.
const END: u8 = 0x80;
const VOLUME: u8 = 10;
/// Where a segment ends and the next one begins (RFC 4733 §2.5.1.3).
const LONGEST: u16 = 0xffff;

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
    /// Takes the payload of a telephone-event packet; a key if a press begins with it.
    pub fn update(&mut self, header: &Header, payload: &[u8]) -> Option<char> {
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
        if newer == 0 || (-480_000..0).contains(&newer) {
            if newer == 0 {
                last.duration = last.duration.max(duration);
                last.over |= over;
            }
            return None;
        }
        let same = last.code == code && !last.over && !marker;
        let segment = newer == i32::from(LONGEST);
        // Some senders raise the timestamp within a press, as if it were sound.
        let raised = newer <= 480 && newer == i32::from(duration) - i32::from(last.duration);
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
    duration: u16,
    length: u16,
    ends: u8,
}

impl Press {
    /// A press of `key` for so many samples; `None` if there is no such key.
    pub fn new(key: char, length: u16) -> Option<Self> {
        let code = KEYS.iter().position(|&known| char::from(known) == key)?;
        Some(Self {
            code: code as u8,
            duration: 0,
            length: length.clamp(160, 60_000),
            ends: 0,
        })
    }

    /// The payload of the next 20 ms; `None` when the third end packet was given.
    pub fn pull(&mut self) -> Option<[u8; 4]> {
        if self.ends == 3 {
            return None;
        }
        self.duration = self.duration.saturating_add(160).min(self.length);
        let over = self.duration == self.length;
        self.ends += u8::from(over);
        let [d0, d1] = self.duration.to_be_bytes();
        Some([self.code, VOLUME | if over { END } else { 0 }, d0, d1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn one_press_is_one_key() {
        assert_eq!(said(&packets("5", 800)), "5");
        assert_eq!(said(&packets("1234*#AD", 800)), "1234*#AD");
        assert_eq!(said(&packets("55", 320)), "55");
    }

    #[test]
    fn any_one_packet_of_a_press_is_enough() {
        let all = packets("7", 800);
        all.iter().for_each(|one| assert_eq!(said(&[*one]), "7"));
    }

    #[test]
    fn loss_of_a_third_loses_and_doubles_nothing() {
        let mut random = Random::seeded(4);
        for percent in [10, 20, 30] {
            for _ in 0..200 {
                let mut some = packets("159951", 800);
                some.retain(|_| random.below(100) >= percent);
                assert_eq!(said(&some), "159951");
            }
        }
    }

    #[test]
    fn repeated_and_overtaken_packets_say_nothing_twice() {
        let mut random = Random::seeded(5);
        for _ in 0..200 {
            let mut some = packets("4455", 800);
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
        let mut all = packets("3", 800);
        let raised = all.iter_mut().zip([0, 160, 320, 480, 640]);
        raised.for_each(|(packet, by)| packet.1 += by);
        assert_eq!(said(&all[..5]), "3");
    }

    #[test]
    fn flash_and_short_payloads_are_no_keys() {
        let mut keys = Keys::default();
        let header = Header::default();
        assert_eq!(keys.update(&header, &[16, 10, 0, 160]), None);
        assert_eq!(keys.update(&header, &[1, 10, 0]), None);
        assert!(Press::new('x', 800).is_none());
    }

    #[test]
    fn a_press_ends_three_times() {
        let ends = packets("0", 800)
            .iter()
            .filter(|p| p.2[1] & END != 0)
            .count();
        assert_eq!(ends, 3);
    }

    type Sent = (bool, u32, [u8; 4]);

    fn packets(keys: &str, length: u16) -> Vec<Sent> {
        let mut all = vec![];
        let mut timestamp = 5000;
        for key in keys.chars() {
            let mut press = Press::new(key, length).expect("a key");
            let mut marker = true;
            while let Some(payload) = press.pull() {
                all.push((std::mem::take(&mut marker), timestamp, payload));
            }
            timestamp += u32::from(length) + 400;
        }
        all
    }

    fn said(packets: &[Sent]) -> String {
        let mut keys = Keys::default();
        let said = packets.iter().filter_map(|&(marker, timestamp, payload)| {
            let header = Header {
                marker,
                timestamp,
                ..Header::default()
            };
            keys.update(&header, &payload)
        });
        said.collect()
    }
}

//! What we send to one peer: one SSRC, numbers and timestamps that never jump because the source
//! of the sound changed.
//!
//! ```text
//!   music on the beat │ relayed packets            │ music again
//!   n, n+1, n+2       │ theirs + shift = n+3, …    │ goes on behind the highest relayed
//! ```
//!
//! The numbers of a relayed stream are shifted as a whole, so that its losses and its order stay
//! visible to the peer. A pause is as long in timestamps as it was in time. Timestamps count the ticks
//! of the codec's clock, time is in samples of 8 kHz: a stream whose clock changes is another one,
//! with a name of its own (RFC 7160 §4.1).

use crate::rtp::Header;

/// A relayed stream that has been quiet for so many samples is filled up with silence: 200 ms.
const STARVED: u64 = 1600;

/// The sending side of a leg.
#[derive(Debug)]
pub(super) struct Outbound {
    pub(super) ssrc: u32,
    /// Ticks of the timestamp in each sample.
    ticks: u32,
    /// The number and timestamp of the next packet.
    sequence: u16,
    timestamp: u32,
    /// When the sample with that timestamp is due, by the engine's clock; `None`: nothing was sent.
    due: Option<u64>,
    /// The next packet is the first one of a new source: it carries the marker.
    fresh: bool,
    /// How the stream now relayed is shifted.
    shift: Option<Shift>,
    /// The timestamp at which the last press of a key began.
    pressed: u32,
    /// Packets and payload bytes so far, as a sender report says them; and the packets of streams
    /// before this one.
    pub(super) packets: u64,
    pub(super) octets: u64,
    before: u64,
}

#[derive(Debug)]
struct Shift {
    /// Which life of the source this is for.
    epoch: u32,
    sequence: u16,
    timestamp: u32,
    /// Packets below this number of the source have no number of ours.
    floor: u64,
}

/// A packet of another leg on its way through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relayed {
    /// Counts the new beginnings of the source.
    pub(super) epoch: u32,
    /// Extended.
    pub(super) number: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// How long it lasts, in ticks.
    pub(super) length: u32,
}

impl Outbound {
    /// A stream of random name, number and timestamp (RFC 3550 §5.1).
    pub(super) fn new(ssrc: u32, start: u64) -> Self {
        Self {
            ssrc,
            ticks: 1,
            sequence: start as u16,
            timestamp: (start >> 16) as u32,
            due: None,
            fresh: true,
            shift: None,
            pressed: 0,
            packets: 0,
            octets: 0,
            before: 0,
        }
    }

    /// The clock is one of so many ticks a sample: another one begins another stream, of this name.
    pub(super) fn set_ticks(&mut self, ticks: u32, ssrc: u32, start: u64) {
        if self.ticks != ticks {
            let before = self.total();
            *self = Self::new(ssrc, start);
            (self.ticks, self.before) = (ticks, before);
        }
    }

    /// Packets of all streams.
    pub(super) fn total(&self) -> u64 {
        self.before + self.packets
    }

    /// Another source begins: its first packet is marked, what was relayed is over.
    pub(super) fn change(&mut self) {
        self.fresh = true;
        self.shift = None;
    }

    /// The header for sound made on the beat.
    pub(super) fn made(&mut self, clock: u64, samples: u32, payload_type: u8) -> Header {
        let paused = self.catch_up(clock);
        self.shift = None;
        let header = Header {
            marker: std::mem::take(&mut self.fresh) || paused,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.advance(clock, samples * self.ticks);
        header
    }

    /// The header for a telephone-event packet made on the beat: all of a press carry the timestamp
    /// of its first one, which is marked (RFC 4733 §2.5.1.2), or where its segment began, `since` it.
    pub(super) fn key(
        &mut self,
        clock: u64,
        samples: u32,
        payload_type: u8,
        (first, since): (bool, u32),
    ) -> Header {
        let mut header = self.made(clock, samples, payload_type);
        if first {
            self.pressed = header.timestamp;
            self.fresh = true;
        }
        header.marker = first;
        header.timestamp = self.pressed.wrapping_add(since);
        header
    }

    /// The header for a relayed packet; `None` if it is older than what began here with it.
    pub(super) fn relay(&mut self, clock: u64, from: Relayed, payload_type: u8) -> Option<Header> {
        let begun = self.shift.as_ref();
        let begins = begun.is_none_or(|shift| shift.epoch != from.epoch);
        if begins {
            self.catch_up(clock);
            self.fresh = false;
            self.shift = Some(Shift {
                epoch: from.epoch,
                sequence: self.sequence.wrapping_sub(from.number as u16),
                timestamp: self.timestamp.wrapping_sub(from.timestamp),
                floor: from.number,
            });
        }
        let shift = self.shift.as_ref()?;
        if from.number < shift.floor {
            return None;
        }
        let header = Header {
            marker: from.marker || begins,
            payload_type,
            sequence: (from.number as u16).wrapping_add(shift.sequence),
            timestamp: from.timestamp.wrapping_add(shift.timestamp),
            ssrc: self.ssrc,
        };
        if !is_before(header.sequence, self.sequence) {
            self.sequence = header.sequence;
            let end = header.timestamp.wrapping_add(from.length);
            // A packet of a key carries the time at which the press began.
            let length = if (end.wrapping_sub(self.timestamp) as i32) < 0 {
                0
            } else {
                self.timestamp = header.timestamp;
                from.length
            };
            self.advance(clock, length);
        }
        Some(header)
    }

    /// A packet of the relayed stream is left out on purpose: no gap shall be seen.
    pub(super) fn leave_out(&mut self, from: Relayed) {
        let next = self.sequence;
        let current = |shift: &&mut Shift| {
            shift.epoch == from.epoch && (from.number as u16).wrapping_add(shift.sequence) == next
        };
        if let Some(shift) = self.shift.as_mut().filter(current) {
            shift.sequence = shift.sequence.wrapping_sub(1);
            shift.floor = from.number + 1;
        }
    }

    /// Whether the relayed stream has dried up, so that silence keeps the path open.
    pub(super) fn is_starved(&self, clock: u64) -> bool {
        self.shift.is_none() || self.due.is_none_or(|due| clock >= due + STARVED)
    }

    /// The timestamp of an instant of the engine's clock.
    pub(super) fn timestamp_at(&self, clock: u64) -> u32 {
        let since = clock.wrapping_sub(self.due.unwrap_or(clock));
        let since = (since as u32).wrapping_mul(self.ticks);
        self.timestamp.wrapping_add(since)
    }

    /// Counts a packet that was sent.
    pub(super) fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// Brings the timestamp up to the clock after a pause; whether there was one. Less than a frame
    /// and a half is no pause, only an uneven path.
    fn catch_up(&mut self, clock: u64) -> bool {
        let pause = clock.saturating_sub(self.due.unwrap_or(clock));
        if pause < 240 {
            return false;
        }
        let pause = (pause as u32).wrapping_mul(self.ticks);
        self.timestamp = self.timestamp.wrapping_add(pause);
        true
    }

    fn advance(&mut self, clock: u64, length: u32) {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(length);
        self.due = Some(clock + u64::from(length / self.ticks));
    }
}

fn is_before(number: u16, other: u16) -> bool {
    (number.wrapping_sub(other) as i16) < 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(number: u64, epoch: u32) -> Relayed {
        Relayed {
            epoch,
            number,
            timestamp: (number as u32).wrapping_mul(160),
            marker: false,
            length: 160,
        }
    }

    #[test]
    fn numbers_and_timestamps_go_on_from_source_to_source() {
        let mut out = Outbound::new(1, u64::MAX);
        let mut all = vec![];
        let mut clock = 0;
        let mut next = || {
            clock += 160;
            clock
        };
        all.extend((0..3).map(|_| out.made(next(), 160, 0)));
        out.change();
        all.extend((0..3).filter_map(|n| out.relay(next(), from(70_000 + n, 0), 0)));
        all.extend((0..3).filter_map(|n| out.relay(next(), from(500 + n, 1), 0)));
        out.change();
        all.extend((0..3).map(|_| out.made(next(), 160, 0)));
        for pair in all.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
            assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
        }
        let marked = all.iter().map(|header| header.marker);
        assert!(marked.eq((0..12).map(|n| n % 3 == 0)));
    }

    #[test]
    fn loss_and_order_of_a_relayed_stream_stay_visible() {
        let mut out = Outbound::new(1, 0);
        let order = [10, 12, 11, 15, 9];
        let sent = order.map(|n| out.relay(n * 160, from(n, 0), 0));
        let numbers = sent.map(|header| header.map(|header| header.sequence));
        assert_eq!(numbers, [Some(0), Some(2), Some(1), Some(5), None]);
        assert_eq!(out.made(16 * 160, 160, 0).sequence, 6);
    }

    #[test]
    fn a_pause_is_as_long_in_timestamps_as_in_time() {
        let mut out = Outbound::new(1, 0);
        let first = out.made(0, 160, 0);
        let second = out.made(8000, 160, 0);
        assert_eq!(second.timestamp - first.timestamp, 8000);
        assert!(second.marker && second.sequence == 1);
    }

    #[test]
    fn at_48000_hz_timestamps_count_six_ticks_a_sample_relayed_or_not() {
        let mut out = Outbound::new(1, 0);
        out.set_ticks(6, 2, 0);
        let relayed = |number| Relayed {
            timestamp: 5000 + number as u32 * 960,
            length: 960,
            ..from(number, 0)
        };
        let first = out.made(0, 160, 96);
        let next = [10, 11].map(|n| out.relay(160 * (n - 9), relayed(n), 96));
        let last = out.made(480, 160, 96);
        let stamps = next.map(|header| header.map(|header| header.timestamp));
        assert_eq!((first.ssrc, first.timestamp), (2, 0));
        assert_eq!(stamps, [Some(960), Some(1920)]);
        assert_eq!(last.timestamp, 2880);
        let late = out.made(8640, 160, 96);
        assert_eq!((late.timestamp, late.marker), (6 * 8640, true));
        assert_eq!(out.timestamp_at(8800), 6 * 8800);
    }

    #[test]
    fn another_clock_is_another_stream_and_the_sum_of_packets_stays() {
        let mut out = Outbound::new(1, 0);
        out.made(0, 160, 0);
        out.count(160);
        out.set_ticks(1, 9, 0);
        assert_eq!(out.ssrc, 1, "the same clock");
        out.set_ticks(6, 9, 0x1_0007);
        let header = out.made(160, 160, 96);
        assert_eq!((header.ssrc, header.sequence, header.marker), (9, 7, true));
        out.count(40);
        assert_eq!((out.packets, out.octets, out.total()), (1, 40, 2));
    }

    #[test]
    fn packets_left_out_leave_no_gap_and_no_number_twice() {
        let mut out = Outbound::new(1, 0);
        out.relay(0, from(10, 0), 0);
        out.leave_out(from(11, 0));
        out.leave_out(from(12, 0));
        let next = out.relay(480, from(13, 0), 0).expect("sent");
        assert_eq!(next.sequence, 1);
        assert_eq!(out.relay(480, from(11, 0), 0), None);
    }

    #[test]
    fn a_stream_is_starved_after_200_ms() {
        let mut out = Outbound::new(1, 0);
        assert!(out.is_starved(0), "nothing has come");
        out.relay(0, from(10, 0), 0);
        assert!(!out.is_starved(1000) && out.is_starved(1760));
        out.made(1760, 160, 0);
        assert!(out.is_starved(1920), "filled until packets come again");
    }
}

//! What a peer says, as sound: packets decoded in their order, on our clock of 8 kHz.
//!
//! A packet is decoded when it comes. Where one is missing before it, Opus may have something to put
//! in its place, from what it knows and from what this packet carries of it; that is in time for whoever
//! hears the leg through a playout buffer, and for recordings in any case. A packet that was only
//! overtaken takes its place again, decoded late: which a decoder is not made for, but better than
//! what was guessed.

use super::outbound::Relayed;
use crate::audio::{Codec, Decoder};
use crate::rtp::Timestamps;

/// The decoder of a leg.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// There once somebody wants to hear the leg decoded.
    decoder: Option<Decoder>,
    stamps: Timestamps,
    /// The number of the last packet decoded.
    last: Option<u64>,
}

/// What a packet's sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The place of the first sample, in samples.
    pub(super) timestamp: u32,
    /// So many samples at the beginning stand for packets that were lost.
    pub(super) concealed: usize,
}

impl Inbound {
    /// Appends a packet's sound, and before it what may have been in those missing before.
    pub(super) fn decode(
        &mut self,
        codec: Codec,
        packet: Relayed,
        payload: &[u8],
        samples: &mut Vec<i16>,
    ) -> Decoded {
        let decoder = self.decoder.get_or_insert_with(|| Decoder::new(codec));
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => {
                decoder.decode(payload, samples);
                Decoded {
                    timestamp: packet.timestamp,
                    concealed: 0,
                }
            }
            Codec::Opus => {
                let ticks = i64::from(codec.ticks());
                let timestamp = self.stamps.extend(packet.timestamp).div_euclid(ticks) as u32;
                let last = self.last;
                let lost = last.map_or(0, |last| packet.number.saturating_sub(last + 1));
                self.last = last.max(Some(packet.number));
                decoder.conceal(lost, payload, samples);
                let concealed = samples.len();
                decoder.decode(payload, samples);
                Decoded {
                    timestamp: timestamp.wrapping_sub(concealed as u32),
                    concealed,
                }
            }
        }
    }

    /// Nobody wants to hear this packet: what comes next follows on nothing.
    pub(super) fn pass_over(&mut self) {
        self.last = None;
    }

    /// The peer has begun anew, or speaks another codec.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::opus::Wishes;
    use crate::audio::{Encoder, FRAME};

    #[test]
    fn timestamps_of_opus_become_samples_over_their_turn() {
        let mut inbound = Inbound::default();
        let start = u32::MAX - 2000;
        let places: Vec<u32> = (0..8).map(|n| decode(&mut inbound, n, start).0).collect();
        assert!(places.windows(2).all(|p| p[1].wrapping_sub(p[0]) == 160));
    }

    #[test]
    fn lost_packets_are_filled_at_their_places_and_late_ones_take_theirs() {
        let mut inbound = Inbound::default();
        let all = [0, 1, 4, 3, 5].map(|n| decode(&mut inbound, n, 960_000));
        let first = all[0].0;
        let frame = FRAME as u32;
        assert_eq!(all[1], (first + frame, 0, FRAME));
        assert_eq!(all[2], (first + 2 * frame, 2 * FRAME, 3 * FRAME));
        assert_eq!(all[3], (first + 3 * frame, 0, FRAME));
        assert_eq!(all[4], (first + 5 * frame, 0, FRAME));
        inbound.pass_over();
        assert_eq!(decode(&mut inbound, 90, 960_000).1, 0, "nobody heard those");
    }

    #[test]
    fn a_byte_of_g711_and_g722_is_a_sample_wherever_it_comes() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            let mut inbound = Inbound::default();
            for number in [10, 12, 11] {
                let mut samples = vec![];
                let packet = relayed(number, 700);
                let decoded = inbound.decode(codec, packet, codec.silence(), &mut samples);
                let expected = Decoded {
                    timestamp: packet.timestamp,
                    concealed: 0,
                };
                assert_eq!((decoded, samples.len()), (expected, FRAME));
            }
        }
    }

    fn relayed(number: u64, start: u32) -> Relayed {
        Relayed {
            epoch: 0,
            number,
            timestamp: start.wrapping_add(number as u32 * 960),
            marker: false,
            length: 960,
        }
    }

    /// Place, samples concealed, samples in all.
    fn decode(inbound: &mut Inbound, number: u64, start: u32) -> (u32, usize, usize) {
        let (mut payload, mut samples) = (vec![], vec![]);
        Encoder::new(Codec::Opus, Wishes::default()).encode(&[50; FRAME], &mut payload);
        let packet = relayed(number, start);
        let decoded = inbound.decode(Codec::Opus, packet, &payload, &mut samples);
        (decoded.timestamp, decoded.concealed, samples.len())
    }
}

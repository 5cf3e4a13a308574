//! Frames of 20 ms that wait until they fill a packet.

use crate::audio::{Codec, FRAME, opus};

/// What has been gathered so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    /// Memory for a packet of Opus, kept.
    joined: Vec<u8>,
}

impl Gathered {
    pub(super) fn add(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.lengths.push(frame.len());
    }

    pub(super) fn frames(&self) -> usize {
        self.lengths.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.lengths.clear();
    }

    /// Gives all as one packet, or each by itself where Opus has changed its mode in between: the
    /// samples and the payload. Then there is nothing left.
    pub(super) fn take(&mut self, codec: Codec, mut packet: impl FnMut(u32, &[u8])) {
        let samples = (self.lengths.len() * FRAME) as u32;
        self.joined.clear();
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => packet(samples, &self.bytes),
            Codec::Opus if opus::join(&self.bytes, &self.lengths, &mut self.joined) => {
                packet(samples, &self.joined);
            }
            Codec::Opus => {
                let mut rest = &self.bytes[..];
                for &length in &self.lengths {
                    let (frame, others) = rest.split_at(length);
                    packet(FRAME as u32, frame);
                    rest = others;
                }
            }
        }
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Encoder;
    use crate::audio::opus::Wishes;

    #[test]
    fn frames_of_one_mode_are_one_packet_and_others_go_alone() {
        let mut speech = vec![];
        Encoder::new(Codec::Opus, Wishes::default()).encode(&[50; FRAME], &mut speech);
        let silence = Codec::Opus.silence();
        assert_ne!(speech[0] & 0xFC, silence[0] & 0xFC, "another mode");
        let sent = |frames: &[&[u8]]| {
            let (mut gathered, mut all) = (Gathered::default(), vec![]);
            frames.iter().for_each(|frame| gathered.add(frame));
            assert_eq!(gathered.frames(), frames.len());
            gathered.take(Codec::Opus, |samples, payload| {
                all.push((samples, opus::duration(payload)));
            });
            assert!(gathered.is_empty());
            all
        };
        assert_eq!(sent(&[silence, silence]), [(320, 1920)]);
        assert_eq!(sent(&[silence, &speech]), [(160, 960), (160, 960)]);
    }
}

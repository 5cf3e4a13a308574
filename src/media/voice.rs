//! A leg's sound, decoded for others and for recordings, and theirs encoded for it.

use super::inbound::Decoded;
use super::leg::Leg;
use crate::audio::{Encoder, FRAME};
use crate::rtp::Playout;

/// A leg's sound, decoded for others.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) playout: Playout,
    pub(super) frame: [i16; FRAME],
    /// Whether the frame is more than silence.
    pub(super) speaks: bool,
}

impl Leg {
    /// Gives a packet's sound to recordings, to who hears the leg decoded and to the ear for tones; a
    /// key, if its tones are in it. Of what is stale nobody knows when it came.
    pub(super) fn hear(
        &mut self,
        clock: u64,
        decoded: Decoded,
        samples: &[i16],
        stale: bool,
    ) -> Option<char> {
        let Decoded {
            timestamp,
            concealed,
        } = decoded;
        let (filling, sound) = samples.split_at(concealed.min(samples.len()));
        let behind = timestamp.wrapping_add(filling.len() as u32);
        for track in &mut self.tracks {
            if !filling.is_empty() {
                track.write(None, timestamp, filling);
            }
            track.write((!stale).then_some(clock), behind, sound);
        }
        if let Some(voice) = self.voice.as_mut().filter(|_| !stale) {
            voice.playout.fill_in(timestamp, filling);
            voice.playout.insert(clock, behind, sound);
        }
        self.ear.as_mut()?.hear(timestamp, samples)
    }

    /// Appends a frame as only this leg hears it, in its codec.
    pub(super) fn encode(&mut self, frame: &[i16; FRAME], payload: &mut Vec<u8>) {
        let Some(stream) = self.stream().copied() else {
            return;
        };
        let encoder = &mut self.encoder;
        let encoder = encoder.get_or_insert_with(|| Encoder::new(stream.codec, stream.opus));
        encoder.encode(frame, payload);
    }
}

/// Fills a frame with what others say; whether anybody says anything.
pub(super) fn mix<'a>(voices: impl Iterator<Item = &'a Voice>, frame: &mut [i16; FRAME]) -> bool {
    let mut sums = [0i32; FRAME];
    let mut speaks = false;
    for voice in voices.filter(|voice| voice.speaks) {
        speaks = true;
        let pairs = sums.iter_mut().zip(&voice.frame);
        pairs.for_each(|(sum, &sample)| *sum += i32::from(sample));
    }
    let pairs = frame.iter_mut().zip(sums);
    pairs.for_each(|(sample, sum)| *sample = sum.clamp(-32_768, 32_767) as i16);
    speaks
}

//! Music and prompts: each sound is encoded once and shared by all legs that hear it.
//!
//! In G.711 and G.722 a byte is a sample, so that a leg may be anywhere in a sound. In Opus it is
//! at the beginning of a frame of 20 ms; there a sound is shorter by what does not fill the last one,
//! which leads from where it is cut over to the sound's own end, so that music still goes round
//! without a click.
//!
//! G.722 and Opus build on what was said before. The encoder has heard the end of a sound when it
//! begins, since music follows on its own end and prompts on silence, in which they end too. What else
//! a listener's decoder has heard it forgets within 80 ms.

use crate::audio::opus::{self, Wishes};
use crate::audio::{Codec, Encoder, FRAME, SAMPLE_RATE};
use crate::id::SoundId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Of the end of a sound, what an encoder hears first: 100 ms.
const BEFORE: usize = 5;

/// The sounds that can be played.
#[derive(Clone, Debug, Default)]
pub struct Library {
    sounds: BTreeMap<SoundId, Arc<Sound>>,
}

impl Library {
    /// Adds a sound, or puts it in the place of another.
    pub fn insert(&mut self, id: SoundId, sound: Sound) {
        self.sounds.insert(id, Arc::new(sound));
    }

    /// Adds a sound that is shared already.
    pub fn share(&mut self, id: SoundId, sound: Arc<Sound>) {
        self.sounds.insert(id, sound);
    }

    /// Takes out a sound.
    pub(super) fn remove(&mut self, id: SoundId) {
        self.sounds.remove(&id);
    }

    /// The sound, if there is one of this name.
    pub fn get(&self, id: SoundId) -> Option<&Arc<Sound>> {
        self.sounds.get(&id)
    }

    /// How many sounds there are.
    pub fn len(&self) -> usize {
        self.sounds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sounds.is_empty()
    }
}

/// A sound, encoded for every codec that a leg may have.
#[derive(Debug)]
pub struct Sound {
    /// One byte a sample in each of the two G.711 laws, and in G.722.
    pcmu: Vec<u8>,
    pcma: Vec<u8>,
    g722: Vec<u8>,
    opus: Packets,
}

/// A sound as the player needs it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoded<'a> {
    /// A byte for each sample.
    Bytes(&'a [u8]),
    /// A packet for each frame.
    Packets(&'a Packets),
}

/// Packets of one frame each, one after the other.
#[derive(Debug, Default)]
pub(super) struct Packets {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Sound {
    /// Raised whenever the same samples would become other bytes.
    pub const VERSION: &str = "encoded 1";

    /// Encodes mono samples at 8 kHz. For Opus that takes its time: a second for some minutes.
    pub fn new(pcm: Vec<i16>) -> Self {
        Self {
            pcmu: bytes(Codec::Pcmu, &pcm),
            pcma: bytes(Codec::Pcma, &pcm),
            g722: bytes(Codec::G722, &pcm),
            opus: Packets::new(&pcm),
        }
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.pcmu.len() as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
    }

    /// Its length in samples.
    pub fn samples(&self) -> usize {
        self.pcmu.len()
    }

    /// As bytes, so that it need not be encoded anew: of [`Sound::VERSION`], for [`Sound::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let counts = [self.pcmu.len() as u32, self.opus.ends.len() as u32];
        let numbers = counts.iter().chain(&self.opus.ends);
        let mut bytes: Vec<u8> = numbers.flat_map(|number| number.to_le_bytes()).collect();
        for part in [&self.pcmu, &self.pcma, &self.g722, &self.opus.bytes] {
            bytes.extend_from_slice(part);
        }
        bytes
    }

    /// What [`Sound::to_bytes`] has made; `None`: it is something else, or cut off.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let (samples, rest) = bytes.split_first_chunk()?;
        let (frames, rest) = rest.split_first_chunk()?;
        let (samples, frames) = (number(samples) as usize, number(frames) as usize);
        let (ends, rest) = rest.split_at_checked(frames.checked_mul(4)?)?;
        let (pcmu, rest) = rest.split_at_checked(samples)?;
        let (pcma, rest) = rest.split_at_checked(samples)?;
        let (g722, opus) = rest.split_at_checked(samples)?;
        let ends: Vec<u32> = ends.as_chunks().0.iter().map(number).collect();
        let whole = ends.last().map_or(0, |end| *end as usize) == opus.len();
        (whole && ends.is_sorted()).then(|| Self {
            pcmu: pcmu.to_vec(),
            pcma: pcma.to_vec(),
            g722: g722.to_vec(),
            opus: Packets {
                bytes: opus.to_vec(),
                ends,
            },
        })
    }

    /// What is played of it in a codec.
    pub(super) fn encoded(&self, codec: Codec) -> Encoded<'_> {
        match codec {
            Codec::Pcmu => Encoded::Bytes(&self.pcmu),
            Codec::Pcma => Encoded::Bytes(&self.pcma),
            Codec::G722 => Encoded::Bytes(&self.g722),
            Codec::Opus => Encoded::Packets(&self.opus),
        }
    }
}

impl Packets {
    fn new(pcm: &[i16]) -> Self {
        let mut sound = pcm.to_vec();
        let whole = sound.len() - sound.len() % FRAME;
        if whole < 2 * FRAME {
            sound.resize(sound.len().next_multiple_of(FRAME), 0);
        } else if whole < sound.len() {
            let end = sound[sound.len() - FRAME..].to_vec();
            sound.truncate(whole);
            let last = sound[whole - FRAME..].iter_mut().zip(end);
            for (n, (sample, end)) in last.enumerate() {
                let (old, new) = ((FRAME - n) as i32, n as i32);
                let sum = i32::from(*sample) * old + i32::from(end) * new;
                *sample = (sum / FRAME as i32) as i16;
            }
        }
        let (frames, _) = sound.as_chunks();
        let mut encoder = opus::Encoder::shared();
        let mut packets = Self::default();
        for frame in &frames[frames.len().saturating_sub(BEFORE)..] {
            encoder.encode(frame, &mut packets.bytes);
        }
        packets.bytes.clear();
        for frame in frames {
            encoder.encode(frame, &mut packets.bytes);
            packets.ends.push(packets.bytes.len() as u32);
        }
        packets
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The packet of a frame.
    pub(super) fn get(&self, frame: usize) -> Option<&[u8]> {
        let end = *self.ends.get(frame)? as usize;
        let before = frame
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        self.bytes
            .get(before.map_or(0, |&start| start as usize)..end)
    }
}

/// A byte for each sample.
fn bytes(codec: Codec, pcm: &[i16]) -> Vec<u8> {
    let mut encoder = Encoder::new(codec, Wishes::default());
    let mut bytes = Vec::with_capacity(pcm.len() + FRAME);
    let (frames, rest) = pcm.as_chunks();
    for frame in &frames[frames.len().saturating_sub(BEFORE)..] {
        encoder.encode(frame, &mut bytes);
    }
    bytes.clear();
    frames
        .iter()
        .for_each(|frame| encoder.encode(frame, &mut bytes));
    let mut last = [0; FRAME];
    last[..rest.len()].copy_from_slice(rest);
    encoder.encode(&last, &mut bytes);
    bytes.truncate(pcm.len());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Decoder, level, tone};

    #[test]
    fn a_sound_lasts_as_long_as_its_samples() {
        let sound = Sound::new(vec![0; 12_000]);
        assert_eq!(sound.duration(), Duration::from_millis(1500));
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            let Encoded::Bytes(bytes) = sound.encoded(codec) else {
                panic!("a byte is a sample of {codec:?}");
            };
            assert_eq!(bytes.len(), sound.samples());
        }
        assert_eq!(sound.opus.len(), 75);
        assert_eq!(sound.opus.get(75), None);
    }

    #[test]
    fn sounds_of_any_length_can_be_encoded() {
        for (samples, frames) in [(0, 0), (1, 1), (160, 1), (319, 2), (320, 2), (481, 3)] {
            let sound = Sound::new(vec![100; samples]);
            assert_eq!((sound.samples(), sound.opus.len()), (samples, frames));
        }
    }

    #[test]
    fn a_sound_that_was_kept_is_the_same_and_what_is_broken_is_none() {
        let sound = Sound::new(tone::sine(400.0, -20.0, 8100));
        let bytes = sound.to_bytes();
        let kept = Sound::from_bytes(&bytes).expect("whole");
        assert_eq!(kept.to_bytes(), bytes);
        assert_eq!(kept.duration(), sound.duration());
        assert_eq!(kept.opus.get(49), sound.opus.get(49));
        for cut in [0, 3, 7, 8, 100, bytes.len() - 1] {
            assert!(Sound::from_bytes(&bytes[..cut]).is_none(), "{cut}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(Sound::from_bytes(&longer).is_none());
        let empty = Sound::new(vec![]).to_bytes();
        assert!(Sound::from_bytes(&empty).is_some());
    }

    #[test]
    fn music_goes_round_in_opus_and_g722_without_a_click() {
        // A tone that fits exactly into a length which is no multiple of a frame.
        let sound = Sound::new(tone::sine(400.0, -20.0, 8100));
        let mut round = vec![];
        let mut decoder = Decoder::new(Codec::Opus);
        for frame in (0..sound.opus.len()).cycle().take(150) {
            decoder.decode(sound.opus.get(frame).expect("there"), &mut round);
        }
        assert_clean(&round);
        round.clear();
        let mut decoder = Decoder::new(Codec::G722);
        (0..3).for_each(|_| decoder.decode(&sound.g722, &mut round));
        assert_clean(&round);
    }

    /// Nothing but the tone, after a moment.
    fn assert_clean(sound: &[i16]) {
        for (n, piece) in sound[800..].chunks_exact(400).enumerate() {
            assert!(tone::share(piece, 400.0) > 0.9, "{n}");
            assert!((level::dbfs(piece) + 20.0).abs() < 1.5, "{n}");
        }
    }
}

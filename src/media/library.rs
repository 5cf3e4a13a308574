//! Music and prompts: each sound is encoded once and shared by all legs that hear it.

use crate::audio::{Codec, SAMPLE_RATE};
use crate::id::SoundId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
    /// One byte a sample in each of the two G.711 laws.
    pcmu: Vec<u8>,
    pcma: Vec<u8>,
}

impl Sound {
    /// Encodes mono samples at 8 kHz.
    pub fn new(pcm: Vec<i16>) -> Self {
        let encode = |codec: Codec| {
            let mut bytes = Vec::with_capacity(pcm.len());
            codec.encode(&pcm, &mut bytes);
            bytes
        };
        Self {
            pcmu: encode(Codec::Pcmu),
            pcma: encode(Codec::Pcma),
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

    /// Its bytes in a codec, one for each sample.
    pub(super) fn encoded(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcmu => &self.pcmu,
            Codec::Pcma => &self.pcma,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_lasts_as_long_as_its_samples() {
        let sound = Sound::new(vec![0; 12_000]);
        assert_eq!(sound.duration(), Duration::from_millis(1500));
        assert_eq!(sound.encoded(Codec::Pcma).len(), sound.samples());
    }
}

//! What is said and how it is recognised: one tone for callers, another for agents.

use cordboard::audio::opus::Wishes;
use cordboard::audio::{Codec, Encoder, FRAME, tone};

/// Packets of Opus that are said over and over. The first is of an encoder without a past, and so fits behind any.
const LOOP: usize = 50;
/// The level of a tone, dBFS.
const LEVEL: f32 = -15.0;

/// Which side of the bridge somebody is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Agent,
}

impl Side {
    /// Its tone: whole periods in a frame, so that frames join without a click.
    fn hertz(self) -> f32 {
        match self {
            Self::Caller => 400.0,
            Self::Agent => 800.0,
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Caller => Self::Agent,
            Self::Agent => Self::Caller,
        }
    }

    /// A frame of it in µ-law.
    pub(crate) fn mu_law(self) -> Vec<u8> {
        let mut frame = vec![];
        Encoder::new(Codec::Pcmu, Wishes::default()).encode(&self.frame(), &mut frame);
        frame
    }

    /// Some packets of it in Opus.
    pub(crate) fn opus(self) -> Vec<Vec<u8>> {
        let mut encoder = Encoder::new(Codec::Opus, Wishes::default());
        let frame = self.frame();
        let packets = std::iter::repeat_with(|| {
            let mut packet = vec![];
            encoder.encode(&frame, &mut packet);
            packet
        });
        packets.take(LOOP).collect()
    }

    /// Whether samples are mostly its tone.
    pub(crate) fn is_heard(self, samples: &[i16]) -> bool {
        share(samples, self.hertz()) > 0.5
    }

    fn frame(self) -> [i16; FRAME] {
        let samples = tone::sine(self.hertz(), LEVEL, FRAME);
        samples.try_into().unwrap_or([0; FRAME])
    }
}

/// The share of the energy at one frequency (Goertzel), 0–1; 0 for silence.
fn share(samples: &[i16], frequency: f32) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU * frequency / 8000.0).cos();
    let (mut one, mut two, mut energy) = (0.0, 0.0, 0.0);
    for &sample in samples {
        let sample = f32::from(sample);
        let next = turn * one - two + sample;
        (two, one) = (one, next);
        energy += sample * sample;
    }
    let power = one * one + two * two - turn * one * two;
    let count = samples.len() as f32;
    // Below this the frame is silence, and the share of nothing says nothing.
    if energy <= count * 100.0 {
        return 0.0;
    }
    2.0 * power / (count * energy)
}

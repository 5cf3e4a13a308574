//! What these phones speak and understand: G.711 by the switch's own tables, which have tests of their
//! own, G.722 and Opus by others' code and at 16 kHz.

use super::voice::OPUS;
use audio_codec::{Decoder as _, Encoder as _, g722};
use cordboard::audio::{FRAME, g711};
use std::fmt;

/// An encoder, told 8 kHz.
pub(crate) enum Mouth {
    Pcmu,
    Pcma,
    G722(Box<g722::G722Encoder>),
    Opus(opus::Encoder),
}

/// A decoder that gives 8 kHz.
pub(crate) struct Ear {
    /// The number of the codec that it understands.
    pub(crate) codec: u8,
    kind: Kind,
}

enum Kind {
    Pcmu,
    Pcma,
    G722(Box<g722::G722Decoder>),
    Opus(opus::Decoder),
}

impl Mouth {
    pub(crate) fn new(codec: u8) -> Self {
        match codec {
            0 => Self::Pcmu,
            8 => Self::Pcma,
            9 => Self::G722(Box::default()),
            OPUS => {
                let made =
                    opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip);
                Self::Opus(made.expect("an encoder"))
            }
            _ => unreachable!("no such codec"),
        }
    }

    pub(crate) fn say(&mut self, frame: &[i16; FRAME]) -> Vec<u8> {
        match self {
            Self::Pcmu => frame.iter().map(|&s| g711::ulaw_encode(s)).collect(),
            Self::Pcma => frame.iter().map(|&s| g711::alaw_encode(s)).collect(),
            Self::G722(encoder) => encoder.encode(&doubled(frame)),
            Self::Opus(encoder) => encoder.encode_vec(&doubled(frame), 400).expect("encoded"),
        }
    }
}

impl Ear {
    pub(crate) fn new(codec: u8) -> Self {
        let kind = match codec {
            0 => Kind::Pcmu,
            8 => Kind::Pcma,
            9 => Kind::G722(Box::default()),
            OPUS => {
                let made = opus::Decoder::new(16_000, opus::Channels::Mono);
                Kind::Opus(made.expect("a decoder"))
            }
            _ => unreachable!("no such codec"),
        };
        Self { codec, kind }
    }

    pub(crate) fn hear(&mut self, payload: &[u8]) -> Vec<i16> {
        match &mut self.kind {
            Kind::Pcmu => payload.iter().map(|&b| g711::ulaw_decode(b)).collect(),
            Kind::Pcma => payload.iter().map(|&b| g711::alaw_decode(b)).collect(),
            Kind::G722(decoder) => halved(&decoder.decode(payload)),
            Kind::Opus(decoder) => {
                let mut sound = [0; 1920];
                let length = decoder.decode(payload, &mut sound, false).expect("Opus");
                halved(&sound[..length])
            }
        }
    }
}

/// Twice the samples a second: good enough for tones below 3 kHz, whose images the ears pass over.
fn doubled(frame: &[i16]) -> Vec<i16> {
    let middle = |n: usize| {
        let next = frame.get(n + 1).unwrap_or(&frame[n]);
        i16::midpoint(frame[n], *next)
    };
    (0..frame.len())
        .flat_map(|n| [frame[n], middle(n)])
        .collect()
}

fn halved(sound: &[i16]) -> Vec<i16> {
    sound.chunks(2).map(|pair| pair[0]).collect()
}

impl fmt::Debug for Mouth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mouth")
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ear({})", self.codec)
    }
}

//! Sound as numbers: 16-bit linear samples, mono, 8000 a second, and what telephones make of them.
//!
//! Everything here is a pure function or a small value. Music and prompts are brought to this one
//! format when they are read ([`resample`], [`level`]), so that nothing resamples on the beat; Opus and
//! G.722 are encoded from it and decoded to it.

pub mod codec;
pub mod conceal;
pub mod dtmf;
pub mod g711;
pub mod g722;
pub mod level;
pub mod mix;
pub mod opus;
pub mod resample;
pub mod tone;

pub use codec::{Codec, Decoder, Encoder};
pub use conceal::Concealer;
pub use mix::mix;

/// Samples a second of everything inside the switch.
pub const SAMPLE_RATE: u32 = 8000;

/// Samples in a frame: 20 ms, the beat of the media plane.
pub const FRAME: usize = 160;

//! Opus in Ogg files: packets as sound (RFC 7845).
//!
//! Deliberately absent: more than two channels, and the gain of the header: everything is brought to one
//! loudness.

use opus::Channels;

/// The rate at which it is decoded, and in which its header counts, in Hz.
pub(super) const RATE: u32 = 48_000;

/// The longest packet: 120 ms (RFC 6716 §3.2.5).
const LONGEST: usize = 5_760;

/// A stream, both channels in one.
pub(super) struct Stream {
    decoder: opus::Decoder,
    packet: Vec<f32>,
    /// What the encoder has put before the sound (RFC 7845 §4.2).
    skip: usize,
}

impl Stream {
    /// A stream with this identification header (RFC 7845 §5.1).
    ///
    /// # Errors
    /// What is not read.
    pub(super) fn new(head: &[u8]) -> Result<Self, &'static str> {
        let (Some(&channels), Some(skip)) = (head.get(9), head.get(10..12)) else {
            return Err("its header is cut off");
        };
        if !(1..=2).contains(&channels) {
            return Err("it has more than two channels");
        }
        let decoder = opus::Decoder::new(RATE, Channels::Mono);
        Ok(Self {
            decoder: decoder.map_err(|_| "there is no decoder for it")?,
            packet: vec![0.0; LONGEST],
            skip: skip
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        })
    }

    /// The sound of a packet, mono, without its last samples; `None`: it is broken.
    pub(super) fn decode(&mut self, packet: &[u8], trim: usize) -> Option<&[f32]> {
        let length = self.decoder.decode_float(packet, &mut self.packet, false);
        let sound = self.packet.get(..length.ok()?.saturating_sub(trim))?;
        let skipped = self.skip.min(sound.len());
        self.skip -= skipped;
        sound.get(skipped..)
    }
}

//! The codecs we speak, as a closed set: adding one shows every place that must know.

use super::opus::Wishes;
use super::{FRAME, g711, g722, opus};

/// How samples are written in RTP packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s.
    G722,
    /// Opus.
    Opus,
}

impl Codec {
    /// Every codec, in the order of their payload types.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The encoding name of RFC 3551 §6 and RFC 7587 §7.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The static payload type of RFC 3551 §6; for Opus the dynamic one that we give it where the
    /// peer has not given it another.
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 96,
        }
    }

    /// Ticks of the RTP timestamp a second. That of G.722 is a mistake which stays (RFC 3551
    /// §4.5.2), that of Opus is fixed (RFC 7587 §4.1).
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8000,
            Self::Opus => 48_000,
        }
    }

    /// Ticks of the RTP timestamp in each of our samples.
    pub fn ticks(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => opus::TICKS,
        }
    }

    /// The channels that `a=rtpmap` names: 2 for Opus, whatever is sent (RFC 7587 §7).
    pub fn channels(self) -> u8 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => 2,
        }
    }

    /// A frame of silence: as many bytes as one of sound, or the fewest that say it.
    pub fn silence(self) -> &'static [u8] {
        match self {
            Self::Pcmu => &[0xFF; FRAME],
            Self::Pcma => &[0xD5; FRAME],
            // No difference to what was predicted, in either band.
            Self::G722 => &[0xFF; FRAME],
            Self::Opus => &opus::SILENCE,
        }
    }

    /// The codec of an `a=rtpmap` line; names are read without regard to case (RFC 8866 §6.6).
    pub fn from_rtpmap(name: &str, rate: u32, channels: u8) -> Option<Self> {
        let fits = |codec: &Self| {
            codec.clock_rate() == rate
                && codec.channels() == channels
                && codec.name().eq_ignore_ascii_case(name)
        };
        Self::ALL.into_iter().find(fits)
    }

    /// The codec of a static payload type, which needs no `a=rtpmap`.
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        let fits = |codec: &Self| payload_type < 96 && codec.payload_type() == payload_type;
        Self::ALL.into_iter().find(fits)
    }

    /// Whether a packet of this codec becomes one of another byte by byte, or is one already.
    pub fn becomes(self, other: Self) -> bool {
        self == other || self.is_g711() && other.is_g711()
    }

    /// Rewrites a payload of this codec for another that it [`becomes`](Self::becomes), in place: one
    /// look-up a byte.
    pub fn transcode(self, to: Self, payload: &mut [u8]) {
        let table = match (self, to) {
            (Self::Pcmu, Self::Pcma) => g711::ulaw_to_alaw,
            (Self::Pcma, Self::Pcmu) => g711::alaw_to_ulaw,
            (Self::Pcmu | Self::Pcma | Self::G722 | Self::Opus, _) => return,
        };
        for byte in payload {
            *byte = table(*byte);
        }
    }

    /// How long the sound of a payload is, in ticks of [`clock_rate`](Self::clock_rate).
    pub fn duration(self, payload: &[u8]) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => payload.len() as u32,
            Self::Opus => opus::duration(payload),
        }
    }

    fn is_g711(self) -> bool {
        match self {
            Self::Pcmu | Self::Pcma => true,
            Self::G722 | Self::Opus => false,
        }
    }
}

/// One direction of a stream, on its way out: what was said before counts for what is said now.
#[derive(Debug)]
pub enum Encoder {
    /// By the µ-law.
    Pcmu,
    /// By the A-law.
    Pcma,
    /// G.722.
    G722(Box<g722::Encoder>),
    /// Opus.
    Opus(opus::Encoder),
}

impl Encoder {
    /// An encoder that has said nothing yet; the wishes are about Opus.
    pub fn new(codec: Codec, wishes: Wishes) -> Self {
        match codec {
            Codec::Pcmu => Self::Pcmu,
            Codec::Pcma => Self::Pcma,
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(opus::Encoder::new(wishes)),
        }
    }

    /// Which codec it is of.
    pub fn codec(&self) -> Codec {
        match self {
            Self::Pcmu => Codec::Pcmu,
            Self::Pcma => Codec::Pcma,
            Self::G722(_) => Codec::G722,
            Self::Opus(_) => Codec::Opus,
        }
    }

    /// Appends a frame: [`FRAME`] bytes, for Opus that many or fewer.
    pub fn encode(&mut self, frame: &[i16; FRAME], out: &mut Vec<u8>) {
        match self {
            Self::Pcmu => out.extend(frame.iter().map(|&sample| g711::ulaw_encode(sample))),
            Self::Pcma => out.extend(frame.iter().map(|&sample| g711::alaw_encode(sample))),
            Self::G722(encoder) => encoder.encode(frame, out),
            Self::Opus(encoder) => encoder.encode(frame, out),
        }
    }
}

/// One direction of a stream, on its way in.
#[derive(Debug)]
pub enum Decoder {
    /// By the µ-law.
    Pcmu,
    /// By the A-law.
    Pcma,
    /// G.722.
    G722(Box<g722::Decoder>),
    /// Opus.
    Opus(Box<opus::Decoder>),
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        match codec {
            Codec::Pcmu => Self::Pcmu,
            Codec::Pcma => Self::Pcma,
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(Box::default()),
        }
    }

    /// Appends the sound of a payload. Only Opus has payloads that are none.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        match self {
            Self::Pcmu => out.extend(payload.iter().map(|&byte| g711::ulaw_decode(byte))),
            Self::Pcma => out.extend(payload.iter().map(|&byte| g711::alaw_decode(byte))),
            Self::G722(decoder) => decoder.decode(payload, out),
            Self::Opus(decoder) => decoder.decode(payload, out),
        }
    }

    /// Appends what may have been said in packets that were lost just before `next`; nothing where
    /// the codec has no means of its own.
    pub fn conceal(&mut self, lost: u64, next: &[u8], out: &mut Vec<i16>) {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722(_) => {}
            Self::Opus(decoder) => decoder.conceal(lost, next, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{level, tone};

    #[test]
    fn a_codec_is_found_by_name_rate_and_static_type() {
        assert_eq!(Codec::from_rtpmap("pcmu", 8000, 1), Some(Codec::Pcmu));
        assert_eq!(Codec::from_rtpmap("PCMA", 8000, 1), Some(Codec::Pcma));
        assert_eq!(Codec::from_rtpmap("PCMA", 16000, 1), None);
        assert_eq!(Codec::from_rtpmap("G722", 8000, 1), Some(Codec::G722));
        assert_eq!(Codec::from_rtpmap("OPUS", 48000, 2), Some(Codec::Opus));
        assert_eq!(Codec::from_rtpmap("opus", 48000, 1), None, "RFC 7587 §7");
        assert_eq!(Codec::from_payload_type(8), Some(Codec::Pcma));
        assert_eq!(Codec::from_payload_type(9), Some(Codec::G722));
        assert_eq!(Codec::from_payload_type(18), None);
        assert_eq!(Codec::from_payload_type(96), None, "a dynamic one");
    }

    #[test]
    fn silence_decodes_to_next_to_nothing_also_after_sound() {
        for codec in Codec::ALL {
            let mut encoder = Encoder::new(codec, Wishes::default());
            let (mut decoder, mut samples) = (Decoder::new(codec), vec![]);
            for frame in tone::sine(500.0, -10.0, 1600).as_chunks().0 {
                let mut payload = vec![];
                encoder.encode(frame, &mut payload);
                decoder.decode(&payload, &mut samples);
            }
            samples.clear();
            (0..50).for_each(|_| decoder.decode(codec.silence(), &mut samples));
            assert_eq!(samples.len(), 50 * FRAME, "{codec:?}");
            // What G.722 keeps predicting is constant, and not heard.
            let most = if codec == Codec::G722 { 64 } else { 8 };
            let silent = |sample: &i16| sample.abs() <= most;
            assert!(samples[2 * FRAME..].iter().all(silent), "{codec:?}");
        }
    }

    #[test]
    fn a_tone_passes_every_codec_and_the_way_between_any_two() {
        let sound = tone::sine(1000.0, -12.0, 3200);
        for from in Codec::ALL {
            for to in Codec::ALL {
                let heard = said(to, &said(from, &sound));
                let (heard, least) = (&heard[800..], 0.99);
                assert!(tone::share(heard, 1000.0) > least, "{from:?} to {to:?}");
                let level = level::dbfs(heard);
                assert!((level + 12.0).abs() < 1.0, "{from:?} to {to:?}: {level}");
            }
        }
    }

    #[test]
    fn one_law_becomes_the_other_byte_by_byte_and_nothing_else_does() {
        let sound = tone::sine(1000.0, -12.0, 160);
        for (from, to) in [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)] {
            let (mut payload, mut heard) = (vec![], vec![]);
            let frame = sound.first_chunk().expect("a frame");
            Encoder::new(from, Wishes::default()).encode(frame, &mut payload);
            from.transcode(to, &mut payload);
            Decoder::new(to).decode(&payload, &mut heard);
            assert!(tone::share(&heard, 1000.0) > 0.998, "noise below -27 dB");
            assert!(from.becomes(to));
        }
        let alone = [Codec::G722, Codec::Opus];
        for codec in alone {
            let others = Codec::ALL.into_iter().filter(|&other| codec.becomes(other));
            assert!(others.eq([codec]));
        }
    }

    /// A sound, encoded frame by frame and decoded again.
    fn said(codec: Codec, sound: &[i16]) -> Vec<i16> {
        let mut encoder = Encoder::new(codec, Wishes::default());
        let (mut decoder, mut heard) = (Decoder::new(codec), vec![]);
        assert_eq!(encoder.codec(), codec);
        for frame in sound.as_chunks().0 {
            let mut payload = vec![];
            encoder.encode(frame, &mut payload);
            assert_eq!(codec.duration(&payload), 160 * codec.ticks());
            decoder.decode(&payload, &mut heard);
        }
        heard
    }
}

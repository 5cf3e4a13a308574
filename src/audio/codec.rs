//! The codecs we speak, as a closed set: adding one shows every place that must know.

use super::g711;

/// How samples are written in RTP packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
}

impl Codec {
    /// Every codec, in the order of their payload types.
    pub const ALL: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// The encoding name of RFC 3551 §6.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// The static payload type of RFC 3551 §6.
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// Ticks of the RTP timestamp a second.
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => 8000,
        }
    }

    /// The byte that stands for silence.
    pub fn silence(self) -> u8 {
        match self {
            Self::Pcmu => 0xFF,
            Self::Pcma => 0xD5,
        }
    }

    /// The codec of an `a=rtpmap` line; names are read without regard to case (RFC 8866 §6.6).
    pub fn from_rtpmap(name: &str, rate: u32) -> Option<Self> {
        let fits =
            |codec: &Self| codec.clock_rate() == rate && codec.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(fits)
    }

    /// The codec of a static payload type, which needs no `a=rtpmap`.
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        let fits = |codec: &Self| codec.payload_type() == payload_type;
        Self::ALL.into_iter().find(fits)
    }

    /// Appends one byte a sample.
    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Self::Pcmu => out.extend(samples.iter().map(|&sample| g711::ulaw_encode(sample))),
            Self::Pcma => out.extend(samples.iter().map(|&sample| g711::alaw_encode(sample))),
        }
    }

    /// Appends one sample a byte. No payload is invalid.
    pub fn decode(self, payload: &[u8], out: &mut Vec<i16>) {
        match self {
            Self::Pcmu => out.extend(payload.iter().map(|&byte| g711::ulaw_decode(byte))),
            Self::Pcma => out.extend(payload.iter().map(|&byte| g711::alaw_decode(byte))),
        }
    }

    /// Rewrites a payload of this codec for another, in place: one look-up a byte.
    pub fn transcode(self, to: Self, payload: &mut [u8]) {
        let table = match (self, to) {
            (Self::Pcmu, Self::Pcmu) | (Self::Pcma, Self::Pcma) => return,
            (Self::Pcmu, Self::Pcma) => g711::ulaw_to_alaw,
            (Self::Pcma, Self::Pcmu) => g711::alaw_to_ulaw,
        };
        for byte in payload {
            *byte = table(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone;

    #[test]
    fn a_codec_is_found_by_name_rate_and_static_type() {
        assert_eq!(Codec::from_rtpmap("pcmu", 8000), Some(Codec::Pcmu));
        assert_eq!(Codec::from_rtpmap("PCMA", 8000), Some(Codec::Pcma));
        assert_eq!(Codec::from_rtpmap("PCMA", 16000), None);
        assert_eq!(Codec::from_rtpmap("opus", 48000), None);
        assert_eq!(Codec::from_payload_type(8), Some(Codec::Pcma));
        assert_eq!(Codec::from_payload_type(9), None);
    }

    #[test]
    fn silence_decodes_to_next_to_nothing() {
        for codec in Codec::ALL {
            let mut samples = Vec::new();
            codec.decode(&[codec.silence(); 160], &mut samples);
            assert!(samples.iter().all(|sample| sample.abs() <= 8));
        }
    }

    #[test]
    fn a_tone_passes_both_codecs_and_the_way_between_them() {
        let sound = tone::sine(1000.0, -12.0, 1600);
        for (from, to) in [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)] {
            let (mut payload, mut heard) = (Vec::new(), Vec::new());
            from.encode(&sound, &mut payload);
            from.transcode(to, &mut payload);
            to.decode(&payload, &mut heard);
            assert!(tone::share(&heard, 1000.0) > 0.998, "noise below -27 dB");
        }
    }
}

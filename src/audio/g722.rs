//! ITU-T G.722 at 64 kbit/s: sound up to 7 kHz in a byte for each two samples of 16 kHz.
//!
//! ```text
//!   8–4 kHz ──▶ high band ──▶ 2 bits ─┐
//!   4–0 kHz ──▶ low band  ──▶ 6 bits ─┴─▶ a byte, 8000 a second
//! ```
//!
//! Each band is coded as the difference to a prediction (§3); both ends adapt the prediction and the
//! step from the codes alone, with leaks, so that a decoder that joins late or has lost something
//! agrees with the encoder again within 80 ms.
//!
//! The low band is a sound of 8000 samples a second by itself, which is all that is spoken here: the
//! decoder reads it alone, and the encoder leaves the high band silent. So a byte is a sample, as in
//! G.711, and the clock of RTP that RFC 3551 §4.5.2 fixes at 8000 tells the truth. What the filters
//! leave of 4 to 5 kHz in the low band, which the high band would cancel, is heard mirrored at 4 kHz,
//! 3 to 20 dB down.
//!
//! Deliberately absent: the high band and the filters that split and join the two (§3.1, §4.4), as
//! between two peers that both speak G.722 the bytes go through as they are; the modes of 56 and
//! 48 kbit/s, which RTP has not.

/// The six bits of the low band, and the high band's two for nothing at all.
const LOW: u8 = 0x3F;
const QUIET_HIGH: u8 = 0xC0;

/// Between which differences the low band decides, in steps (table 4: q6).
const DECISIONS: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
    1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];

/// The difference that a code of six bits stands for, in steps (table 6: qm6), without its sign: that
/// of the codes 61 to 32, in their order.
const SIX_BITS: [i32; 30] = [
    136, 432, 728, 1040, 1360, 1688, 2032, 2400, 2776, 3168, 3576, 4008, 4464, 4944, 5456, 6000,
    6576, 7192, 7856, 8576, 9360, 10232, 11192, 12280, 13512, 14984, 16704, 19008, 21904, 24808,
];

/// The same for the upper four bits, by which both ends adapt (qm4), and what they make of the
/// logarithm of the step (table 7: wl); both by magnitude, the smallest first.
const FOUR_BITS: [i32; 8] = [0, 1200, 2584, 4240, 6288, 8968, 12896, 20456];
const LOUDER: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1198, 3042];

/// 2^(n/32), times 2048 (ilb).
const POWERS: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/// The largest logarithm of the step.
const LOUDEST: i32 = 18_432;

/// Samples of 8 kHz to bytes.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    band: Band,
}

/// Bytes to samples of 8 kHz.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    band: Band,
}

impl Encoder {
    /// Appends one byte a sample.
    pub fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        out.extend(samples.iter().map(|&sample| {
            // The bands have 15 bits.
            let code = self.band.code(i32::from(sample) >> 1);
            self.band.adapt(code);
            code | QUIET_HIGH
        }));
    }
}

impl Decoder {
    /// Appends one sample a byte. No payload is invalid.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        out.extend(payload.iter().map(|&byte| {
            let code = byte & LOW;
            let sample = self.band.value(code);
            self.band.adapt(code);
            (sample * 2) as i16
        }));
    }
}

/// The low band as both ends know it: the same on either side after the same codes.
#[derive(Clone, Debug)]
struct Band {
    /// The step, and its logarithm (det, nb).
    step: i32,
    logarithm: i32,
    /// What the next sample should be, and the part of it that the zeros make (s, sz).
    prediction: i32,
    by_zeros: i32,
    /// The coefficients of two poles and six zeros (a, b).
    poles: [i32; 2],
    zeros: [i32; 6],
    /// The latest first: reconstructed samples, what they were without the poles, differences.
    samples: [i32; 2],
    partials: [i32; 2],
    differences: [i32; 6],
}

impl Default for Band {
    fn default() -> Self {
        Self {
            step: 32,
            logarithm: 0,
            prediction: 0,
            by_zeros: 0,
            poles: [0; 2],
            zeros: [0; 6],
            samples: [0; 2],
            partials: [0; 2],
            differences: [0; 6],
        }
    }
}

impl Band {
    /// The code for a sample (QUANTL).
    fn code(&self, sample: i32) -> u8 {
        let difference = saturated(sample - self.prediction);
        let (magnitude, negative) = (difference ^ (difference >> 31), difference < 0);
        let beyond =
            DECISIONS.partition_point(|&level| magnitude >= (level * self.step) >> 12) as u8;
        match (negative, beyond) {
            (false, _) => 61 - beyond,
            // The codes 0 to 3 are not used: four bits of them would be no difference.
            (true, 0 | 1) => 63 - beyond,
            (true, _) => 33 - beyond,
        }
    }

    /// The sample that a code stands for (INVQBL, LIMIT).
    fn value(&self, code: u8) -> i32 {
        let (negative, magnitude) = match code {
            32..=61 => (false, 61 - code),
            62 | 63 => (true, 63 - code),
            4..=31 => (true, 33 - code),
            // What no encoder says is the smallest difference.
            _ => (true, 0),
        };
        let steps = SIX_BITS[usize::from(magnitude)];
        let steps = if negative { -steps } else { steps };
        let sample = self.prediction + ((self.step * steps) >> 15);
        sample.clamp(-16_384, 16_383)
    }

    /// Goes on by a sample (INVQAL, LOGSCL, SCALEL, and block 4).
    fn adapt(&mut self, code: u8) {
        // Of four bits, the positive ones count down from 15, which is nothing, the others from 8.
        let (magnitude, negative) = match code >> 2 {
            0 | 15 => (0, false),
            upper @ 8..=14 => (usize::from(15 - upper), false),
            upper => (usize::from(8 - upper), true),
        };
        let steps = FOUR_BITS[magnitude];
        let steps = if negative { -steps } else { steps };
        let difference = (self.step * steps) >> 15;
        self.logarithm = (((self.logarithm * 127) >> 7) + LOUDER[magnitude]).clamp(0, LOUDEST);
        let power = POWERS[(self.logarithm >> 6 & 31) as usize];
        let octave = self.logarithm >> 11;
        self.step = if octave > 8 {
            power << (octave - 8)
        } else {
            power >> (8 - octave)
        } << 2;
        self.predict(difference);
    }

    /// Takes the difference that both ends know, and predicts the next sample (§3.6).
    fn predict(&mut self, difference: i32) {
        let sample = saturated(self.prediction + difference);
        let partial = saturated(self.by_zeros + difference);
        self.adapt_poles(partial);
        let growth = if difference == 0 { 0 } else { 128 };
        for (zero, &before) in self.zeros.iter_mut().zip(&self.differences) {
            let towards = if alike(before, difference) {
                growth
            } else {
                -growth
            };
            *zero = saturated(towards + ((*zero * 32_640) >> 15));
        }
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
        self.samples = [sample, self.samples[0]];
        self.partials = [partial, self.partials[0]];

        let sum = |coefficients: &[i32], values: &[i32]| -> i32 {
            let pairs = coefficients.iter().zip(values);
            saturated(pairs.map(|(c, v)| (c * saturated(v * 2)) >> 15).sum())
        };
        self.by_zeros = sum(&self.zeros, &self.differences);
        self.prediction = saturated(sum(&self.poles, &self.samples) + self.by_zeros);
    }

    /// UPPOL2 and UPPOL1: the poles stay where the filter is stable.
    fn adapt_poles(&mut self, partial: i32) {
        let [first, second] = self.poles;
        let [last, before] = self.partials;
        let turned = saturated(first * 4);
        let turned = if alike(partial, last) {
            -turned
        } else {
            turned
        };
        let towards = if alike(partial, before) { 128 } else { -128 };
        let second = (turned.min(32_767) >> 7) + towards + ((second * 32_512) >> 15);
        let second = second.clamp(-12_288, 12_288);
        let towards = if alike(partial, last) { 192 } else { -192 };
        let limit = 15_360 - second;
        let first = saturated(towards + ((first * 32_640) >> 15)).clamp(-limit, limit);
        self.poles = [first, second];
    }
}

/// Whether two values have the same sign, where 0 is positive.
fn alike(a: i32, b: i32) -> bool {
    (a < 0) == (b < 0)
}

fn saturated(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{level, tone};
    use audio_codec::{Decoder as _, Encoder as _, g722};

    fn encoded(samples: &[i16]) -> Vec<u8> {
        let mut bytes = vec![];
        Encoder::default().encode(samples, &mut bytes);
        bytes
    }

    fn decoded(bytes: &[u8]) -> Vec<i16> {
        let mut samples = vec![];
        Decoder::default().decode(bytes, &mut samples);
        samples
    }

    /// A sine of 16000 samples a second.
    fn wide(hz: f32, dbfs: f32, samples: usize) -> Vec<i16> {
        tone::sine(hz / 2.0, dbfs, samples)
    }

    /// How much of a sound of 16000 samples a second is this tone.
    fn wide_share(samples: &[i16], hz: f32) -> f32 {
        tone::share(samples, hz / 2.0)
    }

    #[test]
    fn tones_of_the_telephone_pass() {
        for hz in [300.0, 440.0, 1000.0, 2000.0, 3000.0, 3400.0] {
            for dbfs in [-40.0, -20.0, -6.0] {
                let heard = decoded(&encoded(&tone::sine(hz, dbfs, 8000)));
                let heard = &heard[800..];
                assert!(tone::share(heard, hz) > 0.99, "{hz} Hz at {dbfs}");
                assert!((level::dbfs(heard) - dbfs).abs() < 0.3, "{hz} Hz at {dbfs}");
            }
        }
    }

    #[test]
    fn another_decoder_hears_the_same_and_next_to_nothing_above_4_khz() {
        for hz in [300.0, 1000.0, 2500.0] {
            let bytes = encoded(&tone::sine(hz, -15.0, 8000));
            let heard = g722::G722Decoder::new().decode(&bytes);
            let heard = &heard[1600..];
            assert_eq!(heard.len(), 2 * 7200);
            assert!(wide_share(heard, hz) > 0.99, "{hz}");
            assert!((level::dbfs(heard) + 15.0).abs() < 0.5, "{hz}");
            assert!(wide_share(heard, 8000.0 - hz) < 1e-4, "the image of {hz}");
        }
    }

    #[test]
    fn what_another_encoder_says_is_heard_up_to_4_khz() {
        for hz in [300.0, 1000.0, 3000.0] {
            let bytes = g722::G722Encoder::new().encode(&wide(hz, -15.0, 16_000));
            let heard = decoded(&bytes);
            assert_eq!(heard.len(), 8000, "a byte is a sample of 8 kHz");
            assert!(tone::share(&heard[800..], hz) > 0.99, "{hz}");
            assert!((level::dbfs(&heard[800..]) + 15.0).abs() < 0.5, "{hz}");
        }
        // What lies above is not mistaken for something below.
        for (hz, below) in [(5000.0, 20.0), (6000.0, 60.0), (7000.0, 60.0)] {
            let bytes = g722::G722Encoder::new().encode(&wide(hz, -15.0, 16_000));
            let level = level::dbfs(&decoded(&bytes)[800..]);
            assert!(level < -15.0 - below, "{hz}: {level}");
        }
    }

    #[test]
    fn another_decoder_of_the_low_band_agrees_to_the_bit() {
        let mut other = g722::G722Decoder::with_options(g722::Bitrate::Mode1_64000, false, true);
        let mut random = crate::random::Random::seeded(7);
        let noise: Vec<i16> = (0..16_000).map(|_| random.u32() as i16 >> 2).collect();
        let bytes = encoded(&noise);
        let (ours, theirs) = (decoded(&bytes), other.decode(&bytes));
        // It begins with another step.
        assert!(ours[4000..] == theirs[4000..]);
    }

    #[test]
    fn who_joins_late_hears_the_same_after_80_ms() {
        let sound = tone::dual(&[440.0, 620.0], -20.0, 8000);
        let bytes = encoded(&sound);
        let (whole, late) = (decoded(&bytes), decoded(&bytes[4000..]));
        let pairs = whole[4640..].iter().zip(&late[640..]);
        let error: Vec<i16> = pairs.map(|(a, b)| a - b).collect();
        assert!(level::dbfs(&error) < -50.0, "{}", level::dbfs(&error));
        assert!(
            level::dbfs(&late[..640]) < -18.0,
            "and before it nothing loud"
        );
    }

    #[test]
    fn every_payload_is_some_sound_and_the_loudest_does_not_wrap() {
        let mut random = crate::random::Random::seeded(8);
        let noise: Vec<u8> = (0..100_000).map(|_| random.u32() as u8).collect();
        assert_eq!(decoded(&noise).len(), noise.len());
        let square: Vec<i16> = (0..8000)
            .map(|n| if n / 20 % 2 == 0 { i16::MAX } else { i16::MIN })
            .collect();
        let heard = decoded(&encoded(&square));
        let wrong = square[800..].iter().zip(&heard[800..]);
        let wrong = wrong.filter(|(a, b)| a.signum() != b.signum()).count();
        assert!(wrong < 400, "{wrong}");
    }
}

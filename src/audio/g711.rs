//! ITU-T G.711: a sample in eight bits, by the µ-law and by the A-law.
//!
//! Tables made at compile time from the arithmetic of the ITU's reference code (G.191), so they
//! are bit-exact and a sample costs one look-up. The µ-law sees the upper 14 bits of a sample, the
//! A-law the upper 12.

static ULAW_TO_LINEAR: [i16; 256] = tables().0;
static ALAW_TO_LINEAR: [i16; 256] = tables().1;
static ULAW_TO_ALAW: [u8; 256] = tables().2;
static ALAW_TO_ULAW: [u8; 256] = tables().3;
static LINEAR_TO_ULAW: [u8; 1 << 14] = ulaw_table();
static LINEAR_TO_ALAW: [u8; 1 << 12] = alaw_table();

/// A sample by the µ-law.
#[inline]
pub fn ulaw_encode(sample: i16) -> u8 {
    LINEAR_TO_ULAW[usize::from(sample as u16 >> 2)]
}

/// The sample that a µ-law byte stands for: ±32124 at most.
#[inline]
pub fn ulaw_decode(byte: u8) -> i16 {
    ULAW_TO_LINEAR[usize::from(byte)]
}

/// A sample by the A-law.
#[inline]
pub fn alaw_encode(sample: i16) -> u8 {
    LINEAR_TO_ALAW[usize::from(sample as u16 >> 4)]
}

/// The sample that an A-law byte stands for: ±32256 at most, never 0.
#[inline]
pub fn alaw_decode(byte: u8) -> i16 {
    ALAW_TO_LINEAR[usize::from(byte)]
}

/// The A-law byte for a µ-law byte, by way of the sample.
#[inline]
pub fn ulaw_to_alaw(byte: u8) -> u8 {
    ULAW_TO_ALAW[usize::from(byte)]
}

/// The µ-law byte for an A-law byte, by way of the sample.
#[inline]
pub fn alaw_to_ulaw(byte: u8) -> u8 {
    ALAW_TO_ULAW[usize::from(byte)]
}

const fn tables() -> ([i16; 256], [i16; 256], [u8; 256], [u8; 256]) {
    let (mut ulaw, mut alaw) = ([0; 256], [0; 256]);
    let (mut to_alaw, mut to_ulaw) = ([0; 256], [0; 256]);
    let mut byte = 0;
    while byte < 256 {
        ulaw[byte] = ulaw_expand(byte as u8);
        alaw[byte] = alaw_expand(byte as u8);
        to_alaw[byte] = alaw_compress(ulaw[byte]);
        to_ulaw[byte] = ulaw_compress(alaw[byte]);
        byte += 1;
    }
    (ulaw, alaw, to_alaw, to_ulaw)
}

const fn ulaw_table() -> [u8; 1 << 14] {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < table.len() {
        table[index] = ulaw_compress((index << 2) as u16 as i16);
        index += 1;
    }
    table
}

const fn alaw_table() -> [u8; 1 << 12] {
    let mut table = [0; 1 << 12];
    let mut index = 0;
    while index < table.len() {
        table[index] = alaw_compress((index << 4) as u16 as i16);
        index += 1;
    }
    table
}

/// G.191 `ulaw_compress`: the magnitude with a bias of 33 in sign, segment and step, inverted.
const fn ulaw_compress(sample: i16) -> u8 {
    let magnitude = if sample < 0 { !sample } else { sample };
    let biased = (magnitude >> 2) + 33;
    let biased = if biased > 0x1FFF { 0x1FFF } else { biased };
    let mut segment = 1;
    while biased >> (segment + 5) != 0 {
        segment += 1;
    }
    let low = 0x0F - (biased >> segment & 0x0F) as u8;
    let code = (0x08 - segment as u8) << 4 | low;
    if sample >= 0 { code | 0x80 } else { code }
}

/// G.191 `ulaw_expand`.
const fn ulaw_expand(byte: u8) -> i16 {
    let inverted = !byte;
    let exponent = (inverted >> 4 & 7) as i16;
    let mantissa = (inverted & 0x0F) as i16;
    let step = 8 << exponent;
    let magnitude = (0x80 << exponent) + step * mantissa + step / 2 - 4 * 33;
    if byte < 0x80 { -magnitude } else { magnitude }
}

/// G.191 `alaw_compress`: sign, segment and step, every second bit inverted.
const fn alaw_compress(sample: i16) -> u8 {
    let magnitude = if sample < 0 { !sample } else { sample };
    let mut code = magnitude >> 4;
    if code > 15 {
        let mut segment = 1;
        while code > 31 {
            code >>= 1;
            segment += 1;
        }
        code = code - 16 + (segment << 4);
    }
    let code = code as u8;
    (if sample >= 0 { code | 0x80 } else { code }) ^ 0x55
}

/// G.191 `alaw_expand`.
const fn alaw_expand(byte: u8) -> i16 {
    let code = (byte ^ 0x55) & 0x7F;
    let segment = code >> 4;
    let mantissa = (code & 0x0F) as i16;
    let leading = if segment > 0 { mantissa + 16 } else { mantissa };
    let base = (leading << 4) + 8;
    let magnitude = if segment > 1 {
        base << (segment - 1)
    } else {
        base
    };
    if byte & 0x80 != 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_gives_the_values_of_the_recommendation() {
        // G.711 table 2a/2b (µ) and 1a/1b (A), scaled to 16 bits.
        assert_eq!([0xFF, 0x7F].map(ulaw_decode), [0, 0]);
        assert_eq!([0x80, 0x00].map(ulaw_decode), [32124, -32124]);
        assert_eq!([0xFE, 0xF0, 0xEF].map(ulaw_decode), [8, 120, 132]);
        assert_eq!([0xD5, 0x55].map(alaw_decode), [8, -8]);
        assert_eq!([0xAA, 0x2A].map(alaw_decode), [32256, -32256]);
        assert_eq!([0xD4, 0xDA, 0xC5].map(alaw_decode), [24, 248, 264]);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255u8 {
            // The µ-law has two zeros; the negative one comes back as the positive.
            let expected = if byte == 0x7F { 0xFF } else { byte };
            assert_eq!(ulaw_encode(ulaw_decode(byte)), expected);
            assert_eq!(alaw_encode(alaw_decode(byte)), byte);
        }
    }

    #[test]
    fn every_sample_is_coded_by_the_arithmetic_of_the_reference() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(ulaw_encode(sample), ulaw_compress(sample), "{sample}");
            assert_eq!(alaw_encode(sample), alaw_compress(sample), "{sample}");
        }
        assert_eq!(
            [i16::MIN, -1, 0, i16::MAX].map(ulaw_encode),
            [0x00, 0x7F, 0xFF, 0x80]
        );
        assert_eq!(
            [i16::MIN, -1, 0, i16::MAX].map(alaw_encode),
            [0x2A, 0x55, 0xD5, 0xAA]
        );
    }

    #[test]
    fn the_error_is_at_most_half_a_step() {
        for sample in -32100..=32100i16 {
            let size = f32::from(sample).abs();
            let ulaw = f32::from(ulaw_decode(ulaw_encode(sample))) - f32::from(sample);
            let alaw = f32::from(alaw_decode(alaw_encode(sample))) - f32::from(sample);
            assert!(ulaw.abs() <= (size + 132.0) / 32.0 + 4.0, "{sample}");
            assert!(alaw.abs() <= size / 32.0 + 16.0, "{sample}");
        }
    }

    #[test]
    fn one_law_becomes_the_other_within_a_step_and_keeps_the_sign() {
        for byte in 0..=255u8 {
            let (from, to) = (ulaw_decode(byte), alaw_decode(ulaw_to_alaw(byte)));
            assert!(f32::from(from - to).abs() <= f32::from(from).abs() / 32.0 + 16.0);
            let (from, to) = (alaw_decode(byte), ulaw_decode(alaw_to_ulaw(byte)));
            assert!(f32::from(from - to).abs() <= f32::from(from).abs() / 30.0 + 16.0);
            assert!(from.signum() * to.signum() >= 0);
        }
    }
}

//! Bits and Exp-Golomb codes of H.264 (ITU-T H.264 §7.2, §9.1), without the bytes that prevent a false
//! start code (§7.4.1).

/// Reads from the highest bit of the first byte on.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit, in all.
    at: usize,
    /// Zero bytes in a row that were read.
    zeros: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            zeros: 0,
        }
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.at.is_multiple_of(8) {
            if self.zeros >= 2 && self.bytes.get(self.at / 8) == Some(&3) {
                self.at += 8;
                self.zeros = 0;
            }
            let zero = self.bytes.get(self.at / 8) == Some(&0);
            self.zeros = if zero { self.zeros + 1 } else { 0 };
        }
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// `ue(v)`: up to 31 leading zeros.
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut value = 1_u32;
        for _ in 0..zeros {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value - 1)
    }

    /// `se(v)`.
    pub(super) fn signed(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned()?);
        let half = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { half } else { -half }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_up_to_the_last_bit() {
        // 1 010 011 00100 00101 1
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1100_0000]);
        let read: Vec<_> = (0..5).map_while(|_| bits.unsigned()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&[0b0100_1100, 0b1000_0101, 0b1000_0000]);
        let read: Vec<_> = (0..4).map_while(|_| bits.signed()).collect();
        assert_eq!(read, [1, -1, 2, -2]);
        assert_eq!(Bits::new(&[0, 0, 0, 0, 0]).unsigned(), None);
    }

    #[test]
    fn what_prevents_a_start_code_is_left_out() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0xff]);
        let read: Vec<_> = std::iter::from_fn(|| bits.bit()).collect();
        assert_eq!(read.len(), 32);
        assert!(read[23] && !read[22]);
    }
}

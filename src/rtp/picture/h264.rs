//! H.264 in RTP: single units, several in one (STAP-A), and parts of one (FU-A) (RFC 6184 §5.6–5.8).
//!
//! ```text
//!   a unit's first byte: F│NRI│type     1–23: the unit itself   24: length, unit, length, unit …
//!   28: F│NRI│28 │ S│E│R│type │ a part: the first has S, the last E
//! ```
//!
//! A picture stands alone if a unit of it is of type 5 (IDR). The parameter sets that it needs come with it
//! or came before (types 7 and 8).

use super::Shape;
use super::bits::Bits;

const IDR: u8 = 5;
const SEQUENCE: u8 = 7;
const PICTURE: u8 = 8;
const SEVERAL: u8 = 24;
const PART: u8 = 28;
/// The bytes of a parameter set at most: the record has two for its length.
const MAX_SET: usize = 0xffff;

/// The parameter sets that came last.
#[derive(Debug, Default)]
pub(super) struct Sets {
    sequence: Vec<u8>,
    picture: Vec<u8>,
}

/// Appends what a packet carries, each unit behind its length; `false` if it makes no sense.
pub(super) fn append(payload: &[u8], units: &mut Vec<u8>) -> bool {
    let Some((first, rest)) = payload.split_first() else {
        return false;
    };
    match first & 0x1f {
        1..=23 => push(units, payload),
        SEVERAL => {
            let mut rest = rest;
            while let Some(([high, low], after)) = rest.split_first_chunk::<2>() {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some((unit, next)) = after.split_at_checked(length) else {
                    return false;
                };
                push(units, unit);
                rest = next;
            }
            rest.is_empty()
        }
        PART => append_part(*first, rest, units),
        _ => false,
    }
}

fn append_part(first: u8, rest: &[u8], units: &mut Vec<u8>) -> bool {
    let Some((head, part)) = rest.split_first() else {
        return false;
    };
    if head & 0x80 != 0 {
        push(units, &[first & 0xe0 | head & 0x1f]);
    }
    // The unit it belongs to is the last one.
    let Some(at) = last(units) else {
        return false;
    };
    units.extend_from_slice(part);
    let length = units.len() - at - 4;
    if let Some(field) = units.get_mut(at..at + 4) {
        field.copy_from_slice(&(length as u32).to_be_bytes());
    }
    true
}

fn push(units: &mut Vec<u8>, unit: &[u8]) -> bool {
    units.extend((unit.len() as u32).to_be_bytes());
    units.extend_from_slice(unit);
    true
}

/// Where the last unit begins.
fn last(units: &[u8]) -> Option<usize> {
    let (mut at, mut found) = (0, None);
    for unit in each(units) {
        found = Some(at);
        at += 4 + unit.len();
    }
    found
}

fn each(units: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = units;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (unit, next) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = next;
        Some(unit)
    })
}

impl Sets {
    /// What a picture that stands alone looks like; its parameter sets are remembered.
    pub(super) fn shape(&mut self, units: &[u8]) -> Option<Shape> {
        let mut whole = false;
        for unit in each(units).filter(|unit| unit.len() <= MAX_SET) {
            match unit.first().map(|first| first & 0x1f) {
                Some(SEQUENCE) => self.sequence = unit.to_vec(),
                Some(PICTURE) => self.picture = unit.to_vec(),
                Some(IDR) => whole = true,
                Some(_) | None => {}
            }
        }
        // An IDR in one piece is longer than a parameter set may be.
        whole |= each(units).any(|unit| unit.first().is_some_and(|first| first & 0x1f == IDR));
        if !whole || self.picture.is_empty() {
            return None;
        }
        let (width, height) = size(&self.sequence)?;
        Some(Shape {
            width,
            height,
            setup: self.record()?,
        })
    }

    /// `AVCDecoderConfigurationRecord`, with lengths of 4 bytes.
    fn record(&self) -> Option<Vec<u8>> {
        let [_, profile, compatible, level, ..] = *self.sequence.as_slice() else {
            return None;
        };
        let mut record = vec![1, profile, compatible, level, 0xff, 0xe1];
        record.extend((self.sequence.len() as u16).to_be_bytes());
        record.extend_from_slice(&self.sequence);
        record.push(1);
        record.extend((self.picture.len() as u16).to_be_bytes());
        record.extend_from_slice(&self.picture);
        Some(record)
    }
}

/// The size that a sequence parameter set tells (ITU-T H.264 §7.3.2.1.1); `None` if it cannot be read.
fn size(set: &[u8]) -> Option<(u16, u16)> {
    let profile = *set.get(1)?;
    let mut bits = Bits::new(set.get(4..)?);
    bits.unsigned()?;
    let mut chroma = 1;
    if matches!(
        profile,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            bits.bit()?;
        }
        bits.unsigned()?;
        bits.unsigned()?;
        bits.bit()?;
        if bits.bit()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.bit()? {
                    skip_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.unsigned()?;
    match bits.unsigned()? {
        0 => drop(bits.unsigned()?),
        1 => {
            bits.bit()?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.unsigned()?;
    bits.bit()?;
    let across = bits.unsigned()?.checked_add(1)?;
    let down = bits.unsigned()?.checked_add(1)?;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?;
    }
    bits.bit()?;
    let mut crop = [0; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = bits.unsigned()?;
        }
    }
    let [left, right, top, bottom] = crop;
    let fields = 2 - u32::from(frames_only);
    let (step_x, step_y) = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let cut = |whole: u32, step: u32, one: u32, other: u32| {
        let cut = one.checked_add(other)?.checked_mul(step)?;
        u16::try_from(whole.checked_sub(cut)?).ok()
    };
    let width = cut(across.checked_mul(16)?, step_x, left, right)?;
    let height = cut(down.checked_mul(16 * fields)?, step_y, top, bottom)?;
    (width > 0 && height > 0).then_some((width, height))
}

fn skip_list(bits: &mut Bits<'_>, length: usize) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..length {
        if next != 0 {
            next = last.wrapping_add(bits.signed()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

//! VP8 in RTP (RFC 7741 §4.2), and the head of a frame (RFC 6386 §9.1).
//!
//! ```text
//!   descriptor: X│R│N│S│R│PID  [I│L│T│K  [M│picture id, 7 or 15 bits]  [TL0PICIDX]  [TID│Y│KEYIDX]]
//!   frame:      3 bytes: … │ bit 0: builds on others   a whole one: 9d 01 2a │ width, 14 │ height, 14
//! ```

use super::Shape;

const START: [u8; 3] = [0x9d, 0x01, 0x2a];

/// Appends what a packet carries; `false` if it does not fit what is there.
pub(super) fn append(payload: &[u8], frame: &mut Vec<u8>) -> bool {
    let Some((begins, part)) = parts(payload) else {
        return false;
    };
    let fits = begins == frame.is_empty();
    frame.extend_from_slice(part);
    fits
}

/// Whether the packet is the first of its frame, and its part of it.
fn parts(payload: &[u8]) -> Option<(bool, &[u8])> {
    let (first, mut rest) = payload.split_first()?;
    if first & 0x80 != 0 {
        let (more, after) = rest.split_first()?;
        rest = after;
        if more & 0x80 != 0 {
            let long = rest.first()? & 0x80 != 0;
            rest = rest.get(1 + usize::from(long)..)?;
        }
        let others = usize::from(more & 0x40 != 0) + usize::from(more & 0x30 != 0);
        rest = rest.get(others..)?;
    }
    // The first of a later partition begins no frame.
    Some((first & 0x10 != 0 && first & 0x07 == 0, rest))
}

/// What a whole frame looks like.
pub(super) fn shape(frame: &[u8]) -> Option<Shape> {
    let [first, _, _, a, b, c, w0, w1, h0, h1] = *frame.first_chunk::<10>()?;
    let side = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    (first & 1 == 0 && [a, b, c] == START).then(|| Shape {
        width: side(w0, w1),
        height: side(h0, h1),
        setup: vec![],
    })
}

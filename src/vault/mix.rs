//! The stereo mix: the customer left, the agent right (D15), made in pieces of bounded size.

use crate::call::record::Role;
use std::io::{self, Read, Write};

/// Frames read from each track at a time.
const PIECE: usize = 16_384;

/// Whose voice a track is, and its samples.
pub(super) type Voice<'v> = (Role, Box<dyn Read + 'v>);

/// Writes the mix of some tracks, all of them so many frames long.
pub(super) fn mix(tracks: &mut [Voice<'_>], frames: u64, to: &mut dyn Write) -> io::Result<()> {
    let mut left = frames;
    while left > 0 {
        let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        to.write_all(&read_piece(tracks, piece)?)?;
        left -= piece as u64;
    }
    Ok(())
}

/// The next frames, as bytes. Several tracks of one role are added.
fn read_piece(tracks: &mut [Voice<'_>], frames: usize) -> io::Result<Vec<u8>> {
    let mut mixed = vec![(0_i16, 0_i16); frames];
    let mut bytes = vec![0; 2 * frames];
    for (role, track) in tracks {
        track.read_exact(&mut bytes)?;
        for (frame, sample) in mixed.iter_mut().zip(bytes.as_chunks::<2>().0) {
            let sample = i16::from_le_bytes(*sample);
            match role {
                Role::Customer => frame.0 = frame.0.saturating_add(sample),
                Role::Agent | Role::Outside | Role::Supervisor => {
                    frame.1 = frame.1.saturating_add(sample)
                }
            }
        }
    }
    let bytes = |(left, right): (i16, i16)| {
        let ([a, b], [c, d]) = (left.to_le_bytes(), right.to_le_bytes());
        [a, b, c, d]
    };
    Ok(mixed.into_iter().flat_map(bytes).collect())
}

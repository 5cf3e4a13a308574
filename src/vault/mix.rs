//! The stereo mix: the customer left, the agent right (D15), made in pieces of bounded size.

use super::journal::{Files, partial, sync_folder};
use super::wav;
use crate::call::record::{Role, Segment};
use anyhow::Context as _;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};

/// Frames read from each track at a time.
const PIECE: usize = 16_384;

/// Writes the mix of a segment's tracks, all of them so many frames long.
pub(super) fn compose(files: &Files, segment: &Segment, frames: u64) -> anyhow::Result<()> {
    let path = files.sound("");
    let part = partial(&path);
    let compose = || -> io::Result<()> {
        let mut tracks = vec![];
        for (track, path) in segment.tracks.iter().zip(files.tracks(segment)) {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(wav::HEADER))?;
            tracks.push((track.role, BufReader::new(file)));
        }
        let mut out = BufWriter::with_capacity(4 * PIECE, File::create(&part)?);
        out.write_all(&wav::header(2, frames))?;
        let mut left = frames;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            out.write_all(&read_piece(&mut tracks, piece)?)?;
            left -= piece as u64;
        }
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&part, &path)?;
        sync_folder(&path)
    };
    compose().with_context(|| path.display().to_string())
}

/// The next frames, as bytes. Several tracks of one role are added.
fn read_piece(tracks: &mut [(Role, BufReader<File>)], frames: usize) -> io::Result<Vec<u8>> {
    let mut mixed = vec![(0_i16, 0_i16); frames];
    let mut bytes = vec![0; 2 * frames];
    for (role, track) in tracks {
        track.read_exact(&mut bytes)?;
        for (frame, sample) in mixed.iter_mut().zip(bytes.as_chunks::<2>().0) {
            let sample = i16::from_le_bytes(*sample);
            match role {
                Role::Customer => frame.0 = frame.0.saturating_add(sample),
                Role::Agent | Role::Outside => frame.1 = frame.1.saturating_add(sample),
            }
        }
    }
    let bytes = |(left, right): (i16, i16)| {
        let ([a, b], [c, d]) = (left.to_le_bytes(), right.to_le_bytes());
        [a, b, c, d]
    };
    Ok(mixed.into_iter().flat_map(bytes).collect())
}

//! What is found out about a sound when its file is closed: its hash, and how loud it is over time.

use super::wav;
use ring::digest::{Context, SHA256};
use serde::Serialize;
use std::io::{self, Read};

/// Columns of the picture of a sound at most.
const COLUMNS: u64 = 2_000;

/// How loud a sound is over its time, for players: a small file beside it.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Peaks {
    milliseconds: u64,
    /// For each channel the largest sample of each column, 0 to 1.
    peaks: Vec<Vec<f32>>,
}

/// The SHA-256 of a WAV file of ours in hexadecimal, and its picture.
pub(super) fn look(mut wav: impl Read, channels: u16, frames: u64) -> io::Result<(String, Peaks)> {
    let mut hash = Context::new(&SHA256);
    let mut header = [0; wav::HEADER as usize];
    wav.read_exact(&mut header)?;
    hash.update(&header);
    let frame = 2 * usize::from(channels.max(1));
    let column = frames.div_ceil(COLUMNS).max(1);
    let mut peaks = vec![vec![]; usize::from(channels.max(1))];
    let mut left = frames;
    let mut bytes = vec![];
    while left > 0 {
        let count = left.min(column);
        bytes.resize(usize::try_from(count).unwrap_or(0) * frame, 0);
        wav.read_exact(&mut bytes)?;
        hash.update(&bytes);
        for (channel, peaks) in peaks.iter_mut().enumerate() {
            let samples = bytes.chunks_exact(frame).filter_map(|frame| {
                let (sample, _) = frame.get(2 * channel..)?.split_first_chunk::<2>()?;
                Some(i16::from_le_bytes(*sample).unsigned_abs())
            });
            let loudest = f32::from(samples.max().unwrap_or(0)) / 32_768.0;
            // Two digits are what can be seen.
            peaks.push((loudest * 100.0).round() / 100.0);
        }
        left -= count;
    }
    let peaks = Peaks {
        milliseconds: wav::milliseconds(frames),
        peaks,
    };
    Ok((hex(hash.finish().as_ref()), peaks))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_row_a_channel_and_is_small() {
        let frames = 16_000_u64;
        let mut file = wav::header(2, frames).to_vec();
        for frame in 0..frames {
            let left: i16 = if frame < 8_000 { 16_384 } else { 0 };
            file.extend(left.to_le_bytes());
            file.extend((-328_i16).to_le_bytes());
        }
        let (hash, picture) = look(file.as_slice(), 2, frames).expect("read");
        let expected = ring::digest::digest(&SHA256, &file);
        assert_eq!(hash, hex(expected.as_ref()));
        assert_eq!(picture.milliseconds, 2_000);
        let [left, right] = picture.peaks.as_slice() else {
            panic!("{picture:?}")
        };
        assert_eq!((left.len(), right.len()), (2_000, 2_000));
        assert_eq!((left[0], left[1_999], right[0]), (0.5, 0.0, 0.01));
        look(&file[..100], 2, frames).expect_err("half a file");
        let empty = wav::header(1, 0);
        let (_, picture) = look(empty.as_slice(), 1, 0).expect("read");
        assert_eq!(picture.peaks, [Vec::<f32>::new()]);
    }
}

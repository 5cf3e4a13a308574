//! The WAV files of recordings: 16-bit PCM, 8 kHz, a header of 44 bytes (R116).

use anyhow::{Context as _, bail};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Samples a second in every file that we write.
pub(super) const RATE: u32 = 8_000;

/// Bytes before the first sample in every file that we write.
pub(super) const HEADER: u64 = 44;

/// Longest file, in frames: its stereo mix (four bytes a frame) stays under the 4 GB that the
/// header's 32 bits can say. 37 hours; what comes later is lost, and the file says so.
pub(super) const MAX_FRAMES: u64 = (u32::MAX as u64 - 65_536) / 4;

/// The header of a file with so many frames, each of so many channels.
pub(super) fn header(channels: u16, frames: u64) -> [u8; HEADER as usize] {
    let frame = 2 * u64::from(channels);
    let data = u32::try_from(frames.saturating_mul(frame)).unwrap_or(u32::MAX - 36);
    let mut header = [0; HEADER as usize];
    let parts: [&[u8]; 13] = [
        b"RIFF",
        &data.saturating_add(36).to_le_bytes(),
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * frame as u32).to_le_bytes(),
        &(frame as u16).to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
        b"",
    ];
    for (place, byte) in header.iter_mut().zip(parts.iter().copied().flatten()) {
        *place = *byte;
    }
    header
}

/// Whole frames in a file of so many bytes, whatever its header says.
pub(super) fn frames(bytes: u64, channels: u16) -> u64 {
    bytes.saturating_sub(HEADER) / (2 * u64::from(channels.max(1)))
}

/// Frames as time.
pub(super) fn milliseconds(frames: u64) -> u64 {
    frames.saturating_mul(1_000) / u64::from(RATE)
}

/// What a WAV file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavReport {
    /// 1 for a leg, 2 for a mix.
    pub channels: u16,
    /// Samples a second.
    pub rate: u32,
    /// Of the sound that is really in the file.
    pub milliseconds: u64,
}

/// Reads the header of a WAV file, ours or another's.
///
/// # Errors
/// A file that cannot be read, or is not a WAV file of PCM sound.
pub fn open_report(path: &Path) -> anyhow::Result<WavReport> {
    let read = || -> anyhow::Result<WavReport> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        if &bytes::<4>(&mut file)? != b"RIFF" {
            bail!("it does not begin with RIFF");
        }
        bytes::<4>(&mut file)?;
        if &bytes::<4>(&mut file)? != b"WAVE" {
            bail!("it is RIFF, but not WAVE");
        }
        let mut format = None;
        loop {
            let name = bytes::<4>(&mut file).context("it has no data chunk")?;
            let size = u32::from_le_bytes(bytes(&mut file)?);
            let at = file.stream_position()?;
            if &name == b"fmt " {
                bytes::<2>(&mut file)?;
                let channels = u16::from_le_bytes(bytes(&mut file)?);
                let rate = u32::from_le_bytes(bytes(&mut file)?);
                bytes::<4>(&mut file)?;
                let frame = u16::from_le_bytes(bytes(&mut file)?);
                format = Some((channels, rate, frame));
            }
            if &name == b"data" {
                let Some((channels, rate, frame @ 1..)) = format else {
                    bail!("its data come before their format");
                };
                let frames = u64::from(size).min(length.saturating_sub(at)) / u64::from(frame);
                let milliseconds = (frames * 1_000)
                    .checked_div(u64::from(rate))
                    .context("its rate is 0")?;
                return Ok(WavReport {
                    channels,
                    rate,
                    milliseconds,
                });
            }
            // Chunks are padded to an even length.
            file.seek(SeekFrom::Start(at + u64::from(size) + u64::from(size % 2)))?;
        }
    };
    read().with_context(|| format!("{} is no readable WAV file", path.display()))
}

fn bytes<const N: usize>(file: &mut File) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use std::fs;

    #[test]
    fn the_header_is_what_another_reader_expects() {
        let folder = Folder::new();
        let path = folder.path().join("a.wav");
        let mut file = header(2, 3).to_vec();
        file.extend([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]);
        fs::write(&path, &file).expect("written");
        let mut reader = hound::WavReader::open(&path).expect("a WAV file");
        let spec = reader.spec();
        assert_eq!(
            (spec.channels, spec.sample_rate, spec.bits_per_sample),
            (2, 8_000, 16)
        );
        let samples: Vec<i16> = reader.samples().map(|s| s.expect("a sample")).collect();
        assert_eq!(samples, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_report_tells_the_sound_that_is_there_and_refuses_what_is_no_wav() {
        let folder = Folder::new();
        let path = folder.path().join("a.wav");
        let mut file = header(1, 80_000).to_vec();
        file.extend(vec![0; 16_000]);
        fs::write(&path, &file).expect("written");
        let report = open_report(&path).expect("a report");
        assert_eq!(
            report,
            WavReport {
                channels: 1,
                rate: 8_000,
                milliseconds: 1_000
            }
        );
        for length in 0..44 {
            fs::write(&path, &file[..length]).expect("written");
            open_report(&path).expect_err("no WAV file");
        }
    }

    #[test]
    fn damaged_headers_are_errors_and_never_a_panic() {
        let folder = Folder::new();
        let path = folder.path().join("a.wav");
        let mut file = header(1, 100).to_vec();
        file.extend([7; 200]);
        for at in 0..44 {
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = file.clone();
                damaged[at] = value;
                fs::write(&path, &damaged).expect("written");
                let _ = open_report(&path);
            }
        }
    }

    #[test]
    fn the_longest_file_and_its_mix_fit_the_header() {
        let data = |channels| {
            let header = header(channels, MAX_FRAMES);
            u32::from_le_bytes(header[40..44].try_into().expect("four bytes"))
        };
        assert_eq!(u64::from(data(2)), MAX_FRAMES * 4);
        assert_eq!(u64::from(data(1)), MAX_FRAMES * 2);
    }
}

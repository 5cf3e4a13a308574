//! What was spoken once, kept as WAV files named by what was asked for; and what was made of sounds.
//!
//! A file appears under its name only when it is complete. The cache may be emptied at any time.

use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::audio::SAMPLE_RATE;

/// Files kept, and their bytes: an hour of speech takes 58 MB. Beyond, those used longest ago are
/// removed.
const MAX_FILES: usize = 5000;
const MAX_BYTES: u64 = 500_000_000;

/// How files end that are kept for others.
const MADE: &str = "bin";

/// The file of a rendering: the SHA-256 of everything that it depends on.
pub(super) fn path(dir: &Path, parts: &[&str]) -> PathBuf {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length in front, so that no two lists of parts read alike.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    dir.join(name + ".wav")
}

/// The samples of a file; `None` if it is absent or not one of ours.
pub(super) fn read(path: &Path) -> Option<Vec<i16>> {
    let mut reader = hound::WavReader::open(path).ok()?;
    if reader.spec() != spec() || reader.duration() == 0 {
        return None;
    }
    let samples = reader.samples::<i16>().collect::<Result<_, _>>().ok()?;
    touch(path);
    Some(samples)
}

/// What others have kept under these parts; `None` if it is absent.
pub(super) fn read_made(dir: &Path, parts: &[&str]) -> Option<Vec<u8>> {
    let path = path(dir, parts).with_extension(MADE);
    let bytes = fs::read(&path).ok()?;
    touch(&path);
    Some(bytes)
}

/// Keeps what others have made; what cannot be kept is made again the next time.
pub(super) fn keep_made(dir: &Path, parts: &[&str], bytes: &[u8]) {
    let path = path(dir, parts).with_extension(MADE);
    if let Err(why) = write(&path, bytes) {
        tracing::warn!(path = %path.display(), %why, "a sound cannot be cached");
    }
}

/// It stays for longer now. Where that cannot be noted, it leaves a little earlier.
fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

/// Writes a file; speech that cannot be kept is spoken again the next time.
pub(super) fn keep(path: &Path, samples: &[i16]) {
    if let Err(why) = wave(samples).and_then(|bytes| write(path, &bytes)) {
        tracing::warn!(path = %path.display(), %why, "speech cannot be cached");
    }
}

/// Samples as a WAV file.
pub(super) fn wave(samples: &[i16]) -> io::Result<Vec<u8>> {
    let mut bytes = io::Cursor::new(vec![]);
    let mut writer = hound::WavWriter::new(&mut bytes, spec()).map_err(io::Error::other)?;
    for &sample in samples {
        writer.write_sample(sample).map_err(io::Error::other)?;
    }
    writer.finalize().map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

/// Writes a file under a temporary name and renames it, so that nobody reads half of one.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(dir)?;
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let done = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        // Whatever is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    done?;
    shorten(dir, MAX_FILES, MAX_BYTES)
}

fn spec() -> hound::WavSpec {
    hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    }
}

/// Removes what was used longest ago, down to so many files and bytes.
fn shorten(dir: &Path, most_files: usize, most_bytes: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(dir)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            let ours = path
                .extension()
                .is_some_and(|end| end == "wav" || end == MADE || end == "tmp");
            let about = entry.metadata().ok()?;
            ours.then_some((about.modified().ok()?, about.len(), path))
        })
        .collect();
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    let mut count = files.len();
    for (_, size, path) in &files {
        if count <= most_files && bytes <= most_bytes {
            break;
        }
        fs::remove_file(path)?;
        count -= 1;
        bytes -= size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn of_too_much_speech_what_was_used_longest_ago_leaves() {
        let dir = std::env::temp_dir().join(format!("cordboard-cache-{}", std::process::id()));
        let paths = ["a", "b", "c"].map(|text| path(&dir, &[text]));
        for (age, path) in [30, 20, 10].into_iter().zip(&paths) {
            keep(path, &[1; 800]);
            let written = SystemTime::now() - Duration::from_secs(age);
            let file = fs::File::options().append(true).open(path);
            file.and_then(|file| file.set_modified(written))
                .expect("aged");
        }
        let there = || [0, 1, 2].map(|n| paths[n].exists());
        assert!(read(&paths[0]).is_some(), "used just now");
        shorten(&dir, 2, u64::MAX).expect("shortened");
        assert_eq!(there(), [true, false, true]);
        shorten(&dir, 2, 3_000).expect("shortened");
        assert_eq!(there(), [true, false, false], "1644 bytes each");
        fs::remove_dir_all(dir).expect("removed");
    }
}

//! What was spoken once, kept as WAV files named by what was asked for.
//!
//! A file appears under its name only when it is complete. The cache may be emptied at any time.

use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::audio::SAMPLE_RATE;

/// Files kept; beyond, those written longest ago are removed.
const MAX_FILES: usize = 2000;

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
    reader.samples::<i16>().collect::<Result<_, _>>().ok()
}

/// Writes a file under a temporary name and renames it, so that nobody reads half of one.
pub(super) fn write(path: &Path, samples: &[i16]) -> io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(dir)?;
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let done = write_wav(&temporary, samples).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        // Whatever is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    done?;
    shorten(dir)
}

fn write_wav(path: &Path, samples: &[i16]) -> io::Result<()> {
    let mut writer = hound::WavWriter::create(path, spec()).map_err(io::Error::other)?;
    for &sample in samples {
        writer.write_sample(sample).map_err(io::Error::other)?;
    }
    writer.finalize().map_err(io::Error::other)
}

fn spec() -> hound::WavSpec {
    hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    }
}

fn shorten(dir: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(dir)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            let ours = path
                .extension()
                .is_some_and(|end| end == "wav" || end == "tmp");
            ours.then_some((entry.metadata().ok()?.modified().ok()?, path))
        })
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(MAX_FILES);
    for (_, path) in files.iter().take(surplus) {
        fs::remove_file(path)?;
    }
    Ok(())
}

//! One leg's pictures while they are written: a file that can be played as far as it goes (`matroska`),
//! encrypted in a `take`, of which its bytes are the samples.
//!
//! Pictures are collected for a fifth of a second and then written as a cluster. What the disk refuses is
//! lost and the file is marked; the next cluster takes its place, so that no hole ends the file for a player.
//! Without a picture there is no file.

use super::matroska::{self, Block, Look};
use super::take;
use super::track::Syncing;
use crate::keys::FileKey;
use crate::media::{Chunk, Picture, VideoCodec};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long pictures may wait for others before they are written, and how many bytes of them.
const COLLECT: Duration = Duration::from_millis(200);
const COLLECT_BYTES: usize = 1 << 20;
/// Milliseconds that a cluster lasts at most.
const CLUSTER: u64 = 30_000;
/// How often the system is asked to bring a file safely to the disk: what a power cut may cost.
const SYNC: Duration = Duration::from_secs(5);
/// A file ends after so many milliseconds: with the sound, at 37 hours.
const LONGEST: u64 = 37 * 3_600_000;

#[derive(Debug)]
pub(super) struct Film {
    /// Empty until the segment has its names.
    path: PathBuf,
    /// There once a picture has come.
    file: Option<File>,
    /// With which it is encrypted, and who does.
    key: Option<FileKey>,
    take: Option<take::Writer>,
    /// What the file has begun with.
    codec: Option<VideoCodec>,
    /// Bytes in it that count.
    end: u64,
    collected: Vec<Block>,
    bytes: usize,
    /// When the oldest of them came.
    since: Option<Instant>,
    /// Pictures were lost on their way.
    gaps: bool,
    ended: bool,
    synced: Instant,
    syncing: Arc<Syncing>,
}

impl Film {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            path: PathBuf::new(),
            file: None,
            key: None,
            take: None,
            codec: None,
            end: 0,
            collected: vec![],
            bytes: 0,
            since: None,
            gaps: false,
            ended: false,
            synced: now,
            syncing: Arc::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn has_gaps(&self) -> bool {
        self.gaps || self.syncing.failed.load(Ordering::Relaxed)
    }

    /// Gives it its name, and the key with which it is encrypted.
    pub(super) fn place(&mut self, path: PathBuf, key: Option<FileKey>) {
        (self.path, self.key) = (path, key);
    }

    /// Takes a chunk. `lost`: something on the way to us was.
    pub(super) fn take(&mut self, now: Instant, chunk: Chunk, lost: bool) -> io::Result<()> {
        self.gaps |= lost;
        match chunk {
            Chunk::Picture {
                at, codec, picture, ..
            } => self.put(now, at / 8, codec, picture),
            Chunk::End { .. } => self.end(),
            Chunk::Samples { .. } => Ok(()),
        }
    }

    fn put(
        &mut self,
        now: Instant,
        at: u64,
        codec: VideoCodec,
        picture: Picture,
    ) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let placed = !self.path.as_os_str().is_empty();
        let other = self.codec.is_some_and(|known| known != codec);
        if !placed || other || at > LONGEST {
            self.gaps = true;
            return Ok(());
        }
        let key = picture.shape.is_some();
        if self.codec.is_none() {
            let Some(shape) = picture.shape else {
                self.gaps = true;
                return Ok(());
            };
            let begun = self.begin(&Look { codec, shape });
            begun.inspect_err(|_| self.gaps = true)?;
            self.codec = Some(codec);
        }
        let first = self.collected.first().map_or(at, |block| block.at);
        if at.saturating_sub(first) >= CLUSTER || self.bytes >= COLLECT_BYTES {
            self.write()?;
        }
        let bytes = picture.bytes;
        self.bytes += bytes.len();
        self.collected.push(Block { at, key, bytes });
        self.since.get_or_insert(now);
        Ok(())
    }

    fn begin(&mut self, look: &Look) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(new_file(&self.path)?),
        };
        if let (Some(key), None) = (&self.key, &self.take) {
            self.take = Some(take::Writer::new(file, key)?);
        }
        let mut begin = matroska::begin(look)?;
        if begin.len() % 2 == 1 {
            begin.extend(matroska::VOID);
        }
        self.append(&begin)
    }

    /// Writes what has waited long enough. True if anything was written.
    pub(super) fn tick(&mut self, now: Instant) -> io::Result<bool> {
        let since = self.since;
        let due = since.is_some_and(|since| now.duration_since(since) >= COLLECT);
        if due {
            self.write()?;
        }
        Ok(due)
    }

    /// A file that should be brought safely to the disk now, by a thread that may wait.
    pub(super) fn sync_due(&mut self, now: Instant) -> Option<(File, Arc<Syncing>)> {
        if now.duration_since(self.synced) < SYNC || self.syncing.asked.load(Ordering::Relaxed) {
            return None;
        }
        let file = self.file.as_ref()?.try_clone().ok()?;
        self.synced = now;
        self.syncing.asked.store(true, Ordering::Relaxed);
        Some((file, Arc::clone(&self.syncing)))
    }

    /// The file ends with what there is.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        let written = self.write();
        let ended = match (&self.file, &mut self.take) {
            (Some(file), Some(take)) => take.end(file, self.end / 2),
            (Some(file), None) => file.set_len(self.end),
            (None, _) => Ok(()),
        };
        ended.inspect_err(|_| self.gaps = true)?;
        written
    }

    /// Somebody has removed the file.
    pub(super) fn is_removed(&self) -> bool {
        let file = self.file.as_ref();
        file.is_some_and(|file| file.metadata().is_ok_and(|found| found.nlink() == 0))
    }

    /// Puts a file that was removed back into its place, with all that was in it.
    pub(super) fn restore(&mut self) -> io::Result<()> {
        if let Some(removed) = self.file.as_mut() {
            let mut file = new_file(&self.path)?;
            let copied = removed.rewind().and_then(|()| io::copy(removed, &mut file));
            copied.inspect_err(|_| drop(std::fs::remove_file(&self.path)))?;
            self.file = Some(file);
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        let blocks = std::mem::take(&mut self.collected);
        (self.bytes, self.since) = (0, None);
        if blocks.is_empty() {
            return Ok(());
        }
        let written = matroska::cluster(&blocks).and_then(|bytes| self.append(&bytes));
        written.inspect_err(|_| self.gaps = true)
    }

    /// Adds an even number of bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        match &mut self.take {
            Some(take) => {
                let words = bytes.as_chunks::<2>().0.iter();
                let words: Vec<i16> = words.map(|word| i16::from_le_bytes(*word)).collect();
                take.write(file, self.end / 2, &words)?;
            }
            None => file.write_all_at(bytes, self.end)?,
        }
        self.end += bytes.len() as u64;
        Ok(())
    }
}

/// A file that was not there before; readable, so that it can be copied.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).open(path)
}

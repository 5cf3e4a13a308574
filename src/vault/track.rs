//! One leg's file while it is written.
//!
//! Samples have absolute positions: what never came is silence, never a shift (R113). They are
//! collected for a fifth of a second, then written together with a fresh header, so that a file is
//! always playable, and a crash costs little. What the disk refuses is lost, the file is marked, and
//! later samples still land where they belong. With a key the file is a `take`.

use super::{take, wav};
use crate::keys::FileKey;
use crate::media::Chunk;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long samples may wait for others before they are written.
const COLLECT: Duration = Duration::from_millis(200);
/// And how many of them.
const COLLECT_SAMPLES: usize = 1_600;
/// A longer gap is not written as zeros: the file gets a hole, which reads as zeros.
const WRITTEN_GAP: u64 = 8_000;
/// How often the system is asked to bring a file safely to the disk: what a power cut may cost.
const SYNC: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Track {
    /// Empty until the segment has its names.
    path: PathBuf,
    /// `None` while it could not be created.
    file: Option<File>,
    /// With which it is encrypted; `None`: it is a WAV file.
    key: Option<FileKey>,
    /// Who encrypts it, from its first byte on.
    take: Option<take::Writer>,
    /// Frames in the file, as its header says.
    frames: u64,
    /// Where the collected samples begin.
    start: u64,
    collected: Vec<i16>,
    /// When the oldest of them came.
    since: Option<Instant>,
    /// Sound was lost on its way.
    gaps: bool,
    ended: bool,
    synced: Instant,
    syncing: Arc<Syncing>,
}

/// What the thread that waits for the disk knows of a file.
#[derive(Debug, Default)]
pub(super) struct Syncing {
    /// A wish is under way: no second one meanwhile.
    pub(super) asked: AtomicBool,
    /// The disk said that it had lost something.
    pub(super) failed: AtomicBool,
}

impl Track {
    /// A track without a file: until it is placed, all sound is lost and the track is marked.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            path: PathBuf::new(),
            file: None,
            key: None,
            take: None,
            frames: 0,
            start: 0,
            collected: vec![],
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

    /// Gives the track its file, with silence for what has gone by.
    /// With a key it is written encrypted.
    pub(super) fn place(&mut self, path: PathBuf, key: Option<FileKey>) -> io::Result<()> {
        self.path = path;
        self.key = key;
        self.create()
    }

    fn create(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let file = self.file.insert(new_file(&self.path)?);
            if self.key.is_none() {
                file.write_all_at(&wav::header(1, self.frames), 0)?;
                file.set_len(wav::HEADER + 2 * self.frames)?;
            }
        }
        if let (Some(key), None, Some(file)) = (&self.key, &self.take, &self.file) {
            self.take = Some(take::Writer::new(file, key)?);
        }
        Ok(())
    }

    /// Somebody has removed the file: what is written to it now is gone when it is closed.
    pub(super) fn is_removed(&self) -> bool {
        let file = self.file.as_ref();
        file.is_some_and(|file| file.metadata().is_ok_and(|found| found.nlink() == 0))
    }

    /// Puts a file that was removed back into its place, with all that was in it.
    pub(super) fn restore(&mut self) -> io::Result<()> {
        if let Some(removed) = self.file.as_mut() {
            let mut file = new_file(&self.path)?;
            let copied = removed.rewind().and_then(|()| io::copy(removed, &mut file));
            // Half a copy would be in the way of the next try.
            copied.inspect_err(|_| drop(std::fs::remove_file(&self.path)))?;
            self.file = Some(file);
        }
        Ok(())
    }

    fn is_placed(&self) -> bool {
        !self.path.as_os_str().is_empty()
    }

    /// Takes a chunk. `lost`: something on the way to us was.
    pub(super) fn take(&mut self, now: Instant, chunk: Chunk, lost: bool) -> io::Result<()> {
        self.gaps |= lost;
        match chunk {
            Chunk::Samples { at, samples, .. } => self.put(now, at, &samples),
            Chunk::End { length, .. } => self.end(Some(length)),
            Chunk::Picture { .. } => Ok(()),
        }
    }

    /// Takes samples that belong at a position.
    pub(super) fn put(&mut self, now: Instant, at: u64, samples: &[i16]) -> io::Result<()> {
        if self.ended || samples.is_empty() {
            return Ok(());
        }
        if !self.is_placed() {
            self.gaps = true;
            return Ok(());
        }
        let room = usize::try_from(wav::MAX_FRAMES.saturating_sub(at)).unwrap_or(usize::MAX);
        if samples.len() > room {
            self.gaps = true;
        }
        let samples = samples.get(..room).unwrap_or(samples);
        if samples.is_empty() {
            return Ok(());
        }
        let next = self.start + self.collected.len() as u64;
        match at.checked_sub(next) {
            // Zeros only where nothing has been written.
            Some(gap) if gap == 0 || gap <= WRITTEN_GAP && next >= self.frames => {
                self.collected
                    .resize(self.collected.len() + gap as usize, 0);
                self.collected.extend_from_slice(samples);
            }
            // Far ahead of what was collected, or before its end (a late piece): what was
            // collected goes to its place, and the new piece begins another collection.
            Some(_) | None => {
                let written = self.write();
                self.start = at;
                self.collected.extend_from_slice(samples);
                written?;
            }
        }
        self.since.get_or_insert(now);
        if self.collected.len() >= COLLECT_SAMPLES {
            return self.write();
        }
        Ok(())
    }

    /// Writes what has waited long enough. True if anything was written.
    pub(super) fn tick(&mut self, now: Instant) -> io::Result<bool> {
        let due = self
            .since
            .is_some_and(|since| now.duration_since(since) >= COLLECT);
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

    /// The file ends, so many samples long; `None`: with what there is.
    pub(super) fn end(&mut self, length: Option<u64>) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        let written = self.write();
        let length = length.unwrap_or(self.frames).min(wav::MAX_FRAMES);
        let ended = match (&self.file, &mut self.take) {
            (Some(file), Some(take)) => take.end(file, length),
            (Some(file), None) if self.key.is_none() => file
                .set_len(wav::HEADER + 2 * length)
                .and_then(|()| file.write_all_at(&wav::header(1, length), 0)),
            (Some(_), None) | (None, _) => {
                self.gaps |= length > 0;
                Ok(())
            }
        };
        ended.inspect_err(|_| self.gaps = true)?;
        self.frames = length;
        written
    }

    /// Writes the collected samples and the header. What cannot be written is lost.
    fn write(&mut self) -> io::Result<()> {
        let end = self.start + self.collected.len() as u64;
        let written = if self.collected.is_empty() {
            Ok(())
        } else {
            self.write_to_file(end)
        };
        self.gaps |= written.is_err();
        self.start = end;
        // Given back: pieces are long enough to be written as they come, and tracks are many.
        self.collected = vec![];
        self.since = None;
        written
    }

    fn write_to_file(&mut self, end: u64) -> io::Result<()> {
        self.create()?;
        let Some(file) = &self.file else {
            return Ok(());
        };
        if let Some(take) = &mut self.take {
            take.write(file, self.start, &self.collected)?;
            self.frames = self.frames.max(end);
            return Ok(());
        }
        let bytes: Vec<u8> = self
            .collected
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect();
        file.write_all_at(&bytes, wav::HEADER + 2 * self.start)?;
        self.frames = self.frames.max(end);
        file.write_all_at(&wav::header(1, self.frames), 0)
    }
}

/// A file that was not there before; readable, so that it can be copied.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Folder, samples};
    use super::*;

    fn placed(now: Instant, path: PathBuf) -> Track {
        let mut track = Track::new(now);
        track.place(path, None).expect("created");
        track
    }

    #[test]
    fn what_never_came_is_silence_and_what_came_late_finds_its_place() {
        let (folder, now) = (Folder::new(), Instant::now());
        let path = folder.path().join("a.wav");
        let mut track = placed(now, path.clone());
        track.put(now, 0, &[1; 3]).expect("written");
        track.put(now, 5, &[2; 2]).expect("written");
        track.put(now, 100_000, &[3; 2]).expect("written");
        track.put(now, 3, &[4; 1]).expect("written");
        track.put(now, 100_001, &[5; 2]).expect("written");
        track.put(now, 4, &[6; 1]).expect("written");
        track.put(now, 100_004, &[6; 1]).expect("written");
        track.end(Some(100_010)).expect("ended");
        let samples = samples(&path);
        assert_eq!(samples[..8], [1, 1, 1, 4, 6, 2, 2, 0]);
        assert_eq!(samples[100_000..], [3, 5, 5, 0, 6, 0, 0, 0, 0, 0]);
        assert!(!track.has_gaps(), "silence is no loss");
    }

    #[test]
    fn a_file_is_playable_while_it_is_written() {
        let (folder, now) = (Folder::new(), Instant::now());
        let path = folder.path().join("a.wav");
        let mut track = placed(now, path.clone());
        track.put(now, 0, &[9; 160]).expect("collected");
        assert!(!track.tick(now + COLLECT / 2).expect("nothing to do"));
        assert!(track.tick(now + COLLECT).expect("written"));
        assert_eq!(samples(&path), [9; 160]);
    }

    #[test]
    fn an_end_cuts_and_fills_to_its_length_and_nothing_comes_after() {
        let (folder, now) = (Folder::new(), Instant::now());
        for (length, expected) in [(2, vec![7, 7]), (5, vec![7, 7, 7, 7, 0])] {
            let path = folder.path().join(format!("{length}.wav"));
            let mut track = placed(now, path.clone());
            track.put(now, 0, &[7; 4]).expect("collected");
            track.end(Some(length)).expect("ended");
            track.put(now, 0, &[8; 4]).expect("ignored");
            track.end(Some(100)).expect("ignored");
            assert_eq!(samples(&path), expected);
        }
    }

    #[test]
    fn a_full_disk_marks_the_file_and_costs_only_what_it_refused() {
        let (folder, now) = (Folder::new(), Instant::now());
        let path = folder.path().join("a.wav");
        let mut track = placed(now, path.clone());
        track.file = Some(
            OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("Linux"),
        );
        track.put(now, 0, &[1; 100]).expect("collected");
        track.tick(now + COLLECT).expect_err("the disk is full");
        assert!(track.has_gaps());
        track.file = None;
        std::fs::remove_file(&path).expect("removed");
        track.put(now + COLLECT, 100, &[2; 100]).expect("collected");
        track.end(Some(200)).expect("there is room again");
        assert_eq!(samples(&path), [[0; 100], [2; 100]].concat());
    }

    #[test]
    fn a_track_without_names_yet_is_silence_and_says_so() {
        let (folder, now) = (Folder::new(), Instant::now());
        let path = folder.path().join("a.wav");
        let mut track = Track::new(now);
        track.put(now, 0, &[1; 4]).expect("dropped");
        track.end(Some(4)).expect("noted");
        track.place(path.clone(), None).expect("created");
        assert_eq!((samples(&path), track.has_gaps()), (vec![0; 4], true));
    }

    #[test]
    fn a_file_ends_where_its_header_cannot_say_more() {
        let (folder, now) = (Folder::new(), Instant::now());
        let mut track = placed(now, folder.path().join("a.wav"));
        for at in [wav::MAX_FRAMES - 2, wav::MAX_FRAMES, u64::MAX] {
            track.put(now, at, &[1; 4]).expect("written");
        }
        track.end(None).expect("ended");
        assert_eq!(track.frames, wav::MAX_FRAMES);
        assert!(track.has_gaps());
    }
}

//! Who writes: segments and their chunks in, files out. A value; its thread is in `mod.rs`.
//!
//! Segments come from the switch and chunks from the media workers, each in their own order:
//! chunks that are earlier than their segment wait for it, bounded in number and time.

use super::film::Film;
use super::finish;
use super::health::Health;
use super::journal::{Files, Journal};
use super::track::{Syncing, Track};
use super::{Order, lock};
use crate::call::record::Segment;
use crate::id::RecordingId;
use crate::keys::{FileKey, Keys, Wrapped};
use crate::media::Chunk;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::iter::repeat;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long chunks wait for their segment.
const EARLY: Duration = Duration::from_secs(10);
/// How many of them wait, of all recordings together; later ones are dropped.
const EARLY_CHUNKS: usize = 8_192;
/// How often it is looked whether the files are still there.
const LOOK: Duration = Duration::from_secs(1);
/// What is written to see whether the disk takes something again.
static PROBE: [u8; 65_536] = [0; 65_536];
/// How often a segment that could not be opened is tried again.
const REOPEN: Duration = Duration::from_secs(1);

/// Work that waits for the disk, for the other thread.
#[derive(Debug)]
pub(super) enum Job {
    /// The tracks of a segment are written; make a recording of them.
    Finish(Files, Box<Journal>),
    /// Bring a file safely to the disk.
    Sync(PathBuf, File, Arc<Syncing>),
    Stop,
}

pub(super) struct Writer {
    root: PathBuf,
    /// With which new recordings are encrypted; `None`: they are not.
    keys: Option<Arc<Keys>>,
    /// Open segments, in the order in which they began.
    open: BTreeMap<u64, Open>,
    next: u64,
    /// Where a recording's track is, or its film behind the tracks: segment, index.
    places: BTreeMap<RecordingId, (u64, usize)>,
    early: BTreeMap<RecordingId, Early>,
    early_chunks: usize,
    /// Recordings of which the senders dropped chunks.
    lost: Arc<Mutex<BTreeSet<RecordingId>>>,
    health: Arc<Mutex<Health>>,
}

struct Open {
    /// What the segment is, and the keys of its tracks, wrapped.
    journal: Journal,
    /// Those keys; none: not encrypted.
    keys: Vec<FileKey>,
    /// `None` while the folder or the journal cannot be written.
    files: Option<Files>,
    /// When to try that again.
    retry: Instant,
    /// When to look whether the files are still there.
    look: Instant,
    tracks: Vec<Track>,
    films: Vec<Film>,
}

struct Early {
    since: Instant,
    chunks: Vec<Chunk>,
}

impl Writer {
    pub(super) fn new(
        root: PathBuf,
        keys: Option<Arc<Keys>>,
        lost: Arc<Mutex<BTreeSet<RecordingId>>>,
        health: Arc<Mutex<Health>>,
    ) -> Self {
        Self {
            root,
            keys,
            open: BTreeMap::new(),
            next: 0,
            places: BTreeMap::new(),
            early: BTreeMap::new(),
            early_chunks: 0,
            lost,
            health,
        }
    }

    pub(super) fn handle(&mut self, now: Instant, order: Order, jobs: &mut Vec<Job>) {
        match order {
            Order::Begin(segment) => self.begin(now, *segment, jobs),
            Order::Chunk(chunk) => self.chunk(now, chunk, jobs),
            Order::Stop => self.stop(now, jobs),
        }
    }

    /// Writes what is due. To be called ten times a second.
    pub(super) fn tick(&mut self, now: Instant, jobs: &mut Vec<Job>) {
        for open in self.open.values_mut() {
            if open.files.is_none() && now >= open.retry {
                open.create(now, &self.root, &self.health);
            }
            if now >= open.look {
                open.restore(now, &self.root, &self.health);
            }
            for track in &mut open.tracks {
                match track.tick(now) {
                    Ok(true) => lock(&self.health).written(now),
                    Ok(false) => {}
                    Err(error) => lock(&self.health).failed(now, track.path(), &error),
                }
                if let Some((file, syncing)) = track.sync_due(now) {
                    jobs.push(Job::Sync(track.path().to_owned(), file, syncing));
                }
            }
            for film in &mut open.films {
                match film.tick(now) {
                    Ok(true) => lock(&self.health).written(now),
                    Ok(false) => {}
                    Err(error) => lock(&self.health).failed(now, film.path(), &error),
                }
                if let Some((file, syncing)) = film.sync_due(now) {
                    jobs.push(Job::Sync(film.path().to_owned(), file, syncing));
                }
            }
        }
        self.forget_early(now);
        self.probe(now);
    }

    /// After trouble, where nothing else is written, sees whether the disk takes something again.
    fn probe(&self, now: Instant) {
        if !lock(&self.health).is_probe_due(now) {
            return;
        }
        let path = self.root.join(".probe");
        let written =
            fs::create_dir_all(&self.root).and_then(|()| fs::write(&path, PROBE.as_slice()));
        let written = written.and_then(|()| fs::remove_file(&path));
        match written {
            Ok(()) => lock(&self.health).written(now),
            Err(error) => {
                drop(fs::remove_file(&path));
                lock(&self.health).failed(now, &self.root, &error);
            }
        }
    }

    fn begin(&mut self, now: Instant, segment: Segment, jobs: &mut Vec<Job>) {
        let key = self.next;
        self.next += 1;
        let files = segment.tracks.iter().chain(&segment.films);
        let recordings: Vec<_> = files.map(|track| track.recording).collect();
        let tracks = segment.tracks.iter().map(|_| Track::new(now)).collect();
        let films = segment.films.iter().map(|_| Film::new(now)).collect();
        let (keys, wrapped) = self.new_keys(now, recordings.len());
        let mut open = Open {
            journal: Journal::new(segment, wrapped),
            keys,
            files: None,
            retry: now,
            look: now + LOOK,
            tracks,
            films,
        };
        open.create(now, &self.root, &self.health);
        self.open.insert(key, open);
        for (index, recording) in recordings.iter().enumerate() {
            self.places.insert(*recording, (key, index));
        }
        for recording in recordings {
            if let Some(early) = self.early.remove(&recording) {
                self.early_chunks -= early.chunks.len();
                for chunk in early.chunks {
                    self.chunk(now, chunk, jobs);
                }
            }
        }
    }

    /// A key for each track, and what is kept of it. Without randomness nothing is encrypted, and that
    /// is trouble.
    fn new_keys(&self, now: Instant, count: usize) -> (Vec<FileKey>, Vec<Wrapped>) {
        let Some(keys) = &self.keys else {
            return (vec![], vec![]);
        };
        let make = |_| {
            let key = FileKey::new()?;
            let wrapped = keys.wrap(&key)?;
            Ok((key, wrapped))
        };
        let made: anyhow::Result<Vec<(FileKey, Wrapped)>> = (0..count).map(make).collect();
        match made {
            Ok(made) => made.into_iter().unzip(),
            Err(error) => {
                lock(&self.health).failed(now, &self.root, &format!("{error:#}"));
                (vec![], vec![])
            }
        }
    }

    fn chunk(&mut self, now: Instant, chunk: Chunk, jobs: &mut Vec<Job>) {
        let recording = match &chunk {
            Chunk::Samples { recording, .. }
            | Chunk::Picture { recording, .. }
            | Chunk::End { recording, .. } => *recording,
        };
        let Some(&(key, index)) = self.places.get(&recording) else {
            return self.keep_early(now, recording, chunk);
        };
        let Some(open) = self.open.get_mut(&key) else {
            return;
        };
        let lost = matches!(chunk, Chunk::End { .. }) && lock(&self.lost).remove(&recording);
        let film = index.checked_sub(open.tracks.len());
        if let Some(film) = film.and_then(|nth| open.films.get_mut(nth)) {
            if let Err(error) = film.take(now, chunk, lost) {
                lock(&self.health).failed(now, film.path(), &error);
            }
        } else if let Some(track) = open.tracks.get_mut(index)
            && let Err(error) = track.take(now, chunk, lost)
        {
            lock(&self.health).failed(now, track.path(), &error);
        }
        if open.has_ended() {
            self.finish(now, key, true, jobs);
        }
    }
    /// Hands a segment over to be finished; nothing more comes for it.
    fn finish(&mut self, now: Instant, key: u64, ended: bool, jobs: &mut Vec<Job>) {
        let Some(mut open) = self.open.remove(&key) else {
            return;
        };
        self.places.retain(|_, place| place.0 != key);
        if open.files.is_none() {
            open.create(now, &self.root, &self.health);
        }
        // What has ended stays as it is; the others end with what there is.
        for track in &mut open.tracks {
            if let Err(error) = track.end(None) {
                lock(&self.health).failed(now, track.path(), &error);
            }
        }
        for film in &mut open.films {
            if let Err(error) = film.end() {
                lock(&self.health).failed(now, film.path(), &error);
            }
        }
        open.restore(now, &self.root, &self.health);
        let mut journal = open.journal;
        journal.ended = ended;
        journal.gaps = open.tracks.iter().map(Track::has_gaps).collect();
        journal.film_gaps = open.films.iter().map(Film::has_gaps).collect();
        match open.files {
            Some(files) => jobs.push(Job::Finish(files, Box::new(journal))),
            None => {
                tracing::error!(call = %journal.segment.call, "a recording is lost: the disk took none of it")
            }
        }
    }

    /// Ends everything that is open; what has not ended is said to be interrupted.
    fn stop(&mut self, now: Instant, jobs: &mut Vec<Job>) {
        let keys: Vec<_> = self.open.keys().copied().collect();
        for key in keys {
            self.finish(now, key, false, jobs);
        }
    }

    fn keep_early(&mut self, now: Instant, recording: RecordingId, chunk: Chunk) {
        let is_end = matches!(chunk, Chunk::End { .. });
        if self.early_chunks >= EARLY_CHUNKS && !is_end {
            lock(&self.lost).insert(recording);
            return;
        }
        self.early_chunks += 1;
        let early = Early {
            since: now,
            chunks: vec![],
        };
        self.early
            .entry(recording)
            .or_insert(early)
            .chunks
            .push(chunk);
    }

    fn forget_early(&mut self, now: Instant) {
        let (early_chunks, lost) = (&mut self.early_chunks, &self.lost);
        self.early.retain(|recording, early| {
            let wait = now.duration_since(early.since) < EARLY;
            if !wait {
                tracing::warn!(%recording, "sound came for a recording that nobody began");
                *early_chunks -= early.chunks.len();
                lock(lost).remove(recording);
            }
            wait
        });
    }
}

impl Open {
    /// Nothing more comes for it.
    fn has_ended(&self) -> bool {
        let films = self.films.iter().all(Film::has_ended);
        films && self.tracks.iter().all(Track::has_ended)
    }

    /// Chooses names, writes the journal and creates the tracks; says what was in the way.
    fn create(&mut self, now: Instant, root: &Path, health: &Mutex<Health>) {
        self.retry = now + REOPEN;
        let create = || -> anyhow::Result<Files> {
            let files = Files::free(root, &self.journal.segment)?;
            let written = self.journal.write(&files);
            // Half a journal would keep its name from the next try.
            written.inspect_err(|_| drop(finish::sweep(&files, &self.journal.segment)))?;
            Ok(files)
        };
        match create() {
            Ok(files) => {
                let paths = match self.journal.is_encrypted() {
                    true => files.takes(&self.journal.segment),
                    false => files.tracks(&self.journal.segment),
                };
                let keys = self.keys.iter().cloned().map(Some).chain(repeat(None));
                let mut keys = keys;
                for ((track, path), key) in self.tracks.iter_mut().zip(paths).zip(&mut keys) {
                    if let Err(error) = track.place(path, key) {
                        lock(health).failed(now, track.path(), &error);
                    }
                }
                let rolls = files.rolls(&self.journal.segment);
                for ((film, path), key) in self.films.iter_mut().zip(rolls).zip(keys) {
                    film.place(path, key);
                }
                self.files = Some(files);
            }
            Err(error) => lock(health).failed(now, root, &format!("{error:#}")),
        }
    }

    /// Puts back what somebody removed; says so.
    fn restore(&mut self, now: Instant, root: &Path, health: &Mutex<Health>) {
        self.look = now + LOOK;
        let Some(files) = &self.files else { return };
        let mut removed: Vec<_> = (self.tracks.iter_mut())
            .filter(|track| track.is_removed())
            .collect();
        let mut films: Vec<_> = (self.films.iter_mut())
            .filter(|film| film.is_removed())
            .collect();
        let paths = removed.iter().map(|track| track.path());
        let path = paths.chain(films.iter().map(|film| film.path())).next();
        let Some(path) = path else { return };
        lock(health).failed(now, path, &"somebody removed the file");
        let restored = files.restore(root, &self.journal).and_then(|()| {
            removed.iter_mut().try_for_each(|track| track.restore())?;
            Ok(films.iter_mut().try_for_each(|film| film.restore())?)
        });
        if let Err(error) = restored {
            lock(health).failed(now, root, &format!("{error:#}"));
        }
    }
}

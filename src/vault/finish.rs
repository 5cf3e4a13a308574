//! From the files of a segment to its recording: equal lengths, the mix, and what each file is.
//!
//! ```text
//!   tracks on disk ─▶ equal lengths ─▶ journal: ended ─▶ mix ─▶ descriptions
//!                  ─▶ unified only: tracks removed ─▶ kept in the records ─▶ journal removed
//! ```
//!
//! Encrypted, tracks are takes, and stay until the journal has gone:
//!
//! ```text
//!   takes on disk ─▶ mix and legs, each with a key of its own ─▶ descriptions, with the keys wrapped
//!                 ─▶ kept in the records ─▶ journal removed ─▶ takes removed
//! ```
//!
//! Each step is safe on the disk before the next, and can be done again: whoever is interrupted,
//! here or in a repair, begins anew and comes to the same end.

use super::develop::develop;
use super::journal::{Files, Journal, partial, remove, sync_folder, write_whole};
use super::make::Plan;
use super::{mix, name, take, wav};
use crate::call::record::{AgentName, Content, Direction, File, Recorded, Segment};
use crate::keys::{FileKey, Keys, Wrapped};
use crate::settings::Composition;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Finishes a segment whose tracks are written no more.
pub(super) fn finish(
    files: &Files,
    journal: &Journal,
    keys: Option<&Keys>,
) -> anyhow::Result<Recorded> {
    let mut recorded = match (journal.is_encrypted(), keys) {
        (false, _) => finish_plain(files, journal)?,
        (true, Some(keys)) => finish_encrypted(files, journal, keys)?,
        (true, None) => {
            anyhow::bail!("it is encrypted, and no master key is set: recording_keys in [server]")
        }
    };
    let lengths = recorded.files.iter().map(|file| file.milliseconds);
    let milliseconds = lengths.max().unwrap_or(0);
    let keys = keys.filter(|_| journal.is_encrypted());
    let pictures = develop(files, journal, keys, milliseconds)?;
    if !pictures.is_empty() {
        recorded.files.extend(pictures);
        sync_folder(&files.journal())?;
    }
    Ok(recorded)
}

fn finish_plain(files: &Files, journal: &Journal) -> anyhow::Result<Recorded> {
    let mut journal = journal.clone();
    // In a repair, `ended` tells how the writing stopped; here, that it has.
    let interrupted = !journal.ended;
    let segment = journal.segment.clone();
    let frames = match existing_mix(files, &segment) {
        Some(frames) => frames,
        None => equalise(files, &mut journal)?,
    };
    let done = Done {
        files,
        segment: &segment,
        frames,
        gaps: &journal.gaps,
        interrupted,
        keys: None,
    };
    let mut recorded = nothing(&segment);
    if segment.composition != Composition::Legs {
        let stereo = files.sound("");
        // Of nothing that was said there is a mix, too: a file without samples.
        if length(&stereo) != wav::HEADER + 4 * frames {
            let make = || {
                let mut tracks = vec![];
                for (track, path) in segment.tracks.iter().zip(files.tracks(&segment)) {
                    let mut file = BufReader::new(fs::File::open(path)?);
                    file.seek(SeekFrom::Start(wav::HEADER))?;
                    tracks.push((track.role, Box::new(file) as Box<dyn Read>));
                }
                let plan = done.plan(&stereo, Content::Stereo, None);
                plan.make(|to| mix::mix(&mut tracks, frames, to))
            };
            make().with_context(|| stereo.display().to_string())?;
        }
        recorded
            .files
            .push(done.describe("", Content::Stereo, None)?);
    }
    for (track, marker) in segment.tracks.iter().zip(name::markers(&segment.tracks)) {
        if segment.composition == Composition::Unified {
            remove(&files.sound(&marker))?;
        } else {
            let content = Content::Leg(track.role);
            recorded.files.push(done.describe(&marker, content, None)?);
        }
    }
    sync_folder(&files.journal())?;
    Ok(recorded)
}

/// From takes alone: so it can be done again to the same sound, with other keys.
fn finish_encrypted(files: &Files, journal: &Journal, keys: &Keys) -> anyhow::Result<Recorded> {
    let segment = &journal.segment;
    let mut gaps = journal.gaps.clone();
    gaps.resize(segment.tracks.len(), false);
    let mut own = vec![];
    for wrapped in &journal.keys {
        own.push(keys.unwrap(wrapped)?);
    }
    let paths = files.takes(segment);
    let take = |index: usize| -> anyhow::Result<Option<take::Reader>> {
        let (Some(path), Some(key)) = (paths.get(index), own.get(index)) else {
            return Ok(None);
        };
        match fs::File::open(path) {
            Ok(file) => Ok(Some(
                take::Reader::new(file, key).with_context(|| path.display().to_string())?,
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    };
    let mut frames = 0;
    for (index, gaps) in gaps.iter_mut().enumerate() {
        match take(index)? {
            Some(take) => frames = frames.max(take.frames()),
            // A track that could never be created is silence, and says so.
            None => *gaps = true,
        }
    }
    let frames = frames.min(wav::MAX_FRAMES);
    let voice = |index: usize| -> anyhow::Result<Box<dyn Read>> {
        Ok(match take(index)? {
            Some(take) => Box::new(take.fit(frames)),
            None => Box::new(io::repeat(0)),
        })
    };
    let done = Done {
        files,
        segment,
        frames,
        gaps: &gaps,
        interrupted: !journal.ended,
        keys: Some(keys),
    };
    let mut recorded = nothing(segment);
    if segment.composition != Composition::Legs {
        let mut tracks = vec![];
        for (index, track) in segment.tracks.iter().enumerate() {
            tracks.push((track.role, voice(index)?));
        }
        let (key, path) = (FileKey::new()?, files.sealed(""));
        let plan = done.plan(&path, Content::Stereo, Some(&key));
        let made = plan.make(|to| mix::mix(&mut tracks, frames, to));
        made.with_context(|| path.display().to_string())?;
        recorded
            .files
            .push(done.describe("", Content::Stereo, Some(&key))?);
    }
    if segment.composition != Composition::Unified {
        let markers = name::markers(&segment.tracks);
        for (index, (track, marker)) in segment.tracks.iter().zip(markers).enumerate() {
            let content = Content::Leg(track.role);
            let (key, path) = (FileKey::new()?, files.sealed(&marker));
            let voice = voice(index)?;
            let plan = done.plan(&path, content, Some(&key));
            let made = plan.make(|to| io::copy(&mut voice.take(2 * frames), to).map(drop));
            made.with_context(|| path.display().to_string())?;
            recorded
                .files
                .push(done.describe(&marker, content, Some(&key))?);
        }
    }
    sync_folder(&files.journal())?;
    Ok(recorded)
}

fn nothing(segment: &Segment) -> Recorded {
    Recorded {
        call: segment.call,
        number: segment.number,
        talk: Some(segment.talk()),
        files: vec![],
    }
}

/// A recording that is in the records needs its journal no more.
pub(super) fn settle(files: &Files, segment: &Segment) -> anyhow::Result<()> {
    remove(&files.journal())?;
    sync_folder(&files.journal())?;
    // Last: without them an encrypted segment cannot be finished once more.
    for written in files.takes(segment).into_iter().chain(files.rolls(segment)) {
        remove(&written)?;
    }
    Ok(())
}

/// The length of a mix that is complete already: its tracks may be gone by now.
fn existing_mix(files: &Files, segment: &Segment) -> Option<u64> {
    let tracks = files.tracks(segment);
    let gone = tracks.iter().any(|track| !track.exists());
    let bytes = length(&files.sound(""));
    (segment.composition == Composition::Unified && gone && bytes > 0)
        .then(|| wav::frames(bytes, 2))
}

/// Gives all tracks the length of the longest, with whole samples and true headers.
fn equalise(files: &Files, journal: &mut Journal) -> anyhow::Result<u64> {
    let tracks = files.tracks(&journal.segment);
    let longest = tracks.iter().map(|path| wav::frames(length(path), 1)).max();
    let longest = longest.unwrap_or(0).min(wav::MAX_FRAMES);
    journal.gaps.resize(tracks.len(), false);
    for (path, gaps) in tracks.iter().zip(&mut journal.gaps) {
        // A track that could never be created is silence, and says so.
        *gaps |= !path.exists();
        let equalise = || {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            // Half a sample at the end of a torn file would be heard as one.
            file.set_len(wav::HEADER + 2 * wav::frames(length(path), 1))?;
            file.set_len(wav::HEADER + 2 * longest)?;
            file.write_all_at(&wav::header(1, longest), 0)?;
            file.sync_all()
        };
        equalise().with_context(|| path.display().to_string())?;
    }
    if journal.ended {
        // From here on a crash costs nothing: the next start need not say "interrupted".
        journal.write(files)?;
    }
    Ok(longest)
}

/// What is known when the sound is complete.
struct Done<'a> {
    files: &'a Files,
    segment: &'a Segment,
    frames: u64,
    gaps: &'a [bool],
    interrupted: bool,
    keys: Option<&'a Keys>,
}

impl Done<'_> {
    fn plan<'p>(&self, path: &'p Path, content: Content, key: Option<&'p FileKey>) -> Plan<'p> {
        Plan {
            path,
            channels: channels(content),
            frames: self.frames,
            key,
        }
    }

    /// Writes what a file is beside it (R100, D10), and returns it for the record.
    fn describe(
        &self,
        marker: &str,
        content: Content,
        key: Option<&FileKey>,
    ) -> anyhow::Result<File> {
        let segment = self.segment;
        let of_content = |role| match content {
            Content::Leg(leg) => leg == role,
            Content::Stereo => true,
            Content::Video(_) => false,
        };
        let mine: Vec<_> = (segment.tracks.iter().zip(self.gaps.iter()))
            .filter(|(track, _)| of_content(track.role))
            .collect();
        let gaps = mine.iter().any(|(_, gaps)| **gaps);
        let milliseconds = wav::milliseconds(self.frames);
        let sound = match key {
            Some(_) => self.files.sealed(marker),
            None => self.files.sound(marker),
        };
        let plan = self.plan(&sound, content, key);
        let sha256 = plan
            .look(&sound, &self.files.picture(marker))
            .with_context(|| sound.display().to_string())?;
        let wrapped = self.keys.zip(key).map(|(keys, key)| keys.wrap(key));
        let wrapped = wrapped.transpose()?;
        let description = Description {
            call_ids: mine
                .iter()
                .map(|(track, _)| track.sip_call_id.as_str())
                .collect(),
            channels: Some(channels(content)),
            sample_rate: Some(wav::RATE),
            gaps,
            interrupted: self.interrupted,
            sha256: &sha256,
            keys: wrapped.as_slice(),
            ..Description::new(segment, name::content(content), milliseconds)?
        };
        write_description(&self.files.description(marker), &description)?;
        Ok(File {
            path: self.files.relative_sound(marker),
            content,
            milliseconds,
            bytes: wav::HEADER + self.frames * 2 * u64::from(channels(content)),
            gaps,
            interrupted: self.interrupted,
            sha256: Some(sha256),
            encrypted: key.is_some(),
        })
    }
}

fn channels(content: Content) -> u16 {
    match content {
        Content::Leg(_) => 1,
        Content::Stereo => 2,
        Content::Video(_) => 0,
    }
}

pub(super) fn write_description(path: &Path, description: &Description<'_>) -> anyhow::Result<()> {
    let text = serde_json::to_vec_pretty(description)?;
    write_whole(path, &text).with_context(|| path.display().to_string())
}

impl<'a> Description<'a> {
    /// What is so for each file of a segment.
    pub(super) fn new(
        segment: &'a Segment,
        content: &'static str,
        milliseconds: u64,
    ) -> anyhow::Result<Self> {
        let lasted = SignedDuration::from_millis(i64::try_from(milliseconds)?);
        Ok(Self {
            conversation_id: segment.call.to_string(),
            segment: segment.number,
            call_ids: vec![],
            account: &segment.account,
            customer: &segment.customer,
            called: &segment.called,
            queue: segment.queue.as_deref(),
            direction: segment.direction,
            consented: segment.consented,
            agent: &segment.agent,
            content,
            start: segment.began,
            end: segment.began.checked_add(lasted)?,
            milliseconds,
            channels: None,
            sample_rate: None,
            pictures: None,
            gaps: false,
            interrupted: false,
            sha256: "",
            keys: &[],
        })
    }
}

/// What pictures are.
#[derive(Debug, Serialize)]
pub(super) struct Pictures {
    /// `webm` or `mkv`.
    pub(super) container: &'static str,
    pub(super) codec: &'static str,
    /// Of the first: later ones may be larger.
    pub(super) width: u16,
    pub(super) height: u16,
}

/// The JSON beside a file.
#[derive(Debug, Serialize)]
pub(super) struct Description<'a> {
    conversation_id: String,
    segment: u32,
    /// The SIP Call-IDs of the legs heard or seen in the file.
    pub(super) call_ids: Vec<&'a str>,
    account: &'a str,
    customer: &'a str,
    called: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    direction: Direction,
    /// When the customer was told that it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    consented: Option<Timestamp>,
    agent: &'a AgentName,
    content: &'static str,
    start: Timestamp,
    end: Timestamp,
    milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_rate: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pictures: Option<Pictures>,
    pub(super) gaps: bool,
    pub(super) interrupted: bool,
    pub(super) sha256: &'a str,
    /// The key of the file, wrapped, where it is encrypted.
    #[serde(skip_serializing_if = "<[Wrapped]>::is_empty")]
    pub(super) keys: &'a [Wrapped],
}

/// Bytes of a file; 0 if there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// Removes what an interrupted step may have left beside a segment that is finished.
pub(super) fn sweep(files: &Files, segment: &Segment) -> anyhow::Result<()> {
    let mut markers = name::markers(&segment.tracks);
    markers.push(String::new());
    for marker in markers {
        remove(&partial(&files.sound(&marker)))?;
        remove(&partial(&files.sealed(&marker)))?;
        remove(&partial(&files.description(&marker)))?;
        remove(&partial(&files.picture(&marker)))?;
    }
    for marker in name::film_markers(&segment.films) {
        for ending in [".webm", ".mkv"] {
            remove(&partial(&files.pictures(&marker, ending, false)))?;
            remove(&partial(&files.pictures(&marker, ending, true)))?;
        }
        remove(&partial(&files.description(&marker)))?;
    }
    remove(&partial(&files.journal()))?;
    Ok(())
}

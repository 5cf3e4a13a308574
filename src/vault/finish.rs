//! From the files of a segment to its recording: equal lengths, the mix, and what each file is.
//!
//! ```text
//!   tracks on disk ─▶ equal lengths ─▶ journal: ended ─▶ mix ─▶ descriptions
//!                  ─▶ unified only: tracks removed ─▶ kept in the records ─▶ journal removed
//! ```
//!
//! Each step is safe on the disk before the next, and can be done again: whoever is interrupted,
//! here or in a repair, begins anew and comes to the same end.

use super::journal::{Files, Journal, partial, remove, sync_folder, write_whole};
use super::{mix, name, peaks, wav};
use crate::call::record::{AgentName, Content, File, Recorded, Segment};
use crate::settings::Composition;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::BufReader;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Finishes a segment whose tracks are written no more.
pub(super) fn finish(files: &Files, journal: &Journal) -> anyhow::Result<Recorded> {
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
    };
    let keep_tracks = segment.composition != Composition::Unified;
    let mut recorded = Recorded {
        call: segment.call,
        number: segment.number,
        talk: Some(segment.talk()),
        files: vec![],
    };
    if segment.composition != Composition::Legs {
        let stereo = files.sound("");
        if wav::frames(length(&stereo), 2) != frames {
            mix::compose(files, &segment, frames)?;
        }
        recorded.files.push(done.describe("", Content::Stereo)?);
    }
    for (track, marker) in segment.tracks.iter().zip(name::markers(&segment.tracks)) {
        if keep_tracks {
            recorded
                .files
                .push(done.describe(&marker, Content::Leg(track.role))?);
        } else {
            remove(&files.sound(&marker))?;
        }
    }
    sync_folder(&files.journal())?;
    Ok(recorded)
}

/// A recording that is in the records needs its journal no more.
pub(super) fn settle(files: &Files) -> anyhow::Result<()> {
    remove(&files.journal())?;
    Ok(sync_folder(&files.journal())?)
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
}

impl Done<'_> {
    /// Writes what a file is beside it (R100, D10), and returns it for the record.
    fn describe(&self, marker: &str, content: Content) -> anyhow::Result<File> {
        let segment = self.segment;
        let of_content = |role| match content {
            Content::Leg(leg) => leg == role,
            Content::Stereo => true,
        };
        let mine: Vec<_> = (segment.tracks.iter().zip(self.gaps.iter()))
            .filter(|(track, _)| of_content(track.role))
            .collect();
        let gaps = mine.iter().any(|(_, gaps)| **gaps);
        let milliseconds = wav::milliseconds(self.frames);
        let lasted = SignedDuration::from_millis(i64::try_from(milliseconds)?);
        let sha256 = self.look(marker, content)?;
        let description = Description {
            conversation_id: segment.call.to_string(),
            segment: segment.number,
            call_ids: mine
                .iter()
                .map(|(track, _)| track.sip_call_id.as_str())
                .collect(),
            account: &segment.account,
            customer: &segment.customer,
            called: &segment.called,
            agent: &segment.agent,
            content: match content {
                Content::Leg(role) => name::role(role),
                Content::Stereo => "stereo",
            },
            start: segment.began,
            end: segment.began.checked_add(lasted)?,
            milliseconds,
            channels: channels(content),
            sample_rate: wav::RATE,
            gaps,
            interrupted: self.interrupted,
            sha256: &sha256,
        };
        let path = self.files.description(marker);
        write_whole(&path, &serde_json::to_vec_pretty(&description)?)
            .with_context(|| path.display().to_string())?;
        Ok(File {
            path: self.files.relative_sound(marker),
            content,
            milliseconds,
            bytes: length(&self.files.sound(marker)),
            gaps,
            interrupted: self.interrupted,
            sha256: Some(sha256),
            encrypted: false,
        })
    }

    /// Reads a sound once more: gives its hash, and leaves its picture beside it.
    fn look(&self, marker: &str, content: Content) -> anyhow::Result<String> {
        let path = self.files.sound(marker);
        let look = || -> anyhow::Result<String> {
            let file = BufReader::with_capacity(1 << 16, fs::File::open(&path)?);
            let (sha256, peaks) = peaks::look(file, channels(content), self.frames)?;
            write_whole(&self.files.picture(marker), &serde_json::to_vec(&peaks)?)?;
            Ok(sha256)
        };
        look().with_context(|| path.display().to_string())
    }
}

fn channels(content: Content) -> u16 {
    match content {
        Content::Leg(_) => 1,
        Content::Stereo => 2,
    }
}

/// The JSON beside a file.
#[derive(Debug, Serialize)]
struct Description<'a> {
    conversation_id: String,
    segment: u32,
    /// The SIP Call-IDs of the legs heard in the file.
    call_ids: Vec<&'a str>,
    account: &'a str,
    customer: &'a str,
    called: &'a str,
    agent: &'a AgentName,
    content: &'static str,
    start: Timestamp,
    end: Timestamp,
    milliseconds: u64,
    channels: u16,
    sample_rate: u32,
    gaps: bool,
    interrupted: bool,
    sha256: &'a str,
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
        remove(&partial(&files.description(&marker)))?;
        remove(&partial(&files.picture(&marker)))?;
    }
    remove(&partial(&files.journal()))?;
    Ok(())
}

//! What lies in the folder, by its descriptions: for who has no database, or one that lost something.

use super::peaks::hex;
use super::shelf::{Shelf, base};
use super::wav;
use crate::call::record::{AgentName, Content, Direction, File, Recorded, Role, Talk};
use crate::id::CallId;
use crate::keys::Wrapped;
use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

/// Folders below the root: account, year, month, day.
const DEPTH: usize = 4;

/// A recording that lies in the folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The conversation.
    pub call: CallId,
    /// The segment.
    pub segment: u32,
    /// Who talked with whom.
    pub talk: Talk,
    /// The file.
    pub file: File,
}

/// A description, as far as it is read again.
#[derive(Debug, Deserialize)]
struct Told {
    conversation_id: CallId,
    segment: u32,
    account: String,
    customer: String,
    called: String,
    #[serde(default)]
    queue: Option<String>,
    #[serde(default)]
    direction: Direction,
    agent: AgentName,
    content: String,
    start: Timestamp,
    milliseconds: u64,
    #[serde(default)]
    channels: u16,
    #[serde(default)]
    pictures: Option<ToldPictures>,
    gaps: bool,
    interrupted: bool,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    keys: Vec<Wrapped>,
}

/// What a description says of pictures.
#[derive(Debug, Deserialize)]
struct ToldPictures {
    container: String,
}

impl Shelf {
    /// All recordings that are described, by path; and what cannot be read, with the reason.
    pub fn entries(&self) -> (Vec<Entry>, Vec<(String, anyhow::Error)>) {
        let (mut found, mut wrong, mut notes) = (vec![], vec![], vec![]);
        walk(&self.root, "", DEPTH, &mut notes);
        notes.sort();
        for note in notes {
            match self.entry(&note) {
                Ok(entry) => found.push(entry),
                Err(why) => wrong.push((note, why)),
            }
        }
        (found, wrong)
    }

    fn entry(&self, note: &str) -> anyhow::Result<Entry> {
        let base = note.strip_suffix(".json").unwrap_or(note);
        let told: Told = serde_json::from_slice(&self.description(&format!("{base}.wav"))?)?;
        let ending = told
            .pictures
            .as_ref()
            .map_or("wav", |told| told.container.as_str());
        ensure!(
            ["wav", "webm", "mkv"].contains(&ending),
            "{ending:?} is no kind of file"
        );
        let path = format!("{base}.{ending}");
        let frames = told.milliseconds.saturating_mul(u64::from(wav::RATE)) / 1_000;
        Ok(Entry {
            call: told.conversation_id,
            segment: told.segment,
            talk: Talk {
                account: told.account,
                began: told.start,
                agent: told.agent,
                customer: told.customer,
                called: told.called,
                queue: told.queue,
                direction: told.direction,
            },
            file: File {
                content: match told.content.as_str() {
                    "customer" => Content::Leg(Role::Customer),
                    "agent" => Content::Leg(Role::Agent),
                    "outside" => Content::Leg(Role::Outside),
                    "supervisor" => Content::Leg(Role::Supervisor),
                    "stereo" => Content::Stereo,
                    "customer_video" => Content::Video(Role::Customer),
                    "agent_video" => Content::Video(Role::Agent),
                    "outside_video" => Content::Video(Role::Outside),
                    "supervisor_video" => Content::Video(Role::Supervisor),
                    other => bail!("{other:?} is nothing that a file can hold"),
                },
                milliseconds: told.milliseconds,
                bytes: match self.open(&path) {
                    Ok(sound) => sound.length(),
                    Err(_) => wav::HEADER + frames * 2 * u64::from(told.channels),
                },
                gaps: told.gaps,
                interrupted: told.interrupted,
                sha256: told.sha256,
                encrypted: !told.keys.is_empty(),
                path,
            },
        })
    }

    /// Reads a recording to its end: whether it is whole, and what it was when it was closed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, entry: &Entry) -> anyhow::Result<()> {
        let sound = self.open(&entry.file.path)?;
        let (length, mut reader) = (sound.length(), sound.reader());
        let (mut hash, mut piece, mut read) = (Context::new(&SHA256), vec![0; 65_536], 0);
        loop {
            let count = reader.read(&mut piece)?;
            if count == 0 {
                break;
            }
            hash.update(piece.get(..count).unwrap_or_default());
            read += count as u64;
        }
        ensure!(read == length, "it ends early");
        let hash = hex(hash.finish().as_ref());
        match &entry.file.sha256 {
            Some(known) => ensure!(
                *known == hash,
                "it is another than it was: its hash differs"
            ),
            None => ensure!(length >= wav::HEADER, "it is no WAV file"),
        }
        Ok(())
    }

    /// Wraps the key of a recording with the first master key, if another has. Gives whether it did.
    ///
    /// # Errors
    /// That its master key is missing, or what the disk says.
    pub fn rewrap(&self, entry: &Entry) -> anyhow::Result<bool> {
        let path = &entry.file.path;
        let mut told: serde_json::Value = serde_json::from_slice(&self.description(path)?)?;
        let wrapped: Vec<Wrapped> = serde_json::from_value(told["keys"].clone())?;
        let keys = self.keys.as_ref().context("no master key is set")?;
        if wrapped.iter().all(|each| each.master == keys.current()) {
            return Ok(false);
        }
        let mut again = vec![];
        for each in &wrapped {
            again.push(keys.wrap(&keys.unwrap(each)?)?);
        }
        told["keys"] = serde_json::to_value(again)?;
        let note = self.root.join(format!("{}.json", base(path)?));
        super::journal::write_whole(&note, &serde_json::to_vec_pretty(&told)?)?;
        super::journal::sync_folder(&note)?;
        Ok(true)
    }
}

/// Entries as the records have them: the files of a segment together.
pub fn by_segment(entries: Vec<Entry>) -> Vec<Recorded> {
    let mut segments: BTreeMap<(CallId, u32), Recorded> = BTreeMap::new();
    for entry in entries {
        let Entry {
            call,
            segment,
            talk,
            file,
        } = entry;
        let recorded = segments.entry((call, segment)).or_insert(Recorded {
            call,
            number: segment,
            talk: Some(talk),
            files: vec![],
        });
        recorded.files.push(file);
    }
    for recorded in segments.values_mut() {
        // In the order in which they are made.
        recorded.files.sort_by_key(|file| match file.content {
            Content::Stereo => None,
            Content::Leg(role) => Some((false, role, file.path.clone())),
            Content::Video(role) => Some((true, role, file.path.clone())),
        });
    }
    segments.into_values().collect()
}

fn walk(folder: &Path, below: &str, depth: usize, notes: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = match below {
            "" => name.clone(),
            below => format!("{below}/{name}"),
        };
        match entry.file_type() {
            // Links are not followed: they may lead out of the folder.
            Ok(kind) if kind.is_dir() && depth > 0 => {
                walk(&entry.path(), &path, depth - 1, notes);
            }
            Ok(kind) if kind.is_file() => {
                let is_note = name.ends_with(".json") && !name.ends_with(super::name::JOURNAL);
                notes.extend(is_note.then_some(path));
            }
            Ok(_) | Err(_) => {}
        }
    }
}

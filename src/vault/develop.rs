//! From what was written of a leg's pictures to a file of a recording, as long as the sound beside it.
//!
//! Read twice: once for where its clusters will be, once to write them. Where a kill or a full disk has cut
//! it, the file ends with its last whole picture. Done again it comes to the same.

use super::finish::{Description, Pictures, write_description};
use super::journal::{Files, Journal};
use super::make;
use super::matroska::{self, Index, Reader};
use super::peaks::hex;
use super::shelf::Sound;
use super::{name, take};
use crate::call::record::{Content, File, Track};
use crate::keys::{FileKey, Keys};
use anyhow::Context as _;
use ring::digest;
use std::fs;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

/// Makes the files of all pictures of a segment; `milliseconds` is the length of its sound.
pub(super) fn develop(
    files: &Files,
    journal: &Journal,
    keys: Option<&Keys>,
    milliseconds: u64,
) -> anyhow::Result<Vec<File>> {
    let segment = &journal.segment;
    let markers = name::film_markers(&segment.films);
    let mut made = vec![];
    for (nth, (track, marker)) in segment.films.iter().zip(markers).enumerate() {
        let wrapped = journal.keys.get(segment.tracks.len() + nth);
        let own = match (wrapped, keys) {
            (Some(wrapped), Some(keys)) => Some(keys.unwrap(wrapped)?),
            (None, _) | (Some(_), None) => None,
        };
        let plan = Negative {
            files,
            journal,
            marker: &marker,
            track,
            gaps: journal.film_gaps.get(nth).copied().unwrap_or(false),
            milliseconds,
        };
        made.extend(plan.print(own.as_ref(), keys)?);
    }
    Ok(made)
}

/// The pictures of one leg.
struct Negative<'a> {
    files: &'a Files,
    journal: &'a Journal,
    marker: &'a str,
    track: &'a Track,
    gaps: bool,
    milliseconds: u64,
}

impl Negative<'_> {
    /// `None` if no picture has come.
    fn print(&self, own: Option<&FileKey>, keys: Option<&Keys>) -> anyhow::Result<Option<File>> {
        let path = self.files.roll(self.marker);
        let open = || -> anyhow::Result<Option<Reader<Box<dyn Read>>>> {
            let open = || roll(&path, own);
            let found = open().with_context(|| path.display().to_string())?;
            Ok(found.and_then(Reader::new))
        };
        let Some(reader) = open()? else {
            return Ok(None);
        };
        let look = reader.look.clone();
        let index = Index::of(reader)?;
        let Some(again) = open()?.filter(|_| !index.is_empty()) else {
            return Ok(None);
        };
        let milliseconds = self.milliseconds.max(index.last);
        let key = match own {
            Some(_) => Some(FileKey::new()?),
            None => None,
        };
        let to = self
            .files
            .pictures(self.marker, look.ending(), key.is_some());
        let write = || {
            make::make(&to, key.as_ref(), |to| {
                matroska::write(&look, milliseconds, &index, again, to)
            })?;
            let file = fs::File::open(&to)?;
            let made = match &key {
                Some(key) => Sound::sealed(file, key)?,
                None => Sound::plain(file)?,
            };
            hash(made)
        };
        let (sha256, bytes) = write().with_context(|| to.display().to_string())?;
        let wrapped = keys.zip(key.as_ref()).map(|(keys, key)| keys.wrap(key));
        let wrapped = wrapped.transpose()?;
        let content = Content::Video(self.track.role);
        let interrupted = !self.journal.ended;
        let segment = &self.journal.segment;
        let mut description = Description::new(segment, name::content(content), milliseconds)?;
        description.call_ids.push(&self.track.sip_call_id);
        description.pictures = Some(Pictures {
            container: look.ending().trim_start_matches('.'),
            codec: look.codec(),
            width: look.shape.width,
            height: look.shape.height,
        });
        (description.gaps, description.interrupted) = (self.gaps, interrupted);
        (description.sha256, description.keys) = (&sha256, wrapped.as_slice());
        write_description(&self.files.description(self.marker), &description)?;
        Ok(Some(File {
            path: self.files.relative(self.marker, look.ending()),
            content,
            milliseconds,
            bytes,
            gaps: self.gaps,
            interrupted,
            sha256: Some(sha256),
            encrypted: key.is_some(),
        }))
    }
}

/// What was written; `None` if nothing was.
fn roll(path: &Path, key: Option<&FileKey>) -> io::Result<Option<Box<dyn Read>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(match key {
        Some(key) => Box::new(take::Reader::new(file, key)?),
        None => Box::new(BufReader::new(file)),
    }))
}

/// The hash of a file, and how long it is.
fn hash(file: Sound) -> io::Result<(String, u64)> {
    let (length, mut reader) = (file.length(), file.reader());
    let (mut hash, mut piece) = (digest::Context::new(&digest::SHA256), vec![0; 65_536]);
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok((hex(hash.finish().as_ref()), length)),
            count => hash.update(piece.get(..count).unwrap_or_default()),
        }
    }
}

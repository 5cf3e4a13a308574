//! The journal of a segment: what its files are, on disk before the first sample is.
//!
//! It is there from the beginning of a segment until its files are complete, so that a later
//! start knows what is unfinished (F1). Only the folder says which files it speaks of: a journal
//! cannot name others.

use super::name;
use crate::call::record::Segment;
use crate::keys::Wrapped;
use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Journals of other versions are left for the release that wrote them.
const PLAIN: u32 = 1;
const ENCRYPTED: u32 = 2;

/// Largest journal that is read.
const MAX_BYTES: u64 = 65_536;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    pub(super) segment: Segment,
    /// All tracks ended as they should; `false` in a journal that a crash left.
    pub(super) ended: bool,
    /// For each track, whether sound of it was lost.
    pub(super) gaps: Vec<bool>,
    /// The same for each film.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) film_gaps: Vec<bool>,
    /// For each track, then each film, the key with which it is written, wrapped; none: not encrypted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) keys: Vec<Wrapped>,
}

impl Journal {
    pub(super) fn new(segment: Segment, keys: Vec<Wrapped>) -> Self {
        let gaps = vec![false; segment.tracks.len()];
        Self {
            version: if keys.is_empty() { PLAIN } else { ENCRYPTED },
            segment,
            ended: false,
            gaps,
            film_gaps: vec![],
            keys,
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        ensure!(
            fs::metadata(path)?.len() <= MAX_BYTES,
            "it is too long for a journal"
        );
        let journal: Self = serde_json::from_slice(&fs::read(path)?)?;
        ensure!(
            [PLAIN, ENCRYPTED].contains(&journal.version),
            "it is of version {}",
            journal.version
        );
        Ok(journal)
    }

    pub(super) fn write(&self, files: &Files) -> anyhow::Result<()> {
        write_whole(&files.journal(), &serde_json::to_vec_pretty(self)?)?;
        sync_folder(&files.journal())?;
        Ok(())
    }
}

/// The names of a segment's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// The whole path without ending.
    base: PathBuf,
    /// The same, relative to the folder of recordings, with `/`.
    relative: String,
}

impl Files {
    /// Names that no file has yet, in a folder that exists: a number is added to a name taken.
    pub(super) fn free(root: &Path, segment: &Segment) -> anyhow::Result<Self> {
        let wanted = name::base(segment);
        create_folders(root, &wanted)?;
        let numbered = (2..10_000).map(|n| format!("{wanted}-{n}"));
        std::iter::once(wanted.clone())
            .chain(numbered)
            .map(|relative| Self {
                base: root.join(&relative),
                relative,
            })
            .find(|files| !files.any_exists(segment))
            .context("all names for it are taken")
    }

    /// Makes the folder of the files and their journal again, after somebody removed them.
    pub(super) fn restore(&self, root: &Path, journal: &Journal) -> anyhow::Result<()> {
        create_folders(root, &self.relative)?;
        journal.write(self)
    }

    /// The names beside a journal.
    pub(super) fn of_journal(root: &Path, journal: &Path) -> Option<Self> {
        let relative = journal.strip_prefix(root).ok()?.to_str()?;
        let relative = relative.strip_suffix(name::JOURNAL)?.to_owned();
        Some(Self {
            base: root.join(&relative),
            relative,
        })
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.with(name::JOURNAL)
    }

    pub(super) fn tracks(&self, segment: &Segment) -> Vec<PathBuf> {
        let markers = name::markers(&segment.tracks);
        markers.iter().map(|marker| self.sound(marker)).collect()
    }

    /// The sound of a track by its marker; of the stereo mix with none.
    pub(super) fn sound(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}.wav"))
    }

    /// A track while it is written encrypted.
    pub(super) fn take(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}{}", name::TAKE))
    }

    /// The same, for each track.
    pub(super) fn takes(&self, segment: &Segment) -> Vec<PathBuf> {
        let markers = name::markers(&segment.tracks);
        markers.iter().map(|marker| self.take(marker)).collect()
    }

    /// An encrypted sound.
    pub(super) fn sealed(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}.wav{}", name::SEALED))
    }

    /// Pictures while they are written.
    pub(super) fn roll(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}{}", name::FILM))
    }

    /// The same, of each leg of which there may be some.
    pub(super) fn rolls(&self, segment: &Segment) -> Vec<PathBuf> {
        let markers = name::film_markers(&segment.films);
        markers.iter().map(|marker| self.roll(marker)).collect()
    }

    /// Finished pictures.
    pub(super) fn pictures(&self, marker: &str, ending: &str, sealed: bool) -> PathBuf {
        let sealed = if sealed { name::SEALED } else { "" };
        self.with(&format!("{marker}{ending}{sealed}"))
    }

    pub(super) fn description(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}.json"))
    }

    /// How loud a sound is over its time.
    pub(super) fn picture(&self, marker: &str) -> PathBuf {
        self.with(&format!("{marker}.peaks"))
    }

    /// The path of a sound as records give it.
    pub(super) fn relative_sound(&self, marker: &str) -> String {
        self.relative(marker, ".wav")
    }

    /// The same, with another ending.
    pub(super) fn relative(&self, marker: &str, ending: &str) -> String {
        format!("{}{marker}{ending}", self.relative)
    }

    fn with(&self, ending: &str) -> PathBuf {
        let mut path = OsString::from(&self.base);
        path.push(ending);
        path.into()
    }

    /// Whether nothing is left of them.
    pub(super) fn are_gone(&self, segment: &Segment) -> bool {
        !self.any_exists(segment)
    }

    fn any_exists(&self, segment: &Segment) -> bool {
        let mut paths = self.tracks(segment);
        paths.extend(self.takes(segment));
        paths.extend(self.rolls(segment));
        let markers = name::markers(&segment.tracks);
        paths.extend(markers.iter().map(|marker| self.sealed(marker)));
        paths.extend([self.journal(), self.sound(""), self.sealed("")]);
        // A link to nowhere is a name taken, too.
        paths.iter().any(|path| path.symlink_metadata().is_ok())
    }
}

/// The name of a file while it is written.
pub(super) fn partial(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".part");
    name.into()
}

/// Writes a file so that under its name there is all of it or nothing.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = partial(path);
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)
}

/// Brings names in a file's folder safely to the disk.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Creates the folders of a relative path, each safely on the disk.
fn create_folders(root: &Path, relative: &str) -> io::Result<()> {
    if root.join(relative).parent().is_some_and(Path::is_dir) {
        return Ok(());
    }
    fs::create_dir_all(root)?;
    let mut folder = root.to_owned();
    let parents = relative.rsplit_once('/').map_or("", |(parents, _)| parents);
    for part in parents.split('/') {
        folder.push(part);
        match fs::create_dir(&folder) {
            Ok(()) => sync_folder(&folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

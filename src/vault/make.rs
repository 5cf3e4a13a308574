//! Makes a sound whole under its name, or not at all; and says what is in it.

use super::journal::{partial, sync_folder, write_whole};
use super::seal::Sealer;
use super::shelf::Sound;
use super::{peaks, wav};
use crate::keys::FileKey;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

/// Bytes that are written at a time.
const BUFFER: usize = 65_536;

/// Writes what `body` writes, to the disk, under its name; with a key encrypted.
pub(super) fn make(
    path: &Path,
    key: Option<&FileKey>,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    draft(path, key, body)?;
    fs::rename(partial(path), path)?;
    sync_folder(path)
}

/// The same, beside its name.
fn draft(
    path: &Path,
    key: Option<&FileKey>,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(BUFFER, File::create(partial(path))?);
    match key {
        Some(key) => {
            let mut sealer = Sealer::new(&mut file, key)?;
            body(&mut sealer)?;
            sealer.finish()?;
        }
        None => body(&mut file)?,
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// A sound that is to be made.
pub(super) struct Plan<'p> {
    /// Where, with its ending.
    pub(super) path: &'p Path,
    pub(super) channels: u16,
    pub(super) frames: u64,
    /// With which it is encrypted.
    pub(super) key: Option<&'p FileKey>,
}

impl Plan<'_> {
    /// Writes the header and what `body` writes, to the disk, under its name.
    pub(super) fn make(
        &self,
        body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.draft(body)?;
        fs::rename(partial(self.path), self.path)?;
        sync_folder(self.path)
    }

    /// The same, beside its name.
    pub(super) fn draft(
        &self,
        body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let header = wav::header(self.channels, self.frames);
        draft(self.path, self.key, |to| {
            to.write_all(&header)?;
            body(to)
        })
    }

    /// Opens the sound that was made, or its draft.
    pub(super) fn open(&self, path: &Path) -> io::Result<Sound> {
        let file = File::open(path)?;
        match self.key {
            Some(key) => Sound::sealed(file, key),
            None => Sound::plain(file),
        }
    }

    /// Reads a sound once more: gives its hash, and leaves its picture.
    pub(super) fn look(&self, path: &Path, picture: &Path) -> io::Result<String> {
        let sound = BufReader::with_capacity(BUFFER, self.open(path)?.reader());
        let (sha256, peaks) = peaks::look(sound, self.channels, self.frames)?;
        write_whole(picture, &serde_json::to_vec(&peaks)?)?;
        Ok(sha256)
    }
}

//! Finished recordings, found by the path that the store knows.
//!
//! Whatever a path says, nothing outside of the folder of recordings is opened: it is walked down name
//! by name, no link is followed, and what is not made of plain names is no path (H19).

use super::name::{FINISHED, SEALED};
use super::seal::Opened;
use crate::keys::{FileKey, Keys, Wrapped};
use rustix::fs::{Mode, OFlags, openat};
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Largest description or picture that is read.
const NOTE: u64 = 1 << 20;

/// The folder of finished recordings.
#[derive(Clone, Debug)]
pub struct Shelf {
    pub(super) root: PathBuf,
    /// For those that are encrypted.
    pub(super) keys: Option<Arc<Keys>>,
}

/// A recording as the WAV file that it is, or that of pictures, wherever and however it is kept.
#[derive(Debug)]
pub struct Sound(Kept);

#[derive(Debug)]
enum Kept {
    Plain { file: File, length: u64 },
    Sealed(Box<Opened>),
}

impl Shelf {
    /// The folder that a [`Vault`](super::Vault) writes, and the keys with which it does.
    pub fn new(root: PathBuf, keys: Option<Arc<Keys>>) -> Self {
        Self { root, keys }
    }

    /// Whether what is recorded now is encrypted.
    pub fn encrypts(&self) -> bool {
        self.keys.is_some()
    }

    /// Opens a sound.
    ///
    /// # Errors
    /// `NotFound` where there is none of this path, and where the path is none of ours; else what the disk
    /// says, or that its key is missing.
    pub fn open(&self, path: &str) -> io::Result<Sound> {
        match self.file(path) {
            Ok(file) => Sound::plain(file),
            Err(error) if error.kind() == ErrorKind::NotFound => self.open_sealed(path),
            Err(error) => Err(error),
        }
    }

    fn open_sealed(&self, path: &str) -> io::Result<Sound> {
        base(path)?;
        let mut failed = ErrorKind::NotFound.into();
        // Of one that was being made again there are two: one of them fits.
        for key in self.keys_of(path)? {
            match Sound::sealed(self.file(&format!("{path}{SEALED}"))?, &key) {
                Ok(sound) => return Ok(sound),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// The keys of an encrypted sound, the newest first.
    fn keys_of(&self, path: &str) -> io::Result<Vec<FileKey>> {
        let description = self.description(path)?;
        let told: Keyed = serde_json::from_slice(&description)?;
        let Some(keys) = &self.keys else {
            let why = "it is encrypted, and no master key is set: recording_keys in [server]";
            return Err(io::Error::other(why));
        };
        let unwrap = |wrapped: &Wrapped| keys.unwrap(wrapped).map_err(io::Error::other);
        told.keys.iter().map(unwrap).collect()
    }

    /// How loud a sound is over its time, as JSON: made when its file was closed.
    ///
    /// # Errors
    /// As for a sound; those of older versions have none.
    pub fn peaks(&self, path: &str) -> io::Result<Vec<u8>> {
        self.note(path, ".peaks")
    }

    /// What a sound is, as JSON (D10).
    ///
    /// # Errors
    /// As for a sound.
    pub fn description(&self, path: &str) -> io::Result<Vec<u8>> {
        self.note(path, ".json")
    }

    fn note(&self, path: &str, ending: &str) -> io::Result<Vec<u8>> {
        let base = base(path)?;
        let mut text = vec![];
        let file = self.file(&format!("{base}{ending}"))?;
        file.take(NOTE).read_to_end(&mut text)?;
        Ok(text)
    }

    /// Whether the folder of a path is there, and is one of ours.
    pub(super) fn folder(&self, path: &str) -> io::Result<()> {
        self.walk(path).map(drop)
    }

    /// Down to the folder of a path: it, and the last name.
    fn walk<'p>(&self, path: &'p str) -> io::Result<(OwnedFd, &'p OsStr)> {
        let mut names = vec![];
        for part in Path::new(path).components() {
            match part {
                Component::Normal(name) => names.push(name),
                Component::Prefix(_)
                | Component::RootDir
                | Component::CurDir
                | Component::ParentDir => return Err(ErrorKind::NotFound.into()),
            }
        }
        let file = names.pop().ok_or(ErrorKind::NotFound)?;
        let none = Mode::empty();
        let folder = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at = OwnedFd::from(File::open(&self.root)?);
        for name in names {
            at = openat(&at, name, folder, none)?;
        }
        Ok((at, file))
    }

    fn file(&self, path: &str) -> io::Result<File> {
        let (at, file) = self.walk(path)?;
        // Not waited for: somebody may have put a pipe there.
        let plain = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(openat(&at, file, plain, Mode::empty())?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(ErrorKind::NotFound.into()),
        }
    }
}

impl Sound {
    pub(super) fn plain(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self(Kept::Plain { file, length }))
    }

    pub(super) fn sealed(file: File, key: &FileKey) -> io::Result<Self> {
        Opened::new(file, key).map(|opened| Self(Kept::Sealed(Box::new(opened))))
    }

    /// Bytes of the WAV file.
    pub fn length(&self) -> u64 {
        match &self.0 {
            Kept::Plain { length, .. } => *length,
            Kept::Sealed(opened) => opened.length(),
        }
    }

    /// Bytes of the WAV file from a place on: as many as find room, fewer only at its end.
    ///
    /// # Errors
    /// What the disk says, or that an encrypted file is damaged.
    pub fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Kept::Plain { file, length } => {
                let left = usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX);
                let count = left.min(into.len());
                file.read_exact_at(&mut into[..count], at)?;
                Ok(count)
            }
            Kept::Sealed(opened) => opened.read_at(at, into),
        }
    }

    /// The WAV file from its beginning.
    pub fn reader(self) -> impl Read {
        Reading { sound: self, at: 0 }
    }
}

struct Reading {
    sound: Sound,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.sound.read_at(self.at, into)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// What a description says of the keys of its sound.
#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    keys: Vec<Wrapped>,
}

/// The path of a file without its ending.
pub(super) fn base(path: &str) -> io::Result<&str> {
    let base = |ending: &&str| path.strip_suffix(ending);
    Ok(FINISHED.iter().find_map(base).ok_or(ErrorKind::NotFound)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use std::fs;

    #[test]
    fn h19_no_path_leads_out_of_the_folder() {
        let folder = Folder::new();
        let root = folder.path().join("recordings");
        fs::create_dir_all(root.join("demo")).expect("a folder");
        fs::write(folder.path().join("secret.wav"), "secret").expect("written");
        fs::write(root.join("demo/a.wav"), "sound").expect("written");
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.join(at));
        link("../../secret.wav", "demo/link.wav").expect("a link");
        link("..", "up").expect("a link");
        link("demo/a.wav", "inside.wav").expect("a link");
        let shelf = Shelf::new(root, None);
        let sound = shelf.open("demo/a.wav").expect("there");
        let mut bytes = [0; 8];
        assert_eq!(sound.read_at(1, &mut bytes).expect("read"), 4);
        assert_eq!(&bytes[..4], b"ound");
        assert_eq!(sound.read_at(99, &mut bytes).expect("read"), 0);
        for trick in [
            "../secret.wav",
            "demo/../../secret.wav",
            "/etc/passwd",
            "demo/link.wav",
            "up/secret.wav",
            "inside.wav",
            "demo/../demo/a.wav",
            "./demo/a.wav/../../../secret.wav",
            "demo",
            "",
            ".",
            "..",
            "demo/a.wav\0",
            "demo\\a.wav",
        ] {
            shelf.open(trick).expect_err(trick);
            shelf.peaks(trick).expect_err(trick);
        }
    }
}

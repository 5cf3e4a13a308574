//! Finished recordings, found by the path that the store knows.
//!
//! Whatever a path says, nothing outside of the folder of recordings is opened: it is walked down name
//! by name, no link is followed, and what is not made of plain names is no path (H19).

use rustix::fs::{Mode, OFlags, openat};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};

/// Largest description or picture that is read.
const NOTE: u64 = 1 << 20;

/// The folder of finished recordings, to be read.
#[derive(Clone, Debug)]
pub struct Shelf {
    root: PathBuf,
}

/// A recording as the WAV file that it is, wherever and however it is kept.
#[derive(Debug)]
pub struct Sound {
    file: File,
    length: u64,
}

impl Shelf {
    /// The folder that a [`Vault`](super::Vault) writes.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Opens a sound.
    ///
    /// # Errors
    /// `NotFound` where there is none of this path, and where the path is none of ours.
    pub fn open(&self, path: &str) -> io::Result<Sound> {
        let file = self.file(path)?;
        let length = file.metadata()?.len();
        Ok(Sound { file, length })
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
        let base = path.strip_suffix(".wav").ok_or(ErrorKind::NotFound)?;
        let mut text = vec![];
        let file = self.file(&format!("{base}{ending}"))?;
        file.take(NOTE).read_to_end(&mut text)?;
        Ok(text)
    }

    fn file(&self, path: &str) -> io::Result<File> {
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
        // Not waited for: somebody may have put a pipe there.
        let plain = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(openat(&at, file, plain, none)?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(ErrorKind::NotFound.into()),
        }
    }
}

impl Sound {
    /// Bytes of the WAV file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the WAV file from a place on: as many as find room, fewer only at its end.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        self.file.read_exact_at(&mut into[..count], at)?;
        Ok(count)
    }
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
        let shelf = Shelf::new(root);
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

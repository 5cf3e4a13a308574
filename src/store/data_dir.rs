//! The data directory, held by one process at a time (F26).

use anyhow::{Context as _, bail};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A data directory that is ours until this value is dropped or the process dies.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// The lock lives in the open file: the system takes it back whatever happens to us.
    _lock: File,
}

impl DataDir {
    /// Creates the directory if it is missing (for our user alone: recordings are private) and
    /// takes its lock.
    ///
    /// # Errors
    /// If another process holds it, or it cannot be created or written; the message names the directory.
    pub fn lock(path: &Path) -> anyhow::Result<Self> {
        let dir = path.display();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data directory {dir} cannot be created"))?;
        let path = fs::canonicalize(path)
            .with_context(|| format!("the data directory {dir} cannot be found"))?;
        let file = path.join("lock");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&file)
            .with_context(|| {
                format!("the data directory {dir} cannot be written: who owns it, and is it full?")
            })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another Cordboard{} uses the data directory {dir}: \
                 stop it first, or give this one a directory of its own",
                holder(&mut lock)
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("the data directory {dir} cannot be locked"));
            }
        }
        // For the message above only; the lock holds without it.
        let named = lock
            .set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        if let Err(error) = named {
            tracing::warn!(%error, "the lock file cannot be written");
        }
        Ok(Self { path, _lock: lock })
    }

    /// The directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock
        .rewind()
        .and_then(|()| lock.take(32).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(process)) => format!(" (process {process})"),
        (Ok(_) | Err(_), _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    #[test]
    fn a_second_instance_is_told_the_directory_and_the_process() {
        let folder = Folder::new("lock");
        let path = folder.path().join("data");
        let first = DataDir::lock(&path).expect("free");
        let message = format!("{:#}", DataDir::lock(&path).expect_err("taken"));
        assert!(message.contains(&path.display().to_string()), "{message}");
        let process = format!("process {}", std::process::id());
        assert!(message.contains(&process), "{message}");
        drop(first);
        DataDir::lock(&path).expect("free again");
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let folder = Folder::new("lock-file");
        let path = folder.path().join("file");
        fs::write(&path, "").expect("written");
        let message = format!("{:#}", DataDir::lock(&path).expect_err("a file"));
        assert!(message.contains(&path.display().to_string()), "{message}");
    }
}

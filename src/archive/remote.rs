//! The storages that there are, by what is asked of them: put, read back, rename, remove.

use super::doors::Doors;
use super::s3::S3;
use super::sftp::Sftp;
use crate::settings::{Storage, StorageKind};
use crate::vault::Sound;
use anyhow::Context as _;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Bytes that are read and sent at a time.
pub(super) const PIECE: u64 = 64 * 1_024;

/// A storage that lets us in.
pub(super) enum Remote {
    Sftp(Box<Sftp>),
    S3(S3),
}

/// What is sent.
#[derive(Clone)]
pub(super) enum Source {
    Sound(Arc<Sound>),
    Text(Bytes),
}

/// What is there under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) length: u64,
    /// SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

impl Remote {
    /// Connects, and proves who we are.
    pub(super) async fn open(storage: &Storage, doors: &Doors) -> anyhow::Result<Self> {
        match &storage.kind {
            StorageKind::Sftp { .. } => {
                let opened = Sftp::open(storage, doors).await?;
                Ok(Self::Sftp(Box::new(opened)))
            }
            StorageKind::S3 { .. } => S3::new(storage, doors.clone()).map(Self::S3),
        }
    }

    /// Puts something under a name, whole: under a temporary one first, where it is read back and
    /// compared. What was under the name is replaced.
    pub(super) async fn deliver(&mut self, name: &str, source: &Source) -> anyhow::Result<()> {
        let sent = source.hash().await?;
        let part = format!("{name}.part");
        self.put(&part, source, &sent).await?;
        let arrived = self
            .find(&part)
            .await?
            .context("what was sent is not there")?;
        if arrived != sent {
            // Nothing of it is of use.
            let _ = self.remove(&part).await;
            anyhow::bail!(
                "it arrived as something else: {} bytes of {}",
                arrived.length,
                sent.length
            );
        }
        self.rename(&part, name).await
    }

    async fn put(&mut self, name: &str, source: &Source, sent: &Found) -> anyhow::Result<()> {
        match self {
            Self::Sftp(sftp) => sftp.put(name, source).await,
            Self::S3(s3) => s3.put(name, source, sent).await,
        }
    }

    /// Reads something back: what is there, by its own account.
    pub(super) async fn find(&self, name: &str) -> anyhow::Result<Option<Found>> {
        match self {
            Self::Sftp(sftp) => sftp.find(name).await,
            Self::S3(s3) => s3.find(name).await,
        }
    }

    async fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        match self {
            Self::Sftp(sftp) => sftp.rename(from, to).await,
            Self::S3(s3) => s3.rename(from, to).await,
        }
    }

    /// Removes something; what is not there is fine.
    pub(super) async fn remove(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Sftp(sftp) => sftp.remove(name).await,
            Self::S3(s3) => s3.remove(name).await,
        }
    }
}

impl Source {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Sound(sound) => sound.length(),
            Self::Text(text) => text.len() as u64,
        }
    }

    /// The bytes at a place; none at the end.
    pub(super) async fn piece(&self, at: u64) -> anyhow::Result<Bytes> {
        match self {
            Self::Sound(sound) => {
                let sound = Arc::clone(sound);
                let read = tokio::task::spawn_blocking(move || {
                    let left = sound.length().saturating_sub(at).min(PIECE);
                    let mut piece = vec![0; usize::try_from(left).unwrap_or(0)];
                    let count = sound.read_at(at, &mut piece)?;
                    piece.truncate(count);
                    anyhow::Ok(Bytes::from(piece))
                });
                read.await?
            }
            Self::Text(text) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
                let end = text.len().min(at.saturating_add(64 * 1_024));
                Ok(text.slice(at..end))
            }
        }
    }

    async fn hash(&self) -> anyhow::Result<Found> {
        let mut hashing = Hashing::default();
        while hashing.length < self.length() {
            let piece = self.piece(hashing.length).await?;
            anyhow::ensure!(!piece.is_empty(), "the file here is shorter than it was");
            hashing.add(&piece);
        }
        Ok(hashing.found())
    }
}

/// What comes, piece by piece.
#[derive(Default)]
pub(super) struct Hashing {
    pub(super) length: u64,
    hash: Sha256,
}

impl Hashing {
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        self.hash.update(piece);
    }

    pub(super) fn found(self) -> Found {
        let hash = self.hash.finalize();
        Found {
            length: self.length,
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

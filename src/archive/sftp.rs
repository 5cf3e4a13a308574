//! A server of SFTP (version 3, over SSH). Its key must be the one that is set: nobody else is told the
//! password.

use super::doors::Doors;
use super::remote::{Found, Hashing, Source};
use crate::settings::{Storage, StorageKind};
use anyhow::{Context as _, anyhow, bail};
use russh::client::{self, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long the other side may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are read back at a time.
const PIECE: usize = 32 * 1_024;

/// An open session.
pub(super) struct Sftp {
    files: SftpSession,
    /// Held, as the session ends with it.
    _session: Handle<Pinned>,
    /// Folders that are known to be there.
    folders: BTreeSet<String>,
}

/// Believes in one key.
struct Pinned {
    fingerprint: String,
}

impl client::Handler for Pinned {
    type Error = anyhow::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> anyhow::Result<bool> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            bail!("it shows a certificate: only plain keys are known by their fingerprint");
        };
        let shown = key.fingerprint(HashAlg::Sha256).to_string();
        if shown != self.fingerprint {
            bail!("its key is {shown}, another than host_key: is it the server that you mean?");
        }
        Ok(true)
    }
}

impl Sftp {
    pub(super) async fn open(storage: &Storage, doors: &Doors) -> anyhow::Result<Self> {
        let StorageKind::Sftp {
            host,
            port,
            host_key,
            key_file,
        } = &storage.kind
        else {
            bail!("it is no server of SFTP");
        };
        let stream = doors.connect(host, *port).await?;
        let config = client::Config {
            inactivity_timeout: Some(2 * PATIENCE),
            ..client::Config::default()
        };
        let pinned = Pinned {
            fingerprint: host_key.clone(),
        };
        let greeted = client::connect_stream(Arc::new(config), stream, pinned);
        let mut session = timeout(PATIENCE, greeted)
            .await
            .context("the greeting of SSH does not end")??;
        let proven = prove(&mut session, storage, key_file.as_deref());
        timeout(PATIENCE, proven)
            .await
            .context("it does not say whether it lets us in")??;
        let opened = async {
            let channel = session.channel_open_session().await?;
            channel.request_subsystem(true, "sftp").await?;
            anyhow::Ok(SftpSession::new(channel.into_stream()).await?)
        };
        let files = timeout(PATIENCE, opened).await;
        Ok(Self {
            files: files.context("SFTP does not begin")??,
            _session: session,
            folders: BTreeSet::new(),
        })
    }

    pub(super) async fn put(&mut self, name: &str, source: &Source) -> anyhow::Result<()> {
        self.make_folders(name).await?;
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
        let mut file = self.files.open_with_flags(name, flags).await?;
        let mut at = 0;
        while at < source.length() {
            let piece = source.piece(at).await?;
            anyhow::ensure!(!piece.is_empty(), "the file here is shorter than it was");
            timeout(PATIENCE, file.write_all(&piece))
                .await
                .context("it takes no more")??;
            at += piece.len() as u64;
        }
        timeout(PATIENCE, file.shutdown())
            .await
            .context("it does not close the file")??;
        Ok(())
    }

    pub(super) async fn find(&self, name: &str) -> anyhow::Result<Option<Found>> {
        let mut file = match self.files.open(name).await {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (mut hashing, mut piece) = (Hashing::default(), vec![0; PIECE]);
        loop {
            let read = timeout(PATIENCE, file.read(&mut piece)).await;
            match read.context("it gives no more")?? {
                0 => return Ok(Some(hashing.found())),
                count => hashing.add(piece.get(..count).unwrap_or_default()),
            }
        }
    }

    pub(super) async fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        // Version 3 does not rename onto what is there.
        self.remove(to).await?;
        Ok(self.files.rename(from, to).await?)
    }

    pub(super) async fn remove(&self, name: &str) -> anyhow::Result<()> {
        match self.files.remove_file(name).await {
            Ok(()) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn make_folders(&mut self, name: &str) -> anyhow::Result<()> {
        let folders = name.match_indices('/').filter(|(at, _)| *at > 0);
        for (at, _) in folders {
            let folder = name.get(..at).unwrap_or_default();
            if self.folders.contains(folder) {
                continue;
            }
            if !self.files.try_exists(folder).await? {
                let made = self.files.create_dir(folder).await;
                made.with_context(|| format!("the folder {folder} cannot be made there"))?;
            }
            self.folders.insert(folder.to_owned());
        }
        Ok(())
    }
}

async fn prove(
    session: &mut Handle<Pinned>,
    storage: &Storage,
    key_file: Option<&str>,
) -> anyhow::Result<()> {
    let user = storage.user.clone();
    let proven = match (key_file, &storage.password) {
        (Some(file), _) => {
            let key = load_secret_key(file, None).with_context(|| file.to_owned())?;
            let hash = session.best_supported_rsa_hash().await?.flatten();
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
            session.authenticate_publickey(user, key).await?
        }
        (None, Some(password)) => {
            session
                .authenticate_password(user, password.0.clone())
                .await?
        }
        (None, None) => bail!("neither password nor key_file is set"),
    };
    match proven.success() {
        true => Ok(()),
        false => Err(anyhow!(
            "it does not let us in: are user and password right?"
        )),
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Status(status) if status.status_code == StatusCode::NoSuchFile)
}

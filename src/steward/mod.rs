//! The settings in force: who holds them, how they change, and what is made of them.
//!
//! ```text
//!                        read, check        sounds           a new revision
//!   document (API, ─────▶ Account ────────▶ Studio ────────▶ store ───────▶ the switch
//!   import)              └──────── every problem at once ────┘  └─ somebody was faster
//! ```
//!
//! What cannot be heard, or does not make sense, is refused before anything has changed. The file of
//! the process says what holds until people change something; from then on the database does.

mod studio;

pub use studio::{Fault, Studio};

use crate::config::document::{self, Secrets};
use crate::media::Library;
use crate::settings::Account;
use crate::store::{Saved, Store};
use crate::switch::{NewSettings, Sounds};
use crate::voices::Catalogue;
use anyhow::Context as _;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who the file of the process is among those who set something.
pub const FILE: &str = "configuration file";

/// The settings in force.
pub struct Steward {
    store: Arc<Store>,
    /// The sounds that settings name are relative to it.
    folder: PathBuf,
    held: Mutex<Held>,
    tell: Box<Tell>,
}

/// Whoever puts settings in force.
type Tell = dyn Fn(Change) + Send + Sync;

/// Settings that are to be in force.
#[derive(Debug)]
pub struct Change {
    /// What holds from now on.
    pub settings: Box<NewSettings>,
    /// The revision.
    pub revision: u64,
    /// Who has set it.
    pub by: String,
}

struct Held {
    revision: u64,
    account: Arc<Account>,
    studio: Studio,
}

/// What a process begins with.
#[derive(Debug)]
pub struct Beginning {
    /// The account as it is set.
    pub account: Account,
    /// Its revision in the store.
    pub revision: u64,
    /// Where its sounds were made.
    pub studio: Studio,
    /// All of them.
    pub library: Library,
    /// Which is which.
    pub sounds: Sounds,
}

/// Why settings are not in force.
#[derive(Debug)]
pub enum Refused {
    /// They make no sense: each problem, with the field and the mend.
    Unsound(Vec<Problem>),
    /// Somebody was faster: the latest revision.
    Conflict(u64),
    /// The database does not answer.
    Unavailable(anyhow::Error),
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `queue[0].max_wait.then`, lists counted from 0; empty where it is about no one field.
    pub field: String,
    /// What is wrong and how to mend it.
    pub mend: String,
}

/// The account that counts at a start: the database's, if people have set something there; else that
/// of the file, which becomes a revision if it is another than the last.
///
/// # Errors
/// What is wrong with it, or with its sounds; or if the database does not answer.
pub fn begin(
    store: &Store,
    file: &Account,
    folder: &Path,
    catalogue: &Arc<Catalogue>,
) -> anyhow::Result<Beginning> {
    let latest = store.settings()?;
    let revision = latest.as_ref().map_or(0, |latest| latest.number);
    let (account, revision) = match latest.filter(|latest| latest.by != FILE) {
        Some(latest) => {
            let name = format!("revision {} of the settings", latest.number);
            let account = document::read(&name, &latest.document, folder)?;
            if account != *file {
                tracing::info!(
                    revision = latest.number,
                    by = latest.by,
                    "the account is set in the database: its sections of the file are not read"
                );
            }
            (account, revision)
        }
        None => {
            let text = document::write(file, folder, Secrets::Shown).to_string();
            let known = store.settings()?.is_some_and(|last| last.document == text);
            match known {
                true => (file.clone(), revision),
                false => match store.save_settings(&text, FILE, revision)? {
                    Saved::As(number) => (file.clone(), number),
                    Saved::Conflict(number) => {
                        anyhow::bail!("revision {number} of the settings was saved meanwhile")
                    }
                },
            }
        }
    };
    let mut studio = Studio::new(catalogue.clone());
    let (library, sounds) = studio.furnish(&account).map_err(unheard)?;
    Ok(Beginning {
        account,
        revision,
        studio,
        library,
        sounds,
    })
}

/// Messages that cannot be heard, a line each.
pub fn unheard(faults: Vec<Fault>) -> anyhow::Error {
    let lines = faults
        .iter()
        .map(|fault| format!("{}: {}", fault.place, fault.why));
    anyhow::anyhow!("{}", lines.collect::<Vec<_>>().join("\n"))
}

impl Steward {
    /// Holds what the process began with; `tell` puts what comes later in force.
    pub fn new(
        store: Arc<Store>,
        folder: &Path,
        account: Account,
        revision: u64,
        studio: Studio,
        tell: impl Fn(Change) + Send + Sync + 'static,
    ) -> Self {
        let held = Held {
            revision,
            account: Arc::new(account),
            studio,
        };
        Self {
            store,
            folder: folder.to_owned(),
            held: Mutex::new(held),
            tell: Box::new(tell),
        }
    }

    /// The account in force, and its revision.
    pub fn account(&self) -> (u64, Arc<Account>) {
        let held = self.held();
        (held.revision, held.account.clone())
    }

    /// The account in force as a document without its passwords, and its revision.
    pub fn document(&self) -> (u64, toml::Table) {
        let (revision, account) = self.account();
        let table = document::write(&account, &self.folder, Secrets::Hidden);
        (revision, table)
    }

    /// Whether a document could be in force: the account that it is.
    ///
    /// # Errors
    /// Every problem found.
    pub fn check(&self, mut table: toml::Table) -> Result<Account, Vec<Problem>> {
        let (_, account) = self.account();
        self.read(&mut table, &account)
    }

    /// Puts a document in force, in the name of `by`, if `expected` is still the latest revision: gives
    /// the new one. Passwords that it leaves out stay as they are. It blocks while sounds are made.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn set(&self, mut table: toml::Table, by: &str, expected: u64) -> Result<u64, Refused> {
        let mut held = self.held();
        if held.revision != expected {
            return Err(Refused::Conflict(held.revision));
        }
        let account = held.account.clone();
        let account = self.read(&mut table, &account).map_err(Refused::Unsound)?;
        if account == *held.account {
            return Ok(held.revision);
        }
        policy_may_change(&held.account, &account).map_err(Refused::Unsound)?;
        let furnished = held.studio.furnish(&account);
        let (library, sounds) = furnished.map_err(|faults| {
            let problem = |fault: Fault| Problem {
                field: fault.field,
                mend: fault.why,
            };
            Refused::Unsound(faults.into_iter().map(problem).collect())
        })?;
        let text = document::write(&account, &self.folder, Secrets::Shown).to_string();
        let saved = self.store.save_settings(&text, by, expected);
        match saved.map_err(Refused::Unavailable)? {
            Saved::As(number) => held.revision = number,
            Saved::Conflict(latest) => return Err(Refused::Conflict(latest)),
        }
        held.account = Arc::new(account.clone());
        // Under the lock: what was saved last is in force last.
        (self.tell)(Change {
            settings: Box::new(NewSettings {
                account,
                sounds,
                library,
            }),
            revision: held.revision,
            by: by.to_owned(),
        });
        tracing::info!(revision = held.revision, by, "settings changed");
        Ok(held.revision)
    }

    fn read(&self, table: &mut toml::Table, old: &Account) -> Result<Account, Vec<Problem>> {
        document::keep_secrets(table, old);
        let read = document::read_table(table, &self.folder);
        read.map_err(|errors| {
            let problem = |error: crate::config::ConfigError| Problem {
                field: error.field,
                mend: error.what,
            };
            errors.0.into_iter().map(problem).collect()
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Steward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (revision, _) = self.account();
        f.debug_struct("Steward")
            .field("revision", &revision)
            .finish()
    }
}

/// What is recorded changes only while the master toggle is off (R92), so that nobody changes by the way
/// what callers were told of.
fn policy_may_change(old: &Account, new: &Account) -> Result<(), Vec<Problem>> {
    let (old, new) = (&old.recording, &new.recording);
    if !(old.enabled && new.enabled) {
        return Ok(());
    }
    let changes = [
        ("recording.direction", old.direction != new.direction),
        ("recording.composition", old.composition != new.composition),
        ("recording.video", old.video != new.video),
    ];
    let changes = changes.into_iter().filter(|(_, changes)| *changes);
    let problems = changes.map(|(field, _)| Problem {
        field: field.to_owned(),
        mend: "it changes only while recording.enabled is false: set that first".to_owned(),
    });
    let problems: Vec<_> = problems.collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

/// Reads a file of settings as it is exported: the account alone.
///
/// # Errors
/// If it cannot be read, or every problem found in it.
pub fn read_file(path: &Path, folder: &Path) -> anyhow::Result<Account> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(document::read(&path.display().to_string(), &text, folder)?)
}

#[cfg(test)]
mod tests;

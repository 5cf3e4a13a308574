//! `cordboard recordings` and `cordboard audit`: the folder and the database looked at without a server.

use super::terminal;
use crate::keys::Keys;
use crate::store::{Checked, DataDir, Place, Record, Store};
use crate::vault::{Entry, Shelf, Vault, by_segment};
use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can be done with recordings.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a line for the file of master keys: the newest stands first.
    NewKey {
        /// What the key is called: 2026-1.
        name: String,
    },
    /// Show all recordings that are in the folder.
    List(Where),
    /// Read every recording to its end, and compare it with what it was when it was closed.
    Verify(Where),
    /// Write the recordings of a conversation as WAV files, deciphered.
    Export {
        #[command(flatten)]
        place: Where,
        /// The conversation, as names of files begin.
        call: String,
        /// The folder to write them to.
        #[arg(long, value_name = "DIR", default_value = ".")]
        into: PathBuf,
    },
    /// Finish what a kill has left, and put into the records what is missing there; the server must not run.
    Repair(Where),
    /// Wrap the keys of all encrypted recordings with the first master key; no sound is touched.
    Rewrap(Where),
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Go through the chain of hashes: names the first record that was altered. The server must not run; one that
    /// does is asked by POST /api/v1/audit/checks.
    Verify(Where),
}

/// Where it all is.
#[derive(Args, Debug)]
pub(super) struct Where {
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The file of master keys, as recording_keys in [server].
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The URL of the PostgreSQL database, if there is one.
    #[arg(
        long,
        value_name = "URL",
        env = "CORDBOARD_DATABASE",
        hide_env_values = true
    )]
    database: Option<String>,
}

pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::NewKey { name } => {
            let is_name = !name.is_empty() && !name.contains([' ', '#', '\t']);
            ensure!(is_name, "a name without spaces: 2026-1");
            terminal::say(&Keys::generate(name)?);
            Ok(())
        }
        Command::List(place) => list(place),
        Command::Verify(place) => verify(place),
        Command::Export { place, call, into } => export(place, call, into),
        Command::Repair(place) => repair(place),
        Command::Rewrap(place) => rewrap(place),
    }
}

pub(super) fn audit(command: &Audit) -> anyhow::Result<()> {
    let Audit::Verify(place) = command;
    let (_lock, store) = place.store()?;
    match store.check_audit()? {
        Checked::Whole {
            records,
            head,
            hash,
        } => {
            terminal::say(&format!(
                "the audit log is whole: {records} records, the last is {head} with {hash}"
            ));
            Ok(())
        }
        Checked::Broken { seq, why } => anyhow::bail!("record {seq} of the audit log: {why}"),
    }
}

impl Where {
    fn shelf(&self) -> anyhow::Result<Shelf> {
        Ok(Shelf::new(self.data.join("recordings"), self.keys()?))
    }

    fn keys(&self) -> anyhow::Result<Option<Arc<Keys>>> {
        super::keeping::keys(self.keys.as_deref())
    }

    fn store(&self) -> anyhow::Result<(DataDir, Store)> {
        let lock = DataDir::lock(&self.data)?;
        let store = Store::start(&Place::new(self.database.as_deref(), &self.data), |_| {})?;
        Ok((lock, store))
    }
}

fn list(place: &Where) -> anyhow::Result<()> {
    let (entries, wrong) = place.shelf()?.entries();
    for entry in &entries {
        let Entry { talk, file, .. } = entry;
        let seconds = file.milliseconds as f64 / 1_000.0;
        let marks = [
            (file.encrypted, "encrypted"),
            (file.gaps, "gaps"),
            (file.interrupted, "interrupted"),
        ];
        let marks = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark);
        let marks: Vec<_> = marks.collect();
        let (began, marks) = (talk.began.strftime("%Y-%m-%d %H:%M:%S"), marks.join(", "));
        terminal::say(&format!("{began}  {seconds:8.1} s  {}  {marks}", file.path));
    }
    complain(&wrong);
    Ok(())
}

fn verify(place: &Where) -> anyhow::Result<()> {
    let shelf = place.shelf()?;
    let (entries, mut wrong) = shelf.entries();
    for entry in &entries {
        if let Err(why) = shelf.check(entry) {
            wrong.push((entry.file.path.clone(), why));
        }
    }
    complain(&wrong);
    let (fine, wrong) = (entries.len(), wrong.len());
    ensure!(wrong == 0, "{wrong} recordings are not as they were");
    terminal::say(&format!("{fine} recordings are as they were"));
    Ok(())
}

fn export(place: &Where, call: &str, into: &Path) -> anyhow::Result<()> {
    let shelf = place.shelf()?;
    let (entries, _) = shelf.entries();
    let of_call = entries.iter().filter(|e| e.call.to_string() == call);
    let mut count = 0;
    for entry in of_call {
        let name = entry.file.path.rsplit('/').next().unwrap_or_default();
        let path = into.join(name);
        let write = || -> anyhow::Result<()> {
            let mut reader = shelf.open(&entry.file.path)?.reader();
            let mut file = File::create_new(&path)?;
            io::copy(&mut reader, &mut file)?;
            Ok(file.flush()?)
        };
        write().with_context(|| path.display().to_string())?;
        terminal::say(&path.display().to_string());
        count += 1;
    }
    ensure!(
        count > 0,
        "there is no recording of the conversation {call}"
    );
    Ok(())
}

fn repair(place: &Where) -> anyhow::Result<()> {
    let (lock, store) = place.store()?;
    let store = Arc::new(store);
    let records = Arc::clone(&store);
    let keep = move |made: &crate::call::record::Recorded| {
        records.keep(Record::Recorded(made.clone())).is_ok()
    };
    let vault = Vault::start(
        place.data.join("recordings"),
        place.keys()?,
        keep,
        |event| match event {
            crate::vault::Event::Recorded(made) => {
                terminal::say(&format!("finished: conversation {}", made.call));
            }
            crate::vault::Event::Left { path, why } => {
                terminal::complain(&format!("{path}: {why}"));
            }
            crate::vault::Event::Trouble { path, error } => {
                terminal::complain(&format!("{path}: {error}"));
            }
            crate::vault::Event::Recovered => {}
        },
    )?;
    vault.stop();
    let (entries, wrong) = place.shelf()?.entries();
    complain(&wrong);
    let mut added = 0;
    for recorded in by_segment(entries) {
        let known = store.recordings(recorded.call)?;
        if known.iter().all(|known| known.number != recorded.number) {
            store.keep(Record::Recorded(recorded))?;
            added += 1;
        }
    }
    store.flush()?;
    drop(lock);
    terminal::say(&format!("{added} segments were missing in the records"));
    Ok(())
}

fn rewrap(place: &Where) -> anyhow::Result<()> {
    let shelf = place.shelf()?;
    let (entries, wrong) = shelf.entries();
    complain(&wrong);
    let mut count = 0;
    for entry in entries.iter().filter(|entry| entry.file.encrypted) {
        let done = shelf.rewrap(entry);
        count += u32::from(done.with_context(|| entry.file.path.clone())?);
    }
    terminal::say(&format!("{count} keys are wrapped anew"));
    Ok(())
}

fn complain(wrong: &[(String, anyhow::Error)]) {
    for (path, why) in wrong {
        terminal::complain(&format!("{path}: {why:#}"));
    }
}

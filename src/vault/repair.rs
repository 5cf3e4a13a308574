//! What an earlier run left unfinished is found at the start, and finished (F1).

use super::journal::{Files, Journal, remove};
use super::{Event, Keep, finish, name};
use crate::call::record::Role;
use crate::keys::Keys;
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders below the root: account, year, month, day.
const DEPTH: usize = 4;

/// How many unexplained things are told one by one.
const TOLD: usize = 100;

/// What lies in the folder that is not a finished recording.
#[derive(Debug, Default)]
pub(super) struct Found {
    journals: Vec<PathBuf>,
    left: Vec<(PathBuf, String)>,
}

impl Found {
    /// Looks through the folder. To be done before anything new is written to it.
    pub(super) fn in_folder(root: &Path) -> Self {
        let mut found = Self::default();
        found.walk(root, DEPTH);
        found.journals.sort();
        found
    }

    fn walk(&mut self, folder: &Path, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.leave(folder, error.to_string()),
        };
        let mut names = BTreeSet::new();
        for entry in entries.flatten() {
            match entry.file_type() {
                // Links are not followed: they may lead out of the folder.
                Ok(kind) if kind.is_dir() && depth > 0 => self.walk(&entry.path(), depth - 1),
                Ok(kind) if kind.is_file() => drop(names.insert(entry.file_name())),
                Ok(_) | Err(_) => {}
            }
        }
        let journals: Vec<_> = names.iter().filter_map(|name| base(name)).collect();
        for name in names.iter().filter_map(|name| name.to_str()) {
            let path = folder.join(name);
            if name.ends_with(name::JOURNAL) {
                self.journals.push(path);
            } else if name.ends_with(".segment.json.part") {
                // The crash came before the segment had a journal, hence before it had a file.
                drop(remove(&path));
            } else if let Some(base) = written(name) {
                // Its segment is finished: the kill came after the journal had gone.
                if !journals.iter().any(|journal| speaks_of(journal, base)) {
                    drop(remove(&path));
                }
            } else if let Some(base) = sound(name) {
                let described = names.contains(OsStr::new(&format!("{base}.json")));
                if !described && !journals.iter().any(|journal| speaks_of(journal, base)) {
                    self.leave(&path, "no journal and no description explain it".to_owned());
                }
            }
        }
    }

    fn leave(&mut self, path: &Path, why: String) {
        self.left.push((path.to_owned(), why));
    }
}

/// Finishes everything found. What cannot be finished is left, and told; what a disk or the records
/// were in the way of is returned, to be tried again.
pub(super) fn repair(
    root: &Path,
    mut found: Found,
    keys: Option<&Keys>,
    keep: &mut Keep,
    tell: &mut dyn FnMut(Event),
) -> Vec<(Files, Journal)> {
    let mut again = vec![];
    for path in std::mem::take(&mut found.journals) {
        let read = || {
            let files = Files::of_journal(root, &path).context("its name is no name of ours")?;
            Ok((files, Journal::read(&path)?))
        };
        let left = match read() {
            Ok((files, journal)) => match finish_left(&files, &journal, keys, keep) {
                Ok(event) => {
                    tell(event);
                    continue;
                }
                Err(error) => {
                    if error.is::<NotKept>() || error.chain().any(|cause| cause.is::<io::Error>()) {
                        again.push((files, journal));
                    }
                    error
                }
            },
            Err(error) => error,
        };
        found.leave(&path, format!("{left:#}"));
    }
    let rest = found.left.len().saturating_sub(TOLD);
    for (path, why) in found.left.into_iter().take(TOLD) {
        tell(Event::Left {
            path: path.display().to_string(),
            why,
        });
    }
    if rest > 0 {
        let why = format!("{rest} more files are not explained");
        tell(Event::Left {
            path: root.display().to_string(),
            why,
        });
    }
    again
}

/// It is finished, and its journal stays until the records have it.
#[derive(Debug, thiserror::Error)]
#[error("it is finished, but cannot be put into the records yet")]
struct NotKept;

fn finish_left(
    files: &Files,
    journal: &Journal,
    keys: Option<&Keys>,
    keep: &mut Keep,
) -> anyhow::Result<Event> {
    finish::sweep(files, &journal.segment)?;
    let recorded = finish::finish(files, journal, keys)?;
    anyhow::ensure!(keep(&recorded), NotKept);
    finish::settle(files, &journal.segment)?;
    tracing::info!(call = %recorded.call, "a recording that was interrupted is finished");
    Ok(Event::Recorded(recorded))
}

/// Whether a sound is one of a journal's.
fn speaks_of(journal: &str, sound: &str) -> bool {
    let ours = |marker: &str| {
        let Some(marker) = marker.strip_prefix('-') else {
            return marker.is_empty();
        };
        let roles = [Role::Customer, Role::Agent, Role::Outside, Role::Supervisor];
        let mut roles = roles.into_iter().map(name::role);
        roles.any(|role| marker.starts_with(role))
    };
    sound.strip_prefix(journal).is_some_and(ours)
}

/// The name of a finished file without its ending.
fn sound(name: &str) -> Option<&str> {
    let name = name.strip_suffix(name::SEALED).unwrap_or(name);
    let base = |ending: &&str| name.strip_suffix(*ending);
    name::FINISHED.iter().find_map(base)
}

/// The name of what is only there while it is written.
fn written(name: &str) -> Option<&str> {
    let take = name.strip_suffix(name::TAKE);
    take.or_else(|| name.strip_suffix(name::FILM))
}

fn base(name: &OsStr) -> Option<&str> {
    name.to_str()?.strip_suffix(name::JOURNAL)
}

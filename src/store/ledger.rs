//! `calls.jsonl`: one line for each conversation that has ended, for other programs to read.
//!
//! Lines are synced before the database learns that the conversation ended, and a line whose
//! transaction failed, or was cut off by a crash, is remembered (at start: read back from the end
//! of the file) and not written again: each conversation has exactly one. The file is opened anew for
//! every batch, so it may be moved away at any time, as log rotation does.

use crate::call::record::Conversation;
use crate::id::CallId;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// How much of the file's end is read at start, besides as much as the spool holds: conversations
/// that were being ended as interrupted are not in the spool.
const TAIL: u64 = 8 << 20;

/// The file of finished conversations.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    /// Lines that are in the file while the database may not know it.
    unsettled: BTreeSet<CallId>,
}

impl Ledger {
    /// Reads what an earlier process wrote last, and cuts off a line it could not finish.
    pub(super) fn open(path: &Path, spooled: u64) -> io::Result<Self> {
        let mut ledger = Self {
            path: path.to_owned(),
            unsettled: BTreeSet::new(),
        };
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ledger),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let tail = length.min(TAIL.saturating_add(spooled));
        let mut bytes = vec![0; usize::try_from(tail).unwrap_or(0)];
        file.read_exact_at(&mut bytes, length - tail)?;
        let whole = bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole > 0 || length == tail {
            file.set_len(length - tail + whole as u64)?;
        }
        let lines = bytes[..whole].split(|&byte| byte == b'\n');
        ledger.unsettled.extend(lines.filter_map(call_of));
        Ok(ledger)
    }

    /// Writes a line for each conversation that has none yet, and syncs the file.
    pub(super) fn append(&mut self, ended: &[&Conversation]) -> io::Result<()> {
        let new = ended.iter().filter(|c| !self.unsettled.contains(&c.id));
        let mut text = vec![];
        let mut calls = vec![];
        for conversation in new {
            serde_json::to_writer(&mut text, conversation)?;
            text.push(b'\n');
            calls.push(conversation.id);
        }
        if calls.is_empty() {
            return Ok(());
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.path)?;
        let end = file.metadata()?.len();
        let written = file
            .write_all_at(&text, end)
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Not a line of these may stay, or it would be written twice.
            file.set_len(end)?;
            return Err(error);
        }
        self.unsettled.extend(calls);
        Ok(())
    }

    /// The database knows all that was written so far.
    pub(super) fn settle(&mut self) {
        self.unsettled.clear();
    }
}

fn call_of(line: &[u8]) -> Option<CallId> {
    let line: Value = serde_json::from_slice(line).ok()?;
    CallId::parse(line.get("id")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Folder, conversation, ended};
    use std::fs;

    fn ids(path: &Path) -> Vec<CallId> {
        let text = fs::read(path).unwrap_or_default();
        text.split(|&byte| byte == b'\n')
            .filter_map(call_of)
            .collect()
    }

    #[test]
    fn a_line_is_written_once_though_its_transaction_failed() {
        let folder = Folder::new("ledger-once");
        let path = folder.path().join("calls.jsonl");
        let (one, two) = (ended(conversation(1)), ended(conversation(2)));
        let mut ledger = Ledger::open(&path, 0).expect("new");
        ledger.append(&[&one]).expect("written");
        ledger.append(&[&one, &two]).expect("written");
        assert_eq!(ids(&path), [one.id, two.id]);
    }

    #[test]
    fn a_later_process_knows_the_last_lines_and_cuts_off_a_torn_one() {
        let folder = Folder::new("ledger-later");
        let path = folder.path().join("calls.jsonl");
        let (one, two) = (ended(conversation(1)), ended(conversation(2)));
        Ledger::open(&path, 0)
            .expect("new")
            .append(&[&one])
            .expect("written");
        let mut text = fs::read(&path).expect("there");
        text.extend_from_slice(br#"{"id":"0000"#);
        fs::write(&path, text).expect("written");

        let mut ledger = Ledger::open(&path, 0).expect("again");
        ledger.append(&[&one, &two]).expect("written");
        assert_eq!(ids(&path), [one.id, two.id]);
        assert_eq!(fs::read_to_string(&path).expect("text").lines().count(), 2);
    }

    #[test]
    fn a_file_moved_away_is_begun_anew() {
        let folder = Folder::new("ledger-rotate");
        let path = folder.path().join("calls.jsonl");
        let mut ledger = Ledger::open(&path, 0).expect("new");
        ledger.append(&[&ended(conversation(1))]).expect("written");
        fs::rename(&path, folder.path().join("calls.1.jsonl")).expect("moved");
        ledger.append(&[&ended(conversation(2))]).expect("written");
        assert_eq!(ids(&path), [conversation(2).id]);
    }
}

//! The spool: every record on its way to the database, one JSON object a line.
//!
//! ```text
//!   0          taken            end
//!   ├── in the ──┼── still to be ──┤        lines: {"n":17,"record":{…}}
//!   │  database  │     carried     │
//! ```
//!
//! Numbers rise by one for the life of the database. Lines whose number the database already has
//! are passed over, so it does not matter when the file is emptied. It is not synced line by line:
//! while all is well a record is in the database (which is) a moment later.

use super::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::SystemTime;

/// Records in one transaction: a few milliseconds of work.
const BATCH: usize = 256;

/// A longer line is refused: no honest record comes near it.
const LONGEST: usize = 1 << 20;

/// How many lines are written at once: a write for each would cost more than it does.
const AT_ONCE: usize = 64;

/// How many lines may wait in memory while the disk takes none.
const WAITING: usize = 16_384;

/// The spool file and how much of it has been carried over.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    /// Up to here the lines are in the database.
    taken: u64,
    /// Up to here the lines are whole; what a failed write left behind it is written over.
    end: u64,
    /// The number of the last record accepted.
    last: u64,
    /// Lines the disk did not take yet.
    waiting: VecDeque<Vec<u8>>,
}

/// Lines read for one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// What they say, in order.
    pub records: Vec<Record>,
    /// The number of the last of them; `None` if there are none.
    pub last: Option<u64>,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Where they end in the file.
    until: u64,
}

#[derive(Serialize)]
struct LineOut<'a> {
    n: u64,
    record: &'a Record,
}

#[derive(Deserialize)]
struct LineIn {
    n: u64,
    record: Record,
}

impl Spool {
    /// Opens or creates the file. `known` is the number of the last record in the database. Returns
    /// how many records an earlier process left to be carried over, too.
    pub(super) fn open(path: &Path, known: u64) -> io::Result<(Self, u64)> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        let mut spool = Self {
            end: file.metadata()?.len(),
            file,
            taken: 0,
            last: known,
            waiting: VecDeque::new(),
        };
        let mut left = 0u64;
        let mut whole = 0;
        while let Some(batch) = spool.batch(known, u64::MAX)? {
            left += batch.records.len() as u64;
            spool.last = spool.last.max(batch.last.unwrap_or(0));
            spool.taken = batch.until;
            whole = batch.until;
        }
        // A line cut short by the end of the process was never whole: nothing was promised of it.
        (spool.taken, spool.end) = (0, whole);
        Ok((spool, left))
    }

    /// When a process last had the file open, give or take a second.
    pub(super) fn last_touched(path: &Path) -> Option<Timestamp> {
        Timestamp::try_from(path.metadata().ok()?.modified().ok()?).ok()
    }

    /// A sign of life for whoever comes after a kill.
    pub(super) fn touch(&self) {
        // Without it a call seems to have ended a little earlier.
        drop(self.file.set_modified(SystemTime::now()));
    }

    /// Takes a record: to memory, and from there to the disk with others, or with [`Spool::write`].
    ///
    /// # Errors
    /// If there is no room in memory either, or the record is absurdly long: it is lost.
    pub(super) fn push(&mut self, record: &Record) -> Result<(), Lost> {
        let n = self.last.saturating_add(1);
        let mut line = serde_json::to_vec(&LineOut { n, record }).map_err(|_| Lost)?;
        line.push(b'\n');
        if line.len() > LONGEST || self.waiting.len() >= WAITING {
            return Err(Lost);
        }
        self.last = n;
        self.waiting.push_back(line);
        if self.waiting.len() >= AT_ONCE {
            self.write();
        }
        Ok(())
    }

    /// Offers the disk what it has not taken yet.
    pub(super) fn write(&mut self) {
        // A disk that has no room for many may have some for a few.
        while self.write_some(AT_ONCE) || self.write_some(1) {}
    }

    /// Whether lines were there, and were written.
    fn write_some(&mut self, count: usize) -> bool {
        let count = count.min(self.waiting.len());
        let mut lines = Vec::with_capacity(self.waiting.iter().take(count).map(Vec::len).sum());
        for line in self.waiting.iter().take(count) {
            lines.extend_from_slice(line);
        }
        let written = count > 0 && self.file.write_all_at(&lines, self.end).is_ok();
        if written {
            self.end += lines.len() as u64;
            self.waiting.drain(..count);
        }
        written
    }

    /// The next lines with numbers over `known` and up to `limit`; `None` if there are none left.
    pub(super) fn batch(&self, known: u64, limit: u64) -> io::Result<Option<Batch>> {
        let rest = self.end.saturating_sub(self.taken);
        let length = usize::try_from(rest).unwrap_or(LONGEST).min(LONGEST);
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, self.taken)?;
        let mut batch = Batch {
            until: self.taken,
            ..Batch::default()
        };
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if line.last() != Some(&b'\n') {
                break;
            }
            match serde_json::from_slice::<LineIn>(line) {
                Ok(line) if line.n > limit => break,
                Ok(line) if line.n > known => {
                    batch.last = Some(line.n);
                    batch.records.push(line.record);
                }
                Ok(_) => {}
                Err(_) => batch.unreadable += 1,
            }
            batch.until += line.len() as u64;
            if batch.records.len() == BATCH {
                break;
            }
        }
        if batch.until == self.taken && length == LONGEST {
            // No line of ours is as long: pass over what somebody else put there.
            batch.unreadable = 1;
            batch.until += LONGEST as u64;
        }
        Ok((batch.until > self.taken).then_some(batch))
    }

    /// The lines of a batch are in the database. When all are, the file is emptied.
    pub(super) fn taken(&mut self, batch: &Batch) {
        self.taken = batch.until;
        if self.taken == self.end && self.end > 0 && self.file.set_len(0).is_ok() {
            (self.taken, self.end) = (0, 0);
        }
    }

    /// The number of the last record accepted.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Whether every line is in the file.
    pub(super) fn is_whole(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How long the file is.
    pub(super) fn length(&self) -> u64 {
        self.end
    }

    /// Makes what is in the file survive a power cut: worth its time while the database is away.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A record found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::Recorded;
    use crate::id::CallId;
    use crate::store::tests::Folder;
    use std::fs;
    use std::io::Write as _;

    fn record(number: u32) -> Record {
        Record::Recorded(Recorded {
            call: CallId(1),
            number,
            talk: None,
            files: vec![],
        })
    }

    fn put(spool: &mut Spool, number: u32) {
        spool.push(&record(number)).expect("room");
        spool.write();
    }

    fn numbers(batch: &Batch) -> Vec<u32> {
        let number = |record: &Record| match record {
            Record::Recorded(recorded) => recorded.number,
            Record::Conversation(_)
            | Record::Callback(_)
            | Record::Event(_)
            | Record::AgentStatus(..)
            | Record::Owner(_)
            | Record::Supervised(_) => 0,
        };
        batch.records.iter().map(number).collect()
    }

    #[test]
    fn records_come_back_in_order_and_the_file_is_emptied() {
        let folder = Folder::new("spool-order");
        let path = folder.path().join("spool");
        let (mut spool, left) = Spool::open(&path, 40).expect("new");
        assert_eq!(left, 0);
        for number in 0..300 {
            put(&mut spool, number);
        }
        let batch = spool.batch(40, u64::MAX).expect("read").expect("some");
        assert_eq!(numbers(&batch), (0..256).collect::<Vec<_>>());
        assert_eq!(batch.last, Some(40 + 256));
        spool.taken(&batch);
        let batch = spool.batch(296, u64::MAX).expect("read").expect("the rest");
        assert_eq!(numbers(&batch), (256..300).collect::<Vec<_>>());
        spool.taken(&batch);
        assert!(spool.batch(340, u64::MAX).expect("read").is_none());
        assert_eq!(fs::metadata(&path).expect("there").len(), 0);
        put(&mut spool, 7);
        assert_eq!(spool.last(), 341);
    }

    #[test]
    fn a_later_process_goes_on_where_the_database_stands() {
        let folder = Folder::new("spool-later");
        let path = folder.path().join("spool");
        let (mut spool, _) = Spool::open(&path, 0).expect("new");
        for number in 1..=5 {
            put(&mut spool, number);
        }
        drop(spool);
        let mut torn = File::options().append(true).open(&path).expect("there");
        torn.write_all(br#"{"n":6,"rec"#).expect("written");

        let (mut spool, left) = Spool::open(&path, 3).expect("again");
        assert_eq!(left, 2);
        put(&mut spool, 6);
        let batch = spool.batch(3, u64::MAX).expect("read").expect("some");
        assert_eq!(numbers(&batch), [4, 5, 6]);
        assert_eq!(batch.unreadable, 0);
    }

    #[test]
    fn a_limit_holds_back_what_came_later() {
        let folder = Folder::new("spool-limit");
        let (mut spool, _) = Spool::open(&folder.path().join("spool"), 0).expect("new");
        put(&mut spool, 1);
        put(&mut spool, 2);
        let batch = spool.batch(0, 1).expect("read").expect("one");
        assert_eq!(numbers(&batch), [1]);
        spool.taken(&batch);
        assert!(spool.batch(1, 1).expect("read").is_none());
    }

    #[test]
    fn what_others_put_there_is_counted_and_passed_over() {
        let folder = Folder::new("spool-garbage");
        let path = folder.path().join("spool");
        let mut garbage = b"hello\n\xff\xfe\n".to_vec();
        garbage.extend(vec![b'x'; 3 * LONGEST]);
        garbage.push(b'\n');
        fs::write(&path, garbage).expect("written");
        let (mut spool, left) = Spool::open(&path, 0).expect("opened");
        assert_eq!(left, 0);
        put(&mut spool, 1);
        let mut found = vec![];
        let mut unreadable = 0;
        while let Some(batch) = spool.batch(0, u64::MAX).expect("read") {
            found.extend(numbers(&batch));
            unreadable += batch.unreadable;
            spool.taken(&batch);
        }
        assert_eq!(found, [1]);
        assert!(unreadable >= 3);
    }

    #[test]
    fn a_disk_that_takes_nothing_fills_memory_up_to_its_bound() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let (mut spool, _) = Spool::open(full, 0).expect("a device");
        for number in 0..WAITING {
            assert_eq!(spool.push(&record(number as u32)), Ok(()));
        }
        assert_eq!(spool.push(&record(0)), Err(Lost));
        assert_eq!(spool.last(), WAITING as u64);
    }
}

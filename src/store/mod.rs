//! What must outlive the process, in SQLite or PostgreSQL: conversations and their recordings, callbacks
//! and events, as they happen; settings, users, keys and webhooks, as people change them.
//!
//! What the switch says is *written*, and nobody waits:
//!
//! ```text
//!   write ──▶ queue ──▶ spool file ──▶ database   (rows)
//!   (control)  (bounded)  (every record)  └──▶ calls.jsonl (one line a finished conversation)
//! ```
//!
//! The writer never waits: a record goes into a bounded queue. The store's thread appends it to the
//! spool, a file of JSON lines beside the database, and a moment later carries it over in a batch.
//! While the database is locked, read-only or gone, the spool grows and nothing else happens; when
//! it is back, the spool is replayed from where it stood (F3). Each record has a number, and the
//! database knows the last it took, in the same transaction as the rows: so every record arrives
//! once and in order, whenever the process dies. The spool is emptied when all of it has arrived.
//! What was promised to somebody, a callback, is confirmed as [`Event::Stored`] when it would survive
//! the end of the process: from then on it is in the synced spool, or in the database.
//!
//! What people ask and change goes to the database while they wait, for five seconds at most; while
//! the database is away they are told so at once, and calls go on.

mod agents;
mod api_keys;
mod audit;
mod call_links;
mod callbacks;
mod condition;
mod contacts;
mod conversations;
mod data_dir;
mod database;
mod deliveries;
mod events;
mod file_id;
mod history;
mod ledger;
mod link;
mod missed;
mod place;
mod recordings;
mod rows;
mod secrets;
mod settings;
mod spool;
mod thread;
mod users;
mod webhooks;
mod within;

pub use agents::Owner;
pub use api_keys::ApiKey;
pub use audit::{Audit, AuditFilter, Checked, Noted};
pub use call_links::{CallLink, LinkTerms};
pub use callbacks::{CallbackFilter, ConversationStatus};
pub use contacts::{Contact, ContactDetails, ContactFilter, ContactKept, EXTERNAL};
pub use conversations::ConversationFilter;
pub use data_dir::DataDir;
pub use deliveries::{Backlog, Delivery, DeliveryState};
pub use events::Event as Happened;
pub use file_id::{Cursor, FileId};
pub use history::{Bucket, HISTORY, Tallied};
pub use missed::Missed;
pub use place::Place;
pub use recordings::{Deleted, Recording, RecordingFilter};
pub use settings::{Revision, RevisionInfo, Saved};
pub use users::{Changed, NewUser, Role, User};
pub use webhooks::{DeadLetter, Progress, Webhook};
pub use within::Within;

use crate::acd::{Status, callback};
use crate::call::record::{Conversation, Recorded};
use crate::call::supervise::Supervised;
use crate::id::{AgentId, CallId, CallbackId};
use anyhow::{Context as _, anyhow};
use database::Database;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc as reply;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How many records may wait for the store's thread. It only fills when the disk stands still.
const QUEUE: usize = 16_384;

/// Records in the spool above which events are not kept any more.
const EVENTS_WAITING: u64 = 250_000;

/// How long a query may take before it is an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A conversation as it is now: at its beginning, and at its end. The last writing counts, but
    /// one without an end never replaces one that has ended.
    Conversation(Box<Conversation>),
    /// The files of a segment. The last writing counts.
    Recorded(Recorded),
    /// A request to be called back, as it is now. The last writing counts. [`Event::Stored`] follows.
    Callback(Box<callback::Request>),
    /// Something that happened. The first writing of a number counts.
    Event(Happened),
    /// What an agent says of themselves now. The last writing counts.
    AgentStatus(AgentId, Status),
    /// Whose a conversation is now. The last writing counts.
    Owner(Owner),
    /// What a supervisor has done: into the audit log.
    Supervised(Supervised),
}

/// What the store tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The database takes no writes; records are kept in the spool. Said once until it recovers.
    Failing {
        /// The cause, for the log.
        why: String,
    },
    /// The database takes writes again; what was spooled follows.
    Recovered,
    /// Lines of the spool that could not be read, or records that found no room. They are lost.
    Lost {
        /// How many.
        records: u64,
    },
    /// Conversations found without an end, and ended as interrupted.
    Interrupted {
        /// How many.
        calls: u64,
    },
    /// A [`Record::Callback`] up to this revision would survive the end of the process now, or, where
    /// `stored` is false, is lost.
    Stored {
        /// Which request.
        id: CallbackId,
        /// What was written last of it.
        revision: u64,
        /// Whether it is safe.
        stored: bool,
    },
}

/// The store: a handle to its thread.
#[derive(Debug)]
pub struct Store {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    secrets: secrets::Secrets,
}

/// What handle and thread both count.
#[derive(Debug, Default)]
struct Shared {
    /// Records accepted by [`Store::write`].
    written: AtomicU64,
    /// Of those, how many are in the database, or lost.
    settled: AtomicU64,
    /// Records refused because the queue was full, not yet reported.
    refused: AtomicU64,
    /// Of those, the callbacks: no more than there are requests.
    broken: Mutex<BTreeSet<(CallbackId, u64)>>,
    /// The database takes no writes.
    failing: AtomicBool,
}

/// What the thread is asked.
enum Request {
    Write(Record),
    Keep(Record, reply::SyncSender<bool>),
    Interrupted(Timestamp),
    Work(Work),
    Flush(reply::SyncSender<()>),
}

/// Something to be done with the database while somebody waits.
struct Work {
    /// It is done when all is in the database that was written before.
    after_all: bool,
    /// When nobody waits for it any more.
    until: Instant,
    work: Box<Doing>,
}

/// The answer goes to whoever asked.
type Doing = dyn for<'a> FnOnce(anyhow::Result<&'a mut Database>) -> Pin<Box<dyn Future<Output = ()> + 'a>>
    + Send;

impl Store {
    /// Opens or creates the database at `place`, brings its schema up to date, takes up the spool that
    /// an earlier process left, and starts the thread. `report` is called on that thread.
    ///
    /// # Errors
    /// If the database cannot be opened, is held by another program for five seconds, is damaged, or
    /// has been written by a newer version.
    pub fn start(
        place: &Place,
        report: impl FnMut(Event) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let thread = thread::start(place, inbox, Arc::clone(&shared), report)?;
        Ok(Self {
            requests,
            shared,
            thread: Some(thread),
            secrets: secrets::Secrets::default(),
        })
    }

    /// Takes a record. Never waits; where even the queue is full, the record is lost, which is
    /// counted and reported. So is an event where the database is away for so long that the spool has
    /// a quarter of a million records: it leaves the disk to the calls.
    pub fn write(&self, record: Record) {
        let is_event = matches!(record, Record::Event(_));
        if is_event && self.backlog() > EVENTS_WAITING {
            self.shared.refused.fetch_add(1, Relaxed);
            return;
        }
        let promise = match &record {
            Record::Callback(request) => Some((request.id, request.revision)),
            Record::Conversation(_)
            | Record::Recorded(_)
            | Record::Event(_)
            | Record::AgentStatus(..)
            | Record::Owner(_)
            | Record::Supervised(_) => None,
        };
        if self.requests.try_send(Request::Write(record)).is_ok() {
            self.shared.written.fetch_add(1, Relaxed);
            return;
        }
        self.shared.refused.fetch_add(1, Relaxed);
        if let Some(promise) = promise {
            let broken = self.shared.broken.lock();
            broken
                .unwrap_or_else(PoisonError::into_inner)
                .insert(promise);
        }
    }

    /// Takes a record, and waits until it would survive the end of the process, whether the database is
    /// there or not: for up to five seconds.
    ///
    /// # Errors
    /// If that takes longer, or the record is lost.
    pub fn keep(&self, record: Record) -> anyhow::Result<()> {
        self.shared.written.fetch_add(1, Relaxed);
        let (to, kept) = reply::sync_channel(1);
        if self.requests.try_send(Request::Keep(record, to)).is_err() {
            self.shared.settled.fetch_add(1, Relaxed);
            anyhow::bail!("the store does not keep up, or has stopped");
        }
        let kept = kept
            .recv_timeout(PATIENCE)
            .context("the disk does not answer")?;
        anyhow::ensure!(kept, "the disk does not take it");
        Ok(())
    }

    /// Ends the conversations that an earlier process left without an end, as interrupted when it
    /// was last known to live, at the latest `now`:
    /// asked once at start, before the first write. The count comes as [`Event::Interrupted`].
    ///
    /// # Errors
    /// If the store has stopped.
    pub fn interrupted(&self, now: Timestamp) -> anyhow::Result<()> {
        let asked = self.requests.try_send(Request::Interrupted(now));
        asked.map_err(|_| anyhow!("the store does not keep up, or has stopped"))
    }

    /// The recordings of a call, in the order of their segments. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recordings(&self, call: CallId) -> anyhow::Result<Vec<Recorded>> {
        self.with_all(async move |db| db.recordings(call).await)
    }

    /// Waits until all that was written before is in the database, for up to five seconds.
    ///
    /// # Errors
    /// If that takes longer; the records are in the spool then.
    pub fn flush(&self) -> anyhow::Result<()> {
        self.ask(Request::Flush)
    }

    /// Records that are not in the database yet.
    pub fn backlog(&self) -> u64 {
        let settled = self.shared.settled.load(Relaxed);
        self.shared.written.load(Relaxed).saturating_sub(settled)
    }

    /// Whether the database takes no writes, or the store's thread is no more.
    pub fn is_failing(&self) -> bool {
        let ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        ended || self.shared.failing.load(Relaxed)
    }

    /// Writes what was accepted, for five seconds at most, and ends the thread. What the database
    /// did not take by then stays in the spool for the next start.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        // The queue ends with its only sender, after what is in it.
        self.requests = mpsc::channel(1).0;
        if thread.join().is_err() {
            tracing::error!("the store's thread died");
        }
    }

    /// Does something with the database, and waits for it.
    fn with<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Database) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.work(false, work)
    }

    /// The same, when all is in the database that was written before.
    fn with_all<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Database) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.work(true, work)
    }

    fn work<T: Send + 'static>(
        &self,
        after_all: bool,
        work: impl AsyncFnOnce(&mut Database) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.ask(|to| {
            let work: Box<Doing> = Box::new(move |database| {
                Box::pin(async move {
                    let done = match database {
                        Ok(database) => work(database).await,
                        Err(away) => Err(away),
                    };
                    // Whoever asked may have stopped waiting: then nobody hears the answer.
                    let _ = to.send(done);
                })
            });
            Request::Work(Work {
                after_all,
                until: Instant::now() + PATIENCE,
                work,
            })
        })?
    }

    /// Does something with the database, and tells `then`, on the store's thread; where it cannot be
    /// done, `then` is told that. Nobody waits.
    fn later<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Database) -> anyhow::Result<T> + Send + 'static,
        then: impl FnOnce(anyhow::Result<T>) + Send + 'static,
    ) {
        let then = Then(Some(then), PhantomData);
        let work: Box<Doing> = Box::new(move |database| {
            Box::pin(async move {
                match database {
                    Ok(database) => then.is(work(database).await),
                    Err(away) => then.is(Err(away)),
                }
            })
        });
        let work = Request::Work(Work {
            after_all: false,
            until: Instant::now() + PATIENCE,
            work,
        });
        // What finds no room is dropped, and tells so.
        drop(self.requests.try_send(work));
    }

    fn ask<T>(&self, request: impl FnOnce(reply::SyncSender<T>) -> Request) -> anyhow::Result<T> {
        let (to, answer) = reply::sync_channel(1);
        self.requests
            .try_send(request(to))
            .map_err(|_| anyhow!("the store does not keep up, or has stopped"))?;
        answer
            .recv_timeout(PATIENCE)
            .context("the database does not answer")
    }
}

/// Whoever is to be told, once: that it could not be done, where nobody says more.
struct Then<T, F: FnOnce(anyhow::Result<T>)>(Option<F>, PhantomData<fn(T)>);

impl<T, F: FnOnce(anyhow::Result<T>)> Then<T, F> {
    fn is(mut self, done: anyhow::Result<T>) {
        if let Some(then) = self.0.take() {
            then(done);
        }
    }
}

impl<T, F: FnOnce(anyhow::Result<T>)> Drop for Then<T, F> {
    fn drop(&mut self) {
        if let Some(then) = self.0.take() {
            then(Err(anyhow!("the store does not keep up, or has stopped")));
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;

//! The log: numbers events, keeps the latest in memory, and writes all of them.

use super::theirs::{Theirs, Whose};
use super::what::What;
use crate::id::{AgentId, QueueId};
use crate::store::{Happened, Record, Store};
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Events in memory: a quarter of a minute at a thousand a second. Older ones are read from the store.
const RING: usize = 16_384;

/// The event log: a handle, of which there may be many.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

/// A numbered event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Its type: `call.queued`.
    pub kind: Cow<'static, str>,
    /// The agent whom it concerns.
    pub agent: Option<AgentId>,
    /// Where it concerns none: the queue in which its call waits, or that it names.
    pub queue: Option<QueueId>,
    /// Where it concerns neither: the agent who had its call last.
    pub had: Option<AgentId>,
    /// The event whole: JSON, without a line break.
    pub body: String,
}

/// What came after a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// These, in order; none: nothing yet.
    Events(Vec<Arc<Entry>>),
    /// It is not known any more: the first event there is has this number.
    Gone(u64),
}

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    /// The number of the last event, for who waits for the next.
    last: watch::Sender<u64>,
    store: Arc<Store>,
}

#[derive(Debug)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// All events with higher numbers are in the ring.
    floor: u64,
    /// What that was at the start.
    began: u64,
    last: u64,
    theirs: Theirs,
}

/// An event in JSON.
#[derive(Serialize)]
struct Body<'a> {
    seq: u64,
    at: Timestamp,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<QueueId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    had: Option<AgentId>,
    data: &'a What,
}

impl Log {
    /// Takes up the log where the store has it, at `now`.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn open(store: Arc<Store>, now: Timestamp) -> anyhow::Result<Self> {
        let known = store.last_event().context("the event log")?.unwrap_or(0);
        // What the last run could not write had numbers, too: time has passed them.
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let last = known.max(millis);
        let ring = Ring {
            entries: VecDeque::new(),
            floor: last,
            began: last,
            last,
            theirs: Theirs::default(),
        };
        let shared = Shared {
            ring: Mutex::new(ring),
            last: watch::Sender::new(last),
            store,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Something has happened. Never waits; gives its number.
    pub fn add(&self, at: Timestamp, what: &What) -> u64 {
        let mut ring = self.ring();
        let seq = ring.last + 1;
        let kind = what.kind();
        let Whose { agent, queue, had } = ring.theirs.note(what);
        let body = Body {
            seq,
            at,
            r#type: kind,
            agent,
            queue,
            had,
            data: what,
        };
        // Plain structs of ours: they always have a JSON form.
        let body = serde_json::to_string(&body).unwrap_or_default();
        let entry = Entry {
            seq,
            at,
            kind: Cow::Borrowed(kind),
            agent,
            queue,
            had,
            body,
        };
        // While the ring is held, so that the store has them in order, too.
        self.shared.store.write(Record::Event(Happened {
            seq,
            at,
            kind: kind.to_owned(),
            body: entry.body.clone(),
        }));
        ring.push(entry);
        drop(ring);
        // Numbers may overtake each other here; who waits reads the ring anyway.
        self.shared.last.send_modify(|last| *last = seq.max(*last));
        seq
    }

    /// The number of the last event.
    pub fn last(&self) -> u64 {
        self.ring().last
    }

    /// At most `limit` events after number `after`. May wait for the store, for up to five seconds, where
    /// they are not in memory any more. After 0 comes the first there is.
    ///
    /// # Errors
    /// If the store does not answer, or has not got so far itself.
    pub fn since(&self, after: u64, limit: usize) -> anyhow::Result<Since> {
        {
            let ring = self.ring();
            if after > ring.last {
                // Somebody else's log, or one that was put back: they begin anew.
                return Ok(Since::Gone(ring.last + 1));
            }
            if after >= ring.floor {
                return Ok(Since::Events(ring.after(after, limit)));
            }
        }
        let store = &self.shared.store;
        if let Some(first) = store.first_event()?
            && 0 < after
            && after + 1 < first
        {
            return Ok(Since::Gone(first));
        }
        let found = store.events(after, u32::try_from(limit).unwrap_or(u32::MAX))?;
        if found.is_empty() {
            let ring = self.ring();
            if ring.floor > ring.began {
                bail!("the database has not got so far: ask again");
            }
            return Ok(Since::Events(ring.after(after, limit)));
        }
        let found = found.into_iter().map(|event| Arc::new(event.into()));
        Ok(Since::Events(found.collect()))
    }

    /// Tells the number of the last event whenever there is a new one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.last.subscribe()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        let ring = self.shared.ring.lock();
        ring.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, entry: Entry) {
        if self.entries.len() == RING
            && let Some(oldest) = self.entries.pop_front()
        {
            self.floor = oldest.seq;
        }
        self.last = entry.seq;
        self.entries.push_back(Arc::new(entry));
    }

    fn after(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let from = self.entries.partition_point(|entry| entry.seq <= after);
        self.entries
            .iter()
            .skip(from)
            .take(limit)
            .cloned()
            .collect()
    }
}

impl From<Happened> for Entry {
    fn from(event: Happened) -> Self {
        let whose: Whose = serde_json::from_str(&event.body).unwrap_or_default();
        Self {
            seq: event.seq,
            at: event.at,
            kind: Cow::Owned(event.kind),
            agent: whose.agent,
            queue: whose.queue,
            had: whose.had,
            body: event.body,
        }
    }
}

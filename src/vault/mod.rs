//! Recordings on disk: one file a leg, their stereo mix, the pictures of each leg that sends some, and what
//! they are, beside each.
//!
//! ```text
//!   media workers ──chunks──▶ ┌─ writer thread ──────────────┐   ┌─ finisher thread ─────────┐
//!   switch ──────segments──▶  │ journal, then a file a track │──▶│ equal lengths, mix, what   │──▶ Event
//!                (bounded)    │ a fresh header each time     │   │ it is; journal removed     │
//!                             └──────────────────────────────┘   └───────────────────────────┘
//! ```
//!
//! Of what has reached the vault, a process that is killed loses at most 0.3 seconds. A power cut
//! may cost what came after the last `fdatasync`, every five seconds. A file ends at 37 hours, where its mix would pass the 4 GB of a WAV header.

mod develop;
mod entries;
mod erase;
mod film;
mod finish;
mod health;
mod journal;
mod make;
mod matroska;
mod mix;
mod name;
mod peaks;
mod repair;
mod seal;
mod shelf;
mod take;
mod track;
mod wav;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::media::Chunk;
pub use entries::{Entry, by_segment};
pub use shelf::{Shelf, Sound};
pub use wav::{WavReport, open_report};

use crate::call::record::{Recorded, Segment};
use crate::id::RecordingId;
use crate::keys::Keys;
use anyhow::Context as _;
use health::Health;
use repair::Found;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use writer::{Job, Writer};

/// Orders on their way to the writer.
const ORDERS: usize = 32_768;
/// Of these, kept free of samples for beginnings and ends, which must not be lost.
const RESERVED: usize = 4_096;
/// Samples on their way to the writer, and pictures: 32 MB.
const SAMPLES: usize = 16 * 1_048_576;
/// How often the writer looks for orders and for what is due.
const TICK: Duration = Duration::from_millis(100);
/// How often a segment that could not be finished is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// What the vault tells the switch and its operators.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The files of a segment are complete, on disk and in the records.
    Recorded(Recorded),
    /// The disk refuses. Calls go on, recordings get gaps; said once until `Recovered`.
    Trouble {
        /// Where.
        path: String,
        /// What the system said.
        error: String,
    },
    /// The disk takes everything again, for ten seconds now.
    Recovered,
    /// Something in the folder that no journal explains or that cannot be read; left as it is.
    Left {
        /// The whole path.
        path: String,
        /// Why nothing was done about it.
        why: String,
    },
}

/// The two threads that own the folder of recordings.
#[derive(Debug)]
pub struct Vault {
    sender: Sender,
    writer: JoinHandle<()>,
    finisher: JoinHandle<()>,
}

/// The way into the vault; never waits for the disk.
#[derive(Clone, Debug)]
pub struct Sender {
    orders: SyncSender<Order>,
    room: Arc<Room>,
}

/// What is on its way, and what found no room.
#[derive(Debug, Default)]
struct Room {
    orders: AtomicUsize,
    samples: AtomicUsize,
    lost: Arc<Mutex<BTreeSet<RecordingId>>>,
}

#[derive(Debug)]
enum Order {
    Begin(Box<Segment>),
    Chunk(Chunk),
    Stop,
}

impl Vault {
    /// Opens the folder, and takes orders. What an earlier run left is finished meanwhile, each
    /// told by [`Event::Recorded`].
    ///
    /// With `keys` recordings are encrypted (D16). `keep` puts a recording into the records, and says whether it would survive the end of the
    /// process there: if not, it is tried again. So each file has its record, whenever we are killed.
    ///
    /// # Errors
    /// A folder that cannot be made, or no threads.
    pub fn start(
        root: PathBuf,
        keys: Option<Arc<Keys>>,
        keep: impl FnMut(&Recorded) -> bool + Send + 'static,
        report: impl FnMut(Event) + Send + 'static,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&root).with_context(|| {
            format!("the folder of recordings {} cannot be made", root.display())
        })?;
        let found = Found::in_folder(&root);
        let health = Arc::new(Mutex::new(Health::new(report)));
        let (orders, inbox) = mpsc::sync_channel(ORDERS);
        // Bounded by what the writer has open: one job a segment, one a track.
        let (jobs, work) = mpsc::channel();
        let room = Arc::new(Room::default());
        let writer = Writer::new(
            root.clone(),
            keys.clone(),
            Arc::clone(&room.lost),
            Arc::clone(&health),
        );
        let writer = thread::Builder::new()
            .name("vault-writer".to_owned())
            .spawn({
                let room = Arc::clone(&room);
                move || write(&inbox, &room, writer, &jobs)
            })?;
        let finisher = thread::Builder::new()
            .name("vault-finisher".to_owned())
            .spawn(move || {
                finish_all(
                    &root,
                    found,
                    &work,
                    keys.as_deref(),
                    Box::new(keep),
                    &health,
                )
            })?;
        Ok(Self {
            sender: Sender { orders, room },
            writer,
            finisher,
        })
    }

    /// A way in, for the switch's thread and each media worker.
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Writes what was sent, finishes what is open (marked as interrupted, if it had not ended),
    /// and ends. Waits for the disk.
    pub fn stop(self) {
        // An error means that the writer is gone, and with it what there was to stop.
        drop(self.sender.orders.send(Order::Stop));
        self.writer.thread().unpark();
        for thread in [self.writer, self.finisher] {
            if thread.join().is_err() {
                tracing::error!("a thread of the vault had failed; the next start repairs");
            }
        }
    }
}

impl Sender {
    /// A segment begins. Handed back if the vault is hopelessly behind: the recording is lost.
    #[expect(
        clippy::result_large_err,
        reason = "it is the segment that is handed back"
    )]
    pub fn begin(&self, segment: Segment) -> Result<(), Segment> {
        self.room.orders.fetch_add(1, Ordering::Relaxed);
        let Err(error) = self.orders.try_send(Order::Begin(Box::new(segment))) else {
            return Ok(());
        };
        self.room.orders.fetch_sub(1, Ordering::Relaxed);
        match unsent(error) {
            Order::Begin(segment) => Err(*segment),
            Order::Chunk(_) | Order::Stop => Ok(()),
        }
    }

    /// A piece of sound, or the end of a file. Sound that finds no room is handed back and may be
    /// dropped: its file is marked. An end that finds none must be sent again.
    pub fn try_send(&self, chunk: Chunk) -> Result<(), Chunk> {
        let (limit, samples) = match &chunk {
            Chunk::Samples { .. } | Chunk::Picture { .. } => (ORDERS - RESERVED, size(&chunk)),
            Chunk::End { .. } => (ORDERS, 0),
        };
        let orders = self.room.orders.fetch_add(1, Ordering::Relaxed);
        let waiting = self.room.samples.fetch_add(samples, Ordering::Relaxed);
        let refused = if orders < limit && waiting + samples <= SAMPLES {
            match self.orders.try_send(Order::Chunk(chunk)) {
                Ok(()) => return Ok(()),
                Err(error) => unsent(error),
            }
        } else {
            Order::Chunk(chunk)
        };
        self.room.orders.fetch_sub(1, Ordering::Relaxed);
        self.room.samples.fetch_sub(samples, Ordering::Relaxed);
        match refused {
            Order::Chunk(chunk) => {
                if let Chunk::Samples { recording, .. } | Chunk::Picture { recording, .. } = &chunk
                {
                    lock(&self.room.lost).insert(*recording);
                }
                Err(chunk)
            }
            Order::Begin(_) | Order::Stop => Ok(()),
        }
    }

    /// Orders that the writer has not read yet.
    pub fn backlog(&self) -> usize {
        self.room.orders.load(Ordering::Relaxed)
    }
}

/// The room that a chunk takes, in samples of 2 bytes.
fn size(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Samples { samples, .. } => samples.len(),
        Chunk::Picture { picture, .. } => picture.bytes.len() / 2,
        Chunk::End { .. } => 0,
    }
}

/// What was sent comes back.
fn unsent(error: TrySendError<Order>) -> Order {
    match error {
        TrySendError::Full(order) | TrySendError::Disconnected(order) => order,
    }
}

impl Room {
    /// An order has left the queue.
    fn taken(&self, order: &Order) {
        match order {
            Order::Chunk(chunk) => {
                self.orders.fetch_sub(1, Ordering::Relaxed);
                self.samples.fetch_sub(size(chunk), Ordering::Relaxed);
            }
            Order::Begin(_) => {
                self.orders.fetch_sub(1, Ordering::Relaxed);
            }
            Order::Stop => {}
        }
    }
}

/// A lock whose holders cannot leave half-done work behind: a panic in one changes nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writer's thread. It looks for orders ten times a second instead of waiting for them, so
/// that no sender ever has to wake it.
fn write(inbox: &Receiver<Order>, room: &Room, mut writer: Writer, jobs: &mpsc::Sender<Job>) {
    let mut new = vec![];
    loop {
        let mut stop = false;
        while !stop {
            let order = match inbox.try_recv() {
                Ok(order) => order,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => Order::Stop,
            };
            stop = matches!(order, Order::Stop);
            room.taken(&order);
            writer.handle(Instant::now(), order, &mut new);
        }
        writer.tick(Instant::now(), &mut new);
        new.extend(stop.then_some(Job::Stop));
        for job in new.drain(..) {
            if jobs.send(job).is_err() {
                tracing::error!("the vault's finisher is gone; the next start repairs");
            }
        }
        if stop {
            return;
        }
        thread::park_timeout(TICK);
    }
}

/// The finisher's thread: first what an earlier run left, then what the writer hands over.
fn finish_all(
    root: &std::path::Path,
    found: Found,
    work: &Receiver<Job>,
    keys: Option<&Keys>,
    mut keep: Box<Keep>,
    health: &Mutex<Health>,
) {
    let keep = &mut *keep;
    let mut failed = repair::repair(root, found, keys, keep, &mut |event| {
        lock(health).tell(event)
    });
    lock(health).unfinished = failed.len();
    let mut retry = Instant::now() + RETRY;
    loop {
        let job = work.recv_timeout(retry.saturating_duration_since(Instant::now()));
        if Instant::now() >= retry {
            failed.retain(|(files, journal)| !finish_one(files, journal, keys, keep, health));
            lock(health).unfinished = failed.len();
            retry = Instant::now() + RETRY;
        }
        let job = match job {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match job {
            Job::Finish(files, journal) => {
                if !finish_one(&files, &journal, keys, keep, health) {
                    failed.push((files, *journal));
                    lock(health).unfinished = failed.len();
                }
            }
            Job::Sync(path, file, syncing) => {
                if let Err(error) = file.sync_data() {
                    syncing.failed.store(true, Ordering::Relaxed);
                    lock(health).failed(Instant::now(), &path, &error);
                }
                syncing.asked.store(false, Ordering::Relaxed);
            }
            Job::Stop => {
                failed.retain(|(files, journal)| !finish_one(files, journal, keys, keep, health));
                return;
            }
        }
    }
}

/// Whoever puts recordings into the records.
type Keep = dyn FnMut(&Recorded) -> bool + Send;

/// Whether it is finished; if not, its journal keeps it for the next try or the next start.
fn finish_one(
    files: &journal::Files,
    journal: &journal::Journal,
    keys: Option<&Keys>,
    keep: &mut Keep,
    health: &Mutex<Health>,
) -> bool {
    match finish::finish(files, journal, keys) {
        Ok(recorded) => {
            if !keep(&recorded) {
                let call = recorded.call;
                tracing::warn!(%call, "a recording cannot be put into the records yet");
                return false;
            }
            if let Err(error) = finish::settle(files, &journal.segment) {
                lock(health).failed(Instant::now(), &files.journal(), &format!("{error:#}"));
                return false;
            }
            let mut health = lock(health);
            health.written(Instant::now());
            health.tell(Event::Recorded(recorded));
            true
        }
        Err(error) => {
            let error = format!("{error:#}");
            if files.are_gone(&journal.segment) {
                let call = journal.segment.call;
                tracing::error!(%call, error, "a recording is lost: somebody removed its files");
                return true;
            }
            lock(health).failed(Instant::now(), &files.journal(), &error);
            false
        }
    }
}

//! The store's thread: records into the spool as they come, from the spool into the database in
//! batches, and questions answered in between.
//!
//! Two tasks share a desk: one empties the queue, whatever the database does; the other carries
//! records over and may wait for the database.

use super::database::Database;
use super::ledger::Ledger;
use super::spool::{Batch, Spool};
use super::{Event, Record, Request, Shared, reply};
use crate::call::record::{Conversation, Recorded};
use crate::id::CallId;
use anyhow::Context as _;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

/// How long records gather for one transaction.
const GATHER: Duration = Duration::from_millis(200);
/// How long they gather for one look at the queue: a wake-up for each would cost more than it does.
const REST: Duration = Duration::from_millis(10);
/// How long the database is left alone after it failed.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long the database may take for the last records when the store is stopped.
const LAST_RECORDS: Duration = Duration::from_secs(5);
/// How many questions may wait at once.
const QUESTIONS: usize = 256;

/// Opens everything, so that what is wrong is said at once, and starts the thread.
pub(super) fn start(
    path: &Path,
    inbox: mpsc::Receiver<Request>,
    shared: Arc<Shared>,
    report: impl FnMut(Event) + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("the store's runtime")?;
    let database = runtime.block_on(Database::open(path))?;
    let spool_path = path.with_extension("spool.jsonl");
    let alive = Spool::last_touched(&spool_path);
    let (spool, left) = Spool::open(&spool_path, database.known())
        .with_context(|| format!("the spool {} cannot be opened", spool_path.display()))?;
    let ledger_path = path.with_file_name("calls.jsonl");
    let ledger = Ledger::open(&ledger_path, spool.length()).with_context(|| {
        format!(
            "the call records {} cannot be opened",
            ledger_path.display()
        )
    })?;
    shared.written.fetch_add(left, Relaxed);
    let desk = Desk {
        spool,
        alive,
        mark: None,
        questions: VecDeque::new(),
        stopping: None,
        shared,
        report: Box::new(report),
    };
    let carrier = Carrier {
        path: path.to_owned(),
        known: database.known(),
        database: Some(database),
        ledger,
        failing: false,
    };
    let thread = std::thread::Builder::new().name("store".to_owned());
    let work = move || {
        let (desk, news) = (RefCell::new(desk), Notify::new());
        runtime.block_on(async {
            tokio::join!(take_in(inbox, &desk, &news), carry(carrier, &desk, &news));
        });
    };
    thread.spawn(work).context("the store's thread")
}

/// What both tasks work on. Never borrowed across an await.
struct Desk {
    spool: Spool,
    /// When the process before this one was last known to live.
    alive: Option<Timestamp>,
    /// Conversations without an end at this number of the spool end at this time.
    mark: Option<(u64, Timestamp)>,
    questions: VecDeque<Question>,
    /// Since when the store is being stopped.
    stopping: Option<Instant>,
    shared: Arc<Shared>,
    report: Box<dyn FnMut(Event) + Send>,
}

/// Something asked, answered when the database knows what was written before.
struct Question {
    after: u64,
    what: Ask,
}

enum Ask {
    Conversations(u32, reply::SyncSender<anyhow::Result<Vec<Conversation>>>),
    Recordings(CallId, reply::SyncSender<anyhow::Result<Vec<Recorded>>>),
    Flush(reply::SyncSender<()>),
}

impl Desk {
    fn take(&mut self, request: Request) {
        match request {
            Request::Write(record) => self.write(&finite(record)),
            Request::Interrupted(now) => {
                let ended = self.alive.map_or(now, |alive| alive.min(now));
                self.mark = Some((self.spool.last(), ended));
            }
            Request::Conversations(limit, to) => self.ask(Ask::Conversations(limit, to)),
            Request::Recordings(call, to) => self.ask(Ask::Recordings(call, to)),
            Request::Flush(to) => self.ask(Ask::Flush(to)),
        }
    }

    fn write(&mut self, record: &Record) {
        if self.spool.push(record).is_err() {
            self.shared.settled.fetch_add(1, Relaxed);
            (self.report)(Event::Lost { records: 1 });
        }
    }

    /// Too many questions at once: the oldest is dropped, which its asker hears at once.
    fn ask(&mut self, what: Ask) {
        if self.questions.len() == QUESTIONS {
            self.questions.pop_front();
        }
        let after = self.spool.last();
        self.questions.push_back(Question { after, what });
    }

    fn report_refused(&mut self) {
        let records = self.shared.refused.swap(0, Relaxed);
        if records > 0 {
            (self.report)(Event::Lost { records });
        }
    }

    /// A question whose time has come. While the database fails, only flushing waits.
    fn question(&mut self, known: u64, failing: bool) -> Option<Ask> {
        let marked = self.mark.is_some();
        let due = |question: &Question| match question.what {
            Ask::Flush(_) => question.after <= known && !marked,
            Ask::Conversations(..) | Ask::Recordings(..) => {
                failing || (question.after <= known && !marked)
            }
        };
        let at = self.questions.iter().position(due)?;
        self.questions.remove(at).map(|question| question.what)
    }

    fn is_done(&self, known: u64) -> bool {
        self.spool.last() <= known && self.mark.is_none()
    }
}

/// Numbers that JSON and SQL do not know would lose the whole record.
fn finite(mut record: Record) -> Record {
    if let Record::Conversation(conversation) = &mut record {
        for leg in &mut conversation.legs {
            if !leg.quality.jitter_ms.is_finite() {
                leg.quality.jitter_ms = 0.0;
            }
            leg.quality.round_trip_ms = leg.quality.round_trip_ms.filter(|ms| ms.is_finite());
        }
    }
    record
}

async fn take_in(mut inbox: mpsc::Receiver<Request>, desk: &RefCell<Desk>, news: &Notify) {
    let mut touched = Instant::now();
    loop {
        if touched.elapsed() >= BACK_OFF {
            desk.borrow().spool.touch();
            touched = Instant::now();
        }
        match timeout(BACK_OFF, inbox.recv()).await {
            Ok(Some(request)) => {
                desk.borrow_mut().take(request);
                while let Ok(request) = inbox.try_recv() {
                    desk.borrow_mut().take(request);
                }
                desk.borrow_mut().report_refused();
            }
            // The handle is gone, and nothing is left of what it wrote.
            Ok(None) => desk.borrow_mut().stopping = Some(Instant::now()),
            Err(_) => desk.borrow_mut().spool.retry(),
        }
        news.notify_one();
        if desk.borrow().stopping.is_some() {
            return;
        }
        if desk.borrow().questions.is_empty() {
            sleep(REST).await;
        }
    }
}

/// Carries records from the spool to the database.
struct Carrier {
    path: PathBuf,
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    /// The number of the last record known to be in the database.
    known: u64,
    ledger: Ledger,
    failing: bool,
}

async fn carry(mut carrier: Carrier, desk: &RefCell<Desk>, news: &Notify) {
    loop {
        let moved = carrier.carry_all(desk).await;
        carrier.tell(desk, &moved);
        carrier.answer(desk).await;
        let stopping = desk.borrow().stopping;
        match stopping {
            Some(since) => {
                let done = desk.borrow().is_done(carrier.known);
                if done || since.elapsed() > LAST_RECORDS {
                    break;
                }
                desk.borrow_mut().spool.retry();
                sleep(GATHER).await;
            }
            None if moved.is_err() => {
                // What is spooled may have to last: see that it does.
                if let Err(error) = desk.borrow().spool.sync() {
                    tracing::warn!(%error, "the spool cannot be synced");
                }
                sleep(BACK_OFF).await;
            }
            None => {
                news.notified().await;
                if desk.borrow().questions.is_empty() {
                    sleep(GATHER).await;
                }
            }
        }
    }
    if let Some(database) = carrier.database
        && let Err(error) = database.close().await
    {
        tracing::warn!(%error, "the database was not closed in order");
    }
}

impl Carrier {
    /// Carries over all there is. After a failure the connection is given up.
    async fn carry_all(&mut self, desk: &RefCell<Desk>) -> anyhow::Result<()> {
        let mut database = match self.database.take() {
            Some(database) => database,
            None => Database::open(&self.path).await?,
        };
        if !database.is_in_place() {
            tracing::error!(path = %self.path.display(), "somebody removed or replaced the database");
            if let Err(error) = database.restore().await {
                // In it is all that there is: it stays open until it has found a place.
                self.database = Some(database);
                return Err(error.context("the database was removed, and cannot be written anew"));
            }
            drop(database.close().await);
            database = Database::open(&self.path).await?;
        }
        loop {
            self.known = database.known();
            let batch = {
                let desk = desk.borrow();
                let limit = desk.mark.map_or(u64::MAX, |(number, _)| number);
                desk.spool.batch(self.known, limit)?
            };
            let mark = desk.borrow().mark;
            match (batch, mark) {
                (Some(batch), _) => {
                    if let Some(last) = batch.last {
                        database
                            .apply(&batch.records, last, &mut self.ledger)
                            .await?;
                    }
                    settle(desk, &batch);
                }
                (None, Some((_, now))) => {
                    let calls = database.interrupt(now, &mut self.ledger).await?;
                    let mut desk = desk.borrow_mut();
                    desk.mark = None;
                    if calls > 0 {
                        (desk.report)(Event::Interrupted { calls });
                    }
                }
                (None, None) => break,
            }
        }
        self.database = Some(database);
        Ok(())
    }

    fn tell(&mut self, desk: &RefCell<Desk>, moved: &anyhow::Result<()>) {
        let mut desk = desk.borrow_mut();
        let event = match moved {
            Ok(()) if self.failing => Event::Recovered,
            Err(why) if !self.failing => Event::Failing {
                why: format!("{why:#}"),
            },
            Ok(()) | Err(_) => return,
        };
        self.failing = moved.is_err();
        desk.shared.failing.store(self.failing, Relaxed);
        (desk.report)(event);
    }

    async fn answer(&mut self, desk: &RefCell<Desk>) {
        loop {
            let question = desk.borrow_mut().question(self.known, self.failing);
            let Some(question) = question else {
                return;
            };
            // Whoever asked may have stopped waiting: then nobody hears the answer.
            match question {
                Ask::Conversations(limit, to) => {
                    let _ = to.send(self.conversations(limit).await);
                }
                Ask::Recordings(call, to) => {
                    let _ = to.send(self.recordings(call).await);
                }
                Ask::Flush(to) => {
                    let _ = to.send(());
                }
            }
        }
    }

    async fn conversations(&mut self, limit: u32) -> anyhow::Result<Vec<Conversation>> {
        self.open().await?.conversations(limit).await
    }

    async fn recordings(&mut self, call: CallId) -> anyhow::Result<Vec<Recorded>> {
        self.open().await?.recordings(call).await
    }

    async fn open(&mut self) -> anyhow::Result<&mut Database> {
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::open(&self.path).await?,
        };
        Ok(self.database.insert(database))
    }
}

fn settle(desk: &RefCell<Desk>, batch: &Batch) {
    let mut desk = desk.borrow_mut();
    desk.spool.taken(batch);
    let records = batch.records.len() as u64;
    desk.shared.settled.fetch_add(records, Relaxed);
    if batch.unreadable > 0 {
        let records = batch.unreadable;
        (desk.report)(Event::Lost { records });
    }
}

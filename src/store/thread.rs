//! The store's thread: records into the spool as they come, from the spool into the database in
//! batches, and questions answered in between.
//!
//! Two tasks share a desk: one empties the queue, whatever the database does; the other carries
//! records over and may wait for the database.

use super::database::Database;
use super::ledger::Ledger;
use super::place::Place;
use super::spool::{Batch, Spool};
use super::{Event, Record, Request, Shared, Work, call_links, events, reply};
use crate::id::CallbackId;
use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
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
/// How often events are looked through for what is too old.
const FORGET: Duration = Duration::from_secs(600);
/// How many questions may wait at once.
const QUESTIONS: usize = 256;

/// Opens everything, so that what is wrong is said at once, and starts the thread.
pub(super) fn start(
    place: &Place,
    inbox: mpsc::Receiver<Request>,
    shared: Arc<Shared>,
    report: impl FnMut(Event) + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the store's runtime")?;
    let database = runtime.block_on(Database::open(place))?;
    let spool_path = place.file("cordboard.spool.jsonl");
    let alive = Spool::last_touched(&spool_path);
    let (spool, left) = Spool::open(&spool_path, database.known())
        .with_context(|| format!("the spool {} cannot be opened", spool_path.display()))?;
    let ledger_path = place.file("calls.jsonl");
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
        promised: BTreeMap::new(),
        stopping: None,
        shared,
        report: Box::new(report),
    };
    let carrier = Carrier {
        place: place.clone(),
        known: database.known(),
        database: Some(database),
        ledger,
        failing: false,
        away: None,
        forgot: None,
    };
    let thread = std::thread::Builder::new().name("store".to_owned());
    let work = move || {
        let (desk, news) = (RefCell::new(desk), News::default());
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
    /// Callbacks that were written and are not on the disk yet, with their revisions.
    promised: BTreeMap<CallbackId, u64>,
    /// Since when the store is being stopped.
    stopping: Option<Instant>,
    shared: Arc<Shared>,
    report: Box<dyn FnMut(Event) + Send>,
}

/// What the carrier is woken by.
#[derive(Default)]
struct News {
    /// Something came, or a second has passed.
    any: Notify,
    /// Somebody waits for an answer.
    asked: Notify,
}

/// Something asked, answered when the database knows what was written before.
struct Question {
    after: u64,
    what: Ask,
}

enum Ask {
    Work(Work),
    Flush(reply::SyncSender<()>),
}

impl Desk {
    fn take(&mut self, request: Request) {
        match request {
            Request::Write(record) => drop(self.write(&finite(record))),
            Request::Keep(record, to) => {
                let kept = self.write(&finite(record));
                self.spool.write();
                let kept = kept && self.spool.is_whole();
                // Whoever asked may have stopped waiting: then it is written again.
                let _ = to.send(kept && self.spool.sync().is_ok());
            }
            Request::Interrupted(now) => {
                let ended = self.alive.map_or(now, |alive| alive.min(now));
                self.mark = Some((self.spool.last(), ended));
            }
            Request::Work(work) => self.ask(work.after_all, Ask::Work(work)),
            Request::Flush(to) => self.ask(true, Ask::Flush(to)),
        }
    }

    /// Whether it is not lost.
    fn write(&mut self, record: &Record) -> bool {
        let lost = self.spool.push(record).is_err();
        if lost {
            self.shared.settled.fetch_add(1, Relaxed);
            (self.report)(Event::Lost { records: 1 });
        }
        if let Record::Callback(callback) = record {
            let (id, revision) = (callback.id, callback.revision);
            match lost {
                true => (self.report)(Event::Stored {
                    id,
                    revision,
                    stored: false,
                }),
                false => drop(self.promised.insert(id, revision)),
            }
        }
        !lost
    }

    /// Confirms what was promised, once it would survive even a power cut.
    fn confirm(&mut self) {
        if self.promised.is_empty() || !self.spool.is_whole() {
            return;
        }
        if let Err(error) = self.spool.sync() {
            tracing::warn!(%error, "the spool cannot be synced: callbacks cannot be confirmed");
            return;
        }
        for (id, revision) in std::mem::take(&mut self.promised) {
            (self.report)(Event::Stored {
                id,
                revision,
                stored: true,
            });
        }
    }

    /// Too many questions at once: the oldest is dropped, which its asker hears at once.
    fn ask(&mut self, after_all: bool, what: Ask) {
        if self.questions.len() == QUESTIONS {
            self.questions.pop_front();
        }
        let after = if after_all { self.spool.last() } else { 0 };
        self.questions.push_back(Question { after, what });
    }

    fn report_refused(&mut self) {
        let records = self.shared.refused.swap(0, Relaxed);
        if records > 0 {
            (self.report)(Event::Lost { records });
        }
        let broken = self.shared.broken.lock();
        let broken = std::mem::take(&mut *broken.unwrap_or_else(PoisonError::into_inner));
        for (id, revision) in broken {
            (self.report)(Event::Stored {
                id,
                revision,
                stored: false,
            });
        }
    }

    /// A question whose time has come. While the database fails, only flushing waits.
    fn question(&mut self, known: u64, failing: bool) -> Option<Ask> {
        let marked = self.mark.is_some();
        let due = |question: &Question| {
            let caught_up = question.after == 0 || (question.after <= known && !marked);
            match question.what {
                Ask::Flush(_) => question.after <= known && !marked,
                Ask::Work(_) => failing || caught_up,
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

async fn take_in(mut inbox: mpsc::Receiver<Request>, desk: &RefCell<Desk>, news: &News) {
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
                desk.borrow_mut().spool.write();
                desk.borrow_mut().report_refused();
                desk.borrow_mut().confirm();
            }
            // The handle is gone, and nothing is left of what it wrote.
            Ok(None) => desk.borrow_mut().stopping = Some(Instant::now()),
            Err(_) => {
                desk.borrow_mut().spool.write();
                desk.borrow_mut().report_refused();
                desk.borrow_mut().confirm();
            }
        }
        news.any.notify_one();
        if !desk.borrow().questions.is_empty() {
            news.asked.notify_one();
        }
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
    place: Place,
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    /// The number of the last record known to be in the database.
    known: u64,
    ledger: Ledger,
    failing: bool,
    /// Why the database could not be opened the last time.
    away: Option<String>,
    /// When events were last looked through for what is too old.
    forgot: Option<Instant>,
}

async fn carry(mut carrier: Carrier, desk: &RefCell<Desk>, news: &News) {
    loop {
        let moved = carrier.carry_some(desk).await;
        carrier.tell(desk, &moved);
        carrier.answer(desk).await;
        let stopping = desk.borrow().stopping;
        match (stopping, moved) {
            (Some(since), moved) => {
                let done = desk.borrow().is_done(carrier.known);
                if done || since.elapsed() > LAST_RECORDS {
                    break;
                }
                if !matches!(moved, Ok(true)) {
                    desk.borrow_mut().spool.write();
                    sleep(GATHER).await;
                }
            }
            (None, Ok(true)) => {}
            (None, Err(_)) => {
                // What is spooled may have to last: see that it does.
                if let Err(error) = desk.borrow().spool.sync() {
                    tracing::warn!(%error, "the spool cannot be synced");
                }
                carrier.rest(desk, news).await;
            }
            (None, Ok(false)) => {
                news.any.notified().await;
                if desk.borrow().questions.is_empty() {
                    // Whoever asks something does not wait for others' records to gather.
                    drop(timeout(GATHER, news.asked.notified()).await);
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
    /// Carries over a batch; says whether there may be more. After a failure the connection is given up.
    async fn carry_some(&mut self, desk: &RefCell<Desk>) -> anyhow::Result<bool> {
        let mut database = self.take().await?;
        if !database.link.is_alive().await {
            // Its server was started anew, perhaps.
            database = Database::open(&self.place).await?;
        }
        if !database.is_in_place() {
            tracing::error!("somebody removed or replaced {}", self.place);
            if let Err(error) = database.restore().await {
                // In it is all that there is: it stays open until it has found a place.
                self.database = Some(database);
                return Err(error.context("the database was removed, and cannot be written anew"));
            }
            drop(database.close().await);
            database = Database::open(&self.place).await?;
        }
        self.known = database.known();
        let batch = {
            let desk = desk.borrow();
            let limit = desk.mark.map_or(u64::MAX, |(number, _)| number);
            desk.spool.batch(self.known, limit)?
        };
        let mark = desk.borrow().mark;
        let more = batch.is_some() || mark.is_some();
        match (batch, mark) {
            (Some(batch), _) => {
                if let Some(last) = batch.last {
                    database
                        .apply(&batch.records, last, &mut self.ledger)
                        .await?;
                }
                settle(desk, &batch);
                self.known = database.known();
            }
            (None, Some((_, now))) => {
                let calls = database.interrupt(now, &mut self.ledger).await?;
                let mut desk = desk.borrow_mut();
                desk.mark = None;
                if calls > 0 {
                    (desk.report)(Event::Interrupted { calls });
                }
            }
            (None, None) => self.forget(&mut database).await?,
        }
        self.database = Some(database);
        Ok(more)
    }

    /// Forgets old events, from time to time, when there is nothing else to do.
    async fn forget(&mut self, database: &mut Database) -> anyhow::Result<()> {
        if self.forgot.is_some_and(|forgot| forgot.elapsed() < FORGET) {
            return Ok(());
        }
        self.forgot = Some(Instant::now());
        call_links::forget(database, Timestamp::now()).await?;
        events::forget(database, Timestamp::now()).await
    }

    /// Leaves the database alone for a while. Whoever asks is answered meanwhile.
    async fn rest(&mut self, desk: &RefCell<Desk>, news: &News) {
        let until = Instant::now() + BACK_OFF;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || timeout(left, news.asked.notified()).await.is_err() {
                return;
            }
            self.answer(desk).await;
        }
    }

    fn tell(&mut self, desk: &RefCell<Desk>, moved: &anyhow::Result<bool>) {
        let mut desk = desk.borrow_mut();
        let event = match moved {
            Ok(_) if self.failing => Event::Recovered,
            Err(why) if !self.failing => Event::Failing {
                why: format!("{why:#}"),
            },
            Ok(_) | Err(_) => return,
        };
        self.failing = moved.is_err();
        desk.shared.failing.store(self.failing, Relaxed);
        (desk.report)(event);
    }

    async fn answer(&mut self, desk: &RefCell<Desk>) {
        loop {
            let question = desk.borrow_mut().question(self.known, self.failing);
            match question {
                Some(Ask::Work(work)) => self.do_it(work).await,
                // Whoever asked may have stopped waiting: then nobody hears the answer.
                Some(Ask::Flush(to)) => {
                    let _ = to.send(());
                }
                None => return,
            }
        }
    }

    /// Does what is asked, unless nobody waits for it any more: they have been told that it failed.
    async fn do_it(&mut self, work: Work) {
        let left = work.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let place = self.place.clone();
        let away = match (&self.database, &self.away) {
            // A server far away is not waited for by each who asks.
            (None, Some(why)) if matches!(place, Place::Postgres { .. }) => Some(anyhow!("{why}")),
            (Some(_) | None, _) => None,
        };
        if let Some(away) = away {
            (work.work)(Err(away)).await;
            return;
        }
        match self.take().await {
            Ok(mut database) => {
                // One that was left in the midst of something is not used again.
                let done = timeout(left, (work.work)(Ok(&mut database))).await;
                if done.is_ok() && !database.is_broken() {
                    self.database = Some(database);
                }
            }
            Err(away) => (work.work)(Err(away)).await,
        }
    }

    async fn take(&mut self) -> anyhow::Result<Database> {
        let database = match self.database.take() {
            Some(database) => Ok(database),
            None => Database::open(&self.place).await,
        };
        self.away = database.as_ref().err().map(|why| format!("{why:#}"));
        database
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

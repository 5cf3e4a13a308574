//! Speech while calls are up: threads that may wait for an engine, so that nobody else does (F23).
//!
//! What callers wait for goes through a bounded queue; what they may need later is spoken into the
//! cache by one more thread, which nobody waits for.

use super::{Catalogue, SoundError};
use crate::settings::Utterance;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Threads that speak what callers wait for.
const THREADS: usize = 2;
/// What may wait for them.
const QUEUE: usize = 64;
/// What has waited for so long is not wanted any more.
const STALE: Duration = Duration::from_secs(5);
/// What may be spoken ahead; the rest is spoken when it is wanted.
const MAX_AHEAD: usize = 5_000;

/// What is told of a sentence: its sound, mono, 8000 samples a second.
type Done = Box<dyn FnOnce(Result<Vec<i16>, SoundError>) + Send>;

/// Threads that speak.
#[derive(Debug)]
pub struct Pool {
    jobs: Option<SyncSender<Job>>,
    ahead: Arc<Ahead>,
    threads: Vec<JoinHandle<()>>,
}

struct Job {
    utterance: Utterance,
    asked: Instant,
    done: Done,
}

/// What is spoken ahead.
#[derive(Debug, Default)]
struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    utterances: VecDeque<Utterance>,
    stopped: bool,
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn start(catalogue: &Arc<Catalogue>) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let ahead = Arc::new(Ahead::default());
        let mut threads = vec![];
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        for _ in 0..THREADS {
            let (queue, catalogue) = (queue.clone(), catalogue.clone());
            threads.push(named("speech").spawn(move || work(&queue, &catalogue))?);
        }
        let (tasks, catalogue) = (ahead.clone(), catalogue.clone());
        threads.push(named("speech ahead").spawn(move || tasks.work(&catalogue))?);
        Ok(Self {
            jobs: Some(jobs),
            ahead,
            threads,
        })
    }

    /// Speaks, and tells what came of it on a thread of the pool; at once where the queue is full.
    pub fn speak(
        &self,
        utterance: Utterance,
        done: impl FnOnce(Result<Vec<i16>, SoundError>) + Send + 'static,
    ) {
        let job = Job {
            utterance,
            asked: Instant::now(),
            done: Box::new(done),
        };
        let refused = match &self.jobs {
            Some(jobs) => jobs.try_send(job).err(),
            None => Some(TrySendError::Disconnected(job)),
        };
        if let Some(TrySendError::Full(job) | TrySendError::Disconnected(job)) = refused {
            (job.done)(Err(SoundError::Busy));
        }
    }

    /// Speaks all this into the cache when there is time, instead of what was left to speak ahead.
    pub fn prepare(&self, utterances: impl IntoIterator<Item = Utterance>) {
        self.ahead.state().utterances = utterances.into_iter().take(MAX_AHEAD).collect();
        self.ahead.changed.notify_all();
    }

    /// Ends the threads: what is being spoken is spoken to its end.
    pub fn stop(mut self) {
        self.end();
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }

    fn end(&mut self) {
        self.jobs = None;
        self.ahead.state().stopped = true;
        self.ahead.changed.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end();
    }
}

impl Ahead {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, catalogue: &Catalogue) {
        while let Some(utterance) = self.next() {
            if let Err(why) = try_to(catalogue, &utterance) {
                tracing::warn!(voice = utterance.voice, %why, "not spoken ahead");
            }
        }
    }

    fn next(&self) -> Option<Utterance> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(next) = state.utterances.pop_front() {
                return Some(next);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One thread of those that callers wait for.
fn work(queue: &Mutex<Receiver<Job>>, catalogue: &Catalogue) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        let spoken = match job.asked.elapsed() {
            waited if waited > STALE => Err(SoundError::Busy),
            _ => try_to(catalogue, &job.utterance),
        };
        (job.done)(spoken);
    }
}

/// A fault of ours costs one sentence.
fn try_to(catalogue: &Catalogue, utterance: &Utterance) -> Result<Vec<i16>, SoundError> {
    let speaking = catch_unwind(AssertUnwindSafe(|| catalogue.speak(utterance)));
    speaking.unwrap_or_else(|_| Err(SoundError::EngineFailed("it gave up".to_owned())))
}

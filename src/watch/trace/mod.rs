//! What SIP said: the messages of every call, kept for a while to be looked at (B13).
//!
//! ```text
//!   control thread               trace thread                          whoever asks
//!   Tap ── batch ──▶ pending ──▶ secrets covered ──▶ archive of stories ──▶ Ladder, pcapng
//!                                              └───▶ HEP: a capture server
//! ```
//!
//! The control thread copies and does no more; five times a second the trace thread takes in what
//! has passed, and whoever asks takes in the rest. Secrets, keys and digits are covered on the way
//! in ([`mask`]), so that nothing that is kept, shown, exported or sent has them.
//!
//! A story is all that was said under the Call-IDs of one call, as the switch tells which they are,
//! or under one Call-ID that led to no call: a refused INVITE, a REGISTER, a scanner's OPTIONS.
//! Everything is bounded: a story (its middle goes), all stories together (the first that ended
//! goes), what waits to be taken in (it is dropped, and counted).
//!
//! Times are those at which the control thread took a message or gave it away. A connection that
//! we opened is shown with the address of its listener.

mod archive;
mod brief;
mod draw;
mod hep;
mod ladder;
mod mask;
mod pcap;
mod story;
mod tap;

pub use draw::Look;
pub use hep::HepSettings;
pub use ladder::{Entry, Ladder, Part, Party, Step};
pub use tap::Tap;

use crate::clock::Clock;
use crate::id::CallId;
use crate::watch::metrics;
use archive::Archive;
use hep::Hep;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use story::{Bounds, Message, Story};
use tap::{Batch, Note};

/// What is kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// After the end of a call; of what led to no call, after its last message.
    pub keep: Duration,
    /// How many messages of one call: of more, the middle goes.
    pub messages: usize,
    /// How many bytes of one call.
    pub bytes: usize,
    /// What all that is kept may take, in bytes.
    pub memory: usize,
    /// Where messages are sent besides; `None`: nowhere.
    pub hep: Option<HepSettings>,
}

/// A story of those that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// That of a call.
    Call(CallId),
    /// That in which this Call-ID was used.
    SipCallId(String),
    /// That of the call that began last.
    Last,
}

impl Which {
    /// `last`, the id of a call, or else a Call-ID.
    pub fn parse(text: &str) -> Self {
        match (text, CallId::parse(text)) {
            ("last", _) => Self::Last,
            (_, Some(call)) => Self::Call(call),
            (name, None) => Self::SipCallId(name.to_owned()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(3_600),
            messages: 200,
            bytes: 256 << 10,
            memory: 32 << 20,
            hep: None,
        }
    }
}

/// What SIP said, and may be asked for; shared by all who look.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Shared>);

/// What the threads share.
#[derive(Debug)]
struct Shared {
    /// Taken for a copy at a time, by the control thread too.
    pending: Mutex<Batch>,
    desk: Mutex<Desk>,
    leave: AtomicBool,
}

/// Where messages are taken in: by one at a time.
#[derive(Debug)]
struct Desk {
    archive: Archive,
    hep: Option<Hep>,
    /// Our address at each listener.
    places: Vec<SocketAddr>,
    /// The last number given to a message.
    last: u64,
    dropped: u64,
}

/// How often what has passed is taken in: often enough for a capture server to look live.
const ROUND: Duration = Duration::from_millis(200);

/// The trace thread.
#[derive(Debug)]
pub struct Clerk {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Trace {
    /// Keeps what `settings` say. `places` are our addresses, by the number of the listener.
    pub fn new(settings: &Settings, places: Vec<SocketAddr>) -> Self {
        let bounds = Bounds {
            messages: settings.messages,
            bytes: settings.bytes,
        };
        let desk = Desk {
            archive: Archive::new(bounds, settings.keep, settings.memory),
            hep: None,
            places,
            last: 0,
            dropped: 0,
        };
        Self(Arc::new(Shared {
            pending: Mutex::default(),
            desk: Mutex::new(desk),
            leave: AtomicBool::new(false),
        }))
    }

    /// Also sends to a capture server what is taken in.
    ///
    /// # Errors
    /// If the system gives no socket.
    pub fn with_hep(self, settings: &HepSettings) -> std::io::Result<Self> {
        let hep = Hep::start(settings.clone())?;
        self.lock().hep = Some(hep);
        Ok(self)
    }

    /// The end for the control thread.
    pub fn tap(&self) -> Tap {
        Tap::into(self.0.clone())
    }

    /// Starts the thread that takes in what has passed.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(&self) -> std::io::Result<Clerk> {
        let shared = self.0.clone();
        let trace = self.clone();
        let builder = std::thread::Builder::new().name("trace".into());
        let thread = builder.spawn(move || {
            while !trace.0.leave.load(Ordering::Acquire) {
                trace.take_in(&Clock::new(Instant::now(), Timestamp::now()));
                trace.show();
                std::thread::park_timeout(ROUND);
            }
            trace.take_in(&Clock::new(Instant::now(), Timestamp::now()));
        })?;
        Ok(Clerk { shared, thread })
    }

    /// Takes in what has passed, with what the wall clock showed, and forgets what is too old.
    pub fn take_in(&self, clock: &Clock) {
        drop(self.desk(clock));
    }

    /// The numbers for whoever watches.
    fn show(&self) {
        let desk = self.lock();
        metrics::TRACE_CALLS.set(desk.archive.calls() as f64);
        metrics::TRACE_BYTES.set(desk.archive.size() as f64);
        metrics::TRACE_DROPPED.total(desk.dropped);
        if let Some(hep) = &desk.hep {
            metrics::HEP_SENT.total(hep.sent);
            metrics::HEP_DROPPED.total(hep.dropped);
        }
    }

    /// What was said in a call, or under a Call-ID.
    pub fn ladder(&self, clock: &Clock, which: &Which) -> Option<Ladder> {
        self.desk(clock).find(which).map(Ladder::of)
    }

    /// The same as a capture file: pcapng.
    pub fn pcap(&self, clock: &Clock, which: &Which) -> Option<Vec<u8>> {
        let desk = self.desk(clock);
        let story = desk.find(which)?;
        let what = match story.call {
            Some(call) => format!("SIP of call {call}"),
            None => "SIP that led to no call".to_owned(),
        };
        let about = format!(
            "{what}; secrets, keys and digits are covered; headers of IP, UDP and TCP are made up"
        );
        Some(pcap::write(story.messages(), &about))
    }

    /// All that is kept, the latest first.
    pub fn list(&self, clock: &Clock) -> Vec<Entry> {
        let desk = self.desk(clock);
        desk.archive.latest().into_iter().map(Entry::of).collect()
    }

    /// The desk with all that has passed on it.
    fn desk(&self, clock: &Clock) -> MutexGuard<'_, Desk> {
        let mut desk = self.lock();
        let mut pending = self
            .0
            .pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let batch = std::mem::take(&mut *pending);
        drop(pending);
        desk.take_in(clock, batch);
        desk.archive.expire(clock.at());
        desk
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clerk {
    /// Takes in what has passed, and ends the thread.
    pub fn stop(self) {
        self.shared.leave.store(true, Ordering::Release);
        self.thread.thread().unpark();
        // A panic of its own has been printed, and nothing more depends on it.
        let _ = self.thread.join();
    }
}

impl Desk {
    fn find(&self, which: &Which) -> Option<&Story> {
        match which {
            Which::Call(call) => self.archive.of_call(*call),
            Which::SipCallId(name) => self.archive.of_name(name),
            Which::Last => {
                let mut latest = self.archive.latest().into_iter();
                latest.find(|story| story.call.is_some())
            }
        }
    }

    fn take_in(&mut self, clock: &Clock, batch: Batch) {
        self.dropped += batch.dropped;
        let mut messages = vec![];
        let mut rest = &batch.bytes[..];
        // Whose a Call-ID is comes first: then its messages need not be moved.
        for note in batch.notes {
            match note {
                Note::Signalled {
                    at,
                    call,
                    role,
                    sip_call_id,
                } => self.archive.tie(at, call, role, &sip_call_id),
                Note::Ended { at, call } => self.archive.end(at, call),
                Note::Message {
                    at,
                    sent,
                    flow,
                    length,
                } => {
                    let (bytes, others) = rest.split_at(length.min(rest.len()));
                    rest = others;
                    messages.push((at, sent, flow, bytes));
                }
            }
        }
        for (at, sent, flow, bytes) in messages {
            let mut bytes: Box<[u8]> = bytes.into();
            let sip_call_id = mask::censor(&mut bytes).unwrap_or_default().into();
            self.last += 1;
            let place = self.places.get(usize::from(flow.listener.0));
            let message = Message {
                number: self.last,
                at,
                time: clock.civil(at),
                sent,
                transport: flow.transport,
                local: place.copied().unwrap_or(flow.remote),
                remote: flow.remote,
                sip_call_id,
                bytes,
            };
            if let Some(hep) = &mut self.hep {
                let story = self.archive.of_name(&message.sip_call_id);
                hep.send(&message, story.and_then(|story| story.call));
            }
            self.archive.add(message);
        }
    }
}

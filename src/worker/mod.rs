//! A media worker: one thread, one engine, and the sockets of its ports.
//!
//! ```text
//!   switch ──Command──▶ queue ┐                         ┌──▶ packets, from the leg's own socket
//!   peers ──packets──▶ sockets┼─▶ epoll ─▶ Engine ──Out─┼──▶ events ──▶ switch (kept if it is full)
//!   clock ──20 ms──▶ beat     ┘                         └──▶ chunks ──▶ vault (dropped if it is full)
//! ```
//!
//! Browsers that UDP does not reach come by [`Connection`]s, which others take and bring by a [`Door`].
//!
//! The thread waits for nobody: what cannot be sent is dropped and counted. A fault of the engine
//! is caught, and costs the leg that it concerns (F21).

mod connections;
mod pace;
mod ports;
mod run;

#[cfg(test)]
mod tests;

use crate::media::{Command, Engine, Event, Totals};
use crate::vault;
use anyhow::Context as _;
pub use connections::Connection;
use ports::Ports;
use run::Run;
use rustix::event::{EventfdFlags, eventfd};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

/// Commands at most that wait for a worker.
const COMMANDS: usize = 65_536;

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its number, for names and logs.
    pub index: usize,
    /// The address its sockets are bound to.
    pub bind: IpAddr,
    /// Even RTP ports; RTCP is the next one of each.
    pub ports: Vec<u16>,
    /// The port that all browsers share, 0 for any; `None`: no browsers.
    pub browser_port: Option<u16>,
}

/// A running media worker.
#[derive(Debug)]
pub struct Worker {
    bound: Vec<u16>,
    browser_port: Option<u16>,
    door: Door,
    thread: JoinHandle<()>,
}

/// The way into a worker. It leads nowhere once that has stopped.
#[derive(Clone, Debug)]
pub struct Door {
    orders: mpsc::Sender<Order>,
    shared: Arc<Shared>,
}

/// What a worker has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams received.
    pub received: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that the system did not take: no route, no room.
    pub send_failures: u64,
    /// Errors that peers caused by ICMP: nobody listens there.
    pub refused: u64,
    /// Datagrams longer than any RTP packet; dropped.
    pub oversized: u64,
    /// Beats that came so late that they were left out.
    pub late_beats: u64,
    /// Pieces of recordings that the vault could not take.
    pub lost_chunks: u64,
    /// Faults of ours, caught.
    pub panics: u64,
    /// Commands and events dropped because a queue was full.
    pub overflows: u64,
    /// Legs now.
    pub legs: u64,
    /// What the engine itself has counted.
    pub totals: Totals,
}

#[derive(Debug)]
enum Order {
    Command(Command),
    Connection(Connection),
    Stop,
}

/// Between the worker's thread and its owner.
#[derive(Debug)]
struct Shared {
    /// Orders sent and not yet taken.
    waiting: AtomicUsize,
    /// Commands dropped because too many waited.
    dropped: AtomicU64,
    /// Whether the thread waits for ever: the next order has to wake it. Otherwise it looks for
    /// orders at least on every beat, which is soon enough for them, and a wake-up for each would
    /// cost more than what it orders.
    asleep: AtomicBool,
    /// Ends the thread's wait.
    wake: OwnedFd,
    /// As of the last second.
    counters: Mutex<Counters>,
}

impl Worker {
    /// Binds the ports and starts the thread.
    ///
    /// A port in use by somebody else is left out, with a warning. `report` takes an event or, if
    /// its receiver is full, gives it back: it is offered again on the next beat.
    ///
    /// # Errors
    /// No port at all could be bound, or no thread started.
    pub fn start(
        config: Config,
        engine: Engine,
        disk: vault::Sender,
        report: impl FnMut(Event) -> Result<(), Event> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut ports = Ports::bind(config.bind, &config.ports)?;
        let bound = ports.bound().to_vec();
        if let Some(port) = config.browser_port
            && let Err(error) = ports.share(config.bind, port)
        {
            let address = config.bind;
            tracing::warn!(%address, port, %error, "the browsers' port cannot be bound: no browsers at this worker");
        }
        let browser_port = ports.shared();
        let (orders, inbox) = mpsc::channel();
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .context("no descriptor for a media worker")?;
        let shared = Arc::new(Shared {
            waiting: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            wake,
            counters: Mutex::default(),
        });
        let run = Run::new(engine, ports, inbox, Arc::clone(&shared), disk, report)?;
        let thread = thread::Builder::new()
            .name(format!("media-{}", config.index))
            .spawn(move || run.run())
            .context("no thread for a media worker")?;
        Ok(Self {
            bound,
            browser_port,
            door: Door { orders, shared },
            thread,
        })
    }

    /// The even ports that were free, and are ours now.
    pub fn bound_ports(&self) -> &[u16] {
        &self.bound
    }

    /// The port that browsers share, if it could be bound.
    pub fn browser_port(&self) -> Option<u16> {
        self.browser_port
    }

    /// Gives the engine a command; never waits. `false` if the worker has 65,536 of them unread,
    /// or is gone: the command is dropped and counted.
    pub fn send(&self, command: Command) -> bool {
        self.door.order(Order::Command(command))
    }

    /// The way in for connections.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// What was counted, as of the last second.
    pub fn counters(&self) -> Counters {
        let shared = &self.door.shared;
        let counters = shared.counters.lock();
        let mut counters = *counters.unwrap_or_else(PoisonError::into_inner);
        counters.overflows += shared.dropped.load(Ordering::Relaxed);
        counters
    }

    /// Handles the commands sent so far, closes the legs that are left, ends the thread and closes
    /// its sockets.
    pub fn stop(self) {
        // Even where there is no room for more.
        self.door.give(Order::Stop);
        if self.thread.join().is_err() {
            tracing::error!("a media worker had failed");
        }
    }
}

impl Door {
    /// Brings a connection; never waits. `false`: the worker has too much unread, or is gone.
    pub fn admit(&self, connection: Connection) -> bool {
        self.order(Order::Connection(connection))
    }

    /// Gives an order if there is room for it; otherwise it is dropped and counted.
    fn order(&self, order: Order) -> bool {
        let room = self.shared.waiting.load(Ordering::Relaxed) < COMMANDS;
        let sent = room && self.give(order);
        if !sent {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        sent
    }

    fn give(&self, order: Order) -> bool {
        // Counted before the look at `asleep`, which the thread sets before it looks at the count.
        self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        let sent = self.orders.send(order).is_ok();
        if self.shared.asleep.swap(false, Ordering::SeqCst) {
            // Fails only when the counter is full: then the thread is awake already.
            let _ = rustix::io::write(&self.shared.wake, &1_u64.to_ne_bytes());
        }
        sent
    }
}

//! The control thread: owns the switch, feeds it, and does what it says.

use super::hands::Hands;
use super::inbox::Outlet;
use crate::clock::Clock;
use crate::switch::{Input, Switch};
use jiff::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the wall clock is read and the numbers for watchers are set.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Timers may be so late, so that those that are near each other cost one wake-up.
const GRAIN: Duration = Duration::from_millis(10);
/// Inputs handled before the outputs go out: enough to be cheap, few enough to be prompt.
const BATCH: usize = 64;

/// The control thread.
#[derive(Debug)]
pub(super) struct Control {
    thread: JoinHandle<Hands>,
    /// Set when no call is left.
    quiet: Arc<AtomicBool>,
    leave: Arc<AtomicBool>,
}

impl Control {
    pub(super) fn start(switch: Switch, outlet: Outlet, hands: Hands) -> std::io::Result<Self> {
        let quiet = Arc::new(AtomicBool::new(true));
        let leave = Arc::new(AtomicBool::new(false));
        let floor = Floor {
            switch,
            outlet,
            hands,
            quiet: quiet.clone(),
            leave: leave.clone(),
        };
        let builder = std::thread::Builder::new().name("control".into());
        let thread = builder.spawn(move || floor.run())?;
        Ok(Self {
            thread,
            quiet,
            leave,
        })
    }

    /// Whether no call is left.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Acquire)
    }

    /// Whether the thread still runs: it does not after a fault of ours that could not be caught.
    pub(super) fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Ends the thread, and gives back what it worked with.
    pub(super) fn stop(self) -> Option<Hands> {
        self.leave.store(true, Ordering::Release);
        self.thread.join().ok()
    }
}

struct Floor {
    switch: Switch,
    outlet: Outlet,
    hands: Hands,
    quiet: Arc<AtomicBool>,
    leave: Arc<AtomicBool>,
}

impl Floor {
    fn run(mut self) -> Hands {
        let mut heartbeat = Instant::now();
        while !self.leave.load(Ordering::Acquire) {
            let now = Instant::now();
            if now >= heartbeat {
                heartbeat = now + HEARTBEAT;
                self.handle(now, Input::Clock(Clock::new(now, Timestamp::now())));
                self.flush();
                let gauge = &self.outlet.gauge;
                self.hands
                    .pulse(&self.switch, now, gauge.length(), gauge.dropped());
            }
            let due = self
                .switch
                .poll_timeout()
                .map_or(heartbeat, |due| due.min(heartbeat));
            let wait = due.saturating_duration_since(now).max(GRAIN);
            match self.outlet.receiver.recv_timeout(wait) {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = Instant::now();
            if self.switch.poll_timeout().is_some_and(|due| due <= now) {
                self.handle(now, Input::Timeout);
            }
            self.flush();
            self.quiet
                .store(!self.switch.has_calls(), Ordering::Release);
        }
        self.hands
    }

    /// Handles what has come, and what came behind it.
    fn take(&mut self, first: Input) {
        let mut next = Some(first);
        for _ in 0..BATCH {
            let Some(input) = next else { return };
            self.outlet.gauge.took_one();
            self.handle(Instant::now(), input);
            self.flush();
            next = self.outlet.receiver.try_recv().ok();
        }
        if let Some(input) = next {
            self.outlet.gauge.took_one();
            self.handle(Instant::now(), input);
        }
    }

    /// A fault of ours costs the call in which it happened, not the floor (F21).
    fn handle(&mut self, now: Instant, input: Input) {
        self.hands.hear(now, &input);
        let switch = &mut self.switch;
        if catch_unwind(AssertUnwindSafe(|| switch.handle(now, input))).is_err() {
            tracing::error!("a fault in the switch: the call in which it happened ends");
            self.hands.fault();
            let buried = catch_unwind(AssertUnwindSafe(|| switch.bury(now)));
            if buried.is_err() {
                tracing::error!("the call could not be ended in order");
            }
        }
    }

    fn flush(&mut self) {
        let now = Instant::now();
        while let Some(output) = self.switch.poll_output() {
            self.hands.do_it(now, output);
        }
        self.hands.rest();
    }
}

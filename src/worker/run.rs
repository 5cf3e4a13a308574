//! The loop of a worker's thread.

use super::connections::{Came, Connection, Connections};
use super::pace::Pace;
use super::ports::{MAX_PACKET, Ports, Ready, Received};
use super::{Counters, Order, Shared};
use crate::id::{LegId, RecordingId};
use crate::media::{Chunk, Command, Engine, Event, Out, Place, SHARED, STREAMED};
use crate::vault;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Events at most that wait for the switch; then only those that nobody can do without.
const EVENTS: usize = 65_536;

/// Beats that fail one after the other until all legs are given up.
const HOPELESS: u32 = 50;

/// Beats between two looks at the counters.
const TELL: u64 = 50;

/// How long the ends of recordings are offered to the vault when the worker stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

const FAULT: &str = "a fault in the media engine";

pub(super) struct Run<R> {
    engine: Engine,
    ports: Ports,
    connections: Connections,
    inbox: mpsc::Receiver<Order>,
    shared: Arc<Shared>,
    disk: vault::Sender,
    report: R,
    out: Out,
    pace: Pace,
    counters: Counters,
    /// Events the switch had no room for.
    events: VecDeque<Event>,
    /// Ends of recordings the vault had no room for.
    ends: Vec<Chunk>,
    /// Whose port is whose: who is to blame for a packet.
    legs: BTreeMap<LegId, u16>,
    owners: BTreeMap<u16, LegId>,
    /// Recordings going on: of whom, since when.
    recordings: BTreeMap<RecordingId, (LegId, Instant)>,
    failed_beats: u32,
    beats: u64,
}

impl<R: FnMut(Event) -> Result<(), Event>> Run<R> {
    pub(super) fn new(
        engine: Engine,
        ports: Ports,
        inbox: mpsc::Receiver<Order>,
        shared: Arc<Shared>,
        disk: vault::Sender,
        report: R,
    ) -> anyhow::Result<Self> {
        ports.add_wake(&shared.wake)?;
        Ok(Self {
            engine,
            ports,
            connections: Connections::default(),
            inbox,
            shared,
            disk,
            report,
            out: Out::default(),
            pace: Pace::new(Instant::now()),
            counters: Counters::default(),
            events: VecDeque::new(),
            ends: vec![],
            legs: BTreeMap::new(),
            owners: BTreeMap::new(),
            recordings: BTreeMap::new(),
            failed_beats: 0,
            beats: 0,
        })
    }

    pub(super) fn run(mut self) {
        // A nap is as long as it was meant to be, not 50 µs longer. It is only slower without.
        let exactly = std::num::NonZeroU64::new(1_000);
        if let Err(error) = rustix::thread::set_current_timer_slack(exactly) {
            tracing::debug!(%error, "a media worker's naps are longer");
        }
        let mut buffer = [0; MAX_PACKET + 1];
        let mut sockets = Ready::new();
        loop {
            let timeout = self.timeout();
            let ready = self.ports.wait(timeout, &mut sockets);
            self.shared.asleep.store(false, Ordering::Relaxed);
            let now = Instant::now();
            // First, so that a packet finds the leg that was opened for it.
            if self.orders(now) {
                return self.stop(now);
            }
            for nth in 0..ready {
                if let Some(number) = sockets.connection(nth) {
                    self.connection(now, number, &mut buffer);
                    continue;
                }
                for _ in 0..self.ports.batch(&sockets, nth) {
                    let received = self.ports.receive(&sockets, nth, &mut buffer);
                    if matches!(received, Received::Nothing) {
                        break;
                    }
                    self.packet(now, received);
                }
            }
            if let Some(missed) = self.pace.due(now) {
                self.counters.late_beats += if self.is_idle() { 0 } else { missed };
                self.beat(now);
            }
        }
    }

    /// How long to wait for sockets: for ever when there is no leg, until the next beat when there
    /// is little to do, and not at all after the nap that is taken under load.
    fn timeout(&mut self) -> Option<Duration> {
        if self.is_idle() {
            self.connections.retain(|_| false);
            self.tell_counters();
            self.shared.asleep.store(true, Ordering::SeqCst);
            let orders = self.shared.waiting.load(Ordering::SeqCst) > 0;
            return orders.then_some(Duration::ZERO);
        }
        let now = Instant::now();
        match self.pace.nap(now) {
            Some(nap) => {
                std::thread::sleep(nap);
                Some(Duration::ZERO)
            }
            None => Some(self.pace.rest(now)),
        }
    }

    fn is_idle(&self) -> bool {
        self.engine.is_idle() && self.events.is_empty() && self.ends.is_empty()
    }

    fn packet(&mut self, now: Instant, received: Received<'_>) {
        match received {
            Received::Packet { port, from, bytes } => {
                self.counters.received += 1;
                let (engine, out) = (&mut self.engine, &mut self.out);
                if caught(|| engine.receive(now, port, from, bytes, out)) {
                    let leg = self.engine.browser_at(port, from);
                    let leg = leg.or_else(|| self.owners.get(&(port & !1)).copied());
                    self.fault(now, leg);
                }
                self.pace.count(!self.out.packets.is_empty());
                self.deliver();
            }
            Received::Oversized => self.counters.oversized += 1,
            Received::Refused => self.counters.refused += 1,
            Received::Nothing => {}
        }
    }

    /// A connection was brought: it stays if its first packet proves whose it is.
    fn admit(&mut self, now: Instant, connection: Connection) {
        let Connection {
            socket,
            peer,
            first,
        } = connection;
        let from = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        if !self.connections.add(&self.ports, socket, from) {
            self.counters.overflows += 1;
            return;
        }
        let (port, bytes) = (STREAMED, &first[..]);
        self.packet(now, Received::Packet { port, from, bytes });
        if self.engine.browser_at(STREAMED, from).is_none() {
            self.connections.close(from);
        }
    }

    /// Something has come by a connection, or can be written to it.
    fn connection(&mut self, now: Instant, number: u64, buffer: &mut [u8; MAX_PACKET + 1]) {
        let came = self.connections.ready(&self.ports, number, buffer);
        let Some(Came {
            from,
            mut frames,
            mut over,
        }) = came
        else {
            return;
        };
        loop {
            match frames.pull() {
                Ok(Some(bytes)) => {
                    let port = STREAMED;
                    self.packet(now, Received::Packet { port, from, bytes });
                }
                Ok(None) => break,
                Err(_) => {
                    over = true;
                    break;
                }
            }
        }
        if over {
            self.connections.close(from);
        } else {
            self.connections.keep(from, frames);
        }
    }

    /// Obeys what has come; `true` when it is time to stop.
    fn orders(&mut self, now: Instant) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Command(command)) => {
                    self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.command(now, command);
                }
                Ok(Order::Connection(connection)) => {
                    self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.admit(now, connection);
                }
                Ok(Order::Stop) | Err(mpsc::TryRecvError::Disconnected) => return true,
                Err(mpsc::TryRecvError::Empty) => return false,
            }
        }
    }

    fn command(&mut self, now: Instant, command: Command) {
        let leg = self.note(&command);
        let (engine, out) = (&mut self.engine, &mut self.out);
        if caught(|| engine.command(now, command, out)) {
            self.fault(now, leg);
        }
        self.deliver();
    }

    fn beat(&mut self, now: Instant) {
        let (engine, out) = (&mut self.engine, &mut self.out);
        if caught(|| engine.beat(now, out)) {
            self.failed_beats += 1;
            self.fault(now, None);
        } else {
            self.failed_beats = 0;
        }
        if self.failed_beats >= HOPELESS {
            self.failed_beats = 0;
            tracing::error!("the media engine fails on every beat: its legs are given up");
            for leg in self.legs.keys().copied().collect::<Vec<_>>() {
                self.give_up(now, leg);
            }
        }
        self.deliver();
        self.offer_again();
        self.beats += 1;
        if self.beats.is_multiple_of(TELL) {
            let engine = &self.engine;
            let is_wanted = |peer| engine.browser_at(STREAMED, peer).is_some();
            self.connections.retain(is_wanted);
            self.tell_counters();
        }
    }

    /// Remembers what a fault would concern; says whose command it is.
    fn note(&mut self, command: &Command) -> Option<LegId> {
        match command {
            Command::Library(_) | Command::Sound { .. } | Command::Forget(_) => None,
            Command::Open { leg, place, .. } => {
                let port = match place {
                    Place::Port(port) => *port,
                    Place::Browser(_) => SHARED,
                };
                self.legs.insert(*leg, port);
                if port != SHARED {
                    self.owners.insert(port, *leg);
                }
                Some(*leg)
            }
            Command::Record {
                recording,
                leg,
                origin,
            }
            | Command::Film {
                recording,
                leg,
                origin,
            } => {
                self.recordings.insert(*recording, (*leg, *origin));
                Some(*leg)
            }
            Command::StopRecording { recording, .. } | Command::Mask { recording, .. } => {
                self.recordings.get(recording).map(|(leg, _)| *leg)
            }
            Command::Describe { leg, .. }
            | Command::Meet { leg, .. }
            | Command::Hear { leg, .. }
            | Command::Pressed { leg, .. }
            | Command::Press { leg, .. }
            | Command::Close { leg } => Some(*leg),
        }
    }

    /// The engine panicked: the leg concerned goes, the others stay (F21).
    fn fault(&mut self, now: Instant, leg: Option<LegId>) {
        self.counters.panics += 1;
        // The panic's own message is in the log already.
        tracing::error!(
            leg = leg.map(|leg| leg.0),
            "a fault in the media engine was caught"
        );
        if let Some(leg) = leg {
            self.give_up(now, leg);
        }
    }

    /// Ends a leg that the engine may not be able to end itself.
    fn give_up(&mut self, now: Instant, leg: LegId) {
        self.out.events.push(Event::Failed { leg, why: FAULT });
        let (engine, out) = (&mut self.engine, &mut self.out);
        if caught(|| engine.command(now, Command::Close { leg }, out)) {
            self.counters.panics += 1;
        }
        self.deliver();
        if let Some(port) = self.legs.remove(&leg) {
            self.owners.remove(&port);
        }
        let left = |(id, (of, origin)): (&RecordingId, &(LegId, Instant))| {
            let samples = now.saturating_duration_since(*origin).as_micros() / 125;
            let length = u64::try_from(samples).unwrap_or(0);
            (*of == leg).then_some(Chunk::End {
                recording: *id,
                length,
            })
        };
        let ends: Vec<_> = self.recordings.iter().filter_map(left).collect();
        self.out.chunks.extend(ends);
        self.deliver();
    }

    /// Brings the engine's output to where it belongs.
    fn deliver(&mut self) {
        for (port, to, bytes) in self.out.packets.iter() {
            let sent = match port {
                STREAMED => self.connections.send(&self.ports, to, bytes),
                port => self.ports.send(port, to, bytes),
            };
            match sent {
                Ok(()) => self.counters.sent += 1,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    self.counters.refused += 1;
                }
                Err(_) => self.counters.send_failures += 1,
            }
        }
        self.out.packets.clear();
        for event in self.out.events.drain(..) {
            let needed = match &event {
                Event::Closed { leg, port, .. } => {
                    self.legs.remove(leg);
                    self.owners.remove(port);
                    true
                }
                Event::Failed { .. }
                | Event::Played { .. }
                | Event::Lost { .. }
                | Event::Found { .. } => true,
                Event::Started { .. }
                | Event::Digit { .. }
                | Event::Tell { .. }
                | Event::Silent { .. }
                | Event::Fares { .. } => false,
            };
            if !needed && self.events.len() >= EVENTS {
                self.counters.overflows += 1;
            } else if self.events.is_empty() {
                self.events.extend((self.report)(event).err());
            } else {
                self.events.push_back(event);
            }
        }
        for chunk in self.out.chunks.drain(..) {
            if let Chunk::End { recording, .. } = &chunk {
                self.recordings.remove(recording);
            }
            match self.disk.try_send(chunk) {
                Ok(()) => {}
                Err(end @ Chunk::End { .. }) => self.ends.push(end),
                Err(Chunk::Samples { .. } | Chunk::Picture { .. }) => {
                    self.counters.lost_chunks += 1
                }
            }
        }
    }

    /// What found no room is offered again, in its order.
    fn offer_again(&mut self) {
        while let Some(event) = self.events.pop_front() {
            if let Err(event) = (self.report)(event) {
                self.events.push_front(event);
                break;
            }
        }
        self.ends = std::mem::take(&mut self.ends)
            .into_iter()
            .filter_map(|end| self.disk.try_send(end).err())
            .collect();
    }

    fn tell_counters(&mut self) {
        self.counters.totals = self.engine.totals();
        self.counters.legs = self.engine.legs() as u64;
        // Somebody reads them just now: the next time will do.
        if let Ok(mut counters) = self.shared.counters.try_lock() {
            *counters = self.counters;
        }
    }

    /// Closes what is open, so that recordings have their end.
    fn stop(mut self, now: Instant) {
        for leg in self.legs.keys().copied().collect::<Vec<_>>() {
            self.command(now, Command::Close { leg });
        }
        while !self.ends.is_empty() && now.elapsed() < LAST_WORDS {
            std::thread::sleep(crate::media::BEAT);
            self.offer_again();
        }
        self.tell_counters();
    }
}

/// Runs something of the engine's; `true` if it panicked. The engine keeps each leg's state in
/// one place and its invariants by leg, so that what a fault leaves half done is that leg's.
fn caught(run: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

//! The engine: legs in slots, the commands of the switch, and what a packet does.
//!
//! A packet finds its leg by the port in one look-up; who gets it was decided when somebody last
//! said who hears whom ([`super::route`]). What happens on the beat stands in [`super::beat`].

use super::browser::{Browsers, remote};
use super::control::Moment;
use super::leg::{Leg, Taken};
use super::press::Way;
use super::recorder::Track;
use super::{Chunk, Command, Event, Library, MAX_LEGS, MAX_RECORDINGS, Out, Place, Source, Stream};
use crate::clock::Clock;
use crate::id::{LegId, RecordingId, SoundId};
use crate::random::Random;
use crate::rtp::{Packet, packet};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No sound we speak needs more, and no report.
const MAX_DATAGRAM: usize = 2048;
/// Samples a second of the engine's clock.
const RATE: i64 = 8000;
/// No leg has this port.
const NOBODY: u32 = u32::MAX;
/// How the port that all browsers share is named: no port has this number.
pub const SHARED: u16 = 0;
/// How the connections of browsers that UDP does not reach are named: no RTP port has this number.
pub const STREAMED: u16 = 2;

/// The media of many calls: one value, driven by one worker.
#[derive(Debug)]
pub struct Engine {
    pub(super) random: Random,
    /// Sample 0 of the engine's clock, and what the wall clock showed then: a jump of the wall
    /// clock does not reach the reports.
    start: Instant,
    start_ntp: u64,
    pub(super) library: Arc<Library>,
    /// Those of its sounds that have come one by one.
    added: BTreeSet<SoundId>,
    pub(super) legs: Vec<Option<Box<Leg>>>,
    /// Slots that are free.
    free: Vec<usize>,
    pub(super) names: BTreeMap<LegId, usize>,
    /// The slot of each pair of ports, by half the port.
    ports: Vec<u32>,
    /// Who is heard by whom, also if one of them is not there yet.
    pub(super) heard: BTreeSet<(LegId, LegId)>,
    /// The leg of each recording that has not ended.
    pub(super) recordings: BTreeMap<RecordingId, LegId>,
    /// The beat now due; `None` while there is no leg.
    pub(super) next_beat: Option<Instant>,
    /// Until then packets are read that came while the process stood still.
    pub(super) stale_until: Option<Instant>,
    /// Whose what is that comes to the port of browsers.
    pub(super) browsers: Browsers,
    pub(super) totals: Totals,
    /// Memory for one packet's sound, kept.
    pub(super) samples: Vec<i16>,
    pub(super) payload: Vec<u8>,
    opened: Vec<u8>,
}

/// What an engine has done since it was made, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// RTP packets taken.
    pub received: u64,
    /// RTP packets sent, the relayed ones among them.
    pub sent: u64,
    /// Packets passed on when they arrived.
    pub relayed: u64,
    /// RTP packets from strangers, of a wrong payload type, or before the negotiation.
    pub refused: u64,
    /// SRTP and SRTCP packets that were not authentic, or came a second time (H3).
    pub forged: u64,
    /// Datagrams that are no RTP or RTCP, too large, or for a port that is nobody's.
    pub garbage: u64,
    /// Beats left out since the process stood still.
    pub skipped: u64,
}

impl Engine {
    /// An engine without legs. `clock` is asked for the wall-clock time in RTCP.
    pub fn new(random: Random, clock: Clock, now: Instant) -> Self {
        Self {
            random,
            start: now,
            start_ntp: clock.ntp(now),
            library: Arc::default(),
            added: BTreeSet::new(),
            legs: vec![],
            free: vec![],
            names: BTreeMap::new(),
            ports: vec![NOBODY; 1 << 15],
            heard: BTreeSet::new(),
            recordings: BTreeMap::new(),
            next_beat: None,
            stale_until: None,
            browsers: Browsers::default(),
            totals: Totals::default(),
            samples: vec![],
            payload: vec![],
            opened: vec![],
        }
    }

    /// Obeys the switch.
    pub fn command(&mut self, now: Instant, command: Command, out: &mut Out) {
        match command {
            Command::Library(library) => self.replace_library(library),
            Command::Sound { id, sound } => {
                self.added.insert(id);
                Arc::make_mut(&mut self.library).share(id, sound);
            }
            Command::Forget(id) => {
                if self.added.remove(&id) {
                    Arc::make_mut(&mut self.library).remove(id);
                }
            }
            Command::Open {
                leg,
                place,
                patience,
            } => self.open(now, leg, place, patience, out),
            Command::Describe { leg, stream } => self.describe(now, leg, stream, out),
            Command::Meet { leg, agreed } => self.meet(now, leg, &agreed, out),
            Command::Hear { leg, source } => self.hear(leg, source, out),
            Command::Record {
                recording,
                leg,
                origin,
            } => self.record(now, recording, leg, origin, out),
            Command::Film {
                recording,
                leg,
                origin,
            } => self.film(now, recording, leg, origin, out),
            Command::StopRecording { recording, end } => self.stop_recording(recording, end, out),
            Command::Mask { recording, masked } => self.mask(recording, masked),
            Command::Pressed {
                leg,
                digit,
                milliseconds,
            } => self.signalled(now, leg, digit, milliseconds, out),
            Command::Press {
                leg,
                digit,
                milliseconds,
            } => {
                if let Some((_, leg)) = self.named(leg) {
                    leg.press(digit, milliseconds, &mut out.events);
                }
            }
            Command::Close { leg } => self.close(now, leg, out),
        }
    }

    /// A datagram came to our `port`: RTP on the even one, RTCP on the odd one or on both; anything
    /// of browsers on [`SHARED`], and on [`STREAMED`] what their connections carry.
    pub fn receive(
        &mut self,
        now: Instant,
        port: u16,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut Out,
    ) {
        let slot = self
            .slot_of(port)
            .filter(|_| datagram.len() <= MAX_DATAGRAM);
        if let Some(from) = remote(port, from).filter(|_| datagram.len() <= MAX_DATAGRAM) {
            return self.receive_shared(now, from, datagram, out);
        }
        let found = slot.and_then(|slot| Some((slot, self.leg(slot)?)));
        let Some((slot, leg)) = found else {
            self.totals.garbage += 1;
            return;
        };
        if !leg.is_secure() {
            return self.take_in(now, (slot, port), from, datagram, out);
        }
        self.take_sealed(now, (slot, port), from, datagram, out);
    }

    /// A datagram for a leg that takes nothing plain.
    pub(super) fn take_sealed(
        &mut self,
        now: Instant,
        (slot, port): (usize, u16),
        from: SocketAddr,
        datagram: &[u8],
        out: &mut Out,
    ) {
        let mut opened = std::mem::take(&mut self.opened);
        opened.clear();
        opened.extend_from_slice(datagram);
        let rtcp = !port.is_multiple_of(2) || packet::is_rtcp(datagram);
        if self
            .leg(slot)
            .is_some_and(|leg| leg.open(rtcp, &mut opened))
        {
            self.take_in(now, (slot, port), from, &opened, out);
        } else {
            self.totals.forged += 1;
        }
        self.opened = opened;
    }

    /// A datagram for a leg, as plain as the leg's peer meant it.
    fn take_in(
        &mut self,
        now: Instant,
        (slot, port): (usize, u16),
        from: SocketAddr,
        datagram: &[u8],
        out: &mut Out,
    ) {
        let moment = self.moment(now);
        let Some(leg) = self.leg(slot) else { return };
        let shared = port.is_multiple_of(2);
        if !shared || packet::is_rtcp(datagram) {
            let read = leg.hear_report(now, moment, from, datagram, shared);
            let fed = port == SHARED && self.hear_feedback(slot, moment.clock, datagram, out);
            self.totals.garbage += u64::from(!read && !fed);
            return;
        }
        let Some(packet) = Packet::parse(datagram) else {
            self.totals.garbage += 1;
            return;
        };
        if leg.is_picture(packet.header.payload_type) {
            return self.show(slot, moment.clock, &packet, out);
        }
        let Some(taken) = leg.take(now, moment.clock, from, &packet, &mut out.events) else {
            self.totals.refused += 1;
            return;
        };
        self.totals.received += 1;
        let stale = self.is_stale(now);
        if let Taken::Key(_, Some(digit)) = taken {
            self.pressed(slot, moment.clock, (digit, Way::Events), 0, out);
        }
        if let Some(digit) = self.decode(slot, moment.clock, taken, &packet, stale) {
            self.pressed(slot, moment.clock, (digit, Way::Tones), 0, out);
        }
        if !stale {
            self.relay(slot, moment.clock, taken, packet.payload, out);
        }
    }

    /// Whether there is no leg, so that no beat is needed.
    pub fn is_idle(&self) -> bool {
        self.names.is_empty()
    }

    /// How many legs there are.
    pub fn legs(&self) -> usize {
        self.names.len()
    }

    /// What was done so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The slot of a port's leg.
    pub(super) fn slot_of(&self, port: u16) -> Option<usize> {
        let slot = self.ports[usize::from(port >> 1)];
        (slot != NOBODY).then_some(slot as usize)
    }

    /// The part of [`Self::check`] about slots and ports.
    pub(super) fn check_slots(&self, legs: usize, browsers: usize) {
        assert_eq!(
            self.free.len() + legs,
            self.legs.len(),
            "each slot is free or taken"
        );
        let ports = self.ports.iter().filter(|slot| **slot != NOBODY).count();
        assert_eq!(
            ports + browsers,
            legs,
            "each leg has one port or shares one"
        );
    }

    /// The part of [`Self::check`] about recordings.
    pub(super) fn check_recordings(&self, tracks: usize) {
        assert_eq!(
            self.recordings.len(),
            tracks,
            "each recording is in the making"
        );
    }

    /// The two clocks at an instant.
    pub(super) fn moment(&self, at: Instant) -> Moment {
        let passed = at.saturating_duration_since(self.start);
        let fraction = (u64::from(passed.subsec_nanos()) << 32) / 1_000_000_000;
        Moment {
            clock: samples(passed) as u64,
            ntp: self
                .start_ntp
                .wrapping_add(passed.as_secs() << 32 | fraction),
        }
    }

    /// The engine's clock at an instant that may be before its start.
    pub(super) fn samples_at(&self, at: Instant) -> i64 {
        if at >= self.start {
            samples(at - self.start)
        } else {
            -samples(self.start - at)
        }
    }

    pub(super) fn leg(&mut self, slot: usize) -> Option<&mut Leg> {
        self.legs.get_mut(slot)?.as_deref_mut()
    }

    pub(super) fn named(&mut self, name: LegId) -> Option<(usize, &mut Leg)> {
        let slot = *self.names.get(&name)?;
        Some((slot, self.leg(slot)?))
    }

    fn replace_library(&mut self, mut library: Arc<Library>) {
        for &id in &self.added {
            if let Some(sound) = self.library.get(id) {
                Arc::make_mut(&mut library).share(id, sound.clone());
            }
        }
        self.library = library;
    }

    fn open(
        &mut self,
        now: Instant,
        id: LegId,
        place: Place,
        patience: Option<Duration>,
        out: &mut Out,
    ) {
        let port = match &place {
            Place::Port(port) => Some(*port),
            Place::Browser(_) => None,
        };
        let session = match &place {
            Place::Port(_) => None,
            Place::Browser(ours) => self.browsers.session(ours),
        };
        let why = if self.names.contains_key(&id) {
            Some("the leg is open already")
        } else if port.is_some_and(|port| port <= STREAMED || !port.is_multiple_of(2)) {
            Some("an RTP port is even and above 2")
        } else if port.is_some_and(|port| self.slot_of(port).is_some()) {
            Some("the port is another leg's")
        } else if self.names.len() >= MAX_LEGS {
            Some("too many legs")
        } else if let Place::Browser(ours) = &place
            && self.browsers.has(&ours.ufrag)
        {
            Some("the user fragment is another leg's")
        } else if matches!(place, Place::Browser(_)) && session.is_none() {
            Some("browsers cannot come: there is no certificate")
        } else {
            None
        };
        if let Some(why) = why {
            return out.events.push(Event::Failed { leg: id, why });
        }
        let own = (id, port.unwrap_or(SHARED));
        let mut leg = Leg::new(now, own, patience, &mut self.random);
        leg.browser = session;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        self.legs[slot] = Some(Box::new(leg));
        if let Some(port) = port {
            self.ports[usize::from(port >> 1)] = slot as u32;
        }
        self.refile(slot);
        self.names.insert(id, slot);
        self.replan_around(id);
    }

    pub(super) fn describe(&mut self, now: Instant, id: LegId, stream: Stream, out: &mut Out) {
        let moment = self.moment(now);
        let Some(&slot) = self.names.get(&id) else {
            return unknown(id, out);
        };
        if let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_deref_mut) {
            leg.describe(moment, now, stream, &mut self.random);
        }
        self.replan_around(id);
    }

    fn hear(&mut self, id: LegId, source: Source, out: &mut Out) {
        let library = self.library.clone();
        let Some((_, leg)) = self.named(id) else {
            return unknown(id, out);
        };
        match &source {
            Source::Play { play, sounds } => leg.player.play(&library, *play, sounds),
            Source::Loop(sound) => leg.player.repeat(&library, *sound),
            Source::Silence | Source::Leg(_) | Source::Mix(_) => leg.player.stop(),
        }
        // With nothing to be heard it is over before a beat.
        if let Some(play) = leg.player.finished() {
            out.events.push(Event::Played { leg: id, play });
        }
        self.listen(id, source);
    }

    fn record(
        &mut self,
        now: Instant,
        recording: RecordingId,
        id: LegId,
        origin: Instant,
        out: &mut Out,
    ) {
        let (clock, origin) = (self.moment(now).clock, self.samples_at(origin));
        let twice = self.recordings.contains_key(&recording);
        let why = match self.named(id) {
            // The first one of this name goes on and has its end.
            Some(_) if twice => Some("the recording runs already"),
            Some((_, leg)) if leg.tracks.len() >= MAX_RECORDINGS => Some("too many recordings"),
            Some((_, leg)) => {
                leg.tracks.push(Track::new(recording, origin, clock));
                None
            }
            None => Some("no such leg"),
        };
        match why {
            None => {
                self.recordings.insert(recording, id);
            }
            Some(why) => {
                out.events.push(Event::Failed { leg: id, why });
                if !twice {
                    let length = 0;
                    out.chunks.push(Chunk::End { recording, length });
                }
            }
        }
    }

    fn close(&mut self, now: Instant, id: LegId, out: &mut Out) {
        let moment = self.moment(now);
        let Some(slot) = self.names.remove(&id) else {
            return unknown(id, out);
        };
        self.listen_nothing(slot, id);
        self.replan_around(id);
        let Some(mut leg) = self.legs.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.free.push(slot);
        if self.names.is_empty() {
            self.next_beat = None;
        }
        self.browsers.file(slot, None);
        if leg.port != SHARED {
            self.ports[usize::from(leg.port >> 1)] = NOBODY;
        }
        for recording in leg.recordings() {
            self.recordings.remove(&recording);
        }
        leg.finish(moment.clock as i64, &mut out.chunks);
        leg.report(moment, true, out);
        let (port, report) = (leg.port, leg.fared());
        out.events.push(Event::Closed {
            leg: id,
            port,
            report,
        });
    }
}

fn samples(passed: Duration) -> i64 {
    (passed.as_micros() as i64).saturating_mul(RATE) / 1_000_000
}

fn unknown(leg: LegId, out: &mut Out) {
    let why = "no such leg";
    out.events.push(Event::Failed { leg, why });
}

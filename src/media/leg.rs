//! A leg: one peer's stream in both directions, and what it hears.

use super::browser::local;
use super::control::{Control, Moment};
use super::film::Film;
use super::gathered::Gathered;
use super::inbound::Inbound;
use super::keypad::{Keypad, Pulled};
use super::latch::Latch;
use super::outbound::{Outbound, Relayed};
use super::pictures::Pictures;
use super::player::Player;
use super::press::{Ear, Presses};
use super::recorder::Track;
use super::secure::{Secure, depart};
use super::voice::Voice;
use super::{Chunk, Event, Out, Report, Source, Stream};
use crate::audio::{Codec, Encoder, FRAME};
use crate::id::LegId;
use crate::random::Random;
use crate::rtc;
use crate::rtp::{Arrival, Keys, Packet, Reception};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The payload type of comfort noise (RFC 3389): proof of life, no sound.
const COMFORT_NOISE: u8 = 13;

#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) port: u16,
    patience: Option<Duration>,
    /// What was negotiated, and its lock on the peer's address and its RTCP.
    pub(super) session: Option<Session>,
    /// The way to it, if it is a browser.
    pub(super) browser: Option<Box<rtc::Session>>,
    /// There if its packets are SRTP: of browsers, once DTLS is done.
    pub(super) secure: Option<Box<Secure>>,
    /// What it sends and is shown besides sound.
    pub(super) pictures: Option<Box<Pictures>>,
    /// When a packet came last, or the stream was described.
    heard_at: Instant,
    /// [`Event::Silent`] has been said, [`Event::Started`] has been said.
    silent: bool,
    started: bool,
    pub(super) reception: Reception,
    /// Counts the new beginnings of the peer's stream.
    epoch: u32,
    pub(super) inbound: Inbound,
    keys: Keys,
    /// The clock rate of the telephone-events that came last.
    pub(super) key_rate: u32,
    /// What the peer has pressed lately, and the ear for tones where it has no other way.
    pub(super) presses: Presses,
    pub(super) ear: Option<Box<Ear>>,
    pub(super) refused: u64,
    pub(super) outbound: Outbound,
    pub(super) player: Player,
    /// Keys to be pressed towards the peer, before anything it hears.
    pub(super) keypad: Keypad,
    /// What it shall hear, and how that reaches it.
    pub(super) source: Source,
    pub(super) route: Route,
    /// The slots of the legs that get its packets at once.
    pub(super) relays: Vec<usize>,
    /// How many legs hear it through the playout buffer.
    pub(super) mixers: usize,
    /// There while somebody does.
    pub(super) voice: Option<Box<Voice>>,
    pub(super) tracks: Vec<Track>,
    pub(super) films: Vec<Film>,
    /// Encoded sound that does not fill a packet yet.
    gathered: Gathered,
    /// For what this leg alone hears; there once it did.
    pub(super) encoder: Option<Encoder>,
}

/// The negotiated part of a leg.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stream: Stream,
    pub(super) latch: Latch,
    pub(super) control: Control,
}

/// How what a leg hears reaches it; decided when something changes, not for each packet. Legs
/// are named by their slots.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Route {
    /// Silence, on the beat.
    Silence,
    /// From its player, on the beat.
    Player,
    /// The packets of another leg, when they come.
    Relay(usize),
    /// The decoded sound of others, on the beat.
    Mix(Vec<usize>),
}

/// A packet that was taken from a peer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    Sound(Relayed),
    Key(Relayed, Option<char>),
    /// Nothing to pass on.
    Nothing,
}

impl Leg {
    pub(super) fn new(
        now: Instant,
        (id, port): (LegId, u16),
        patience: Option<Duration>,
        random: &mut Random,
    ) -> Self {
        Self {
            id,
            port,
            patience,
            session: None,
            browser: None,
            secure: None,
            pictures: None,
            heard_at: now,
            silent: false,
            started: false,
            reception: Reception::default(),
            epoch: 0,
            inbound: Inbound::default(),
            keys: Keys::default(),
            key_rate: 8000,
            presses: Presses::default(),
            ear: None,
            refused: 0,
            // The first number is low, so that losing the first packets does not hide a turn
            // (RFC 3711 §3.3.1).
            outbound: Outbound::new(random.u32(), random.u64() & !0x8000),
            player: Player::default(),
            keypad: Keypad::default(),
            source: Source::Silence,
            route: Route::Silence,
            relays: vec![],
            mixers: 0,
            voice: None,
            tracks: vec![],
            films: vec![],
            gathered: Gathered::default(),
            encoder: None,
        }
    }

    pub(super) fn stream(&self) -> Option<&Stream> {
        self.session.as_ref().map(|session| &session.stream)
    }

    pub(super) fn describe(
        &mut self,
        now: Moment,
        at: Instant,
        stream: Stream,
        random: &mut Random,
    ) {
        self.heard_at = at;
        self.silent = false;
        self.gathered.clear();
        if self.browser.is_none() {
            self.secure = Secure::agreed(self.secure.take(), stream.crypto);
        }
        self.ear = match stream.events {
            Some(_) => None,
            None => Some(self.ear.take().unwrap_or_default()),
        };
        let ticks = stream.codec.ticks();
        self.outbound.set_ticks(ticks, random.u32(), random.u64());
        self.reception.set_ticks(ticks);
        let before = self.stream().copied();
        if before.is_some_and(|before| before.codec != stream.codec) {
            self.restart(true);
        }
        if before.is_none_or(|b| (b.codec, b.opus) != (stream.codec, stream.opus)) {
            self.encoder = None;
        }
        if let Some(session) = &mut self.session {
            session.latch.signal(stream.remote);
            session.control.latch.signal(stream.rtcp);
            if session.stream != stream {
                // What was not sent on hold is no loss: the numbers go on from the last one sent.
                self.outbound.change();
            }
            session.stream = stream;
        } else {
            self.session = Some(Session {
                stream,
                latch: Latch::new(stream.remote),
                control: Control::new(stream.rtcp, now.clock, random),
            });
        }
    }

    /// Takes a route; what it means for the other legs is the engine's business.
    pub(super) fn take_route(&mut self, route: Route) {
        self.outbound.change();
        self.gathered.clear();
        self.route = route;
    }

    /// Opens a packet that came sealed; whether it is to be looked at.
    pub(super) fn open(&mut self, rtcp: bool, packet: &mut Vec<u8>) -> bool {
        let opened = self.secure.as_mut().map(|secure| secure.open(rtcp, packet));
        let fine = opened.is_none_or(|opened| opened.is_ok());
        self.refused += u64::from(!fine);
        fine
    }

    pub(super) fn is_secure(&self) -> bool {
        self.secure.is_some()
    }

    /// Judges a packet: from whom, of what, how old. `None`: refused, as counted.
    pub(super) fn take(
        &mut self,
        now: Instant,
        clock: u64,
        from: SocketAddr,
        packet: &Packet<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Taken> {
        // Before the negotiation nobody can tell whose it is.
        let session = self.session.as_mut()?;
        let header = packet.header;
        let stream = &session.stream;
        let key = stream
            .events
            .and_then(|events| events.of(header.payload_type));
        let types = [stream.receive_type, stream.payload_type];
        let sound = key.is_none() && types.contains(&header.payload_type);
        let known = key.is_some() || sound || header.payload_type == COMFORT_NOISE;
        // Where a browser is, ICE has proved.
        let proved = self.browser.is_some() || known && session.latch.accepts(now, from);
        if !known || !proved {
            self.refused += 1;
            return None;
        }
        let codec = stream.codec;
        let (ssrc, number, before) = (header.ssrc, header.sequence, self.reception.ssrc());
        // All packets of a press carry one timestamp, which is no jitter.
        let counted = self.reception.update(
            ssrc,
            number,
            key.is_none().then_some(header.timestamp),
            clock,
        );
        let number = match counted {
            Arrival::New(number) | Arrival::Late(number) => number,
            Arrival::Restarted(number) => {
                self.restart(before == Some(ssrc));
                number
            }
            Arrival::Repeated | Arrival::Stranger => return Some(Taken::Nothing),
        };
        self.heard_at = now;
        self.silent = false;
        if !std::mem::replace(&mut self.started, true) {
            events.push(Event::Started { leg: self.id });
        }
        let length = match (packet.payload, key) {
            ([_, _, high, low, ..], Some(key)) => {
                // In the ticks of the stream.
                let lasted = u32::from(u16::from_be_bytes([*high, *low]));
                lasted * codec.clock_rate() / key.clock_rate.max(8000)
            }
            (payload, _) => codec.duration(payload),
        };
        let relayed = Relayed {
            epoch: self.epoch,
            number,
            timestamp: header.timestamp,
            marker: header.marker,
            length,
        };
        Some(if let Some(key) = key {
            self.key_rate = key.clock_rate;
            let digit = self
                .keys
                .update(&header, packet.payload, codec.clock_rate());
            Taken::Key(relayed, digit)
        } else if sound && length > 0 {
            Taken::Sound(relayed)
        } else {
            Taken::Nothing
        })
    }

    /// Whether packets from this address are the peer's: those of a browser come no further if not.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        let session = self.session.as_ref();
        self.browser.is_some() || session.is_some_and(|session| session.latch.knows(from))
    }

    /// Takes a packet of another leg and sends it on, or passes over what it cannot send.
    pub(super) fn relay(
        &mut self,
        clock: u64,
        from: Relayed,
        payload_type: Option<u8>,
        payload: &[u8],
        out: &mut Out,
    ) -> bool {
        let Some((port, to)) = self.target() else {
            return false;
        };
        let Some(payload_type) = payload_type else {
            self.outbound.leave_out(from);
            return false;
        };
        let Some(header) = self.outbound.relay(clock, from, payload_type) else {
            return false;
        };
        self.outbound.count(payload.len());
        depart(&mut self.secure, port, to, &header, payload, out);
        true
    }

    /// Sends a frame of encoded sound, or gathers it until it fills a packet.
    pub(super) fn send(&mut self, clock: u64, frame: &[u8], out: &mut Out) -> u64 {
        let (Some((port, to)), Some(stream)) = (self.target(), self.stream().copied()) else {
            return 0;
        };
        let size = usize::from(stream.packet_time.clamp(10, 200)) * 8;
        let mut sent = 0;
        let outbound = &mut self.outbound;
        let mut packet = |clock: u64, samples: u32, payload: &[u8]| {
            let header = outbound.made(clock, samples, stream.payload_type);
            outbound.count(payload.len());
            depart(&mut self.secure, port, to, &header, payload, out);
            sent += 1;
        };
        if size > FRAME {
            self.gathered.add(frame);
            if self.gathered.frames() * FRAME >= size {
                let gathered = &mut self.gathered;
                gathered.take(stream.codec, |samples, payload| {
                    packet(clock, samples, payload);
                });
            }
        } else if size == FRAME || stream.codec == Codec::Opus {
            packet(clock, FRAME as u32, frame);
        } else {
            for (payload, n) in frame.chunks(size).zip(0u64..) {
                packet(clock + n * size as u64, size as u32, payload);
            }
        }
        sent
    }

    /// Sends what is pressed, as packets of one timestamp each press, or as tones.
    pub(super) fn send_key(&mut self, clock: u64, payload: &mut Vec<u8>, out: &mut Out) -> u64 {
        let Some(stream) = self.stream().copied() else {
            return 0;
        };
        let mut samples = [0; FRAME];
        let rate = stream.events.map(|events| events.sent.clock_rate);
        match self.keypad.pull(rate, &mut samples) {
            Pulled::Nothing => 0,
            Pulled::Sound => {
                payload.clear();
                self.encode(&samples, payload);
                self.send(clock, payload, out)
            }
            Pulled::Event(pressed, first) => {
                let (Some((port, to)), Some(events)) = (self.target(), stream.events) else {
                    return 0;
                };
                self.gathered.clear();
                let (payload_type, at) = (events.sent.payload_type, (first, pressed.since));
                let header = self.outbound.key(clock, FRAME as u32, payload_type, at);
                let payload = pressed.payload;
                self.outbound.count(payload.len());
                depart(&mut self.secure, port, to, &header, &payload, out);
                1
            }
        }
    }

    /// Whether all sound that was given to it has been sent.
    pub(super) fn has_sent_all(&self) -> bool {
        self.gathered.is_empty()
    }

    /// What the passing of time brings: silence noticed, recordings written out, a report.
    pub(super) fn pass(
        &mut self,
        now: Instant,
        moment: Moment,
        random: &mut Random,
        out: &mut Out,
    ) {
        for track in &mut self.tracks {
            track.flush(moment.clock, &mut out.chunks);
        }
        let Some(session) = &mut self.session else {
            return;
        };
        let quiet = now.saturating_duration_since(self.heard_at);
        let impatient = self.patience.is_some_and(|patience| quiet >= patience);
        if session.stream.receives && impatient && !self.silent {
            self.silent = true;
            out.events.push(Event::Silent { leg: self.id });
        }
        if session.control.is_due(moment.clock, random) {
            self.report(moment, false, out);
            self.report_pictures(moment, out);
            let (leg, report) = (self.id, self.fared());
            out.events.push(Event::Fares { leg, report });
        }
    }

    /// Moves the last packet's time: the process stood still, the peer was not silent.
    pub(super) fn forgive(&mut self, now: Instant, frozen: Duration) {
        self.heard_at = (self.heard_at + frozen).min(now);
        if let Some(browser) = &mut self.browser {
            browser.forgive(now, frozen);
        }
    }

    /// Ends all recordings at an instant of the engine's clock.
    pub(super) fn finish(&mut self, clock: i64, chunks: &mut Vec<Chunk>) {
        for track in self.tracks.drain(..) {
            track.finish(clock, chunks);
        }
        for film in self.films.drain(..) {
            film.finish(clock, chunks);
        }
    }

    /// How its media fared.
    pub(super) fn fared(&self) -> Report {
        let (received, lost) = self.reception.received_and_lost();
        let control = self.session.as_ref().map(|session| &session.control);
        Report {
            received,
            sent: self.outbound.total(),
            lost,
            jitter_ms: self.reception.jitter_samples() / 8.0,
            round_trip_ms: control.and_then(|control| control.round_trip_ms),
            remote_loss: control.and_then(|control| control.remote_loss),
            refused: self.refused,
        }
    }

    fn restart(&mut self, same_ssrc: bool) {
        self.epoch = self.epoch.wrapping_add(1);
        self.inbound.restart();
        if same_ssrc {
            self.keys.reset();
        }
        if let Some(ear) = &mut self.ear {
            **ear = Ear::default();
        }
        self.tracks.iter_mut().for_each(Track::restart);
        if let Some(voice) = &mut self.voice {
            voice.playout.reset();
        }
    }

    /// From which port to send sound, and where to, if the peer wants any.
    fn target(&self) -> Option<(u16, SocketAddr)> {
        let session = self.session.as_ref()?;
        let (port, to) = self.way()?;
        // A hold of RFC 2543 has no address, even if we know one; of browsers ICE knows.
        let held = self.browser.is_none() && session.stream.remote.ip().is_unspecified();
        let wanted = session.stream.sends && !held && self.is_reached();
        (wanted && reachable(to)).then_some((port, to))
    }

    /// From which port the peer is reached, and where it is.
    pub(super) fn way(&self) -> Option<(u16, SocketAddr)> {
        match &self.browser {
            Some(browser) => browser.target().map(local),
            None => Some((self.port, self.session.as_ref()?.latch.target())),
        }
    }

    /// Counts a packet that is not taken.
    pub(super) fn refuse(&mut self) {
        self.refused += 1;
    }
}

pub(super) fn reachable(to: SocketAddr) -> bool {
    to.port() != 0 && !to.ip().is_unspecified()
}

//! The media plane of a world: the real engine for ears, or a mime where thousands of lives only
//! need its manners.

use cordboard::clock::Clock;
use cordboard::id::{LegId, RecordingId, SoundId};
use cordboard::media::{
    Chunk, Command, Engine, Event, Library, Out, Place, Report, SHARED, Sound, Source,
};
use cordboard::random::Random;
use cordboard::rtc::Certificate;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) enum Plane {
    Real {
        engine: Box<Engine>,
        out: Out,
        beat: Option<Instant>,
    },
    Mime(Mime),
}

/// Keeps ports, says when a message has been heard, and knows from when until when whose voice is
/// recorded; makes no sound.
#[derive(Debug, Default)]
pub(crate) struct Mime {
    durations: BTreeMap<SoundId, Duration>,
    legs: BTreeMap<LegId, (u16, Option<(Instant, u64)>)>,
    files: BTreeMap<RecordingId, File>,
    events: Vec<Event>,
}

/// What a file would hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct File {
    /// Whose voice, or pictures.
    leg: LegId,
    film: bool,
    pub(crate) from: Instant,
    /// `None`: it is being written.
    pub(crate) until: Option<Instant>,
}

/// All worlds have the same sounds, which are encoded once.
pub(crate) fn library(sounds: &[(SoundId, Vec<i16>)]) -> &'static Arc<Library> {
    static LIBRARY: OnceLock<Arc<Library>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut library = Library::default();
        for (id, pcm) in sounds {
            library.insert(*id, Sound::new(pcm.clone()));
        }
        Arc::new(library)
    })
}

/// All worlds have the same certificate.
pub(crate) fn certificate() -> &'static Certificate {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    CERTIFICATE.get_or_init(new_certificate)
}

pub(crate) fn new_certificate() -> Certificate {
    let made = rcgen::generate_simple_self_signed(vec![]).expect("a certificate");
    let key = made.signing_key.serialize_der();
    Certificate::new(made.cert.der().to_vec(), &key).expect("usable")
}

const BEAT: Duration = Duration::from_millis(20);

impl Plane {
    pub(crate) fn real(now: Instant, clock: Clock, sounds: &[(SoundId, Vec<i16>)]) -> Self {
        let library = library(sounds);
        let engine = Engine::new(Random::seeded(1), clock, now);
        let mut engine = Box::new(engine.with_browsers(certificate().clone()));
        let mut out = Out::default();
        engine.command(now, Command::Library(library.clone()), &mut out);
        Self::Real {
            engine,
            out,
            beat: None,
        }
    }

    pub(crate) fn mime(sounds: &[(SoundId, Vec<i16>)]) -> Self {
        let seconds = |pcm: &[i16]| Duration::from_millis(pcm.len() as u64 / 8);
        Self::Mime(Mime {
            durations: sounds.iter().map(|(id, pcm)| (*id, seconds(pcm))).collect(),
            ..Mime::default()
        })
    }

    pub(crate) fn command(&mut self, now: Instant, command: Command) {
        match self {
            Self::Real { engine, out, beat } => {
                engine.command(now, command, out);
                beat.get_or_insert(now + BEAT);
            }
            Self::Mime(mime) => mime.command(now, command),
        }
    }

    pub(crate) fn receive(&mut self, now: Instant, port: u16, from: SocketAddr, bytes: &[u8]) {
        match self {
            Self::Real { engine, out, .. } => engine.receive(now, port, from, bytes, out),
            Self::Mime(_) => {}
        }
    }

    pub(crate) fn timeout(&mut self, now: Instant) {
        match self {
            Self::Real { engine, out, beat } => {
                if beat.is_some_and(|at| at <= now) {
                    engine.beat(now, out);
                    *beat = (!engine.is_idle()).then(|| now + BEAT);
                    engine.check();
                }
            }
            Self::Mime(mime) => mime.timeout(now),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Real { beat, .. } => *beat,
            Self::Mime(mime) => {
                let plays = mime.legs.values().filter_map(|(_, play)| Some((*play)?.0));
                plays.min()
            }
        }
    }

    /// What has come out since the last look: packets with their port, events, recordings.
    #[expect(clippy::type_complexity, reason = "three lists")]
    pub(crate) fn drain(&mut self) -> (Vec<(u16, SocketAddr, Vec<u8>)>, Vec<Event>, Vec<Chunk>) {
        match self {
            Self::Real { out, .. } => {
                let packets = out
                    .packets
                    .iter()
                    .map(|(port, to, bytes)| (port, to, bytes.to_vec()));
                let packets = packets.collect();
                out.packets.clear();
                (
                    packets,
                    std::mem::take(&mut out.events),
                    std::mem::take(&mut out.chunks),
                )
            }
            Self::Mime(mime) => (vec![], std::mem::take(&mut mime.events), vec![]),
        }
    }

    /// What a mime's file would hold.
    pub(crate) fn file(&self, recording: RecordingId) -> Option<File> {
        match self {
            Self::Real { .. } => None,
            Self::Mime(mime) => mime.files.get(&recording).copied(),
        }
    }

    pub(crate) fn legs(&self) -> usize {
        match self {
            Self::Real { engine, .. } => engine.legs(),
            Self::Mime(mime) => mime.legs.len(),
        }
    }
}

impl Mime {
    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open { leg, place, .. } => {
                let port = match place {
                    Place::Port(port) => port,
                    Place::Browser(_) => SHARED,
                };
                assert!(
                    self.legs.insert(leg, (port, None)).is_none(),
                    "leg {leg} twice"
                );
                let ports: Vec<_> = self
                    .legs
                    .values()
                    .filter(|(taken, _)| *taken == port)
                    .collect();
                assert!(port == SHARED || ports.len() == 1, "port {port} twice");
            }
            Command::Hear { leg, source } => {
                let playing = match source {
                    Source::Play { play, sounds } => {
                        let length: Duration = sounds.iter().map(|id| self.durations[id]).sum();
                        Some((now + length, play))
                    }
                    Source::Silence | Source::Loop(_) | Source::Leg(_) | Source::Mix(_) => None,
                };
                self.legs.get_mut(&leg).expect("an open leg").1 = playing;
            }
            Command::Close { leg } => {
                for file in self.files.values_mut().filter(|file| file.leg == leg) {
                    file.until.get_or_insert(now);
                }
                if let Some((port, _)) = self.legs.remove(&leg) {
                    let report = Report::default();
                    self.events.push(Event::Closed { leg, port, report });
                }
            }
            Command::Sound { id, sound } => {
                self.durations.insert(id, sound.duration());
            }
            Command::Pressed { leg, digit, .. } => self.events.push(Event::Digit { leg, digit }),
            Command::Record {
                recording,
                leg,
                origin,
            } => self.records(recording, leg, false, origin),
            Command::Film {
                recording,
                leg,
                origin,
            } => self.records(recording, leg, true, origin),
            Command::StopRecording { recording, end } => {
                let file = self.files.get_mut(&recording);
                file.expect("a file").until.get_or_insert(end);
            }
            Command::Library(_)
            | Command::Forget(_)
            | Command::Describe { .. }
            | Command::Meet { .. }
            | Command::Press { .. }
            | Command::Mask { .. } => {}
        }
    }

    fn records(&mut self, recording: RecordingId, leg: LegId, film: bool, from: Instant) {
        assert!(
            self.legs.contains_key(&leg),
            "leg {leg} is recorded, and not there"
        );
        let mut others = self
            .files
            .values()
            .filter(|file| (file.leg, file.film) == (leg, film));
        assert!(
            others.all(|other| other.until.is_some()),
            "leg {leg} is recorded twice"
        );
        let until = None;
        let file = File {
            leg,
            film,
            from,
            until,
        };
        assert!(
            self.files.insert(recording, file).is_none(),
            "a file begins once"
        );
    }

    fn timeout(&mut self, now: Instant) {
        for (leg, (_, playing)) in &mut self.legs {
            if let Some((_, play)) = playing.take_if(|(at, _)| *at <= now) {
                self.events.push(Event::Played { leg: *leg, play });
            }
        }
    }
}

//! The engine among scripted phones and a bad network, in virtual time, with ears.

mod browser;
mod codecs;
mod digits;
mod ears;
mod hearing;
mod recording;
mod secure;
mod stranger;
mod torture;

use super::*;
use crate::audio::{Decoder, Encoder, FRAME};
use crate::clock::Clock;
use crate::random::Random;
use crate::rtp::{Header, Packet, Press, Pressed};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

const EVENTS: u8 = 101;

/// An engine, phones, the network between them, and all that came out.
struct World {
    engine: Engine,
    start: Instant,
    now: Instant,
    out: Out,
    random: Random,
    network: Network,
    phones: Vec<Phone>,
    queue: BTreeMap<(Instant, u64), What>,
    serial: u64,
    events: Vec<Event>,
    files: BTreeMap<RecordingId, File>,
    /// From which ports of ours something went to whom.
    sent_from: BTreeMap<IpAddr, BTreeSet<u16>>,
    /// The engine does not get any time, and packets wait for it.
    frozen: bool,
    waiting: Vec<(u16, SocketAddr, Vec<u8>)>,
}

/// What the way from the phones does to packets.
#[derive(Clone, Copy, Debug, Default)]
struct Network {
    delay: Duration,
    /// Added at random, up to this.
    jitter: Duration,
    loss_percent: u64,
    repeat_percent: u64,
}

enum What {
    Beat,
    Speak(usize),
    Arrive(u16, SocketAddr, Vec<u8>),
}

/// What a phone says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Voice {
    /// It sends no packets.
    Nothing,
    Tone(u32),
    /// 20 ms of noise every so many seconds of the world, else silence.
    Clicks(u64),
}

struct Phone {
    leg: LegId,
    port: u16,
    /// Where it says it is, and where its packets come from.
    address: SocketAddr,
    codec: Codec,
    voice: Voice,
    packet_time: u16,
    /// How much longer its second is: 200e-6 is 200 ppm.
    drift: f64,
    header: Header,
    /// One second of its tone.
    tone: Vec<i16>,
    /// Samples of it that were said, and what was encoded of it and not sent.
    spoken: usize,
    encoder: Encoder,
    encoded: Vec<u8>,
    /// The key being pressed, with its timestamp.
    press: Option<(Press, u32)>,
    /// Sound that it says instead of its voice: the tones of keys.
    says: std::collections::VecDeque<i16>,
    got: Vec<(Instant, Header, Vec<u8>)>,
    /// The payloads that it sent.
    sent: Vec<Vec<u8>>,
    reports: Vec<Vec<u8>>,
    /// Reports that came to its RTP port.
    muxed: u32,
    secured: Option<secure::Secured>,
    /// What came to a browser and is no media.
    handshake: Vec<Vec<u8>>,
    /// The reports that came to a browser.
    feedback: Vec<Vec<u8>>,
}

#[derive(Default)]
struct File {
    samples: Vec<i16>,
    written: u64,
    length: Option<u64>,
    pictures: Vec<(u64, Picture)>,
}

impl World {
    fn new(network: Network) -> Self {
        let now = Instant::now();
        let civil = "2026-01-02T03:04:05Z".parse().expect("a time");
        let mut world = Self {
            engine: Engine::new(Random::seeded(1), Clock::new(now, civil), now),
            start: now,
            now,
            out: Out::default(),
            random: Random::seeded(2),
            network,
            phones: vec![],
            queue: BTreeMap::new(),
            serial: 0,
            events: vec![],
            files: BTreeMap::new(),
            sent_from: BTreeMap::new(),
            frozen: false,
            waiting: vec![],
        };
        world.at(now, What::Beat);
        world
    }

    /// A phone with a leg of its own that says a tone.
    fn phone(&mut self, hz: u32) -> usize {
        self.phone_with(hz, Codec::Pcmu, 20)
    }

    fn phone_with(&mut self, hz: u32, codec: Codec, packet_time: u16) -> usize {
        let index = self.phones.len();
        let (leg, port) = (LegId(index as u64 + 1), 20_000 + 2 * index as u16);
        self.phones.push(Phone {
            leg,
            port,
            address: SocketAddr::from(([10, 0, 0, index as u8 + 1], 4000)),
            codec,
            voice: Voice::Tone(hz),
            packet_time,
            drift: 0.0,
            header: Header {
                payload_type: codec.payload_type(),
                sequence: self.random.u32() as u16,
                timestamp: self.random.u32(),
                ssrc: self.random.u32(),
                ..Header::default()
            },
            tone: crate::audio::tone::sine(hz as f32, -20.0, 8000),
            spoken: 0,
            encoder: Encoder::new(codec, Wishes::default()),
            encoded: vec![],
            press: None,
            says: std::collections::VecDeque::new(),
            got: vec![],
            sent: vec![],
            reports: vec![],
            muxed: 0,
            secured: None,
            handshake: vec![],
            feedback: vec![],
        });
        let patience = Some(Duration::from_secs(5));
        self.command(Command::Open {
            leg,
            place: Place::Port(port),
            patience,
        });
        self.describe(index, |_| {});
        // Phones are not in step with the beat.
        let first = self.now + Duration::from_micros(1000 + self.random.below(19_000));
        self.at(first, What::Speak(index));
        index
    }

    fn describe(&mut self, phone: usize, change: impl FnOnce(&mut Stream)) {
        let phone = &self.phones[phone];
        let mut rtcp = phone.address;
        rtcp.set_port(phone.address.port() + 1);
        let mut stream = Stream {
            remote: phone.address,
            rtcp,
            codec: phone.codec,
            payload_type: phone.codec.payload_type(),
            receive_type: phone.codec.payload_type(),
            opus: Wishes::default(),
            events: Some(Events::both(EVENTS, phone.codec.clock_rate())),
            keys_by: KeysBy::Stream,
            packet_time: phone.packet_time,
            sends: true,
            receives: true,
            crypto: None,
            rtcp_mux: false,
        };
        change(&mut stream);
        let leg = phone.leg;
        self.command(Command::Describe { leg, stream });
    }

    fn leg(&self, phone: usize) -> LegId {
        self.phones[phone].leg
    }

    fn hear(&mut self, phone: usize, source: Source) {
        let leg = self.leg(phone);
        self.command(Command::Hear { leg, source });
    }

    /// Both hear each other.
    fn bridge(&mut self, a: usize, b: usize) {
        self.hear(a, Source::Leg(self.leg(b)));
        self.hear(b, Source::Leg(self.leg(a)));
    }

    /// Each sound is a second of a tone of so many Hz; its name is the frequency.
    fn sounds(&mut self, tones: &[u32]) {
        let mut library = Library::default();
        for &hz in tones {
            let pcm = crate::audio::tone::sine(hz as f32, -20.0, 8000);
            library.insert(SoundId(hz), Sound::new(pcm));
        }
        self.command(Command::Library(Arc::new(library)));
    }

    fn command(&mut self, command: Command) {
        self.engine.command(self.now, command, &mut self.out);
        self.collect();
    }

    fn receive(&mut self, port: u16, from: SocketAddr, bytes: &[u8]) {
        let now = self.now;
        self.engine.receive(now, port, from, bytes, &mut self.out);
        self.collect();
    }

    /// Time passes.
    fn wait(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while let Some(entry) = self.queue.first_entry().filter(|e| e.key().0 <= end) {
            let ((at, _), what) = entry.remove_entry();
            self.now = at;
            match what {
                What::Beat => {
                    if !self.frozen {
                        self.engine.beat(at, &mut self.out);
                        self.collect();
                    }
                    self.at(at + BEAT, What::Beat);
                }
                What::Speak(phone) => self.speak(phone),
                What::Arrive(port, from, bytes) if self.frozen => {
                    self.waiting.push((port, from, bytes));
                }
                What::Arrive(port, from, bytes) => self.receive(port, from, &bytes),
            }
        }
        self.now = end;
        self.engine.check();
    }

    /// The engine stands still for a while and then reads all that waited.
    fn freeze(&mut self, seconds: f64) {
        self.frozen = true;
        self.wait(seconds);
        self.frozen = false;
        for (port, from, bytes) in std::mem::take(&mut self.waiting) {
            self.receive(port, from, &bytes);
        }
    }

    fn at(&mut self, at: Instant, what: What) {
        self.serial += 1;
        self.queue.insert((at, self.serial), what);
    }

    /// A phone presses a key for 100 ms.
    fn press(&mut self, phone: usize, key: char) {
        let phone = &mut self.phones[phone];
        let press = Press::new(key, 100, phone.codec.clock_rate()).expect("a key");
        phone.press = Some((press, phone.header.timestamp));
    }

    fn speak(&mut self, index: usize) {
        let seconds = self.now.duration_since(self.start).as_millis() as u64;
        let phone = &mut self.phones[index];
        let samples = usize::from(phone.packet_time) * 8;
        let mut header = phone.header;
        let pressed = phone.press.as_mut().map(|(press, at)| (press.pull(), *at));
        let tones = pressed.is_none() && !phone.says.is_empty();
        let mut payload = match phone.voice {
            _ if tones => phone.says(|phone, _| phone.says.pop_front().unwrap_or(0)),
            Voice::Clicks(every) if seconds % (every * 1000) < 20 => vec![0x80; samples],
            Voice::Clicks(_) | Voice::Nothing => phone.says(|_, _| 0),
            Voice::Tone(_) => phone.says(|phone, n| phone.tone[(phone.spoken + n) % 8000]),
        };
        match pressed {
            Some((
                Some(Pressed {
                    payload: event,
                    since,
                }),
                at,
            )) => {
                header.payload_type = EVENTS;
                let duration = u32::from(u16::from_be_bytes([event[2], event[3]]));
                header.marker = since == 0 && duration == 160 * phone.codec.ticks();
                header.timestamp = at.wrapping_add(since);
                payload = event.to_vec();
            }
            Some((None, _)) => phone.press = None,
            None => {}
        }
        phone.spoken += samples;
        let ticks = samples as u32 * phone.codec.ticks();
        phone.header.timestamp = phone.header.timestamp.wrapping_add(ticks);
        let every = f64::from(phone.packet_time) / 1000.0 * (1.0 + phone.drift);
        if phone.voice != Voice::Nothing {
            phone.header.sequence = phone.header.sequence.wrapping_add(1);
            let (port, from) = (phone.port, phone.address);
            let mut bytes = [&header.write()[..], &payload].concat();
            if let Some(secured) = &mut phone.secured {
                secured.seal(&mut bytes);
            }
            phone.sent.push(payload);
            self.deliver(port, from, bytes);
        }
        self.at(
            self.now + Duration::from_secs_f64(every),
            What::Speak(index),
        );
    }

    fn deliver(&mut self, port: u16, from: SocketAddr, bytes: Vec<u8>) {
        let network = self.network;
        if self.random.below(100) < network.loss_percent {
            return;
        }
        let copies = 1 + usize::from(self.random.below(100) < network.repeat_percent);
        for _ in 0..copies {
            let jitter = self.random.below(network.jitter.as_micros() as u64 + 1);
            let at = self.now + network.delay + Duration::from_micros(jitter);
            self.at(at, What::Arrive(port, from, bytes.clone()));
        }
    }

    /// Takes what the engine gave, each to whom it is for.
    fn collect(&mut self) {
        for (port, to, bytes) in self.out.packets.iter() {
            self.sent_from.entry(to.ip()).or_default().insert(port);
            let theirs = |phone: &&mut Phone| phone.address.ip() == to.ip();
            let Some(phone) = self.phones.iter_mut().find(theirs) else {
                continue;
            };
            let mut bytes = bytes.to_vec();
            if bytes[0] < 128 {
                phone.handshake.push(bytes);
                continue;
            }
            let rtcp = crate::rtp::packet::is_rtcp(&bytes);
            if let Some(secured) = &mut phone.secured
                && !secured.open(rtcp, &mut bytes)
            {
                continue;
            }
            if port != SHARED && port == phone.port + 1 {
                phone.reports.push(bytes);
            } else if rtcp {
                phone.muxed += 1;
                if port == SHARED {
                    phone.feedback.push(bytes);
                }
            } else if to == phone.address {
                let packet = Packet::parse(&bytes).expect("RTP");
                let payload = packet.payload.to_vec();
                phone.got.push((self.now, packet.header, payload));
            }
        }
        self.events.append(&mut self.out.events);
        for chunk in self.out.chunks.drain(..) {
            match chunk {
                Chunk::Samples {
                    recording,
                    at,
                    samples,
                } => {
                    let file = self.files.entry(recording).or_default();
                    assert!(file.length.is_none(), "nothing after the end");
                    let (start, end) = (at as usize, at as usize + samples.len());
                    // Late, it has a place among what is there; otherwise it follows.
                    let follows = at >= file.written;
                    assert!(follows || file.written - at <= 12 * 8000, "in order");
                    file.samples.resize(file.samples.len().max(end), 0);
                    file.samples[start..end].copy_from_slice(&samples);
                    file.written = file.written.max(end as u64);
                }
                Chunk::Picture {
                    recording,
                    at,
                    picture,
                    ..
                } => {
                    let file = self.files.entry(recording).or_default();
                    assert!(file.length.is_none(), "nothing after the end");
                    file.pictures.push((at, picture));
                }
                Chunk::End { recording, length } => {
                    let file = self.files.entry(recording).or_default();
                    assert_eq!(file.length.replace(length), None, "one end");
                    file.samples.resize(length as usize, 0);
                }
            }
        }
        self.out.clear();
    }
}

impl Phone {
    /// To which port of ours it sends, and from where.
    fn place(&self) -> (u16, SocketAddr) {
        (self.port, self.address)
    }

    /// The payload of its next packet: sound of `sample`, which is asked in order.
    fn says(&mut self, mut sample: impl FnMut(&mut Self, usize) -> i16) -> Vec<u8> {
        let samples = usize::from(self.packet_time) * 8;
        let mut frame = |phone: &mut Self, from: usize| {
            let mut frame = [0; FRAME];
            let places = frame.iter_mut().zip(from..);
            places.for_each(|(place, n)| *place = sample(phone, n));
            phone.encoder.encode(&frame, &mut phone.encoded);
        };
        if self.codec == Codec::Opus {
            assert_eq!(samples, FRAME, "these phones have 20 ms of Opus");
            frame(self, 0);
            return std::mem::take(&mut self.encoded);
        }
        // A byte is a sample: what does not fit is sent next time.
        while self.encoded.len() < samples {
            let from = self.encoded.len();
            frame(self, from);
        }
        self.encoded.drain(..samples).collect()
    }
}

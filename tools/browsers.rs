//! What a browser's leg costs: `cargo bench --bench browsers`, which `tools/bench --only browsers` runs.
//!
//! One media engine, without sockets: ICE and DTLS of a leg from its first check to its keys, and calls between
//! a telephone on G.711 and a browser, on G.711 and on Opus, each recorded by nobody. Prints one JSON object:
//! milliseconds of CPU for a leg's set-up, and the share of a core for a hundred calls, in per cent.

#[path = "load/check.rs"]
mod check;

use check::check;
use cordboard::audio::opus::Wishes;
use cordboard::audio::{Codec, Encoder, FRAME, tone};
use cordboard::clock::Clock;
use cordboard::id::LegId;
use cordboard::media::{BEAT, Command, Engine, Out, Place, SHARED, Source, Stream};
use cordboard::random::Random;
use cordboard::rtc::{Association, Certificate, Credentials, Peer, Role};
use cordboard::rtp::Header;
use cordboard::rtp::srtp::Sealer;
use cordboard::sdp::browser::{Agreed, Audio};
use cordboard::sdp::{Direction, Types};
use rustix::time::{ClockId, clock_gettime};
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const SET_UPS: u32 = 200;
const CALLS: u64 = 50;
const BEATS: u32 = 500;

fn main() {
    let set_up = set_up();
    let same = bridged(Codec::Pcma);
    let opus = bridged(Codec::Opus);
    let result = format!(
        r#"{{"set_up_ms": {:.3}, "g711_percent": {same:.1}, "opus_percent": {opus:.1}}}"#,
        set_up.as_secs_f64() * 1e3
    );
    writeln!(std::io::stdout(), "{result}").expect("somebody reads what is printed");
}

/// The CPU of a leg until it has its keys.
fn set_up() -> Duration {
    let mut bench = Bench::new();
    (0..u64::from(SET_UPS)).for_each(|leg| drop(bench.browser(LegId(leg), Codec::Opus)));
    bench.spent / SET_UPS
}

/// The share of a core for a hundred calls between a telephone on G.711 and a browser.
fn bridged(codec: Codec) -> f64 {
    let mut bench = Bench::new();
    let mut calls: Vec<_> = (0..CALLS).map(|call| bench.call(call, codec)).collect();
    // The set-up is another figure.
    bench.spent = Duration::ZERO;
    let frame: Vec<i16> = tone::sine(400.0, -20.0, 8000)[..FRAME].to_vec();
    let [phone, browser] = [Codec::Pcma, codec].map(|codec| {
        let mut payload = vec![];
        let mut encoder = Encoder::new(codec, Wishes::default());
        encoder.encode(&frame.as_slice().try_into().expect("a frame"), &mut payload);
        payload
    });
    for _ in 0..BEATS {
        for call in &mut calls {
            let plain = call.phone.packet(Codec::Pcma, &phone);
            bench.receive(call.phone.port, call.phone.from, &plain);
            let mut sealed = call.browser.packet(codec, &browser);
            call.sealer.seal_rtp(&mut sealed, 0);
            bench.receive(SHARED, call.browser.from, &sealed);
        }
        bench.now += BEAT;
        bench.beat();
    }
    let lasted = BEAT * BEATS;
    bench.spent.as_secs_f64() / lasted.as_secs_f64() / CALLS as f64 * 1e4
}

/// An engine, and how much CPU it has taken.
struct Bench {
    engine: Engine,
    ours: Certificate,
    now: Instant,
    out: Out,
    spent: Duration,
}

struct Call {
    phone: Voice,
    browser: Voice,
    sealer: Sealer,
}

/// Who sends packets.
struct Voice {
    port: u16,
    from: SocketAddr,
    header: Header,
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        let clock = Clock::new(now, jiff::Timestamp::UNIX_EPOCH);
        let ours = certificate();
        Self {
            engine: Engine::new(Random::seeded(1), clock, now).with_browsers(ours.clone()),
            ours,
            now,
            out: Out::default(),
            spent: Duration::ZERO,
        }
    }

    fn call(&mut self, call: u64, codec: Codec) -> Call {
        let legs = [LegId(2 * call), LegId(2 * call + 1)];
        let phone = self.phone(legs[0], call as u16);
        let (browser, sealer) = self.browser(legs[1], codec);
        for (leg, other) in [(legs[0], legs[1]), (legs[1], legs[0])] {
            let source = Source::Leg(other);
            self.command(Command::Hear { leg, source });
        }
        Call {
            phone,
            browser,
            sealer,
        }
    }

    fn phone(&mut self, leg: LegId, nth: u16) -> Voice {
        let (port, from) = (
            20_000 + 2 * nth,
            SocketAddr::from(([10, 0, 0, 1], 20_000 + nth)),
        );
        self.command(Command::Open {
            leg,
            place: Place::Port(port),
            patience: None,
        });
        let stream = Stream {
            remote: from,
            rtcp: from,
            crypto: None,
            ..Stream::from(&agreed(Codec::Pcma, &named(0), &self.ours))
        };
        self.command(Command::Describe { leg, stream });
        Voice::new(port, from)
    }

    /// A browser, from its first check to its keys.
    fn browser(&mut self, leg: LegId, codec: Codec) -> (Voice, Sealer) {
        let (theirs, us) = (certificate(), named(leg.0));
        let from = SocketAddr::from(([10, 1, 0, 1], 20_000 + leg.0 as u16));
        self.command(Command::Open {
            leg,
            place: Place::Browser(us.clone()),
            patience: None,
        });
        let agreed = Box::new(agreed(codec, &us, &theirs));
        self.command(Command::Meet { leg, agreed });
        let check = check(&us.ufrag, &named(0).ufrag, &us.password, leg.0);
        self.receive(SHARED, from, &check);
        let mut page = Association::new(&theirs, Role::Client, self.ours.fingerprint());
        page.begin(self.now);
        while page.keys().is_none() {
            while let Some(packet) = page.poll_transmit() {
                self.receive(SHARED, from, &packet);
                let answers: Vec<_> = self
                    .out
                    .packets
                    .iter()
                    .map(|(_, _, b)| b.to_vec())
                    .collect();
                self.out.clear();
                for answer in answers {
                    page.receive(self.now, &answer);
                }
            }
        }
        let keys = page.keys().expect("DTLS is done");
        (
            Voice::new(SHARED, from),
            Sealer::new(keys.suite, &keys.ours),
        )
    }

    fn command(&mut self, command: Command) {
        let from = spent();
        self.engine.command(self.now, command, &mut self.out);
        self.spent += spent() - from;
        self.out.clear();
    }

    fn receive(&mut self, port: u16, from: SocketAddr, bytes: &[u8]) {
        self.out.clear();
        let begun = spent();
        self.engine
            .receive(self.now, port, from, bytes, &mut self.out);
        self.spent += spent() - begun;
    }

    fn beat(&mut self) {
        self.out.clear();
        let begun = spent();
        self.engine.beat(self.now, &mut self.out);
        self.spent += spent() - begun;
    }
}

impl Voice {
    fn new(port: u16, from: SocketAddr) -> Self {
        let header = Header {
            ssrc: u32::from(from.port()),
            ..Header::default()
        };
        Self { port, from, header }
    }

    fn packet(&mut self, codec: Codec, payload: &[u8]) -> Vec<u8> {
        self.header.payload_type = codec.payload_type();
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(160 * codec.ticks());
        [&self.header.write()[..], payload].concat()
    }
}

fn agreed(codec: Codec, us: &Credentials, theirs: &Certificate) -> Agreed {
    Agreed {
        audio: Audio {
            codec,
            payload_type: codec.payload_type(),
            opus: Wishes::default(),
            events: None,
            packet_time: 20,
            direction: Direction::SendRecv,
            held: false,
        },
        video: None,
        credentials: us.clone(),
        peer: Peer {
            credentials: named(0),
            fingerprint: theirs.fingerprint(),
            role: Role::Server,
        },
        types: Types::default(),
    }
}

fn named(leg: u64) -> Credentials {
    Credentials {
        ufrag: format!("leg-{leg}"),
        password: format!("the password of leg {leg:08}"),
    }
}

fn certificate() -> Certificate {
    let made = rcgen::generate_simple_self_signed(vec![]).expect("a certificate");
    let key = made.signing_key.serialize_der();
    Certificate::new(made.cert.der().to_vec(), &key).expect("usable")
}

/// The CPU time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

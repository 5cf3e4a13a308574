//! Over real sockets of the loopback, with the real engine.

use super::*;
use crate::audio::Codec;
use crate::audio::opus::Wishes;
use crate::clock::Clock;
use crate::id::LegId;
use crate::media::{KeysBy, Place, Source, Stream};
use crate::random::Random;
use crate::rtc::{Credentials, Fingerprint, Frames, Peer, Role, check_of_test, framed};
use crate::sdp::Direction;
use crate::sdp::browser::{Agreed, Audio};
use crate::vault::Vault;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A worker, a vault in a folder of its own, and what the worker reported.
struct Bench {
    worker: Worker,
    vault: Vault,
    folder: std::path::PathBuf,
    events: mpsc::Receiver<Event>,
}

impl Bench {
    /// A worker on so many pairs of ports that are free now.
    fn new(name: &str, pairs: usize) -> Self {
        Self::bound(name, pairs, LOOPBACK)
    }

    /// The same, bound to this address.
    fn bound(name: &str, pairs: usize, bind: IpAddr) -> Self {
        let name = format!("cordboard-worker-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let vault = Vault::start(folder.clone(), None, |_| true, |_| ()).expect("a vault");
        let now = Instant::now();
        let clock = Clock::new(now, jiff::Timestamp::UNIX_EPOCH);
        let engine = Engine::new(Random::seeded(1), clock, now);
        let engine = engine.with_browsers(crate::rtc::certificate_of_test());
        let (report, events) = mpsc::sync_channel(1_000);
        let report = move |event| match report.try_send(event) {
            Ok(()) => Ok(()),
            Err(mpsc::TrySendError::Full(event) | mpsc::TrySendError::Disconnected(event)) => {
                Err(event)
            }
        };
        let config = Config {
            index: 0,
            bind,
            ports: free_ports(pairs),
            browser_port: Some(0),
        };
        let worker = Worker::start(config, engine, vault.sender(), report).expect("a worker");
        Self {
            worker,
            vault,
            folder,
            events,
        }
    }

    /// Opens a leg of a phone on the nth port; it hears another.
    fn leg(&self, leg: u64, nth: usize, phone: &UdpSocket, hears: u64) -> SocketAddr {
        let port = self.worker.bound_ports()[nth];
        let remote = phone.local_addr().expect("bound");
        let stream = Stream {
            remote,
            rtcp: SocketAddr::new(LOOPBACK, 9),
            codec: Codec::Pcma,
            payload_type: 8,
            receive_type: 8,
            opus: Wishes::default(),
            events: None,
            keys_by: KeysBy::Stream,
            packet_time: 20,
            sends: true,
            receives: true,
            crypto: None,
            rtcp_mux: false,
        };
        let leg = LegId(leg);
        let source = Source::Leg(LegId(hears));
        self.worker.send(Command::Open {
            leg,
            place: Place::Port(port),
            patience: None,
        });
        self.worker.send(Command::Describe { leg, stream });
        self.worker.send(Command::Hear { leg, source });
        SocketAddr::new(LOOPBACK, port)
    }

    /// Opens a leg of a browser `them`, who knows us as `us`.
    fn opens_browser(&self, leg: LegId) {
        let named = |name: &str| Credentials {
            ufrag: format!("ufrag-{name}"),
            password: format!("password of {name}, long enough"),
        };
        self.worker.send(Command::Open {
            leg,
            place: Place::Browser(named("us")),
            patience: None,
        });
        let agreed = Box::new(Agreed {
            audio: Audio {
                codec: Codec::Opus,
                payload_type: 111,
                opus: Wishes::default(),
                events: None,
                packet_time: 20,
                direction: Direction::SendRecv,
                held: false,
            },
            video: None,
            credentials: named("us"),
            peer: Peer {
                credentials: named("them"),
                fingerprint: Fingerprint([0; 32]),
                role: Role::Server,
            },
            types: crate::sdp::Types::default(),
        });
        self.worker.send(Command::Meet { leg, agreed });
    }

    fn stop(self) -> Vec<Event> {
        self.worker.stop();
        self.vault.stop();
        drop(std::fs::remove_dir_all(&self.folder));
        self.events.iter().collect()
    }
}

fn phone() -> UdpSocket {
    let phone = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
    phone
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("set");
    phone
}

/// Pairs of ports that nobody has now.
fn free_ports(pairs: usize) -> Vec<u16> {
    let mut ports = vec![];
    while ports.len() < pairs {
        let port = phone().local_addr().expect("bound").port() & !1;
        let free = |port| UdpSocket::bind((LOOPBACK, port)).is_ok();
        if !ports.contains(&port) && free(port) && free(port + 1) {
            ports.push(port);
        }
    }
    ports
}

fn rtp(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(7_u32.to_be_bytes());
    packet.extend([0xd5; 160]);
    packet
}

#[test]
fn at_both_ip_versions_a_phone_of_one_hears_a_phone_of_the_other() {
    let other = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let Ok(agent) = UdpSocket::bind((other, 0)) else {
        return eprintln!("no IPv6 on this machine: nothing to be seen");
    };
    let bench = Bench::bound("families", 2, IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let customer = phone();
    let patience = Some(Duration::from_secs(5));
    agent.set_read_timeout(patience).expect("set");
    let to = bench.leg(2, 0, &customer, 3);
    let mut back = bench.leg(3, 1, &agent, 2);
    back.set_ip(other);
    let mut buffer = [0; 300];
    for sequence in 0..50 {
        customer.send_to(&rtp(sequence), to).expect("sent");
        agent.send_to(&rtp(sequence), back).expect("sent");
        thread::sleep(Duration::from_millis(5));
    }
    for (phone, whence) in [(&customer, LOOPBACK), (&agent, other)] {
        let (length, source) = phone.recv_from(&mut buffer).expect("heard");
        assert_eq!((length, source.ip()), (172, whence));
    }
    let events = bench.stop();
    let heard = |event: &&Event| matches!(event, Event::Started { .. });
    assert_eq!(events.iter().filter(heard).count(), 2, "{events:?}");
}

#[test]
fn what_one_phone_says_the_other_hears() {
    let bench = Bench::new("relay", 2);
    let (customer, agent) = (phone(), phone());
    let to = bench.leg(2, 0, &customer, 3);
    bench.leg(3, 1, &agent, 2);
    let mut buffer = [0; 2_000];
    for sequence in 0..50 {
        customer.send_to(&rtp(sequence), to).expect("sent");
        thread::sleep(Duration::from_millis(5));
    }
    let (length, from) = agent.recv_from(&mut buffer).expect("heard");
    assert_eq!((length, from.port()), (172, bench.worker.bound_ports()[1]));
    let events = bench.stop();
    let closed = events
        .iter()
        .filter(|event| matches!(event, Event::Closed { .. }));
    assert_eq!(closed.count(), 2, "{events:?}");
}

#[test]
fn a_port_of_somebody_else_is_left_out() {
    let ports = free_ports(2);
    let _theirs = UdpSocket::bind((LOOPBACK, ports[0] + 1)).expect("free");
    let bound = Ports::bind(LOOPBACK, &ports).expect("one is free");
    assert_eq!(bound.bound(), &ports[1..]);
    let error = Ports::bind(LOOPBACK, &ports).expect_err("both are taken");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[test]
fn packets_of_absurd_length_are_counted_and_dropped() {
    let bench = Bench::new("long", 1);
    let phone = phone();
    let to = bench.leg(1, 0, &phone, 1);
    phone.send_to(&[0; 9_000], to).expect("sent");
    let port = bench.worker.bound_ports()[0];
    let deadline = Instant::now() + Duration::from_secs(5);
    while bench.worker.counters().oversized == 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(bench.worker.counters().oversized, 1);
    assert!(
        bench
            .stop()
            .iter()
            .any(|event| matches!(event, Event::Closed { port: p, .. } if *p == port))
    );
}

/// `cargo test --release relayed_packet -- --ignored --nocapture`: 100 calls, both ways, for five
/// seconds, from a thread of this process. Prints the worker's CPU time and the added delay.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "its result")]
fn microseconds_for_each_relayed_packet() {
    const CALLS: usize = 100;
    let bench = Bench::new("measure", 2 * CALLS);
    let phones: Vec<_> = (0..2 * CALLS).map(|_| phone()).collect();
    let address = |nth: usize, phone| bench.leg(nth as u64, nth, phone, nth as u64 ^ 1);
    let addresses: Vec<_> = phones
        .iter()
        .enumerate()
        .map(|(n, p)| address(n, p))
        .collect();
    let before = worker_cpu();
    let start = Instant::now();
    let (mut delays, mut sent) = (vec![], vec![vec![]; 2 * CALLS]);
    let mut buffer = [0; 2_000];
    for sequence in 0..250_u16 {
        for (nth, (phone, to)) in phones.iter().zip(&addresses).enumerate() {
            // Spread over the 20 ms, as calls are.
            let due = Duration::from_micros(u64::from(sequence) * 20_000 + 100 * nth as u64);
            thread::sleep(due.saturating_sub(start.elapsed()));
            sent[nth].push(Instant::now());
            phone.send_to(&rtp(sequence), to).expect("sent");
            let other = &phones[(nth + 20) % phones.len()];
            other.set_nonblocking(true).expect("set");
            while other.recv_from(&mut buffer).is_ok() {}
        }
        let echo = &phones[1];
        echo.set_nonblocking(false).expect("set");
        phones[0]
            .send_to(&rtp(sequence + 1_000), addresses[0])
            .expect("sent");
        let now = Instant::now();
        if echo.recv_from(&mut buffer).is_ok() {
            delays.push(now.elapsed());
        }
    }
    let cpu = worker_cpu() - before;
    let counters = bench.worker.counters();
    delays.sort();
    let each = cpu.as_secs_f64() * 1e6 / (250.0 * (2 * CALLS + 1) as f64);
    let wall = start.elapsed();
    println!(
        "{each:.2} µs a packet, delay {:?}, {wall:?}, {counters:?}",
        delays[delays.len() / 2]
    );
    bench.stop();
}

/// The CPU time of the worker's thread, from /proc.
fn worker_cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let paths = tasks.map(|task| task.expect("a task").path());
    let of_worker = |path: &std::path::PathBuf| {
        let name = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        name.starts_with("media-")
    };
    let nanos = paths.filter(of_worker).map(|path| {
        let stat = std::fs::read_to_string(path.join("schedstat")).expect("readable");
        let first = stat
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        first.unwrap_or(0)
    });
    Duration::from_nanos(nanos.sum())
}

/// A browser's check at the shared port is answered by the worker; garbage is not.
#[test]
fn browsers_find_their_leg_at_the_shared_port() {
    let bench = Bench::new("browsers", 1);
    let page = phone();
    let port = bench.worker.browser_port().expect("a port");
    let to = SocketAddr::new(LOOPBACK, port);
    bench.opens_browser(LegId(1));
    let check = check_of_test(
        ("ufrag-us", "ufrag-them"),
        "password of us, long enough",
        &[],
    );
    page.set_read_timeout(Some(Duration::from_millis(200)))
        .expect("set");
    let mut answer = [0; 500];
    let answered = (0..25).any(|_| {
        page.send_to(&[0x55; 40], to).expect("sent");
        page.send_to(&check, to).expect("sent");
        page.recv(&mut answer).is_ok()
    });
    assert!(answered && answer[..2] == [1, 1], "a success");
    bench.stop();
}

/// A browser that has no UDP, at the other end of a connection that was taken for the worker.
struct Caller {
    stream: std::net::TcpStream,
    frames: Frames,
}

impl Caller {
    /// Connects; its first frame is read by whoever takes connections.
    fn connects(bench: &Bench, first: &[u8]) -> Self {
        let listener = std::net::TcpListener::bind((LOOPBACK, 0)).expect("bound");
        let address = listener.local_addr().expect("bound");
        let stream = std::net::TcpStream::connect(address).expect("connected");
        let (socket, peer) = listener.accept().expect("accepted");
        socket.set_nonblocking(true).expect("set");
        let patience = Some(Duration::from_secs(5));
        stream.set_read_timeout(patience).expect("set");
        let first = first.to_vec();
        let connection = Connection {
            socket,
            peer,
            first,
        };
        assert!(bench.worker.door().admit(connection));
        let frames = Frames::default();
        Self { stream, frames }
    }

    fn says(&mut self, packet: &[u8]) {
        let mut wire = vec![];
        assert!(framed(packet, &mut wire));
        // In pieces, as a network may.
        for piece in wire.chunks(7) {
            std::io::Write::write_all(&mut self.stream, piece).expect("written");
        }
    }

    /// The next packet; `None`: the connection is closed.
    fn hears(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(packet) = self.frames.pull().expect("short enough") {
                return Some(packet.to_vec());
            }
            let mut buffer = [0; 500];
            match std::io::Read::read(&mut self.stream, &mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.frames.push(&buffer[..length]),
            }
        }
    }
}

#[test]
fn rfc_6544_a_connection_stays_as_long_as_it_is_a_browsers() {
    let bench = Bench::new("connections", 1);
    let leg = LegId(1);
    bench.opens_browser(leg);
    let check_of = |password| check_of_test(("ufrag-us", "ufrag-them"), password, &[(0x25, &[])]);
    let check = check_of("password of us, long enough");
    let mut caller = Caller::connects(&bench, &check);
    let answer = caller.hears().expect("an answer");
    assert_eq!(answer[..2], [1, 1], "success");
    caller.says(&check);
    assert_eq!(caller.hears().expect("another")[..2], [1, 1]);
    // Who has not the password is told nothing (H2).
    let forged = check_of("a guess of the password");
    assert_eq!(Caller::connects(&bench, &forged).hears(), None);
    assert_eq!(Caller::connects(&bench, &[0x80; 60]).hears(), None);
    // What is longer than any packet ends it.
    std::io::Write::write_all(&mut caller.stream, &[0xff; 10]).expect("written");
    assert_eq!(caller.hears(), None);
    // A leg that is over has none.
    let mut caller = Caller::connects(&bench, &check);
    assert!(caller.hears().is_some());
    bench.worker.send(Command::Close { leg });
    assert_eq!(caller.hears(), None);
    bench.stop();
}

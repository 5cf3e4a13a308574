//! Over real sockets of the loopback.

mod alias;
mod dns;
mod tls;
mod trust;
mod websocket;

use super::*;
use crate::sip::{Flow, Input};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::Duration;

const UDP: ListenerId = ListenerId(0);
const TCP: ListenerId = ListenerId(1);
const MESSAGE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nhi";
const PATIENCE: Duration = Duration::from_secs(5);

struct Bench {
    runtime: tokio::runtime::Runtime,
    network: Network,
    inbox: mpsc::Receiver<Input>,
    /// While set, the inbox is full.
    full: Arc<AtomicBool>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let local = local();
        let sockets = vec![
            socket(UDP, Transport::Udp, local),
            socket(TCP, Transport::Tcp, local),
        ];
        Self::of(sockets, limits)
    }

    fn of(sockets: Vec<Socket>, limits: Limits) -> Self {
        Self::trusting(sockets, Trust::none(), limits)
    }

    fn trusting(sockets: Vec<Socket>, trust: Trust, limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (sender, inbox) = mpsc::channel();
        let full = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&full);
        let deliver = move |input| !closed.load(Ordering::Relaxed) && sender.send(input).is_ok();
        let handle = runtime.handle().clone();
        let network =
            Network::with_limits(sockets, trust, limits, &handle, deliver).expect("bound");
        Self {
            runtime,
            network,
            inbox,
            full,
        }
    }

    fn address(&self, listener: ListenerId) -> SocketAddr {
        self.network.local_addr(listener).expect("a listener")
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address(TCP)).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream
    }

    fn message(&self) -> (Flow, Vec<u8>) {
        match self.inbox.recv_timeout(PATIENCE).expect("an input") {
            Input::Received { flow, bytes } => (flow, bytes),
            other @ (Input::Closed { .. } | Input::Refused { .. } | Input::Timeout) => {
                panic!("{other:?}")
            }
        }
    }

    fn closed(&self) -> Flow {
        match self.inbox.recv_timeout(PATIENCE).expect("an input") {
            Input::Closed { flow } => flow,
            other @ (Input::Received { .. } | Input::Refused { .. } | Input::Timeout) => {
                panic!("{other:?}")
            }
        }
    }

    /// How often a connection was done without for that reason.
    fn gave(&self, why: Why) -> u64 {
        self.network.counters().reasons.of(why)
    }

    fn send(&self, flow: Flow, bytes: &[u8]) {
        self.send_to(flow, None, bytes);
    }

    /// To whoever proves that name.
    fn send_to(&self, flow: Flow, name: Option<&str>, bytes: &[u8]) {
        self.network.send(Transmit {
            flow,
            name: name.map(Into::into),
            bytes: bytes.to_vec(),
        });
    }

    fn stop(self) {
        self.network.stop();
        self.runtime.shutdown_timeout(PATIENCE);
    }
}

fn local() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

fn socket(listener: ListenerId, transport: Transport, address: SocketAddr) -> Socket {
    Socket {
        listener,
        transport,
        address,
        identity: None,
        asks: false,
    }
}

fn read(stream: &mut impl io::Read, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).expect("read");
    bytes
}

/// Whether the other side has closed.
fn is_closed(stream: &mut impl io::Read) -> bool {
    matches!(stream.read(&mut [0; 10]), Ok(0) | Err(_))
}

#[test]
fn datagrams_come_and_go_whatever_their_length() {
    let bench = Bench::new();
    let phone = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    phone.set_read_timeout(Some(PATIENCE)).expect("set");
    for length in [0, 1, 1_500, 65_507] {
        let bytes = vec![b'x'; length];
        phone.send_to(&bytes, bench.address(UDP)).expect("sent");
        let (flow, received) = bench.message();
        assert_eq!(received.len(), length);
        assert_eq!(flow.remote, phone.local_addr().expect("bound"));
        bench.send(flow, &bytes);
        let mut buffer = vec![0; 65_535];
        assert_eq!(phone.recv(&mut buffer).expect("an answer"), length);
    }
    assert_eq!(
        (
            bench.network.counters().received,
            bench.network.counters().sent
        ),
        (4, 4)
    );
    bench.stop();
}

#[test]
fn a_full_inbox_drops_datagrams_and_counts_them() {
    let bench = Bench::new();
    bench.full.store(true, Ordering::Relaxed);
    let phone = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    phone.send_to(b"lost", bench.address(UDP)).expect("sent");
    while bench.network.counters().dropped == 0 {
        std::thread::yield_now();
    }
    bench.full.store(false, Ordering::Relaxed);
    phone.send_to(b"kept", bench.address(UDP)).expect("sent");
    assert_eq!(bench.message().1, b"kept");
    bench.stop();
}

#[test]
fn a_connection_is_cut_into_messages_and_answered_on() {
    let bench = Bench::new();
    let mut phone = bench.connect();
    for byte in [MESSAGE, MESSAGE].concat() {
        phone.write_all(&[byte]).expect("sent");
    }
    let (flow, bytes) = bench.message();
    assert_eq!(bytes, MESSAGE);
    assert_eq!(bench.message(), (flow, MESSAGE.to_vec()));
    bench.send(flow, b"answer");
    assert_eq!(read(&mut phone, 6), b"answer");
    phone.write_all(b"\r\n\r\n").expect("sent");
    assert_eq!(read(&mut phone, 2), b"\r\n", "a pong");
    drop(phone);
    assert_eq!(bench.closed(), flow);
    assert_eq!(bench.network.counters().connections, 0);
    bench.send(flow, b"too late");
    assert_eq!(bench.network.counters().send_failures, 1);
    bench.stop();
}

#[test]
fn connections_are_opened_on_demand_and_shared() {
    let bench = Bench::new();
    let peer = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let remote = peer.local_addr().expect("bound");
    let flow = Flow {
        transport: Transport::Tcp,
        listener: TCP,
        remote,
        connection: 0,
    };
    bench.send(flow, b"one");
    bench.send(flow, b"two");
    let (mut stream, _) = peer.accept().expect("opened");
    assert_eq!(read(&mut stream, 6), b"onetwo");
    stream.write_all(MESSAGE).expect("sent");
    let (answered, _) = bench.message();
    assert!(answered.connection != 0 && answered.remote == remote);
    bench.send(answered, b"three");
    assert_eq!(read(&mut stream, 5), b"three");
    drop(stream);
    assert_eq!((bench.closed(), bench.closed()), (answered, flow));
    bench.stop();
}

#[test]
fn a_peer_that_cannot_be_reached_is_told() {
    let bench = Bench::new();
    let gone = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let remote = gone.local_addr().expect("bound");
    drop(gone);
    let flow = Flow {
        transport: Transport::Tcp,
        listener: TCP,
        remote,
        connection: 0,
    };
    bench.send(flow, b"anybody?");
    assert_eq!(bench.closed(), flow);
    assert_eq!(bench.network.counters().connections, 0);
    bench.stop();
}

#[test]
fn a_full_inbox_keeps_a_connection_waiting_and_loses_nothing() {
    let bench = Bench::new();
    bench.full.store(true, Ordering::Relaxed);
    let mut phone = bench.connect();
    phone.write_all(MESSAGE).expect("sent");
    while bench.network.counters().received == 0 {
        std::thread::yield_now();
    }
    drop(phone);
    bench.full.store(false, Ordering::Relaxed);
    let (flow, _) = bench.message();
    assert_eq!(bench.closed(), flow);
    bench.stop();
}

#[test]
fn silent_and_slow_connections_are_closed_and_others_stay() {
    let short = Duration::from_millis(100);
    let limits = Limits {
        first: short,
        partial: short,
        ..Limits::default()
    };
    let bench = Bench::with(limits);
    let (mut silent, mut slow, mut good) = (bench.connect(), bench.connect(), bench.connect());
    good.write_all(b"\r\n\r\n").expect("sent");
    assert_eq!(read(&mut good, 2), b"\r\n");
    slow.write_all(b"\r\n\r\nOPTIONS sip:a").expect("sent");
    assert!(is_closed(&mut silent));
    assert_eq!(read(&mut slow, 2), b"\r\n");
    assert!(is_closed(&mut slow));
    assert_eq!(bench.network.counters().closed, 2);
    assert_eq!(bench.gave(Why::Silent), 1);
    assert_eq!(bench.gave(Why::Partial), 1);
    bench.closed();
    bench.closed();
    good.write_all(MESSAGE).expect("sent");
    assert_eq!(bench.message().1, MESSAGE);
    bench.stop();
}

#[test]
fn h11_a_connection_that_falls_silent_after_use_is_closed_as_idle() {
    let bench = Bench::with(Limits {
        idle: Duration::from_millis(100),
        ..Limits::default()
    });
    let mut phone = bench.connect();
    phone.write_all(MESSAGE).expect("sent");
    bench.message();
    assert!(is_closed(&mut phone));
    bench.closed();
    assert_eq!(bench.gave(Why::Idle), 1);
    assert_eq!(bench.network.counters().closed, 1);
    bench.stop();
}

#[test]
fn what_is_not_sip_is_closed() {
    let bench = Bench::new();
    let mut phone = bench.connect();
    phone.write_all(b"\x16\x03\x01\x02\x00").expect("sent");
    assert!(is_closed(&mut phone));
    bench.closed();
    assert_eq!(bench.gave(Why::NotSip), 1);
    bench.stop();
}

#[test]
fn a_stream_that_breaks_is_closed_after_the_answer() {
    let bench = Bench::new();
    for length in ["99999999", "many"] {
        let mut phone = bench.connect();
        let head = format!("OPTIONS sip:a SIP/2.0\r\nContent-Length: {length}\r\n\r\n");
        phone.write_all(head.as_bytes()).expect("sent");
        phone.write_all(&[b'x'; 100_000]).expect("sent");
        let (flow, bytes) = bench.message();
        assert_eq!(bytes, head.as_bytes());
        bench.send(flow, b"400");
        assert_eq!(read(&mut phone, 3), b"400");
        assert!(is_closed(&mut phone));
        assert_eq!(bench.closed(), flow);
    }
    assert_eq!(bench.gave(Why::TooLong), 1);
    assert_eq!(bench.gave(Why::NotSip), 1);
    bench.stop();
}

#[test]
fn connections_over_the_limit_are_refused_until_one_ends() {
    let bench = Bench::with(Limits {
        per_address: 1,
        ..Limits::default()
    });
    let mut first = bench.connect();
    first.write_all(MESSAGE).expect("sent");
    bench.message();
    assert!(is_closed(&mut bench.connect()));
    assert_eq!(bench.network.counters().refused, 1);
    assert_eq!(bench.gave(Why::PerAddress), 1);
    let flow = Flow {
        transport: Transport::Tcp,
        listener: TCP,
        remote: "127.0.0.1:9".parse().expect("an address"),
        connection: 0,
    };
    bench.send(flow, b"no place");
    assert_eq!(bench.closed(), flow, "who wanted one is told");
    drop(first);
    bench.closed();
    let mut second = bench.connect();
    second.write_all(MESSAGE).expect("sent");
    bench.message();
    bench.stop();
}

#[test]
fn h10_connections_over_the_limit_of_all_are_refused_and_counted_as_such() {
    let bench = Bench::with(Limits {
        connections: 1,
        ..Limits::default()
    });
    let mut first = bench.connect();
    first.write_all(MESSAGE).expect("sent");
    bench.message();
    assert!(is_closed(&mut bench.connect()));
    assert_eq!(bench.gave(Why::Connections), 1);
    assert_eq!(bench.gave(Why::PerAddress), 0);
    bench.stop();
}

#[test]
fn a_peer_that_does_not_read_is_given_up() {
    let limits = Limits {
        queue: 4,
        ..Limits::default()
    };
    let bench = Bench::with(limits);
    let mut phone = bench.connect();
    phone.write_all(MESSAGE).expect("sent");
    let (flow, _) = bench.message();
    let long = vec![b'x'; 1_000_000];
    while bench.network.counters().closed == 0 {
        bench.send(flow, &long);
    }
    assert_eq!(bench.gave(Why::Unread), 1);
    bench.stop();
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    let bench = Bench::new();
    for (id, transport, name) in [(UDP, Transport::Udp, "UDP"), (TCP, Transport::Tcp, "TCP")] {
        let address = bench.address(id);
        let listeners = vec![socket(ListenerId(7), transport, address)];
        let handle = bench.runtime.handle();
        let error = Network::start(listeners, Trust::none(), handle, |_| true).expect_err("taken");
        let expected = format!("SIP cannot listen at {name} {address}");
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(error.to_string().contains("choose another port"), "{error}");
    }
    bench.stop();
}

#[test]
fn what_was_sent_before_the_stop_arrives() {
    let bench = Bench::new();
    let mut phone = bench.connect();
    phone.write_all(MESSAGE).expect("sent");
    let (flow, _) = bench.message();
    bench.send(flow, b"goodbye");
    bench.stop();
    assert_eq!(read(&mut phone, 7), b"goodbye");
    assert!(is_closed(&mut phone));
}

#[test]
fn f12_a_datagram_that_finds_nobody_is_told_with_what_it_said() {
    let bench = Bench::new();
    let nobody = UdpSocket::bind(local()).expect("a socket");
    let remote = nobody.local_addr().expect("bound");
    drop(nobody);
    let flow = Flow {
        transport: Transport::Udp,
        listener: UDP,
        remote,
        connection: 0,
    };
    bench.send(flow, MESSAGE);
    match bench.inbox.recv_timeout(PATIENCE).expect("an input") {
        Input::Refused { flow: told, quoted } => {
            assert_eq!((told, quoted.as_slice()), (flow, MESSAGE));
        }
        other @ (Input::Received { .. } | Input::Closed { .. } | Input::Timeout) => {
            panic!("{other:?}")
        }
    }
    let peer = UdpSocket::bind(local()).expect("a socket");
    let remote = peer.local_addr().expect("bound");
    bench.send(flow, MESSAGE);
    bench.send(Flow { remote, ..flow }, MESSAGE);
    let mut buffer = [0; 100];
    peer.set_read_timeout(Some(PATIENCE)).expect("set");
    let (length, _) = peer
        .recv_from(&mut buffer)
        .expect("others are not concerned");
    assert_eq!(&buffer[..length], MESSAGE);
    bench.stop();
}

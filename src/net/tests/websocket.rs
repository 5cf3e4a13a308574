//! WebSockets (RFC 7118), from the handshake to the last frame. The client's frames are written by hand.

use super::tls::{Folder, trusting};
use super::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::Read;

const WS: ListenerId = ListenerId(3);
const WSS: ListenerId = ListenerId(4);

/// First bytes of frames: whole ones, and parts (RFC 6455 §5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const TEXT_TO_BE_CONTINUED: u8 = 0x01;
const LAST: u8 = 0x80;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// No Content-Length: the frame says where the message ends.
const FRAMED: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/WS x.invalid\r\n\r\nhi";

fn bench(limits: Limits) -> Bench {
    Bench::of(vec![socket(WS, Transport::Ws, local())], limits)
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        short @ 0..126 => vec![0x80 | short as u8],
        middle @ 126..65_536 => [vec![0x80 | 126], (middle as u16).to_be_bytes().into()].concat(),
        long => [vec![0x80 | 127], (long as u64).to_be_bytes().into()].concat(),
    };
    let mask = [1, 2, 3, 4];
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b);
    [vec![kind], length, mask.into(), masked.collect()].concat()
}

/// The next frame: its first byte and the payload.
fn next(stream: &mut impl Read) -> (u8, Vec<u8>) {
    let head = read(stream, 2);
    let length = match head[1] {
        126 => usize::from(u16::from_be_bytes(
            read(stream, 2).try_into().expect("two bytes"),
        )),
        127 => panic!("so long is no answer here"),
        short => usize::from(short),
    };
    (head[0], read(stream, length))
}

/// Asks for an upgrade and gives the head of the answer.
fn upgrade(stream: &mut (impl Read + io::Write), protocol: &str) -> String {
    let head = format!(
        "GET /any HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Origin: https://elsewhere.example\r\n{protocol}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = vec![];
    while !answer.ends_with(b"\r\n\r\n") {
        answer.extend(read(stream, 1));
    }
    String::from_utf8(answer).expect("text")
}

fn open(bench: &Bench) -> TcpStream {
    let mut stream = TcpStream::connect(bench.address(WS)).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let answer = upgrade(&mut stream, "Sec-WebSocket-Protocol: chat, sip\r\n");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let told = "sec-websocket-protocol: sip\r\n";
    assert!(answer.to_lowercase().contains(told), "{answer}");
    stream
}

#[test]
fn each_message_is_one_of_ours_whole_in_parts_text_or_binary() {
    let bench = bench(Limits::default());
    let mut phone = open(&bench);
    phone.write_all(&frame(TEXT, FRAMED)).expect("sent");
    let (flow, bytes) = bench.message();
    assert_eq!((flow.transport, &bytes[..]), (Transport::Ws, FRAMED));
    phone.write_all(&frame(BINARY, b"\xff\0SIP")).expect("sent");
    assert_eq!(bench.message(), (flow, b"\xff\0SIP".to_vec()));
    let (first, rest) = FRAMED.split_at(20);
    let (second, third) = rest.split_at(1);
    let parts = [
        frame(TEXT_TO_BE_CONTINUED, first),
        frame(PING, b"between"),
        frame(0, second),
        frame(LAST, third),
    ];
    for byte in parts.concat() {
        phone.write_all(&[byte]).expect("sent");
    }
    assert_eq!(bench.message(), (flow, FRAMED.to_vec()));
    assert_eq!(next(&mut phone), (PONG, b"between".to_vec()));

    bench.send(flow, b"SIP/2.0 200 OK");
    assert_eq!(next(&mut phone), (TEXT, b"SIP/2.0 200 OK".to_vec()));
    bench.send(flow, b"SIP/2.0 200 \xff");
    assert_eq!(next(&mut phone), (BINARY, b"SIP/2.0 200 \xff".to_vec()));
    phone.write_all(&frame(TEXT, b"\r\n\r\n")).expect("sent");
    assert_eq!(next(&mut phone), (TEXT, b"\r\n".to_vec()), "a keep-alive");
    phone.write_all(&frame(CLOSE, &[3, 232])).expect("sent");
    assert_eq!(next(&mut phone).0, CLOSE);
    assert_eq!(bench.closed(), flow);
    bench.stop();
}

#[test]
fn who_does_not_ask_for_sip_is_refused() {
    let bench = bench(Limits::default());
    for protocol in ["", "Sec-WebSocket-Protocol: chat, sipx\r\n"] {
        let mut stream = TcpStream::connect(bench.address(WS)).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let answer = upgrade(&mut stream, protocol);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let mut plain = TcpStream::connect(bench.address(WS)).expect("connected");
    plain.set_read_timeout(Some(PATIENCE)).expect("set");
    plain.write_all(MESSAGE).expect("sent");
    assert!(is_closed(&mut plain), "no HTTP");
    while bench.network.counters().connections > 0 {
        std::thread::yield_now();
    }
    assert_eq!(bench.network.counters().handshakes_failed, 3);
    assert!(bench.inbox.try_recv().is_err());
    bench.stop();
}

#[test]
fn what_is_too_long_or_no_frame_is_closed() {
    let bench = bench(Limits::default());
    let long = frame(TEXT, &vec![b'x'; 200_000]);
    let parts = [
        frame(TEXT_TO_BE_CONTINUED, &vec![b'x'; 100_000]),
        frame(LAST, &vec![b'x'; 100_000]),
    ];
    let unmasked = [vec![TEXT, 2], b"hi".to_vec()].concat();
    let no_text = frame(TEXT, b"\xff");
    for (closed, bad) in (1..).zip([long, parts.concat(), unmasked, no_text, vec![0xFF; 50]]) {
        let mut phone = open(&bench);
        // It may be closed before all is written.
        drop(phone.write_all(&bad));
        bench.closed();
        assert_eq!(bench.network.counters().closed, closed);
    }
    assert_eq!(bench.gave(Why::TooLong), 2);
    assert_eq!(bench.gave(Why::NotSip), 3);
    bench.stop();
}

#[test]
fn h11_silent_and_slow_websockets_are_closed_in_time_and_others_stay() {
    let short = Duration::from_millis(150);
    let limits = Limits {
        handshake: short,
        first: short,
        partial: short,
        ..Limits::default()
    };
    let bench = bench(limits);
    let mut good = open(&bench);
    good.write_all(&frame(PING, b"")).expect("sent");
    assert_eq!(next(&mut good).0, PONG);
    let mut half = TcpStream::connect(bench.address(WS)).expect("connected");
    half.set_read_timeout(Some(PATIENCE)).expect("set");
    half.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
    let (mut silent, mut slow) = (open(&bench), open(&bench));
    slow.write_all(&frame(PING, b"")).expect("sent");
    slow.write_all(&[TEXT, 0x80 | 50, 1, 2, 3, 4, b'O'])
        .expect("sent");
    assert_eq!(next(&mut slow).0, PONG);
    slow.write_all(b"P").expect("sent");
    for closed in [&mut half, &mut silent, &mut slow] {
        assert!(is_closed(closed));
    }
    bench.closed();
    bench.closed();
    let counters = bench.network.counters();
    assert_eq!((counters.closed, counters.handshakes_failed), (2, 1));
    assert_eq!(bench.gave(Why::Silent), 1);
    assert_eq!(bench.gave(Why::Partial), 1);
    assert_eq!(bench.gave(Why::SlowHandshake), 1);
    good.write_all(&frame(TEXT, FRAMED)).expect("sent");
    assert_eq!(bench.message().1, FRAMED);
    bench.stop();
}

#[test]
fn a_websocket_is_never_opened_by_us() {
    let bench = bench(Limits::default());
    let peer = TcpListener::bind(local()).expect("a socket");
    let flow = Flow {
        transport: Transport::Ws,
        listener: WS,
        remote: peer.local_addr().expect("bound"),
        connection: 0,
    };
    bench.send(flow, FRAMED);
    assert_eq!(bench.closed(), flow);
    assert_eq!(bench.network.counters().send_failures, 1);
    bench.stop();
}

#[test]
fn over_tls_it_is_the_same() {
    let folder = Folder::new();
    let encrypted = Socket {
        identity: Some(folder.identity()),
        ..socket(WSS, Transport::Wss, local())
    };
    let bench = Bench::of(vec![encrypted], Limits::default());
    let stream = TcpStream::connect(bench.address(WSS)).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let trusted = trusting(&folder.0.join("certificate.pem"));
    let name = ServerName::from(local().ip());
    let client = ClientConnection::new(trusted, name).expect("a client");
    let mut phone = StreamOwned::new(client, stream);
    let answer = upgrade(&mut phone, "Sec-WebSocket-Protocol: sip\r\n");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    phone.write_all(&frame(TEXT, FRAMED)).expect("sent");
    let (flow, bytes) = bench.message();
    assert_eq!((flow.transport, &bytes[..]), (Transport::Wss, FRAMED));
    bench.send(flow, b"answer");
    assert_eq!(next(&mut phone), (TEXT, b"answer".to_vec()));
    bench.stop();
}

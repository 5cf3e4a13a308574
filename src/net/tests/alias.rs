//! Connections that are used the other way: RFC 5923.

use super::tls::{Folder, TLS, trusting};
use super::trust::{Made, US, to};
use super::*;
use crate::net::{Proof, Trust};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

const TRUNK: &str = "trunk.example";

#[test]
fn a_trunk_that_has_proved_its_name_is_reached_on_its_own_connection() {
    let (made, folder) = (Made::new(), Folder::new());
    let near = near(&folder, made.believed());
    let trunk = made.peer(&[TRUNK], None);
    let place = trunk.address(TLS);
    let flow = connects(&trunk, &near, place.port(), ";alias");
    near.send_to(to(&trunk), Some(TRUNK), MESSAGE);
    let (arrived, bytes) = trunk.message();
    assert_eq!((arrived.remote, &*bytes), (near.address(TLS), MESSAGE));
    near.send_to(to(&trunk), Some(TRUNK), MESSAGE);
    assert_eq!(trunk.message().0, arrived);
    assert_eq!(near.network.counters().connections, 1);
    // What was sent to its place learns that its connection is gone.
    trunk.stop();
    let there = Flow {
        remote: place,
        connection: 0,
        ..flow
    };
    assert_eq!([near.closed(), near.closed()], [flow, there]);
    near.stop();
}

#[test]
fn a_pinned_trunk_is_known_by_its_pin() {
    let (made, other, folder) = (Made::new(), Made::new(), Folder::new());
    let trunk = other.peer(&["whatever.example"], None);
    let pinned = Proof::Pinned(other.pin());
    let near = near(&folder, made.believed().asks(TRUNK, pinned));
    connects(&trunk, &near, trunk.address(TLS).port(), ";alias");
    near.send_to(to(&trunk), Some(TRUNK), MESSAGE);
    assert_eq!(trunk.message().0.remote, near.address(TLS));
    for bench in [trunk, near] {
        bench.stop();
    }
}

#[test]
fn without_alias_or_where_no_proof_is_asked_for_we_open_our_own() {
    let (made, folder) = (Made::new(), Folder::new());
    let trunk = made.peer(&[TRUNK], None);
    for (alias, proof, name) in [
        ("", Proof::Name, Some(TRUNK)),
        (";alias", Proof::None, Some(TRUNK)),
        (";alias", Proof::Name, None),
    ] {
        let near = near(&folder, made.believed().asks(TRUNK, proof));
        connects(&trunk, &near, trunk.address(TLS).port(), alias);
        near.send_to(to(&trunk), name, MESSAGE);
        assert_ne!(
            arrives(&trunk).remote,
            near.address(TLS),
            "{proof:?} {name:?}"
        );
        near.stop();
    }
    trunk.stop();
}

#[test]
fn h25_whoever_claims_to_be_another_draws_nothing_to_itself() {
    let (made, elsewhere, folder) = (Made::new(), Made::new(), Folder::new());
    let trunk = made.peer(&[TRUNK], None);
    let place = trunk.address(TLS).port();
    let near = near(&folder, made.believed());
    // A name of its own from the same authority; the right name from an authority that nobody believes.
    let hostile = [
        made.peer(&["mallory.example"], Some("sip:mallory.example")),
        elsewhere.peer(&[TRUNK], None),
    ];
    for mallory in &hostile {
        connects(mallory, &near, place, ";alias");
    }
    // And none at all.
    let mut bare = without_certificate(&folder, &near);
    bare.write_all(&request(place, ";alias")).expect("sent");
    near.message();
    near.send_to(to(&trunk), Some(TRUNK), MESSAGE);
    assert_ne!(
        arrives(&trunk).remote,
        near.address(TLS),
        "on a connection of ours"
    );
    for mallory in hostile {
        let drawn = |input| matches!(input, Input::Received { .. });
        assert!(!mallory.inbox.try_iter().any(drawn));
        mallory.stop();
    }
    for bench in [trunk, near] {
        bench.stop();
    }
}

#[test]
fn over_plain_tcp_nothing_is_claimed() {
    let near = Bench::new();
    let place = TcpListener::bind(local()).expect("a socket");
    let remote = place.local_addr().expect("bound");
    let mut mallory = near.connect();
    mallory
        .write_all(&request(remote.port(), ";alias"))
        .expect("sent");
    let (flow, _) = near.message();
    let there = Flow {
        remote,
        connection: 0,
        ..flow
    };
    near.send_to(there, Some(TRUNK), MESSAGE);
    let (mut stream, _) = place.accept().expect("opened");
    assert_eq!(read(&mut stream, MESSAGE.len()), MESSAGE);
    near.stop();
}

#[test]
fn a_phone_with_a_certificate_that_nobody_believes_is_let_in() {
    let (made, folder) = (Made::new(), Folder::new());
    let near = near(&folder, made.believed());
    let phone = Made::new().peer(&["phone"], None);
    let flow = connects(&phone, &near, 5061, "");
    near.send(flow, MESSAGE);
    assert_eq!(phone.message().1, MESSAGE);
    for bench in [phone, near] {
        bench.stop();
    }
}

/// Us, who ask for certificates.
fn near(folder: &Folder, trust: Trust) -> Bench {
    let socket = Socket {
        identity: Some(folder.identity()),
        asks: true,
        ..socket(TLS, Transport::Tls, local())
    };
    Bench::trusting(vec![socket], trust, Limits::default())
}

/// The way of the next message; that connections have ended meanwhile is nothing.
fn arrives(peer: &Bench) -> Flow {
    loop {
        match peer.inbox.recv_timeout(PATIENCE).expect("an input") {
            Input::Received { flow, bytes } => {
                assert_eq!(bytes, MESSAGE);
                return flow;
            }
            Input::Closed { .. } | Input::Refused { .. } | Input::Timeout => {}
        }
    }
}

/// A peer opens a connection to us and sends a request that says it listens at that port: its flow.
fn connects(peer: &Bench, near: &Bench, port: u16, alias: &str) -> Flow {
    let request = request(port, alias);
    peer.send_to(to(near), Some(US), &request);
    let (flow, bytes) = near.message();
    assert_eq!(bytes, request);
    flow
}

fn request(port: u16, alias: &str) -> Vec<u8> {
    let via = format!("SIP/2.0/TLS 127.0.0.1:{port};rport{alias};branch=z9hG4bK1");
    let rest = "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS";
    let head = format!("OPTIONS sip:a SIP/2.0\r\nVia: {via}\r\n{rest}");
    format!("{head}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// A connection to us of somebody who shows no certificate.
fn without_certificate(folder: &Folder, near: &Bench) -> StreamOwned<ClientConnection, TcpStream> {
    let mut stream = TcpStream::connect(near.address(TLS)).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let trusted = trusting(&folder.0.join("certificate.pem"));
    let name = ServerName::from(local().ip());
    let mut client = ClientConnection::new(trusted, name).expect("a client");
    while client.is_handshaking() {
        client.complete_io(&mut stream).expect("shaken");
    }
    StreamOwned::new(client, stream)
}

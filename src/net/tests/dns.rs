//! DNS against a server that says what the test wants.

use super::PATIENCE;
use crate::net::Dns;
use crate::sip::resolve::{Answer, Kind, Query, Record, Srv};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::runtime::Runtime;

#[test]
fn records_are_read_and_an_alias_is_followed() {
    let (runtime, dns, answers) = asking(server());
    let srv = Record::Srv(Srv {
        priority: 1,
        weight: 2,
        port: 5070,
        target: "sip1.example".to_owned(),
    });
    let table = [
        ("sip1.example", Kind::V4, address("192.0.2.1"), 60),
        ("_sip._udp.example", Kind::Srv, srv, 60),
        ("alias.example", Kind::V4, address("192.0.2.1"), 5),
    ];
    for (name, kind, expected, ttl) in table {
        let ttl = Duration::from_secs(ttl);
        let records = vec![expected];
        let said = ask(&dns, &answers, name, kind);
        assert_eq!(said, Answer::Records { records, ttl }, "{name}");
    }
    runtime.shutdown_background();
}

#[test]
fn what_is_not_there_is_told_apart_from_a_server_that_does_not_say() {
    let (runtime, dns, answers) = asking(server());
    let absent = ask(&dns, &answers, "absent.example", Kind::V4);
    assert!(matches!(absent, Answer::Nothing { .. }), "{absent:?}");
    for name in ["broken.example", "loop.example", "silent.example"] {
        let said = ask(&dns, &answers, name, Kind::V4);
        assert!(
            matches!(said, Answer::Failed | Answer::Nothing { .. }),
            "{name}: {said:?}"
        );
        if name != "loop.example" {
            assert_eq!(said, Answer::Failed, "{name}");
        }
    }
    runtime.shutdown_background();
}

type Answers = Receiver<(Query, Answer)>;

fn asking(server: SocketAddr) -> (Runtime, Dns, Answers) {
    let runtime = Runtime::new().expect("a runtime");
    let (sender, answers) = channel();
    let dns = Dns::start(&[server], runtime.handle(), move |query, answer| {
        drop(sender.send((query, answer)));
    });
    (runtime, dns.expect("a resolver"), answers)
}

fn ask(dns: &Dns, answers: &Answers, name: &str, kind: Kind) -> Answer {
    let query = Query::new(name, kind).expect("a name");
    dns.ask(query.clone());
    let (asked, answer) = answers
        .recv_timeout(PATIENCE.max(Duration::from_secs(8)))
        .expect("an answer");
    assert_eq!(asked, query);
    answer
}

fn address(text: &str) -> Record {
    Record::Address(text.parse::<IpAddr>().expect("an address"))
}

/// A DNS server on a port of its own, for as long as the test runs.
fn server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut buffer = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if let Some(answer) = answer(&buffer[..length]) {
                drop(socket.send_to(&answer, from));
            }
        }
    });
    address
}

/// The answer to a question (RFC 1035 §4).
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0)? + 5;
    let asked = &question[12..end];
    let name = asked[..asked.len() - 4].to_ascii_lowercase();
    let host = |text: &str| -> Vec<u8> {
        let labels = text
            .split('.')
            .flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
        labels.chain([0]).collect()
    };
    let is = |text: &str| name == host(text);
    let record = |of: Vec<u8>, kind: u8, ttl: u8, data: Vec<u8>| -> Vec<u8> {
        let head = [&of[..], &[0, kind, 0, 1, 0, 0, 0, ttl, 0, data.len() as u8]].concat();
        [head, data].concat()
    };
    let one = || record(host("sip1.example"), 1, 60, vec![192, 0, 2, 1]);
    let (code, count, records) = if is("sip1.example") {
        (0, 1, one())
    } else if is("_sip._udp.example") {
        let data = [&[0, 1, 0, 2, 0x13, 0xCE], &host("sip1.example")[..]].concat();
        (0, 1, record(host("_sip._udp.example"), 33, 60, data))
    } else if is("alias.example") {
        let alias = record(host("alias.example"), 5, 5, host("sip1.example"));
        (0, 2, [alias, one()].concat())
    } else if is("loop.example") {
        (
            0,
            1,
            record(host("loop.example"), 5, 5, host("loop.example")),
        )
    } else if is("absent.example") {
        (3, 0, vec![])
    } else if is("silent.example") {
        return None;
    } else {
        (2, 0, vec![])
    };
    let head = [
        question[0],
        question[1],
        0x81,
        0x80 | code,
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ];
    Some([&head[..], asked, &records].concat())
}

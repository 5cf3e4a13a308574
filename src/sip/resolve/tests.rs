//! The resolver against zones written by hand: RFC 3263 §4, RFC 2782, and servers that lie or die.

mod hostile;

use super::*;
use crate::sip::Transport::{Tcp, Tls, Udp};
use std::collections::BTreeSet;
use std::net::SocketAddr;

const ALL: [Reach; 3] = [
    reach(Udp, Family::V4),
    reach(Tcp, Family::V4),
    reach(Tls, Family::V4),
];

/// The records of RFC 3263 §4.1 and §4.2, with addresses.
const EXAMPLE: &str = "
    example.com NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com
    example.com NAPTR 90 50 s SIP+D2T _sip._tcp.example.com
    example.com NAPTR 100 50 s SIP+D2U _sip._udp.example.com
    _sip._tcp.example.com SRV 0 1 5060 server1.example.com
    _sip._tcp.example.com SRV 1 2 5060 server2.example.com
    _sip._udp.example.com SRV 0 1 5070 server2.example.com
    _sips._tcp.example.com SRV 0 1 5061 server1.example.com
    server1.example.com A 192.0.2.1
    server1.example.com AAAA 2001:db8::1
    server2.example.com A 192.0.2.2
    plain.example A 192.0.2.9
    naptrless.example A 198.51.100.1
    _sip._udp.naptrless.example SRV 1 0 5080 plain.example
    _sip._tcp.naptrless.example SRV 1 0 5081 plain.example
    gone.example A 192.0.2.66
    _sip._udp.gone.example SRV 0 0 5060 .";

#[test]
fn the_examples_of_rfc_3263_lead_to_their_places() {
    let table: &[(&str, &[Reach], &str)] = &[
        // §4.1: the lowest order with a transport that we speak.
        ("sip:example.com", &ALL, "TLS 192.0.2.1:5061 (example.com)"),
        (
            "sip:example.com",
            &ALL[..2],
            "TCP 192.0.2.1:5060, TCP 192.0.2.2:5060",
        ),
        ("sip:example.com", &ALL[..1], "UDP 192.0.2.2:5070"),
        ("sips:example.com", &ALL, "TLS 192.0.2.1:5061 (example.com)"),
        ("sips:example.com", &ALL[..2], ""),
        // The transport is said: SRV without NAPTR.
        ("sip:example.com;transport=udp", &ALL, "UDP 192.0.2.2:5070"),
        (
            "sip:example.com;transport=TCP",
            &ALL,
            "TCP 192.0.2.1:5060, TCP 192.0.2.2:5060",
        ),
        (
            "sips:example.com;transport=tcp",
            &ALL,
            "TLS 192.0.2.1:5061 (example.com)",
        ),
        (
            "sip:example.com;transport=tls",
            &ALL,
            "TLS 192.0.2.1:5061 (example.com)",
        ),
        ("sips:example.com;transport=udp", &ALL, ""),
        ("sip:example.com;transport=ws", &ALL, ""),
        ("sip:example.com;transport=sctp", &ALL, ""),
        // The port is said: addresses alone, over UDP or TLS.
        ("sip:server1.example.com:5099", &ALL, "UDP 192.0.2.1:5099"),
        (
            "sips:server1.example.com:5099",
            &ALL,
            "TLS 192.0.2.1:5099 (server1.example.com)",
        ),
        (
            "sip:server1.example.com:5099;transport=tcp",
            &ALL,
            "TCP 192.0.2.1:5099",
        ),
        // Numeric hosts are asked of nobody.
        ("sip:203.0.113.5", &ALL, "UDP 203.0.113.5:5060"),
        (
            "sips:203.0.113.5",
            &ALL,
            "TLS 203.0.113.5:5061 (203.0.113.5)",
        ),
        (
            "sip:203.0.113.5:99;transport=tls",
            &ALL,
            "TLS 203.0.113.5:99 (203.0.113.5)",
        ),
        ("sip:[2001:db8::7]", &ALL, ""),
        // `maddr` is the host (§4); the certificate is still the one of the domain.
        (
            "sip:example.com;maddr=203.0.113.7",
            &ALL,
            "UDP 203.0.113.7:5060",
        ),
        (
            "sips:example.com;maddr=plain.example:1",
            &ALL,
            "TLS 192.0.2.1:5061 (example.com)",
        ),
        (
            "sips:example.com;maddr=plain.example",
            &ALL,
            "TLS 192.0.2.9:5061 (example.com)",
        ),
        // Neither NAPTR nor SRV: the host itself.
        ("sip:plain.example", &ALL, "UDP 192.0.2.9:5060"),
        ("sip:plain.example", &ALL[1..2], "TCP 192.0.2.9:5060"),
        (
            "sips:plain.example",
            &ALL,
            "TLS 192.0.2.9:5061 (plain.example)",
        ),
        (
            "sip:PLAIN.Example.;transport=tcp",
            &ALL,
            "TCP 192.0.2.9:5060",
        ),
        // No NAPTR: a service for each transport, in our order.
        (
            "sip:naptrless.example",
            &ALL,
            "UDP 192.0.2.9:5080, TCP 192.0.2.9:5081",
        ),
        // RFC 2782: the service is decidedly not given.
        ("sip:gone.example;transport=udp", &ALL, ""),
        ("sip:nothing.example", &ALL, ""),
        ("tel:+4930", &ALL, ""),
    ];
    for (uri, reach, expected) in table {
        let mut w = World::new(reach, EXAMPLE);
        assert_eq!(w.locates(uri), *expected, "{uri} with {}", reach.len());
    }
}

#[test]
fn both_families_are_tried_in_the_order_of_our_listeners() {
    let (v4, v6) = (reach(Udp, Family::V4), reach(Udp, Family::V6));
    let uri = "sip:server1.example.com:5060";
    let mut w = World::new(&[v6, v4], EXAMPLE);
    assert_eq!(w.locates(uri), "UDP [2001:db8::1]:5060, UDP 192.0.2.1:5060");
    let mut w = World::new(&[v4, v6], EXAMPLE);
    assert_eq!(w.locates(uri), "UDP 192.0.2.1:5060, UDP [2001:db8::1]:5060");
    assert_eq!(
        w.locates("sip:[2001:db8::7]:5070"),
        "UDP [2001:db8::7]:5070"
    );
    let mut w = World::new(&[v4], EXAMPLE);
    w.locates(uri);
    assert!(
        w.asked.iter().all(|query| query.kind != Kind::V6),
        "never asked"
    );
}

#[test]
fn rules_that_sip_has_not_are_left_alone() {
    let mut w = World::new(
        &ALL,
        "x.example NAPTR 1 1 u SIP+D2U _sip._udp.example.com
         x.example NAPTR 2 1 s E2U+sip _sip._udp.example.com
         x.example NAPTR 3 1 s SIP+D2S _sip._sctp.example.com
         x.example NAPTR 4 2 S sip+d2t _sip._tcp.y.example
         x.example NAPTR 4 1 s SIP+D2U _sip._udp.y.example
         x.example NAPTR 5 1 s SIPS+D2T _sips._tcp.y.example
         _sip._tcp.y.example SRV 0 0 5062 192.0.2.3
         _sip._udp.y.example SRV 0 0 5061 192.0.2.3",
    );
    let found = "UDP 192.0.2.3:5061, TCP 192.0.2.3:5062";
    assert_eq!(
        w.locates("sip:x.example"),
        found,
        "one order, by preference"
    );
}

#[test]
fn f11_when_dns_dies_the_last_good_answer_is_used_however_old() {
    let mut w = World::new(&ALL, EXAMPLE);
    let uri = "sip:example.com;transport=udp";
    w.keeps(&[uri]);
    let found = w.locates(uri);
    assert_eq!(found, "UDP 192.0.2.2:5070");
    w.dead = true;
    for _ in 0..20 {
        w.wait(7_200);
        assert_eq!(w.locates(uri), found);
    }
    w.dead = false;
    w.zone = zone(&EXAMPLE.replace("192.0.2.2", "192.0.2.3"));
    w.resolver.take_changed();
    w.wait(61);
    assert_eq!(
        w.locates(uri),
        "UDP 192.0.2.3:5070",
        "asked again each minute"
    );
    assert!(w.resolver.take_changed());
}

#[test]
fn f11_a_silent_server_holds_nobody_up_and_is_given_up() {
    let mut w = World::new(&ALL, EXAMPLE);
    w.silent.insert("slow.example".to_owned());
    w.keeps(&["sip:slow.example:5060", "sip:plain.example:5060"]);
    assert_eq!(w.locates("sip:plain.example:5060"), "UDP 192.0.2.9:5060");
    let slow = Uri::parse("sip:slow.example:5060").expect("a URI");
    assert!(w.resolver.locate(w.now, &slow).pending);
    w.resolver.seek(w.now, slow.clone(), Seeker(1));
    assert_eq!(w.resolver.poll_found(), None);
    w.wait(2);
    assert_eq!(
        w.resolver.poll_found(),
        Some((Seeker(1), vec![])),
        "after two seconds"
    );
    w.wait(8);
    let located = w.resolver.locate(w.now, &slow);
    assert_eq!((located.hops.len(), located.pending), (0, false));
}

#[test]
fn a_seeker_is_told_as_soon_as_all_is_known() {
    let mut w = World::new(&ALL, EXAMPLE);
    let uri = |text: &str| Uri::parse(text).expect("a URI");
    w.resolver.seek(w.now, uri("sip:192.0.2.7"), Seeker(1));
    let literal = w.resolver.poll_found().expect("at once");
    assert_eq!((literal.0, literal.1.len()), (Seeker(1), 1));
    w.resolver.seek(w.now, uri("sip:example.com"), Seeker(2));
    assert_eq!(w.resolver.poll_found(), None);
    w.answers();
    let (seeker, hops) = w.resolver.poll_found().expect("known now");
    assert_eq!((seeker, hops.len()), (Seeker(2), 1));
    w.resolver.seek(w.now, uri("sip:example.com"), Seeker(3));
    assert!(w.resolver.poll_found().is_some(), "remembered");
}

#[test]
fn what_is_kept_is_asked_again_before_it_is_old_and_what_is_not_when_it_is_needed() {
    let mut w = World::new(&ALL, EXAMPLE);
    w.keeps(&["sip:plain.example:5060"]);
    w.locates("sip:server2.example.com:5060");
    w.asked.clear();
    w.wait(239);
    assert!(w.asked.is_empty(), "{:?}", w.asked);
    w.wait(2);
    assert_eq!(w.asked.len(), 1, "at four fifths of 300 seconds");
    assert_eq!(w.asked[0].name, "plain.example");
    w.wait(120);
    w.asked.clear();
    assert_eq!(
        w.locates("sip:server2.example.com:5060"),
        "UDP 192.0.2.2:5060"
    );
    assert_eq!(w.asked.len(), 1, "old, used, and asked again");
    w.keeps(&[]);
    w.wait(8_000);
    assert_eq!(w.resolver.poll_timeout(), None, "nothing is left");
}

#[test]
fn what_is_not_there_is_asked_again_soon() {
    let mut w = World::new(&ALL, "");
    w.keeps(&["sip:new.example:5060"]);
    assert_eq!(w.locates("sip:new.example:5060"), "");
    w.zone = zone("new.example A 192.0.2.5");
    w.wait(61);
    assert_eq!(w.locates("sip:new.example:5060"), "UDP 192.0.2.5:5060");
}

/// A resolver and the DNS it asks.
struct World {
    resolver: Resolver,
    now: Instant,
    zone: BTreeMap<Query, Vec<Record>>,
    asked: Vec<Query>,
    ttl: u64,
    /// Every question fails.
    dead: bool,
    /// No answer comes about these.
    silent: BTreeSet<String>,
}

impl World {
    fn new(reach: &[Reach], text: &str) -> Self {
        Self {
            resolver: Resolver::new(reach.to_vec(), Random::seeded(1)),
            now: Instant::now(),
            zone: zone(text),
            asked: vec![],
            ttl: 300,
            dead: false,
            silent: BTreeSet::new(),
        }
    }

    fn keeps(&mut self, uris: &[&str]) {
        let uris = uris.iter().map(|uri| Uri::parse(uri).expect("a URI"));
        self.resolver.keep(self.now, uris.collect());
        self.answers();
    }

    /// The places, once DNS has said all it will.
    fn locates(&mut self, uri: &str) -> String {
        let uri = Uri::parse(uri).expect("a URI");
        // Step by step, as each answer leads to the next question.
        for _ in 0..8 {
            self.resolver.locate(self.now, &uri);
            self.answers();
        }
        let hops = self.resolver.locate(self.now, &uri).hops;
        let told = hops.iter().map(|hop| {
            let name = hop.name.as_ref().map(|name| format!(" ({name})"));
            let (transport, address): (_, SocketAddr) = (hop.transport.via_name(), hop.address);
            format!("{transport} {address}{}", name.unwrap_or_default())
        });
        told.collect::<Vec<_>>().join(", ")
    }

    fn answers(&mut self) {
        while let Some(query) = self.resolver.poll_query() {
            self.asked.push(query.clone());
            let ttl = Duration::from_secs(self.ttl);
            let answer = match self.zone.get(&query) {
                _ if self.silent.contains(&query.name) => continue,
                _ if self.dead => Answer::Failed,
                Some(records) => Answer::Records {
                    records: records.clone(),
                    ttl,
                },
                None => Answer::Nothing { ttl },
            };
            self.resolver.answered(self.now, &query, answer);
        }
    }

    fn wait(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.resolver.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.resolver.timeout(self.now);
            self.answers();
        }
        self.now = end;
    }
}

/// A zone from lines as DNS people write them.
fn zone(text: &str) -> BTreeMap<Query, Vec<Record>> {
    let mut zone: BTreeMap<Query, Vec<Record>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse().expect("a number");
        let (kind, record) = match words[1] {
            "NAPTR" => (
                Kind::Naptr,
                Record::Naptr(Naptr {
                    order: number(2),
                    preference: number(3),
                    flags: words[4].to_owned(),
                    service: words[5].to_owned(),
                    regexp: String::new(),
                    replacement: words[6].to_owned(),
                }),
            ),
            "SRV" => (
                Kind::Srv,
                Record::Srv(Srv {
                    priority: number(2),
                    weight: number(3),
                    port: number(4),
                    target: words[5].trim_end_matches('.').to_owned(),
                }),
            ),
            family => {
                let address = words[2].parse().expect("an address");
                let kind = if family == "A" { Kind::V4 } else { Kind::V6 };
                (kind, Record::Address(address))
            }
        };
        let query = Query::new(words[0], kind).expect("a name");
        zone.entry(query).or_default().push(record);
    }
    zone
}

const fn reach(transport: Transport, family: Family) -> Reach {
    Reach { transport, family }
}

/// Not for the resolver's users: whether it forgets.
impl Resolver {
    fn memory_size(&self) -> usize {
        self.memory.len()
    }
}

//! Floods, forgeries and guesses.

use super::*;
use crate::sip::{ListenerId, Transport};
use std::net::Ipv6Addr;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_stranger_has_a_budget_and_it_comes_back() {
    let mut g = Gate::new(Limits::default());
    assert_eq!(g.heard(400, udp("198.51.100.7:5060")), 300);
    assert_eq!(g.heard(1, udp("198.51.100.7:5062")), 0, "one source");
    assert_eq!(g.heard(1, udp("198.51.100.8:5060")), 1, "another");
    g.now += Duration::from_secs(1);
    assert_eq!(g.heard(400, udp("198.51.100.7:5060")), 30);
    g.now += MINUTE;
    assert_eq!(g.heard(400, udp("198.51.100.7:5060")), 300);
}

/// H4.
#[test]
fn a_flood_from_many_sources_stays_within_bounds_and_leaves_those_one_knows_alone() {
    let mut g = Gate::new(Limits::default());
    let (trunk, phone) = (udp("203.0.113.5:5060"), udp("198.51.100.7:40000"));
    g.guard.acquaint(g.now, phone.remote, MINUTE * 60);
    let mut heard = 0;
    for n in 0..200_000u128 {
        let address = Ipv6Addr::from(0x2001_0db8_u128 << 96 | n << 64);
        heard += g.heard(
            1,
            flow(Transport::Udp, SocketAddr::new(address.into(), 5060)),
        );
        if n % 20 == 0 {
            g.now += Duration::from_millis(1);
        }
        if n % 1000 == 0 {
            assert_eq!(g.standing(trunk, true), Ok(Standing::Trusted));
            assert_eq!(g.standing(phone, false), Ok(Standing::Acquainted));
            g.guard.check();
        }
    }
    assert!(
        (30_000..35_000).contains(&heard),
        "3000 a second, not {heard}"
    );
    assert!(g.guard.sources.len() <= 35_000, "{}", g.guard.sources.len());
}

/// Without a limit for all, the table fills: who is in it keeps the place.
#[test]
fn a_full_table_pushes_nobody_out() {
    let mut g = Gate::new(Limits {
        strangers: 0,
        ..Limits::default()
    });
    let early = udp("198.51.100.7:5060");
    assert_eq!(g.heard(100, early), 100);
    for n in 0..70_000u128 {
        let address = Ipv6Addr::from(0x2001_0db8_u128 << 96 | n << 64);
        g.heard(
            2,
            flow(Transport::Udp, SocketAddr::new(address.into(), 5060)),
        );
    }
    assert_eq!(g.guard.sources.len(), MAX_SOURCES);
    assert_eq!(g.heard(400, early), 200, "the rest of its own budget");
    assert_eq!(
        g.heard(400, udp("192.0.2.200:5060")),
        0,
        "the common one is spent"
    );
    g.now += MINUTE;
    assert_eq!(g.heard(400, udp("192.0.2.200:5060")), 300);
    g.guard.check();
}

#[test]
fn a_trunk_is_known_at_its_own_listener_alone() {
    let mut g = Gate::new(Limits::default());
    let trunk = udp("203.0.113.5:5060");
    assert_eq!(g.standing(trunk, true), Ok(Standing::Trusted));
    assert_eq!(g.standing(trunk, false), Ok(Standing::Stranger));
    assert_eq!(
        g.standing(udp("203.0.114.5:5060"), true),
        Ok(Standing::Stranger)
    );
}

#[test]
fn proven_failures_lead_to_a_ban_that_ends() {
    let mut g = Gate::new(Limits::default());
    let guesser = udp("198.51.100.7:5060");
    for _ in 0..9 {
        assert_eq!(g.strikes(guesser), None);
    }
    let ban = g.strikes(guesser).expect("the tenth");
    assert_eq!(ban.source, Source::of(guesser.remote.ip()));
    assert_eq!(ban.lasts, Duration::from_secs(300));
    assert_eq!(g.standing(guesser, false), Err(Turned::Banned));
    assert_eq!(
        g.standing(udp("198.51.100.7:6000"), true),
        Err(Turned::Banned),
        "everywhere"
    );
    assert_eq!(g.strikes(guesser), None, "told once");
    g.now += Duration::from_secs(300);
    assert_eq!(g.standing(guesser, false), Ok(Standing::Stranger));
}

#[test]
fn a_phone_with_an_old_password_is_not_banned() {
    let mut g = Gate::new(Limits::default());
    for _ in 0..1000 {
        assert_eq!(g.strikes(udp("198.51.100.7:5060")), None);
        g.now += MINUTE;
    }
}

#[test]
fn a_ban_silences_neither_a_trunk_nor_a_registered_phone_of_that_address() {
    let mut g = Gate::new(Limits::default());
    let phone = udp("198.51.100.7:40000");
    g.guard.acquaint(g.now, phone.remote, MINUTE);
    for address in ["198.51.100.7:5060", "203.0.113.5:5060"] {
        while g.strikes(udp(address)).is_none() {}
        assert_eq!(g.standing(udp(address), false), Err(Turned::Banned));
    }
    assert_eq!(g.standing(phone, false), Ok(Standing::Acquainted));
    let trunk = udp("203.0.113.5:5060");
    assert_eq!(g.standing(trunk, true), Ok(Standing::Trusted));
    g.now += MINUTE;
    assert_eq!(g.standing(phone, false), Err(Turned::Banned), "no longer");
}

#[test]
fn a_known_way_that_guesses_is_known_no_more() {
    let mut g = Gate::new(Limits::default());
    let phone = udp("198.51.100.7:40000");
    g.guard.acquaint(g.now, phone.remote, MINUTE);
    while g.strikes(phone).is_none() {}
    assert_eq!(g.standing(phone, false), Err(Turned::Banned));
}

#[test]
fn connections_have_their_own_budget_alone() {
    let mut g = Gate::new(Limits {
        strangers: 1,
        ..Limits::default()
    });
    assert_eq!(g.heard(5, udp("198.51.100.1:5060")), 1);
    let stream = flow(Transport::Tcp, address("198.51.100.2:5060"));
    assert_eq!(g.heard(400, stream), 300);
}

#[test]
fn switched_off_it_hears_everybody() {
    let mut g = Gate::new(Limits::off());
    assert_eq!(g.heard(100_000, udp("198.51.100.7:5060")), 100_000);
    assert!((0..100).all(|_| g.strikes(udp("198.51.100.7:5060")).is_none()));
    assert!(g.guard.sources.is_empty());
    assert!(!g.guard.is_scanner("friendly-scanner"));
}

#[test]
fn scanners_are_known_by_the_names_they_give_themselves() {
    let guard = Gate::new(Limits::default()).guard;
    for name in ["friendly-scanner", "SIPVicious/0.3", "sipcli/v1.8"] {
        assert!(guard.is_scanner(name), "{name}");
    }
    for name in ["", "é", "Linphone/5", "PJSUA v2.15", "Asterisk PBX"] {
        assert!(!guard.is_scanner(name), "{name}");
    }
}

/// A guard with one trunk, 203.0.113.0/24, and the time.
struct Gate {
    guard: Guard,
    now: Instant,
}

impl Gate {
    fn new(limits: Limits) -> Self {
        let now = Instant::now();
        let mut guard = Guard::new(limits);
        guard.trust(vec![Network {
            address: [203, 0, 113, 0].into(),
            prefix: 24,
        }]);
        Self { guard, now }
    }

    fn standing(&mut self, flow: Flow, for_trunks: bool) -> Result<Standing, Turned> {
        self.guard.hear(self.now, flow, for_trunks)
    }

    /// Of so many messages, how many are heard.
    fn heard(&mut self, messages: usize, flow: Flow) -> usize {
        (0..messages)
            .filter(|_| self.standing(flow, false).is_ok())
            .count()
    }

    fn strikes(&mut self, flow: Flow) -> Option<Ban> {
        self.guard
            .struck(self.now, flow.remote, Offence::Credentials)
    }
}

fn udp(text: &str) -> Flow {
    flow(Transport::Udp, address(text))
}

fn flow(transport: Transport, remote: SocketAddr) -> Flow {
    Flow {
        transport,
        listener: ListenerId(0),
        remote,
        connection: u64::from(transport.is_reliable()),
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

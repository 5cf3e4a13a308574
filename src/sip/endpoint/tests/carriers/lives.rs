//! Registrations at a registrar of our own, and at one that loses, doubles and talks nonsense.

use super::*;
use crate::sip::auth::{Algorithm, Digest};

#[test]
fn our_own_registrar_takes_us_in_two_realms_with_each_hash() {
    let both = [Algorithm::Sha256, Algorithm::Md5];
    for algorithms in [&both[..], &both[..1], &both[1..]] {
        let mut pair = Pair::new(algorithms);
        pair.run(3600);
        for (port, realm) in [(5060, "one"), (5062, "two")] {
            let found = pair.states.iter().filter(|(id, _)| *id == PeerId(port));
            let found: Vec<_> = found.map(|(_, state)| state).collect();
            assert!(
                matches!(found[..], [PeerState::Registered { .. }]),
                "{realm}: {found:?}"
            );
            assert!(pair.registrar.registered(&format!("u{port}")), "{realm}");
        }
        pair.client.command(pair.now, Command::Drain(true));
        pair.run(60);
        assert!(!pair.registrar.registered("u5060") && !pair.registrar.registered("u5062"));
        assert!(pair.client.is_idle());
        assert_eq!(pair.client.poll_timeout(), None);
    }
}

#[test]
fn our_own_server_takes_a_call_of_ours_with_each_hash() {
    let both = [Algorithm::Sha256, Algorithm::Md5];
    for algorithms in [&both[..], &both[..1], &both[1..]] {
        let mut pair = Pair::new(algorithms);
        pair.run(1);
        while pair.registrar.poll_event().is_some() {}
        let call = Outbound {
            from: crate::sip::Party {
                user: "u5060".to_owned(),
                ..Default::default()
            },
            credentials: vec![Credential {
                realm: Some("one".to_owned()),
                user: "u5060".to_owned(),
                password: "secret".to_owned(),
            }],
            ..calls_out::outbound(calls_out::uri("sip:x@10.0.0.2:5060", EXTERNAL))
        };
        pair.client.invite(pair.now, call);
        pair.run(1);
        let Some(Event::Invited(invite)) = pair.registrar.poll_event() else {
            panic!("not let in: {algorithms:?}");
        };
        assert_eq!(invite.user.as_deref(), Some("u5060"));
    }
}

#[test]
fn whatever_a_registrar_does_we_ask_it_now_and_then_and_leave_nothing_behind() {
    for seed in 1..=200 {
        Hostile::new(seed).run();
    }
}

/// We, and a registrar of our make with a listener for each of two realms.
struct Pair {
    now: Instant,
    client: Endpoint,
    registrar: Endpoint,
    states: Vec<(PeerId, PeerState)>,
}

impl Pair {
    fn new(algorithms: &[Algorithm]) -> Self {
        let now = Instant::now();
        let listener = |ip, port, digest: Option<Digest>| Listener {
            transport: Transport::Udp,
            local: address(ip, port),
            advertised: address(ip, port),
            registrar: digest.is_some(),
            paths: Default::default(),
            digest,
        };
        let endpoint = |listeners, seed| {
            let config = Config {
                listeners,
                ..Config::default()
            };
            Endpoint::new(config, Random::seeded(seed))
        };
        let mut registrar = endpoint(
            vec![
                listener("10.0.0.2", 5060, Some(Digest::new("one", algorithms))),
                listener("10.0.0.2", 5062, Some(Digest::new("two", algorithms))),
            ],
            1,
        );
        let users = ["u5060", "u5062"].map(|user| (user.to_owned(), "secret".to_owned()));
        registrar.command(now, Command::Users(users.to_vec()));
        let mut client = endpoint(vec![listener("10.0.0.1", 5060, None)], 2);
        let peer = |port: u16, realm: Option<&str>| Peer {
            id: PeerId(port.into()),
            uri: format!("sip:10.0.0.2:{port}"),
            hops: vec![Hop {
                transport: Transport::Udp,
                address: address("10.0.0.2", port),
                name: None,
            }],
            routes: vec![],
            credentials: vec![Credential {
                realm: realm.map(str::to_owned),
                user: format!("u{port}"),
                password: "secret".to_owned(),
            }],
            registration: Some(Registration {
                aor: format!("sip:u{port}@10.0.0.2"),
                expires: Duration::from_secs(300),
            }),
            options_every: None,
        };
        let peers = vec![peer(5060, Some("one")), peer(5062, None)];
        client.command(now, Command::Peers(peers));
        Self {
            now,
            client,
            registrar,
            states: vec![],
        }
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            self.carry();
            let timers = [self.client.poll_timeout(), self.registrar.poll_timeout()];
            let due = timers.into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= end) else {
                break;
            };
            self.now = self.now.max(due);
            self.client.handle(self.now, Input::Timeout);
            self.registrar.handle(self.now, Input::Timeout);
        }
        self.now = end;
    }

    fn carry(&mut self) {
        let ports = [5060, 5062];
        loop {
            let mut idle = true;
            while let Some(sent) = self.client.poll_transmit() {
                let port = sent.flow.remote.port();
                let at = ports
                    .iter()
                    .position(|own| *own == port)
                    .expect("a listener");
                let flow = Flow {
                    listener: ListenerId(at as u16),
                    remote: address("10.0.0.1", 5060),
                    ..sent.flow
                };
                let bytes = sent.bytes;
                self.registrar
                    .handle(self.now, Input::Received { flow, bytes });
                idle = false;
            }
            while let Some(sent) = self.registrar.poll_transmit() {
                let port = ports[usize::from(sent.flow.listener.0)];
                let flow = Flow {
                    listener: ListenerId(0),
                    remote: address("10.0.0.2", port),
                    ..sent.flow
                };
                let bytes = sent.bytes;
                self.client
                    .handle(self.now, Input::Received { flow, bytes });
                idle = false;
            }
            while let Some(event) = self.client.poll_event() {
                if let Event::Peer { id, state } = event {
                    self.states.push((id, state));
                }
            }
            self.client.check();
            if idle {
                return;
            }
        }
    }
}

/// A registrar that answers at random, over a network that loses and doubles.
struct Hostile {
    wire: Wire,
    random: Random,
    seed: u64,
    sent: Vec<Instant>,
}

impl Hostile {
    fn new(seed: u64) -> Self {
        Self {
            wire: Wire::new(),
            random: Random::seeded(seed),
            seed,
            sent: vec![],
        }
    }

    fn run(&mut self) {
        let mut peer = two_places();
        peer.options_every = (self.random.below(2) == 0).then(|| Duration::from_secs(60));
        let mut waiting = sets(&mut self.wire, &peer);
        let start = self.wire.now;
        let end = start + Duration::from_secs(4 * 3600);
        while self.wire.now < end {
            self.sent.extend(waiting.iter().map(|_| self.wire.now));
            let mut next = vec![];
            for text in waiting {
                for _ in 0..self.random.below(3) {
                    let from = ["203.0.113.9", "203.0.113.10"][self.random.below(2) as usize];
                    self.wire.flow.remote = address(from, 5060);
                    let said = self.answer(&text);
                    next.extend(self.wire.says(said));
                }
            }
            if next.is_empty() {
                let due = self.wire.endpoint.poll_timeout().expect("it goes on");
                let step = due.saturating_duration_since(self.wire.now).as_secs() + 1;
                next = self
                    .wire
                    .wait(step)
                    .into_iter()
                    .map(|(_, text)| text)
                    .collect();
            }
            if self.random.below(50) == 0 {
                next.extend(self.wire.wishes(Command::Drain(true)));
                next.extend(self.wire.wishes(Command::Drain(false)));
            }
            waiting = next;
        }
        // No registrar can make us ask more than a few times a minute, repetitions apart.
        let rate = self.sent.len() as u64 / 240;
        assert!(rate < 40, "seed {}: {rate} a minute", self.seed);
        self.told_in_turn();
        self.wire.wishes(Command::Peers(vec![]));
        self.wire.wait(100);
        assert!(self.wire.endpoint.is_idle(), "seed {}", self.seed);
        assert_eq!(
            self.wire.endpoint.poll_timeout(),
            None,
            "seed {}",
            self.seed
        );
    }

    /// Nothing is told twice in a row.
    fn told_in_turn(&mut self) {
        let events = self.wire.events().into_iter();
        let states = events.map(|event| {
            let Event::Peer { state, .. } = event else {
                panic!("seed {}: {event:?}", self.seed);
            };
            state
        });
        let health: Vec<_> = states
            .filter_map(|state| match state {
                PeerState::Up { .. } => Some(true),
                PeerState::Down { .. } => Some(false),
                PeerState::Registered { .. } | PeerState::Unregistered { .. } => None,
            })
            .collect();
        let alternate = health.windows(2).all(|pair| pair[0] != pair[1]);
        assert!(alternate, "seed {}: {health:?}", self.seed);
    }

    fn answer(&mut self, request: &str) -> String {
        let number = self.random.below(5_000_000_000);
        let stale = ["", ", stale=true"][self.random.below(2) as usize];
        let algorithm = ["MD5", "SHA-256", "SHA-512-256", "rot13"][self.random.below(4) as usize];
        let realm = ["carrier", "evil"][self.random.below(2) as usize];
        let challenge = format!(
            "WWW-Authenticate: Digest realm=\"{realm}\", nonce=\"{number}\", qop=\"auth\", \
             algorithm={algorithm}{stale}\r\n"
        );
        let contact = header(request, "Contact").unwrap_or("<sip:x@h>").to_owned();
        let (status, rest) = match self.random.below(12) {
            0 | 1 => ("401 Unauthorized", challenge),
            2 => ("407 Proxy", challenge.replace("WWW", "Proxy")),
            3 => ("423 Brief", format!("Min-Expires: {number}\r\n")),
            4 => ("503 No", format!("Retry-After: {number}\r\n")),
            5 => ("403 Forbidden", String::new()),
            6 => ("200 OK", format!("Contact: {contact};expires={number}\r\n")),
            7 => (
                "200 OK",
                format!("Contact: {contact};expires={}\r\n", number % 90),
            ),
            8 => ("200 OK", "Contact: *\r\nExpires: 9\r\n".to_owned()),
            9 => ("200 OK", format!("Expires: {}\r\n", number % 700)),
            10 => ("100 Trying", String::new()),
            _ => (
                "302 Moved",
                "Contact: <sip:elsewhere@192.0.2.66>\r\n".to_owned(),
            ),
        };
        reply(request, status, "r", &rest)
    }
}

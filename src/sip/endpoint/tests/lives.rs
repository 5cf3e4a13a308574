//! Random lives: three endpoints call each other over a network that loses, doubles, delays and
//! sometimes falsifies what it carries, while their users wish at random. Whatever happens, each
//! user is told consistently, and at the end nothing is left.

use super::calls_out::{outbound, uri};
use super::*;
use crate::sip::header::{Address, Contacts};
use crate::sip::{Rejection, Reliable, register};

#[test]
fn whatever_is_lost_every_call_has_one_outcome_and_nothing_remains() {
    for seed in 1..=300 {
        Life::new(seed).run();
    }
}

struct Life {
    seed: u64,
    random: Random,
    now: Instant,
    sides: [Side; 3],
    /// What is on its way: when, in which order, to which side, from where.
    network: BTreeMap<(Instant, u64), (usize, Flow, Vec<u8>)>,
    counter: u64,
    /// Whether the network loses and falsifies.
    bad: bool,
}

struct Side {
    endpoint: Endpoint,
    address: SocketAddr,
    calls: BTreeMap<SessionId, Call>,
}

/// What a user believes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    /// We call, and nobody has answered.
    Calling,
    /// Somebody calls us, and we have not answered.
    Called,
    Talking,
    Over,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let mut side = |n: u8| {
            let address = address(&format!("10.0.0.{n}"), 5060);
            let config = Config {
                listeners: vec![Listener {
                    transport: Transport::Udp,
                    local: address,
                    advertised: address,
                    digest: None,
                    registrar: false,
                    paths: Default::default(),
                }],
                ..Config::default()
            };
            Side {
                endpoint: Endpoint::new(config, random.fork()),
                address,
                calls: BTreeMap::new(),
            }
        };
        Self {
            sides: [side(1), side(2), side(3)],
            seed,
            random,
            now: Instant::now(),
            network: BTreeMap::new(),
            counter: 0,
            bad: true,
        }
    }

    /// To each, the two others are the phones of one user.
    fn introduce(&mut self) {
        for side in 0..3 {
            for other in [(side + 1) % 3, (side + 2) % 3] {
                let remote = self.sides[other].address;
                let contact = Address::parse(&format!("<sip:both@{remote}>")).expect("one");
                let request = register::Request {
                    user: "both",
                    call_id: "life",
                    cseq: 1,
                    contacts: Contacts::List(vec![contact]),
                    expires: None,
                    outbound: false,
                    proxies: Default::default(),
                    flow: route::fresh(Transport::Udp, EXTERNAL, remote),
                };
                let registrar = &mut self.sides[side].endpoint.registrar;
                registrar
                    .register(self.now, &request, &mut vec![])
                    .expect("room");
            }
        }
    }

    fn run(&mut self) {
        self.introduce();
        for _ in 0..60 {
            let side = self.random.below(3) as usize;
            self.wish(side);
            let pause = Duration::from_millis(self.random.below(3000));
            self.wait(pause);
        }
        self.end_all();
        self.bad = false;
        self.wait(Duration::from_secs(150));
        // A last repetition of an INVITE may have come when its caller had just given up.
        self.end_all();
        self.wait(Duration::from_secs(150));
        for side in &self.sides {
            let counters = side.endpoint.counters();
            assert!(side.endpoint.is_idle(), "seed {}: {counters:?}", self.seed);
            let registrations = side.endpoint.registrar.poll_timeout();
            assert_eq!(
                side.endpoint.poll_timeout(),
                registrations,
                "seed {}",
                self.seed
            );
            let open = side.calls.iter().find(|(_, call)| **call != Call::Over);
            assert_eq!(open, None, "seed {}", self.seed);
        }
    }

    /// A user does something, sensible or not.
    fn wish(&mut self, side: usize) {
        let sessions: Vec<_> = self.sides[side].calls.keys().copied().collect();
        let chosen = self.random.below(sessions.len() as u64) as usize;
        let kind = self.random.below(11);
        let Some(&session) = sessions.get(chosen).filter(|_| kind > 1) else {
            return self.call(side);
        };
        let before = self.sides[side].calls[&session];
        let sdp = ANSWER.as_bytes().to_vec();
        let rejection = Rejection {
            warning: None,
            cause: None,
            status: 486,
            retry_after: None,
            text: None,
        };
        let (command, after) = match kind {
            2 => return self.end(side, session),
            3 => (Command::Reject { session, rejection }, Call::Over),
            4 => (
                Command::Ring {
                    session,
                    status: 180,
                    sdp: None,
                },
                Call::Called,
            ),
            8 => (ring(session, 183, Some(ANSWER)), Call::Called),
            9 => (Command::Change { session, sdp }, before),
            5 => (Command::AnswerChange { session, sdp }, before),
            _ => (Command::Answer { session, sdp }, Call::Talking),
        };
        if before == Call::Called {
            self.sides[side].calls.insert(session, after);
        }
        self.sides[side].endpoint.command(self.now, command);
        self.carry(side);
    }

    fn call(&mut self, side: usize) {
        let other = (side + 1 + self.random.below(2) as usize) % 3;
        let mut outbound = outbound(match self.random.below(3) {
            0 => Target::User("both".to_owned()),
            _ => uri(&format!("sip:x@{}", self.sides[other].address), EXTERNAL),
        });
        if self.random.below(4) == 0 {
            // As one writes it who has nothing to offer.
            outbound.sdp.clear();
        }
        outbound.reliable = match self.random.below(3) {
            0 => Reliable::Off,
            1 => Reliable::Supported,
            _ => Reliable::Required,
        };
        outbound.session_timer.interval = match self.random.below(3) {
            0 => None,
            // Refused by all at first.
            1 => Some(Duration::from_secs(60)),
            _ => Some(Duration::from_secs(90)),
        };
        outbound.session_timer.min = Duration::from_secs(30);
        let session = self.sides[side].endpoint.invite(self.now, outbound);
        self.sides[side].calls.insert(session, Call::Calling);
        self.carry(side);
    }

    fn end(&mut self, side: usize, session: SessionId) {
        self.sides[side].calls.insert(session, Call::Over);
        self.sides[side].endpoint.command(self.now, end(session));
        self.carry(side);
    }

    fn end_all(&mut self) {
        for side in 0..3 {
            let calls: Vec<_> = self.sides[side].calls.keys().copied().collect();
            for session in calls {
                self.end(side, session);
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let timers = self
                .sides
                .iter()
                .filter_map(|side| side.endpoint.poll_timeout());
            let arrival = self.network.keys().next().map(|(at, _)| *at);
            let Some(next) = timers.chain(arrival).min().filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            match self
                .network
                .first_entry()
                .filter(|first| first.key().0 <= self.now)
            {
                Some(first) => {
                    let (side, flow, bytes) = first.remove();
                    let input = Input::Received { flow, bytes };
                    self.sides[side].endpoint.handle(self.now, input);
                }
                None => {
                    for side in &mut self.sides {
                        side.endpoint.handle(self.now, Input::Timeout);
                    }
                }
            }
            (0..3).for_each(|side| self.carry(side));
        }
        self.now = end;
    }

    /// Takes what an endpoint has to give: events to its user, bytes to the network.
    fn carry(&mut self, side: usize) {
        self.sides[side].endpoint.check();
        while let Some(event) = self.sides[side].endpoint.poll_event() {
            self.sides[side].tell(&event, self.seed);
        }
        while let Some(transmit) = self.sides[side].endpoint.poll_transmit() {
            let to = transmit.flow.remote;
            let Some(other) = self.sides.iter().position(|side| side.address == to) else {
                assert!(self.falsifies(), "seed {}: to nobody: {to}", self.seed);
                continue;
            };
            let copies = match self.random.below(10) {
                0 | 1 if self.bad => 0,
                2 if self.bad => 2,
                _ => 1,
            };
            let flow = Flow {
                remote: self.sides[side].address,
                ..transmit.flow
            };
            for _ in 0..copies {
                let at = self.now + Duration::from_millis(self.random.below(700));
                self.counter += 1;
                let bytes = self.carried(&transmit.bytes);
                self.network
                    .insert((at, self.counter), (other, flow, bytes));
            }
        }
    }

    /// Every other life has a network that does.
    fn falsifies(&self) -> bool {
        self.seed.is_multiple_of(2)
    }

    /// What arrives of a message: now and then, a letter is another.
    fn carried(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if self.bad && self.falsifies() && self.random.below(20) == 0 {
            let at = self.random.below(bytes.len() as u64) as usize;
            bytes[at] = b"09az;<:\r \""[self.random.below(10) as usize];
        }
        bytes
    }
}

impl Side {
    /// Checks that an event fits what the user believes.
    fn tell(&mut self, event: &Event, seed: u64) {
        let (session, fits, after): (_, &[Call], _) = match event {
            Event::Invited(invite) => {
                let before = self.calls.insert(invite.session, Call::Called);
                return assert_eq!(before, None, "seed {seed}: a session twice");
            }
            Event::ChangeAsked { session, .. }
            | Event::Changed { session, .. }
            | Event::ChangeAnswered { session, .. }
            | Event::ChangeFailed { session, .. } => {
                let believed = self.calls.get(session).copied().unwrap_or(Call::Over);
                (
                    session,
                    &[Call::Calling, Call::Called, Call::Talking],
                    believed,
                )
            }
            Event::Acknowledged { session, .. }
            | Event::Referred { session, .. }
            | Event::Info { session, .. } => (session, &[Call::Talking], Call::Talking),
            Event::Ringing { session, .. } => (session, &[Call::Calling], Call::Calling),
            Event::Answered { session, .. } => (session, &[Call::Calling], Call::Talking),
            Event::Failed { session, .. } => (session, &[Call::Calling], Call::Over),
            Event::Ended { session, .. } => (session, &[Call::Called, Call::Talking], Call::Over),
            Event::Sought { .. }
            | Event::Registered { .. }
            | Event::Unregistered { .. }
            | Event::Peer { .. } => return,
            Event::Uninvited { .. } | Event::Banned(_) => panic!("there are no strangers"),
        };
        let before = self.calls.insert(*session, after);
        let fitting = before.is_some_and(|before| fits.contains(&before));
        assert!(
            fitting,
            "seed {seed}: {event:?} to one who believes {before:?}"
        );
    }
}

//! What a queue event costs the whole switch: `cargo bench --bench switch`, which `tools/bench --only events` runs.
//!
//! 5,000 callers of 200 queues wait for 1,000 agents, each in ten of them: they come by a trunk, hear announcements with codes
//! every half minute, are answered by registered phones and leave, all in SIP messages and in virtual time. A queue event is
//! whatever the event log would be told of a call: comes, waits, hears, rings, talks, is over. Prints one JSON object:
//! microseconds of CPU for each, of all that the switch does meanwhile with timers and its view for wallboards; how many there
//! were in a virtual second; and the share of a core that 1,000 a second take, in per cent.

#[path = "load/message.rs"]
#[expect(dead_code, reason = "these peers need less than phones do")]
mod message;

use cordboard::acd;
use cordboard::clock::Clock;
use cordboard::id::{AgentId, CallbackConfigId, LegId, QueueId, SoundId, TrunkId};
use cordboard::media::{self, Place, Report, Source};
use cordboard::random::Random;
use cordboard::settings::{
    Account, Agent, Announcement, CallbackConfig, CallbackKind, Codes, Destination, Directions,
    Habits, Message as Words, Network, Priority, Queue, ResponseCode, Route, Secret, Trunk,
    WaitingKey,
};
use cordboard::sip::auth::{Algorithm, Digest};
use cordboard::sip::{self, Flow, Listener, ListenerId, Transport};
use cordboard::switch::{Config, Input, Output, Restored, Sounds, Switch};
use message::{Message, Request};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A thousand of them talk.
const CALLERS: u32 = 6_000;
const AGENTS: u32 = 1_000;
const QUEUES: u32 = 200;
/// Who hears all this: long enough that every caller has heard an announcement before it is measured.
const WARM_UP: Duration = Duration::from_secs(40);
const MEASURED: Duration = Duration::from_secs(20);
/// A phone rings, then they talk: 100 calls a second for 1,000 agents.
const RINGS: Duration = Duration::from_secs(2);
const TALKS: Duration = Duration::from_secs(8);
const ANNOUNCEMENT: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(30);
const VIEW: Duration = Duration::from_secs(1);

const SERVER: &str = "10.0.0.1";
const MUSIC: SoundId = SoundId(1);
const WAITING: SoundId = SoundId(2);
const LATER: CallbackConfigId = CallbackConfigId(1);

fn main() {
    let mut bench = Bench::new();
    for agent in 0..AGENTS {
        bench.at(Duration::from_millis(2) * agent, Due::Registers(agent));
    }
    let registered = Duration::from_millis(2) * AGENTS;
    // They come one after the other, as their announcements do then.
    for caller in 0..CALLERS {
        let after = registered + Duration::from_millis(4) * caller;
        bench.at(after, Due::Calls(caller));
    }
    bench.at(VIEW, Due::Looks);
    let waiting = registered + Duration::from_millis(4) * CALLERS + WARM_UP;
    bench.run(waiting);
    (bench.spent, bench.events) = (Duration::ZERO, 0);
    bench.run(waiting + MEASURED);
    let each = bench.spent.as_secs_f64() * 1e6 / f64::from(bench.events.max(1));
    let a_second = f64::from(bench.events) / MEASURED.as_secs_f64();
    // A thousand events of one microsecond are a thousandth of a second.
    let percent = each / 10.0;
    let result = format!(
        r#"{{"event_us": {each:.3}, "events_per_s": {a_second:.0}, "percent": {percent:.2}}}"#
    );
    writeln!(std::io::stdout(), "{result}").expect("somebody reads what is printed");
}

/// The switch among its peers, and the CPU it has taken.
struct Bench {
    switch: Switch,
    start: Instant,
    now: Instant,
    /// What is to happen when; of one instant in the order in which it was said.
    due: BTreeMap<(Instant, u64), Due>,
    said: u64,
    /// The dialog that an agent is in: what a BYE needs.
    talks: BTreeMap<u32, Message>,
    /// The next call of anybody's.
    calls: u32,
    /// The port of each leg, and what it plays.
    legs: BTreeMap<LegId, (u16, Option<u64>)>,
    spent: Duration,
    events: u32,
}

/// What happens.
enum Due {
    Registers(u32),
    Calls(u32),
    /// An agent answers this INVITE.
    Answers(u32, Message),
    HangsUp(u32),
    /// A message has been heard to its end.
    Heard(LegId, u64),
    /// The wall clock is read, and wallboards are shown how it stands.
    Looks,
}

impl Bench {
    fn new() -> Self {
        let start = Instant::now();
        let clock = Clock::new(start, jiff::Timestamp::UNIX_EPOCH);
        let digest = Digest::new("cordboard", &[Algorithm::Md5]);
        let config = Config {
            account: account(),
            sip: sip::Config {
                listeners: vec![listener(5060, Some(digest)), listener(5080, None)],
                // Those of calls that are over wait for repetitions for a while.
                max_sessions: 50_000,
                ..sip::Config::default()
            },
            media_address: address(SERVER, 0).ip(),
            media_other: None,
            browsers: None,
            ports: vec![(0..8_000).map(|index| 20_000 + 2 * index).collect()],
            silence: None,
            sounds: sounds(),
            restored: Restored::default(),
        };
        Self {
            switch: Switch::new(config, clock, Random::seeded(1)),
            start,
            now: start,
            due: BTreeMap::new(),
            said: 0,
            talks: BTreeMap::new(),
            calls: 0,
            legs: BTreeMap::new(),
            spent: Duration::ZERO,
            events: 0,
        }
    }

    fn at(&mut self, after: Duration, due: Due) {
        self.said += 1;
        self.due.insert((self.start + after, self.said), due);
    }

    fn after(&mut self, wait: Duration, due: Due) {
        self.at(self.now - self.start + wait, due);
    }

    /// Lets time pass until then, stopping at every deadline on the way.
    fn run(&mut self, until: Duration) {
        let end = self.start + until;
        loop {
            let switch = self.switch.poll_timeout();
            let peers = self.due.keys().next().map(|(at, _)| *at);
            let next = switch.into_iter().chain(peers).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if switch.is_some_and(|at| at <= self.now) {
                self.tell(Input::Timeout);
            } else if let Some((_, due)) = self.due.pop_first() {
                self.happens(due);
            }
        }
        self.now = end;
    }

    fn happens(&mut self, due: Due) {
        match due {
            Due::Registers(agent) => self.register(agent, ""),
            Due::Calls(caller) => self.call(caller),
            Due::Answers(agent, invite) => {
                let answer = invite.answer("200 OK", &format!("a{agent}"), &contact(agent), &sdp());
                self.datagram(0, phone(agent), answer);
                self.talks.insert(agent, invite);
                self.after(TALKS, Due::HangsUp(agent));
            }
            Due::HangsUp(agent) => {
                let Some(invite) = self.talks.remove(&agent) else {
                    return;
                };
                let bye = Request {
                    method: "BYE",
                    uri: &invite.contact().unwrap_or_default(),
                    via: phone(agent),
                    branch: &format!("bye{}", self.said),
                    from: &format!("{};tag=a{agent}", invite.header("to")),
                    to: invite.header("from"),
                    call_id: invite.header("call-id"),
                    cseq: 1,
                    contact: &contact(agent),
                    extra: "",
                    sdp: "",
                };
                self.datagram(0, phone(agent), bye.write());
            }
            Due::Heard(leg, play) => {
                let playing = self.legs.get_mut(&leg).map(|(_, playing)| playing);
                if playing.and_then(|playing| playing.take_if(|known| *known == play)) == Some(play)
                {
                    self.tell(Input::Media(media::Event::Played { leg, play }));
                }
            }
            Due::Looks => {
                let passed = self.now - self.start;
                let civil = jiff::Timestamp::UNIX_EPOCH + passed;
                self.tell(Input::Clock(Clock::new(self.now, civil)));
                let from = spent();
                let view = self.switch.view(self.now);
                self.spent += spent() - from;
                assert!(view.callers.len() <= CALLERS as usize);
                self.after(VIEW, Due::Looks);
            }
        }
    }

    fn register(&mut self, agent: u32, extra: &str) {
        let of_record = format!("<sip:a{agent}@{SERVER}>");
        let cseq = 1 + u32::from(!extra.is_empty());
        let request = Request {
            method: "REGISTER",
            uri: &format!("sip:{SERVER}"),
            via: phone(agent),
            branch: &format!("reg{agent}-{cseq}"),
            from: &format!("{of_record};tag=r{agent}"),
            to: &of_record,
            call_id: &format!("reg{agent}"),
            cseq,
            contact: &contact(agent),
            extra: &format!("Expires: 3600\r\n{extra}"),
            sdp: "",
        };
        self.datagram(0, phone(agent), request.write());
    }

    fn call(&mut self, caller: u32) {
        self.calls += 1;
        let call = self.calls;
        let request = Request {
            method: "INVITE",
            uri: &number_of(call),
            via: customer(caller),
            branch: &format!("inv{call}"),
            from: &from_of(caller, call),
            to: &format!("<{}>", number_of(call)),
            call_id: &format!("call{call}"),
            cseq: 1,
            contact: &format!("sip:c{caller}@{}", customer(caller)),
            extra: "",
            sdp: &sdp(),
        };
        self.datagram(1, customer(caller), request.write());
    }

    fn datagram(&mut self, listener: u16, from: SocketAddr, bytes: Vec<u8>) {
        let flow = Flow {
            transport: Transport::Udp,
            listener: ListenerId(listener),
            remote: from,
            connection: 0,
        };
        self.tell(Input::Sip(sip::Input::Received { flow, bytes }));
    }

    /// The switch is told, and what it says is heard: its own time alone counts.
    fn tell(&mut self, input: Input) {
        let from = spent();
        self.switch.handle(self.now, input);
        let mut outputs = vec![];
        while let Some(output) = self.switch.poll_output() {
            outputs.push(output);
        }
        self.spent += spent() - from;
        for output in outputs {
            match output {
                Output::Sip(transmit) => {
                    let message = Message::read(&transmit.bytes).expect("SIP");
                    self.hear(transmit.flow.remote, message);
                }
                Output::Media(_, command) => self.sound(command),
                Output::Notice(call, _) => self.events += u32::from(call.is_some()),
                Output::Page(_)
                | Output::LookUp(_)
                | Output::Speak(..)
                | Output::Signalled { .. }
                | Output::Record(_)
                | Output::Conversation(_)
                | Output::Reply(..)
                | Output::Callback(_)
                | Output::Redeem { .. }
                | Output::Owned { .. }
                | Output::LookAtLink { .. }
                | Output::Typed { .. } => {}
            }
        }
    }

    /// A peer hears a message.
    fn hear(&mut self, to: SocketAddr, message: Message) {
        let (of_phones, who) = whose(to);
        match (message.status(), message.method()) {
            (None, "INVITE") => self.after(RINGS, Due::Answers(who, message)),
            (None, "BYE") => {
                let answer = message.answer("200 OK", "", "sip:x", "");
                self.datagram(u16::from(!of_phones), to, answer);
                if !of_phones {
                    self.after(Duration::ZERO, Due::Calls(who));
                }
            }
            (Some(200), "INVITE") => {
                let ack = Request {
                    method: "ACK",
                    uri: &message.contact().unwrap_or_default(),
                    via: to,
                    branch: &format!("ack{}", message.header("call-id")),
                    from: message.header("from"),
                    to: message.header("to"),
                    call_id: message.header("call-id"),
                    cseq: message.cseq(),
                    contact: "sip:x",
                    extra: "",
                    sdp: "",
                };
                let ack = ack.write();
                self.datagram(1, to, ack);
            }
            (Some(401), "REGISTER") => {
                let (user, uri) = (format!("a{who}"), format!("sip:{SERVER}"));
                let proof = message::authorization(&message, &user, &user, "REGISTER", &uri);
                self.register(who, &proof.expect("a challenge"));
            }
            (None, "ACK") | (Some(100 | 180 | 200), _) => {}
            (status, method) => panic!("{to} hears {method} {status:?} {}", message.reason()),
        }
    }

    /// The media says when a message has been heard, and that a leg is closed.
    fn sound(&mut self, command: media::Command) {
        match command {
            media::Command::Open {
                leg,
                place: Place::Port(port),
                ..
            } => {
                self.legs.insert(leg, (port, None));
            }
            media::Command::Hear { leg, source } => {
                let playing = match source {
                    Source::Play { play, .. } => Some(play),
                    Source::Silence | Source::Loop(_) | Source::Leg(_) | Source::Mix(_) => None,
                };
                if let Some(known) = self.legs.get_mut(&leg) {
                    known.1 = playing;
                }
                if let Some(play) = playing {
                    self.after(ANNOUNCEMENT, Due::Heard(leg, play));
                }
            }
            media::Command::Close { leg } => {
                if let Some((port, _)) = self.legs.remove(&leg) {
                    let report = Report::default();
                    self.tell(Input::Media(media::Event::Closed { leg, port, report }));
                }
            }
            media::Command::Open { .. }
            | media::Command::Sound { .. }
            | media::Command::Pressed { .. }
            | media::Command::Library(_)
            | media::Command::Forget(_)
            | media::Command::Describe { .. }
            | media::Command::Meet { .. }
            | media::Command::Press { .. }
            | media::Command::Record { .. }
            | media::Command::Film { .. }
            | media::Command::StopRecording { .. }
            | media::Command::Mask { .. } => {}
        }
    }
}

/// Queue 0 has agents 0–49, queue 1 agents 5–54 and so on, round. Who calls +4930 and its number gets there.
fn account() -> Account {
    let agents = (0..AGENTS).map(|id| Agent {
        id: AgentId(id),
        name: format!("agent {id}"),
        user: format!("a{id}"),
        password: Secret(format!("a{id}")),
        wrap_up: None,
        record_calls: false,
        record_direction: Directions::Both,
        teams: vec![],
        habits: Habits::default(),
    });
    let codes = Codes {
        rows: vec![ResponseCode {
            digits: "1".into(),
            callback: LATER,
        }],
        ..Codes::default()
    };
    let queues = (0..QUEUES).map(|id| {
        let own = (id * 5..id * 5 + 50).map(|agent| AgentId(agent % AGENTS));
        let mut queue = Queue::new(QueueId(id), &format!("queue {id}"));
        queue.agents = own.collect();
        queue.waiting.music = Some(Words::File("music.wav".into()));
        queue.waiting.announcement = Some(Announcement {
            message: Words::File("waiting.wav".into()),
            every: EVERY,
            codes: codes.clone(),
        });
        queue
    });
    let routes = (0..QUEUES).map(|id| Route {
        number: format!("+4930{id:04}"),
        to: Destination::Queue(QueueId(id)),
    });
    let mut account = Account {
        agents: agents.collect(),
        queues: queues.collect(),
        routes: routes.collect(),
        trunks: vec![Trunk {
            from: vec![Network {
                address: customer(0).ip(),
                prefix: 16,
            }],
            ..Trunk::new(TrunkId(1), "carrier")
        }],
        callbacks: vec![CallbackConfig {
            id: LATER,
            name: "later".into(),
            kind: CallbackKind::Manual,
            priority: Priority::Inbound,
            retries: 0,
            delay: Duration::from_secs(60),
            confirmation: None,
            ask_number: None,
            declined: None,
        }],
        ..Account::new("bench")
    };
    account.wrap_up.enabled = false;
    account
}

fn sounds() -> Sounds {
    let mut sounds = Sounds::default();
    for key in (0..QUEUES).map(|id| WaitingKey::Queue(QueueId(id))) {
        sounds.set_music(key, MUSIC);
        sounds.set_message(key, acd::Message::Announcement, WAITING);
    }
    sounds
}

fn listener(port: u16, digest: Option<Digest>) -> Listener {
    let local = address(SERVER, port);
    Listener {
        transport: Transport::Udp,
        local,
        advertised: local,
        registrar: digest.is_some(),
        paths: sip::Paths::default(),
        digest,
    }
}

fn address(ip: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip.parse().expect("an address"), port)
}

fn customer(caller: u32) -> SocketAddr {
    SocketAddr::from(([10, 1, (caller >> 8) as u8, caller as u8], 5060))
}

fn phone(agent: u32) -> SocketAddr {
    SocketAddr::from(([10, 2, (agent >> 8) as u8, agent as u8], 5060))
}

/// Whether somebody is an agent, and who.
fn whose(address: SocketAddr) -> (bool, u32) {
    let SocketAddr::V4(address) = address else {
        panic!("{address} is nobody's");
    };
    let [_, net, high, low] = address.ip().octets();
    (net == 2, u32::from(high) << 8 | u32::from(low))
}

fn contact(agent: u32) -> String {
    format!("sip:a{agent}@{}", phone(agent))
}

fn number_of(call: u32) -> String {
    format!("sip:+4930{:04}@{SERVER}:5080", call % QUEUES)
}

fn from_of(caller: u32, call: u32) -> String {
    format!("<sip:+4989{caller:05}@carrier.example>;tag=c{call}")
}

fn sdp() -> String {
    message::sdp(4_000)
}

/// The CPU time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

//! A world without clocks: the switch and the media engine of production, scripted phones around
//! them, a network with a seed, in virtual time.

pub(crate) mod browser;
pub(crate) mod carrier;
pub(crate) mod database;
mod ear;
pub(crate) mod early;
mod fate;
pub(crate) mod links;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod page;
pub(crate) mod phone;
mod plane;
pub(crate) mod secure;
pub(crate) mod speech;
pub(crate) mod voice;
mod wire;

use carrier::{BRANCH, Carrier, NETWORK, Says};
use cordboard::acd::Message;
use cordboard::app::story::{self, Numbers};
use cordboard::call::record::{Conversation, Segment};
use cordboard::clock::Clock;
use cordboard::config::{Config, Demo};
use cordboard::id::{CallId, CallbackConfigId, HoursId, QueueId, RecordingId, SoundId, StrategyId};
use cordboard::media::{Chunk, Picture, SHARED};
use cordboard::random::Random;
use cordboard::settings::{Account, MomentKey, Secret, WaitingKey};
use cordboard::sip::auth::{Algorithm, Digest};
use cordboard::sip::{self, Flow, Listener, ListenerId, Transport};
use cordboard::switch::{
    self, Ask, Browsers, Done, Input, NewSettings, Notice, Output, Refused, Request, Restored,
    Sounds, Speaker, Switch,
};
use cordboard::watch::trace::{self, Ladder, Tap, Trace, Which};
use database::Database;
use fate::Fate;
use links::Links;
use names::Names;
use network::Network;
use page::Page;
use phone::{Habit, Phone};
use plane::Plane;
use speech::Speech;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// The tones of the prompts, and of the first phones.
pub(crate) const GREETING: f32 = 440.0;
pub(crate) const MUSIC: f32 = 600.0;
pub(crate) const ANNOUNCEMENT: f32 = 800.0;
pub(crate) const MAX_WAIT: f32 = 1000.0;
pub(crate) const AWAY: f32 = 940.0;
/// The music of the strategy with the number 1, and that of the queue with the number 2.
pub(crate) const HOTLINE: f32 = 680.0;
pub(crate) const SALES: f32 = 740.0;
pub(crate) const RING_BACK: f32 = 500.0;
pub(crate) const CONFIRMATION: f32 = 300.0;
pub(crate) const ASK_NUMBER: f32 = 400.0;
pub(crate) const DECLINED: f32 = 550.0;
/// What customers hear who have to wait for a moment.
const TRANSFER_MUSIC: f32 = 1060.0;
const TRANSFER_MESSAGE: f32 = 1120.0;
const NOT_TAKEN: f32 = 260.0;
const ABSENCE: f32 = 3300.0;
const HOLD_MUSIC: f32 = 860.0;
const HOLD_MESSAGE: f32 = 460.0;
const OWN_MUSIC: f32 = 640.0;
/// How it goes on after five seconds.
const OWN_MUSIC_LATER: f32 = 3700.0;
const CONSENT: f32 = 3500.0;

/// The callback that worlds have sounds for.
pub(crate) const CALLBACK: CallbackConfigId = CallbackConfigId(1);

const SWITCH: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// Its media, for who has IPv6.
const SWITCH_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1));
const SUPPORT: QueueId = QueueId(1);
/// The port at which all browsers' media comes in.
const SHARED_PORT: u16 = 30_000;

/// What was recorded of somebody's pictures: each with its place, and the length in the end.
pub(crate) type Film = (Vec<(u64, Picture)>, Option<u64>);

pub(crate) struct World {
    pub(crate) switch: Switch,
    pub(crate) network: Network,
    pub(crate) phones: BTreeMap<String, Phone>,
    pub(crate) carriers: BTreeMap<String, Carrier>,
    pub(crate) names: Names,
    pub(crate) account: Account,
    pub(crate) speech: Speech,
    /// Each record as it was last written, and how often one that had ended was.
    pub(crate) conversations: BTreeMap<CallId, Conversation>,
    pub(crate) endings: BTreeMap<CallId, u32>,
    pub(crate) database: Database,
    pub(crate) links: Links,
    pub(crate) pages: BTreeMap<String, Page>,
    /// How often a page has connected.
    connections: u64,
    pub(crate) segments: Vec<Segment>,
    /// Numbers that are to be contacts from now on.
    pub(crate) typed: Vec<String>,
    /// What was replied to each request.
    replies: BTreeMap<u64, Result<Done, Refused>>,
    pub(crate) files: BTreeMap<RecordingId, (Vec<i16>, bool)>,
    pub(crate) films: BTreeMap<RecordingId, Film>,
    pub(crate) now: Instant,
    pub(crate) start: Instant,
    pub(crate) fate: Fate,
    /// What SIP said, as the server keeps it.
    trace: Trace,
    tap: Tap,
    plane: Plane,
    log: String,
    audible: bool,
    seed: u64,
    ports: u16,
}

impl World {
    /// The demo's account, with tones for prompts: greeting 3 s, music, an announcement of 2 s every
    /// 30 s, wrap-up 10 s.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Account)) -> Self {
        Self::build(change, true, 1, 50)
    }

    /// A world for random lives: the same switch, a mime for the media plane.
    pub(crate) fn silent(seed: u64, ports: u16, change: impl FnOnce(&mut Account)) -> Self {
        Self::build(change, false, seed, ports)
    }

    fn build(change: impl FnOnce(&mut Account), audible: bool, seed: u64, ports: u16) -> Self {
        let mut account = demo_account();
        change(&mut account);
        let start = Instant::now();
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        let clock = Clock::new(start, civil);
        let (mut sounds, library) = sounds();
        speakers(&account, &mut sounds);
        moments(&account, &mut sounds);
        told(&account, &mut sounds);
        let plane = if audible {
            Plane::real(start, clock, &library)
        } else {
            Plane::mime(&library)
        };
        let config = config(&account, ports, sounds, Restored::default());
        let places = [5060, 5080].map(|port| SocketAddr::new(SWITCH, port));
        let trace = Trace::new(&trace::Settings::default(), places.to_vec());
        Self {
            tap: if audible { trace.tap() } else { Tap::default() },
            trace,
            switch: Switch::new(config, clock, Random::seeded(seed)),
            network: Network::new(seed),
            phones: BTreeMap::new(),
            carriers: BTreeMap::new(),
            names: Names::default(),
            account,
            speech: Speech::default(),
            conversations: BTreeMap::new(),
            database: Database::new(),
            links: Links::default(),
            pages: BTreeMap::new(),
            connections: 0,
            endings: BTreeMap::new(),
            segments: vec![],
            typed: vec![],
            replies: BTreeMap::new(),
            files: BTreeMap::new(),
            fate: Fate::default(),
            films: BTreeMap::new(),
            now: start,
            start,
            plane,
            log: String::new(),
            audible,
            seed,
            ports,
        }
    }

    /// The server dies, and another one begins with what was written: no call, no registration.
    pub(crate) fn dies(&mut self) -> &mut Self {
        self.database.cut();
        self.seed += 1;
        let (mut sounds, library) = sounds();
        moments(&self.account, &mut sounds);
        told(&self.account, &mut sounds);
        self.plane = if self.audible {
            Plane::real(self.now, self.clock(), &library)
        } else {
            Plane::mime(&library)
        };
        let config = config(&self.account, self.ports, sounds, self.database.left());
        self.switch = Switch::new(config, self.clock(), Random::seeded(self.seed));
        for phone in self.phones.values_mut() {
            phone.loses_calls();
        }
        for carrier in self.carriers.values_mut() {
            carrier.hush();
        }
        self.drain();
        self
    }

    fn clock(&self) -> Clock {
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        let clock = Clock::new(self.start, civil);
        Clock::new(self.now, clock.civil(self.now))
    }

    /// An agent's phone registers, and does this with calls.
    pub(crate) fn agent(&mut self, user: &str, habit: Habit) -> &mut Self {
        self.add(user, 5060).habit = habit;
        self.registers(user, 3600)
    }

    /// The account is set differently from now on.
    pub(crate) fn settings(&mut self, change: impl FnOnce(&mut Account)) -> &mut Self {
        change(&mut self.account);
        self.account.check().expect("sound settings");
        let account = self.account.clone();
        let (mut sounds, prompts) = sounds();
        speakers(&self.account, &mut sounds);
        moments(&self.account, &mut sounds);
        told(&self.account, &mut sounds);
        let library = plane::library(&prompts).as_ref().clone();
        let settings = NewSettings {
            account,
            sounds,
            library,
        };
        let input = Input::Settings(Box::new(settings));
        self.switch.handle(self.now, input);
        self.wait(0.1)
    }

    /// 0: unregisters.
    pub(crate) fn registers(&mut self, user: &str, expires: u32) -> &mut Self {
        let agent = self.account.agents.iter().find(|agent| agent.user == user);
        let password = agent.expect("an agent of the account").password.0.clone();
        self.act(user, |now, phone| phone.register(now, &password, expires))
            .wait(0.1)
    }

    /// A carrier, the first at 127.2.0.1, that says this to INVITEs.
    pub(crate) fn carrier(&mut self, name: &str, script: &[(f64, Says)]) -> &mut Self {
        let number = self.carriers.len() as u8 + 1;
        let address = SocketAddr::from(([127, 2, 0, number], 5060));
        let carrier = self.carriers.entry(name.to_owned());
        let hz = 500.0 + 200.0 * f32::from(number);
        carrier.or_insert_with(|| Carrier::new(address, hz)).script = script.to_vec();
        self
    }

    /// An agent's phone dials, and proves who it is when asked.
    pub(crate) fn calls_out(&mut self, user: &str, number: &str) -> &mut Self {
        self.phone(user).proves = true;
        self.act(user, |now, phone| phone.dial(now, number))
    }

    /// A customer calls the trunk's listener.
    pub(crate) fn dials(&mut self, user: &str, number: &str) -> &mut Self {
        self.add(user, 5080);
        self.act(user, |now, phone| phone.dial(now, number))
    }

    pub(crate) fn hangs_up(&mut self, user: &str) -> &mut Self {
        self.act(user, |now, phone| phone.hang_up(now))
    }

    pub(crate) fn reinvites(&mut self, user: &str, direction: &str) -> &mut Self {
        self.act(user, |now, phone| phone.reinvite(now, direction))
    }

    pub(crate) fn phone(&mut self, user: &str) -> &mut Phone {
        self.phones.get_mut(user).expect("a phone of this world")
    }

    /// Adds a phone, if it is not there, with an address and a tone of its own.
    pub(crate) fn add(&mut self, user: &str, port: u16) -> &mut Phone {
        let index = self.phones.len() as u16;
        self.phones.entry(user.to_owned()).or_insert_with(|| {
            let [high, low] = (index + 1).to_be_bytes();
            let address = SocketAddr::from(([127, 1, high, low], 5060));
            let server = SocketAddr::new(SWITCH, port);
            Phone::new(
                user,
                address,
                server,
                1200.0 + 200.0 * f32::from(index % 13),
            )
        })
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub(crate) fn wait(&mut self, seconds: f64) -> &mut Self {
        let end = self.now + Duration::from_secs_f64(seconds);
        while let Some(due) = self.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.turn();
        }
        self.now = end;
        self
    }

    /// The tones that a carrier has heard in the last 300 ms.
    pub(crate) fn carrier_hears(&self, name: &str) -> Vec<&'static str> {
        let from = self.now - Duration::from_millis(300);
        self.tones(&self.carriers[name].voice.since(from))
    }

    /// The tones that a phone has heard in the last 300 ms; none: silence.
    pub(crate) fn hears(&self, user: &str) -> Vec<&'static str> {
        self.heard_since(user, self.now - Duration::from_millis(300))
    }

    /// The tones that whoever it is has heard since then, by phone or by page.
    pub(crate) fn anybody_hears(&self, name: &str, from: Instant) -> Vec<&'static str> {
        match self.pages.get(name) {
            Some(page) => self.tones(&page.browser.voice.since(from)),
            None => self.heard_since(name, from),
        }
    }

    pub(crate) fn heard_since(&self, user: &str, from: Instant) -> Vec<&'static str> {
        self.tones(&self.phones[user].voice.since(from))
    }

    /// Whether the network of a carrier is heard by those who listen.
    pub(crate) fn network_speaks(&self, name: &str) -> bool {
        self.carriers[name].voice.poll_timeout().is_some()
    }

    /// The names of the tones in a sound.
    pub(crate) fn tones(&self, sound: &[i16]) -> Vec<&'static str> {
        let prompts = [
            ("greeting", GREETING),
            ("music", MUSIC),
            ("announcement", ANNOUNCEMENT),
            ("max wait", MAX_WAIT),
            ("away", AWAY),
            ("hotline", HOTLINE),
            ("sales", SALES),
            ("confirmation", CONFIRMATION),
            ("ask number", ASK_NUMBER),
            ("declined", DECLINED),
            ("ring back", RING_BACK),
            ("network", NETWORK),
            ("branch", BRANCH),
            ("transfer music", TRANSFER_MUSIC),
            ("transfer message", TRANSFER_MESSAGE),
            ("not taken", NOT_TAKEN),
            ("absence", ABSENCE),
            ("hold music", HOLD_MUSIC),
            ("hold message", HOLD_MESSAGE),
            ("own music", OWN_MUSIC),
            ("own music, later", OWN_MUSIC_LATER),
            ("consent", CONSENT),
        ];
        let prompts = prompts.into_iter();
        let pages = self.pages.iter();
        let pages = pages.map(|(name, page)| (leak(name), page.browser.voice.hz));
        let speech = self
            .phones
            .iter()
            .map(|(name, phone)| (leak(name), phone.voice.hz));
        let carriers = self
            .carriers
            .iter()
            .map(|(name, carrier)| (leak(name), carrier.hz()));
        let spoken = self.speech.tones().map(|(text, hz)| (leak(text), hz));
        let present = prompts
            .chain(speech)
            .chain(carriers)
            .chain(spoken)
            .chain(pages)
            .filter(|(_, hz)| voice::has(sound, *hz));
        present.map(|(name, _)| name).collect()
    }

    /// What has happened since the last look, one line each: `seconds  what`.
    pub(crate) fn log(&mut self) -> String {
        std::mem::take(&mut self.log)
    }

    /// What SIP said in a call, by its id or a Call-ID; or in the `last`.
    pub(crate) fn ladder(&self, which: &str) -> Option<Ladder> {
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        let clock = Clock::new(self.start, civil);
        let clock = Clock::new(self.now, clock.civil(self.now));
        self.trace.ladder(&clock, &Which::parse(which))
    }

    /// The one record of a world with one call.
    pub(crate) fn record(&self) -> &Conversation {
        assert_eq!(self.conversations.len(), 1, "one call");
        self.conversations.values().next().expect("one call")
    }

    pub(crate) fn happens(&mut self, input: Input) -> &mut Self {
        self.switch.handle(self.now, input);
        self.drain();
        self
    }

    /// Somebody asks something of the switch.
    pub(crate) fn asks(&mut self, what: Ask) -> Result<Done, Refused> {
        let ticket = self.replies.len() as u64;
        self.happens(Input::Request(Request { ticket, what }));
        *self.replies.get(&ticket).expect("each request is answered")
    }

    /// Packets thrown at an address from anywhere.
    pub(crate) fn throws(
        &mut self,
        from: SocketAddr,
        to: (IpAddr, u16),
        bytes: &[u8],
    ) -> &mut Self {
        self.network.send(self.now, from, to.into(), bytes.to_vec());
        self
    }

    /// From when until when a file of a silent world is written; `None`: it has not ended.
    pub(crate) fn written(&self, recording: RecordingId) -> Option<(Instant, Instant)> {
        let file = self.plane.file(recording).expect("a file");
        Some((file.from, file.until?))
    }

    /// Nothing is left of any call, in no part.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.switch.is_idle() && self.plane.legs() == 0
    }

    pub(crate) fn act(
        &mut self,
        user: &str,
        deed: impl FnOnce(Instant, &mut Phone) -> Vec<Vec<u8>>,
    ) -> &mut Self {
        let now = self.now;
        let phone = self.phones.get_mut(user).expect("a phone of this world");
        let (address, server) = (phone.address, phone.server);
        for bytes in deed(now, phone) {
            self.network.send(now, address, server, bytes);
        }
        self
    }

    fn next_deadline(&self) -> Option<Instant> {
        let phones = self.phones.values();
        let phones = phones.flat_map(|phone| [phone.poll_timeout(), phone.voice.poll_timeout()]);
        let others = [
            self.switch.poll_timeout(),
            self.network.poll_timeout(),
            self.plane.poll_timeout(),
            self.speech.poll_timeout(),
            self.database.poll_timeout(),
            self.pages.values().filter_map(Page::poll_timeout).min(),
        ];
        let voices = matches!(self.plane, Plane::Real { .. });
        let phones = phones
            .enumerate()
            .filter(|(index, _)| voices || index % 2 == 0);
        let carriers = self.carriers.values();
        let carriers = carriers.flat_map(|carrier| {
            [
                carrier.poll_timeout(),
                carrier.voice.poll_timeout(),
                carrier.branch.poll_timeout(),
            ]
        });
        others
            .into_iter()
            .chain(phones.map(|(_, due)| due))
            .chain(carriers)
            .flatten()
            .min()
    }

    /// All that is due now.
    fn turn(&mut self) {
        let now = self.now;
        while let Some(packet) = self.network.arrived(now) {
            self.deliver(packet);
        }
        if self.switch.poll_timeout().is_some_and(|due| due <= now) {
            self.switch.handle(now, Input::Timeout);
        }
        while let Some((name, sound)) = self.speech.spoken(now) {
            self.switch.handle(now, Input::Spoken(name, sound));
        }
        while let Some((callback, revision, stored)) = self.database.turn(now) {
            let stored = Input::Stored {
                callback,
                revision,
                stored,
            };
            self.switch.handle(now, stored);
        }
        self.plane.timeout(now);
        for name in self.pages.keys().cloned().collect::<Vec<_>>() {
            if let Some(said) = self.page(&name).tick(now) {
                self.says(&name, &said);
            }
            let browser = &mut self.page(&name).browser;
            let mut packets = browser.tick(now);
            packets.extend(std::iter::from_fn(|| browser.beat(now)));
            let (from, to) = (browser.voice.address, SocketAddr::new(SWITCH, SHARED_PORT));
            for bytes in packets {
                self.network.send(now, from, to, bytes);
            }
        }
        for phone in self.phones.values_mut() {
            for bytes in phone.tick(now) {
                self.network.send(now, phone.address, phone.server, bytes);
            }
            while let Some((to, bytes)) = phone.voice.beat(now) {
                self.network.send(now, phone.voice.address, to, bytes);
            }
        }
        for carrier in self.carriers.values_mut() {
            let server = SocketAddr::new(SWITCH, 5080);
            for bytes in carrier.tick(now) {
                self.network.send(now, carrier.address, server, bytes);
            }
            for voice in [&mut carrier.voice, &mut carrier.branch] {
                while let Some((to, bytes)) = voice.beat(now) {
                    self.network.send(now, voice.address, to, bytes);
                }
            }
        }
        self.drain();
    }

    fn deliver(&mut self, packet: network::Packet) {
        let now = self.now;
        if [SWITCH, SWITCH_V6].contains(&packet.to.ip()) {
            match packet.to.port() {
                5060 | 5080 => {
                    let flow = Flow {
                        transport: Transport::Udp,
                        listener: ListenerId(u16::from(packet.to.port() == 5080)),
                        remote: packet.from,
                        connection: 0,
                    };
                    let bytes = packet.bytes;
                    self.tap.received(now, flow, &bytes);
                    self.switch
                        .handle(now, Input::Sip(sip::Input::Received { flow, bytes }));
                    self.drain();
                }
                SHARED_PORT => {
                    self.plane.receive(now, SHARED, packet.from, &packet.bytes);
                }
                port => self.plane.receive(now, port, packet.from, &packet.bytes),
            }
            return;
        }
        let mut pages = self.pages.values_mut();
        if let Some(page) = pages.find(|page| page.browser.voice.address == packet.to) {
            for bytes in page.browser.receive(now, &packet.bytes) {
                self.network.send(now, packet.to, packet.from, bytes);
            }
            return;
        }
        let mut carriers = self.carriers.values_mut();
        if let Some(carrier) = carriers.find(|carrier| carrier.address.ip() == packet.to.ip()) {
            if packet.to.port() == carrier.voice.address.port() {
                return carrier.voice.hear(now, &packet.bytes);
            }
            if packet.to.port() == carrier.branch.address.port() {
                return carrier.branch.hear(now, &packet.bytes);
            }
            if packet.to == carrier.address {
                for bytes in carrier.receive(now, &packet.bytes) {
                    self.network.send(now, carrier.address, packet.from, bytes);
                }
            }
            return;
        }
        let phone = self
            .phones
            .values_mut()
            .find(|phone| phone.address.ip() == packet.to.ip() || phone.voice.address == packet.to);
        let Some(phone) = phone else { return };
        if packet.to == phone.voice.address {
            return phone.voice.hear(now, &packet.bytes);
        }
        if packet.to == phone.address {
            for bytes in phone.receive(now, &packet.bytes) {
                self.network.send(now, phone.address, packet.from, bytes);
            }
        }
    }

    fn drain(&mut self) {
        loop {
            while let Some(output) = self.switch.poll_output() {
                if self.strikes() {
                    self.dies();
                    return;
                }
                self.do_it(output);
            }
            self.switch.check();
            let (packets, events, chunks) = self.plane.drain();
            for (port, to, bytes) in packets {
                let port = if port == SHARED { SHARED_PORT } else { port };
                let own = if to.is_ipv4() { SWITCH } else { SWITCH_V6 };
                self.network
                    .send(self.now, SocketAddr::new(own, port), to, bytes);
            }
            for chunk in chunks {
                self.keep(chunk);
            }
            if events.is_empty() {
                return self.tap.commit();
            }
            for event in events {
                self.switch.handle(self.now, Input::Media(event));
            }
        }
    }

    fn do_it(&mut self, output: Output) {
        match output {
            Output::Sip(transmit) => {
                let port = if transmit.flow.listener == ListenerId(0) {
                    5060
                } else {
                    5080
                };
                let from = SocketAddr::new(SWITCH, port);
                self.tap.sent(self.now, transmit.flow, &transmit.bytes);
                self.network
                    .send(self.now, from, transmit.flow.remote, transmit.bytes);
            }
            Output::Media(_, command) => self.plane.command(self.now, command),
            Output::Page(transmit) => self.told(transmit),
            Output::LookAtLink { ticket, token_hash } => {
                let redeemed = self.links.look(token_hash);
                let looked = Input::Redeemed { ticket, redeemed };
                self.switch.handle(self.now, looked);
            }
            Output::Speak(name, utterance) => self.speech.ask(self.now, name, utterance),
            Output::LookUp(query) => {
                let answer = self.names.answer(&query);
                self.switch.handle(self.now, Input::Looked(query, answer));
            }
            Output::Reply(ticket, reply) => {
                let again = self.replies.insert(ticket, reply);
                assert!(again.is_none(), "one reply to request {ticket}");
            }
            Output::Callback(request) => self.database.write(self.now, *request),
            Output::Typed { number, .. } => self.typed.push(number.0),
            Output::Owned {
                trunk,
                customer,
                agent,
            } => self.database.owned(trunk, customer, agent),
            Output::Redeem { ticket, token_hash } => {
                let redeemed = self.links.redeem(token_hash);
                let answer = Input::Redeemed { ticket, redeemed };
                self.switch.handle(self.now, answer);
            }
            Output::Record(segment) => self.segments.push(segment),
            Output::Conversation(conversation) => {
                if conversation.ended.is_some() {
                    *self.endings.entry(conversation.id).or_default() += 1;
                }
                self.conversations.insert(conversation.id, *conversation);
            }
            Output::Signalled {
                call,
                role,
                sip_call_id,
            } => self.tap.signalled(self.now, call, role, sip_call_id),
            Output::Notice(call, notice) => {
                if let (Some(call), Notice::Ended { .. }) = (call, &notice) {
                    self.tap.ended(self.now, call);
                }
                if let Notice::Status(agent, status) = notice {
                    self.database.statuses.insert(agent, status);
                }
                self.note(&notice);
            }
        }
    }

    fn note(&mut self, notice: &Notice) {
        let seconds = (self.now - self.start).as_secs_f64();
        let line = story::tell(&self.account, notice, Numbers::Plain);
        let _ = writeln!(self.log, "{seconds:6.1}  {line}");
    }

    fn is_film(&self, recording: RecordingId) -> bool {
        let mut films = self.segments.iter().flat_map(|segment| &segment.films);
        films.any(|film| film.recording == recording)
    }

    fn keep(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Samples {
                recording,
                at,
                samples,
            } => {
                let (file, ended) = self.files.entry(recording).or_default();
                assert!(!*ended, "a chunk after the end");
                assert!(file.len() as u64 <= at, "chunks do not overlap");
                file.resize(at as usize, 0);
                file.extend(samples);
            }
            Chunk::Picture {
                recording,
                at,
                picture,
                ..
            } => {
                let (film, length) = self.films.entry(recording).or_default();
                assert!(length.is_none(), "a picture after the end");
                assert!(film.last().is_none_or(|(before, _)| *before < at));
                film.push((at, picture));
            }
            Chunk::End { recording, length } if self.is_film(recording) => {
                let (_, ended) = self.films.entry(recording).or_default();
                assert!(ended.replace(length).is_none(), "a film ends once");
            }
            Chunk::End { recording, length } => {
                let (file, ended) = self.files.entry(recording).or_default();
                assert!(!std::mem::replace(ended, true), "a file ends once");
                assert!(file.len() as u64 <= length, "a file is as long as it says");
                file.resize(length as usize, 0);
            }
        }
    }
}

fn config(account: &Account, ports: u16, sounds: Sounds, restored: Restored) -> switch::Config {
    switch::Config {
        account: account.clone(),
        sip: sip::Config {
            listeners: vec![listener(5060, true), listener(5080, false)],
            ..sip::Config::default()
        },
        media_address: SWITCH,
        media_other: Some(SWITCH_V6),
        browsers: Some(Browsers {
            fingerprint: plane::certificate().fingerprint(),
            candidates: vec![vec![SocketAddr::new(SWITCH, SHARED_PORT)]],
            connections: vec![],
        }),
        ports: vec![(0..ports).map(|index| 20_000 + 2 * index).collect()],
        silence: Some(Duration::from_secs(30)),
        sounds,
        restored,
    }
}

fn demo_account() -> Account {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let agents = [("1001", "Ada"), ("1002", "Ben"), ("1003", "Cleo")];
    let secret = |user: &str| Secret(format!("secret of {user}"));
    let agents = agents.map(|(user, name)| (user.to_owned(), name.to_owned(), secret(user)));
    let config = Config::demo(Demo {
        tls: None,
        wss: None,
        data_dir: "data".into(),
        sounds: "sounds".into(),
        internal: local(5060),
        external: local(5080),
        http: None,
        rtp_ports: 20_000..=20_099,
        agents: agents.into(),
        greeting: true,
        recording: true,
    });
    config.account
}

fn sounds() -> (Sounds, Vec<(SoundId, Vec<i16>)>) {
    let mut sounds = Sounds::default();
    sounds.set_message(WaitingKey::Queue(SUPPORT), Message::Greeting, SoundId(1));
    sounds.set_music(WaitingKey::Queue(SUPPORT), SoundId(2));
    sounds.set_message(
        WaitingKey::Queue(SUPPORT),
        Message::Announcement,
        SoundId(3),
    );
    sounds.set_message(WaitingKey::Queue(SUPPORT), Message::MaxWait, SoundId(4));
    sounds.set_message(WaitingKey::Hours(HoursId(1)), Message::Away, SoundId(6));
    sounds.set_music(WaitingKey::Strategy(StrategyId(1)), SoundId(7));
    sounds.set_music(WaitingKey::Queue(QueueId(2)), SoundId(8));
    sounds.set_not_taken(SoundId(22));
    sounds.set_absence(SoundId(26));
    sounds.set_ring_back(SoundId(5));
    sounds.set_confirmation(CALLBACK, SoundId(16));
    sounds.set_ask_number(CALLBACK, SoundId(17));
    sounds.set_declined(CALLBACK, SoundId(18));
    let library = vec![
        (SoundId(5), voice::prompt(RING_BACK, 1.0)),
        (SoundId(6), voice::prompt(AWAY, 3.0)),
        (SoundId(7), voice::prompt(HOTLINE, 20.0)),
        (SoundId(8), voice::prompt(SALES, 20.0)),
        (SoundId(16), voice::prompt(CONFIRMATION, 2.0)),
        (SoundId(17), voice::prompt(ASK_NUMBER, 2.0)),
        (SoundId(18), voice::prompt(DECLINED, 2.0)),
        (SoundId(20), voice::prompt(TRANSFER_MUSIC, 20.0)),
        (SoundId(21), voice::prompt(TRANSFER_MESSAGE, 2.0)),
        (SoundId(22), voice::prompt(NOT_TAKEN, 2.0)),
        (SoundId(26), voice::prompt(ABSENCE, 1.0)),
        (SoundId(23), voice::prompt(HOLD_MUSIC, 20.0)),
        (SoundId(24), voice::prompt(HOLD_MESSAGE, 2.0)),
        (
            SoundId(25),
            [(OWN_MUSIC, 5.0), (OWN_MUSIC_LATER, 15.0)]
                .map(|(hz, seconds)| voice::prompt(hz, seconds))
                .concat(),
        ),
        (SoundId(27), voice::prompt(CONSENT, 3.0)),
        (SoundId(1), voice::prompt(GREETING, 3.0)),
        (SoundId(2), voice::prompt(MUSIC, 20.0)),
        (SoundId(3), voice::prompt(ANNOUNCEMENT, 2.0)),
        (SoundId(4), voice::prompt(MAX_WAIT, 2.0)),
    ];
    (sounds, library)
}

/// The account's texts with numbers are spoken in the world, with the usual sound where that fails.
fn speakers(account: &Account, sounds: &mut Sounds) {
    for (key, waiting) in account.experiences() {
        let announcement = waiting.announcement.as_ref().map(|it| &it.message);
        for (role, message) in [
            (Message::Greeting, waiting.greeting.as_ref()),
            (Message::Announcement, announcement),
        ] {
            if let Some(speaker) = message.and_then(|message| Speaker::of(message, None)) {
                sounds.set_speaker(key, role, speaker);
            }
        }
    }
}

/// What customers hear for a moment, where the account says so; on hold it is else the queue's music.
fn moments(account: &Account, sounds: &mut Sounds) {
    for (key, moment) in account.moments() {
        let message = moment.message.as_ref().map(|_| SoundId(24));
        match key {
            MomentKey::Transfer => {
                let message = account.transfer.message.then_some(SoundId(21));
                sounds.set_moment(key, SoundId(20), message);
            }
            MomentKey::Hold if moment.music.is_none() => {}
            MomentKey::Hold => sounds.set_moment(key, SoundId(23), message),
            MomentKey::HoldOf(_) => sounds.set_moment(key, SoundId(25), message),
        }
    }
}

/// What is said before anything is recorded.
fn told(account: &Account, sounds: &mut Sounds) {
    if account.recording.consent.is_some() {
        sounds.set_consent(SoundId(27));
    }
}

fn listener(port: u16, phones: bool) -> Listener {
    let local = SocketAddr::new(SWITCH, port);
    Listener {
        transport: Transport::Udp,
        local,
        advertised: local,
        digest: phones.then(|| Digest::new("cordboard", &[Algorithm::Sha256, Algorithm::Md5])),
        registrar: phones,
        paths: Default::default(),
    }
}

/// Names of phones in assertions: a test's worth of memory.
fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

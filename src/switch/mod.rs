//! The kernel: owns every machine, and is the only place where they meet.
//!
//! ```text
//!                        ┌──────────────── Switch ────────────────┐
//!  Input::Sip  ────────▶ │ sip ──▶ on_sip ──▶ route, call ──┐      │
//!  Input::Page ────────▶ │ page ─▶ on_page ─────────────────┤      │
//!  Input::Media ───────▶ │         on_media ───────────────▶├─ acd │ ──▶ Output
//!  Input::Looked ──────▶ │         on_dns ──────────────────┤      │
//!  Input::Request ─────▶ │         on_request ─────────────▶┤      │
//!  Input::Timeout ─────▶ │         on_acd ◀─── Action ──────┘      │
//!                        └────────────────────────────────────────┘
//! ```
//!
//! It only translates. Who waits and who rings is decided in `acd`, who hears whom in `call`,
//! where a number goes in `route`, what is sent on the wire in `sip`. Each `on_…` file is named
//! after where the event came from, so "what happens on a BYE" has one address.
//!
//! A driver feeds it [`Input`]s, takes [`Output`]s and sleeps until [`Switch::poll_timeout`].

mod admit;
mod browser;
mod by_api;
mod by_link;
mod cause;
mod change;
mod check;
mod colleague;
mod consult;
mod desk;
mod dial;
mod dialled;
mod end;
mod hours;
mod identity;
mod input;
mod inquiry;
mod interlude;
mod join;
mod keys;
mod leg;
mod listening;
mod lost;
mod mask;
mod on_acd;
mod on_callback;
mod on_dns;
mod on_media;
mod on_page;
mod on_refer;
mod on_request;
mod on_sip;
mod output;
mod owners;
mod phone;
mod ports;
mod recording;
mod replace;
mod restore;
mod running;
mod same_codec;
mod shown;
mod sounds;
mod speech;
mod supervise;
mod transfer;
mod trunks;
mod view;

pub use change::NewSettings;
pub use consult::Consultation;
pub use input::Input;
pub use on_request::{Ask, Done, Refused, Request};
pub use output::{Notice, Output, Unrung};
pub use ports::Port;
pub use restore::Restored;
pub use running::{Running, RunningLeg, RunningView};
pub use sounds::Sounds;
pub use speech::Speaker;
pub use supervise::SupervisorView;
pub use trunks::TrunkState;
pub use view::{AgentView, CallerView, QueueView, TrunkView, View};

use crate::acd::callback::{self, Book};
use crate::acd::{self, Floor};
use crate::call::{Agents, Call, Way};
use crate::clock::Clock;
use crate::id::{AgentId, CallId, CallbackId, LegId, RecordingId, TrunkId, VisitId};
use crate::page;
use crate::random::Random;
use crate::route::{Board, Pace};
use crate::rtc::Fingerprint;
use crate::settings::Account;
use crate::sip::resolve::Resolver;
use crate::sip::{self, Endpoint, Hop, Peer, SessionId};
use hours::Openings;
use leg::Line;
use listening::Listeners;
use owners::Owners;
use ports::Ports;
use speech::Speech;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a switch is built from.
#[derive(Debug)]
pub struct Config {
    /// What the account has set; already checked.
    pub account: Account,
    /// Listeners, timers and bounds of SIP.
    pub sip: sip::Config,
    /// The address that our SDP gives.
    pub media_address: IpAddr,
    /// The one that it gives to peers of the other IP version.
    pub media_other: Option<IpAddr>,
    /// How browsers reach the media; `None`: they cannot.
    pub browsers: Option<Browsers>,
    /// The RTP ports of each media worker, in the order of the workers.
    pub ports: Vec<Vec<u16>>,
    /// A leg without RTP for so long ends the call; `None`: never.
    pub silence: Option<Duration>,
    /// Which sound is which message.
    pub sounds: Sounds,
    /// What the last process has left.
    pub restored: Restored,
}

/// What answers to browsers say of our media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browsers {
    /// The certificate of the process.
    pub fingerprint: Fingerprint,
    /// Where browsers reach each media worker, in the order of the workers, the best first.
    pub candidates: Vec<Vec<SocketAddr>>,
    /// Where those connect to whom UDP does not reach, the same for all workers; empty: they cannot call.
    pub connections: Vec<SocketAddr>,
}

/// The switch.
#[derive(Debug)]
pub struct Switch {
    account: Account,
    media_address: IpAddr,
    media_other: Option<IpAddr>,
    /// What answers to browsers say; `None`: they cannot call.
    browsers: Option<Browsers>,
    silence: Option<Duration>,
    sounds: Sounds,
    /// Sentences with numbers, and who waits for one.
    speech: Speech,
    sip: Endpoint,
    /// Where names lead to: all that anybody here needs.
    resolver: Resolver,
    floor: Floor,
    /// Who has the conversation with whom, where that counts.
    owners: Owners,
    /// When its queues are open.
    openings: Openings,
    /// Customers who are to be called back.
    book: Book,
    /// What the book is to be told, and what it wants done; whether that is being done just now.
    book_hears: VecDeque<callback::Input>,
    book_wants: VecDeque<callback::Action>,
    obeying: bool,
    /// How deep we are in doing what the floor wants.
    acting: u32,
    /// As which calls callbacks stand on the floor; and back.
    places: BTreeMap<CallbackId, CallId>,
    called_back: BTreeMap<CallId, CallbackId>,
    /// Waiting callers whose keys mean something.
    listening: Listeners,
    calls: BTreeMap<CallId, Call>,
    lines: BTreeMap<LegId, Line>,
    /// Which leg a SIP session is; only of sessions that have not ended.
    sessions: BTreeMap<SessionId, LegId>,
    /// Browsers' pages, and the legs that those who have any signal.
    pages: page::Endpoint,
    visits: BTreeMap<VisitId, BTreeSet<LegId>>,
    /// Legs whose browser is lost.
    lost: BTreeMap<LegId, lost::Lost>,
    /// Who waits for what is known of a link, by the ticket.
    links_asked: BTreeMap<u64, by_link::Asked>,
    /// The agents who have a phone that is registered, and those whose desk is there.
    phones: BTreeSet<AgentId>,
    desks: BTreeSet<AgentId>,
    /// Calls of which pages have not been told what is new.
    news: BTreeSet<CallId>,
    /// When those who wait are told again how it stands.
    news_at: Option<Instant>,
    ports: Ports,
    /// How the trunks are doing, and the proxies that they want passed.
    board: Board,
    service_routes: BTreeMap<TrunkId, Vec<String>>,
    /// The carriers as SIP was told of them last.
    peers: Vec<Peer>,
    /// The calls that dial a number outside, and some that did; the ways there.
    dialling: BTreeMap<CallId, Vec<(Way, Hop)>>,
    /// Calls whose own agent is rung first.
    intended: BTreeMap<CallId, by_api::Intended>,
    /// Places in line of agents who ask in a queue, and in which call.
    inquiries: BTreeMap<CallId, CallId>,
    /// Calls whose customer waits for a moment, and some in which one did.
    entertained: BTreeSet<CallId>,
    /// The numbers outside that are contacts, to which calls may be passed on (R126).
    listed: BTreeSet<callback::Number>,
    /// The legs of supervisors.
    supervising: BTreeMap<LegId, supervise::Supervising>,
    /// Who has asked by REFER for the transfer of a call, and is to be told how it goes.
    referrers: BTreeMap<CallId, SessionId>,
    /// The calls of which agents are recorded: what new calls keep (R96).
    recorded_agents: Arc<Agents>,
    /// Calls whose customer may still refuse to be recorded, or has typed something.
    watched: BTreeSet<CallId>,
    /// How fast each agent calls out.
    paces: BTreeMap<AgentId, Pace>,
    clock: Clock,
    random: Random,
    /// The last number given to a leg, a recording or the playing of a message.
    last: u64,
    draining: bool,
    /// The call that is being dealt with: the one to bury if that goes wrong.
    at_hand: Option<CallId>,
    outputs: VecDeque<Output>,
}

impl Switch {
    /// A switch without calls.
    pub fn new(config: Config, clock: Clock, mut random: Random) -> Self {
        let resolver = Resolver::new(on_dns::reach(&config.sip), random.fork());
        let mut sip = Endpoint::new(config.sip, random.fork());
        let (users, now) = (change::users(&config.account), clock.at());
        sip.command(now, sip::Command::Users(users));
        sip.command(now, sip::Command::Trust(trusted(&config.account)));
        let keeps = config.account.timeouts.page;
        let mut switch = Self {
            floor: Floor::new(&config.account, random.fork()),
            owners: Owners::default(),
            openings: Openings::new(&config.account),
            board: Board::new(&config.account),
            service_routes: BTreeMap::new(),
            peers: vec![],
            dialling: BTreeMap::new(),
            intended: BTreeMap::new(),
            inquiries: BTreeMap::new(),
            entertained: BTreeSet::new(),
            listed: BTreeSet::new(),
            supervising: BTreeMap::new(),
            referrers: BTreeMap::new(),
            paces: BTreeMap::new(),
            recorded_agents: Arc::new(config.account.recorded_agents()),
            watched: BTreeSet::new(),
            account: config.account,
            media_address: config.media_address,
            media_other: config.media_other,
            browsers: config.browsers,
            silence: config.silence,
            sounds: config.sounds,
            speech: Speech::default(),
            sip,
            resolver,
            book: Book::default(),
            book_hears: VecDeque::new(),
            book_wants: VecDeque::new(),
            obeying: false,
            acting: 0,
            places: BTreeMap::new(),
            called_back: BTreeMap::new(),
            listening: Listeners::default(),
            calls: BTreeMap::new(),
            lines: BTreeMap::new(),
            sessions: BTreeMap::new(),
            visits: BTreeMap::new(),
            lost: BTreeMap::new(),
            links_asked: BTreeMap::new(),
            phones: BTreeSet::new(),
            desks: BTreeSet::new(),
            news: BTreeSet::new(),
            news_at: None,
            pages: page::Endpoint::new(keeps, random.fork()),
            ports: Ports::new(config.ports),
            // Numbers of recordings and legs stay unique over restarts, as records keep them, and
            // below 2^53, which is all that JavaScript can read.
            last: (clock.unix_millis(now) / 1000) << 20,
            clock,
            random,
            draining: false,
            at_hand: None,
            outputs: VecDeque::new(),
        };
        switch.keep_names(now);
        switch.watch_trunks(now);
        switch.watch_hours(now);
        switch.restore(now, config.restored);
        switch
    }

    /// The whole dataflow, one line per arrow.
    pub fn handle(&mut self, now: Instant, input: Input) {
        // Unless a fault of ours has cut the last time short, it is so.
        (self.obeying, self.acting) = (false, 0);
        match input {
            Input::Sip(input) => self.sip.handle(now, input),
            Input::Page(input) => self.pages.handle(now, input),
            Input::Media(event) => self.on_media(now, event),
            Input::Looked(query, answer) => {
                self.resolver.answered(now, &query, answer);
                self.watch_trunks(now);
            }
            Input::Request(request) => self.on_request(now, request),
            Input::Spoken(name, sound) => self.on_spoken(now, name, sound),
            Input::Settings(settings) => self.set(now, *settings),
            Input::Stored {
                callback,
                revision,
                stored,
            } => self.stored(now, callback, revision, stored),
            Input::Redeemed { ticket, redeemed } => self.redeemed(now, ticket, redeemed),
            Input::Clock(clock) => {
                self.clock = clock;
                self.watch_hours(now);
            }
            Input::Drain => self.drain(now),
            Input::Stop => self.stop(now),
            Input::Timeout => {
                self.sip.handle(now, sip::Input::Timeout);
                self.pages.handle(now, page::Input::Timeout);
                self.resolver.timeout(now);
                self.watch_hours(now);
                self.acd(now, acd::Input::Timeout);
                self.dial_timeout(now);
                self.own_due(now);
                self.speech_timeout(now);
                self.callback(now, callback::Input::Timeout);
                self.keys_due(now);
                self.lost_due(now);
                self.interludes_due(now);
                self.recordings_due(now);
            }
        }
        while let Some(event) = self.pages.poll_event() {
            self.on_page(now, event);
        }
        loop {
            while let Some(event) = self.sip.poll_event() {
                self.on_sip(now, event);
            }
            let Some((seeker, hops)) = self.resolver.poll_found() else {
                break;
            };
            self.sip.command(now, sip::Command::Found { seeker, hops });
        }
        self.supervisors_due(now);
        self.look_up();
        self.tell_pages(now);
        self.at_hand = None;
    }

    /// The next thing to do to the world.
    pub fn poll_output(&mut self) -> Option<Output> {
        // Messages first: what the network waits for is never behind our own book-keeping.
        let transmit = self.sip.poll_transmit().map(Output::Sip);
        let transmit = transmit.or_else(|| self.pages.poll_transmit().map(Output::Page));
        transmit.or_else(|| self.outputs.pop_front())
    }

    /// When to call again with [`Input::Timeout`], if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let dialling = self.dialling.keys().filter_map(|id| self.calls.get(id));
        let deadlines = [
            self.sip.poll_timeout(),
            self.resolver.poll_timeout(),
            self.floor.poll_timeout(),
            self.speech.poll_timeout(),
            self.openings.poll_timeout(),
            self.book.poll_timeout(),
            self.listening.poll_timeout(),
            self.pages.poll_timeout(),
            self.news_at,
            self.lost_timeout(),
            self.interludes_timeout(),
            self.supervisors_timeout(),
            self.own_timeout(),
            self.recordings_timeout(),
        ];
        let dials = dialling.map(Call::poll_timeout);
        deadlines.into_iter().chain(dials).flatten().min()
    }

    /// After a panic in [`Switch::handle`]: ends the call that was being dealt with, so that one
    /// call dies and the floor goes on (F21).
    pub fn bury(&mut self, now: Instant) {
        if let Some(call) = self.at_hand.take() {
            self.end_call(now, call, crate::call::record::End::Fault);
            self.tell_pages(now);
        }
    }

    /// No new calls from now on: 503 with Retry-After.
    fn drain(&mut self, now: Instant) {
        self.draining = true;
        self.sip.command(now, sip::Command::Drain(true));
        self.callback(now, callback::Input::Gate);
    }

    /// Ends what is still going on.
    fn stop(&mut self, now: Instant) {
        self.drain(now);
        for call in self.calls.keys().copied().collect::<Vec<_>>() {
            self.end_call(now, call, crate::call::record::End::Stopped);
        }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn next_leg(&mut self) -> LegId {
        LegId(self.next())
    }

    fn next_recording(&mut self) -> RecordingId {
        RecordingId(self.next())
    }

    fn out(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn notice(&mut self, call: CallId, notice: Notice) {
        self.at_hand = Some(call);
        self.news.insert(call);
        self.out(Output::Notice(Some(call), notice));
    }
}

/// The networks from which the trunks call.
fn trusted(account: &Account) -> Vec<sip::guard::Network> {
    let networks = account.trunks.iter().flat_map(|trunk| &trunk.from);
    let network = |network: &crate::settings::Network| sip::guard::Network {
        address: network.address,
        prefix: network.prefix,
    };
    networks.map(network).collect()
}

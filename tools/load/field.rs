//! The field of play: all phones and desks, their sockets, and the one thread's loop that keeps the 20 ms beat.
//!
//! They beat in twenty slots of a millisecond, as unrelated phones would, so that neither this tool nor the server
//! meets a thousand packets at once.

use crate::desk::{Desk, Kind, Said};
use crate::message::Message;
use crate::meter::Expect;
use crate::phone::{Happened, Identity, Phone};
use crate::sound::Side;
use crate::stream::Stream;
use crate::way::Spoken;
use anyhow::{Context, Result};
use cordboard::audio::Codec;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

const SLOTS: u64 = 20;
const SLOT: Duration = Duration::from_millis(1);
/// How often they look at what to repeat.
const SWEEP: Duration = Duration::from_millis(20);
/// Tokens below are signalling sockets: callers', agents'. Those from here on are streams, and behind them pages.
const FIRST_STREAM: usize = 2;
const FIRST_PAGE: usize = 1 << 20;

/// An agent of the server: who, and with what password.
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// What happened, counted.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) attempted: u64,
    pub(crate) answered: u64,
    pub(crate) completed: u64,
    pub(crate) taken_up: u64,
    pub(crate) withdrawn: u64,
    pub(crate) registered: u64,
    /// Why calls failed, with how many.
    pub(crate) failed: BTreeMap<String, u64>,
    /// INVITE to 200 of callers.
    pub(crate) set_up: Vec<Duration>,
}

/// Somebody who calls or is called.
pub(crate) enum Party {
    Phone(Box<Phone>),
    Desk(Box<Desk>),
}

impl Party {
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Self::Phone(phone) => phone.is_idle(),
            Self::Desk(desk) => desk.is_idle(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        match self {
            Self::Phone(phone) => phone.is_up(),
            Self::Desk(desk) => desk.is_up(),
        }
    }

    fn has(&self, message: &Message) -> bool {
        match self {
            Self::Phone(phone) => phone.has(message),
            Self::Desk(_) => false,
        }
    }
}

/// All parties and the loop.
pub(crate) struct Field {
    epoch: Instant,
    poll: Poll,
    events: Events,
    signalling: [UdpSocket; 2],
    pub(crate) servers: [SocketAddr; 2],
    pub(crate) parties: Vec<Party>,
    /// By party; `None` for phones without media.
    pub(crate) streams: Vec<Option<Stream>>,
    sides: Vec<Side>,
    /// What agents say in Opus; made when the first desk wants it.
    opus: Rc<[Vec<u8>]>,
    /// Delays of forwarded packets in the window, in microseconds.
    pub(crate) delays: Vec<u32>,
    pub(crate) tally: Tally,
    happened: Vec<(usize, Happened)>,
    out: Vec<Vec<u8>>,
    next_port: u16,
    /// Where calls without media say they are; nothing is read there.
    sink: std::net::UdpSocket,
    tick: u64,
    swept: Instant,
}

impl Field {
    /// `external`: where callers call; `internal`: where agents register.
    pub(crate) fn new(external: SocketAddr, internal: SocketAddr, rtp_base: u16) -> Result<Self> {
        let poll = Poll::new()?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut signalling = [UdpSocket::bind(any)?, UdpSocket::bind(any)?];
        for (index, socket) in signalling.iter_mut().enumerate() {
            poll.registry()
                .register(socket, Token(index), Interest::READABLE)?;
        }
        let epoch = Instant::now();
        Ok(Self {
            epoch,
            poll,
            events: Events::with_capacity(1024),
            signalling,
            servers: [external, internal],
            parties: Vec::new(),
            streams: Vec::new(),
            sides: Vec::new(),
            opus: Rc::new([]),
            delays: Vec::new(),
            tally: Tally::default(),
            happened: Vec::new(),
            out: Vec::new(),
            next_port: rtp_base & !1,
            sink: std::net::UdpSocket::bind(any)?,
            tick: 0,
            swept: epoch,
        })
    }

    /// Adds a caller; its number ends in its place, so that the server's records tell callers apart.
    pub(crate) fn add_caller(&mut self, media: bool) -> Result<usize> {
        let user = format!("4930{:07}", self.parties.len());
        self.add(Side::Caller, user, String::new(), Duration::ZERO, media)
    }

    /// Adds an agent's phone, which answers after `ring`.
    pub(crate) fn add_agent(
        &mut self,
        account: &Account,
        ring: Duration,
        media: bool,
    ) -> Result<usize> {
        let Account { user, password } = account;
        self.add(Side::Agent, user.clone(), password.clone(), ring, media)
    }

    /// Adds an agent's desk, whose page is opened with the cookie of a session.
    pub(crate) fn add_desk(&mut self, http: SocketAddr, cookie: &str, kind: Kind) -> Result<()> {
        if kind.spoken == Spoken::Opus && self.opus.is_empty() {
            self.opus = Side::Agent.opus().into();
        }
        let mut desk = Desk::open(http, cookie, kind)?;
        let index = self.parties.len();
        let stream = self.open_stream(Side::Agent)?;
        self.poll.registry().register(
            &mut desk.watched,
            Token(index + FIRST_PAGE),
            Interest::READABLE,
        )?;
        self.parties.push(Party::Desk(Box::new(desk)));
        self.streams.push(Some(stream));
        self.sides.push(Side::Agent);
        // It may have been greeted already.
        self.read_page(index);
        Ok(())
    }

    fn add(
        &mut self,
        side: Side,
        user: String,
        password: String,
        ring: Duration,
        media: bool,
    ) -> Result<usize> {
        let index = self.parties.len();
        let stream = media.then(|| self.open_stream(side)).transpose()?;
        let sink = self.sink.local_addr()?.port();
        let way = way(side);
        self.parties
            .push(Party::Phone(Box::new(Phone::new(Identity {
                index,
                user,
                password,
                local: self.signalling[way].local_addr()?,
                server: self.servers[way],
                media_port: stream.as_ref().map_or(sink, |stream| stream.port),
                ring,
            }))));
        self.streams.push(stream);
        self.sides.push(side);
        Ok(index)
    }

    /// The stream of the party that is added next.
    fn open_stream(&mut self, side: Side) -> Result<Stream> {
        let index = self.parties.len();
        let opus = Rc::clone(&self.opus);
        let mut stream = Stream::open(index as u32, side, opus, &mut self.next_port)
            .context("cannot open an RTP socket (two descriptors a phone: see `ulimit -n`)")?;
        let token = Token(index + FIRST_STREAM);
        self.poll
            .registry()
            .register(&mut stream.socket, token, Interest::READABLE)?;
        Ok(stream)
    }

    pub(crate) fn call(&mut self, caller: usize, number: &str) {
        if let Party::Phone(phone) = &mut self.parties[caller] {
            self.tally.attempted += 1;
            phone.call(Instant::now(), number, &mut self.out);
            self.flush(caller);
        }
    }

    pub(crate) fn hang_up(&mut self, party: usize) {
        let now = Instant::now();
        match &mut self.parties[party] {
            Party::Phone(phone) => phone.hang_up(now, &mut self.out),
            Party::Desk(desk) => desk.hang_up(now),
        }
        self.mute(party);
        self.flush(party);
    }

    /// Registers a phone; a desk is known by its page.
    pub(crate) fn register(&mut self, agent: usize) {
        if let Party::Phone(phone) = &mut self.parties[agent] {
            phone.register(Instant::now(), &mut self.out);
            self.flush(agent);
        }
    }

    pub(crate) fn is_caller(&self, party: usize) -> bool {
        self.sides[party] == Side::Caller
    }

    /// The window of measurement begins for all streams.
    pub(crate) fn reset_meters(&mut self, expect: Expect) {
        self.delays.clear();
        for stream in self.streams.iter_mut().flatten() {
            stream.sent = 0;
            stream.meter.reset(expect);
        }
    }

    /// The window ends; what is heard from now on is not judged.
    pub(crate) fn close_meters(&mut self) {
        let now = Instant::now();
        for stream in self.streams.iter_mut().flatten() {
            stream.meter.close(now);
        }
    }

    /// How many callers hear the other side.
    pub(crate) fn bridged(&self) -> usize {
        let both = self.streams.iter().flatten();
        both.filter(|stream| stream.meter.bridged).count() / 2
    }

    /// Lives until `done` says so or `limit` has passed; true if it was `done`.
    pub(crate) fn live(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Self, Vec<(usize, Happened)>) -> bool,
    ) -> Result<bool> {
        let end = Instant::now() + limit;
        loop {
            self.step()?;
            let happened = std::mem::take(&mut self.happened);
            if done(self, happened) {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
        }
    }

    /// Sleeps to the next slot, or until something comes, and deals with it.
    fn step(&mut self) -> Result<()> {
        let next = self.epoch + SLOT * u32::try_from(self.tick).unwrap_or(u32::MAX);
        let wait = next.saturating_duration_since(Instant::now());
        if let Err(error) = self.poll.poll(&mut self.events, Some(wait))
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for token in ready {
            match token {
                0..FIRST_STREAM => self.read_signalling(token),
                FIRST_STREAM..FIRST_PAGE => self.drain(token - FIRST_STREAM),
                FIRST_PAGE.. => self.read_page(token - FIRST_PAGE),
            }
        }
        while self.epoch + SLOT * u32::try_from(self.tick)? <= Instant::now() {
            let slot = (self.tick % SLOTS) as usize;
            let due = self.streams.iter_mut().skip(slot);
            for stream in due.step_by(SLOTS as usize).flatten() {
                stream.beat(self.epoch);
            }
            self.tick += 1;
        }
        let now = Instant::now();
        if now >= self.swept + SWEEP {
            self.swept = now;
            for index in 0..self.parties.len() {
                let happened = match &mut self.parties[index] {
                    Party::Phone(phone) => phone.sweep(now, &mut self.out),
                    Party::Desk(desk) => desk.sweep(now),
                };
                self.flush(index);
                self.note(index, happened, None);
                if let Some(stream) = &mut self.streams[index] {
                    stream.sweep(now);
                }
            }
        }
        Ok(())
    }

    /// Hears what has come to a stream.
    fn drain(&mut self, index: usize) {
        let Some(Some(stream)) = self.streams.get_mut(index) else {
            return;
        };
        if !stream.drain(self.epoch, &mut self.delays) {
            return;
        }
        if let Party::Desk(desk) = &mut self.parties[index] {
            let (spoken, speaks) = (desk.kind.spoken, desk.kind.speaks);
            let happened = desk.secured();
            if speaks {
                stream.speak(spoken);
            }
            self.note(index, happened, None);
        }
    }

    /// Takes what the server has said to a page.
    fn read_page(&mut self, index: usize) {
        let Some(Party::Desk(desk)) = self.parties.get_mut(index) else {
            return;
        };
        for said in desk.read(Instant::now()) {
            match (said, &mut self.streams[index]) {
                (Said::Happened(happened), _) => self.note(index, Some(happened), None),
                (Said::Met(way), Some(stream)) => stream.meet(way),
                (Said::Met(_), None) => {}
            }
        }
    }

    fn read_signalling(&mut self, way: usize) {
        let mut buffer = [0; 65_535];
        while let Ok((length, _)) = self.signalling[way].recv_from(&mut buffer) {
            let Some(message) = Message::read(&buffer[..length]) else {
                continue;
            };
            // Requests name our Contact; responses carry the Call-ID we made.
            let place = match message.status() {
                None => message.user().strip_prefix('p').unwrap_or_default(),
                Some(_) => message
                    .header("call-id")
                    .split('-')
                    .next()
                    .unwrap_or_default(),
            };
            // A response in a call that the server made to us carries its Call-ID: only BYE is answered there.
            let phone = place
                .parse()
                .ok()
                .filter(|&p: &usize| p < self.parties.len());
            let index = phone.or_else(|| self.parties.iter().position(|p| p.has(&message)));
            let Some(index) = index else {
                continue;
            };
            let Party::Phone(phone) = &mut self.parties[index] else {
                continue;
            };
            let happened = phone.handle(Instant::now(), &message, &mut self.out);
            self.flush(index);
            self.note(index, happened, Some(&message));
        }
    }

    /// Counts what happened and turns media on or off with the call.
    fn note(&mut self, party: usize, happened: Option<Happened>, message: Option<&Message>) {
        let audio = message.and_then(Message::audio);
        let up = self.parties[party].is_up();
        if let Some(stream) = &mut self.streams[party] {
            stream.offered = audio.or(stream.offered);
            if let Some(offered) = stream
                .offered
                .take_if(|offered| up && stream.remote != Some(*offered))
            {
                stream.begin(offered, Codec::Pcmu);
            }
        }
        let Some(happened) = happened else {
            return;
        };
        let tally = &mut self.tally;
        let caller = self.sides[party] == Side::Caller;
        match &happened {
            Happened::Registered => tally.registered += 1,
            Happened::RegistrationFailed(why) => {
                *tally.failed.entry(format!("REGISTER: {why}")).or_default() += 1;
            }
            Happened::Answered(after) => {
                tally.answered += 1;
                tally.set_up.push(*after);
            }
            Happened::TakenUp => tally.taken_up += 1,
            Happened::Withdrawn => tally.withdrawn += 1,
            Happened::Ended { .. } if caller => tally.completed += 1,
            Happened::Ended { .. } => {}
            Happened::Failed(why) => *tally.failed.entry(why.clone()).or_default() += 1,
        }
        if self.parties[party].is_idle() {
            self.mute(party);
        }
        self.happened.push((party, happened));
    }

    fn mute(&mut self, party: usize) {
        if let Some(stream) = &mut self.streams[party] {
            stream.end();
        }
    }

    fn flush(&mut self, party: usize) {
        let way = way(self.sides[party]);
        for bytes in self.out.drain(..) {
            // What a full buffer refuses is repeated like any loss.
            let _ = self.signalling[way].send_to(&bytes, self.servers[way]);
        }
    }
}

fn way(side: Side) -> usize {
    match side {
        Side::Caller => 0,
        Side::Agent => 1,
    }
}

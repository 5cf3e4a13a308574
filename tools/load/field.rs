//! The field of play: all phones, their sockets, and the one thread's loop that keeps the 20 ms beat.
//!
//! Phones beat in twenty slots of a millisecond, as unrelated phones would, so that neither this tool nor the server
//! meets a thousand packets at once.

use crate::message::Message;
use crate::phone::{Happened, Identity, Phone};
use crate::stream::{Expect, Side, Stream};
use anyhow::{Context, Result};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const SLOTS: u64 = 20;
const SLOT: Duration = Duration::from_millis(1);
/// How often phones look at what to repeat.
const SWEEP: Duration = Duration::from_millis(20);
/// Tokens below are signalling sockets: callers', agents'.
const FIRST_STREAM: usize = 2;

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

/// All phones and the loop.
pub(crate) struct Field {
    epoch: Instant,
    poll: Poll,
    events: Events,
    signalling: [UdpSocket; 2],
    pub(crate) servers: [SocketAddr; 2],
    pub(crate) phones: Vec<Phone>,
    /// By phone; `None` for phones without media.
    pub(crate) streams: Vec<Option<Stream>>,
    sides: Vec<Side>,
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
            phones: Vec::new(),
            streams: Vec::new(),
            sides: Vec::new(),
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
        let user = format!("4930{:07}", self.phones.len());
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

    fn add(
        &mut self,
        side: Side,
        user: String,
        password: String,
        ring: Duration,
        media: bool,
    ) -> Result<usize> {
        let index = self.phones.len();
        let mut media_port = self.sink.local_addr()?.port();
        let stream = if media {
            let mut stream = Stream::open(index as u32, side, &mut self.next_port)
                .context("cannot open an RTP socket (two descriptors a phone: see `ulimit -n`)")?;
            let token = Token(index + FIRST_STREAM);
            self.poll
                .registry()
                .register(&mut stream.socket, token, Interest::READABLE)?;
            media_port = stream.port;
            Some(stream)
        } else {
            None
        };
        let way = way(side);
        self.phones.push(Phone::new(Identity {
            index,
            user,
            password,
            local: self.signalling[way].local_addr()?,
            server: self.servers[way],
            media_port,
            ring,
        }));
        self.streams.push(stream);
        self.sides.push(side);
        Ok(index)
    }

    pub(crate) fn call(&mut self, phone: usize, number: &str) {
        self.tally.attempted += 1;
        self.phones[phone].call(Instant::now(), number, &mut self.out);
        self.flush(phone);
    }

    pub(crate) fn hang_up(&mut self, phone: usize) {
        self.phones[phone].hang_up(Instant::now(), &mut self.out);
        self.mute(phone);
        self.flush(phone);
    }

    pub(crate) fn register(&mut self, phone: usize) {
        self.phones[phone].register(Instant::now(), &mut self.out);
        self.flush(phone);
    }

    pub(crate) fn is_caller(&self, phone: usize) -> bool {
        self.sides[phone] == Side::Caller
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
            match token.checked_sub(FIRST_STREAM) {
                None => self.read_signalling(token),
                Some(index) => {
                    if let Some(Some(stream)) = self.streams.get_mut(index) {
                        stream.drain(self.epoch, &mut self.delays);
                    }
                }
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
            for phone in 0..self.phones.len() {
                let happened = self.phones[phone].sweep(now, &mut self.out);
                self.flush(phone);
                self.note(phone, happened, None);
            }
        }
        Ok(())
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
                .filter(|&p: &usize| p < self.phones.len());
            let phone = phone.or_else(|| self.phones.iter().position(|p| p.has(&message)));
            let Some(phone) = phone else {
                continue;
            };
            let happened = self.phones[phone].handle(Instant::now(), &message, &mut self.out);
            self.flush(phone);
            self.note(phone, happened, Some(&message));
        }
    }

    /// Counts what happened and turns media on or off with the call.
    fn note(&mut self, phone: usize, happened: Option<Happened>, message: Option<&Message>) {
        let audio = message.and_then(Message::audio);
        let up = self.phones[phone].is_up();
        if let Some(stream) = &mut self.streams[phone] {
            stream.offered = audio.or(stream.offered);
            if let Some(offered) = stream
                .offered
                .take_if(|offered| up && stream.remote != Some(*offered))
            {
                stream.begin(offered);
            }
        }
        let Some(happened) = happened else {
            return;
        };
        let tally = &mut self.tally;
        let caller = self.sides[phone] == Side::Caller;
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
        if self.phones[phone].is_idle() {
            self.mute(phone);
        }
        self.happened.push((phone, happened));
    }

    fn mute(&mut self, phone: usize) {
        if let Some(stream) = &mut self.streams[phone] {
            stream.remote = None;
        }
    }

    fn flush(&mut self, phone: usize) {
        let way = way(self.sides[phone]);
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

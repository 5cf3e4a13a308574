//! A telephone in a few lines: enough SIP and RTP to make the demo's call over real sockets.

use crate::audio::{Codec, Decoder, Encoder, FRAME, level};
use crate::random::Random;
use crate::rtp::packet::{Header, Packet};
use crate::sdp::{self, Direction, Local, Negotiated, RtcpMux, Security};
use crate::sip::auth::{self, Challenge};
use crate::sip::header::{Contacts, Name};
use crate::sip::message::{Builder, Message, Method};
use anyhow::{Context as _, bail, ensure};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A packet of sound.
const BEAT: Duration = Duration::from_millis(20);

/// What the phone is to do.
pub(super) enum Plan {
    /// Register, and answer the first call after so long.
    Answer { password: String, after: Duration },
    /// Call a number, be silent until connected, talk for so long, hang up.
    Call {
        number: String,
        connected: Arc<AtomicBool>,
        talk: Duration,
    },
}

/// A telephone.
pub(super) struct Phone {
    server: SocketAddr,
    sip: UdpSocket,
    rtp: UdpSocket,
    user: String,
    call_id: String,
    tag: String,
    cseq: u32,
    random: Random,
    speech: Vec<i16>,
    plan: Plan,
    /// The peer in our dialog: its To or From with tag, and where its requests go.
    peer: String,
    target: String,
    stream: Option<Stream>,
    heard: Vec<i16>,
}

struct Stream {
    to: Negotiated,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    position: usize,
    next: Instant,
}

impl Phone {
    pub(super) fn new(
        server: SocketAddr,
        user: &str,
        speech: Vec<i16>,
        plan: Plan,
    ) -> anyhow::Result<Self> {
        let socket = || -> anyhow::Result<UdpSocket> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let mut random = Random::from_system();
        Ok(Self {
            server,
            sip: socket()?,
            rtp: socket()?,
            user: user.to_owned(),
            call_id: random.hex(24),
            tag: random.hex(12),
            cseq: 0,
            random,
            speech,
            plan,
            peer: format!("<sip:{server}>"),
            target: format!("sip:{server}"),
            stream: None,
            heard: vec![],
        })
    }

    /// Does what it is to do; says what it heard.
    pub(super) fn run(mut self, patience: Duration) -> anyhow::Result<String> {
        let until = Instant::now() + patience;
        match &self.plan {
            Plan::Answer { password, after } => {
                let (password, after) = (password.clone(), *after);
                self.register(&password, until)?;
                self.answer(after, until)?;
            }
            Plan::Call {
                number,
                connected,
                talk,
            } => {
                let (number, connected, talk) = (number.clone(), connected.clone(), *talk);
                self.call(&number, &connected, talk, until)?;
            }
        }
        let seconds = self.heard.len() as f64 / 8000.0;
        let level = level::dbfs(&self.heard);
        ensure!(level > -50.0, "heard {seconds:.1} s of nothing but silence");
        Ok(format!("heard {seconds:.1} s of sound at {level:.0} dBFS"))
    }

    fn register(&mut self, password: &str, until: Instant) -> anyhow::Result<()> {
        let uri = format!("sip:{}", self.server);
        self.peer = self.own_address();
        let first = self.request(&Method::Register, &uri, None, None);
        let challenged = self.ask(&first, until)?;
        ensure!(
            challenged.status() == Some(401),
            "no challenge to a REGISTER"
        );
        let challenge = Challenge::find(&challenged, Name::WwwAuthenticate);
        let challenge = challenge.context("no challenge")?;
        let credentials = auth::respond(
            &challenge,
            &self.user,
            password,
            &Method::Register,
            &uri,
            1,
            &self.random.hex(16),
        );
        let credentials = credentials.to_string();
        let second = self.request(&Method::Register, &uri, Some(&credentials), None);
        let answer = self.ask(&second, until)?;
        ensure!(
            answer.status() == Some(200),
            "registration refused: {:?}",
            answer.status()
        );
        Ok(())
    }

    fn call(
        &mut self,
        number: &str,
        connected: &AtomicBool,
        talk: Duration,
        until: Instant,
    ) -> anyhow::Result<()> {
        let uri = format!("sip:{number}@{}", self.server);
        self.peer = format!("<{uri}>");
        let local = self.local()?;
        let offer = sdp::offer(&local);
        let invite = self.request(&Method::Invite, &uri, None, Some(&offer));
        let answer = self.ask(&invite, until)?;
        ensure!(
            answer.status() == Some(200),
            "the call was refused: {:?}",
            answer.status()
        );
        self.remember(&answer, Name::To);
        self.listen(
            &sdp::accept(answer.body(), &local)
                .ok()
                .context("a bad SDP answer")?,
        );
        let ack = self.request(&Method::Ack, &self.target.clone(), None, None);
        self.send(&ack)?;

        let mut hang_up_at = None;
        while hang_up_at.is_none_or(|at| Instant::now() < at) {
            ensure!(Instant::now() < until, "nobody answered the caller");
            if hang_up_at.is_none() && connected.load(Ordering::Acquire) {
                hang_up_at = Some(Instant::now() + talk);
            }
            self.beat(hang_up_at.is_some())?;
            if let Some(message) = self.receive()?
                && is(&message, &Method::Bye)
            {
                self.reply(&message, 200, None)?;
                bail!("the other side hung up before the caller did");
            }
        }
        let bye = self.request(&Method::Bye, &self.target.clone(), None, None);
        self.ask(&bye, until)?;
        Ok(())
    }

    fn answer(&mut self, after: Duration, until: Instant) -> anyhow::Result<()> {
        let mut invite: Option<(Message, Instant)> = None;
        loop {
            ensure!(Instant::now() < until, "nobody called the agent");
            self.beat(true)?;
            if invite.as_ref().is_some_and(|(_, at)| *at <= Instant::now())
                && let Some((invite, _)) = invite.take()
            {
                self.pick_up(&invite)?;
            }
            let Some(message) = self.receive()? else {
                continue;
            };
            if is(&message, &Method::Bye) {
                return self.reply(&message, 200, None);
            }
            if is(&message, &Method::Invite) && invite.is_none() && self.stream.is_none() {
                self.reply(&message, 180, None)?;
                invite = Some((message, Instant::now() + after));
            }
        }
    }

    fn pick_up(&mut self, invite: &Message) -> anyhow::Result<()> {
        let local = self.local()?;
        let answer = sdp::answer(invite.body(), &local);
        let (answer, agreed) = answer.ok().context("a bad SDP offer")?;
        self.remember(invite, Name::From);
        self.listen(&agreed);
        self.reply(invite, 200, Some(&answer))
    }

    fn remember(&mut self, message: &Message, peer: Name<'_>) {
        if let Some(address) = message.header(peer) {
            self.peer = address.to_owned();
        }
        if let Ok(Contacts::List(contacts)) = message.contacts()
            && let Some(contact) = contacts.first()
        {
            self.target = contact.uri.to_string();
        }
    }

    fn local(&mut self) -> anyhow::Result<Local> {
        Ok(Local {
            address: Ipv4Addr::LOCALHOST.into(),
            port: self.rtp.local_addr()?.port(),
            codecs: vec![Codec::Pcmu],
            events: true,
            types: sdp::Types::default(),
            session: u64::from(self.random.u32()),
            version: 1,
            direction: Direction::SendRecv,
            other: None,
            security: Security::Plain,
            rtcp_mux: RtcpMux::Off,
        })
    }

    fn listen(&mut self, agreed: &Negotiated) {
        self.stream = Some(Stream {
            to: agreed.clone(),
            ssrc: self.random.u32(),
            sequence: 0,
            timestamp: self.random.u32(),
            position: 0,
            next: Instant::now(),
        });
    }

    /// Sends the next 20 ms when they are due, hears what has come, and rests for a moment.
    fn beat(&mut self, speaks: bool) -> anyhow::Result<()> {
        let now = Instant::now();
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.next <= now) {
            stream.next += BEAT;
            let silence = [0; FRAME];
            let mut frame = &silence;
            if speaks && !self.speech.is_empty() {
                let rest = self.speech.get(stream.position..).unwrap_or_default();
                frame = rest.first_chunk().unwrap_or(frame);
                stream.position = (stream.position + FRAME) % self.speech.len();
            }
            let mut payload = Vec::with_capacity(FRAME);
            Encoder::Pcmu.encode(frame, &mut payload);
            let header = Header {
                payload_type: stream.to.payload_type,
                marker: stream.sequence == 0,
                sequence: stream.sequence,
                timestamp: stream.timestamp,
                ssrc: stream.ssrc,
            };
            let mut packet = header.write().to_vec();
            packet.extend(payload);
            let _ = self.rtp.send_to(&packet, stream.to.remote);
            stream.sequence = stream.sequence.wrapping_add(1);
            stream.timestamp = stream.timestamp.wrapping_add(FRAME as u32);
        }
        let mut buffer = [0; 2048];
        while let Ok(length) = self.rtp.recv(&mut buffer) {
            if let Some(packet) = buffer.get(..length).and_then(Packet::parse) {
                Decoder::Pcmu.decode(packet.payload, &mut self.heard);
            }
        }
        std::thread::sleep(Duration::from_millis(2));
        Ok(())
    }

    /// Sends a request, again and again until it is finally answered (RFC 3261 §17.1).
    fn ask(&mut self, request: &[u8], until: Instant) -> anyhow::Result<Message> {
        let (mut again, mut pause) = (Instant::now(), Duration::from_millis(500));
        loop {
            let now = Instant::now();
            ensure!(now < until, "no answer from the server");
            if again <= now {
                self.send(request)?;
                again = now + pause;
                pause *= 2;
            }
            self.beat(false)?;
            match self.receive()? {
                Some(answer) if answer.status().is_some_and(|status| status >= 200) => {
                    return Ok(answer);
                }
                Some(answer) if answer.status().is_some() => again = until,
                Some(_) | None => {}
            }
        }
    }

    fn request(
        &mut self,
        method: &Method,
        uri: &str,
        credentials: Option<&str>,
        sdp: Option<&[u8]>,
    ) -> Vec<u8> {
        if *method != Method::Ack {
            self.cseq += 1;
        }
        let from = format!("{};tag={}", self.own_address(), self.tag);
        let via = format!(
            "SIP/2.0/UDP {};branch=z9hG4bK{};rport",
            self.here(),
            self.random.hex(16)
        );
        let mut builder = Builder::request(method, uri)
            .header(Name::Via, via)
            .header(Name::MaxForwards, 70)
            .header(Name::From, from)
            .header(Name::To, &self.peer)
            .header(Name::CallId, &self.call_id)
            .header(Name::CSeq, format!("{} {method}", self.cseq))
            .header(Name::Contact, self.contact())
            // As phones do; a bare REGISTER would be too short for its challenge (H29).
            .header(Name::Allow, "INVITE, ACK, CANCEL, BYE, OPTIONS")
            .header(Name::UserAgent, "Cordboard demonstration phone");
        if let Some(credentials) = credentials {
            builder = builder.header(Name::Authorization, credentials);
        }
        if let Some(sdp) = sdp {
            builder = builder.body("application/sdp", sdp);
        }
        builder.build()
    }

    fn reply(&self, request: &Message, status: u16, sdp: Option<&[u8]>) -> anyhow::Result<()> {
        let mut builder = Builder::reply_to(request, status, "OK", Some(&self.tag))
            .header(Name::Contact, self.contact());
        if let Some(sdp) = sdp {
            builder = builder.body("application/sdp", sdp);
        }
        self.send(&builder.build())
    }

    fn send(&self, bytes: &[u8]) -> anyhow::Result<()> {
        self.sip.send_to(bytes, self.server)?;
        Ok(())
    }

    fn receive(&self) -> anyhow::Result<Option<Message>> {
        let mut buffer = vec![0; 65_536];
        match self.sip.recv(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                Ok(Message::parse(buffer).ok())
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error).context("the phone's socket"),
        }
    }

    fn here(&self) -> SocketAddr {
        self.sip.local_addr().unwrap_or(self.server)
    }

    fn own_address(&self) -> String {
        format!("<sip:{}@{}>", self.user, self.server)
    }

    fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.user, self.here())
    }
}

/// Whether a message is a request of this method.
fn is(message: &Message, method: &Method) -> bool {
    message.is_request() && message.method() == method
}

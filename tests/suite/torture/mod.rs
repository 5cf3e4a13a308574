//! The torture messages of RFC 4475 and RFC 5118, each as a datagram and as a stream, to an
//! endpoint that is registrar, listener of a trunk and keeper of dialogs at once.
//!
//! A message is one row of a table: its file, the section that says what is asked, what must
//! happen, and why. The files in `messages/` are those of the RFCs, byte for byte.

mod rfc4475;
mod rfc5118;
mod whole;

use cordboard::random::Random;
use cordboard::sip::auth::{self, Algorithm, Challenge, Digest};
use cordboard::sip::framing::{Frame, Framer};
use cordboard::sip::header::Name;
use cordboard::sip::message::{Message, Start};
use cordboard::sip::{
    Command, Config, Endpoint, Event, Flow, Input, Listener, ListenerId, Rejection, SessionId,
    Transmit, Transport, guard,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// One message, and what it must lead to.
struct Row {
    section: &'static str,
    file: &'static str,
    must: Must,
    stream: Stream,
    /// Fields that the final answer must have, as they begin.
    has: &'static [(&'static str, &'static str)],
    why: &'static str,
}

/// What a message must lead to.
#[derive(Clone, Copy)]
enum Must {
    /// One answer with this status, and nothing kept.
    Answer(u16),
    /// A call is announced: to this number.
    Invite(&'static str),
    /// With the right password, these contacts are registered, and a later query lists them.
    Register(&'static [&'static str]),
    /// Nothing is sent and nobody told.
    Silence,
}

/// What is different over a stream.
#[derive(Clone, Copy)]
enum Stream {
    /// Nothing.
    Same,
    /// After the answer nobody knows where the next message begins: the stream is closed.
    AnsweredAndClosed(u16),
    /// The message is not over yet.
    Waits,
    /// What a datagram has left over is the next message: its answer. The length that this one
    /// gives itself is wrong, so that the stream is lost after it.
    Next(u16),
}

const fn row(section: &'static str, file: &'static str, must: Must, why: &'static str) -> Row {
    Row {
        section,
        file,
        must,
        stream: Stream::Same,
        has: &[],
        why,
    }
}

impl Row {
    const fn with(mut self, has: &'static [(&'static str, &'static str)]) -> Self {
        self.has = has;
        self
    }

    const fn over_a_stream(mut self, stream: Stream) -> Self {
        self.stream = stream;
        self
    }
}

/// The listeners: a trunk's, where anybody may call, and the phones', where a password is asked
/// for; of datagrams and of streams.
const TRUNK: [ListenerId; 2] = [ListenerId(0), ListenerId(1)];
const PHONES: [ListenerId; 2] = [ListenerId(2), ListenerId(3)];

const USERS: &[&str] = &["user", "j.user", "watson", "null-\0-null", "resource"];
const PASSWORD: &str = "secret";

/// How often each message is repeated, to see that nothing grows.
const REPEATED: usize = 20;

/// The endpoint that is tortured.
struct Rack {
    endpoint: Endpoint,
    now: Instant,
    flow: Flow,
}

/// All rows, as datagrams.
fn as_datagrams(table: &[Row], peer: &str, read: fn(&str) -> Vec<u8>) {
    for row in table {
        let bytes = read(row.file);
        let mut rack = Rack::new(&bytes, peer, Transport::Udp);
        rack.must(row, row.must, &bytes);
        for _ in 0..REPEATED {
            rack.says(&bytes);
        }
        rack.settles(row);
    }
}

/// All rows, cut out of a stream that comes in pieces of `size` bytes.
fn as_streams(table: &[Row], peer: &str, read: fn(&str) -> Vec<u8>, size: usize) {
    for row in table {
        let at = format!("{} {}: {}", row.section, row.file, row.why);
        let bytes = read(row.file);
        let mut rack = Rack::new(&bytes, peer, Transport::Tcp);
        let (messages, closed, pending) = cut(&bytes, size);
        for bytes in &messages {
            assert!(bytes.len() <= read(row.file).len(), "{at}");
        }
        let must_close = matches!(row.stream, Stream::AnsweredAndClosed(_) | Stream::Next(_));
        assert_eq!(closed, must_close, "{at}");
        match (row.stream, messages.as_slice()) {
            (Stream::Same, [one]) => {
                assert!(pending <= 4, "{at}: no more than line ends is left");
                rack.must(row, row.must, one);
            }
            (Stream::AnsweredAndClosed(status), [one]) => {
                rack.must(row, Must::Answer(status), one);
            }
            (Stream::Waits, []) => assert_eq!(pending, bytes.len(), "{at}"),
            (Stream::Next(status), [one, next, rest]) => {
                rack.must(row, row.must, one);
                rack.must(row, Must::Answer(status), next);
                rack.must(row, Must::Silence, rest);
            }
            (Stream::Same | Stream::AnsweredAndClosed(_) | Stream::Waits | Stream::Next(_), _) => {
                panic!("{at}: {} messages", messages.len())
            }
        }
        for _ in 0..REPEATED {
            messages.iter().for_each(|bytes| drop(rack.says(bytes)));
        }
        let flow = rack.flow;
        rack.endpoint.handle(rack.now, Input::Closed { flow });
        rack.settles(row);
    }
}

/// The messages of a stream, whether it broke, and how many bytes wait for more.
fn cut(bytes: &[u8], size: usize) -> (Vec<Vec<u8>>, bool, usize) {
    let (mut framer, mut frames) = (Framer::new(), vec![]);
    let broken = bytes
        .chunks(size)
        .any(|piece| framer.receive(piece, &mut frames).is_err());
    let messages = frames.into_iter().filter_map(|frame| match frame {
        Frame::Message(bytes) => Some(bytes),
        Frame::Ping => None,
    });
    (messages.collect(), broken, framer.pending())
}

impl Rack {
    fn new(message: &[u8], peer: &str, transport: Transport) -> Self {
        let peer: SocketAddr = peer.parse().expect("an address");
        let local: SocketAddr = match peer {
            SocketAddr::V4(_) => ([198, 51, 100, 1], 5060).into(),
            SocketAddr::V6(_) => "[2001:db8::10]:5060".parse().expect("an address"),
        };
        let listener = |transport, phones: bool| Listener {
            transport,
            local,
            advertised: local,
            digest: phones.then(|| Digest::new("cordboard", &[Algorithm::Sha256, Algorithm::Md5])),
            registrar: phones,
            paths: Default::default(),
        };
        let (udp, tcp) = (Transport::Udp, Transport::Tcp);
        let listeners = [(udp, false), (tcp, false), (udp, true), (tcp, true)];
        let config = Config {
            listeners: listeners.map(|(t, phones)| listener(t, phones)).to_vec(),
            // The answer to a short message may be long: what is tested is which.
            guard: guard::Limits {
                whole_answers: true,
                ..guard::Limits::default()
            },
            ..Config::default()
        };
        let now = Instant::now();
        let mut endpoint = Endpoint::new(config, Random::seeded(4475));
        let user = |user: &&str| ((*user).to_owned(), PASSWORD.to_owned());
        let users = USERS.iter().map(user).collect();
        endpoint.command(now, Command::Users(users));
        let registers = message.starts_with(b"REGISTER");
        let among = if registers { PHONES } else { TRUNK };
        let stream = transport == Transport::Tcp;
        Self {
            endpoint,
            now,
            flow: Flow {
                transport,
                listener: among[usize::from(stream)],
                remote: peer,
                connection: u64::from(stream),
            },
        }
    }

    /// The message is sent, and must lead to that.
    fn must(&mut self, row: &Row, must: Must, bytes: &[u8]) {
        let at = format!("{} {}: {}", row.section, row.file, row.why);
        let before = self.endpoint.counters();
        let mut sent = self.says(bytes);
        let challenged = sent.first().is_some_and(|one| one.status() == Some(401));
        if challenged && !matches!(must, Must::Answer(401)) {
            sent = self.says(&signed(bytes, &sent[0]));
        }
        let statuses: Vec<_> = sent.iter().filter_map(Message::status).collect();
        let mut events: Vec<_> = std::iter::from_fn(|| self.endpoint.poll_event()).collect();
        match must {
            Must::Answer(status) => {
                assert_eq!(statuses, [status], "{at}");
                assert_eq!(events, [], "{at}");
                let after = self.endpoint.counters();
                assert_eq!(after.sessions, before.sessions, "{at}");
                assert_eq!(after.contacts, before.contacts, "{at}");
            }
            Must::Invite(number) => {
                assert_eq!(statuses, [100], "{at}");
                let Some(Event::Invited(invite)) = events.pop() else {
                    panic!("{at}: no call");
                };
                assert_eq!(invite.called, number, "{at}");
                sent = self.refuses(invite.session);
                assert_eq!(sent.len(), 1, "{at}");
                assert_eq!(sent[0].status(), Some(486), "{at}");
            }
            Must::Register(contacts) => {
                assert_eq!(statuses, [200], "{at}");
                assert!(matches!(events[..], [Event::Registered { .. }]), "{at}");
                assert_eq!(listed(&sent[0]), contacts, "{at}");
                assert_eq!(self.queries(bytes), contacts, "{at}");
            }
            Must::Silence => {
                assert!(sent.is_empty() && events.is_empty(), "{at}");
            }
        }
        if let Some(answer) = sent.last() {
            copies(bytes, answer, &at);
            for (name, begin) in row.has {
                let mut values = answer.headers(Name::of(name));
                assert!(
                    values.any(|v| v.starts_with(begin)),
                    "{at}: {name}: {begin}"
                );
            }
        }
    }

    /// What a message is answered with; every answer goes back to where the question came from.
    fn says(&mut self, bytes: &[u8]) -> Vec<Message> {
        let (flow, bytes) = (self.flow, bytes.to_vec());
        self.endpoint
            .handle(self.now, Input::Received { flow, bytes });
        self.sent()
    }

    fn sent(&mut self) -> Vec<Message> {
        self.endpoint.check();
        let sent: Vec<Transmit> = std::iter::from_fn(|| self.endpoint.poll_transmit()).collect();
        let peer = self.flow.remote.ip();
        assert!(sent.iter().all(|one| one.flow.remote.ip() == peer));
        sent.into_iter().map(|one| answer(one.bytes)).collect()
    }

    fn refuses(&mut self, session: SessionId) -> Vec<Message> {
        let rejection = Rejection {
            warning: None,
            cause: None,
            status: 486,
            retry_after: None,
            text: None,
        };
        self.wishes(Command::Reject { session, rejection })
    }

    fn wishes(&mut self, command: Command) -> Vec<Message> {
        self.endpoint.command(self.now, command);
        self.sent()
    }

    /// The contacts that a later REGISTER without any is told.
    fn queries(&mut self, register: &[u8]) -> Vec<String> {
        let message = Message::parse(register.to_vec()).expect("a REGISTER");
        let to = message.header(Name::To).expect("a To");
        let query = format!(
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK-query\r\n\
             From: {to};tag=query\r\nTo: {to}\r\nCall-ID: query\r\nCSeq: 1 REGISTER\r\n\
             Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        let challenge = self.says(query.as_bytes()).remove(0);
        let answers = self.says(&signed(query.as_bytes(), &challenge));
        listed(&answers[0])
    }

    /// Nothing is left when all that may be pending has passed.
    fn settles(&mut self, row: &Row) {
        let end = self.now + Duration::from_secs(7200);
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.endpoint.handle(self.now, Input::Timeout);
            while let Some(event) = self.endpoint.poll_event() {
                if let Event::Invited(invite) = event {
                    self.refuses(invite.session);
                }
            }
            self.sent();
        }
        while let Some(event) = self.endpoint.poll_event() {
            assert!(
                !matches!(event, Event::Invited(_)),
                "{}: a second call",
                row.file
            );
        }
        let left = self.endpoint.counters();
        assert!(self.endpoint.is_idle(), "{}: {left:?}", row.file);
        assert_eq!(left.contacts, 0, "{}", row.file);
        assert_eq!(self.endpoint.poll_timeout(), None, "{}", row.file);
    }
}

/// An answer as its receiver reads it. One to half a request lacks the other half.
fn answer(bytes: Vec<u8>) -> Message {
    Message::parse(bytes).unwrap_or_else(|broken| *broken.message.expect("a first line"))
}

/// RFC 3261 §8.2.6.2: what an answer takes from the request.
fn copies(request: &[u8], answer: &Message, at: &str) {
    let request = Message::parse(request.to_vec());
    let request = request.unwrap_or_else(|broken| *broken.message.expect("a first line"));
    for name in [Name::From, Name::CallId, Name::CSeq] {
        let both = [&request, answer].map(|m| m.headers(name).collect::<Vec<_>>());
        assert_eq!(both[0], both[1], "{at}: {name}");
    }
    let vias = |message: &Message| message.headers(Name::Via).count();
    assert_eq!(vias(&request), vias(answer), "{at}: the way back");
    if let (Ok(asked), Ok(to)) = (request.to(), answer.to()) {
        assert_eq!(asked.uri, to.uri, "{at}: To");
        assert!(to.tag().is_some(), "{at}: a tag");
    }
}

/// The contacts that a 200 lists, without the time they have left.
fn listed(ok: &Message) -> Vec<String> {
    let contacts = ok.headers(Name::Contact);
    let bare = contacts.map(|one| one.split(";expires=").next().unwrap_or_default().to_owned());
    bare.collect()
}

/// The request with the credentials of the user in its To.
fn signed(request: &[u8], refused: &Message) -> Vec<u8> {
    let message = Message::parse(request.to_vec()).expect("a request");
    let challenge = Challenge::find(refused, Name::WwwAuthenticate).expect("a challenge");
    let to = message.to().expect("a To").uri;
    let user = to.user_unescaped().unwrap_or_default().into_owned();
    let Start::Request { method, uri } = message.start() else {
        panic!("no request");
    };
    let digest = auth::respond(&challenge, &user, PASSWORD, method, uri, 1, "c").to_string();
    let (_, others) = digest.split_once(", realm=").expect("a realm");
    // A quoted pair can hold what a quoted string cannot (RFC 3261 §25.1).
    let pairs = user.replace('\0', "\\\0");
    let line = format!("\r\nAuthorization: Digest username=\"{pairs}\", realm={others}");
    let end = request.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, rest) = request.split_at(end.expect("an empty line"));
    [head, line.as_bytes(), rest].concat()
}

/// Every file of a folder is in the table, and nothing else.
fn covers(table: &[Row], folder: &str, files: usize) {
    let path = format!("tests/suite/torture/messages/{folder}");
    let entries = std::fs::read_dir(&path).expect("the messages");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("readable").file_name();
        name.to_string_lossy().trim_end_matches(".dat").to_owned()
    };
    let mut there: Vec<_> = entries.map(name).collect();
    let mut rows: Vec<_> = table.iter().map(|row| row.file.to_owned()).collect();
    there.sort();
    rows.sort();
    assert_eq!((there.len(), rows), (files, there));
}

/// A message as the RFC has it.
fn file(folder: &str, name: &str) -> Vec<u8> {
    let path = format!("tests/suite/torture/messages/{folder}/{name}.dat");
    std::fs::read(&path).unwrap_or_else(|why| panic!("{path}: {why}"))
}

//! The endpoint against peers whose messages are written by hand, and against another endpoint.

mod calls_in;
mod calls_out;
mod carriers;
mod challenges;
mod changes;
mod changes_out;
mod flows;
mod hardening;
mod hops;
mod keys;
mod lives;
mod loops;
mod paths;
mod refer;
mod refusals;
mod registering;
mod reliable;
mod session_timer;
mod strangers;
mod update;
mod update_out;
mod ways;

use super::*;
use crate::sip::auth::{Algorithm, Digest};
use crate::sip::{ListenerId, Transport};
use std::net::SocketAddr;
use std::time::Duration;

const EXTERNAL: ListenerId = ListenerId(0);
const INTERNAL: ListenerId = ListenerId(1);
const STREAM: ListenerId = ListenerId(2);

/// An endpoint, and the wire to its peers.
struct Wire {
    endpoint: Endpoint,
    now: Instant,
    /// Whence the next message comes.
    flow: Flow,
}

impl Wire {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let listener = |transport, port: u16, digest: Option<&str>| Listener {
            transport,
            local: address("10.0.0.1", port),
            advertised: address("192.0.2.1", port),
            digest: digest.map(both),
            registrar: digest.is_some(),
            paths: Default::default(),
        };
        let mut config = Config {
            listeners: vec![
                listener(Transport::Udp, 5060, None),
                listener(Transport::Udp, 5062, Some("cordboard")),
                listener(Transport::Tcp, 5060, None),
            ],
            ..Config::default()
        };
        change(&mut config);
        let now = Instant::now();
        Self {
            endpoint: Endpoint::new(config, Random::seeded(1)),
            now,
            flow: Flow {
                transport: Transport::Udp,
                listener: EXTERNAL,
                remote: address("198.51.100.7", 5060),
                connection: 0,
            },
        }
    }

    /// The peer sends a message; what is sent back.
    fn says(&mut self, message: impl Into<String>) -> Vec<String> {
        let bytes = message.into().into_bytes();
        let flow = self.flow;
        self.endpoint
            .handle(self.now, Input::Received { flow, bytes });
        self.sent()
    }

    fn wishes(&mut self, command: Command) -> Vec<String> {
        self.endpoint.command(self.now, command);
        self.sent()
    }

    /// Lets time pass from deadline to deadline: what is sent meanwhile, and at which millisecond
    /// from now.
    fn wait(&mut self, seconds: u64) -> Vec<(u128, String)> {
        let (from, end) = (self.now, self.now + Duration::from_secs(seconds));
        let mut all = vec![];
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.endpoint.handle(self.now, Input::Timeout);
            let at = (self.now - from).as_millis();
            all.extend(self.sent().into_iter().map(|text| (at, text)));
        }
        self.now = end;
        all
    }

    fn transmits(&mut self) -> Vec<Transmit> {
        if self.endpoint.counters().sessions < 100 {
            self.endpoint.check();
        }
        std::iter::from_fn(|| self.endpoint.poll_transmit()).collect()
    }

    fn sent(&mut self) -> Vec<String> {
        let text = |transmit: Transmit| String::from_utf8(transmit.bytes).expect("text");
        self.transmits().into_iter().map(text).collect()
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.endpoint.poll_event()).collect()
    }

    /// The one event since the last look.
    fn event(&mut self) -> Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    /// An INVITE of the usual caller, taken by the endpoint.
    fn invited(&mut self) -> SessionId {
        assert_eq!(firsts(&self.says(invite().text())), ["SIP/2.0 100 Trying"]);
        self.invitation().session
    }

    fn invitation(&mut self) -> crate::sip::Invite {
        let event = self.event();
        let Event::Invited(invite) = event else {
            panic!("{event:?}");
        };
        *invite
    }

    /// A call of the usual caller, answered and acknowledged; and our tag.
    fn talking(&mut self) -> (SessionId, String) {
        let session = self.invited();
        let ok = self.wishes(answer(session));
        let tag = to_tag(&ok[0]);
        assert!(self.says(ack(1, &tag).text()).is_empty());
        assert!(matches!(self.event(), Event::Acknowledged { .. }));
        (session, tag)
    }

    /// Nothing is left once all that can be pending has passed.
    fn settles(&mut self) {
        self.wait(70);
        assert!(self.endpoint.is_idle(), "{:?}", self.endpoint.counters());
    }
}

/// Both hashes, the stronger first.
fn both(realm: &str) -> Digest {
    Digest::new(realm, &[Algorithm::Sha256, Algorithm::Md5])
}

/// A request as a peer writes it.
#[derive(Clone)]
struct Ask {
    method: &'static str,
    uri: String,
    transport: &'static str,
    via: &'static str,
    branch: String,
    from: String,
    to: String,
    call_id: &'static str,
    cseq: u32,
    headers: Vec<String>,
    body: &'static str,
}

const ALLOWED: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, SUBSCRIBE";
const OFFER: &str = "v=0 offer";
const ANSWER: &str = "v=0 answer";
/// What a change offers.
const NEW: &str = "v=0 new offer";

impl Ask {
    fn new(method: &'static str) -> Self {
        Self {
            method,
            uri: "sip:support@192.0.2.1".to_owned(),
            transport: "UDP",
            via: "198.51.100.7:5060",
            branch: format!("z9hG4bK-{method}"),
            from: "<sip:alice@example.org>;tag=alice".to_owned(),
            to: "<sip:support@192.0.2.1>".to_owned(),
            call_id: "call-1",
            cseq: 1,
            headers: vec![],
            body: "",
        }
    }

    fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    fn branch(mut self, branch: &str) -> Self {
        self.branch = format!("z9hG4bK-{branch}");
        self
    }

    fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self.header("Content-Type: application/sdp")
    }

    fn text(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect();
        let forwards = if headers.contains("Max-Forwards") {
            ""
        } else {
            "Max-Forwards: 70\r\n"
        };
        format!(
            "{} {} SIP/2.0\r\nVia: SIP/2.0/{} {};rport;branch={}\r\n{forwards}From: {}\r\n\
             To: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n{headers}Content-Length: {}\r\n\r\n{}",
            self.method,
            self.uri,
            self.transport,
            self.via,
            self.branch,
            self.from,
            self.to,
            self.call_id,
            self.cseq,
            self.method,
            self.body.len(),
            self.body
        )
    }
}

/// The INVITE of the usual caller.
fn invite() -> Ask {
    late_invite().body(OFFER)
}

/// The same without an offer.
fn late_invite() -> Ask {
    Ask::new("INVITE").header("Contact: <sip:alice@198.51.100.7:5060>")
}

/// A request of the usual caller in the dialog.
fn within(method: &'static str, cseq: u32, tag: &str) -> Ask {
    let mut ask = Ask::new(method).branch(&format!("{method}-{cseq}"));
    ask.to = format!("<sip:support@192.0.2.1>;tag={tag}");
    ask.cseq = cseq;
    ask
}

fn ack(cseq: u32, tag: &str) -> Ask {
    within("ACK", cseq, tag)
}

fn answer(session: SessionId) -> Command {
    Command::Answer {
        session,
        sdp: ANSWER.as_bytes().to_vec(),
    }
}

fn ring(session: SessionId, status: u16, sdp: Option<&str>) -> Command {
    Command::Ring {
        session,
        status,
        sdp: sdp.map(|sdp| sdp.as_bytes().to_vec()),
    }
}

fn end(session: SessionId) -> Command {
    Command::End {
        session,
        reason: None,
    }
}

fn change(session: SessionId) -> Command {
    let sdp = NEW.into();
    Command::Change { session, sdp }
}

fn answered(session: SessionId) -> Event {
    let sdp = ANSWER.into();
    Event::ChangeAnswered { session, sdp }
}

fn failed(session: SessionId, status: u16) -> Event {
    Event::ChangeFailed { session, status }
}

/// A response of a peer to a request of ours, with its tag.
fn reply(request: &str, status: &str, tag: &str, rest: &str) -> String {
    let method = request.split(' ').next().unwrap_or_default();
    let tagged = |line: &str| match line.split_once(": ") {
        Some(("To", _)) if !line.contains(";tag=") && !tag.is_empty() => {
            format!("{line};tag={tag}\r\n")
        }
        Some(("Via" | "From" | "To" | "Call-ID" | "CSeq", _)) => format!("{line}\r\n"),
        _ => String::new(),
    };
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let copied: String = head.split("\r\n").map(tagged).collect();
    assert!(!method.starts_with("SIP"), "a reply to a request");
    let (headers, body) = rest.split_once("\r\n\r\n").unwrap_or((rest, ""));
    let headers: String = headers
        .split_terminator("\r\n")
        .map(|h| format!("{h}\r\n"))
        .collect();
    let length = body.len();
    format!("SIP/2.0 {status}\r\n{copied}{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// The headers and body of a 200 to our INVITE.
const TAKEN: &str = "Contact: <sip:bob@203.0.113.9:5070>\r\nContent-Type: application/sdp\r\n\
    \r\nv=0 answer";

fn firsts(messages: &[String]) -> Vec<&str> {
    messages
        .iter()
        .map(|text| text.split("\r\n").next().unwrap_or_default())
        .collect()
}

/// The value of a header in a message of ours.
fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = message.split("\r\n");
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn to_tag(message: &str) -> String {
    let to = header(message, "To").unwrap_or_default();
    to.split(";tag=").nth(1).unwrap_or_default().to_owned()
}

fn address(ip: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip.parse().expect("an address"), port)
}

//! A phone: calls or is called, one call at a time, and registers with a password if it has one.
//!
//! ```text
//! caller   Calling ──200, ACK──▶ Up ──hang_up: BYE──▶ Ending ──response──▶ (no dialog)
//! agent    Ringing ──in time: 200──▶ Answered ──ACK──▶ Up ──BYE, either way──▶ …
//! ```
//!
//! Requests, and the 200 of an INVITE, are repeated as UDP wants it (RFC 3261 §17.1, §13.3.1.4).

use crate::message::{Message, Request, authorization, sdp, tag};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// A transaction without an answer ends after 64·T1.
const PATIENCE: Duration = Duration::from_secs(32);

/// What a phone has to tell its owner.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Happened {
    Registered,
    RegistrationFailed(String),
    /// A caller's call was answered, after this long.
    Answered(Duration),
    /// An agent's call is up: the server has acknowledged the answer.
    TakenUp,
    /// The call is over as it should be; `by_us`: we said BYE.
    Ended {
        by_us: bool,
    },
    /// The call failed: a status and reason, or what did not come.
    Failed(String),
    /// An offer was withdrawn before the phone answered.
    Withdrawn,
}

/// Who a phone is and where it lives.
pub(crate) struct Identity {
    /// Its place among all phones; its Contact's user is `p` and this number.
    pub(crate) index: usize,
    /// The user of its From: a number, or an agent's user.
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) local: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) media_port: u16,
    /// How long it rings before it answers.
    pub(crate) ring: Duration,
}

/// One phone and its call.
pub(crate) struct Phone {
    pub(crate) me: Identity,
    dialog: Option<Dialog>,
    registration: Option<Registration>,
    calls: u32,
}

struct Dialog {
    call_id: String,
    state: State,
    /// Our side and the peer's, as From and To of our requests.
    local: String,
    remote: String,
    target: String,
    /// Of our last request.
    cseq: u32,
    began: Instant,
    /// What is repeated until it is answered.
    pending: Option<Pending>,
    /// What answers a repeated INVITE, or acknowledges a repeated 200.
    last: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Calling,
    Ringing { answer_at: Instant },
    Answered,
    Up,
    Ending,
}

struct Registration {
    cseq: u32,
    tried: bool,
    pending: Option<Pending>,
}

struct Pending {
    bytes: Vec<u8>,
    next: Instant,
    interval: Duration,
    until: Instant,
}

impl Pending {
    fn new(now: Instant, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            next: now + T1,
            interval: T1,
            until: now + PATIENCE,
        }
    }

    /// Repeats if it is time; false when patience has run out.
    fn sweep(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) -> bool {
        if now >= self.next {
            out.push(self.bytes.clone());
            self.interval = (self.interval * 2).min(T2);
            self.next = now + self.interval;
        }
        now < self.until
    }
}

impl Phone {
    pub(crate) fn new(me: Identity) -> Self {
        Self {
            me,
            dialog: None,
            registration: None,
            calls: 0,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.dialog.is_none()
    }

    /// The message belongs to this phone's call.
    pub(crate) fn has(&self, message: &Message) -> bool {
        let dialog = self.dialog.as_ref();
        dialog.is_some_and(|dialog| dialog.call_id == message.header("call-id"))
    }

    pub(crate) fn is_up(&self) -> bool {
        let state = self.dialog.as_ref().map(|dialog| dialog.state);
        state == Some(State::Up)
    }

    /// Sends REGISTER, first without credentials.
    pub(crate) fn register(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
        let cseq = self.registration.as_ref().map_or(0, |r| r.cseq) + 1;
        let bytes = self.write_register(cseq, "");
        out.push(bytes.clone());
        self.registration = Some(Registration {
            cseq,
            tried: false,
            pending: Some(Pending::new(now, bytes)),
        });
    }

    /// Calls a number.
    pub(crate) fn call(&mut self, now: Instant, number: &str, out: &mut Vec<Vec<u8>>) {
        self.calls += 1;
        let Identity { user, server, .. } = &self.me;
        let uri = format!("sip:{number}@{server}");
        let mut dialog = Dialog {
            call_id: self.call_id("c"),
            state: State::Calling,
            local: format!("<sip:{user}@{}>;tag={}", self.me.local.ip(), self.calls),
            remote: format!("<{uri}>"),
            target: uri,
            cseq: 1,
            began: now,
            pending: None,
            last: Vec::new(),
        };
        let body = sdp(self.me.media_port);
        let bytes = self.write(&dialog, "INVITE", "i", &body);
        out.push(bytes.clone());
        dialog.pending = Some(Pending::new(now, bytes));
        self.dialog = Some(dialog);
    }

    /// Says BYE, if there is a call to end.
    pub(crate) fn hang_up(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
        let Some(mut dialog) = self.dialog.take() else {
            return;
        };
        if dialog.state == State::Up {
            dialog.cseq += 1;
            let bytes = self.write(&dialog, "BYE", "b", "");
            out.push(bytes.clone());
            dialog.pending = Some(Pending::new(now, bytes));
            dialog.state = State::Ending;
        }
        self.dialog = Some(dialog);
    }

    /// Repeats what is due, answers what has rung long enough, gives up what was never answered.
    pub(crate) fn sweep(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) -> Option<Happened> {
        if let Some(registration) = &mut self.registration
            && let Some(pending) = &mut registration.pending
            && !pending.sweep(now, out)
        {
            registration.pending = None;
            return Some(Happened::RegistrationFailed("no answer".to_owned()));
        }
        let dialog = self.dialog.as_mut()?;
        if let State::Ringing { answer_at } = dialog.state
            && now >= answer_at
        {
            out.push(dialog.last.clone());
            dialog.state = State::Answered;
            dialog.pending = Some(Pending::new(now, dialog.last.clone()));
        }
        let pending = dialog.pending.as_mut()?;
        if pending.sweep(now, out) {
            return None;
        }
        let missing = match dialog.state {
            State::Calling => "no answer to INVITE",
            State::Ringing { .. } | State::Answered => "no ACK to our 200",
            State::Up | State::Ending => "no answer to BYE",
        };
        self.dialog = None;
        Some(Happened::Failed(missing.to_owned()))
    }

    /// Takes a message that was meant for this phone.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        message: &Message,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<Happened> {
        match (message.status(), message.method()) {
            (Some(status), "REGISTER") => self.on_registered(now, status, message, out),
            (Some(status), "INVITE") => self.on_invite_answer(now, status, message, out),
            (Some(200..), "BYE") => self.on_bye_answer(message),
            (Some(_), _) => None,
            (None, "INVITE") => self.on_invite(now, message, out),
            (None, "ACK") => self.on_ack(message),
            (None, "CANCEL") => self.on_cancel(message, out),
            (None, "BYE") => self.on_bye(message, out),
            (None, _) => {
                out.push(message.answer("200 OK", "0", &self.contact(), ""));
                None
            }
        }
    }

    fn on_registered(
        &mut self,
        now: Instant,
        status: u16,
        message: &Message,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<Happened> {
        let registration = self.registration.as_mut()?;
        if message.cseq() != registration.cseq || status < 200 {
            return None;
        }
        registration.pending = None;
        let again = status == 401 && !registration.tried;
        match status {
            200..300 => return Some(Happened::Registered),
            _ if again => {}
            _ => return Some(Happened::RegistrationFailed(status.to_string())),
        }
        let (cseq, uri) = (registration.cseq + 1, format!("sip:{}", self.me.server));
        let Identity { user, password, .. } = &self.me;
        let Some(line) = authorization(message, user, password, "REGISTER", &uri) else {
            let why = "a challenge without MD5".to_owned();
            return Some(Happened::RegistrationFailed(why));
        };
        let bytes = self.write_register(cseq, &line);
        out.push(bytes.clone());
        self.registration = Some(Registration {
            cseq,
            tried: true,
            pending: Some(Pending::new(now, bytes)),
        });
        None
    }

    fn on_invite_answer(
        &mut self,
        now: Instant,
        status: u16,
        message: &Message,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<Happened> {
        let mut dialog = self.take(message)?;
        let happened = match (status, dialog.state) {
            (..200, _) => {
                // Any provisional response stops the repetition (RFC 3261 §17.1.1.2); patience goes on.
                if let Some(pending) = &mut dialog.pending {
                    pending.next = pending.until;
                }
                None
            }
            (200..300, State::Calling) => {
                dialog.remote = message.header("to").to_owned();
                dialog.target = message.contact().unwrap_or(dialog.target);
                dialog.last = self.write(&dialog, "ACK", "a", "");
                out.push(dialog.last.clone());
                dialog.pending = None;
                dialog.state = State::Up;
                Some(Happened::Answered(now - dialog.began))
            }
            (200..300, _) => {
                out.push(dialog.last.clone());
                None
            }
            (_, _) => {
                dialog.remote = message.header("to").to_owned();
                // The ACK of a refusal belongs to the INVITE's transaction: the same branch (§17.1.1.3).
                out.push(self.write(&dialog, "ACK", "i", ""));
                let reason = message.reason().to_owned();
                return Some(Happened::Failed(reason));
            }
        };
        self.dialog = Some(dialog);
        happened
    }

    fn on_bye_answer(&mut self, message: &Message) -> Option<Happened> {
        let dialog = self.take(message)?;
        if dialog.state != State::Ending {
            self.dialog = Some(dialog);
            return None;
        }
        Some(match message.status() {
            // 481: our BYE crossed theirs.
            Some(200..300 | 481) => Happened::Ended { by_us: true },
            _ => Happened::Failed(format!("BYE: {}", message.reason())),
        })
    }

    fn on_invite(
        &mut self,
        now: Instant,
        message: &Message,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<Happened> {
        let contact = self.contact();
        let body = sdp(self.me.media_port);
        if let Some(dialog) = &self.dialog {
            let same = dialog.call_id == message.header("call-id");
            out.push(match (same, dialog.state) {
                (true, State::Ringing { .. }) => message.answer("180 Ringing", "0", &contact, ""),
                (true, _) => message.answer("200 OK", "0", &contact, &body),
                (false, _) => message.answer("486 Busy Here", "0", &contact, ""),
            });
            return None;
        }
        self.calls += 1;
        let own = format!("{}-{}", self.me.index, self.calls);
        out.push(message.answer("180 Ringing", &own, &contact, ""));
        self.dialog = Some(Dialog {
            call_id: message.header("call-id").to_owned(),
            state: State::Ringing {
                answer_at: now + self.me.ring,
            },
            local: format!("{};tag={own}", message.header("to")),
            remote: message.header("from").to_owned(),
            target: message.contact().unwrap_or_default(),
            cseq: 1,
            began: now,
            pending: None,
            last: message.answer("200 OK", &own, &contact, &body),
        });
        if self.me.ring.is_zero() {
            return self.sweep(now, out);
        }
        None
    }

    fn on_ack(&mut self, message: &Message) -> Option<Happened> {
        let mut dialog = self.take(message)?;
        let first = dialog.state == State::Answered;
        if first {
            dialog.state = State::Up;
            dialog.pending = None;
        }
        self.dialog = Some(dialog);
        first.then_some(Happened::TakenUp)
    }

    fn on_cancel(&mut self, message: &Message, out: &mut Vec<Vec<u8>>) -> Option<Happened> {
        let contact = self.contact();
        let Some(dialog) = self.take(message) else {
            out.push(message.answer("481 No Such Call", "0", &contact, ""));
            return None;
        };
        let own = tag(&dialog.local).unwrap_or_default();
        out.push(message.answer("200 OK", own, &contact, ""));
        if !matches!(dialog.state, State::Ringing { .. }) {
            // Too late: the 200 is on its way (RFC 3261 §9.2).
            self.dialog = Some(dialog);
            return None;
        }
        let refused = String::from_utf8_lossy(&dialog.last);
        let head = refused.split("Content-Type").next().unwrap_or_default();
        let head = head.replacen("200 OK", "487 Request Terminated", 1);
        out.push(format!("{head}Content-Length: 0\r\n\r\n").into_bytes());
        Some(Happened::Withdrawn)
    }

    fn on_bye(&mut self, message: &Message, out: &mut Vec<Vec<u8>>) -> Option<Happened> {
        out.push(message.answer("200 OK", "0", &self.contact(), ""));
        self.take(message)?;
        Some(Happened::Ended { by_us: false })
    }

    /// Takes the dialog out, if the message belongs to it.
    fn take(&mut self, message: &Message) -> Option<Dialog> {
        let call_id = message.header("call-id");
        self.dialog.take_if(|dialog| dialog.call_id == call_id)
    }

    fn contact(&self) -> String {
        format!("sip:p{}@{}", self.me.index, self.me.local)
    }

    /// Carries the phone's place, by which responses find it.
    fn call_id(&self, kind: &str) -> String {
        let run = std::process::id();
        format!("{}-{kind}{}-{run}@load", self.me.index, self.calls)
    }

    fn write(&self, dialog: &Dialog, method: &str, branch: &str, sdp: &str) -> Vec<u8> {
        let branch = format!("{}{branch}{}", dialog.call_id, dialog.cseq);
        Request {
            method,
            uri: &dialog.target,
            via: self.me.local,
            branch: &branch,
            from: &dialog.local,
            to: &dialog.remote,
            call_id: &dialog.call_id,
            cseq: dialog.cseq,
            contact: &self.contact(),
            extra: "",
            sdp,
        }
        .write()
    }

    fn write_register(&self, cseq: u32, authorization: &str) -> Vec<u8> {
        let Identity { user, server, .. } = &self.me;
        let address = format!("<sip:{user}@{}>", server.ip());
        let call_id = self.call_id("r");
        Request {
            method: "REGISTER",
            uri: &format!("sip:{server}"),
            via: self.me.local,
            branch: &format!("{call_id}{cseq}"),
            from: &format!("{address};tag=r"),
            to: &address,
            call_id: &call_id,
            cseq,
            contact: &self.contact(),
            extra: &format!("Expires: 3600\r\n{authorization}"),
            sdp: "",
        }
        .write()
    }
}

//! An agent's desk in a browser: one page's WebSocket (`src/page/message.rs`), and the state of the call there.
//!
//! ```text
//!   hello ─▶ idle ──ringing──▶ Ringing ──in time: accept──▶ Accepted ──answer──▶ Met ──keys──▶ Up ──over──▶ idle
//!                                                                                     └──hang_up──▶ Ending ─┘
//! ```

use crate::phone::Happened;
use crate::way::{Spoken, Way};
use anyhow::{Context, Result};
use cordboard::random::Random;
use cordboard::rtc::{Certificate, Credentials};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::{IntoClientRequest, client};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

/// How long a step of a call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a desk is like.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) spoken: Spoken,
    /// How long it rings before it is accepted.
    pub(crate) ring: Duration,
    /// Whether sound is sent.
    pub(crate) speaks: bool,
    /// One for all desks: making it is no part of a call.
    pub(crate) certificate: Certificate,
}

/// What the page has to tell its owner.
pub(crate) enum Said {
    Happened(Happened),
    /// The server has answered: this is the way to it.
    Met(Box<Way>),
}

/// One page and its call.
pub(crate) struct Desk {
    pub(crate) kind: Kind,
    socket: WebSocket<TcpStream>,
    /// The same connection, for whoever waits for several.
    pub(crate) watched: mio::net::TcpStream,
    random: Random,
    call: Option<Call>,
}

struct Call {
    id: String,
    state: State,
    /// Ours, as the offer has them.
    credentials: Credentials,
    /// When this step has to be over.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing { answer_at: Instant },
    Accepted,
    Met,
    Up,
    Ending,
}

impl Desk {
    /// Opens the page of who has logged in, and says hello.
    pub(crate) fn open(http: SocketAddr, cookie: &str, kind: Kind) -> Result<Self> {
        let mut request = format!("ws://{http}/api/v1/page").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("cookie", HeaderValue::from_str(cookie)?);
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("cordboard.page.1"),
        );
        let stream = TcpStream::connect(http)?;
        stream.set_nodelay(true)?;
        let (mut socket, _) = client(request, stream).context("the page's WebSocket")?;
        socket.send(Message::text(json!({"type": "hello"}).to_string()))?;
        let stream = socket.get_ref();
        stream.set_nonblocking(true)?;
        let watched = mio::net::TcpStream::from_std(stream.try_clone()?);
        Ok(Self {
            kind,
            socket,
            watched,
            random: Random::from_system(),
            call: None,
        })
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.call.is_none()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.call.as_ref().is_some_and(|c| c.state == State::Up)
    }

    /// Takes all that the server has said.
    pub(crate) fn read(&mut self, now: Instant) -> Vec<Said> {
        let mut said = Vec::new();
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let message = serde_json::from_str(&text).unwrap_or(Value::Null);
                    said.extend(self.hear(now, &message));
                }
                // A ping is answered with the next look.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_)) => {}
                Ok(Message::Close(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return said,
                Err(error) => {
                    self.call = None;
                    let why = format!("the page: {error}");
                    said.push(Said::Happened(Happened::Failed(why)));
                    return said;
                }
            }
        }
    }

    /// Accepts what has rung long enough, and gives up what does not go on.
    pub(crate) fn sweep(&mut self, now: Instant) -> Option<Happened> {
        let call = self.call.as_mut()?;
        if matches!(call.state, State::Ringing { answer_at } if now >= answer_at) {
            call.state = State::Accepted;
            call.until = now + PATIENCE;
            let sdp = Way::offer(self.kind.spoken, &call.credentials, &self.kind.certificate);
            let accept = json!({"type": "accept", "call": call.id, "sdp": sdp});
            return self.say(&accept);
        }
        let missing = match call.state {
            State::Accepted => "no answer to the page's offer",
            State::Met => "no keys from DTLS",
            State::Ending => "no end of the page's call",
            State::Ringing { .. } | State::Up => return None,
        };
        if now < call.until {
            return None;
        }
        self.call = None;
        Some(Happened::Failed(missing.to_owned()))
    }

    /// The way has its keys: the call is up.
    pub(crate) fn secured(&mut self) -> Option<Happened> {
        let call = self.call.as_mut()?;
        if call.state != State::Met {
            return None;
        }
        call.state = State::Up;
        Some(Happened::TakenUp)
    }

    /// Hangs up, if there is a call.
    pub(crate) fn hang_up(&mut self, now: Instant) {
        if let Some(call) = &mut self.call {
            call.state = State::Ending;
            call.until = now + PATIENCE;
            let hang_up = json!({"type": "hang_up", "call": call.id});
            self.say(&hang_up);
        }
    }

    fn hear(&mut self, now: Instant, message: &Value) -> Option<Said> {
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        let ours = self.call.as_ref().is_some_and(|c| c.id == text("call"));
        match (text("type"), text("state")) {
            ("hello", _) => Some(Said::Happened(Happened::Registered)),
            ("call", "ringing") if self.call.is_none() => {
                self.call = Some(Call {
                    id: text("call").to_owned(),
                    state: State::Ringing {
                        answer_at: now + self.kind.ring,
                    },
                    credentials: Credentials::random(0, &mut self.random),
                    until: now + PATIENCE,
                });
                self.sweep(now).map(Said::Happened)
            }
            ("call", "over") if ours => {
                let call = self.call.take()?;
                Some(Said::Happened(match call.state {
                    State::Ringing { .. } | State::Accepted => Happened::Withdrawn,
                    State::Met | State::Up => Happened::Ended { by_us: false },
                    State::Ending => Happened::Ended { by_us: true },
                }))
            }
            ("answer", _) if ours => self.meet(now, text("sdp")),
            ("error", _) => {
                let why = format!("the page: {}", text("code"));
                Some(Said::Happened(Happened::Failed(why)))
            }
            ("superseded", _) => {
                let why = "another page is the agent's desk".to_owned();
                Some(Said::Happened(Happened::Failed(why)))
            }
            _ => None,
        }
    }

    fn meet(&mut self, now: Instant, answer: &str) -> Option<Said> {
        let call = self.call.as_mut().filter(|c| c.state == State::Accepted)?;
        let (spoken, ours) = (self.kind.spoken, call.credentials.clone());
        Some(
            match Way::new(now, answer, spoken, ours, &self.kind.certificate) {
                Ok(way) => {
                    call.state = State::Met;
                    call.until = now + PATIENCE;
                    Said::Met(Box::new(way))
                }
                Err(why) => Said::Happened(Happened::Failed(why)),
            },
        )
    }

    /// Says something; why it could not be said.
    fn say(&mut self, message: &Value) -> Option<Happened> {
        match self.socket.send(Message::text(message.to_string())) {
            Ok(()) => None,
            // The rest goes out with the next look.
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => Some(Happened::Failed(format!("the page: {error}"))),
        }
    }
}

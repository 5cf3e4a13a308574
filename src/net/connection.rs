//! One connection: shakes hands, reads messages, writes messages, and ends.
//!
//! ```text
//!   opened ──[handshakes]──▶ known ──first message or keep-alive──▶ in use ──idle──▶ closed
//!      └──handshake──▶ closed  └──first──▶ closed     message begun ──partial──▶ closed
//! ```
//!
//! Each edge to *closed* is a time-out of [`super::Limits`]; the peer, an error, a stream that is
//! not SIP, or a full queue close it from everywhere.

use super::Why;
use super::limits::Limits;
use super::tcp::Shared;
use super::tls::{Chain, Identity};
use super::websocket;
use crate::sip::framing::{Broken, Frame, Framer, PONG};
use crate::sip::message::Message;
use crate::sip::{Flow, Input, Transport};
use rustix::net::sockopt;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{self as aio, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::client::TlsStream as ClientStream;
use tokio_rustls::server::TlsStream as ServerStream;

/// Read at once.
const PIECE: usize = 4_096;

/// As much as half a keep-alive is no message that has begun.
const HALF_PING: usize = 3;

/// How long a peer that has broken its stream may wait for the answer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How often a full inbox is tried again: from, to.
const AGAIN: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// A connection to be opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) flow: Flow,
    /// What a TLS peer must prove to be.
    pub(super) name: Option<Arc<str>>,
    /// What we show to one that asks.
    pub(super) identity: Option<Arc<Identity>>,
    /// The listener for which it is.
    pub(super) local: SocketAddr,
    pub(super) queue: Queue,
}

/// What a connection is to write.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) messages: mpsc::Receiver<Vec<u8>>,
    /// The way in for answers to keep-alives; does not keep the queue open.
    pub(super) pong: mpsc::WeakSender<Vec<u8>>,
}

/// What bytes come and go on: TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) struct Connection {
    flow: Flow,
    shared: Arc<Shared>,
    /// The certificate that the peer has shown, where it was asked for one.
    shown: Option<Chain>,
}

/// Opens a connection and serves it to its end.
pub(super) async fn open(opened: Opened, shared: Arc<Shared>) {
    let Opened {
        flow,
        name,
        identity,
        local,
        queue,
    } = opened;
    let connection = Connection::new(flow, shared);
    let patience = connection.shared.limits.connect;
    if let Ok(Ok(stream)) = timeout(patience, connect(local, flow.remote)).await {
        keep_alive(&stream);
        if !flow.transport.is_secure() {
            connection.talk(stream, queue).await;
            return connection.ended().await;
        }
        let encrypt = connection.encrypt(stream, name.as_deref(), identity.as_deref());
        match timeout(connection.shared.limits.handshake, encrypt).await {
            Ok(Ok(stream)) => {
                connection.talk(stream, queue).await;
                return connection.ended().await;
            }
            failed => {
                let reason = unshaken(&failed);
                let why = failed.map(|failed| failed.err().map(|error| error.to_string()));
                let why = why.ok().flatten().unwrap_or_else(|| "too slow".into());
                let name = name.as_deref().unwrap_or("a peer met before");
                tracing::warn!(remote = %flow.remote, name, why, "TLS: not connected");
                connection.unshaken(reason, &why);
            }
        }
    }
    let failures = &connection.shared.tally.send_failures;
    failures.fetch_add(1, Ordering::Relaxed);
    connection.shared.leave(flow);
    let flow = Flow {
        connection: 0,
        ..flow
    };
    connection.tell_closed(flow).await;
}

/// Tells that a connection cannot be opened.
pub(super) async fn refuse(flow: Flow, shared: Arc<Shared>) {
    Connection::new(flow, shared).tell_closed(flow).await;
}

impl Connection {
    pub(super) fn new(flow: Flow, shared: Arc<Shared>) -> Self {
        Self {
            flow,
            shared,
            shown: None,
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.shared.limits
    }

    /// Serves a connection that a peer has opened, to its end.
    pub(super) async fn accepted(
        mut self,
        stream: TcpStream,
        queue: Queue,
        acceptor: Option<TlsAcceptor>,
    ) {
        keep_alive(&stream);
        let is_secure = self.flow.transport.is_secure();
        if !is_secure {
            return self.spoken(stream, queue).await;
        }
        let patience = self.shared.limits.handshake;
        match timeout(patience, decrypt(stream, acceptor)).await {
            Ok(Ok(stream)) => {
                self.shared.meet(self.flow);
                self.shown = stream.get_ref().1.peer_certificates().map(owned);
                self.spoken(stream, queue).await;
            }
            failed => self.never_spoke(failed),
        }
    }

    /// A handshake has failed: nobody has heard of the connection, nor need hear of its end.
    fn never_spoke<T, E: std::fmt::Display>(&self, failed: Result<Result<T, E>, Elapsed>) {
        let reason = unshaken(&failed);
        let why = failed.map(|failed| failed.err().map(|error| error.to_string()));
        self.unshaken(
            reason,
            &why.ok().flatten().unwrap_or_else(|| "too slow".into()),
        );
        self.shared.leave(self.flow);
    }

    /// Serves a connection, encrypted where it should be, in the language of its transport.
    async fn spoken<S: Stream>(self, stream: S, queue: Queue) {
        match self.flow.transport {
            Transport::Udp | Transport::Tcp | Transport::Tls => {
                self.shared.shaken(self.flow);
                self.talk(stream, queue).await;
            }
            Transport::Ws | Transport::Wss => {
                let patience = self.shared.limits.handshake;
                match timeout(patience, websocket::upgraded(stream)).await {
                    Ok(Ok(socket)) => {
                        self.shared.shaken(self.flow);
                        websocket::talk(&self, socket, queue).await;
                    }
                    failed => return self.never_spoke(failed),
                }
            }
        }
        self.ended().await;
    }

    async fn encrypt(
        &self,
        stream: TcpStream,
        name: Option<&str>,
        identity: Option<&Identity>,
    ) -> io::Result<ClientStream<TcpStream>> {
        let connector = self.shared.trust.connector(name, identity);
        let connector = connector.map_err(io::Error::other)?;
        let shown = match name.map(|name| ServerName::try_from(name.to_owned())) {
            Some(name) => name.map_err(io::Error::other)?,
            None => ServerName::from(self.flow.remote.ip()),
        };
        connector.connect(shown, stream).await
    }

    /// Reads and writes until one of them ends.
    async fn talk<S: Stream>(&self, stream: S, queue: Queue) {
        let (reader, writer) = aio::split(stream);
        let patience = self.shared.limits.patience;
        let Queue { messages, pong } = queue;
        tokio::select! {
            () = self.read(reader, pong) => {}
            written = write(writer, messages, patience) => self.note_written(written),
        }
    }

    /// Leaves, and tells.
    async fn ended(self) {
        let reached = self.shared.leave(self.flow);
        self.tell_closed(self.flow).await;
        for remote in reached {
            // What was sent to the peer by name has no other sign that its connection is lost.
            self.tell_closed(Flow {
                connection: 0,
                remote,
                ..self.flow
            })
            .await;
        }
    }

    /// Reads until the peer ends, errs or is too slow.
    async fn read(&self, mut reader: impl AsyncRead + Unpin, pong: mpsc::WeakSender<Vec<u8>>) {
        let limits = self.shared.limits;
        let (mut framer, mut frames) = (Framer::new(), vec![]);
        let mut buffer = vec![0; PIECE];
        let mut deadline = Instant::now() + limits.first;
        let (mut used, mut partial) = (false, false);
        let mut unclaimed = self.shown.as_ref();
        loop {
            let length = match timeout_at(deadline, reader.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(length)) => length,
                Err(_) if partial => return self.close(Why::Partial),
                Err(_) if used => return self.close(Why::Idle),
                Err(_) => return self.close(Why::Silent),
            };
            let bytes = buffer.get(..length).unwrap_or_default();
            let whole = framer.receive(bytes, &mut frames);
            let complete = !frames.is_empty();
            for frame in frames.drain(..) {
                match frame {
                    Frame::Message(bytes) => {
                        unclaimed = unclaimed.filter(|shown| !self.claims(shown, &bytes));
                        self.tell(bytes).await;
                    }
                    Frame::Ping => {
                        // A full queue is the writer's affair.
                        if let Some(queue) = pong.upgrade() {
                            drop(queue.try_send(PONG.to_vec()));
                        }
                    }
                }
            }
            if let Err(broken) = whole {
                self.close(match broken {
                    Broken::HeadTooLong | Broken::BodyTooLong => Why::TooLong,
                    Broken::NotSip | Broken::Length => Why::NotSip,
                });
                if complete {
                    hear_out(reader).await;
                }
                return;
            }
            used |= complete;
            let begun = framer.pending() > HALF_PING;
            if begun && (complete || !partial) {
                deadline = Instant::now() + limits.partial;
            } else if !begun && used {
                deadline = Instant::now() + limits.idle;
            }
            partial = begun;
        }
    }

    /// Whether a message claims that the peer is reached on this connection (RFC 5923 §5.1).
    fn claims(&self, shown: &Chain, bytes: &[u8]) -> bool {
        let message = Message::parse(bytes.to_vec()).ok();
        let port = message.and_then(|message| message.alias_port());
        if let Some(port) = port {
            self.shared.claim(self.flow, port, shown);
        }
        port.is_some()
    }

    /// Delivers a message; reads no further until there is room for it.
    pub(super) async fn tell(&self, bytes: Vec<u8>) {
        self.shared.tally.received.fetch_add(1, Ordering::Relaxed);
        let flow = self.flow;
        self.until_taken(|| Input::Received {
            flow,
            bytes: bytes.clone(),
        })
        .await;
    }

    async fn tell_closed(&self, flow: Flow) {
        self.until_taken(|| Input::Closed { flow }).await;
    }

    async fn until_taken(&self, input: impl Fn() -> Input) {
        let mut wait = AGAIN.0;
        while !self.shared.offer(input()) {
            sleep(wait).await;
            wait = (2 * wait).min(AGAIN.1);
        }
    }

    /// The handshake has failed.
    fn unshaken(&self, reason: Why, why: &str) {
        let (remote, transport) = (self.flow.remote, self.flow.transport);
        tracing::debug!(%remote, ?transport, why, "a handshake has failed");
        self.shared.tally.reasons.note(reason);
    }

    /// It is we who close, for a reason.
    pub(super) fn close(&self, why: Why) {
        tracing::debug!(remote = %self.flow.remote, why = why.label(), "a connection is closed");
        self.shared.tally.reasons.note(why);
    }

    /// Writing has ended; it is we who close if the peer was too slow.
    pub(super) fn note_written(&self, written: Result<(), Elapsed>) {
        if written.is_err() {
            self.close(Why::Unread);
        }
    }
}

fn owned(shown: &[CertificateDer<'_>]) -> Chain {
    shown.iter().map(|one| one.clone().into_owned()).collect()
}

/// Reads and forgets for as long as the answer to what was wrong may take: a connection closed with
/// bytes unread loses what was written on it.
async fn hear_out(mut reader: impl AsyncRead + Unpin) {
    let mut buffer = vec![0; PIECE];
    let all = async { while let Ok(1..) = reader.read(&mut buffer).await {} };
    drop(timeout(LAST_WORDS, all).await);
}

/// Which of the two made a handshake fail.
fn unshaken<T>(failed: &Result<T, Elapsed>) -> Why {
    match failed {
        Ok(_) => Why::Unshaken,
        Err(_) => Why::SlowHandshake,
    }
}

/// Writes until the queue is closed and empty, or the peer does not take it.
async fn write(
    mut writer: impl AsyncWrite + Unpin,
    mut messages: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
) -> Result<(), Elapsed> {
    while let Some(bytes) = messages.recv().await {
        // What is encrypted may still lie with us when it is written.
        let sent = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        if timeout(patience, sent).await?.is_err() {
            return Ok(());
        }
    }
    drop(timeout(patience, writer.shutdown()).await);
    Ok(())
}

/// The TLS of a peer that has connected.
async fn decrypt(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
) -> io::Result<ServerStream<TcpStream>> {
    let none = || io::Error::other("the listener has no certificate");
    acceptor.ok_or_else(none)?.accept(stream).await
}

/// Opens from the listener's address, so that the peer sees us where it expects us.
async fn connect(local: SocketAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = match local {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if !local.ip().is_unspecified() {
        socket.bind(SocketAddr::new(local.ip(), 0))?;
    }
    socket.connect(remote).await
}

/// Finds peers that have vanished within two minutes, and sends small messages at once.
fn keep_alive(stream: &TcpStream) {
    let set = || -> io::Result<()> {
        stream.set_nodelay(true)?;
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, Duration::from_secs(60))?;
        sockopt::set_tcp_keepintvl(stream, Duration::from_secs(20))?;
        Ok(sockopt::set_tcp_keepcnt(stream, 3)?)
    };
    if let Err(error) = set() {
        tracing::debug!(%error, "a connection takes no keep-alive");
    }
}

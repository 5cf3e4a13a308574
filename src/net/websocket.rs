//! SIP over WebSocket (RFC 7118), for browsers: each message of the one is a message of the other.
//!
//! Text and binary are the same to us; an answer is text where it can be. Close and ping are the
//! library's affair. We ping, too: what stands between a browser and us forgets silent connections.
//! Where a page comes from (Origin) says nothing here: who may register proves it by digest.

use super::Why;
use super::connection::{Connection, Queue, Stream};
use crate::sip::framing::{MAX_BODY, MAX_HEAD, PONG};
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

/// The one subprotocol (RFC 7118 §4.1).
const SIP: &str = "sip";

/// The header that asks for it.
const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// How often we ping.
const PING: Duration = Duration::from_secs(30);

/// What surrounds the payload of a control frame: its head and the mask (RFC 6455 §5.2).
const AROUND: usize = 6;

/// A stream that says how much was read from it.
pub(super) struct Metered<S> {
    stream: S,
    read: Arc<AtomicUsize>,
}

/// A WebSocket on such a stream.
pub(super) struct Socket<S> {
    frames: WebSocketStream<Metered<S>>,
    read: Arc<AtomicUsize>,
}

/// Answers the upgrade, if it asks for SIP (RFC 7118 §4.1).
pub(super) async fn upgraded<S: Stream>(stream: S) -> Result<Socket<S>, Error> {
    let read = Arc::new(AtomicUsize::new(0));
    let stream = Metered {
        stream,
        read: Arc::clone(&read),
    };
    let longest = Some(MAX_HEAD + MAX_BODY);
    let bounds = WebSocketConfig::default()
        .read_buffer_size(4_096)
        .max_message_size(longest)
        .max_frame_size(longest);
    let frames = accept_hdr_async_with_config(stream, for_sip, Some(bounds)).await?;
    read.store(0, Ordering::Relaxed);
    Ok(Socket { frames, read })
}

/// Reads and writes until one of them ends.
pub(super) async fn talk<S: Stream>(connection: &Connection, socket: Socket<S>, queue: Queue) {
    let Socket { frames, read } = socket;
    let (sink, mut frames) = frames.split();
    let patience = connection.limits().patience;
    let Queue { messages, pong } = queue;
    let reads = async {
        let limits = connection.limits();
        let mut deadline = Instant::now() + limits.first;
        let (mut hung, mut silent) = (false, Why::Silent);
        loop {
            // What has begun shows in the bytes read, not in frames: it is looked at now and then.
            let wait = deadline.saturating_duration_since(Instant::now());
            let message = match timeout(wait.min(limits.partial), frames.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(Error::ConnectionClosed | Error::Io(_))) | None) => return,
                Ok(Some(Err(Error::Capacity(_)))) => return connection.close(Why::TooLong),
                Ok(Some(Err(_))) => return connection.close(Why::NotSip),
                Err(_) if Instant::now() >= deadline => return connection.close(silent),
                Err(_) => {
                    let begun = read.load(Ordering::Relaxed) > 0;
                    if begun && hung {
                        return connection.close(Why::Partial);
                    }
                    hung = begun;
                    continue;
                }
            };
            let bytes = match message {
                Message::Text(text) => Vec::from(text.as_bytes()),
                Message::Binary(bytes) => bytes.into(),
                Message::Ping(payload) => {
                    settle(&read, payload.len());
                    (deadline, silent) = (Instant::now() + limits.idle, Why::Idle);
                    continue;
                }
                // To our own pings: they do not show that anybody is there who speaks SIP.
                Message::Pong(payload) => {
                    settle(&read, payload.len());
                    continue;
                }
                Message::Close(_) | Message::Frame(_) => continue,
            };
            read.store(0, Ordering::Relaxed);
            hung = false;
            (deadline, silent) = (Instant::now() + limits.idle, Why::Idle);
            match bytes.as_slice() {
                b"\r\n\r\n" => {
                    if let Some(queue) = pong.upgrade() {
                        drop(queue.try_send(PONG.to_vec()));
                    }
                }
                blank if blank.iter().all(|byte| b"\r\n".contains(byte)) => {}
                _ => connection.tell(bytes).await,
            }
        }
    };
    tokio::select! {
        () = reads => {}
        written = write(sink, messages, patience) => connection.note_written(written),
    }
}

/// Writes until the queue is closed and empty, or the peer does not take it.
async fn write(
    mut sink: impl Sink<Message, Error = Error> + Unpin,
    mut messages: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
) -> Result<(), Elapsed> {
    loop {
        let message = match timeout(PING, messages.recv()).await {
            Ok(Some(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => Message::text(text),
                Err(other) => Message::binary(other.into_bytes()),
            },
            Ok(None) => break,
            Err(_) => Message::Ping(Vec::new().into()),
        };
        if timeout(patience, sink.send(message)).await?.is_err() {
            return Ok(());
        }
    }
    drop(timeout(patience, sink.close()).await);
    Ok(())
}

/// A control frame is whole: what is left was read of a message.
fn settle(read: &AtomicUsize, payload: usize) {
    let left = |read: usize| Some(read.saturating_sub(payload + AROUND));
    // It always has a new value.
    let _always = read.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
}

/// Chooses the subprotocol, or refuses who does not ask for it.
#[expect(clippy::result_large_err, reason = "the library has it so")]
fn for_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let asked = request.headers().get_all(PROTOCOL).iter();
    let mut asked = asked.filter_map(|value| value.to_str().ok());
    let has_sip = |list: &str| list.split(',').any(|name| name.trim() == SIP);
    if asked.any(has_sip) {
        let headers = response.headers_mut();
        headers.insert(PROTOCOL, HeaderValue::from_static(SIP));
        return Ok(response);
    }
    let why = "the WebSocket subprotocol sip is spoken here (RFC 7118)\n";
    let mut refusal = ErrorResponse::new(Some(why.into()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}

impl<S: Stream> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        self.read.fetch_add(read, Ordering::Relaxed);
        polled
    }
}

impl<S: Stream> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

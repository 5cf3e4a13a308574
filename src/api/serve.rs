//! Connections of HTTP: plain or TLS, so many at once and no more. Those that carry media are passed on.
//!
//! Handshakes go on beside each other, so that one who is slow holds up nobody; those that take too
//! long are dropped, as are peers who take nothing of what they are sent.

use super::media::MediaDoor;
use crate::net::Identity;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// Connections at once: more wait in the system's queue.
const CONNECTIONS: usize = 2_048;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a peer may take nothing of what is sent: the connection ends then, and whatever it held is free.
const STALLED: Duration = Duration::from_secs(120);

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// Whether it speaks TLS.
    pub(super) secure: bool,
}

/// Where connections come in.
pub(super) struct Door {
    address: SocketAddr,
    ready: mpsc::Receiver<(Line, Peer)>,
}

impl Door {
    /// Takes connections from a socket; with an identity, TLS alone. Inside a runtime. The task holds
    /// the socket: it ends when the door is gone.
    pub(super) fn open(
        listener: TcpListener,
        identity: Option<Arc<Identity>>,
        media: Option<MediaDoor>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let address = listener.local_addr()?;
        let (come, ready) = mpsc::channel(16);
        let task = tokio::spawn(receive(listener, identity, media, come));
        Ok((Self { address, ready }, task))
    }
}

async fn receive(
    listener: TcpListener,
    identity: Option<Arc<Identity>>,
    media: Option<MediaDoor>,
    come: mpsc::Sender<(Line, Peer)>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = come.closed() => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, say: others get time to give theirs back.
                tracing::warn!(%error, "HTTP takes no connection");
                sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (identity, media, come) = (identity.clone(), media.clone(), come.clone());
        tokio::spawn(async move {
            let stream = match media {
                Some(media) => media.sort(stream, address).await,
                None => Some(stream),
            };
            let Some(stream) = stream else { return };
            let Some(wire) = shake_hands(stream, identity.as_deref()).await else {
                return;
            };
            let secure = matches!(wire, Wire::Secure(_));
            let line = Line::new(wire, permit, STALLED);
            // Nobody takes it: the server stops.
            drop(come.send((line, Peer { address, secure })).await);
        });
    }
}

async fn shake_hands(stream: TcpStream, identity: Option<&Identity>) -> Option<Wire> {
    let Some(identity) = identity else {
        return Some(Wire::Plain(stream));
    };
    let shaking = identity.acceptor().accept(stream);
    let shaken = tokio::time::timeout(HANDSHAKE, shaking).await.ok()?;
    shaken.ok().map(|stream| Wire::Secure(Box::new(stream)))
}

impl Listener for Door {
    type Io = Line;
    type Addr = Peer;

    async fn accept(&mut self) -> (Line, Peer) {
        match self.ready.recv().await {
            Some(come) => come,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer {
            address: self.address,
            secure: false,
        })
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        *stream.remote_addr()
    }
}

/// One connection; its place is free again when it is dropped.
pub(super) struct Line {
    wire: Wire,
    patience: Duration,
    /// While the peer takes nothing: when it has been so for too long.
    stalled: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

impl Line {
    fn new(wire: Wire, permit: OwnedSemaphorePermit, patience: Duration) -> Self {
        Self {
            wire,
            patience,
            stalled: None,
            _permit: permit,
        }
    }

    /// What has become of sending: a peer who has taken nothing for too long is an error.
    fn watch<T>(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        stalled
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

enum Wire {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let sent = match &mut line.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        };
        line.watch(cx, sent)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let sent = match &mut line.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        };
        line.watch(cx, sent)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn b15_who_takes_nothing_of_what_they_are_sent_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let peer = TcpStream::connect(address).await.expect("connected");
        let (stream, _) = listener.accept().await.expect("accepted");
        let room = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&room).try_acquire_owned().expect("room");
        let mut line = Line::new(Wire::Plain(stream), place, Duration::from_millis(50));
        let error = loop {
            if let Err(error) = line.write_all(&[0; 65_536]).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(line);
        assert_eq!(room.available_permits(), 1, "for somebody else");
        drop(peer);
    }
}

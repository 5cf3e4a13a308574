//! Connections of HTTP: plain or TLS, so many at once and no more. Those that carry media are passed on.
//!
//! Handshakes go on beside each other, so that one who is slow holds up nobody; those that take too
//! long are dropped.

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
use tokio_rustls::server::TlsStream;

/// Connections at once: more wait in the system's queue.
const CONNECTIONS: usize = 2_048;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

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
                tokio::time::sleep(Duration::from_millis(200)).await;
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
            let line = Line {
                wire,
                _permit: permit,
            };
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
    _permit: OwnedSemaphorePermit,
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
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Secure(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

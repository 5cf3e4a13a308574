//! Media at the port of HTTP: where a firewall lets nothing out but web pages, a browser's sound comes by a
//! connection to this port (RFC 6544), and is told from HTTP and TLS by its first byte.
//!
//! ```text
//!   first byte  0–3  the length of a frame (RFC 4571) ─▶ a check of ICE ─▶ the worker that its name tells
//!                    anything else within a frame ─▶ closed
//!             other  TLS, HTTP
//! ```

use crate::rtc::{Check, Credentials};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No check is longer.
const LONGEST: u16 = 1_024;
/// How long a peer may take to say the first byte, and for the rest of the first frame.
const FIRST: Duration = Duration::from_secs(10);
const REST: Duration = Duration::from_secs(3);

/// A connection that carries media.
#[derive(Debug)]
pub struct MediaConnection {
    /// The worker whose leg it says it is for.
    pub worker: usize,
    /// It does not block.
    pub socket: std::net::TcpStream,
    /// The other end.
    pub peer: SocketAddr,
    /// What has been read of it: the first packet. Not yet proved.
    pub first: Vec<u8>,
}

/// Where connections go that carry media.
#[derive(Clone)]
pub struct MediaDoor(Arc<dyn Fn(MediaConnection) + Send + Sync>);

impl MediaDoor {
    /// `admit` takes one, without waiting.
    pub fn new(admit: impl Fn(MediaConnection) + Send + Sync + 'static) -> Self {
        Self(Arc::new(admit))
    }

    /// Passes a connection on if it carries media, or is nothing at all; gives it back if it is for HTTP.
    pub(super) async fn sort(&self, mut stream: TcpStream, peer: SocketAddr) -> Option<TcpStream> {
        let mut first = [0];
        let peeked = timeout(FIRST, stream.peek(&mut first)).await.ok()?.ok()?;
        if peeked == 0 || u16::from(first[0]) >= LONGEST.div_ceil(256) {
            return Some(stream);
        }
        let first = timeout(REST, frame(&mut stream)).await.ok()??;
        let worker = Check::read(&first).and_then(|check| Credentials::worker(check.to))?;
        let socket = stream.into_std().ok()?;
        (self.0)(MediaConnection {
            worker,
            socket,
            peer,
            first,
        });
        None
    }
}

impl fmt::Debug for MediaDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaDoor").finish_non_exhaustive()
    }
}

/// The first frame; `None`: it is none of ours, or does not come.
async fn frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let length = stream.read_u16().await.ok()?;
    if length > LONGEST {
        return None;
    }
    let mut frame = vec![0; usize::from(length)];
    stream.read_exact(&mut frame).await.ok()?;
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::{check_of_test, framed};
    use std::sync::mpsc;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    /// What becomes of a connection by which these bytes come: HTTP's or not, and what was passed on.
    async fn sorted(bytes: &[u8]) -> (bool, Option<MediaConnection>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let mut caller = TcpStream::connect(address).await.expect("connected");
        let (stream, peer) = listener.accept().await.expect("accepted");
        caller.write_all(bytes).await.expect("written");
        caller.shutdown().await.expect("shut");
        let (admit, admitted) = mpsc::channel();
        let door = MediaDoor::new(move |connection| admit.send(connection).expect("sent"));
        let back = door.sort(stream, peer).await;
        (back.is_some(), admitted.try_recv().ok())
    }

    fn framed_check(ufrag: &str) -> Vec<u8> {
        let mut bytes = vec![];
        let check = check_of_test((ufrag, "theirs"), "a password", &[(0x25, &[])]);
        assert!(framed(&check, &mut bytes));
        bytes
    }

    #[tokio::test]
    async fn rfc_6544_a_check_goes_to_the_worker_that_its_name_tells_and_web_pages_stay() {
        let (http, media) = sorted(&framed_check("0003abcdef")).await;
        let media = media.expect("passed on");
        assert!(!http && media.worker == 3);
        assert!(Check::read(&media.first).is_some());
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0x16, 3, 1, 0, 200, 1],
            b"",
        ] {
            let (http, media) = sorted(bytes).await;
            assert!(http && media.is_none(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn h21_what_is_no_check_goes_nowhere() {
        let whole = framed_check("0003abcdef");
        let mut garbled = whole.clone();
        garbled[30] ^= 1;
        let nameless = framed_check("né");
        for bytes in [
            &whole[..40],
            &garbled,
            &nameless,
            &[0, 0],
            &[3, 255, 1],
            &[0],
        ] {
            let (http, media) = sorted(bytes).await;
            assert!(!http && media.is_none(), "{bytes:?}");
        }
    }
}

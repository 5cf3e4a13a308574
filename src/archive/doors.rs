//! The way out to a storage: only to addresses that may be reached (H16).

use crate::events::webhooks::Reach;
use anyhow::{Context as _, anyhow, bail};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long the other side may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);
/// Addresses of a name that are tried.
const ADDRESSES: usize = 4;

/// How storages are reached.
#[derive(Clone)]
pub struct Doors {
    /// Whom we may connect to.
    pub reach: Reach,
    /// How those prove who they are who speak TLS; `None`: nobody does.
    pub tls: Option<TlsConnector>,
}

impl Doors {
    /// Connects. The name is looked up anew, and nobody looks again between the check and the connection.
    pub(super) async fn connect(&self, host: &str, port: u16) -> anyhow::Result<TcpStream> {
        let looked = timeout(CONNECT, lookup_host((host, port))).await;
        let found: Vec<SocketAddr> = looked
            .context("the look-up does not end")?
            .with_context(|| format!("{host} is not found"))?
            .collect();
        let may = found.iter().filter(|address| self.reach.has(address.ip()));
        let may: Vec<_> = may.copied().take(ADDRESSES).collect();
        if let (Some(address), true) = (found.first(), may.is_empty()) {
            bail!(
                "{} is in a network of our own: storage_networks in [server] may allow it",
                address.ip()
            );
        }
        let mut last = anyhow!("{host} has no address");
        for address in may {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(why)) => last = anyhow!("{address}: {why}"),
                Err(_) => last = anyhow!("{address} does not answer"),
            }
        }
        Err(last)
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doors")
    }
}

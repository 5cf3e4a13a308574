//! One message to one webhook: looked up, checked, connected to what was checked, sent, and judged by
//! the status (F23, H16).
//!
//! Redirects are not followed: they are failures, as every answer but 2xx is. Of an answer's body nothing is
//! of interest; a short one is read to its end, so that the connection can be used again.

use super::Means;
use super::reach::Reach;
use anyhow::{Context as _, anyhow, bail, ensure};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// For one address to answer.
const CONNECT: Duration = Duration::from_secs(5);
/// Addresses of a name that are tried.
const ADDRESSES: usize = 4;
/// Of an answer's body so much is read.
const BODY: usize = 64 << 10;
/// Of its headers so much.
const HEADERS: usize = 64 << 10;

/// A URL that can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    tls: bool,
    /// A name, or an address without brackets.
    host: String,
    port: u16,
    /// As the header `Host` has it.
    authority: String,
    path: String,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(url: &str) -> anyhow::Result<Self> {
        ensure!(url.len() <= 2_000, "a URL has at most 2000 characters");
        let uri: Uri = url.parse().context("it is no URL")?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => bail!("it begins with https:// or http://"),
        };
        let authority = uri.authority().context("it names no host")?.as_str();
        ensure!(
            !authority.contains('@'),
            "no user and password in it: messages are signed instead"
        );
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ensure!(!host.is_empty(), "it names no host");
        Ok(Self {
            tls,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_owned(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// Sends messages to one target.
pub(super) struct Courier {
    target: Target,
    reach: Reach,
    tls: TlsConnector,
    /// From the look-up to the answer's end.
    patience: Duration,
    /// What is left of the last message: to the address that was checked.
    open: Option<Sender>,
}

/// Why a message was not taken.
#[derive(Debug)]
pub(super) enum Failed {
    /// Trying again may help.
    For(String),
    /// The receiver says that it never will (410).
    ForGood(String),
}

impl Courier {
    pub(super) fn new(target: Target, means: &Means, patience: Duration) -> Self {
        Self {
            target,
            reach: means.reach.clone(),
            tls: means.tls.clone(),
            patience,
            open: None,
        }
    }

    /// Sends a message; says why it was not taken.
    pub(super) async fn send(
        &mut self,
        headers: &[(&str, String)],
        body: String,
    ) -> Result<(), Failed> {
        let sent = timeout(self.patience, self.exchange(headers, body)).await;
        let status = match sent {
            Ok(Ok(status)) => status,
            Ok(Err(why)) => return Err(self.failed(format!("{why:#}"))),
            Err(_) => {
                return Err(self.failed(format!("no answer within {} s", self.patience.as_secs())));
            }
        };
        if status.is_success() {
            return Ok(());
        }
        match status {
            StatusCode::GONE => Err(Failed::ForGood("answered 410 Gone".to_owned())),
            status if status.is_redirection() => Err(Failed::For(format!(
                "answered {status}: redirects are not followed, set the new URL"
            ))),
            status => Err(Failed::For(format!("answered {status}"))),
        }
    }

    fn failed(&mut self, why: String) -> Failed {
        self.open = None;
        Failed::For(why)
    }

    async fn exchange(
        &mut self,
        headers: &[(&str, String)],
        body: String,
    ) -> anyhow::Result<StatusCode> {
        let body = Bytes::from(body);
        if let Some(mut open) = self.open.take() {
            // The other side may close an idle connection at any moment, in this one, too.
            let request = self.request(headers, body.clone())?;
            if open.ready().await.is_ok()
                && let Ok(answer) = open.send_request(request).await
            {
                return Ok(self.rest(open, answer).await);
            }
        }
        let mut open = self.connect().await?;
        let request = self.request(headers, body)?;
        let answer = open.send_request(request).await?;
        Ok(self.rest(open, answer).await)
    }

    fn request(
        &self,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::post(&self.target.path)
            .header("host", &self.target.authority)
            .header("content-type", "application/json")
            .header(
                "user-agent",
                concat!("Cordboard/", env!("CARGO_PKG_VERSION")),
            );
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Ok(request.body(Full::new(body))?)
    }

    /// Reads the answer to its end, unless it is too long or never ends: that costs the connection.
    async fn rest(&mut self, open: Sender, answer: Response<Incoming>) -> StatusCode {
        let status = answer.status();
        let rest = Limited::new(answer.into_body(), BODY).collect();
        if timeout(CONNECT, rest).await.is_ok_and(|rest| rest.is_ok()) {
            self.open = Some(open);
        }
        status
    }

    async fn connect(&self) -> anyhow::Result<Sender> {
        let mut last = anyhow!("{} has no address", self.target.host);
        for address in self.addresses().await? {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return self.speak(stream).await;
                }
                Ok(Err(why)) => last = anyhow!("{address}: {why}"),
                Err(_) => last = anyhow!("{address} does not answer"),
            }
        }
        Err(last)
    }

    /// The addresses of the target that may be connected to: looked up anew for each connection, and
    /// nobody looks again between the check and the connection.
    async fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let Target { host, port, .. } = &self.target;
        let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, *port)],
            Err(_) => {
                let looked = lookup_host((host.as_str(), *port)).await;
                looked
                    .with_context(|| format!("{host} is not found"))?
                    .collect()
            }
        };
        let may = found.iter().filter(|address| self.reach.has(address.ip()));
        let may: Vec<_> = may.copied().take(ADDRESSES).collect();
        if let (Some(address), true) = (found.first(), may.is_empty()) {
            bail!(
                "{} is in a network of our own: webhook_networks in [server] may allow it",
                address.ip()
            );
        }
        Ok(may)
    }

    async fn speak(&self, stream: TcpStream) -> anyhow::Result<Sender> {
        if !self.target.tls {
            return begin(stream).await;
        }
        let name = ServerName::try_from(self.target.host.clone())?;
        let stream = timeout(CONNECT, self.tls.connect(name, stream)).await;
        begin(stream.context("the TLS handshake does not end")??).await
    }
}

async fn begin(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> anyhow::Result<Sender> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADERS);
    let (open, connection) = builder.handshake(TokioIo::new(stream)).await?;
    // It ends when nothing is sent through it any more; what went wrong the sender hears, too.
    tokio::spawn(async move { drop(connection.await) });
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_sent_to_is_refused_with_the_reason() {
        for (url, why) in [
            ("ftp://example.com/", "https://"),
            ("example.com/hook", "URL"),
            ("/hook", "https://"),
            ("https:///hook", "URL"),
            ("https://ada:secret@example.com/", "signed"),
            ("http://", "URL"),
        ] {
            let error = format!("{:#}", Target::read(url).expect_err(url));
            assert!(error.contains(why), "{url}: {error}");
        }
        let target = Target::read("http://[::1]:8080/hook?a=b").expect("fine");
        assert_eq!((target.host.as_str(), target.port), ("::1", 8080));
        assert_eq!(target.path, "/hook?a=b");
        let target = Target::read("https://example.com").expect("fine");
        assert_eq!((target.port, target.path.as_str()), (443, "/"));
    }
}

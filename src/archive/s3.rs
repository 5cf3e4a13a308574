//! An object store that speaks Amazon's S3, as far as we need it: objects put, read, copied and removed, by
//! requests that are signed (AWS Signature Version 4). Names of objects are in the path, behind the
//! bucket's.
//!
//! Deliberately absent: uploads in parts. An object may have 5 GB, a recording has 4 at most.

use super::doors::Doors;
use super::remote::{Found, Hashing, PIECE, Source};
use crate::settings::{Storage, StorageKind};
use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use ring::{digest, hmac};
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// How long the other side may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an upload may take, to the answer: as long as a body goes out there is none.
const UPLOAD: Duration = Duration::from_secs(3_600);
/// Of an answer that says why not, so many bytes are read.
const SAID: usize = 4_096;

/// A bucket.
pub(super) struct S3 {
    doors: Doors,
    tls: bool,
    host: String,
    port: u16,
    /// As the Host header has it.
    authority: String,
    region: String,
    bucket: String,
    user: String,
    secret: String,
}

type Body = UnsyncBoxBody<Bytes, anyhow::Error>;

impl S3 {
    pub(super) fn new(storage: &Storage, doors: Doors) -> anyhow::Result<Self> {
        let StorageKind::S3 {
            endpoint,
            region,
            bucket,
        } = &storage.kind
        else {
            bail!("it is no object store");
        };
        let uri: Uri = endpoint.parse().context("endpoint is no URL")?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => bail!("endpoint begins with https:// or http://"),
        };
        let authority = uri.authority().context("endpoint names no host")?;
        ensure!(
            !authority.as_str().contains('@'),
            "endpoint has no user in it"
        );
        let host = authority.host().trim_matches(['[', ']']);
        let secret = storage.password.as_ref();
        Ok(Self {
            doors,
            tls,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            region: region.clone(),
            bucket: bucket.clone(),
            user: storage.user.clone(),
            secret: secret.map_or_else(String::new, |secret| secret.0.clone()),
        })
    }

    pub(super) async fn put(
        &self,
        name: &str,
        source: &Source,
        sent: &Found,
    ) -> anyhow::Result<()> {
        let length = ("content-length", sent.length.to_string());
        let body = body(source.clone());
        let answer = self
            .ask(Method::PUT, name, &[length], &sent.sha256, body)
            .await?;
        self.fine(answer).await.map(drop)
    }

    pub(super) async fn find(&self, name: &str) -> anyhow::Result<Option<Found>> {
        let answer = self
            .ask(Method::GET, name, &[], &nothing(), empty())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let mut body = self.fine(answer).await?.into_body();
        let mut hashing = Hashing::default();
        loop {
            let frame = timeout(PATIENCE, body.frame()).await;
            match frame.context("it gives no more")?.transpose()? {
                Some(frame) => hashing.add(frame.data_ref().map_or(&[], |data| data)),
                None => return Ok(Some(hashing.found())),
            }
        }
    }

    /// A copy under the new name, and the old one removed: an object store knows no other way. An object is
    /// there whole or not at all.
    pub(super) async fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let source = format!("/{}/{}", self.bucket, escaped(from, true));
        let headers = [
            ("content-length", "0".to_owned()),
            ("x-amz-copy-source", source),
        ];
        let answer = self
            .ask(Method::PUT, to, &headers, &nothing(), empty())
            .await?;
        let said = self.fine(answer).await?.into_body();
        // It may think better of it after it has said 200.
        let said = timeout(PATIENCE, said.collect()).await;
        let said = said
            .context("it does not say whether it has copied")??
            .to_bytes();
        ensure!(
            !String::from_utf8_lossy(&said).contains("<Error>"),
            "it did not copy"
        );
        self.remove(from).await
    }

    pub(super) async fn remove(&self, name: &str) -> anyhow::Result<()> {
        let answer = self
            .ask(Method::DELETE, name, &[], &nothing(), empty())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.fine(answer).await.map(drop)
    }

    /// An answer that is no refusal.
    async fn fine(&self, answer: Response<Incoming>) -> anyhow::Result<Response<Incoming>> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let said = http_body_util::Limited::new(answer.into_body(), SAID).collect();
        let said = timeout(PATIENCE, said).await.ok().and_then(Result::ok);
        let said = said.map(|said| said.to_bytes()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let code = said
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map_or("no reason", |(code, _)| code);
        bail!("the storage answers {}: {code}", status.as_u16())
    }

    async fn ask(
        &self,
        method: Method,
        name: &str,
        more: &[(&'static str, String)],
        hash: &str,
        body: Body,
    ) -> anyhow::Result<Response<Incoming>> {
        let path = format!("/{}/{}", escaped(&self.bucket, false), escaped(name, true));
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = vec![
            ("host", self.authority.clone()),
            ("x-amz-content-sha256", hash.to_owned()),
            ("x-amz-date", time.clone()),
        ];
        headers.extend(more.iter().cloned());
        headers.sort();
        let signed = self.sign(method.as_str(), &path, &headers, hash, &time);
        let mut request = Request::builder().method(method).uri(&path);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let request = request.header("authorization", signed).body(body)?;
        let stream = self.doors.connect(&self.host, self.port).await?;
        if !self.tls {
            return send(stream, request).await;
        }
        let tls = self.doors.tls.as_ref().context("there is no TLS here")?;
        let name = ServerName::try_from(self.host.clone())?;
        let stream = timeout(PATIENCE, tls.connect(name, stream)).await;
        send(stream.context("the TLS handshake does not end")??, request).await
    }

    /// The Authorization header for a request with these headers, in their order.
    fn sign(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        hash: &str,
        time: &str,
    ) -> String {
        let day = time.get(..8).unwrap_or_default();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()));
        let lines: String = lines.collect();
        let request = format!("{method}\n{path}\n\n{lines}\n{names}\n{hash}");
        let request = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{request}");
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, &self.region, "s3", "aws4_request"] {
            key = mac(&key, part);
        }
        let signature = hex(&mac(&key, &text));
        let user = &self.user;
        format!(
            "AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> anyhow::Result<Response<Incoming>> {
    let (mut open, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer; what went wrong is heard there, too.
    tokio::spawn(async move { drop(connection.await) });
    let answer = timeout(UPLOAD, open.send_request(request)).await;
    Ok(answer.context("it does not answer")??)
}

fn body(source: Source) -> Body {
    let pieces = stream::try_unfold((source, 0), |(source, at)| async move {
        let piece = source.piece(at).await?;
        if piece.is_empty() {
            return anyhow::Ok(None);
        }
        let next = at + piece.len() as u64;
        debug_assert!(piece.len() as u64 <= PIECE);
        Ok(Some((Frame::data(piece), (source, next))))
    });
    StreamBody::new(Box::pin(pieces)).boxed_unsync()
}

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// The hash of no body.
fn nothing() -> String {
    hex(digest::digest(&digest::SHA256, b"").as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

/// As signatures have it: everything but unreserved characters (RFC 3986 §2.3), slashes where they divide.
fn escaped(text: &str, slashes: bool) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        b'/' if slashes => "/".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::webhooks::Reach;
    use crate::settings::{Composition, Secret};

    /// The example of Amazon's documentation ("Signature Calculations for the Authorization Header", GET Object).
    #[test]
    fn a_request_is_signed_as_amazon_does_it() {
        let storage = Storage {
            enabled: true,
            kind: StorageKind::S3 {
                endpoint: "https://examplebucket.s3.amazonaws.com".to_owned(),
                region: "us-east-1".to_owned(),
                bucket: "examplebucket".to_owned(),
            },
            path: String::new(),
            user: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            password: Some(Secret(
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            )),
            composition: Composition::Both,
            keep_local: true,
        };
        let doors = Doors {
            reach: Reach::default(),
            tls: None,
        };
        let s3 = S3::new(&storage, doors).expect("a storage");
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com".to_owned()),
            ("range", "bytes=0-9".to_owned()),
            ("x-amz-content-sha256", nothing()),
            ("x-amz-date", "20130524T000000Z".to_owned()),
        ];
        let signed = s3.sign("GET", "/test.txt", &headers, &nothing(), "20130524T000000Z");
        let expected = "AWS4-HMAC-SHA256 \
            Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
            SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
            Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(signed, expected);
    }

    #[test]
    fn names_of_any_script_are_escaped_and_lead_nowhere_else() {
        assert_eq!(escaped("a/Ž b+c.wav", true), "a/%C5%BD%20b%2Bc.wav");
        assert_eq!(escaped("a/b?c#d", false), "a%2Fb%3Fc%23d");
    }
}

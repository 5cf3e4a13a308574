//! Questions of a command to a running server, over its HTTP port.

use crate::net;
use anyhow::Context as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const LONGEST: u64 = 64 << 20;

/// Where a running server is asked.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Reach {
    /// The server's HTTP address.
    #[arg(
        long,
        global = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    http: SocketAddr,
    /// Speak TLS, as with http_tls, to the server that shows this certificate (PEM): that of http_certificate, or
    /// tls/certificate.pem in its data directory.
    #[arg(long, global = true, value_name = "FILE")]
    tls: Option<PathBuf>,
}

impl Reach {
    /// A path as people open it in a browser.
    pub(super) fn url(&self, path: &str) -> String {
        let scheme = self.tls.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}{path}", self.http)
    }
}

/// What the server answers: the status and the body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Which version of a page this is, where it says so.
    pub(super) etag: Option<String>,
}

/// Asks for a page. `path` begins with `/`, and is escaped already.
pub(super) fn get(reach: &Reach, path: &str) -> anyhow::Result<Answer> {
    send(reach, &format!("GET {path}"), &[], b"")
}

/// Sends something: the method and the path, headers besides those that HTTP needs, and the body.
pub(super) fn send(
    reach: &Reach,
    what: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> anyhow::Result<Answer> {
    let http = reach.http;
    let stream = TcpStream::connect_timeout(&http, PATIENCE).with_context(|| {
        format!("no server at {http}: give its address with --http, as http of [server] has it")
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{what} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n");
    for (name, value) in headers {
        anyhow::ensure!(!value.contains(['\r', '\n']), "{name}: more than one line");
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let request = [head.as_bytes(), body].concat();
    let Some(certificate) = &reach.tls else {
        return talk(stream, &request).with_context(|| {
            format!("what answers at {http} is no Cordboard, or speaks TLS: then give its certificate with --tls")
        });
    };
    let secure = net::only(certificate, stream)?;
    talk(secure, &request).with_context(|| {
        format!(
            "what answers at {http} is no Cordboard, or does not show the certificate of {}",
            certificate.display()
        )
    })
}

fn talk(mut stream: impl Read + Write, request: &[u8]) -> anyhow::Result<Answer> {
    stream.write_all(request)?;
    stream.flush()?;
    let mut answer = vec![];
    match stream.take(LONGEST).read_to_end(&mut answer) {
        Ok(_) => {}
        // Cut off without a word of TLS: whether it is whole, its length tells.
        Err(why) if why.kind() == ErrorKind::UnexpectedEof => {}
        Err(why) => return Err(why.into()),
    }
    read(&answer).context("no answer of HTTP, or half of one")
}

fn read(answer: &[u8]) -> Option<Answer> {
    let end = memchr::memmem::find(answer, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let body = answer[end + 4..].to_vec();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted)
                .then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) {
        return None;
    }
    let etag = header("etag");
    Some(Answer { status, body, etag })
}

impl Answer {
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body of a success; else what the problem document says (RFC 9457).
    pub(super) fn fine(self) -> anyhow::Result<Vec<u8>> {
        if matches!(self.status, 200..=204) {
            return Ok(self.body);
        }
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let said = problem["detail"].as_str().unwrap_or("it says no more");
        let fields = problem["errors"].as_array().into_iter().flatten();
        let fields = fields.filter_map(|fault| {
            let (field, mend) = (fault["field"].as_str()?, fault["mend"].as_str()?);
            Some(format!("\n{field}: {mend}"))
        });
        let fields: String = fields.collect();
        anyhow::bail!("the server answers {}: {said}{fields}", self.status)
    }
}

/// A word as a part of a path (RFC 3986 §2.1, §3.3).
pub(super) fn escaped(word: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    word.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_a_problem_told() {
        let fine = read(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").expect("an answer");
        assert_eq!(fine.fine().expect("fine"), b"hi");
        let problem = read(b"HTTP/1.1 404 Not Found\r\n\r\n{\"detail\":\"Nothing here.\"}");
        let told = problem
            .expect("an answer")
            .fine()
            .expect_err("a problem")
            .to_string();
        assert_eq!(told, "the server answers 404: Nothing here.");
        assert!(read(b"SSH-2.0-x\r\n").is_none());
        let half = read(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh");
        assert!(half.is_none(), "half an answer is none");
    }

    #[test]
    fn a_call_id_becomes_one_part_of_a_path() {
        assert_eq!(escaped("a/b?c@d.e%"), "a%2Fb%3Fc%40d%2Ee%25");
    }
}

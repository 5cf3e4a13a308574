//! Just enough SIP and SDP to be a phone: our own reader, so that the server is not judged by its own parser.

use md5::{Digest, Md5};
use std::fmt::Write;
use std::net::SocketAddr;

/// A request or a response as it came off the wire.
pub(crate) struct Message {
    first: String,
    /// Names in full and lower case, in the order of the wire.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    /// Reads a datagram; `None` for what is no SIP message.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let first = lines.next()?.to_owned();
        if !first.contains("SIP/2.0") {
            return None;
        }
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            match (line.starts_with([' ', '\t']), headers.last_mut()) {
                (true, Some((_, value))) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                (true, None) => return None,
                (false, _) => {
                    let (name, value) = line.split_once(':')?;
                    headers.push((full_name(name.trim()), value.trim().to_owned()));
                }
            }
        }
        Some(Self {
            first,
            headers,
            body: body.to_owned(),
        })
    }

    /// The status of a response; `None` for a request.
    pub(crate) fn status(&self) -> Option<u16> {
        let rest = self.first.strip_prefix("SIP/2.0 ")?;
        rest.get(..3)?.parse().ok()
    }

    /// The status line without the protocol: `486 Busy Here`.
    pub(crate) fn reason(&self) -> &str {
        self.first.strip_prefix("SIP/2.0 ").unwrap_or_default()
    }

    /// The method: of a request its own, of a response that of its CSeq.
    pub(crate) fn method(&self) -> &str {
        let of = match self.status() {
            Some(_) => self.header("cseq").split_whitespace().nth(1),
            None => self.first.split(' ').next(),
        };
        of.unwrap_or_default()
    }

    /// The user of a request's URI: of requests to us, the user of our Contact.
    pub(crate) fn user(&self) -> &str {
        let uri = self.first.split(' ').nth(1).unwrap_or_default();
        let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
        rest.split('@').next().unwrap_or_default()
    }

    /// The first value of a header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Every value of a header.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name = self.headers.iter().filter(move |(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str())
    }

    /// The number of the CSeq.
    pub(crate) fn cseq(&self) -> u32 {
        let number = self.header("cseq").split_whitespace().next();
        number.and_then(|n| n.parse().ok()).unwrap_or_default()
    }

    /// The URI of the Contact, where requests inside the dialog go.
    pub(crate) fn contact(&self) -> Option<String> {
        let value = self.header("contact");
        let uri = match value.split_once('<') {
            Some((_, rest)) => rest.split('>').next()?,
            None => value.split(';').next()?,
        };
        (!uri.is_empty()).then(|| uri.to_owned())
    }

    /// Where the peer wants its audio, and as what payload type.
    pub(crate) fn audio(&self) -> Option<(SocketAddr, u8)> {
        audio(&self.body)
    }

    /// The answer to this request (RFC 3261 §8.2.6): its Via, From, To, Call-ID and CSeq come back.
    pub(crate) fn answer(&self, status: &str, tag: &str, contact: &str, sdp: &str) -> Vec<u8> {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for (name, value) in &self.headers {
            match name.as_str() {
                "via" => line(&mut text, "Via", value),
                "record-route" => line(&mut text, "Record-Route", value),
                "from" => line(&mut text, "From", value),
                "call-id" => line(&mut text, "Call-ID", value),
                "cseq" => line(&mut text, "CSeq", value),
                "to" if value.contains("tag=") => line(&mut text, "To", value),
                "to" => line(&mut text, "To", &format!("{value};tag={tag}")),
                _ => {}
            }
        }
        line(&mut text, "Contact", &format!("<{contact}>"));
        finish(text, sdp)
    }
}

/// A request about to be written.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    /// Our address, for Via.
    pub(crate) via: SocketAddr,
    pub(crate) branch: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) call_id: &'a str,
    pub(crate) cseq: u32,
    pub(crate) contact: &'a str,
    /// Further header lines, each with its end.
    pub(crate) extra: &'a str,
    /// The body; empty for none.
    pub(crate) sdp: &'a str,
}

impl Request<'_> {
    pub(crate) fn write(&self) -> Vec<u8> {
        let Self { method, uri, .. } = self;
        let mut text = format!("{method} {uri} SIP/2.0\r\n");
        let via = format!(
            "SIP/2.0/UDP {};rport;branch=z9hG4bK{}",
            self.via, self.branch
        );
        line(&mut text, "Via", &via);
        line(&mut text, "Max-Forwards", "70");
        line(&mut text, "From", self.from);
        line(&mut text, "To", self.to);
        line(&mut text, "Call-ID", self.call_id);
        line(&mut text, "CSeq", &format!("{} {method}", self.cseq));
        line(&mut text, "Contact", &format!("<{}>", self.contact));
        line(&mut text, "User-Agent", "cordboard-load");
        text.push_str(self.extra);
        finish(text, self.sdp)
    }
}

/// Where a description wants its audio, and as what payload type: the first `m=audio` with its `c=`.
pub(crate) fn audio(description: &str) -> Option<(SocketAddr, u8)> {
    let (mut address, mut media) = (None, None);
    for line in description.lines() {
        if let Some(rest) = line.strip_prefix("c=IN IP4 ") {
            address = Some(rest.trim());
        } else if let Some(rest) = line.strip_prefix("m=audio ") {
            let mut words = rest.split_whitespace();
            let port = words.next()?.parse::<u16>().ok()?;
            media = Some((port, words.nth(1)?.parse::<u8>().ok()?));
        }
    }
    let (port, kind) = media.filter(|(port, _)| *port != 0)?;
    Some((SocketAddr::new(address?.parse().ok()?, port), kind))
}

/// A session with one µ-law stream at a port of the loopback address.
pub(crate) fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=load 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )
}

/// The Authorization line for an MD5 challenge (RFC 2617), with `qop=auth` where it is offered.
pub(crate) fn authorization(
    challenge: &Message,
    user: &str,
    password: &str,
    method: &str,
    uri: &str,
) -> Option<String> {
    let md5 = challenge.all("www-authenticate").find(|value| {
        let algorithm = parameter(value, "algorithm");
        algorithm.is_none_or(|name| name.eq_ignore_ascii_case("md5"))
    })?;
    let realm = parameter(md5, "realm")?;
    let nonce = parameter(md5, "nonce")?;
    let ha1 = hash(&format!("{user}:{realm}:{password}"));
    let ha2 = hash(&format!("{method}:{uri}"));
    let mut text = format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5"
    );
    if parameter(md5, "qop").is_some() {
        let response = hash(&format!("{ha1}:{nonce}:00000001:load:auth:{ha2}"));
        let rest = format!(", qop=auth, nc=00000001, cnonce=\"load\", response=\"{response}\"");
        text.push_str(&rest);
    } else {
        let response = hash(&format!("{ha1}:{nonce}:{ha2}"));
        text.push_str(&format!(", response=\"{response}\""));
    }
    if let Some(opaque) = parameter(md5, "opaque") {
        text.push_str(&format!(", opaque=\"{opaque}\""));
    }
    text.push_str("\r\n");
    Some(text)
}

/// The tag of a From or To value.
pub(crate) fn tag(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("tag=")?;
    rest.split([';', ' ', '>']).next()
}

fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let parts = challenge.split_once(' ')?.1.split(',');
    let mut pairs = parts.filter_map(|part| part.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"'))
}

fn hash(text: &str) -> String {
    let mut hex = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn full_name(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let full = match name.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "m" => "contact",
        "c" => "content-type",
        "l" => "content-length",
        _ => return name,
    };
    full.to_owned()
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, "{name}: {value}\r\n");
}

fn finish(mut text: String, sdp: &str) -> Vec<u8> {
    if !sdp.is_empty() {
        line(&mut text, "Content-Type", "application/sdp");
    }
    line(&mut text, "Content-Length", &sdp.len().to_string());
    text.push_str("\r\n");
    text.push_str(sdp);
    text.into_bytes()
}

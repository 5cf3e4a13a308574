//! SIP as the scripted phones read it: with a parser that is not ours.

use rsip::SipMessage;

/// A message as a phone sees it.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    message: SipMessage,
}

impl Heard {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let message = SipMessage::try_from(bytes);
        Self {
            message: message.unwrap_or_else(|why| {
                panic!(
                    "the switch sent {:?}: {why}",
                    String::from_utf8_lossy(bytes)
                )
            }),
        }
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> Option<String> {
        match &self.message {
            SipMessage::Request(request) => Some(request.method.to_string()),
            SipMessage::Response(_) => None,
        }
    }

    /// The Request-URI.
    pub(crate) fn uri(&self) -> String {
        match &self.message {
            SipMessage::Request(request) => request.uri.to_string(),
            SipMessage::Response(_) => String::new(),
        }
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        self.message.to_string()
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u16> {
        match &self.message {
            SipMessage::Request(_) => None,
            SipMessage::Response(response) => Some(response.status_code.code()),
        }
    }

    pub(crate) fn fields(&self, name: &str) -> Vec<String> {
        let headers = match &self.message {
            SipMessage::Request(request) => &request.headers,
            SipMessage::Response(response) => &response.headers,
        };
        let lines = headers.iter().map(ToString::to_string);
        let named = lines.filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        });
        named.collect()
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.fields(name).into_iter().next().unwrap_or_default()
    }

    pub(crate) fn cseq_method(&self) -> String {
        self.field("CSeq")
            .split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_owned()
    }

    /// The URI between the angle brackets of the first Contact.
    pub(crate) fn contact(&self) -> Option<String> {
        let contact = self.field("Contact");
        let uri = contact.split_once('<')?.1.split_once('>')?.0;
        Some(uri.to_owned())
    }

    pub(crate) fn body(&self) -> &[u8] {
        match &self.message {
            SipMessage::Request(request) => &request.body,
            SipMessage::Response(response) => &response.body,
        }
    }

    /// A quoted parameter of a challenge: `realm="…"`.
    pub(crate) fn challenge(&self, parameter: &str) -> Option<String> {
        let md5 = self
            .fields("WWW-Authenticate")
            .into_iter()
            .find(|value| value.contains("MD5"))?;
        let rest = md5.split_once(&format!("{parameter}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// A response to this request.
    pub(crate) fn reply(&self, status: u16, tag: &str, contact: &str, sdp: &str) -> Vec<u8> {
        let mut text = format!("SIP/2.0 {status} Said\r\n");
        for name in ["Via", "Record-Route", "From"] {
            for value in self.fields(name) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let to = self.field("To");
        let tag = if to.contains("tag=") {
            String::new()
        } else {
            format!(";tag={tag}")
        };
        let (call_id, cseq) = (self.field("Call-ID"), self.field("CSeq"));
        text.push_str(&format!(
            "To: {to}{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n"
        ));
        text.push_str(&format!("Contact: <{contact}>\r\n"));
        finish(text, sdp)
    }
}

/// Adds the body and its headers.
pub(crate) fn finish(mut text: String, sdp: &str) -> Vec<u8> {
    if !sdp.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{sdp}", sdp.len()));
    text.into_bytes()
}

/// The response of a digest with MD5 and qop=auth (RFC 7616 §3.4.1), nonce count 1.
pub(crate) fn digest(
    user: &str,
    password: &str,
    challenge: &Heard,
    uri: &str,
    method: rsip::Method,
) -> String {
    let realm = challenge.challenge("realm").unwrap_or_default();
    let nonce = challenge.challenge("nonce").unwrap_or_default();
    let parsed = rsip::Uri::try_from(uri).expect("a URI of ours");
    let qop = rsip::headers::auth::AuthQop::Auth {
        cnonce: "abc".to_owned(),
        nc: 1,
    };
    let response = rsip::services::DigestGenerator {
        username: user,
        password,
        nonce: &nonce,
        uri: &parsed,
        realm: &realm,
        method: &method,
        qop: Some(&qop),
        algorithm: rsip::headers::auth::Algorithm::Md5,
    };
    let response = response.compute();
    format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm=MD5, cnonce=\"abc\", qop=auth, nc=00000001"
    )
}

/// The payload type of an encoding in an SDP body: `opus/48000`.
pub(crate) fn payload_type(sdp: &[u8], encoding: &str) -> Option<u8> {
    let text = String::from_utf8_lossy(sdp).to_lowercase();
    let maps = text
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let mut maps = maps.filter_map(|map| map.split_once(' '));
    let found = maps.find(|(_, name)| name.starts_with(encoding))?;
    found.0.parse().ok()
}

/// Where an SDP body says that sound is to go.
pub(crate) fn media_address(sdp: &[u8]) -> Option<std::net::SocketAddr> {
    let text = String::from_utf8_lossy(sdp);
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
    let ip = line("c=IN IP4 ").or_else(|| line("c=IN IP6 "))?.trim();
    let ip = ip.parse().ok()?;
    let port = line("m=audio ")?.split_whitespace().next()?.parse().ok()?;
    Some(std::net::SocketAddr::new(ip, port))
}

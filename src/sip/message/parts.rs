//! Bodies of several parts (RFC 2046 §5.1, RFC 5621): a description among what else a network has to say, as
//! the ISUP of a gateway (RFC 3204) or where the caller is (RFC 6442).
//!
//! Deliberately absent: parts within parts, and parts in base64 or quoted-printable: they are as ones of a type
//! that nobody understands.

use super::Message;
use crate::sip::header::{Name, Params};

/// More parts are read of no body.
const MOST: usize = 8;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part<'a> {
    /// Type and subtype.
    kind: String,
    /// Whether who does not understand it must refuse the message (RFC 3261 §20.11).
    required: bool,
    content: &'a [u8],
}

impl Message {
    /// What is of that type in the body: all of it, or the first such part.
    pub fn content(&self, wanted: &str) -> Option<&[u8]> {
        let found = match self.is_multipart() {
            false => self.is_content(wanted).then(|| self.body()),
            true => {
                let mut parts = self.parts().into_iter();
                let found = parts.find(|part| part.kind.eq_ignore_ascii_case(wanted));
                found.map(|part| part.content)
            }
        };
        found.filter(|content| !content.is_empty())
    }

    /// Whether who understands nothing but that type may take the message: whatever else is in it need not
    /// be understood.
    pub fn is_understood_by(&self, wanted: &str) -> bool {
        if self.body().is_empty() || !self.is_multipart() {
            return self.body().is_empty() || self.is_content(wanted);
        }
        let parts = self.parts();
        let fits = |part: &Part<'_>| !part.required || part.kind.eq_ignore_ascii_case(wanted);
        !parts.is_empty() && parts.iter().all(fits)
    }

    fn is_multipart(&self) -> bool {
        let kind = self.content_type().and_then(|kind| kind.split_once('/'));
        kind.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("multipart"))
    }

    /// The parts of the body; none where they cannot be read, or are too many.
    fn parts(&self) -> Vec<Part<'_>> {
        let params = self.header(Name::ContentType).and_then(params_of);
        let boundary = params.as_ref().and_then(|params| params.text("boundary"));
        let mut parts = match boundary {
            Some(boundary) if !boundary.is_empty() => cut(self.body(), &boundary),
            Some(_) | None => vec![],
        };
        // Of alternatives the last one that is understood counts; of others all do.
        if self.is_content("multipart/alternative") {
            parts.reverse();
            parts.iter_mut().for_each(|part| part.required = false);
        }
        parts
    }
}

/// What stands between the lines of the boundary.
fn cut<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let delimiter = format!("--{boundary}");
    let (mut parts, mut begins, mut at) = (vec![], None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.strip_prefix(delimiter.as_bytes());
        let rest = rest.map(<[u8]>::trim_ascii);
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(b"--")) {
            let one = begins.and_then(|begins| body.get(begins..at));
            parts.extend(one.map(read));
            if parts.len() > MOST {
                return vec![];
            }
            if !rest.is_empty() {
                return parts;
            }
            begins = Some(at + line.len());
        }
        at += line.len();
    }
    // Without its last line it has been cut off.
    vec![]
}

/// A part: its headers, an empty line, its content. The end of the last line belongs to the boundary.
fn read(text: &[u8]) -> Part<'_> {
    let (mut kind, mut required) = ("text/plain".to_owned(), true);
    let (mut at, mut plain) = (0, true);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        let name = Name::of(name.trim_end());
        if name == Name::ContentType {
            kind = value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
        } else if name == Name::ContentDisposition {
            let params = params_of(value);
            let handling = params.as_ref().and_then(|params| params.get("handling"));
            required = handling.is_none_or(|handling| !handling.eq_ignore_ascii_case("optional"));
        } else if name
            .text()
            .eq_ignore_ascii_case("Content-Transfer-Encoding")
        {
            let plains = ["binary", "8bit", "7bit"];
            plain = plains.iter().any(|one| value.eq_ignore_ascii_case(one));
        }
    }
    let content = text.get(at..).unwrap_or_default();
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    if !plain {
        kind.clear();
    }
    Part {
        kind,
        required,
        content,
    }
}

/// The parameters of a value.
fn params_of(value: &str) -> Option<Params> {
    let from = value.find(';')?;
    Params::parse(value.get(from..)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "application/sdp";
    const ISUP: &str = "Content-Type: application/ISUP;version=itu-t92+\r\n\
        Content-Disposition: signal;handling=optional\r\n\r\n\u{1}\n\u{2}";

    #[test]
    fn rfc_5621_a_description_is_found_among_what_else_a_network_says() {
        let m = message(
            "multipart/mixed;boundary=b1",
            &mixed(&["Content-Type: application/sdp\r\n\r\nv=0\r\no=-\r\n", ISUP]),
        );
        assert_eq!(m.content(SDP), Some(&b"v=0\r\no=-\r\n"[..]));
        assert!(m.is_understood_by(SDP));
        let m = message(
            "Multipart/Mixed; boundary=\"b1\"",
            &mixed(&[
                ISUP,
                "c: Application/SDP\r\nContent-Transfer-Encoding: binary\r\n\r\nv=0",
            ]),
        );
        assert_eq!(m.content(SDP), Some(&b"v=0"[..]));
    }

    #[test]
    fn a_body_of_one_part_is_that_part() {
        let m = message("application/sdp", "v=0");
        assert_eq!(m.content(SDP), Some(&b"v=0"[..]));
        assert!(m.is_understood_by(SDP) && !m.is_understood_by("text/plain"));
        assert!(
            message("text/plain", "").is_understood_by(SDP),
            "nothing is in it"
        );
    }

    #[test]
    fn what_must_be_understood_and_is_not_refuses_all() {
        for part in [
            "Content-Type: application/ISUP\r\n\r\nx",
            "Content-Type: application/ISUP\r\nContent-Disposition: signal; handling=required\r\n\r\nx",
            "\r\nhello",
            "Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w",
        ] {
            let m = message(
                "multipart/mixed;boundary=b1",
                &mixed(&["Content-Type: application/sdp\r\n\r\nv=0", part]),
            );
            assert!(!m.is_understood_by(SDP), "{part}");
        }
    }

    #[test]
    fn of_alternatives_one_is_enough_and_the_last_counts() {
        let sdp = |version: u8| format!("Content-Type: application/sdp\r\n\r\nv={version}");
        let body = mixed(&[&sdp(0), &sdp(1), "Content-Type: application/new\r\n\r\nx"]);
        let m = message("multipart/alternative;boundary=b1", &body);
        assert!(m.is_understood_by(SDP));
        assert_eq!(m.content(SDP), Some(&b"v=1"[..]));
    }

    #[test]
    fn what_cannot_be_read_or_has_no_end_is_not_understood() {
        let whole = mixed(&["Content-Type: application/sdp\r\n\r\nv=0"]);
        let many = mixed(&["Content-Type: application/sdp\r\n\r\nv=0"; 9]);
        for (kind, body) in [
            ("multipart/mixed", &whole),
            ("multipart/mixed;boundary=", &whole),
            ("multipart/mixed;boundary=other", &whole),
            (
                "multipart/mixed;boundary=b1",
                &whole[..whole.len() - 6].to_owned(),
            ),
            ("multipart/mixed;boundary=b1", &many),
        ] {
            let m = message(kind, body);
            assert_eq!(m.content(SDP), None, "{kind}");
            assert!(!m.is_understood_by(SDP), "{kind}");
        }
    }

    fn mixed(parts: &[&str]) -> String {
        let parts = parts.iter().map(|part| format!("--b1\r\n{part}\r\n"));
        format!("{}--b1--\r\n", parts.collect::<String>())
    }

    fn message(kind: &str, body: &str) -> Message {
        let length = body.len();
        let text = format!(
            "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=1\r\n\
             To: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        Message::parse(text.into_bytes()).expect("a message")
    }
}

//! Writing messages.

use super::{Message, Method, reason_phrase};
use crate::sip::header::{Name, is_token};
use std::fmt::{self, Display, Write as _};

/// A message being written, field after field in the order given.
///
/// Nothing put into it can begin a new line: control characters in any text become spaces.
#[derive(Clone, Debug)]
pub struct Builder {
    head: String,
    body: Vec<u8>,
}

impl Builder {
    /// A request. White space in the URI is left out.
    pub fn request(method: &Method, uri: impl Display) -> Self {
        let mut builder = Self::empty();
        builder.write(format_args!("{method} "));
        let uri = uri.to_string();
        let words = uri.split(|c: char| c.is_whitespace() || c.is_control());
        builder.head.extend(words);
        builder.line(" SIP/2.0");
        builder
    }

    /// A response; an empty reason stands for the usual words of the status.
    pub fn response(status: u16, reason: &str) -> Self {
        let mut builder = Self::empty();
        let reason = if reason.is_empty() {
            reason_phrase(status)
        } else {
            reason
        };
        builder.write(format_args!("SIP/2.0 {status} {reason}"));
        builder.line("");
        builder
    }

    /// A response to a request, with all that RFC 3261 §8.2.6.2 copies: the Vias (the topmost as
    /// [`Message::note_source`] left it), From, To, Call-ID, CSeq, and the Timestamp in a 100. The
    /// tag is added to a To that has none.
    pub fn reply_to(request: &Message, status: u16, reason: &str, to_tag: Option<&str>) -> Self {
        let builder = Self::response(status, reason)
            .copy(request, Name::Via)
            .copy(request, Name::From);
        let builder = match (to_tag, request.to()) {
            (Some(tag), Ok(to)) if to.tag().is_none() => builder.header(Name::To, to.with_tag(tag)),
            (Some(_) | None, Ok(_) | Err(_)) => builder.copy(request, Name::To),
        };
        let builder = builder
            .copy(request, Name::CallId)
            .copy(request, Name::CSeq);
        if status == 100 {
            builder.copy(request, Name::Timestamp)
        } else {
            builder
        }
    }

    /// Adds a field. Content-Length is ours to write and ignored here.
    #[must_use]
    pub fn header(mut self, name: Name<'_>, value: impl Display) -> Self {
        let name = name.canonical();
        let ours = name == Name::ContentLength;
        if !ours && (name.ordinal().is_some() || is_token(name.text())) {
            self.head.push_str(name.text());
            self.head.push_str(": ");
            self.write(format_args!("{value}"));
            self.line("");
        }
        self
    }

    /// Adds a field by its name as text; one that is no token is left out.
    #[must_use]
    pub fn raw(self, name: &str, value: impl Display) -> Self {
        self.header(Name::of(name), value)
    }

    /// Adds all fields of that name as another message has them.
    #[must_use]
    pub fn copy(self, from: &Message, name: Name<'_>) -> Self {
        let values = from.headers(name);
        values.fold(self, |builder, value| builder.header(name, value))
    }

    /// Gives it a body and its Content-Type.
    #[must_use]
    pub fn body(self, content_type: &str, body: &[u8]) -> Self {
        self.header(Name::ContentType, content_type).body_only(body)
    }

    /// The bytes to send.
    pub fn build(mut self) -> Vec<u8> {
        let length = self.body.len();
        self.write(format_args!("Content-Length: {length}"));
        self.line("");
        self.line("");
        let mut bytes = self.head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The same in as few bytes as a datagram needs: compact names and no Content-Length, which a
    /// datagram may lack (RFC 3261 §7.3.3, §20.14). The reason phrase may be empty, too (§7.2).
    pub fn build_brief(self, reason: bool) -> Vec<u8> {
        let mut brief = Self::empty();
        for (index, line) in self.head.lines().enumerate() {
            let named = line.split_once(": ").filter(|_| index > 0);
            let letter = named.and_then(|(name, _)| Name::known(name)?.compact());
            match (letter, named) {
                (Some(letter), Some((_, value))) => {
                    brief.head.push(char::from(letter));
                    brief.head.push_str(": ");
                    brief.head.push_str(value);
                }
                (_, Some(_)) => brief.head.push_str(line),
                (_, None) if reason => brief.head.push_str(line),
                (_, None) => brief.head.push_str(line.get(..12).unwrap_or(line)),
            }
            brief.line("");
        }
        brief.line("");
        let mut bytes = brief.head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub(super) fn body_only(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    fn empty() -> Self {
        Self {
            head: String::with_capacity(768),
            body: vec![],
        }
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a String does not fail; a value whose Display does is cut where it failed.
        let _ = OneLine(&mut self.head).write_fmt(text);
    }

    fn line(&mut self, rest: &str) {
        self.head.push_str(rest);
        self.head.push_str("\r\n");
    }
}

/// Writes on, with control characters as spaces.
struct OneLine<'a>(&'a mut String);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            let clean = |c: char| if c.is_ascii_control() { ' ' } else { c };
            self.0.extend(text.chars().map(clean));
        } else {
            self.0.push_str(text);
        }
        Ok(())
    }
}

//! SIP messages (RFC 3261 §7): reading and writing them.
//!
//! A received message owns its bytes and an index of where each field stands; fields are read when
//! asked for. [`Message::parse`] has already checked what every request must have (RFC 3261
//! §8.1.1, §16.3), so that [`Message::from`], [`Message::to`], [`Message::cseq`],
//! [`Message::call_id`] and [`Message::top_via`] of a parsed message do not fail.
//!
//! Deliberately absent: the SIP/1.0 form, which nobody speaks.

mod builder;
mod index;
mod malformed;
mod method;
mod parts;
mod read;
mod reason;

pub use builder::Builder;
pub use malformed::{Fault, Malformed};
pub use method::Method;
pub use reason::reason_phrase;

use crate::sip::header::{List, Name, split};
use index::{Field, Span, StartLine};
use std::fmt;

/// The largest message we read: what a UDP datagram can carry.
pub const MAX_MESSAGE: usize = 65_535;

/// The most header fields a message may have.
pub const MAX_HEADERS: usize = 256;

/// The most elements of one kind we read from a message: Vias, contacts, routes.
pub const MAX_ELEMENTS: usize = 64;

/// A message as it was received, indexed.
#[derive(Clone)]
pub struct Message {
    /// Start line and header fields, unfolded. Text added by [`Message::note_source`] is at the end.
    head: String,
    start: StartLine,
    fields: Vec<Field>,
    body: Vec<u8>,
}

/// The first line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// What is asked, and of whom.
    Request {
        /// The method.
        method: &'a Method,
        /// The Request-URI as written.
        uri: &'a str,
    },
    /// What is answered.
    Response {
        /// 100–699.
        status: u16,
        /// The words for people.
        reason: &'a str,
    },
}

impl Message {
    /// Reads a datagram, or a message cut out of a stream, and checks what every message must
    /// have. Line ends may be bare line feeds; bytes that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// [`Malformed`] says what is wrong and, where the fields for an answer could be read, holds
    /// the message to answer.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Malformed> {
        index::parse(bytes)
    }

    /// The first line.
    pub fn start(&self) -> Start<'_> {
        match &self.start {
            StartLine::Request { method, uri } => Start::Request {
                method,
                uri: self.text(*uri),
            },
            StartLine::Response { status, reason, .. } => Start::Response {
                status: *status,
                reason: self.text(*reason),
            },
        }
    }

    /// The method of a request; of a response, that of the request it answers (from its CSeq).
    pub fn method(&self) -> &Method {
        match &self.start {
            StartLine::Request { method, .. } | StartLine::Response { method, .. } => method,
        }
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            StartLine::Request { .. } => None,
            StartLine::Response { status, .. } => Some(*status),
        }
    }

    /// Whether it asks and does not answer.
    pub fn is_request(&self) -> bool {
        self.status().is_none()
    }

    /// The value of the first field of that name, unfolded and trimmed.
    pub fn header(&self, name: Name<'_>) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of all fields of that name, in order, each unfolded and trimmed.
    pub fn headers<'a>(&'a self, name: Name<'_>) -> impl Iterator<Item = &'a str> {
        let name = name.canonical();
        let of_name = move |field: &&Field| self.name_of(field) == name;
        let fields = self.fields.iter().filter(of_name);
        fields.map(|field| self.text(field.value))
    }

    /// The elements of all fields of that name, cut at the commas outside quotes and brackets.
    pub fn list<'a>(&'a self, name: Name<'_>) -> impl Iterator<Item = &'a str> {
        self.headers(name)
            .flat_map(|value| -> List<'a> { split(value, b',') })
    }

    /// Every field in order: its name, recognised, and its value.
    pub fn fields(&self) -> impl Iterator<Item = (Name<'_>, &str)> {
        let fields = self.fields.iter();
        fields.map(|field| (self.name_of(field), self.text(field.value)))
    }

    /// The body; empty where there is none.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The whole message written anew: names in their usual spelling, unfolded, with the length
    /// of the body. For traces and for sending on.
    pub fn to_bytes(&self) -> Vec<u8> {
        let builder = match self.start() {
            Start::Request { method, uri } => Builder::request(method, uri),
            Start::Response { status, reason } => Builder::response(status, reason),
        };
        let fields = self.fields();
        let others = fields.filter(|(name, _)| *name != Name::ContentLength);
        let builder = others.fold(builder, |builder, (name, value)| {
            builder.header(name, value)
        });
        builder.body_only(&self.body).build()
    }

    fn name_of(&self, field: &Field) -> Name<'_> {
        let other = || Name::Other(self.text(field.name));
        field.known.unwrap_or_else(other)
    }

    fn text(&self, span: Span) -> &str {
        self.head.get(span.range()).unwrap_or_default()
    }
}

/// First line and sizes only: headers hold names and numbers of people.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start() {
            Start::Request { method, .. } => write!(f, "{method} request")?,
            Start::Response { status, .. } => write!(f, "{status} to {}", self.method())?,
        }
        let (fields, body) = (self.fields.len(), self.body.len());
        write!(f, " with {fields} headers and {body} bytes of body")
    }
}

#[cfg(test)]
mod tests;

//! What can be wrong with a message, and how it is answered.

use super::{Message, Method};
use crate::sip::header::{Name, Syntax};

/// Bytes that are no good message.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// What is wrong: the first fault found.
    pub fault: Fault,
    /// What could be read of it; `None` if not even a first line.
    pub message: Option<Box<Message>>,
}

/// One thing that is wrong. Its text names the header, never what the peer wrote in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing, or nothing but line ends: a keep-alive, not a fault of anybody.
    #[error("Empty")]
    Empty,
    /// The first line is not one of SIP at all.
    #[error("Not SIP")]
    NotSip,
    /// The first line is nearly one.
    #[error("Bad First Line")]
    StartLine,
    /// A version other than SIP/2.0.
    #[error("Version Not Supported")]
    Version,
    /// More than [`super::MAX_MESSAGE`] bytes.
    #[error("Message Too Large")]
    TooLarge,
    /// More than [`super::MAX_HEADERS`] fields.
    #[error("Too Many Headers")]
    TooManyHeaders,
    /// A line among the headers that is none.
    #[error("Bad Header Line")]
    HeaderLine,
    /// The headers never end: cut off.
    #[error("Message Cut Off")]
    CutOff,
    /// Fewer bytes of body than Content-Length promises.
    #[error("Body Shorter Than Content-Length")]
    ShortBody,
    /// A header every message must have is absent.
    #[error("Missing {0}")]
    Missing(Name<'static>),
    /// A header that may be there once is there again.
    #[error("Repeated {0}")]
    Repeated(Name<'static>),
    /// A header whose value breaks its grammar.
    #[error("Bad {0}: {1}")]
    Invalid(Name<'static>, Syntax),
    /// The Request-URI breaks the grammar.
    #[error("Bad Request-URI: {0}")]
    RequestUri(Syntax),
    /// The method in CSeq is not that of the request.
    #[error("CSeq Does Not Match the Method")]
    MethodMismatch,
}

impl Malformed {
    /// The status to answer with. A method that we do not know is that first of all, whatever its
    /// CSeq says (RFC 4475 §3.1.2.18).
    pub fn status(&self) -> u16 {
        let method = self.message.as_deref().map(Message::method);
        let nobody_knows = method.is_some_and(|method| !method.is_known());
        if self.fault == Fault::MethodMismatch && nobody_knows {
            return 501;
        }
        self.fault.status()
    }

    /// The reason phrase of that answer: what is wrong, in words of ours.
    pub fn reason(&self) -> String {
        self.fault.to_string()
    }

    /// The request to answer, where an answer is possible and allowed: not to responses, not to
    /// ACK (RFC 3261 §17), and only with the Via that takes it back. Of what else an answer copies
    /// (§8.2.6.2) it has what there is. Where the topmost Via cannot be read, the answer goes back
    /// to where the request came from.
    pub fn answerable(&self) -> Option<&Message> {
        let message = self.message.as_deref()?;
        let can = message.is_request()
            && *message.method() != Method::Ack
            && message.header(Name::Via).is_some();
        can.then_some(message)
    }

    /// Whether it is but a keep-alive (RFC 5626 §3.5.1), to be ignored.
    pub fn is_keep_alive(&self) -> bool {
        self.fault == Fault::Empty
    }
}

impl Fault {
    /// The status that tells the peer.
    pub fn status(self) -> u16 {
        match self {
            Self::Version => 505,
            Self::TooLarge => 513,
            Self::Empty
            | Self::NotSip
            | Self::StartLine
            | Self::TooManyHeaders
            | Self::HeaderLine
            | Self::CutOff
            | Self::ShortBody
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Invalid(..)
            | Self::RequestUri(_)
            | Self::MethodMismatch => 400,
        }
    }
}

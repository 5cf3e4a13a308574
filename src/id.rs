//! The shared nouns: one newtype each, so that a leg is never taken for a call.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// A conversation from the first ring to the last goodbye: the conversation id of R98.
///
/// The upper 44 bits are the milliseconds since 1970 at which it began, so that ids sort by time
/// and two runs of one server never mint the same; the lower 20 are random. In JSON it is the text
/// of logs and file names: as a number it would be too long for many readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

impl CallId {
    /// Mints an id from the civil time in Unix milliseconds and a random number.
    pub fn mint(unix_millis: u64, random: u64) -> Self {
        Self(unix_millis << 20 | random & 0xF_FFFF)
    }

    /// Reads what `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| ALPHABET.iter().position(|&letter| letter == byte);
        if text.len() != 13 {
            return None;
        }
        text.bytes()
            .try_fold(0u64, |value, byte| {
                value.checked_mul(32)?.checked_add(digit(byte)? as u64)
            })
            .map(Self)
    }
}

/// Crockford's base 32, lower case: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'0'; 13];
        let mut rest = self.0;
        for letter in text.iter_mut().rev() {
            *letter = ALPHABET[(rest % 32) as usize];
            rest /= 32;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("no id of a call"))
    }
}

id! {
    /// One party's connection to the switch: a SIP dialog or a page, and its media.
    LegId(u64)
}
id! {
    /// A queue of the account.
    QueueId(u32)
}
id! {
    /// An agent of the account.
    AgentId(u32)
}
id! {
    /// A trunk: a peer that brings and takes calls without being an agent's phone.
    TrunkId(u32)
}
id! {
    /// A waiting strategy of the account.
    StrategyId(u32)
}
id! {
    /// Working hours of the account.
    HoursId(u32)
}
id! {
    /// What customers of some queues hear on hold.
    HoldId(u32)
}
id! {
    /// A callback configuration of the account.
    CallbackConfigId(u32)
}
id! {
    /// A call link configuration of the account.
    CallLinkConfigId(u32)
}
id! {
    /// A request to be called back.
    CallbackId(u64)
}
id! {
    /// Somebody who may log in.
    UserId(u32)
}
id! {
    /// A sound in the library: music, or a message already rendered.
    SoundId(u32)
}
id! {
    /// One file of a recording: what one leg said in one segment.
    RecordingId(u64)
}
id! {
    /// A connection of a page; a page that comes back has a new one.
    PageId(u64)
}
id! {
    /// A page as its user knows it, over all its connections: a customer's, or an agent's desk.
    VisitId(u64)
}
id! {
    /// A link by which customers call from a browser.
    LinkId(u64)
}
id! {
    /// Somebody outside who can be called.
    ContactId(u32)
}
id! {
    /// Where events are sent.
    WebhookId(u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_reads_back_and_sorts_by_time() {
        let (early, late) = (CallId::mint(1_000, 0xF_FFFF), CallId::mint(1_001, 0));
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(CallId::parse(&late.to_string()), Some(late));
        assert_eq!(CallId::parse("zzzzzzzzzzzzz"), None, "over 64 bits");
        assert_eq!(CallId::parse("not an id"), None);
    }

    #[test]
    fn a_call_id_is_text_in_json_as_everywhere_else() {
        let id = CallId::mint(1_700_000_000_000, 5);
        let json = serde_json::to_string(&id).expect("JSON");
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<CallId>(&json).ok(), Some(id));
        for wrong in ["5", "\"\"", "\"zzzzzzzzzzzzz\""] {
            serde_json::from_str::<CallId>(wrong).expect_err("no id");
        }
    }
}

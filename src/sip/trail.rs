//! The numbers that a call has been called by on its way through us, so that it does not go round for
//! ever although each of its legs is a call of its own (RFC 7332 §4.2, RFC 5393 §4).
//!
//! ```text
//!   INVITE 100 ─▶ us ─▶ INVITE 0301234, Trail: m(100) ─▶ carrier ─▶ INVITE 100, Trail: m(100): a loop
//!                                                               └─▶ INVITE 200, Trail: m(100): a spiral
//! ```
//!
//! A mark is a salt and a keyed hash of the number with it: no two are alike, and nobody but we can
//! tell what is behind one. What else is written in the header is passed on and means nothing.

use super::header::{Name, split};
use super::message::Message;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// More have gone round by numbers that are never the same.
const MAX_MARKS: usize = 16;
/// A salt of 32 bits and a hash of 64, in hex.
const LENGTH: usize = 24;

/// Marks of numbers that nobody but we can read. A call made because of another carries its trail.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Trail(Vec<String>);

/// Makes and knows marks.
#[derive(Clone, Copy)]
pub(super) struct Marker(pub(super) [u64; 2]);

impl Trail {
    /// The header it stands in.
    pub(super) const HEADER: Name<'static> = Name::Other("Cordboard-Trail");

    /// The trail of a call that has come in.
    pub(super) fn of(invite: &Message) -> Self {
        let elements = invite.headers(Self::HEADER);
        let elements = elements.flat_map(|value| split(value, b','));
        let marks = elements.filter(|mark| mark.len() == LENGTH);
        let marks = marks.filter(|mark| mark.bytes().all(|byte| byte.is_ascii_hexdigit()));
        Self(marks.take(MAX_MARKS + 1).map(str::to_owned).collect())
    }

    /// Whether a call to this number with this trail is one that goes round.
    pub(super) fn loops(&self, marker: Marker, number: &str) -> bool {
        let is_of = |mark: &String| {
            let salt = mark.get(..8).unwrap_or_default();
            *mark == marker.mark(salt, number)
        };
        self.0.len() > MAX_MARKS || self.0.iter().any(is_of)
    }

    /// The trail after one more number.
    pub(super) fn and(mut self, marker: Marker, salt: &str, number: &str) -> Self {
        self.0.push(marker.mark(salt, number));
        self
    }

    /// The value of the header; `None` where there is nothing to say.
    pub(super) fn written(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(", "))
    }
}

impl Marker {
    fn mark(self, salt: &str, number: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (self.0, salt, number).hash(&mut hasher);
        format!("{salt}{:016x}", hasher.finish())
    }
}

/// Without the marks: who has one can pass for a call that carries it.
impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trail of {}", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Marker = Marker([1, 2]);
    const OTHERS: Marker = Marker([1, 3]);

    #[test]
    fn a_number_that_comes_again_is_a_loop_and_another_is_a_spiral() {
        let trail = Trail::default().and(OURS, "00000001", "100");
        assert!(trail.loops(OURS, "100") && !trail.loops(OURS, "200"));
        assert!(!trail.loops(OTHERS, "100"), "a mark of another server");
        let trail = trail.and(OURS, "00000002", "200");
        assert!(trail.loops(OURS, "100") && trail.loops(OURS, "200"));
    }

    #[test]
    fn a_mark_tells_nothing_and_is_never_the_same() {
        let mark = |salt| {
            Trail::default()
                .and(OURS, salt, "100")
                .written()
                .expect("one")
        };
        let (one, other) = (mark("00000001"), mark("00000002"));
        assert_eq!((one.len(), other.len()), (LENGTH, LENGTH));
        assert_ne!(one.get(8..), other.get(8..));
    }

    #[test]
    fn it_is_read_as_it_is_written_and_what_is_no_mark_is_left_out() {
        let trail = Trail::default()
            .and(OURS, "00000001", "1")
            .and(OURS, "00000002", "2");
        let written = trail.written().expect("a value");
        let (one, two) = written.split_once(", ").expect("two");
        let read = of(&format!(
            "cordboard-trail: {one},,<script>\r\nCordboard-Trail : x, {two}\r\n"
        ));
        assert_eq!(read, trail);
        let endless = format!("Cordboard-Trail: {}\r\n", vec![one; 1000].join(","));
        let endless = of(&endless);
        assert!(endless.0.len() <= MAX_MARKS + 1 && endless.loops(OURS, "never"));
    }

    fn of(lines: &str) -> Trail {
        let invite = format!(
            "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:1@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{lines}\r\n"
        );
        Trail::of(&Message::parse(invite.into_bytes()).expect("an INVITE"))
    }
}

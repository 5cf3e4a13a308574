//! A number typed by a customer whose own is not known (D7): up to `#`; `*` begins anew.

use std::fmt;
use std::time::{Duration, Instant};

/// How long the first key, and each other one, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The digits of a number at most: E.164 with a prefix of four (ITU-T E.164 §6).
const MOST_DIGITS: usize = 19;

/// Keys that become a number: at first nothing has been typed, and the customer is being asked to.
#[derive(Default)]
pub struct Typing {
    digits: String,
    /// When it is given up; `None` while the request for it is heard and no key has come.
    until: Option<Instant>,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Typed {
    /// Nothing yet.
    More,
    /// The digits before `#`.
    Number(String),
    /// Nothing at all, or nothing for too long.
    GivenUp,
}

impl Typing {
    /// The customer has heard what to do.
    pub fn message_ended(&mut self, now: Instant) {
        self.until.get_or_insert(now + PATIENCE);
    }

    /// A key was pressed.
    pub fn pressed(&mut self, now: Instant, key: char) -> Typed {
        self.until = Some(now + PATIENCE);
        match key {
            '0'..='9' if self.digits.len() <= MOST_DIGITS => self.digits.push(key),
            '#' => {
                let digits = std::mem::take(&mut self.digits);
                return match digits.len() {
                    1..=MOST_DIGITS => Typed::Number(digits),
                    // With one cut off, somebody else would be called.
                    _ => Typed::GivenUp,
                };
            }
            '*' => self.digits.clear(),
            // More than too many, or a key that few telephones have.
            _ => {}
        }
        Typed::More
    }

    /// A deadline may have passed.
    pub fn due(&self, now: Instant) -> Typed {
        match self.until {
            Some(until) if until <= now => Typed::GivenUp,
            Some(_) | None => Typed::More,
        }
    }

    /// When to ask [`Typing::due`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.until
    }
}

impl fmt::Debug for Typing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typing").finish_non_exhaustive()
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::More => "More",
            Self::Number(_) => "Number(…)",
            Self::GivenUp => "GivenUp",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Typed {
        let (mut typing, now) = (Typing::default(), super::super::super::some_instant());
        let mut said = keys.chars().map(|key| typing.pressed(now, key));
        said.find(|said| *said != Typed::More)
            .unwrap_or(Typed::More)
    }

    #[test]
    fn d7_a_number_ends_with_the_hash_key() {
        assert_eq!(typed("030555#1"), Typed::Number("030555".into()));
        assert_eq!(typed("030555"), Typed::More);
        assert_eq!(typed("99*030555#"), Typed::Number("030555".into()), "anew");
        assert_eq!(typed("#"), Typed::GivenUp);
    }

    #[test]
    fn d7_who_types_nothing_more_has_given_up() {
        let (mut typing, now) = (Typing::default(), super::super::super::some_instant());
        assert_eq!(typing.poll_timeout(), None, "it is being explained");
        typing.message_ended(now);
        assert_eq!(typing.due(now + PATIENCE), Typed::GivenUp);
        let later = now + PATIENCE / 2;
        assert_eq!(typing.pressed(later, '1'), Typed::More);
        assert_eq!(typing.due(now + PATIENCE), Typed::More);
        assert_eq!(typing.due(later + PATIENCE), Typed::GivenUp);
    }

    #[test]
    fn nobody_types_for_ever() {
        let most = "1".repeat(MOST_DIGITS);
        assert_eq!(typed(&format!("{most}#")), Typed::Number(most.clone()));
        assert_eq!(typed(&format!("{most}{most}{most}#")), Typed::GivenUp);
        assert!(!format!("{:?}", typed("12#")).contains('1'));
    }
}

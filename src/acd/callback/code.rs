//! Response codes: which one a customer has pressed (R77–R82, D11).
//!
//! ```text
//!   the message begins ─▶ Listening ──end of the message──▶ Waiting, `wait` long ──▶ Nothing
//!                          │  ▲                              │  ▲
//!                          └──┴── a key, at any time ────────┴──┘
//!                                 is a code, and no longer one begins so ─▶ Code
//!                                 no code begins so ──────────────────────▶ Invalid, listens on
//!                                 3 s without another ──▶ the code so far, or Invalid
//! ```
//!
//! What is invalid is forgotten, and the time to press begins anew.

use std::fmt;
use std::time::{Duration, Instant};

/// Between two keys of one code at most (D11).
const INTER_DIGIT: Duration = Duration::from_secs(3);

/// Keys that become one of several codes. `T` is what a code stands for.
pub struct Collector<T> {
    codes: Vec<(String, T)>,
    /// From the end of the message on (R78).
    wait: Duration,
    pressed: String,
    /// When the last key came.
    last: Option<Instant>,
    /// When nothing is awaited any more; `None` while the message is heard.
    until: Option<Instant>,
}

/// What the keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<T> {
    /// Nothing yet.
    More,
    /// A code.
    Code(T),
    /// No code begins with what was pressed: forgotten.
    Invalid,
    /// The time is over.
    Nothing,
}

impl<T: Copy> Collector<T> {
    /// Listens for these codes while a message is heard, and for so long after its end.
    pub fn new(codes: impl IntoIterator<Item = (String, T)>, wait: Duration) -> Self {
        Self {
            codes: codes.into_iter().collect(),
            wait,
            pressed: String::new(),
            last: None,
            until: None,
        }
    }

    /// The message has been heard to its end.
    pub fn message_ended(&mut self, now: Instant) {
        self.until.get_or_insert(now + self.wait);
    }

    /// A key was pressed.
    pub fn pressed(&mut self, now: Instant, key: char) -> Heard<T> {
        if self.is_over(now) {
            return Heard::Nothing;
        }
        self.pressed.push(key);
        self.last = Some(now);
        let longer = |(code, _): &&(String, T)| {
            code.len() > self.pressed.len() && code.starts_with(&self.pressed)
        };
        match (self.whole(), self.codes.iter().find(longer)) {
            (_, Some(_)) => Heard::More,
            (Some(code), None) => self.found(code),
            (None, None) => self.forget(now),
        }
    }

    /// A deadline may have passed.
    pub fn due(&mut self, now: Instant) -> Heard<T> {
        match (self.next_key_by(), self.whole()) {
            (Some(at), Some(code)) if at <= now => self.found(code),
            (Some(at), None) if at <= now => self.forget(now),
            (Some(_), _) => Heard::More,
            (None, _) if self.is_over(now) => Heard::Nothing,
            (None, _) => Heard::More,
        }
    }

    /// When to ask [`Collector::due`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_key_by().or(self.until)
    }

    fn next_key_by(&self) -> Option<Instant> {
        self.last.map(|last| last + INTER_DIGIT)
    }

    fn is_over(&self, now: Instant) -> bool {
        self.last.is_none() && self.until.is_some_and(|until| until <= now)
    }

    /// The code that was pressed as it stands.
    fn whole(&self) -> Option<T> {
        let mut codes = self.codes.iter();
        let code = codes.find(|(code, _)| *code == self.pressed);
        code.map(|(_, meaning)| *meaning)
    }

    fn found(&mut self, code: T) -> Heard<T> {
        (self.pressed, self.last) = (String::new(), None);
        Heard::Code(code)
    }

    fn forget(&mut self, now: Instant) -> Heard<T> {
        (self.pressed, self.last) = (String::new(), None);
        self.until = self.until.map(|_| now + self.wait);
        Heard::Invalid
    }
}

/// Without the keys: they are nobody's business in a log.
impl<T> fmt::Debug for Collector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    /// A collector, and a time in seconds from its beginning.
    fn collector(codes: &[&str]) -> (Collector<usize>, impl Fn(f64) -> Instant) {
        let start = super::super::super::some_instant();
        let codes = codes.iter().enumerate();
        let codes = codes.map(|(index, code)| ((*code).to_owned(), index));
        let at = move |seconds| start + Duration::from_secs_f64(seconds);
        (Collector::new(codes, WAIT), at)
    }

    #[test]
    fn r81_a_code_pressed_during_the_message_counts_at_once() {
        let (mut collector, at) = collector(&["1", "*9"]);
        assert_eq!(collector.pressed(at(0.0), '*'), Heard::More);
        assert_eq!(collector.pressed(at(2.0), '9'), Heard::Code(1));
    }

    #[test]
    fn r78_codes_are_awaited_so_long_after_the_message() {
        let (mut collector, at) = collector(&["1"]);
        assert_eq!(collector.poll_timeout(), None, "the message may be long");
        collector.message_ended(at(10.0));
        assert_eq!(collector.poll_timeout(), Some(at(15.0)));
        assert_eq!(collector.due(at(14.9)), Heard::More);
        assert_eq!(collector.due(at(15.0)), Heard::Nothing);
        assert_eq!(collector.pressed(at(15.0), '1'), Heard::Nothing, "too late");
    }

    #[test]
    fn r81_the_longest_code_counts_once_no_other_key_follows() {
        let (mut collector, at) = collector(&["1", "12", "123"]);
        assert_eq!(collector.pressed(at(0.0), '1'), Heard::More);
        assert_eq!(collector.due(at(2.9)), Heard::More);
        assert_eq!(collector.due(at(3.0)), Heard::Code(0));
        for key in "12".chars() {
            assert_eq!(collector.pressed(at(4.0), key), Heard::More);
        }
        assert_eq!(collector.poll_timeout(), Some(at(7.0)));
        assert_eq!(collector.due(at(7.0)), Heard::Code(1));
        for key in "12".chars() {
            assert_eq!(collector.pressed(at(8.0), key), Heard::More);
        }
        assert_eq!(
            collector.pressed(at(8.0), '3'),
            Heard::Code(2),
            "no longer one"
        );
    }

    #[test]
    fn r82_what_is_no_code_is_forgotten_and_the_customer_may_try_again() {
        let (mut collector, at) = collector(&["12", "3"]);
        collector.message_ended(at(0.0));
        assert_eq!(collector.pressed(at(4.0), '7'), Heard::Invalid);
        assert_eq!(
            collector.poll_timeout(),
            Some(at(9.0)),
            "the time begins anew"
        );
        assert_eq!(collector.pressed(at(5.0), '1'), Heard::More);
        assert_eq!(
            collector.pressed(at(5.5), '3'),
            Heard::Invalid,
            "13 is none"
        );
        assert_eq!(collector.pressed(at(6.0), '3'), Heard::Code(1));
    }

    #[test]
    fn a_code_that_was_begun_in_time_may_be_finished() {
        let (mut collector, at) = collector(&["12"]);
        collector.message_ended(at(0.0));
        assert_eq!(collector.pressed(at(4.9), '1'), Heard::More);
        assert_eq!(collector.due(at(5.0)), Heard::More);
        assert_eq!(collector.pressed(at(7.8), '2'), Heard::Code(0));
    }

    #[test]
    fn half_a_code_is_none() {
        let (mut collector, at) = collector(&["12"]);
        collector.message_ended(at(0.0));
        assert_eq!(collector.pressed(at(1.0), '1'), Heard::More);
        assert_eq!(collector.due(at(4.0)), Heard::Invalid);
        assert_eq!(collector.due(at(9.0)), Heard::Nothing);
    }

    #[test]
    fn no_key_is_in_a_log() {
        let (mut collector, at) = collector(&["12"]);
        assert_eq!(collector.pressed(at(0.0), '1'), Heard::More);
        assert!(!format!("{collector:?}").contains('1'));
    }
}

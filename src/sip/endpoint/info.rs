//! Keys in INFO requests, in the two bodies that phones send. No RFC describes them: RFC 2976 has only
//! the method, and `application/dtmf-relay` is a habit of phones and gateways that became common.
//!
//! ```text
//!   Content-Type: application/dtmf-relay        Content-Type: application/dtmf
//!
//!   Signal=5                                    5
//!   Duration=160
//! ```
//!
//! Read with forgiveness: any case and spacing, bare line feeds, either body under either type, keys
//! by their event codes (`10` is `*`, `11` is `#`, `12` to `15` are `A` to `D`). Ours are of the first
//! kind, which says how long; to a peer that refuses its type (415), of the second. One follows when the
//! one before has been answered, so that they arrive in their order.
//!
//! Before the answer there are keys, too, as networks have menus: in early dialogs in which sound has been
//! agreed on.

use super::Endpoint;
use super::requests::{Draft, Purpose};
use super::session::{Session, State};
use crate::sip::SessionId;
use crate::sip::message::Message;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const RELAY: &str = "application/dtmf-relay";
const PLAIN: &str = "application/dtmf";
/// Nobody needs more for a key.
const MAX_BODY: usize = 256;
/// How long a press lasts that does not say so.
const USUAL: Duration = Duration::from_millis(100);
/// Longer presses are not believed.
const LONGEST: Duration = Duration::from_secs(10);
/// By event code (RFC 4733 §3.2).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// Keys that wait for their turn; of more, the last ones are left out.
const MAX_WAITING: usize = 32;

/// What the peer is to be told of.
#[derive(Debug, Default)]
pub(super) struct Keys {
    waiting: VecDeque<(char, Duration)>,
    /// The one that is on its way.
    told: Option<(char, Duration)>,
    /// The peer does not take the body that says how long.
    plain: bool,
}

impl Keys {
    /// The dialog in which one was told is no more.
    pub(super) fn forget_told(&mut self) {
        self.told = None;
    }
}

impl Endpoint {
    /// The peer is to be told of a key.
    pub(super) fn key_pressed(
        &mut self,
        now: Instant,
        id: SessionId,
        digit: char,
        duration: Duration,
    ) {
        let session = self.sessions.get_mut(&id);
        let session = session.filter(|session| session.keys.waiting.len() < MAX_WAITING);
        if let Some(session) = session
            && session.key_peer().is_some()
        {
            session.keys.waiting.push_back((digit, duration));
        }
        self.tell_key(now, id);
        self.settle(id);
    }

    /// An INFO of ours has its answer. Of a dialog that the peer does not know (RFC 3261 §12.2.1.2)
    /// nothing is left; a refusal of the body is met with the other one, and any other costs this key.
    pub(super) fn key_answered(&mut self, now: Instant, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let told = session.keys.told.take();
        if status == 415 && !session.keys.plain {
            session.keys.plain = true;
            session.keys.waiting.extend(told);
            session
                .keys
                .waiting
                .rotate_right(usize::from(told.is_some()));
        }
        if status == 481 && session.talking().is_some() {
            return self.end_lost(now, id, "a request was not answered");
        }
        self.tell_key(now, id);
    }

    /// Tells the next key, if it is its turn.
    pub(super) fn tell_key(&mut self, now: Instant, id: SessionId) {
        let session = self.sessions.get_mut(&id);
        let Some(session) = session.filter(|session| session.keys.told.is_none()) else {
            return;
        };
        let Some(tag) = session.key_peer().map(str::to_owned) else {
            return;
        };
        let Some((digit, duration)) = session.keys.waiting.pop_front() else {
            return;
        };
        session.keys.told = Some((digit, duration));
        let (kind, body) = match session.keys.plain {
            true => (PLAIN, digit.to_string()),
            false => {
                let milliseconds = duration.as_millis();
                let body = format!("Signal={digit}\r\nDuration={milliseconds}\r\n");
                (RELAY, body)
            }
        };
        let draft = Draft {
            purpose: Purpose::Info,
            tag: &tag,
            headers: vec![],
            body: Some((kind, body.as_bytes())),
        };
        self.send_within(now, id, &draft);
    }
}

impl Session {
    /// The tag of the peer that can be told of keys now.
    fn key_peer(&self) -> Option<&str> {
        match &self.state {
            State::Talking(talking) => {
                let stays = talking.hang_up.is_none();
                stays.then(|| talking.dialog.remote_tag())
            }
            State::Invited(invited) => {
                let provisionals = &invited.provisionals;
                let agreed = provisionals.described() && !provisionals.holds_2xx();
                agreed.then(|| invited.dialog.remote_tag())
            }
            State::Calling { .. } => {
                let early = self.early_with(&self.told);
                let agreed = early.filter(|early| early.answer.is_some());
                agreed.map(|early| early.dialog.remote_tag())
            }
            State::Ending(_) | State::Over => None,
        }
    }
}

/// The key that an INFO tells of, one of `0-9*#A-D`, and how long it was pressed; `None` if it tells
/// of something else.
pub(super) fn key_of(info: &Message) -> Option<(char, Duration)> {
    let types = [RELAY, PLAIN];
    let is_key = types.iter().any(|known| info.is_content(known));
    read(info.body()).filter(|_| is_key)
}

fn read(body: &[u8]) -> Option<(char, Duration)> {
    let text = std::str::from_utf8(body.get(..MAX_BODY).unwrap_or(body)).ok()?;
    let (mut signal, mut duration) = (None, USUAL);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
        {
            Some((name, value)) if name.eq_ignore_ascii_case("signal") => {
                signal = signal.or(Some(value));
            }
            Some((name, value)) if name.eq_ignore_ascii_case("duration") => {
                let said = value.parse().ok().map(Duration::from_millis);
                duration = said.unwrap_or(USUAL).min(LONGEST);
            }
            Some(_) => {}
            None => signal = signal.or(Some(line)),
        }
    }
    Some((key(signal?)?, duration))
}

/// A key by its own sign, or by its event code.
fn key(signal: &str) -> Option<char> {
    let index = match signal.as_bytes() {
        [sign] => KEYS.iter().position(|key| key.eq_ignore_ascii_case(sign)),
        [b'0'..=b'9', b'0'..=b'9'] => signal.parse().ok(),
        _ => None,
    };
    KEYS.get(index?).copied().map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn told(body: &str) -> Option<(char, u64)> {
        let (key, duration) = read(body.as_bytes())?;
        Some((key, duration.as_millis() as u64))
    }

    #[test]
    fn both_bodies_are_read() {
        assert_eq!(told("Signal=5\r\nDuration=160\r\n"), Some(('5', 160)));
        assert_eq!(told("5"), Some(('5', 100)));
        for key in "0123456789*#ABCD".chars() {
            assert_eq!(
                told(&format!("Signal={key}\r\nDuration=250\r\n")),
                Some((key, 250))
            );
            assert_eq!(told(&key.to_string()), Some((key, 100)));
        }
    }

    #[test]
    fn habits_of_phones_are_forgiven() {
        assert_eq!(told("Signal= 5\r\nDuration= 160\r\n\r\n"), Some(('5', 160)));
        assert_eq!(told("signal = * \nDURATION=90\n"), Some(('*', 90)));
        assert_eq!(told("Duration=90\r\nSignal=#"), Some(('#', 90)));
        assert_eq!(told("Signal=10\r\n"), Some(('*', 100)));
        assert_eq!(told("11\r\n"), Some(('#', 100)));
        assert_eq!(told("Signal=d"), Some(('D', 100)));
        assert_eq!(told("Signal=15"), Some(('D', 100)));
        assert_eq!(told("Signal=1\r\nDuration=soon"), Some(('1', 100)));
        assert_eq!(told("Signal=1\r\nDuration=4000000000"), Some(('1', 10_000)));
        assert_eq!(
            told("Signal=1\r\nSignal=2"),
            Some(('1', 100)),
            "the first one counts"
        );
    }

    #[test]
    fn what_is_no_key_is_none() {
        for body in [
            "",
            "\r\n",
            "Signal=",
            "Signal=16",
            "Signal=!",
            "Signal=55555",
            "Duration=160",
            "x",
            "-1",
            "+5",
            "٣",
        ] {
            assert_eq!(told(body), None, "{body:?}");
        }
        assert_eq!(read(&[0xff; 300]), None);
    }

    #[test]
    fn whatever_the_bytes_are_reading_ends() {
        let mut random = Random::seeded(1);
        for _ in 0..20_000 {
            let mut body = b"Signal=5\r\nDuration=160\r\n".to_vec();
            for _ in 0..random.below(6) {
                let at = random.below(body.len() as u64) as usize;
                match random.below(3) {
                    0 => body[at] = random.u32() as u8,
                    1 => body.truncate(at + 1),
                    _ => body.insert(at, random.u32() as u8),
                }
            }
            if let Some((key, duration)) = read(&body) {
                assert!(KEYS.contains(&(key as u8)) && duration <= LONGEST);
            }
        }
    }
}

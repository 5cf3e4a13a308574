//! Our wish to change or refresh a session, until the peer has answered it (RFC 3261 §14.1,
//! RFC 3311 §5.1).
//!
//! ```text
//!            nothing else is open
//!   Wanted ───────────────────────▶ Sent ──2xx, other refusals──▶ gone
//!     ▲                              │
//!     └── 491: 2.1–4 s, or 0–2 s ────┤
//!     └── 500: Retry-After ──────────┘
//! ```

use crate::random::Random;
use std::time::{Duration, Instant};

/// How often one change is tried before its refusal counts.
const TRIES: u8 = 8;
/// A longer Retry-After of a 500 is as good as a no.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// What our user offers.
    Offer(Vec<u8>),
    /// Nothing: the peer is asked whether it is still there (RFC 4028 §7.4).
    Refresh,
}

/// A change of ours.
#[derive(Clone, Debug)]
pub struct Change {
    /// What for.
    pub aim: Aim,
    state: State,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not before that.
    Wanted(Instant),
    Sent,
}

/// A refusal, and what we know of it.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The seconds that it asks to wait.
    pub retry_after: Option<u32>,
    /// Whether the INVITE that made the dialog was ours.
    pub our_call_id: bool,
}

impl Change {
    /// Wanted now.
    pub fn new(now: Instant, aim: Aim) -> Self {
        Self {
            aim,
            state: State::Wanted(now),
            tries: 0,
        }
    }

    /// When it is to be sent, if nothing stands against it.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Wanted(at) => Some(at),
            State::Sent => None,
        }
    }

    /// Whether the peer has it and has not answered.
    pub fn is_open(&self) -> bool {
        self.state == State::Sent
    }

    /// It is being sent.
    pub fn sent(&mut self) {
        self.state = State::Sent;
        self.tries += 1;
    }

    /// Its terms have been refused and mended: it is wanted again at once.
    pub fn mended(&mut self, now: Instant) -> bool {
        self.state = State::Wanted(now);
        self.tries < TRIES
    }

    /// The peer has refused it. Says whether it is tried again.
    pub fn refused(&mut self, now: Instant, why: Refused, random: &mut Random) -> bool {
        let wait = match (why.status, why.retry_after) {
            // §14.1: who owns the Call-ID waits longer, so that the two do not meet again.
            (491, _) if why.our_call_id => 2100 + 10 * random.below(191),
            (491, _) => 10 * random.below(201),
            // §14.2: ours has come before theirs was answered.
            (500, Some(seconds)) => u64::from(seconds) * 1000,
            (_, _) => return false,
        };
        let wait = Duration::from_millis(wait);
        self.state = State::Wanted(now + wait);
        self.tries < TRIES && wait <= LONGEST_WAIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_owns_the_call_id_waits_from_2_1_to_4_s_and_the_other_up_to_2_s_in_steps_of_10_ms() {
        let (mut random, now) = (Random::seeded(1), Instant::now());
        let mut seen = [(u128::MAX, 0), (u128::MAX, 0)];
        for _ in 0..4000 {
            for (ours, (least, most)) in [true, false].into_iter().zip(&mut seen) {
                let mut change = sent(now);
                assert!(change.refused(now, refused(491, None, ours), &mut random));
                let wait = (change.due().expect("a time") - now).as_millis();
                assert_eq!(wait % 10, 0);
                (*least, *most) = ((*least).min(wait), (*most).max(wait));
            }
        }
        assert_eq!(seen, [(2100, 4000), (0, 2000)]);
    }

    #[test]
    fn a_500_is_tried_again_when_it_says_when_and_other_refusals_are_final() {
        let (mut random, now) = (Random::seeded(1), Instant::now());
        let mut change = sent(now);
        assert!(change.refused(now, refused(500, Some(7), true), &mut random));
        assert_eq!(change.due(), Some(now + Duration::from_secs(7)));
        for (status, after) in [(500, None), (500, Some(3600)), (488, Some(1)), (603, None)] {
            let why = refused(status, after, true);
            assert!(!sent(now).refused(now, why, &mut random), "{status}");
        }
    }

    #[test]
    fn two_that_refuse_each_other_for_ever_give_up() {
        let (mut random, now) = (Random::seeded(1), Instant::now());
        let mut change = sent(now);
        let mut tries = 1;
        while change.refused(now, refused(491, None, false), &mut random) {
            change.sent();
            tries += 1;
        }
        assert_eq!(tries, TRIES);
    }

    fn sent(now: Instant) -> Change {
        let mut change = Change::new(now, Aim::Refresh);
        change.sent();
        assert!(change.is_open());
        change
    }

    fn refused(status: u16, retry_after: Option<u32>, our_call_id: bool) -> Refused {
        Refused {
            status,
            retry_after,
            our_call_id,
        }
    }
}

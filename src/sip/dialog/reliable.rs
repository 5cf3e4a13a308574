//! Provisional responses that the caller must acknowledge, seen from the callee (RFC 3262 §3).
//!
//! ```text
//!           one is sent                    PRACK
//!   Free ────────────────▶ Unacknowledged ───────▶ Free ─▶ the next, or the 2xx that waits
//!                              │ repeated: T1, 2·T1, 4·T1 …
//!                              └─ 64·T1 ─▶ the INVITE is refused
//! ```
//!
//! A second one is not sent before the first is acknowledged, so the order is always that of RSeq.

use crate::sip::transaction::{Backoff, Timing};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// More wait for no PRACK; of those without a description the oldest gives way.
const MAX_WAITING: usize = 4;

/// The reliable provisional responses to one INVITE.
#[derive(Clone, Debug)]
pub struct Provisionals {
    last: u32,
    open: Option<Open>,
    waiting: VecDeque<Next>,
    /// A description has gone out in one: offer and answer are exchanged before the 2xx.
    described: bool,
}

/// One that is to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// 101–199.
    pub status: u16,
    /// Its description.
    pub sdp: Option<Vec<u8>>,
}

impl Next {
    /// That somebody is at it, and nothing more is known.
    pub const STILL_TRYING: Self = Self {
        status: 183,
        sdp: None,
    };
}

#[derive(Clone, Debug)]
struct Open {
    rseq: u32,
    status: u16,
    bytes: Vec<u8>,
    has_sdp: bool,
    again: Backoff,
    until: Instant,
}

/// What a deadline asks for.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// The response, once more.
    Send(u16, Vec<u8>),
    /// No PRACK within 64·T1.
    NoPrack,
}

impl Provisionals {
    /// None so far. RSeq begins anywhere from 1 to 2^31 − 1.
    pub fn new(first: u32) -> Self {
        Self {
            last: (first >> 2).max(1),
            open: None,
            waiting: VecDeque::new(),
            described: false,
        }
    }

    /// One more is wanted: gives it back with its RSeq if it is its turn.
    pub fn want(&mut self, next: Next) -> Option<(u32, Next)> {
        if self.open.is_none() {
            return Some((self.last + 1, next));
        }
        if self.waiting.len() >= MAX_WAITING {
            let dull = self.waiting.iter().position(|next| next.sdp.is_none());
            self.waiting.remove(dull.unwrap_or(0));
        }
        self.waiting.push_back(next);
        None
    }

    /// The one with this RSeq is being sent.
    pub fn sent(&mut self, now: Instant, rseq: u32, next: &Next, bytes: Vec<u8>, timing: Timing) {
        self.last = rseq;
        self.described |= next.sdp.is_some();
        // It doubles without the cap of T2.
        let again = Backoff::new(now, timing.t1, Duration::MAX / 4);
        self.open = Some(Open {
            rseq,
            status: next.status,
            bytes,
            has_sdp: next.sdp.is_some(),
            again,
            until: now + timing.patience(),
        });
    }

    /// A PRACK for this RSeq. `None`: it fits none that is open. Says whether that one had a
    /// description.
    pub fn acknowledged(&mut self, rseq: u32) -> Option<bool> {
        let open = self.open.take_if(|open| open.rseq == rseq)?;
        Some(open.has_sdp)
    }

    /// The next that has waited, if it is its turn.
    pub fn take_next(&mut self) -> Option<(u32, Next)> {
        if self.open.is_some() {
            return None;
        }
        self.waiting.pop_front().map(|next| (self.last + 1, next))
    }

    /// Whether a 2xx has to wait: one with a description is not acknowledged.
    pub fn holds_2xx(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.has_sdp)
    }

    /// Whether a description has gone out.
    pub fn described(&self) -> bool {
        self.described
    }

    /// Whether one has gone out, or waits to.
    pub fn has_described(&self) -> bool {
        self.described || self.waiting.iter().any(|next| next.sdp.is_some())
    }

    /// The one that is not acknowledged: after the final response it is repeated no more, and its
    /// PRACK may still come.
    pub fn open(&self) -> Option<u32> {
        self.open.as_ref().map(|open| open.rseq)
    }

    /// When to call [`Provisionals::timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let open = self.open.as_ref()?;
        Some(open.again.due().min(open.until))
    }

    /// The deadline may have passed.
    pub fn timeout(&mut self, now: Instant) -> Option<Effect> {
        let open = self.open.as_mut()?;
        if open.until <= now {
            self.open = None;
            return Some(Effect::NoPrack);
        }
        let due = open.again.fire(now);
        due.then(|| Effect::Send(open.status, open.bytes.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_repeated_in_doubling_intervals_until_64_t1() {
        let (mut provisionals, start) = (Provisionals::new(0), Instant::now());
        ring(&mut provisionals, start, None);
        let mut at = vec![];
        loop {
            let now = provisionals.poll_timeout().expect("a deadline");
            at.push((now - start).as_millis());
            match provisionals.timeout(now) {
                Some(Effect::Send(180, _)) => {}
                Some(Effect::NoPrack) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(at, [500, 1500, 3500, 7500, 15_500, 31_500, 32_000]);
        assert_eq!(provisionals.poll_timeout(), None);
    }

    #[test]
    fn the_next_waits_for_the_prack_and_has_the_next_number() {
        let (mut provisionals, now) = (Provisionals::new(400), Instant::now());
        let first = ring(&mut provisionals, now, Some(vec![1]));
        assert_eq!(first, Some(101));
        assert!(provisionals.holds_2xx() && provisionals.described());
        assert_eq!(ring(&mut provisionals, now, None), None);
        assert_eq!(provisionals.acknowledged(100), None, "another number");
        assert_eq!(provisionals.acknowledged(101), Some(true));
        assert_eq!(provisionals.acknowledged(101), None, "a second time");
        let (rseq, next) = provisionals.take_next().expect("it has waited");
        assert_eq!((rseq, next.sdp), (102, None));
        assert!(!provisionals.holds_2xx());
    }

    #[test]
    fn few_wait_and_those_with_a_description_stay() {
        let (mut provisionals, now) = (Provisionals::new(0), Instant::now());
        ring(&mut provisionals, now, None);
        ring(&mut provisionals, now, Some(vec![1]));
        (0..50).for_each(|_| assert_eq!(ring(&mut provisionals, now, None), None));
        assert_eq!(provisionals.waiting.len(), MAX_WAITING);
        assert!(provisionals.waiting.iter().any(|next| next.sdp.is_some()));
    }

    fn ring(provisionals: &mut Provisionals, now: Instant, sdp: Option<Vec<u8>>) -> Option<u32> {
        let (rseq, next) = provisionals.want(Next { status: 180, sdp })?;
        provisionals.sent(now, rseq, &next, vec![], Timing::default());
        Some(rseq)
    }
}

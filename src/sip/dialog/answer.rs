//! A 2xx to an INVITE, repeated by the callee until its ACK comes (RFC 3261 §13.3.1.4).
//!
//! The transaction does not do it: through proxies, the ACK comes end to end. It is repeated
//! over reliable transports, too, as a hop behind them may lose it.

use crate::sip::transaction::{Backoff, Timing};
use std::time::Instant;

/// A 2xx that waits for its ACK.
#[derive(Clone, Debug)]
pub struct Answer {
    bytes: Vec<u8>,
    cseq: u32,
    again: Backoff,
    until: Instant,
}

/// What an answer wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// The 2xx, once more.
    Send(Vec<u8>),
    /// No ACK within 64·T1: the session is to be ended with a BYE.
    NoAck,
}

impl Answer {
    /// The 2xx in `bytes` is being sent now.
    pub fn new(now: Instant, bytes: Vec<u8>, cseq: u32, timing: Timing) -> Self {
        Self {
            bytes,
            cseq,
            again: Backoff::new(now, timing.t1, timing.t2),
            until: now + timing.patience(),
        }
    }

    /// Whether an ACK with this number is the one awaited.
    pub fn is_for(&self, cseq: u32) -> bool {
        self.cseq == cseq
    }

    /// When to call [`Answer::timeout`].
    pub fn poll_timeout(&self) -> Instant {
        self.again.due().min(self.until)
    }

    /// The deadline may have passed.
    pub fn timeout(&mut self, now: Instant) -> Option<Effect> {
        if self.until <= now {
            return Some(Effect::NoAck);
        }
        self.again
            .fire(now)
            .then(|| Effect::Send(self.bytes.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_repeated_from_t1_to_t2_until_64_t1() {
        let start = Instant::now();
        let mut answer = Answer::new(start, vec![2], 1, Timing::default());
        let mut at = vec![];
        loop {
            let now = answer.poll_timeout();
            match answer.timeout(now) {
                Some(Effect::Send(_)) => at.push((now - start).as_millis()),
                Some(Effect::NoAck) => break at.push((now - start).as_millis()),
                None => panic!("nothing due at a deadline"),
            }
        }
        let expected = [
            500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500, 32000,
        ];
        assert_eq!(at, expected);
        assert_eq!(answer.timeout(start), None, "not yet");
    }
}

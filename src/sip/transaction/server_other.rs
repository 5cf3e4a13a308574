//! The server transaction of every method but INVITE: RFC 3261 §17.2.2.
//!
//! ```text
//!             request
//!                │
//!                ▼
//!             Trying ───────────200–699──┐
//!                │ 100–199               ▼
//!                ▼                   Completed ──J──▶ Terminated
//!            Proceeding ──200–699──▶     │
//! ```

use super::{Response, Timing};
use std::time::Instant;

/// One request received, until nobody can repeat it any more.
#[derive(Debug)]
pub struct ServerOther {
    state: State,
    reliable: bool,
    timing: Timing,
}

#[derive(Debug)]
enum State {
    Trying,
    Proceeding { last: Vec<u8> },
    Completed { last: Vec<u8>, timer_j: Instant },
    Terminated,
}

/// What happens to the transaction.
#[derive(Debug)]
pub enum Event {
    /// The peer sent the request again.
    Retransmission,
    /// The transaction user answers.
    Respond(Response),
    /// The deadline from [`ServerOther::poll_timeout`] may have passed.
    Timeout,
}

/// What the transaction wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Bytes for the peer.
    Send(Vec<u8>),
}

impl ServerOther {
    /// Enters Trying: nothing is sent until the user answers.
    pub fn new(reliable: bool, timing: Timing) -> Self {
        Self {
            state: State::Trying,
            reliable,
            timing,
        }
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Retransmission => self.retransmission(out),
            Event::Respond(response) => self.respond(now, response, out),
            Event::Timeout => self.timeout(now),
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Trying | State::Proceeding { .. } | State::Terminated => None,
            State::Completed { timer_j, .. } => Some(*timer_j),
        }
    }

    /// Whether the transaction may be forgotten.
    pub fn is_terminated(&self) -> bool {
        matches!(self.state, State::Terminated)
    }

    fn respond(&mut self, now: Instant, response: Response, out: &mut Vec<Effect>) {
        match &self.state {
            State::Trying | State::Proceeding { .. } => {}
            // §17.2.2: any other final response is discarded.
            State::Completed { .. } | State::Terminated => return,
        }
        out.push(Effect::Send(response.bytes.clone()));
        self.state = match response.status {
            100..200 => State::Proceeding {
                last: response.bytes,
            },
            // Timer J is zero over a reliable transport.
            _ if self.reliable => State::Terminated,
            _ => State::Completed {
                last: response.bytes,
                timer_j: now + self.timing.patience(),
            },
        };
    }

    fn retransmission(&self, out: &mut Vec<Effect>) {
        match &self.state {
            State::Proceeding { last } | State::Completed { last, .. } => {
                out.push(Effect::Send(last.clone()));
            }
            State::Trying | State::Terminated => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        match &self.state {
            State::Completed { timer_j, .. } if *timer_j <= now => self.state = State::Terminated,
            State::Trying
            | State::Proceeding { .. }
            | State::Completed { .. }
            | State::Terminated => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_repeated_request_gets_the_same_answer_until_timer_j() {
        let mut tx = ServerOther::new(false, Timing::default());
        let now = Instant::now();
        assert_eq!(sent(&mut tx, now, Event::Retransmission), None, "Trying");
        assert_eq!(sent(&mut tx, now, respond(100)), Some(100));
        assert_eq!(sent(&mut tx, now, Event::Retransmission), Some(100));
        assert_eq!(sent(&mut tx, now, respond(200)), Some(200));
        assert_eq!(sent(&mut tx, now, Event::Retransmission), Some(200));
        assert_eq!(sent(&mut tx, now, respond(404)), None, "one final response");
        let timer_j = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(timer_j));
        sent(&mut tx, timer_j, Event::Timeout);
        assert!(tx.is_terminated());
    }

    #[test]
    fn over_a_connection_the_answer_ends_it() {
        let mut tx = ServerOther::new(true, Timing::default());
        sent(&mut tx, Instant::now(), respond(200));
        assert!(tx.is_terminated(), "timer J is zero");
    }

    fn respond(status: u16) -> Event {
        Event::Respond(Response {
            status,
            bytes: status.to_be_bytes().to_vec(),
        })
    }

    fn sent(tx: &mut ServerOther, now: Instant, event: Event) -> Option<u16> {
        let mut out = vec![];
        tx.handle(now, event, &mut out);
        let Effect::Send(bytes) = out.pop()?;
        Some(u16::from_be_bytes(bytes.try_into().expect("a status")))
    }
}

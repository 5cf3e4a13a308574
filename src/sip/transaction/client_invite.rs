//! The INVITE client transaction: RFC 3261 §17.1.1, with the Accepted state of RFC 6026 §8.4.
//!
//! ```text
//!               INVITE
//!                 ▼
//!              Calling ──B, transport──▶ Terminated
//!      100–199 │   │  │ 2xx
//!              ▼   │  └────────▶ Accepted ──M──▶ Terminated
//!       Proceeding │ 2xx ──────▶     ▲
//!              │   │ 300–699 (ACK)
//!              ▼   ▼
//!             Completed ──D──▶ Terminated
//! ```

use super::{Backoff, Timing};
use std::time::Instant;

/// One INVITE sent, until no response to it can come any more.
#[derive(Debug)]
pub struct ClientInvite {
    state: State,
    reliable: bool,
    timing: Timing,
}

#[derive(Debug)]
enum State {
    Calling {
        request: Vec<u8>,
        timer_a: Option<Backoff>,
        timer_b: Instant,
    },
    /// A person may take any time, unless the user has given up (§9.1).
    Proceeding {
        give_up: Option<Instant>,
    },
    Accepted {
        timer_m: Instant,
    },
    Completed {
        ack: Vec<u8>,
        timer_d: Instant,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Debug)]
pub enum Event {
    /// A response of 100–199.
    Provisional,
    /// A response of 200–299.
    Success,
    /// A response of 300–699, and the ACK to it, already written (§17.1.1.3).
    Failure {
        /// For each time this response comes.
        ack: Vec<u8>,
    },
    /// The user has sent a CANCEL: a final response must come within 64·T1 (§9.1).
    Cancelled,
    /// The transport could not deliver the request.
    TransportFailed,
    /// The deadline from [`ClientInvite::poll_timeout`] may have passed.
    Timeout,
}

/// What the transaction wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Bytes for the peer.
    Send(Vec<u8>),
    /// The response is new to the user.
    Deliver,
    /// Timer B, or no final response after a CANCEL: to the user a 408.
    Expired,
    /// To the user a 503 (§8.1.3.1).
    Unreachable,
}

impl ClientInvite {
    /// Enters Calling and sends the INVITE.
    pub fn new(
        now: Instant,
        request: Vec<u8>,
        reliable: bool,
        timing: Timing,
        out: &mut Vec<Effect>,
    ) -> Self {
        out.push(Effect::Send(request.clone()));
        Self {
            state: State::Calling {
                request,
                // §17.1.1.2: timer A knows no cap but the end of timer B.
                timer_a: (!reliable).then(|| Backoff::new(now, timing.t1, timing.patience())),
                timer_b: now + timing.patience(),
            },
            reliable,
            timing,
        }
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Provisional => self.provisional(out),
            Event::Success => self.success(now, out),
            Event::Failure { ack } => self.failure(now, ack, out),
            Event::Cancelled => self.cancelled(now),
            Event::TransportFailed => self.transport_failed(out),
            Event::Timeout => self.timeout(now, out),
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Calling {
                timer_a, timer_b, ..
            } => Some(timer_a.map_or(*timer_b, |a| a.due().min(*timer_b))),
            State::Proceeding { give_up } => *give_up,
            State::Accepted { timer_m: due } | State::Completed { timer_d: due, .. } => Some(*due),
            State::Terminated => None,
        }
    }

    /// Whether the transaction may be forgotten.
    pub fn is_terminated(&self) -> bool {
        matches!(self.state, State::Terminated)
    }

    fn provisional(&mut self, out: &mut Vec<Effect>) {
        match &self.state {
            State::Calling { .. } => self.state = State::Proceeding { give_up: None },
            State::Proceeding { .. } => {}
            State::Accepted { .. } | State::Completed { .. } | State::Terminated => return,
        }
        out.push(Effect::Deliver);
    }

    fn success(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &self.state {
            State::Calling { .. } | State::Proceeding { .. } => {
                self.state = State::Accepted {
                    timer_m: now + self.timing.patience(),
                };
                out.push(Effect::Deliver);
            }
            // RFC 6026 §8.4: a repeated or forked 2xx is the user's to acknowledge.
            State::Accepted { .. } => out.push(Effect::Deliver),
            State::Completed { .. } | State::Terminated => {}
        }
    }

    fn failure(&mut self, now: Instant, ack: Vec<u8>, out: &mut Vec<Effect>) {
        match &self.state {
            State::Calling { .. } | State::Proceeding { .. } => {
                out.push(Effect::Send(ack.clone()));
                out.push(Effect::Deliver);
                // Timer D is zero over a reliable transport.
                self.state = if self.reliable {
                    State::Terminated
                } else {
                    let timer_d = now + self.timing.patience();
                    State::Completed { ack, timer_d }
                };
            }
            State::Completed { ack, .. } => out.push(Effect::Send(ack.clone())),
            State::Accepted { .. } | State::Terminated => {}
        }
    }

    fn cancelled(&mut self, now: Instant) {
        match &self.state {
            State::Proceeding { give_up: None } => {
                self.state = State::Proceeding {
                    give_up: Some(now + self.timing.patience()),
                };
            }
            State::Calling { .. }
            | State::Proceeding { .. }
            | State::Accepted { .. }
            | State::Completed { .. }
            | State::Terminated => {}
        }
    }

    fn transport_failed(&mut self, out: &mut Vec<Effect>) {
        match &self.state {
            State::Calling { .. } | State::Proceeding { .. } => {
                self.state = State::Terminated;
                out.push(Effect::Unreachable);
            }
            State::Accepted { .. } | State::Completed { .. } | State::Terminated => {}
        }
    }

    fn timeout(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &mut self.state {
            State::Calling { timer_b: due, .. } | State::Proceeding { give_up: Some(due) }
                if *due <= now =>
            {
                out.push(Effect::Expired);
                self.state = State::Terminated;
            }
            State::Calling {
                request,
                timer_a: Some(timer_a),
                ..
            } => {
                if timer_a.fire(now) {
                    out.push(Effect::Send(request.clone()));
                }
            }
            State::Accepted { timer_m: due } | State::Completed { timer_d: due, .. }
                if *due <= now =>
            {
                self.state = State::Terminated;
            }
            State::Calling { .. }
            | State::Proceeding { .. }
            | State::Accepted { .. }
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
    fn an_invite_is_repeated_by_timer_a_until_timer_b() {
        let start = Instant::now();
        let mut tx = invite(start, false);
        let mut at = vec![];
        let end = loop {
            let now = tx.poll_timeout().expect("Calling waits for A or B");
            match step(&mut tx, now, Event::Timeout).pop() {
                Some(Effect::Send(_)) => at.push((now - start).as_millis()),
                other => break (other, now - start),
            }
        };
        assert_eq!(at, [500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(end, (Some(Effect::Expired), Duration::from_secs(32)));
        assert!(tx.is_terminated());
    }

    #[test]
    fn over_a_connection_there_is_no_timer_a_and_no_timer_d() {
        let now = Instant::now();
        let mut tx = invite(now, true);
        assert_eq!(tx.poll_timeout(), Some(now + Duration::from_secs(32)));
        step(&mut tx, now, failure());
        assert!(tx.is_terminated());
    }

    #[test]
    fn a_provisional_response_stops_the_repetition_for_any_time() {
        let now = Instant::now();
        let mut tx = invite(now, false);
        assert_eq!(step(&mut tx, now, Event::Provisional), [Effect::Deliver]);
        assert_eq!(tx.poll_timeout(), None);
        assert_eq!(step(&mut tx, now, Event::Provisional), [Effect::Deliver]);
    }

    #[test]
    fn a_refusal_is_acknowledged_each_time_and_told_once() {
        let now = Instant::now();
        let mut tx = invite(now, false);
        let first = step(&mut tx, now, failure());
        assert_eq!(first, [Effect::Send(vec![b'A']), Effect::Deliver]);
        let again = step(&mut tx, now, failure());
        assert_eq!(again, [Effect::Send(vec![b'A'])]);
        let timer_d = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(timer_d));
        step(&mut tx, timer_d, Event::Timeout);
        assert!(tx.is_terminated());
    }

    #[test]
    fn every_2xx_is_told_until_timer_m() {
        let now = Instant::now();
        let mut tx = invite(now, false);
        assert_eq!(step(&mut tx, now, Event::Success), [Effect::Deliver]);
        assert_eq!(step(&mut tx, now, Event::Success), [Effect::Deliver]);
        assert_eq!(step(&mut tx, now, failure()), [], "RFC 6026 §8.4");
        let timer_m = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(timer_m));
        step(&mut tx, timer_m, Event::Timeout);
        assert!(tx.is_terminated());
    }

    #[test]
    fn a_cancelled_invite_without_final_response_expires() {
        let now = Instant::now();
        let mut tx = invite(now, false);
        step(&mut tx, now, Event::Provisional);
        step(&mut tx, now, Event::Cancelled);
        let due = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(due), "§9.1: 64·T1");
        assert_eq!(step(&mut tx, due, Event::Timeout), [Effect::Expired]);
        assert!(tx.is_terminated());
    }

    #[test]
    fn a_broken_transport_ends_it() {
        let now = Instant::now();
        let mut tx = invite(now, true);
        let out = step(&mut tx, now, Event::TransportFailed);
        assert_eq!(out, [Effect::Unreachable]);
        assert!(tx.is_terminated());
    }

    fn invite(now: Instant, reliable: bool) -> ClientInvite {
        let mut out = vec![];
        let tx = ClientInvite::new(now, vec![b'I'], reliable, Timing::default(), &mut out);
        assert_eq!(out, [Effect::Send(vec![b'I'])]);
        tx
    }

    fn failure() -> Event {
        Event::Failure { ack: vec![b'A'] }
    }

    fn step(tx: &mut ClientInvite, now: Instant, event: Event) -> Vec<Effect> {
        let mut out = vec![];
        tx.handle(now, event, &mut out);
        out
    }
}

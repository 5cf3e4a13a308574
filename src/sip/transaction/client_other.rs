//! The client transaction of every method but INVITE: RFC 3261 §17.1.2.
//!
//! ```text
//!             request
//!                ▼
//!             Trying ──F, transport──▶ Terminated
//!       100–199 │  │ 200–699
//!               ▼  └──────────────────┐
//!          Proceeding ──F──▶ Terminated│
//!               │ 200–699             ▼
//!               └────────────────▶ Completed ──K──▶ Terminated
//! ```

use super::{Backoff, Timing};
use std::time::Instant;

/// One request sent, until no response to it can come any more.
#[derive(Debug)]
pub struct ClientOther {
    state: State,
    reliable: bool,
    timing: Timing,
}

#[derive(Debug)]
enum State {
    /// Trying, and Proceeding once a provisional response has come: they differ in timer E only.
    Waiting {
        request: Vec<u8>,
        timer_e: Option<Backoff>,
        timer_f: Instant,
    },
    Completed {
        timer_k: Instant,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Debug)]
pub enum Event {
    /// A response of 100–199.
    Provisional,
    /// A response of 200–699.
    Final,
    /// The transport could not deliver the request.
    TransportFailed,
    /// The deadline from [`ClientOther::poll_timeout`] may have passed.
    Timeout,
}

/// What the transaction wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Bytes for the peer.
    Send(Vec<u8>),
    /// The response is new to the user.
    Deliver,
    /// Timer F: to the user a 408.
    Expired,
    /// To the user a 503 (§8.1.3.1).
    Unreachable,
}

impl ClientOther {
    /// Enters Trying and sends the request.
    pub fn new(
        now: Instant,
        request: Vec<u8>,
        reliable: bool,
        timing: Timing,
        out: &mut Vec<Effect>,
    ) -> Self {
        out.push(Effect::Send(request.clone()));
        Self {
            state: State::Waiting {
                request,
                timer_e: (!reliable).then(|| Backoff::new(now, timing.t1, timing.t2)),
                timer_f: now + timing.patience(),
            },
            reliable,
            timing,
        }
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Provisional => self.provisional(out),
            Event::Final => self.complete(now, out),
            Event::TransportFailed => self.transport_failed(out),
            Event::Timeout => self.timeout(now, out),
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting {
                timer_e, timer_f, ..
            } => Some(timer_e.map_or(*timer_f, |e| e.due().min(*timer_f))),
            State::Completed { timer_k } => Some(*timer_k),
            State::Terminated => None,
        }
    }

    /// Whether the transaction may be forgotten.
    pub fn is_terminated(&self) -> bool {
        matches!(self.state, State::Terminated)
    }

    fn provisional(&mut self, out: &mut Vec<Effect>) {
        match &mut self.state {
            State::Waiting { timer_e, .. } => {
                // §17.1.2.2: in Proceeding timer E runs at T2.
                if let Some(timer_e) = timer_e {
                    timer_e.slow_down();
                }
                out.push(Effect::Deliver);
            }
            State::Completed { .. } | State::Terminated => {}
        }
    }

    fn complete(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &self.state {
            State::Waiting { .. } => {
                out.push(Effect::Deliver);
                // Timer K is zero over a reliable transport.
                self.state = if self.reliable {
                    State::Terminated
                } else {
                    State::Completed {
                        timer_k: now + self.timing.t4,
                    }
                };
            }
            State::Completed { .. } | State::Terminated => {}
        }
    }

    fn transport_failed(&mut self, out: &mut Vec<Effect>) {
        match &self.state {
            State::Waiting { .. } => {
                self.state = State::Terminated;
                out.push(Effect::Unreachable);
            }
            State::Completed { .. } | State::Terminated => {}
        }
    }

    fn timeout(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &mut self.state {
            State::Waiting { timer_f, .. } if *timer_f <= now => {
                out.push(Effect::Expired);
                self.state = State::Terminated;
            }
            State::Waiting {
                request,
                timer_e: Some(timer_e),
                ..
            } => {
                if timer_e.fire(now) {
                    out.push(Effect::Send(request.clone()));
                }
            }
            State::Completed { timer_k } if *timer_k <= now => self.state = State::Terminated,
            State::Waiting { .. } | State::Completed { .. } | State::Terminated => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_request_is_repeated_by_timer_e_until_timer_f() {
        let start = Instant::now();
        let mut tx = bye(start, false);
        let (at, end) = repetitions(&mut tx, start);
        let expected = [
            500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500,
        ];
        assert_eq!(at, expected);
        assert_eq!(end, (Some(Effect::Expired), Duration::from_secs(32)));
    }

    #[test]
    fn after_a_provisional_response_timer_e_runs_at_t2() {
        let start = Instant::now();
        let mut tx = bye(start, false);
        assert_eq!(step(&mut tx, start, Event::Provisional), [Effect::Deliver]);
        let (at, _) = repetitions(&mut tx, start);
        assert_eq!(at, [500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]);
    }

    #[test]
    fn the_answer_is_told_once_and_timer_k_absorbs_the_rest() {
        let now = Instant::now();
        let mut tx = bye(now, false);
        assert_eq!(step(&mut tx, now, Event::Final), [Effect::Deliver]);
        assert_eq!(step(&mut tx, now, Event::Final), []);
        let timer_k = now + Duration::from_secs(5);
        assert_eq!(tx.poll_timeout(), Some(timer_k));
        step(&mut tx, timer_k, Event::Timeout);
        assert!(tx.is_terminated());
    }

    #[test]
    fn over_a_connection_nothing_is_repeated_and_timer_k_is_zero() {
        let now = Instant::now();
        let mut tx = bye(now, true);
        assert_eq!(tx.poll_timeout(), Some(now + Duration::from_secs(32)));
        step(&mut tx, now, Event::Final);
        assert!(tx.is_terminated());
    }

    #[test]
    fn a_broken_transport_ends_it() {
        let now = Instant::now();
        let mut tx = bye(now, true);
        let out = step(&mut tx, now, Event::TransportFailed);
        assert_eq!(out, [Effect::Unreachable]);
        assert!(tx.is_terminated());
    }

    fn bye(now: Instant, reliable: bool) -> ClientOther {
        ClientOther::new(now, vec![], reliable, Timing::default(), &mut vec![])
    }

    fn repetitions(
        tx: &mut ClientOther,
        start: Instant,
    ) -> (Vec<u128>, (Option<Effect>, Duration)) {
        let mut at = vec![];
        loop {
            let now = tx.poll_timeout().expect("E or F");
            match step(tx, now, Event::Timeout).pop() {
                Some(Effect::Send(_)) => at.push((now - start).as_millis()),
                other => return (at, (other, now - start)),
            }
        }
    }

    fn step(tx: &mut ClientOther, now: Instant, event: Event) -> Vec<Effect> {
        let mut out = vec![];
        tx.handle(now, event, &mut out);
        out
    }
}

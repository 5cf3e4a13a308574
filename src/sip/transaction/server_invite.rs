//! The INVITE server transaction: RFC 3261 §17.2.1, with the Accepted state of RFC 6026 §7.1.
//!
//! ```text
//!               INVITE
//!                 │ 100
//!                 ▼
//!            Proceeding ──2xx──▶ Accepted ──L──▶ Terminated
//!                 │ 300–699
//!                 ▼
//!             Completed ──ACK──▶ Confirmed ──I──▶ Terminated
//!                 └──────H──▶ Terminated (no ACK)
//! ```

use super::{Backoff, Response, Timing};
use std::time::Instant;

/// One INVITE received, from its 100 until nobody can repeat it any more.
#[derive(Debug)]
pub struct ServerInvite {
    state: State,
    reliable: bool,
    timing: Timing,
}

/// A deadline lives in the state that waits for it, so leaving the state cancels it.
#[derive(Debug)]
enum State {
    Proceeding {
        last: Response,
    },
    Accepted {
        timer_l: Instant,
    },
    Completed {
        last: Response,
        timer_g: Option<Backoff>,
        timer_h: Instant,
    },
    Confirmed {
        timer_i: Instant,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Debug)]
pub enum Event {
    /// The peer sent the INVITE again.
    Retransmission,
    /// An ACK with the branch of the INVITE.
    Ack,
    /// The transaction user answers.
    Respond(Response),
    /// The deadline from [`ServerInvite::poll_timeout`] may have passed.
    Timeout,
}

/// What the transaction wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Bytes for the peer.
    Send(Vec<u8>),
    /// The ACK of a 2xx belongs to the dialog, not to the transaction.
    PassAck,
    /// Timer H: the final response was never acknowledged.
    NoAck,
}

impl ServerInvite {
    /// Enters Proceeding and answers 100 at once, as a person takes longer than 200 ms.
    pub fn new(trying: Response, reliable: bool, timing: Timing, out: &mut Vec<Effect>) -> Self {
        out.push(Effect::Send(trying.bytes.clone()));
        Self {
            state: State::Proceeding { last: trying },
            reliable,
            timing,
        }
    }

    /// Enters Completed: nobody has to think about the answer.
    pub fn refused(
        now: Instant,
        refusal: Response,
        reliable: bool,
        timing: Timing,
        out: &mut Vec<Effect>,
    ) -> Self {
        let mut machine = Self {
            state: State::Proceeding {
                last: refusal.clone(),
            },
            reliable,
            timing,
        };
        machine.respond(now, refusal, out);
        machine
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Retransmission => self.retransmission(out),
            Event::Ack => self.ack(now, out),
            Event::Respond(response) => self.respond(now, response, out),
            Event::Timeout => self.timeout(now, out),
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Proceeding { .. } | State::Terminated => None,
            State::Accepted { timer_l: due } | State::Confirmed { timer_i: due } => Some(*due),
            State::Completed {
                timer_g, timer_h, ..
            } => Some(timer_g.map_or(*timer_h, |g| g.due().min(*timer_h))),
        }
    }

    /// Whether no final response has been given: a CANCEL still has something to cancel.
    pub fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    /// Whether the transaction may be forgotten.
    pub fn is_terminated(&self) -> bool {
        matches!(self.state, State::Terminated)
    }

    fn respond(&mut self, now: Instant, response: Response, out: &mut Vec<Effect>) {
        match &self.state {
            State::Proceeding { .. } => {}
            // RFC 6026 §7.1: the 2xx is the user's to repeat; the transaction only passes it on.
            State::Accepted { .. } => return out.push(Effect::Send(response.bytes)),
            State::Completed { .. } | State::Confirmed { .. } | State::Terminated => return,
        }
        out.push(Effect::Send(response.bytes.clone()));
        self.state = match response.status {
            100..200 => State::Proceeding { last: response },
            200..300 => State::Accepted {
                timer_l: now + self.timing.patience(),
            },
            _ => State::Completed {
                last: response,
                timer_g: (!self.reliable)
                    .then(|| Backoff::new(now, self.timing.t1, self.timing.t2)),
                timer_h: now + self.timing.patience(),
            },
        };
    }

    fn retransmission(&self, out: &mut Vec<Effect>) {
        match &self.state {
            State::Proceeding { last } | State::Completed { last, .. } => {
                out.push(Effect::Send(last.bytes.clone()));
            }
            State::Accepted { .. } | State::Confirmed { .. } | State::Terminated => {}
        }
    }

    fn ack(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &self.state {
            // §17.2.1: over a reliable transport timer I is zero.
            State::Completed { .. } if self.reliable => self.state = State::Terminated,
            State::Completed { .. } => {
                self.state = State::Confirmed {
                    timer_i: now + self.timing.t4,
                };
            }
            State::Accepted { .. } => out.push(Effect::PassAck),
            State::Proceeding { .. } | State::Confirmed { .. } | State::Terminated => {}
        }
    }

    fn timeout(&mut self, now: Instant, out: &mut Vec<Effect>) {
        match &mut self.state {
            State::Completed { timer_h, .. } if *timer_h <= now => {
                out.push(Effect::NoAck);
                self.state = State::Terminated;
            }
            State::Completed {
                last,
                timer_g: Some(timer_g),
                ..
            } => {
                if timer_g.fire(now) {
                    out.push(Effect::Send(last.bytes.clone()));
                }
            }
            State::Accepted { timer_l: due } | State::Confirmed { timer_i: due } if *due <= now => {
                self.state = State::Terminated;
            }
            State::Proceeding { .. }
            | State::Accepted { .. }
            | State::Completed { .. }
            | State::Confirmed { .. }
            | State::Terminated => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_refusal_is_repeated_by_timer_g_until_timer_h() {
        let (mut tx, start) = (invite(false), Instant::now());
        assert_eq!(sent(&mut tx, start, respond(486)), 1);
        // T1 doubled up to T2, for 64·T1.
        let mut at = vec![];
        let no_ack = loop {
            let now = tx.poll_timeout().expect("Completed waits for G or H");
            let mut out = vec![];
            tx.handle(now, Event::Timeout, &mut out);
            match out.pop() {
                Some(Effect::Send(_)) => at.push((now - start).as_millis()),
                other => break (other, now - start),
            }
        };
        let expected = [
            500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500,
        ];
        assert_eq!(at, expected);
        assert_eq!(no_ack, (Some(Effect::NoAck), Duration::from_secs(32)));
        assert!(tx.is_terminated());
    }

    #[test]
    fn over_a_connection_a_refusal_is_sent_once_and_its_ack_ends_all() {
        let (mut tx, now) = (invite(true), Instant::now());
        sent(&mut tx, now, respond(486));
        let timer_h = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(timer_h), "no timer G");
        sent(&mut tx, now, Event::Ack);
        assert!(tx.is_terminated(), "timer I is zero");
    }

    #[test]
    fn an_ack_stops_the_repetition_and_timer_i_absorbs_the_rest() {
        let (mut tx, now) = (invite(false), Instant::now());
        sent(&mut tx, now, respond(486));
        sent(&mut tx, now, Event::Ack);
        let timer_i = now + Duration::from_secs(5);
        assert_eq!(tx.poll_timeout(), Some(timer_i));
        assert_eq!(sent(&mut tx, now, Event::Retransmission), 0);
        sent(&mut tx, timer_i, Event::Timeout);
        assert!(tx.is_terminated());
    }

    #[test]
    fn a_repeated_invite_gets_the_last_provisional_response() {
        let (mut tx, now) = (invite(false), Instant::now());
        assert_eq!(sent(&mut tx, now, Event::Retransmission), 1);
        sent(&mut tx, now, respond(180));
        let mut out = vec![];
        tx.handle(now, Event::Retransmission, &mut out);
        assert_eq!(out, [Effect::Send(vec![180])]);
        assert_eq!(tx.poll_timeout(), None);
    }

    #[test]
    fn a_2xx_is_the_dialogs_to_repeat_and_timer_l_absorbs_the_invites() {
        let (mut tx, now) = (invite(false), Instant::now());
        sent(&mut tx, now, respond(200));
        assert_eq!(sent(&mut tx, now, Event::Retransmission), 0);
        assert_eq!(sent(&mut tx, now, respond(200)), 1, "passed on");
        let mut out = vec![];
        tx.handle(now, Event::Ack, &mut out);
        assert_eq!(out, [Effect::PassAck]);
        let timer_l = now + Duration::from_secs(32);
        assert_eq!(tx.poll_timeout(), Some(timer_l));
        sent(&mut tx, timer_l, Event::Timeout);
        assert!(tx.is_terminated());
    }

    fn invite(reliable: bool) -> ServerInvite {
        let trying = Response {
            status: 100,
            bytes: vec![100],
        };
        ServerInvite::new(trying, reliable, Timing::default(), &mut vec![])
    }

    fn respond(status: u16) -> Event {
        Event::Respond(Response {
            status,
            bytes: vec![status as u8],
        })
    }

    fn sent(tx: &mut ServerInvite, now: Instant, event: Event) -> usize {
        let mut out = vec![];
        tx.handle(now, event, &mut out);
        out.iter()
            .filter(|effect| matches!(effect, Effect::Send(_)))
            .count()
    }
}

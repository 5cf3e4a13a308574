//! Whether a carrier lives: OPTIONS from time to time (RFC 3261 §11).
//!
//! ```text
//!            every N s                       answer
//!   Waiting ────────────▶ Asking ─┬─────────────────────▶ up,   Waiting N s
//!      ▲                          ├─ 503 or none: 1st ──▶ as it was, Waiting 5 s
//!      └──────────────────────────┴─ 2nd in a row ──────▶ down, Waiting 5 s, 10 s, … N s
//! ```
//!
//! Any answer but 503 shows that somebody is there who would take calls, were it a 404 or a
//! challenge. Each miss goes on to the next hop, and all have been asked before a carrier is down.

use super::PeerState;
use crate::random::Random;
use std::time::{Duration, Instant};

/// Misses in a row before a carrier is down.
const MISSES: usize = 2;

/// The first wait after a miss.
const SOON: Duration = Duration::from_secs(5);

/// The health of one carrier.
#[derive(Debug)]
pub struct Pulse {
    every: Duration,
    /// The places of the carrier.
    hops: usize,
    /// The one to be asked next.
    hop: usize,
    /// Misses in a row.
    missed: usize,
    /// `None` before the first verdict.
    up: Option<bool>,
    /// When to ask; `None` while an answer is awaited.
    due: Option<Instant>,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A final response with this status.
    Answered(u16),
    /// There was none: 408, or 503 where the hop could not be reached.
    Failed(u16),
    /// The deadline may have passed.
    Timeout,
}

/// What it wants done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// OPTIONS to this hop.
    Ask(usize),
    /// News for the user.
    Tell(PeerState),
}

impl Pulse {
    /// The first question is asked within 5 s, so that a hundred carriers are not asked at once.
    pub fn new(now: Instant, every: Duration, hops: usize, random: &mut Random) -> Self {
        Self {
            every,
            hops,
            hop: 0,
            missed: 0,
            up: None,
            due: Some(now + SOON.mul_f64(fraction(random))),
        }
    }

    /// Advances the machine; what is to be done is pushed to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: Event,
        random: &mut Random,
        out: &mut Vec<Effect>,
    ) {
        match event {
            Event::Answered(503) => self.miss(now, 503, random, out),
            Event::Answered(status) => self.answered(now, status, random, out),
            Event::Failed(status) => self.miss(now, status, random, out),
            Event::Timeout if self.due.is_some_and(|due| due <= now) => {
                self.due = None;
                match self.hops {
                    0 => self.miss(now, 503, random, out),
                    hops => out.push(Effect::Ask(self.hop % hops)),
                }
            }
            Event::Timeout => {}
        }
    }

    /// When to call with [`Event::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The carrier is now found at so many places.
    pub fn moved(&mut self, hops: usize) {
        (self.hops, self.hop) = (hops, 0);
    }

    fn answered(&mut self, now: Instant, status: u16, random: &mut Random, out: &mut Vec<Effect>) {
        self.missed = 0;
        self.wait(now, self.every, random);
        if self.up != Some(true) {
            self.up = Some(true);
            out.push(Effect::Tell(PeerState::Up { status }));
        }
    }

    fn miss(&mut self, now: Instant, status: u16, random: &mut Random, out: &mut Vec<Effect>) {
        self.missed = self.missed.saturating_add(1);
        self.hop = (self.hop + 1) % self.hops.max(1);
        let enough = MISSES.max(self.hops);
        let beyond = u32::try_from(self.missed.saturating_sub(enough)).unwrap_or(u32::MAX);
        let wait = SOON.saturating_mul(1 << beyond.min(10));
        self.wait(now, wait.min(self.every), random);
        if self.missed >= enough && self.up != Some(false) {
            self.up = Some(false);
            out.push(Effect::Tell(PeerState::Down { status }));
        }
    }

    /// A tenth earlier or later.
    fn wait(&mut self, now: Instant, wait: Duration, random: &mut Random) {
        self.due = Some(now + wait.mul_f64(0.9 + fraction(random) / 5.0));
    }
}

/// From 0 to 1.
fn fraction(random: &mut Random) -> f64 {
    f64::from(random.u32()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_misses_make_it_down_and_one_answer_up() {
        let mut life = Life::new(30, 1);
        life.ask();
        assert_eq!(
            life.told(Event::Answered(404)),
            [up(404)],
            "somebody is there"
        );
        life.ask();
        assert_eq!(life.told(Event::Answered(200)), []);
        life.ask();
        assert_eq!(life.told(Event::Failed(408)), []);
        assert!(life.ask() < 6.0, "soon again");
        assert_eq!(life.told(Event::Answered(503)), [down(503)]);
        let waits: Vec<_> = (0..4).map(|_| life.misses()).collect();
        assert!(
            waits[0] < 6.0 && waits[1] > 8.0 && waits[3] > 26.0,
            "{waits:?}"
        );
        life.ask();
        assert_eq!(life.told(Event::Answered(401)), [up(401)]);
        assert!(life.ask() > 26.0);
    }

    #[test]
    fn a_single_miss_is_forgotten() {
        let mut life = Life::new(30, 1);
        for _ in 0..5 {
            life.ask();
            assert_eq!(life.told(Event::Failed(408)), []);
            life.ask();
            life.told(Event::Answered(200));
        }
        assert_eq!(life.pulse.up, Some(true));
    }

    #[test]
    fn every_place_is_asked_before_it_is_down() {
        let mut life = Life::new(30, 3);
        let mut asked = vec![];
        for _ in 0..2 {
            life.ask();
            asked.push(life.asked);
            assert_eq!(life.told(Event::Failed(503)), []);
        }
        life.ask();
        asked.push(life.asked);
        assert_eq!(asked, [0, 1, 2]);
        assert_eq!(life.told(Event::Failed(408)), [down(408)]);
    }

    #[test]
    fn a_carrier_that_is_nowhere_is_down() {
        let mut life = Life::new(30, 0);
        let mut all = vec![];
        for _ in 0..3 {
            life.now = life.pulse.poll_timeout().expect("a deadline");
            all.extend(life.told(Event::Timeout));
        }
        assert_eq!(all, [down(503)]);
    }

    struct Life {
        pulse: Pulse,
        now: Instant,
        random: Random,
        asked: usize,
    }

    impl Life {
        fn new(every: u64, hops: usize) -> Self {
            let (now, mut random) = (Instant::now(), Random::seeded(1));
            let pulse = Pulse::new(now, Duration::from_secs(every), hops, &mut random);
            Self {
                pulse,
                now,
                random,
                asked: 0,
            }
        }

        /// Until the next question: the seconds.
        fn ask(&mut self) -> f64 {
            let due = self.pulse.poll_timeout().expect("a deadline");
            let waited = (due - self.now).as_secs_f64();
            self.now = due;
            let mut out = vec![];
            self.pulse
                .handle(due, Event::Timeout, &mut self.random, &mut out);
            let [Effect::Ask(hop)] = out[..] else {
                panic!("{out:?}");
            };
            self.asked = hop;
            waited
        }

        fn misses(&mut self) -> f64 {
            let waited = self.ask();
            assert_eq!(self.told(Event::Failed(408)), []);
            waited
        }

        fn told(&mut self, event: Event) -> Vec<Effect> {
            let mut out = vec![];
            self.pulse
                .handle(self.now, event, &mut self.random, &mut out);
            out
        }
    }

    fn up(status: u16) -> Effect {
        Effect::Tell(PeerState::Up { status })
    }

    fn down(status: u16) -> Effect {
        Effect::Tell(PeerState::Down { status })
    }
}

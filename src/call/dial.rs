//! A number outside, dialled through one trunk after the other until one takes the call; or a colleague,
//! whose phone is the only way. Transfers and callbacks dial by it, too.
//!
//! ```text
//!   next ──▶ Trying ──nothing heard for 4 s, and there is another way──────────────┐
//!              │  ╲── 408, 5xx: the trunk's fault (F12) ───────────────────────────┤
//!         100  │   ╲── 4xx, 6xx: the callee's word (486, 404, 603 …) ──▶ Refused   │
//!              ▼                                                                   ▼
//!            Heard ──180, 183──▶ Ringing ──customer call timeout (R50)──▶      another way?
//!              │                   │                            Unanswered   yes: next, no: Refused
//!              └───── 200 ─────────┴──▶ Answered
//! ```
//!
//! A way is a trunk and one of the places where it is reached. A trunk that has answered with a fault
//! is not asked at its other places; one that has not answered is (RFC 3263 §4.3).

use super::record::{self, AgentName, Destination};
use crate::clock::Clock;
use crate::id::{AgentId, TrunkId};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A way that has not said a word for so long is no way, if there is another: 8·T1, in which a lost
/// INVITE has been repeated three times (RFC 3261 §17.1.1.2).
const SILENCE: Duration = Duration::from_secs(4);
/// Ways that are tried for one call at most.
const MOST_WAYS: usize = 16;

/// By what somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A trunk, and one of the places where it is reached.
    Trunk {
        /// Which trunk.
        trunk: TrunkId,
        /// Its first place, its second…
        place: usize,
    },
    /// The phone, or the desk, of an agent.
    Colleague(AgentId),
}

impl Way {
    fn trunk(self) -> Option<TrunkId> {
        match self {
            Self::Trunk { trunk, .. } => Some(trunk),
            Self::Colleague(_) => None,
        }
    }
}

/// Who is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A number outside.
    Number(String),
    /// Another agent.
    Colleague(AgentName),
}

impl Whom {
    /// The agent, if it is one.
    pub fn colleague(&self) -> Option<AgentId> {
        match self {
            Self::Number(_) => None,
            Self::Colleague(agent) => Some(agent.id),
        }
    }

    /// To whom the record of a transfer says that the customer went.
    pub fn destination(&self) -> Destination {
        match self {
            Self::Number(number) => Destination::Number(number.clone()),
            Self::Colleague(agent) => Destination::Agent(agent.clone()),
        }
    }
}

/// Somebody who is being dialled.
#[derive(Debug)]
pub struct Dial {
    whom: Whom,
    left: VecDeque<Way>,
    /// How long it may ring.
    patience: Duration,
    stage: Stage,
    /// What a trunk that failed has said: the answer if all fail.
    fault: Option<Refused>,
    /// Whether the number has rung.
    rang: bool,
    attempts: Vec<record::Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Idle,
    /// Since then; nothing has been heard.
    Trying(Way, Instant),
    /// Since then; something has been heard.
    Heard(Way, Instant),
    /// Since then.
    Ringing(Way, Instant),
}

/// Why a number was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As SIP says it.
    pub status: u16,
    /// When it is worth another try.
    pub retry_after: Option<Duration>,
    /// The cause that the network itself names, in the numbers of Q.850.
    pub cause: Option<u16>,
}

impl Refused {
    /// With nothing more known of it.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            cause: None,
        }
    }
}

/// What a failure, or a deadline, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Wait,
    /// The attempt is over: [`Dial::next`] knows another way.
    Next,
    /// All is over.
    Over(Refused),
}

impl Dial {
    /// A number to be reached by the first of these ways that takes the call, ringing for `patience`
    /// at most.
    pub fn new(number: String, ways: impl IntoIterator<Item = Way>, patience: Duration) -> Self {
        let whom = Whom::Number(number);
        Self {
            whom,
            left: ways.into_iter().take(MOST_WAYS).collect(),
            patience,
            stage: Stage::Idle,
            fault: None,
            rang: false,
            attempts: vec![],
        }
    }

    /// An agent, rung for `patience` at most (R49).
    pub fn colleague(agent: AgentName, patience: Duration) -> Self {
        let way = Way::Colleague(agent.id);
        Self {
            whom: Whom::Colleague(agent),
            ..Self::new(String::new(), [way], patience)
        }
    }

    /// Who is dialled.
    pub fn whom(&self) -> &Whom {
        &self.whom
    }

    /// What was tried so far, for the record.
    pub fn attempts(&self) -> &[record::Attempt] {
        &self.attempts
    }

    /// Whether trunks alone are to blame: the number has not rung, and nobody there has said a word (F12).
    pub fn is_fault(&self) -> bool {
        let mut said = self.attempts.iter().filter_map(|each| each.status);
        !self.rang && said.all(|status| matches!(status, 408 | 500..600))
    }

    /// The way that is being tried.
    pub fn way(&self) -> Option<Way> {
        match self.stage {
            Stage::Idle => None,
            Stage::Trying(way, _) | Stage::Heard(way, _) | Stage::Ringing(way, _) => Some(way),
        }
    }

    /// Tries the next way; `None` if there is none.
    pub fn next(
        &mut self,
        now: Instant,
        clock: &Clock,
        name: impl Fn(TrunkId) -> String,
    ) -> Option<Way> {
        let way = self.left.pop_front()?;
        self.stage = Stage::Trying(way, now);
        if let Some(trunk) = way.trunk() {
            self.attempts.push(record::Attempt {
                trunk: name(trunk),
                began: clock.civil(now),
                status: None,
            });
        }
        Some(way)
    }

    /// 101–199 has come; says whether it is the first sign of ringing.
    pub fn rings(&mut self, now: Instant) -> bool {
        match self.stage {
            Stage::Trying(way, _) | Stage::Heard(way, _) => {
                self.stage = Stage::Ringing(way, now);
                self.rang = true;
                true
            }
            Stage::Idle | Stage::Ringing(..) => false,
        }
    }

    /// 200 has come.
    pub fn answered(&mut self) {
        self.note(200);
        self.stage = Stage::Idle;
    }

    /// A refusal has come; 408 where nothing came, 503 where nothing could be sent.
    pub fn refused(&mut self, refused: Refused) -> Step {
        let Some(way) = self.way() else {
            return Step::Wait;
        };
        let rang = matches!(self.stage, Stage::Ringing(..));
        self.note(refused.status);
        self.stage = Stage::Idle;
        match refused.status {
            // Nobody answers: another way leads to the same phone.
            408 if rang => Step::Over(refused),
            408 | 503 => {
                // 503 with a time is the trunk's word, not that of the one place.
                if refused.retry_after.is_some() {
                    self.left.retain(|left| left.trunk() != way.trunk());
                }
                self.another(refused)
            }
            500..600 => {
                self.left.retain(|left| left.trunk() != way.trunk());
                self.another(refused)
            }
            _ => Step::Over(refused),
        }
    }

    /// The trunk of the way has no place for the call, or cannot be reached at all.
    pub fn no_room(&mut self, retry_after: Option<Duration>) -> Step {
        if let Some(way) = self.way() {
            self.left.retain(|left| left.trunk() != way.trunk());
        }
        self.note(503);
        self.stage = Stage::Idle;
        self.another(Refused {
            retry_after,
            ..Refused::new(503)
        })
    }

    /// A deadline may have passed. `heard` says whether any response has come, be it 100.
    pub fn due(&mut self, now: Instant, heard: bool) -> Step {
        if let Stage::Trying(way, since) = self.stage
            && heard
        {
            self.stage = Stage::Heard(way, since);
        }
        let unanswered = Refused::new(480);
        match self.stage {
            Stage::Trying(_, since) if !self.left.is_empty() && now >= since + SILENCE => {
                self.note(408);
                self.stage = Stage::Idle;
                Step::Next
            }
            Stage::Heard(_, since) | Stage::Ringing(_, since) | Stage::Trying(_, since)
                if now >= since + self.patience =>
            {
                self.note(if heard { 480 } else { 408 });
                self.stage = Stage::Idle;
                Step::Over(unanswered)
            }
            Stage::Idle | Stage::Trying(..) | Stage::Heard(..) | Stage::Ringing(..) => Step::Wait,
        }
    }

    /// When to ask [`Dial::due`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Idle => None,
            Stage::Trying(_, since) if !self.left.is_empty() => {
                Some(since + SILENCE.min(self.patience))
            }
            Stage::Trying(_, since) | Stage::Heard(_, since) | Stage::Ringing(_, since) => {
                Some(since + self.patience)
            }
        }
    }

    fn another(&mut self, refused: Refused) -> Step {
        // The first that had a time to offer is the one that callers are told.
        let better = self.fault.is_none_or(|fault| fault.retry_after.is_none());
        if better {
            self.fault = Some(refused);
        }
        if self.left.is_empty() {
            Step::Over(self.fault.unwrap_or(refused))
        } else {
            Step::Next
        }
    }

    fn note(&mut self, status: u16) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.status.get_or_insert(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn way(trunk: u32, place: usize) -> Way {
        let trunk = TrunkId(trunk);
        Way::Trunk { trunk, place }
    }

    fn clock() -> Clock {
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        Clock::new(Instant::now(), civil)
    }

    /// A dial that has begun its first attempt.
    fn dialling(ways: &[Way]) -> (Dial, Instant) {
        let clock = clock();
        let mut dial = Dial::new("+4930".into(), ways.iter().copied(), PATIENCE);
        dial.next(clock.at(), &clock, |id| id.to_string());
        (dial, clock.at())
    }

    fn next(dial: &mut Dial, now: Instant) -> Option<Way> {
        dial.next(now, &clock(), |id| id.to_string())
    }

    fn over(status: u16) -> Step {
        Step::Over(Refused::new(status))
    }

    #[test]
    fn f12_a_fault_of_the_trunk_is_followed_by_the_next_trunk() {
        for status in [408, 500, 502, 503, 504, 580] {
            let (mut dial, now) = dialling(&[way(1, 0), way(2, 0)]);
            assert_eq!(dial.refused(Refused::new(status)), Step::Next, "{status}");
            assert_eq!(next(&mut dial, now), Some(way(2, 0)));
            assert_eq!(
                dial.refused(Refused::new(status)),
                over(status),
                "none is left"
            );
        }
    }

    #[test]
    fn f12_the_word_of_the_callee_is_the_last_one() {
        for status in [403, 404, 480, 486, 488, 600, 603] {
            let (mut dial, _) = dialling(&[way(1, 0), way(2, 0)]);
            assert_eq!(dial.refused(Refused::new(status)), over(status));
        }
    }

    #[test]
    fn f12_trunks_are_to_blame_unless_the_number_rang_or_spoke() {
        for (status, fault) in [(408, true), (503, true), (404, false), (486, false)] {
            let (mut dial, _) = dialling(&[way(1, 0)]);
            dial.refused(Refused::new(status));
            assert_eq!(dial.is_fault(), fault, "{status}");
        }
        let (mut dial, now) = dialling(&[way(1, 0)]);
        dial.due(now + PATIENCE, false);
        assert!(dial.is_fault(), "nothing was heard");
        let (mut dial, now) = dialling(&[way(1, 0)]);
        dial.due(now + PATIENCE, true);
        assert!(!dial.is_fault(), "the trunk has passed it on");
        let (mut dial, now) = dialling(&[way(1, 0)]);
        dial.rings(now);
        dial.refused(Refused::new(503));
        assert!(!dial.is_fault(), "it rang");
    }

    #[test]
    fn a_trunk_is_asked_at_its_other_places_only_if_it_has_not_answered() {
        let ways = [way(1, 0), way(1, 1), way(2, 0)];
        let (mut dial, now) = dialling(&ways);
        assert_eq!(dial.refused(Refused::new(408)), Step::Next);
        assert_eq!(next(&mut dial, now), Some(way(1, 1)));
        let (mut dial, now) = dialling(&ways);
        assert_eq!(dial.refused(Refused::new(500)), Step::Next);
        assert_eq!(next(&mut dial, now), Some(way(2, 0)));
    }

    #[test]
    fn who_says_nothing_for_four_seconds_is_passed_over_if_there_is_another() {
        let (mut dial, now) = dialling(&[way(1, 0), way(2, 0)]);
        let at = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(dial.poll_timeout(), Some(at(4)));
        assert_eq!(dial.due(at(3), false), Step::Wait);
        assert_eq!(dial.due(at(4), false), Step::Next);
        next(&mut dial, at(4));
        assert_eq!(
            dial.due(at(20), false),
            Step::Wait,
            "the last one may be slow"
        );
        let (mut dial, _) = dialling(&[way(1, 0), way(2, 0)]);
        assert_eq!(dial.due(at(4), true), Step::Wait, "100 has come");
    }

    #[test]
    fn r50_an_unanswered_phone_rings_for_the_customer_call_timeout() {
        let (mut dial, now) = dialling(&[way(1, 0), way(2, 0)]);
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!(dial.rings(at(3)), "news");
        assert!(!dial.rings(at(5)), "no news");
        assert_eq!(
            dial.poll_timeout(),
            Some(at(33)),
            "counted from the ringing"
        );
        assert_eq!(dial.due(at(32), true), Step::Wait);
        assert_eq!(dial.due(at(33), true), over(480), "no other way is tried");
        let (mut dial, _) = dialling(&[way(1, 0), way(2, 0)]);
        dial.rings(now);
        assert_eq!(
            dial.refused(Refused::new(408)),
            over(408),
            "nor after the trunk's own"
        );
    }

    #[test]
    fn a_colleague_is_rung_once_and_is_no_attempt_outside() {
        let clock = clock();
        let ben = AgentName {
            id: AgentId(2),
            name: "Ben".into(),
        };
        let mut dial = Dial::colleague(ben, PATIENCE);
        let way = next(&mut dial, clock.at());
        assert_eq!(way, Some(Way::Colleague(AgentId(2))));
        assert_eq!(dial.whom().colleague(), Some(AgentId(2)));
        assert_eq!(dial.due(clock.at() + PATIENCE, false), over(480));
        assert!(dial.attempts().is_empty());
    }

    #[test]
    fn the_first_retry_after_is_told_if_all_fail() {
        let (mut dial, now) = dialling(&[way(1, 0), way(2, 0), way(3, 0)]);
        assert_eq!(dial.refused(Refused::new(500)), Step::Next);
        next(&mut dial, now);
        let wait = Some(Duration::from_secs(7));
        assert_eq!(dial.no_room(wait), Step::Next);
        next(&mut dial, now);
        let refused = Refused {
            retry_after: wait,
            ..Refused::new(503)
        };
        assert_eq!(dial.refused(Refused::new(502)), Step::Over(refused));
        let tried: Vec<_> = dial.attempts().iter().map(|each| each.status).collect();
        assert_eq!(tried, [Some(500), Some(503), Some(502)]);
    }
}

//! The calls that go on, as wallboards show them: who talks with whom, and how well they are heard
//! (B11, B12).

use super::Switch;
use crate::acd::Stage;
use crate::audio::Codec;
use crate::call::record::{AgentName, Direction, Quality, Role};
use crate::call::{Call, Hold};
use crate::id::{CallId, LegId};
use crate::media::Report;
use std::time::Instant;

/// Calls that are shown at most: the oldest. How many there are is known besides.
const SHOWN: usize = 500;

/// A call that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningView {
    /// Which.
    pub call: CallId,
    /// Who began it.
    pub direction: Direction,
    /// The caller's number or user.
    pub from: String,
    /// The number called.
    pub called: String,
    /// The name of the queue that was joined.
    pub queue: Option<String>,
    /// The agent who has it, or had it last.
    pub agent: Option<AgentName>,
    /// What it does.
    pub state: Running,
    /// Since when it goes on.
    pub since: Instant,
    /// Since when they talk.
    pub talking_since: Option<Instant>,
    /// Whether a segment is being recorded, and whether what is said is silence in it.
    pub recorded: bool,
    pub masked: bool,
    /// Its parties, in the order in which they came.
    pub legs: Vec<RunningLeg>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// The caller hears something that needs no agent.
    Served,
    /// The caller waits for an agent.
    Waiting,
    /// An agent is rung.
    Ringing,
    /// A number outside is dialled.
    Dialling,
    Talking,
    /// They talk, but one keeps the other on hold.
    Held,
}

/// A party of a call that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningLeg {
    /// Which.
    pub leg: LegId,
    /// What the party is in the call.
    pub role: Role,
    /// In what they speak; `None`: that is not agreed on.
    pub codec: Option<Codec>,
    /// How they are heard so far; a few seconds old.
    pub quality: Quality,
}

impl Switch {
    /// How a leg's media fares: told every few seconds.
    pub(super) fn fares(&mut self, leg: LegId, report: &Report) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.quality = report.into();
        }
    }

    /// The calls that go on, the oldest first.
    pub(super) fn running(&self, now: Instant) -> Vec<RunningView> {
        let calls = self
            .calls
            .values()
            .filter(|call| !call.is_over() && !call.is_dormant());
        calls
            .take(SHOWN)
            .map(|call| self.running_call(now, call))
            .collect()
    }

    fn running_call(&self, now: Instant, call: &Call) -> RunningView {
        let record = call.record();
        let (_, talked) = call.times(now);
        let back = |passed| now.checked_sub(passed).unwrap_or(now);
        let recorded = call.recorded();
        let legs = call.legs().filter_map(|leg| {
            let line = self.lines.get(&leg)?;
            Some(RunningLeg {
                leg,
                role: line.leg.role,
                codec: line.codec,
                quality: line.quality,
            })
        });
        RunningView {
            call: call.id,
            direction: record.direction,
            from: record.from.clone(),
            called: record.called.clone(),
            queue: record.queue.clone(),
            agent: record.agent.clone(),
            state: self.does(call),
            since: call.began(),
            talking_since: call.is_talking().then(|| back(talked)),
            recorded: recorded.is_some(),
            masked: recorded.is_some() && call.is_masked_by_hand(),
            legs: legs.collect(),
        }
    }

    fn does(&self, call: &Call) -> Running {
        if let Some(legs) = call.talking() {
            return match legs.iter().any(|(_, hold)| *hold == Hold::Held) {
                true => Running::Held,
                false => Running::Talking,
            };
        }
        if call.is_dialling() {
            return Running::Dialling;
        }
        if self.intended.contains_key(&call.id) {
            return Running::Ringing;
        }
        match self.floor.caller(call.id).map(|caller| caller.stage) {
            Some(Stage::Offered(_)) => Running::Ringing,
            Some(Stage::Waiting) => Running::Waiting,
            Some(Stage::LastWords | Stage::Away | Stage::Talking(_) | Stage::Sent) | None => {
                Running::Served
            }
        }
    }
}

impl From<&Report> for Quality {
    fn from(report: &Report) -> Self {
        Self {
            received: report.received,
            sent: report.sent,
            lost: report.lost,
            jitter_ms: report.jitter_ms,
            round_trip_ms: report.round_trip_ms,
        }
    }
}

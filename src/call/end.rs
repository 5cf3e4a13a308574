//! How a call ends, and what a party's leaving means.

use super::record::{End, Role};
use super::{Call, Passed, Stage, millis};
use crate::clock::Clock;
use std::time::Instant;

impl Call {
    /// The call is over. Says so once: the first reason stays.
    pub fn end(&mut self, now: Instant, clock: &Clock, end: End) -> bool {
        match &self.stage {
            Stage::Over => return false,
            Stage::Talking { since, .. } => self.record.talked_ms += millis(now - *since),
            Stage::Waiting { .. } | Stage::Dialling { .. } => self.note_wait(now),
            Stage::Answering | Stage::Served(_) | Stage::Calling { .. } => {}
        }
        self.note_attempts();
        self.end_consult();
        self.supervisors.clear();
        self.passed(Passed::CustomerGone);
        self.stage = Stage::Over;
        self.record.ended = Some(clock.civil(now));
        self.record.end = Some(end);
        true
    }

    /// What a party's leaving means for the call as it stands.
    pub fn end_when_left(&self, role: Role) -> End {
        match (&self.stage, role) {
            (_, Role::Customer) if self.promised => End::CallbackPromised,
            (_, Role::Customer) if self.is_on_the_way() => End::CustomerHungUp,
            (Stage::Waiting { .. } | Stage::Dialling { .. }, Role::Customer) => End::Abandoned,
            (_, Role::Customer) => End::CustomerHungUp,
            // A supervisor's leaving ends no call.
            (_, Role::Agent | Role::Supervisor) => End::AgentHungUp,
            (_, Role::Outside) => End::OutsideHungUp,
        }
    }
}

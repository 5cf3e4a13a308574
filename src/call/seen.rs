//! A call as those see it who show it.

use super::{Call, Hold, Stage};
use crate::id::LegId;
use std::time::{Duration, Instant};

impl Call {
    /// Since when it goes on.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// How long the customer has waited, and has talked.
    pub fn times(&self, now: Instant) -> (Duration, Duration) {
        match &self.stage {
            Stage::Talking { since, .. } => {
                let waited = Duration::from_millis(self.record.waited_ms);
                (waited, now.saturating_duration_since(*since))
            }
            Stage::Over => {
                let [waited, talked] = [self.record.waited_ms, self.record.talked_ms];
                (Duration::from_millis(waited), Duration::from_millis(talked))
            }
            Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Dialling { .. } => (self.waited(now), Duration::ZERO),
        }
    }

    /// While they talk: the two legs, the customer's first, and whether each holds the other.
    pub fn talking(&self) -> Option<[(LegId, Hold); 2]> {
        match &self.stage {
            Stage::Talking {
                customer,
                other,
                customers,
                others,
                ..
            } => Some([(*customer, *customers), (other.leg(), *others)]),
            Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Dialling { .. }
            | Stage::Over => None,
        }
    }
}

//! One party's connection, as the call sees it.

use super::Hears;
use super::record::{self, Quality, Role};
use crate::clock::Clock;
use crate::id::{CallId, LegId};
use std::time::Instant;

/// One party's connection to the switch.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Its id.
    pub id: LegId,
    /// The call it belongs to.
    pub call: CallId,
    /// What the party is in the call.
    pub role: Role,
    /// What it was last told to hear, so that only changes are told.
    pub hears: Hears,
    /// The SIP Call-ID, for records.
    pub sip_call_id: String,
    /// When it was invited, or invited us.
    pub began: Instant,
    /// When it was answered.
    pub answered: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Why, as the party says itself.
    pub cause: Option<record::Cause>,
}

/// Whether a party keeps the other waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// The party talks.
    #[default]
    None,
    /// The party has put the other on hold.
    Held,
}

impl Leg {
    /// The leg for the record, once its media has reported.
    pub fn file(&self, now: Instant, clock: &Clock, quality: Quality) -> record::Leg {
        record::Leg {
            id: self.id,
            role: self.role,
            sip_call_id: self.sip_call_id.clone(),
            began: clock.civil(self.began),
            answered: self.answered.map(|at| clock.civil(at)),
            ended: Some(clock.civil(self.ended.unwrap_or(now))),
            cause: self.cause.clone(),
            quality,
        }
    }
}

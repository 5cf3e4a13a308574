//! A request that is taken back: the customer needs it no more, or said so.

use super::book::{Action, Book};
use super::entry::Phase;
use super::request::Outcome;
use crate::clock::Clock;
use crate::id::CallbackId;
use std::time::Instant;

/// Why a request is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCancelled {
    /// There is no such request, or it is done.
    #[error("there is no open callback with this id")]
    Unknown,
    /// An agent has answered for it: the customer is being called.
    #[error("its customer is being called just now: wait until that is over")]
    Calling,
}

impl Book {
    /// Takes a request back. An agent who is rung for it is not rung any more.
    ///
    /// # Errors
    /// Why it stays.
    pub fn cancel(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        out: &mut Vec<Action>,
    ) -> Result<(), NotCancelled> {
        let entry = self.entries.get(&id).ok_or(NotCancelled::Unknown)?;
        match entry.phase {
            Phase::Asked | Phase::Over => Err(NotCancelled::Unknown),
            Phase::Taking { .. } | Phase::Dialling { .. } => Err(NotCancelled::Calling),
            Phase::Resting { .. } | Phase::Due | Phase::Picked { .. } | Phase::Ringing { .. } => {
                self.finish(now, clock, id, Outcome::Cancelled, out);
                Ok(())
            }
        }
    }
}

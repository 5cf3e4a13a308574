//! Hold: a party keeps the other waiting (R117, R123).

use super::record::Role;
use super::{Call, Hears, Hold, Interlude, Stage, With};
use crate::id::LegId;
use std::time::Instant;

impl Call {
    /// A party holds the other, or takes them back. Says whether that is news.
    pub fn hold(&mut self, role: Role, hold: Hold) -> bool {
        let Stage::Talking {
            customers, others, ..
        } = &mut self.stage
        else {
            return false;
        };
        let holding = match role {
            Role::Customer => customers,
            Role::Agent | Role::Outside => others,
            // Nobody waits for a supervisor.
            Role::Supervisor => return false,
        };
        let news = std::mem::replace(holding, hold) != hold;
        self.off_hold();
        news
    }

    /// As whom a leg takes part in the talk; `None`: it is none of the two who talk. Of two agents, the
    /// one who was called is in the customer's place.
    pub fn side(&self, leg: LegId) -> Option<Role> {
        let [(customer, _), (other, _)] = self.talking()?;
        if leg == customer {
            Some(Role::Customer)
        } else {
            (leg == other).then_some(Role::Agent)
        }
    }

    /// Whether the customer is on hold: by the agent's wish, or while somebody else is asked.
    pub fn is_on_hold(&self) -> bool {
        let held = matches!(
            self.stage,
            Stage::Talking {
                others: Hold::Held,
                ..
            }
        );
        let consult = self.consult.as_ref();
        held || consult.is_some_and(|consult| consult.with == With::Asked)
    }

    /// The customer is kept waiting no more, unless by the agent's wish.
    pub fn off_hold(&mut self) {
        if !self.is_on_hold() {
            self.interlude = None;
        }
    }

    /// What the customer hears from now on while they are kept waiting.
    pub fn set_interlude(&mut self, interlude: Interlude) {
        self.interlude = Some(interlude);
    }

    /// What the customer hears who is kept waiting, unless there is something better.
    pub(super) fn meanwhile_or(&self, otherwise: Hears) -> Hears {
        match (otherwise, &self.interlude) {
            // The network of the number speaks (R134).
            (Hears::Party(_), _) | (_, None) => otherwise,
            (_, Some(interlude)) => interlude.hears(),
        }
    }

    /// Says the message of an interlude whose time has come, under this number. Says whether it did.
    pub fn interlude_due(&mut self, now: Instant, play: u64) -> bool {
        let mut both = self.interlude.iter_mut().chain(&mut self.absence);
        // Of two at once each has a number of its own.
        both.any(|interlude| interlude.due(now, play))
    }

    /// A message has been heard. Says whether it was that of an interlude.
    pub fn interlude_heard(&mut self, now: Instant, play: u64) -> bool {
        let mut both = self.interlude.iter_mut().chain(&mut self.absence);
        both.any(|interlude| interlude.heard(now, play))
    }

    /// Whether there is an interlude, and when its message is due.
    pub fn interlude(&self) -> Option<Option<Instant>> {
        let both = self.interlude.iter().chain(&self.absence);
        both.map(Interlude::poll_timeout)
            .reduce(|one, other| [one, other].into_iter().flatten().min())
    }
}

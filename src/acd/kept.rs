//! Places in line that are kept for people who are not on the line: callbacks stand here between live
//! callers, so that there is one order for both (R72, R73).

use super::caller::{Caller, Doing, Hears, Place, Wait};
use super::floor::Floor;
use super::{Action, Kept};
use crate::id::CallId;
use crate::settings::WaitingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

impl Floor {
    /// A callback takes a place in line.
    pub(super) fn reserve(&mut self, now: Instant, call: CallId, place: Kept) {
        if self.callers.contains_key(&call) || !self.queues.contains_key(&place.queue) {
            return;
        }
        let wait = Wait {
            hears: Hears::Nothing,
            offered: None,
            ends: None,
            tried: BTreeSet::new(),
            refused: BTreeMap::new(),
            ready: false,
            only: place.only,
            first: None,
        };
        let caller = Caller {
            queue: place.queue,
            place: Place {
                turn: place.turn,
                // A place that is older than the machine's clock is as old as anything can be.
                joined: now.checked_sub(place.age).unwrap_or(now),
                number: place.number,
            },
            experience: WaitingKey::Queue(place.queue),
            sender: None,
            owner: None,
            max_wait: None,
            hops: 0,
            absent: true,
            doing: Doing::InPlace(wait),
        };
        self.insert_caller(call, caller);
    }

    /// The time of a kept place has come, or is over.
    pub(super) fn set_ready(&mut self, call: CallId, ready: bool, out: &mut Vec<Action>) {
        let Some(wait) = self.callers.get(&call).and_then(Caller::wait) else {
            return;
        };
        let offered = wait.offered.filter(|_| !ready);
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                wait.ready = ready;
                wait.offered = wait.offered.filter(|_| ready);
            }
        });
        if let Some(agent) = offered {
            self.revoke_for(call, agent, out);
        }
    }

    /// A caller is to be called back, or a callback is not wanted any more or was in vain.
    pub(super) fn withdraw(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.remove_caller(call) else {
            return;
        };
        self.learn_loss(caller.queue);
        match caller.doing {
            Doing::InPlace(wait) => {
                if let Some(agent) = wait.offered {
                    self.revoke_for(call, agent, out);
                }
            }
            // Nobody was talked to: there is nothing to wrap up.
            Doing::Talking(agent) => self.wrapped_up(now, agent, out),
            Doing::Handed(agent) => self.revoke_for(call, agent, out),
            Doing::Leaving(..) | Doing::Sent => {}
        }
    }
}

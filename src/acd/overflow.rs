//! How a wait ends without an agent: the longest wait is over (R24, R25), or the queue has closed (D3).
//! Offers are taken back, the last message is said, and the call ends, goes outside or joins another
//! queue.

use super::announce::say;
use super::caller::Doing;
use super::floor::Floor;
use super::{Action, Arrival, Farewell, Message};
use crate::id::{CallId, QueueId};
use crate::settings::{AtClosing, OnMaxWait, WaitingKey};
use std::time::Instant;

/// Redirects of one call from queue to queue; then it ends (D19).
pub(super) const MOST_HOPS: u8 = 5;

impl Floor {
    /// The longest wait is over. Rings did not restart it (R37), nor does one delay its end (R59).
    pub(super) fn end_wait(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        let (experience, max_wait) = (caller.experience, caller.max_wait);
        let then = max_wait.map_or(OnMaxWait::End, |max| max.then);
        self.count(call, |counts| counts.gave_up += 1);
        self.take_leave(call, Farewell::MaxWait, then, out);
        if max_wait.is_some_and(|max| max.message) {
            out.push(say(call, experience, Message::MaxWait));
        } else {
            self.depart(now, call, Farewell::MaxWait, then, out);
        }
    }

    /// The queue opens, or closes. Whoever waits then is served, or hears that it is closed (D3).
    /// Callbacks keep their places: they wait for the next day (R87).
    pub(super) fn open(&mut self, id: QueueId, open: bool, out: &mut Vec<Action>) {
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        queue.open = open;
        let (Some(hours), AtClosing::Away, false) =
            (queue.rules.hours, queue.rules.at_closing, open)
        else {
            return;
        };
        let line: Vec<_> = queue.line.values().copied().collect();
        for call in line {
            if self.callers.get(&call).is_some_and(|caller| caller.absent) {
                continue;
            }
            self.count(call, |counts| counts.turned_away += 1);
            self.take_leave(call, Farewell::Closed, OnMaxWait::End, out);
            out.push(say(call, WaitingKey::Hours(hours), Message::Away));
        }
    }

    /// The last message has been heard: what follows the wait?
    pub(super) fn depart(
        &mut self,
        now: Instant,
        call: CallId,
        why: Farewell,
        then: OnMaxWait,
        out: &mut Vec<Action>,
    ) {
        let Some(caller) = self.remove_caller(call) else {
            return;
        };
        let then = match then {
            OnMaxWait::Queue(queue) if caller.hops < MOST_HOPS => {
                let arrival = Arrival {
                    queue,
                    sender: caller.sender,
                    owner: caller.owner,
                    // Whoever they have come for, it was in vain.
                    first: None,
                };
                if self.queues.contains_key(&queue) {
                    out.push(Action::Redirect { call, queue });
                }
                return self.enter(now, call, arrival, caller.hops + 1, out);
            }
            OnMaxWait::Queue(_) => OnMaxWait::End,
            OnMaxWait::End | OnMaxWait::External(_) => then,
        };
        out.push(Action::GiveUp { call, then, why });
    }

    /// The caller gives up the place, and nobody is rung for them any more.
    pub(super) fn take_leave(
        &mut self,
        call: CallId,
        why: Farewell,
        then: OnMaxWait,
        out: &mut Vec<Action>,
    ) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        let (queue, wait) = (caller.queue, caller.wait());
        let offered = wait.and_then(|wait| wait.offered);
        self.change_caller(call, |caller| caller.doing = Doing::Leaving(why, then));
        if let Some(agent) = offered {
            self.revoke_for(call, agent, out);
        }
        self.learn_loss(queue);
    }
}

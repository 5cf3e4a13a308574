//! The end of the longest wait (R24, R25): offers are taken back, the last message is said, and
//! the call ends, goes outside or joins another queue.

use super::announce::say;
use super::caller::Doing;
use super::floor::Floor;
use super::{Action, Message};
use crate::id::CallId;
use crate::settings::OnMaxWait;
use std::time::Instant;

/// Redirects of one call from queue to queue; then it ends (D19).
const MOST_HOPS: u8 = 5;

impl Floor {
    /// The longest wait is over. Rings did not restart it (R37), nor does one delay its end (R59).
    pub(super) fn end_wait(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        let (queue, offered) = (caller.queue, caller.wait().and_then(|wait| wait.offered));
        let max_wait = self.queues.get(&queue).and_then(|q| q.rules.max_wait);
        self.count(call, |counts| counts.gave_up += 1);
        self.change_caller(call, |caller| caller.doing = Doing::LastWords);
        if let Some(agent) = offered {
            self.revoke_for(call, agent, out);
        }
        if max_wait.is_some_and(|max| max.message) {
            out.push(say(call, queue, Message::MaxWait));
        } else {
            self.overflow(now, call, out);
        }
    }

    /// The last message has been heard: what follows the wait?
    pub(super) fn overflow(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.remove_caller(call) else {
            return;
        };
        let max_wait = self.queues.get(&caller.queue).map(|q| q.rules.max_wait);
        let then = max_wait.flatten().map_or(OnMaxWait::End, |max| max.then);
        match then {
            OnMaxWait::Queue(queue) if caller.hops < MOST_HOPS => {
                self.enter(now, call, queue, caller.hops + 1, out);
            }
            OnMaxWait::Queue(_) => out.push(give_up(call, OnMaxWait::End)),
            OnMaxWait::End | OnMaxWait::External(_) => out.push(give_up(call, then)),
        }
    }
}

fn give_up(call: CallId, then: OnMaxWait) -> Action {
    Action::GiveUp { call, then }
}

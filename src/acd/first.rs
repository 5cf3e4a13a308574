//! A caller who has come for one agent, by a link that the agent has shared (R4, D1): waits for them for
//! the agent call timeout, and as long as they are rung then; afterwards for anybody, or not at all.

use super::caller::{Caller, Wait};
use super::floor::Floor;
use super::{Action, Farewell};
use crate::id::{AgentId, CallId};
use crate::settings::OnMaxWait;
use std::time::Instant;

impl Wait {
    /// The agent who alone may be rung just now.
    pub(super) fn alone(&self) -> Option<AgentId> {
        self.only.or_else(|| self.first.map(|first| first.agent))
    }

    /// When the agent they have come for is given up. Not while that agent is rung.
    pub(super) fn given_up_at(&self) -> Option<Instant> {
        let first = self.first.filter(|_| self.offered.is_none())?;
        Some(first.until)
    }

    /// This agent has been rung in vain: that was the hope, if they have come for them.
    pub(super) fn is_let_down(&mut self, now: Instant, agent: AgentId) {
        if let Some(first) = self.first.as_mut().filter(|first| first.agent == agent) {
            first.until = now;
        }
    }
}

impl Floor {
    /// The agent they have come for is given up, if it is time. Says whether the wait is over with that.
    pub(super) fn give_up_first(
        &mut self,
        now: Instant,
        call: CallId,
        out: &mut Vec<Action>,
    ) -> bool {
        let wait = self.callers.get(&call).and_then(Caller::wait);
        let due = wait.and_then(Wait::given_up_at).is_some_and(|at| at <= now);
        let first = wait.and_then(|wait| wait.first).filter(|_| due);
        match first {
            Some(first) if first.strict => {
                self.count(call, |counts| counts.gave_up += 1);
                let (why, then) = (Farewell::NotThere, OnMaxWait::End);
                self.take_leave(call, why, then, out);
                self.depart(now, call, why, then, out);
                true
            }
            Some(_) => {
                self.change_caller(call, |caller| {
                    if let Some(wait) = caller.wait_mut() {
                        wait.first = None;
                    }
                });
                false
            }
            None => false,
        }
    }
}

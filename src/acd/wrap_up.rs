//! The end of a call, and the work after it (R16–R21).

use super::Action;
use super::agent::Doing;
use super::caller;
use super::floor::{Floor, later};
use crate::id::{AgentId, CallId};
use std::time::{Duration, Instant};

impl Floor {
    /// The caller has hung up, or the conversation is over.
    pub(super) fn leave(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        match &caller.doing {
            caller::Doing::InPlace(wait) => {
                let offered = wait.offered;
                self.count(call, |counts| counts.abandoned += 1);
                self.remove_caller(call);
                if let Some(agent) = offered {
                    self.revoke_for(call, agent, out);
                }
            }
            caller::Doing::LastWords => {
                self.remove_caller(call);
            }
            caller::Doing::Talking(agent) => {
                let agent = *agent;
                self.remove_caller(call);
                self.talk_over(now, agent, out);
            }
        }
    }

    /// Wrap-up begins at the end of the talk (R20), registered phone or not.
    fn talk_over(&mut self, now: Instant, id: AgentId, out: &mut Vec<Action>) {
        let wrap_up = self.agents.get(&id).map(|agent| agent.wrap_up);
        match wrap_up.unwrap_or_default() {
            Duration::ZERO => self.wrapped_up(now, id, out),
            wrap_up => self.change_agent(id, |agent| {
                let until = later(now, wrap_up);
                agent.begin(Doing::WrapUp { until });
            }),
        }
    }

    /// The agent owes nothing any more, and idles from now on.
    pub(super) fn wrapped_up(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Action>) {
        self.change_agent(agent, |agent| agent.free(now));
        out.push(Action::WrappedUp { agent });
    }
}

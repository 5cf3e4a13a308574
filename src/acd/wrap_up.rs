//! The end of a call, and the work after it (R16–R21).

use super::Action;
use super::agent::Doing;
use super::caller;
use super::floor::{Floor, later};
use crate::id::{AgentId, CallId};
use std::time::{Duration, Instant};

/// What one press adds (R18).
pub const EXTENSION: Duration = Duration::from_secs(10);

impl Floor {
    /// The caller has hung up, or the conversation is over.
    pub(super) fn leave(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        match &caller.doing {
            caller::Doing::InPlace(wait) => {
                let (offered, queue) = (wait.offered, caller.queue);
                self.count(call, |counts| counts.abandoned += 1);
                self.remove_caller(call);
                if let Some(agent) = offered {
                    self.revoke_for(call, agent, out);
                }
                self.learn_loss(queue);
            }
            caller::Doing::Leaving(..) | caller::Doing::Sent => {
                self.remove_caller(call);
            }
            caller::Doing::Handed(agent) => {
                let agent = *agent;
                self.remove_caller(call);
                self.revoke_for(call, agent, out);
            }
            caller::Doing::Talking(agent) => {
                let agent = *agent;
                self.remove_caller(call);
                self.talk_over(now, agent, out);
            }
        }
    }

    /// Wrap-up begins at the end of the talk (R20), registered phone or not.
    pub(super) fn talk_over(&mut self, now: Instant, id: AgentId, out: &mut Vec<Action>) {
        let wrap_up = self.agents.get(&id).map(|agent| agent.wrap_up);
        match wrap_up.unwrap_or_default() {
            Duration::ZERO => self.wrapped_up(now, id, out),
            wrap_up => self.change_agent(id, |agent| {
                let until = later(now, wrap_up);
                agent.begin(Doing::WrapUp { until });
            }),
        }
    }

    /// The agent has finished early (D4).
    pub(super) fn end_wrap_up(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Action>) {
        if self.wrap_up_until(agent).is_some() {
            self.wrapped_up(now, agent, out);
        }
    }

    /// The agent needs more time: it is added to what is left (R18). What has run out by now stays
    /// so, whether or not its deadline has been seen to (R20).
    pub(super) fn extend_wrap_up(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Action>) {
        match self.wrap_up_until(agent) {
            Some(until) if until <= now => self.wrapped_up(now, agent, out),
            Some(until) if self.extend => self.change_agent(agent, |agent| {
                let until = (until + EXTENSION).min(later(now, Duration::MAX));
                agent.begin(Doing::WrapUp { until });
            }),
            Some(_) | None => {}
        }
    }

    /// When the agent's after-call work ends; `None` for who is not at it.
    fn wrap_up_until(&self, agent: AgentId) -> Option<Instant> {
        match self.agents.get(&agent)?.doing() {
            Doing::WrapUp { until } => Some(until),
            Doing::Unavailable
            | Doing::Idle { .. }
            | Doing::Ringing { .. }
            | Doing::Talking { .. }
            | Doing::Resting { .. } => None,
        }
    }

    /// The agent owes nothing any more, and idles from now on.
    pub(super) fn wrapped_up(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Action>) {
        self.learn_end(now, agent);
        self.change_agent(agent, |agent| agent.free(now));
        out.push(Action::WrappedUp { agent });
    }
}

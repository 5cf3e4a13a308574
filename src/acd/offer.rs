//! What becomes of an offer: taken, declined, not answered, taken back.

use super::agent::Doing;
use super::floor::{Floor, later};
use super::tally::Counts;
use super::{Action, Refusal, Revocation, Status, caller};
use crate::id::{AgentId, CallId, QueueId};
use std::time::Instant;

impl Floor {
    /// The agent has answered.
    pub(super) fn accept(
        &mut self,
        now: Instant,
        agent: AgentId,
        call: CallId,
        out: &mut Vec<Action>,
    ) {
        if !self.is_ringing(agent, call) {
            // An answer that crosses our withdrawal on the wire finds no offer, and is no call (R52).
            if !self.is_talking(agent, call) {
                out.push(Action::Dismiss { call, agent });
            }
            return;
        }
        self.change_agent(agent, |agent| {
            agent.begin(Doing::Talking { call });
            agent.missed.clear();
            agent.calls += 1;
        });
        let in_line = self.callers.get(&call).is_some_and(|c| c.wait().is_some());
        self.change_caller(call, |caller| caller.doing = caller::Doing::Talking(agent));
        if !in_line {
            // Who was passed on has been answered before.
            out.push(Action::Connect { call, agent });
            return;
        }
        self.learn_answer(now, call, agent);
        // Who is called back has not waited on the line.
        let caller = self.callers.get(&call).filter(|caller| !caller.absent);
        let waited = caller.map(|caller| now.saturating_duration_since(caller.place.joined));
        self.count(call, |counts| {
            counts.answered += 1;
            counts.waited = counts.waited.saturating_add(waited.unwrap_or_default());
        });
        out.push(Action::Connect { call, agent });
    }

    /// The agent does not want the call, or the phone does not ring: the next one is tried, and
    /// this one is left alone for a while (R64).
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        agent: AgentId,
        call: CallId,
        why: Refusal,
        out: &mut Vec<Action>,
    ) {
        if !self.is_ringing(agent, call) {
            return;
        }
        let again = later(now, self.reoffer_delay(call));
        match why {
            Refusal::Declined => self.change_agent(agent, |agent| agent.free(now)),
            // A phone that fails at once would be rung for every caller in line within a second.
            Refusal::Failed => self.change_agent(agent, |agent| {
                agent.begin(Doing::Resting { until: again });
            }),
        }
        self.put_back(call, |wait| {
            wait.tried.insert(agent);
            wait.refused.insert(agent, again);
            wait.is_let_down(now, agent);
        });
        self.count(call, |counts| counts.refused += 1);
        self.not_taken(call, agent, out);
    }

    /// The agent's phone comes or goes.
    pub(super) fn reach(
        &mut self,
        now: Instant,
        agent: AgentId,
        reachable: bool,
        out: &mut Vec<Action>,
    ) {
        self.change_agent(agent, |agent| agent.reach(now, reachable));
        self.revoke_unless_reachable(now, agent, Revocation::AgentGone, out);
    }

    /// The agent says something else of themselves. Who is rung at that moment has not refused the
    /// caller: the next one is tried at once.
    pub(super) fn say(
        &mut self,
        now: Instant,
        agent: AgentId,
        status: Status,
        out: &mut Vec<Action>,
    ) {
        self.change_agent(agent, |agent| agent.say(now, status));
        self.revoke_unless_reachable(now, agent, Revocation::NotReady, out);
    }

    /// The agent begins or ends a call of their own.
    pub(super) fn occupy(
        &mut self,
        now: Instant,
        agent: AgentId,
        occupied: bool,
        out: &mut Vec<Action>,
    ) {
        self.change_agent(agent, |agent| agent.occupy(now, occupied));
        self.revoke_unless_reachable(now, agent, Revocation::AgentGone, out);
    }

    /// An agent's deadline has passed.
    pub(super) fn agent_due(&mut self, now: Instant, id: AgentId, out: &mut Vec<Action>) {
        let Some(agent) = self.agents.get(&id) else {
            return;
        };
        match agent.doing() {
            Doing::Ringing { call, .. } => {
                self.count(call, |counts| counts.missed += 1);
                let paused = self.pauses(id, call);
                // Their turn has passed: of equals, the others come first now.
                self.change_agent(id, |agent| {
                    if let Some(queue) = paused {
                        agent.say(now, Status::Paused(queue));
                    }
                    agent.free(now);
                });
                self.put_back(call, |wait| {
                    wait.tried.insert(id);
                    wait.is_let_down(now, id);
                });
                out.push(revoke(call, id, Revocation::Timeout));
                out.extend(paused.map(|queue| Action::Paused { agent: id, queue }));
                self.not_taken(call, id, out);
            }
            Doing::WrapUp { .. } => self.wrapped_up(now, id, out),
            Doing::Resting { .. } => self.change_agent(id, |agent| agent.free(now)),
            Doing::Unavailable | Doing::Idle { .. } | Doing::Talking { .. } => {}
        }
    }

    /// The agent has missed another call: the queue, if that pauses them (B7).
    fn pauses(&mut self, agent: AgentId, call: CallId) -> Option<QueueId> {
        let id = self.callers.get(&call)?.queue;
        let auto_pause = self.queues.get(&id)?.rules.auto_pause;
        let missed = self.agents.get_mut(&agent)?.missed.entry(id).or_default();
        *missed += 1;
        auto_pause.is_some_and(|most| *missed >= most).then_some(id)
    }

    /// Stops ringing for a caller who is not waiting any more. The agent loses nothing.
    pub(super) fn revoke_for(&mut self, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        self.change_agent(agent, |agent| {
            if let Doing::Ringing { since, .. } = agent.doing() {
                agent.free(since);
            }
        });
        out.push(revoke(call, agent, Revocation::CallerGone));
    }

    /// Counts something for the queue that the caller is in.
    pub(super) fn count(&mut self, call: CallId, add: impl FnOnce(&mut Counts)) {
        let queue = self.callers.get(&call).map(|caller| caller.queue);
        if let Some(queue) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            add(&mut queue.counts);
        }
    }

    pub(super) fn revoke_unless_reachable(
        &mut self,
        now: Instant,
        id: AgentId,
        why: Revocation,
        out: &mut Vec<Action>,
    ) {
        let Some(agent) = self.agents.get(&id).filter(|agent| !agent.can_be_rung()) else {
            return;
        };
        if let Doing::Ringing { call, .. } = agent.doing() {
            self.change_agent(id, |agent| agent.free(now));
            self.put_back(call, |_| {});
            out.push(revoke(call, id, why));
            self.not_taken(call, id, out);
        }
    }

    /// The caller waits for another agent, at the old place (D18).
    fn put_back(&mut self, call: CallId, note: impl FnOnce(&mut caller::Wait)) {
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                wait.offered = None;
                // Who has picked it and does not take it has given it back.
                wait.ready &= wait.only.is_none();
                note(wait);
            }
        });
    }

    fn reoffer_delay(&self, call: CallId) -> std::time::Duration {
        let queue = self.callers.get(&call).map(|caller| caller.queue);
        let queue = queue.and_then(|queue| self.queues.get(&queue));
        queue.map_or(std::time::Duration::ZERO, |q| q.rules.reoffer_delay)
    }

    fn is_ringing(&self, agent: AgentId, of: CallId) -> bool {
        let doing = self.agents.get(&agent).map(|agent| agent.doing());
        matches!(doing, Some(Doing::Ringing { call, .. }) if call == of)
    }

    fn is_talking(&self, agent: AgentId, to: CallId) -> bool {
        let doing = self.agents.get(&agent).map(|agent| agent.doing());
        doing == Some(Doing::Talking { call: to })
    }
}

fn revoke(call: CallId, agent: AgentId, why: Revocation) -> Action {
    Action::Revoke { call, agent, why }
}

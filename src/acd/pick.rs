//! Who is rung for whom.
//!
//! Callers are served in the order of their arrival over all queues that an agent serves. For a
//! caller, the queue's available agents are tried one after the other in the order of their
//! [`Rank`](super::turn::Rank): first those who have not been rung in this round (R57), and when
//! all were, from the first again (R58).

use super::Action;
use super::agent::Doing;
use super::caller::Place;
use super::floor::{Floor, Who, later};
use crate::id::{AgentId, CallId};
use std::collections::BTreeMap;
use std::time::Instant;

/// Callers whose turn it may be, the oldest first, each with the agents who await them.
type Candidates = BTreeMap<(Place, CallId), Vec<AgentId>>;

impl Floor {
    /// Offers calls until no waiting caller and available agent are left who may have each other.
    ///
    /// Only those who have become free since the last time need be looked at: all others were
    /// without a partner then, and still are.
    pub(super) fn assign(&mut self, now: Instant, out: &mut Vec<Action>) {
        let mut candidates = Candidates::new();
        for who in std::mem::take(&mut self.unmatched) {
            match who {
                Who::Agent(agent) => self.add_oldest_for(agent, &mut candidates),
                Who::Caller(call) => {
                    if let Some(caller) = self.callers.get(&call) {
                        candidates.entry((caller.place, call)).or_default();
                    }
                }
            }
        }
        while let Some(((_, call), waiting_agents)) = candidates.pop_first() {
            let Some(agent) = self.pick(call) else {
                continue;
            };
            self.offer(now, call, agent, out);
            for agent in waiting_agents {
                self.add_oldest_for(agent, &mut candidates);
            }
        }
        // Offering makes nobody free, so nothing is left to be looked at.
        debug_assert!(self.unmatched.is_empty(), "{:?}", self.unmatched);
    }

    /// The agent to ring for a waiting caller. Begins a new round where this one is over.
    fn pick(&mut self, call: CallId) -> Option<AgentId> {
        let caller = self.callers.get_mut(&call)?;
        if !caller.is_waiting() {
            return None;
        }
        let ready = &self.queues.get(&caller.queue)?.ready;
        let mut willing = ready
            .iter()
            .map(|rank| rank.agent)
            .filter(|agent| caller.accepts(*agent));
        let first = willing.clone().next()?;
        let tried = &caller.wait()?.tried;
        if let Some(fresh) = willing.find(|agent| !tried.contains(agent)) {
            return Some(fresh);
        }
        caller.wait_mut()?.tried.clear();
        Some(first)
    }

    /// The oldest caller whom an available agent may be rung for.
    fn add_oldest_for(&self, id: AgentId, candidates: &mut Candidates) {
        let Some(agent) = self
            .agents
            .get(&id)
            .filter(|agent| agent.standing().is_some())
        else {
            return;
        };
        let willing = |call: &CallId| self.callers.get(call).is_some_and(|c| c.accepts(id));
        let queues = agent.queues.iter().filter_map(|id| self.queues.get(id));
        let firsts = queues.filter_map(|queue| queue.waiting.iter().find(|(_, c)| willing(c)));
        if let Some((place, call)) = firsts.min() {
            candidates.entry((*place, *call)).or_default().push(id);
        }
    }

    fn offer(&mut self, now: Instant, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let until = later(now, self.ring);
        self.change_agent(agent, |agent| {
            if let Doing::Idle { since } = agent.doing() {
                agent.begin(Doing::Ringing { call, until, since });
            }
        });
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                wait.offered = Some(agent);
            }
        });
        self.count(call, |counts| counts.offered += 1);
        out.push(Action::Offer { call, agent });
    }
}

//! Who is rung for whom.
//!
//! Callers are served in the order of their arrival over all queues that an agent serves. For a
//! caller, the queue's available agents are tried one after the other, in the order that the queue
//! sets ([`turn`](super::turn)): first those who have not been rung in this round (R57), and when all
//! were, from the first again (R58).
//!
//! A caller whose conversation an agent has already waits for that agent alone, busy or not, and
//! rings them again whatever they say; only while that agent is not there, they wait for any (R60).

use super::agent::Doing;
use super::caller::Place;
use super::floor::{Floor, Who, later};
use super::turn::Regard;
use super::{Action, By, Choice};
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
            let Some((agent, why)) = self.pick(now, call) else {
                continue;
            };
            self.offer(now, call, agent, why, out);
            for agent in waiting_agents {
                self.add_oldest_for(agent, &mut candidates);
            }
        }
        // Offering makes nobody free, so nothing is left to be looked at.
        debug_assert!(self.unmatched.is_empty(), "{:?}", self.unmatched);
    }

    /// The agent to ring for a waiting caller, and why. Begins a new round where this one is over.
    fn pick(&mut self, now: Instant, call: CallId) -> Option<(AgentId, Choice)> {
        let caller = self.callers.get(&call).filter(|c| c.is_waiting())?;
        let queue = self.queues.get(&caller.queue)?;
        let (agent, by) = if queue.waiting.contains_key(&caller.place) {
            let regard = |agent| caller.regard(agent);
            let (agent, regard) = queue.turn(&mut self.random, regard, &mut self.looked)?;
            if regard == Regard::Tried {
                let caller = self.callers.get_mut(&call)?;
                caller.wait_mut()?.tried.clear();
            }
            (agent, By::Queue(queue.rules.distribution))
        } else {
            let wait = caller.wait()?;
            let agent = caller.partner().filter(|agent| caller.accepts(*agent))?;
            let by = match (wait.only, wait.first) {
                (Some(_), _) => By::Pick,
                (None, Some(_)) => By::Link,
                (None, None) => By::Conversation,
            };
            (agent, by)
        };
        let standing = self.agents.get(&agent)?.standing()?;
        let choice = Choice {
            by,
            among: u32::try_from(queue.ready.len()).unwrap_or(u32::MAX),
            conversations: standing.load,
            calls: standing.calls,
            idle: now.saturating_duration_since(standing.idle_since),
        };
        Some((agent, choice))
    }

    /// The oldest caller whom an available agent may be rung for.
    fn add_oldest_for(&mut self, id: AgentId, candidates: &mut Candidates) {
        let Some(agent) = self.agents.get(&id).filter(|a| a.standing().is_some()) else {
            return;
        };
        let mut looked = 0;
        let mut willing = |call: &CallId| {
            looked += 1;
            self.callers.get(call).is_some_and(|c| c.accepts(id))
        };
        let mut own = agent.awaited_by.iter();
        let mut first = own.find(|(_, call)| willing(call)).copied();
        for queue in agent.queues.iter().filter_map(|id| self.queues.get(id)) {
            let mut waiting = queue.waiting.iter();
            let found = waiting.find(|(_, call)| willing(call));
            let found = found.map(|(place, call)| (*place, *call));
            first = [first, found].into_iter().flatten().min();
        }
        self.looked += looked;
        if let Some(first) = first {
            candidates.entry(first).or_default().push(id);
        }
    }

    fn offer(
        &mut self,
        now: Instant,
        call: CallId,
        agent: AgentId,
        why: Choice,
        out: &mut Vec<Action>,
    ) {
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
        let queue = self.callers.get(&call).map(|caller| caller.queue);
        if let Some(queue) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            queue.counts.offered += 1;
            queue.last_seat = Some(queue.seat(agent));
        }
        out.push(Action::Offer { call, agent, why });
    }
}

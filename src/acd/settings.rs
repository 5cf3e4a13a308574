//! New settings while callers wait and talk.
//!
//! What has begun goes on as it was: a ring keeps its time, a caller the longest wait that held when
//! they joined. All else holds from the next time on: the next message, the next choice of an agent,
//! the next wrap-up.

use super::agent::{Agent, Doing};
use super::caller::Caller;
use super::experience::experiences;
use super::floor::Floor;
use super::queue::{Queue, Rules};
use super::{Action, Farewell, Revocation};
use crate::id::{AgentId, QueueId};
use crate::settings::{self, Account, OnMaxWait, Waiting, WaitingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

impl Floor {
    /// The account has these settings from now on.
    pub fn set(&mut self, now: Instant, account: &Account, out: &mut Vec<Action>) {
        self.remove_queues(account, out);
        self.dismiss_agents(now, account, out);
        self.put(account);
        // Who waits for whom, and who is first, may be another now.
        let waiting = self.callers.iter().filter(|(_, c)| c.is_waiting());
        for call in waiting.map(|(call, _)| *call).collect::<Vec<_>>() {
            self.change_caller(call, |_| {});
        }
        self.assign(now, out);
    }

    /// What needs nothing to be undone.
    pub(super) fn put(&mut self, account: &Account) {
        self.ring = account.timeouts.agent;
        self.extend = account.wrap_up.extend;
        self.experiences = experiences(account);
        for queue in &account.queues {
            let rules = Rules::new(queue, own(account, queue));
            let known = self.queues.entry(queue.id);
            known.or_insert_with(|| Queue::new(rules)).rules = rules;
        }
        for agent in &account.agents {
            let known = self.agents.entry(agent.id);
            let wrap_up = wrap_up(account, agent);
            known.or_insert_with(|| Agent::new(wrap_up)).wrap_up = wrap_up;
        }
        self.seat_agents(account);
    }

    /// Whoever waits in a queue that is no more has nobody to wait for.
    fn remove_queues(&mut self, account: &Account, out: &mut Vec<Action>) {
        let kept: BTreeSet<QueueId> = account.queues.iter().map(|queue| queue.id).collect();
        let callers = self.callers.iter();
        let lost = callers.filter(|(_, c)| c.wait().is_some() && !kept.contains(&c.queue));
        let lost: Vec<_> = lost.map(|(call, _)| *call).collect();
        for call in lost {
            let offered = self.remove_caller(call);
            let offered = offered.as_ref().and_then(Caller::wait);
            if let Some(agent) = offered.and_then(|wait| wait.offered) {
                self.revoke_for(call, agent, out);
            }
            out.push(Action::GiveUp {
                call,
                then: OnMaxWait::End,
                why: Farewell::NoRoom,
            });
        }
        self.queues.retain(|id, _| kept.contains(id));
    }

    /// An agent who is no more is not rung, and ends what they are at.
    fn dismiss_agents(&mut self, now: Instant, account: &Account, out: &mut Vec<Action>) {
        let kept: BTreeSet<AgentId> = account.agents.iter().map(|agent| agent.id).collect();
        let gone = self.agents.keys().filter(|id| !kept.contains(id));
        for id in gone.copied().collect::<Vec<_>>() {
            self.change_agent(id, |agent| agent.reach(now, false));
            self.revoke_unless_reachable(now, id, Revocation::AgentGone, out);
            let doing = self.agents.get(&id).map(Agent::doing);
            if doing == Some(Doing::Unavailable) {
                self.agents.remove(&id);
            }
        }
    }

    /// Who serves which queue, and whose turn it is there.
    fn seat_agents(&mut self, account: &Account) {
        for agent in self.agents.values_mut() {
            agent.queues.clear();
        }
        for settings in &account.queues {
            let Some(queue) = self.queues.get_mut(&settings.id) else {
                continue;
            };
            let mut seats = BTreeMap::new();
            for (seat, id) in (0..).zip(&settings.agents) {
                if let Some(agent) = self.agents.get_mut(id)
                    && seats.insert(*id, seat).is_none()
                {
                    agent.queues.push(settings.id);
                }
            }
            queue.seats = seats;
            let ready = queue.seats.keys().filter_map(|id| {
                let standing = self.agents.get(id)?.standing()?;
                Some(queue.rank(*id, standing))
            });
            queue.ready = ready.collect();
            let seated = queue.seats.keys().filter_map(|id| self.agents.get(id));
            queue.present = seated.filter(|agent| agent.is_present()).count();
        }
    }
}

/// Whose experience the callers of a queue have: a strategy's that is bound to it, or its own if it
/// has any (D2).
fn own(account: &Account, queue: &settings::Queue) -> Option<WaitingKey> {
    let (key, waiting) = account.waiting(queue.id, None)?;
    let bare = key == WaitingKey::Queue(queue.id) && *waiting == Waiting::default();
    (!bare).then_some(key)
}

fn wrap_up(account: &Account, agent: &settings::Agent) -> Duration {
    match account.wrap_up.enabled {
        true => agent.wrap_up.unwrap_or(account.wrap_up.default),
        // The toggle disables the custom ones too (R21).
        false => Duration::ZERO,
    }
}

//! The floor: all queues, callers and agents of an account, and the indexes that keep a decision
//! cheap however many they are.

use super::agent::Agent;
use super::caller::Caller;
use super::experience::Experiences;
use super::queue::Queue;
use super::{Action, AgentState, CallerState, Input, Status, Tally};
use crate::id::{AgentId, CallId, QueueId};
use crate::random::Random;
use crate::settings::Account;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// All queues of an account, the callers in them, and the agents who serve them.
///
/// An agent may serve several queues and a caller may be moved between them; the floor is one
/// value, so that nobody is rung for two calls and no call rings two agents (R63).
#[derive(Debug)]
pub struct Floor {
    pub(super) queues: BTreeMap<QueueId, Queue>,
    /// What callers experience.
    pub(super) experiences: Experiences,
    pub(super) agents: BTreeMap<AgentId, Agent>,
    pub(super) callers: BTreeMap<CallId, Caller>,
    /// The agent call timeout (R49).
    pub(super) ring: Duration,
    /// Whether agents may prolong their after-call work (R18).
    pub(super) extend: bool,
    /// Joins so far: tells those of one instant apart.
    pub(super) arrivals: u64,
    /// For queues that draw lots.
    pub(super) random: Random,
    /// How many agents and callers have been looked at in search of a partner.
    pub(super) looked: u64,
    /// Every deadline of every caller and agent.
    pub(super) deadlines: BTreeSet<(Instant, Who)>,
    /// Callers and agents for whom a partner has not been looked for since they became free.
    pub(super) unmatched: BTreeSet<Who>,
}

/// Somebody with a deadline. Of one instant, agents come first: an offer times out before the
/// caller's wait does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Agent(AgentId),
    Caller(CallId),
}

impl Floor {
    /// More callers at once are sent away.
    pub const MOST_CALLERS: usize = 20_000;

    /// An empty floor: nobody waits, every agent is away. `random` is for queues that draw lots.
    pub fn new(account: &Account, random: Random) -> Self {
        let mut floor = Self {
            queues: BTreeMap::new(),
            experiences: Experiences::new(),
            agents: BTreeMap::new(),
            callers: BTreeMap::new(),
            ring: account.timeouts.agent,
            extend: account.wrap_up.extend,
            arrivals: 0,
            random,
            looked: 0,
            deadlines: BTreeSet::new(),
            unmatched: BTreeSet::new(),
        };
        floor.put(account);
        floor
    }

    /// Takes note of what has happened and says what is to be done now.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Action>) {
        match input {
            Input::Join { call, arrival } => self.join(now, call, arrival, out),
            Input::Open { queue, open } => self.open(queue, open, out),
            Input::Heard { call } => self.heard(now, call, out),
            Input::Leave { call } => self.leave(now, call, out),
            Input::Reserve { call, place } => self.reserve(now, call, place),
            Input::Ready { call, ready } => self.set_ready(call, ready, out),
            Input::Withdraw { call } => self.withdraw(now, call, out),
            Input::Return { call } => self.back_in_line(now, call, out),
            Input::PassOn { call, arrival } => self.pass_on(now, call, arrival, out),
            Input::Hand { call, agent } => self.hand(now, call, agent, out),
            Input::Take { call, agent } => self.take(call, agent),
            Input::Back { call } => self.back(now, call, out),
            Input::Send { call, queue } => self.send(now, call, queue, out),
            Input::Load {
                agent,
                conversations,
            } => self.change_agent(agent, |agent| agent.load = conversations),
            Input::Status { agent, status } => self.say(now, agent, status, out),
            Input::EndWrapUp { agent } => self.end_wrap_up(now, agent, out),
            Input::ExtendWrapUp { agent } => self.extend_wrap_up(now, agent, out),
            Input::Reachable { agent, reachable } => self.reach(now, agent, reachable, out),
            Input::Occupied { agent, occupied } => self.occupy(now, agent, occupied, out),
            Input::Accept { agent, call } => self.accept(now, agent, call, out),
            Input::Refuse { agent, call, why } => self.refuse(now, agent, call, why, out),
            Input::Timeout => self.timeout(now, out),
        }
        self.assign(now, out);
    }

    /// When to come back with [`Input::Timeout`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// An agent of the account.
    pub fn agent(&self, agent: AgentId) -> Option<AgentState> {
        self.agents.get(&agent).map(Agent::state)
    }

    /// What an agent says of themselves, and whether a phone of theirs is registered: two things.
    pub fn presence(&self, agent: AgentId) -> Option<(Status, bool)> {
        let agent = self.agents.get(&agent)?;
        Some((agent.status(), agent.is_reachable()))
    }

    /// All agents, by id.
    pub fn agents(&self) -> impl Iterator<Item = (AgentId, AgentState)> + '_ {
        self.agents.iter().map(|(id, agent)| (*id, agent.state()))
    }

    /// A caller on the floor.
    pub fn caller(&self, call: CallId) -> Option<CallerState> {
        self.callers.get(&call).map(Caller::state)
    }

    /// Who is in place, first come first: the first is at position 1.
    pub fn waiting(&self, queue: QueueId) -> impl Iterator<Item = CallId> + '_ {
        let queue = self.queues.get(&queue).into_iter();
        queue.flat_map(|queue| queue.line.values().copied())
    }

    /// A caller's position in the queue, from 1; `None` for who is not in place.
    pub fn position(&self, call: CallId) -> Option<usize> {
        let caller = self.callers.get(&call)?;
        caller.wait()?;
        let line = &self.queues.get(&caller.queue)?.line;
        Some(line.range(..=caller.place).count())
    }

    /// How many would be ahead of who joins the queue now (R48).
    pub fn ahead(&self, queue: QueueId) -> usize {
        let queue = self.queues.get(&queue);
        queue.map_or(0, |queue| queue.line.len() - queue.giving_way)
    }

    /// Whether it is within the working hours of the queue; `false` for one that there is not.
    pub fn is_open(&self, queue: QueueId) -> bool {
        self.queues.get(&queue).is_some_and(|queue| queue.open)
    }

    /// How many agents and callers have been looked at in search of a partner, since the process
    /// began: what decisions cost.
    pub fn looked(&self) -> u64 {
        self.looked
    }

    /// The figures of a queue.
    pub fn tally(&self, now: Instant, queue: QueueId) -> Option<Tally> {
        self.queues
            .get(&queue)
            .map(|queue| queue.tally(now, &self.callers))
    }

    /// Whether nobody is on the floor, neither waiting nor talking.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    fn timeout(&mut self, now: Instant, out: &mut Vec<Action>) {
        while let Some(&(at, who)) = self.deadlines.first()
            && at <= now
        {
            match who {
                Who::Agent(agent) => self.agent_due(now, agent, out),
                Who::Caller(call) => self.caller_due(now, call, out),
            }
        }
    }

    /// Changes an agent, and the indexes with them.
    pub(super) fn change_agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return;
        };
        let (standing, deadline) = (agent.standing(), agent.deadline());
        let present = agent.is_present();
        change(agent);
        if agent.deadline() != deadline {
            self.deadlines
                .extend(agent.deadline().map(|at| (at, Who::Agent(id))));
            deadline.map(|at| self.deadlines.remove(&(at, Who::Agent(id))));
        }
        let back = agent.is_present() != present;
        let awaited_by = back.then(|| agent.awaited_by.clone());
        if back {
            for queue in &agent.queues {
                if let Some(queue) = self.queues.get_mut(queue) {
                    queue.present = match present {
                        true => queue.present - 1,
                        false => queue.present + 1,
                    };
                }
            }
        }
        if agent.standing() != standing {
            for queue in &agent.queues {
                if let Some(queue) = self.queues.get_mut(queue) {
                    standing.map(|standing| queue.ready.remove(&queue.rank(id, standing)));
                    let rank = agent.standing().map(|standing| queue.rank(id, standing));
                    queue.ready.extend(rank);
                }
            }
            if standing.is_none() {
                self.unmatched.insert(Who::Agent(id));
            }
        }
        // Whoever waits for them may have another agent while they are not there, or not any more.
        for (_, call) in awaited_by.into_iter().flatten() {
            self.change_caller(call, |_| {});
        }
    }

    /// Changes a caller, and the indexes with them.
    pub(super) fn change_caller(&mut self, call: CallId, change: impl FnOnce(&mut Caller)) {
        let Some(mut caller) = self.remove_caller(call) else {
            return;
        };
        change(&mut caller);
        self.insert_caller(call, caller);
    }

    pub(super) fn insert_caller(&mut self, call: CallId, caller: Caller) {
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            if caller.wait().is_some() {
                queue.line.insert(caller.place, call);
                queue.absent += usize::from(caller.absent);
                queue.giving_way += usize::from(caller.place.gives_way());
            }
            if caller.is_waiting() {
                let partner = caller.partner().and_then(|id| self.agents.get_mut(&id));
                let only = caller.wait().is_some_and(|wait| wait.alone().is_some());
                let bound = only || partner.as_ref().is_some_and(|agent| agent.is_present());
                partner.map(|agent| agent.awaited_by.insert((caller.place, call)));
                if !bound {
                    queue.waiting.insert(caller.place, call);
                }
                self.unmatched.insert(Who::Caller(call));
            }
        }
        self.deadlines
            .extend(caller.deadline().map(|at| (at, Who::Caller(call))));
        self.callers.insert(call, caller);
    }

    pub(super) fn remove_caller(&mut self, call: CallId) -> Option<Caller> {
        let caller = self.callers.remove(&call)?;
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            let in_place = queue.line.remove(&caller.place).is_some();
            queue.absent -= usize::from(in_place && caller.absent);
            queue.giving_way -= usize::from(in_place && caller.place.gives_way());
            queue.waiting.remove(&caller.place);
        }
        if let Some(partner) = caller.partner().and_then(|id| self.agents.get_mut(&id)) {
            partner.awaited_by.remove(&(caller.place, call));
        }
        if let Some(at) = caller.deadline() {
            self.deadlines.remove(&(at, Who::Caller(call)));
        }
        Some(caller)
    }
}

/// An instant from now. No wait is longer than a day, so that no setting can overflow a clock.
pub(super) fn later(now: Instant, by: Duration) -> Instant {
    now + by.min(Duration::from_secs(24 * 60 * 60))
}

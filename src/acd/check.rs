//! What must hold on the floor after every step.

use super::agent::Doing;
use super::caller::Caller;
use super::floor::{Floor, Who};
use super::{AgentState, Stage};
use crate::id::CallId;
use std::collections::BTreeSet;

impl Floor {
    /// Asserts what must hold after every step.
    ///
    /// # Panics
    /// If it does not: a fault of ours.
    pub fn check(&self) {
        self.check_pairs();
        self.check_indexes();
        self.check_nobody_is_forgotten();
    }

    /// Who is rung or talks has exactly one partner, who says the same (R63).
    fn check_pairs(&self) {
        for (id, agent) in &self.agents {
            let (call, stage) = match agent.state() {
                AgentState::Offered { call, .. } => (call, Stage::Offered(*id)),
                AgentState::Talking { call } => (call, Stage::Talking(*id)),
                AgentState::NotReady { .. }
                | AgentState::Away
                | AgentState::Occupied
                | AgentState::Available { .. }
                | AgentState::WrapUp { .. }
                | AgentState::Resting { .. } => continue,
            };
            let theirs = self.caller(call).map(|caller| caller.stage);
            assert_eq!(theirs, Some(stage), "agent {id} and call {call}");
        }
        for (call, caller) in &self.callers {
            let (Stage::Offered(id) | Stage::Talking(id)) = caller.state().stage else {
                continue;
            };
            let theirs = self.agents.get(&id).map(|agent| agent.doing());
            let same = matches!(theirs, Some(Doing::Ringing { call: c, .. } | Doing::Talking { call: c }) if c == *call);
            assert!(same, "call {call} has {id}, who is {theirs:?}");
        }
    }

    /// The indexes say what callers and agents say.
    fn check_indexes(&self) {
        let agents = self.agents.iter();
        let agents = agents.filter_map(|(id, agent)| Some((agent.deadline()?, Who::Agent(*id))));
        let callers = self.callers.iter();
        let callers = callers.filter_map(|(id, c)| Some((c.deadline()?, Who::Caller(*id))));
        let deadlines: BTreeSet<_> = agents.chain(callers).collect();
        assert_eq!(deadlines, self.deadlines);
        for (id, queue) in &self.queues {
            let here = || self.callers.iter().filter(|(_, c)| c.queue == *id);
            let in_place = here().filter(|(_, c)| c.wait().is_some()).count();
            let waiting = here().filter(|(call, c)| c.is_waiting() && !self.is_bound(**call, c));
            let waiting = waiting.count();
            assert_eq!(queue.line.len(), in_place, "queue {id}");
            assert_eq!(queue.waiting.len(), waiting, "queue {id}");
            let absent = here().filter(|(_, c)| c.wait().is_some() && c.absent);
            assert_eq!(queue.absent, absent.count(), "queue {id}");
            let giving_way = queue.line.keys().filter(|place| place.gives_way());
            assert_eq!(queue.giving_way, giving_way.count(), "queue {id}");
            let agents = self.agents.iter().filter(|(_, a)| a.queues.contains(id));
            let seated = agents.clone();
            let present = seated.filter(|(_, a)| a.is_present()).count();
            assert_eq!(queue.present, present, "queue {id}");
            let ready = agents.filter_map(|(id, a)| Some(queue.rank(*id, a.standing()?)));
            let ready: Vec<_> = ready.collect();
            assert_eq!(queue.ready.len(), ready.len(), "queue {id}");
            assert!(ready.iter().all(|rank| queue.ready.contains(rank)));
        }
    }

    /// Whether the caller waits for one agent alone; whom, must know it.
    fn is_bound(&self, call: CallId, caller: &Caller) -> bool {
        let only = caller.wait().is_some_and(|wait| wait.alone().is_some());
        let partner = caller.partner().and_then(|id| self.agents.get(&id));
        if let Some(agent) = partner {
            assert!(agent.awaited_by.contains(&(caller.place, call)));
        }
        only || partner.is_some_and(|agent| agent.is_present())
    }

    /// Nobody waits while an agent is available who may have them, and a place is given up by
    /// leaving alone: every caller is in line, hears last words, or talks.
    fn check_nobody_is_forgotten(&self) {
        assert!(self.unmatched.is_empty(), "{:?}", self.unmatched);
        for (id, queue) in &self.queues {
            for (place, call) in &queue.waiting {
                let caller = self.callers.get(call);
                assert!(caller.is_some_and(|c| c.place == *place && Caller::is_waiting(c)));
                let mut ready = queue.ready.iter();
                let idle = ready.find(|r| caller.is_some_and(|c| c.accepts(r.agent)));
                assert_eq!(idle, None, "queue {id}: call {call} waits for nothing");
            }
        }
        for (id, agent) in &self.agents {
            for (_, call) in &agent.awaited_by {
                let caller = self.callers.get(call).filter(|c| c.is_waiting());
                let accepts = caller.expect("one who waits").accepts(*id);
                let idle = agent.standing().is_some();
                assert!(!(idle && accepts), "agent {id} and {call} wait for nothing");
            }
        }
    }
}

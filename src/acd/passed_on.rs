//! Callers whose agent passes them on (R124–R138): the agent is free of them at once, and they keep the
//! place that they had, for the case that nothing comes of it (D6, D18).
//!
//! ```text
//!   Talking ──PassOn──▶ Sent ──Hand──▶ Handed ──Accept──▶ Talking
//!                       ▲ │ ▲             │
//!        to a number:   │ │ └─ NotTaken ──┘ declined, not answered, gone
//!                       │ ├──Take──▶ Talking, with an agent who was asked before
//!        nothing here   │ ├──Back──▶ InPlace, as if they had never left it
//!                       │ └──Send──▶ InPlace in another queue
//!                       └── Leave: answered outside, or hung up
//! ```

use super::agent::Doing as AgentDoing;
use super::caller::{Caller, Doing, Hears, Place, Turn, Wait};
use super::floor::{Floor, later};
use super::overflow::MOST_HOPS;
use super::{Action, Arrival, By, Choice};
use crate::id::{AgentId, CallId, QueueId};
use crate::settings::WaitingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

impl Floor {
    /// Whether a caller may be sent to one more queue (D19).
    pub fn may_be_sent(&self, call: CallId) -> bool {
        let caller = self.callers.get(&call);
        caller.is_none_or(|caller| caller.hops < MOST_HOPS)
    }

    /// The agent of the caller passes them on, and has the after-call work to do.
    pub(super) fn pass_on(
        &mut self,
        now: Instant,
        call: CallId,
        arrival: Arrival,
        out: &mut Vec<Action>,
    ) {
        let Some(caller) = self.callers.get(&call) else {
            return self.take_in(now, call, arrival);
        };
        if let Doing::Talking(agent) = caller.doing {
            self.change_caller(call, |caller| {
                caller.doing = Doing::Sent;
                // Of a callback: by now they are on the line.
                caller.absent = false;
            });
            self.talk_over(now, agent, out);
        }
    }

    /// Somebody whom an agent has called: their place counts from now.
    fn take_in(&mut self, now: Instant, call: CallId, arrival: Arrival) {
        if self.callers.len() >= Self::MOST_CALLERS || !self.queues.contains_key(&arrival.queue) {
            return;
        }
        self.arrivals += 1;
        let caller = Caller {
            queue: arrival.queue,
            place: Place {
                turn: Turn::Arrival,
                joined: now,
                number: self.arrivals,
            },
            experience: WaitingKey::Queue(arrival.queue),
            sender: arrival.sender,
            owner: None,
            max_wait: None,
            hops: 0,
            absent: false,
            doing: Doing::Sent,
        };
        self.insert_caller(call, caller);
    }

    /// This agent alone is rung for the caller, for the agent call timeout.
    pub(super) fn hand(&mut self, now: Instant, call: CallId, id: AgentId, out: &mut Vec<Action>) {
        let sent = self.callers.get(&call).map(|caller| &caller.doing);
        let standing = self.agents.get(&id).and_then(|agent| agent.standing());
        let (Some(Doing::Sent), Some(standing)) = (sent, standing) else {
            out.push(Action::NotTaken { call, agent: id });
            return;
        };
        let until = later(now, self.ring);
        let since = standing.idle_since;
        self.change_agent(id, |agent| {
            agent.begin(AgentDoing::Ringing { call, until, since });
        });
        self.change_caller(call, |caller| caller.doing = Doing::Handed(id));
        let why = Choice {
            by: By::Transfer,
            among: 1,
            conversations: standing.load,
            calls: standing.calls,
            idle: now.saturating_duration_since(since),
        };
        let agent = id;
        out.push(Action::Offer { call, agent, why });
    }

    /// An agent who was asked before takes the caller: whatever they have said of themselves, they talk.
    pub(super) fn take(&mut self, call: CallId, id: AgentId) {
        let sent = self.callers.get(&call).map(|caller| &caller.doing);
        let busy = self
            .agents
            .get(&id)
            .is_none_or(|agent| match agent.doing() {
                AgentDoing::Ringing { .. } | AgentDoing::Talking { .. } => true,
                AgentDoing::Unavailable
                | AgentDoing::Idle { .. }
                | AgentDoing::WrapUp { .. }
                | AgentDoing::Resting { .. } => false,
            });
        if !matches!(sent, Some(Doing::Sent)) || busy {
            return;
        }
        self.change_agent(id, |agent| {
            agent.begin(AgentDoing::Talking { call });
            agent.missed.clear();
            agent.calls += 1;
        });
        self.change_caller(call, |caller| caller.doing = Doing::Talking(id));
    }

    /// Nothing has come of it: the caller is at their place again (D6, D18).
    pub(super) fn back(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(&call) else {
            return;
        };
        if !matches!(caller.doing, Doing::Sent) {
            return;
        }
        if !self.queues.contains_key(&caller.queue) {
            self.remove_caller(call);
            return out.push(super::announce::no_room(call));
        }
        let wait = Wait {
            hears: Hears::Nothing,
            offered: None,
            // They were served meanwhile: they wait anew, at their old place.
            ends: caller.max_wait.map(|max| later(now, max.after)),
            tried: BTreeSet::new(),
            refused: BTreeMap::new(),
            ready: true,
            only: None,
            first: None,
        };
        self.change_caller(call, |caller| caller.doing = Doing::InPlace(wait));
        self.music(now, call, out);
    }

    /// The caller is sent to a queue, and experiences its strategy from the beginning (R133).
    pub(super) fn send(
        &mut self,
        now: Instant,
        call: CallId,
        queue: QueueId,
        out: &mut Vec<Action>,
    ) {
        let sent = self.callers.get(&call).map(|caller| &caller.doing);
        if !matches!(sent, Some(Doing::Sent)) {
            return;
        }
        let Some(caller) = self.remove_caller(call) else {
            return;
        };
        let arrival = Arrival {
            queue,
            sender: caller.sender,
            owner: None,
            first: None,
        };
        if self.queues.contains_key(&queue) {
            out.push(Action::Redirect { call, queue });
        }
        self.enter(now, call, arrival, caller.hops.saturating_add(1), out);
    }

    /// The agent to whom the caller was handed has not taken them.
    pub(super) fn not_taken(&mut self, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let handed = self.callers.get(&call).map(|caller| &caller.doing);
        if matches!(handed, Some(Doing::Handed(to)) if *to == agent) {
            self.change_caller(call, |caller| caller.doing = Doing::Sent);
            out.push(Action::NotTaken { call, agent });
        }
    }
}

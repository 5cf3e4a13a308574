//! What can be seen of the switch from outside, for metrics and health.

use super::Switch;
use super::running::RunningView;
use super::supervise::SupervisorView;
use crate::acd::{AgentState, Stage, Status, callback};
use crate::id::{AgentId, CallId, QueueId, TrunkId};
use crate::route::{Count, Health};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Calls that have not ended.
    pub calls: usize,
    /// Calls in which customer and agent talk.
    pub talking: usize,
    /// Media ports in use.
    pub ports: usize,
    /// Each queue of the account.
    pub queues: Vec<QueueView>,
    /// Who is in place in a queue: by queue, first come first.
    pub callers: Vec<CallerView>,
    /// The calls that go on, the oldest first; of very many, not all.
    pub running: Vec<RunningView>,
    /// Each agent of the account.
    pub agents: Vec<AgentView>,
    /// Each trunk of the account.
    pub trunks: Vec<TrunkView>,
    /// Who supervises which call (B1), in the order in which their devices rang.
    pub supervisors: Vec<SupervisorView>,
    /// No new calls are taken.
    pub draining: bool,
}

/// A queue as wallboards show it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueView {
    /// Which.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// Callers without an agent.
    pub waiting: usize,
    /// Customers who wait to be called back, at home.
    pub callbacks: usize,
    /// How long the first of those on the line has waited.
    pub longest: Duration,
}

/// A waiting caller as wallboards show them.
#[derive(Clone, Debug, PartialEq)]
pub struct CallerView {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// The number it came from.
    pub from: String,
    /// Since when they wait there.
    pub joined: Instant,
    /// The agent who is rung for them.
    pub offered: Option<AgentId>,
}

/// An agent as wallboards show them.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// Who.
    pub id: AgentId,
    /// Their name.
    pub name: String,
    /// What they say of themselves.
    pub status: Status,
    /// Whether a phone of theirs is registered.
    pub reachable: bool,
    /// What they are doing.
    pub state: AgentState,
}

/// A trunk as wallboards show it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrunkView {
    /// Which.
    pub id: TrunkId,
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub health: Health,
    /// What has been counted of it.
    pub count: Count,
}

impl Switch {
    /// A snapshot of who is doing what.
    pub fn view(&self, now: Instant) -> View {
        let mut at_home = BTreeMap::<QueueId, usize>::new();
        for request in self.book.requests() {
            if request.state.status() == callback::Status::InQueue {
                *at_home.entry(request.queue).or_default() += 1;
            }
        }
        let queues = self.account.queues.iter().map(|queue| {
            let tally = self.floor.tally(now, queue.id).unwrap_or_default();
            QueueView {
                id: queue.id,
                name: queue.name.clone(),
                waiting: tally.waiting,
                callbacks: at_home.remove(&queue.id).unwrap_or_default(),
                longest: tally.longest_wait,
            }
        });
        let queued = self.account.queues.iter();
        let callers = queued.flat_map(|queue| self.floor.waiting(queue.id));
        let callers = callers.filter_map(|call| self.caller_view(call));
        let agents = self.account.agents.iter().filter_map(|agent| {
            let (status, reachable) = self.floor.presence(agent.id)?;
            Some(AgentView {
                id: agent.id,
                name: agent.name.clone(),
                status,
                reachable,
                state: self.agent_state(agent.id)?,
            })
        });
        let trunks = self.account.trunks.iter().filter_map(|trunk| {
            Some(TrunkView {
                id: trunk.id,
                name: trunk.name.clone(),
                health: self.board.health(now, trunk.id)?,
                count: self.board.count(trunk.id),
            })
        });
        View {
            calls: self.calls.values().filter(|call| !call.is_over()).count(),
            talking: self.calls.values().filter(|call| call.is_talking()).count(),
            ports: self.ports.taken(),
            queues: queues.collect(),
            callers: callers.collect(),
            running: self.running(now),
            agents: agents.collect(),
            trunks: trunks.collect(),
            supervisors: self.supervisors(),
            draining: self.draining,
        }
    }

    /// The minutes that a caller may still wait, rounded up (B4).
    pub(super) fn minutes(&self, now: Instant, call: CallId) -> Option<u32> {
        let wait = self.floor.estimated_wait(now, call)?;
        // Nobody is promised that it is their turn this minute.
        u32::try_from(wait.as_secs().div_ceil(60).max(1)).ok()
    }

    /// What an agent does; who is rung for an agent who asks in a queue, is so in the call of that one.
    fn agent_state(&self, agent: AgentId) -> Option<AgentState> {
        Some(match self.floor.agent(agent)? {
            AgentState::Offered { call, until } => AgentState::Offered {
                call: self.in_line(call),
                until,
            },
            other @ (AgentState::NotReady { .. }
            | AgentState::Away
            | AgentState::Occupied
            | AgentState::Available { .. }
            | AgentState::Talking { .. }
            | AgentState::WrapUp { .. }
            | AgentState::Resting { .. }) => other,
        })
    }

    fn caller_view(&self, call: CallId) -> Option<CallerView> {
        let state = self.floor.caller(call)?;
        Some(CallerView {
            call,
            queue: state.queue,
            from: self.calls.get(&call)?.record().from.clone(),
            joined: state.joined,
            offered: match state.stage {
                Stage::Offered(agent) => Some(agent),
                Stage::Waiting
                | Stage::LastWords
                | Stage::Away
                | Stage::Talking(_)
                | Stage::Sent => None,
            },
        })
    }

    /// What SIP has counted: messages in and out, and what was dropped.
    pub fn sip_counters(&self) -> crate::sip::Counters {
        self.sip.counters()
    }

    /// Whether a call goes on, or a leg of one has still to report.
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty() || !self.lines.is_empty()
    }

    /// Whether nothing is left: no call, no leg, no transaction, no timer but registrations.
    pub fn is_idle(&self) -> bool {
        let pages = self.visits.is_empty() && self.lost.is_empty() && self.links_asked.is_empty();
        self.calls.is_empty() && self.lines.is_empty() && self.sip.is_idle() && pages
    }
}

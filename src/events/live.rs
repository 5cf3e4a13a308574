//! The live view: who waits, who talks, at one number of the log; what changes is in the log.

use super::log::Log;
use super::what::What;
use crate::acd::{AgentState, Status};
use crate::id::{AgentId, CallId, QueueId};
use crate::switch::{AgentView, CallerView, QueueView, View};
use jiff::{Timestamp, Unit};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Everything that wallboards and desks show, as it was when the log had come to `seq`: who has it and
/// follows the log from there misses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The number of the last event that is in it.
    pub seq: u64,
    /// When it was made: at most a second ago.
    pub at: Timestamp,
    /// Each queue of the account.
    pub queues: Vec<QueueNow>,
    /// Who waits: by queue, first come first.
    pub callers: Vec<CallerNow>,
    /// Each agent of the account.
    pub agents: Vec<AgentNow>,
}

/// A queue as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueNow {
    /// Which.
    pub queue: QueueId,
    /// Its name.
    pub name: String,
    /// Callers on the line and in place.
    pub waiting: usize,
    /// Since when the first of them has waited; `null`: nobody waits.
    pub longest_since: Option<Timestamp>,
}

/// A waiting caller as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallerNow {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// The number they call from.
    pub from: String,
    /// Since when they have waited.
    pub since: Timestamp,
    /// The agent who is rung for them.
    pub offered: Option<AgentId>,
}

/// An agent as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentNow {
    /// Who.
    pub agent: AgentId,
    /// Their name.
    pub name: String,
    /// What they do: `not_ready` (by their status), `away` (no phone), `occupied` (a call of their own),
    /// `available`, `offered` (rung), `talking`, `wrap_up`, or `resting` (their phone failed).
    pub state: &'static str,
    /// What they say of themselves: `available`, `not_ready`, `paused` (missed calls), `offline`.
    pub status: &'static str,
    /// The number of the reason, of who is not ready.
    pub reason: Option<u16>,
    /// Whether a phone of theirs is registered.
    pub reachable: bool,
    /// The call they talk in, or are rung for.
    pub call: Option<CallId>,
    /// Since when, of who is available.
    pub since: Option<Timestamp>,
    /// Until when, of what ends by itself.
    pub until: Option<Timestamp>,
}

/// Makes the live view from the switch's, and says what has changed.
#[derive(Debug)]
pub struct Live {
    log: Log,
    shown: Shown,
    before: View,
}

/// The latest snapshot: a handle, of which there may be many.
#[derive(Clone, Debug)]
pub struct Shown(Arc<Mutex<Arc<Snapshot>>>);

impl Shown {
    /// The latest snapshot.
    pub fn latest(&self) -> Arc<Snapshot> {
        let latest = self.0.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Live {
    /// Before anything was seen, at `now`.
    pub fn new(log: Log, now: Timestamp) -> Self {
        let empty = Snapshot {
            seq: log.last(),
            at: now,
            queues: vec![],
            callers: vec![],
            agents: vec![],
        };
        Self {
            log,
            shown: Shown(Arc::new(Mutex::new(Arc::new(empty)))),
            before: View::default(),
        }
    }

    /// The log that it goes with.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Where the latest snapshot is found.
    pub fn shown(&self) -> Shown {
        self.shown.clone()
    }

    /// Sees what the switch shows at `now`, which is `at` on the wall.
    pub fn see(&mut self, view: View, now: Instant, at: Timestamp) {
        let wall = Wall { now, at };
        let known: BTreeMap<_, _> = self.before.agents.iter().map(|a| (a.id, a)).collect();
        for agent in &view.agents {
            if known.get(&agent.id).is_none_or(|before| *before != agent) {
                self.log.add(at, &What::AgentState(wall.agent(agent)));
            }
        }
        let known: BTreeMap<_, _> = self.before.queues.iter().map(|q| (q.id, q)).collect();
        let (firsts, before) = (first_callers(&view), first_callers(&self.before));
        for queue in &view.queues {
            let same = known.get(&queue.id).is_some_and(|before| {
                (&before.name, before.waiting) == (&queue.name, queue.waiting)
            });
            if !same || firsts.get(&queue.id) != before.get(&queue.id) {
                self.log.add(at, &What::QueueState(wall.queue(queue)));
            }
        }
        let snapshot = Snapshot {
            // Only the switch's thread tells of the switch, and it is here.
            seq: self.log.last(),
            at,
            queues: view.queues.iter().map(|queue| wall.queue(queue)).collect(),
            callers: view.callers.iter().map(|call| wall.caller(call)).collect(),
            agents: view.agents.iter().map(|agent| wall.agent(agent)).collect(),
        };
        self.before = view;
        let latest = self.shown.0.lock();
        *latest.unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}

/// The word for a status.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Available => "available",
        Status::NotReady(_) => "not_ready",
        Status::Paused(_) => "paused",
        Status::Offline => "offline",
    }
}

fn first_callers(view: &View) -> BTreeMap<QueueId, CallId> {
    // Of each queue the first in the list stays.
    let callers = view.callers.iter().rev();
    callers.map(|caller| (caller.queue, caller.call)).collect()
}

/// The wall clock, for moments of the switch.
struct Wall {
    now: Instant,
    at: Timestamp,
}

impl Wall {
    fn queue(&self, queue: &QueueView) -> QueueNow {
        let waits = queue.waiting > 0;
        QueueNow {
            queue: queue.id,
            name: queue.name.clone(),
            waiting: queue.waiting,
            longest_since: waits
                .then(|| self.now.checked_sub(queue.longest))
                .flatten()
                .map(|since| self.moment(since)),
        }
    }

    fn caller(&self, caller: &CallerView) -> CallerNow {
        CallerNow {
            call: caller.call,
            queue: caller.queue,
            from: caller.from.clone(),
            since: self.moment(caller.joined),
            offered: caller.offered,
        }
    }

    fn agent(&self, agent: &AgentView) -> AgentNow {
        let mut shown = AgentNow {
            agent: agent.id,
            name: agent.name.clone(),
            state: "away",
            status: status_word(agent.status),
            reason: match agent.status {
                Status::NotReady(reason) => Some(reason),
                Status::Available | Status::Paused(_) | Status::Offline => None,
            },
            reachable: agent.reachable,
            call: None,
            since: None,
            until: None,
        };
        match agent.state {
            AgentState::NotReady { .. } => shown.state = "not_ready",
            AgentState::Away => {}
            AgentState::Occupied => shown.state = "occupied",
            AgentState::Available { since } => {
                shown.state = "available";
                shown.since = Some(self.moment(since));
            }
            AgentState::Offered { call, until } => {
                shown.state = "offered";
                shown.call = Some(call);
                shown.until = Some(self.moment(until));
            }
            AgentState::Talking { call } => {
                shown.state = "talking";
                shown.call = Some(call);
            }
            AgentState::WrapUp { until } => {
                shown.state = "wrap_up";
                shown.until = Some(self.moment(until));
            }
            AgentState::Resting { until } => {
                shown.state = "resting";
                shown.until = Some(self.moment(until));
            }
        }
        shown
    }

    /// To the millisecond: the two clocks are not read at once.
    fn moment(&self, when: Instant) -> Timestamp {
        let moment = match when.checked_duration_since(self.now) {
            Some(ahead) => self.at.checked_add(ahead),
            None => self.at.checked_sub(self.now.duration_since(when)),
        };
        let moment = moment.and_then(|moment| moment.round(Unit::Millisecond));
        // Further away than any calendar goes.
        moment.unwrap_or(self.at)
    }
}

//! The live view: who waits, who talks, at one number of the log; what changes is in the log.

use super::log::Log;
use super::what::What;
use crate::acd::{AgentState, Status};
use crate::call::record::{AgentName, Direction, Quality, Role};
use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::switch::{AgentView, CallerView, QueueView, Running, RunningView, SupervisorView, View};
use jiff::{Timestamp, Unit};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Everything that wallboards and desks show, as it was when the log had come to `seq`: who has it and
/// follows the log from there misses nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// The calls that go on, the oldest first: at most 500.
    pub calls: Vec<CallNow>,
    /// How many go on.
    pub calls_in_all: usize,
    /// Who supervises which call: not for everybody who sees the rest.
    #[serde(skip)]
    pub supervisors: Vec<SupervisorView>,
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

/// A call that goes on, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallNow {
    /// Which.
    pub call: CallId,
    /// Who began it.
    pub direction: Direction,
    /// The caller's number or user.
    pub from: String,
    /// The number called.
    pub called: String,
    /// The name of the queue that was joined.
    pub queue: Option<String>,
    /// The agent who has it, or had it last.
    pub agent: Option<AgentName>,
    /// `served` (nobody is needed), `waiting`, `ringing` (an agent is rung), `dialling` (a number outside),
    /// `talking`, `held`.
    pub state: &'static str,
    /// Since when it goes on.
    pub since: Timestamp,
    /// Since when they talk.
    pub talking_since: Option<Timestamp>,
    /// Whether it is being recorded.
    pub recorded: bool,
    /// Whether what is said is silence in the recording.
    pub masked: bool,
    /// Its parties, in the order in which they came.
    pub legs: Vec<LegNow>,
}

/// A party of a call that goes on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegNow {
    /// Which.
    pub leg: LegId,
    /// What the party is in the call.
    pub role: Role,
    /// The encoding name of what they speak; `null`: that is not agreed on.
    pub codec: Option<&'static str>,
    /// How they are heard so far: a few seconds old.
    pub quality: Quality,
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
    /// Since when they do what they do, as far as this was seen: to a second.
    pub state_since: Timestamp,
    /// Until when, of what ends by itself.
    pub until: Option<Timestamp>,
}

/// Makes the live view from the switch's, and says what has changed.
#[derive(Debug)]
pub struct Live {
    log: Log,
    shown: Shown,
    before: View,
    /// Since when each agent is seen to do the same.
    states: BTreeMap<AgentId, (&'static str, Timestamp)>,
}

/// The latest snapshot: a handle, of which there may be many.
#[derive(Clone, Debug)]
pub struct Shown(Arc<Mutex<Arc<Snapshot>>>);

impl Shown {
    /// Shows this, whatever the switch does.
    #[cfg(test)]
    pub(crate) fn put(&self, snapshot: Snapshot) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Arc::new(snapshot);
    }

    /// The latest snapshot.
    pub fn latest(&self) -> Arc<Snapshot> {
        let latest = self.0.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
impl Shown {
    /// Shows this, to those who are tested.
    pub(crate) fn sees(&self, log: Log, view: View) {
        let (now, at) = (Instant::now(), Timestamp::now());
        let live = Live::new(log, at);
        Live {
            shown: self.clone(),
            ..live
        }
        .see(view, now, at);
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
            calls: vec![],
            calls_in_all: 0,
            supervisors: vec![],
        };
        Self {
            log,
            shown: Shown(Arc::new(Mutex::new(Arc::new(empty)))),
            before: View::default(),
            states: BTreeMap::new(),
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
        self.note_states(&view, at);
        let known: BTreeMap<_, _> = self.before.agents.iter().map(|a| (a.id, a)).collect();
        for agent in &view.agents {
            if known.get(&agent.id).is_none_or(|before| *before != agent) {
                self.log
                    .add(at, &What::AgentState(self.agent(&wall, agent)));
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
            agents: view
                .agents
                .iter()
                .map(|agent| self.agent(&wall, agent))
                .collect(),
            calls: view.running.iter().map(|call| wall.call(call)).collect(),
            calls_in_all: view.calls,
            supervisors: view.supervisors.clone(),
        };
        self.before = view;
        let latest = self.shown.0.lock();
        *latest.unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// Who does something else than before does so since now; who is gone is forgotten.
    fn note_states(&mut self, view: &View, at: Timestamp) {
        let states = view.agents.iter().map(|agent| {
            let word = state_word(agent.state);
            let known = self.states.get(&agent.id).copied();
            let since = known.filter(|(before, _)| *before == word);
            (agent.id, since.unwrap_or((word, at)))
        });
        self.states = states.collect();
    }

    fn agent(&self, wall: &Wall, agent: &AgentView) -> AgentNow {
        let since = self.states.get(&agent.id).map_or(wall.at, |(_, at)| *at);
        wall.agent(agent, since)
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

/// The word for what an agent does.
fn state_word(state: AgentState) -> &'static str {
    match state {
        AgentState::NotReady { .. } => "not_ready",
        AgentState::Away => "away",
        AgentState::Occupied => "occupied",
        AgentState::Available { .. } => "available",
        AgentState::Offered { .. } => "offered",
        AgentState::Talking { .. } => "talking",
        AgentState::WrapUp { .. } => "wrap_up",
        AgentState::Resting { .. } => "resting",
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

    fn call(&self, call: &RunningView) -> CallNow {
        let legs = call.legs.iter().map(|leg| LegNow {
            leg: leg.leg,
            role: leg.role,
            codec: leg.codec.map(|codec| codec.name()),
            quality: leg.quality,
        });
        CallNow {
            call: call.call,
            direction: call.direction,
            from: call.from.clone(),
            called: call.called.clone(),
            queue: call.queue.clone(),
            agent: call.agent.clone(),
            state: match call.state {
                Running::Served => "served",
                Running::Waiting => "waiting",
                Running::Ringing => "ringing",
                Running::Dialling => "dialling",
                Running::Talking => "talking",
                Running::Held => "held",
            },
            since: self.moment(call.since),
            talking_since: call.talking_since.map(|since| self.moment(since)),
            recorded: call.recorded,
            masked: call.masked,
            legs: legs.collect(),
        }
    }

    fn agent(&self, agent: &AgentView, state_since: Timestamp) -> AgentNow {
        let mut shown = AgentNow {
            agent: agent.id,
            name: agent.name.clone(),
            state: state_word(agent.state),
            status: status_word(agent.status),
            reason: match agent.status {
                Status::NotReady(reason) => Some(reason),
                Status::Available | Status::Paused(_) | Status::Offline => None,
            },
            reachable: agent.reachable,
            call: None,
            since: None,
            state_since,
            until: None,
        };
        match agent.state {
            AgentState::NotReady { .. } | AgentState::Away | AgentState::Occupied => {}
            AgentState::Available { since } => {
                shown.since = Some(self.moment(since));
            }
            AgentState::Offered { call, until } => {
                shown.call = Some(call);
                shown.until = Some(self.moment(until));
            }
            AgentState::Talking { call } => {
                shown.call = Some(call);
            }
            AgentState::WrapUp { until } => {
                shown.until = Some(self.moment(until));
            }
            AgentState::Resting { until } => {
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

//! How long a caller has still to wait, as far as anybody can tell (B4): from how fast the line has
//! moved of late, or where it has not moved yet, from how long an agent is busy with a caller.
//!
//! Only what was seen under load tells how fast a line moves: the time between two answers counts if
//! somebody was waiting all the while. In a quiet hour it is the time between two callers.

use super::floor::Floor;
use super::queue::Queue;
use crate::id::{AgentId, CallId, QueueId};
use std::time::{Duration, Instant};

/// How fast the line of a queue moves: running means, in which the last eight or so weigh most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Between two answers while somebody waited.
    between: Option<Duration>,
    /// From an answer until the agent can be rung again.
    busy: Option<Duration>,
    /// The last answer, if somebody has waited ever since.
    last: Option<Instant>,
}

impl Pace {
    fn answered(&mut self, now: Instant, somebody_waits: bool) {
        if let Some(last) = self.last {
            learn(&mut self.between, now.saturating_duration_since(last));
        }
        self.last = somebody_waits.then_some(now);
    }

    /// So long for who is at this position, 1 being the next, with so many agents.
    fn estimate(&self, now: Instant, position: usize, agents: usize) -> Option<Duration> {
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let agents = u32::try_from(agents).ok().filter(|agents| *agents > 0)?;
        if let Some(between) = self.between {
            let last = self.last.map(|last| now.saturating_duration_since(last));
            let next = between.saturating_sub(last.unwrap_or_default());
            return Some(next.saturating_add(between.saturating_mul(position.saturating_sub(1))));
        }
        Some(self.busy?.saturating_mul(position) / agents)
    }
}

fn learn(mean: &mut Option<Duration>, sample: Duration) {
    *mean = Some(match *mean {
        Some(mean) => (mean.saturating_mul(7).saturating_add(sample)) / 8,
        None => sample,
    });
}

impl Floor {
    /// How long the caller has still to wait, seen from now; `None` for who is not in place, where
    /// no agent of the queue is there, and where nothing has been learned yet.
    pub fn estimated_wait(&self, now: Instant, call: CallId) -> Option<Duration> {
        let queue = self.queues.get(&self.callers.get(&call)?.queue)?;
        let position = self.position(call)?;
        queue.pace.estimate(now, position, queue.present)
    }

    /// How long somebody would wait who joined the queue now.
    pub fn estimated_wait_of_next(&self, now: Instant, id: QueueId) -> Option<Duration> {
        let queue = self.queues.get(&id)?;
        let position = self.ahead(id) + 1;
        queue.pace.estimate(now, position, queue.present)
    }

    /// An agent has answered a caller of the queue, who is not in line any more.
    pub(super) fn learn_answer(&mut self, now: Instant, call: CallId, id: AgentId) {
        let Some(queue) = self.callers.get(&call).map(|caller| caller.queue) else {
            return;
        };
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.serves = Some((queue, now));
        }
        if let Some(queue) = self.queues.get_mut(&queue) {
            let somebody_waits = queue.somebody_waits();
            queue.pace.answered(now, somebody_waits);
        }
    }

    /// The agent can be rung again.
    pub(super) fn learn_end(&mut self, now: Instant, agent: AgentId) {
        let served = self.agents.get_mut(&agent).and_then(|a| a.serves.take());
        if let Some((queue, since)) = served
            && let Some(queue) = self.queues.get_mut(&queue)
        {
            let busy = now.saturating_duration_since(since);
            learn(&mut queue.pace.busy, busy);
        }
    }

    /// Somebody has left the line of the queue without an answer.
    pub(super) fn learn_loss(&mut self, queue: QueueId) {
        if let Some(queue) = self.queues.get_mut(&queue)
            && !queue.somebody_waits()
        {
            queue.pace.last = None;
        }
    }
}

impl Queue {
    /// Whether the line moves with the next answer: callbacks that give way do not wait in it.
    fn somebody_waits(&self) -> bool {
        let first = self.waiting.keys().next();
        first.is_some_and(|place| !place.gives_way())
    }
}

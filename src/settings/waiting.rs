//! Waiting strategies: what callers experience until an agent answers (R22–R31).

use super::{Account, Codes, LINK_SENDER, Message};
use crate::id::{HoursId, QueueId, StrategyId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a caller experiences while they wait; each part may be missing (R27).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiting {
    /// What the caller hears first (R28).
    pub greeting: Option<Message>,
    /// Hold music, a file (R29); silence where there is none.
    pub music: Option<Message>,
    /// What is said from time to time.
    pub announcement: Option<Announcement>,
    /// `None`: callers wait for as long as they like.
    pub max_wait: Option<MaxWait>,
}

/// A waiting strategy with a name, for several queues or for the callers of some numbers (R22, R23).
#[derive(Clone, Debug, PartialEq)]
pub struct Strategy {
    /// What other settings call it.
    pub id: StrategyId,
    /// What people call it; unique.
    pub name: String,
    /// Whose callers experience it.
    pub kind: StrategyKind,
    /// What they experience.
    pub waiting: Waiting,
}

/// Whose callers experience a strategy (R22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrategyKind {
    /// Those of these queues.
    Queues(Vec<QueueId>),
    /// Those who called one of these numbers (D5), whichever queue they are in: E.164, or a short
    /// one; `*` at the end stands for any rest. `link:` and the name of a configuration: those who came
    /// by a call link of it.
    Senders(Vec<String>),
}

/// Where an experience is set: the name by which its sounds are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WaitingKey {
    /// In the queue itself.
    Queue(QueueId),
    /// In a strategy.
    Strategy(StrategyId),
    /// In the working hours: the away message (R61).
    Hours(HoursId),
}

/// A message repeated while the caller waits (R30).
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// What is said.
    pub message: Message,
    /// From the end of one to the start of the next (D8): 30 s by default.
    pub every: Duration,
    /// What the caller may press (R77).
    pub codes: Codes,
}

/// The longest wait and what follows it (R24, R25).
#[derive(Clone, Debug, PartialEq)]
pub struct MaxWait {
    /// Counted from the join, whatever rings meanwhile (R37): 1 s to 24 h.
    pub after: Duration,
    /// What is said before the end (R31).
    pub message: Option<Message>,
    /// What follows.
    pub then: OnMaxWait,
}

/// The three ends of a wait (R25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnMaxWait {
    /// The call ends.
    End,
    /// The caller joins another queue; not of a strategy for senders (R26).
    Queue(QueueId),
    /// The caller is sent to a number outside: E.164 digits without the plus sign.
    External(u64),
}

impl Account {
    /// What a caller of the number `called` experiences in a queue, and where it is set. The
    /// strategy of the queue comes before that of the sender (D2); where neither is, there is what
    /// is set in the queue itself, which may be nothing. `None`: there is no such queue.
    pub fn waiting(&self, queue: QueueId, called: Option<&str>) -> Option<(WaitingKey, &Waiting)> {
        let own = self.queue(queue)?;
        let bound = |strategy: &&Strategy| match &strategy.kind {
            StrategyKind::Queues(queues) => queues.contains(&queue),
            StrategyKind::Senders(_) => false,
        };
        let found = self.strategies.iter().find(bound).or_else(|| {
            let bare = own.waiting == Waiting::default();
            called
                .and_then(|called| self.strategy_of(called))
                .filter(|_| bare)
        });
        Some(match found {
            Some(strategy) => (WaitingKey::Strategy(strategy.id), &strategy.waiting),
            None => (WaitingKey::Queue(queue), &own.waiting),
        })
    }

    /// The strategy of a sender, by the number that was called (D5).
    pub fn strategy_of(&self, called: &str) -> Option<&Strategy> {
        let mut strategies = self.strategies.iter();
        strategies.find(|strategy| match &strategy.kind {
            StrategyKind::Queues(_) => false,
            StrategyKind::Senders(numbers) => numbers.iter().any(|each| is_sender(each, called)),
        })
    }

    /// Everything that is experienced anywhere, and where it is set.
    pub fn experiences(&self) -> impl Iterator<Item = (WaitingKey, &Waiting)> {
        let queues = self.queues.iter();
        let queues = queues.map(|queue| (WaitingKey::Queue(queue.id), &queue.waiting));
        let strategies = self.strategies.iter();
        queues.chain(strategies.map(|each| (WaitingKey::Strategy(each.id), &each.waiting)))
    }
}

/// A name may have a star, and is no pattern.
fn is_sender(sender: &str, called: &str) -> bool {
    match sender.starts_with(LINK_SENDER) || called.starts_with(LINK_SENDER) {
        true => sender == called,
        false => fits(sender, called),
    }
}

/// Whether a number fits a pattern, both in the one spelling: the same, or with a star at the end of
/// the pattern the same beginning.
pub fn fits(pattern: &str, number: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => number.starts_with(prefix),
        None => pattern == number,
    }
}

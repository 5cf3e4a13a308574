//! Whose turn it is among the agents who can be rung (B6, R149).
//!
//! Each queue keeps its agents who can be rung in the order of their [`Rank`], which its
//! distribution makes of what they have done: the choice is made by looking at the first, not at
//! all. Round robin goes on behind the one whose turn it was last; random draws. Why an agent was
//! chosen is plain data, a [`Choice`], so that whoever asks "why Ada?" gets an answer.

use super::agent::Standing;
use super::queue::Queue;
use crate::id::AgentId;
use crate::random::Random;
use crate::settings::Distribution;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, Instant};

/// Why an agent is rung for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What was decisive.
    pub by: By,
    /// How many agents of the queue could be rung at that moment, this one included.
    pub among: u32,
    /// How many conversations the agent has that are not closed.
    pub conversations: u32,
    /// How many calls the agent has taken since the process began.
    pub calls: u64,
    /// How long the agent has been idle.
    pub idle: Duration,
}

/// What decides whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// The queue's distribution, among those who have not been rung for this caller in this round.
    Queue(Distribution),
    /// The conversation is theirs (R60).
    Conversation,
    /// They have picked the callback (R152).
    Pick,
    /// They have shared the link (R4).
    Link,
    /// The caller was passed on to them.
    Transfer,
}

/// Where an agent stands among those who can be rung now: the lowest is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    measure: u64,
    /// `None` where it does not matter.
    idle_since: Option<Instant>,
    pub(super) agent: AgentId,
}

/// What a caller thinks of an agent who can be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Regard {
    /// Has not been rung in this round (R57).
    Fresh,
    /// Has been.
    Tried,
    /// Has refused not long ago (R64).
    Refused,
}

impl Queue {
    /// Where an agent of the queue stands by its distribution. Of equals, who has been idle longest
    /// comes first, then the lower id.
    pub(super) fn rank(&self, agent: AgentId, standing: Standing) -> Rank {
        let idle_since = Some(standing.idle_since);
        let (measure, idle_since) = match self.rules.distribution {
            Distribution::FewestConversations => (u64::from(standing.load), idle_since),
            Distribution::FewestCalls => (standing.calls, idle_since),
            Distribution::LongestIdle => (0, idle_since),
            Distribution::RoundRobin | Distribution::TopDown => (self.seat(agent), None),
            Distribution::Random => (0, None),
        };
        Rank {
            measure,
            idle_since,
            agent,
        }
    }

    /// Who is rung next, and whether they begin a new round. `looked` counts those looked at.
    pub(super) fn turn(
        &self,
        random: &mut Random,
        regard: impl Fn(AgentId) -> Regard,
        looked: &mut u64,
    ) -> Option<(AgentId, Regard)> {
        let ready = &self.ready;
        let next = Rank {
            measure: self.last_seat.map_or(0, |seat| seat.saturating_add(1)),
            idle_since: None,
            agent: AgentId(0),
        };
        match self.rules.distribution {
            Distribution::Random => draw(random, ready.iter(), regard, looked),
            Distribution::RoundRobin => {
                let in_turn = ready.range(next..).chain(ready.range(..next));
                first(in_turn, regard, looked)
            }
            Distribution::FewestConversations
            | Distribution::LongestIdle
            | Distribution::TopDown
            | Distribution::FewestCalls => first(ready.iter(), regard, looked),
        }
    }

    /// An agent's place in the queue's list. Of who is not in it, behind all.
    pub(super) fn seat(&self, agent: AgentId) -> u64 {
        self.seats.get(&agent).copied().unwrap_or(u64::MAX)
    }
}

/// The first who is fresh; where nobody is, the first who has not refused (R58).
fn first<'a>(
    ranks: impl Iterator<Item = &'a Rank>,
    regard: impl Fn(AgentId) -> Regard,
    looked: &mut u64,
) -> Option<(AgentId, Regard)> {
    let mut tried = None;
    for rank in ranks {
        *looked += 1;
        match regard(rank.agent) {
            Regard::Fresh => return Some((rank.agent, Regard::Fresh)),
            Regard::Tried => tried = tried.or(Some((rank.agent, Regard::Tried))),
            Regard::Refused => {}
        }
    }
    tried
}

/// Anybody of those who are fresh; where nobody is, of those who have not refused.
fn draw<'a>(
    random: &mut Random,
    ranks: impl Iterator<Item = &'a Rank>,
    regard: impl Fn(AgentId) -> Regard,
    looked: &mut u64,
) -> Option<(AgentId, Regard)> {
    let (mut fresh, mut tried) = (vec![], vec![]);
    for rank in ranks {
        *looked += 1;
        match regard(rank.agent) {
            Regard::Fresh => fresh.push((rank.agent, Regard::Fresh)),
            Regard::Tried => tried.push((rank.agent, Regard::Tried)),
            Regard::Refused => {}
        }
    }
    let hat = if fresh.is_empty() { tried } else { fresh };
    let at = random.below(hat.len() as u64) as usize;
    hat.get(at).copied()
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = Idle(self.idle);
        match self.by {
            By::Conversation => f.write_str("the conversation is theirs"),
            By::Pick => f.write_str("they have picked it"),
            By::Link => f.write_str("they have shared the link"),
            By::Transfer => f.write_str("the caller was passed on to them"),
            By::Queue(Distribution::FewestConversations) => {
                write!(f, "fewest conversations ({}), {idle}", self.conversations)
            }
            By::Queue(Distribution::LongestIdle) => write!(f, "longest idle, {idle}"),
            By::Queue(Distribution::RoundRobin) => f.write_str("next in turn"),
            By::Queue(Distribution::TopDown) => f.write_str("first of the list who is free"),
            By::Queue(Distribution::FewestCalls) => {
                write!(f, "fewest calls ({}), {idle}", self.calls)
            }
            By::Queue(Distribution::Random) => write!(f, "by chance, one of {}", self.among),
        }
    }
}

/// A time of idleness in the unit that people would use.
struct Idle(Duration);

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..120 => write!(f, "idle {seconds} s"),
            120..7_200 => write!(f, "idle {} min", seconds / 60),
            7_200.. => write!(f, "idle {} h", seconds / 3_600),
        }
    }
}

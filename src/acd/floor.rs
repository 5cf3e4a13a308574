//! The floor: all queues, callers and agents of an account.

use super::{Action, AgentState, CallerState, Input, Tally};
use crate::id::{AgentId, CallId, QueueId};
use crate::settings::Account;
use std::time::Instant;

/// All queues of an account, the callers in them, and the agents who serve them.
#[derive(Debug)]
pub struct Floor {}

impl Floor {
    /// An empty floor: nobody waits, every agent is away.
    pub fn new(_account: &Account) -> Self {
        Self {}
    }

    /// Takes note of what has happened and says what is to be done now.
    pub fn handle(&mut self, _now: Instant, _input: Input, _out: &mut Vec<Action>) {}

    /// When to come back with [`Input::Timeout`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// An agent of the account.
    pub fn agent(&self, _agent: AgentId) -> Option<AgentState> {
        None
    }

    /// All agents, by id.
    pub fn agents(&self) -> impl Iterator<Item = (AgentId, AgentState)> + '_ {
        std::iter::empty()
    }

    /// A caller on the floor.
    pub fn caller(&self, _call: CallId) -> Option<CallerState> {
        None
    }

    /// Who is in place, first come first: the first is at position 1.
    pub fn waiting(&self, _queue: QueueId) -> impl Iterator<Item = CallId> + '_ {
        std::iter::empty()
    }

    /// A caller's position in the queue, from 1.
    pub fn position(&self, _call: CallId) -> Option<usize> {
        None
    }

    /// The figures of a queue.
    pub fn tally(&self, _now: Instant, _queue: QueueId) -> Option<Tally> {
        None
    }

    /// Whether anybody is on the floor, waiting or talking.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Asserts what must hold after every step.
    ///
    /// # Panics
    /// If it does not: a fault of ours.
    pub fn check(&self) {}
}

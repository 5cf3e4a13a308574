//! The database of a world: a map that may be slow, may fail, may say nothing, and outlives the switch.

use cordboard::acd::Status;
use cordboard::acd::callback::Request;
use cordboard::id::{AgentId, CallbackId, TrunkId};
use cordboard::switch::Restored;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How it fares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Health {
    /// Writes, and says so, after so long.
    Writes(Duration),
    /// Says that it cannot.
    Fails,
    /// Writes, and says nothing.
    Mute,
}

#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) health: Health,
    pub(crate) rows: BTreeMap<CallbackId, Request>,
    due: Vec<(Instant, Request)>,
    pub(crate) statuses: BTreeMap<AgentId, Status>,
    /// In the order in which they were had.
    pub(crate) owners: Vec<(TrunkId, String, AgentId)>,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self {
            health: Health::Writes(Duration::ZERO),
            rows: BTreeMap::new(),
            due: vec![],
            statuses: BTreeMap::new(),
            owners: vec![],
        }
    }

    pub(crate) fn write(&mut self, now: Instant, request: Request) {
        let after = match self.health {
            Health::Writes(after) => after,
            Health::Fails | Health::Mute => Duration::ZERO,
        };
        self.due.push((now + after, request));
    }

    pub(crate) fn owned(&mut self, trunk: TrunkId, customer: String, agent: Option<AgentId>) {
        self.owners
            .retain(|(at, whose, _)| (*at, whose) != (trunk, &customer));
        self.owners
            .extend(agent.map(|agent| (trunk, customer, agent)));
    }

    /// What another process finds.
    pub(crate) fn left(&self) -> Restored {
        Restored {
            callbacks: self.rows.values().cloned().collect(),
            statuses: self.statuses.clone().into_iter().collect(),
            owners: self.owners.clone(),
        }
    }

    /// What has become of a writing: id, revision, and whether it is in.
    pub(crate) fn turn(&mut self, now: Instant) -> Option<(CallbackId, u64, bool)> {
        let next = self.due.iter().position(|(at, _)| *at <= now)?;
        let (_, request) = self.due.remove(next);
        let (id, revision) = (request.id, request.revision);
        let stored = self.health != Health::Fails;
        let known = self.rows.get(&id).map_or(0, |row| row.revision);
        if stored && known < revision {
            self.rows.insert(id, request);
        }
        (self.health != Health::Mute).then_some((id, revision, stored))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// The process dies: what was not written yet is lost.
    pub(crate) fn cut(&mut self) {
        self.due.clear();
    }
}

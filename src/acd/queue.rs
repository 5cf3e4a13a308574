//! A queue: its rules, its callers in order of arrival, and its agents who can be rung.

use super::caller::Place;
use super::estimate::Pace;
use super::tally::Counts;
use super::turn::Rank;
use crate::id::{AgentId, CallId, HoursId};
use crate::settings::{self, AtClosing, Distribution, WaitingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) rules: Rules,
    /// The place of each of its agents in its list.
    pub(super) seats: BTreeMap<AgentId, u64>,
    /// Within its working hours.
    pub(super) open: bool,
    /// Everybody in place, rung for or not: positions are counted here.
    pub(super) line: BTreeMap<Place, CallId>,
    /// Those of the line nobody is rung for, and who may have any agent of the queue.
    pub(super) waiting: BTreeMap<Place, CallId>,
    /// Those of the line who are not on the line: places kept for callbacks.
    pub(super) absent: usize,
    /// Those of the line behind whoever comes: callbacks that give way (R73).
    pub(super) giving_way: usize,
    /// How many of its agents answer calls at this time, busy ones included.
    pub(super) present: usize,
    /// The queue's agents who can be rung now, whose turn it is first.
    pub(super) ready: BTreeSet<Rank>,
    /// The seat of the agent whose turn it was last.
    pub(super) last_seat: Option<u64>,
    pub(super) pace: Pace,
    pub(super) counts: Counts,
}

/// What the floor must know of a queue's settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whose experience its callers have; `None`: that of the number called, if it has one (D2).
    pub(super) own: Option<WaitingKey>,
    /// The peace of an agent who refused (R64).
    pub(super) reoffer_delay: Duration,
    /// Whose turn it is (B6).
    pub(super) distribution: Distribution,
    /// So many missed offers in a row pause an agent (B7).
    pub(super) auto_pause: Option<u32>,
    /// The hours in which it is open.
    pub(super) hours: Option<HoursId>,
    /// What becomes of those who wait when it closes (D3).
    pub(super) at_closing: AtClosing,
}

impl Rules {
    pub(super) fn new(queue: &settings::Queue, own: Option<WaitingKey>) -> Self {
        Self {
            own,
            reoffer_delay: queue.reoffer_delay,
            distribution: queue.distribution,
            auto_pause: queue.auto_pause,
            hours: queue.hours,
            at_closing: queue.at_closing,
        }
    }
}

impl Queue {
    /// An open queue without anybody.
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            seats: BTreeMap::new(),
            open: true,
            line: BTreeMap::new(),
            waiting: BTreeMap::new(),
            absent: 0,
            giving_way: 0,
            present: 0,
            ready: BTreeSet::new(),
            last_seat: None,
            pace: Pace::default(),
            counts: Counts::default(),
        }
    }
}

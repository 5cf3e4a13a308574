//! A queue: its rules, its callers in order of arrival, and its agents who can be rung.

use super::caller::Place;
use super::tally::Counts;
use super::turn::Rank;
use crate::id::CallId;
use crate::settings::{self, OnMaxWait};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) rules: Rules,
    /// Everybody in place, rung for or not: positions are counted here.
    pub(super) line: BTreeMap<Place, CallId>,
    /// Those of the line nobody is rung for.
    pub(super) waiting: BTreeMap<Place, CallId>,
    /// Those of the line who are not on the line: places kept for callbacks.
    pub(super) absent: usize,
    /// The queue's agents who can be rung now, whose turn it is first.
    pub(super) ready: BTreeSet<Rank>,
    pub(super) counts: Counts,
}

/// What the floor must know of a waiting strategy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) greeting: bool,
    /// From the end of one announcement to the start of the next.
    pub(super) announce_every: Option<Duration>,
    pub(super) max_wait: Option<MaxWait>,
    pub(super) reoffer_delay: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct MaxWait {
    pub(super) after: Duration,
    pub(super) message: bool,
    pub(super) then: OnMaxWait,
}

impl Queue {
    pub(super) fn new(queue: &settings::Queue) -> Self {
        let announcement = queue.waiting.announcement.as_ref();
        let max_wait = queue.waiting.max_wait.as_ref().map(|max| MaxWait {
            after: max.after,
            message: max.message.is_some(),
            then: max.then,
        });
        Self {
            rules: Rules {
                greeting: queue.waiting.greeting.is_some(),
                announce_every: announcement.map(|announcement| announcement.every),
                max_wait,
                reoffer_delay: queue.reoffer_delay,
            },
            line: BTreeMap::new(),
            waiting: BTreeMap::new(),
            absent: 0,
            ready: BTreeSet::new(),
            counts: Counts::default(),
        }
    }
}

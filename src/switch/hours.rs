//! The working hours of the queues, as the wall clock goes on (R61, R65): the floor is told when one
//! opens or closes.

use super::{Notice, Output, Switch};
use crate::acd::{self, callback};
use crate::id::{HoursId, QueueId};
use crate::route::Calendar;
use crate::settings::Account;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Looked at again after so long at the latest: a wall clock may be put right meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

/// The working hours of an account.
#[derive(Debug, Default)]
pub(super) struct Openings {
    calendars: BTreeMap<HoursId, Calendar>,
    /// Which were open when they were looked at last.
    open: BTreeMap<HoursId, bool>,
    /// When the next one changes.
    next: Option<Instant>,
}

impl Openings {
    pub(super) fn new(account: &Account) -> Self {
        let hours = account.hours.iter();
        Self {
            // A time zone that is not known has been refused by the check of the settings.
            calendars: hours
                .filter_map(|hours| Some((hours.id, Calendar::new(hours)?)))
                .collect(),
            open: BTreeMap::new(),
            next: None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Looks at the clock: which hours have begun or ended since the last look.
    fn look(&mut self, now: Instant, civil: Timestamp) -> Vec<(HoursId, bool)> {
        let mut changes = vec![];
        let mut wait = LOOK_AGAIN;
        for (id, calendar) in &self.calendars {
            let open = calendar.is_open(civil);
            if self.open.insert(*id, open) != Some(open) {
                changes.push((*id, open));
            }
            let next = calendar.next_change(civil);
            let next = next.and_then(|next| Duration::try_from(next.duration_since(civil)).ok());
            wait = wait.min(next.unwrap_or(LOOK_AGAIN));
        }
        let any = !self.calendars.is_empty();
        self.next = any.then(|| now + wait);
        changes
    }
}

impl Switch {
    /// Tells the floor which queues have opened or closed. A caller who comes in the same instant
    /// finds it so.
    pub(super) fn watch_hours(&mut self, now: Instant) {
        let civil = self.clock.civil(now);
        for (hours, open) in self.openings.look(now, civil) {
            let queues = self.account.queues.iter();
            let queues = queues.filter(|queue| queue.hours == Some(hours));
            for queue in queues.map(|queue| queue.id).collect::<Vec<_>>() {
                if self.floor.is_open(queue) != open {
                    self.opens(now, queue, open);
                }
            }
        }
    }

    /// A queue opens or closes.
    pub(super) fn opens(&mut self, now: Instant, queue: QueueId, open: bool) {
        self.out(Output::Notice(None, Notice::Open { queue, open }));
        self.acd(now, acd::Input::Open { queue, open });
        self.callback(now, callback::Input::Open { queue, open });
    }
}

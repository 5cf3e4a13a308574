//! The working hours of the queues, as the wall clock goes on (R61, R65): the floor is told when one
//! opens or closes.

use super::{Notice, Output, Switch};
use crate::acd::{self, callback};
use crate::id::{HoursId, QueueId};
use crate::route::Calendar;
use crate::settings::Account;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Looked at again after so long at the latest: a wall clock may be put right meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

/// By how much the two clocks may drift apart before they are looked at again.
const DRIFT: SignedDuration = SignedDuration::from_millis(100);

/// The working hours of an account.
#[derive(Debug, Default)]
pub(super) struct Openings {
    calendars: BTreeMap<HoursId, Calendar>,
    /// Which were open when they were looked at last.
    open: BTreeMap<HoursId, bool>,
    /// When they were looked at last, and what the wall clock said then.
    looked: Option<(Instant, Timestamp)>,
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
            looked: None,
            next: None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Looks at the clock: which hours have begun or ended since the last look. Before the next one does
    /// nothing is worked out: calendars are slow, and callers come often.
    fn look(&mut self, now: Instant, civil: Timestamp) -> Vec<(HoursId, bool)> {
        let mut changes = vec![];
        if self.next.is_some_and(|next| now < next) && self.goes_right(now, civil) {
            return changes;
        }
        self.looked = Some((now, civil));
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

    /// Whether the wall clock has gone on since the last look as it was to: nobody has put it right.
    fn goes_right(&self, now: Instant, civil: Timestamp) -> bool {
        let Some((at, then)) = self.looked else {
            return false;
        };
        let passed = SignedDuration::try_from(now.saturating_duration_since(at));
        let said = civil.duration_since(then);
        passed.is_ok_and(|passed| (said - passed).abs() <= DRIFT)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Codes, Hours, Opening};
    use jiff::civil::{Weekday, time};

    #[test]
    fn r65_calendars_are_looked_at_when_one_changes_or_the_clock_was_put_right() {
        let mut account = Account::new("test");
        account.hours = vec![Hours {
            id: HoursId(1),
            name: "office".into(),
            zone: "UTC".into(),
            week: vec![Opening {
                days: vec![Weekday::Sunday],
                from: time(9, 0, 0, 0),
                to: time(17, 0, 0, 0),
            }],
            holidays: vec![],
            away: None,
            codes: Codes::default(),
        }];
        let mut openings = Openings::new(&account);
        let sunday: Timestamp = "2026-11-22T16:59:00Z".parse().expect("a timestamp");
        let (start, minute) = (Instant::now(), Duration::from_secs(60));
        assert_eq!(openings.look(start, sunday), [(HoursId(1), true)]);
        assert_eq!(openings.poll_timeout(), Some(start + minute));
        let looked = openings.looked;
        let half = minute / 2;
        assert_eq!(openings.look(start + half, sunday + half), []);
        assert_eq!(openings.looked, looked, "nothing was worked out");
        // Somebody puts the clock forward by half a minute.
        let closed = openings.look(start + half, sunday + minute);
        assert_eq!(closed, [(HoursId(1), false)]);
        // And back, a minute later.
        let opened = openings.look(start + half + minute, sunday + half);
        assert_eq!(opened, [(HoursId(1), true)]);
        let closed = openings.look(start + minute * 2, sunday + minute);
        assert_eq!(closed, [(HoursId(1), false)], "as was foreseen then");
        assert_eq!(
            openings.poll_timeout(),
            Some(start + minute * 2 + LOOK_AGAIN)
        );
    }
}

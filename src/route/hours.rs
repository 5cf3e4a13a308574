//! When a queue is open: working hours on a calendar with a time zone and holidays (R61, R65).
//!
//! An instant is in the hours if the clock on the wall of the zone shows a time that is. So an hour
//! that the clock skips in spring is skipped, and one that it shows twice in autumn counts twice: the
//! people who serve the queue look at the same clock. The rules of a time zone are the machine's where
//! it has some, else those that this program was built with.

use crate::settings::{Hours, Opening};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// How far ahead a change is looked for, in days: a year with its holidays, and some more.
const HORIZON: i32 = 400;

/// Working hours with the rules of their time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    hours: Hours,
    zone: TimeZone,
}

impl Calendar {
    /// The calendar of these hours; `None` if the time zone is unknown.
    pub fn new(hours: &Hours) -> Option<Self> {
        Some(Self {
            zone: TimeZone::get(&hours.zone).ok()?,
            hours: hours.clone(),
        })
    }

    /// Whether it is open at this instant: the first of an opening counts, the last does not.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let shown = self.zone.to_datetime(at);
        let today = self.openings(shown.date());
        // Opened yesterday, and goes on past midnight.
        let yesterday = shown.date().yesterday().map(|date| self.openings(date));
        let yesterday = yesterday.into_iter().flatten();
        today
            .into_iter()
            .any(|(from, to)| from <= shown.time() && (shown.time() < to || to <= from))
            || yesterday
                .into_iter()
                .any(|(from, to)| to <= from && shown.time() < to)
    }

    /// When it opens next, or closes; `None`: not within a year.
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let open = self.is_open(at);
        let today = self.zone.to_datetime(at).date();
        let days = (0..HORIZON).map_while(|day| today.checked_add(day.days()).ok());
        let mut days = days.map(|date| {
            let mut instants = self.boundaries(date);
            instants.sort();
            instants
        });
        days.find_map(|instants| {
            let mut later = instants.into_iter().filter(|each| *each > at);
            later.find(|each| self.is_open(*each) != open)
        })
    }

    /// The instants of a day at which something may change, in no order.
    fn boundaries(&self, date: Date) -> Vec<Timestamp> {
        let yesterday = date.yesterday().map(|date| self.openings(date));
        let openings = self
            .openings(date)
            .into_iter()
            .chain(yesterday.into_iter().flatten());
        let times = openings.flat_map(|(from, to)| [from, to]);
        let shown = times.chain([Time::midnight(), Time::MAX]).flat_map(|time| {
            let ambiguous = self
                .zone
                .to_ambiguous_timestamp(DateTime::from_parts(date, time));
            // What the clock shows twice, may be meant twice.
            [ambiguous.earlier(), ambiguous.later()]
        });
        let mut instants: Vec<_> = shown.flatten().collect();
        // A clock that is put forward or back leaves or enters the hours by that.
        if let (Some(first), Some(last)) = (instants.iter().min(), instants.iter().max()) {
            let (first, last) = (*first, *last);
            let changes = self.zone.following(first).map(|change| change.timestamp());
            instants.extend(changes.take_while(|change| *change <= last));
        }
        instants
    }

    /// From and to of the openings that begin on a day.
    fn openings(&self, date: Date) -> Vec<(Time, Time)> {
        let mut holidays = self.hours.holidays.iter();
        if let Some(holiday) = holidays.find(|holiday| holiday.date == date) {
            return holiday.open.clone();
        }
        let week = self.hours.week.iter();
        let on_that_day = week.filter(|opening| opening.days.contains(&date.weekday()));
        on_that_day
            .map(|Opening { from, to, .. }| (*from, *to))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::HoursId;
    use crate::settings::{Codes, Holiday};
    use jiff::civil::{Weekday, date, time};

    const WORKDAYS: [Weekday; 5] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];

    fn hours(zone: &str, days: &[Weekday], from: Time, to: Time) -> Hours {
        Hours {
            id: HoursId(1),
            name: "office".into(),
            zone: zone.into(),
            week: vec![Opening {
                days: days.to_vec(),
                from,
                to,
            }],
            holidays: vec![],
            away: None,
            codes: Codes::default(),
        }
    }

    fn every_day() -> Vec<Weekday> {
        [&WORKDAYS[..], &[Weekday::Saturday, Weekday::Sunday]].concat()
    }

    fn calendar(hours: &Hours) -> Calendar {
        Calendar::new(hours).expect("a known zone")
    }

    /// An instant, by the clock of a place or with Z.
    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    /// The next changes, as UTC.
    fn changes(calendar: &Calendar, from: &str, count: usize) -> Vec<String> {
        let mut now = at(from);
        let mut all = vec![];
        for _ in 0..count {
            now = calendar.next_change(now).expect("a change");
            all.push(now.to_string());
        }
        all
    }

    #[test]
    fn r65_the_first_instant_is_open_and_the_last_is_not() {
        let office = hours(
            "Europe/Berlin",
            &WORKDAYS,
            time(9, 0, 0, 0),
            time(17, 0, 0, 0),
        );
        let office = calendar(&office);
        // 2026-11-23 is a Monday; Berlin is an hour ahead of UTC.
        for (instant, open) in [
            ("2026-11-23T07:59:59.999Z", false),
            ("2026-11-23T08:00:00Z", true),
            ("2026-11-23T15:59:59.999Z", true),
            ("2026-11-23T16:00:00Z", false),
            ("2026-11-21T12:00:00Z", false),
        ] {
            assert_eq!(office.is_open(at(instant)), open, "{instant}");
        }
        assert_eq!(
            changes(&office, "2026-11-20T12:00:00Z", 3),
            [
                "2026-11-20T16:00:00Z",
                "2026-11-23T08:00:00Z",
                "2026-11-23T16:00:00Z"
            ]
        );
    }

    #[test]
    fn r65_a_holiday_has_hours_of_its_own_or_none() {
        let mut office = hours(
            "Europe/Berlin",
            &WORKDAYS,
            time(9, 0, 0, 0),
            time(17, 0, 0, 0),
        );
        office.holidays = vec![
            Holiday {
                date: date(2026, 12, 24),
                name: "Christmas Eve".into(),
                open: vec![(time(9, 0, 0, 0), time(12, 0, 0, 0))],
            },
            Holiday {
                date: date(2026, 12, 25),
                name: "Christmas".into(),
                open: vec![],
            },
        ];
        assert_eq!(
            changes(&calendar(&office), "2026-12-23T20:00:00Z", 3),
            [
                "2026-12-24T08:00:00Z",
                "2026-12-24T11:00:00Z",
                "2026-12-28T08:00:00Z"
            ]
        );
    }

    #[test]
    fn midnight_is_the_end_of_a_day_and_a_night_goes_on_past_it() {
        let days = every_day();
        let always = hours("UTC", &days, Time::midnight(), Time::midnight());
        let always = calendar(&always);
        assert!(always.is_open(at("2026-11-23T00:00:00Z")));
        assert!(always.is_open(at("2026-11-23T23:59:59.999999999Z")));
        assert_eq!(always.next_change(at("2026-11-23T12:00:00Z")), None);
        let night = hours(
            "UTC",
            &[Weekday::Friday],
            time(22, 0, 0, 0),
            time(6, 0, 0, 0),
        );
        assert_eq!(
            changes(&calendar(&night), "2026-11-23T00:00:00Z", 3),
            [
                "2026-11-27T22:00:00Z",
                "2026-11-28T06:00:00Z",
                "2026-12-04T22:00:00Z"
            ]
        );
    }

    #[test]
    fn r65_the_hour_that_spring_skips_is_skipped() {
        // Berlin, 2026-03-29: 02:00 is 03:00.
        let early = hours(
            "Europe/Berlin",
            &every_day(),
            time(2, 30, 0, 0),
            time(4, 0, 0, 0),
        );
        assert_eq!(
            changes(&calendar(&early), "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]
        );
        let late = hours(
            "Europe/Berlin",
            &every_day(),
            time(1, 0, 0, 0),
            time(2, 30, 0, 0),
        );
        assert_eq!(
            changes(&calendar(&late), "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]
        );
    }

    #[test]
    fn r65_the_hour_that_autumn_shows_twice_counts_twice() {
        // Berlin, 2026-10-25: after 02:59:59 it is 02:00 once more.
        let night = hours(
            "Europe/Berlin",
            &every_day(),
            time(2, 15, 0, 0),
            time(2, 45, 0, 0),
        );
        assert_eq!(
            changes(&calendar(&night), "2026-10-24T12:00:00Z", 5),
            [
                "2026-10-25T00:15:00Z",
                "2026-10-25T00:45:00Z",
                "2026-10-25T01:15:00Z",
                "2026-10-25T01:45:00Z",
                "2026-10-26T01:15:00Z"
            ]
        );
    }

    #[test]
    fn r65_nine_o_clock_is_nine_o_clock_all_year_in_every_zone() {
        for zone in ["America/New_York", "Australia/Lord_Howe", "Africa/Cairo"] {
            let office = hours(zone, &every_day(), time(9, 0, 0, 0), time(17, 0, 0, 0));
            let office = calendar(&office);
            let zone = TimeZone::get(zone).expect("a zone");
            let mut now = at("2026-01-01T00:00:00Z");
            for _ in 0..2 * 365 {
                let open = office.is_open(now);
                now = office.next_change(now).expect("a change");
                let shown = zone.to_datetime(now);
                let expected = if open { 17 } else { 9 };
                assert_eq!((shown.hour(), shown.minute()), (expected, 0), "{shown}");
            }
        }
    }

    #[test]
    fn the_next_change_is_the_first_one() {
        // Against a look at every quarter of an hour of a year with holidays.
        let mut office = hours(
            "America/Sao_Paulo",
            &WORKDAYS,
            time(22, 0, 0, 0),
            time(3, 0, 0, 0),
        );
        office.week.push(Opening {
            days: vec![Weekday::Tuesday, Weekday::Saturday],
            from: time(8, 15, 0, 0),
            to: time(12, 0, 0, 0),
        });
        office.holidays.push(Holiday {
            date: date(2026, 2, 17),
            name: "Carnaval".into(),
            open: vec![(time(0, 0, 0, 0), time(1, 0, 0, 0))],
        });
        let office = calendar(&office);
        let mut now = at("2026-01-01T00:00:00Z");
        let mut next = office.next_change(now);
        while now < at("2026-12-31T00:00:00Z") {
            let before = office.is_open(now);
            now += 15.minutes();
            if office.is_open(now) != before {
                assert_eq!(next, Some(now));
                next = office.next_change(now);
            }
        }
    }

    #[test]
    fn a_calendar_needs_a_zone_that_exists_and_may_be_empty() {
        let mut office = hours("Europe/Atlantis", &WORKDAYS, Time::midnight(), Time::MAX);
        assert!(Calendar::new(&office).is_none());
        office.zone = "UTC".into();
        office.week.clear();
        let never = calendar(&office);
        assert!(!never.is_open(at("2026-11-23T12:00:00Z")));
        assert_eq!(never.next_change(at("2026-11-23T12:00:00Z")), None);
    }
}

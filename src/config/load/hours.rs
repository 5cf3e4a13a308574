//! Working hours: the openings of a week, the holidays, and what is said when it is closed.

use super::Loader;
use super::account::Names;
use crate::config::table::Table;
use crate::config::words::DAYS;
use crate::id::HoursId;
use crate::settings::{Holiday, Hours, Opening};
use jiff::civil::{Date, Time};

impl Loader<'_> {
    pub(super) fn hours(
        &mut self,
        id: HoursId,
        name: String,
        mut table: Table<'_>,
        names: &Names,
    ) -> Hours {
        let zone = table.required("zone", &mut self.report);
        let week = table.tables("week", &mut self.report).into_iter();
        let week = week.map(|table| self.opening(table)).collect();
        let holidays = table.tables("holidays", &mut self.report).into_iter();
        let holidays = holidays.map(|table| self.holiday(table)).collect();
        let away = table.table("away", &mut self.report);
        let away = away.and_then(|message| self.message(message));
        let codes = self.codes(&mut table, names);
        table.done(&mut self.report);
        Hours {
            id,
            name,
            zone,
            week,
            holidays,
            away,
            codes,
        }
    }

    fn opening(&mut self, mut table: Table<'_>) -> Opening {
        if !table.has("days") {
            table.missing("days", &mut self.report);
        }
        let days = table.choices("days", &DAYS, &mut self.report);
        let [from, to] = ["from", "to"].map(|key| {
            let text = table.required(key, &mut self.report);
            let time = time(&text);
            if time.is_none() && !text.is_empty() {
                self.report.of(&table.path(key), TIME);
            }
            time.unwrap_or(Time::midnight())
        });
        table.done(&mut self.report);
        Opening {
            days: days.unwrap_or_default(),
            from,
            to,
        }
    }

    fn holiday(&mut self, mut table: Table<'_>) -> Holiday {
        let report = &mut self.report;
        if !table.has("date") {
            table.missing("date", report);
        }
        let date = table.parsed("date", "a day: \"2026-12-25\"", report);
        let name = table.string("name", report).unwrap_or_default();
        let mut open = vec![];
        for (path, text) in table.strings("open", report).unwrap_or_default() {
            let span = text.split_once('-');
            match span.and_then(|(from, to)| Some((time(from)?, time(to)?))) {
                Some(span) => open.push(span),
                None => report.of(&path, "from and to: \"09:00-12:30\""),
            }
        }
        table.done(report);
        Holiday {
            date: date.unwrap_or(Date::ZERO),
            name,
            open,
        }
    }
}

const TIME: &str = "a time of day: \"09:00\"";

/// A time of day by the 24-hour clock; 24:00 is midnight, which ends a day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<i8>().ok())?;
    match (two(hour)?, two(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

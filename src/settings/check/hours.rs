//! Working hours.

use super::super::{Account, Opening};
use super::Problems;
use jiff::civil::Time;
use jiff::tz::TimeZone;

impl Problems {
    pub(super) fn all_hours(&mut self, account: &Account) {
        self.unique("hours", "name", account.hours.iter().map(|h| &h.name));
        self.unique("hours", "id", account.hours.iter().map(|h| h.id));
        for (index, hours) in account.hours.iter().enumerate() {
            let path = format!("hours[{index}]");
            self.name(&format!("{path}.name"), &hours.name);
            if TimeZone::get(&hours.zone).is_err() {
                let mend = format!("{:?} is no time zone: \"Europe/Berlin\"", hours.zone);
                self.add(format!("{path}.zone"), mend);
            }
            for (at, opening) in hours.week.iter().enumerate() {
                self.opening(&format!("{path}.week[{at}]"), opening);
            }
            let dates = hours.holidays.iter().map(|holiday| holiday.date);
            self.unique(&format!("{path}.holidays"), "date", dates);
            for (at, holiday) in hours.holidays.iter().enumerate() {
                for (from, to) in &holiday.open {
                    self.span(&format!("{path}.holidays[{at}].open"), *from, *to);
                }
            }
            self.message(&format!("{path}.away"), hours.away.as_ref());
            self.no_placeholders(&format!("{path}.away"), hours.away.as_ref());
            self.codes(account, &path, &hours.codes);
        }
    }

    fn opening(&mut self, path: &str, opening: &Opening) {
        if opening.days.is_empty() {
            self.add(format!("{path}.days"), "name at least one day");
        }
        self.span(&format!("{path}.to"), opening.from, opening.to);
    }

    fn span(&mut self, path: &str, from: Time, to: Time) {
        if to <= from && to != Time::midnight() {
            let mend =
                "must be later than from; over midnight it takes two: until 24:00, from 00:00";
            self.add(path, mend);
        }
    }
}

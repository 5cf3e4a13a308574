//! Working hours: when queues are open, by the clock of some place (R61, R65).

use super::{Codes, Message};
use crate::id::HoursId;
use jiff::civil::{Date, Time, Weekday};

/// When queues are open, and what callers hear when they are not.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    /// What other settings call them.
    pub id: HoursId,
    /// What people call them; unique.
    pub name: String,
    /// The time zone by its IANA name: `Europe/Berlin`.
    pub zone: String,
    /// The openings of a usual week.
    pub week: Vec<Opening>,
    /// Days on which something else holds.
    pub holidays: Vec<Holiday>,
    /// What callers hear who come when it is closed.
    pub away: Option<Message>,
    /// What they may press then (R67).
    pub codes: Codes,
}

/// Open from one time of day to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// On these days.
    pub days: Vec<Weekday>,
    /// The first instant.
    pub from: Time,
    /// The first instant after it; 24:00 is written as midnight, `00:00`.
    pub to: Time,
}

/// A day on which the week does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// The day, by the clock of the zone.
    pub date: Date,
    /// What people call it.
    pub name: String,
    /// When it is open nevertheless: from, and to as in [`Opening`]; none: closed all day.
    pub open: Vec<(Time, Time)>,
}

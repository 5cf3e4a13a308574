//! Stories, told and checked as one reads them. The requirement stands in the name or beside it.

mod agents;
mod attended;
mod browsers;
mod by_api;
pub(crate) mod callbacks;
mod codecs;
mod colleagues;
mod consent;
mod consult;
mod desk;
mod digits;
mod early;
mod ending;
mod families;
mod hold;
mod hours;
mod ladder;
mod media;
mod missed;
mod names;
mod on_the_way;
mod outbound;
mod pictures;
mod queue;
mod recording;
mod refer;
mod ringing;
mod secure;
mod settings;
mod signalling;
mod speech;
mod sticky;
mod strangers;
mod strategies;
mod supervise;
mod transfer;
pub(crate) mod trunks;

use crate::world::phone::Habit;
use std::time::Duration;

pub(crate) fn answers(seconds: f64) -> Habit {
    Habit::Answers(Duration::from_secs_f64(seconds))
}

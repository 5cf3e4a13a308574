//! `/api/v1/history`: how times went, by interval and queue (B11).

use super::csv::Csv;
use super::part::Query;
use super::problem::{Fault, Problem};
use super::sight::Sight;
use super::{Site, answer};
use crate::store::{Bucket, HISTORY, Tallied};
use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};
use serde_json::{Value, json};
use std::sync::Arc;

const INSTANT: &str = "an instant: 2026-03-01T08:00:00Z";
/// Whoever is answered within so many seconds is answered in time, unless another limit is asked for.
const IN_TIME_S: u32 = 20;
/// What is told unless other times are asked for.
const USUAL: SignedDuration = SignedDuration::from_hours(24);

/// Words for intervals.
pub(super) const INTERVALS: [&str; 3] = ["quarter", "hour", "day"];

/// A history, and how it was asked for.
struct History {
    buckets: Vec<Bucket>,
    in_time_s: u32,
    tallied: Vec<Tallied>,
}

/// What was counted, as JSON.
pub(super) async fn json(
    State(site): State<Arc<Site>>,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    let history = history(&site, &sight, query).await?;
    let rows: Vec<Value> = history
        .tallied
        .iter()
        .map(|one| {
            json!({
                "interval": one.bucket,
                "queue": one.queue,
                "calls": one.calls,
                "answered": one.answered,
                "in_time": one.in_time,
                "abandoned": one.abandoned,
                "promised": one.promised,
                "waited_ms": one.waited_ms,
                "longest_ms": one.longest_ms,
                "talked_ms": one.talked_ms,
            })
        })
        .collect();
    let intervals: Vec<Timestamp> = history.buckets.iter().map(|bucket| bucket.from).collect();
    Ok(answer(&json!({
        "intervals": intervals,
        "until": history.buckets.last().map(|bucket| bucket.until),
        "in_time_s": history.in_time_s,
        "rows": rows,
    })))
}

/// The same as a table for spreadsheets.
pub(super) async fn csv(
    State(site): State<Arc<Site>>,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    let history = history(&site, &sight, query).await?;
    let mut csv = Csv::new(&[
        "from",
        "queue",
        "calls",
        "answered",
        "in_time",
        "abandoned",
        "promised",
        "waited_ms",
        "longest_ms",
        "talked_ms",
    ]);
    for one in &history.tallied {
        let from = history.buckets.get(one.bucket).map(|bucket| bucket.from);
        csv.line([
            from.map_or_else(String::new, |from| from.to_string()),
            one.queue.clone().unwrap_or_default(),
            one.calls.to_string(),
            one.answered.to_string(),
            one.in_time.to_string(),
            one.abandoned.to_string(),
            one.promised.to_string(),
            one.waited_ms.to_string(),
            one.longest_ms.to_string(),
            one.talked_ms.to_string(),
        ]);
    }
    Ok(csv.answer("history.csv"))
}

/// Of the conversations that are seen.
async fn history(site: &Arc<Site>, sight: &Sight, mut query: Query) -> Result<History, Problem> {
    let from: Option<Timestamp> = query.value("from", INSTANT);
    let until: Option<Timestamp> = query.value("until", INSTANT);
    let interval = query.parsed("interval", "quarter, hour or day", |text| {
        INTERVALS.iter().position(|word| *word == text)
    });
    let zone = query.parsed("zone", "a time zone: Europe/Berlin", |text| {
        TimeZone::get(text).ok()
    });
    let in_time_s = query.parsed("in_time_s", "a number from 1 to 3600", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=3_600).contains(limit))
    });
    query.done()?;
    let in_time_s = in_time_s.unwrap_or(IN_TIME_S);
    let until = until.unwrap_or_else(Timestamp::now);
    let from = from
        .or_else(|| until.checked_sub(USUAL).ok())
        .unwrap_or(until);
    let step = match interval.and_then(|at| INTERVALS.get(at)) {
        Some(&"quarter") => Span::new().minutes(15),
        Some(&"day") => Span::new().days(1),
        Some(_) | None => Span::new().hours(1),
    };
    let buckets = buckets(from, until, step, zone.unwrap_or(TimeZone::UTC))?;
    let asked = buckets.clone();
    let limit = u64::from(in_time_s) * 1_000;
    let within = sight.within();
    let tallied = site.ask(move |store| store.history(&asked, limit, within.as_ref()));
    let tallied = tallied.await?;
    Ok(History {
        buckets,
        in_time_s,
        tallied,
    })
}

/// The intervals from the one that `from` is in to the one before `until`, as clocks of the zone show them: a
/// day on which they are changed is longer or shorter (D20).
fn buckets(
    from: Timestamp,
    until: Timestamp,
    step: Span,
    zone: TimeZone,
) -> Result<Vec<Bucket>, Problem> {
    let wrong = |field, mend: String| Problem::fields(vec![Fault::new(field, mend)]);
    if from >= until {
        return Err(wrong("until", "must be later than from".to_owned()));
    }
    let far = |_| wrong("from", "is too far away".to_owned());
    let mut start = beginning(&from.to_zoned(zone), step).map_err(far)?;
    let mut buckets = vec![];
    while start.timestamp() < until {
        if buckets.len() == HISTORY {
            let mend =
                format!("give at most {HISTORY} intervals: a shorter time, or a longer interval");
            return Err(wrong("interval", mend));
        }
        let next = start.checked_add(step).map_err(far)?;
        buckets.push(Bucket {
            from: start.timestamp(),
            until: next.timestamp(),
        });
        start = next;
    }
    Ok(buckets)
}

/// When the interval began in which a moment is.
fn beginning(moment: &Zoned, step: Span) -> Result<Zoned, jiff::Error> {
    if step.get_days() > 0 {
        return moment.start_of_day();
    }
    // From the hour on, which in some zones is none in UTC.
    let minutes = if step.get_minutes() > 0 {
        moment.minute() / 15 * 15
    } else {
        0
    };
    let passed = i64::from(moment.minute() - minutes) * 60 + i64::from(moment.second());
    let passed = SignedDuration::new(passed, moment.subsec_nanosecond());
    moment.checked_sub(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn starts(from: &str, until: &str, step: Span, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("a zone");
        let Ok(all) = buckets(at(from), at(until), step, zone) else {
            panic!("these are intervals");
        };
        assert!(all.windows(2).all(|pair| pair[0].until == pair[1].from));
        all.iter().map(|bucket| bucket.from.to_string()).collect()
    }

    #[test]
    fn d20_days_are_those_of_the_zone_also_when_clocks_are_changed() {
        let days = starts(
            "2026-03-28T12:00:00Z",
            "2026-03-30T12:00:00Z",
            Span::new().days(1),
            "Europe/Berlin",
        );
        let expected = [
            "2026-03-27T23:00:00Z",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ];
        assert_eq!(days, expected, "the day in the middle has 23 hours");
        let hours = starts(
            "2026-03-01T08:10:30Z",
            "2026-03-01T09:40:00Z",
            Span::new().hours(1),
            "Asia/Kolkata",
        );
        assert_eq!(
            hours,
            [
                "2026-03-01T07:30:00Z",
                "2026-03-01T08:30:00Z",
                "2026-03-01T09:30:00Z"
            ]
        );
        let quarters = starts(
            "2026-03-01T08:29:59.5Z",
            "2026-03-01T08:31:00Z",
            Span::new().minutes(15),
            "UTC",
        );
        assert_eq!(quarters, ["2026-03-01T08:15:00Z", "2026-03-01T08:30:00Z"]);
    }

    #[test]
    fn a_history_is_bounded_and_begins_before_it_ends() {
        let ask = |from, until| buckets(at(from), at(until), Span::new().hours(1), TimeZone::UTC);
        assert!(ask("2026-03-01T00:00:00Z", "2026-03-17T16:00:00Z").is_ok());
        assert!(ask("2026-03-01T00:00:00Z", "2026-03-17T16:00:01Z").is_err());
        assert!(ask("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z").is_err());
    }
}

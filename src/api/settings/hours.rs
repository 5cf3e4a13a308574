//! What working hours lead to, before they are set: whether it is open at an instant, and until when
//! (R61, R65).

use super::{convert, wrong};
use crate::api::body::Document;
use crate::api::problem::{Fault, Problem};
use crate::api::{Site, answer};
use crate::route::Calendar;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;
use std::sync::Arc;
use toml::{Table, Value};

/// What of the document hours may refer to, or cannot do without.
const NEEDED: [&str; 3] = ["account", "callback", "speech"];

pub(in crate::api) async fn preview(
    State(site): State<Arc<Site>>,
    Document(body): Document,
) -> Result<Response, Problem> {
    let mut body = convert::table(body)?;
    let (hours, at) = (body.remove("hours"), body.remove("at"));
    let mut faults: Vec<Fault> = body
        .keys()
        .map(|name| Fault::new(name, "is not known here: there are hours and at"))
        .collect();
    let at = at.map(|at| at.as_str().and_then(|text| text.parse::<DateTime>().ok()));
    if at == Some(None) {
        let mend = "must be a time by the clock of the zone: \"2026-12-24T10:00\"";
        faults.push(Fault::new("at", mend));
    }
    let hours = match hours {
        Some(Value::Table(mut hours)) => {
            // Its place among others, and its name, are no matter here.
            hours.insert("id".into(), 1.into());
            hours.entry("name").or_insert_with(|| "Hours".into());
            hours
        }
        Some(_) | None => {
            faults.push(Fault::new(
                "hours",
                "must be working hours, as they are set",
            ));
            Table::new()
        }
    };
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let (_, known) = site.settings.now();
    let mut table = known;
    table.retain(|key, _| NEEDED.contains(&key));
    table.insert("hours".into(), Value::Array(vec![hours.into()]));
    let steward = Arc::clone(&site.settings.steward);
    let checked = tokio::task::spawn_blocking(move || steward.check(table)).await;
    let cut_short = || Problem::unavailable("The check was cut short.");
    let account = checked.map_err(|_| cut_short())?;
    let account = account.map_err(|all| wrong(&all, Some("hours[0]")))?;
    let hours = account.hours.first().ok_or_else(cut_short)?;
    let unknown = || Problem::field("zone", "is no time zone that is known here");
    let zone = TimeZone::get(&hours.zone).map_err(|_| unknown())?;
    let calendar = Calendar::new(hours).ok_or_else(unknown)?;
    let at = match at.flatten() {
        // Of a time that the clock shows twice the first counts, one that it skips is as much later.
        Some(shown) => zone.to_timestamp(shown).map_err(|_| {
            let mend = "is too far from now";
            Problem::field("at", mend)
        })?,
        None => Timestamp::now(),
    };
    let local = zone.to_datetime(at);
    let holiday = hours.holidays.iter().find(|day| day.date == local.date());
    let until = calendar.next_change(at);
    Ok(answer(&json!({
        "at": at,
        "local": local,
        "open": calendar.is_open(at),
        "holiday": holiday.map(|day| &day.name),
        "until": until,
        "until_local": until.map(|until| zone.to_datetime(until)),
        "away": hours.away.is_some(),
    })))
}

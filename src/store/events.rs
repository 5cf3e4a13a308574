//! What happened, as the event log numbers it.

use super::Store;
use super::database::Database;
use super::link::{Kind, Link, Row, Table, number};
use crate::id::CallId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// So many events are kept, and none for longer than [`OLDEST`].
const KEPT: u64 = 1_000_000;

/// How long an event is kept.
const OLDEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An event as it is stored. What it says is the business of the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Rises with every event for the life of the database; it may skip.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Its name: `call.queued`.
    pub kind: String,
    /// The event whole: JSON.
    pub body: String,
}

/// How the names of events begin that belong to the story of a call.
const OF_CALLS: [&str; 4] = ["call.", "callback.", "recording.", "conversation."];

const EVENTS: Table = Table {
    name: "events",
    columns: &[
        ("seq", Kind::Int),
        ("at_us", Kind::Int),
        ("kind", Kind::Text),
        ("body", Kind::Text),
        ("call", Kind::Text),
    ],
    conflict: "ON CONFLICT (seq) DO NOTHING",
};

impl Store {
    /// The events after a number, in order, at most `limit`. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn events(&self, after: u64, limit: u32) -> anyhow::Result<Vec<Event>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM events WHERE seq > $1 ORDER BY seq LIMIT $2";
            let rows = db.link.rows(sql, &[after.into(), limit.into()]).await?;
            rows.iter().map(event).collect()
        })
    }

    /// What happened in a call, in order, at most `limit` events; what was written before is among them.
    /// Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn events_of(&self, call: CallId, limit: u32) -> anyhow::Result<Vec<Event>> {
        self.with_all(async move |db| {
            let sql = "SELECT * FROM events WHERE call = $1 ORDER BY seq LIMIT $2";
            let values = [call.to_string().into(), limit.into()];
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(event).collect()
        })
    }

    /// The number of the first event there is.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn first_event(&self) -> anyhow::Result<Option<u64>> {
        self.with(async |db| edge(&mut db.link, "ASC").await)
    }

    /// The number of the last event there is, all that was written before among them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn last_event(&self) -> anyhow::Result<Option<u64>> {
        self.with_all(async |db| edge(&mut db.link, "DESC").await)
    }
}

async fn edge(link: &mut Link, order: &str) -> anyhow::Result<Option<u64>> {
    let sql = format!("SELECT seq FROM events ORDER BY seq {order} LIMIT 1");
    let row = link.row(sql, &[]).await?;
    row.map(|row| row.count("seq")).transpose()
}

pub(super) async fn put(link: &mut Link, events: &[&Event]) -> anyhow::Result<()> {
    let rows = events.iter().map(|event| {
        let at = event.at.as_microsecond();
        json!([
            number(event.seq),
            at,
            event.kind,
            event.body,
            call_of(event)
        ])
    });
    link.insert(&EVENTS, rows.collect()).await?;
    Ok(())
}

/// The call that an event tells of. Those of agents name one too, but are no part of its story.
fn call_of(event: &Event) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        call: CallId,
    }
    let tells = OF_CALLS.iter().any(|kind| event.kind.starts_with(kind));
    let body: Body = serde_json::from_str(tells.then_some(&*event.body)?).ok()?;
    Some(body.data.call.to_string())
}

/// Forgets what is too old or too much.
pub(super) async fn forget(db: &mut Database, now: Timestamp) -> anyhow::Result<()> {
    let oldest = now.checked_sub(OLDEST)?;
    forget_before(&mut db.link, KEPT, oldest).await
}

pub(super) async fn forget_before(
    link: &mut Link,
    kept: u64,
    oldest: Timestamp,
) -> anyhow::Result<()> {
    // Numbers skip, so that the rows have to be counted.
    let sql = "DELETE FROM events WHERE seq <= COALESCE(
             (SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET $1), 0)";
    link.execute(sql, &[kept.into()]).await?;
    // Those that are too old are at the beginning. One is left: it has the number to go on from.
    let sql = "DELETE FROM events WHERE seq < COALESCE(
             (SELECT seq FROM events WHERE at_us >= $1 ORDER BY seq LIMIT 1),
             (SELECT MAX(seq) FROM events))";
    link.execute(sql, &[oldest.into()]).await?;
    Ok(())
}

pub(super) fn event(row: &Row) -> anyhow::Result<Event> {
    Ok(Event {
        seq: row.count("seq")?,
        at: row.moment("at_us")?,
        kind: row.text("kind")?,
        body: row.text("body")?,
    })
}

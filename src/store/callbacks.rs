//! Requests to be called back: each whole as JSON, with the columns that the list is filtered by (R80).

use super::Store;
use super::link::{Kind, Link, Row, Table, Value, number};
use crate::id::{CallbackId, QueueId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt;

/// A request as it is stored. Its words and its body are the business of whoever calls back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Which.
    pub id: CallbackId,
    /// The queue whose agents call back.
    pub queue: QueueId,
    /// The number to call.
    pub number: String,
    /// `automated` or `manual`.
    pub kind: String,
    /// `in_queue`, `active`, `no_reply` or `done`.
    pub status: String,
    /// Of its conversation: `open`, `waiting` or `solved`.
    pub conversation: String,
    /// Not to be tried before; `None`: nothing is planned.
    pub due: Option<Timestamp>,
    /// When it was asked for.
    pub created: Timestamp,
    /// The request whole.
    pub body: Json,
}

/// The number belongs to a person: not for logs.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("id", &self.id)
            .field("queue", &self.queue)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Which requests are wanted: all that fit each of what is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackFilter {
    /// Of this queue.
    pub queue: Option<QueueId>,
    /// To this number.
    pub number: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With one of these statuses; none: any.
    pub statuses: Vec<String>,
    /// With one of these conversation statuses; none: any.
    pub conversations: Vec<String>,
    /// Not done, and asked for at this time or later.
    pub pending_since: Option<Timestamp>,
    /// Asked for at this time or later.
    pub from: Option<Timestamp>,
    /// Asked for before this time.
    pub until: Option<Timestamp>,
    /// With ids below: where the list goes on.
    pub before: Option<CallbackId>,
}

/// The statuses of requests that are still to be done.
const PENDING: [&str; 2] = ["in_queue", "active"];

const CALLBACKS: Table = Table {
    name: "callbacks",
    columns: &[
        ("id", Kind::Int),
        ("queue", Kind::Int),
        ("number", Kind::Text),
        ("kind", Kind::Text),
        ("status", Kind::Text),
        ("conversation", Kind::Text),
        ("due_us", Kind::Int),
        ("created_us", Kind::Int),
        ("body", Kind::Text),
    ],
    conflict: "ON CONFLICT (id) DO UPDATE SET queue = excluded.queue, number = excluded.number,
         kind = excluded.kind, status = excluded.status, conversation = excluded.conversation,
         due_us = excluded.due_us, created_us = excluded.created_us, body = excluded.body",
};

impl Store {
    /// The latest requests that fit, the newest first, at most `limit`. What was written before is
    /// among them. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn callbacks(&self, filter: &CallbackFilter, limit: u32) -> anyhow::Result<Vec<Callback>> {
        let (condition, mut values) = condition(filter);
        values.push(limit.into());
        let sql = format!(
            "SELECT * FROM callbacks {condition} ORDER BY id DESC LIMIT ${}",
            values.len()
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(callback).collect()
        })
    }

    /// All requests that are still to be done, the oldest first: for the start.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn pending_callbacks(&self) -> anyhow::Result<Vec<Callback>> {
        let sql = format!(
            "SELECT * FROM callbacks WHERE status IN ('{}') ORDER BY id",
            PENDING.join("', '")
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &[]).await?;
            rows.iter().map(callback).collect()
        })
    }

    /// A request by id. What was written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn callback(&self, id: CallbackId) -> anyhow::Result<Option<Callback>> {
        self.with_all(async move |db| {
            let sql = "SELECT * FROM callbacks WHERE id = $1";
            let row = db.link.row(sql, &[id.0.into()]).await?;
            row.as_ref().map(callback).transpose()
        })
    }
}

fn condition(filter: &CallbackFilter) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![];
    let mut parts = vec![];
    let mut and = |column: &str, wanted: Vec<Value>| {
        let first = values.len() + 1;
        let places = (first..first + wanted.len()).map(|at| format!("${at}"));
        let places = places.collect::<Vec<_>>().join(", ");
        values.extend(wanted);
        // The column names the comparison, too: `id <` or `status IN`.
        parts.push(format!("{column} ({places})"));
    };
    if let Some(queue) = filter.queue {
        and("queue =", vec![queue.0.into()]);
    }
    if let Some(number) = &filter.number {
        and("number =", vec![number.as_str().into()]);
    }
    if let Some(kind) = &filter.kind {
        and("kind =", vec![kind.as_str().into()]);
    }
    for (column, words) in [
        ("status IN", &filter.statuses),
        ("conversation IN", &filter.conversations),
    ] {
        if !words.is_empty() {
            and(
                column,
                words.iter().map(|word| word.as_str().into()).collect(),
            );
        }
    }
    if let Some(since) = filter.pending_since {
        and("status IN", PENDING.map(Value::from).to_vec());
        and("created_us >=", vec![since.into()]);
    }
    if let Some(from) = filter.from {
        and("created_us >=", vec![from.into()]);
    }
    if let Some(until) = filter.until {
        and("created_us <", vec![until.into()]);
    }
    if let Some(before) = filter.before {
        and("id <", vec![before.0.into()]);
    }
    let condition = match parts.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", parts.join(" AND ")),
    };
    (condition, values)
}

pub(super) async fn put(link: &mut Link, callbacks: &[&Callback]) -> anyhow::Result<()> {
    // Of each what was said last: no row may come twice in one statement.
    let last = callbacks.iter().map(|callback| (callback.id, callback));
    let last: BTreeMap<_, _> = last.collect();
    let rows = last.into_values().map(|callback| {
        json!([
            number(callback.id.0),
            callback.queue,
            callback.number,
            callback.kind,
            callback.status,
            callback.conversation,
            callback.due.map(Timestamp::as_microsecond),
            callback.created.as_microsecond(),
            callback.body.to_string(),
        ])
    });
    link.insert(&CALLBACKS, rows.collect()).await?;
    Ok(())
}

fn callback(row: &Row) -> anyhow::Result<Callback> {
    Ok(Callback {
        id: CallbackId(row.count("id")?),
        queue: QueueId(row.small("queue")?),
        number: row.text("number")?,
        kind: row.text("kind")?,
        status: row.text("status")?,
        conversation: row.text("conversation")?,
        due: row.maybe_moment("due_us")?,
        created: row.moment("created_us")?,
        body: serde_json::from_str(&row.text("body")?)?,
    })
}

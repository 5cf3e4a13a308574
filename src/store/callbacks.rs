//! Requests to be called back: each whole as JSON, with the columns that the list is filtered by (R80).

use super::Store;
use super::condition::Condition;
use super::link::{Kind as Column, Link, Row, Table, Value, number};
use super::rows::word;
use super::within::Within;
use crate::acd::callback::{Kind, Request, State, Status};
use crate::call::record;
use crate::id::{CallbackId, QueueId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Which requests are wanted: all that fit each of what is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackFilter {
    /// Of this queue.
    pub queue: Option<QueueId>,
    /// To a number like this, as people write it.
    pub number: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With one of these statuses; none: any.
    pub statuses: Vec<Status>,
    /// With one of these conversation statuses; none: any.
    pub conversations: Vec<ConversationStatus>,
    /// Still to be done, and asked for at this time or later.
    pub pending_since: Option<Timestamp>,
    /// Asked for at this time or later.
    pub from: Option<Timestamp>,
    /// Asked for before this time.
    pub until: Option<Timestamp>,
    /// With ids below: where the list goes on.
    pub before: Option<CallbackId>,
    /// Seen by who sees these alone.
    pub within: Option<Within>,
}

/// How the conversation with a customer stands who asked to be called back (R80, R151).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    /// Somebody has to do something: the customer was not tried yet, is being called, or was not reached
    /// at all.
    Open,
    /// The customer was called in vain, and will be called again.
    Waiting,
    /// Nothing more is owed.
    Solved,
}

impl ConversationStatus {
    /// That of the conversation a request belongs to.
    pub fn of(request: &Request) -> Self {
        match request.state {
            State::InQueue { .. } if request.attempts > 0 => Self::Waiting,
            State::InQueue { .. } | State::Active { .. } | State::NoReply { .. } => Self::Open,
            State::Done { .. } => Self::Solved,
        }
    }
}

/// The statuses of requests that are still to be done.
const PENDING: [Status; 2] = [Status::InQueue, Status::Active];

const CALLBACKS: Table = Table {
    name: "callbacks",
    columns: &[
        ("id", Column::Int),
        ("queue", Column::Int),
        ("number", Column::Text),
        ("kind", Column::Text),
        ("status", Column::Text),
        ("conversation", Column::Text),
        ("due_us", Column::Int),
        ("created_us", Column::Int),
        ("body", Column::Text),
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
    pub fn callbacks(&self, filter: &CallbackFilter, limit: u32) -> anyhow::Result<Vec<Request>> {
        let (condition, mut values) = condition(filter);
        values.push(limit.into());
        let sql = format!(
            "SELECT * FROM callbacks {condition} ORDER BY id DESC LIMIT ${}",
            values.len()
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(request).collect()
        })
    }

    /// All requests that are still to be done, the oldest first: for the start.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn pending_callbacks(&self) -> anyhow::Result<Vec<Request>> {
        let sql = format!(
            "SELECT * FROM callbacks WHERE status IN ('{}') ORDER BY id",
            PENDING.map(|status| word(&status)).join("', '")
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &[]).await?;
            rows.iter().map(request).collect()
        })
    }

    /// A request by id. What was written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn callback(&self, id: CallbackId) -> anyhow::Result<Option<Request>> {
        self.with_all(async move |db| {
            let sql = "SELECT * FROM callbacks WHERE id = $1";
            let row = db.link.row(sql, &[id.0.into()]).await?;
            row.as_ref().map(request).transpose()
        })
    }
}

fn condition(filter: &CallbackFilter) -> (String, Vec<Value>) {
    let mut all = Condition::default();
    all.and("queue = ?", filter.queue.map(|queue| queue.0));
    all.number(["number"], filter.number.as_deref());
    all.and("kind = ?", filter.kind.as_ref().map(word));
    all.one_of("status", filter.statuses.iter().map(word));
    all.one_of("conversation", filter.conversations.iter().map(word));
    if let Some(since) = filter.pending_since {
        all.one_of("status", PENDING.iter().map(word));
        all.and("created_us >= ?", Some(since));
    }
    all.and("created_us >= ?", filter.from);
    all.and("created_us < ?", filter.until);
    all.and("id < ?", filter.before.map(|id| id.0));
    if let Some(within) = &filter.within {
        within.callbacks(&mut all);
    }
    all.clause()
}

pub(super) async fn put(link: &mut Link, requests: &[&Request]) -> anyhow::Result<()> {
    // Of each what was said last: no row may come twice in one statement.
    let last = requests.iter().map(|request| (request.id, request));
    let last: BTreeMap<_, _> = last.collect();
    let rows = last.into_values().map(|request| {
        let due = match request.state {
            State::InQueue { next } => Some(next),
            State::Active { .. } | State::NoReply { .. } | State::Done { .. } => None,
        };
        json!([
            number(request.id.0),
            request.queue,
            request.number,
            word(&request.terms.kind),
            word(&request.state.status()),
            word(&ConversationStatus::of(request)),
            due.map(Timestamp::as_microsecond),
            request.asked.as_microsecond(),
            json!(request).to_string(),
        ])
    });
    link.insert(&CALLBACKS, rows.collect()).await?;
    let done = requests.iter().filter(|request| match request.state {
        State::Done { .. } => true,
        State::InQueue { .. } | State::Active { .. } | State::NoReply { .. } => false,
    });
    for request in done {
        solve(link, request).await?;
    }
    Ok(())
}

/// Nothing more is owed: so the conversations stand in which it was asked for or tried, unless people have
/// said otherwise (R151). What goes on has its own end.
async fn solve(link: &mut Link, request: &Request) -> anyhow::Result<()> {
    let sql = "UPDATE conversations SET status = $1
         WHERE (callback = $2 OR id = $3) AND ended_us IS NOT NULL AND status = $4";
    let (solved, open) = (word(&record::Status::Solved), word(&record::Status::Open));
    let asked = request.conversation.to_string();
    let values = [
        solved.into(),
        number(request.id.0).into(),
        asked.into(),
        open.into(),
    ];
    link.execute(sql, &values).await?;
    Ok(())
}

fn request(row: &Row) -> anyhow::Result<Request> {
    let body = row.text("body")?;
    serde_json::from_str(&body).context("a callback that cannot be read")
}

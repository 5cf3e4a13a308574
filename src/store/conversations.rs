//! The records of conversations, found by who talked with whom, when, and what became of it (B16).

use super::Store;
use super::link::Value;
use super::rows::{with_legs, word};
use crate::call::record::{Conversation, Direction, Status};
use crate::id::{AgentId, CallId};
use jiff::Timestamp;

/// Which conversations are wanted: all that fit each of what is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// This one.
    pub call: Option<CallId>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    /// In this queue, by name.
    pub queue: Option<String>,
    /// Taken by this agent, or assigned to them.
    pub agent: Option<AgentId>,
    /// From this number, or to it.
    pub number: Option<String>,
    /// Begun by these.
    pub direction: Option<Direction>,
    /// Of this status.
    pub status: Option<Status>,
    /// Older than this one: where a list goes on.
    pub before: Option<CallId>,
}

impl Store {
    /// The latest conversations, the newest first. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn conversations(&self, limit: u32) -> anyhow::Result<Vec<Conversation>> {
        self.find_conversations(&ConversationFilter::default(), limit)
    }

    /// The conversations that fit, the newest first, at most `limit`. What was written before is among
    /// them. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn find_conversations(
        &self,
        filter: &ConversationFilter,
        limit: u32,
    ) -> anyhow::Result<Vec<Conversation>> {
        let (condition, mut values) = condition(filter);
        values.push(limit.into());
        let sql = format!(
            "SELECT * FROM conversations {condition} ORDER BY id DESC LIMIT ${}",
            values.len()
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            with_legs(&mut db.link, &rows).await
        })
    }
}

fn condition(filter: &ConversationFilter) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![];
    let mut parts = vec![];
    let mut and = |part: &str, wanted: Value| {
        values.push(wanted);
        parts.push(part.replace('?', &format!("${}", values.len())));
    };
    if let Some(call) = filter.call {
        and("id = ?", call.to_string().into());
    }
    if let Some(from) = filter.from {
        and("began_us >= ?", from.into());
    }
    if let Some(until) = filter.until {
        and("began_us < ?", until.into());
    }
    if let Some(queue) = &filter.queue {
        and("queue = ?", queue.as_str().into());
    }
    if let Some(agent) = filter.agent {
        and("(agent = ? OR assigned = ?)", agent.0.into());
    }
    if let Some(number) = &filter.number {
        and("(caller = ? OR called = ?)", number.as_str().into());
    }
    if let Some(direction) = filter.direction {
        and("direction = ?", word(&direction).into());
    }
    if let Some(status) = filter.status {
        and("status = ?", word(&status).into());
    }
    if let Some(before) = filter.before {
        // Their names sort by time.
        and("id < ?", before.to_string().into());
    }
    let condition = match parts.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", parts.join(" AND ")),
    };
    (condition, values)
}

//! The records of conversations, found by who talked with whom, when, and what became of it (B16).

use super::Store;
use super::condition::Condition;
use super::link::Value;
use super::rows::{with_legs, word};
use super::within::Within;
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
    /// From or to a number like this, as people write it.
    pub number: Option<String>,
    /// Begun by these.
    pub direction: Option<Direction>,
    /// Of this status.
    pub status: Option<Status>,
    /// Older than this one: where a list goes on.
    pub before: Option<CallId>,
    /// Seen by who sees these alone.
    pub within: Option<Within>,
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
    let mut all = Condition::default();
    all.and("id = ?", filter.call.map(|call| call.to_string()));
    all.and("began_us >= ?", filter.from);
    all.and("began_us < ?", filter.until);
    all.and("queue = ?", filter.queue.as_deref());
    let agent = filter.agent.map(|agent| agent.0);
    all.and("(agent = ? OR assigned = ?)", agent);
    all.number(["caller", "called"], filter.number.as_deref());
    all.and("direction = ?", filter.direction.as_ref().map(word));
    all.and("status = ?", filter.status.as_ref().map(word));
    // Their names sort by time.
    all.and("id < ?", filter.before.map(|call| call.to_string()));
    if let Some(within) = &filter.within {
        within.conversations(&mut all);
    }
    all.clause()
}

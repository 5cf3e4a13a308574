//! Calls that nobody took and that are left open: they may be a flood, which is counted (R153).

use super::Store;
use super::condition::Condition;
use super::link::Row;
use super::within::Within;
use crate::call::record::Status;
use jiff::Timestamp;
use serde::Serialize;

/// Missed calls of a queue whose conversations are open still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// The name of the queue.
    pub queue: String,
    /// How many they are.
    pub calls: u64,
    /// When the oldest of them came in.
    pub oldest: Timestamp,
}

impl Store {
    /// Those of each queue that has some, in the order of their names; of what somebody sees. What was
    /// written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn missed(&self, within: Option<&Within>) -> anyhow::Result<Vec<Missed>> {
        let mut all = Condition::default();
        all.and("status = ?", Some(super::rows::word(&Status::Open)));
        all.always("direction = 'inbound'");
        all.always("ended_us IS NOT NULL");
        all.always("connected_us IS NULL");
        all.always("queue IS NOT NULL");
        // Whoever was promised to be called back is in the list of those.
        all.always("callback IS NULL");
        if let Some(within) = within {
            within.conversations(&mut all);
        }
        let (condition, values) = all.clause();
        let sql = format!(
            "SELECT queue, COUNT(*) AS calls, MIN(began_us) AS oldest_us FROM conversations
             {condition} GROUP BY queue ORDER BY queue"
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(missed).collect()
        })
    }
}

fn missed(row: &Row) -> anyhow::Result<Missed> {
    Ok(Missed {
        queue: row.text("queue")?,
        calls: row.count("calls")?,
        oldest: row.moment("oldest_us")?,
    })
}

//! Calls that nobody took and that are left open: they may be a flood, which is counted (R153).

use super::Store;
use super::link::Row;
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
    /// Those of each queue that has some, in the order of their names. What was written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn missed(&self) -> anyhow::Result<Vec<Missed>> {
        self.with_all(async move |db| {
            let sql =
                "SELECT queue, COUNT(*) AS calls, MIN(began_us) AS oldest_us FROM conversations
                 WHERE status = $1 AND direction = 'inbound' AND ended_us IS NOT NULL
                 AND connected_us IS NULL AND queue IS NOT NULL GROUP BY queue ORDER BY queue";
            let open = super::rows::word(&Status::Open).into();
            let rows = db.link.rows(sql, &[open]).await?;
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

//! How times went: conversations counted by interval and queue (B11), in the database, so that a year is as
//! small an answer as a day.

use super::Store;
use super::condition::Condition;
use super::link::Row;
use super::within::Within;
use jiff::Timestamp;

/// Intervals of one history at most.
pub const HISTORY: usize = 400;

/// An interval of a history: from its beginning to before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The first moment in it.
    pub from: Timestamp,
    /// The first moment behind it.
    pub until: Timestamp,
}

/// What was counted of the conversations that began in an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallied {
    /// The place of the interval in the list that was asked for.
    pub bucket: usize,
    /// The name of the queue; `None`: of no queue, as calls of agents to numbers outside.
    pub queue: Option<String>,
    /// Conversations, those that go on among them.
    pub calls: u64,
    /// In which customer and agent talked.
    pub answered: u64,
    /// Of those, after no longer a wait than was asked for.
    pub in_time: u64,
    /// In which the customer did not wait any longer.
    pub abandoned: u64,
    /// In which the customer was promised to be called back.
    pub promised: u64,
    /// How long those waited who were answered, all together, milliseconds.
    pub waited_ms: u64,
    /// The longest wait of any, milliseconds.
    pub longest_ms: u64,
    /// How long was talked, milliseconds.
    pub talked_ms: u64,
}

impl Store {
    /// Counts the conversations that began in each interval, by queue, of what somebody sees; where nothing
    /// began, nothing is said. Of more than [`HISTORY`] intervals the first count. Waits for up to five seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn history(
        &self,
        buckets: &[Bucket],
        in_time_ms: u64,
        within: Option<&Within>,
    ) -> anyhow::Result<Vec<Tallied>> {
        if buckets.is_empty() {
            return Ok(vec![]);
        }
        let rows = buckets.iter().take(HISTORY).enumerate();
        let rows = rows.map(|(at, bucket)| {
            let [from, until] = [bucket.from, bucket.until].map(Timestamp::as_microsecond);
            format!("({at}, {from}, {until})")
        });
        let buckets = rows.collect::<Vec<_>>().join(", ");
        let mut all = Condition::default();
        let in_time = all.places([in_time_ms].into_iter());
        if let Some(within) = within {
            within.conversations(&mut all);
        }
        let (condition, values) = all.clause();
        // Numbers of ours alone stand in the text: as parameters they would be more than SQLite takes.
        let sql = format!(
            "WITH buckets (bucket, from_us, until_us) AS (VALUES {buckets})
             SELECT CAST(bucket AS BIGINT) AS bucket, queue, COUNT(*) AS calls,
                 COUNT(connected_us) AS answered,
                 COUNT(CASE WHEN waited_ms <= {in_time} THEN connected_us END) AS in_time,
                 COUNT(CASE WHEN connected_us IS NULL AND cause = 'abandoned' THEN 1 END) AS abandoned,
                 COUNT(CASE WHEN cause = 'callback_promised' THEN 1 END) AS promised,
                 CAST(SUM(CASE WHEN connected_us IS NULL THEN 0 ELSE waited_ms END) AS BIGINT) AS waited_ms,
                 MAX(waited_ms) AS longest_ms,
                 CAST(SUM(talked_ms) AS BIGINT) AS talked_ms
             FROM buckets JOIN conversations ON began_us >= from_us AND began_us < until_us
             {condition} GROUP BY bucket, queue ORDER BY bucket, queue"
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(tallied).collect()
        })
    }
}

fn tallied(row: &Row) -> anyhow::Result<Tallied> {
    Ok(Tallied {
        bucket: row.small("bucket")?,
        queue: row.maybe_text("queue")?,
        calls: row.count("calls")?,
        answered: row.count("answered")?,
        in_time: row.count("in_time")?,
        abandoned: row.count("abandoned")?,
        promised: row.count("promised")?,
        waited_ms: row.count("waited_ms")?,
        longest_ms: row.count("longest_ms")?,
        talked_ms: row.count("talked_ms")?,
    })
}

//! How far recordings have got on their way to the storage: it is known over restarts, so that none is
//! lost and none sent twice (F4).

use super::Store;
use super::file_id::FileId;
use super::link::Row;
use super::recordings::{self, Recording};
use super::rows::{unword, word};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a file has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is to be done with it.
    pub state: DeliveryState,
    /// Its name there, from the moment on at which it may be there.
    pub remote: Option<String>,
    /// How often it was tried in vain.
    pub tries: u32,
    /// When it is tried again; `None`: now.
    pub next: Option<Timestamp>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// When it was there, whole.
    pub delivered: Option<Timestamp>,
    /// The file here has gone.
    pub freed: bool,
}

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Nobody has looked yet whether it is to be sent.
    New,
    /// It stays here alone.
    Local,
    /// It is to be sent.
    Waiting,
    /// It is there, and was read back.
    Delivered,
    /// It is to be removed there.
    Removing,
    /// It was removed there.
    Removed,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Files that are to be sent or removed.
    pub files: u64,
    /// Of those, how many have failed at least once.
    pub failing: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// Files with which something is to be done now, the oldest first. Waits for up to five seconds, as all
    /// below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn deliveries_due(&self, now: Timestamp, limit: u32) -> anyhow::Result<Vec<Recording>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM files WHERE delivery IN ('new', 'waiting', 'removing')
                     AND (next_us IS NULL OR next_us <= $1)
                 ORDER BY began_us, call, number, position LIMIT $2";
            let rows = db.link.rows(sql, &[now.into(), limit.into()]).await?;
            rows.iter().map(recordings::recording).collect()
        })
    }

    /// Says how far a file has got, unless somebody has changed what is to be done with it since `was`:
    /// then it is `false`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn set_delivery(
        &self,
        id: FileId,
        was: DeliveryState,
        delivery: Delivery,
    ) -> anyhow::Result<bool> {
        self.with(async move |db| {
            let sql = "UPDATE files SET delivery = $5, remote = $6, tries = $7, next_us = $8,
                     delivery_error = $9, delivered_us = $10, freed = $11
                 WHERE call = $1 AND number = $2 AND position = $3 AND delivery = $4";
            let [call, segment, position] = recordings::key(id);
            let values = [
                call,
                segment,
                position,
                word(&was).into(),
                word(&delivery.state).into(),
                delivery.remote.into(),
                delivery.tries.into(),
                delivery.next.into(),
                delivery.error.into(),
                delivery.delivered.into(),
                delivery.freed.into(),
            ];
            Ok(db.link.execute(sql, &values).await? > 0)
        })
    }

    /// What waits.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn delivery_backlog(&self) -> anyhow::Result<Backlog> {
        self.with(async |db| {
            let sql = "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(CASE WHEN tries > 0 THEN 1 ELSE 0 END), 0)
                     AS BIGINT) AS failing, MIN(began_us) AS oldest_us
                 FROM files WHERE delivery IN ('waiting', 'removing')";
            let Some(row) = db.link.row(sql, &[]).await? else {
                return Ok(Backlog::default());
            };
            Ok(Backlog {
                files: row.count("files")?,
                failing: row.count("failing")?,
                oldest: row.maybe_moment("oldest_us")?,
            })
        })
    }

    /// Bytes that were recorded since a time.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recorded_bytes(&self, since: Timestamp) -> anyhow::Result<u64> {
        self.with(async move |db| {
            let sql = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes
                 FROM files WHERE began_us >= $1";
            let row = db.link.row(sql, &[since.into()]).await?;
            row.map_or(Ok(0), |row| row.count("bytes"))
        })
    }
}

pub(super) fn delivery(row: &Row) -> anyhow::Result<Delivery> {
    Ok(Delivery {
        state: unword(row.text("delivery")?)?,
        remote: row.maybe_text("remote")?,
        tries: row.small("tries")?,
        next: row.maybe_moment("next_us")?,
        error: row.maybe_text("delivery_error")?,
        delivered: row.maybe_moment("delivered_us")?,
        freed: row.flag("freed")?,
    })
}

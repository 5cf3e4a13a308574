//! The files of recordings: found by who talked with whom and when, and what has become of each (R107).

use super::Store;
use super::audit;
use super::condition::Condition;
use super::deliveries::{self, Delivery, DeliveryState};
use super::file_id::{Cursor, FileId};
use super::link::{Kind, Link, Row, Table, Value, number};
use super::rows::{agent_name, unword, word};
use super::within::Within;
use crate::call::record::{AgentName, Content, Direction, File, Recorded, Talk};
use crate::id::{AgentId, CallId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::json;

/// A file of a recording, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Which.
    pub id: FileId,
    /// Who talked with whom, and when.
    pub talk: Talk,
    /// Where it is and what is in it.
    pub file: File,
    /// When and by whom it was deleted; `None`: it is there.
    pub deleted: Option<Deleted>,
    /// How far it has got on its way to the storage.
    pub delivery: Delivery,
}

/// That a file was deleted (R110).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// When.
    pub at: Timestamp,
    /// Who: the name of a user or of a key, or what rule.
    pub by: String,
}

/// Which recordings are wanted: all that fit each of what is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Of this account, or of one that is not known (R104).
    pub account: Option<String>,
    /// Of this conversation.
    pub call: Option<CallId>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    /// From this queue, by name.
    pub queue: Option<String>,
    /// With this agent.
    pub agent: Option<AgentId>,
    /// With a customer or a called number like this, as people write it.
    pub number: Option<String>,
    /// Begun by these.
    pub direction: Option<Direction>,
    /// So long at least, in milliseconds.
    pub longer: Option<u64>,
    /// So long at most, in milliseconds.
    pub shorter: Option<u64>,
    /// Also those that were deleted, of which the row is left.
    pub deleted: bool,
    /// After this one in the list: where it goes on.
    pub after: Option<Cursor>,
    /// Seen by who sees these alone.
    pub within: Option<Within>,
}

const FILES: Table = Table {
    name: "files",
    columns: &[
        ("call", Kind::Text),
        ("number", Kind::Int),
        ("position", Kind::Int),
        ("path", Kind::Text),
        ("content", Kind::Text),
        ("milliseconds", Kind::Int),
        ("bytes", Kind::Int),
        ("gaps", Kind::Int),
        ("interrupted", Kind::Int),
        ("account", Kind::Text),
        ("agent", Kind::Int),
        ("agent_name", Kind::Text),
        ("customer", Kind::Text),
        ("called", Kind::Text),
        ("queue", Kind::Text),
        ("direction", Kind::Text),
        ("began_us", Kind::Int),
        ("sha256", Kind::Text),
        ("encrypted", Kind::Int),
        ("delivery", Kind::Text),
    ],
    // Never what has become of it since.
    conflict: "ON CONFLICT (call, number, position) DO UPDATE SET path = excluded.path,
         content = excluded.content, milliseconds = excluded.milliseconds, bytes = excluded.bytes,
         gaps = excluded.gaps, interrupted = excluded.interrupted, account = excluded.account,
         agent = excluded.agent, agent_name = excluded.agent_name, customer = excluded.customer,
         called = excluded.called, queue = excluded.queue, direction = excluded.direction,
         began_us = excluded.began_us, sha256 = excluded.sha256, encrypted = excluded.encrypted",
};

impl Store {
    /// The recordings that fit, the newest first, at most `limit`. What was written before is among
    /// them. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn find_recordings(
        &self,
        filter: &RecordingFilter,
        limit: u32,
    ) -> anyhow::Result<Vec<Recording>> {
        let (condition, mut values) = condition(filter);
        values.push(limit.into());
        let sql = format!(
            "SELECT * FROM files {condition}
             ORDER BY began_us DESC, call DESC, number DESC, position DESC LIMIT ${}",
            values.len()
        );
        self.with_all(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(recording).collect()
        })
    }

    /// One recording.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recording(&self, id: FileId) -> anyhow::Result<Option<Recording>> {
        self.with_all(async move |db| {
            let sql = "SELECT * FROM files WHERE call = $1 AND number = $2 AND position = $3";
            let row = db.link.row(sql, &key(id)).await?;
            row.as_ref().map(recording).transpose()
        })
    }

    /// Marks a recording as deleted, and writes it into the audit log; whatever is left of it is to be
    /// erased then. Gives `false` if it is not there any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn delete_recording(&self, id: FileId, by: &str, detail: &str) -> anyhow::Result<bool> {
        let (by, detail) = (by.to_owned(), detail.to_owned());
        self.with_all(async move |db| {
            let step = async |link: &mut Link| {
                let now = Timestamp::now();
                // What is there, or may be on its way, goes there too.
                let sql =
                    "UPDATE files SET deleted_us = $4, deleted_by = $5, next_us = NULL, tries = 0,
                         delivery = CASE WHEN remote IS NULL THEN 'local' ELSE 'removing' END
                     WHERE call = $1 AND number = $2 AND position = $3 AND deleted_us IS NULL";
                let [call, segment, position] = key(id);
                let values = [call, segment, position, now.into(), by.clone().into()];
                if link.execute(sql, &values).await? == 0 {
                    return Ok(false);
                }
                let note = audit::Noted {
                    who: by,
                    action: "recording.deleted",
                    subject: id.to_string(),
                    detail,
                };
                audit::append(link, now, note).await?;
                Ok(true)
            };
            db.link.atomically(step).await
        })
    }

    /// Recordings that are deleted and of which something may be left.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recordings_to_erase(&self, limit: u32) -> anyhow::Result<Vec<Recording>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM files WHERE deleted_us IS NOT NULL AND erased = 0
                 ORDER BY deleted_us LIMIT $1";
            let rows = db.link.rows(sql, &[limit.into()]).await?;
            rows.iter().map(recording).collect()
        })
    }

    /// The other files of a recording's segment.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recordings_beside(&self, id: FileId) -> anyhow::Result<Vec<Recording>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM files WHERE call = $1 AND number = $2 AND position <> $3";
            let rows = db.link.rows(sql, &key(id)).await?;
            rows.iter().map(recording).collect()
        })
    }

    /// Forgets recordings that were deleted before a time, of which nothing is left anywhere: the audit
    /// log forgets them, too (R110).
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn forget_recordings(&self, before: Timestamp) -> anyhow::Result<u64> {
        self.with(async move |db| {
            let sql = "DELETE FROM files
                 WHERE deleted_us < $1 AND erased = 1 AND delivery <> 'removing'";
            db.link.execute(sql, &[before.into()]).await
        })
    }

    /// Nothing is left of a recording that was deleted.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recording_erased(&self, id: FileId) -> anyhow::Result<()> {
        self.with(async move |db| {
            let sql =
                "UPDATE files SET erased = 1 WHERE call = $1 AND number = $2 AND position = $3";
            db.link.execute(sql, &key(id)).await.map(drop)
        })
    }

    /// A file is another than it was: its stereo was made again.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn recording_remade(&self, id: FileId, file: &File) -> anyhow::Result<()> {
        let (bytes, sha256, encrypted) = (file.bytes, file.sha256.clone(), file.encrypted);
        self.with(async move |db| {
            let sql = "UPDATE files SET bytes = $4, sha256 = $5, encrypted = $6,
                     delivery = CASE delivery WHEN 'delivered' THEN 'waiting' ELSE delivery END
                 WHERE call = $1 AND number = $2 AND position = $3";
            let [call, segment, position] = key(id);
            let values = [
                call,
                segment,
                position,
                bytes.into(),
                sha256.into(),
                encrypted.into(),
            ];
            db.link.execute(sql, &values).await.map(drop)
        })
    }
}

pub(super) fn key(id: FileId) -> [Value; 3] {
    [
        id.call.to_string().into(),
        id.segment.into(),
        id.position.into(),
    ]
}

fn condition(filter: &RecordingFilter) -> (String, Vec<Value>) {
    let mut all = Condition::default();
    let account = filter.account.as_deref();
    all.and("(account = ? OR account = '')", account);
    all.and("call = ?", filter.call.map(|call| call.to_string()));
    all.and("began_us >= ?", filter.from);
    all.and("began_us < ?", filter.until);
    all.and("queue = ?", filter.queue.as_deref());
    all.and("agent = ?", filter.agent.map(|agent| agent.0));
    all.number(["customer", "called"], filter.number.as_deref());
    all.and("direction = ?", filter.direction.as_ref().map(word));
    all.and("milliseconds >= ?", filter.longer);
    all.and("milliseconds <= ?", filter.shorter);
    if let Some(after) = filter.after {
        let [call, segment, position] = key(after.id);
        let last = [after.began.into(), call, segment, position];
        all.after(["began_us", "call", "number", "position"], last);
    }
    if !filter.deleted {
        all.always("deleted_us IS NULL");
    }
    if let Some(within) = &filter.within {
        within.recordings(&mut all);
    }
    all.clause()
}

/// Inserts or replaces the files of a segment.
pub(super) async fn put(db: &mut Link, recorded: &Recorded) -> anyhow::Result<()> {
    let segment = [recorded.call.to_string().into(), recorded.number.into()];
    db.execute(
        "INSERT INTO recordings (call, number) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &segment,
    )
    .await?;
    let [call, of] = segment;
    db.execute(
        "DELETE FROM files WHERE call = $1 AND number = $2 AND position >= $3",
        &[call, of, (recorded.files.len() as u64).into()],
    )
    .await?;
    let talk = recorded.talk.as_ref();
    let files = (0i64..).zip(&recorded.files);
    let files = files.map(|(position, file)| {
        json!([
            recorded.call,
            recorded.number,
            position,
            file.path,
            content_word(file.content),
            number(file.milliseconds),
            number(file.bytes),
            u8::from(file.gaps),
            u8::from(file.interrupted),
            talk.map_or("", |talk| talk.account.as_str()),
            talk.map(|talk| talk.agent.id),
            talk.map(|talk| talk.agent.name.as_str()),
            talk.map_or("", |talk| talk.customer.as_str()),
            talk.map_or("", |talk| talk.called.as_str()),
            talk.and_then(|talk| talk.queue.as_deref()),
            word(&talk.map_or_else(Direction::default, |talk| talk.direction)),
            talk.map_or(0, |talk| talk.began.as_microsecond()),
            file.sha256,
            u8::from(file.encrypted),
            word(&DeliveryState::New),
        ])
    });
    db.insert(&FILES, files.collect()).await?;
    Ok(())
}

/// The recordings of a call, in the order of their segments.
pub(super) async fn of_call(db: &mut Link, call: CallId) -> anyhow::Result<Vec<Recorded>> {
    let sql = "SELECT * FROM files WHERE call = $1 ORDER BY number, position";
    let rows = db.rows(sql, &[call.to_string().into()]).await?;
    let mut recordings: Vec<Recorded> = vec![];
    for row in &rows {
        let found = recording(row)?;
        let segment = found.id.segment;
        if recordings.last().is_none_or(|last| last.number != segment) {
            recordings.push(Recorded {
                call,
                number: segment,
                talk: Some(found.talk),
                files: vec![],
            });
        }
        if let Some(last) = recordings.last_mut() {
            last.files.push(found.file);
        }
    }
    Ok(recordings)
}

pub(super) fn recording(row: &Row) -> anyhow::Result<Recording> {
    let nobody = || AgentName {
        id: AgentId(0),
        name: String::new(),
    };
    let deleted = row.maybe_moment("deleted_us")?;
    let by = row.maybe_text("deleted_by")?.unwrap_or_default();
    Ok(Recording {
        id: FileId {
            call: CallId::parse(&row.text("call")?).context("the call of a recording")?,
            segment: row.small("number")?,
            position: row.small("position")?,
        },
        talk: Talk {
            account: row.text("account")?,
            began: row.moment("began_us")?,
            agent: agent_name(row, "agent", "agent_name")?.unwrap_or_else(nobody),
            customer: row.text("customer")?,
            called: row.text("called")?,
            queue: row.maybe_text("queue")?,
            direction: unword(row.text("direction")?)?,
        },
        file: file(row)?,
        deleted: deleted.map(|at| Deleted { at, by }),
        delivery: deliveries::delivery(row)?,
    })
}

fn file(row: &Row) -> anyhow::Result<File> {
    let content = row.text("content")?;
    Ok(File {
        path: row.text("path")?,
        content: match content.as_str() {
            STEREO => Content::Stereo,
            word => match word.strip_suffix(VIDEO) {
                Some(role) => Content::Video(unword(role.to_owned())?),
                None => Content::Leg(unword(content)?),
            },
        },
        milliseconds: row.count("milliseconds")?,
        bytes: row.count("bytes")?,
        gaps: row.flag("gaps")?,
        interrupted: row.flag("interrupted")?,
        sha256: row.maybe_text("sha256")?,
        encrypted: row.flag("encrypted")?,
    })
}

const STEREO: &str = "stereo";
/// Behind the role.
const VIDEO: &str = "_video";

fn content_word(content: Content) -> String {
    match content {
        Content::Leg(role) => word(&role),
        Content::Stereo => STEREO.to_owned(),
        Content::Video(role) => format!("{}{VIDEO}", word(&role)),
    }
}

impl Recording {
    /// Where the list goes on after it.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            began: self.talk.began.as_microsecond(),
            id: self.id,
        }
    }
}

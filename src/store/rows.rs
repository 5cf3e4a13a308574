//! Records as rows, and back.

use crate::call::record::{AgentName, Content, Conversation, File, Leg, Quality, Recorded, Role};
use crate::id::{AgentId, CallId, LegId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Inserts or replaces a conversation and its legs. True if it ended with this: it has an end, and
/// had none before. One that has ended is not replaced by one that goes on.
pub(super) async fn put_conversation(
    db: &mut SqliteConnection,
    conversation: &Conversation,
) -> anyhow::Result<bool> {
    let call = conversation.id.to_string();
    let before: Option<Option<i64>> =
        sqlx::query_scalar("SELECT ended_us FROM conversations WHERE id = $1")
            .bind(&call)
            .fetch_optional(&mut *db)
            .await?;
    let had_ended = before.flatten().is_some();
    if had_ended && conversation.ended.is_none() {
        return Ok(false);
    }
    let agent = conversation.agent.as_ref();
    sqlx::query(
        "INSERT INTO conversations (id, account, caller, called, queue, began_us, connected_us, ended_us,
             waited_ms, talked_ms, agent, agent_name, offers, cause)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (id) DO UPDATE SET account = excluded.account, caller = excluded.caller,
             called = excluded.called, queue = excluded.queue, began_us = excluded.began_us,
             connected_us = excluded.connected_us, ended_us = excluded.ended_us,
             waited_ms = excluded.waited_ms, talked_ms = excluded.talked_ms, agent = excluded.agent,
             agent_name = excluded.agent_name, offers = excluded.offers, cause = excluded.cause",
    )
    .bind(&call)
    .bind(&conversation.account)
    .bind(&conversation.from)
    .bind(&conversation.called)
    .bind(&conversation.queue)
    .bind(conversation.began.as_microsecond())
    .bind(conversation.connected.map(Timestamp::as_microsecond))
    .bind(conversation.ended.map(Timestamp::as_microsecond))
    .bind(number(conversation.waited_ms))
    .bind(number(conversation.talked_ms))
    .bind(agent.map(|agent| i64::from(agent.id.0)))
    .bind(agent.map(|agent| agent.name.as_str()))
    .bind(i64::from(conversation.offers))
    .bind(conversation.end.as_ref().map(word))
    .execute(&mut *db)
    .await?;
    put_legs(db, &call, &conversation.legs).await?;
    Ok(conversation.ended.is_some() && !had_ended)
}

async fn put_legs(db: &mut SqliteConnection, call: &str, legs: &[Leg]) -> anyhow::Result<()> {
    sqlx::query("DELETE FROM legs WHERE call = $1")
        .bind(call)
        .execute(&mut *db)
        .await?;
    for (position, leg) in (0i64..).zip(legs) {
        sqlx::query(
            "INSERT INTO legs (call, position, leg, role, sip_call_id, began_us, answered_us, ended_us,
                 received, sent, lost, jitter_ms, round_trip_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(call)
        .bind(position)
        .bind(number(leg.id.0))
        .bind(word(&leg.role))
        .bind(&leg.sip_call_id)
        .bind(leg.began.as_microsecond())
        .bind(leg.answered.map(Timestamp::as_microsecond))
        .bind(leg.ended.map(Timestamp::as_microsecond))
        .bind(number(leg.quality.received))
        .bind(number(leg.quality.sent))
        .bind(number(leg.quality.lost))
        .bind(f64::from(leg.quality.jitter_ms))
        .bind(leg.quality.round_trip_ms.map(f64::from))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Inserts or replaces the files of a segment.
pub(super) async fn put_recorded(
    db: &mut SqliteConnection,
    recorded: &Recorded,
) -> anyhow::Result<()> {
    let call = recorded.call.to_string();
    let segment = i64::from(recorded.number);
    sqlx::query("INSERT INTO recordings (call, number) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(&call)
        .bind(segment)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM files WHERE call = $1 AND number = $2")
        .bind(&call)
        .bind(segment)
        .execute(&mut *db)
        .await?;
    for (position, file) in (0i64..).zip(&recorded.files) {
        sqlx::query(
            "INSERT INTO files (call, number, position, path, content, milliseconds, bytes, gaps, interrupted)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&call)
        .bind(segment)
        .bind(position)
        .bind(&file.path)
        .bind(content_word(file.content))
        .bind(number(file.milliseconds))
        .bind(number(file.bytes))
        .bind(file.gaps)
        .bind(file.interrupted)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The conversations without an end, the oldest first.
pub(super) async fn open_conversations(
    db: &mut SqliteConnection,
) -> anyhow::Result<Vec<Conversation>> {
    let rows = sqlx::query("SELECT * FROM conversations WHERE ended_us IS NULL ORDER BY id")
        .fetch_all(&mut *db)
        .await?;
    with_legs(db, &rows).await
}

/// The latest conversations, the newest first.
pub(super) async fn latest_conversations(
    db: &mut SqliteConnection,
    limit: u32,
) -> anyhow::Result<Vec<Conversation>> {
    let rows = sqlx::query("SELECT * FROM conversations ORDER BY id DESC LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(&mut *db)
        .await?;
    with_legs(db, &rows).await
}

async fn with_legs(
    db: &mut SqliteConnection,
    rows: &[SqliteRow],
) -> anyhow::Result<Vec<Conversation>> {
    let mut conversations = vec![];
    for row in rows {
        let mut conversation = conversation(row)?;
        let legs = sqlx::query("SELECT * FROM legs WHERE call = $1 ORDER BY position")
            .bind(conversation.id.to_string())
            .fetch_all(&mut *db)
            .await?;
        conversation.legs = legs.iter().map(leg).collect::<anyhow::Result<_>>()?;
        conversations.push(conversation);
    }
    Ok(conversations)
}

/// The recordings of a call, in the order of their segments.
pub(super) async fn recordings(
    db: &mut SqliteConnection,
    call: CallId,
) -> anyhow::Result<Vec<Recorded>> {
    let segments: Vec<i64> =
        sqlx::query_scalar("SELECT number FROM recordings WHERE call = $1 ORDER BY number")
            .bind(call.to_string())
            .fetch_all(&mut *db)
            .await?;
    let mut recordings = vec![];
    for segment in segments {
        let files =
            sqlx::query("SELECT * FROM files WHERE call = $1 AND number = $2 ORDER BY position")
                .bind(call.to_string())
                .bind(segment)
                .fetch_all(&mut *db)
                .await?;
        recordings.push(Recorded {
            call,
            number: segment.try_into()?,
            files: files.iter().map(file).collect::<anyhow::Result<_>>()?,
        });
    }
    Ok(recordings)
}

fn conversation(row: &SqliteRow) -> anyhow::Result<Conversation> {
    let id: String = row.try_get("id")?;
    let agent: Option<i64> = row.try_get("agent")?;
    let end: Option<String> = row.try_get("cause")?;
    Ok(Conversation {
        id: CallId::parse(&id).context("a conversation's id")?,
        account: row.try_get("account")?,
        from: row.try_get("caller")?,
        called: row.try_get("called")?,
        queue: row.try_get("queue")?,
        began: moment(row, "began_us")?.context("when a conversation began")?,
        connected: moment(row, "connected_us")?,
        ended: moment(row, "ended_us")?,
        waited_ms: count(row, "waited_ms")?,
        talked_ms: count(row, "talked_ms")?,
        agent: match agent {
            Some(id) => Some(AgentName {
                id: AgentId(id.try_into()?),
                name: row
                    .try_get::<Option<_>, _>("agent_name")?
                    .unwrap_or_default(),
            }),
            None => None,
        },
        offers: count(row, "offers")?.try_into()?,
        end: end.map(unword).transpose()?,
        legs: vec![],
    })
}

fn leg(row: &SqliteRow) -> anyhow::Result<Leg> {
    let round_trip: Option<f64> = row.try_get("round_trip_ms")?;
    Ok(Leg {
        id: LegId(count(row, "leg")?),
        role: unword(row.try_get("role")?)?,
        sip_call_id: row.try_get("sip_call_id")?,
        began: moment(row, "began_us")?.context("when a leg began")?,
        answered: moment(row, "answered_us")?,
        ended: moment(row, "ended_us")?,
        quality: Quality {
            received: count(row, "received")?,
            sent: count(row, "sent")?,
            lost: count(row, "lost")?,
            jitter_ms: row.try_get::<f64, _>("jitter_ms")? as f32,
            round_trip_ms: round_trip.map(|ms| ms as f32),
        },
    })
}

fn file(row: &SqliteRow) -> anyhow::Result<File> {
    let content: String = row.try_get("content")?;
    Ok(File {
        path: row.try_get("path")?,
        content: match content.as_str() {
            STEREO => Content::Stereo,
            _ => Content::Leg(unword(content)?),
        },
        milliseconds: count(row, "milliseconds")?,
        bytes: count(row, "bytes")?,
        gaps: row.try_get("gaps")?,
        interrupted: row.try_get("interrupted")?,
    })
}

const STEREO: &str = "stereo";

fn content_word(content: Content) -> String {
    match content {
        Content::Leg(Role::Customer) => word(&Role::Customer),
        Content::Leg(Role::Agent) => word(&Role::Agent),
        Content::Stereo => STEREO.to_owned(),
    }
}

/// The word of a plain enum, as in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

fn unword<T: DeserializeOwned>(word: String) -> anyhow::Result<T> {
    let value = serde_json::Value::String(word);
    serde_json::from_value(value).context("an unknown word in the database")
}

/// SQLite's integers are signed; ours never come near the end of their range.
pub(super) fn number(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

fn count(row: &SqliteRow, column: &str) -> anyhow::Result<u64> {
    let value: i64 = row.try_get(column)?;
    value
        .try_into()
        .with_context(|| format!("{column} is negative"))
}

fn moment(row: &SqliteRow, column: &str) -> anyhow::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.try_get(column)?;
    let moment = micros.map(Timestamp::from_microsecond).transpose();
    moment.with_context(|| format!("{column} is no time"))
}

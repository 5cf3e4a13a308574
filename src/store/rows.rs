//! Records as rows, and back.

use crate::call::record::{AgentName, Content, Conversation, File, Leg, Quality, Recorded, Role};
use crate::id::{AgentId, CallId, LegId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Inserts or replaces conversations and their legs. Gives those that ended with this: they have
/// an end, and had none before. One that has ended is not replaced by one that goes on.
///
/// All of them go in one statement a table, as JSON: each statement is two changes of thread, which
/// cost more than the rows.
pub(super) async fn put_conversations<'a>(
    db: &mut SqliteConnection,
    conversations: &[&'a Conversation],
) -> anyhow::Result<Vec<&'a Conversation>> {
    if conversations.is_empty() {
        return Ok(vec![]);
    }
    let calls: Vec<_> = conversations.iter().map(|c| c.id.to_string()).collect();
    let had_ended: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM conversations
         WHERE ended_us IS NOT NULL AND id IN (SELECT value FROM json_each($1))",
    )
    .bind(json!(calls).to_string())
    .fetch_all(&mut *db)
    .await?;
    let had_ended: BTreeSet<_> = had_ended.into_iter().collect();
    // Of each what was said last: of what changed within a batch only that counts.
    let mut last: BTreeMap<String, &Conversation> = BTreeMap::new();
    for (call, conversation) in calls.into_iter().zip(conversations) {
        let known = last.get(&call).is_some_and(|known| known.ended.is_some());
        let ended = known || had_ended.contains(&call);
        if !ended || conversation.ended.is_some() {
            last.insert(call, conversation);
        }
    }
    let rows: Vec<_> = last
        .iter()
        .map(|(call, c)| conversation_row(call, c))
        .collect();
    sqlx::query(
        "INSERT INTO conversations (id, account, caller, called, queue, began_us, connected_us, ended_us,
             waited_ms, talked_ms, agent, agent_name, offers, cause, direction, trunk, diverted_by, attempts)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
             value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13,
             value ->> 14, value ->> 15, value ->> 16, value ->> 17
         FROM json_each($1) WHERE true
         ON CONFLICT (id) DO UPDATE SET account = excluded.account, caller = excluded.caller,
             called = excluded.called, queue = excluded.queue, began_us = excluded.began_us,
             connected_us = excluded.connected_us, ended_us = excluded.ended_us,
             waited_ms = excluded.waited_ms, talked_ms = excluded.talked_ms, agent = excluded.agent,
             agent_name = excluded.agent_name, offers = excluded.offers, cause = excluded.cause,
             direction = excluded.direction, trunk = excluded.trunk, diverted_by = excluded.diverted_by,
             attempts = excluded.attempts",
    )
    .bind(Value::Array(rows).to_string())
    .execute(&mut *db)
    .await?;
    put_legs(db, &last).await?;
    let ended = last
        .into_iter()
        .filter(|(call, _)| !had_ended.contains(call));
    let ended = ended.map(|(_, conversation)| conversation);
    Ok(ended
        .filter(|conversation| conversation.ended.is_some())
        .collect())
}

fn conversation_row(call: &str, conversation: &Conversation) -> Value {
    let agent = conversation.agent.as_ref();
    json!([
        call,
        conversation.account,
        conversation.from,
        conversation.called,
        conversation.queue,
        conversation.began.as_microsecond(),
        conversation.connected.map(Timestamp::as_microsecond),
        conversation.ended.map(Timestamp::as_microsecond),
        number(conversation.waited_ms),
        number(conversation.talked_ms),
        agent.map(|agent| agent.id.0),
        agent.map(|agent| agent.name.as_str()),
        conversation.offers,
        conversation.end.as_ref().map(word),
        word(&conversation.direction),
        conversation.trunk,
        conversation.diverted_by,
        json!(conversation.attempts).to_string(),
    ])
}

async fn put_legs(
    db: &mut SqliteConnection,
    conversations: &BTreeMap<String, &Conversation>,
) -> anyhow::Result<()> {
    let calls: Vec<_> = conversations.keys().collect();
    sqlx::query("DELETE FROM legs WHERE call IN (SELECT value FROM json_each($1))")
        .bind(json!(calls).to_string())
        .execute(&mut *db)
        .await?;
    let legs = conversations.iter().flat_map(|(call, conversation)| {
        let legs = (0i64..).zip(&conversation.legs);
        legs.map(move |(position, leg)| leg_row(call, position, leg))
    });
    let legs: Vec<_> = legs.collect();
    if legs.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO legs (call, position, leg, role, sip_call_id, began_us, answered_us, ended_us,
             received, sent, lost, jitter_ms, round_trip_ms)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
             value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12
         FROM json_each($1)",
    )
    .bind(Value::Array(legs).to_string())
    .execute(&mut *db)
    .await?;
    Ok(())
}

fn leg_row(call: &str, position: i64, leg: &Leg) -> Value {
    json!([
        call,
        position,
        number(leg.id.0),
        word(&leg.role),
        leg.sip_call_id,
        leg.began.as_microsecond(),
        leg.answered.map(Timestamp::as_microsecond),
        leg.ended.map(Timestamp::as_microsecond),
        number(leg.quality.received),
        number(leg.quality.sent),
        number(leg.quality.lost),
        f64::from(leg.quality.jitter_ms),
        leg.quality.round_trip_ms.map(f64::from),
    ])
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
    let attempts: String = row.try_get("attempts")?;
    Ok(Conversation {
        id: CallId::parse(&id).context("a conversation's id")?,
        account: row.try_get("account")?,
        direction: unword(row.try_get("direction")?)?,
        from: row.try_get("caller")?,
        called: row.try_get("called")?,
        trunk: row.try_get("trunk")?,
        diverted_by: row.try_get("diverted_by")?,
        attempts: serde_json::from_str(&attempts).context("the attempts of a conversation")?,
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
        Content::Leg(Role::Outside) => word(&Role::Outside),
        Content::Stereo => STEREO.to_owned(),
    }
}

/// The word of a plain enum, as in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

fn unword<T: DeserializeOwned>(word: String) -> anyhow::Result<T> {
    let value = Value::String(word);
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

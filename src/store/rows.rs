//! Records as rows, and back.

use super::link::{Kind, Link, Row, Table, number};
use crate::call::record::{AgentName, Conversation, Leg, Quality};
use crate::id::{AgentId, CallId, CallbackId, LegId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const CONVERSATIONS: Table = Table {
    name: "conversations",
    columns: &[
        ("id", Kind::Text),
        ("account", Kind::Text),
        ("caller", Kind::Text),
        ("called", Kind::Text),
        ("queue", Kind::Text),
        ("began_us", Kind::Int),
        ("connected_us", Kind::Int),
        ("ended_us", Kind::Int),
        ("waited_ms", Kind::Int),
        ("talked_ms", Kind::Int),
        ("agent", Kind::Int),
        ("agent_name", Kind::Text),
        ("offers", Kind::Int),
        ("cause", Kind::Text),
        ("direction", Kind::Text),
        ("trunk", Kind::Text),
        ("diverted_by", Kind::Text),
        ("callback", Kind::Int),
        ("attempts", Kind::Text),
        ("transfers", Kind::Text),
        ("status", Kind::Text),
        ("assigned", Kind::Int),
        ("assigned_name", Kind::Text),
    ],
    conflict: "ON CONFLICT (id) DO UPDATE SET account = excluded.account, caller = excluded.caller,
         called = excluded.called, queue = excluded.queue, began_us = excluded.began_us,
         connected_us = excluded.connected_us, ended_us = excluded.ended_us,
         waited_ms = excluded.waited_ms, talked_ms = excluded.talked_ms, agent = excluded.agent,
         agent_name = excluded.agent_name, offers = excluded.offers, cause = excluded.cause,
         direction = excluded.direction, trunk = excluded.trunk, diverted_by = excluded.diverted_by,
         callback = excluded.callback,
         attempts = excluded.attempts, transfers = excluded.transfers, status = excluded.status, assigned = excluded.assigned,
         assigned_name = excluded.assigned_name",
};

const LEGS: Table = Table {
    name: "legs",
    columns: &[
        ("call", Kind::Text),
        ("position", Kind::Int),
        ("leg", Kind::Int),
        ("role", Kind::Text),
        ("sip_call_id", Kind::Text),
        ("began_us", Kind::Int),
        ("answered_us", Kind::Int),
        ("ended_us", Kind::Int),
        ("received", Kind::Int),
        ("sent", Kind::Int),
        ("lost", Kind::Int),
        ("jitter_ms", Kind::Real),
        ("round_trip_ms", Kind::Real),
        ("cause", Kind::Text),
    ],
    conflict: "",
};

/// Inserts or replaces conversations and their legs. Gives those that ended with this: they have
/// an end, and had none before. One that has ended is not replaced by one that goes on.
pub(super) async fn put_conversations<'a>(
    db: &mut Link,
    conversations: &[&'a Conversation],
) -> anyhow::Result<Vec<&'a Conversation>> {
    if conversations.is_empty() {
        return Ok(vec![]);
    }
    let calls: Vec<_> = conversations.iter().map(|c| c.id.to_string()).collect();
    let sql = format!(
        "SELECT id FROM conversations WHERE ended_us IS NOT NULL AND id IN ({})",
        db.words(1)
    );
    let asked = db.list(calls.iter().map(|call| json!(call)).collect());
    let had_ended = db.rows(sql, &[asked]).await?;
    let had_ended = had_ended.iter().map(|row| row.text("id"));
    let had_ended = had_ended.collect::<anyhow::Result<BTreeSet<_>>>()?;
    // Of each what was said last: of what changed within a batch only that counts.
    let mut last: BTreeMap<String, &Conversation> = BTreeMap::new();
    for (call, conversation) in calls.into_iter().zip(conversations) {
        let known = last.get(&call).is_some_and(|known| known.ended.is_some());
        let ended = known || had_ended.contains(&call);
        if !ended || conversation.ended.is_some() {
            last.insert(call, conversation);
        }
    }
    let rows = last.iter().map(|(call, c)| conversation_row(call, c));
    db.insert(&CONVERSATIONS, rows.collect()).await?;
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
    let assigned = conversation.assigned.as_ref();
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
        conversation.callback.map(|callback| number(callback.0)),
        json!(conversation.attempts).to_string(),
        json!(conversation.transfers).to_string(),
        word(&conversation.status),
        assigned.map(|agent| agent.id.0),
        assigned.map(|agent| agent.name.as_str()),
    ])
}

async fn put_legs(
    db: &mut Link,
    conversations: &BTreeMap<String, &Conversation>,
) -> anyhow::Result<()> {
    let sql = format!("DELETE FROM legs WHERE call IN ({})", db.words(1));
    let calls = db.list(conversations.keys().map(|call| json!(call)).collect());
    db.execute(sql, &[calls]).await?;
    let legs = conversations.iter().flat_map(|(call, conversation)| {
        let legs = (0i64..).zip(&conversation.legs);
        legs.map(move |(position, leg)| leg_row(call, position, leg))
    });
    db.insert(&LEGS, legs.collect()).await?;
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
        leg.cause.as_ref().map(|cause| json!(cause).to_string()),
    ])
}

/// The conversations without an end, the oldest first.
pub(super) async fn open_conversations(db: &mut Link) -> anyhow::Result<Vec<Conversation>> {
    let sql = "SELECT * FROM conversations WHERE ended_us IS NULL ORDER BY id";
    let rows = db.rows(sql, &[]).await?;
    with_legs(db, &rows).await
}

/// The conversations that these rows are, with their legs.
pub(super) async fn with_legs(db: &mut Link, rows: &[Row]) -> anyhow::Result<Vec<Conversation>> {
    let ids = rows.iter().map(|row| row.text("id").map(Value::from));
    let ids = db.list(ids.collect::<anyhow::Result<_>>()?);
    let sql = format!(
        "SELECT * FROM legs WHERE call IN ({}) ORDER BY call, position",
        db.words(1)
    );
    let mut legs = BTreeMap::<String, Vec<Leg>>::new();
    for row in &db.rows(sql, &[ids]).await? {
        legs.entry(row.text("call")?).or_default().push(leg(row)?);
    }
    let with_legs = rows.iter().map(|row| {
        let mut conversation = conversation(row)?;
        conversation.legs = legs.remove(&row.text("id")?).unwrap_or_default();
        Ok(conversation)
    });
    with_legs.collect()
}

fn conversation(row: &Row) -> anyhow::Result<Conversation> {
    let end = row.maybe_text("cause")?;
    Ok(Conversation {
        id: CallId::parse(&row.text("id")?).context("a conversation's id")?,
        account: row.text("account")?,
        direction: unword(row.text("direction")?)?,
        from: row.text("caller")?,
        called: row.text("called")?,
        trunk: row.maybe_text("trunk")?,
        diverted_by: row.maybe_text("diverted_by")?,
        callback: row.maybe_small("callback")?.map(CallbackId),
        attempts: serde_json::from_str(&row.text("attempts")?)
            .context("the attempts of a conversation")?,
        transfers: serde_json::from_str(&row.text("transfers")?)
            .context("the transfers of a conversation")?,
        queue: row.maybe_text("queue")?,
        began: row.moment("began_us")?,
        connected: row.maybe_moment("connected_us")?,
        ended: row.maybe_moment("ended_us")?,
        waited_ms: row.count("waited_ms")?,
        talked_ms: row.count("talked_ms")?,
        agent: agent_name(row, "agent", "agent_name")?,
        status: unword(row.text("status")?)?,
        assigned: agent_name(row, "assigned", "assigned_name")?,
        offers: row.small("offers")?,
        end: end.map(unword).transpose()?,
        legs: vec![],
    })
}

pub(super) fn agent_name(row: &Row, id: &str, name: &str) -> anyhow::Result<Option<AgentName>> {
    let Some(id) = row.maybe_small(id)? else {
        return Ok(None);
    };
    let name = row.maybe_text(name)?.unwrap_or_default();
    let id = AgentId(id);
    Ok(Some(AgentName { id, name }))
}

fn leg(row: &Row) -> anyhow::Result<Leg> {
    let cause = row.maybe_text("cause")?;
    let cause = cause.map(|cause| serde_json::from_str(&cause));
    Ok(Leg {
        id: LegId(row.count("leg")?),
        role: unword(row.text("role")?)?,
        sip_call_id: row.text("sip_call_id")?,
        began: row.moment("began_us")?,
        answered: row.maybe_moment("answered_us")?,
        ended: row.maybe_moment("ended_us")?,
        cause: cause.transpose().context("the cause of a leg")?,
        quality: Quality {
            received: row.count("received")?,
            sent: row.count("sent")?,
            lost: row.count("lost")?,
            jitter_ms: row.real("jitter_ms")? as f32,
            round_trip_ms: row.maybe_real("round_trip_ms")?.map(|ms| ms as f32),
        },
    })
}

/// The word of a plain enum, as in JSON.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

pub(super) fn unword<T: DeserializeOwned>(word: String) -> anyhow::Result<T> {
    let value = Value::String(word);
    serde_json::from_value(value).context("an unknown word in the database")
}

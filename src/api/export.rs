//! Conversations and their legs as tables for spreadsheets (B16); as JSON they are at
//! `/api/v1/conversations`. Who takes a table away is in the audit log.

use super::Site;
use super::conversations::found;
use super::csv::Csv;
use super::part::Query;
use super::problem::Problem;
use super::recordings::Access;
use super::sight::Sight;
use super::who::Caller;
use crate::call::record::{AgentName, mos};
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// A line for each of the conversations that fit, the newest first.
pub(super) async fn conversations(
    State(site): State<Arc<Site>>,
    caller: Caller,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    let mut csv = Csv::new(&[
        "id",
        "account",
        "direction",
        "from",
        "called",
        "trunk",
        "diverted_by",
        "callback",
        "queue",
        "began",
        "connected",
        "ended",
        "waited_ms",
        "talked_ms",
        "agent",
        "status",
        "assigned",
        "offers",
        "end",
    ]);
    for one in found(&site, &sight, query).await? {
        csv.line([
            one.id.to_string(),
            one.account,
            word(&one.direction),
            one.from,
            one.called,
            one.trunk.unwrap_or_default(),
            one.diverted_by.unwrap_or_default(),
            one.callback.map_or_else(String::new, |id| id.to_string()),
            one.queue.unwrap_or_default(),
            one.began.to_string(),
            instant(one.connected),
            instant(one.ended),
            one.waited_ms.to_string(),
            one.talked_ms.to_string(),
            name(one.agent),
            word(&one.status),
            name(one.assigned),
            one.offers.to_string(),
            one.end.as_ref().map(word).unwrap_or_default(),
        ]);
    }
    Access::of(&site)
        .note(&caller.signature(), "conversations.taken", "")
        .await?;
    Ok(csv.answer("conversations.csv"))
}

/// A line for each of their legs.
pub(super) async fn legs(
    State(site): State<Arc<Site>>,
    caller: Caller,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    let mut csv = Csv::new(&[
        "conversation",
        "leg",
        "role",
        "sip_call_id",
        "began",
        "answered",
        "ended",
        "received",
        "sent",
        "lost",
        "jitter_ms",
        "round_trip_ms",
        "mos",
    ]);
    for one in found(&site, &sight, query).await? {
        for leg in one.legs {
            let quality = leg.quality;
            csv.line([
                one.id.to_string(),
                leg.id.to_string(),
                word(&leg.role),
                leg.sip_call_id,
                leg.began.to_string(),
                instant(leg.answered),
                instant(leg.ended),
                quality.received.to_string(),
                quality.sent.to_string(),
                quality.lost.to_string(),
                quality.jitter_ms.to_string(),
                quality
                    .round_trip_ms
                    .map_or_else(String::new, |ms| ms.to_string()),
                mos(&quality).map_or_else(String::new, |mos| mos.to_string()),
            ]);
        }
    }
    Access::of(&site)
        .note(&caller.signature(), "legs.taken", "")
        .await?;
    Ok(csv.answer("legs.csv"))
}

/// The word of a plain enum, as in JSON.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn instant(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

fn name(agent: Option<AgentName>) -> String {
    agent.map_or_else(String::new, |agent| agent.name)
}

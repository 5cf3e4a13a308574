//! `/api/v1/callbacks`: who wants to be called back, and who takes it (R70, R80, R152).

use super::body::{Fields, Json};
use super::part::{Large, Number, Query};
use super::problem::Problem;
use super::sight::Sight;
use super::who::Caller;
use super::{Site, answer};
use crate::acd::callback::{Kind, Request, State as Progress, Status};
use crate::id::{AgentId, CallbackId, QueueId};
use crate::store::{CallbackFilter, ConversationStatus};
use crate::switch::Ask;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// Requests in one page.
const PAGE: u32 = 100;
const PAGES: std::ops::RangeInclusive<u32> = 1..=1_000;

pub(super) const KINDS: [(&str, Kind); 2] =
    [("automated", Kind::Automated), ("manual", Kind::Manual)];
pub(super) const STATUSES: [(&str, Status); 4] = [
    ("in_queue", Status::InQueue),
    ("active", Status::Active),
    ("no_reply", Status::NoReply),
    ("done", Status::Done),
];
pub(super) const CONVERSATIONS: [(&str, ConversationStatus); 3] = [
    ("open", ConversationStatus::Open),
    ("waiting", ConversationStatus::Waiting),
    ("solved", ConversationStatus::Solved),
];
/// Predefined periods: pending for no longer than so many hours.
pub(super) const PERIODS: [(&str, i64); 5] =
    [("1h", 1), ("4h", 4), ("24h", 24), ("7d", 168), ("30d", 720)];

/// Those that fit every filter, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    sight: Sight,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| PAGES.contains(limit))
    });
    let limit = limit.unwrap_or(PAGE);
    let filter = CallbackFilter {
        within: sight.within(),
        ..filter(&mut query, Timestamp::now())
    };
    query.done()?;
    let found = site.ask(move |store| store.callbacks(&filter, limit));
    let found: Vec<Value> = found.await?.iter().map(shown).collect();
    Ok(answer(&found))
}

/// One of them.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Large(id): Large,
) -> Result<Response, Problem> {
    let found = site.ask(move |store| store.callback(CallbackId(id)));
    let found = found.await?.ok_or_else(|| Problem::missing("callback"))?;
    Ok(answer(&shown(&found)))
}

/// An agent takes a manual one: their phone rings, then the customer's. Of two who do, one gets it.
pub(super) async fn pick(
    State(site): State<Arc<Site>>,
    Number(agent): Number,
    sight: Sight,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["callback"]);
    let callback = fields.number("callback", 0..=u64::MAX);
    fields.done()?;
    let id = callback.unwrap_or_default().to_string();
    if !sight.judge(&site, "callback", &id).await? {
        return Err(Problem::missing("callback"));
    }
    let pick = Ask::PickCallback {
        agent: AgentId(agent),
        callback: CallbackId(callback.unwrap_or_default()),
    };
    site.switch.ask(pick).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The customer is not to be called back after all. Those that are being called are called to the end.
pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    Large(id): Large,
    caller: Caller,
) -> Result<Response, Problem> {
    let callback = CallbackId(id);
    site.switch.ask(Ask::CancelCallback { callback }).await?;
    tracing::info!(
        callback = id,
        by = caller.signature(),
        "a callback was cancelled"
    );
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn filter(query: &mut Query, now: Timestamp) -> CallbackFilter {
    fn word<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
        let mut words = words.iter();
        words
            .find(|(word, _)| *word == text)
            .map(|(_, meaning)| *meaning)
    }
    fn words<T: Copy>(words: &[(&str, T)], text: &str) -> Option<Vec<T>> {
        text.split(',').map(|each| word(words, each)).collect()
    }
    let pending = query.parsed(
        "pending_since",
        "1h, 4h, 24h, 7d, 30d, or an instant",
        |text| {
            let period = word(&PERIODS, text);
            let since = period.map(|hours| now.checked_sub(SignedDuration::from_hours(hours)).ok());
            since.unwrap_or_else(|| text.parse().ok())
        },
    );
    let statuses = query.parsed("status", "in_queue, active, no_reply, done", |text| {
        words(&STATUSES, text)
    });
    let conversations = query.parsed("conversation", "open, waiting, solved", |text| {
        words(&CONVERSATIONS, text)
    });
    CallbackFilter {
        queue: query.value("queue", "the id of a queue").map(QueueId),
        number: query.value("number", "a number"),
        kind: query.parsed("type", "automated or manual", |text| word(&KINDS, text)),
        statuses: statuses.unwrap_or_default(),
        conversations: conversations.unwrap_or_default(),
        pending_since: pending,
        from: query.value("from", INSTANT),
        until: query.value("until", INSTANT),
        before: query
            .value("before", "the id of a callback")
            .map(CallbackId),
        within: None,
    }
}

const INSTANT: &str = "an instant: 2026-03-01T08:00:00Z";

/// A request as lists and previews have it.
fn shown(request: &Request) -> Value {
    let of = |words: &[(&'static str, Status)], status| {
        words
            .iter()
            .find(|(_, each)| *each == status)
            .map(|(word, _)| *word)
    };
    let conversation = ConversationStatus::of(request);
    let conversation = CONVERSATIONS.iter().find(|(_, each)| *each == conversation);
    let kind = KINDS.iter().find(|(_, each)| *each == request.terms.kind);
    let outcome = match request.state {
        Progress::Done { how, .. } => Some(how),
        Progress::InQueue { .. } | Progress::Active { .. } | Progress::NoReply { .. } => None,
    };
    let (next, agent) = match request.state {
        Progress::InQueue { next } => (Some(next), None),
        Progress::Active { agent, .. } => (None, Some(agent)),
        Progress::NoReply { .. } | Progress::Done { .. } => (None, None),
    };
    json!({
        "id": request.id,
        "number": request.number,
        "queue": request.queue,
        "type": kind.map(|(word, _)| word),
        "status": of(&STATUSES, request.state.status()),
        "conversation": conversation.map(|(word, _)| word),
        "call": request.conversation,
        "asked": request.asked,
        "asks": request.asks,
        "attempts": request.attempts,
        "attempts_at_most": request.terms.retries.saturating_add(1),
        "outcome": outcome,
        "next": next,
        "agent": agent,
    })
}

//! `/api/v1/agents`: what agents do, and what they say of themselves (R18, R53, R151, D4, B7).

use super::body::{Fields, Json};
use super::part::Number;
use super::problem::Problem;
use super::sight::Sight;
use super::{Site, answer};
use crate::acd::Status;
use crate::events::{AgentNow, CallerNow, Snapshot};
use crate::id::{AgentId, TrunkId};
use crate::switch::{Ask, Done};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// All who are seen, as they were a second ago at the most.
pub(super) async fn list(State(site): State<Arc<Site>>, sight: Sight) -> Response {
    answer(&sight.snapshot(&site.live.latest()).agents)
}

/// One of them, and the caller who is offered to them or talks to them.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    let live = site.live.latest();
    let seen = seen(&live, AgentId(id));
    let (agent, caller) = seen.ok_or_else(|| Problem::missing("agent"))?;
    let mut shown = shown(agent, caller);
    // From here their own events go on.
    shown["seq"] = live.seq.into();
    Ok(answer(&shown))
}

/// An agent and the caller, as pages have them.
pub(super) fn shown(agent: &AgentNow, caller: Option<&CallerNow>) -> Value {
    let mut shown = serde_json::to_value(agent).unwrap_or_default();
    shown["caller"] = serde_json::to_value(caller).unwrap_or_default();
    shown
}

/// An agent, and the caller who is offered to them or talks to them.
pub(super) fn seen(live: &Snapshot, id: AgentId) -> Option<(&AgentNow, Option<&CallerNow>)> {
    let agent = live.agents.iter().find(|agent| agent.agent == id)?;
    let mut callers = live.callers.iter();
    let caller = callers.find(|caller| Some(caller.call) == agent.call);
    Some((agent, caller))
}

/// Says whether the agent takes calls: `available`, `not_ready` with one of the reasons of the
/// settings, `offline`.
pub(super) async fn set_status(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["status"]);
    let words = ["available", "not_ready", "offline"];
    let word = |text: &str| words.iter().position(|word| *word == text);
    let status = fields.word("status", word, &words);
    let reason = fields.text("reason", 1..=64);
    let account = site.settings.account();
    let known = &account.not_ready;
    let number = reason.and_then(|reason| {
        let found = known.iter().position(|known| *known == reason);
        let mend = || match known.is_empty() {
            true => "the settings have no reasons: leave it out".to_owned(),
            false => format!("must be one of: {}", known.join(", ")),
        };
        match found {
            Some(found) => u16::try_from(found).ok(),
            None => fields.wrong("reason", mend()),
        }
    });
    if status == Some(1) && number.is_none() && !fields.has("reason") && !known.is_empty() {
        let mend = format!("is missing; one of: {}", known.join(", "));
        let _: Option<()> = fields.wrong("reason", mend);
    }
    if status.is_some_and(|status| status != 1) && fields.has("reason") {
        let _: Option<()> = fields.wrong("reason", "is for not_ready alone: leave it out");
    }
    fields.done()?;
    let status = match status {
        Some(0) => Status::Available,
        Some(1) => Status::NotReady(number.unwrap_or(0)),
        Some(_) | None => Status::Offline,
    };
    let agent = AgentId(id);
    site.switch.ask(Ask::SetStatus { agent, status }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends the after-call work (D4).
pub(super) async fn end_wrap_up(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    let agent = AgentId(id);
    site.switch.ask(Ask::EndWrapUp { agent }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ten seconds more of it (R18).
pub(super) async fn extend_wrap_up(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    let agent = AgentId(id);
    let left = match site.switch.ask(Ask::ExtendWrapUp { agent }).await? {
        Done::WrapUp { left } => left.as_secs_f64(),
        Done::Plain | Done::Called { .. } => 0.0,
    };
    Ok(answer(&json!({ "left_s": left })))
}

/// How many conversations of other channels the agent has (R56, R149).
pub(super) async fn set_load(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["conversations"]);
    let conversations = fields.number("conversations", 0..=10_000);
    fields.done()?;
    let load = Ask::SetLoad {
        agent: AgentId(id),
        conversations: conversations
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
    };
    site.switch.ask(load).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The conversation with a customer of a trunk is an agent's from now on, or nobody's (R60).
pub(super) async fn assign(
    State(site): State<Arc<Site>>,
    Number(trunk): Number,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["customer"]);
    let customer = fields.text("customer", 3..=16).unwrap_or_default();
    let agent = fields.number("agent", 0..=u64::from(u32::MAX));
    let digits = customer.strip_prefix('+').unwrap_or(&customer);
    if !digits.is_empty() && !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let _: Option<()> = fields.wrong("customer", "must be an E.164 number: \"+49301234567\"");
    }
    fields.done()?;
    let assign = Ask::Assign {
        trunk: TrunkId(trunk),
        customer,
        agent: agent.and_then(|id| u32::try_from(id).ok()).map(AgentId),
    };
    site.switch.ask(assign).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

//! `/api/v1/agents/{agent}/desk`: what an agent has to know to work, who may not read the settings; and
//! the conversations that are theirs.

use super::part::{Number, Query};
use super::problem::Problem;
use super::sight::Sight;
use super::who::Caller;
use super::{Site, answer};
use crate::call::record;
use crate::id::AgentId;
use crate::store::ConversationFilter;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// Conversations at most that are shown.
const SHOWN: u32 = 100;

/// Reasons, queues and colleagues, and what the desk may offer. Agents know all to whom they may pass a caller
/// on; whoever looks at the desk of another, those who are there for them.
pub(super) async fn about(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
    sight: Sight,
) -> Result<Response, Problem> {
    let account = site.settings.account();
    let id = AgentId(id);
    let is_own = matches!(caller, Caller::User { agent: Some(own), .. } if own == id);
    let known = account.agents.iter().find(|agent| agent.id == id);
    let agent = known.ok_or_else(|| Problem::missing("agent"))?;
    let queues = account.queues.iter();
    let queues = queues.filter(|queue| is_own || sight.queue(queue.id));
    let queues = queues.map(|queue| {
        let serves = queue.agents.contains(&id);
        json!({ "id": queue.id, "name": queue.name, "serves": serves })
    });
    let others = account.agents.iter().filter(|other| other.id != id);
    let others = others.filter(|other| is_own || sight.agent(other.id));
    let others = others.map(|other| json!({ "id": other.id, "name": other.name }));
    Ok(answer(&json!({
        "agent": { "id": id, "name": agent.name, "user": agent.user },
        "reasons": account.not_ready,
        "queues": queues.collect::<Vec<Value>>(),
        "agents": others.collect::<Vec<Value>>(),
        "wrap_up": account.wrap_up.enabled,
        "extend_wrap_up": account.wrap_up.enabled && account.wrap_up.extend,
        "numbers": account.own_numbers().collect::<Vec<_>>(),
        "calls_out": !account.outbound.is_empty(),
    })))
}

/// The conversations that an agent took, or has, the newest first.
pub(super) async fn conversations(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    query: Query,
) -> Result<Response, Problem> {
    query.done()?;
    let own = ConversationFilter {
        agent: Some(AgentId(id)),
        ..ConversationFilter::default()
    };
    let found = site.ask(move |store| store.find_conversations(&own, SHOWN));
    let mut found = found.await?;
    // Whether somebody has listened is nothing that agents are told.
    for conversation in &mut found {
        conversation
            .legs
            .retain(|leg| leg.role != record::Role::Supervisor);
    }
    Ok(answer(&found))
}

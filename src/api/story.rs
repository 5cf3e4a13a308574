//! `/api/v1/calls/{call}/story`: all that is known of one call, whether it goes on or is over; and what SIP
//! said in it (B13).
//!
//! ```text
//!   event log ─┐   store ─┐   live view ─┐   recordings ─┐
//!              ▼          ▼              ▼               ▼
//!            what happened, who took part, how it stands, what can be heard
//! ```
//!
//! Administrators see every call, supervisors those of their teams, agents those in which they talked: others'
//! are not there for them. What SIP said is for those above them alone. Who reads either is in the audit log, as
//! whoever hears a recording is: numbers, names and what was pressed are a customer's own.

use super::part::{Query, Word};
use super::problem::Problem;
use super::recordings::{Access, shown};
use super::sight::{SUPERVISION, Sight};
use super::who::Caller;
use super::{Site, answer, traces};
use crate::call::record::{Conversation, Role};
use crate::events::CallNow;
use crate::id::{AgentId, CallId, QueueId};
use crate::settings::Account;
use crate::store::{ConversationFilter, Happened, RecordingFilter, Store, Within};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Events of one call that are told: of more, those at its beginning.
const EVENTS: u32 = 2_000;
/// Files of one call that are told.
const FILES: u32 = 200;

/// Events that say that an agent had the call.
const HAD: [&str; 2] = ["call.answered", "call.dialled"];

/// What the store knows of a call.
struct Known {
    conversation: Option<Conversation>,
    events: Vec<Happened>,
}

impl Known {
    fn read(store: &Store, call: CallId) -> anyhow::Result<Self> {
        let filter = ConversationFilter {
            call: Some(call),
            ..ConversationFilter::default()
        };
        let found = store.find_conversations(&filter, 1)?;
        Ok(Self {
            conversation: found.into_iter().next(),
            events: store.events_of(call, EVENTS)?,
        })
    }

    /// Whether somebody has listened is nothing that agents are told.
    fn conceal(&mut self, now: Option<&mut CallNow>) {
        self.events
            .retain(|event| !event.kind.starts_with(SUPERVISION));
        if let Some(record) = &mut self.conversation {
            record.legs.retain(|leg| leg.role != Role::Supervisor);
        }
        if let Some(now) = now {
            now.legs.retain(|leg| leg.role != Role::Supervisor);
        }
    }

    /// Whether the agent has, or had, the conversation.
    fn is_of(&self, agent: AgentId, now: Option<&CallNow>) -> bool {
        let has_now = now.and_then(|now| now.agent.as_ref());
        has_now.is_some_and(|name| name.id == agent) || self.agents().contains(&agent)
    }

    /// Who has, or had, the conversation.
    fn agents(&self) -> Vec<AgentId> {
        let record = self.conversation.as_ref();
        let names = record.map(|record| [&record.agent, &record.assigned]);
        let names = names.into_iter().flatten().flatten();
        let had = self.events.iter();
        let had = had.filter(|event| HAD.contains(&&*event.kind));
        let had = had.filter_map(|event| number(event, "agent").map(AgentId));
        names.map(|name| name.id).chain(had).collect()
    }
}

/// Everything that is known of a call.
pub(super) async fn story(
    State(site): State<Arc<Site>>,
    Word(call): Word,
    caller: Caller,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    query.done()?;
    let missing = || Problem::missing("call");
    let call = CallId::parse(&call).ok_or_else(missing)?;
    let mut known = site.ask(move |store| Known::read(store, call)).await?;
    let live = site.live.latest();
    let mut now = live.calls.iter().find(|each| each.call == call).cloned();
    if known.conversation.is_none() && known.events.is_empty() && now.is_none() {
        return Err(missing());
    }
    let is_theirs = match &sight {
        // Whether it is of their teams the guard has seen.
        Sight::All | Sight::Teams(_) => true,
        Sight::Own(agent) => known.is_of(*agent, now.as_ref()),
        Sight::Nothing => false,
    };
    if !is_theirs {
        return Err(missing());
    }
    if matches!(sight, Sight::Own(_)) {
        known.conceal(now.as_mut());
    }
    Access::of(&site)
        .note(&caller.signature(), "call.read", call)
        .await?;
    let filter = RecordingFilter {
        call: Some(call),
        deleted: true,
        ..RecordingFilter::default()
    };
    let files = site.ask(move |store| store.find_recordings(&filter, FILES));
    let mut files = files.await?;
    files.retain(|file| sight.recording(file));
    files.sort_by_key(|file| file.id);
    let events: Vec<Value> = known.events.iter().map(body).collect();
    Ok(answer(&json!({
        "call": call,
        "conversation": known.conversation,
        "now": now,
        "more": events.len() == EVENTS as usize,
        "names": Names::of(&site.settings.account(), &events),
        "events": events,
        "recordings": files.iter().map(shown).collect::<Vec<_>>(),
    })))
}

/// Whether a conversation is an agent's, who may say how it stands then (R151).
pub(super) fn is_of(
    store: &Store,
    call: CallId,
    agent: AgentId,
    now: Option<&CallNow>,
) -> anyhow::Result<bool> {
    Ok(Known::read(store, call)?.is_of(agent, now))
}

/// Whether a call that is over is one of those that somebody sees. Where there is no record yet, the queue
/// is the one that it came to last.
pub(super) fn is_within(store: &Store, call: CallId, within: &Within) -> anyhow::Result<bool> {
    let known = Known::read(store, call)?;
    let record = known.conversation.as_ref();
    let queue = record.and_then(|record| record.queue.as_deref());
    let mut came = known.events.iter().rev();
    let came = came.find(|event| event.kind == "call.queued");
    let came = came.and_then(|event| number(event, "queue").map(QueueId));
    let came = came.and_then(|queue| within.queues.get(&queue).map(String::as_str));
    Ok(within.conversation(&known.agents(), queue.or(came)))
}

/// What SIP said in a call, as a ladder.
pub(super) async fn ladder(
    State(site): State<Arc<Site>>,
    Word(call): Word,
    caller: Caller,
) -> Result<Response, Problem> {
    let call = CallId::parse(&call).ok_or_else(|| Problem::missing("call"))?;
    let found = traces::ladder(State(Arc::clone(&site)), Word(call.to_string())).await?;
    Access::of(&site)
        .note(&caller.signature(), "call.ladder_read", call)
        .await?;
    Ok(found)
}

/// The same as a capture file.
pub(super) async fn pcap(
    State(site): State<Arc<Site>>,
    Word(call): Word,
    caller: Caller,
) -> Result<Response, Problem> {
    let call = CallId::parse(&call).ok_or_else(|| Problem::missing("call"))?;
    let found = traces::pcap(State(Arc::clone(&site)), Word(call.to_string())).await?;
    Access::of(&site)
        .note(&caller.signature(), "call.capture_taken", call)
        .await?;
    Ok(found)
}

/// The names of those whom the events number, as the settings have them now.
#[derive(Serialize)]
struct Names {
    agents: Map<String, Value>,
    queues: Map<String, Value>,
    trunks: Map<String, Value>,
}

impl Names {
    fn of(account: &Account, events: &[Value]) -> Self {
        let named = |field: &str, id: u32, name: &str| {
            let id = u64::from(id);
            let mut told = events.iter().map(|event| &event["data"][field]);
            told.any(|told| told.as_u64() == Some(id))
                .then(|| (id.to_string(), Value::from(name)))
        };
        let agents = account.agents.iter();
        let queues = account.queues.iter();
        let trunks = account.trunks.iter();
        Self {
            agents: agents
                .filter_map(|each| named("agent", each.id.0, &each.name))
                .collect(),
            queues: queues
                .filter_map(|each| named("queue", each.id.0, &each.name))
                .collect(),
            trunks: trunks
                .filter_map(|each| named("trunk", each.id.0, &each.name))
                .collect(),
        }
    }
}

fn body(event: &Happened) -> Value {
    serde_json::from_str(&event.body).unwrap_or_default()
}

fn data(event: &Happened) -> Value {
    body(event)["data"].take()
}

fn number(event: &Happened, field: &str) -> Option<u32> {
    u32::try_from(data(event)[field].as_u64()?).ok()
}

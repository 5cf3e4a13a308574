//! `/api/v1/conversations`: the records of calls, and how each conversation stands (B16, R151).

use super::body::{Fields, Json};
use super::part::{Query, Word};
use super::problem::Problem;
use super::recordings::DIRECTIONS;
use super::sight::Sight;
use super::{Site, answer, story};
use crate::call::record::{Conversation, Direction, Status};
use crate::id::{AgentId, CallId};
use crate::store::{ConversationFilter, Record};
use crate::switch::Ask;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Records of one page.
const PAGE: u32 = 100;
/// Records that can be asked for at once.
const MOST: u32 = 1_000;
const INSTANT: &str = "an instant: 2026-03-01T08:00:00Z";

pub(super) const STATUSES: [(&str, Status); 4] = [
    ("open", Status::Open),
    ("waiting", Status::Waiting),
    ("solved", Status::Solved),
    ("closed", Status::Closed),
];

/// Those that fit every filter, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    sight: Sight,
    query: Query,
) -> Result<Response, Problem> {
    Ok(answer(&found(&site, &sight, query).await?))
}

/// The conversations that a query asks for, of those that are seen.
pub(super) async fn found(
    site: &Arc<Site>,
    sight: &Sight,
    mut query: Query,
) -> Result<Vec<Conversation>, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
    });
    let filter = ConversationFilter {
        within: sight.within(),
        ..filter(&mut query)
    };
    query.done()?;
    let limit = limit.unwrap_or(PAGE);
    site.ask(move |store| store.find_conversations(&filter, limit))
        .await
}

fn filter(query: &mut Query) -> ConversationFilter {
    ConversationFilter {
        call: query.parsed("call", "the id of a conversation", CallId::parse),
        from: query.value("from", INSTANT),
        until: query.value("until", INSTANT),
        queue: query.value("queue", "the name of a queue"),
        agent: query.value("agent", "the id of an agent").map(AgentId),
        number: query.value("number", "a number"),
        direction: query.choice("direction", "inbound or outbound", &DIRECTIONS),
        status: query.choice("status", "open, waiting, solved or closed", &STATUSES),
        before: query.parsed("before", "the id of a conversation", CallId::parse),
        within: None,
    }
}

/// How many calls of each queue nobody took, whose conversations are open still, and since when (R153).
pub(super) async fn missed(
    State(site): State<Arc<Site>>,
    sight: Sight,
) -> Result<Response, Problem> {
    let within = sight.within();
    let found = site.ask(move |store| store.missed(within.as_ref()));
    Ok(answer(&found.await?))
}

/// Says how one stands, whether its call goes on or is over.
pub(super) async fn set_status(
    State(site): State<Arc<Site>>,
    Word(call): Word,
    body: Json,
) -> Result<Response, Problem> {
    let call = CallId::parse(&call).ok_or_else(|| Problem::missing("conversation"))?;
    set(&site, call, body).await
}

/// The same of a conversation that is an agent's: others' are not there for them.
pub(super) async fn set_own_status(
    State(site): State<Arc<Site>>,
    Path((agent, call)): Path<(String, String)>,
    body: Json,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("conversation");
    let agent = AgentId(agent.parse().map_err(|_| missing())?);
    let call = CallId::parse(&call).ok_or_else(missing)?;
    let live = site.live.latest();
    let now = live.calls.iter().find(|each| each.call == call).cloned();
    let is_theirs = site.ask(move |store| story::is_of(store, call, agent, now.as_ref()));
    if !is_theirs.await? {
        return Err(missing());
    }
    set(&site, call, body).await
}

async fn set(site: &Arc<Site>, call: CallId, body: Json) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["status"]);
    let words = STATUSES.map(|(word, _)| word);
    let word = |text: &str| STATUSES.iter().find(|(word, _)| *word == text);
    let status = fields.word("status", word, &words);
    fields.done()?;
    let (_, status) = *status.unwrap_or(&STATUSES[0]);
    match site.switch.ask(Ask::SetConversation { call, status }).await {
        Ok(_) => {}
        Err(problem) if problem.is_missing() => {
            let changed = site.ask(move |store| {
                let filter = ConversationFilter {
                    call: Some(call),
                    ..ConversationFilter::default()
                };
                let mut found = store.find_conversations(&filter, 1)?.into_iter();
                Ok(found.next().map(|mut record| {
                    record.status = status;
                    store.write(Record::Conversation(Box::new(record.clone())));
                    record
                }))
            });
            let record = changed.await?;
            let record = record.ok_or_else(|| Problem::missing("conversation"))?;
            if status == Status::Closed {
                leave(site, record).await?;
            }
        }
        Err(problem) => return Err(problem),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Where conversations stay with their agents, a closed one is nobody's any more (R60), unless the customer has
/// had a later one with somebody.
async fn leave(site: &Arc<Site>, record: Conversation) -> Result<(), Problem> {
    let account = site.settings.account();
    let mut trunks = account.trunks.iter();
    let trunk = trunks.find(|each| each.sticky_agent && Some(&each.name) == record.trunk.as_ref());
    let Some(trunk) = trunk.filter(|_| record.direction == Direction::Inbound) else {
        return Ok(());
    };
    let (trunk, customer) = (trunk.id, record.from.clone());
    let is_last = site.ask(move |store| {
        let filter = ConversationFilter {
            number: Some(record.from.clone()),
            direction: Some(Direction::Inbound),
            ..ConversationFilter::default()
        };
        let found = store.find_conversations(&filter, PAGE)?;
        let mut had = found.iter().filter(|each| {
            each.assigned.is_some() && (&each.from, &each.trunk) == (&record.from, &record.trunk)
        });
        Ok(had.next().is_none_or(|last| last.id == record.id))
    });
    if !is_last.await? {
        return Ok(());
    }
    let agent = None;
    let assign = Ask::Assign {
        trunk,
        customer,
        agent,
    };
    match site.switch.ask(assign).await {
        Ok(_) => Ok(()),
        // The trunk is no more.
        Err(problem) if problem.is_missing() => Ok(()),
        Err(problem) => Err(problem),
    }
}

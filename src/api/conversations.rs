//! `/api/v1/conversations`: the records of calls, and how each conversation stands (B16, R151).

use super::body::{Fields, Json};
use super::part::{Query, Word};
use super::problem::Problem;
use super::{Site, answer};
use crate::call::record::Status;
use crate::id::CallId;
use crate::store::Record;
use crate::switch::Ask;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Records of one page.
const PAGE: u32 = 100;
/// Records that can be asked for; of those of calls that are over, so many of the latest can be changed.
const MOST: u32 = 1_000;

pub(super) const STATUSES: [(&str, Status); 4] = [
    ("open", Status::Open),
    ("waiting", Status::Waiting),
    ("solved", Status::Solved),
    ("closed", Status::Closed),
];

/// Those of the latest conversations, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
    });
    query.done()?;
    let limit = limit.unwrap_or(PAGE);
    let found = site.ask(move |store| store.conversations(limit));
    Ok(answer(&found.await?))
}

/// How many calls of each queue nobody took, whose conversations are open still, and since when (R153).
pub(super) async fn missed(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    Ok(answer(&site.ask(|store| store.missed()).await?))
}

/// Says how one stands, whether its call goes on or is over.
pub(super) async fn set_status(
    State(site): State<Arc<Site>>,
    Word(call): Word,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["status"]);
    let words = STATUSES.map(|(word, _)| word);
    let word = |text: &str| STATUSES.iter().find(|(word, _)| *word == text);
    let status = fields.word("status", word, &words);
    fields.done()?;
    let (_, status) = *status.unwrap_or(&STATUSES[0]);
    let call = CallId::parse(&call).ok_or_else(|| Problem::missing("conversation"))?;
    match site.switch.ask(Ask::SetConversation { call, status }).await {
        Ok(_) => {}
        Err(problem) if problem.is_missing() => {
            let found = site.ask(move |store| {
                let mut all = store.conversations(MOST)?.into_iter();
                let Some(mut record) = all.find(|record| record.id == call) else {
                    return Ok(false);
                };
                record.status = status;
                store.write(Record::Conversation(Box::new(record)));
                Ok(true)
            });
            if !found.await? {
                return Err(Problem::missing("conversation"));
            }
        }
        Err(problem) => return Err(problem),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

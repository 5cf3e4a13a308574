//! `/api/v1/recordings`: recordings found, heard and taken away, one file at a time (R106–R108).
//!
//! Who sees which says [`Sight`]: agents those of their own talks, supervisors those of their teams. Others'
//! are not there for them, and those of another account are there for nobody. Whoever hears or takes one is in the audit log before the first byte is given.

mod access;
mod play;

pub(super) use access::Access;
pub(super) use play::{address, audio, peaks, play};

use super::body::{Fields, Json};
use super::csv::Csv;
use super::noting::Told;
use super::part::{Query, Word};
use super::problem::Problem;
use super::sight::Sight;
use super::who::Caller;
use super::{Site, answer};
use crate::archive;
use crate::call::record::{self, Content, Direction};
use crate::id::{AgentId, CallId};
use crate::settings::StorageKind;
use crate::store::{FileId, Recording, RecordingFilter};
use crate::switch::Ask;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

/// Recordings of one page.
const PAGE: u32 = 100;
const INSTANT: &str = "an instant: 2026-03-01T08:00:00Z";

pub(super) const DIRECTIONS: [(&str, Direction); 2] = [
    ("inbound", Direction::Inbound),
    ("outbound", Direction::Outbound),
];

/// Those that fit every filter, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    sight: Sight,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=1_000).contains(limit))
    });
    let limit = limit.unwrap_or(PAGE);
    let mut filter = filter(&mut query);
    query.done()?;
    filter.account = Some(ours(&site));
    filter.within = sight.within();
    let found = match sight {
        Sight::All | Sight::Teams(_) => Some(filter),
        // Of others' talks they find none, whatever they ask for.
        Sight::Own(agent) if filter.agent.is_none_or(|asked| asked == agent) => {
            filter.agent = Some(agent);
            Some(filter)
        }
        Sight::Own(_) | Sight::Nothing => None,
    };
    let found = match found {
        Some(filter) => {
            let found = site.ask(move |store| store.find_recordings(&filter, limit));
            found.await?
        }
        None => vec![],
    };
    let next = found
        .last()
        .filter(|_| found.len() == limit as usize)
        .map(|last| last.cursor().to_string());
    let shown: Vec<Value> = found.iter().map(shown).collect();
    Ok(answer(&json!({ "recordings": shown, "next": next })))
}

fn filter(query: &mut Query) -> RecordingFilter {
    let seconds = |text: &str| {
        text.parse()
            .ok()
            .map(|seconds: u32| u64::from(seconds) * 1_000)
    };
    RecordingFilter {
        account: None,
        call: query.parsed("call", "the id of a conversation", CallId::parse),
        from: query.value("from", INSTANT),
        until: query.value("until", INSTANT),
        queue: query.value("queue", "the name of a queue"),
        agent: query.value("agent", "the id of an agent").map(AgentId),
        number: query.value("number", "a number"),
        direction: query.choice("direction", "inbound or outbound", &DIRECTIONS),
        longer: query.parsed("longer_s", "a number of seconds", seconds),
        shorter: query.parsed("shorter_s", "a number of seconds", seconds),
        deleted: query.value("deleted", "true or false").unwrap_or(false),
        after: query.value("after", "what `next` said"),
        within: None,
    }
}

/// What is known of one.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
) -> Result<Response, Problem> {
    let found = find(&site, &sight, &id).await?;
    let mut told = shown(&found);
    told["call_ids"] = call_ids(&site, &found).await.into();
    Ok(answer(&told))
}

/// What is known of one, as a table for spreadsheets: it goes beside the file (R100, D10).
pub(super) async fn csv(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
    caller: Caller,
) -> Result<Response, Problem> {
    let found = find(&site, &sight, &id).await?;
    let call_ids = call_ids(&site, &found).await;
    Access::of(&site)
        .note(&caller.signature(), "recording.described", found.id)
        .await?;
    let columns = [
        "conversation_id",
        "segment",
        "call_ids",
        "content",
        "file",
        "account",
        "customer",
        "called",
        "agent",
        "queue",
        "direction",
        "start",
        "end",
        "milliseconds",
        "sha256",
        "gaps",
        "interrupted",
    ];
    let mut csv = Csv::new(&columns);
    let Recording { id, talk, file, .. } = &found;
    csv.line([
        id.call.to_string(),
        id.segment.to_string(),
        call_ids.join(" "),
        content(file.content).to_owned(),
        name(file).to_owned(),
        talk.account.clone(),
        talk.customer.clone(),
        talk.called.clone(),
        talk.agent.name.clone(),
        talk.queue.clone().unwrap_or_default(),
        direction(talk.direction).to_owned(),
        talk.began.to_string(),
        ended(&found),
        file.milliseconds.to_string(),
        file.sha256.clone().unwrap_or_default(),
        file.gaps.to_string(),
        file.interrupted.to_string(),
    ]);
    Ok(csv.answer(&format!("{id}.csv")))
}

/// Deletes one file: for ever, and that it was there stays known (R109, R110).
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
    caller: Caller,
) -> Result<Response, Problem> {
    let found = find_there(&site, &sight, &id).await?;
    let (id, by) = (found.id, caller.signature());
    let detail = name(&found.file).to_owned();
    let deleted = site.ask(move |store| store.delete_recording(id, &by, &detail));
    if !deleted.await? {
        return Err(Problem::missing("recording"));
    }
    site.archive.bell.ring();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What is said is silence in the recording of a call, or sound again (B10): asked by the agent who talks, or
/// for them.
pub(super) async fn mask(
    State(site): State<Arc<Site>>,
    Path((agent, call)): Path<(String, String)>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["masked"]);
    let masked = fields.boolean("masked");
    fields.done()?;
    let missing = || Problem::missing("conversation");
    let on = masked.unwrap_or(true);
    let ask = Ask::Mask {
        agent: Some(AgentId(agent.parse().map_err(|_| missing())?)),
        call: CallId::parse(&call).ok_or_else(missing)?,
        on,
    };
    site.switch.ask(ask).await?;
    let told = Told {
        subject: call,
        detail: if on { "silence" } else { "sound" }.to_owned(),
        is_caller: false,
    };
    Ok((StatusCode::NO_CONTENT, Extension(told)).into_response())
}

/// Tries the storage out: something small is put there, read back and removed.
pub(super) async fn try_storage(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let tried = archive::try_out(&site.archive).await;
    let why = tried.err().map(|why| format!("{why:#}"));
    Ok(answer(&json!({ "works": why.is_none(), "why": why })))
}

/// What waits for the storage.
pub(super) async fn deliveries(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let backlog = site.ask(crate::store::Store::delivery_backlog).await?;
    let regions =
        StorageKind::REGIONS.map(|(place, region)| json!({ "place": place, "region": region }));
    Ok(answer(&json!({
        "waiting": backlog.files,
        "failing": backlog.failing,
        "oldest": backlog.oldest,
        "regions": regions,
    })))
}

/// A recording that the caller sees.
async fn find(site: &Arc<Site>, sight: &Sight, id: &str) -> Result<Recording, Problem> {
    let missing = || Problem::missing("recording");
    let id: FileId = id.parse().map_err(|_| missing())?;
    let found = site.ask(move |store| store.recording(id)).await?;
    let found = found.filter(|found| is_ours(site, found) && sight.recording(found));
    found.ok_or_else(missing)
}

/// Whether a recording is of this account.
pub(super) fn is_ours(site: &Site, recording: &Recording) -> bool {
    let of = &recording.talk.account;
    of.is_empty() || *of == ours(site)
}

/// The account: the recordings of others, which may be in the same database, are not there (R104). Where an
/// older version has written whose it is nowhere, it is ours.
fn ours(site: &Site) -> String {
    site.settings.account().name.clone()
}

/// A recording that the caller sees, and that was not deleted.
async fn find_there(site: &Arc<Site>, sight: &Sight, id: &str) -> Result<Recording, Problem> {
    let found = find(site, sight, id).await?;
    not_deleted(&found)?;
    Ok(found)
}

/// One that was deleted is there as a name alone (R110).
fn not_deleted(recording: &Recording) -> Result<(), Problem> {
    match &recording.deleted {
        None => Ok(()),
        Some(deleted) => {
            let what = format!("It was deleted at {} by {}.", deleted.at, deleted.by);
            Err(Problem::new(StatusCode::GONE, what))
        }
    }
}

/// The SIP Call-IDs of the legs that are heard: they are beside the file alone.
async fn call_ids(site: &Arc<Site>, recording: &Recording) -> Vec<String> {
    let (site, path) = (Arc::clone(site), recording.file.path.clone());
    let read = tokio::task::spawn_blocking(move || site.shelf.description(&path));
    let Ok(Ok(text)) = read.await else {
        return vec![];
    };
    let told: Value = serde_json::from_slice(&text).unwrap_or_default();
    let ids = told["call_ids"].as_array().cloned().unwrap_or_default();
    let text = |id: &Value| id.as_str().map(str::to_owned);
    ids.iter().filter_map(text).collect()
}

/// A recording as lists have it.
pub(super) fn shown(recording: &Recording) -> Value {
    let Recording {
        id,
        talk,
        file,
        deleted,
        delivery,
    } = recording;
    json!({
        "id": id.to_string(),
        "call": id.call,
        "segment": id.segment,
        "content": content(file.content),
        "name": name(file),
        "account": talk.account,
        "agent": talk.agent,
        "customer": talk.customer,
        "called": talk.called,
        "queue": talk.queue,
        "direction": direction(talk.direction),
        "began": talk.began,
        "ended": ended(recording),
        "milliseconds": file.milliseconds,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "gaps": file.gaps,
        "interrupted": file.interrupted,
        "encrypted": file.encrypted,
        "delivery": {
            "state": delivery.state,
            "remote": delivery.remote,
            "tries": delivery.tries,
            "next": delivery.next,
            "error": delivery.error,
            "delivered": delivery.delivered,
        },
        "here": !delivery.freed,
        "deleted": deleted.as_ref().map(|deleted| json!({ "at": deleted.at, "by": deleted.by })),
    })
}

/// The file's own name (R98), without where it lies.
fn name(file: &record::File) -> &str {
    file.path.rsplit('/').next().unwrap_or_default()
}

fn ended(recording: &Recording) -> String {
    let lasted = i64::try_from(recording.file.milliseconds).unwrap_or(0);
    let began = recording.talk.began;
    let ended = began.checked_add(SignedDuration::from_millis(lasted));
    ended.unwrap_or(began).to_string()
}

pub(super) fn content(content: Content) -> &'static str {
    match content {
        Content::Leg(record::Role::Customer) => "customer",
        Content::Leg(record::Role::Agent) => "agent",
        Content::Leg(record::Role::Outside) => "outside",
        Content::Leg(record::Role::Supervisor) => "supervisor",
        Content::Stereo => "stereo",
        Content::Video(record::Role::Customer) => "customer_video",
        Content::Video(record::Role::Agent) => "agent_video",
        Content::Video(record::Role::Outside) => "outside_video",
        Content::Video(record::Role::Supervisor) => "supervisor_video",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

//! `/api/v1/events` and `/api/v1/live`: what happens, from any number on (B15), and what is now (B11).
//!
//! ```text
//!   GET live ─▶ snapshot at seq ─┐
//!                                ▼
//!   GET events?after=seq ─▶ a page of JSON, or a stream (SSE), or by WebSocket: nothing is missed
//! ```
//!
//! Agents follow what concerns themselves at `/api/v1/agents/{agent}/events`, in the same ways; supervisors who
//! are bound to teams are told what concerns these.
//!
//! Who is so late that what came next is forgotten is told so: 410, or an event `gone` in a stream,
//! which then goes on with the first there is. Streams end when the session or the key does, or the role
//! is another.

use super::part::{Number, Query};
use super::problem::Problem;
use super::sight::Sight;
use super::who::{Caller, Proof};
use super::{Site, answer};
use crate::events::{Entry, Log, Since};
use crate::id::AgentId;
use axum::extract::State;
use axum::extract::ws::{
    Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// A request that becomes a WebSocket, or none that could.
type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// Events read at once.
const PAGE: usize = 256;
/// Events in one page of JSON.
const PAGES: std::ops::RangeInclusive<usize> = 1..=1_000;
/// How often a stream says that it lives, and looks whether its reader may still read. What the API changes
/// of anybody's rights is looked at at once.
const LOOK: Duration = Duration::from_secs(15);

/// Everything at one number of the log, at most a second ago.
pub(super) async fn live(State(site): State<Arc<Site>>, sight: Sight) -> Response {
    answer(&*sight.snapshot(&site.live.latest()))
}

/// What happened after a number: a page, or a stream where one is asked for.
pub(super) async fn events(
    State(site): State<Arc<Site>>,
    who: Follower,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    follow(site, who, None, &headers, query).await
}

/// Those that concern an agent, who may follow them: nothing of others.
pub(super) async fn of_agent(
    State(site): State<Arc<Site>>,
    Number(agent): Number,
    who: Follower,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    let whose = known(&site, agent)?;
    follow(site, who, Some(whose), &headers, query).await
}

async fn follow(
    site: Arc<Site>,
    who: Follower,
    whose: Option<AgentId>,
    headers: &HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    let after: Option<u64> = query.value("after", "a number of an event");
    let limit: Option<usize> = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| PAGES.contains(limit))
    });
    query.done()?;
    let of = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let accept = of(header::ACCEPT).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        let sight = Sight::of(&who.0, &site.settings.account());
        let limit = limit.unwrap_or(PAGE);
        return page(&site, &sight, whose, after.unwrap_or(0), limit).await;
    }
    // A browser that lost its stream says what it had.
    let resumed = of(header::HeaderName::from_static("last-event-id"));
    let after = resumed.and_then(|id| id.parse().ok()).or(after);
    let reader = Reader::new(site, who, whose, after)?;
    let stream = stream::unfold(reader, |mut reader| async move {
        let event = match reader.next().await? {
            Told::Event(entry) => Event::default()
                .id(entry.seq.to_string())
                .event(&*entry.kind)
                .data(&entry.body),
            Told::Gone(first) => Event::default()
                .event("gone")
                .data(json!({ "first": first }).to_string()),
            Told::Nothing => Event::default().comment(""),
        };
        Some((Ok::<_, Infallible>(event), reader))
    });
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// The same by WebSocket: each event is a text message.
pub(super) async fn socket(
    State(site): State<Arc<Site>>,
    who: Follower,
    query: Query,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    connect(site, who, None, query, upgrade)
}

/// Those that concern an agent, by WebSocket.
pub(super) async fn socket_of_agent(
    State(site): State<Arc<Site>>,
    Number(agent): Number,
    who: Follower,
    query: Query,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    let whose = known(&site, agent)?;
    connect(site, who, Some(whose), query, upgrade)
}

/// An agent of the settings.
fn known(site: &Site, agent: u32) -> Result<AgentId, Problem> {
    let agent = AgentId(agent);
    let known = site.settings.account().agent(agent).is_some();
    known
        .then_some(agent)
        .ok_or_else(|| Problem::missing("agent"))
}

fn connect(
    site: Arc<Site>,
    who: Follower,
    whose: Option<AgentId>,
    mut query: Query,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    let after: Option<u64> = query.value("after", "a number of an event");
    query.done()?;
    let upgrade = upgrade.map_err(|_| {
        let mend =
            "This address speaks WebSocket alone: events as JSON or SSE are at /api/v1/events.";
        Problem::new(StatusCode::UPGRADE_REQUIRED, mend)
    })?;
    let reader = Reader::new(site, who, whose, after)?;
    Ok(upgrade
        .read_buffer_size(super::page::READ)
        .max_message_size(4_096)
        .on_upgrade(move |socket| tell(socket, reader)))
}

/// Of an agent's, and of those that are seen, those among the next `limit` of all.
async fn page(
    site: &Site,
    sight: &Sight,
    whose: Option<AgentId>,
    after: u64,
    limit: usize,
) -> Result<Response, Problem> {
    match since(&site.log, after, limit).await? {
        Since::Events(events) => {
            let last = events.last().map_or(after, |last| last.seq);
            let bodies = events
                .iter()
                .filter(|event| concerns(whose, event) && sight.event(event))
                .map(|event| RawValue::from_string(event.body.clone()));
            let bodies: Result<Vec<_>, _> = bodies.collect();
            let bodies = bodies.map_err(|_| Problem::unavailable("An event is no JSON."))?;
            #[derive(serde::Serialize)]
            struct Page {
                events: Vec<Box<RawValue>>,
                last: u64,
            }
            Ok(answer(&Page {
                events: bodies,
                last,
            }))
        }
        Since::Gone(first) => {
            let what = format!(
                "What came after {after} is forgotten: the first event there is has the number {first}. \
                 Read /api/v1/live, and go on from its seq."
            );
            Err(Problem::new(StatusCode::GONE, what))
        }
    }
}

async fn tell(mut socket: WebSocket, mut reader: Reader) {
    loop {
        let message = tokio::select! {
            told = reader.next() => match told {
                Some(Told::Event(entry)) => Message::text(entry.body.clone()),
                Some(Told::Gone(first)) => {
                    Message::text(json!({ "type": "gone", "first": first }).to_string())
                }
                Some(Told::Nothing) => Message::Ping(vec![].into()),
                None => break,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Nothing that is said here means anything.
                Some(Ok(_)) => continue,
            },
        };
        // A reader who takes nothing is left: they come again with the last number.
        match tokio::time::timeout(LOOK, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

/// Whether an event is for who follows an agent's, or all.
fn concerns(whose: Option<AgentId>, event: &Entry) -> bool {
    whose.is_none_or(|agent| event.agent == Some(agent))
}

/// What a reader is told next.
enum Told {
    Event(Arc<Entry>),
    /// What came next is forgotten: the first that is not.
    Gone(u64),
    /// That nothing has happened for a while.
    Nothing,
}

/// Who follows the events, and by what they were let in.
type Follower = (Caller, Proof);

/// A follower's place in the events.
struct Reader {
    site: Arc<Site>,
    who: Follower,
    sight: Sight,
    /// The agent whose events are followed; `None`: all.
    whose: Option<AgentId>,
    after: u64,
    read: VecDeque<Arc<Entry>>,
    news: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// When it was looked last whether they may still read, and what had changed of rights by then.
    looked: Instant,
    looked_at: u64,
    rights: watch::Receiver<u64>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    fn new(
        site: Arc<Site>,
        who: Follower,
        whose: Option<AgentId>,
        after: Option<u64>,
    ) -> Result<Self, Problem> {
        let place = Arc::clone(&site.streams).try_acquire_owned();
        let place =
            place.map_err(|_| Problem::unavailable("Too many follow the events already."))?;
        let rights = site.people.rights();
        Ok(Self {
            // What has changed since the guard has looked, is looked at again.
            looked_at: 0,
            after: after.unwrap_or_else(|| site.log.last()),
            read: VecDeque::new(),
            news: site.log.subscribe(),
            closing: site.closing.subscribe(),
            looked: Instant::now(),
            rights,
            _place: place,
            sight: Sight::of(&who.0, &site.settings.account()),
            who,
            whose,
            site,
        })
    }

    /// `None`: the stream ends. Nothing is lost where the wait for it is given up.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            let rights = *self.rights.borrow();
            if rights != self.looked_at {
                if !self.may_still().await {
                    return None;
                }
                self.looked_at = rights;
            }
            if let Some(entry) = self.read.pop_front() {
                self.after = entry.seq;
                if concerns(self.whose, &entry) && self.sight.event(&entry) {
                    return Some(Told::Event(entry));
                }
                continue;
            }
            if self.looked.elapsed() >= LOOK {
                let still = self.may_still().await;
                self.looked = Instant::now();
                return still.then_some(Told::Nothing);
            }
            self.news.mark_unchanged();
            match since(&self.site.log, self.after, PAGE).await {
                Ok(Since::Events(events)) if events.is_empty() => {
                    let wait = LOOK.saturating_sub(self.looked.elapsed());
                    tokio::select! {
                        news = self.news.changed() => news.ok()?,
                        closing = self.closing.changed() => closing.ok()?,
                        rights = self.rights.changed() => rights.ok()?,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                Ok(Since::Events(events)) => {
                    // By the settings of now: agents come to teams and leave them.
                    self.sight = Sight::of(&self.who.0, &self.site.settings.account());
                    self.read = events.into();
                }
                Ok(Since::Gone(first)) => {
                    self.after = first.saturating_sub(1);
                    return Some(Told::Gone(first));
                }
                // The database is behind, or gone: it may come back.
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    async fn may_still(&self) -> bool {
        let (caller, proof) = &self.who;
        self.site.people.still(proof, caller).await
    }
}

/// What is not in memory is read from the store, which may take a while.
async fn since(log: &Log, after: u64, limit: usize) -> Result<Since, Problem> {
    let log = log.clone();
    let read = tokio::task::spawn_blocking(move || log.since(after, limit)).await;
    let read = read.map_err(anyhow::Error::from).and_then(|read| read);
    read.map_err(|_| Problem::unavailable("The database does not answer."))
}

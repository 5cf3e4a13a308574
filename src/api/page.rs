//! `/api/v1/page`: the way of browsers' pages to the switch and back, over one WebSocket each.
//!
//! ```text
//!   WebSocket ──text──▶ Pages ──Opened, Text, Closed──▶ the switch
//!             ◀─text─── a bounded queue ◀──Transmit────┘
//! ```
//!
//! Nobody waits for a page: one that does not take what it is told is closed, and may come back. One
//! that gives no sign of life for ten seconds is lost (F5). What an agent's desk shows of the agent is
//! sent from here, when the live view has changed.

use super::Site;
use super::agents;
use super::guard::{cookie, session_cookie};
use super::problem::Problem;
use super::serve::Peer;
use super::who::{Caller, Role};
use crate::events::{AgentNow, CallerNow};
use crate::id::PageId;
use crate::page::{self, Closing, Input, Numbered, ToPage, Transmit, Who};
use axum::extract::ws::{
    CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::Interval;

/// Desks at once, and pages of strangers: those do not shut out the agents.
pub(super) const DESKS: usize = 512;
pub(super) const STRANGERS: usize = 512;
/// What may wait for a page to take it.
const QUEUE: usize = 128;
/// What is read of a connection at a time, bytes. It is made zero before each look, so that more would cost more.
pub(super) const READ: usize = 4096;
/// How long one message may take on its way into the connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the agent is still logged in. What the API changes of anybody's rights is
/// looked at at once.
const LOOK: Duration = Duration::from_secs(15);
/// How often what a desk shows of its agent is looked at.
const SHOW: Duration = Duration::from_millis(500);
/// What a page is told that the server stops on: it may come back (RFC 6455 §7.4.1).
const GOING_AWAY: u16 = 1001;

/// The pages that are connected.
pub struct Pages {
    /// Gives the switch an input; `false` if it has no room.
    offer: Box<dyn Fn(Input) -> bool + Send + Sync>,
    open: Mutex<BTreeMap<PageId, mpsc::Sender<Said>>>,
    last: AtomicU64,
}

/// What the switch says to a page.
#[derive(Debug)]
enum Said {
    Text(String),
    Close(Closing),
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl Pages {
    /// `offer` gives the switch an input, without waiting; `false` if it has no room.
    pub fn new(offer: impl Fn(Input) -> bool + Send + Sync + 'static) -> Self {
        Self {
            offer: Box::new(offer),
            open: Mutex::default(),
            last: AtomicU64::new(0),
        }
    }

    /// Passes on what the switch says. Never waits: a page that has not taken what came before is
    /// closed.
    pub fn transmit(&self, transmit: Transmit) {
        let mut open = self.open();
        let (page, said, last) = match transmit {
            Transmit::Text { page, text } => (page, Said::Text(text), false),
            Transmit::Close { page, closing } => (page, Said::Close(closing), true),
        };
        let taken = open.get(&page).map(|queue| queue.try_send(said).is_ok());
        if last || taken == Some(false) {
            // The queue ends, and with it the connection.
            open.remove(&page);
        }
    }

    fn connect(&self, who: Who) -> Option<(PageId, mpsc::Receiver<Said>)> {
        let page = PageId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (queue, said) = mpsc::channel(QUEUE);
        self.open().insert(page, queue);
        if !(self.offer)(Input::Opened { page, who }) {
            self.open().remove(&page);
            return None;
        }
        Some((page, said))
    }

    /// The switch must know that a page is gone: it is told again until it has room for it.
    async fn disconnect(&self, page: PageId, alive: Instant) {
        self.open().remove(&page);
        while !(self.offer)(Input::Closed { page, alive }) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<PageId, mpsc::Sender<Said>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page connects.
pub(super) async fn socket(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| {
        let mend = "This address speaks WebSocket alone, with the subprotocol cordboard.page.1.";
        Problem::new(StatusCode::UPGRADE_REQUIRED, mend)
    })?;
    let upgrade = upgrade.protocols([page::PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let mend = "Ask for the WebSocket subprotocol cordboard.page.1.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, mend));
    }
    let session = cookie(&headers, session_cookie(peer.secure)).map(str::to_owned);
    let who = match &session {
        Some(session) => who(&site.people.of_session(session).await?),
        None => Who::Customer,
    };
    let room = match who {
        Who::Agent(_) | Who::Staff { .. } => &site.desks,
        Who::Customer => {
            // Who connects may look at a link, and call by it.
            site.links.admit(Instant::now(), peer.address.ip())?;
            &site.strangers
        }
    };
    let place = Arc::clone(room).try_acquire_owned();
    let place = place.map_err(|_| Problem::unavailable("Too many pages are open already."))?;
    let session = session.filter(|_| who != Who::Customer);
    Ok(upgrade
        .read_buffer_size(READ)
        .max_message_size(page::LONGEST)
        .max_frame_size(page::LONGEST)
        .on_upgrade(move |socket| async move {
            let Some((page, said)) = site.pages.connect(who) else {
                return;
            };
            let line = Line {
                site: Arc::clone(&site),
                page,
                said,
                who,
                session,
                shown: None,
                alive: Instant::now(),
                _place: place,
            };
            let alive = line.run(socket).await;
            site.pages.disconnect(page, alive).await;
        }))
}

/// Until it is time to look, or somebody's rights have changed.
async fn either(look: &mut Interval, rights: &mut watch::Receiver<u64>) {
    tokio::select! {
        _ = look.tick() => {}
        Ok(()) = rights.changed() => {}
    }
}

/// Whose page it can be.
fn who(caller: &Caller) -> Who {
    match caller {
        Caller::User {
            role: Role::Agent,
            agent: Some(agent),
            ..
        } => Who::Agent(*agent),
        Caller::User {
            role: Role::Admin | Role::Supervisor,
            id,
            agent,
            ..
        } => Who::Staff {
            user: *id,
            agent: *agent,
        },
        Caller::User {
            role: Role::Agent,
            agent: None,
            ..
        }
        | Caller::Nobody
        | Caller::Key { .. } => Who::Customer,
    }
}

/// One connection.
struct Line {
    site: Arc<Site>,
    page: PageId,
    said: mpsc::Receiver<Said>,
    /// Whose it may be, and by which session if they have logged in.
    who: Who,
    session: Option<String>,
    /// What it was told of the agent last.
    shown: Option<(AgentNow, Option<CallerNow>)>,
    /// The last sign of life.
    alive: Instant,
    _place: OwnedSemaphorePermit,
}

impl Line {
    /// Carries messages until either side ends it; says when the page was alive last.
    async fn run(mut self, mut socket: WebSocket) -> Instant {
        let mut ping = tokio::time::interval(page::PING_EVERY);
        let mut look = tokio::time::interval(LOOK);
        let mut show = tokio::time::interval(SHOW);
        let mut closing = self.site.closing.subscribe();
        let mut rights = self.site.people.rights();
        // What has changed since the guard has looked, is looked at again.
        rights.mark_changed();
        let close = loop {
            let message = tokio::select! {
                said = self.said.recv() => match said {
                    Some(Said::Text(text)) => Message::text(text),
                    Some(Said::Close(why)) => break Some((why.code(), why.reason())),
                    // It has not taken what it was told.
                    None => break None,
                },
                heard = socket.recv() => match self.hear(heard) {
                    true => continue,
                    false => break None,
                },
                _ = ping.tick() => match self.alive.elapsed() < page::LEASE {
                    true => Message::Ping(vec![].into()),
                    false => break None,
                },
                () = either(&mut look, &mut rights) => match self.is_logged_in().await {
                    true => continue,
                    false => {
                        let why = Closing::Dismissed;
                        break Some((why.code(), why.reason()));
                    }
                },
                _ = show.tick() => match self.show() {
                    Some(text) => Message::text(text),
                    None => continue,
                },
                _ = closing.changed() => break Some((GOING_AWAY, "the server stops")),
            };
            match tokio::time::timeout(PATIENCE, socket.send(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => break None,
            }
        };
        if let Some((code, reason)) = close {
            let reason = reason.into();
            let close = Message::Close(Some(CloseFrame { code, reason }));
            // Whoever does not take it is gone all the same.
            let _ = tokio::time::timeout(PATIENCE, socket.send(close)).await;
        }
        self.alive
    }

    /// Something has come; `false`: that was the last.
    fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> bool {
        match heard {
            Some(Ok(Message::Text(text))) => {
                self.alive = Instant::now();
                let (page, text) = (self.page, text.as_str().to_owned());
                (self.site.pages.offer)(Input::Text { page, text })
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                self.alive = Instant::now();
                true
            }
            // No page of ours speaks so.
            Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => false,
        }
    }

    async fn is_logged_in(&self) -> bool {
        let Some(session) = &self.session else {
            return true;
        };
        match self.site.people.of_session(session).await {
            Ok(caller) => who(&caller) == self.who,
            // The database is gone: that is not the agent's fault.
            Err(_) => true,
        }
    }

    /// The agent as a desk shows them, if that has changed.
    fn show(&mut self) -> Option<String> {
        let agent = match self.who {
            Who::Agent(agent) => Some(agent),
            Who::Staff { agent, .. } => agent,
            Who::Customer => None,
        };
        let live = self.site.live.latest();
        let (agent, caller) = agents::seen(&live, agent?)?;
        let before = self.shown.as_ref();
        if before.is_some_and(|before| before.0 == *agent && before.1.as_ref() == caller) {
            return None;
        }
        self.shown = Some((agent.clone(), caller.cloned()));
        let agent = agents::shown(agent, caller);
        let message = ToPage::Agent { agent };
        serde_json::to_string(&Numbered { seq: 0, message }).ok()
    }
}

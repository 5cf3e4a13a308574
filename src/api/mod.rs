//! HTTP: the REST API, and pages for those who watch the server.
//!
//! ```text
//!   table: method, path, rule, description, handler ─┬─▶ router: each handler behind its rule
//!                                                    ├─▶ openapi.json and its page
//!                                                    └─▶ tests: role × endpoint
//! ```
//!
//! An endpoint is a line of [`table`], and a line has a rule: what is not allowed is refused. People
//! log in and have a role; programs have a key with scopes (`who`, `people`). Errors are problem
//! documents (RFC 9457) which name each field that is wrong, and the mend.
//!
//! Without TLS, addresses other than loopback are refused unless the configuration says otherwise,
//! and even then what tells of callers, `/api/v1/traces`, answers loopback alone.

mod agents;
mod audit;
mod beside;
mod body;
mod callbacks;
mod calls;
mod contacts;
mod conversations;
mod csv;
mod desk;
mod docs;
mod endpoint;
mod events;
mod export;
mod guard;
mod health;
mod history;
mod limit;
mod links;
mod media;
mod noting;
mod openapi;
mod page;
mod part;
mod people;
mod problem;
mod recordings;
mod router;
mod schema;
mod serve;
mod settings;
mod sight;
mod sounds;
mod story;
mod supervise;
mod switchboard;
mod system;
mod table;
mod traces;
mod web;
mod webhooks;
mod who;

pub use health::Health;
pub use media::{MediaConnection, MediaDoor};
pub use page::Pages;
pub use switchboard::Switchboard;
pub use system::{Listening, Shown as ShownCertificate, System};

use crate::archive;
use crate::events::webhooks::{Bell, Deliveries};
use crate::events::{Log, Shown};
use crate::net::Identity;
use crate::steward::Steward;
use crate::store::Store;
use crate::vault::Shelf;
use crate::voices::Catalogue;
use crate::watch::metrics;
use crate::watch::trace::Trace;
use anyhow::{Context as _, bail};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use people::People;
use problem::Problem;
use recordings::Access;
use serde::Serialize;
use serve::{Door, Peer};
use settings::Settings;
use sounds::Sounds;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

/// What the pages are made of.
struct Site {
    health: Arc<Health>,
    /// `None`: nothing is kept of what SIP says.
    trace: Option<Trace>,
    people: People,
    settings: Arc<Settings>,
    switch: Arc<Switchboard>,
    log: Log,
    live: Shown,
    /// Rung when webhooks have changed.
    webhooks: Bell,
    deliveries: Deliveries,
    system: System,
    sounds: Sounds,
    shelf: Shelf,
    archive: Arc<archive::Means>,
    access: Access,
    links: links::Links,
    data: PathBuf,
    pages: Arc<Pages>,
    /// Places for desks, and for pages of strangers.
    desks: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// Places for those who follow the events.
    streams: Arc<Semaphore>,
    /// Who supervises, and by what right.
    beside: beside::Beside,
    /// Whether the server stops: whoever follows the events is let go.
    closing: watch::Sender<bool>,
}

/// Who may follow the events at once.
const STREAMS: usize = 256;

/// Where HTTP is served.
#[derive(Debug)]
pub struct Place {
    /// Port 0: any that is free.
    pub address: SocketAddr,
    /// Whether it may be an address that others reach without TLS.
    pub allow_public: bool,
    /// With one, TLS is spoken, and nothing else but media.
    pub identity: Option<Arc<Identity>>,
    /// Where connections go that carry media; `None`: there are none.
    pub media: Option<MediaDoor>,
}

/// What HTTP tells of, and works upon.
pub struct Parts {
    /// Whether the server is well.
    pub health: Arc<Health>,
    /// What SIP said; `None`: nothing is kept of it.
    pub trace: Option<Trace>,
    /// Users, sessions, keys, settings, callbacks, events.
    pub store: Arc<Store>,
    /// Who holds the settings.
    pub steward: Arc<Steward>,
    /// The way to the switch.
    pub switch: Arc<Switchboard>,
    /// The pages that are connected.
    pub pages: Arc<Pages>,
    /// What happens.
    pub log: Log,
    /// What is now.
    pub live: Shown,
    /// What makes changed webhooks known at once.
    pub webhooks: Bell,
    /// What was sent to them lately.
    pub deliveries: Deliveries,
    /// What the server was started with.
    pub system: System,
    /// Who speaks.
    pub voices: Arc<Catalogue>,
    /// Where finished recordings are.
    pub shelf: Shelf,
    /// What call links begin with: `https://calls.example.com`; `None`: with the name under which one is
    /// asked for.
    pub public_url: Option<String>,
    /// What becomes of recordings.
    pub archive: Arc<archive::Means>,
    /// The data directory: sounds that settings name are in `sounds` of it.
    pub data: PathBuf,
}

impl Site {
    fn new(parts: Parts) -> anyhow::Result<Self> {
        let folder = parts.data.join("sounds");
        let name = folder.display().to_string();
        let sounds = Sounds::open(folder, parts.voices).context(name)?;
        Ok(Self {
            sounds,
            shelf: parts.shelf,
            archive: parts.archive,
            access: Access::new()?,
            links: links::Links::new(parts.public_url),
            data: parts.data,
            switch: parts.switch,
            settings: Arc::new(Settings::new(parts.steward)),
            log: parts.log,
            live: parts.live,
            webhooks: parts.webhooks,
            deliveries: parts.deliveries,
            system: parts.system,
            pages: parts.pages,
            desks: Arc::new(Semaphore::new(page::DESKS)),
            strangers: Arc::new(Semaphore::new(page::STRANGERS)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            beside: beside::Beside::default(),
            closing: watch::Sender::new(false),
            health: parts.health,
            trace: parts.trace,
            people: People::new(parts.store),
        })
    }

    /// Asks the store, which may take a while, without holding up others.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.people.ask(question).await
    }
}

/// How long requests in progress may take after [`Api::stop`].
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// The HTTP server. Dropped or stopped, it closes its port.
#[derive(Debug)]
pub struct Api {
    address: SocketAddr,
    runtime: Handle,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    socket: JoinHandle<()>,
}

impl Api {
    /// Listens, and serves on `runtime`. Metrics are collected from here on, if they were not before.
    ///
    /// # Errors
    /// If the address would be open to others without TLS and `allow_public` is not set, or cannot be
    /// listened at; the message names the address and the mend.
    pub fn start(place: Place, runtime: &Handle, parts: Parts) -> anyhow::Result<Self> {
        let Place {
            address,
            allow_public,
            identity,
            media,
        } = place;
        let is_near = address.ip().to_canonical().is_loopback();
        if !is_near && identity.is_none() && !allow_public {
            bail!(
                "HTTP at {address} would be open to others, and whoever listens would see passwords: \
                 set http_tls = true in [server], or listen at 127.0.0.1:{port}, \
                 or set allow_public = true if a proxy with TLS protects it",
                port = address.port()
            );
        }
        let listener = bind(address, runtime)?;
        let address = listener.local_addr().context("the HTTP port's address")?;
        let (stop, stopped) = oneshot::channel();
        metrics::install()?;
        let scheme = if identity.is_some() { "https" } else { "http" };
        let site = Arc::new(Site::new(parts)?);
        if let Some(path) = site.people.set_up()? {
            // A warning, so that whoever logs less than all sees it, too.
            tracing::warn!("no administrator yet: make one at {scheme}://{address}{path}");
        }
        let pages = router::router(Arc::clone(&site));
        let pages = pages.into_make_service_with_connect_info::<Peer>();
        let _inside = runtime.enter();
        let (door, socket) = Door::open(listener, identity, media).context("the HTTP port")?;
        runtime.spawn(beside::watch(Arc::clone(&site)));
        let server = runtime.spawn(async move {
            let until = async move {
                // An error means that the `Api` was dropped: stop as well.
                let _ = stopped.await;
                site.closing.send_replace(true);
            };
            let serving = axum::serve(door, pages).with_graceful_shutdown(until);
            if let Err(error) = serving.await {
                tracing::error!(%error, "HTTP ended");
            }
        });
        Ok(Self {
            address,
            runtime: runtime.clone(),
            stop,
            server,
            socket,
        })
    }

    /// Where it listens: the port really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port, and waits until requests in progress have ended, for two seconds at most.
    ///
    /// # Panics
    /// Inside the runtime, where nothing may wait like this.
    pub fn stop(self) {
        // An error means that the server has ended already.
        let _ = self.stop.send(());
        let mut server = self.server;
        self.runtime.block_on(async {
            let ended = tokio::time::timeout(LAST_ANSWERS, &mut server).await;
            if ended.is_err() {
                server.abort();
            }
            self.socket.abort();
            // Aborted, which is what was wanted: the port is free when this is over.
            let _ = self.socket.await;
        });
    }
}

fn bind(address: SocketAddr, runtime: &Handle) -> anyhow::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address).with_context(|| {
        format!(
            "HTTP cannot listen at {address}: is another Cordboard running there? \
             Choose another address or port for http in [server]"
        )
    })?;
    listener
        .set_nonblocking(true)
        .context("the HTTP port cannot be made non-blocking")?;
    let _inside = runtime.enter();
    TcpListener::from_std(listener).context("the HTTP port cannot be watched")
}

/// A JSON answer: 200.
fn answer(body: &impl Serialize) -> Response {
    json(StatusCode::OK, "application/json", body)
}

fn json(status: StatusCode, kind: &'static str, body: &impl Serialize) -> Response {
    // Plain structs of ours: they always have a JSON form.
    let body = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests;

//! HTTP for those who watch the server: `/metrics` and `/healthz`, on a loopback port.
//!
//! Nothing here is authenticated: addresses other than loopback are refused unless the configuration
//! says otherwise, and even then what tells of callers, `/api/v1/traces`, answers loopback alone.
//! Errors are problem documents (RFC 9457).

mod health;
mod problem;
mod traces;

pub use health::Health;

use crate::watch::metrics;
use crate::watch::trace::Trace;
use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use problem::Problem;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the pages are made of.
#[derive(Debug)]
struct Site {
    health: Arc<Health>,
    /// `None`: nothing is kept of what SIP says.
    trace: Option<Trace>,
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
}

impl Api {
    /// Listens at `address` (port 0: any that is free) and serves on `runtime`. Metrics are collected
    /// from here on, if they were not before.
    ///
    /// # Errors
    /// If the address is not loopback and `allow_public` is not set, or cannot be listened at;
    /// the message names the address and the mend.
    pub fn start(
        address: SocketAddr,
        allow_public: bool,
        runtime: &Handle,
        health: Arc<Health>,
        trace: Option<Trace>,
    ) -> anyhow::Result<Self> {
        if !address.ip().to_canonical().is_loopback() && !allow_public {
            bail!(
                "HTTP at {address} would be open to others, and asks nobody who they are: \
                 listen at 127.0.0.1:{port}, or set allow_public = true in [server] if a firewall or proxy protects it",
                port = address.port()
            );
        }
        let listener = bind(address, runtime)?;
        let address = listener.local_addr().context("the HTTP port's address")?;
        let (stop, stopped) = oneshot::channel();
        metrics::install()?;
        let pages = router(Arc::new(Site { health, trace }));
        let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
        let server = runtime.spawn(async move {
            let until = async move {
                // An error means that the `Api` was dropped: stop as well.
                let _ = stopped.await;
            };
            let serving = axum::serve(listener, pages).with_graceful_shutdown(until);
            if let Err(error) = serving.await {
                tracing::error!(%error, "HTTP ended");
            }
        });
        Ok(Self {
            address,
            runtime: runtime.clone(),
            stop,
            server,
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
        let ended = self
            .runtime
            .block_on(async { tokio::time::timeout(LAST_ANSWERS, &mut server).await });
        if ended.is_err() {
            server.abort();
        }
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

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(numbers))
        .merge(traces::router())
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address answers GET and HEAD only.",
            )
        })
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .with_state(site)
}

async fn healthz(State(site): State<Arc<Site>>) -> Response {
    let report = site.health.report();
    let status = match report.is_well() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    (fresh, json(status, "application/json", &report)).into_response()
}

async fn numbers() -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, metrics::render()).into_response()
}

fn json(status: StatusCode, kind: &'static str, body: &impl Serialize) -> Response {
    // Plain structs of ours: they always have a JSON form.
    let body = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests;

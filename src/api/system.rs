//! `/api/v1/system` and `/api/v1/trunks`: how the server is, for those who look after it.

use super::{Site, answer};
use crate::net::Identity;
use crate::route::Health;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the server was started with, as far as people are told of it. A change needs the configuration
/// file, and a new start.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Where SIP is received.
    pub listeners: Vec<Listening>,
    /// What TLS shows.
    pub certificates: Vec<Shown>,
    /// The address that phones and trunks are told for sound.
    pub media: Option<IpAddr>,
    /// Those that browsers are told.
    pub browsers: Vec<IpAddr>,
    /// `SQLite` or `PostgreSQL`.
    pub database: &'static str,
    /// What call links begin with; `None`: the name under which one is asked for.
    pub public_url: Option<String>,
    /// Whether HTTP is spoken over TLS.
    pub https: bool,
}

/// A place where SIP is received.
#[derive(Clone, Debug)]
pub struct Listening {
    /// As logs call it.
    pub name: String,
    /// `UDP`, `TLS`.
    pub transport: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// What peers are told.
    pub advertised: SocketAddr,
}

/// A certificate that TLS shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where: the names of listeners, and `http`.
    pub at: Vec<String>,
    /// It is ours, signed by itself: phones and browsers have to be told to trust it.
    pub own: bool,
    /// It.
    pub identity: Arc<Identity>,
}

/// `/api/v1/system`.
pub(super) async fn about(State(site): State<Arc<Site>>) -> Response {
    let system = &site.system;
    let listeners = system.listeners.iter().map(|listener| {
        json!({
            "name": listener.name,
            "transport": listener.transport,
            "address": listener.address,
            "advertised": listener.advertised,
        })
    });
    answer(&json!({
        "health": site.health.report(),
        "database": system.database,
        "disk": disk(&site.data),
        "public_url": system.public_url,
        "https": system.https,
        "media": system.media,
        "browsers": system.browsers,
        "listeners": listeners.collect::<Vec<_>>(),
        "certificates": system.certificates.iter().map(certificate).collect::<Vec<_>>(),
    }))
}

/// `/api/v1/trunks`.
pub(super) async fn trunks(State(site): State<Arc<Site>>) -> Response {
    let trunks = site.health.trunks();
    let each = trunks.iter().map(|trunk| {
        json!({
            "id": trunk.id,
            "name": trunk.name,
            "health": match trunk.health {
                Health::Well => "well",
                Health::Doubtful => "doubtful",
                Health::Resting => "resting",
            },
            "calls": trunk.count.calls,
            "tried": trunk.count.tried,
            "failed": trunk.count.failed,
        })
    });
    answer(&each.collect::<Vec<_>>())
}

fn certificate(shown: &Shown) -> Value {
    let expires = shown.identity.expires();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let left = expires.saturating_sub(now.unwrap_or_default().as_secs());
    let at = i64::try_from(expires).unwrap_or(i64::MAX);
    json!({
        "at": shown.at,
        "own": shown.own,
        "file": shown.identity.file(),
        "expires": jiff::Timestamp::from_second(at).ok(),
        "days": left / 86_400,
        "trouble": shown.identity.trouble(),
    })
}

/// The disk of the data directory: bytes in all, and those that we may still write.
fn disk(data: &Path) -> Value {
    match rustix::fs::statvfs(data) {
        Ok(disk) => json!({
            "bytes": disk.f_blocks.saturating_mul(disk.f_frsize),
            "free": disk.f_bavail.saturating_mul(disk.f_frsize),
        }),
        Err(_) => Value::Null,
    }
}

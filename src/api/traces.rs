//! `/api/v1/traces`: what SIP said, as a list, as a ladder, as a capture file.
//!
//! These pages tell who called whom. As long as nobody is asked who they are, they answer this
//! machine alone, wherever else the port may be open: to a connection from loopback, which no proxy
//! has passed on, for a loopback address or `localhost` by name. The last keeps out pages of the
//! web that make a browser here ask for them under a name of their own (DNS rebinding).

use super::Site;
use super::problem::Problem;
use crate::clock::Clock;
use crate::watch::trace::{Trace, Which};
use axum::Router;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/v1/traces", get(list))
        .route("/api/v1/traces/{which}", get(ladder))
        .route("/api/v1/traces/{which}/pcap", get(pcap))
        .layer(middleware::from_fn(nearby_only))
}

/// All that is kept, the latest first.
async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let entries = trace(&site)?.list(&now());
    Ok(fresh(super::json(
        StatusCode::OK,
        "application/json",
        &entries,
    )))
}

/// One ladder, by the id of the call or a Call-ID; `last`: that of the last call.
async fn ladder(
    State(site): State<Arc<Site>>,
    Path(which): Path<String>,
) -> Result<Response, Problem> {
    let ladder = trace(&site)?.ladder(&now(), &Which::parse(&which));
    let ladder = ladder.ok_or_else(|| unknown(&which))?;
    Ok(fresh(super::json(
        StatusCode::OK,
        "application/json",
        &ladder,
    )))
}

/// The same as a capture file.
async fn pcap(
    State(site): State<Arc<Site>>,
    Path(which): Path<String>,
) -> Result<Response, Problem> {
    let file = trace(&site)?.pcap(&now(), &Which::parse(&which));
    let file = file.ok_or_else(|| unknown(&which))?;
    let kind = [
        (header::CONTENT_TYPE, "application/x-pcapng"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"sip.pcapng\"",
        ),
    ];
    Ok(fresh((kind, file).into_response()))
}

fn trace(site: &Site) -> Result<&Trace, Problem> {
    site.trace.as_ref().ok_or_else(|| {
        let mend = "No SIP messages are kept: set enabled = true in [trace].";
        Problem::new(StatusCode::NOT_FOUND, mend)
    })
}

fn unknown(which: &str) -> Problem {
    let what = match Which::parse(which) {
        Which::Call(_) | Which::SipCallId(_) => {
            "No SIP message is kept of this: give the id of a call, or a Call-ID, as the list shows them. \
             What is over is kept for keep_s of [trace], and not longer than there is room."
        }
        Which::Last => "There was no call of which SIP messages are kept.",
    };
    Problem::new(StatusCode::NOT_FOUND, what)
}

fn now() -> Clock {
    Clock::new(Instant::now(), Timestamp::now())
}

fn fresh(answer: Response) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

async fn nearby_only(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if is_nearby(peer.ip(), request.headers()) {
        return Ok(next.run(request).await);
    }
    let why = "Who called whom is told on this machine alone: ask at a loopback address.";
    Err(Problem::new(StatusCode::FORBIDDEN, why))
}

fn is_nearby(peer: IpAddr, headers: &HeaderMap) -> bool {
    let passed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default();
    peer.to_canonical().is_loopback()
        && !passed_on.iter().any(|name| headers.contains_key(*name))
        && is_loopback(host)
}

/// A Host header: an address or `localhost`, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = host
        .strip_prefix('[')
        .map_or_else(|| host.split(':').next(), |six| six.split(']').next());
    let name = name.unwrap_or_default();
    let address: Option<IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearby(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            let value = value.parse().expect("a value");
            (header::HeaderName::from_static(name), value)
        });
        is_nearby(peer.parse().expect("an address"), &headers.collect())
    }

    #[test]
    fn who_asks_from_this_machine_under_its_own_name_is_nearby() {
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:80",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(nearby("127.0.0.1", &[("host", host)]), "{host}");
        }
        assert!(nearby("::ffff:127.0.0.1", &[("host", "127.0.0.1")]));
    }

    #[test]
    fn who_asks_from_elsewhere_or_under_another_name_is_not() {
        let here = ("host", "127.0.0.1");
        assert!(!nearby("192.0.2.1", &[here]));
        assert!(!nearby("127.0.0.1", &[]));
        for host in [
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "192.0.2.1",
        ] {
            assert!(!nearby("127.0.0.1", &[("host", host)]), "{host}");
        }
        for passed_on in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
            assert!(
                !nearby("127.0.0.1", &[here, (passed_on, "1")]),
                "{passed_on}"
            );
        }
    }
}

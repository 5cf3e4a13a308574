//! What stands before every endpoint: where the request comes from, who asks, whether its rule lets them
//! in, and whether what it is about is there for them.
//!
//! ```text
//!   request ─▶ nearby? ─▶ from a page of ours? ─▶ who? ─▶ rule ─▶ in sight? ─▶ handler ─▶ audit log
//!               403          403 (CSRF)            401     403       404
//! ```

use super::endpoint::{Rule, Verdict};
use super::problem::Problem;
use super::serve::Peer;
use super::sight::Sight;
use super::who::Proof;
use super::{Site, noting};
use crate::id::AgentId;
use axum::extract::{ConnectInfo, FromRequestParts as _, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;

/// Lets a request in, or not.
pub(super) async fn guard(
    State((site, rule, noted)): State<(Arc<Site>, Rule, Option<&'static str>)>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    if rule == Rule::Nearby && !is_nearby(peer.address.ip(), &parts.headers) {
        let why = "Who called whom is told on this machine alone: ask at a loopback address.";
        return Err(Problem::new(StatusCode::FORBIDDEN, why));
    }
    let bearer = bearer(&parts.headers);
    if bearer.is_none() && !is_of_ours(&parts.method, &parts.headers) {
        let why = "A page of another site may not change anything here.";
        return Err(Problem::new(StatusCode::FORBIDDEN, why));
    }
    let proof = match rule {
        Rule::Anyone | Rule::Nearby => Proof::None,
        Rule::Anybody | Rule::Only(..) | Rule::OrOwn(..) | Rule::Whole(..) => match bearer {
            Some(key) => Proof::Key(key.to_owned()),
            None => cookie(&parts.headers, session_cookie(peer.secure))
                .map_or(Proof::None, |session| Proof::Session(session.to_owned())),
        },
    };
    let caller = site.people.of(&proof).await?;
    let path = RawPathParams::from_request_parts(&mut parts, &()).await;
    let path: Vec<_> = path.iter().flat_map(RawPathParams::iter).collect();
    let agent = path.iter().find(|(name, _)| *name == "agent");
    let agent = agent.and_then(|(_, agent)| agent.parse().ok().map(AgentId));
    let subject = path
        .iter()
        .map(|(_, part)| *part)
        .collect::<Vec<_>>()
        .join(" ");
    match rule.judge(&caller, agent) {
        Verdict::Allowed => {}
        Verdict::Unknown => {
            let mend = "Say who you are: log in, or send a key with Authorization: Bearer.";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, mend));
        }
        Verdict::Forbidden => {
            let why = "Your role, or the scopes of your key, do not allow this.";
            return Err(Problem::new(StatusCode::FORBIDDEN, why));
        }
    }
    let sight = Sight::of(&caller, &site.settings.account());
    for (kind, id) in &path {
        if !sight.judge(&site, kind, id).await? {
            return Err(Problem::missing(kind));
        }
    }
    parts.extensions.insert(sight);
    parts.extensions.insert(caller.clone());
    parts.extensions.insert(proof);
    let answer = next.run(Request::from_parts(parts, body)).await;
    if let Some(action) = noted.filter(|_| answer.status().is_success()) {
        let told = noting::told(&answer, subject);
        noting::note(&site, action, &caller, told).await;
    }
    Ok(answer)
}

/// What every answer tells browsers: keep nothing, guess nothing, run nothing, be in no frame.
pub(super) async fn harden(mut answer: Response) -> Response {
    let usual = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ];
    for (name, value) in usual {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().entry(name).or_insert(value);
    }
    answer
}

/// The name of the session's cookie. The prefix binds it to this host and to TLS (RFC 6265bis §4.1.3).
pub(super) fn session_cookie(secure: bool) -> &'static str {
    match secure {
        true => "__Host-cordboard",
        false => "cordboard",
    }
}

/// The value of a cookie; `None` where it comes twice with different values.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    let mut values = pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a request may change something although a cookie alone proves who asks: browsers say
/// where it comes from, by Sec-Fetch-Site or Origin; what says neither is no browser of today.
pub(super) fn is_of_ours(method: &Method, headers: &HeaderMap) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) && !is_upgrade(headers) {
        return true;
    }
    let of = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.as_bytes())
    };
    match (of("sec-fetch-site"), of("origin")) {
        (Some(site), _) => site == b"same-origin" || site == b"none",
        (None, Some(origin)) => {
            let host = of("host").unwrap_or_default();
            let rest = [b"http://".as_slice(), b"https://"]
                .iter()
                .find_map(|scheme| origin.strip_prefix(*scheme));
            rest.is_some_and(|rest| !host.is_empty() && rest.eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    }
}

/// A WebSocket begins with a GET that any page may send.
fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
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

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        let each = of.iter().map(|(name, value)| {
            let value = value.parse().expect("a value");
            (header::HeaderName::from_static(name), value)
        });
        each.collect()
    }

    fn nearby(peer: &str, of: &[(&'static str, &str)]) -> bool {
        is_nearby(peer.parse().expect("an address"), &headers(of))
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

    #[test]
    fn a_page_of_another_site_changes_nothing() {
        let host = ("host", "pbx.example:8080");
        let post = |of: &[(&'static str, &str)]| is_of_ours(&Method::POST, &headers(of));
        for (fine, origin) in [
            (true, "http://pbx.example:8080"),
            (true, "https://PBX.example:8080"),
            (false, "http://pbx.example"),
            (false, "http://evil.example"),
            (false, "http://pbx.example:8080.evil.example"),
            (false, "null"),
            (false, "file://pbx.example:8080"),
        ] {
            assert_eq!(post(&[host, ("origin", origin)]), fine, "{origin}");
        }
        for (fine, site) in [
            (true, "same-origin"),
            (true, "none"),
            (false, "same-site"),
            (false, "cross-site"),
            (false, ""),
        ] {
            assert_eq!(post(&[host, ("sec-fetch-site", site)]), fine, "{site}");
        }
        assert!(post(&[host]), "no browser");
        assert!(!post(&[("origin", "http://")]), "no host");
    }

    #[test]
    fn a_page_of_another_site_may_look_but_opens_no_websocket() {
        let evil = ("origin", "http://evil.example");
        let get = |of: &[(&'static str, &str)]| is_of_ours(&Method::GET, &headers(of));
        assert!(get(&[("host", "x"), evil]));
        assert!(!get(&[("host", "x"), evil, ("upgrade", "websocket")]));
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        let twice = |other: &str| {
            let both = format!("a=b; cordboard=one; cordboard={other}");
            cookie(&headers(&[("cookie", &both)]), "cordboard").map(str::to_owned)
        };
        assert_eq!(twice("one").as_deref(), Some("one"));
        assert_eq!(twice("two"), None);
    }
}

//! `/api/v1/session`: log in, who am I, log out, another password.

use super::{SESSION, hash, of_user, password, token};
use crate::api::body::{Fields, Json};
use crate::api::guard::{cookie, session_cookie};
use crate::api::noting::Told;
use crate::api::problem::Problem;
use crate::api::serve::Peer;
use crate::api::who::Caller;
use crate::api::{Site, answer};
use crate::id::UserId;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Longer names are no user's.
pub(super) const NAME: std::ops::RangeInclusive<usize> = 1..=64;

/// Checks name and password, and gives a session as a cookie. Who it is not is told in the same
/// words, and after the same work, whether the name is known or not.
pub(in crate::api) async fn log_in(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["name", "password"]);
    let (name, given) = (fields.text("name", NAME), fields.text("password", 1..=128));
    fields.done()?;
    let (name, given) = (name.unwrap_or_default(), given.unwrap_or_default());
    let people = &site.people;
    let source = peer.address.ip();
    people
        .limit
        .begin(Instant::now(), source)
        .map_err(|wait| too_many().after(wait))?;
    let wanted = name.clone();
    let user = people.ask(move |store| store.user_named(&wanted)).await?;
    let user = user.filter(|user| !user.disabled);
    let kept = user.as_ref().map(|user| user.password.clone());
    let fits = people.hashing.fits(given, kept).await?;
    let Some(user) = user.filter(|_| fits) else {
        tracing::warn!(%source, "a log-in failed");
        let what = "Name or password is wrong.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, what));
    };
    people.limit.succeeded(source);
    tracing::info!(user = user.name, %source, "logged in");
    let cookie = begin(&site, user.id, peer).await?;
    let body = answer(&of(&of_user(&user)));
    Ok((cookie, Told::by(user.name), body).into_response())
}

/// Who asks.
pub(in crate::api) async fn who_am_i(caller: Caller) -> Response {
    answer(&of(&caller))
}

/// Ends the session.
pub(in crate::api) async fn log_out(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(session) = cookie(&headers, session_cookie(peer.secure)) {
        let hash = hash(session);
        site.people
            .change(move |store| store.end_session(&hash))
            .await?;
    }
    let gone = set_cookie("", 0, peer.secure)?;
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// Changes the own password. Other sessions of the user end.
pub(in crate::api) async fn change_password(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["old", "new"]);
    let (old, new) = (
        fields.text("old", 1..=128),
        fields.text("new", password::LENGTH),
    );
    fields.done()?;
    let Caller::User { id, .. } = caller else {
        let what = "A key has no password.";
        return Err(Problem::new(StatusCode::FORBIDDEN, what));
    };
    let people = &site.people;
    let source = peer.address.ip();
    people
        .limit
        .begin(Instant::now(), source)
        .map_err(|wait| too_many().after(wait))?;
    let user = people.ask(move |store| store.user(id)).await?;
    let mut user = user.ok_or_else(|| Problem::missing("user"))?;
    let kept = Some(user.password.clone());
    if !people.hashing.fits(old.unwrap_or_default(), kept).await? {
        return Err(Problem::field("old", "is not your password"));
    }
    people.limit.succeeded(source);
    user.password = people.hashing.hash(new.unwrap_or_default()).await?;
    people.change(move |store| store.change_user(user)).await?;
    let cookie = begin(&site, id, peer).await?;
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// A new session, as the header that gives it to a browser.
pub(super) async fn begin(
    site: &Site,
    user: UserId,
    peer: Peer,
) -> Result<[(header::HeaderName, HeaderValue); 1], Problem> {
    let token = token()?;
    let (hash, now) = (hash(&token), Timestamp::now());
    let ends = now.checked_add(SESSION).unwrap_or(now);
    site.people
        .ask(move |store| store.begin_session(&hash, user, ends))
        .await?;
    set_cookie(&token, SESSION.as_secs(), peer.secure)
}

fn set_cookie(
    value: &str,
    seconds: i64,
    secure: bool,
) -> Result<[(header::HeaderName, HeaderValue); 1], Problem> {
    let name = session_cookie(secure);
    let over_tls = if secure { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{over_tls}");
    let value = HeaderValue::try_from(text);
    let value = value.map_err(|_| Problem::unavailable("No session can be made."))?;
    Ok([(header::SET_COOKIE, value)])
}

fn too_many() -> Problem {
    let what = "Too many tries from your address: wait a while.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, what)
}

/// Who somebody is, as a document.
fn of(caller: &Caller) -> Value {
    match caller {
        Caller::Nobody => json!({ "kind": "nobody" }),
        Caller::User {
            id,
            name,
            role,
            agent,
            teams,
        } => json!({
            "kind": "user", "id": id, "name": name, "role": role, "agent": agent, "teams": teams,
        }),
        Caller::Key { name, scopes } => json!({ "kind": "key", "name": name, "scopes": scopes }),
    }
}

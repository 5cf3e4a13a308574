//! `/api/v1/keys`: what programs prove themselves with.

use super::{KEY_MARK, hash, scopes, token};
use crate::api::body::{Fields, Json};
use crate::api::noting::Told;
use crate::api::part::Word;
use crate::api::problem::{Fault, Problem};
use crate::api::who::{Caller, Scope};
use crate::api::{Site, answer};
use crate::store::ApiKey;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

pub(in crate::api) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let keys = site.people.ask(|store| store.keys()).await?;
    let valid = keys.iter().filter(|key| key.revoked.is_none());
    let keys: Vec<Value> = valid.map(shown).collect();
    Ok(answer(&keys))
}

/// Makes a key. It is told this once, and never again.
pub(in crate::api) async fn add(
    State(site): State<Arc<Site>>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["name", "scopes"]);
    let names = Scope::ALL.map(Scope::name);
    let name = fields.text("name", 1..=64).unwrap_or_default();
    let scopes = fields.words("scopes", Scope::parse, &names);
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        let _: Option<()> = fields.wrong("name", "may have letters, digits, and - _ . alone");
    }
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        let _: Option<()> = fields.wrong("scopes", "must have at least one");
    }
    fields.done()?;
    let token = format!("{KEY_MARK}{}", token()?);
    let scopes = scopes.unwrap_or_default().into_iter();
    let scopes: Vec<String> = scopes.map(|scope| scope.name().to_owned()).collect();
    let key = ApiKey {
        name,
        hash: hash(&token),
        scopes,
        created: Timestamp::now(),
        used: None,
        revoked: None,
    };
    let new = key.clone();
    let added = site
        .people
        .ask(move |store| store.add_key(&new.name, &new.hash, &new.scopes));
    if !added.await? {
        let what = format!("There is a key {:?} already, or was one.", key.name);
        let fault = Fault::new("name", "choose another one");
        return Err(Problem::new(StatusCode::CONFLICT, what).with(vec![fault]));
    }
    tracing::info!(key = key.name, by = caller.signature(), "a key was made");
    let mut body = shown(&key);
    body["key"] = token.into();
    Ok((StatusCode::CREATED, Told::of(key.name), answer(&body)).into_response())
}

/// From now on nobody is believed who has it.
pub(in crate::api) async fn revoke(
    State(site): State<Arc<Site>>,
    Word(name): Word,
    caller: Caller,
) -> Result<Response, Problem> {
    let wanted = name.clone();
    match site
        .people
        .change(move |store| store.revoke_key(&wanted))
        .await?
    {
        true => {
            tracing::info!(key = name, by = caller.signature(), "a key was revoked");
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        false => Err(Problem::missing("key")),
    }
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "scopes": scopes(key),
        "created": key.created,
        "used": key.used,
    })
}

//! The endpoints of the settings.

use super::convert::{self, shown, shown_all};
use super::references;
use super::sections::{Section, Shape};
use super::{Draft, wrong};
use crate::api::body::{Document, is_kind};
use crate::api::part::Query;
use crate::api::problem::{Fault, Problem};
use crate::api::who::Caller;
use crate::api::{Site, answer};
use crate::config::document::{self, Secrets};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use toml::{Table, Value};

const TOML: &str = "application/toml";

/// Everything, as JSON, or as TOML where that is asked for.
pub(in crate::api) async fn everything(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
) -> Response {
    let (now, table) = site.settings.now();
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let body = match accept.is_some_and(|accept| accept.contains(TOML)) {
        true => ([(header::CONTENT_TYPE, TOML)], table.to_string()).into_response(),
        false => answer(&shown_all(&table)),
    };
    (etag(now), body).into_response()
}

/// Replaces everything. The revision that it replaces has to be named.
pub(in crate::api) async fn replace_everything(
    State(site): State<Arc<Site>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let expected = if_match(request.headers())?;
    if expected.is_none() {
        let mend =
            "Say which revision this replaces: If-Match with the ETag of what you have read.";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, mend));
    }
    let table = document(request).await?;
    let edit = move |draft: &mut Draft| {
        draft.table = table;
        Ok(())
    };
    site.settings.change(&caller, expected, edit).await?;
    let (now, table) = site.settings.now();
    Ok((etag(now), answer(&shown_all(&table))).into_response())
}

/// What would change if everything were replaced, field by field.
pub(in crate::api) async fn compare(
    State(site): State<Arc<Site>>,
    request: Request,
) -> Result<Response, Problem> {
    let table = document(request).await?;
    let steward = Arc::clone(&site.settings.steward);
    let compared = tokio::task::spawn_blocking(move || {
        let (revision, before) = steward.account();
        let after = steward.check(table).map_err(|all| wrong(&all, None))?;
        let written = |account| {
            let table = document::write(account, Path::new(""), Secrets::Hidden);
            Value::Table(table)
        };
        let mut changes = vec![];
        difference(&written(&before), &written(&after), "", &mut changes);
        Ok(answer(&json!({ "revision": revision, "changes": changes })))
    });
    compared
        .await
        .map_err(|_| Problem::unavailable("The comparison was cut short."))?
}

/// The revisions that are kept, the newest first.
pub(in crate::api) async fn history(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let all = site.ask(|store| store.settings_history()).await?;
    let all = all.iter().map(
        |revision| json!({ "revision": revision.number, "by": revision.by, "at": revision.at }),
    );
    Ok(answer(&all.collect::<Vec<_>>()))
}

/// A section: one table, or the list.
pub(in crate::api) fn read(site: Arc<Site>, section: Section) -> Response {
    let (now, table) = site.settings.now();
    let empty = match section.shape {
        Shape::One => Value::Table(Table::new()),
        Shape::Named(_) | Shape::Ordered => Value::Array(vec![]),
    };
    let value = table.get(section.key).unwrap_or(&empty);
    (etag(now), answer(&shown(section.key, value))).into_response()
}

/// Replaces a section: one table, or a list whose order counts.
pub(in crate::api) async fn replace(
    site: Arc<Site>,
    section: Section,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let expected = if_match(request.headers())?;
    let Document(body) = Document::from_request(request, &()).await?;
    let value = match section.shape {
        Shape::One => Value::Table(convert::table(body)?),
        Shape::Named(_) | Shape::Ordered => {
            let mut whole = convert::table(json!({ section.key: body }))?;
            whole.remove(section.key).unwrap_or(Value::Array(vec![]))
        }
    };
    let edit = move |draft: &mut Draft| {
        draft.place = Some(section.key.to_owned());
        draft.table.insert(section.key.to_owned(), value);
        Ok(())
    };
    site.settings.change(&caller, expected, edit).await?;
    Ok(read(site, section))
}

/// One object.
pub(in crate::api) fn read_one(
    site: Arc<Site>,
    section: Section,
    id: u32,
) -> Result<Response, Problem> {
    let (now, table) = site.settings.now();
    let at = position(&table, section, id)?;
    Ok((etag(now), answer(&at_position(&table, section, at))).into_response())
}

/// A new object; in a list whose order counts, at a place of it: before others, or else the last.
pub(in crate::api) async fn add(
    site: Arc<Site>,
    section: Section,
    caller: Caller,
    mut query: Query,
    request: Request,
) -> Result<Response, Problem> {
    let before: Option<usize> = match section.shape {
        Shape::Ordered => query.value("at", "a place in the list, from 0"),
        Shape::Named(_) | Shape::One => None,
    };
    query.done()?;
    let expected = if_match(request.headers())?;
    let Document(body) = Document::from_request(request, &()).await?;
    let mut object = convert::table(body)?;
    let edit = move |draft: &mut Draft| {
        let list = list(&mut draft.table, section);
        let at = before.unwrap_or(list.len()).min(list.len());
        let id = match section.shape {
            Shape::Named(_) if object.contains_key("id") => {
                return Err(Problem::field("id", "is given by the server: leave it out"));
            }
            Shape::Named(_) => {
                let ids = list.iter().filter_map(|each| each.get("id")?.as_integer());
                let id = ids.max().unwrap_or(0) + 1;
                object.insert("id".into(), id.into());
                u32::try_from(id).unwrap_or(u32::MAX)
            }
            Shape::Ordered | Shape::One => u32::try_from(at).unwrap_or(u32::MAX),
        };
        list.insert(at, object.into());
        draft.place = Some(format!("{}[{at}]", section.key));
        Ok(id)
    };
    let (id, _) = site.settings.change(&caller, expected, edit).await?;
    let (now, table) = site.settings.now();
    let at = position(&table, section, id)?;
    let place = [(header::LOCATION, format!("{}/{id}", section.path))];
    let body = answer(&at_position(&table, section, at));
    Ok((StatusCode::CREATED, place, etag(now), body).into_response())
}

/// Replaces an object. Whoever refers to it by its name follows a new one.
pub(in crate::api) async fn replace_one(
    site: Arc<Site>,
    section: Section,
    id: u32,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let expected = if_match(request.headers())?;
    let Document(body) = Document::from_request(request, &()).await?;
    let mut object = convert::table(body)?;
    let edit = move |draft: &mut Draft| {
        let at = position(&draft.table, section, id)?;
        if let Shape::Named(by) = section.shape {
            let said = object.entry("id").or_insert_with(|| i64::from(id).into());
            if said.as_integer() != Some(i64::from(id)) {
                let mend = format!("is {id}, as the address says: it cannot be changed");
                return Err(Problem::field("id", mend));
            }
            let old = list(&mut draft.table, section)[at].get(by).cloned();
            if let (Some(old), Some(new)) = (old, object.get(by))
                && let (Some(old), Some(new)) = (old.as_str(), new.as_str())
            {
                references::rename(&mut draft.table, section.key, old, new);
                // Its own references to itself, too: they came with the old name.
                let mut own = Table::new();
                own.insert(
                    section.key.into(),
                    Value::Array(vec![object.clone().into()]),
                );
                references::rename(&mut own, section.key, old, new);
                let renamed = own.remove(section.key);
                let renamed =
                    renamed.and_then(|list| list.as_array()?.first()?.as_table().cloned());
                object = renamed.unwrap_or(object);
            }
        }
        list(&mut draft.table, section)[at] = object.into();
        draft.place = Some(format!("{}[{at}]", section.key));
        Ok(())
    };
    site.settings.change(&caller, expected, edit).await?;
    read_one(site, section, id)
}

/// Deletes an object; never one that others refer to (R155).
pub(in crate::api) async fn remove(
    site: Arc<Site>,
    section: Section,
    id: u32,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let expected = if_match(&headers)?;
    let edit = move |draft: &mut Draft| {
        let at = position(&draft.table, section, id)?;
        if let Shape::Named(by) = section.shape {
            let name = list(&mut draft.table, section)[at].get(by).cloned();
            let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
            let mut users = references::uses(&draft.table, section.key, name);
            let own = format!("{}[{at}].", section.key);
            users.retain(|(field, _)| !field.starts_with(&own));
            if !users.is_empty() {
                return Err(in_use(section, users));
            }
        }
        list(&mut draft.table, section).remove(at);
        Ok(())
    };
    let ((), now) = site.settings.change(&caller, expected, edit).await?;
    Ok((StatusCode::NO_CONTENT, etag(now)).into_response())
}

fn in_use(section: Section, users: Vec<(String, String)>) -> Problem {
    let faults = users.into_iter().map(|(field, whose)| {
        Fault::new(
            field,
            format!("{whose} uses it: let it use another one first"),
        )
    });
    let what = format!(
        "This is in use: {} that others refer to stay.",
        section.about
    );
    Problem::new(StatusCode::CONFLICT, what).with(faults.collect())
}

/// A document in the body: JSON or TOML.
async fn document(request: Request) -> Result<Table, Problem> {
    if !is_kind(request.headers(), TOML) {
        let Document(body) = Document::from_request(request, &()).await?;
        return convert::table(body);
    }
    let bytes = crate::api::body::bytes(request.into_body(), crate::api::body::LARGE).await?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "This is no UTF-8."))?;
    text.parse().map_err(|why: toml::de::Error| {
        // The message alone: the line itself may hold a password.
        let start = why.span().map_or(0, |span| span.start);
        let line = text
            .bytes()
            .take(start)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1;
        let what = format!("The body is no TOML at line {line}: {}", why.message());
        Problem::new(StatusCode::BAD_REQUEST, what)
    })
}

/// The revision that a request is for; `None`: whichever is in force.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(said) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let said = said.to_str().unwrap_or_default().trim();
    if said == "*" {
        return Ok(None);
    }
    let number = said
        .strip_prefix('"')
        .and_then(|said| said.strip_suffix('"'));
    let number = number.and_then(|number| number.parse().ok());
    let mend = "If-Match is none of our ETags: give one as it came.";
    number
        .map(Some)
        .ok_or_else(|| Problem::new(StatusCode::PRECONDITION_FAILED, mend))
}

pub(super) fn etag(revision: u64) -> [(header::HeaderName, HeaderValue); 1] {
    let tag = HeaderValue::try_from(format!("\"{revision}\""));
    [(
        header::ETAG,
        tag.unwrap_or(HeaderValue::from_static("\"0\"")),
    )]
}

fn list(table: &mut Table, section: Section) -> &mut Vec<Value> {
    let empty = || Value::Array(vec![]);
    let value = table.entry(section.key).or_insert_with(empty);
    if !value.is_array() {
        *value = empty();
    }
    match value {
        Value::Array(list) => list,
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Table(_) => unreachable!("made a list in the line before"),
    }
}

fn position(table: &Table, section: Section, id: u32) -> Result<usize, Problem> {
    let list = table.get(section.key).and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let found = match section.shape {
        Shape::Named(_) => list
            .iter()
            .position(|each| each.get("id").and_then(Value::as_integer) == Some(i64::from(id))),
        Shape::Ordered | Shape::One => usize::try_from(id).ok().filter(|at| *at < list.len()),
    };
    found.ok_or_else(|| Problem::missing("object"))
}

fn at_position(table: &Table, section: Section, at: usize) -> Json {
    let list = table.get(section.key).and_then(Value::as_array);
    let object = list.and_then(|list| list.get(at));
    object.map_or(Json::Null, |object| shown(section.key, object))
}

/// Every field that differs: what it was, and what it would be.
fn difference(before: &Value, after: &Value, path: &str, into: &mut Vec<Json>) {
    if before == after {
        return;
    }
    let at = |key: &str| match path.is_empty() {
        true => key.to_owned(),
        false => format!("{path}.{key}"),
    };
    let (nothing, change) = (
        Json::Null,
        |path: String, before: Json, after: Json| json!({ "field": path, "before": before, "after": after }),
    );
    match (before, after) {
        (Value::Table(before), Value::Table(after)) => {
            for (key, value) in before {
                match after.get(key) {
                    Some(other) => difference(value, other, &at(key), into),
                    None => into.push(change(at(key), convert::json(value), nothing.clone())),
                }
            }
            for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                into.push(change(at(key), nothing.clone(), convert::json(value)));
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                let place = format!("{path}[{index}]");
                match (before.get(index), after.get(index)) {
                    (Some(before), Some(after)) => difference(before, after, &place, into),
                    (Some(before), None) => {
                        into.push(change(place, convert::json(before), nothing.clone()))
                    }
                    (None, Some(after)) => {
                        into.push(change(place, nothing.clone(), convert::json(after)))
                    }
                    (None, None) => {}
                }
            }
        }
        (before, after) => {
            into.push(change(
                path.to_owned(),
                convert::json(before),
                convert::json(after),
            ));
        }
    }
}

//! Revisions of the settings, looked at and put in force again.

use super::Draft;
use super::convert::shown_all;
use super::pages::{etag, if_match};
use crate::api::part::Large;
use crate::api::problem::Problem;
use crate::api::who::Caller;
use crate::api::{Site, answer};
use crate::settings::Account;
use crate::store::Revision;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use toml::{Table, Value};

/// What was set in a revision, without passwords.
pub(in crate::api) async fn revision(
    State(site): State<Arc<Site>>,
    Large(number): Large,
) -> Result<Response, Problem> {
    let mut table = document(&known(&site, number).await?)?;
    forget_passwords(&mut table, |_, _| true);
    Ok(answer(&shown_all(&table)))
}

/// Sets everything as it was in a revision, which makes a new one. Passwords stay as they are, but for
/// those whom there is not any more: theirs come back with them.
pub(in crate::api) async fn restore(
    State(site): State<Arc<Site>>,
    Large(number): Large,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let expected = if_match(&headers)?;
    let mut table = document(&known(&site, number).await?)?;
    let account = site.settings.account();
    forget_passwords(&mut table, |section, id| is_there(&account, section, id));
    let edit = move |draft: &mut Draft| {
        draft.table = table;
        Ok(())
    };
    site.settings.change(&caller, expected, edit).await?;
    let (now, table) = site.settings.now();
    Ok((etag(now), answer(&shown_all(&table))).into_response())
}

async fn known(site: &Site, number: u64) -> Result<Revision, Problem> {
    let found = site.ask(move |store| store.settings_at(number)).await?;
    found.ok_or_else(|| Problem::missing("revision: the last 200 are kept"))
}

fn document(revision: &Revision) -> Result<Table, Problem> {
    let table = revision.document.parse();
    table.map_err(|_| Problem::unavailable("The revision cannot be read."))
}

fn forget_passwords(table: &mut Table, of: impl Fn(&str, i64) -> bool) {
    for section in ["agent", "trunk"] {
        let list = table.get_mut(section).and_then(Value::as_array_mut);
        for entry in list.into_iter().flatten().filter_map(Value::as_table_mut) {
            let id = entry.get("id").and_then(Value::as_integer);
            if id.is_none_or(|id| of(section, id)) {
                entry.remove("password");
            }
        }
    }
}

fn is_there(account: &Account, section: &str, id: i64) -> bool {
    let mut agents = account.agents.iter().map(|agent| agent.id.0);
    let mut trunks = account.trunks.iter().map(|trunk| trunk.id.0);
    match section {
        "agent" => agents.any(|known| i64::from(known) == id),
        _ => trunks.any(|known| i64::from(known) == id),
    }
}

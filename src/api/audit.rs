//! `/api/v1/audit`: who looked at, heard, deleted or changed what; and whether the log is whole.

use super::part::Query;
use super::problem::Problem;
use super::{Site, answer};
use crate::store::{Audit, Checked};
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// Records of one page.
const PAGE: u32 = 100;

/// The latest records, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=1_000).contains(limit))
    });
    let before = query.value("before", "the number of a record");
    query.done()?;
    let limit = limit.unwrap_or(PAGE);
    let found = site.ask(move |store| store.audits(before, limit)).await?;
    let found: Vec<Value> = found.iter().map(shown).collect();
    Ok(answer(&found))
}

/// Goes through the whole chain.
pub(super) async fn check(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let checked = site.ask(crate::store::Store::check_audit).await?;
    Ok(answer(&match checked {
        Checked::Whole {
            records,
            head,
            hash,
        } => json!({ "whole": true, "records": records, "head": head, "hash": hash }),
        Checked::Broken { seq, why } => json!({ "whole": false, "first": seq, "why": why }),
    }))
}

fn shown(record: &Audit) -> Value {
    json!({
        "seq": record.seq,
        "at": record.at,
        "who": record.who,
        "action": record.action,
        "subject": record.subject,
        "detail": record.detail,
        "hash": record.hash,
    })
}

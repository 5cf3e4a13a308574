//! `/api/v1/audit`: who looked at, heard, deleted or changed what; and whether the log is whole.

use super::part::Query;
use super::problem::Problem;
use super::{Site, answer};
use crate::store::{Audit, AuditFilter, Checked};
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// Records of one page.
const PAGE: u32 = 100;
const INSTANT: &str = "an instant: 2026-03-01T08:00:00Z";

/// The latest records that fit every filter, the newest first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=1_000).contains(limit))
    });
    let filter = AuditFilter {
        before: query.value("before", "the number of a record"),
        from: query.value("from", INSTANT),
        until: query.value("until", INSTANT),
        who: query.value("who", "the name of a user or of a key"),
        action: query.value(
            "action",
            "what was done: recording.heard, or recording for all of them",
        ),
        subject: query.value("subject", "an id"),
    };
    query.done()?;
    let limit = limit.unwrap_or(PAGE);
    let found = site
        .ask(move |store| store.find_audits(&filter, limit))
        .await?;
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

//! What agents say of themselves, and whose the conversation with which customer is: for the next start.

use super::Store;
use super::link::{Kind, Link, Row, Table};
use crate::acd::Status;
use crate::id::{AgentId, TrunkId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Owners that are kept at most: as many as the switch remembers.
const MOST: u32 = 100_000;

/// Whose a conversation is, on a trunk where conversations stay with their agents (R60).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub trunk: TrunkId,
    /// The customer's number.
    pub customer: String,
    /// `None`: the conversation is closed.
    pub agent: Option<AgentId>,
    /// Since then.
    pub since: Timestamp,
}

const STATUSES: Table = Table {
    name: "agent_statuses",
    columns: &[("agent", Kind::Int), ("status", Kind::Text)],
    conflict: "ON CONFLICT (agent) DO UPDATE SET status = excluded.status",
};

const OWNERS: Table = Table {
    name: "owners",
    columns: &[
        ("trunk", Kind::Int),
        ("customer", Kind::Text),
        ("agent", Kind::Int),
        ("since_us", Kind::Int),
    ],
    conflict: "ON CONFLICT (trunk, customer) DO UPDATE SET agent = excluded.agent, since_us = excluded.since_us",
};

impl Store {
    /// What each agent has said last of themselves. What was written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn agent_statuses(&self) -> anyhow::Result<Vec<(AgentId, Status)>> {
        self.with_all(async move |db| {
            let rows = db
                .link
                .rows("SELECT * FROM agent_statuses ORDER BY agent", &[])
                .await?;
            rows.iter().map(status).collect()
        })
    }

    /// Whose the latest conversations are, the oldest first; what is too old is forgotten. What was
    /// written before is known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn owners(&self) -> anyhow::Result<Vec<Owner>> {
        self.with_all(async move |db| {
            let old = "DELETE FROM owners WHERE agent IS NULL OR since_us < (
                 SELECT since_us FROM owners ORDER BY since_us DESC LIMIT 1 OFFSET $1)";
            db.link.execute(old, &[MOST.into()]).await?;
            let sql = "SELECT * FROM owners ORDER BY since_us, trunk, customer";
            let rows = db.link.rows(sql, &[]).await?;
            rows.iter().map(owner).collect()
        })
    }
}

pub(super) async fn put_statuses(
    link: &mut Link,
    statuses: BTreeMap<AgentId, Status>,
) -> anyhow::Result<()> {
    let rows = statuses.into_iter();
    let rows = rows.map(|(agent, status)| json!([agent, json!(status).to_string()]));
    link.insert(&STATUSES, rows.collect()).await?;
    Ok(())
}

pub(super) async fn put_owners(link: &mut Link, owners: &[&Owner]) -> anyhow::Result<()> {
    // Of each conversation what was said last: no row may come twice in one statement.
    let last = owners
        .iter()
        .map(|owner| ((owner.trunk, &owner.customer), owner));
    let last: BTreeMap<_, _> = last.collect();
    let rows = last.into_values().map(|owner| {
        let since = owner.since.as_microsecond();
        json!([owner.trunk, owner.customer, owner.agent, since])
    });
    link.insert(&OWNERS, rows.collect()).await?;
    Ok(())
}

fn status(row: &Row) -> anyhow::Result<(AgentId, Status)> {
    let status = row.text("status")?;
    let status = serde_json::from_str(&status).context("the status of an agent")?;
    Ok((AgentId(row.small("agent")?), status))
}

fn owner(row: &Row) -> anyhow::Result<Owner> {
    Ok(Owner {
        trunk: TrunkId(row.small("trunk")?),
        customer: row.text("customer")?,
        agent: row.maybe_small("agent")?.map(AgentId),
        since: row.moment("since_us")?,
    })
}

//! Call links: for how long each is good, and that a one-time link is good for one call alone (R6, R15).

use super::Store;
use super::condition::Condition;
use super::database::Database;
use super::link::{Link, Row};
use super::rows::{unword, word};
use super::within::Within;
use crate::call::link::NotRedeemed;
use crate::id::{AgentId, CallLinkConfigId, LinkId};
use crate::settings::LinkType;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

/// Links there may be; those that are good for nothing any more are forgotten after [`OLDEST`].
const MOST: u64 = 100_000;

/// How long a link is kept that is good for nothing any more.
const OLDEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A call link. Who has it is known by its token, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLink {
    /// Which.
    pub id: LinkId,
    /// What it is for, and for how long it is good.
    pub terms: LinkTerms,
    /// Calls that began by it.
    pub used: u64,
    /// When the last one began.
    pub last_used: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// Since when it exists.
    pub created: Timestamp,
}

/// What a link is for, and for how long it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTerms {
    /// What it leads to; `None`: whichever configuration is selected when it is used.
    pub configuration: Option<CallLinkConfigId>,
    /// Who shared it.
    pub agent: Option<AgentId>,
    /// How often it is good.
    pub kind: LinkType,
    /// From when, inclusive (R14).
    pub from: Option<Timestamp>,
    /// Until when, exclusive (R14).
    pub until: Option<Timestamp>,
    /// Who made it.
    pub by: String,
}

impl CallLink {
    /// Whether a call may begin by it now; else why not.
    ///
    /// # Errors
    /// The first reason of: taken back, used, over, not yet.
    pub fn check(&self, now: Timestamp) -> Result<(), NotRedeemed> {
        let terms = &self.terms;
        if self.revoked.is_some() {
            return Err(NotRedeemed::Revoked);
        }
        if terms.kind == LinkType::OneTime && self.used > 0 {
            return Err(NotRedeemed::Used);
        }
        if terms.until.is_some_and(|until| until <= now) {
            return Err(NotRedeemed::Expired);
        }
        if terms.from.is_some_and(|from| now < from) {
            return Err(NotRedeemed::NotYet);
        }
        Ok(())
    }
}

impl Store {
    /// Makes a link whose token has this hash; `None` if there are too many. Waits for up to five
    /// seconds, as all below but [`Store::redeem_link`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn add_link(
        &self,
        hash: [u8; 32],
        terms: LinkTerms,
        now: Timestamp,
    ) -> anyhow::Result<Option<CallLink>> {
        self.with(async move |db| {
            let step = async |link: &mut Link| insert(link, hash, terms, now).await;
            db.link.atomically(step).await
        })
    }

    /// Links, the newest first, at most `limit`: of an agent, or of all; with ids below `before`; of what
    /// somebody sees.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn links(
        &self,
        agent: Option<AgentId>,
        before: Option<LinkId>,
        within: Option<&Within>,
        limit: u32,
    ) -> anyhow::Result<Vec<CallLink>> {
        let mut all = Condition::default();
        all.and("id < ?", before.map(|id| id.0));
        all.and("agent = ?", agent.map(|agent| agent.0));
        if let Some(within) = within {
            within.links(&mut all);
        }
        let limit = all.places([limit].into_iter());
        let (condition, values) = all.clause();
        let sql = format!("SELECT * FROM call_links {condition} ORDER BY id DESC LIMIT {limit}");
        self.with(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(call_link).collect()
        })
    }

    /// A link by its id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn link(&self, id: LinkId) -> anyhow::Result<Option<CallLink>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM call_links WHERE id = $1";
            let row = db.link.row(sql, &[id.0.into()]).await?;
            row.as_ref().map(call_link).transpose()
        })
    }

    /// The link whose token has this hash. Nothing is used up by it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn link_of(&self, hash: [u8; 32]) -> anyhow::Result<Option<CallLink>> {
        self.with(async move |db| find(&mut db.link, hash).await)
    }

    /// Takes a link back; false if there is none. Taken back once, it stays so.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn revoke_link(&self, id: LinkId, now: Timestamp) -> anyhow::Result<bool> {
        self.with(async move |db| {
            let sql = "UPDATE call_links SET revoked_us = COALESCE(revoked_us, $2) WHERE id = $1";
            let values = [id.0.into(), now.into()];
            Ok(db.link.execute(sql, &values).await? > 0)
        })
    }

    /// A call begins by the link whose token has this hash, if it is good for one now; of two at once
    /// that want the last, one gets it. `pass` says what the link is good for; where it is for nothing,
    /// no call is taken from it. Nobody waits: `then` is told, on the store's thread, or here where the
    /// store has no room.
    pub fn redeem_link<T: Send + 'static>(
        &self,
        hash: [u8; 32],
        now: Timestamp,
        pass: impl FnOnce(&CallLink) -> Option<T> + Send + 'static,
        then: impl FnOnce(Result<T, NotRedeemed>) + Send + 'static,
    ) {
        let redeem = async move |db: &mut Database| {
            let step = async |link: &mut Link| redeem(link, hash, now, pass).await;
            db.link.atomically(step).await
        };
        self.later(redeem, move |redeemed: anyhow::Result<_>| {
            let redeemed = redeemed.unwrap_or_else(|error| {
                tracing::error!(
                    error = format!("{error:#}"),
                    "a call link cannot be redeemed"
                );
                Err(NotRedeemed::Unavailable)
            });
            then(redeemed);
        });
    }
}

impl Store {
    /// What [`Store::redeem_link`] would come to, and nothing is used up. Never waits, as that.
    pub fn look_at_link<T: Send + 'static>(
        &self,
        hash: [u8; 32],
        now: Timestamp,
        pass: impl FnOnce(&CallLink) -> Option<T> + Send + 'static,
        then: impl FnOnce(Result<T, NotRedeemed>) + Send + 'static,
    ) {
        let look = async move |db: &mut Database| {
            let Some(found) = find(&mut db.link, hash).await? else {
                return Ok(Err(NotRedeemed::Unknown));
            };
            let fine = found.check(now);
            Ok(fine.and_then(|()| pass(&found).ok_or(NotRedeemed::Unavailable)))
        };
        self.later(look, move |looked: anyhow::Result<_>| {
            then(looked.unwrap_or(Err(NotRedeemed::Unavailable)));
        });
    }
}

async fn redeem<T>(
    link: &mut Link,
    hash: [u8; 32],
    now: Timestamp,
    pass: impl FnOnce(&CallLink) -> Option<T>,
) -> anyhow::Result<Result<T, NotRedeemed>> {
    let Some(found) = find(link, hash).await? else {
        return Ok(Err(NotRedeemed::Unknown));
    };
    if let Err(why) = found.check(now) {
        return Ok(Err(why));
    }
    let Some(pass) = pass(&found) else {
        return Ok(Err(NotRedeemed::Unavailable));
    };
    // What was read may be so no more: another process may have been faster.
    let sql = "UPDATE call_links SET used = used + 1, used_us = $2
         WHERE id = $1 AND revoked_us IS NULL AND (kind <> $3 OR used = 0)";
    let values = [
        found.id.0.into(),
        now.into(),
        word(&LinkType::OneTime).into(),
    ];
    Ok(match link.execute(sql, &values).await? {
        0 => Err(NotRedeemed::Used),
        _ => Ok(pass),
    })
}

async fn insert(
    link: &mut Link,
    hash: [u8; 32],
    terms: LinkTerms,
    now: Timestamp,
) -> anyhow::Result<Option<CallLink>> {
    let sql = "SELECT COALESCE(MAX(id), 0) AS id, COUNT(*) AS many FROM call_links";
    let known = link.row(sql, &[]).await?.context("no answer")?;
    if known.count("many")? >= MOST {
        return Ok(None);
    }
    let id = LinkId(known.count("id")? + 1);
    let sql = "INSERT INTO call_links
         (id, hash, configuration, agent, kind, from_us, until_us, used, created_us, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)";
    let values = [
        id.0.into(),
        hex(hash).into(),
        terms.configuration.map(|id| id.0).into(),
        terms.agent.map(|id| id.0).into(),
        word(&terms.kind).into(),
        terms.from.into(),
        terms.until.into(),
        now.into(),
        terms.by.as_str().into(),
    ];
    link.execute(sql, &values).await?;
    Ok(Some(CallLink {
        id,
        terms,
        used: 0,
        last_used: None,
        revoked: None,
        created: now,
    }))
}

/// Forgets what has been good for nothing for long.
pub(super) async fn forget(db: &mut Database, now: Timestamp) -> anyhow::Result<()> {
    let oldest = now.checked_sub(OLDEST)?;
    let sql = "DELETE FROM call_links
         WHERE revoked_us < $1 OR until_us < $1 OR (kind = $2 AND used > 0 AND used_us < $1)";
    let values = [oldest.into(), word(&LinkType::OneTime).into()];
    db.link.execute(sql, &values).await?;
    Ok(())
}

async fn find(link: &mut Link, hash: [u8; 32]) -> anyhow::Result<Option<CallLink>> {
    let sql = "SELECT * FROM call_links WHERE hash = $1";
    let row = link.row(sql, &[hex(hash).into()]).await?;
    row.as_ref().map(call_link).transpose()
}

fn hex(hash: [u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn call_link(row: &Row) -> anyhow::Result<CallLink> {
    Ok(CallLink {
        id: LinkId(row.count("id")?),
        terms: LinkTerms {
            configuration: row.maybe_small("configuration")?.map(CallLinkConfigId),
            agent: row.maybe_small("agent")?.map(AgentId),
            kind: unword(row.text("kind")?)?,
            from: row.maybe_moment("from_us")?,
            until: row.maybe_moment("until_us")?,
            by: row.text("created_by")?,
        },
        used: row.count("used")?,
        last_used: row.maybe_moment("used_us")?,
        revoked: row.maybe_moment("revoked_us")?,
        created: row.moment("created_us")?,
    })
}

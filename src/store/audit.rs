//! The audit log: who looked at, heard, deleted or changed what, and when. Records are appended, and
//! each is chained to the one before it by its hash:
//!
//! ```text
//!   hash = SHA-256( previous hash ‖ number ‖ time ‖ who ‖ action ‖ subject ‖ detail )
//!          each field behind its length, so that no two records hash alike
//!
//!   anchor (what was forgotten in time) ◀── record ◀── record ◀── record: the head
//! ```
//!
//! A record that is altered, removed from the midst or put in fails [`Store::check_audit`], which names the
//! first. One who may write to the database can still make the whole chain anew, or cut off its end:
//! against that its head is told in the log of the process once a day.

use super::Store;
use super::condition::Condition;
use super::link::{Link, Row, Value};
use crate::call::supervise::Supervised;
use anyhow::Context as _;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Records checked at a time.
const PAGE: u32 = 5_000;

/// That the oldest records were forgotten: the last of them, and its hash.
const FORGOTTEN: &str = "audit.forgotten";

/// What the first record of all follows.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Who did it: the signature of a user or of a key.
    pub who: String,
    /// What was done: `recording.heard`.
    pub action: &'static str,
    /// To what: an id.
    pub subject: String,
    /// What has to be said besides, or nothing.
    pub detail: String,
}

/// Which records are wanted: all that fit each of what is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// With numbers below this one: where a list goes on.
    pub before: Option<u64>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// By this user or key: the whole signature, or the name alone.
    pub who: Option<String>,
    /// This was done, or something that begins so: `recording`.
    pub action: Option<String>,
    /// To this.
    pub subject: Option<String>,
}

/// A record of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Counts from 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What has to be said besides.
    pub detail: String,
    /// The hash of the record before.
    pub previous: String,
    /// The hash of this one.
    pub hash: String,
}

/// What a check of the audit log has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The chain is whole.
    Whole {
        /// So many records.
        records: u64,
        /// The number of the last one.
        head: u64,
        /// Its hash.
        hash: String,
    },
    /// It is not.
    Broken {
        /// The first record that does not fit.
        seq: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl Store {
    /// Appends a record; when it is said to be done, it is on the disk. Waits for up to five seconds, as
    /// all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn audit(&self, note: Noted) -> anyhow::Result<()> {
        self.with(async move |db| {
            let step = async |link: &mut Link| append(link, Timestamp::now(), note).await;
            db.link.atomically(step).await
        })
    }

    /// The latest records with numbers below `before`, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn audits(&self, before: Option<u64>, limit: u32) -> anyhow::Result<Vec<Audit>> {
        let filter = AuditFilter {
            before,
            ..AuditFilter::default()
        };
        self.find_audits(&filter, limit)
    }

    /// The latest records that fit, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn find_audits(&self, filter: &AuditFilter, limit: u32) -> anyhow::Result<Vec<Audit>> {
        let (condition, mut values) = condition(filter);
        values.push(limit.into());
        let sql = format!(
            "SELECT * FROM audit {condition} ORDER BY seq DESC LIMIT ${}",
            values.len()
        );
        self.with(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(audit).collect()
        })
    }

    /// Goes through the whole chain.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn check_audit(&self) -> anyhow::Result<Checked> {
        let (mut at, mut records, mut forgotten): (Option<Hold>, u64, _) = (None, 0, None);
        loop {
            // By pages: others are not kept waiting while it is read.
            let from = at.as_ref().map_or(0, |Hold(seq, _)| *seq);
            let (anchor, rows) = self.with(async move |db| page(&mut db.link, from).await)?;
            let Hold(mut seq, mut hash) = at.unwrap_or_else(|| anchor.clone());
            for row in &rows {
                if let Err(why) = row.fits(seq, &hash) {
                    let seq = row.seq.min(seq + 1);
                    return Ok(Checked::Broken { seq, why });
                }
                (seq, hash) = (row.seq, row.hash.clone());
                records += 1;
                if row.action == FORGOTTEN {
                    forgotten = Some((row.subject.clone(), row.detail.clone()));
                }
            }
            if rows.len() < PAGE as usize {
                let begins = (anchor.0.to_string(), anchor.1);
                if forgotten.unwrap_or_else(|| (0.to_string(), NOTHING.to_owned())) != begins {
                    let why =
                        "what came before it was removed, and not by the retention".to_owned();
                    let seq = anchor.0 + 1;
                    return Ok(Checked::Broken { seq, why });
                }
                return Ok(Checked::Whole {
                    records,
                    head: seq,
                    hash,
                });
            }
            at = Some(Hold(seq, hash));
        }
    }

    /// Forgets the records from before a time: the oldest, up to the first that is to stay. That it
    /// was done is a record itself, with the hash at which the chain begins from now on.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn forget_audit(&self, before: Timestamp) -> anyhow::Result<u64> {
        self.with(async move |db| {
            let step = async |link: &mut Link| forget(link, before).await;
            db.link.atomically(step).await
        })
    }
}

fn condition(filter: &AuditFilter) -> (String, Vec<Value>) {
    let mut all = Condition::default();
    all.and("seq < ?", filter.before);
    all.and("at_us >= ?", filter.from);
    all.and("at_us < ?", filter.until);
    let who = "(who = ? OR who = 'user ' || ? OR who = 'key ' || ?)";
    all.and(who, filter.who.as_deref());
    let action = "(action = ? OR substr(action, 1, length(?) + 1) = ? || '.')";
    all.and(action, filter.action.as_deref());
    all.and("subject = ?", filter.subject.as_deref());
    all.clause()
}

/// Where a check stands: the number and hash of the last record that was fine.
#[derive(Clone, Debug)]
struct Hold(u64, String);

async fn page(link: &mut Link, from: u64) -> anyhow::Result<(Hold, Vec<Audit>)> {
    let anchor = anchor(link).await?;
    let from = from.max(anchor.0);
    let sql = "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = link.rows(sql, &[from.into(), PAGE.into()]).await?;
    let rows: anyhow::Result<Vec<Audit>> = rows.iter().map(audit).collect();
    Ok((anchor, rows?))
}

async fn anchor(link: &mut Link) -> anyhow::Result<Hold> {
    let row = link.row("SELECT * FROM audit_anchor", &[]).await?;
    let row = row.context("the audit log has no beginning")?;
    Ok(Hold(row.count("seq")?, row.text("hash")?))
}

/// Appends a record. In a transaction, or two may have one number.
pub(super) async fn append(link: &mut Link, now: Timestamp, note: Noted) -> anyhow::Result<()> {
    let sql = "SELECT * FROM audit ORDER BY seq DESC LIMIT 1";
    let last = match link.row(sql, &[]).await? {
        Some(row) => Hold(row.count("seq")?, row.text("hash")?),
        None => anchor(link).await?,
    };
    let Hold(seq, previous) = last;
    let mut record = Audit {
        seq: seq + 1,
        at: now,
        who: plain(&note.who),
        action: note.action.to_owned(),
        subject: plain(&note.subject),
        detail: plain(&note.detail),
        previous,
        hash: String::new(),
    };
    record.hash = record.hashed();
    let values: [Value; 8] = [
        record.seq.into(),
        record.at.into(),
        record.who.into(),
        record.action.into(),
        record.subject.into(),
        record.detail.into(),
        record.previous.into(),
        record.hash.into(),
    ];
    let sql = "INSERT INTO audit (seq, at_us, who, action, subject, detail, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    link.execute(sql, &values).await.map(drop)
}

/// As every database keeps it, or its hash would be another when it is read.
fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

async fn forget(link: &mut Link, before: Timestamp) -> anyhow::Result<u64> {
    let sql = "SELECT seq FROM audit WHERE at_us >= $1 ORDER BY seq LIMIT 1";
    let stays = link.row(sql, &[before.into()]).await?;
    let stays = stays.map_or(Ok(u64::MAX), |row| row.count("seq"))?;
    let sql = "SELECT * FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT 1";
    let Some(last) = link.row(sql, &[stays.into()]).await? else {
        return Ok(0);
    };
    let (seq, hash) = (last.count("seq")?, last.text("hash")?);
    let sql = "UPDATE audit_anchor SET seq = $1, hash = $2";
    link.execute(sql, &[seq.into(), hash.clone().into()])
        .await?;
    let sql = "DELETE FROM audit WHERE seq <= $1";
    let gone = link.execute(sql, &[seq.into()]).await?;
    let note = Noted {
        who: "retention".to_owned(),
        action: FORGOTTEN,
        subject: seq.to_string(),
        detail: hash,
    };
    append(link, Timestamp::now(), note).await?;
    Ok(gone)
}

impl From<&Supervised> for Noted {
    fn from(supervised: &Supervised) -> Self {
        let agent = supervised.agent;
        Self {
            who: supervised.by.clone(),
            action: supervised.deed.action(),
            subject: supervised.call.to_string(),
            detail: agent.map_or_else(String::new, |agent| format!("agent {agent}")),
        }
    }
}

impl Audit {
    /// Whether it can follow the record of this number and hash.
    fn fits(&self, seq: u64, hash: &str) -> Result<(), String> {
        if self.seq != seq + 1 {
            return Err(format!("it is missing: number {} follows {seq}", self.seq));
        }
        if self.previous != hash {
            return Err("it does not follow the record before it".to_owned());
        }
        if self.hashed() != self.hash {
            return Err("it was altered: its hash is another".to_owned());
        }
        Ok(())
    }

    fn hashed(&self) -> String {
        let mut hash = Sha256::new();
        let (seq, at) = (self.seq.to_string(), self.at.as_microsecond().to_string());
        let fields = [
            &self.previous,
            &seq,
            &at,
            &self.who,
            &self.action,
            &self.subject,
            &self.detail,
        ];
        for field in fields {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        let hash = hash.finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn audit(row: &Row) -> anyhow::Result<Audit> {
    Ok(Audit {
        seq: row.count("seq")?,
        at: row.moment("at_us")?,
        who: row.text("who")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
        previous: row.text("previous")?,
        hash: row.text("hash")?,
    })
}

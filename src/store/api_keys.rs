//! Keys of programs. Of a key only its hash is here, which whoever calls has made.

use super::Store;
use super::link::Row;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// A key of a program.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name: unique.
    pub name: String,
    /// The hash of the key.
    pub hash: String,
    /// What it is good for: words of the API.
    pub scopes: Vec<String>,
    /// Since when it exists.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
    /// Since when it is good for nothing.
    pub revoked: Option<Timestamp>,
}

impl Store {
    /// Makes a key; false if there was one of that name. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn add_key(&self, name: &str, hash: &str, scopes: &[String]) -> anyhow::Result<bool> {
        let (name, hash) = (name.to_owned(), hash.to_owned());
        let scopes = serde_json::to_string(scopes)?;
        self.with(async move |db| {
            let sql = "INSERT INTO api_keys (name, hash, scopes, created_us)
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            let now = Timestamp::now();
            let values = [name.into(), hash.into(), scopes.into(), now.into()];
            Ok(db.link.execute(sql, &values).await? > 0)
        })
    }

    /// All keys, by name, with those that were revoked.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn keys(&self) -> anyhow::Result<Vec<ApiKey>> {
        self.with(async |db| {
            let rows = db.link.rows("SELECT * FROM api_keys ORDER BY name", &[]);
            rows.await?.iter().map(key).collect()
        })
    }

    /// The key with this hash, and notes that it is used; `None` for one that was revoked.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn key(&self, hash: &str) -> anyhow::Result<Option<ApiKey>> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let sql = "SELECT * FROM api_keys WHERE hash = $1 AND revoked_us IS NULL";
            let row = db.link.row(sql, &[hash.as_str().into()]).await?;
            let key = row.as_ref().map(key).transpose()?;
            // To the minute: who asks often does not make us write often.
            let now = Timestamp::now();
            let sql = "UPDATE api_keys SET used_us = $2
                 WHERE hash = $1 AND (used_us IS NULL OR used_us < $3)";
            let minute = now - SignedDuration::from_mins(1);
            if key
                .as_ref()
                .is_some_and(|key| key.used.is_none_or(|used| used < minute))
            {
                let values = [hash.into(), now.into(), minute.into()];
                db.link.execute(sql, &values).await?;
            }
            Ok(key)
        })
    }

    /// Makes a key good for nothing; false if there is none of that name.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn revoke_key(&self, name: &str) -> anyhow::Result<bool> {
        let name = name.to_owned();
        self.with(async move |db| {
            let sql = "UPDATE api_keys SET revoked_us = COALESCE(revoked_us, $2) WHERE name = $1";
            let values = [name.into(), Timestamp::now().into()];
            Ok(db.link.execute(sql, &values).await? > 0)
        })
    }
}

fn key(row: &Row) -> anyhow::Result<ApiKey> {
    Ok(ApiKey {
        name: row.text("name")?,
        hash: row.text("hash")?,
        scopes: serde_json::from_str(&row.text("scopes")?).context("the scopes of a key")?,
        created: row.moment("created_us")?,
        used: row.maybe_moment("used_us")?,
        revoked: row.maybe_moment("revoked_us")?,
    })
}

/// Without the hash.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

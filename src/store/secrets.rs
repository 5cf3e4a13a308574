//! Passwords in the database: sealed by the first master key, where there is one (D16, R154). That is the
//! document of the settings, in which trunks, phones and the storage have theirs, and what signs webhooks.

use super::Store;
use super::link::{Dialect, Link};
use crate::keys::{Keys, sealed_by};
use anyhow::Context as _;
use std::sync::Arc;

/// What a text is, which is sealed: one cannot be put in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Settings,
    Webhook,
}

/// Where such texts are: the table, its key, and the column.
const PLACES: [(Purpose, &str, &str, &str); 2] = [
    (Purpose::Settings, "settings", "number", "document"),
    (Purpose::Webhook, "webhooks", "id", "secret"),
];

/// What passwords are sealed with.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Option<Arc<Keys>>);

impl Secrets {
    /// As the database is to have it.
    pub(super) fn seal(&self, purpose: Purpose, text: &str) -> anyhow::Result<String> {
        match &self.0 {
            Some(keys) => keys.seal(purpose.name(), text),
            None => Ok(text.to_owned()),
        }
    }

    /// What the database has, to be used.
    pub(super) fn open(&self, purpose: Purpose, text: String) -> anyhow::Result<String> {
        let Some(by) = sealed_by(&text) else {
            return Ok(text);
        };
        let name = purpose.name();
        let keys = self.0.as_ref().with_context(|| {
            format!("{name} in the database are sealed by the master key {by}: set recording_keys")
        })?;
        let opened = keys.open(name, &text);
        opened.with_context(|| format!("{name} in the database"))
    }

    /// Whether a text is kept as one would be that is new.
    fn is_fresh(&self, text: &str) -> bool {
        sealed_by(text) == self.0.as_ref().map(|keys| keys.current())
    }
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Webhook => "secrets of webhooks",
        }
    }
}

impl Store {
    /// From now on passwords are sealed by the first of these keys, and so are those that are there
    /// already, or were sealed by another. Says how many those were.
    ///
    /// # Errors
    /// If what is sealed cannot be opened, or the database does not answer.
    pub fn seal_with(&mut self, keys: Option<Arc<Keys>>) -> anyhow::Result<u64> {
        self.secrets = Secrets(keys);
        let secrets = self.secrets.clone();
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                let mut anew = 0;
                for (purpose, table, key, column) in PLACES {
                    let sql = format!("SELECT {key} AS id, {column} AS secret FROM {table}");
                    for row in link.rows(sql, &[]).await? {
                        let text = row.text("secret")?;
                        if secrets.is_fresh(&text) {
                            continue;
                        }
                        let text = secrets.open(purpose, text)?;
                        let sealed = secrets.seal(purpose, &text)?;
                        let sql = format!("UPDATE {table} SET {column} = $2 WHERE {key} = $1");
                        let values = [row.count("id")?.into(), sealed.into()];
                        link.execute(sql, &values).await?;
                        anew += 1;
                    }
                }
                Ok(anew)
            };
            let anew = db.link.atomically(step).await?;
            if anew > 0 && db.link.dialect() == Dialect::Sqlite {
                // Until then its log has them as they were.
                db.link.rows("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await?;
            }
            Ok(anew)
        })
    }
}

#[cfg(test)]
#[path = "tests/secrets.rs"]
mod tests;

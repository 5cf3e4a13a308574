//! Webhooks: where events are sent, how far each has got, and what could not be delivered.

use super::Store;
use super::events::{self, Event};
use super::link::{Link, Row};
use super::secrets::Purpose;
use crate::id::WebhookId;
use anyhow::Context as _;
use jiff::Timestamp;
use std::fmt;

/// Webhooks there may be.
const MOST: u64 = 64;

/// Letters of one webhook that are kept: of more, the oldest are forgotten.
const LETTERS: u64 = 10_000;

/// Where events are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// Where to: `https` or `http`.
    pub url: String,
    /// What signs them: `whsec_` and base64.
    pub secret: String,
    /// The kinds of events that are sent, as `call.ended` or `call.*`; none: all.
    pub kinds: Vec<String>,
    /// Nothing is sent.
    pub disabled: bool,
    /// Since when it exists.
    pub created: Timestamp,
    /// How far it has got.
    pub progress: Progress,
}

/// How far a webhook has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events up to this number are delivered, dead, or not for it.
    pub delivered: u64,
    /// Tries of the event that is next.
    pub tries: u32,
    /// When that one is tried again; `None`: at once.
    pub next: Option<Timestamp>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// Events that were forgotten before they could be delivered.
    pub lost: u64,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Of which webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event: Event,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub error: String,
    /// It is to be tried once more.
    pub replay: bool,
}

impl Store {
    /// All webhooks. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn webhooks(&self) -> anyhow::Result<Vec<Webhook>> {
        let mut webhooks: Vec<Webhook> = self.with(async |db| {
            let rows = db.link.rows("SELECT * FROM webhooks ORDER BY id", &[]);
            rows.await?.iter().map(webhook).collect()
        })?;
        for webhook in &mut webhooks {
            let sealed = std::mem::take(&mut webhook.secret);
            webhook.secret = self.secrets.open(Purpose::Webhook, sealed)?;
        }
        Ok(webhooks)
    }

    /// Makes a webhook that hears of events after number `after`; `None` if there are 64 already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn add_webhook(
        &self,
        url: &str,
        secret: &str,
        kinds: &[String],
        after: u64,
    ) -> anyhow::Result<Option<WebhookId>> {
        let (url, secret) = (url.to_owned(), self.secrets.seal(Purpose::Webhook, secret)?);
        let kinds = serde_json::to_string(kinds)?;
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                let sql = "SELECT COALESCE(MAX(id), 0) AS id, COUNT(*) AS many FROM webhooks";
                let known = link.row(sql, &[]).await?.context("no answer")?;
                if known.count("many")? >= MOST {
                    return Ok(None);
                }
                let id = WebhookId(known.small::<u32>("id")? + 1);
                let sql = "INSERT INTO webhooks
                     (id, url, secret, kinds, disabled, created_us, delivered, tries, lost)
                     VALUES ($1, $2, $3, $4, 0, $5, $6, 0, 0)";
                let now = Timestamp::now();
                let values = [
                    id.0.into(),
                    url.into(),
                    secret.into(),
                    kinds.into(),
                    now.into(),
                    after.into(),
                ];
                link.execute(sql, &values).await?;
                Ok(Some(id))
            };
            db.link.atomically(step).await
        })
    }

    /// Changes where a webhook sends what, with which secret, and whether; false if there is none.
    /// What waits is tried at once.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn change_webhook(&self, webhook: Webhook) -> anyhow::Result<bool> {
        let kinds = serde_json::to_string(&webhook.kinds)?;
        let secret = self.secrets.seal(Purpose::Webhook, &webhook.secret)?;
        self.with(async move |db| {
            let sql = "UPDATE webhooks SET url = $2, secret = $3, kinds = $4, disabled = $5,
                 tries = 0, next_us = NULL WHERE id = $1";
            let values = [
                webhook.id.0.into(),
                webhook.url.into(),
                secret.into(),
                kinds.into(),
                webhook.disabled.into(),
            ];
            Ok(db.link.execute(sql, &values).await? > 0)
        })
    }

    /// Removes a webhook and its dead letters; false if there is none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn remove_webhook(&self, id: WebhookId) -> anyhow::Result<bool> {
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                let sql = "DELETE FROM dead_letters WHERE webhook = $1";
                link.execute(sql, &[id.0.into()]).await?;
                let sql = "DELETE FROM webhooks WHERE id = $1";
                Ok(link.execute(sql, &[id.0.into()]).await? > 0)
            };
            db.link.atomically(step).await
        })
    }

    /// Notes how far a webhook has got, and the event it gave up on the way, if it did.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn advance_webhook(
        &self,
        id: WebhookId,
        progress: Progress,
        dead: Option<DeadLetter>,
    ) -> anyhow::Result<()> {
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                if let Some(letter) = dead {
                    bury(link, letter).await?;
                }
                let sql = "UPDATE webhooks SET delivered = $2, tries = $3, next_us = $4,
                     error = $5, lost = $6 WHERE id = $1";
                let values = [
                    id.0.into(),
                    progress.delivered.into(),
                    progress.tries.into(),
                    progress.next.into(),
                    progress.error.into(),
                    progress.lost.into(),
                ];
                link.execute(sql, &values).await?;
                Ok(())
            };
            db.link.atomically(step).await
        })
    }

    /// Dead letters of a webhook, the oldest first, after number `after`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn dead_letters(
        &self,
        id: WebhookId,
        after: u64,
        limit: u32,
    ) -> anyhow::Result<Vec<DeadLetter>> {
        self.with(async move |db| {
            let sql = "SELECT seq, at_us, kind, body, webhook, tries, error, replay
                 FROM dead_letters WHERE webhook = $1 AND seq > $2 ORDER BY seq LIMIT $3";
            let values = [id.0.into(), after.into(), limit.into()];
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(letter).collect()
        })
    }

    /// The dead letters of a webhook that are to be tried once more, the oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn letters_to_replay(&self, id: WebhookId, limit: u32) -> anyhow::Result<Vec<DeadLetter>> {
        self.with(async move |db| {
            let sql = "SELECT seq, at_us, kind, body, webhook, tries, error, replay
                 FROM dead_letters WHERE webhook = $1 AND replay = 1 ORDER BY seq LIMIT $2";
            let rows = db.link.rows(sql, &[id.0.into(), limit.into()]).await?;
            rows.iter().map(letter).collect()
        })
    }

    /// Marks a dead letter, or all of them, to be tried once more; says how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn replay_letters(&self, id: WebhookId, seq: Option<u64>) -> anyhow::Result<u64> {
        self.with(async move |db| match seq {
            Some(seq) => {
                let sql = "UPDATE dead_letters SET replay = 1 WHERE webhook = $1 AND seq = $2";
                db.link.execute(sql, &[id.0.into(), seq.into()]).await
            }
            None => {
                let sql = "UPDATE dead_letters SET replay = 1 WHERE webhook = $1";
                db.link.execute(sql, &[id.0.into()]).await
            }
        })
    }

    /// What became of a dead letter that was tried once more: delivered, it is gone; else it stays, with
    /// the reason.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn replayed(&self, id: WebhookId, seq: u64, failed: Option<String>) -> anyhow::Result<()> {
        self.with(async move |db| {
            let which = [id.0.into(), seq.into()];
            match failed {
                None => {
                    let sql = "DELETE FROM dead_letters WHERE webhook = $1 AND seq = $2";
                    db.link.execute(sql, &which).await?;
                }
                Some(error) => {
                    let sql = "UPDATE dead_letters SET replay = 0, tries = tries + 1, error = $3
                         WHERE webhook = $1 AND seq = $2";
                    let [id, seq] = which;
                    db.link.execute(sql, &[id, seq, error.into()]).await?;
                }
            }
            Ok(())
        })
    }
}

async fn bury(link: &mut Link, letter: DeadLetter) -> anyhow::Result<()> {
    let id = letter.webhook.0;
    let sql = "INSERT INTO dead_letters (webhook, seq, kind, body, tries, error, at_us, replay)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (webhook, seq) DO NOTHING";
    let values = [
        id.into(),
        letter.event.seq.into(),
        letter.event.kind.into(),
        letter.event.body.into(),
        letter.tries.into(),
        letter.error.into(),
        letter.event.at.into(),
    ];
    link.execute(sql, &values).await?;
    let sql = "DELETE FROM dead_letters WHERE webhook = $1 AND seq < COALESCE((
         SELECT seq FROM dead_letters WHERE webhook = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2), 0)";
    link.execute(sql, &[id.into(), (LETTERS - 1).into()])
        .await?;
    Ok(())
}

fn webhook(row: &Row) -> anyhow::Result<Webhook> {
    Ok(Webhook {
        id: WebhookId(row.small("id")?),
        url: row.text("url")?,
        secret: row.text("secret")?,
        kinds: serde_json::from_str(&row.text("kinds")?).context("the kinds of a webhook")?,
        disabled: row.flag("disabled")?,
        created: row.moment("created_us")?,
        progress: Progress {
            delivered: row.count("delivered")?,
            tries: row.small("tries")?,
            next: row.maybe_moment("next_us")?,
            error: row.maybe_text("error")?,
            lost: row.count("lost")?,
        },
    })
}

fn letter(row: &Row) -> anyhow::Result<DeadLetter> {
    Ok(DeadLetter {
        webhook: WebhookId(row.small("webhook")?),
        event: events::event(row)?,
        tries: row.small("tries")?,
        error: row.text("error")?,
        replay: row.flag("replay")?,
    })
}

/// Without the secret.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("kinds", &self.kinds)
            .field("disabled", &self.disabled)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

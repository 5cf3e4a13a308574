//! One webhook: what is next for it, and what became of it.

use super::courier::{Courier, Failed, Target};
use super::sign::Signer;
use super::{Deliveries, Delivery, Means, Pace, blocking, wants};
use crate::events::log::{Entry, Since};
use crate::store::{DeadLetter, Happened, Progress, Webhook};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Events read at once.
const BATCH: usize = 64;
/// How often progress is written while all goes well: so many seconds are sent again after a crash.
const SAVE: Duration = Duration::from_secs(1);
/// How long a store that does not answer is left alone.
const STORE_AWAY: Duration = Duration::from_secs(5);

/// Sends the events of the log to one webhook.
pub(super) struct Worker {
    webhook: Webhook,
    means: Means,
    pace: Pace,
    deliveries: Deliveries,
    signer: Signer,
    courier: Courier,
    saved: Instant,
    unsaved: bool,
}

/// What a worker waits for.
enum Next {
    /// An event.
    News,
    /// The time to try again, or somebody who asks for it.
    Time(Duration),
    /// Nothing: there is more to be done.
    Now,
    /// The receiver wants no more.
    Never,
}

impl Worker {
    pub(super) fn new(
        means: Means,
        pace: Pace,
        deliveries: Deliveries,
        webhook: Webhook,
    ) -> anyhow::Result<Self> {
        let target = Target::read(&webhook.url)?;
        Ok(Self {
            signer: Signer::new(&webhook.secret)?,
            courier: Courier::new(target, &means, pace.patience),
            webhook,
            means,
            pace,
            deliveries,
            saved: Instant::now(),
            unsaved: false,
        })
    }

    pub(super) async fn run(mut self, mut poked: watch::Receiver<()>) {
        let mut news = self.means.log.subscribe();
        let mut replays = true;
        loop {
            if replays {
                replays = self.replay().await.is_err();
            }
            news.mark_unchanged();
            let next = match self.step().await {
                Ok(next) => next,
                Err(why) => {
                    let (id, why) = (self.webhook.id, format!("{why:#}"));
                    tracing::warn!(webhook = %id, why, "a webhook waits for the store");
                    Next::Time(STORE_AWAY)
                }
            };
            let until_saved = SAVE.saturating_sub(self.saved.elapsed());
            let asked = match next {
                Next::Never => return,
                Next::Now => poked.has_changed().unwrap_or(false),
                Next::Time(wait) => timeout(wait, poked.changed()).await.is_ok(),
                Next::News => tokio::select! {
                    () = sleep(until_saved), if self.unsaved => false,
                    _ = news.changed() => false,
                    _ = poked.changed() => true,
                },
            };
            if asked {
                poked.mark_unchanged();
                replays = true;
                self.webhook.progress.next = None;
            }
        }
    }

    async fn step(&mut self) -> anyhow::Result<Next> {
        let progress = &mut self.webhook.progress;
        if let Some(next) = progress.next {
            let left = next.duration_since(Timestamp::now());
            if left.is_positive() {
                return Ok(Next::Time(left.unsigned_abs()));
            }
        }
        let (log, after) = (self.means.log.clone(), progress.delivered);
        let events = match blocking(move || log.since(after, BATCH)).await? {
            Since::Events(events) => events,
            Since::Gone(first) => {
                progress.lost += 1;
                progress.delivered = first.saturating_sub(1);
                self.save(None).await?;
                return Ok(Next::Now);
            }
        };
        if events.is_empty() {
            if self.unsaved && self.saved.elapsed() >= SAVE {
                self.save(None).await?;
            }
            return Ok(Next::News);
        }
        for event in events {
            if !wants(&self.webhook, &event.kind) {
                self.webhook.progress.delivered = event.seq;
                self.unsaved = true;
                continue;
            }
            match self.send(event.seq, &event.kind, event.body.clone()).await {
                Ok(()) => self.taken(event.seq).await?,
                Err(failed) => return self.not_taken(&event, failed).await,
            }
        }
        Ok(Next::Now)
    }

    async fn send(&mut self, seq: u64, kind: &str, body: String) -> Result<(), Failed> {
        let id = format!("evt_{seq}");
        let (at, began) = (Timestamp::now(), Instant::now());
        let second = at.as_second();
        let headers = [
            ("webhook-signature", self.signer.sign(&id, second, &body)),
            ("webhook-id", id),
            ("webhook-timestamp", second.to_string()),
        ];
        let sent = self.courier.send(&headers, body).await;
        let error = match &sent {
            Ok(()) => None,
            Err(Failed::For(why) | Failed::ForGood(why)) => Some(why.clone()),
        };
        let delivery = Delivery {
            at,
            event: seq,
            kind: kind.to_owned(),
            took: began.elapsed(),
            error,
        };
        self.deliveries.add(self.webhook.id, delivery);
        sent
    }

    async fn taken(&mut self, seq: u64) -> anyhow::Result<()> {
        let failed = self.webhook.progress.tries > 0;
        self.webhook.progress = Progress {
            delivered: seq,
            lost: self.webhook.progress.lost,
            ..Progress::default()
        };
        self.unsaved = true;
        if failed || self.saved.elapsed() >= SAVE {
            self.save(None).await?;
        }
        Ok(())
    }

    async fn not_taken(&mut self, event: &Entry, failed: Failed) -> anyhow::Result<Next> {
        let why = match failed {
            Failed::For(why) => why,
            Failed::ForGood(why) => {
                self.webhook.progress.error = Some(why);
                self.save(None).await?;
                let (store, mut webhook) = (self.means.store.clone(), self.webhook.clone());
                webhook.disabled = true;
                blocking(move || store.change_webhook(webhook)).await?;
                return Ok(Next::Never);
            }
        };
        let progress = &mut self.webhook.progress;
        progress.tries += 1;
        progress.error = Some(why.clone());
        let tried = usize::try_from(progress.tries).unwrap_or(usize::MAX);
        let dead = match self.pace.delays.get(tried - 1) {
            Some(delay) => {
                progress.next = Timestamp::now().checked_add(*delay).ok();
                None
            }
            None => {
                let letter = DeadLetter {
                    webhook: self.webhook.id,
                    event: Happened {
                        seq: event.seq,
                        at: event.at,
                        kind: event.kind.clone().into_owned(),
                        body: event.body.clone(),
                    },
                    tries: progress.tries,
                    error: why,
                    replay: false,
                };
                progress.delivered = event.seq;
                (progress.tries, progress.next) = (0, None);
                Some(letter)
            }
        };
        self.save(dead).await?;
        Ok(Next::Now)
    }

    /// Tries the letters once more that somebody has asked for.
    async fn replay(&mut self) -> anyhow::Result<()> {
        let (store, id) = (self.means.store.clone(), self.webhook.id);
        let letters = blocking(move || store.letters_to_replay(id, BATCH as u32)).await?;
        for letter in letters {
            let seq = letter.event.seq;
            let (kind, body) = (letter.event.kind, letter.event.body);
            let failed = match self.send(seq, &kind, body).await {
                Ok(()) => None,
                Err(Failed::For(why) | Failed::ForGood(why)) => Some(why),
            };
            let store = self.means.store.clone();
            blocking(move || store.replayed(id, seq, failed)).await?;
        }
        Ok(())
    }

    async fn save(&mut self, dead: Option<DeadLetter>) -> anyhow::Result<()> {
        let (store, id) = (self.means.store.clone(), self.webhook.id);
        let progress = self.webhook.progress.clone();
        self.unsaved = true;
        blocking(move || store.advance_webhook(id, progress, dead)).await?;
        (self.unsaved, self.saved) = (false, Instant::now());
        Ok(())
    }
}

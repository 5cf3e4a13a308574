//! Webhooks: events sent to programs elsewhere, signed, in order, until they are taken.
//!
//! ```text
//!   log ─since─▶ worker, one a webhook ──POST──▶ 2xx: on to the next event
//!                  ▲  │ anything else: again after 5 s, 30 s, 2 min … 2 h
//!                  │  │ for the eighth time: a dead letter, and on to the next event
//!                  │  ▼
//!                 store: how far each has got, what is tried when, dead letters
//! ```
//!
//! Each event arrives at least once. After a crash the last ones may come again: the header `webhook-id` is
//! the same then. Dead letters wait to be replayed; those come out of order. Messages are signed as Standard
//! Webhooks says: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

mod courier;
mod deliveries;
mod reach;
mod sign;
#[cfg(test)]
mod tests;
mod worker;

pub use courier::Target;
pub use deliveries::{Deliveries, Delivery};
pub use reach::Reach;
pub use sign::new_secret;

use super::kinds::{KINDS, LIVE};
use super::log::Log;
use crate::id::WebhookId;
use crate::store::{Store, Webhook};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use worker::Worker;

/// How long a webhook is left alone after each failed try; with the last one it is given up.
const DELAYS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
];

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often the list of webhooks is read without being asked for.
const LOOK: Duration = Duration::from_secs(30);

/// Sends events to webhooks, until it is stopped or dropped.
#[derive(Debug)]
pub struct Webhooks {
    bell: Bell,
    deliveries: Deliveries,
    task: JoinHandle<()>,
}

/// Rung when webhooks were made, changed or removed, or letters are to be replayed.
#[derive(Clone, Debug, Default)]
pub struct Bell(watch::Sender<()>);

impl Bell {
    /// Rings it. Nobody need hear it.
    pub fn ring(&self) {
        self.0.send_replace(());
    }
}

/// What all webhooks share.
#[derive(Clone)]
pub struct Means {
    /// What is sent.
    pub log: Log,
    /// Where webhooks and their progress are.
    pub store: Arc<Store>,
    /// Whom they may be sent to.
    pub reach: Reach,
    /// How `https` servers prove who they are.
    pub tls: TlsConnector,
}

/// How patient we are.
#[derive(Clone, Debug)]
struct Pace {
    /// After each failed try; with one more the event is given up.
    delays: Arc<[Duration]>,
    /// For an answer.
    patience: Duration,
}

impl Webhooks {
    /// Starts to send, on `runtime`.
    pub fn start(runtime: &Handle, means: Means) -> Self {
        let pace = Pace {
            delays: DELAYS.into(),
            patience: PATIENCE,
        };
        Self::with_pace(runtime, means, pace)
    }

    fn with_pace(runtime: &Handle, means: Means, pace: Pace) -> Self {
        let (bell, deliveries) = (Bell::default(), Deliveries::default());
        let overseeing = oversee(means, pace, deliveries.clone(), bell.0.subscribe());
        let task = runtime.spawn(overseeing);
        Self {
            bell,
            deliveries,
            task,
        }
    }

    /// What makes it look at once.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// What was sent lately.
    pub fn deliveries(&self) -> Deliveries {
        self.deliveries.clone()
    }
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether webhooks can be asked for this kind of events: one of [`KINDS`], `*`, or `call.*`.
pub fn is_kind(wanted: &str) -> bool {
    KINDS.iter().any(|(kind, _)| fits(wanted, kind))
}

fn fits(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        None => wanted == kind,
        Some("") => true,
        Some(prefix) => prefix.ends_with('.') && kind.starts_with(prefix),
    }
}

/// Whether an event is sent. Who names none hears of all but what the live view says every second.
fn wants(webhook: &Webhook, kind: &str) -> bool {
    match webhook.kinds.is_empty() {
        true => !LIVE.contains(&kind),
        false => webhook.kinds.iter().any(|wanted| fits(wanted, kind)),
    }
}

/// A worker's task; it ends with this value.
struct Running {
    webhook: Webhook,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Whether it still sends what is wanted to whom it is wanted.
    fn is_right(&self, webhook: &Webhook) -> bool {
        let part = |webhook: &Webhook| {
            let Webhook {
                url, secret, kinds, ..
            } = webhook.clone();
            (url, secret, kinds)
        };
        !self.task.is_finished() && part(&self.webhook) == part(webhook)
    }
}

async fn oversee(means: Means, pace: Pace, deliveries: Deliveries, mut poked: watch::Receiver<()>) {
    let mut running: BTreeMap<WebhookId, Running> = BTreeMap::new();
    loop {
        poked.mark_unchanged();
        let store = means.store.clone();
        match blocking(move || store.webhooks()).await {
            Ok(webhooks) => {
                let there: BTreeSet<_> = webhooks.iter().map(|webhook| webhook.id).collect();
                deliveries.retain(|id| there.contains(&id));
                let wanted: BTreeMap<_, _> = webhooks
                    .into_iter()
                    .filter(|webhook| !webhook.disabled)
                    .map(|webhook| (webhook.id, webhook))
                    .collect();
                running.retain(|id, running| {
                    wanted
                        .get(id)
                        .is_some_and(|webhook| running.is_right(webhook))
                });
                for (id, webhook) in wanted {
                    running.entry(id).or_insert_with(|| Running {
                        webhook: webhook.clone(),
                        task: begin(&means, &pace, &deliveries, webhook, poked.clone()),
                    });
                }
            }
            Err(why) => tracing::warn!(why = format!("{why:#}"), "webhooks cannot be read"),
        }
        if let Ok(Err(_)) = tokio::time::timeout(LOOK, poked.changed()).await {
            return;
        }
    }
}

fn begin(
    means: &Means,
    pace: &Pace,
    deliveries: &Deliveries,
    webhook: Webhook,
    poked: watch::Receiver<()>,
) -> JoinHandle<()> {
    let id = webhook.id;
    match Worker::new(means.clone(), pace.clone(), deliveries.clone(), webhook) {
        Ok(worker) => tokio::spawn(worker.run(poked)),
        Err(why) => {
            tracing::warn!(webhook = %id, why = format!("{why:#}"), "a webhook cannot be sent to");
            // As one that has nothing to do: looked at again when it is changed.
            tokio::spawn(std::future::pending())
        }
    }
}

/// The store waits; who sends must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

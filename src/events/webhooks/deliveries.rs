//! What was sent to each webhook lately, for whoever looks why nothing arrives.

use crate::id::WebhookId;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tries that are known of one webhook: of more the oldest are forgotten.
const KEPT: usize = 100;

/// The latest tries of each webhook since the start. What could not be delivered is kept elsewhere, for good.
#[derive(Clone, Debug, Default)]
pub struct Deliveries(Arc<Mutex<BTreeMap<WebhookId, VecDeque<Delivery>>>>);

/// One try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it began.
    pub at: Timestamp,
    /// The number of the event.
    pub event: u64,
    /// What kind of event it is: `call.ended`.
    pub kind: String,
    /// How long the receiver took.
    pub took: Duration,
    /// Why it was not taken; `None`: it was.
    pub error: Option<String>,
}

impl Deliveries {
    /// The tries of a webhook, the newest first.
    pub fn of(&self, webhook: WebhookId) -> Vec<Delivery> {
        let all = self.held();
        let own = all.get(&webhook).into_iter().flatten();
        own.rev().cloned().collect()
    }

    /// One try more.
    pub fn add(&self, webhook: WebhookId, delivery: Delivery) {
        let mut all = self.held();
        let own = all.entry(webhook).or_default();
        own.push_back(delivery);
        while own.len() > KEPT {
            own.pop_front();
        }
    }

    /// Forgets those of webhooks that are not there any more.
    pub(super) fn retain(&self, is_there: impl Fn(WebhookId) -> bool) {
        self.held().retain(|id, _| is_there(*id));
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<WebhookId, VecDeque<Delivery>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(event: u64) -> Delivery {
        Delivery {
            at: Timestamp::UNIX_EPOCH,
            event,
            kind: "call.ended".to_owned(),
            took: Duration::from_millis(20),
            error: None,
        }
    }

    #[test]
    fn the_latest_hundred_are_known_the_newest_first() {
        let deliveries = Deliveries::default();
        for event in 0..150 {
            deliveries.add(WebhookId(1), delivery(event));
        }
        let of = deliveries.of(WebhookId(1));
        assert_eq!((of.len(), of[0].event, of[99].event), (100, 149, 50));
        assert!(deliveries.of(WebhookId(2)).is_empty());
        deliveries.retain(|id| id != WebhookId(1));
        assert!(deliveries.of(WebhookId(1)).is_empty());
    }
}

//! What the store says of itself, passed on.

use super::inbox::Inbox;
use crate::api::Health;
use crate::store;
use crate::switch::Input;
use crate::watch::metrics;

/// What the store says, on its thread: into the log, the health and the metrics.
pub(super) fn store_event(inbox: &Inbox, health: &Health, event: store::Event) {
    match event {
        store::Event::Failing { why } => {
            health.set_store_failing(true);
            metrics::STORE_FAILING.set(1.0);
            tracing::error!(why, "the database takes no records: they wait in the spool");
        }
        store::Event::Recovered => {
            health.set_store_failing(false);
            metrics::STORE_FAILING.set(0.0);
            tracing::info!("the database takes records again");
        }
        store::Event::Lost { records } => {
            metrics::STORE_LOST.add(records);
            tracing::error!(records, "records are lost");
        }
        store::Event::Interrupted { calls } => {
            tracing::warn!(calls, "ended as interrupted: the last run left them open");
        }
        // One that finds no room is written again.
        store::Event::Stored {
            id,
            revision,
            stored,
        } => {
            // Somebody waits on the line for it; the switch never waits for the store.
            inbox.insist(Input::Stored {
                callback: id,
                revision,
                stored,
            });
        }
    }
}

//! What the store keeps of what is told; and what store and vault say of themselves, passed on.

use super::inbox::Inbox;
use crate::api::Health;
use crate::call::supervise::Supervised;
use crate::events::{Log, What};
use crate::id::CallId;
use crate::store::{self, Record};
use crate::switch::{Input, Notice, Restored};
use crate::vault;
use crate::watch::metrics;
use jiff::Timestamp;

/// What the last process has left.
pub(super) fn restored(store: &store::Store) -> anyhow::Result<Restored> {
    let owners = store.owners()?.into_iter();
    let owners = owners.filter_map(|owner| Some((owner.trunk, owner.customer, owner.agent?)));
    Ok(Restored {
        callbacks: store.pending_callbacks()?,
        statuses: store.agent_statuses()?,
        owners: owners.collect(),
    })
}

/// What stays of something that is told besides the events: what agents say of themselves, and what
/// supervisors do.
pub(super) fn on_record(call: Option<CallId>, notice: &Notice) -> Option<Record> {
    if let Notice::Status(agent, status) = notice {
        return Some(Record::AgentStatus(*agent, *status));
    }
    if let Notice::Supervisor { by, agent, deed } = notice {
        return Some(Record::Supervised(Supervised {
            at: Timestamp::now(),
            by: by.name.clone(),
            call: call?,
            agent: *agent,
            deed: *deed,
        }));
    }
    None
}

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

/// What the vault says, on its thread: into the log, the health and the metrics.
pub(super) fn vault_event(log: &Log, health: &Health, event: vault::Event) {
    match event {
        vault::Event::Recorded(recorded) => {
            metrics::RECORDINGS_FINISHED.add(recorded.files.len() as u64);
            let gaps = recorded.files.iter().filter(|file| file.gaps).count();
            metrics::RECORDING_GAPS.add(gaps as u64);
            tracing::info!(call = %recorded.call, files = recorded.files.len(), gaps, "recorded");
            let written = What::Recorded {
                call: recorded.call,
                segment: recorded.number,
                files: recorded.files.len(),
            };
            log.add(Timestamp::now(), &written);
        }
        vault::Event::Trouble { path, error } => {
            metrics::RECORDING_TROUBLE.add(1);
            metrics::RECORDING_FAILING.set(1.0);
            health.set_recordings_failing(true);
            tracing::error!(
                path,
                error,
                "recordings cannot be written: calls go on without"
            );
        }
        vault::Event::Recovered => {
            metrics::RECORDING_FAILING.set(0.0);
            health.set_recordings_failing(false);
            tracing::info!("recordings are written again");
        }
        vault::Event::Left { path, why } => {
            tracing::warn!(path, why, "left as it is among the recordings");
        }
    }
}

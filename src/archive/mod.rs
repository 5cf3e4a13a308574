//! What becomes of recordings when they are finished: kept for their time, sent to a storage, and gone
//! from every place when somebody deletes them.
//!
//! ```text
//!   every few seconds, and when the bell rings:
//!     deleted by people or by the retention ─▶ erased here, made silent in the mix ─▶ removed there
//!     not sent yet ─▶ sent under a temporary name ─▶ read back, compared ─▶ renamed ─▶ delivered
//!   every hour:
//!     too old ─▶ deleted, in the name of the retention; so are records of the audit log
//! ```
//!
//! What is to be done stands in the database: whoever is killed goes on where it was. One task does it, so
//! nothing is done twice at once.

mod deliver;
mod doors;
mod erase;
mod quota;
mod remote;
mod s3;
mod sftp;

pub use deliver::try_out;
pub use doors::Doors;

use crate::settings::Account;
use crate::store::{Checked, RecordingFilter, Store};
use crate::vault::Shelf;
use deliver::Courier;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How often it is looked what is to be done, when no bell rings.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked what is too old.
const SWEEP: Duration = Duration::from_secs(3_600);
/// How often the head of the audit log is told.
const HEAD: Duration = Duration::from_secs(24 * 3_600);
/// Recordings that are worked on at a time.
const BATCH: u32 = 100;

/// Who deletes what is too old.
const RETENTION: &str = "retention";

/// What it works with.
pub struct Means {
    /// What is to be done.
    pub store: Arc<Store>,
    /// Where recordings are here.
    pub shelf: Shelf,
    /// What is set now.
    pub account: Box<dyn Fn() -> Arc<Account> + Send + Sync>,
    /// How storages are reached.
    pub doors: Doors,
    /// Hears whether the storage takes nothing.
    pub report: Box<dyn Fn(bool) + Send + Sync>,
    /// Rung when something is to be done at once.
    pub bell: Bell,
}

/// Rung when something is to be done at once.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Something is to be done.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// The task. It ends when this is dropped.
#[derive(Debug)]
pub struct Archive {
    task: JoinHandle<()>,
}

impl Archive {
    /// Starts it.
    pub fn start(runtime: &Handle, means: Arc<Means>) -> Self {
        let work = Work {
            means,
            courier: Courier::default(),
            swept: None,
            told: None,
        };
        let task = runtime.spawn(work.go_on());
        Self { task }
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Work {
    means: Arc<Means>,
    courier: Courier,
    /// When it was last looked what is too old.
    swept: Option<Instant>,
    /// When the head of the audit log was told.
    told: Option<Instant>,
}

impl Work {
    async fn go_on(mut self) {
        let bell = self.means.bell.clone();
        loop {
            if let Err(why) = self.round().await {
                tracing::warn!(
                    error = format!("{why:#}"),
                    "recordings wait to be dealt with"
                );
            }
            // Nobody has rung: it is time all the same.
            let _ = timeout(LOOK, bell.0.notified()).await;
        }
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        if due(self.swept, SWEEP) {
            blocking(&self.means, sweep).await?;
            self.swept = Some(Instant::now());
        }
        if due(self.told, HEAD) {
            blocking(&self.means, tell_head).await?;
            self.told = Some(Instant::now());
        }
        let erased = blocking(&self.means, erase::erase_deleted).await;
        self.courier.go(&self.means).await?;
        erased
    }
}

/// Disks and databases are waited for where nobody else waits.
async fn blocking<T: Send + 'static>(
    means: &Arc<Means>,
    work: impl FnOnce(&Means) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let means = Arc::clone(means);
    tokio::task::spawn_blocking(move || work(&means)).await?
}

/// Deletes what is too old (R110, R111).
fn sweep(means: &Means) -> anyhow::Result<()> {
    let (account, now) = ((means.account)(), Timestamp::now());
    let store = &means.store;
    if let Some(days) = account.recording.retention_days {
        let filter = RecordingFilter {
            until: Some(days_before(now, days)),
            ..RecordingFilter::default()
        };
        loop {
            let old = store.find_recordings(&filter, BATCH)?;
            for recording in &old {
                let detail = format!("older than {days} days");
                store.delete_recording(recording.id, RETENTION, &detail)?;
            }
            if !old.is_empty() {
                tracing::info!(files = old.len(), days, "recordings are too old: deleted");
            }
            if old.len() < BATCH as usize {
                break;
            }
        }
    }
    let before = days_before(now, account.recording.audit_days);
    store.forget_audit(before)?;
    store.forget_recordings(before)?;
    quota::look(means, &account, now)
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    let before = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)));
    before.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Whoever would make the audit log anew has to change the log of the process, too.
fn tell_head(means: &Means) -> anyhow::Result<()> {
    match means.store.check_audit()? {
        Checked::Whole { head, hash, .. } => {
            tracing::info!(head, hash, "the audit log is whole");
        }
        Checked::Broken { seq, why } => {
            tracing::error!(seq, why, "the audit log was altered at this record");
        }
    }
    Ok(())
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Means")
    }
}

#[cfg(test)]
mod tests;

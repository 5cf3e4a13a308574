//! Whether the server is well, told by those who know it.

use super::Site;
use crate::switch::TrunkView;
use crate::watch::metrics;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The control thread's heartbeat may be this old; a longer silence means that it is stuck.
const STUCK: Duration = Duration::from_secs(5);

/// What the parts of the server tell of themselves; shared, and never waited for.
#[derive(Debug)]
pub struct Health {
    version: &'static str,
    started: Instant,
    /// Milliseconds from the start to the control thread's last sign of life.
    beat: AtomicU64,
    draining: AtomicBool,
    store_failing: AtomicBool,
    recordings_failing: AtomicBool,
    recordings_encrypted: AtomicBool,
    storage_failing: AtomicBool,
    trunks: Mutex<Arc<[TrunkView]>>,
}

impl Health {
    /// The server starts now, and counts as alive from here.
    pub fn new(version: &'static str) -> Self {
        Self {
            version,
            started: Instant::now(),
            beat: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            store_failing: AtomicBool::new(false),
            recordings_failing: AtomicBool::new(false),
            recordings_encrypted: AtomicBool::new(false),
            storage_failing: AtomicBool::new(false),
            trunks: Mutex::new([].into()),
        }
    }

    /// The control thread lives: to be called at least once a second, also when nothing happens.
    pub fn beat(&self) {
        self.beat_at(Instant::now());
    }

    /// No new calls are taken any more: the server stops. It stays well meanwhile.
    pub fn set_draining(&self, draining: bool) {
        self.draining.store(draining, Relaxed);
    }

    /// The database takes no writes, or does again.
    pub fn set_store_failing(&self, failing: bool) {
        self.store_failing.store(failing, Relaxed);
    }

    /// The disk takes no recordings, or does again.
    pub fn set_recordings_failing(&self, failing: bool) {
        self.recordings_failing.store(failing, Relaxed);
    }

    /// What is recorded is encrypted on the disk.
    pub fn set_recordings_encrypted(&self, encrypted: bool) {
        self.recordings_encrypted.store(encrypted, Relaxed);
    }

    /// Recordings wait because the storage took one of them not.
    pub fn set_storage_failing(&self, failing: bool) {
        self.storage_failing.store(failing, Relaxed);
    }

    /// How each trunk is.
    pub fn set_trunks(&self, trunks: &[TrunkView]) {
        *self.held() = trunks.into();
    }

    pub(super) fn trunks(&self) -> Arc<[TrunkView]> {
        Arc::clone(&self.held())
    }

    fn held(&self) -> MutexGuard<'_, Arc<[TrunkView]>> {
        self.trunks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self) -> Report {
        self.report_at(Instant::now())
    }

    fn beat_at(&self, now: Instant) {
        self.beat.store(self.millis(now), Relaxed);
    }

    fn report_at(&self, now: Instant) -> Report {
        let silence = self.millis(now).saturating_sub(self.beat.load(Relaxed));
        let switch_ok = u128::from(silence) <= STUCK.as_millis();
        let store_ok = !self.store_failing.load(Relaxed);
        let recordings_ok = !self.recordings_failing.load(Relaxed);
        Report {
            status: match switch_ok && store_ok && recordings_ok {
                true => "ok",
                false => "failing",
            },
            version: self.version,
            uptime_seconds: self.millis(now) / 1_000,
            draining: self.draining.load(Relaxed),
            switch_ok,
            store_ok,
            recordings_ok,
            recordings_encrypted: self.recordings_encrypted.load(Relaxed),
            storage_ok: !self.storage_failing.load(Relaxed),
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.started);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The body of `/healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
    draining: bool,
    /// The control thread gave a sign of life in the last five seconds.
    switch_ok: bool,
    /// The database takes writes.
    store_ok: bool,
    /// The disk takes recordings.
    recordings_ok: bool,
    /// They are encrypted on the disk: no part of being well.
    recordings_encrypted: bool,
    /// The storage takes recordings: no part of being well either, as all are here.
    storage_ok: bool,
}

impl Report {
    pub(super) fn is_well(&self) -> bool {
        self.switch_ok && self.store_ok && self.recordings_ok
    }
}

/// `/healthz`.
pub(super) async fn healthz(State(site): State<Arc<Site>>) -> Response {
    let report = site.health.report();
    let status = match report.is_well() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    super::json(status, "application/json", &report)
}

/// `/metrics`, in the text format of Prometheus.
pub(super) async fn numbers() -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, metrics::render()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_switch_is_noticed_after_five_seconds() {
        let health = Health::new("1.2.3");
        let after = |seconds| health.started + Duration::from_secs(seconds);
        assert!(
            health.report_at(after(5)).is_well(),
            "it may take a while to begin"
        );
        assert!(!health.report_at(after(6)).is_well());
        health.beat_at(after(6));
        assert!(health.report_at(after(11)).is_well());
        assert!(!health.report_at(after(12)).is_well());
        assert_eq!(health.report_at(after(12)).uptime_seconds, 12);
    }

    #[test]
    fn a_failing_store_is_not_well_but_draining_is() {
        let health = Health::new("1.2.3");
        health.set_draining(true);
        assert!(health.report().is_well() && health.report().draining);
        health.set_store_failing(true);
        assert!(!health.report().is_well());
        health.set_store_failing(false);
        assert!(health.report().is_well());
    }

    #[test]
    fn recordings_that_cannot_be_written_are_not_well() {
        let health = Health::new("1.2.3");
        health.set_recordings_failing(true);
        assert!(!health.report().is_well() && !health.report().recordings_ok);
        health.set_recordings_failing(false);
        assert!(health.report().is_well());
    }
}

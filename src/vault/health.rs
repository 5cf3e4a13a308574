//! Whether the disk takes what it is given, said once and not for every write (F2).

use super::Event;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long nothing may fail before the trouble is over.
const QUIET: Duration = Duration::from_secs(10);

/// Shared by the threads of the vault: what they tell passes here.
pub(super) struct Health {
    report: Box<dyn FnMut(Event) + Send>,
    failed: Option<Instant>,
    /// When it was last tried whether anything can be written.
    probed: Option<Instant>,
    /// Segments whose finishing failed and is tried again.
    pub(super) unfinished: usize,
}

impl Health {
    pub(super) fn new(report: impl FnMut(Event) + Send + 'static) -> Self {
        Self {
            report: Box::new(report),
            failed: None,
            probed: None,
            unfinished: 0,
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        (self.report)(event);
    }

    /// Something could not be written.
    pub(super) fn failed(&mut self, now: Instant, path: &Path, error: &dyn std::fmt::Display) {
        if self.failed.replace(now).is_none() {
            let path = path.display().to_string();
            self.tell(Event::Trouble {
                path,
                error: error.to_string(),
            });
        }
    }

    /// Whether to try now if the disk takes something: every ten seconds of trouble.
    pub(super) fn is_probe_due(&mut self, now: Instant) -> bool {
        let quiet = |since: Instant| now.duration_since(since) >= QUIET;
        let due = self.failed.is_some_and(quiet) && self.probed.is_none_or(quiet);
        if due {
            self.probed = Some(now);
        }
        due
    }

    /// Something was written.
    pub(super) fn written(&mut self, now: Instant) {
        let quiet = self
            .failed
            .is_some_and(|failed| now.duration_since(failed) >= QUIET);
        if quiet && self.unfinished == 0 {
            self.failed = None;
            self.tell(Event::Recovered);
        }
    }
}

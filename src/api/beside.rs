//! Supervision ends with the right to it (B1): with the session or the key by which it was asked for last, with
//! the role that allows it, and with the team in which the agent is.
//!
//! ```text
//!   POST …/supervise ─▶ begins ─▶ somebody's rights have changed, or a moment has passed ─▶ look again
//!                                       nobody, or not allowed ─▶ beside nobody ┐
//!                                       other teams, other agents ──────────────┴▶ Ask::LimitSupervision
//! ```
//!
//! Who has taken a call over is its agent, and no supervisor any more. A database that does not answer ends nothing.

use super::Site;
use super::endpoint::Verdict;
use super::problem::Problem;
use super::sight::Sight;
use super::supervise::{MAY, supervisor};
use super::who::{Caller, Proof};
use crate::call::supervise::Supervisor;
use crate::id::CallId;
use crate::switch::Ask;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a right may be over without being missed: of what the API changes of people it is looked at at once,
/// of sessions that run out and of settings after that.
const LOOK: Duration = Duration::from_secs(2);
/// The live view is a second old at most: who is not in it after this time is beside nobody.
const SEEN: Duration = Duration::from_secs(10);
/// Supervisors at once; more are refused.
const MOST: usize = 1_024;

/// Who supervises, and by what right.
#[derive(Default)]
pub(super) struct Beside(Mutex<BTreeMap<(CallId, String), Begun>>);

#[derive(Clone)]
struct Begun {
    by: Supervisor,
    proof: Proof,
    at: Instant,
}

impl Beside {
    /// Somebody is about to supervise a call, or wants something else there, by this right.
    pub(super) fn begins(
        &self,
        call: CallId,
        by: &Supervisor,
        proof: Proof,
    ) -> Result<(), Problem> {
        let mut all = self.all();
        let whose = (call, by.name.clone());
        if all.len() >= MOST && !all.contains_key(&whose) {
            return Err(Problem::unavailable("Too many supervise calls already."));
        }
        let (by, at) = (by.clone(), Instant::now());
        all.insert(whose, Begun { by, proof, at });
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(CallId, String), Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks again and again, until the server stops.
pub(super) async fn watch(site: Arc<Site>) {
    let (mut rights, mut closing) = (site.people.rights(), site.closing.subscribe());
    loop {
        tokio::select! {
            changed = rights.changed() => if changed.is_err() { return },
            _ = closing.changed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        look(&site).await;
    }
}

/// Looks at everybody who supervises.
pub(super) async fn look(site: &Site) {
    let live = site.live.latest();
    let begun: Vec<_> = {
        let mut all = site.beside.all();
        all.retain(|(call, name), begun| {
            let mut seen = live.supervisors.iter();
            let there = seen.any(|each| each.call == *call && each.by.name == *name);
            there || begun.at.elapsed() < SEEN
        });
        all.clone().into_iter().collect()
    };
    for ((call, name), begun) in begun {
        let Ok(caller) = site.people.of(&begun.proof).await else {
            continue;
        };
        let by = Supervisor {
            sees: sees(site, &caller, &begun.by),
            ..begun.by.clone()
        };
        if by == begun.by {
            continue;
        }
        let limit = Ask::LimitSupervision {
            call,
            by: by.clone(),
        };
        // Refused where they are there no more.
        let asked = site.switch.ask(limit).await;
        if let Some(known) = site.beside.all().get_mut(&(call, name))
            && asked.is_ok()
            && known.at == begun.at
        {
            known.by = by;
        }
    }
}

/// Beside whom they may stand by now; nobody, if they are not who they were, or may not supervise any more.
fn sees(site: &Site, caller: &Caller, before: &Supervisor) -> Option<BTreeSet<crate::id::AgentId>> {
    let sight = Sight::of(caller, &site.settings.account());
    let now = supervisor(caller, &sight, before.agent);
    match MAY.judge(caller, None) {
        Verdict::Allowed if now.is(before) => now.sees,
        Verdict::Allowed | Verdict::Unknown | Verdict::Forbidden => Some(BTreeSet::new()),
    }
}

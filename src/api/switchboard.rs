//! The way to the switch and back: what people ask for, and what became of it.

use super::problem::{Fault, Problem};
use crate::acd::callback::{NotCancelled, NotPicked};
use crate::switch::{Ask, Done, Refused, Request};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the switch may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that may wait for their reply; more are refused.
const WAITING: usize = 256;

type Reply = Result<Done, Refused>;

/// The way to the switch and back.
pub struct Switchboard {
    /// Gives the switch a request; `false` if it has no room.
    offer: Box<dyn Fn(Request) -> bool + Send + Sync>,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Reply>>>,
    last: AtomicU64,
}

impl std::fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switchboard").finish_non_exhaustive()
    }
}

impl Switchboard {
    /// `offer` gives the switch a request, without waiting; `false` if it has no room.
    pub fn new(offer: impl Fn(Request) -> bool + Send + Sync + 'static) -> Self {
        Self {
            offer: Box::new(offer),
            waiting: Mutex::default(),
            last: AtomicU64::new(0),
        }
    }

    /// The switch has answered the request with this ticket. Never waits.
    pub fn reply(&self, ticket: u64, reply: Reply) {
        if let Some(asker) = self.waiting().remove(&ticket) {
            // Whoever asked may have gone.
            let _ = asker.send(reply);
        }
    }

    /// Asks, and waits for the reply.
    pub(super) async fn ask(&self, what: Ask) -> Result<Done, Problem> {
        let ticket = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (asker, reply) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.len() >= WAITING {
                return Err(busy());
            }
            waiting.insert(ticket, asker);
        }
        // Forgotten also if whoever asks goes away.
        let _place = Place(self, ticket);
        if !(self.offer)(Request { ticket, what }) {
            return Err(busy());
        }
        match tokio::time::timeout(PATIENCE, reply).await {
            Ok(Ok(reply)) => reply.map_err(refused),
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable("The switch does not answer.")),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, oneshot::Sender<Reply>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a request among those that wait.
struct Place<'a>(&'a Switchboard, u64);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(&self.1);
    }
}

fn busy() -> Problem {
    Problem::unavailable("The switch has too much to do.")
}

fn refused(why: Refused) -> Problem {
    use StatusCode as Code;
    let (status, field) = match why {
        Refused::UnknownAgent(_) | Refused::NotInProgress(_) => (Code::NOT_FOUND, None),
        Refused::AgentBusy(_) => (Code::CONFLICT, Some("agent")),
        Refused::UnknownQueue(_) => (Code::UNPROCESSABLE_ENTITY, Some("queue")),
        Refused::NoNumber | Refused::Unlisted | Refused::OnlyPeople => {
            (Code::UNPROCESSABLE_ENTITY, Some("number"))
        }
        Refused::Barred(_) => (Code::FORBIDDEN, Some("number")),
        Refused::NoTrunk | Refused::NoPlace | Refused::Draining => {
            (Code::SERVICE_UNAVAILABLE, None)
        }
        Refused::TooOften(_) => (Code::TOO_MANY_REQUESTS, None),
        Refused::FromIsNotOurs => (Code::UNPROCESSABLE_ENTITY, Some("from")),
        Refused::NotTheirs(_) => (Code::FORBIDDEN, None),
        Refused::UnknownReason(_) => (Code::UNPROCESSABLE_ENTITY, Some("reason")),
        Refused::NotForPeople => (Code::UNPROCESSABLE_ENTITY, Some("status")),
        Refused::UnknownTrunk(_) | Refused::NotSticky(_) => {
            (Code::UNPROCESSABLE_ENTITY, Some("trunk"))
        }
        Refused::NotPicked(NotPicked::Unknown) => (Code::NOT_FOUND, Some("callback")),
        Refused::NotCancelled(NotCancelled::Unknown) => (Code::NOT_FOUND, None),
        Refused::NotCancelled(NotCancelled::Calling) => (Code::CONFLICT, None),
        Refused::NotPicked(NotPicked::Draining) => (Code::SERVICE_UNAVAILABLE, None),
        Refused::NotPicked(
            NotPicked::Automated
            | NotPicked::NoQueue
            | NotPicked::Taken
            | NotPicked::Closed
            | NotPicked::OnTheLine
            | NotPicked::AgentBusy,
        )
        | Refused::NotInWrapUp(_)
        | Refused::NoExtension
        | Refused::NotTalking(_)
        | Refused::NotRecorded(_)
        | Refused::HeldByPhone(_)
        | Refused::NotTransferable(_)
        | Refused::WhatsApp(_)
        | Refused::QueueClosed(_)
        | Refused::SentTooOften(_)
        | Refused::NobodyAsked(_)
        | Refused::Consulting(_)
        | Refused::NoCustomer(_)
        | Refused::OwnCall(_)
        | Refused::TooManySupervisors(_)
        | Refused::AnotherSpeaks(_)
        | Refused::Supervises(_)
        | Refused::NotSupervising(_)
        | Refused::SupervisorBusy(_)
        | Refused::HasCall(_)
        | Refused::NoDevice
        | Refused::NoAgent
        | Refused::FromIsFixed(_) => (Code::CONFLICT, None),
    };
    let faults = field.map(|field| Fault::new(field, why.to_string()));
    Problem::new(status, sentence(&why.to_string())).with(faults.into_iter().collect())
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let first: String = first.into_iter().collect();
    format!("{first}{}.", letters.as_str())
}

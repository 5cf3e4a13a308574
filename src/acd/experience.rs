//! What callers experience while they wait, as far as the floor must know: which messages there are,
//! and when (R22, R27).

use crate::settings::{Account, OnMaxWait, Waiting, WaitingKey};
use std::collections::BTreeMap;
use std::time::Duration;

/// The experiences of an account, by the place where each is set.
pub(super) type Experiences = BTreeMap<WaitingKey, Experience>;

/// What the floor must know of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Experience {
    pub(super) greeting: bool,
    /// From the end of one announcement to the start of the next.
    pub(super) announce_every: Option<Duration>,
    pub(super) max_wait: Option<MaxWait>,
}

/// The longest wait and what follows. A caller keeps those that held when they joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaxWait {
    pub(super) after: Duration,
    pub(super) message: bool,
    pub(super) then: OnMaxWait,
}

impl Experience {
    fn new(waiting: &Waiting) -> Self {
        let announcement = waiting.announcement.as_ref();
        Self {
            greeting: waiting.greeting.is_some(),
            announce_every: announcement.map(|announcement| announcement.every),
            max_wait: waiting.max_wait.as_ref().map(|max| MaxWait {
                after: max.after,
                message: max.message.is_some(),
                then: max.then,
            }),
        }
    }
}

/// All experiences of an account.
pub(super) fn experiences(account: &Account) -> Experiences {
    let all = account.experiences();
    all.map(|(key, waiting)| (key, Experience::new(waiting)))
        .collect()
}

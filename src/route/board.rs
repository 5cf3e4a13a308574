//! The board of trunks: which work, which rest, and how much room each has.
//!
//! ```text
//!             registered, up                  no answer: 30 s
//!   well ◀───────────────────── doubtful ◀──────────────────────── well
//!    │  unregistered, down          ▲
//!    └──────────────────────────────┘
//!    503 with Retry-After ──▶ resting, until that time is over: not tried at all (RFC 3261 §21.5.4)
//! ```
//!
//! Well trunks are tried in the order they are given in, doubtful ones after them.

use super::pace::Pace;
use crate::id::TrunkId;
use crate::settings::Account;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A trunk that gave no answer is doubted for so long.
const DOUBT: Duration = Duration::from_secs(30);
/// A trunk rests no longer, whatever its Retry-After says.
const LONGEST_REST: Duration = Duration::from_secs(600);
/// What a caller is told to wait for a place that becomes free when somebody hangs up.
const A_WHILE: Duration = Duration::from_secs(10);

/// The state of all trunks of the account.
#[derive(Debug)]
pub struct Board {
    trunks: BTreeMap<TrunkId, State>,
}

/// How a trunk is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As far as is known it works.
    Well,
    /// It is not registered, does not answer, or has just not answered a call.
    Doubtful,
    /// It has asked to be left alone.
    Resting,
}

/// Why a trunk cannot take or bring one more call now, and when it may be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// For the log.
    pub why: &'static str,
    /// For a Retry-After.
    pub retry_after: Duration,
}

/// What has been counted of a trunk since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls now, both ways.
    pub calls: u32,
    /// Calls out that were tried.
    pub tried: u64,
    /// Those that it could not take: no answer, a fault of its own, no place.
    pub failed: u64,
}

#[derive(Debug)]
struct State {
    registered: Option<bool>,
    up: Option<bool>,
    doubted_until: Option<Instant>,
    rests_until: Option<Instant>,
    /// 0: no limit.
    most: u32,
    pace: Pace,
    count: Count,
}

impl Board {
    /// Nothing is known yet.
    pub fn new(account: &Account) -> Self {
        let mut board = Self {
            trunks: BTreeMap::new(),
        };
        board.set(account);
        board
    }

    /// These are the trunks from now on. Of those that stay, all that is known stays; one that goes
    /// is remembered until its last call is over.
    pub fn set(&mut self, account: &Account) {
        let stays = |id: &TrunkId| account.trunk(*id).is_some();
        self.trunks
            .retain(|id, state| stays(id) || state.count.calls > 0);
        for trunk in &account.trunks {
            let state = self.trunks.entry(trunk.id).or_insert_with(|| State {
                registered: None,
                up: None,
                doubted_until: None,
                rests_until: None,
                most: 0,
                pace: Pace::new(0, Duration::from_secs(1)),
                count: Count::default(),
            });
            state.most = trunk.max_calls;
            state.pace.allow(trunk.calls_per_second);
        }
    }

    /// The order in which these are to be tried now.
    ///
    /// # Errors
    /// If all of them rest.
    pub fn order(&self, now: Instant, trunks: &[TrunkId]) -> Result<Vec<TrunkId>, Busy> {
        let of = |health| {
            let all = trunks.iter().copied();
            all.filter(move |id| self.health(now, *id) == Some(health))
        };
        let order: Vec<_> = of(Health::Well).chain(of(Health::Doubtful)).collect();
        if !order.is_empty() {
            return Ok(order);
        }
        let rests = trunks
            .iter()
            .filter_map(|id| self.trunks.get(id)?.rests_until);
        let first = rests.min().unwrap_or(now + A_WHILE);
        Err(Busy {
            why: "all trunks have asked to be left alone",
            retry_after: first.saturating_duration_since(now),
        })
    }

    /// A call of the trunk begins, in or out: it has a place until [`Board::leave`].
    ///
    /// # Errors
    /// If there is no place for it, or it comes too soon after others.
    pub fn enter(&mut self, now: Instant, trunk: TrunkId) -> Result<(), Busy> {
        let Some(state) = self.trunks.get_mut(&trunk) else {
            return Ok(());
        };
        if state.most != 0 && state.count.calls >= state.most {
            return Err(Busy {
                why: "the trunk has all the calls it may have",
                retry_after: A_WHILE,
            });
        }
        state.pace.begin(now).map_err(|wait| Busy {
            why: "the trunk's calls come too fast",
            retry_after: wait.max(Duration::from_secs(1)),
        })?;
        state.count.calls += 1;
        Ok(())
    }

    /// A call that had a place is over.
    pub fn leave(&mut self, trunk: TrunkId) {
        if let Some(state) = self.trunks.get_mut(&trunk) {
            state.count.calls = state.count.calls.saturating_sub(1);
        }
    }

    /// A call out is tried.
    pub fn tried(&mut self, trunk: TrunkId) {
        if let Some(state) = self.trunks.get_mut(&trunk) {
            state.count.tried += 1;
        }
    }

    /// A call out failed for the trunk's sake. With a Retry-After it rests, without an answer it is
    /// doubted.
    pub fn failed(&mut self, now: Instant, trunk: TrunkId, answered: bool, rest: Option<Duration>) {
        let Some(state) = self.trunks.get_mut(&trunk) else {
            return;
        };
        state.count.failed += 1;
        if let Some(rest) = rest {
            state.rests_until = Some(now + rest.min(LONGEST_REST));
        }
        if !answered {
            state.doubted_until = Some(now + DOUBT);
        }
    }

    /// A call out was answered in some way by somebody behind the trunk.
    pub fn works(&mut self, trunk: TrunkId) {
        if let Some(state) = self.trunks.get_mut(&trunk) {
            state.doubted_until = None;
        }
    }

    /// Our registration there stands, or does not. Says whether that is news.
    pub fn registered(&mut self, trunk: TrunkId, registered: bool) -> bool {
        let state = self.trunks.get_mut(&trunk);
        state.is_some_and(|state| state.registered.replace(registered) != Some(registered))
    }

    /// It answers our OPTIONS, or does not. Who answers has been repaired. Says whether that is news.
    pub fn up(&mut self, trunk: TrunkId, up: bool) -> bool {
        let Some(state) = self.trunks.get_mut(&trunk) else {
            return false;
        };
        if up {
            state.doubted_until = None;
        }
        state.up.replace(up) != Some(up)
    }

    /// How a trunk is doing; `None` for one that is not of the account.
    pub fn health(&self, now: Instant, trunk: TrunkId) -> Option<Health> {
        let state = self.trunks.get(&trunk)?;
        let doubtful = state.registered == Some(false)
            || state.up == Some(false)
            || state.doubted_until.is_some_and(|until| now < until);
        Some(if state.rests_until.is_some_and(|until| now < until) {
            Health::Resting
        } else if doubtful {
            Health::Doubtful
        } else {
            Health::Well
        })
    }

    /// What has been counted of a trunk.
    pub fn count(&self, trunk: TrunkId) -> Count {
        let state = self.trunks.get(&trunk);
        state.map(|state| state.count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::account;
    use super::*;

    const ONE: TrunkId = TrunkId(1);
    const TWO: TrunkId = TrunkId(2);

    fn board(change: impl FnOnce(&mut Account)) -> (Board, Instant) {
        let mut account = account();
        change(&mut account);
        (Board::new(&account), Instant::now())
    }

    #[test]
    fn trunks_that_work_come_first_and_the_others_after_them() {
        let (mut board, now) = board(|_| {});
        assert_eq!(board.order(now, &[ONE, TWO]), Ok(vec![ONE, TWO]));
        assert!(board.up(ONE, false), "news");
        assert!(!board.up(ONE, false), "no news");
        assert_eq!(board.order(now, &[ONE, TWO]), Ok(vec![TWO, ONE]));
        board.registered(TWO, false);
        assert_eq!(
            board.order(now, &[ONE, TWO]),
            Ok(vec![ONE, TWO]),
            "all down"
        );
        board.up(ONE, true);
        board.registered(TWO, true);
        assert_eq!(board.order(now, &[ONE, TWO]), Ok(vec![ONE, TWO]));
    }

    #[test]
    fn what_is_known_of_a_trunk_outlives_a_change_of_settings() {
        let (mut board, now) = board(|_| {});
        board.up(ONE, false);
        assert_eq!(board.enter(now, TWO), Ok(()));
        let mut account = account();
        account.trunks.pop();
        account.trunks[0].max_calls = 1;
        board.set(&account);
        assert_eq!(board.health(now, ONE), Some(Health::Doubtful));
        assert_eq!(board.count(TWO).calls, 1, "its call goes on");
        board.leave(TWO);
        assert_eq!(board.enter(now, ONE), Ok(()));
        assert!(board.enter(now, ONE).is_err(), "the new limit");
        board.set(&account);
        assert_eq!(board.health(now, TWO), None, "gone with its last call");
    }

    #[test]
    fn who_does_not_answer_a_call_is_doubted_for_a_while_or_until_it_answers() {
        let (mut board, now) = board(|_| {});
        board.failed(now, ONE, false, None);
        assert_eq!(board.health(now, ONE), Some(Health::Doubtful));
        assert_eq!(board.health(now + DOUBT, ONE), Some(Health::Well));
        board.up(ONE, true);
        assert_eq!(board.health(now, ONE), Some(Health::Well));
    }

    #[test]
    fn f12_a_trunk_rests_as_long_as_its_retry_after_says() {
        let (mut board, now) = board(|_| {});
        board.failed(now, ONE, true, Some(Duration::from_secs(20)));
        assert_eq!(board.order(now, &[ONE, TWO]), Ok(vec![TWO]));
        let alone = board.order(now, &[ONE]).expect_err("it rests");
        assert_eq!(alone.retry_after, Duration::from_secs(20));
        let later = now + Duration::from_secs(20);
        assert_eq!(board.order(later, &[ONE, TWO]), Ok(vec![ONE, TWO]));
        board.failed(now, ONE, true, Some(Duration::from_secs(86_400)));
        assert_eq!(board.health(now + LONGEST_REST, ONE), Some(Health::Well));
    }

    #[test]
    fn a_trunk_has_no_more_places_and_no_more_beginnings_than_it_may() {
        let (mut board, now) = board(|account| {
            account.trunks[0].max_calls = 1;
            account.trunks[1].calls_per_second = 1;
        });
        assert_eq!(board.enter(now, ONE), Ok(()));
        assert!(board.enter(now, ONE).is_err());
        board.leave(ONE);
        assert_eq!(board.enter(now, ONE), Ok(()));
        assert_eq!(board.enter(now, TWO), Ok(()));
        let busy = board.enter(now, TWO).expect_err("too fast");
        assert_eq!(busy.retry_after, Duration::from_secs(1));
        assert_eq!(board.enter(now + Duration::from_secs(1), TWO), Ok(()));
        assert_eq!(board.count(TWO).calls, 2);
    }
}

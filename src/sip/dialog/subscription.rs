//! What a peer that has referred us is told of the call we make for it (RFC 3515 §2.4.4): a
//! subscription that the REFER itself has made.
//!
//! ```text
//!   REFER ─▶ Asked ──202──▶ Active ──the last word, its time, a failed NOTIFY──▶ gone
//!              └─refused────────────────────────────────────────────────────────▶
//! ```
//!
//! One NOTIFY is under way at a time; of what happens meanwhile the latest is told after it.

use std::time::{Duration, Instant};

/// How long a peer is told: longer than a call may ring.
const LIFE: Duration = Duration::from_secs(360);

/// The subscription after it was taken on.
#[derive(Clone, Copy, Debug)]
pub struct Subscription {
    /// The `id` of its events: the number of the REFER (RFC 3515 §2.4.6).
    pub id: u32,
    until: Instant,
    /// The latest that is known.
    status: u16,
    /// It has not been told.
    news: bool,
    underway: bool,
    over: Option<Over>,
}

/// Why it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// All is said.
    NoResource,
    /// Its time has come, or the peer wants no more.
    Timeout,
}

/// One NOTIFY.
#[derive(Debug, PartialEq, Eq)]
pub struct News {
    /// The status of the call.
    pub status: u16,
    /// The value of Subscription-State.
    pub state: String,
}

impl Subscription {
    /// Taken on now: that the call is being tried is the first to be told.
    pub fn new(now: Instant, id: u32) -> Self {
        Self {
            id,
            until: now + LIFE,
            status: 100,
            news: true,
            underway: false,
            over: None,
        }
    }

    /// What has become of the call. A final status is the last.
    pub fn tell(&mut self, status: u16) {
        if self.over.is_none() {
            self.status = status;
            self.news = true;
            self.over = (status >= 200).then_some(Over::NoResource);
        }
    }

    /// The peer asks for more time, or for no more (RFC 6665 §4.2.1); it is told how things are.
    pub fn refresh(&mut self, now: Instant, expires: Option<u32>) -> u32 {
        let wanted = expires.map_or(LIFE, |seconds| Duration::from_secs(u64::from(seconds)));
        let granted = wanted.min(LIFE);
        self.until = now + granted;
        self.news = true;
        if granted.is_zero() {
            self.over.get_or_insert(Over::Timeout);
        }
        u32::try_from(granted.as_secs()).unwrap_or(u32::MAX)
    }

    /// When its time has come.
    pub fn poll_timeout(&self) -> Instant {
        self.until
    }

    /// The deadline may have passed.
    pub fn timeout(&mut self, now: Instant) {
        if self.until <= now && self.over.is_none() {
            (self.over, self.news) = (Some(Over::Timeout), true);
        }
    }

    /// The NOTIFY under way has been answered.
    pub fn answered(&mut self) {
        self.underway = false;
    }

    /// The next NOTIFY to send, if it is its turn.
    pub fn next(&mut self, now: Instant) -> Option<News> {
        if self.underway || !self.news {
            return None;
        }
        (self.underway, self.news) = (true, false);
        let state = match self.over {
            Some(Over::NoResource) => "terminated;reason=noresource".to_owned(),
            Some(Over::Timeout) => "terminated;reason=timeout".to_owned(),
            None => {
                let left = self.until.saturating_duration_since(now);
                format!("active;expires={}", left.as_secs())
            }
        };
        let status = self.status;
        Some(News { status, state })
    }

    /// Whether nothing more will be told.
    pub fn is_over(&self) -> bool {
        self.over.is_some() && !self.news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_notify_is_under_way_and_the_latest_follows_it() {
        let now = Instant::now();
        let mut told = Subscription::new(now, 2);
        assert_eq!(told.next(now), news(100, "active;expires=360"));
        told.tell(180);
        told.tell(183);
        assert_eq!(told.next(now), None, "the first is not answered");
        told.answered();
        assert_eq!(told.next(now), news(183, "active;expires=360"));
        told.tell(200);
        told.tell(486);
        told.answered();
        assert!(!told.is_over());
        assert_eq!(told.next(now), news(200, "terminated;reason=noresource"));
        assert!(told.is_over());
    }

    #[test]
    fn it_ends_with_its_time_or_when_the_peer_wants_no_more() {
        let now = Instant::now();
        let mut told = Subscription::new(now, 2);
        told.next(now);
        told.answered();
        let end = told.poll_timeout();
        told.timeout(end - Duration::from_secs(1));
        assert_eq!(told.next(now), None);
        told.timeout(end);
        assert_eq!(told.next(end), news(100, "terminated;reason=timeout"));
        let mut told = Subscription::new(now, 2);
        assert_eq!(told.refresh(now, Some(0)), 0);
        assert_eq!(told.next(now), news(100, "terminated;reason=timeout"));
    }

    fn news(status: u16, state: &str) -> Option<News> {
        let state = state.to_owned();
        Some(News { status, state })
    }
}

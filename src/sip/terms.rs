//! The terms of a call that its two ends agree on, and what of them we ask for.

use std::time::Duration;

/// Whether provisional responses are made reliable (RFC 3262).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reliable {
    /// Only where the peer insists on it.
    Off,
    /// Offered. A caller who understands it gets those with a description reliably.
    #[default]
    Supported,
    /// A callee who does not understand it is not called (420); a caller who does gets every one
    /// reliably.
    Required,
}

/// How the two ends make sure that the other is still there (RFC 4028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimer {
    /// A session that is not refreshed for so long is over: 90 s to 24 h. `None`: we do without,
    /// also where the peer asks for it.
    pub interval: Option<Duration>,
    /// A shorter interval is refused: 422. 90 s is the least there is (RFC 4028 §4).
    pub min: Duration,
    /// Who refreshes, where that is ours to say.
    pub refresher: Refresher,
}

/// Who refreshes a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresher {
    /// We do where the peer does not say that it will.
    #[default]
    Either,
    /// We do.
    Us,
    /// The peer does, if it knows how to.
    Peer,
}

impl SessionTimer {
    /// No timer.
    pub const OFF: Self = Self {
        interval: None,
        min: MIN_SE,
        refresher: Refresher::Either,
    };

    /// The peer takes no shorter interval than that; says whether this is news.
    pub(super) fn raise(&mut self, min: Duration) -> bool {
        let news = min > self.min && min <= LONGEST;
        if news {
            self.min = min;
            self.interval = self.interval.map(|interval| interval.max(min));
        }
        news
    }
}

/// The recommended half hour (RFC 4028 §4).
impl Default for SessionTimer {
    fn default() -> Self {
        Self {
            interval: Some(Duration::from_secs(1800)),
            ..Self::OFF
        }
    }
}

/// Nobody needs a longer Min-SE.
const LONGEST: Duration = Duration::from_secs(86_400);
/// The least Min-SE (RFC 4028 §5).
const MIN_SE: Duration = Duration::from_secs(90);

/// What a call is made or taken under. Those of a call received are asked for with
/// [`super::Command::Terms`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Provisional responses.
    pub reliable: Reliable,
    /// The session timer.
    pub session_timer: SessionTimer,
}

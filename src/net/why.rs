//! Why connections are refused, not shaken hands with, or closed by us: each is counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// A reason of ours to do without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Refused: there are as many connections as may be.
    Connections,
    /// Refused: there are as many with that address as may be.
    PerAddress,
    /// Refused: as many peers as may are shaking hands.
    Handshakes,
    /// A handshake, of TLS or of a WebSocket, that failed.
    Unshaken,
    /// A handshake that took too long.
    SlowHandshake,
    /// Closed: nothing came after the opening.
    Silent,
    /// Closed: nothing came any more.
    Idle,
    /// Closed: the rest of a message did not come.
    Partial,
    /// Closed: a message longer than may be.
    TooLong,
    /// Closed: what came cannot be cut into messages.
    NotSip,
    /// Closed: the peer does not read what we write.
    Unread,
}

/// What a reason ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is refused as soon as it has come.
    Refused,
    /// It does not get beyond the handshake.
    Handshake,
    /// It was in use.
    Closed,
}

/// How often each reason had to be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons([u64; Why::ALL.len()]);

/// The same while it is counted.
#[derive(Debug, Default)]
pub(super) struct Tallied([AtomicU64; Why::ALL.len()]);

impl Why {
    /// All there are.
    pub const ALL: [Self; 11] = [
        Self::Connections,
        Self::PerAddress,
        Self::Handshakes,
        Self::Unshaken,
        Self::SlowHandshake,
        Self::Silent,
        Self::Idle,
        Self::Partial,
        Self::TooLong,
        Self::NotSip,
        Self::Unread,
    ];

    /// In a few words: the label of the metric.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::PerAddress => "connections of one address",
            Self::Handshakes => "handshakes at once",
            Self::Unshaken => "failed",
            Self::SlowHandshake => "too slow",
            Self::Silent => "silent from the start",
            Self::Idle => "idle",
            Self::Partial => "message not finished",
            Self::TooLong => "message too long",
            Self::NotSip => "not SIP",
            Self::Unread => "does not read",
        }
    }

    /// What it ends.
    pub fn stage(self) -> Stage {
        match self {
            Self::Connections | Self::PerAddress | Self::Handshakes => Stage::Refused,
            Self::Unshaken | Self::SlowHandshake => Stage::Handshake,
            Self::Silent
            | Self::Idle
            | Self::Partial
            | Self::TooLong
            | Self::NotSip
            | Self::Unread => Stage::Closed,
        }
    }
}

impl Reasons {
    /// How often this one was given.
    pub fn of(&self, why: Why) -> u64 {
        self.0.get(why as usize).copied().unwrap_or_default()
    }

    /// How often any of that stage was.
    pub(super) fn at(&self, stage: Stage) -> u64 {
        let all = Why::ALL.into_iter().filter(|why| why.stage() == stage);
        all.map(|why| self.of(why)).sum()
    }
}

impl Tallied {
    pub(super) fn note(&self, why: Why) {
        if let Some(counter) = self.0.get(why as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self) -> Reasons {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reasons(self.0.each_ref().map(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_reason_has_its_own_count_and_label() {
        let tallied = Tallied::default();
        for (times, why) in (1..).zip(Why::ALL) {
            (0..times).for_each(|_| tallied.note(why));
        }
        let reasons = tallied.read();
        assert_eq!(
            Why::ALL.map(|why| reasons.of(why)),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        );
        let stages = [Stage::Refused, Stage::Handshake, Stage::Closed];
        assert_eq!(stages.map(|stage| reasons.at(stage)), [6, 9, 51]);
        let labels: BTreeSet<_> = Why::ALL.into_iter().map(Why::label).collect();
        assert_eq!(labels.len(), Why::ALL.len());
    }
}

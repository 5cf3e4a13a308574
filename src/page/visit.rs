//! A visit: what a user takes for one page, over all its connections.

use super::{Link, Numbered, ToPage, Whose};
use crate::id::PageId;
use std::collections::VecDeque;
use std::time::Instant;

/// Messages kept for a page that may come back. One that has missed more is told how things are.
const MOST_KEPT: usize = 100;

/// What a user takes for one page.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) whose: Whose,
    /// The connection, unless it is lost.
    pub(super) page: Option<PageId>,
    /// The SHA-256 of what the page comes back with.
    pub(super) token: [u8; 32],
    /// Where the link leads, once the customer is welcome.
    pub(super) link: Option<Link>,
    pub(super) welcome: bool,
    /// While it is lost: from when on a desk is absent, and from when on it is gone.
    pub(super) absent_at: Option<Instant>,
    pub(super) gone_at: Option<Instant>,
    /// The number of the last message.
    last: u64,
    /// The last messages as they were written, the oldest first.
    kept: VecDeque<(u64, String)>,
}

impl Visit {
    pub(super) fn new(whose: Whose, page: PageId, token: [u8; 32]) -> Self {
        Self {
            whose,
            page: Some(page),
            token,
            link: None,
            welcome: !matches!(whose, Whose::Customer(_)),
            absent_at: None,
            gone_at: None,
            last: 0,
            kept: VecDeque::new(),
        }
    }

    /// Numbers a message and keeps it.
    pub(super) fn keep(&mut self, message: ToPage) -> String {
        self.last += 1;
        let text = written(self.last, message);
        if self.kept.len() == MOST_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((self.last, text.clone()));
        text
    }

    /// What a page has missed that took the message with the number `seen` last; `None`: it has to be
    /// told how things are. One that has seen nothing remembers nothing.
    pub(super) fn missed(&self, seen: u64) -> Option<Vec<String>> {
        let first = self.last + 1 - self.kept.len() as u64;
        if seen == 0 || seen > self.last || seen + 1 < first {
            return None;
        }
        let missed = self.kept.iter().filter(|(seq, _)| *seq > seen);
        Some(missed.map(|(_, text)| text.clone()).collect())
    }

    /// The numbers begin anew, for a page that knows nothing.
    pub(super) fn forget(&mut self) {
        self.last = 0;
        self.kept.clear();
    }
}

/// A message as JSON.
pub(super) fn written(seq: u64, message: ToPage) -> String {
    // Plain structs of ours: they always have a JSON form.
    serde_json::to_string(&Numbered { seq, message }).unwrap_or_default()
}

//! Whose keys mean something, and what: the state of [`super::keys`], with the next deadline at hand
//! however many listen.

use crate::acd::callback::{Collector, Heard, Typed, Typing};
use crate::id::{CallId, CallbackConfigId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Waiting callers whose keys mean something.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    all: BTreeMap<CallId, Listening>,
    /// When each of them is to be looked at, the first first.
    deadlines: BTreeSet<(Instant, CallId)>,
}

/// What is expected of a waiting caller's keys.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) stage: Stage,
    /// The message was the last one: the floor goes on when all is over.
    pub(super) last_words: bool,
    /// What the caller has asked for.
    pub(super) wanted: Option<CallbackConfigId>,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// A message is heard, or was, that says what can be pressed.
    Codes {
        play: u64,
        codes: Collector<CallbackConfigId>,
    },
    /// The caller is asked for a number.
    Typing {
        play: u64,
        typing: Typing,
        callback: CallbackConfigId,
    },
    /// The request is being written.
    Asking,
    /// The caller hears that it cannot be.
    Declined { play: u64 },
}

/// What a key means, or that none has come in time.
#[derive(Debug)]
pub(super) enum Meaning {
    Code(Heard<CallbackConfigId>),
    Number(Typed, CallbackConfigId),
}

/// What follows a message that has been heard to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// What would follow without keys.
    AsEver,
    /// Silence, in which a key is awaited.
    Silence,
    /// Keys mean nothing any more.
    Over,
}

impl Listeners {
    pub(super) fn get(&self, call: &CallId) -> Option<&Listening> {
        self.all.get(call)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &CallId> {
        self.all.keys()
    }

    pub(super) fn insert(&mut self, call: CallId, listening: Listening) {
        self.remove(&call);
        let due = listening.poll_timeout();
        self.deadlines.extend(due.map(|at| (at, call)));
        self.all.insert(call, listening);
    }

    pub(super) fn remove(&mut self, call: &CallId) -> Option<Listening> {
        let listening = self.all.remove(call)?;
        let due = listening.poll_timeout();
        due.map(|at| self.deadlines.remove(&(at, *call)));
        Some(listening)
    }

    /// Changes what is expected of a caller, and the deadline with it. `None`: nothing is.
    pub(super) fn change<T>(
        &mut self,
        call: CallId,
        change: impl FnOnce(&mut Listening) -> T,
    ) -> Option<T> {
        let mut listening = self.remove(&call)?;
        let changed = change(&mut listening);
        self.insert(call, listening);
        Some(changed)
    }

    /// Whose deadline has passed.
    pub(super) fn due(&self, now: Instant) -> Vec<CallId> {
        let due = self.deadlines.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, call)| *call).collect()
    }

    /// The first deadline of all.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Checks the index.
    pub(super) fn check(&self) {
        let due = self.all.iter();
        let due = due.filter_map(|(call, each)| Some((each.poll_timeout()?, *call)));
        assert_eq!(self.deadlines, due.collect(), "every deadline is known");
    }
}

impl Listening {
    /// The message of this number has been heard to its end.
    pub(super) fn message_ended(&mut self, now: Instant, number: u64) -> After {
        match &mut self.stage {
            Stage::Codes { play, codes } if *play == number => {
                codes.message_ended(now);
                match self.last_words {
                    true => After::Silence,
                    false => After::AsEver,
                }
            }
            Stage::Typing { play, typing, .. } if *play == number => {
                typing.message_ended(now);
                After::Silence
            }
            Stage::Declined { play } if *play == number => After::Over,
            Stage::Codes { .. } | Stage::Typing { .. } | Stage::Declined { .. } | Stage::Asking => {
                After::AsEver
            }
        }
    }

    /// A key was pressed. `None`: it means nothing just now.
    pub(super) fn pressed(&mut self, now: Instant, key: char) -> Option<Meaning> {
        match &mut self.stage {
            Stage::Codes { codes, .. } => Some(Meaning::Code(codes.pressed(now, key))),
            Stage::Typing {
                typing, callback, ..
            } => Some(Meaning::Number(typing.pressed(now, key), *callback)),
            Stage::Asking | Stage::Declined { .. } => None,
        }
    }

    /// A deadline may have passed.
    pub(super) fn due(&mut self, now: Instant) -> Option<Meaning> {
        match &mut self.stage {
            Stage::Codes { codes, .. } => Some(Meaning::Code(codes.due(now))),
            Stage::Typing {
                typing, callback, ..
            } => Some(Meaning::Number(typing.due(now), *callback)),
            Stage::Asking | Stage::Declined { .. } => None,
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Codes { codes, .. } => codes.poll_timeout(),
            Stage::Typing { typing, .. } => typing.poll_timeout(),
            Stage::Asking | Stage::Declined { .. } => None,
        }
    }
}

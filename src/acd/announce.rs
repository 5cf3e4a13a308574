//! What a caller in place hears: the greeting, then music, and a message from time to time.
//!
//! ```text
//!   Join ──▶ Greeting ──Heard──▶ Music ──interval──▶ Announcement
//!        └── no greeting ───────▶  ▲                      │ Heard: the interval begins (D8)
//!                                  └──────────────────────┘
//! ```

use super::caller::{Caller, Doing, Hears, Place, Turn, Wait};
use super::floor::{Floor, later};
use super::{Action, Message};
use crate::id::{CallId, QueueId};
use crate::settings::OnMaxWait;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

impl Floor {
    /// A caller comes to the floor.
    pub(super) fn join(
        &mut self,
        now: Instant,
        call: CallId,
        queue: QueueId,
        out: &mut Vec<Action>,
    ) {
        if self.callers.contains_key(&call) {
            return;
        }
        if self.callers.len() < Self::MOST_CALLERS {
            self.enter(now, call, queue, 0, out);
        } else {
            let then = OnMaxWait::End;
            out.push(Action::GiveUp { call, then });
        }
    }

    /// A caller takes a place in a queue, and its strategy begins (R28, R37).
    pub(super) fn enter(
        &mut self,
        now: Instant,
        call: CallId,
        id: QueueId,
        hops: u8,
        out: &mut Vec<Action>,
    ) {
        let Some(queue) = self.queues.get_mut(&id) else {
            let then = OnMaxWait::End;
            out.push(Action::GiveUp { call, then });
            return;
        };
        queue.counts.joined += 1;
        let rules = queue.rules;
        self.arrivals += 1;
        let wait = Wait {
            hears: Hears::Greeting,
            offered: None,
            ends: rules.max_wait.map(|max| later(now, max.after)),
            tried: BTreeSet::new(),
            refused: BTreeMap::new(),
            ready: true,
            only: None,
        };
        let caller = Caller {
            queue: id,
            place: Place {
                turn: Turn::Arrival,
                joined: now,
                number: self.arrivals,
            },
            hops,
            absent: false,
            doing: Doing::InPlace(wait),
        };
        self.insert_caller(call, caller);
        if rules.greeting {
            out.push(say(call, id, Message::Greeting));
        } else {
            self.music(now, call, out);
        }
    }

    /// A message has been heard to its end.
    pub(super) fn heard(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        match self.callers.get(&call).map(|caller| &caller.doing) {
            Some(Doing::InPlace(wait)) => match wait.hears {
                Hears::Greeting | Hears::Announcement => self.music(now, call, out),
                Hears::Music { .. } | Hears::Nothing => {}
            },
            Some(Doing::LastWords) => self.overflow(now, call, out),
            Some(Doing::Talking(_)) | None => {}
        }
    }

    /// A deadline of a caller has passed.
    pub(super) fn caller_due(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(wait) = self.callers.get(&call).and_then(Caller::wait) else {
            return;
        };
        if wait.ends.is_some_and(|at| at <= now) {
            self.end_wait(now, call, out);
            return;
        }
        let announce = match wait.hears {
            Hears::Music { announce_at } => announce_at.is_some_and(|at| at <= now),
            Hears::Greeting | Hears::Announcement | Hears::Nothing => false,
        };
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                wait.refused.retain(|_, until| *until > now);
                if announce {
                    wait.hears = Hears::Announcement;
                }
            }
        });
        if let Some(caller) = self.callers.get(&call).filter(|_| announce) {
            out.push(say(call, caller.queue, Message::Announcement));
        }
    }

    fn music(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(queue) = self.callers.get(&call).map(|caller| caller.queue) else {
            return;
        };
        let rules = self.queues.get(&queue).map(|queue| queue.rules);
        let every = rules.and_then(|rules| rules.announce_every);
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                let announce_at = every.map(|every| later(now, every));
                wait.hears = Hears::Music { announce_at };
            }
        });
        out.push(Action::Music { call, queue });
    }
}

pub(super) fn say(call: CallId, queue: QueueId, message: Message) -> Action {
    Action::Say {
        call,
        queue,
        message,
    }
}

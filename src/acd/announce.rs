//! What a caller in place hears: the greeting, then music, and a message from time to time.
//!
//! ```text
//!   Join ──▶ Greeting ──Heard──▶ Music ──interval──▶ Announcement
//!        └── no greeting ───────▶  ▲                      │ Heard: the interval begins (D8)
//!                                  └──────────────────────┘
//! ```

use super::caller::{Caller, Doing, Hears, Hope, Place, Turn, Wait};
use super::floor::{Floor, later};
use super::{Action, Arrival, Farewell, Message};
use crate::id::CallId;
use crate::settings::{OnMaxWait, WaitingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

impl Floor {
    /// A caller comes to the floor.
    pub(super) fn join(
        &mut self,
        now: Instant,
        call: CallId,
        arrival: Arrival,
        out: &mut Vec<Action>,
    ) {
        if self.callers.contains_key(&call) {
            return;
        }
        if self.callers.len() < Self::MOST_CALLERS {
            self.enter(now, call, arrival, 0, out);
        } else {
            out.push(no_room(call));
        }
    }

    /// A caller takes a place in a queue, and its strategy begins (R28, R37).
    pub(super) fn enter(
        &mut self,
        now: Instant,
        call: CallId,
        arrival: Arrival,
        hops: u8,
        out: &mut Vec<Action>,
    ) {
        let id = arrival.queue;
        let Some(queue) = self.queues.get_mut(&id) else {
            out.push(no_room(call));
            return;
        };
        queue.counts.joined += 1;
        let sender = arrival.sender.map(WaitingKey::Strategy);
        let key = queue.rules.own.or(sender);
        let key = key.unwrap_or(WaitingKey::Queue(id));
        let experience = self.experiences.get(&key);
        let greeting = experience.is_some_and(|experience| experience.greeting);
        let max_wait = experience.and_then(|experience| experience.max_wait);
        let closed = queue.rules.hours.filter(|_| !queue.open);
        self.arrivals += 1;
        let wait = Wait {
            hears: Hears::Greeting,
            offered: None,
            ends: max_wait.map(|max| later(now, max.after)),
            tried: BTreeSet::new(),
            refused: BTreeMap::new(),
            ready: true,
            only: None,
            first: arrival.first.map(|first| Hope {
                agent: first.agent,
                strict: first.strict,
                until: later(now, self.ring),
            }),
        };
        let caller = Caller {
            queue: id,
            place: Place {
                turn: Turn::Arrival,
                joined: now,
                number: self.arrivals,
            },
            experience: key,
            sender: arrival.sender,
            owner: arrival.owner,
            max_wait,
            hops,
            absent: false,
            doing: match closed {
                Some(_) => Doing::Leaving(Farewell::Closed, OnMaxWait::End),
                None => Doing::InPlace(wait),
            },
        };
        self.insert_caller(call, caller);
        if let Some(hours) = closed {
            self.count(call, |counts| counts.turned_away += 1);
            out.push(say(call, WaitingKey::Hours(hours), Message::Away));
        } else if greeting {
            out.push(say(call, key, Message::Greeting));
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
            Some(Doing::Leaving(why, then)) => {
                let (why, then) = (*why, *then);
                self.depart(now, call, why, then, out);
            }
            Some(Doing::Talking(_) | Doing::Sent | Doing::Handed(_)) | None => {}
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
        if self.give_up_first(now, call, out) {
            return;
        }
        let Some(wait) = self.callers.get(&call).and_then(Caller::wait) else {
            return;
        };
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
            out.push(say(call, caller.experience, Message::Announcement));
        }
    }

    /// The agent they talked to is lost: they wait again at the place they had, and the longest wait
    /// begins anew (D18). The agent has nothing to wrap up: the conversation goes on.
    pub(super) fn back_in_line(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let caller = self.callers.get(&call);
        // Whoever is called back was never in line themselves.
        let caller = caller.filter(|caller| !caller.absent);
        let Some((Doing::Talking(agent), max)) = caller.map(|c| (&c.doing, c.max_wait)) else {
            return;
        };
        let agent = *agent;
        let wait = Wait {
            hears: Hears::Nothing,
            offered: None,
            ends: max.map(|max| later(now, max.after)),
            tried: BTreeSet::new(),
            refused: BTreeMap::new(),
            ready: true,
            only: None,
            first: None,
        };
        self.wrapped_up(now, agent, out);
        let queue = self.callers.get(&call).map(|caller| caller.queue);
        if queue.is_none_or(|queue| !self.queues.contains_key(&queue)) {
            self.remove_caller(call);
            return out.push(no_room(call));
        }
        self.change_caller(call, |caller| {
            caller.doing = Doing::InPlace(wait);
        });
        self.music(now, call, out);
    }

    pub(super) fn music(&mut self, now: Instant, call: CallId, out: &mut Vec<Action>) {
        let Some(key) = self.callers.get(&call).map(|caller| caller.experience) else {
            return;
        };
        let experience = self.experiences.get(&key);
        let every = experience.and_then(|experience| experience.announce_every);
        self.change_caller(call, |caller| {
            if let Some(wait) = caller.wait_mut() {
                let announce_at = every.map(|every| later(now, every));
                wait.hears = Hears::Music { announce_at };
            }
        });
        let experience = key;
        out.push(Action::Music { call, experience });
    }
}

pub(super) fn say(call: CallId, experience: WaitingKey, message: Message) -> Action {
    Action::Say {
        call,
        experience,
        message,
    }
}

pub(super) fn no_room(call: CallId) -> Action {
    Action::GiveUp {
        call,
        then: OnMaxWait::End,
        why: Farewell::NoRoom,
    }
}

//! The book of callbacks: what each customer was promised, and when it is done.

use super::super::Kept;
use super::entry::{Entry, Phase, age, resting};
use super::request::{Kind, Number, Outcome, Request, State, Terms};
use crate::clock::Clock;
use crate::id::{AgentId, CallId, CallbackConfigId, CallbackId, QueueId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// All requests of an account for which something is left to do.
#[derive(Debug, Default)]
pub struct Book {
    pub(super) entries: BTreeMap<CallbackId, Entry>,
    /// The open request of a number in a queue: there is one at most (R84).
    pub(super) open: BTreeMap<(Number, QueueId), CallbackId>,
    pub(super) deadlines: BTreeSet<(Instant, CallbackId)>,
    /// Who is on the line just now, and would be busy: by which calls.
    pub(super) present: BTreeMap<Number, BTreeSet<CallId>>,
    pub(super) lines: BTreeMap<CallId, Vec<Number>>,
    /// Queues outside their opening hours (R87).
    pub(super) closed: BTreeSet<QueueId>,
    /// Queues that the account has not, or not any more: what was promised there waits for them.
    pub(super) removed: BTreeSet<QueueId>,
    /// Nothing is begun any more: the server is about to stop (F18).
    pub(super) gated: bool,
}

/// A customer asks to be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The id minted for it; not used if it merges with another request.
    pub id: CallbackId,
    /// The call in which they ask.
    pub call: CallId,
    /// The number to be called, in E.164.
    pub number: Number,
    /// For which queue.
    pub queue: QueueId,
    /// When they joined it.
    pub joined: Instant,
    /// By which configuration.
    pub config: CallbackConfigId,
    /// What that says.
    pub terms: Terms,
}

/// What happens to callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A customer asks.
    Ask(Ask),
    /// A writing was confirmed, or has failed.
    Stored {
        id: CallbackId,
        revision: u64,
        stored: bool,
    },
    /// The floor offers it: the agent's phone rings.
    Rings { id: CallbackId, agent: AgentId },
    /// That came to nothing; no attempt was made.
    Unrung { id: CallbackId },
    /// The agent has answered.
    Accepted { id: CallbackId, agent: AgentId },
    /// The customer has answered.
    Reached { id: CallbackId },
    /// The attempt could not be made: no way leads to the customer just now, or no trunk has taken it.
    NotMade { id: CallbackId },
    /// The attempt is over and the customer was not reached.
    Missed { id: CallbackId },
    /// Somebody with this number is on the line: calling them would find them busy.
    OnTheLine { call: CallId, number: Number },
    /// The call is over.
    OffTheLine { call: CallId },
    /// Somebody on the line talks to an agent of the queue (D14).
    Connected { call: CallId, queue: QueueId },
    /// A queue's opening hours begin or end.
    Open { queue: QueueId, open: bool },
    /// The account has a queue, or has it no more.
    Exists { queue: QueueId, exists: bool },
    /// Nothing is begun from now on.
    Gate,
    /// A deadline from `poll_timeout` may have passed.
    Timeout,
}

/// What the book wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write it, and say [`Input::Stored`].
    Store(Box<Request>),
    /// It is written: the customer may be told, and hung up on (R83).
    Promise { call: CallId, id: CallbackId },
    /// It could not be written: the customer keeps the place on the line.
    Decline { call: CallId },
    /// Keep a place on the floor.
    Keep { id: CallbackId, place: Kept },
    /// Whether agents may be rung for the place.
    Ready { id: CallbackId, ready: bool },
    /// The place is not kept any more; a call that was being made for it has ended.
    Withdraw { id: CallbackId },
    /// The attempt is written: dial the customer.
    Dial { id: CallbackId },
    /// The attempt could not be written: free the agent.
    Release { id: CallbackId },
    /// As often as was to be tried, nobody has answered.
    NoReply { id: CallbackId },
}

/// Why an agent does not get the request they picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPicked {
    /// There is no such request, or it is done.
    #[error("there is no open callback with this id")]
    Unknown,
    /// Requests of its kind are assigned to agents.
    #[error("it is assigned to an agent by itself: only manual callbacks are picked")]
    Automated,
    /// Another agent was first (R152).
    #[error("another agent has picked it")]
    Taken,
    /// The account has its queue no more.
    #[error("its queue is not there any more: set it up again, or cancel the callback")]
    NoQueue,
    /// Outside the opening hours of its queue (R87).
    #[error("its queue is closed: pick it when the working hours begin")]
    Closed,
    /// The customer is on the line just now.
    #[error("the customer is on the line just now")]
    OnTheLine,
    /// The agent's phone cannot be rung: none is registered, or they have something else to do.
    #[error("your phone cannot be rung: be available first")]
    AgentBusy,
    /// The server is about to stop.
    #[error("the server is about to stop")]
    Draining,
}

impl Book {
    /// Open requests at most; further customers are declined.
    pub const MOST: usize = 20_000;

    /// The book as it was written when the last process ended. An attempt that was being made then has
    /// been made, whatever has come of it (R85).
    pub fn restore(
        &mut self,
        now: Instant,
        clock: &Clock,
        mut requests: Vec<Request>,
        out: &mut Vec<Action>,
    ) {
        requests.sort_by_key(|request| request.id);
        for request in requests {
            let (id, age) = (request.id, age(now, clock, request.joined));
            let joined = now.checked_sub(age).unwrap_or(now);
            let phase = match request.state {
                State::InQueue { next } => resting(now, clock, next),
                State::Active { .. } => Phase::Due,
                State::NoReply { .. } | State::Done { .. } => continue,
            };
            let state = request.state;
            let key = (request.number.clone(), request.queue);
            // One that was over may not have been written as such before there was another.
            let merges = self.open.contains_key(&key);
            if !merges {
                self.open.insert(key, id);
            }
            let mut entry = Entry::new(request, joined, phase);
            entry.saved = entry.request.revision;
            self.entries.insert(id, entry);
            if merges {
                self.finish(now, clock, id, Outcome::Merged, out);
                continue;
            }
            match state {
                State::Active {
                    since,
                    dialling: true,
                    ..
                } => {
                    self.put_back(now, clock, id, since, out);
                }
                State::Active {
                    since,
                    dialling: false,
                    ..
                } => {
                    self.reopen(now, id, since, out);
                }
                State::InQueue { .. } | State::NoReply { .. } | State::Done { .. } => {}
            }
            self.settle(now, id, out);
        }
    }

    /// Takes note of what has happened and says what is to be done now.
    pub fn handle(&mut self, now: Instant, clock: &Clock, input: Input, out: &mut Vec<Action>) {
        match input {
            Input::Ask(ask) => self.ask(now, clock, ask, out),
            Input::Stored {
                id,
                revision,
                stored,
            } => self.stored(now, clock, id, revision, stored, out),
            Input::Rings { id, agent } => self.rings(now, clock, id, agent, out),
            Input::Unrung { id } => self.unrung(now, clock, id, out),
            Input::Accepted { id, agent } => self.accepted(now, clock, id, agent, out),
            Input::Reached { id } => self.finish(now, clock, id, Outcome::Reached, out),
            Input::NotMade { id } => self.not_made(now, clock, id, out),
            Input::Missed { id } => self.missed(now, clock, id, out),
            Input::OnTheLine { call, number } => self.on_the_line(now, call, number, out),
            Input::OffTheLine { call } => self.off_the_line(now, call, out),
            Input::Connected { call, queue } => self.connected(now, clock, call, queue, out),
            Input::Open { queue, open } => {
                let news = match open {
                    true => self.closed.remove(&queue),
                    false => self.closed.insert(queue),
                };
                if news {
                    self.settle_all(now, out);
                }
            }
            Input::Exists { queue, exists } => {
                let news = match exists {
                    true => self.removed.remove(&queue),
                    false => self.removed.insert(queue),
                };
                if news {
                    self.settle_all(now, out);
                }
            }
            Input::Gate => {
                self.gated = true;
                self.settle_all(now, out);
            }
            Input::Timeout => self.timeout(now, clock, out),
        }
    }

    /// An agent picks a request from the list (R70): of two, one has it (R152).
    ///
    /// # Errors
    /// Why the agent does not get it.
    pub fn pick(
        &mut self,
        now: Instant,
        clock: &Clock,
        id: CallbackId,
        agent: AgentId,
        out: &mut Vec<Action>,
    ) -> Result<(), NotPicked> {
        let entry = self.entries.get_mut(&id).ok_or(NotPicked::Unknown)?;
        match entry.phase {
            Phase::Asked | Phase::Over => return Err(NotPicked::Unknown),
            _ if entry.request.terms.kind == Kind::Automated => return Err(NotPicked::Automated),
            Phase::Resting { .. } | Phase::Due => {}
            Phase::Picked { .. }
            | Phase::Ringing { .. }
            | Phase::Taking { .. }
            | Phase::Dialling { .. } => return Err(NotPicked::Taken),
        }
        if self.gated {
            return Err(NotPicked::Draining);
        }
        if self.removed.contains(&entry.request.queue) {
            return Err(NotPicked::NoQueue);
        }
        if self.closed.contains(&entry.request.queue) {
            return Err(NotPicked::Closed);
        }
        if self.present.contains_key(&entry.request.number) {
            return Err(NotPicked::OnTheLine);
        }
        entry.phase = Phase::Picked { agent };
        let since = clock.civil(now);
        entry.request.state = State::Active {
            agent,
            since,
            dialling: false,
        };
        self.write(now, id, out);
        self.settle(now, id, out);
        Ok(())
    }

    /// When to come back with [`Input::Timeout`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// A request for which something is left to do.
    pub fn request(&self, id: CallbackId) -> Option<&Request> {
        self.entries.get(&id).map(|entry| &entry.request)
    }

    /// All requests for which something is left to do, the oldest first.
    pub fn requests(&self) -> impl Iterator<Item = &Request> + '_ {
        self.entries.values().map(|entry| &entry.request)
    }

    fn ask(&mut self, now: Instant, clock: &Clock, ask: Ask, out: &mut Vec<Action>) {
        let key = (ask.number.clone(), ask.queue);
        let id = match self.open.get(&key) {
            // R84: it merges with the one that is there, which keeps its place and its terms.
            Some(&id) => {
                if let Some(entry) = self.entries.get_mut(&id) {
                    entry.request.asks = entry.request.asks.saturating_add(1);
                }
                id
            }
            None if self.entries.len() >= Self::MOST => {
                return out.push(Action::Decline { call: ask.call });
            }
            None => {
                let asked = clock.civil(now);
                let request = Request {
                    id: ask.id,
                    revision: 0,
                    number: ask.number,
                    queue: ask.queue,
                    conversation: ask.call,
                    config: ask.config,
                    terms: ask.terms,
                    asked,
                    joined: clock.civil(ask.joined),
                    asks: 1,
                    attempts: 0,
                    state: State::InQueue { next: asked },
                };
                let entry = Entry::new(request, ask.joined, Phase::Asked);
                self.entries.insert(ask.id, entry);
                self.open.insert(key, ask.id);
                ask.id
            }
        };
        self.write(now, id, out);
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.asking.insert((ask.call, entry.request.revision));
        }
        self.settle(now, id, out);
    }

    fn timeout(&mut self, now: Instant, clock: &Clock, out: &mut Vec<Action>) {
        while let Some(&(at, id)) = self.deadlines.first()
            && at <= now
        {
            let Some(entry) = self.entries.get_mut(&id) else {
                self.deadlines.remove(&(at, id));
                continue;
            };
            if entry.writing.is_some_and(|at| at <= now) {
                let awaited = !entry.asking.is_empty() || entry.awaits_writing();
                match awaited {
                    true => self.not_stored(now, clock, id, out),
                    false => self.write_again(now, id, out),
                }
            } else {
                match entry.phase {
                    Phase::Resting { until } if until <= now => entry.phase = Phase::Due,
                    Phase::Taking { until, .. } if until <= now => {
                        self.not_stored(now, clock, id, out);
                    }
                    Phase::Asked
                    | Phase::Resting { .. }
                    | Phase::Due
                    | Phase::Picked { .. }
                    | Phase::Ringing { .. }
                    | Phase::Taking { .. }
                    | Phase::Dialling { .. }
                    | Phase::Over => {}
                }
            }
            self.settle(now, id, out);
        }
    }
}

//! What the book of callbacks wants: writing, promising, places on the floor, dialling.
//!
//! ```text
//!   a code ─▶ wants_callback ─▶ book ─▶ Store ──Stored──▶ promised ─▶ the caller hears so, BYE
//!                                 └─▶ Keep, Ready ─▶ floor ─▶ Offer ─▶ ring ─▶ taken ─▶ book ─▶ Store
//!                                              they talk ◀─ reached ◀─ dial_back ◀──Stored──┘
//! ```

use super::{Notice, Output, Switch};
use crate::acd::callback::{
    Action, Ask, Input, Kind, NotCancelled, NotPicked, Number, Request, State, Terms,
};
use crate::acd::{self, Turn};
use crate::call::record::{AgentName, Direction, End};
use crate::call::{Agent, Back, Call, Hears, Origin};
use crate::id::{AgentId, CallId, CallbackConfigId, CallbackId};
use crate::route::{self, Dialler};
use crate::settings::{CallbackKind, Destination, Priority};
use std::time::Instant;

impl Switch {
    /// Tells the book, and does what it asks for: at once, or when what the floor has just asked for is
    /// done. A place that the book gives up may be in that.
    pub(super) fn callback(&mut self, now: Instant, input: Input) {
        self.book_hears.push_back(input);
        self.obey(now);
    }

    /// Does what the book asks for, and tells it what came of it, until there is nothing left.
    pub(super) fn obey(&mut self, now: Instant) {
        if self.acting > 0 || std::mem::replace(&mut self.obeying, true) {
            return;
        }
        let mut actions = vec![];
        loop {
            if let Some(action) = self.book_wants.pop_front() {
                self.obey_one(now, action);
            } else if let Some(input) = self.book_hears.pop_front() {
                self.book.handle(now, &self.clock, input, &mut actions);
                self.book_wants.extend(actions.drain(..));
            } else {
                break;
            }
        }
        self.obeying = false;
    }

    /// The callbacks that an earlier process has left, in their order.
    pub(super) fn restore_callbacks(&mut self, now: Instant, requests: Vec<Request>) {
        for queue in requests.iter().map(|request| request.queue) {
            self.queue_exists(now, queue);
        }
        let mut actions = vec![];
        let clock = self.clock;
        self.book.restore(now, &clock, requests, &mut actions);
        self.book_wants.extend(actions);
        self.obey(now);
    }

    /// The database has a request as it was at this revision, or could not take it.
    pub(super) fn stored(&mut self, now: Instant, id: CallbackId, revision: u64, stored: bool) {
        let stored = Input::Stored {
            id,
            revision,
            stored,
        };
        self.callback(now, stored);
    }

    fn obey_one(&mut self, now: Instant, action: Action) {
        match action {
            Action::Store(request) => self.out(Output::Callback(request)),
            Action::Promise { call, id } => self.promised(now, call, id),
            Action::Decline { call } => self.decline(now, call, "it could not be written"),
            Action::Keep { id, place } => {
                let call = CallId::mint(self.clock.unix_millis(now), self.random.u64());
                self.places.insert(id, call);
                self.called_back.insert(call, id);
                self.acd(now, acd::Input::Reserve { call, place });
            }
            Action::Ready { id, ready } => {
                if let Some(&call) = self.places.get(&id) {
                    self.acd(now, acd::Input::Ready { call, ready });
                }
            }
            Action::Withdraw { id } => {
                if let Some(call) = self.forget_place(id) {
                    self.acd(now, acd::Input::Withdraw { call });
                }
            }
            Action::Dial { id } => self.dial_back(now, id),
            Action::Release { id } => {
                if let Some(&call) = self.places.get(&id) {
                    self.end_call(now, call, End::NotReached);
                }
            }
            Action::NoReply { id } => self.out(Output::Notice(None, Notice::CallbackNoReply(id))),
        }
    }

    /// A caller has asked to be called back.
    pub(super) fn wants_callback(&mut self, now: Instant, id: CallId, callback: CallbackConfigId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let number = call.record().from.clone();
        match route::is_e164(&number) {
            true => self.wants_callback_at(now, id, callback, &number),
            false => self.ask_number(now, id, callback),
        }
    }

    /// The same, at this number.
    pub(super) fn wants_callback_at(
        &mut self,
        now: Instant,
        id: CallId,
        callback: CallbackConfigId,
        number: &str,
    ) {
        let number = route::dialled(&self.account, number);
        // What could never be dialled is not promised; nor is a number that is barred (B26).
        let dialable = route::ways_out(&self.account, Dialler::Queue, &number);
        if !route::is_e164(&number) || dialable.is_err() {
            return self.decline(now, id, "the number cannot be called");
        }
        let config = self.account.callback(callback);
        let found = self.calls.get(&id).zip(self.floor.caller(id));
        let Some((config, (call, caller))) = config.zip(found) else {
            return self.decline(now, id, "the callback is not set up any more");
        };
        let trunk = match call.origin {
            Origin::Trunk(trunk) => self.account.trunk(trunk),
            Origin::Agent(_) | Origin::Callback(..) | Origin::Link(..) => None,
        };
        let terms = Terms {
            kind: match config.kind {
                // R71: there nobody is called by itself.
                CallbackKind::Automated if trunk.is_some_and(|trunk| trunk.whatsapp) => {
                    Kind::Manual
                }
                CallbackKind::Automated => Kind::Automated,
                CallbackKind::Manual => Kind::Manual,
            },
            turn: match config.priority {
                Priority::QueuePosition => Turn::Arrival,
                Priority::Inbound => Turn::AfterArrivals,
            },
            retries: config.retries,
            delay: config.delay,
        };
        let (queue, joined) = (caller.queue, caller.joined);
        self.notice(id, Notice::CallbackAsked { queue });
        self.asking(id);
        let number = Number(number);
        let present = Input::OnTheLine {
            call: id,
            number: number.clone(),
        };
        self.callback(now, present);
        let ask = Ask {
            id: CallbackId(self.next()),
            call: id,
            number,
            queue,
            joined,
            config: callback,
            terms,
        };
        self.callback(now, Input::Ask(ask));
    }

    /// It is written: the caller leaves the line, hears so, and is hung up on (R76, R83).
    fn promised(&mut self, now: Instant, id: CallId, callback: CallbackId) {
        let waits = self.calls.get(&id).is_some_and(Call::is_waiting);
        // Whoever has hung up, or talks already, needs no promise.
        if !waits {
            return;
        }
        self.listening.remove(&id);
        let config = self.book.request(callback).map(|request| request.config);
        let sound = config.and_then(|config| self.sounds.confirmation(config));
        self.acd(now, acd::Input::Withdraw { call: id });
        let play = self.next();
        let hears = sound.map_or(Hears::Silence, |sound| Hears::Message { play, sound });
        if let Some(call) = self.calls.get_mut(&id) {
            call.promise(callback, hears);
            // If the server dies now, the record knows of it.
            let record = Box::new(call.record().clone());
            self.out(Output::Conversation(record));
        }
        self.notice(id, Notice::CallbackPromised(callback));
        self.arrange(id);
        if sound.is_none() {
            self.end_call(now, id, End::CallbackPromised);
        }
    }

    /// The floor has an agent for a callback: it becomes a call. Of any other it is without effect.
    pub(super) fn begin_callback(&mut self, now: Instant, id: CallId) {
        let Some(&callback) = self.called_back.get(&id) else {
            return;
        };
        let Some(request) = self.book.request(callback) else {
            return;
        };
        let queue = self.account.queue(request.queue);
        let back = Back {
            id,
            callback,
            number: request.number.0.clone(),
            queue: queue.map_or_else(String::new, |queue| queue.name.clone()),
            account: self.account.name.clone(),
            policy: self.policy(Direction::Outbound),
        };
        let clock = &self.clock;
        let call = self.calls.entry(id);
        call.or_insert_with(|| Call::back(now, clock, back));
    }

    /// The agent who was rung for a callback has answered: the attempt is written, then made.
    pub(super) fn taken(&mut self, now: Instant, id: CallId, callback: CallbackId, agent: AgentId) {
        let settings = self.account.agent(agent);
        let Some((settings, call)) = settings.zip(self.calls.get_mut(&id)) else {
            return;
        };
        let name = AgentName {
            id: agent,
            name: settings.name.clone(),
        };
        if !call.take(name, &settings.user) {
            return;
        }
        let record = Box::new(call.record().clone());
        self.out(Output::Conversation(record));
        self.notice(id, Notice::CallbackTaken { callback, agent });
        let id = callback;
        self.callback(now, Input::Accepted { id, agent });
    }

    /// The attempt is written: the customer is dialled, with the customer call timeout (R50, R86).
    fn dial_back(&mut self, now: Instant, callback: CallbackId) {
        let Some(&id) = self.places.get(&callback) else {
            return;
        };
        let taken = self.calls.get(&id).is_some_and(Call::is_taken);
        let Some(request) = self.book.request(callback).filter(|_| taken) else {
            return;
        };
        let (number, attempt) = (request.number.0.clone(), request.attempts);
        match self.ways(now, Dialler::Queue, &number) {
            Ok(ways) => {
                let dial = self.outside(number.clone(), &ways);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.dial(dial, Hears::Silence);
                }
                self.dialling.insert(id, ways);
                let notice = Notice::CallbackDials {
                    callback,
                    number,
                    attempt,
                };
                self.notice(id, notice);
                self.arrange(id);
                self.dial_next(now, id);
            }
            Err(refusal) => {
                let (status, why) = (refusal.status, Some(refusal.why));
                self.notice(id, Notice::NotReached { status, why });
                self.callback(now, Input::NotMade { id: callback });
                self.end_call(now, id, End::NotReached);
            }
        }
    }

    /// The customer has answered: nothing more is owed.
    pub(super) fn called_back(&mut self, now: Instant, callback: CallbackId) {
        self.forget_place(callback);
        self.callback(now, Input::Reached { id: callback });
    }

    /// A caller is on the line: whoever calls them now finds them busy.
    pub(super) fn on_the_line(&mut self, now: Instant, call: CallId, number: &str) {
        if route::is_e164(number) {
            let number = Number(number.to_owned());
            self.callback(now, Input::OnTheLine { call, number });
        }
    }

    /// A caller talks to an agent: that is as good as being called back, for the queue in which they
    /// were found and for the one they had called (D14).
    pub(super) fn met(&mut self, now: Instant, call: CallId) {
        self.listening.remove(&call);
        let found = self.floor.caller(call).map(|caller| caller.queue);
        let destination = self.calls.get(&call).and_then(|call| call.destination);
        let called = match destination {
            Some(Destination::Queue(queue)) => Some(queue),
            Some(Destination::Echo | Destination::Music) | None => None,
        };
        for queue in found.into_iter().chain(called) {
            self.callback(now, Input::Connected { call, queue });
        }
    }

    /// The phone that was rung for it is not rung any more.
    pub(super) fn unrung_for(&mut self, now: Instant, id: CallId) {
        if let Some(callback) = self.calls.get(&id).and_then(Call::callback) {
            self.callback(now, Input::Unrung { id: callback });
        }
    }

    /// A call for a callback has ended before the customer was reached.
    pub(super) fn not_called_back(
        &mut self,
        now: Instant,
        call: CallId,
        callback: CallbackId,
        agent: Option<Agent>,
        taken: bool,
    ) {
        if !taken {
            // The agent was only rung: another one may be.
            if let Some(agent) = agent.map(|agent| agent.id) {
                let why = acd::Refusal::Failed;
                self.acd(now, acd::Input::Refuse { agent, call, why });
            }
            return self.callback(now, Input::Unrung { id: callback });
        }
        self.callback(now, Input::Missed { id: callback });
        let request = self.book.request(callback);
        let state = request.map(|request| (request.state, request.attempts));
        if let Some((State::InQueue { next }, attempts)) = state {
            let wait = next.duration_since(self.clock.civil(now));
            let wait_s = wait.as_secs().max(0).unsigned_abs();
            let notice = Notice::CallbackMissed {
                callback,
                attempts,
                wait_s,
            };
            self.notice(call, notice);
        }
    }

    /// An agent picks a request from the list (R70, R152): their phone rings, if it can be rung.
    pub(super) fn pick_callback(
        &mut self,
        now: Instant,
        agent: AgentId,
        id: CallbackId,
    ) -> Result<(), NotPicked> {
        let mut actions = vec![];
        self.book.pick(now, &self.clock, id, agent, &mut actions)?;
        self.book_wants.extend(actions);
        self.obey(now);
        let place = self.places.get(&id);
        let rings = place.and_then(|call| self.calls.get(call)?.agent());
        if rings.is_none() {
            self.callback(now, Input::Unrung { id });
            return Err(NotPicked::AgentBusy);
        }
        Ok(())
    }

    /// People take a request back. A phone that rings for it falls silent.
    pub(super) fn cancel_callback(
        &mut self,
        now: Instant,
        id: CallbackId,
    ) -> Result<(), NotCancelled> {
        let mut actions = vec![];
        self.book.cancel(now, &self.clock, id, &mut actions)?;
        self.out(Output::Notice(None, Notice::CallbackCancelled(id)));
        self.book_wants.extend(actions);
        self.obey(now);
        Ok(())
    }

    fn forget_place(&mut self, id: CallbackId) -> Option<CallId> {
        let call = self.places.remove(&id)?;
        self.called_back.remove(&call);
        Some(call)
    }
}

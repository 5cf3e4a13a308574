//! What the floor wants: messages, ringing, connecting, giving up.

use super::shown::unrung_name;
use super::{Notice, Switch, Unrung};
use crate::acd::{self, Action, Arrival, Choice, Farewell, Message, Status, callback};
use crate::call::record::{AgentName, Direction, End, Role};
use crate::call::{Agent, Call, Hears, Origin, Place};
use crate::id::{AgentId, CallId, QueueId, SoundId, VisitId};
use crate::settings::{OnMaxWait, WaitingKey};
use crate::sip::Party;
use crate::switch::Output;
use std::collections::VecDeque;
use std::time::Instant;

/// What is on record of an agent to whom a customer was passed on in vain: nobody answered.
const NO_ANSWER: u16 = 480;

impl Switch {
    /// Tells the floor, does what it asks for, and tells it at once what came of that.
    pub(super) fn acd(&mut self, now: Instant, input: acd::Input) {
        let mut actions = vec![];
        self.floor.handle(now, input, &mut actions);
        self.act_on(now, actions);
    }

    /// Does what the floor asks for, and tells it at once what came of that.
    pub(super) fn act_on(&mut self, now: Instant, mut actions: Vec<Action>) {
        let mut inputs = VecDeque::new();
        self.acting += 1;
        loop {
            for action in std::mem::take(&mut actions) {
                inputs.extend(self.act(now, action));
            }
            let Some(input) = inputs.pop_front() else {
                break;
            };
            self.floor.handle(now, input, &mut actions);
        }
        self.acting -= 1;
        self.obey(now);
    }

    /// Does one action. An answer that is known at once is returned, not awaited.
    fn act(&mut self, now: Instant, action: Action) -> Option<acd::Input> {
        if let Some(answer) = self.act_for_asker(now, &action) {
            return answer;
        }
        match action {
            Action::Say {
                call,
                experience,
                message,
            } => self.say(now, call, experience, message),
            // Whoever types a number is not disturbed.
            Action::Music { call, .. } if self.is_busy_with_keys(call) => None,
            Action::Music { call, experience } => {
                let music = self.sounds.music(experience);
                let music = music.map_or(Hears::Silence, Hears::Music);
                self.let_hear(call, music, Notice::HearsMusic);
                None
            }
            Action::Redirect { call, queue } => {
                self.comes_to(now, call, queue);
                None
            }
            Action::Offer { call, agent, why } => {
                self.begin_callback(now, call);
                self.ring(now, call, agent, why)
            }
            Action::Revoke { call, agent, why } => {
                self.unring(now, call, agent, why.into());
                None
            }
            Action::Connect { call, agent } => {
                self.connect(now, call, agent);
                None
            }
            Action::GiveUp { call, then, why } => {
                self.unspeak(call);
                let end = match why {
                    Farewell::MaxWait => End::MaxWait,
                    Farewell::Closed => End::Closed,
                    Farewell::NoRoom => End::Refused,
                    Farewell::NotThere => End::NotReached,
                };
                match then {
                    OnMaxWait::External(number) => self.send_out(now, call, number),
                    // Another queue is the floor's own affair.
                    OnMaxWait::End | OnMaxWait::Queue(_) => self.end_call(now, call, end),
                }
                None
            }
            Action::NotTaken { call, .. } => {
                self.not_taken(now, call, NO_ANSWER);
                None
            }
            Action::Paused { agent, queue } => {
                let status = Status::Paused(queue);
                self.out(Output::Notice(None, Notice::Status(agent, status)));
                None
            }
            Action::Dismiss { call, agent } => {
                self.unring(now, call, agent, Unrung::CallerGone);
                None
            }
            Action::WrappedUp { agent } => {
                self.out(Output::Notice(None, Notice::WrappedUp(agent)));
                None
            }
        }
    }

    /// How a caller comes to a queue: with what the number called and the trunk bring along.
    pub(super) fn arrival(&self, id: CallId, queue: QueueId) -> Arrival {
        let call = self.calls.get(&id);
        let sender = call.and_then(|call| self.account.strategy_of(&call.record().called));
        Arrival {
            queue,
            sender: sender.map(|strategy| strategy.id),
            owner: call.and_then(|call| self.owner(call)),
            first: call.and_then(|call| match call.origin {
                Origin::Link(_, shared) => shared.map(|shared| acd::First {
                    agent: shared.by,
                    strict: shared.strict,
                }),
                Origin::Trunk(_) | Origin::Agent(_) | Origin::Callback(..) => None,
            }),
        }
    }

    /// A caller is in a queue, or before its closed door.
    pub(super) fn comes_to(&mut self, now: Instant, id: CallId, queue: QueueId) {
        let name = self.account.queue(queue).map_or("", |queue| &queue.name);
        let owner = self.calls.get(&id).and_then(|call| self.owner(call));
        let owner = owner.and_then(|owner| self.account.agent(owner));
        if let Some(call) = self.calls.get_mut(&id) {
            call.join(now, queue, name);
            if let Some(owner) = owner {
                call.assign(AgentName {
                    id: owner.id,
                    name: owner.name.clone(),
                });
            }
        }
        let position = self.floor.position(id);
        let position = position.unwrap_or_else(|| self.floor.ahead(queue) + 1);
        let notice = match self.floor.is_open(queue) {
            true => Notice::Queued { queue, position },
            false => Notice::Closed { queue },
        };
        self.notice(id, notice);
    }

    fn say(
        &mut self,
        now: Instant,
        call: CallId,
        experience: WaitingKey,
        message: Message,
    ) -> Option<acd::Input> {
        if message == Message::Announcement && self.is_busy_with_keys(call) {
            return Some(acd::Input::Heard { call });
        }
        if self.speak(now, call, experience, message) {
            return None;
        }
        let Some(sound) = self.sounds.message(experience, message) else {
            return Some(acd::Input::Heard { call });
        };
        self.hear_message(call, sound, message);
        None
    }

    pub(super) fn hear_message(&mut self, call: CallId, sound: SoundId, message: Message) {
        let play = self.next();
        self.let_hear(call, Hears::Message { play, sound }, Notice::Hears(message));
        self.listen(call, message, play);
    }

    pub(super) fn let_hear(&mut self, id: CallId, hears: Hears, notice: Notice) {
        self.unspeak(id);
        if self.calls.get_mut(&id).is_some_and(|call| call.play(hears)) {
            self.notice(id, notice);
            self.arrange(id);
        }
    }

    /// Rings an agent's phone: a leg on the caller's worker, an offer of ours.
    fn ring(
        &mut self,
        now: Instant,
        id: CallId,
        agent: AgentId,
        why: Choice,
    ) -> Option<acd::Input> {
        let failed = Some(acd::Input::Refuse {
            agent,
            call: id,
            why: acd::Refusal::Failed,
        });
        let Some(call) = self.calls.get(&id).filter(|call| !call.is_over()) else {
            return failed;
        };
        let record = call.record();
        let (number, customer) = match record.direction {
            Direction::Inbound => (&record.from, call.caller),
            // The agent sees who is to be called back.
            Direction::Outbound => (&record.called, call.caller),
        };
        let from = Party {
            user: number.clone(),
            ..Party::default()
        };
        if let Some(desk) = self.desk_to_ring(agent) {
            return self.ring_desk(now, id, agent, why, desk);
        }
        match self.ring_phone(now, id, Role::Agent, agent, from, customer) {
            Some(leg) => {
                self.rung(now, id, Agent { id: agent, leg }, why);
                None
            }
            None => self.no_place_for(id, agent),
        }
    }

    /// Rings an agent at a desk.
    fn ring_desk(
        &mut self,
        now: Instant,
        id: CallId,
        agent: AgentId,
        why: Choice,
        visit: VisitId,
    ) -> Option<acd::Input> {
        let customer = self.calls.get(&id)?.caller;
        match self.ring_page(now, id, Role::Agent, visit, customer) {
            Some(leg) => {
                self.rung(now, id, Agent { id: agent, leg }, why);
                None
            }
            None => self.no_place_for(id, agent),
        }
    }

    /// There is no port for the agent's leg.
    fn no_place_for(&mut self, call: CallId, agent: AgentId) -> Option<acd::Input> {
        self.notice(call, Notice::Unrung(agent, Unrung::Failed(503)));
        self.complete(call);
        let why = acd::Refusal::Failed;
        Some(acd::Input::Refuse { agent, call, why })
    }

    fn rung(&mut self, now: Instant, id: CallId, rung: Agent, why: Choice) {
        let agent = rung.id;
        let call = self.calls.get_mut(&id);
        let callback = call.and_then(|call| {
            call.ring(rung);
            call.callback()
        });
        self.notice(id, Notice::Rings(agent, why));
        if let Some(id) = callback {
            self.callback(now, callback::Input::Rings { id, agent });
        }
    }

    /// Stops ringing. An answer on its way meets ACK and BYE in `sip` (R52).
    fn unring(&mut self, now: Instant, id: CallId, agent: AgentId, why: Unrung) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if let Some(ringing) = call.unring(agent) {
            self.leaves_page(now, ringing.leg, Some(unrung_name(why)));
            self.hang_up(now, ringing.leg, None);
            self.notice(id, Notice::Unrung(agent, why));
            self.unrung_for(now, id);
        }
    }

    /// The agent took the call: whatever played stops, the two talk, the recording begins (D15).
    pub(super) fn connect(&mut self, now: Instant, id: CallId, agent: AgentId) {
        if let Some(callback) = self.calls.get(&id).and_then(Call::callback) {
            return self.taken(now, id, callback, agent);
        }
        self.unspeak(id);
        let settings = self.account.agent(agent).cloned();
        let queue = self.calls.get(&id).and_then(|call| call.queue());
        let music = queue.map_or(Hears::Silence, |queue| self.hold_music(id, queue));
        let (Some(settings), Some(call)) = (settings, self.calls.get_mut(&id)) else {
            return;
        };
        let name = AgentName {
            id: agent,
            name: settings.name.clone(),
        };
        if !call.connect(now, &self.clock, name, music) {
            return;
        }
        let waited_ms = call.record().waited_ms;
        self.own(id, Some(agent));
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        // If the server dies in the talk, the record knows with whom.
        let record = Box::new(call.record().clone());
        self.out(Output::Conversation(record));
        self.keep_holds(now, id);
        self.tell_referrer(now, id, 200);
        self.arrange(id);
        self.notice(id, Notice::Connected { agent, waited_ms });
        self.met(now, id);
        self.record(now, id, &settings);
    }

    /// The queue that the customer of a call is served from, and its music.
    pub(super) fn place(&self, id: CallId) -> Option<Place> {
        let queue = self.floor.caller(id)?.queue;
        let music = self.hold_music(id, queue);
        Some(Place { queue, music })
    }

    pub(super) fn hold_music(&self, call: CallId, queue: QueueId) -> Hears {
        let key = self.experience(call, queue);
        key.and_then(|key| self.sounds.music(key))
            .map_or(Hears::Silence, Hears::Music)
    }

    /// Where it is set what this caller experiences in the queue.
    fn experience(&self, call: CallId, queue: QueueId) -> Option<WaitingKey> {
        let called = self
            .calls
            .get(&call)
            .map(|call| call.record().called.as_str());
        self.account.waiting(queue, called).map(|(key, _)| key)
    }
}

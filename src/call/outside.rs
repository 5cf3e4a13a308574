//! A call's way to a number outside, or to a colleague: dialled for an agent who calls, or for a caller
//! whose longest wait is over (R25), or who was passed on.

use super::consult::Asked;
use super::record::{AgentName, Direction};
use super::{Agent, Call, Dial, Hears, Hold, Other, Place, Stage, Whom};
use crate::clock::Clock;
use crate::id::LegId;
use std::time::Instant;

/// How somebody who was dialled has been reached.
#[derive(Clone, Debug)]
pub struct Reached {
    /// The name of the trunk; `None`: a colleague.
    pub trunk: Option<String>,
    /// Who has dialled them, of an agent's call.
    pub agent: Option<AgentName>,
    /// The queue that a colleague serves the customer from who was passed on.
    pub place: Option<Place>,
    /// What is heard by who is kept waiting.
    pub music: Hears,
}

impl Call {
    /// A number outside is dialled for the caller, who hears this meanwhile.
    pub fn dial(&mut self, dial: Dial, hears: Hears) {
        self.stage = Stage::Dialling {
            dial: Box::new(dial),
            leg: None,
            hears,
        };
    }

    /// The number that is being dialled.
    pub fn dialling(&mut self) -> Option<&mut Dial> {
        self.attempt_mut().map(|(dial, ..)| dial)
    }

    /// Whether a number outside is being dialled.
    pub fn is_dialling(&self) -> bool {
        self.outside().is_some()
    }

    /// When the number that is being dialled wants to be asked.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.outside().and_then(|(dial, ..)| dial.poll_timeout())
    }

    /// The leg of the attempt that goes on.
    pub fn dialled(&self) -> Option<LegId> {
        self.outside().and_then(|(_, leg, _)| leg)
    }

    /// The attempt has a leg, or has none any more.
    pub fn attempt(&mut self, attempt: Option<LegId>) {
        if let Some((_, leg, _)) = self.attempt_mut() {
            *leg = attempt;
        }
    }

    /// Changes what is heard while the number is dialled, by the caller or by the agent who asks
    /// somebody. Says whether that is news.
    pub fn hear_meanwhile(&mut self, sound: Hears) -> bool {
        let attempt = self.attempt_mut();
        attempt.is_some_and(|(.., hears)| std::mem::replace(hears, sound) != sound)
    }

    /// What the caller hears while the number is dialled.
    pub fn meanwhile(&self) -> Option<Hears> {
        self.outside().map(|(.., hears)| hears)
    }

    /// What was tried is on record.
    pub(super) fn note_attempts(&mut self) {
        if let Stage::Dialling { dial, .. } = &self.stage {
            let attempts = dial.attempts().to_vec();
            self.record.attempts.extend(attempts);
        }
    }

    /// The number was not reached: the caller hears something else now.
    pub fn give_up_dialling(&mut self) {
        self.note_attempts();
        if matches!(self.stage, Stage::Dialling { .. }) {
            self.stage = Stage::Served(Hears::Silence);
        }
    }

    /// What is being dialled, the leg of the attempt, and what the caller hears meanwhile.
    fn outside(&self) -> Option<(&Dial, Option<LegId>, Hears)> {
        let consult = self.consult.as_ref();
        match (&self.stage, consult.map(|consult| &consult.asked)) {
            (Stage::Dialling { dial, leg, hears }, _)
            | (Stage::Talking { .. }, Some(Asked::Dialling { dial, leg, hears })) => {
                Some((dial, *leg, *hears))
            }
            (Stage::Talking { .. }, Some(Asked::Talking { .. } | Asked::Queued { .. }) | None)
            | (
                Stage::Answering
                | Stage::Served(_)
                | Stage::Waiting { .. }
                | Stage::Calling { .. }
                | Stage::Over,
                _,
            ) => None,
        }
    }

    fn attempt_mut(&mut self) -> Option<(&mut Dial, &mut Option<LegId>, &mut Hears)> {
        let consult = self.consult.as_mut();
        match (&mut self.stage, consult.map(|consult| &mut consult.asked)) {
            (Stage::Dialling { dial, leg, hears }, _)
            | (Stage::Talking { .. }, Some(Asked::Dialling { dial, leg, hears })) => {
                Some((dial, leg, hears))
            }
            (Stage::Talking { .. }, Some(Asked::Talking { .. } | Asked::Queued { .. }) | None)
            | (
                Stage::Answering
                | Stage::Served(_)
                | Stage::Waiting { .. }
                | Stage::Calling { .. }
                | Stage::Over,
                _,
            ) => None,
        }
    }

    /// They have answered: from now on they talk. Says whether the two could be connected.
    pub fn reach(&mut self, now: Instant, clock: &Clock, reached: Reached) -> bool {
        let Stage::Dialling {
            dial,
            leg: Some(leg),
            ..
        } = &mut self.stage
        else {
            return false;
        };
        let leg = *leg;
        let whom = dial.whom().clone();
        dial.answered();
        self.note_attempts();
        let caller = self.caller_agent();
        let (mut queue, mut agent) = (None, reached.agent);
        let (customer, other) = match (self.record.direction, caller, whom) {
            (Direction::Outbound, Some(id), _) => {
                let agent = Agent {
                    id,
                    leg: self.caller,
                };
                (leg, Other::Agent(agent))
            }
            (Direction::Outbound, None, Whom::Number(_))
            | (Direction::Inbound, _, Whom::Number(_)) => (self.caller, Other::Outside(leg)),
            (Direction::Outbound, None, Whom::Colleague(name))
            | (Direction::Inbound, _, Whom::Colleague(name)) => {
                let id = name.id;
                queue = reached.place.map(|place| place.queue);
                agent = Some(name);
                (self.caller, Other::Agent(Agent { id, leg }))
            }
        };
        self.stage = Stage::Talking {
            queue,
            customer,
            other,
            since: now,
            music: reached.place.map_or(reached.music, |place| place.music),
            customers: Hold::None,
            others: Hold::None,
        };
        if self.record.direction == Direction::Outbound && !self.passed_on {
            self.record.trunk = reached.trunk;
        }
        self.record.agent = agent.or_else(|| self.record.agent.take());
        if let Some(agent) = &self.record.agent {
            self.record.assigned = Some(agent.clone());
        }
        self.customer = Some(customer);
        self.meet(now, clock);
        true
    }
}

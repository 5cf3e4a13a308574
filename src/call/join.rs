//! What agents do with the keys of a phone that has several calls: they let the party of one talk to the
//! customer of another (RFC 5589 §7), or go on with a call on another phone (RFC 3891).

use super::record::Direction;
use super::{Agent, Call, Dial, Hears, Other, Stage, Whom, millis};
use crate::id::LegId;
use std::time::Instant;

/// The party whom an agent has asked in a call of their own.
#[derive(Debug)]
pub enum Party {
    /// They talk.
    Talking {
        /// By which leg.
        leg: LegId,
        /// Who.
        whom: Whom,
    },
    /// They are dialled.
    Dialling {
        /// How far that is.
        dial: Box<Dial>,
        /// By which leg.
        leg: Option<LegId>,
        /// What is heard meanwhile.
        hears: Hears,
    },
}

impl Call {
    /// Who is asked in this call of an agent, if that is what it is.
    pub fn party(&self) -> Option<Whom> {
        self.caller_agent()?;
        match &self.stage {
            Stage::Dialling { dial, .. } => Some(dial.whom().clone()),
            Stage::Talking { other, .. } if self.consult.is_none() => self.reached(*other),
            Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Talking { .. }
            | Stage::Over => None,
        }
    }

    /// Whether the agent who has made it is in the customer's place: they have called a queue.
    pub fn asks_queue(&self) -> bool {
        self.caller_agent().is_some() && self.record.direction == Direction::Inbound
    }

    /// The party belongs to another call from now on; this one has nobody but its agent left.
    pub fn give_away(&mut self, now: Instant) -> Option<Party> {
        let whom = self.party()?;
        let asks_queue = self.asks_queue();
        let stage = std::mem::replace(&mut self.stage, Stage::Served(Hears::Silence));
        let party = match stage {
            Stage::Dialling { dial, leg, hears } => Party::Dialling { dial, leg, hears },
            Stage::Talking {
                customer,
                other,
                since,
                ..
            } => {
                self.record.talked_ms += millis(now.saturating_duration_since(since));
                let leg = if asks_queue { other.leg() } else { customer };
                Party::Talking { leg, whom }
            }
            other @ (Stage::Answering
            | Stage::Served(_)
            | Stage::Waiting { .. }
            | Stage::Calling { .. }
            | Stage::Over) => {
                self.stage = other;
                return None;
            }
        };
        self.colleague = None;
        let leg = match &party {
            Party::Talking { leg, .. } => Some(*leg),
            Party::Dialling { leg, .. } => *leg,
        };
        if let Some(leg) = leg {
            self.legs.remove(&leg);
        }
        Some(party)
    }

    /// The customer who was passed on is on the way to who is being dialled already.
    pub fn go_on_dialling(&mut self, dial: Box<Dial>, leg: Option<LegId>, hears: Hears) {
        self.legs.extend(leg);
        self.stage = Stage::Dialling { dial, leg, hears };
    }

    /// Whom they talk to; `None`: somebody outside to whom the queue has sent them.
    fn reached(&self, other: Other) -> Option<Whom> {
        if let Some(agent) = &self.colleague {
            return Some(Whom::Colleague(agent.clone()));
        }
        match (self.asks_queue(), other) {
            (false, _) => Some(Whom::Number(self.record.called.clone())),
            (true, Other::Agent(_)) => self.record.agent.clone().map(Whom::Colleague),
            (true, Other::Outside(_)) => None,
        }
    }

    /// A party goes on by another leg. Says whether there is such a party.
    pub fn replace(&mut self, old: LegId, new: LegId) -> bool {
        if self.replace_asked(old, new) {
            return true;
        }
        let mut replaced = false;
        let mut change = |leg: &mut LegId| {
            if *leg == old {
                (*leg, replaced) = (new, true);
            }
        };
        match &mut self.stage {
            Stage::Waiting {
                ringing: Some(Agent { leg, .. }),
                ..
            }
            | Stage::Calling {
                agent: Some(Agent { leg, .. }),
                ..
            }
            | Stage::Dialling { leg: Some(leg), .. } => change(leg),
            Stage::Talking {
                customer, other, ..
            } => {
                change(customer);
                match other {
                    Other::Agent(Agent { leg, .. }) | Other::Outside(leg) => change(leg),
                }
            }
            Stage::Waiting { ringing: None, .. }
            | Stage::Answering
            | Stage::Served(_)
            | Stage::Calling { agent: None, .. }
            | Stage::Dialling { leg: None, .. }
            | Stage::Over => {}
        }
        if replaced {
            self.supervisors_follow(old, new);
            for leg in [&mut self.caller].into_iter().chain(&mut self.customer) {
                if *leg == old {
                    *leg = new;
                }
            }
        }
        replaced
    }
}

//! An agent asks somebody, outside or a colleague, before they pass the customer on to them (B2), or lets
//! all three talk (B3).
//!
//! ```text
//!   consult ─▶ Dialling ──answer──▶ Asked ◀─swap─▶ Customer ─┬─ complete: the agent leaves
//!                 │ refused     ▲     ▲▼              ▲▼      ├─ cancel: the one who was asked leaves
//!                 ▼             │     └──── All ──────┘       └─ they hang up: as before it
//!            as before it       │
//!   asks_in_queue ─▶ Queued ────┘
//! ```
//!
//! While the agent talks to the one who is asked the customer is on hold, and nothing is recorded.

use super::record::{AgentName, Destination};
use super::{Agent, Call, Dial, Hears, Hold, Other, Passed, Taker, Whom};
use crate::clock::Clock;
use crate::id::{AgentId, CallId, LegId};
use std::time::Instant;

/// Somebody who is asked, besides the customer and the agent.
#[derive(Debug)]
pub(super) struct Consult {
    pub(super) asked: Asked,
    pub(super) with: With,
}

#[derive(Debug)]
pub(super) enum Asked {
    /// They are dialled.
    Dialling {
        dial: Box<Dial>,
        leg: Option<LegId>,
        /// What the agent hears meanwhile.
        hears: Hears,
    },
    /// Somebody of a queue is waited for.
    Queued {
        /// The place in line.
        ticket: CallId,
        queue: String,
        /// Who is rung.
        rung: Option<(Agent, Whom)>,
        /// What the agent hears meanwhile.
        hears: Hears,
    },
    /// They have answered.
    Talking { leg: LegId, whom: Whom },
}

/// With whom the agent talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// With the one who is asked: the customer is on hold.
    Asked,
    /// With the customer: the one who is asked is on hold.
    Customer,
    /// With both, and they with each other.
    All,
}

impl Call {
    /// The agent asks somebody.
    pub fn consult(&mut self, dial: Dial) {
        let (dial, leg, hears) = (Box::new(dial), None, Hears::Silence);
        self.consult = Some(Consult {
            asked: Asked::Dialling { dial, leg, hears },
            with: With::Asked,
        });
    }

    /// The agent asks whoever answers in a queue, where this place is theirs; they hear this meanwhile.
    pub fn asks_in_queue(&mut self, ticket: CallId, queue: String, hears: Hears) {
        self.consult = Some(Consult {
            asked: Asked::Queued {
                ticket,
                queue,
                rung: None,
                hears,
            },
            with: With::Asked,
        });
    }

    /// The place in line of the agent who asks in a queue, and the queue's name.
    pub fn inquiry(&self) -> Option<(CallId, &str)> {
        match &self.consult.as_ref()?.asked {
            Asked::Queued { ticket, queue, .. } => Some((*ticket, queue)),
            Asked::Dialling { .. } | Asked::Talking { .. } => None,
        }
    }

    /// Who is rung there, and for which place.
    pub fn rung_in_queue(&self) -> Option<(CallId, Agent)> {
        match &self.consult.as_ref()?.asked {
            Asked::Queued {
                ticket,
                rung: Some((agent, _)),
                ..
            } => Some((*ticket, *agent)),
            Asked::Queued { rung: None, .. } | Asked::Dialling { .. } | Asked::Talking { .. } => {
                None
            }
        }
    }

    /// An agent of the queue is rung, by this leg.
    pub fn rings_in_queue(&mut self, leg: LegId, name: AgentName) {
        if let Some(rung) = self.in_queue() {
            let id = name.id;
            *rung = Some((Agent { id, leg }, Whom::Colleague(name)));
        }
    }

    /// They are rung no more: their leg, if it was so.
    pub fn unrings_in_queue(&mut self, agent: AgentId) -> Option<LegId> {
        let (agent, _) = self.in_queue()?.take_if(|(rung, _)| rung.id == agent)?;
        Some(agent.leg)
    }

    /// They have answered. Says whether it was so.
    pub fn answers_in_queue(&mut self, agent: AgentId) -> bool {
        let rung = self.in_queue();
        let rung = rung.and_then(|rung| rung.take_if(|(rung, _)| rung.id == agent));
        let Some((rung, whom)) = rung else {
            return false;
        };
        if let Some(consult) = &mut self.consult {
            let leg = rung.leg;
            consult.asked = Asked::Talking { leg, whom };
        }
        true
    }

    /// Who is rung in the queue in which somebody is waited for.
    fn in_queue(&mut self) -> Option<&mut Option<(Agent, Whom)>> {
        match &mut self.consult.as_mut()?.asked {
            Asked::Queued { rung, .. } => Some(rung),
            Asked::Dialling { .. } | Asked::Talking { .. } => None,
        }
    }

    /// Whether somebody is asked, or about to be.
    pub fn is_consulting(&self) -> bool {
        self.consult.is_some()
    }

    /// Who is asked goes on by another leg. Says whether it was theirs.
    pub(super) fn replace_asked(&mut self, old: LegId, new: LegId) -> bool {
        let asked = self.consult.as_mut().map(|consult| &mut consult.asked);
        match asked {
            Some(Asked::Dialling { leg: Some(leg), .. } | Asked::Talking { leg, .. })
                if *leg == old =>
            {
                *leg = new;
                true
            }
            Some(Asked::Queued {
                rung: Some((agent, _)),
                ..
            }) if agent.leg == old => {
                agent.leg = new;
                true
            }
            Some(Asked::Dialling { .. } | Asked::Queued { .. } | Asked::Talking { .. }) | None => {
                false
            }
        }
    }

    /// The leg of who is asked.
    pub fn asked(&self) -> Option<LegId> {
        match &self.consult.as_ref()?.asked {
            Asked::Dialling { leg, .. } => *leg,
            Asked::Queued { rung, .. } => rung.as_ref().map(|(agent, _)| agent.leg),
            Asked::Talking { leg, .. } => Some(*leg),
        }
    }

    /// Who is asked; `None`: nobody, or whoever answers in a queue.
    pub fn asked_whom(&self) -> Option<&Whom> {
        match &self.consult.as_ref()?.asked {
            Asked::Dialling { dial, .. } => Some(dial.whom()),
            Asked::Queued { rung, .. } => rung.as_ref().map(|(_, whom)| whom),
            Asked::Talking { whom, .. } => Some(whom),
        }
    }

    /// Who is asked has answered. Says whether it was so.
    pub fn answers(&mut self) -> bool {
        let Some(consult) = &mut self.consult else {
            return false;
        };
        let Asked::Dialling {
            dial,
            leg: Some(leg),
            ..
        } = &mut consult.asked
        else {
            return false;
        };
        dial.answered();
        self.record.attempts.extend_from_slice(dial.attempts());
        consult.asked = Asked::Talking {
            leg: *leg,
            whom: dial.whom().clone(),
        };
        true
    }

    /// Who was asked is in it no more: their leg, if there is one.
    pub fn end_consult(&mut self) -> Option<LegId> {
        let leg = self.asked();
        if let Some(Consult {
            asked: Asked::Dialling { dial, .. },
            ..
        }) = self.consult.take()
        {
            self.record.attempts.extend_from_slice(dial.attempts());
        }
        leg
    }

    /// With whom the agent talks, if somebody is asked and has answered.
    pub fn with(&self) -> Option<With> {
        let consult = self.consult.as_ref()?;
        matches!(consult.asked, Asked::Talking { .. }).then_some(consult.with)
    }

    /// The agent talks to somebody else of the three. Says whether that is news.
    pub fn talk_with(&mut self, with: With) -> bool {
        let answered = self.with().is_some();
        let consult = self.consult.as_mut().filter(|_| answered);
        consult.is_some_and(|consult| std::mem::replace(&mut consult.with, with) != with)
    }

    /// The agent leaves the customer to the one who was asked: they talk, the customer as one of this
    /// place. Says who has left.
    pub fn complete(
        &mut self,
        now: Instant,
        clock: &Clock,
        place: Option<super::Place>,
    ) -> Option<(Agent, Destination)> {
        let consult = self.consult.take()?;
        let (leg, whom) = match consult.asked {
            Asked::Talking { leg, whom } => (leg, whom),
            asked @ (Asked::Dialling { .. } | Asked::Queued { .. }) => {
                let with = consult.with;
                self.consult = Some(Consult { asked, with });
                return None;
            }
        };
        let to = whom.destination();
        let left = self.pass_on(now, clock, to.clone(), None)?;
        self.take_over(now, Taker { leg, whom, place });
        self.passed(Passed::Taken);
        Some((left, to))
    }

    /// Who hears whom of the three.
    pub(super) fn consultation(
        &self,
        consult: &Consult,
        customer: LegId,
        other: Other,
        holds: [Hold; 2],
        music: Hears,
    ) -> Vec<(LegId, Hears)> {
        let agent = other.leg();
        let [customers, others] = holds;
        let (asked, early) = match &consult.asked {
            Asked::Talking { leg, .. } => (Some(*leg), Hears::Party(*leg)),
            Asked::Dialling { hears, .. } | Asked::Queued { hears, .. } => (None, *hears),
        };
        let several = |parties: [Option<LegId>; 2]| Hears::all(parties.into_iter().flatten());
        let waits = self.meanwhile_or(music);
        let (to_customer, to_agent, to_asked) = match (consult.with, others) {
            // The agent keeps the customer waiting anyhow, not the one who is asked.
            (With::Asked, _) => (waits, early, Hears::Party(agent)),
            (With::Customer, Hold::None) => (Hears::Party(agent), Hears::Party(customer), music),
            (With::Customer, Hold::Held) => (waits, Hears::Silence, music),
            (With::All, Hold::None) => (
                several([Some(agent), asked]),
                several([Some(customer), asked]),
                several([Some(customer), Some(agent)]),
            ),
            (With::All, Hold::Held) => (waits, several([asked, None]), Hears::Party(agent)),
        };
        let to_customer = match customers {
            Hold::None => to_customer,
            Hold::Held => Hears::Silence,
        };
        let mut all = vec![(customer, to_customer), (agent, to_agent)];
        all.extend(asked.map(|asked| (asked, to_asked)));
        all
    }
}

//! Calls that agents make by the API: what is theirs rings first, their desk or their phone, and once they
//! have answered, whom they call.
//!
//! ```text
//!   Ask::Call ─▶ may it be? ─▶ the agent's desk or phone rings ─┬─ answered ──▶ dial_next (dial.rs)
//!                                                             └─ declined, not in time ─▶ the end
//! ```
//!
//! What cannot be is refused before anything rings. A colleague who is called is offered no call meanwhile.

use super::browser::Wanted;
use super::on_request::{Done, Refused};
use super::shown::unrung_name;
use super::{Notice, Output, Switch, Unrung};
use crate::audio::Codec;
use crate::call::record::{End, Role};
use crate::call::{Agent, Dial, Hears, Target, Way, Whom};
use crate::id::{AgentId, CallId, LegId};
use crate::route::{self, Dialler};
use crate::sip::{Hop, Party};
use std::time::{Duration, Instant};

/// A call whose agent has not answered yet.
#[derive(Debug)]
pub(super) struct Intended {
    /// Until then they are rung.
    until: Instant,
    /// Whom they call, and by which ways.
    dial: Dial,
    ways: Vec<(Way, Hop)>,
}

impl Switch {
    /// An agent wants to call a number outside, or a colleague.
    pub(super) fn ask_call(
        &mut self,
        now: Instant,
        agent: AgentId,
        to: &Target,
    ) -> Result<Done, Refused> {
        self.may_call(agent)?;
        let (dial, ways) = self.intends(now, agent, to)?;
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let leg = self.ring_own(now, id, agent, dial.whom())?;
        let mut call = self.agents_call(now, id, leg, agent, dial.whom());
        call.rings_first(Agent { id: agent, leg });
        self.out(Output::Conversation(Box::new(call.record().clone())));
        self.calls.insert(id, call);
        let called = dial.whom().colleague();
        let until = now + self.account.timeouts.agent;
        self.intended.insert(id, Intended { until, dial, ways });
        self.notice(id, Notice::RingsColleague(agent));
        self.occupy(now, [Some(agent), called]);
        Ok(Done::Called { call: id })
    }

    /// Whether an agent may make a call now.
    fn may_call(&self, agent: AgentId) -> Result<(), Refused> {
        if self.draining {
            return Err(Refused::Draining);
        }
        let busy = self.has_a_call(agent)?;
        let mut calls = self.calls.values().filter(|call| !call.is_over());
        let has = calls.any(|call| call.occupies(agent) || call.is_with(agent));
        match busy || has || self.is_supervising(agent) {
            true => Err(Refused::HasCall(agent)),
            false => Ok(()),
        }
    }

    /// Whom they call, if they may.
    fn intends(
        &mut self,
        now: Instant,
        agent: AgentId,
        to: &Target,
    ) -> Result<(Dial, Vec<(Way, Hop)>), Refused> {
        match to {
            Target::Queue(_) => Err(Refused::OnlyPeople),
            Target::Agent(to) => {
                let name = self.colleague(agent, *to)?;
                Ok((Dial::colleague(name, self.account.timeouts.agent), vec![]))
            }
            Target::Number(number) => {
                let number = route::dialled(&self.account, number);
                if !route::is_e164(&number) {
                    return Err(Refused::NoNumber);
                }
                let ways = route::ways_out(&self.account, Dialler::Agent(agent), &number);
                ways.map_err(Refused::Barred)?;
                let ways = self.ways(now, Dialler::Agent(agent), &number);
                let ways = ways.map_err(|_| Refused::NoTrunk)?;
                self.within_limits(now, agent)
                    .map_err(|_| Refused::TooOften(agent))?;
                Ok((self.outside(number, &ways), ways))
            }
        }
    }

    /// Rings what is theirs: it shows whom they call.
    fn ring_own(
        &mut self,
        now: Instant,
        id: CallId,
        agent: AgentId,
        whom: &Whom,
    ) -> Result<LegId, Refused> {
        let role = Role::Agent;
        if let Some(visit) = self.desk_to_ring(agent) {
            let wanted = Wanted {
                call: id,
                role,
                visit,
                worker: None,
                codec: Some(Codec::Pcma),
                video: false,
            };
            return self.open_browser(now, wanted).ok_or(Refused::NoPlace);
        }
        if !self.phones.contains(&agent) {
            return Err(Refused::NoDevice);
        }
        let shown = match whom {
            Whom::Number(number) => Party {
                user: number.clone(),
                ..Party::default()
            },
            Whom::Colleague(name) => Party {
                display: Some(name.name.clone()),
                user: self.user_of(name.id),
                host: String::new(),
            },
        };
        // Nobody is in it yet beside whom a port were to be.
        let nobody = LegId(0);
        let leg = self.ring_phone(now, id, role, agent, shown, nobody);
        leg.ok_or(Refused::NoPlace)
    }

    /// The agent has answered: whom they call is dialled. Says whether it was such a call.
    pub(super) fn own_answers(&mut self, now: Instant, id: CallId, leg: LegId) -> bool {
        let Some(Intended { dial, ways, .. }) = self.intended.remove(&id) else {
            return false;
        };
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.answered = Some(now);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return true;
        };
        let (agent, number) = (call.origin.agent(), call.record().called.clone());
        call.dial(dial, Hears::Silence);
        self.dialling.insert(id, ways);
        if let Some(agent) = agent {
            self.notice(id, Notice::Dials { agent, number });
        }
        self.arrange(id);
        self.dial_next(now, id);
        true
    }

    /// What was rung first was declined, or failed. Says whether it was such a call.
    pub(super) fn own_fails(&mut self, now: Instant, id: CallId) -> bool {
        let was = self.intended.contains_key(&id);
        if was {
            self.end_call(now, id, End::NotReached);
        }
        was
    }

    /// How long an agent is still rung for a call of their own.
    pub(super) fn own_rings(&self, now: Instant, id: CallId) -> Option<Duration> {
        let intended = self.intended.get(&id)?;
        Some(intended.until.saturating_duration_since(now))
    }

    /// Whoever does not answer in time calls nobody.
    pub(super) fn own_due(&mut self, now: Instant) {
        let due = self.intended.iter().filter(|(_, each)| each.until <= now);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(leg) = self.calls.get(&id).map(|call| call.caller) {
                self.leaves_page(now, leg, Some(unrung_name(Unrung::NoAnswer)));
            }
            self.end_call(now, id, End::NotReached);
        }
    }

    /// When to call [`Switch::own_due`].
    pub(super) fn own_timeout(&self) -> Option<Instant> {
        self.intended.values().map(|each| each.until).min()
    }
}

//! Supervisors (B1): somebody beside the agent of a call, whom the two who talk do not see.
//!
//! ```text
//!   Listen   hears the agent, and what the agent hears
//!   Whisper  besides, the agent hears them
//!   Barge    besides, everybody hears them who hears the agent
//! ```
//!
//! Who hears whom is laid over what the call says of its parties, so hold, consulting and transfers are
//! supervised as they are. A supervisor stays with the call: while no agent talks they hear the
//! customer's music or nothing, and beside the next agent they listen, whatever they did before: a whisper
//! is for the one for whom it was meant. One speaks at a time; another one listens. Who may not stand beside the
//! next agent leaves.
//!
//! A talk with somebody outside, whom the agent has left, is nobody's to listen to.

use super::{Agent, Call, Hears, Other, Stage};
use crate::id::{AgentId, CallId, LegId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Supervisors of one call at most, those included who are rung.
pub const MOST_SUPERVISORS: usize = 3;

/// Who supervises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    /// Who has asked for it, as the audit log has it: a user or a key.
    pub name: String,
    /// The user, whose page can be rung.
    pub user: Option<UserId>,
    /// The agent who they are: their desk or their phone can be rung, and they can take a call over.
    pub agent: Option<AgentId>,
    /// Beside whom they may stand; `None`: anybody.
    pub sees: Option<BTreeSet<AgentId>>,
}

/// By whom a supervisor is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By nobody.
    Listen,
    /// By the agent.
    Whisper,
    /// By everybody who hears the agent.
    Barge,
}

/// What a supervisor wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be there.
    Be(Mode),
    /// To have the customer instead of the agent.
    TakeOver,
}

/// What a supervisor has done: for the audit log and the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// They have asked for it: their phone rings.
    Asks,
    Listens,
    Whispers,
    Barges,
    TakesOver,
    /// They are in it no more, or have not answered.
    Leaves,
    /// The same, since they may not be there any more.
    Barred,
}

/// The same, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervised {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// In which call.
    pub call: CallId,
    /// Beside whom.
    pub agent: Option<AgentId>,
    /// What.
    pub deed: Deed,
}

/// A supervisor of a call.
#[derive(Clone, Debug)]
pub struct Supervision {
    /// By which leg.
    pub leg: LegId,
    /// Who.
    pub by: Supervisor,
    /// What they want.
    pub wish: Wish,
    /// The agent's leg when they said so.
    beside: Option<LegId>,
    /// Their phone has been answered.
    pub answered: bool,
}

impl Supervisor {
    /// Whether they may stand beside this agent.
    pub fn sees(&self, agent: AgentId) -> bool {
        self.sees.as_ref().is_none_or(|seen| seen.contains(&agent))
    }

    /// Whether it is the same person or program, whomever they see by now.
    pub fn is(&self, other: &Self) -> bool {
        (&self.name, self.user, self.agent) == (&other.name, other.user, other.agent)
    }
}

impl Deed {
    /// A supervisor is there like this.
    pub fn of(mode: Mode) -> Self {
        match mode {
            Mode::Listen => Self::Listens,
            Mode::Whisper => Self::Whispers,
            Mode::Barge => Self::Barges,
        }
    }

    /// As the audit log names it.
    pub fn action(self) -> &'static str {
        match self {
            Self::Asks => "supervision.asked",
            Self::Listens => "supervision.listened",
            Self::Whispers => "supervision.whispered",
            Self::Barges => "supervision.barged",
            Self::TakesOver => "supervision.taken_over",
            Self::Leaves => "supervision.ended",
            Self::Barred => "supervision.barred",
        }
    }
}

impl Call {
    /// A supervisor is rung, by this leg.
    pub fn supervise(&mut self, leg: LegId, by: Supervisor, wish: Wish) {
        self.legs.insert(leg);
        let beside = self.supervised().map(|agent| agent.leg);
        self.supervisors.push(Supervision {
            leg,
            by,
            wish,
            beside,
            answered: false,
        });
    }

    /// Its supervisors, those included who are rung.
    pub fn supervisors(&self) -> &[Supervision] {
        &self.supervisors
    }

    /// The supervisor with this leg.
    pub fn supervisor(&self, leg: LegId) -> Option<&Supervision> {
        self.supervisors.iter().find(|each| each.leg == leg)
    }

    /// The supervisor's phone was answered.
    pub fn supervisor_answers(&mut self, leg: LegId) {
        if let Some(each) = self.supervisors.iter_mut().find(|each| each.leg == leg) {
            each.answered = true;
        }
    }

    /// The supervisor wants something else.
    pub fn wishes(&mut self, leg: LegId, wish: Wish) {
        let beside = self.supervised().map(|agent| agent.leg);
        if let Some(each) = self.supervisors.iter_mut().find(|each| each.leg == leg) {
            (each.wish, each.beside) = (wish, beside);
        }
    }

    /// They may stand beside others than before. The legs by which they are there.
    pub fn limit_supervision(&mut self, by: &Supervisor) -> Vec<LegId> {
        let all = self.supervisors.iter_mut();
        let theirs = all.filter(|each| each.by.name == by.name);
        let limit = |each: &mut Supervision| {
            each.by.sees.clone_from(&by.sees);
            each.leg
        };
        theirs.map(limit).collect()
    }

    /// The agent goes on by another leg: who stands beside them does so still.
    pub(super) fn supervisors_follow(&mut self, old: LegId, new: LegId) {
        for each in &mut self.supervisors {
            if each.beside == Some(old) {
                each.beside = Some(new);
            }
        }
    }

    /// The supervisor is one no more; their leg stays the call's.
    pub fn unsupervise(&mut self, leg: LegId) -> Option<Supervision> {
        let at = self.supervisors.iter().position(|each| each.leg == leg)?;
        Some(self.supervisors.remove(at))
    }

    /// The agent whom one stands beside: who talks to the customer.
    pub fn supervised(&self) -> Option<Agent> {
        self.agent().filter(|_| self.is_talking())
    }

    /// Whether the supervisor may stand beside who talks to the customer.
    pub fn shows(&self, leg: LegId) -> bool {
        let agent = self.supervised().map(|agent| agent.id);
        let by = self.supervisor(leg).map(|each| &each.by);
        by.zip(agent).is_none_or(|(by, agent)| by.sees(agent))
    }

    /// Whether the agent is the one for whom the supervisor's wish was meant.
    pub fn is_beside(&self, leg: LegId) -> bool {
        let beside = self.supervised().map(|agent| agent.leg);
        self.supervisor(leg)
            .is_some_and(|each| each.beside == beside)
    }

    /// By whom a supervisor is heard at this moment.
    pub fn mode(&self, supervision: &Supervision) -> Mode {
        let beside = self.supervised().map(|agent| agent.leg);
        match supervision.wish {
            Wish::Be(mode) if supervision.answered && beside == supervision.beside => mode,
            Wish::Be(_) | Wish::TakeOver => Mode::Listen,
        }
    }

    /// Whether somebody else than this one speaks, or will once they answer.
    pub fn another_speaks(&self, leg: Option<LegId>) -> bool {
        let beside = self.supervised().map(|agent| agent.leg);
        let mut others = self.supervisors.iter().filter(|each| Some(each.leg) != leg);
        others.any(|each| each.wish != Wish::Be(Mode::Listen) && each.beside == beside)
    }

    /// The legs of those who talk to the customer besides the agent: they are heard in the recording.
    pub fn barging(&self) -> Vec<LegId> {
        let all = self.supervisors.iter();
        let barging = all.filter(|each| self.mode(each) == Mode::Barge);
        barging.map(|each| each.leg).collect()
    }

    /// Whether the customer talks to somebody outside, with whom no supervisor has anything to do.
    pub fn is_out_of_sight(&self) -> bool {
        matches!(
            self.stage,
            Stage::Talking {
                other: Other::Outside(_),
                ..
            }
        )
    }

    /// What everybody hears, the supervisors among them.
    pub(super) fn with_supervisors(&self, parties: Vec<(LegId, Hears)>) -> Vec<(LegId, Hears)> {
        let there = || self.supervisors.iter().filter(|each| each.answered);
        let Some(agent) = self.supervised().map(|agent| agent.leg) else {
            let music = parties
                .iter()
                .map(|(_, hears)| *hears)
                .find(Hears::is_music);
            let hears = music.unwrap_or(Hears::Silence);
            let theirs = there().map(|each| (each.leg, hears));
            return parties.iter().copied().chain(theirs).collect();
        };
        let ear = parties.iter().find(|(leg, _)| *leg == agent);
        let beside: Vec<LegId> = ear
            .map(|(_, hears)| hears.parties().collect())
            .unwrap_or_default();
        let mut all = parties;
        let barging = self.barging();
        for speaker in there().filter(|each| self.mode(each) != Mode::Listen) {
            let aloud = self.mode(speaker) == Mode::Barge;
            for (leg, hears) in &mut all {
                let hears_agent = hears.parties().any(|party| party == agent);
                if *leg == agent || aloud && hears_agent {
                    *hears = hears.and(speaker.leg);
                }
            }
        }
        for each in there() {
            let loud = barging.iter().copied().filter(|leg| *leg != each.leg);
            let heard = beside.iter().copied().chain([agent]).chain(loud);
            all.push((each.leg, Hears::all(heard)));
        }
        all
    }
}

impl Hears {
    /// The parties that are heard.
    pub fn parties(self) -> impl Iterator<Item = LegId> {
        let (one, several) = match self {
            Self::Silence | Self::Music(_) | Self::Message { .. } => (None, None),
            Self::Party(party) => (Some(party), None),
            Self::Parties(parties) => (None, Some(parties)),
        };
        let several = several.into_iter().flatten().flatten();
        one.into_iter().chain(several)
    }

    /// The same with one more. A voice is better than music.
    fn and(self, leg: LegId) -> Self {
        Self::all(self.parties().chain([leg]))
    }

    fn is_music(&self) -> bool {
        matches!(self, Self::Music(_))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AGENT, CUSTOMER, MUSIC, now, talking, waiting};
    use super::super::{Dial, Hold, With};
    use super::*;
    use crate::call::record::{End, Role};
    use std::time::Duration;

    const EVE: LegId = LegId(8);
    const FAY: LegId = LegId(9);

    fn supervisor(name: &str) -> Supervisor {
        Supervisor {
            name: name.to_owned(),
            user: None,
            agent: None,
            sees: None,
        }
    }

    /// Eve is in a talk like this.
    fn supervised(mode: Mode) -> Call {
        let (mut call, _) = talking();
        call.supervise(EVE, supervisor("user eve"), Wish::Be(mode));
        assert!(
            call.arrangement().iter().all(|(leg, _)| *leg != EVE),
            "who is rung hears nothing"
        );
        call.supervisor_answers(EVE);
        call
    }

    /// What customer, agent and Eve hear.
    fn ears(call: &Call) -> [Vec<LegId>; 3] {
        let all = call.arrangement();
        [CUSTOMER, AGENT, EVE].map(|leg| {
            let hears = all.iter().find(|(each, _)| *each == leg);
            hears
                .expect("everybody hears something")
                .1
                .parties()
                .collect()
        })
    }

    #[test]
    fn b1_who_listens_hears_both_and_is_heard_by_none() {
        let call = supervised(Mode::Listen);
        assert_eq!(
            ears(&call),
            [vec![AGENT], vec![CUSTOMER], vec![CUSTOMER, AGENT]]
        );
    }

    #[test]
    fn b1_a_whisper_is_heard_by_the_agent_alone() {
        let call = supervised(Mode::Whisper);
        assert_eq!(
            ears(&call),
            [vec![AGENT], vec![CUSTOMER, EVE], vec![CUSTOMER, AGENT]]
        );
        assert_eq!(call.barging(), []);
    }

    #[test]
    fn b1_who_barges_in_is_heard_by_both_and_recorded() {
        let call = supervised(Mode::Barge);
        let heard = [vec![AGENT, EVE], vec![CUSTOMER, EVE], vec![CUSTOMER, AGENT]];
        assert_eq!(ears(&call), heard);
        assert_eq!(call.barging(), [EVE]);
    }

    #[test]
    fn b1_on_hold_the_customer_hears_music_and_the_agent_a_whisper() {
        for mode in [Mode::Whisper, Mode::Barge] {
            let mut call = supervised(mode);
            call.hold(Role::Agent, Hold::Held);
            assert_eq!(call.arrangement()[0], (CUSTOMER, MUSIC));
            assert_eq!(ears(&call), [vec![], vec![EVE], vec![AGENT]]);
        }
    }

    #[test]
    fn b1_who_is_asked_is_heard_and_hears_a_barge_but_no_whisper() {
        let asked = LegId(5);
        for (mode, hears) in [
            (Mode::Listen, vec![AGENT]),
            (Mode::Whisper, vec![AGENT]),
            (Mode::Barge, vec![AGENT, EVE]),
        ] {
            let mut call = supervised(mode);
            call.consult(Dial::new("+4930".into(), [], Duration::from_secs(30)));
            call.attempt(Some(asked));
            assert!(call.answers());
            let of = |call: &Call, leg| {
                let all = call.arrangement();
                let hears = all.iter().find(|(each, _)| *each == leg);
                hears.map(|(_, hears)| hears.parties().collect::<Vec<_>>())
            };
            assert_eq!(of(&call, asked), Some(hears), "{mode:?}");
            assert_eq!(
                of(&call, EVE),
                Some(vec![asked, AGENT]),
                "not the customer on hold"
            );
            assert!(call.talk_with(With::All));
            assert_eq!(of(&call, EVE), Some(vec![CUSTOMER, asked, AGENT]));
        }
    }

    #[test]
    fn b1_of_two_one_speaks_and_the_other_hears_a_barge_but_no_whisper() {
        for (mode, heard) in [
            (Mode::Whisper, vec![CUSTOMER, AGENT]),
            (Mode::Barge, vec![CUSTOMER, AGENT, FAY]),
        ] {
            let mut call = supervised(Mode::Listen);
            call.supervise(FAY, supervisor("user fay"), Wish::Be(mode));
            assert!(call.another_speaks(Some(EVE)) && !call.another_speaks(Some(FAY)));
            call.supervisor_answers(FAY);
            assert_eq!(ears(&call)[2], heard);
        }
    }

    #[test]
    fn b1_beside_another_agent_one_listens() {
        let mut call = supervised(Mode::Whisper);
        let (_, clock) = waiting();
        assert!(call.wait_again(now(&clock)));
        assert!(call.play(MUSIC));
        assert_eq!(call.arrangement(), [(CUSTOMER, MUSIC), (EVE, MUSIC)]);
        let agent = Agent {
            id: AgentId(1002),
            leg: LegId(6),
        };
        call.ring(agent);
        let name = crate::call::record::AgentName {
            id: agent.id,
            name: "Ben".into(),
        };
        assert!(call.connect(now(&clock), &clock, name, MUSIC));
        let hears: Vec<_> = call
            .arrangement()
            .into_iter()
            .map(|(_, hears)| hears)
            .collect();
        assert_eq!(
            hears[1],
            Hears::Party(CUSTOMER),
            "Ben hears no whisper for Ada"
        );
        assert_eq!(hears[2], Hears::all([CUSTOMER, agent.leg]));
    }

    #[test]
    fn nobody_supervises_a_call_that_is_over() {
        let mut call = supervised(Mode::Barge);
        let (_, clock) = waiting();
        assert!(call.end(now(&clock), &clock, End::AgentHungUp));
        assert_eq!((call.arrangement(), call.parties()), (vec![], 0));
        assert!(call.supervisors().is_empty());
    }
}

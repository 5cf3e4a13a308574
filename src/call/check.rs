//! Who may hear whom, said once more and in another way than [`Call::arrangement`] does: what must hold
//! whatever came before.

use super::consent::Consent;
use super::supervise::{Mode, Supervision, Wish};
use super::{Call, Hears, Hold, Other, Stage, With};
use crate::id::LegId;
use std::collections::BTreeMap;

impl Call {
    /// Proves that everybody hears whom they should, and nobody whom they must not.
    ///
    /// # Panics
    /// If it is not so: that is a fault of ours, and tests run this after each step.
    pub fn check(&self) {
        let all = self.arrangement();
        let ears: BTreeMap<LegId, Hears> = all.iter().copied().collect();
        assert_eq!(ears.len(), all.len(), "call {}: who hears twice?", self.id);
        for (leg, hears) in &ears {
            let oneself = hears.parties().any(|party| party == *leg);
            let echo = matches!(self.stage, Stage::Served(_));
            assert!(!oneself || echo, "call {}: {leg} hears themselves", self.id);
        }
        for each in &self.supervisors {
            self.check_supervisor(each, &ears);
        }
        self.check_recording();
        match &self.stage {
            Stage::Answering | Stage::Calling { .. } | Stage::Served(_) | Stage::Over => {}
            Stage::Dialling { leg, .. } => self.check_dialling(*leg, &ears),
            Stage::Waiting { .. } => {
                let heard = ears.values().flat_map(|hears| hears.parties()).count();
                assert_eq!(
                    heard, 0,
                    "call {}: who waits hears nobody, and nobody them",
                    self.id
                );
            }
            Stage::Talking {
                customer,
                other,
                customers,
                others,
                ..
            } => self.check_talk(*customer, *other, [*customers, *others], &ears),
        }
    }

    /// Before the answer nobody hears the caller, and the caller hears the network of the number or no party.
    fn check_dialling(&self, dialled: Option<LegId>, ears: &BTreeMap<LegId, Hears>) {
        let beside = |leg: LegId| self.supervisor(leg).is_some();
        for (leg, hears) in ears.iter().filter(|(leg, _)| !beside(**leg)) {
            let mut heard = hears.parties();
            let fits = heard.all(|party| *leg == self.caller && Some(party) == dialled);
            assert!(
                fits,
                "call {}: {leg} hears {hears:?} before the answer",
                self.id
            );
        }
    }

    /// What is recorded is a talk between customer and agent: of everybody who is heard in it once, with
    /// nobody else's leave than theirs (R89, R97, B22, D15).
    fn check_recording(&self) {
        let Some(recorded) = &self.segment else {
            return;
        };
        let id = self.id;
        assert!(
            self.is_together(),
            "call {id}: what is recorded is no talk with the customer"
        );
        assert!(
            self.policy.is_some() && self.may_record(),
            "call {id}: it is recorded, and nobody wants it so"
        );
        let tracks = recorded.segment.tracks.iter();
        let tracks: Vec<_> = tracks.map(|track| (track.leg, track.role)).collect();
        assert_eq!(
            tracks,
            self.recorded_parties(),
            "call {id}: who talks is recorded once"
        );
    }

    fn check_talk(
        &self,
        customer: LegId,
        other: Other,
        holds: [Hold; 2],
        ears: &BTreeMap<LegId, Hears>,
    ) {
        let hears = |who: LegId, whom: LegId| {
            let hears = ears.get(&who).copied();
            hears.is_some_and(|hears| hears.parties().any(|party| party == whom))
        };
        let away = self.is_lost(customer) || self.is_lost(other.leg());
        let with = self.consult.as_ref().map(|consult| consult.with);
        let apart = with == Some(With::Asked);
        let asked = matches!(self.consent, Consent::Asking { .. });
        let free = holds == [Hold::None; 2] && !away && !apart && !asked;
        let id = self.id;
        let both = hears(customer, other.leg()) && hears(other.leg(), customer);
        assert!(both || !free, "call {id}: the two hear each other");
        assert!(
            !asked || !both,
            "call {id}: who is asked whether they agree does not talk yet"
        );
        if holds[1] == Hold::Held || apart {
            let party = ears.get(&customer).and_then(|hears| hears.parties().next());
            assert!(
                party.is_none(),
                "call {id}: who is kept waiting hears {party:?}"
            );
            assert!(
                !hears(other.leg(), customer),
                "call {id}: nor are they heard"
            );
        }
        if let Some(asked) = self.asked() {
            let three = with == Some(With::All);
            let meet = hears(customer, asked) || hears(asked, customer);
            assert!(
                three || !meet,
                "call {id}: {asked} is asked, and talks to the agent alone"
            );
            let answered = self.with().is_some();
            let agent = hears(asked, other.leg());
            match with {
                Some(With::Asked) if answered => {
                    let both = agent && hears(other.leg(), asked);
                    assert!(
                        both,
                        "call {id}: {asked} is asked, and does not talk to the agent"
                    );
                }
                Some(With::Asked) => assert!(!agent, "call {id}: {asked} has not answered"),
                Some(With::Customer) => {
                    let any = agent || hears(other.leg(), asked);
                    assert!(
                        !any,
                        "call {id}: {asked} waits, and hears the agent, or is heard"
                    );
                }
                Some(With::All) if free => {
                    let all = agent && hears(asked, customer) && hears(customer, asked);
                    assert!(
                        all && hears(other.leg(), asked),
                        "call {id}: all three talk"
                    );
                }
                Some(With::All) | None => {}
            }
        }
    }

    fn check_supervisor(&self, each: &Supervision, ears: &BTreeMap<LegId, Hears>) {
        let id = self.id;
        let listeners = ears
            .iter()
            .filter(|(_, hears)| hears.parties().any(|party| party == each.leg));
        let listeners: Vec<LegId> = listeners.map(|(leg, _)| *leg).collect();
        let there = ears.contains_key(&each.leg);
        assert_eq!(there, each.answered, "call {id}: who is rung hears nothing");
        let agent = self.supervised().map(|agent| agent.leg);
        let beside = self.supervisors.iter().map(|each| each.leg);
        let beside: Vec<LegId> = beside.collect();
        match (agent, self.mode(each)) {
            (None, _) | (Some(_), Mode::Listen) => {
                assert_eq!(listeners, [], "call {id}: who listens is heard by nobody");
            }
            (Some(agent), Mode::Whisper) => {
                assert_eq!(listeners, [agent], "call {id}: a whisper is for the agent");
            }
            (Some(agent), Mode::Barge) => {
                assert!(
                    listeners.contains(&agent),
                    "call {id}: the agent hears a barge"
                );
                for leg in listeners.iter().filter(|leg| !beside.contains(leg)) {
                    let hears = ears.get(leg).copied().unwrap_or(Hears::Silence);
                    let too = *leg == agent || hears.parties().any(|party| party == agent);
                    assert!(
                        too,
                        "call {id}: {leg} hears the supervisor and not the agent"
                    );
                }
            }
        }
        let speaks = self.supervisors.iter();
        let speaks = speaks
            .filter(|each| self.mode(each) != Mode::Listen)
            .count();
        assert!(speaks <= 1, "call {id}: one supervisor speaks");
        let waits = each.answered && each.wish == Wish::TakeOver;
        assert!(
            !waits,
            "call {id}: who takes over is no supervisor any more"
        );
        if let Some(agent) = agent.filter(|_| each.answered) {
            let theirs = ears.get(&each.leg).copied().unwrap_or(Hears::Silence);
            assert!(
                theirs.parties().any(|party| party == agent),
                "call {id}: supervisors hear the agent"
            );
        }
    }
}

//! The invariants of the kernel: what must hold after every input, whatever came before.

use super::Switch;
use super::leg::Line;
use crate::acd::callback::State;
use crate::call::Hears;
use crate::id::LegId;
use crate::media::SHARED;
use std::collections::BTreeSet;

impl Switch {
    /// Proves that no part has forgotten what another still believes.
    ///
    /// # Panics
    /// If one has: that is a fault of ours, and tests run this after each step.
    pub fn check(&self) {
        self.sip.check();
        self.floor.check();
        self.speech.check();
        for call in self.speech.waiting() {
            let place = self.floor.position(call);
            assert!(
                place.is_some(),
                "call {call} is told what concerns its place"
            );
        }
        self.book.check();
        assert!(self.book_hears.is_empty() && self.book_wants.is_empty());
        let accepted = self
            .book
            .requests()
            .filter_map(|request| match request.state {
                State::Active {
                    agent,
                    dialling: true,
                    ..
                } => Some(agent),
                State::Active { .. }
                | State::InQueue { .. }
                | State::NoReply { .. }
                | State::Done { .. } => None,
            });
        let accepted: Vec<_> = accepted.collect();
        let agents: BTreeSet<_> = accepted.iter().collect();
        assert_eq!(
            agents.len(),
            accepted.len(),
            "each callback in progress has an agent who accepted it (D13)"
        );
        for (callback, call) in &self.places {
            assert_eq!(self.called_back.get(call), Some(callback));
        }
        assert_eq!(self.places.len(), self.called_back.len());
        self.listening.check();
        for call in self.listening.keys() {
            assert!(self.calls.contains_key(call), "call {call} listens");
        }
        assert_eq!(
            self.ports.taken(),
            self.lines.len(),
            "every port in use is a leg's"
        );
        let own = self.lines.values().map(|line| line.port);
        let own: Vec<_> = own.filter(|port| port.number != SHARED).collect();
        let ports: BTreeSet<_> = own.iter().collect();
        assert_eq!(ports.len(), own.len(), "no port is used twice");
        for trunk in &self.account.trunks {
            let of_it = self
                .lines
                .values()
                .filter(|line| line.trunk == Some(trunk.id));
            let places = self.board.count(trunk.id).calls as usize;
            assert_eq!(
                of_it.count(),
                places,
                "every place at trunk {} is a leg's",
                trunk.id
            );
        }
        for (session, leg) in &self.sessions {
            let line = self.lines.get(leg);
            assert_eq!(
                line.and_then(Line::session),
                Some(*session),
                "session {session} and leg {leg} know each other"
            );
        }
        self.pages.check();
        for (visit, legs) in &self.visits {
            assert!(!legs.is_empty() && self.pages.whose(*visit).is_some());
            for leg in legs {
                let line = self.lines.get(leg);
                assert_eq!(
                    line.and_then(Line::visit),
                    Some(*visit),
                    "visit {visit} and leg {leg} know each other"
                );
            }
        }
        let visiting = self.lines.values().filter(|line| line.visit().is_some());
        let known: usize = self.visits.values().map(BTreeSet::len).sum();
        assert_eq!(visiting.count(), known, "each leg of a page has its visit");
        for (leg, lost) in &self.lost {
            let line = self.lines.get(leg);
            let visit = line.and_then(Line::visit);
            assert!(visit.is_some(), "leg {leg} is lost, and waited for");
            let call = self.call_of(*leg).and_then(|call| self.calls.get(&call));
            let missed = call.is_some_and(|call| call.is_lost(*leg));
            assert!(
                missed || !lost.is_told() || self.is_supervisor(*leg),
                "leg {leg} is lost, and nobody misses it"
            );
        }
        for leg in self.supervising.keys() {
            let call = self.call_of(*leg).and_then(|call| self.calls.get(&call));
            let known = call.and_then(|call| call.supervisor(*leg));
            assert!(known.is_some(), "leg {leg} is a supervisor's");
        }
        for (ticket, id) in &self.inquiries {
            let asks = self.calls.get(id).and_then(crate::call::Call::inquiry);
            let place = asks.is_some_and(|(theirs, _)| theirs == *ticket);
            assert!(place, "the agent of call {id} asks in a queue");
        }
        for id in self.intended.keys() {
            let call = self.calls.get(id);
            let rings = call.is_some_and(|call| call.agent().is_some() && !call.is_over());
            assert!(rings, "the agent of call {id} is rung for it");
        }
        assert!(self.news.is_empty(), "pages have been told what is new");
        for (id, call) in &self.calls {
            let legs: Vec<_> = self
                .lines
                .values()
                .filter(|line| line.leg.call == *id)
                .collect();
            assert!(!legs.is_empty(), "call {id} has a leg, or is over and gone");
            let open: BTreeSet<_> = legs.iter().map(|line| line.leg.id).collect();
            assert_eq!(open, call.legs().collect(), "call {id} knows its legs");
            for leg in call.legs().filter(|leg| call.is_lost(*leg)) {
                let lost = self.lost.contains_key(&leg);
                assert!(lost, "call {id}: {leg} is missed, and is not lost");
            }
            let sessions = legs.iter().filter(|line| line.signalling.is_some()).count();
            assert_eq!(sessions, call.parties(), "call {id}: {call:?}");
            assert!(
                !call.is_dialling() || self.dialling.contains_key(id),
                "call {id} has its deadline"
            );
            assert!(
                call.interlude().flatten().is_none() || self.entertained.contains(id),
                "the interlude of call {id} goes on"
            );
            let asks = call.inquiry().map(|(ticket, _)| ticket);
            assert!(
                asks.is_none_or(|ticket| self.floor.caller(ticket).is_some()),
                "the agent of call {id} asks where they have no place"
            );
            call.check();
            let agent = call.supervised();
            let agent = agent.and_then(|agent| self.account.agent(agent.id));
            let wanted = agent.is_some_and(|agent| call.records(agent)) && call.may_record();
            assert!(
                call.is_recorded() || !wanted || !call.is_together(),
                "call {id} is to be recorded, and is not"
            );
            let arrangement = call.arrangement();
            for line in legs.iter().filter(|line| line.signalling.is_some()) {
                let leg = line.leg.id;
                let named = arrangement.iter().any(|(each, _)| *each == leg);
                assert!(
                    named || line.leg.hears == Hears::Silence,
                    "leg {leg} of call {id} hears {:?}, and should hear nothing",
                    line.leg.hears
                );
            }
            for (leg, hears) in arrangement {
                let parties: Vec<LegId> = hears.parties().collect();
                assert!(
                    parties.iter().all(|party| open.contains(party)),
                    "leg {leg} hears {hears:?}, who are not all of call {id}"
                );
                let line = self.lines.get(&leg);
                assert_eq!(
                    line.map(|line| line.leg.hears),
                    Some(hears),
                    "leg {leg} hears what call {id} wants"
                );
            }
        }
    }
}

//! The invariants of pages: what must hold after every input, whatever came before.

use super::Whose;
use super::endpoint::{Due, Endpoint};

impl Endpoint {
    /// Proves that no index has forgotten what another still believes.
    ///
    /// # Panics
    /// If one has: that is a fault of ours, and tests run this after each step.
    pub fn check(&self) {
        for (token, id) in &self.tokens {
            assert_eq!(self.visits.get(id).map(|visit| visit.token), Some(*token));
        }
        assert_eq!(self.tokens.len(), self.visits.len(), "each has one token");
        for (agent, id) in &self.desks {
            let whose = self.visits.get(id).map(|visit| visit.whose);
            assert_eq!(whose, Some(Whose::Desk(*agent)));
        }
        for (user, id) in &self.supervisors {
            let whose = self.visits.get(id).map(|visit| visit.whose);
            let theirs = matches!(whose, Some(Whose::Supervisor { user: of, .. }) if of == *user);
            assert!(theirs, "user {user}: {whose:?}");
        }
        for (id, visit) in &self.visits {
            match visit.page {
                Some(page) => {
                    let seated = self.pages.get(&page).and_then(|page| page.visit);
                    assert_eq!(seated, Some(*id), "visit {id} and its page know each other");
                    assert_eq!((visit.absent_at, visit.gone_at), (None, None));
                }
                None => assert!(visit.gone_at.is_some(), "visit {id} ends some time"),
            }
        }
        for (at, due) in &self.deadlines {
            let known = match due {
                Due::Hello(page) => self.pages.get(page).map(|page| page.hello_by),
                Due::Absent(visit) => self.visits.get(visit).and_then(|visit| visit.absent_at),
                Due::Gone(visit) => self.visits.get(visit).and_then(|visit| visit.gone_at),
            };
            assert_eq!(known, Some(*at), "{due:?}");
        }
    }
}

//! The flows of a phone that has several (RFC 5626): a call takes the youngest, and the next one only if
//! that has failed.
//!
//! ```text
//!   INVITE on the youngest ─┬─ 430, nobody there, no answer at all ──▶ INVITE on the next one
//!                           └─ anything else: the phone has spoken
//! ```

use super::Endpoint;
use super::invite::To;
use super::session::{Cancel, Session};
use super::transactions::TxId;
use crate::sip::SessionId;
use crate::sip::register::Binding;
use std::time::Instant;

/// The places of the phones of a user: each with those that lead to the same phone behind it.
pub(super) fn by_phone(bindings: &[Binding], place: impl Fn(&Binding) -> To) -> Vec<To> {
    let mut phones: Vec<(&Binding, To)> = vec![];
    for binding in bindings {
        let mut to = place(binding);
        let known = phones
            .iter_mut()
            .find(|(first, _)| first.is_other_flow_of(binding));
        match known {
            // Of one preference, those refreshed last are listed last (RFC 5626 §7).
            Some((first, youngest)) if first.preference == binding.preference => {
                std::mem::swap(youngest, &mut to);
                youngest.spare.append(&mut to.spare);
                youngest.spare.insert(0, to);
            }
            Some((_, youngest)) => youngest.spare.push(to),
            None => phones.push((binding, to)),
        }
    }
    phones.into_iter().map(|(_, to)| to).collect()
}

impl Endpoint {
    /// One of our INVITEs has found nobody on its flow: whether the phone has another one, which is tried
    /// now.
    pub(super) fn next_flow_of(&mut self, now: Instant, id: SessionId, tx: TxId) -> bool {
        let fork = self.fork(id, tx).filter(|fork| fork.cancel == Cancel::No);
        let spare = fork.map(|fork| std::mem::take(&mut fork.spare));
        let mut spare = spare.unwrap_or_default().into_iter();
        let Some(mut next) = spare.next() else {
            return false;
        };
        next.spare = spare.collect();
        if !self.sessions.get(&id).is_some_and(Session::is_calling) {
            return false;
        }
        let Some(mut session) = self.sessions.remove(&id) else {
            return false;
        };
        let outbound = session.outbound.take();
        if let Some(outbound) = &outbound {
            let fork = self.send_invite(now, id, &session, next, outbound);
            session.forks.push(fork);
        }
        session.outbound = outbound;
        let sent = session.outbound.is_some();
        self.sessions.insert(id, session);
        sent
    }
}

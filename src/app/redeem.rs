//! Call links, redeemed while calls begin (R15).

use super::inbox::Inbox;
use crate::call::link::{NotRedeemed, Pass};
use crate::events::{Log, What};
use crate::steward::Steward;
use crate::store::Store;
use crate::switch::Input;
use jiff::Timestamp;
use std::sync::Arc;

/// Redeems what the switch asks for, and gives it the answer.
#[derive(Debug)]
pub(super) struct Redeemer {
    pub(super) store: Arc<Store>,
    pub(super) steward: Arc<Steward>,
    pub(super) log: Log,
    pub(super) inbox: Inbox,
}

impl Redeemer {
    /// What a link is good for: it is as good as it was. Never waits.
    pub(super) fn look(&self, ticket: u64, token_hash: [u8; 32]) {
        let (account, inbox) = (self.steward.account().1, self.inbox.clone());
        let pass = move |link: &crate::store::CallLink| {
            let terms = &link.terms;
            Pass::new(&account, link.id, terms.configuration, terms.agent)
        };
        let now = Timestamp::now();
        self.store
            .look_at_link(token_hash, now, pass, move |redeemed| {
                // Where there is no room, the page asks again: its hello is not answered.
                drop(inbox.offer(Input::Redeemed { ticket, redeemed }));
            });
    }

    /// Never waits: the answer goes into the inbox.
    pub(super) fn redeem(&self, ticket: u64, token_hash: [u8; 32]) {
        let (account, log, inbox) = (
            self.steward.account().1,
            self.log.clone(),
            self.inbox.clone(),
        );
        let pass = move |link: &crate::store::CallLink| {
            let terms = &link.terms;
            Pass::new(&account, link.id, terms.configuration, terms.agent)
        };
        let then = move |redeemed: Result<Pass, NotRedeemed>| {
            if let Ok(pass) = &redeemed {
                tracing::info!(link = %pass.link, "a call begins by a call link");
                log.add(Timestamp::now(), &What::LinkUsed { link: pass.link });
            }
            let is_lost = redeemed == Err(NotRedeemed::Unavailable);
            let answer = Input::Redeemed { ticket, redeemed };
            match is_lost {
                // Told, perhaps, on the switch's own thread, which must not wait for itself.
                true => drop(inbox.offer(answer)),
                // Used up, perhaps: somebody waits on the line for it.
                false => inbox.insist(answer),
            }
        };
        let now = Timestamp::now();
        self.store.redeem_link(token_hash, now, pass, then);
    }
}

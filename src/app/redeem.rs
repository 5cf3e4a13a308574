//! Call links, redeemed while calls begin.

use super::inbox::Inbox;
use crate::call::link::NotRedeemed;
use crate::switch::Input;

/// Redeems what the switch asks for, and gives it the answer.
#[derive(Debug)]
pub(super) struct Redeemer {
    inbox: Inbox,
}

impl Redeemer {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self { inbox }
    }

    /// The answer goes into the inbox. Where it finds no room, the switch gives it up.
    pub(super) fn redeem(&self, ticket: u64, _token_hash: [u8; 32]) {
        // No links are kept yet.
        let redeemed = Err(NotRedeemed::Unavailable);
        drop(self.inbox.offer(Input::Redeemed { ticket, redeemed }));
    }
}

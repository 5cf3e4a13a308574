//! A request of ours that is sent once more under another branch.

use super::{Effect, Key, Machine, Owner, Slot, Transactions, TxId, Way};
use crate::sip::Flow;
use crate::sip::message::Method;
use crate::sip::transaction::{ClientInvite, ClientKey, ClientOther};
use std::sync::Arc;
use std::time::Instant;

/// A request of ours that may be sent anew.
#[derive(Debug)]
pub(in super::super) struct Sent {
    pub(in super::super) bytes: Vec<u8>,
    pub(in super::super) flow: Flow,
    name: Option<Arc<str>>,
    is_place: bool,
    pub(in super::super) owner: Owner,
    /// How often it has been already.
    pub(in super::super) tries: u8,
}

impl Transactions {
    /// A request of ours as it was sent.
    pub(in super::super) fn sent(&self, id: TxId) -> Option<Sent> {
        let slot = self
            .slots
            .get(&id)
            .filter(|slot| !slot.request.is_empty())?;
        Some(Sent {
            bytes: slot.request.clone(),
            flow: slot.flow,
            name: slot.name.clone(),
            is_place: slot.is_place,
            owner: slot.owner,
            tries: slot.tries,
        })
    }

    /// Sends a request anew, by the way and under the name of the one that was refused; that one
    /// is nobody's from now on.
    pub(in super::super) fn again(
        &mut self,
        now: Instant,
        id: TxId,
        key: ClientKey,
        sent: &Sent,
        method: &Method,
        bytes: Vec<u8>,
    ) {
        self.set_aside(id);
        let way = Way {
            flow: sent.flow,
            name: sent.name.clone(),
            is_place: sent.is_place,
        };
        // With credentials, it may be too large for a datagram (§18.1.1).
        let (way, bytes, fallback) = self.widened(now, way, bytes);
        let (reliable, timing) = (way.flow.transport.is_reliable(), self.timing);
        let copy = bytes.clone();
        let (machine, effects) = if *method == Method::Invite {
            let mut out = vec![];
            let machine = ClientInvite::new(now, copy, reliable, timing, &mut out);
            let effects: Vec<Effect> = out.into_iter().map(Into::into).collect();
            (Machine::ClientInvite(machine), effects)
        } else {
            let mut out = vec![];
            let machine = ClientOther::new(now, copy, reliable, timing, &mut out);
            let effects = out.into_iter().map(Into::into).collect();
            (Machine::ClientOther(machine), effects)
        };
        let slot = Slot {
            fallback,
            tries: sent.tries + 1,
            ..Slot::client(machine, key, way, sent.owner, bytes)
        };
        self.send(id, slot, effects);
    }

    /// The transaction goes on under another name, for nobody.
    fn set_aside(&mut self, id: TxId) {
        let Some(mut slot) = self.slots.remove(&id) else {
            return;
        };
        slot.owner = Owner::None;
        let (aside, (due, _)) = (self.mint(), slot.machine.outlook());
        if let Key::Client(key) = &slot.key {
            self.clients.insert(key.clone(), aside);
        }
        self.timers.set(id, None);
        self.timers.set(aside, due);
        self.slots.insert(aside, slot);
    }
}

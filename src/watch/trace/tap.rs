//! The control thread's end: it copies what passes, and does no more.

use super::Shared;
use crate::call::record::Role;
use crate::id::CallId;
use crate::sip::Flow;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// Where the control thread puts what SIP says. Nothing is read, and nothing is waited for but a
/// lock that is held for a copy.
#[derive(Debug, Default)]
pub struct Tap {
    /// `None`: nothing is kept.
    to: Option<Arc<Shared>>,
    /// What passed since the last [`Tap::commit`].
    batch: Batch,
}

/// What passed, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The bytes of all messages.
    pub(super) bytes: Vec<u8>,
    pub(super) notes: Vec<Note>,
    /// Messages that found no room.
    pub(super) dropped: u64,
}

/// What the control thread has seen.
#[derive(Debug)]
pub(super) enum Note {
    Message {
        at: Instant,
        sent: bool,
        flow: Flow,
        length: usize,
    },
    Signalled {
        at: Instant,
        call: CallId,
        role: Role,
        sip_call_id: String,
    },
    Ended {
        at: Instant,
        call: CallId,
    },
}

/// What may wait to be taken in: many times what passes in that time in peace.
const MAX_BYTES: usize = 8 << 20;
const MAX_NOTES: usize = 16_384;

impl Tap {
    pub(super) fn into(to: Arc<Shared>) -> Self {
        Self {
            to: Some(to),
            batch: Batch::default(),
        }
    }

    /// A message has come.
    pub fn received(&mut self, now: Instant, flow: Flow, bytes: &[u8]) {
        self.message(now, false, flow, bytes);
    }

    /// A message goes out.
    pub fn sent(&mut self, now: Instant, flow: Flow, bytes: &[u8]) {
        self.message(now, true, flow, bytes);
    }

    /// What is said under this Call-ID concerns a call.
    pub fn signalled(&mut self, now: Instant, call: CallId, role: Role, sip_call_id: String) {
        if self.to.is_some() {
            self.batch.notes.push(Note::Signalled {
                at: now,
                call,
                role,
                sip_call_id,
            });
        }
    }

    /// A call is over.
    pub fn ended(&mut self, now: Instant, call: CallId) {
        if self.to.is_some() {
            self.batch.notes.push(Note::Ended { at: now, call });
        }
    }

    /// Hands on what has passed: to be called when the outputs of an input are done, so that a
    /// message and what it led to come together.
    pub fn commit(&mut self) {
        let Some(to) = self.to.as_ref().filter(|_| !self.batch.is_empty()) else {
            return;
        };
        let mut pending = to.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.append(&mut self.batch);
    }

    fn message(&mut self, at: Instant, sent: bool, flow: Flow, bytes: &[u8]) {
        if self.to.is_none() {
            return;
        }
        let length = bytes.len();
        self.batch.bytes.extend_from_slice(bytes);
        self.batch.notes.push(Note::Message {
            at,
            sent,
            flow,
            length,
        });
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Takes over another. If there is no room, its messages are dropped, and nothing else.
    fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
        } else if self.bytes.len() + other.bytes.len() <= MAX_BYTES
            && self.notes.len() + other.notes.len() <= MAX_NOTES
        {
            self.bytes.append(&mut other.bytes);
            self.notes.append(&mut other.notes);
        } else {
            other.bytes.clear();
            let is_message = |note: &Note| matches!(note, Note::Message { .. });
            let before = other.notes.len();
            other.notes.retain(|note| !is_message(note));
            self.dropped += (before - other.notes.len()) as u64;
            self.notes.append(&mut other.notes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::{ListenerId, Transport};

    fn batch(length: usize) -> Batch {
        let flow = Flow {
            transport: Transport::Udp,
            listener: ListenerId(0),
            remote: ([127, 0, 0, 1], 5060).into(),
            connection: 0,
        };
        let at = Instant::now();
        let message = Note::Message {
            at,
            sent: false,
            flow,
            length,
        };
        let call = CallId(1);
        Batch {
            bytes: vec![b'x'; length],
            notes: vec![message, Note::Ended { at, call }],
            dropped: 0,
        }
    }

    #[test]
    fn what_finds_no_room_is_counted_and_the_end_of_a_call_is_still_told() {
        let mut pending = batch(1);
        pending.append(&mut batch(2));
        assert_eq!((pending.bytes.len(), pending.notes.len()), (3, 4));
        pending.append(&mut batch(MAX_BYTES));
        assert_eq!((pending.bytes.len(), pending.notes.len()), (3, 5));
        assert_eq!(pending.dropped, 1);
    }
}

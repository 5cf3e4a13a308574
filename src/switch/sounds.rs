//! Which sound of the library is which message of which queue.

use crate::acd::Message;
use crate::id::{QueueId, SoundId};
use std::collections::BTreeMap;

/// Which sound of the library is which message of which queue.
#[derive(Clone, Debug, Default)]
pub struct Sounds {
    messages: BTreeMap<(QueueId, Message), SoundId>,
    music: BTreeMap<QueueId, SoundId>,
    ring_back: Option<SoundId>,
}

impl Sounds {
    /// The queue's message sounds like this.
    pub fn set_message(&mut self, queue: QueueId, message: Message, sound: SoundId) {
        self.messages.insert((queue, message), sound);
    }

    /// The queue's hold music.
    pub fn set_music(&mut self, queue: QueueId, sound: SoundId) {
        self.music.insert(queue, sound);
    }

    /// What an agent hears while a number outside rings and its network says nothing.
    pub fn set_ring_back(&mut self, sound: SoundId) {
        self.ring_back = Some(sound);
    }

    pub(super) fn ring_back(&self) -> Option<SoundId> {
        self.ring_back
    }

    pub(super) fn message(&self, queue: QueueId, message: Message) -> Option<SoundId> {
        self.messages.get(&(queue, message)).copied()
    }

    pub(super) fn music(&self, queue: QueueId) -> Option<SoundId> {
        self.music.get(&queue).copied()
    }

    pub(super) fn any_music(&self) -> Option<SoundId> {
        self.music.values().next().copied()
    }
}

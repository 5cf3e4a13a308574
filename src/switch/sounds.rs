//! Which sound of the library is which message.

use super::Speaker;
use crate::acd::Message;
use crate::id::{CallbackConfigId, SoundId};
use crate::settings::{MomentKey, WaitingKey};
use std::collections::BTreeMap;

/// Which sound of the library is which message: by the place where it is set.
#[derive(Clone, Debug, Default)]
pub struct Sounds {
    messages: BTreeMap<(WaitingKey, Message), SoundId>,
    speakers: BTreeMap<(WaitingKey, Message), Speaker>,
    music: BTreeMap<WaitingKey, SoundId>,
    confirmations: BTreeMap<CallbackConfigId, SoundId>,
    ask_number: BTreeMap<CallbackConfigId, SoundId>,
    declined: BTreeMap<CallbackConfigId, SoundId>,
    ring_back: Option<SoundId>,
    moments: BTreeMap<MomentKey, (SoundId, Option<SoundId>)>,
    not_taken: Option<SoundId>,
    absence: Option<SoundId>,
    consent: Option<SoundId>,
}

impl Sounds {
    /// A message sounds like this.
    pub fn set_message(&mut self, key: WaitingKey, message: Message, sound: SoundId) {
        self.messages.insert((key, message), sound);
    }

    /// A message with numbers is spoken like this. What [`Self::set_message`] sets is heard where
    /// that fails.
    pub fn set_speaker(&mut self, key: WaitingKey, message: Message, speaker: Speaker) {
        self.speakers.insert((key, message), speaker);
    }

    /// Every message with numbers.
    pub fn speakers(&self) -> impl Iterator<Item = &Speaker> {
        self.speakers.values()
    }

    /// The hold music.
    pub fn set_music(&mut self, key: WaitingKey, sound: SoundId) {
        self.music.insert(key, sound);
    }

    /// What a customer hears who has to wait for a moment: music, and a message from time to time.
    pub fn set_moment(&mut self, key: MomentKey, music: SoundId, message: Option<SoundId>) {
        self.moments.insert(key, (music, message));
    }

    /// What a customer is told whom nobody has taken (D6).
    pub fn set_not_taken(&mut self, sound: SoundId) {
        self.not_taken = Some(sound);
    }

    /// What somebody is told whose other party's browser is lost (B18).
    pub fn set_absence(&mut self, sound: SoundId) {
        self.absence = Some(sound);
    }

    pub(super) fn absence(&self) -> Option<SoundId> {
        self.absence
    }

    /// What is said before anything is recorded (B22).
    pub fn set_consent(&mut self, sound: SoundId) {
        self.consent = Some(sound);
    }

    pub(super) fn consent(&self) -> Option<SoundId> {
        self.consent
    }

    pub(super) fn moment(&self, key: MomentKey) -> Option<(SoundId, Option<SoundId>)> {
        self.moments.get(&key).copied()
    }

    pub(super) fn not_taken(&self) -> Option<SoundId> {
        self.not_taken
    }

    /// What is said once a callback is kept (R76).
    pub fn set_confirmation(&mut self, callback: CallbackConfigId, sound: SoundId) {
        self.confirmations.insert(callback, sound);
    }

    /// What a caller is asked who is to type a number (D7).
    pub fn set_ask_number(&mut self, callback: CallbackConfigId, sound: SoundId) {
        self.ask_number.insert(callback, sound);
    }

    /// What a caller hears who cannot be called back.
    pub fn set_declined(&mut self, callback: CallbackConfigId, sound: SoundId) {
        self.declined.insert(callback, sound);
    }

    pub(super) fn confirmation(&self, callback: CallbackConfigId) -> Option<SoundId> {
        self.confirmations.get(&callback).copied()
    }

    pub(super) fn ask_number(&self, callback: CallbackConfigId) -> Option<SoundId> {
        self.ask_number.get(&callback).copied()
    }

    pub(super) fn declined(&self, callback: CallbackConfigId) -> Option<SoundId> {
        self.declined.get(&callback).copied()
    }

    /// What an agent hears while a number outside rings and its network says nothing.
    pub fn set_ring_back(&mut self, sound: SoundId) {
        self.ring_back = Some(sound);
    }

    pub(super) fn ring_back(&self) -> Option<SoundId> {
        self.ring_back
    }

    pub(super) fn message(&self, key: WaitingKey, message: Message) -> Option<SoundId> {
        self.messages.get(&(key, message)).copied()
    }

    pub(super) fn speaker(&self, key: WaitingKey, message: Message) -> Option<&Speaker> {
        self.speakers.get(&(key, message))
    }

    pub(super) fn music(&self, key: WaitingKey) -> Option<SoundId> {
        self.music.get(&key).copied()
    }

    pub(super) fn any_music(&self) -> Option<SoundId> {
        self.music.values().next().copied()
    }
}

//! Sentences with numbers, spoken while calls are up.

use super::inbox::Inbox;
use crate::id::SoundId;
use crate::media::Sound;
use crate::settings::Utterance;
use crate::switch::{Input, Sounds, Speaker};
use crate::voices::{Catalogue, Pool, SoundError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The positions of each message that are spoken before anybody is there.
const AHEAD: std::ops::RangeInclusive<u32> = 1..=20;

/// Speaks what the switch asks for, and gives it the sound.
#[derive(Debug)]
pub(super) struct Speech {
    pool: Pool,
    inbox: Inbox,
    /// Whether the last sentence could not be spoken: said once, not for each caller.
    failing: Arc<AtomicBool>,
}

impl Speech {
    pub(super) fn start(catalogue: &Arc<Catalogue>, inbox: Inbox) -> std::io::Result<Self> {
        Ok(Self {
            pool: Pool::start(catalogue)?,
            inbox,
            failing: Arc::default(),
        })
    }

    /// The sentences that callers are likely to need.
    pub(super) fn prepare(&self, sounds: &Sounds) {
        let positions = |speaker: &Speaker| {
            let alone = !speaker.script.template().has_wait();
            let positions = AHEAD.filter(|_| alone);
            let said = positions.filter_map(|position| speaker.utterance(Some(position), None));
            said.collect::<Vec<_>>()
        };
        self.pool.prepare(sounds.speakers().flat_map(positions));
    }

    /// The answer goes into the inbox. Where it finds no room, the switch gives it up.
    pub(super) fn speak(&self, name: SoundId, utterance: Utterance) {
        let (inbox, failing) = (self.inbox.clone(), self.failing.clone());
        let voice = utterance.voice.clone();
        self.pool.speak(utterance, move |spoken| {
            note(&failing, &voice, spoken.as_ref().err());
            let sound = spoken.ok().map(|samples| Arc::new(Sound::new(samples)));
            drop(inbox.offer(Input::Spoken(name, sound)));
        });
    }
}

/// Says once that speech fails, and once that it works again.
fn note(failing: &AtomicBool, voice: &str, why: Option<&SoundError>) {
    let was = failing.swap(why.is_some(), Ordering::Relaxed);
    match (was, why) {
        (false, Some(why)) => {
            tracing::error!(voice, %why, "positions cannot be spoken: callers hear the rest of the message");
        }
        (true, None) => tracing::info!(voice, "positions are spoken again"),
        (false, None) | (true, Some(_)) => {}
    }
}

//! The speech engine of a world: each text is a tone of its own, spoken after a while or never.

use super::voice;
use cordboard::id::SoundId;
use cordboard::media::Sound;
use cordboard::settings::Utterance;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Speech {
    /// How long it takes for a text; `None`: it fails at once.
    pub(crate) takes: Option<Duration>,
    /// What it was asked to say, in this order.
    pub(crate) asked: Vec<Utterance>,
    pending: VecDeque<(Instant, SoundId, String)>,
}

/// A sentence lasts so long.
pub(crate) const SENTENCE: f32 = 2.0;

impl Default for Speech {
    fn default() -> Self {
        Self {
            takes: Some(Duration::from_millis(50)),
            asked: vec![],
            pending: VecDeque::new(),
        }
    }
}

impl Speech {
    pub(crate) fn ask(&mut self, now: Instant, name: SoundId, utterance: Utterance) {
        let due = now + self.takes.unwrap_or_default();
        self.pending.push_back((due, name, utterance.text.clone()));
        self.asked.push(utterance);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.pending.iter().map(|(due, ..)| *due).min()
    }

    /// What is spoken by now.
    pub(crate) fn spoken(&mut self, now: Instant) -> Option<(SoundId, Option<Arc<Sound>>)> {
        let at = self.pending.iter().position(|(due, ..)| *due <= now)?;
        let (_, name, text) = self.pending.remove(at)?;
        let tone = self.tone(&text).filter(|_| self.takes.is_some());
        let sound = tone.map(|hz| Arc::new(Sound::new(voice::prompt(hz, SENTENCE))));
        Some((name, sound))
    }

    /// Each text that was asked for, and its tone: between those of the phones.
    pub(crate) fn tones(&self) -> impl Iterator<Item = (&str, f32)> {
        let mut texts: Vec<&str> = vec![];
        for asked in &self.asked {
            if !texts.contains(&asked.text.as_str()) {
                texts.push(&asked.text);
            }
        }
        let tones = texts.into_iter().zip(0..11_u8);
        tones.map(|(text, n)| (text, 1300.0 + 200.0 * f32::from(n)))
    }

    fn tone(&self, text: &str) -> Option<f32> {
        let mut tones = self.tones();
        let found = tones.find(|(known, _)| *known == text);
        found.map(|(_, hz)| hz)
    }
}

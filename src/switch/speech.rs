//! Sentences with numbers: spoken when they are due, since only then the numbers are known (R47).
//!
//! ```text
//!   Say ─▶ known ─────────────────────────────────▶ heard at once
//!      └─▶ not known: Output::Speak, music goes on
//!             ├─ Input::Spoken ─▶ the line is as it was: heard
//!             │                   the line has moved: known, or asked for again
//!             └─ 2 s have passed, or it failed ─▶ what is left without the numbers is heard, or music
//! ```
//!
//! So nobody waits in silence for an engine, and nobody hears a position that is not theirs (F23).

use super::{Notice, Output, Switch};
use crate::acd::{self, Message};
use crate::call::Hears;
use crate::id::{CallId, SoundId};
use crate::media::{Command as Media, Sound};
use crate::settings::{self, Quality, Utterance, WaitingKey};
use crate::speech::{Script, Template};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a caller's announcement waits for the engine.
const PATIENCE: Duration = Duration::from_secs(2);
/// Sentences kept as sounds, some 130 KB each; of more, the one not heard for longest leaves.
const MAX_KNOWN: usize = 256;
/// Sentences asked for and not yet spoken; more are not asked for.
const MAX_ASKED: usize = 64;
/// Asked for so long ago, a sentence will not be spoken any more: its answer was lost.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// The names of spoken sentences begin here: those of the library are below.
const FIRST_NAME: u32 = 1 << 30;

/// A message that is spoken anew for each caller.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// What is said, but for the numbers.
    pub script: Arc<Script>,
    /// The voice.
    pub voice: String,
    /// Words a minute.
    pub rate: u16,
    /// The kind of engine.
    pub quality: Quality,
}

impl Speaker {
    /// How a message with numbers is spoken: in this language, or in the one that its voice is called
    /// like. `None` if no number is in it, or it cannot be said.
    pub fn of(message: &settings::Message, language: Option<&str>) -> Option<Self> {
        let settings::Message::Text {
            text,
            voice,
            rate,
            position,
            quality,
        } = message
        else {
            return None;
        };
        let template = Template::parse(text).ok();
        let template = template.filter(Template::has_numbers)?;
        let script = Script::of(template, language.unwrap_or(voice), *position);
        Some(Self {
            script: Arc::new(script.ok()?),
            voice: voice.clone(),
            rate: *rate,
            quality: *quality,
        })
    }

    /// What is said to the caller at a position, who will wait for so many minutes; `None` if none
    /// of the numbers in it is known.
    pub fn utterance(&self, position: Option<u32>, minutes: Option<u32>) -> Option<Utterance> {
        let template = self.script.template();
        let known = (template.has_position() && position.is_some())
            || (template.has_wait() && minutes.is_some());
        let text = self.script.say(position, minutes).filter(|_| known)?;
        Some(self.speaks(text))
    }

    /// What is said where the numbers are not known, if anything is.
    pub fn rest(&self) -> Option<Utterance> {
        self.script.say(None, None).map(|text| self.speaks(text))
    }

    fn speaks(&self, text: String) -> Utterance {
        Utterance {
            text,
            voice: self.voice.clone(),
            rate: self.rate,
            quality: self.quality,
        }
    }
}

/// What is spoken, what was asked for, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Speech {
    known: BTreeMap<Utterance, Known>,
    /// The sentences in the order in which they were heard last.
    by_use: BTreeMap<u64, Utterance>,
    asked: BTreeMap<SoundId, Asked>,
    due: BTreeMap<CallId, Due>,
    names: u32,
    uses: u64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    sound: SoundId,
    used: u64,
}

/// A sentence that is being spoken.
#[derive(Debug)]
struct Asked {
    utterance: Utterance,
    at: Instant,
}

/// A caller whose message is being spoken.
#[derive(Debug)]
struct Due {
    key: WaitingKey,
    message: Message,
    utterance: Utterance,
    until: Instant,
}

impl Switch {
    /// Lets a caller hear a message with numbers, now or when it is spoken. False if it is none, or
    /// cannot be spoken.
    pub(super) fn speak(
        &mut self,
        now: Instant,
        id: CallId,
        key: WaitingKey,
        message: Message,
    ) -> bool {
        let Some(utterance) = self.utterance(now, id, key, message) else {
            return false;
        };
        if let Some(sound) = self.speech.find(&utterance) {
            self.hear_message(id, sound, message);
            return true;
        }
        if !self.ask_for(now, &utterance) {
            self.notice(id, Notice::Unspoken(message));
            return false;
        }
        if message == Message::Greeting {
            let music = self.sounds.music(key);
            let music = music.map_or(Hears::Silence, Hears::Music);
            self.let_hear(id, music, Notice::HearsMusic);
        }
        let until = now + PATIENCE;
        let due = Due {
            key,
            message,
            utterance,
            until,
        };
        self.speech.due.insert(id, due);
        true
    }

    /// The caller hears, or does, something else: what was being spoken for them is of no use.
    pub(super) fn unspeak(&mut self, id: CallId) {
        self.speech.due.remove(&id);
    }

    /// A sentence was spoken, or was not.
    pub(super) fn on_spoken(&mut self, now: Instant, name: SoundId, sound: Option<Arc<Sound>>) {
        let Some(Asked { utterance, .. }) = self.speech.asked.remove(&name) else {
            return;
        };
        let spoken = sound.is_some();
        if let Some(sound) = sound {
            self.tell_workers(&Media::Sound { id: name, sound });
            if let Some(left) = self.speech.keep(utterance.clone(), name) {
                self.tell_workers(&Media::Forget(left));
            }
        }
        for id in self.speech.who_waits_for(&utterance) {
            self.serve(now, id, spoken);
        }
    }

    /// Nobody waits longer than this.
    pub(super) fn speech_timeout(&mut self, now: Instant) {
        for id in self.speech.overdue(now) {
            self.serve(now, id, false);
        }
    }

    /// Lets a caller whose message was being spoken hear it, or what there is instead.
    fn serve(&mut self, now: Instant, id: CallId, again: bool) {
        let Some(due) = self.speech.due.remove(&id) else {
            return;
        };
        self.at_hand = Some(id);
        let (key, message) = (due.key, due.message);
        let utterance = self.utterance(now, id, key, message);
        let sound = utterance.as_ref().and_then(|it| self.speech.find(it));
        if let Some(sound) = sound {
            return self.hear_message(id, sound, message);
        }
        // The line has moved meanwhile.
        if let Some(utterance) = utterance.filter(|it| again && *it != due.utterance)
            && self.ask_for(now, &utterance)
        {
            self.speech.due.insert(id, Due { utterance, ..due });
            return;
        }
        self.notice(id, Notice::Unspoken(message));
        match self.sounds.message(key, message) {
            Some(rest) => self.hear_message(id, rest, message),
            None => self.acd(now, acd::Input::Heard { call: id }),
        }
    }

    /// What the caller is told, if it were said now.
    fn utterance(
        &self,
        now: Instant,
        id: CallId,
        key: WaitingKey,
        message: Message,
    ) -> Option<Utterance> {
        let speaker = self.sounds.speaker(key, message)?;
        let position = self.floor.position(id);
        let position = position.and_then(|position| u32::try_from(position).ok());
        speaker.utterance(position, self.minutes(now, id))
    }

    fn ask_for(&mut self, now: Instant, utterance: &Utterance) -> bool {
        let asked = &mut self.speech.asked;
        asked.retain(|_, asked| now < asked.at + FORGOTTEN);
        if asked.values().any(|asked| asked.utterance == *utterance) {
            return true;
        }
        if self.speech.asked.len() >= MAX_ASKED {
            return false;
        }
        let name = self.speech.next_name();
        let asked = Asked {
            utterance: utterance.clone(),
            at: now,
        };
        self.speech.asked.insert(name, asked);
        self.out(Output::Speak(name, utterance.clone()));
        true
    }

    fn tell_workers(&mut self, command: &Media) {
        for worker in 0..self.ports.workers() {
            self.out(Output::Media(worker, command.clone()));
        }
    }
}

impl Speech {
    /// When somebody has waited long enough.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due.values().map(|due| due.until).min()
    }

    /// Who waits for a sentence.
    pub(super) fn waiting(&self) -> impl Iterator<Item = CallId> + '_ {
        self.due.keys().copied()
    }

    /// Checks the indexes.
    pub(super) fn check(&self) {
        let used: BTreeMap<_, _> = self
            .known
            .iter()
            .map(|(it, known)| (known.used, it))
            .collect();
        let by_use: BTreeMap<_, _> = self.by_use.iter().map(|(used, it)| (*used, it)).collect();
        assert_eq!(used, by_use, "every sentence has its turn to leave");
        assert!(self.known.len() <= MAX_KNOWN && self.asked.len() <= MAX_ASKED);
    }

    /// The sound of a sentence that was spoken: it stays for longer now.
    fn find(&mut self, utterance: &Utterance) -> Option<SoundId> {
        self.uses += 1;
        let known = self.known.get_mut(utterance)?;
        self.by_use.remove(&known.used);
        known.used = self.uses;
        self.by_use.insert(self.uses, utterance.clone());
        Some(known.sound)
    }

    /// Remembers a sentence, and says which sound leaves for it.
    fn keep(&mut self, utterance: Utterance, sound: SoundId) -> Option<SoundId> {
        self.uses += 1;
        let known = Known {
            sound,
            used: self.uses,
        };
        self.by_use.insert(self.uses, utterance.clone());
        self.known.insert(utterance, known);
        if self.known.len() <= MAX_KNOWN {
            return None;
        }
        let (_, oldest) = self.by_use.pop_first()?;
        self.known.remove(&oldest).map(|known| known.sound)
    }

    fn who_waits_for(&self, utterance: &Utterance) -> Vec<CallId> {
        let waiting = self.due.iter();
        let waiting = waiting.filter(|(_, due)| due.utterance == *utterance);
        waiting.map(|(id, _)| *id).collect()
    }

    fn overdue(&self, now: Instant) -> Vec<CallId> {
        let waiting = self.due.iter().filter(|(_, due)| due.until <= now);
        waiting.map(|(id, _)| *id).collect()
    }

    fn next_name(&mut self) -> SoundId {
        let name = SoundId(FIRST_NAME + self.names);
        // Long before it comes round, the first ones have left.
        self.names = (self.names + 1) % FIRST_NAME;
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_sentences_the_one_not_heard_for_longest_leaves() {
        let mut speech = Speech::default();
        let sentence = |n: usize| Utterance {
            text: n.to_string(),
            voice: "en".into(),
            rate: 160,
            quality: Quality::Standard,
        };
        for n in 0..MAX_KNOWN {
            assert_eq!(speech.keep(sentence(n), SoundId(n as u32)), None);
        }
        assert_eq!(speech.find(&sentence(0)), Some(SoundId(0)));
        speech.check();
        assert_eq!(speech.keep(sentence(1000), SoundId(1000)), Some(SoundId(1)));
        assert_eq!(speech.find(&sentence(1)), None);
        assert_eq!(speech.find(&sentence(0)), Some(SoundId(0)), "heard since");
        speech.check();
    }
}

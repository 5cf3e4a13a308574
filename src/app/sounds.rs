//! Every message and all music of the account, rendered before the first call comes in.

use crate::acd::Message;
use crate::audio::tone;
use crate::config::Config;
use crate::id::SoundId;
use crate::media::{Library, Sound};
use crate::settings::{self, Account, Utterance, WaitingKey};
use crate::speech::Template;
use crate::switch::{Sounds, Speaker};
use crate::voices::Catalogue;
use anyhow::{Context as _, bail};
use std::collections::HashMap;
use std::path::Path;

/// Decodes files and renders speech: each file and each text once, however often it is used. Of a text
/// with numbers only what is said without them: the rest depends on the moment.
///
/// # Errors
/// All files that are missing or cannot be decoded, all texts that cannot be spoken: each with the
/// queue and the mend, in a line of its own.
pub(super) fn render(config: &Config, catalogue: &Catalogue) -> anyhow::Result<(Library, Sounds)> {
    let mut studio = Studio {
        catalogue,
        library: Library::default(),
        known: HashMap::new(),
        spoken: HashMap::new(),
        faults: vec![],
    };
    let mut sounds = Sounds::default();
    let account = &config.account;
    for (key, waiting) in account.experiences() {
        let announcement = waiting.announcement.as_ref();
        let max_wait = waiting.max_wait.as_ref();
        let messages = [
            (Message::Greeting, waiting.greeting.as_ref()),
            (Message::Announcement, announcement.map(|a| &a.message)),
            (
                Message::MaxWait,
                max_wait.and_then(|max| max.message.as_ref()),
            ),
        ];
        for (role, message) in messages {
            let place = || format!("{}, {}", place(account, key), name(role));
            let sound = match message.filter(|message| has_numbers(message)) {
                None => studio.render(message, place),
                Some(message) => {
                    let (speaker, rest) = studio.speaker(message, place).unzip();
                    speaker.map(|speaker| sounds.set_speaker(key, role, speaker));
                    rest.flatten()
                }
            };
            sound.map(|sound| sounds.set_message(key, role, sound));
        }
        let music = waiting.music.as_ref();
        let sound = studio.render(music, || format!("{}, music", place(account, key)));
        sound.map(|sound| sounds.set_music(key, sound));
    }
    for hours in &account.hours {
        let key = WaitingKey::Hours(hours.id);
        let sound = studio.render(hours.away.as_ref(), || {
            format!("{}, away", place(account, key))
        });
        sound.map(|sound| sounds.set_message(key, Message::Away, sound));
    }
    for callback in &account.callbacks {
        let message = callback.confirmation.as_ref();
        let sound = studio.render(message, || {
            format!("callback {:?}, confirmation", callback.name)
        });
        sound.map(|sound| sounds.set_confirmation(callback.id, sound));
    }
    // Whoever calls out hears it while the number rings and its network says nothing.
    if !config.account.outbound.is_empty() {
        let ring_back = SoundId(u32::MAX);
        studio
            .library
            .insert(ring_back, Sound::new(ring_back_tone()));
        sounds.set_ring_back(ring_back);
    }
    if !studio.faults.is_empty() {
        bail!("{}", studio.faults.join("\n"));
    }
    Ok((studio.library, sounds))
}

/// Whether the place of the caller or their wait is said in it.
fn has_numbers(message: &settings::Message) -> bool {
    match message {
        settings::Message::File(_) => false,
        settings::Message::Text { text, .. } => {
            Template::parse(text).is_ok_and(|template| template.has_numbers())
        }
    }
}

/// The ring-back tone of most of Europe (ETSI TR 101 041-2): 425 Hz, one second of five.
fn ring_back_tone() -> Vec<i16> {
    let mut tone = tone::sine(425.0, -20.0, 8_000);
    tone.resize(5 * 8_000, 0);
    tone
}

/// A message as the configuration calls it.
fn name(role: Message) -> &'static str {
    match role {
        Message::Greeting => "greeting",
        Message::Announcement => "announcement",
        Message::MaxWait => "max_wait.message",
        Message::Away => "away",
    }
}

/// Where something is set, as people call it.
fn place(account: &Account, key: WaitingKey) -> String {
    match key {
        WaitingKey::Queue(id) => {
            let queue = account.queue(id);
            format!("queue {:?}", queue.map_or("?", |queue| &queue.name))
        }
        WaitingKey::Strategy(id) => {
            let strategy = account.strategy(id);
            format!("strategy {:?}", strategy.map_or("?", |each| &each.name))
        }
        WaitingKey::Hours(id) => {
            let hours = account.hours(id);
            format!("hours {:?}", hours.map_or("?", |hours| &hours.name))
        }
    }
}

struct Studio<'a> {
    catalogue: &'a Catalogue,
    library: Library,
    known: HashMap<settings::Message, SoundId>,
    spoken: HashMap<Utterance, SoundId>,
    /// What cannot be rendered, each with its place and the mend.
    faults: Vec<String>,
}

impl Studio<'_> {
    fn render(
        &mut self,
        message: Option<&settings::Message>,
        place: impl Fn() -> String,
    ) -> Option<SoundId> {
        let sound = self.sound(message?);
        sound
            .map_err(|why| self.faults.push(format!("{}: {why:#}", place())))
            .ok()
    }

    fn sound(&mut self, message: &settings::Message) -> anyhow::Result<SoundId> {
        if let Some(known) = self.known.get(message) {
            return Ok(*known);
        }
        let pcm = self.catalogue.render(message, Path::new(""))?;
        let id = self.add(pcm)?;
        self.known.insert(message.clone(), id);
        Ok(id)
    }

    /// How a text with numbers is spoken, and what is heard where that fails.
    fn speaker(
        &mut self,
        message: &settings::Message,
        place: impl Fn() -> String,
    ) -> Option<(Speaker, Option<SoundId>)> {
        let speaker = self.try_speaker(message);
        speaker
            .map_err(|why| self.faults.push(format!("{}: {why:#}", place())))
            .ok()
    }

    fn try_speaker(
        &mut self,
        message: &settings::Message,
    ) -> anyhow::Result<(Speaker, Option<SoundId>)> {
        // That it can be spoken is known before a caller waits for it.
        self.catalogue.render(message, Path::new(""))?;
        let language = match message {
            settings::Message::Text { voice, quality, .. } => {
                self.catalogue.language(voice, *quality)?
            }
            settings::Message::File(_) => String::new(),
        };
        let speaker = Speaker::of(message, Some(&language)).context("it has no numbers")?;
        let rest = speaker.rest().map(|rest| self.say(rest)).transpose()?;
        Ok((speaker, rest))
    }

    fn say(&mut self, utterance: Utterance) -> anyhow::Result<SoundId> {
        if let Some(known) = self.spoken.get(&utterance) {
            return Ok(*known);
        }
        let pcm = self.catalogue.speak(&utterance)?;
        let id = self.add(pcm)?;
        self.spoken.insert(utterance, id);
        Ok(id)
    }

    fn add(&mut self, pcm: Vec<i16>) -> anyhow::Result<SoundId> {
        let id = SoundId(u32::try_from(self.library.len())? + 1);
        self.library.insert(id, Sound::new(pcm));
        Ok(id)
    }
}

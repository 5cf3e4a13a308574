//! Every message and all music of the account, rendered before the first call comes in.

use crate::acd::Message;
use crate::audio::tone;
use crate::config::Config;
use crate::id::SoundId;
use crate::media::{Library, Sound};
use crate::settings::{self, Account, WaitingKey};
use crate::switch::Sounds;
use crate::voices;
use anyhow::bail;
use std::collections::HashMap;
use std::path::Path;

/// Decodes files and renders speech: each file and each text once, however often it is used. What
/// was spoken is kept in `cache`.
///
/// # Errors
/// All files that are missing or cannot be decoded, all texts that cannot be spoken: each with the
/// queue and the mend, in a line of its own.
pub(super) fn render(config: &Config, cache: &Path) -> anyhow::Result<(Library, Sounds)> {
    let mut studio = Studio {
        cache: cache.to_owned(),
        library: Library::default(),
        known: HashMap::new(),
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
            let sound = studio.render(message, || {
                format!("{}, {}", place(account, key), name(role))
            });
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

struct Studio {
    cache: std::path::PathBuf,
    library: Library,
    known: HashMap<settings::Message, SoundId>,
    /// What cannot be rendered, each with its place and the mend.
    faults: Vec<String>,
}

impl Studio {
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
        let pcm = voices::render(message, Path::new(""), &self.cache)?;
        let id = SoundId(u32::try_from(self.known.len())? + 1);
        self.library.insert(id, Sound::new(pcm));
        self.known.insert(message.clone(), id);
        Ok(id)
    }
}

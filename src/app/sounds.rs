//! Every message and all music of the account, rendered before the first call comes in.

use crate::acd::Message;
use crate::audio::tone;
use crate::config::Config;
use crate::id::SoundId;
use crate::media::{Library, Sound};
use crate::settings;
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
    let mut faults = vec![];
    let mut studio = Studio {
        cache: cache.to_owned(),
        library: Library::default(),
        known: HashMap::new(),
    };
    let mut sounds = Sounds::default();
    for queue in &config.account.queues {
        let messages = [
            (Message::Greeting, queue.greeting.as_ref()),
            (
                Message::Announcement,
                queue.announcement.as_ref().map(|a| &a.message),
            ),
            (
                Message::MaxWait,
                queue.max_wait.as_ref().and_then(|max| max.message.as_ref()),
            ),
        ];
        for (role, message) in messages {
            let Some(message) = message else { continue };
            match studio.sound(message) {
                Ok(sound) => sounds.set_message(queue.id, role, sound),
                Err(why) => faults.push(format!("queue {:?}, {}: {why:#}", queue.name, name(role))),
            }
        }
        if let Some(music) = &queue.music {
            match studio.sound(music) {
                Ok(sound) => sounds.set_music(queue.id, sound),
                Err(why) => faults.push(format!("queue {:?}, music: {why:#}", queue.name)),
            }
        }
    }
    // Whoever calls out hears it while the number rings and its network says nothing.
    if !config.account.outbound.is_empty() {
        let ring_back = SoundId(u32::MAX);
        studio
            .library
            .insert(ring_back, Sound::new(ring_back_tone()));
        sounds.set_ring_back(ring_back);
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
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
    }
}

struct Studio {
    cache: std::path::PathBuf,
    library: Library,
    known: HashMap<settings::Message, SoundId>,
}

impl Studio {
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

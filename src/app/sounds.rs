//! Every message and all music of the account, rendered before the first call comes in.

use crate::acd::Message;
use crate::config::Config;
use crate::id::SoundId;
use crate::media::{Library, Sound};
use crate::settings;
use crate::switch::Sounds;
use crate::voices;
use anyhow::Context as _;
use std::collections::HashMap;
use std::path::Path;

/// Decodes files and renders speech: each file and each text once, however often it is used.
///
/// # Errors
/// A file that is missing or cannot be decoded, a text that cannot be spoken: with the queue and
/// the mend.
pub(super) fn render(config: &Config) -> anyhow::Result<(Library, Sounds)> {
    let mut studio = Studio {
        cache: config.server.data_dir.join("speech"),
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
            let sound = studio.sound(message);
            let sound = sound.with_context(|| format!("queue {:?}, {role:?}", queue.name))?;
            sounds.set_message(queue.id, role, sound);
        }
        if let Some(music) = &queue.music {
            let sound = studio.sound(music);
            let sound = sound.with_context(|| format!("queue {:?}, music", queue.name))?;
            sounds.set_music(queue.id, sound);
        }
    }
    Ok((studio.library, sounds))
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

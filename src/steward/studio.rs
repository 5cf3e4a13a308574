//! Every message and all music of the account, rendered before anybody can come to hear it.

use crate::acd::Message;
use crate::audio::tone;
use crate::id::SoundId;
use crate::media::{Library, Sound};
use crate::settings::{self, Account, MomentKey, Utterance, WaitingKey};
use crate::switch::{Sounds, Speaker};
use crate::voices::{ABSENCE, Catalogue, HOLD_MUSIC, NOT_TAKEN, Shipped, TRANSFER};
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What an agent hears while a number outside rings.
const RING_BACK: SoundId = SoundId(u32::MAX);

/// Where sounds are made. What was made for the last settings is not made again for the next.
#[derive(Debug)]
pub struct Studio {
    catalogue: Arc<Catalogue>,
    made: Made,
    /// The last name that a sound was given: none is given twice, since calls may still hear the old.
    last: u32,
}

/// The sounds that there are, with their names.
type Made = BTreeMap<Piece, (SoundId, Arc<Sound>)>;

/// What a sound is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Message(settings::Message),
    /// What is left of a text without its numbers.
    Rest(Utterance),
    /// What we ship, by its file.
    Shipped(&'static str),
}

/// A message that cannot be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field: `queue[0].greeting`.
    pub field: String,
    /// Where it is, as people call it: `queue "Support", greeting`.
    pub place: String,
    /// What is wrong, and the mend.
    pub why: String,
}

impl Studio {
    /// An empty studio with these voices.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self {
            catalogue,
            made: BTreeMap::new(),
            last: 0,
        }
    }

    /// Decodes files and renders speech: each file and each text once, however often it is used. Of a
    /// text with numbers only what is said without them: the rest depends on the moment. In the library
    /// is also what the settings before had, for those who hear it now.
    ///
    /// # Errors
    /// All messages that cannot be heard.
    pub fn furnish(&mut self, account: &Account) -> Result<(Library, Sounds), Vec<Fault>> {
        let mut work = Work {
            catalogue: &self.catalogue,
            before: &self.made,
            last: self.last,
            made: BTreeMap::new(),
            faults: vec![],
        };
        let sounds = work.all(account);
        if !work.faults.is_empty() {
            return Err(work.faults);
        }
        let mut library = Library::default();
        for (id, sound) in self.made.values().chain(work.made.values()) {
            library.share(*id, sound.clone());
        }
        library.insert(RING_BACK, Sound::new(ring_back_tone()));
        (self.last, self.made) = (work.last, work.made);
        Ok((library, sounds))
    }
}

/// One furnishing.
struct Work<'s> {
    catalogue: &'s Catalogue,
    before: &'s Made,
    last: u32,
    made: Made,
    faults: Vec<Fault>,
}

impl Work<'_> {
    fn all(&mut self, account: &Account) -> Sounds {
        let mut sounds = Sounds::default();
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
                let place = || place(account, key, name(role));
                let sound = match message.filter(|message| message.has_numbers()) {
                    None => self.sound(message, place),
                    Some(message) => {
                        let found = self.speaker(message, place);
                        found.and_then(|(speaker, rest)| {
                            sounds.set_speaker(key, role, speaker);
                            rest
                        })
                    }
                };
                if let Some(sound) = sound {
                    sounds.set_message(key, role, sound);
                }
            }
            let music = self.sound(waiting.music.as_ref(), || place(account, key, "music"));
            if let Some(sound) = music {
                sounds.set_music(key, sound);
            }
        }
        for hours in &account.hours {
            let key = WaitingKey::Hours(hours.id);
            let sound = self.sound(hours.away.as_ref(), || place(account, key, "away"));
            if let Some(sound) = sound {
                sounds.set_message(key, Message::Away, sound);
            }
        }
        for (index, callback) in account.callbacks.iter().enumerate() {
            let place = |key| {
                let section = format!("callback[{index}]");
                named(&section, "callback", &callback.name, key)
            };
            let message = callback.confirmation.as_ref();
            if let Some(sound) = self.sound(message, || place("confirmation")) {
                sounds.set_confirmation(callback.id, sound);
            }
            let message = callback.ask_number.as_ref();
            if let Some(sound) = self.sound(message, || place("ask_number")) {
                sounds.set_ask_number(callback.id, sound);
            }
            let message = callback.declined.as_ref();
            if let Some(sound) = self.sound(message, || place("declined")) {
                sounds.set_declined(callback.id, sound);
            }
        }
        let consent = account.recording.consent.as_ref();
        let consent = consent.map(|consent| &consent.message);
        let place = || Fault {
            field: "recording.consent".to_owned(),
            place: "recording, consent".to_owned(),
            why: String::new(),
        };
        if let Some(sound) = self.sound(consent, place) {
            sounds.set_consent(sound);
        }
        self.moments(account, &mut sounds);
        sounds.set_ring_back(RING_BACK);
        sounds
    }

    fn sound(
        &mut self,
        message: Option<&settings::Message>,
        place: impl Fn() -> Fault,
    ) -> Option<SoundId> {
        let message = message?;
        let catalogue = self.catalogue;
        let render = || Ok(catalogue.render(message, Path::new(""))?);
        let make = || match message {
            settings::Message::File(path) => press(catalogue, digest_of_file(path), render),
            settings::Message::Text { .. } => spoken(catalogue, render()?),
        };
        let made = self.piece(Piece::Message(message.clone()), make);
        self.or_fault(made, place)
    }

    /// What customers hear who have to wait for a moment: what is set, or what we ship.
    fn moments(&mut self, account: &Account, sounds: &mut Sounds) {
        for (key, moment) in account.moments() {
            let section = moment_section(account, key);
            let at = |part: &str| Fault {
                field: format!("{section}.{part}"),
                place: format!("{section}, {part}"),
                why: String::new(),
            };
            let (said, shipped) = match key {
                MomentKey::Hold | MomentKey::HoldOf(_) => (true, None),
                MomentKey::Transfer => (account.transfer.message, Some(TRANSFER)),
            };
            let part = match key {
                MomentKey::Hold | MomentKey::HoldOf(_) => "announcement",
                MomentKey::Transfer => "message",
            };
            let music = self.sound_or(moment.music.as_ref(), Some(HOLD_MUSIC), || at("music"));
            let message = moment.message.as_ref().map(|repeated| &repeated.message);
            let message = self.sound_or(message, shipped, || at(part));
            if let Some(music) = music {
                sounds.set_moment(key, music, message.filter(|_| said));
            }
        }
        let at = || Fault {
            field: "transfer.failed_message".to_owned(),
            place: "transfer, failed_message".to_owned(),
            why: String::new(),
        };
        let failed = account.transfer.failed.as_ref();
        if let Some(sound) = self.sound_or(failed, Some(NOT_TAKEN), at) {
            sounds.set_not_taken(sound);
        }
        let at = || Fault {
            field: "hold.absence".to_owned(),
            place: "hold, absence".to_owned(),
            why: String::new(),
        };
        let message = account.absence.message.as_ref();
        let message = message.map(|repeated| &repeated.message);
        let sound = self.sound_or(message, Some(ABSENCE), at);
        if let Some(sound) = sound.filter(|_| account.absence.enabled) {
            sounds.set_absence(sound);
        }
    }

    fn sound_or(
        &mut self,
        message: Option<&settings::Message>,
        shipped: Option<Shipped>,
        place: impl Fn() -> Fault,
    ) -> Option<SoundId> {
        match (message, shipped) {
            (Some(_), _) => self.sound(message, place),
            (None, Some(shipped)) => {
                let piece = Piece::Shipped(shipped.file);
                let catalogue = self.catalogue;
                let made = self.piece(piece, || of_shipped(catalogue, shipped));
                self.or_fault(made, place)
            }
            (None, None) => None,
        }
    }

    /// How a text with numbers is spoken, and what is heard where that fails.
    fn speaker(
        &mut self,
        message: &settings::Message,
        place: impl Fn() -> Fault,
    ) -> Option<(Speaker, Option<SoundId>)> {
        let speaker = self.try_speaker(message);
        self.or_fault(speaker, place)
    }

    fn try_speaker(
        &mut self,
        message: &settings::Message,
    ) -> anyhow::Result<(Speaker, Option<SoundId>)> {
        let catalogue = self.catalogue;
        // That it can be spoken is known before a caller waits for it.
        catalogue.render(message, Path::new(""))?;
        let language = match message {
            settings::Message::Text { voice, quality, .. } => {
                catalogue.language(voice, *quality)?
            }
            settings::Message::File(_) => String::new(),
        };
        let speaker = Speaker::of(message, Some(&language)).context("it has no numbers")?;
        let rest = speaker.rest().map(|rest| {
            let speak = || spoken(catalogue, catalogue.speak(&rest)?);
            self.piece(Piece::Rest(rest.clone()), speak)
        });
        Ok((speaker, rest.transpose()?))
    }

    fn piece(
        &mut self,
        piece: Piece,
        make: impl FnOnce() -> anyhow::Result<Arc<Sound>>,
    ) -> anyhow::Result<SoundId> {
        if let Some((id, _)) = self.made.get(&piece) {
            return Ok(*id);
        }
        let made = match self.before.get(&piece) {
            Some(made) => made.clone(),
            None => {
                let sound = make()?;
                self.last += 1;
                (SoundId(self.last), sound)
            }
        };
        let id = made.0;
        self.made.insert(piece, made);
        Ok(id)
    }

    fn or_fault<T>(&mut self, made: anyhow::Result<T>, place: impl Fn() -> Fault) -> Option<T> {
        let fault = |why: anyhow::Error| {
            let why = format!("{why:#}");
            self.faults.push(Fault { why, ..place() });
        };
        made.map_err(fault).ok()
    }
}

/// The sound of what has this digest, as it was kept when it was made the last time: music takes a
/// second to encode, and a server is to start at once.
fn press(
    catalogue: &Catalogue,
    digest: Option<String>,
    samples: impl FnOnce() -> anyhow::Result<Vec<i16>>,
) -> anyhow::Result<Arc<Sound>> {
    let known = digest.as_deref();
    let kept = known.and_then(|digest| catalogue.kept(Sound::VERSION, digest));
    if let Some(sound) = kept.and_then(|bytes| Sound::from_bytes(&bytes)) {
        return Ok(Arc::new(sound));
    }
    let sound = Sound::new(samples()?);
    if let Some(digest) = known {
        catalogue.keep(Sound::VERSION, digest, &sound.to_bytes());
    }
    Ok(Arc::new(sound))
}

/// The same, of what we ship: once in a process, since it is the same for everybody.
fn of_shipped(catalogue: &Catalogue, shipped: Shipped) -> anyhow::Result<Arc<Sound>> {
    static MADE: Mutex<BTreeMap<&str, Arc<Sound>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sound) = made.get(shipped.file) {
        return Ok(sound.clone());
    }
    let digest = Some(digest(shipped.bytes));
    let sound = press(catalogue, digest, || Ok(shipped.samples()))?;
    made.insert(shipped.file, sound.clone());
    Ok(sound)
}

/// The same, of what was spoken.
fn spoken(catalogue: &Catalogue, samples: Vec<i16>) -> anyhow::Result<Arc<Sound>> {
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    press(catalogue, Some(digest(&bytes)), || Ok(samples))
}

fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

/// `None`: it cannot be read, which whoever decodes it says better.
fn digest_of_file(path: &Path) -> Option<String> {
    let mut hash = Sha256::new();
    let file = File::open(path).ok()?;
    // A pipe or a device might never end.
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    io::copy(&mut BufReader::new(file), &mut hash).ok()?;
    Some(URL_SAFE_NO_PAD.encode(hash.finalize()))
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

/// The section of a moment, as the configuration calls it.
fn moment_section(account: &Account, key: MomentKey) -> String {
    match key {
        MomentKey::Hold => "hold".to_owned(),
        MomentKey::HoldOf(id) => {
            let mut own = account.hold_messages.iter();
            let index = own.position(|each| each.id == id);
            format!("hold_message[{}]", index.unwrap_or_default())
        }
        MomentKey::Transfer => "transfer".to_owned(),
    }
}

/// Where something is set.
fn place(account: &Account, key: WaitingKey, part: &str) -> Fault {
    let (list, index, name) = match key {
        WaitingKey::Queue(id) => {
            let index = account.queues.iter().position(|queue| queue.id == id);
            let queue = account.queue(id);
            ("queue", index, queue.map(|queue| queue.name.as_str()))
        }
        WaitingKey::Strategy(id) => {
            let index = account.strategies.iter().position(|each| each.id == id);
            let strategy = account.strategy(id);
            ("strategy", index, strategy.map(|each| each.name.as_str()))
        }
        WaitingKey::Hours(id) => {
            let index = account.hours.iter().position(|hours| hours.id == id);
            let hours = account.hours(id);
            ("hours", index, hours.map(|hours| hours.name.as_str()))
        }
    };
    let section = format!("{list}[{}]", index.unwrap_or_default());
    named(&section, list, name.unwrap_or_default(), part)
}

fn named(section: &str, kind: &str, name: &str, part: &str) -> Fault {
    Fault {
        field: format!("{section}.{part}"),
        place: format!("{kind} {name:?}, {part}"),
        why: String::new(),
    }
}

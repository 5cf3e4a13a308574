//! The voices there are: those of espeak-ng, and the neural ones that were installed.

use super::installed::{self, About, Gender};
use super::neural::{Neural, Phonemes};
use super::speech::{Engine, MAX_TEXT};
use super::{SoundError, cache, decode_file};
use crate::audio::{level, resample};
use crate::settings::{Message, Quality, Utterance};
use crate::speech::{Form, Language, Script, Template};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Models in memory; of more, the one used longest ago leaves.
const MAX_LOADED: usize = 3;
/// The licence of espeak-ng: it is a program of its own, started by this one.
const ESPEAK_LICENCE: &str = "GPL-3.0-or-later";
/// Raised whenever a neural voice shall sound different: a part of the cache's names.
const VERSION: &str = "neural 1";

/// A voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// What settings call it.
    pub name: String,
    /// Its language: a BCP 47 tag.
    pub language: String,
    /// Whose voice it sounds like, where that is known.
    pub gender: Option<Gender>,
    /// Which kind of engine speaks (R44).
    pub quality: Quality,
    /// Under which licence it may be used.
    pub licence: String,
    /// The forms of `{position}` that it can say (R42).
    pub forms: Vec<Form>,
    /// Whether it can say `{wait}`.
    pub wait: bool,
}

/// The voices there are, and what they have said before.
#[derive(Debug)]
pub struct Catalogue {
    engine: OnceLock<Engine>,
    models: PathBuf,
    cache: PathBuf,
    /// The models in memory, the one used last at the end.
    loaded: Mutex<Vec<(String, Arc<Neural>)>>,
}

impl Catalogue {
    /// The voices of a data directory.
    pub fn new(data: &Path) -> Self {
        Self {
            engine: OnceLock::new(),
            models: data.join("voices"),
            cache: data.join("speech"),
            loaded: Mutex::default(),
        }
    }

    /// The same, but what is spoken is kept in another directory.
    #[must_use]
    pub fn with_cache(self, cache: &Path) -> Self {
        Self {
            cache: cache.to_owned(),
            ..self
        }
    }

    /// Another program than espeak-ng.
    #[cfg(test)]
    pub(super) fn with_engine(self, engine: Engine) -> Self {
        let engine = OnceLock::from(engine);
        Self { engine, ..self }
    }

    /// All voices, the neural ones first, and what was wrong with some of them.
    pub fn list(&self) -> (Vec<Voice>, Vec<SoundError>) {
        let (mut voices, mut faults) = (vec![], vec![]);
        match installed::all(&self.models) {
            Ok(installed) => voices.extend(installed.into_iter().map(Voice::neural)),
            Err(why) => faults.push(why),
        }
        match self.engine().tell("--voices") {
            Ok(table) => voices.extend(table.lines().skip(1).filter_map(Voice::standard)),
            Err(why) => faults.push(why),
        }
        (voices, faults)
    }

    /// The language of a voice, as a tag: of a standard one, what it is called.
    ///
    /// # Errors
    /// If a neural voice is not installed.
    pub fn language(&self, voice: &str, quality: Quality) -> Result<String, SoundError> {
        match quality {
            Quality::Standard => Ok(voice.to_owned()),
            Quality::Neural => Ok(installed::about(&self.models, voice)?.language),
        }
    }

    /// The sound of a message, with the numbers of the next caller in line where there are some. A
    /// file that is named without a root lies in `base`.
    ///
    /// # Errors
    /// Why it cannot be played or spoken, and the mend.
    pub fn render(&self, message: &Message, base: &Path) -> Result<Vec<i16>, SoundError> {
        match message {
            Message::File(path) => decode_file(&base.join(path)),
            Message::Text {
                text,
                voice,
                rate,
                position,
                quality,
            } => {
                let template = Template::parse(text).map_err(SoundError::Template)?;
                let text = if template.has_numbers() {
                    let language = self.language(voice, *quality)?;
                    let script = Script::of(template, &language, *position);
                    let script = script.map_err(SoundError::Misfit)?;
                    script.say(Some(1), Some(1)).unwrap_or_default()
                } else {
                    template.plain()
                };
                self.speak(&Utterance {
                    text,
                    voice: voice.clone(),
                    rate: *rate,
                    quality: *quality,
                })
            }
        }
    }

    /// A message as a WAV file, to be listened to before it is used (R156).
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn preview(&self, message: &Message, base: &Path) -> Result<Vec<u8>, SoundError> {
        let samples = self.render(message, base)?;
        cache::wave(&samples).map_err(|why| SoundError::EngineFailed(why.to_string()))
    }

    /// What was made of a sound before, by the name of the making and the digest of the sound.
    pub fn kept(&self, making: &str, digest: &str) -> Option<Vec<u8>> {
        cache::read_made(&self.cache, &[making, digest])
    }

    /// Keeps what was made of a sound for the next start.
    pub fn keep(&self, making: &str, digest: &str, made: &[u8]) {
        cache::keep_made(&self.cache, &[making, digest], made);
    }

    /// Speaks, or takes from the cache what was spoken before.
    ///
    /// # Errors
    /// If there is no engine or no such voice, or it fails (F23).
    pub fn speak(&self, utterance: &Utterance) -> Result<Vec<i16>, SoundError> {
        let Utterance {
            text,
            voice,
            rate,
            quality,
        } = utterance;
        match quality {
            Quality::Standard => self.engine().speak(text, voice, *rate, &self.cache),
            Quality::Neural => self.speak_neural(text.trim(), voice, *rate),
        }
    }

    fn speak_neural(&self, text: &str, voice: &str, rate: u16) -> Result<Vec<i16>, SoundError> {
        if !(1..=MAX_TEXT).contains(&text.len()) {
            return Err(SoundError::TextLength(text.len()));
        }
        let about = installed::about(&self.models, voice)?;
        let (engine, rate_name) = (self.engine(), rate.to_string());
        let parts = [VERSION, &engine.version, &about.sha256, &rate_name, text];
        let cached = cache::path(&self.cache, &parts);
        if let Some(samples) = cache::read(&cached) {
            return Ok(samples);
        }
        let phonemes = Phonemes::of(text);
        let lines = engine.phonemes(&phonemes.text(), &about.phoneme_voice)?;
        let sentences = phonemes.sentences(&lines);
        let timbre = installed::timbre(&self.models, &about)?;
        let model = self.model(&about)?;
        let (sound, sample_rate) = model.speak(&timbre, &sentences, rate)?;
        let failed = |why: String| SoundError::EngineFailed(why);
        let sound = resample::to_8k(&sound, sample_rate).map_err(|why| failed(why.to_string()))?;
        if sound.is_empty() {
            return Err(failed("it gave no sound".to_owned()));
        }
        let samples = level::normalise(&sound);
        cache::keep(&cached, &samples);
        Ok(samples)
    }

    /// A model, loaded if it is not in memory.
    fn model(&self, about: &About) -> Result<Arc<Neural>, SoundError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let at = loaded.iter().position(|(known, _)| known == about.model());
        let model = match at {
            Some(at) => loaded.remove(at).1,
            None => Arc::new(installed::load(&self.models, about)?),
        };
        loaded.push((about.model().to_owned(), model.clone()));
        if loaded.len() > MAX_LOADED {
            loaded.remove(0);
        }
        Ok(model)
    }

    fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| {
            let engine = Engine::default();
            // An engine that is missing says so when it is to speak.
            let version = engine.tell("--version").unwrap_or_default();
            Engine { version, ..engine }
        })
    }
}

impl Voice {
    /// A line of the engine's table: priority, language, age and gender, name, file.
    fn standard(line: &str) -> Option<Self> {
        let mut columns = line.split_whitespace().skip(1);
        let (name, kind) = (columns.next()?, columns.next()?);
        let gender = match kind.rsplit('/').next()? {
            "M" => Some(Gender::Male),
            "F" => Some(Gender::Female),
            _ => None,
        };
        let voice = Self::of(name, name, gender, Quality::Standard);
        Some(Self {
            licence: ESPEAK_LICENCE.to_owned(),
            ..voice
        })
    }

    fn neural(about: About) -> Self {
        let voice = Self::of(&about.name, &about.language, about.gender, Quality::Neural);
        Self {
            licence: about.licence,
            ..voice
        }
    }

    fn of(name: &str, tag: &str, gender: Option<Gender>, quality: Quality) -> Self {
        let language = Language::of(tag);
        let forms = language.as_ref().map(|language| language.forms().to_vec());
        Self {
            name: name.to_owned(),
            language: tag.to_owned(),
            gender,
            quality,
            licence: String::new(),
            forms: forms.unwrap_or_default(),
            wait: language.is_some_and(|language| language.has_minutes()),
        }
    }
}

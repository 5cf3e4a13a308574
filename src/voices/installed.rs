//! Neural voices in the data directory: a model, what the voice gives it, and what is known of the voice.
//!
//! ```text
//!   voices/de_DE-thorsten-medium.onnx         Piper: the model
//!          de_DE-thorsten-medium.onnx.json    its configuration, as it came
//!          de_DE-thorsten-medium.voice.json   ours, written last: language, gender, licence, checksum
//!          3f2a….onnx                         Kokoro: a model by its checksum, which voices share
//!          af_heart.style                     the styles of one
//!          af_heart.voice.json                ours, written last
//! ```

use super::SoundError;
use super::neural::{Config, Kind, Kokoro, MAX_BYTES, Named, Neural, Timbre};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The voices that are listed at most.
const MAX_VOICES: usize = 500;

/// Whose voice it sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// A woman's.
    Female,
    /// A man's.
    Male,
}

/// What is known of an installed voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) phoneme_voice: String,
    pub(super) gender: Option<Gender>,
    pub(super) licence: String,
    /// Of the model, and of its configuration or the voice's styles.
    pub(super) sha256: String,
    /// The checksum of a model that voices share.
    #[serde(default)]
    model: Option<String>,
}

impl About {
    /// What tells its model from others in memory.
    pub(super) fn model(&self) -> &str {
        self.model.as_ref().unwrap_or(&self.sha256)
    }
}

/// What an installation says of a voice that its files do not.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Whose voice it sounds like.
    pub gender: Option<Gender>,
    /// Its licence; `None`: what the model card beside the file says.
    pub licence: Option<String>,
    /// The styles of a voice of Kokoro's, in a file that is called like the voice: `af_heart.bin`.
    pub style: Option<PathBuf>,
}

/// Checks a model and copies it into the data directory; again and again with the same end.
/// Its name: that of the file, of Kokoro's that of the file of its styles.
///
/// # Errors
/// What is missing or wrong; then nothing has changed.
pub fn install(data: &Path, model: &Path, terms: &Terms) -> Result<String, SoundError> {
    let broken = |path: &Path, why: String| SoundError::BrokenVoice {
        path: path.to_owned(),
        why,
    };
    let model = &only_model(model)?;
    if let Some(style) = &terms.style {
        return install_kokoro(data, model, style, terms);
    }
    let name = model
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let name = name.strip_suffix(".onnx").unwrap_or_default();
    if !is_name(name) {
        let why = "its file is called like the voice: letters, digits, - and _, then .onnx";
        return Err(broken(model, why.to_owned()));
    }
    let beside = with(model, ".json");
    let read = |path: &Path| fs::read(path).map_err(|why| broken(path, why.to_string()));
    let json = read(&beside).map_err(|_| {
        let is_kokoro = Neural::load(model).is_ok_and(|model| model.kind() == Kind::Kokoro);
        let why = match is_kokoro {
            true => {
                "voices share this model: name the styles of one with --style, such as af_heart.bin"
            }
            false => "its configuration belongs beside it under this name",
        };
        broken(&beside, why.to_owned())
    })?;
    let config = Config::read(&json).map_err(|why| broken(&beside, why))?;
    // It must be one that speaks.
    if Neural::load(model)?.kind() != Kind::Piper {
        return Err(broken(model, "it is a model of another kind".to_owned()));
    }
    let bytes = read(model)?;
    let licence = terms.licence.clone().or_else(|| card(model));
    let about = About {
        name: name.to_owned(),
        language: config.language,
        phoneme_voice: config.phoneme_voice,
        gender: terms.gender,
        licence: licence.unwrap_or_else(|| "unknown".to_owned()),
        sha256: checksum(&[&bytes, &json]),
        model: None,
    };
    let files = [
        (format!("{name}.onnx"), bytes),
        (format!("{name}.onnx.json"), json),
    ];
    keep(data, about, &files)
}

/// A voice of Kokoro's, and the model that it shares with others.
fn install_kokoro(
    data: &Path,
    model: &Path,
    style: &Path,
    terms: &Terms,
) -> Result<String, SoundError> {
    let broken = |path: &Path, why: &str| SoundError::BrokenVoice {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let name = style.file_stem().and_then(|name| name.to_str());
    let named = name.filter(|name| is_name(name));
    let Some((name, named)) = named.and_then(|name| Some((name, Named::read(name)?))) else {
        let why = "its file is called like the voice: a, b, e, f, h, i, j, p or z for the language, f or m, and _name: \
                   af_heart.bin";
        return Err(broken(style, why));
    };
    let read = |path: &Path| fs::read(path).map_err(|why| broken(path, &why.to_string()));
    let styles = read(style)?;
    Kokoro::read(&styles, named.language).map_err(|why| broken(style, &why))?;
    if Neural::load(model)?.kind() != Kind::Kokoro {
        return Err(broken(
            model,
            "it is no model of Kokoro's: leave out --style",
        ));
    }
    let bytes = read(model)?;
    let licence = terms.licence.clone().or_else(|| card(model));
    let shared = checksum(&[&bytes]);
    let about = About {
        name: name.to_owned(),
        language: named.language.to_owned(),
        phoneme_voice: named.phoneme_voice.to_owned(),
        gender: terms.gender.or(Some(named.gender)),
        licence: licence.unwrap_or_else(|| "unknown".to_owned()),
        sha256: checksum(&[&bytes, &styles]),
        model: Some(shared.clone()),
    };
    let files = [
        (format!("{shared}.onnx"), bytes),
        (format!("{name}.style"), styles),
    ];
    keep(data, about, &files)
}

/// Writes a voice; what makes it one comes last.
fn keep(data: &Path, about: About, files: &[(String, Vec<u8>)]) -> Result<String, SoundError> {
    let dir = data.join("voices");
    let written = serde_json::to_vec_pretty(&about).map_err(io::Error::other);
    let done = written.and_then(|written| {
        fs::create_dir_all(&dir)?;
        for (name, bytes) in files {
            put(&dir.join(name), bytes)?;
        }
        put(&dir.join(format!("{}.voice.json", about.name)), &written)
    });
    done.map_err(|why| SoundError::BrokenVoice {
        path: dir,
        why: why.to_string(),
    })?;
    Ok(about.name)
}

/// All that are installed, by name.
pub(super) fn all(dir: &Path) -> Result<Vec<About>, SoundError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(why) => {
            return Err(SoundError::BrokenVoice {
                path: dir.to_owned(),
                why: why.to_string(),
            });
        }
    };
    let names = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        Some(name.strip_suffix(".voice.json")?.to_owned())
    });
    let mut names: Vec<_> = names.take(MAX_VOICES).collect();
    names.sort();
    Ok(names
        .iter()
        .filter_map(|name| about(dir, name).ok())
        .collect())
}

/// What is known of a voice.
pub(super) fn about(dir: &Path, name: &str) -> Result<About, SoundError> {
    let missing = || SoundError::NotInstalled {
        voice: name.to_owned(),
    };
    if !is_name(name) {
        return Err(missing());
    }
    let json = fs::read(dir.join(format!("{name}.voice.json"))).map_err(|_| missing())?;
    serde_json::from_slice(&json).map_err(|_| missing())
}

/// Loads the model of a voice.
pub(super) fn load(dir: &Path, about: &About) -> Result<Neural, SoundError> {
    let file = about.model.as_ref().unwrap_or(&about.name);
    Neural::load(&dir.join(format!("{file}.onnx")))
}

/// What a voice gives its model.
pub(super) fn timbre(dir: &Path, about: &About) -> Result<Timbre, SoundError> {
    let end = about.model.as_ref().map_or("onnx.json", |_| "style");
    let path = dir.join(format!("{}.{end}", about.name));
    let bytes = fs::read(&path).map_err(|why| why.to_string());
    let timbre = bytes.and_then(|bytes| match about.model {
        Some(_) => Kokoro::read(&bytes, &about.language).map(Timbre::Kokoro),
        None => Config::read(&bytes).map(Timbre::Piper),
    });
    timbre.map_err(|why| SoundError::BrokenVoice { path, why })
}

/// The model itself, or the only one in a folder.
fn only_model(path: &Path) -> Result<PathBuf, SoundError> {
    let broken = |why: &str| SoundError::BrokenVoice {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    if !path.is_dir() {
        let about = fs::metadata(path).map_err(|why| broken(&why.to_string()))?;
        return match about.len() <= MAX_BYTES {
            true => Ok(path.to_owned()),
            false => Err(broken("it is too large for a voice")),
        };
    }
    let entries = fs::read_dir(path).map_err(|why| broken(&why.to_string()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut models = files.filter(|file| file.extension().is_some_and(|end| end == "onnx"));
    match (models.next(), models.next()) {
        (Some(model), None) => Ok(model),
        (None, _) => Err(broken("no .onnx file is in this folder")),
        (Some(_), Some(_)) => Err(broken("several .onnx files are in this folder: name one")),
    }
}

/// The licence by the model card beside a Piper voice.
fn card(model: &Path) -> Option<String> {
    let card = fs::read_to_string(model.with_file_name("MODEL_CARD")).ok()?;
    let lines = card
        .lines()
        .map(|line| line.trim_start_matches(['*', '-', ' ']));
    let mut licences = lines.filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let known = ["license", "licence"].contains(&key.trim().to_lowercase().as_str());
        known.then(|| value.trim().chars().take(200).collect::<String>())
    });
    licences.find(|licence| !licence.is_empty())
}

/// Under a temporary name first, so that nobody reads half of it.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = with(path, ".tmp");
    let done = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn checksum(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 100
        && name.chars().all(plain)
}

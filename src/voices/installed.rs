//! Neural voices in the data directory: a model, its configuration, and what is known of it.
//!
//! ```text
//!   voices/de_DE-thorsten-medium.onnx         the model
//!          de_DE-thorsten-medium.onnx.json    its configuration, as it came
//!          de_DE-thorsten-medium.voice.json   ours, written last: language, gender, licence, checksum
//! ```

use super::SoundError;
use super::neural::{Config, MAX_BYTES, Neural};
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
    /// Of the model and its configuration.
    pub(super) sha256: String,
}

/// What an installation says of a voice that its files do not.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Whose voice it sounds like.
    pub gender: Option<Gender>,
    /// Its licence; `None`: what the model card beside the file says.
    pub licence: Option<String>,
}

/// Checks a model and copies it into the data directory; again and again with the same end.
/// Its name: that of the file.
///
/// # Errors
/// What is missing or wrong; then nothing has changed.
pub fn install(data: &Path, model: &Path, terms: &Terms) -> Result<String, SoundError> {
    let broken = |path: &Path, why: String| SoundError::BrokenVoice {
        path: path.to_owned(),
        why,
    };
    let model = &only_model(model)?;
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
        let why = "its configuration belongs beside it under this name";
        broken(&beside, why.to_owned())
    })?;
    let config = Config::read(&json).map_err(|why| broken(&beside, why))?;
    // It must be one that speaks.
    Neural::load(model, config.clone())?;
    let bytes = read(model)?;
    let licence = terms.licence.clone().or_else(|| card(model));
    let about = About {
        name: name.to_owned(),
        language: config.language,
        phoneme_voice: config.phoneme_voice,
        gender: terms.gender,
        licence: licence.unwrap_or_else(|| "unknown".to_owned()),
        sha256: checksum(&[&bytes, &json]),
    };
    let dir = data.join("voices");
    let written = serde_json::to_vec_pretty(&about).map_err(io::Error::other);
    let done = written.and_then(|about| {
        fs::create_dir_all(&dir)?;
        put(&dir.join(format!("{name}.onnx")), &bytes)?;
        put(&dir.join(format!("{name}.onnx.json")), &json)?;
        put(&dir.join(format!("{name}.voice.json")), &about)
    });
    done.map_err(|why| broken(&dir, why.to_string()))?;
    Ok(name.to_owned())
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

/// Loads a voice.
pub(super) fn load(dir: &Path, about: &About) -> Result<Neural, SoundError> {
    let model = dir.join(format!("{}.onnx", about.name));
    let beside = with(&model, ".json");
    let json = fs::read(&beside).map_err(|why| why.to_string());
    let config = json.and_then(|json| Config::read(&json));
    let config = config.map_err(|why| SoundError::BrokenVoice { path: beside, why })?;
    Neural::load(&model, config)
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

//! `/api/v1/sounds` and `/api/v1/speech`: the library of sounds, uploads, and how texts sound (R33,
//! R39, R121, R131, R146, R156, D17).
//!
//! ```text
//!   upload ─▶ counted as it comes ─▶ decoded once, one loudness ─▶ NAME.wav in the folder of sounds
//!              one byte more: 413      what cannot be: 422          settings name it: { file = "NAME.wav" }
//! ```
//!
//! A sound is called after its content, so that none is there twice and no name leads out of the
//! folder (H19). What ships with the server is there under its own name.

use super::body::{Fields, Json, bytes};
use super::part::{Query, Word};
use super::problem::{Fault, Problem};
use super::who::Caller;
use super::{Site, answer};
use crate::settings::{Form, Message, Quality, defaults};
use crate::voices::{Catalogue, SHIPPED, SoundError};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The longest file: 4 MiB (R33, D17).
pub(super) const LARGEST: usize = 4 << 20;
/// Sounds that there may be.
const MOST: usize = 10_000;
/// What is decoded and spoken at once: each takes a core.
const AT_ONCE: usize = 2;

/// Where sounds are, and how many are worked on at once.
pub(super) struct Sounds {
    folder: PathBuf,
    voices: Arc<Catalogue>,
    turns: Semaphore,
}

/// What is known of a sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct About {
    /// As settings name it.
    file: String,
    /// As people call it.
    name: String,
    seconds: f64,
    /// It came with the server.
    shipped: bool,
    added: Option<Timestamp>,
    by: Option<String>,
}

impl Sounds {
    /// Opens the folder, and puts in it what ships with the server.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn open(folder: PathBuf, voices: Arc<Catalogue>) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        for shipped in SHIPPED {
            let path = folder.join(shipped.file);
            if !path.exists() {
                std::fs::write(path, shipped.bytes)?;
            }
        }
        Ok(Self {
            folder,
            voices,
            turns: Semaphore::new(AT_ONCE),
        })
    }

    fn shipped(&self) -> Vec<About> {
        let each = SHIPPED.iter().map(|sound| About {
            file: sound.file.to_owned(),
            name: sound.name.to_owned(),
            seconds: seconds(sound.bytes),
            shipped: true,
            added: None,
            by: None,
        });
        each.collect()
    }

    /// Those that were uploaded, by name.
    fn own(&self) -> Vec<About> {
        let entries = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let notes = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "json"));
        let read = notes.filter_map(|note| std::fs::read(note.path()).ok());
        let mut own: Vec<About> = read
            .filter_map(|note| serde_json::from_slice(&note).ok())
            .collect();
        own.sort_by(|a, b| (&a.name, &a.file).cmp(&(&b.name, &b.file)));
        own
    }

    /// The path of a sound, if it is one of those that there are: never another file.
    fn find(&self, file: &str) -> Option<(PathBuf, About)> {
        let mut all = self.shipped().into_iter().chain(self.own());
        let about = all.find(|about| about.file == file)?;
        Some((self.folder.join(file), about))
    }

    fn keep(&self, upload: &[u8], name: String, by: String) -> Result<About, Problem> {
        let id: String = Sha256::digest(upload)
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let file = format!("{id}.wav");
        if let Some((_, known)) = self.find(&file) {
            return Ok(known);
        }
        if self.own().len() >= MOST {
            let what = "There are 10,000 sounds, which is all there can be: delete some first.";
            return Err(Problem::new(StatusCode::CONFLICT, what));
        }
        let draft = self.folder.join(format!(".{id}.upload"));
        let decoded = std::fs::write(&draft, upload)
            .map_err(|why| full(&why))
            .and_then(|()| {
                let sound = self
                    .voices
                    .preview(&Message::File(draft.clone()), &self.folder);
                sound.map_err(|why| unplayable("file", &why, &draft))
            });
        drop(std::fs::remove_file(&draft));
        let sound = decoded?;
        let about = About {
            file: file.clone(),
            name,
            seconds: seconds(&sound),
            shipped: false,
            added: Some(Timestamp::now()),
            by: Some(by),
        };
        let note = serde_json::to_vec(&about).unwrap_or_default();
        // The sound first: what a note tells of is there.
        let written = replace(&self.folder, &file, &sound);
        written
            .and_then(|()| replace(&self.folder, &format!("{id}.json"), &note))
            .map_err(|why| full(&why))?;
        Ok(about)
    }
}

/// All sounds: those that ship with the server, then the own ones.
pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let sounds = Arc::clone(&site);
    let listed = tokio::task::spawn_blocking(move || {
        let sounds = &sounds.sounds;
        [sounds.shipped(), sounds.own()].concat()
    });
    Ok(answer(&listed.await.map_err(|_| cut_short())?))
}

/// Takes a file: as the body, or as the first part of a form.
pub(super) async fn upload(
    State(site): State<Arc<Site>>,
    caller: Caller,
    mut query: Query,
    request: Request,
) -> Result<Response, Problem> {
    let name = query.parsed("name", "1 to 64 characters", |text| {
        let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    });
    query.done()?;
    let kind = kind(request.headers());
    let (sound, said) = match kind.as_str() {
        "multipart/form-data" => form(request).await?,
        kind if kind.starts_with("audio/") || kind == "application/octet-stream" => {
            (bytes(request.into_body(), LARGEST).await?, None)
        }
        _ => {
            let mend = "Send a sound file, as audio/… or application/octet-stream, or in a form.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, mend));
        }
    };
    let name = name.or(said).unwrap_or_else(|| "Upload".to_owned());
    let by = caller.signature();
    let about = in_turn(&site, move |sounds| sounds.keep(&sound, name, by)).await?;
    let place = [(header::LOCATION, format!("/api/v1/sounds/{}", about.file))];
    Ok((StatusCode::CREATED, place, answer(&about)).into_response())
}

/// The sound itself.
pub(super) async fn play(
    State(site): State<Arc<Site>>,
    Word(file): Word,
) -> Result<Response, Problem> {
    let read = tokio::task::spawn_blocking(move || {
        let (path, _) = site.sounds.find(&file)?;
        std::fs::read(path).ok()
    });
    let read = read.await.map_err(|_| cut_short())?;
    let sound = read.ok_or_else(|| Problem::missing("sound"))?;
    Ok(as_wav(sound))
}

/// Deletes an own sound; never one that the settings use.
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Word(file): Word,
    caller: Caller,
) -> Result<Response, Problem> {
    let users = site.settings.users_of_file(&file);
    if !users.is_empty() {
        let mend = "plays it: let it play another one first";
        let faults = users.into_iter().map(|field| Fault::new(field, mend));
        let what = "This sound is in use.";
        return Err(Problem::new(StatusCode::CONFLICT, what).with(faults.collect()));
    }
    let name = file.clone();
    let removed = tokio::task::spawn_blocking(move || {
        let (path, about) = site
            .sounds
            .find(&name)
            .ok_or_else(|| Problem::missing("sound"))?;
        if about.shipped {
            let what = "This sound ships with the server, and stays.";
            return Err(Problem::new(StatusCode::CONFLICT, what));
        }
        // The note first: a sound without one is not there.
        std::fs::remove_file(path.with_extension("json")).map_err(|why| full(&why))?;
        std::fs::remove_file(path).map_err(|why| full(&why))
    });
    removed.await.map_err(|_| cut_short())??;
    tracing::info!(file, by = caller.signature(), "a sound was deleted");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// How a text sounds.
pub(super) async fn preview(
    State(site): State<Arc<Site>>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["text"]);
    let text = fields.text("text", 1..=2_000);
    let voice = fields.text("voice", 1..=64);
    let (least, most) = (*defaults::RATE.start(), *defaults::RATE.end());
    let rate = fields.number("rate", u64::from(least)..=u64::from(most));
    let quality = fields.word(
        "quality",
        |text| meaning(&QUALITIES, text),
        &["standard", "neural"],
    );
    let forms = FORMS.map(|(word, _)| word);
    let position = fields.word("position", |text| meaning(&FORMS, text), &forms);
    fields.done()?;
    let message = Message::Text {
        text: text.unwrap_or_default(),
        voice: voice.unwrap_or_else(|| defaults::VOICE.to_owned()),
        rate: rate
            .and_then(|rate| u16::try_from(rate).ok())
            .unwrap_or(defaults::SPEECH_RATE),
        position: position.unwrap_or_default(),
        quality: quality.unwrap_or_default(),
    };
    let sound = in_turn(&site, move |sounds| {
        let spoken = sounds.voices.preview(&message, &sounds.folder);
        spoken.map_err(|why| unplayable("text", &why, Path::new("-")))
    });
    Ok(as_wav(sound.await?))
}

/// All voices, the neural ones first, each with what it can say (R42–R44); and why some cannot be used.
pub(super) async fn voices(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let listed = in_turn(&site, |sounds| Ok(sounds.voices.list()));
    let (voices, faults) = listed.await?;
    let voices = voices.into_iter().map(|voice| {
        json!({
            "name": voice.name,
            "language": voice.language,
            "gender": voice.gender.map(|gender| format!("{gender:?}").to_lowercase()),
            "quality": word(&QUALITIES, voice.quality),
            "licence": voice.licence,
            "positions": voice.forms.iter().map(|form| word(&FORMS, *form)).collect::<Vec<_>>(),
            "wait": voice.wait,
        })
    });
    let voices: Vec<Value> = voices.collect();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Ok(answer(&json!({ "voices": voices, "faults": faults })))
}

const QUALITIES: [(&str, Quality); 2] =
    [("standard", Quality::Standard), ("neural", Quality::Neural)];
const FORMS: [(&str, Form); 3] = [
    ("ordinal", Form::Ordinal),
    ("cardinal", Form::Cardinal),
    ("adaptive", Form::Adaptive),
];

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> Option<&'static str> {
    words
        .iter()
        .find(|(_, each)| *each == meaning)
        .map(|(word, _)| *word)
}

fn meaning<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, each)| *each)
}

/// Works on a sound when it is its turn.
async fn in_turn<T: Send + 'static>(
    site: &Arc<Site>,
    work: impl FnOnce(&Sounds) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let _turn = site.sounds.turns.acquire().await.map_err(|_| cut_short())?;
    let site = Arc::clone(site);
    let worked = tokio::task::spawn_blocking(move || work(&site.sounds));
    worked.await.map_err(|_| cut_short())?
}

/// The file of a form, and its name.
async fn form(request: Request) -> Result<(Vec<u8>, Option<String>), Problem> {
    let wrong = || Problem::new(StatusCode::BAD_REQUEST, "The form cannot be read.");
    // Above the size of the file by what a form says around it.
    let (parts, body) = request.into_parts();
    let whole = bytes(body, LARGEST + 16_384).await?;
    let mut request = Request::from_parts(parts, Body::from(whole));
    // Counted already.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| wrong())?;
    while let Some(field) = form.next_field().await.map_err(|_| wrong())? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            continue;
        };
        let sound = field.bytes().await.map_err(|_| wrong())?;
        if sound.len() > LARGEST {
            let what = format!("At most {LARGEST} bytes are taken here.");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, what));
        }
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        return Ok((sound.to_vec(), Some(name).filter(|name| !name.is_empty())));
    }
    Err(Problem::field("file", "is missing in the form"))
}

fn kind(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// Writes a file whole or not at all.
fn replace(folder: &Path, file: &str, bytes: &[u8]) -> std::io::Result<()> {
    let draft = folder.join(format!(".{file}.new"));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(draft, folder.join(file))
}

fn as_wav(sound: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "audio/wav")], sound).into_response()
}

/// Of a WAV of ours: a header of 44 bytes, then 8,000 samples a second.
fn seconds(wav: &[u8]) -> f64 {
    wav.len().saturating_sub(44) as f64 / 16_000.0
}

/// Why it cannot be heard, without where it lay.
fn unplayable(field: &str, why: &SoundError, path: &Path) -> Problem {
    let told = why.to_string();
    let told = told.replace(&path.display().to_string(), "this file");
    Problem::field(field, told)
}

fn full(why: &std::io::Error) -> Problem {
    tracing::error!(error = %why, "a sound cannot be written");
    Problem::unavailable("The sound cannot be written: is the disk full?")
}

fn cut_short() -> Problem {
    Problem::unavailable("The work was cut short.")
}

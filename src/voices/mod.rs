//! Sounds from outside: files of many kinds, and texts spoken by a speech engine.
//!
//! Everything comes out as the switch plays it: mono, 8000 samples a second, as loud as speech on
//! the telephone. Done ahead, when the process starts or a setting changes, by code that may block:
//! while calls are up nobody waits for a decoder or an engine.
//!
//! There are two kinds of voices: *standard* ones of espeak-ng, a program of its own, and *neural* ones
//! that were installed, run in this process. The [`Catalogue`] knows both. What callers shall hear that
//! depends on the moment, a [`Pool`] speaks on threads of its own.
//!
//! Deliberately absent: AAC.

mod cache;
mod catalogue;
mod file;
mod installed;
mod neural;
mod ogg_opus;
mod pool;
mod shipped;
mod speech;

pub use catalogue::{Catalogue, Voice};
pub use file::decode_file;
pub use installed::{Gender, Terms, install};
pub use pool::Pool;
pub use shipped::{ABSENCE, HOLD_MUSIC, NOT_TAKEN, SHIPPED, Shipped, TRANSFER};

use crate::speech::{Misfit, TemplateError};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a message cannot be heard: which one, what is wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The file cannot be opened or read.
    #[error("{path}: {why}; check the path, and that this user may read it", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The file is something else than a sound that can be read.
    #[error(
        "{path} is {what}; WAV, MP3, MP2, Ogg Vorbis, Ogg Opus and FLAC can be played: \
         convert it with `ffmpeg -i FILE -ar 16000 -ac 1 NEW.wav`", path = .path.display()
    )]
    NotPlayable {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// The file is of a known kind but broken, or of a variant that is not read.
    #[error(
        "{path} is {what} that cannot be decoded ({why}); \
         convert it with `ffmpeg -i FILE -ar 16000 -ac 1 NEW.wav`", path = .path.display()
    )]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
        /// What the decoder says.
        why: String,
    },
    /// The file is a sound of no length.
    #[error("{path} is {what} without any sound in it; choose another file", path = .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// The file is larger or longer than anything a caller should hear.
    #[error("{path} is too long: at most {} minutes and {} MB are played; shorten it",
        file::MAX_MINUTES, file::MAX_BYTES / 1_000_000, path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The text is empty, or longer than anything a caller should hear.
    #[error("a text to speak needs 1 to 16000 bytes; this one has {0}")]
    TextLength(usize),
    /// The engine does not know the voice, or the name is none.
    #[error("the speech engine has no voice {voice:?}; `espeak-ng --voices` lists those it has")]
    UnknownVoice {
        /// The voice asked for.
        voice: String,
    },
    /// There is no engine.
    #[error("the speech engine {engine} is not installed: `apt-get install espeak-ng`")]
    NoEngine {
        /// The program looked for.
        engine: String,
    },
    /// A neural voice that is not there.
    #[error("no neural voice {voice:?} is installed; see `cordboard voices list`")]
    NotInstalled {
        /// The voice asked for.
        voice: String,
    },
    /// A file of a neural voice is missing, or is none.
    #[error("{path}: {why}", path = .path.display())]
    BrokenVoice {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The placeholders of a text are none.
    #[error("{0}")]
    Template(TemplateError),
    /// The voice cannot say the placeholders of a text (R43).
    #[error("{0}")]
    Misfit(Misfit),
    /// Too much is being spoken.
    #[error("too much is to be spoken at once")]
    Busy,
    /// The engine took too long and was ended.
    #[error("the speech engine did not finish within {} s and was ended", .0.as_secs_f32())]
    EngineSlow(Duration),
    /// The engine failed, or gave what is no sound, or gave too much of it.
    #[error("the speech engine failed: {0}")]
    EngineFailed(String),
}

#[cfg(test)]
mod tests;

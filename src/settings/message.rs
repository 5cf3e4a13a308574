//! Something to be heard.

use super::defaults;
pub use crate::speech::Form;
use crate::speech::Template;
use std::path::PathBuf;

/// Something to be heard: a file, or a text to be spoken (R28, R32).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// A WAV, MP3, MP2, Ogg or FLAC file.
    File(PathBuf),
    /// Speech.
    Text {
        /// What is said. In an announcement `{position}` stands for the place in line (R40), and
        /// `{wait}` for the minutes that it may still take (B4).
        text: String,
        /// A voice of the engine, usually a language: `en`, `de`, `pt-br`.
        voice: String,
        /// Words a minute, 80–450.
        rate: u16,
        /// How `{position}` is said (R41).
        position: Form,
        /// Which kind of engine speaks (R44).
        quality: Quality,
    },
}

impl Message {
    /// A text, spoken by the usual voice.
    pub fn text(text: &str) -> Self {
        Self::Text {
            text: text.to_owned(),
            voice: defaults::VOICE.to_owned(),
            rate: defaults::SPEECH_RATE,
            position: Form::default(),
            quality: Quality::default(),
        }
    }

    /// Whether the place of the caller or their wait is said in it.
    pub fn has_numbers(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Text { text, .. } => {
                Template::parse(text).is_ok_and(|template| template.has_numbers())
            }
        }
    }
}

/// A text as it is spoken: no placeholder is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utterance {
    /// What is said.
    pub text: String,
    /// The voice.
    pub voice: String,
    /// Words a minute.
    pub rate: u16,
    /// Which kind of engine speaks.
    pub quality: Quality,
}

/// Which kind of engine speaks (R44).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// By rules: espeak-ng.
    #[default]
    Standard,
    /// By a neural model that was installed.
    Neural,
}

//! A template in a language: everything but the numbers.

use super::language::{Form, Language};
use super::template::{Piece, Template};
use std::sync::Arc;

/// Above, minutes are said in steps of five: nobody knows them better.
const EXACT_MINUTES: u32 = 10;

/// What a caller is told, but for the numbers.
#[derive(Clone, Debug)]
pub struct Script {
    template: Template,
    language: Arc<Language>,
    form: Form,
}

/// Why a text cannot be said in a language (R43).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The voice's language is not known, or how it counts is not.
    #[error("how the language of voice {voice:?} counts is not known: no placeholder can be used")]
    Language {
        /// The voice, or the tag of its language.
        voice: String,
    },
    /// The language has not got the form.
    #[error("{language} has no {form} position; it has: {}", list(had))]
    Form {
        /// The language's tag.
        language: &'static str,
        /// The form asked for.
        form: Form,
        /// Those that it has.
        had: Vec<String>,
    },
    /// The language has not got the variant.
    #[error("{language} has no {form} position {variant:?}; it has: {}", list(had))]
    Variant {
        /// The language's tag.
        language: &'static str,
        /// The form.
        form: Form,
        /// The variant asked for.
        variant: String,
        /// Those that it has.
        had: Vec<String>,
    },
    /// The language cannot say minutes.
    #[error("{{wait}} cannot be said in {language}: leave it out, or choose another voice")]
    Wait {
        /// The language's tag.
        language: &'static str,
    },
}

impl Script {
    /// Puts a template into a language.
    ///
    /// # Errors
    /// What the language has not got.
    pub fn new(template: Template, language: Arc<Language>, form: Form) -> Result<Self, Misfit> {
        let tag = language.tag();
        if template.has_position() && !language.forms().contains(&form) {
            let had = language.forms().iter().map(Form::to_string).collect();
            return Err(Misfit::Form {
                language: tag,
                form,
                had,
            });
        }
        for piece in template.pieces() {
            match piece {
                Piece::Text(_) => {}
                Piece::Position(variant) => {
                    if language.position(1, form, variant.as_deref()).is_none() {
                        let had = language.variants(form);
                        let had = had.into_iter().filter(|variant| !variant.is_empty());
                        return Err(Misfit::Variant {
                            language: tag,
                            form,
                            variant: variant.clone().unwrap_or_default(),
                            had: had.map(str::to_owned).collect(),
                        });
                    }
                }
                Piece::Wait if language.has_minutes() => {}
                Piece::Wait => return Err(Misfit::Wait { language: tag }),
            }
        }
        Ok(Self {
            template,
            language,
            form,
        })
    }

    /// Puts a template into the language with this tag, or of a voice that is called like it.
    ///
    /// # Errors
    /// What the language has not got, or that it is not known.
    pub fn of(template: Template, voice: &str, form: Form) -> Result<Self, Misfit> {
        let language = Language::of(voice).ok_or_else(|| Misfit::Language {
            voice: voice.to_owned(),
        })?;
        Self::new(template, Arc::new(language), form)
    }

    /// Its template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// What is said to the caller at a position, who will wait for so many minutes. Sentences with a
    /// number that is not known are left out; `None` if nothing remains.
    pub fn say(&self, position: Option<u32>, minutes: Option<u32>) -> Option<String> {
        let sentences = self.template.sentences().iter();
        let said: String = sentences
            .filter_map(|sentence| self.sentence(sentence, position, minutes))
            .collect();
        // Soft hyphens are for the eye.
        let said = said.replace('\u{AD}', "");
        let said = said.trim();
        (!said.is_empty()).then(|| said.to_owned())
    }

    fn sentence(
        &self,
        pieces: &[Piece],
        position: Option<u32>,
        minutes: Option<u32>,
    ) -> Option<String> {
        let mut said = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => said.push_str(text),
                Piece::Position(variant) => {
                    let words = self
                        .language
                        .position(position?, self.form, variant.as_deref());
                    said.push_str(&words?);
                }
                Piece::Wait => said.push_str(&self.language.minutes(about(minutes?))?),
            }
        }
        Some(said)
    }
}

/// Minutes as they are said: at least one, in steps of five where they are many.
fn about(minutes: u32) -> u32 {
    match minutes {
        0 => 1,
        1..=EXACT_MINUTES => minutes,
        more => more.div_ceil(5).saturating_mul(5),
    }
}

fn list(had: &[String]) -> String {
    match had {
        [] => "none".to_owned(),
        had => had.join(", "),
    }
}

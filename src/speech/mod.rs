//! What is said: templates, and numbers as words in every language of CLDR. Text, no sound.
//!
//! ```text
//!   "You are the {position} caller. Your wait is {wait}."   en, Ordinal
//!          │ Template::parse
//!          ▼
//!   Script::say(position 2, 7 minutes) ─▶ "You are the second caller. Your wait is seven minutes."
//!   Script::say(position 2, unknown)   ─▶ "You are the second caller."
//! ```
//!
//! A sentence whose number is not known is not said; the others are.
//!
//! Deliberately absent: numbers as sounds of their own, put together from recorded files: a language's
//! voice speaks the whole sentence.

mod data;
mod language;
mod rbnf;
mod script;
mod template;
#[cfg(test)]
mod tests;

pub use language::{Form, Language};
pub use script::{Misfit, Script};
pub use template::{Template, TemplateError};

//! Number words against those of ICU, and templates.

mod golden;
mod scripts;

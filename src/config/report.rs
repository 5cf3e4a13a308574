//! The problems of a configuration: collected, put in order, and told with file, line and mend.

use super::inventory::{Keys, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// A problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file it is in.
    pub file: PathBuf,
    /// The line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// The field: `queue[0].max_wait.then`, lists counted from 0; empty where it is about no one
    /// field.
    pub field: String,
    /// What is wrong and how to mend it. Never a secret.
    pub what: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.line {
            0 => write!(f, "{file}: {}", self.what),
            line => write!(f, "{file}:{line}: {}", self.what),
        }
    }
}

/// All problems of a configuration, in the order of the lines: one a line when printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    pub(super) fn whole_file(file: &Path, why: &str) -> Self {
        Self(vec![ConfigError {
            file: file.to_owned(),
            line: 0,
            field: String::new(),
            what: why.to_owned(),
        }])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { "\n" };
            write!(f, "{between}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The problems of one file while it is read.
pub(super) struct Report<'t> {
    file: &'t Path,
    text: &'t str,
    /// Where each field was found: byte offsets.
    places: BTreeMap<String, usize>,
    /// Fields with a problem already: no more is said of them.
    faulty: BTreeSet<String>,
    errors: Vec<ConfigError>,
    /// What the reader asks for, where that is the question.
    keys: Option<Keys>,
}

impl<'t> Report<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Self {
        Self {
            file,
            text,
            places: BTreeMap::new(),
            faulty: BTreeSet::new(),
            errors: Vec::new(),
            keys: None,
        }
    }

    /// A report that writes down what the reader asks for, and nothing else.
    pub(super) fn describing() -> Self {
        Self {
            keys: Some(Keys::default()),
            ..Self::new(Path::new(""), "")
        }
    }

    pub(super) fn is_describing(&self) -> bool {
        self.keys.is_some()
    }

    /// The reader asks for this: the last time counts.
    pub(super) fn note(&mut self, key: impl FnOnce() -> (String, Kind)) {
        if let Some(keys) = &mut self.keys {
            let (path, kind) = key();
            keys.kinds.insert(path, kind);
        }
    }

    /// The reader cannot do without it.
    pub(super) fn must(&mut self, path: String) {
        if let Some(keys) = &mut self.keys {
            keys.required.insert(path);
        }
    }

    /// What the reader has asked for.
    pub(super) fn keys(self) -> Keys {
        self.keys.unwrap_or_default()
    }

    /// A field stands here.
    pub(super) fn found(&mut self, path: &str, offset: usize) {
        self.places.insert(path.to_owned(), offset);
    }

    /// A problem at a byte of the file.
    pub(super) fn at(&mut self, offset: usize, what: impl Into<String>) {
        self.add("", offset, what.into());
    }

    /// A key that nobody knows.
    pub(super) fn unknown(&mut self, path: &str, offset: usize, what: String) {
        self.add(path, offset, what);
    }

    fn add(&mut self, field: &str, offset: usize, what: String) {
        let before = self.text.as_bytes().iter().take(offset);
        self.errors.push(ConfigError {
            file: self.file.to_owned(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            field: field.to_owned(),
            what,
        });
    }

    /// A problem of a field; of a missing one it is told where the nearest section begins.
    /// A field has one problem at a time.
    pub(super) fn of(&mut self, path: &str, what: impl fmt::Display) {
        if self.is_faulty(path) {
            return;
        }
        self.faulty.insert(path.to_owned());
        // Of a list with a faulty entry nothing is said as a whole: it may be short of that entry.
        if let Some((list, _)) = path.rsplit_once('[').filter(|_| path.ends_with(']')) {
            self.faulty.insert(list.to_owned());
        }
        let mut at = path;
        let offset = loop {
            if let Some(offset) = self.places.get(at) {
                break *offset;
            }
            match at.rfind(['.', '[']) {
                Some(end) => at = &at[..end],
                None => break 0,
            }
        };
        let name = path.split('.').next_back().unwrap_or(path);
        self.add(path, offset, format!("{name}: {what}"));
    }

    /// Problems of another file that this one brought in.
    pub(super) fn adopt(&mut self, errors: Vec<ConfigError>) {
        self.errors.extend(errors);
    }

    /// The problems found, in the order of the lines.
    pub(super) fn errors(mut self) -> Vec<ConfigError> {
        let file = self.file.to_owned();
        self.errors
            .sort_by_key(|error| (error.file != file, error.line));
        self.errors
    }

    /// Whether the field, or what it lies in, has a problem already.
    fn is_faulty(&self, path: &str) -> bool {
        let ends = path
            .char_indices()
            .filter(|(_, c)| *c == '.')
            .map(|(at, _)| at);
        let mut above = ends.chain([path.len()]).map(|end| &path[..end]);
        above.any(|path| self.faulty.contains(path))
    }
}

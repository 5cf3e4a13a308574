//! Variable parts of a path, and what stands behind the question mark.

use super::problem::{Fault, Problem};
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::str::FromStr;

/// A number; what is none, names nothing that is there.
pub(super) struct Number(pub(super) u32);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let number = Path::<u32>::from_request_parts(parts, state).await;
        number
            .map(|Path(number)| Self(number))
            .map_err(|_| Problem::missing("number"))
    }
}

/// A large number: of what is made by the thousand.
pub(super) struct Large(pub(super) u64);

impl<S: Send + Sync> FromRequestParts<S> for Large {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let number = Path::<u64>::from_request_parts(parts, state).await;
        number
            .map(|Path(number)| Self(number))
            .map_err(|_| Problem::missing("number"))
    }
}

/// Any text.
pub(super) struct Word(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Word {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let word = Path::<String>::from_request_parts(parts, state).await;
        word.map(|Path(word)| Self(word))
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "The address is no text in UTF-8."))
    }
}

/// What stands behind the question mark: each parameter once. What nobody asks for is a fault, so
/// that a filter that is misspelt does not give everything.
pub(super) struct Query {
    given: BTreeMap<String, String>,
    faults: Vec<Fault>,
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs: Result<Vec<(String, String)>, _> = serde_urlencoded::from_str(text);
        let pairs = pairs.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "What follows the ? cannot be read.",
            )
        })?;
        let mut query = Self {
            given: BTreeMap::new(),
            faults: vec![],
            known: vec![],
        };
        for (name, value) in pairs {
            match query.given.entry(name) {
                Entry::Occupied(known) => {
                    query.faults.push(Fault::new(known.key(), "comes twice"));
                }
                Entry::Vacant(place) => {
                    place.insert(value);
                }
            }
        }
        Ok(query)
    }
}

impl Query {
    /// One of some words, each with what it means.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        self.parsed(name, what, |text| {
            let mut words = words.iter();
            words.find(|(word, _)| *word == text).map(|(_, each)| *each)
        })
    }

    /// A value as whatever it is read by.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let parsed = parse(self.given.get(name)?);
        if parsed.is_none() {
            self.faults
                .push(Fault::new(name, format!("must be {what}")));
        }
        parsed
    }

    /// A number, an instant.
    pub(super) fn value<T: FromStr>(&mut self, name: &'static str, what: &str) -> Option<T> {
        self.parsed(name, what, |text| text.parse().ok())
    }

    /// All faults, also of parameters that nobody asked for.
    pub(super) fn done(mut self) -> Result<(), Problem> {
        for name in self.given.keys() {
            if !self.known.contains(&name.as_str()) {
                let mend = match self.known.is_empty() {
                    true => "is unknown here: this address takes no parameters".to_owned(),
                    false => format!("is unknown here; known are: {}", self.known.join(", ")),
                };
                self.faults.push(Fault::new(name.clone(), mend));
            }
        }
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(Problem::fields(self.faults)),
        }
    }
}

//! A text with places for numbers.
//!
//! `{position}` is the caller's place, `{position:feminine}` the same in a variant of the language,
//! `{wait}` how long it will take. `{{` and `}}` are braces.

/// A text with places for numbers, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    sentences: Vec<Vec<Piece>>,
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// The caller's place, in a variant such as `feminine`.
    Position(Option<String>),
    /// The estimated wait.
    Wait,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that nobody knows.
    #[error("there is no placeholder {{{name}}}; {}", mend(name))]
    Unknown {
        /// What stands between the braces.
        name: String,
    },
    /// A brace that opens and does not close.
    #[error("a brace is not closed: write {{position}} or {{wait}}, and {{{{ for a brace")]
    Open,
    /// A brace that closes nothing.
    #[error("a brace closes nothing: write }}}} for a brace")]
    Stray,
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with its braces, and the mend.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut sentences = vec![vec![]];
        let (mut plain, mut left) = (String::new(), text);
        while let Some(next) = left.chars().next() {
            if let Some(rest) = left.strip_prefix("{{") {
                plain.push('{');
                left = rest;
            } else if let Some(rest) = left.strip_prefix("}}") {
                plain.push('}');
                left = rest;
            } else if let Some(rest) = left.strip_prefix('{') {
                let (name, rest) = rest.split_once('}').ok_or(TemplateError::Open)?;
                push(&mut sentences, &mut plain, Some(placeholder(name)?));
                left = rest;
            } else if next == '}' {
                return Err(TemplateError::Stray);
            } else {
                plain.push(next);
                left = &left[next.len_utf8()..];
                if ends_sentence(next, left) {
                    push(&mut sentences, &mut plain, None);
                    sentences.push(vec![]);
                }
            }
        }
        push(&mut sentences, &mut plain, None);
        sentences.retain(|sentence| !sentence.is_empty());
        Ok(Self { sentences })
    }

    /// Whether a number stands in it.
    pub fn has_numbers(&self) -> bool {
        self.pieces().any(|piece| match piece {
            Piece::Text(_) => false,
            Piece::Position(_) | Piece::Wait => true,
        })
    }

    /// Whether the caller's place stands in it.
    pub fn has_position(&self) -> bool {
        self.pieces()
            .any(|piece| matches!(piece, Piece::Position(_)))
    }

    /// Whether the estimated wait stands in it.
    pub fn has_wait(&self) -> bool {
        self.pieces().any(|piece| matches!(piece, Piece::Wait))
    }

    /// The sentences in which no number stands, as they are said.
    pub fn plain(&self) -> String {
        let plain = self.sentences.iter().map(|sentence| {
            let texts = sentence.iter().map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Position(_) | Piece::Wait => None,
            });
            texts.collect::<Option<String>>()
        });
        let plain: String = plain.flatten().collect();
        plain.trim().to_owned()
    }

    pub(super) fn sentences(&self) -> &[Vec<Piece>] {
        &self.sentences
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.sentences.iter().flatten()
    }
}

fn push(sentences: &mut [Vec<Piece>], plain: &mut String, piece: Option<Piece>) {
    let Some(sentence) = sentences.last_mut() else {
        return;
    };
    if !plain.is_empty() {
        sentence.push(Piece::Text(std::mem::take(plain)));
    }
    sentence.extend(piece);
}

/// A mark that ends sentences, with a blank behind it where the script has blanks.
fn ends_sentence(mark: char, rest: &str) -> bool {
    let blank = rest.chars().next().is_none_or(char::is_whitespace);
    match mark {
        '.' | '!' | '?' | '؟' | '۔' | '։' | '…' => blank,
        '。' | '！' | '？' | '।' | '။' | '።' | '\n' => true,
        _ => false,
    }
}

fn placeholder(name: &str) -> Result<Piece, TemplateError> {
    let (word, variant) = match name.split_once(':') {
        Some((word, variant)) => (word.trim(), Some(variant.trim().to_owned())),
        None => (name.trim(), None),
    };
    match (word, variant) {
        ("position", variant) => Ok(Piece::Position(variant)),
        ("wait", None) => Ok(Piece::Wait),
        _ => {
            let name = name.chars().take(40).collect();
            Err(TemplateError::Unknown { name })
        }
    }
}

fn mend(name: &str) -> &'static str {
    match name.trim().to_lowercase().chars().next() {
        Some('p' | 'o' | 'c' | 'n') => {
            "did you mean {position}? Ordinal or cardinal is chosen by the message's `position`"
        }
        Some('w' | 'e' | 'm' | 't') => "did you mean {wait}?",
        _ => "known: {position}, {wait}",
    }
}

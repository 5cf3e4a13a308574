//! Text as phonemes: espeak-ng says what it would speak, clause by clause; the punctuation between
//! them, which it leaves out, is put back, since models breathe by it.

/// The clauses of a text, grouped by sentence.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::voices) struct Phonemes {
    /// Each clause, and the mark behind it.
    clauses: Vec<(String, char)>,
}

impl Phonemes {
    /// Splits a text where it is punctuated.
    pub(in crate::voices) fn of(text: &str) -> Self {
        let mut clauses = vec![];
        let mut clause = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let next = letters.peek();
            let ends = next.is_none_or(|next| next.is_whitespace()) || !letter.is_ascii();
            match mark(letter).filter(|_| ends) {
                Some(mark) => end(&mut clauses, &mut clause, mark),
                None => clause.push(if letter.is_control() { ' ' } else { letter }),
            }
        }
        end(&mut clauses, &mut clause, '.');
        Self { clauses }
    }

    /// What espeak-ng is given: a clause a line, each with its mark, so that it answers in lines, too.
    pub(in crate::voices) fn text(&self) -> String {
        let lines = self.clauses.iter();
        lines
            .map(|(clause, mark)| format!("{clause}{mark}\n"))
            .collect()
    }

    /// The phonemes of each sentence, from the lines of espeak-ng.
    pub(in crate::voices) fn sentences(&self, lines: &str) -> Vec<String> {
        let lines: Vec<_> = lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let marks = self.clauses.iter().map(|(_, mark)| *mark);
        // Where it has split or joined clauses of its own, each line is a sentence.
        let marks: Vec<_> = match lines.len() == self.clauses.len() {
            true => marks.collect(),
            false => vec!['.'; lines.len()],
        };
        let (mut sentences, mut sentence) = (vec![], String::new());
        for (line, mark) in lines.into_iter().zip(marks) {
            sentence.push_str(&without_flags(line));
            sentence.push(mark);
            match mark {
                ',' | ';' | ':' => sentence.push(' '),
                _ => sentences.push(std::mem::take(&mut sentence)),
            }
        }
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
        sentences
    }
}

/// A line without the flags, `(en)`, that say where espeak-ng takes words for another language's.
fn without_flags(line: &str) -> String {
    let mut said = String::new();
    let mut rest = line;
    while let Some((before, flag)) = rest.split_once('(') {
        said.push_str(before);
        rest = flag.split_once(')').map_or("", |(_, after)| after);
    }
    said.push_str(rest);
    said
}

fn end(clauses: &mut Vec<(String, char)>, clause: &mut String, mark: char) {
    let said = std::mem::take(clause);
    let said = said.trim();
    if said.chars().any(char::is_alphanumeric) {
        clauses.push((said.to_owned(), mark));
    }
}

/// A mark as the models know it.
fn mark(letter: char) -> Option<char> {
    match letter {
        ',' | '，' | '、' | '،' => Some(','),
        ';' | '；' | '؛' => Some(';'),
        ':' | '：' => Some(':'),
        '.' | '。' | '…' | '।' => Some('.'),
        '!' | '！' => Some('!'),
        '?' | '？' | '؟' => Some('?'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_put_back_and_sentences_are_told_apart() {
        let phonemes = Phonemes::of("You are second, thank you. Version 2.0!\n...");
        assert_eq!(
            phonemes.text(),
            "You are second,\nthank you.\nVersion 2.0!\n"
        );
        assert_eq!(phonemes.sentences(" a\nb\n\nc\n"), ["a, b.", "c!"]);
        assert_eq!(phonemes.sentences("a\nb\n"), ["a.", "b."], "in its own way");
        let flagged = phonemes.sentences("(en)a(de) b\nc\nd(x\n");
        assert_eq!(flagged, ["a b, c.", "d!"], "flags are not spoken");
        assert_eq!(Phonemes::of("谢谢。再见").text(), "谢谢.\n再见.\n");
        assert_eq!(Phonemes::of(" ... ").text(), "");
    }
}

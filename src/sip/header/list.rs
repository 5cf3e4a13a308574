//! The small grammar that all headers share: lists, quoted strings, tokens (RFC 3261 §25.1).

use std::borrow::Cow;

/// Cuts a value at the separators that stand outside quotes and angle brackets. Elements come
/// trimmed; empty ones are left out. One pass, whatever is in the text.
pub fn split(text: &str, separator: u8) -> List<'_> {
    List { text, separator }
}

/// What [`split`] gives.
#[derive(Clone, Debug)]
pub struct List<'a> {
    text: &'a str,
    separator: u8,
}

impl<'a> Iterator for List<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let element = self.next_even_empty()?;
            if !element.is_empty() {
                return Some(element);
            }
        }
    }
}

impl<'a> List<'a> {
    /// The next element, empty ones included but for one at the end.
    pub(crate) fn next_even_empty(&mut self) -> Option<&'a str> {
        if self.text.is_empty() {
            return None;
        }
        let (element, rest) = match find_unquoted(self.text, self.separator) {
            Some(at) => (self.text.get(..at)?, self.text.get(at + 1..)?),
            None => (self.text, ""),
        };
        self.text = rest;
        Some(element.trim())
    }
}

/// Where an ASCII byte first stands outside quotes and angle brackets. `<` itself can be looked
/// for. A quote or bracket that never closes hides all that follows.
pub(crate) fn find_unquoted(text: &str, wanted: u8) -> Option<usize> {
    let mut nesting = Nesting::default();
    let mut bytes = text.bytes();
    bytes.position(|byte| {
        let found = nesting.is_outside() && byte == wanted;
        nesting.pass(byte);
        found
    })
}

/// Whether all quotes and angle brackets close, so that what is appended can be seen.
pub(crate) fn is_closed(text: &str) -> bool {
    let mut nesting = Nesting::default();
    text.bytes().for_each(|byte| nesting.pass(byte));
    nesting.is_outside()
}

/// What one stands within, byte after byte.
#[derive(Default)]
struct Nesting {
    quoted: bool,
    angled: bool,
    escaped: bool,
}

impl Nesting {
    fn is_outside(&self) -> bool {
        !self.quoted && !self.angled
    }

    fn pass(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if self.quoted {
            self.quoted = byte != b'"';
            self.escaped = byte == b'\\';
        } else if self.angled {
            self.angled = byte != b'>';
        } else {
            self.quoted = byte == b'"';
            self.angled = byte == b'<';
        }
    }
}

/// Whether a text is a `token` of RFC 3261 §25.1.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| TOKEN[usize::from(b)])
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = matches!(
            byte as u8,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
                | b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
        );
        byte += 1;
    }
    table
};

/// The content of a quoted string; any other text as it is.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let Some(inner) = inner else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' {
            letters.next()
        } else {
            Some(letter)
        });
    }
    Cow::Owned(plain)
}

/// Writes a text as a quoted string. Control characters become spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(if letter.is_control() { ' ' } else { letter });
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_separate() {
        let text = r#" "a, \", b" <sip:x,y@h>;q=1 ,, <sip:z> , "open, "#;
        let parts: Vec<_> = split(text, b',').collect();
        assert_eq!(
            parts,
            [r#""a, \", b" <sip:x,y@h>;q=1"#, "<sip:z>", r#""open,"#]
        );
    }

    #[test]
    fn quoting_and_unquoting_are_inverse() {
        for text in ["", "plain", r#"a "b" \ c"#, "Zoë"] {
            assert_eq!(unquote(&quote(text)), text);
        }
        assert_eq!(quote("a\r\nVia: b"), "\"a  Via: b\"");
        assert_eq!(unquote("\""), "\"");
        assert_eq!(unquote(r#""a\""#), "a");
    }

    #[test]
    fn a_token_has_no_separators() {
        assert!(is_token("z9hG4bK-a.b!~'"));
        assert!(!is_token("") && !is_token("a b") && !is_token("a;b") && !is_token("é"));
    }
}

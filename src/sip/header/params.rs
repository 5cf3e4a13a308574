//! Parameters: the `;name=value` that follow addresses, Vias, URIs and media types.

use super::{Syntax, find_unquoted, is_closed, is_token, quote, split, unquote};
use std::borrow::Cow;
use std::fmt;

/// A list of parameters, kept as written (its semicolons included) and read where asked.
///
/// Names are compared without regard to case; of a repeated name the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(String);

impl Params {
    /// Reads what follows an address: nothing, or `;name=value;…`.
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        let text = text.trim();
        // A semicolon with nothing behind it is common; it would break what `set` appends.
        let text = text.strip_suffix(';').map_or(text, str::trim_end);
        let Some(list) = text.strip_prefix(';') else {
            return if text.is_empty() {
                Ok(Self::default())
            } else {
                Err(Syntax("unexpected text before the parameters"))
            };
        };
        if list.is_empty() || list.ends_with(';') {
            return Err(Syntax("a parameter without a name"));
        }
        if is_simple(list) {
            return Ok(Self(text.to_owned()));
        }
        let mut all = split(list, b';');
        while let Some(one) = all.next_even_empty() {
            if !is_sound(one) {
                return Err(Syntax("a parameter without a name"));
            }
        }
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Syntax("a control character in a parameter"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        split(&self.0, b';').map(pair)
    }

    /// The value of a parameter as written (quotes included); empty for one without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.iter();
        let (_, value) = all.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(value.unwrap_or_default())
    }

    /// The value of a parameter without the quotes it may have.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(unquote)
    }

    /// Whether the parameter is there, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a parameter or replaces the one of that name. A value that is neither a token nor a
    /// host is quoted; a name that is no token is refused silently, since it is ours to write.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        if !is_token(name) {
            return;
        }
        self.remove(name);
        self.0.push(';');
        self.0.push_str(name);
        if let Some(value) = value {
            self.0.push('=');
            if is_token(value) || is_address(value) {
                self.0.push_str(value);
            } else {
                self.0.push_str(&quote(value));
            }
        }
    }

    /// Takes out every parameter of that name.
    pub fn remove(&mut self, name: &str) {
        if !self.has(name) {
            return;
        }
        let others = split(&self.0, b';').filter(|one| !pair(one).0.eq_ignore_ascii_case(name));
        self.0 = others.fold(String::new(), |text, one| text + ";" + one);
    }
}

/// Written as it was read, so that what we echo is what the peer sent.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn pair(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (text, None),
    }
}

/// The usual: names and values without quotes or spaces, none empty. One pass.
fn is_simple(list: &str) -> bool {
    let mut before = b';';
    list.bytes().all(|byte| {
        let sound = match byte {
            b';' | b'=' => before != b';',
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => true,
            b'-' | b'.' | b'_' | b'+' | b'%' | b':' => true,
            _ => false,
        };
        before = byte;
        sound
    })
}

/// A parameter has a name without spaces or quotes, and a quote that opens in its value closes there:
/// it would hide the parameters that are appended.
fn is_sound(text: &str) -> bool {
    let (name, value) = pair(text);
    let ends = value.is_none_or(|v| !v.starts_with('"') || (v.len() > 1 && v.ends_with('"')));
    let closed = ends && is_closed(text);
    let plain = |byte: u8| byte > b' ' && !matches!(byte, b'"' | b'<' | b'>' | b',');
    !name.is_empty() && name.bytes().all(plain) && closed && find_unquoted(text, b',').is_none()
}

fn is_address(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'[' | b']' | b'-');
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_whatever_the_case_and_spaces() {
        let params = Params::parse("; Tag = a1 ;lr; q=\"a;b\\\"c\"").expect("good");
        assert_eq!(params.get("tag"), Some("a1"));
        assert_eq!(params.get("LR"), Some(""));
        assert_eq!(params.text("q").as_deref(), Some("a;b\"c"));
        assert_eq!(params.get("nothing"), None);
    }

    #[test]
    fn setting_replaces_and_quotes() {
        let mut params = Params::parse(";a=1;tag=old;b").expect("good");
        params.set("tag", Some("new"));
        params.set("received", Some("[::1]"));
        params.set("text", Some("two words\r\n"));
        params.set("bad name", None);
        assert_eq!(
            params.to_string(),
            ";a=1;b;tag=new;received=[::1];text=\"two words  \""
        );
    }

    #[test]
    fn broken_ones_are_refused() {
        for text in [
            "x",
            ";=1",
            ";;a",
            ";a;;",
            ";;",
            ";a b=1",
            ";a=\"open",
            ";a=b\"open",
            ";a=\"b\"c\"",
            ";a=<open",
            ";a=1,b",
            ";a=\u{1}",
        ] {
            assert!(Params::parse(text).is_err(), "{text}");
        }
        let mut params = Params::parse(";a ; ").expect("a semicolon too many");
        params.set("b", None);
        assert_eq!(params.to_string(), ";a;b");
    }
}

//! Addresses with a name and parameters: From, To, Contact, Route and their kin (RFC 3261 §20.10).

use super::{Params, Syntax, find_unquoted, quote, unquote};
use crate::sip::uri::Uri;
use std::fmt;

/// `"Name" <uri>;parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name to show, unquoted. The peer's word, not to be trusted.
    pub display: Option<String>,
    /// The address itself.
    pub uri: Uri,
    /// The parameters of the header, not those of the URI.
    pub params: Params,
}

/// What the Contact headers of a message say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all registrations (RFC 3261 §10.2.2).
    All,
    /// These, in order; none where the header is absent.
    List(Vec<Address>),
}

/// One hop of a Route or Record-Route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// As written, to be sent on unchanged.
    pub raw: String,
    /// Where it leads.
    pub uri: Uri,
}

impl Address {
    /// An address without name and parameters.
    pub fn new(uri: Uri) -> Self {
        Self {
            display: None,
            uri,
            params: Params::default(),
        }
    }

    /// Reads `name-addr` or `addr-spec` with parameters. Without angle brackets, parameters
    /// belong to the header (RFC 3261 §20).
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        let text = text.trim();
        let Some(open) = find_unquoted(text, b'<') else {
            let (uri, params) = text.split_at(text.find(';').unwrap_or(text.len()));
            if uri.contains(['?', ',']) {
                return Err(Syntax("a URI that needs angle brackets"));
            }
            return Ok(Self {
                display: None,
                uri: Uri::parse(uri.trim_end())?,
                params: Params::parse(params)?,
            });
        };
        let (display, rest) = text.split_at(open);
        let inside = rest.strip_prefix('<').unwrap_or_default();
        let (uri, params) = inside
            .split_once('>')
            .ok_or(Syntax("an angle bracket that does not close"))?;
        Ok(Self {
            display: parse_display(display.trim())?,
            uri: Uri::parse(uri.trim())?,
            params: Params::parse(params)?,
        })
    }

    /// The same with a name to show; an empty one is none.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> Self {
        self.display = (!display.is_empty()).then(|| display.to_owned());
        self
    }

    /// The same with a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// The tag of a From or To; an empty one is none.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The `expires` of a Contact in seconds. One that is no number counts as an hour, as
    /// RFC 3261 §10.3 says; one beyond 2^32 − 1 as that.
    pub fn expires(&self) -> Option<u32> {
        self.params
            .get("expires")
            .map(|text| seconds(text).unwrap_or(3600))
    }

    /// The `q` of a Contact in thousandths: 0–1000; 1000 where none is given or readable.
    pub fn preference(&self) -> u16 {
        let q = self.params.get("q").and_then(|q| q.parse::<f32>().ok());
        // The value is clamped first, so that the cast is exact.
        q.map_or(1000, |q| (q.clamp(0.0, 1.0) * 1000.0).round() as u16)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

impl Route {
    /// Reads one element of a Route or Record-Route.
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        let address = Address::parse(text)?;
        Ok(Self {
            raw: text.trim().to_owned(),
            uri: address.uri,
        })
    }

    /// Whether the hop routes loosely (RFC 3261 §16.12).
    pub fn is_loose(&self) -> bool {
        self.uri.is_loose()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// Delta-seconds: digits only; beyond 2^32 − 1 is 2^32 − 1.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

fn parse_display(text: &str) -> Result<Option<String>, Syntax> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('"') {
        return if end_of_quoted(text) == Some(text.len()) {
            Ok(Some(unquote(text).into_owned()).filter(|name| !name.is_empty()))
        } else {
            Err(Syntax("a broken quoted name"))
        };
    }
    // Tokens by the RFC; letters of any language are common and do no harm.
    if text.contains(['"', ',', ';', ':', '<', '>', '@']) {
        return Err(Syntax("a name that needs quotes"));
    }
    Ok(Some(text.to_owned()))
}

/// Where the quoted string that begins the text is over.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("a good address")
    }

    #[test]
    fn names_tags_and_uri_parameters_are_told_apart() {
        let a = address(r#""J \"R\", \\" <sip:j@h;transport=tcp>;tag=x;expires=9;q=0.25"#);
        assert_eq!(a.display.as_deref(), Some(r#"J "R", \"#));
        assert_eq!(a.uri.transport(), Some("tcp"));
        assert_eq!(
            (a.tag(), a.expires(), a.preference()),
            (Some("x"), Some(9), 250)
        );
        assert_eq!(Address::parse(&a.to_string()), Ok(a));
    }

    #[test]
    fn without_brackets_the_parameters_are_the_headers() {
        let a = address("sip:j@h;tag=x");
        assert_eq!((a.tag(), a.uri.params.is_empty()), (Some("x"), true));
        assert_eq!(
            address("Müller Zoë<sip:h>").display.as_deref(),
            Some("Müller Zoë")
        );
    }

    #[test]
    fn broken_ones_are_refused() {
        for text in [
            "",
            "<sip:a@b",
            "\"open <sip:a@b>",
            "Bell, Alexander <sip:a@b>",
            "\"a\" b <sip:a@b>",
            "\"a\"b\" <sip:a@b>",
            "<sip:a@b> tag=x",
            "<>",
            "sip:a@b?Route=c",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn odd_numbers_have_a_meaning() {
        assert_eq!(address("<sip:h>;expires=never").expires(), Some(3600));
        assert_eq!(
            address("<sip:h>;expires=99999999999").expires(),
            Some(u32::MAX)
        );
        assert_eq!(address("<sip:h>;q=NaN").preference(), 0);
    }
}

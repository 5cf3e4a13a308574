//! Uniform resource identifiers: `sip:`, `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), and others,
//! which are kept as they came.

use super::header::{Params, Syntax};
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A URI taken apart.
///
/// Of a `tel:` URI the number is the user and the host is empty; of a scheme we do not know all
/// but the scheme is in [`Uri::rest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// What kind of address it is.
    pub scheme: Scheme,
    /// The user as written, escapes included; see [`Uri::user_unescaped`].
    pub user: Option<String>,
    /// The password, which nobody should send.
    pub password: Option<String>,
    /// Where; an empty name for other schemes than `sip` and `sips`.
    pub host: Host,
    /// The port, if written: 1–65535.
    pub port: Option<u16>,
    /// `transport`, `lr`, `user`, `ob` and the like.
    pub params: Params,
    /// What follows the question mark, as written; empty for none.
    pub headers: String,
    /// The whole of an unknown scheme's address after its colon.
    pub rest: String,
}

/// The scheme before the colon; compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
    /// One we keep without reading, lower case.
    Other(String),
}

/// A host as SIP writes it.
#[derive(Clone, Debug, Eq)]
pub enum Host {
    /// A domain name, as written; compared without regard to case.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in square brackets.
    V6(Ipv6Addr),
}

impl Uri {
    /// Reads a URI that stands alone, without angle brackets or spaces.
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        let plain = |byte: u8| byte > b' ' && !matches!(byte, 0x7F | b'<' | b'>' | b'"');
        if !text.bytes().all(plain) {
            return Err(Syntax("a character that no URI has"));
        }
        let (scheme, rest) = text.split_once(':').ok_or(Syntax("a URI without scheme"))?;
        match Scheme::parse(scheme)? {
            scheme @ (Scheme::Sip | Scheme::Sips) => Self::parse_sip(scheme, rest),
            Scheme::Tel => Self::parse_tel(rest),
            scheme @ Scheme::Other(_) => Ok(Self {
                rest: rest.to_owned(),
                ..Self::empty(scheme)
            }),
        }
    }

    /// Makes a `sip:` URI; the user is escaped where it must be, an empty one left out.
    pub fn sip(user: &str, host: Host, port: Option<u16>) -> Self {
        Self {
            user: (!user.is_empty()).then(|| escape_user(user)),
            host,
            port,
            ..Self::empty(Scheme::Sip)
        }
    }

    /// The user as people read it: escapes resolved, bytes that are no UTF-8 replaced.
    pub fn user_unescaped(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// Whether it asks to be routed loosely (`lr`, RFC 3261 §16.12).
    pub fn is_loose(&self) -> bool {
        self.params.has("lr")
    }

    /// The `transport` parameter as written, if any.
    pub fn transport(&self) -> Option<&str> {
        self.params.get("transport")
    }

    /// The port written, or the one of the transport (RFC 3261 §19.1.2, RFC 7118 §5.2.2).
    pub fn port_or_default(&self) -> u16 {
        let transport = self.transport().unwrap_or_default();
        let is = |name: &str| transport.eq_ignore_ascii_case(name);
        let secure = self.scheme == Scheme::Sips;
        self.port.unwrap_or_else(|| match secure {
            _ if is("wss") => 443,
            true if is("ws") => 443,
            false if is("ws") => 80,
            _ if is("tls") => 5061,
            true => 5061,
            false => 5060,
        })
    }

    /// Whether two URIs mean the same by RFC 3261 §19.1.4. Not transitive, as the RFC has it.
    pub fn equivalent(&self, other: &Self) -> bool {
        let same_user = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => unescape(a) == unescape(b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.scheme == other.scheme
            && same_user(&self.user, &other.user)
            && same_user(&self.password, &other.password)
            && self.host == other.host
            && self.port == other.port
            && self.rest == other.rest
            && params_agree(&self.params, &other.params)
            && params_agree(&other.params, &self.params)
            && same_headers(&self.headers, &other.headers)
    }

    fn parse_sip(scheme: Scheme, text: &str) -> Result<Self, Syntax> {
        // The user may hold `;` and `?`, but no `@`: what precedes the first one is user.
        let (userinfo, place) = match text.split_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, text),
        };
        let (user, password) = match userinfo.map(|u| u.split_once(':').unwrap_or((u, ""))) {
            None => (None, None),
            Some(("", _)) => return Err(Syntax("an empty user")),
            Some((user, password)) => (
                Some(user.to_owned()),
                (!password.is_empty()).then(|| password.to_owned()),
            ),
        };
        if !userinfo.is_none_or(escapes_are_whole) {
            return Err(Syntax("a broken escape in the user"));
        }
        let (place, headers) = place.split_once('?').unwrap_or((place, ""));
        let end = place.find(';').unwrap_or(place.len());
        let (host_port, params) = place.split_at(end);
        let (host, port) = parse_host_port(host_port)?;
        Ok(Self {
            user,
            password,
            host,
            port,
            params: Params::parse(params)?,
            headers: headers.to_owned(),
            ..Self::empty(scheme)
        })
    }

    fn parse_tel(text: &str) -> Result<Self, Syntax> {
        let end = text.find(';').unwrap_or(text.len());
        let (number, params) = text.split_at(end);
        if number.is_empty() {
            return Err(Syntax("an empty number"));
        }
        Ok(Self {
            user: Some(number.to_owned()),
            params: Params::parse(params)?,
            ..Self::empty(Scheme::Tel)
        })
    }

    fn empty(scheme: Scheme) -> Self {
        Self {
            scheme,
            user: None,
            password: None,
            host: Host::Name(String::new()),
            port: None,
            params: Params::default(),
            headers: String::new(),
            rest: String::new(),
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        match (&self.scheme, &self.user) {
            (Scheme::Tel, user) => f.write_str(user.as_deref().unwrap_or_default())?,
            (Scheme::Other(_), _) => f.write_str(&self.rest)?,
            (Scheme::Sip | Scheme::Sips, user) => {
                if let Some(user) = user {
                    f.write_str(user)?;
                    if let Some(password) = &self.password {
                        write!(f, ":{password}")?;
                    }
                    f.write_str("@")?;
                }
                write!(f, "{}", self.host)?;
                if let Some(port) = self.port {
                    write!(f, ":{port}")?;
                }
            }
        }
        write!(f, "{}", self.params)?;
        if !self.headers.is_empty() {
            write!(f, "?{}", self.headers)?;
        }
        Ok(())
    }
}

impl Scheme {
    fn parse(text: &str) -> Result<Self, Syntax> {
        let known = [("sip", Self::Sip), ("sips", Self::Sips), ("tel", Self::Tel)];
        let mut known = known.into_iter();
        if let Some((_, scheme)) = known.find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(scheme);
        }
        let mut bytes = text.bytes();
        let sound = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !sound {
            return Err(Syntax("a broken URI scheme"));
        }
        Ok(Self::Other(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Other(name) => name,
        })
    }
}

impl Host {
    /// Reads a host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let address = parse_v6(inner).map(Self::V6);
            return address.ok_or(Syntax("a broken IPv6 address"));
        }
        if text.starts_with(|c: char| c.is_ascii_digit())
            && let Ok(address) = text.parse()
        {
            return Ok(Self::V4(address));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if text.is_empty() || !text.bytes().all(plain) {
            return Err(Syntax("a broken host name"));
        }
        Ok(Self::Name(text.to_owned()))
    }

    /// The address, if it is one and no name.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address) => Some(IpAddr::V6(*address)),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a.ip() == b.ip(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// Reads an IPv6 address. Before an IPv4 address, three colons count as two: the grammar of RFC 3261
/// has them there (RFC 5118 §4.10).
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    match text.split_once(":::") {
        Some((before, v4)) if v4.parse::<Ipv4Addr>().is_ok() => {
            format!("{before}::{v4}").parse().ok()
        }
        Some(_) | None => text.parse().ok(),
    }
}

/// Reads `host` or `host:port`, as URIs and Vias have it; spaces around the colon are allowed.
pub(crate) fn parse_host_port(text: &str) -> Result<(Host, Option<u16>), Syntax> {
    let after_brackets = text.find(']').map_or(0, |at| at + 1);
    let colon = text.get(after_brackets..).and_then(|rest| rest.find(':'));
    let Some(colon) = colon.map(|at| at + after_brackets) else {
        return Ok((Host::parse(text.trim_end())?, None));
    };
    let (host, port) = text.split_at(colon);
    let port = port.trim_start_matches(':').trim();
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if digits && number > 0 => Ok((Host::parse(host.trim_end())?, Some(number))),
        Ok(_) | Err(_) => Err(Syntax("a broken port")),
    }
}

/// Writes a user so that it can stand in a `sip:` URI: all but the unreserved is escaped.
pub fn escape_user(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9'
            | b'A'..=b'Z'
            | b'a'..=b'z'
            | b'+'
            | b'-'
            | b'_'
            | b'.'
            | b'!'
            | b'~'
            | b'*'
            | b'\''
            | b'('
            | b')'
            | b'&'
            | b'='
            | b'$'
            | b',' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Resolves `%HH`; what is no escape stays.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    rest = after;
                }
                (None, _) | (_, None) => plain.push(b'%'),
            },
            (byte, _) => plain.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

fn escapes_are_whole(text: &str) -> bool {
    !text.contains('%')
        || text.split('%').skip(1).all(|after| {
            let mut digits = after.bytes();
            digits.next().and_then(hex).is_some() && digits.next().and_then(hex).is_some()
        })
}

/// A parameter in both must agree; `user`, `ttl`, `method` and `maddr` must be in both or none.
fn params_agree(one: &Params, other: &Params) -> bool {
    one.iter().take(MAX_COMPARED).all(|(name, _)| {
        // Of a repeated name the first counts, on both sides.
        let value = one.get(name);
        let both = ["user", "ttl", "method", "maddr"];
        match other.get(name) {
            Some(theirs) => {
                let (ours, theirs) = (unescape(value.unwrap_or_default()), unescape(theirs));
                ours.eq_ignore_ascii_case(&theirs)
            }
            None => !both.iter().any(|must| must.eq_ignore_ascii_case(name)),
        }
    })
}

/// Header components are never ignored; their order is.
fn same_headers(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let all = text.split('&').take(MAX_COMPARED).map(|component| {
            let (name, value) = component.split_once('=').unwrap_or((component, ""));
            let value = unescape(value).into_owned();
            (unescape(name).to_ascii_lowercase(), value)
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    };
    one == other || sorted(one) == sorted(other)
}

/// Comparing parameters is quadratic: of more than this, the rest is ignored.
const MAX_COMPARED: usize = 32;

#[cfg(test)]
mod tests;

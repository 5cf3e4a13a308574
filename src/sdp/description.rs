//! A session description as it was sent: RFC 8866, as much of it as a negotiation needs.
//!
//! Tolerant where peers differ: lines may end in LF alone, the order of lines within a section and
//! unknown lines and attributes do not matter, and an attribute that cannot be read counts as
//! absent. Strict about what would be guesswork: the version, `o=`, and the fields of `m=` and `c=`.

use super::Direction;
use super::security::{Crypto, Unusable};
use std::net::IpAddr;

/// The longest description, in bytes.
const MAX_LENGTH: usize = 32 * 1024;
/// The longest line.
const MAX_LINE: usize = 4 * 1024;
const MAX_LINES: usize = 1000;
const MAX_MEDIA: usize = 32;
/// The formats of one media line, and each kind of attribute kept of them.
const MAX_FORMATS: usize = 128;
/// The attributes that are kept as written, for those who read them: [`super::browser`].
const KEPT: [&str; 8] = [
    "fingerprint",
    "group",
    "ice-lite",
    "ice-pwd",
    "ice-ufrag",
    "mid",
    "rtcp-fb",
    "setup",
];

/// A description: what holds for all of the session, and its media in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The first `t=`, which an answer repeats (RFC 3264 §6).
    pub timing: String,
    /// Where the media without an address of their own are received.
    pub connection: Option<Connection>,
    /// The direction of the media without one of their own.
    pub direction: Option<Direction>,
    /// Attributes of browsers, by name, that hold for the whole session.
    pub attributes: Vec<(String, String)>,
    /// The media lines in their order.
    pub media: Vec<Media>,
}

/// One `m=` line and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// `audio`, `video` …
    pub kind: String,
    /// 0: refused, or not wanted any more.
    pub port: u16,
    /// The transport: `RTP/AVP` …
    pub protocol: String,
    /// Payload types, for RTP, the best first.
    pub formats: Vec<String>,
    /// The address of this stream, before that of the session.
    pub connection: Option<Connection>,
    /// The direction of this stream, before that of the session.
    pub direction: Option<Direction>,
    /// What the payload types stand for, in the order of the lines.
    pub rtpmaps: Vec<RtpMap>,
    /// Parameters by payload type, as written.
    pub fmtps: Vec<(u8, String)>,
    /// Milliseconds; 0 stands for what is no number, too.
    pub ptime: Option<u32>,
    /// Milliseconds, like `ptime`.
    pub maxptime: Option<u32>,
    /// RFC 3605: the port, and the address if it is another.
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// RFC 5761: RTCP comes to the port of RTP.
    pub rtcp_mux: bool,
    /// The keys offered (RFC 4568), in the order of the lines, and what is wrong with the others.
    pub cryptos: Vec<Result<Crypto, Unusable>>,
    /// Attributes of browsers, by name, in the order of the lines.
    pub attributes: Vec<(String, String)>,
}

/// The address of a `c=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An address, possibly unspecified or multicast.
    Address(IpAddr),
    /// A name, which we do not look up.
    Name,
}

/// An `a=rtpmap` line.
#[derive(Clone, Debug, PartialEq)]
pub struct RtpMap {
    /// The payload type explained.
    pub payload_type: u8,
    /// The encoding name, as written.
    pub name: String,
    /// Ticks of the RTP timestamp a second.
    pub rate: u32,
    /// 1 where nothing is said.
    pub channels: u8,
}

/// What cannot be read. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// One of the bounds is exceeded.
    #[error("more than {MAX_LENGTH} bytes, {MAX_LINES} lines or {MAX_MEDIA} media")]
    TooMuch,
    /// Not a line of a description.
    #[error("line {0} is too long or not of the form x=…")]
    Line(usize),
    /// Another version, or something else altogether.
    #[error("it does not begin with v=0")]
    Version,
    /// The origin is missing.
    #[error("no o= line")]
    NoOrigin,
    /// A media line without kind, port, transport or formats, or with a port beyond 65535.
    #[error("m= in line {0}")]
    Media(usize),
    /// A connection line without a network, family and address that fit each other.
    #[error("c= in line {0}")]
    Connection(usize),
    /// Neither the session nor the audio says where to send.
    #[error("no c= line for the audio")]
    NoConnection,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// The first thing that cannot be read, with its line.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_LENGTH {
            return Err(Malformed::TooMuch);
        }
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text
            .split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        if lines.next().map(|(_, line)| line.trim_end()) != Some("v=0") {
            return Err(Malformed::Version);
        }
        let mut description = Self {
            attributes: Vec::new(),
            timing: "0 0".to_owned(),
            connection: None,
            direction: None,
            media: Vec::new(),
        };
        let (mut origin, mut timing) = (false, false);
        for (number, line) in lines {
            // Empty lines at the end are a habit of some peers.
            if line.is_empty() {
                continue;
            }
            if number > MAX_LINES {
                return Err(Malformed::TooMuch);
            }
            let (letter, value) = split_line(line).ok_or(Malformed::Line(number))?;
            match letter {
                'o' => origin = true,
                't' if !timing => {
                    timing = true;
                    value.clone_into(&mut description.timing);
                }
                'c' => {
                    let found = connection(value).ok_or(Malformed::Connection(number))?;
                    let place = description.place_of_connection();
                    // Of several for one stream (layered multicast) the first counts.
                    place.get_or_insert(found);
                }
                'm' if description.media.len() == MAX_MEDIA => return Err(Malformed::TooMuch),
                'm' => {
                    let found = media(value).ok_or(Malformed::Media(number))?;
                    description.media.push(found);
                }
                'a' => description.take(value),
                // s= i= u= e= p= b= r= z= k=, and what is not known.
                _ => {}
            }
        }
        if origin {
            Ok(description)
        } else {
            Err(Malformed::NoOrigin)
        }
    }

    fn place_of_connection(&mut self) -> &mut Option<Connection> {
        match self.media.last_mut() {
            Some(media) => &mut media.connection,
            None => &mut self.connection,
        }
    }

    fn take(&mut self, attribute: &str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let (name, value) = (name.trim(), value.trim());
        if let Some(direction) = Direction::from_attribute(name) {
            match self.media.last_mut() {
                Some(media) => media.direction = Some(direction),
                None => self.direction = Some(direction),
            }
        } else if let Some(media) = self.media.last_mut() {
            media.take(name, value);
        } else {
            keep(&mut self.attributes, name, value);
        }
    }

    /// The first attribute of this name that holds for the whole session, of those kept as written.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        first(&self.attributes, name)
    }
}

impl Media {
    /// The first attribute of this name, of those kept as written.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        first(&self.attributes, name)
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "rtpmap" if self.rtpmaps.len() < MAX_FORMATS => self.rtpmaps.extend(rtpmap(value)),
            "fmtp" if self.fmtps.len() < MAX_FORMATS => {
                let (payload_type, parameters) = value.split_once(' ').unwrap_or((value, ""));
                if let Ok(payload_type) = payload_type.parse() {
                    self.fmtps
                        .push((payload_type, parameters.trim().to_owned()));
                }
            }
            "ptime" => self.ptime = Some(milliseconds(value)),
            "maxptime" => self.maxptime = Some(milliseconds(value)),
            "rtcp" => self.rtcp = rtcp(value),
            "rtcp-mux" => self.rtcp_mux = true,
            "crypto" if self.cryptos.len() < MAX_FORMATS => self.cryptos.push(Crypto::read(value)),
            _ => keep(&mut self.attributes, name, value),
        }
    }
}

fn keep(attributes: &mut Vec<(String, String)>, name: &str, value: &str) {
    if KEPT.contains(&name) && attributes.len() < MAX_FORMATS {
        attributes.push((name.to_owned(), value.to_owned()));
    }
}

fn first<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut attributes = attributes.iter();
    let found = attributes.find(|(kept, _)| kept == name);
    found.map(|(_, value)| value.as_str())
}

fn split_line(line: &str) -> Option<(char, &str)> {
    // A CR or NUL inside a line would end up in what we write (RFC 8866 §9, byte-string).
    if line.len() > MAX_LINE || line.contains(['\r', '\0']) {
        return None;
    }
    let (letter, value) = line.split_once('=')?;
    let mut letters = letter.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Some((letter, value)),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// `IN IP4 192.0.2.1`, with a time to live or a number of addresses behind a slash for multicast.
fn connection(value: &str) -> Option<Connection> {
    let mut fields = value.split_ascii_whitespace();
    let (network, family, address) = (fields.next()?, fields.next()?, fields.next()?);
    if !network.eq_ignore_ascii_case("IN") || fields.next().is_some() {
        return None;
    }
    address_of(family, address)
}

fn address_of(family: &str, address: &str) -> Option<Connection> {
    let address = address.split('/').next()?;
    let is_v6 = match family {
        "IP4" => false,
        "IP6" => true,
        _ => return None,
    };
    match address.parse::<IpAddr>() {
        Ok(address) => (address.is_ipv6() == is_v6).then_some(Connection::Address(address)),
        // 999.1.1.1 and 1.2.3 are no names: no top-level domain begins with a digit.
        Err(_) => {
            let top = address.trim_end_matches('.').rsplit('.').next()?;
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            let is_name = top.starts_with(|c: char| c.is_ascii_alphabetic());
            (is_name && address.chars().all(fits)).then_some(Connection::Name)
        }
    }
}

/// `audio 49170/1 RTP/AVP 0 8 101`: RFC 8866 §5.14.
fn media(value: &str) -> Option<Media> {
    let mut fields = value.split_ascii_whitespace();
    let (kind, port, protocol) = (fields.next()?, fields.next()?, fields.next()?);
    let formats: Vec<String> = fields.map(str::to_owned).collect();
    if formats.is_empty() || formats.len() > MAX_FORMATS {
        return None;
    }
    Some(Media {
        kind: kind.to_owned(),
        port: port.split('/').next()?.parse().ok()?,
        protocol: protocol.to_owned(),
        formats,
        connection: None,
        direction: None,
        rtpmaps: Vec::new(),
        fmtps: Vec::new(),
        ptime: None,
        maxptime: None,
        rtcp: None,
        rtcp_mux: false,
        cryptos: Vec::new(),
        attributes: Vec::new(),
    })
}

/// `101 telephone-event/8000`: RFC 8866 §6.6.
fn rtpmap(value: &str) -> Option<RtpMap> {
    let (payload_type, encoding) = value.split_once(' ')?;
    let mut parts = encoding.trim().split('/');
    Some(RtpMap {
        payload_type: payload_type.parse().ok()?,
        name: parts.next()?.to_owned(),
        rate: parts.next()?.parse().ok()?,
        channels: parts
            .next()
            .map_or(Some(1), |channels| channels.parse().ok())?,
    })
}

/// A whole or a real number (RFC 8866 §9, non-zero-int-or-real).
fn milliseconds(value: &str) -> u32 {
    // `as` makes 0 of what is negative or not a number, and the largest of what is beyond.
    value.parse::<f64>().map_or(0, |number| number as u32)
}

/// `53020` or `53020 IN IP4 192.0.2.1`: RFC 3605 §2.1.
fn rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let (port, rest) = value.split_once(' ').unwrap_or((value, ""));
    let address = match connection(rest) {
        Some(Connection::Address(address)) => Some(address),
        Some(Connection::Name) | None => None,
    };
    Some((port.parse().ok().filter(|&port| port > 0)?, address))
}

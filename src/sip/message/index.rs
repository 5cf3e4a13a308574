//! One pass over the bytes: where the first line, each field and the body stand.

use super::{Fault, MAX_HEADERS, MAX_MESSAGE, Malformed, Message, Method};
use crate::sip::header::{Name, Syntax, is_token};
use crate::sip::uri::Uri;
use std::ops::Range;

/// A stretch of the head.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    from: u32,
    to: u32,
}

/// Where one header field stands.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) known: Option<Name<'static>>,
    pub(super) name: Span,
    pub(super) value: Span,
}

/// The first line, indexed.
#[derive(Clone, Debug)]
pub(super) enum StartLine {
    Request {
        method: Method,
        uri: Span,
    },
    Response {
        status: u16,
        reason: Span,
        /// From the CSeq.
        method: Method,
    },
}

/// A body of [`MAX_MESSAGE`] behind a head of as much: what a stream may bring us. Beyond it we
/// do not even look for whom to answer.
const MAX_READ: usize = 2 * (MAX_MESSAGE + 1);

impl Span {
    pub(super) fn new(from: usize, to: usize) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            from: narrow(from),
            to: narrow(to),
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.from >= self.to
    }

    pub(super) fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// The story: find the end of the head, unfold it if needed, index its lines, check the rest.
pub(super) fn parse(mut bytes: Vec<u8>) -> Result<Message, Malformed> {
    let nothing = |fault| Malformed {
        fault,
        message: None,
    };
    let leading = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    let leading = leading.count();
    if leading == bytes.len() {
        return Err(nothing(Fault::Empty));
    }
    if bytes.len() > MAX_READ {
        return Err(nothing(Fault::TooLarge));
    }
    if leading > 0 {
        // RFC 3261 §7.5: line ends before the first line are ignored.
        bytes.drain(..leading);
    }
    let too_large = (bytes.len() > MAX_MESSAGE).then_some(Fault::TooLarge);
    let ends = find_ends(&bytes);
    let cut_off = ends.body.is_none().then_some(Fault::CutOff);
    let body = bytes.split_off(ends.body.unwrap_or(bytes.len()));
    bytes.truncate(ends.head);
    let head = match String::from_utf8(bytes) {
        Ok(head) => head,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    };
    let head = if ends.folded { unfold(&head) } else { head };

    let (start, start_fault, fields_at) = read_start(&head).map_err(nothing)?;
    let mut message = Message {
        fields: Vec::with_capacity(24),
        head,
        start,
        body,
    };
    let fields_fault = message.index_fields(fields_at).err();
    let faults = [too_large, start_fault, cut_off, fields_fault];
    let first = faults.into_iter().flatten().next();
    match first.map_or_else(|| message.check(), Err) {
        Ok(()) => Ok(message),
        Err(fault) => Err(Malformed {
            fault,
            message: Some(Box::new(message)),
        }),
    }
}

/// What the first look at the bytes tells.
struct Ends {
    /// Where the head ends, before the line end of its last line.
    head: usize,
    /// Where the body begins; `None` where no empty line ends the head.
    body: Option<usize>,
    /// Whether a field goes on over several lines.
    folded: bool,
}

fn find_ends(bytes: &[u8]) -> Ends {
    let mut folded = false;
    for at in memchr::memchr_iter(b'\n', bytes) {
        let body = match bytes.get(at + 1..) {
            Some([b'\n', ..]) => at + 2,
            Some([b'\r', b'\n', ..]) => at + 3,
            Some([b' ' | b'\t', ..]) => {
                folded = true;
                continue;
            }
            Some(_) | None => continue,
        };
        return Ends {
            head: at,
            body: Some(body),
            folded,
        };
    }
    Ends {
        head: bytes.len(),
        body: None,
        folded,
    }
}

/// Replaces each line end that is followed by white space, and the white space around it, by one
/// space (RFC 3261 §7.3.1).
fn unfold(head: &str) -> String {
    let mut plain = String::with_capacity(head.len());
    for line in head.split('\n') {
        if line.starts_with([' ', '\t']) {
            plain.truncate(plain.trim_end_matches([' ', '\t', '\r', '\n']).len());
            plain.push(' ');
            plain.push_str(line.trim_start_matches([' ', '\t']));
        } else {
            plain.push_str(line);
        }
        plain.push('\n');
    }
    plain.pop();
    plain
}

/// Reads the first line: what it is, what is wrong with it, and where the fields begin.
fn read_start(head: &str) -> Result<(StartLine, Option<Fault>, usize), Fault> {
    let end = memchr::memchr(b'\n', head.as_bytes()).unwrap_or(head.len());
    let line = head.get(..end).unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (first, rest) = line.split_once(' ').ok_or(Fault::NotSip)?;
    if first
        .get(..4)
        .is_some_and(|f| f.eq_ignore_ascii_case("SIP/"))
    {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let span = Span::new(line.len() - reason.len(), line.len());
        let number = status.parse().ok().filter(|n| (100..700).contains(n));
        let fault = match number {
            _ if !first.eq_ignore_ascii_case("SIP/2.0") => Some(Fault::Version),
            Some(_) if status.len() == 3 => None,
            Some(_) | None => Some(Fault::StartLine),
        };
        let start = StartLine::Response {
            status: number.unwrap_or(0),
            reason: span,
            method: Method::Other(String::new()),
        };
        return Ok((start, fault, end + 1));
    }
    if !is_token(first) {
        return Err(Fault::NotSip);
    }
    let (uri, version) = rest.rsplit_once(' ').unwrap_or((rest, ""));
    let sip = version
        .get(..4)
        .is_some_and(|v| v.eq_ignore_ascii_case("SIP/"));
    let fault = if !sip || uri.contains(|c: char| c.is_ascii_whitespace()) {
        Some(Fault::StartLine)
    } else if !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(Fault::Version)
    } else {
        Uri::parse(uri).err().map(Fault::RequestUri)
    };
    let uri_at = first.len() + 1;
    let start = StartLine::Request {
        method: Method::of(first),
        uri: Span::new(uri_at, uri_at + uri.len()),
    };
    Ok((start, fault, end + 1))
}

impl Message {
    /// Fills the index. What stands before a fault is kept, so that an answer may copy it.
    fn index_fields(&mut self, mut at: usize) -> Result<(), Fault> {
        let mut fault = None;
        while let Some(rest) = self.head.get(at..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            match read_field(line, at) {
                Some(_) if self.fields.len() == MAX_HEADERS => return Err(Fault::TooManyHeaders),
                Some(field) => self.fields.push(field),
                None => fault = fault.or(Some(Fault::HeaderLine)),
            }
            at += end + 1;
        }
        fault.map_or(Ok(()), Err)
    }

    /// What every message must have: RFC 3261 §8.1.1, §8.2.2, §20; the length of the body.
    fn check(&mut self) -> Result<(), Fault> {
        self.check_single()?;
        self.top_via()?;
        self.from()?;
        self.to()?;
        self.call_id()?;
        self.max_forwards()?;
        let (_, cseq_method) = self.cseq()?;
        match &mut self.start {
            StartLine::Response { method, .. } => *method = cseq_method,
            StartLine::Request { method, .. } if *method == cseq_method => {}
            StartLine::Request { .. } => return Err(Fault::MethodMismatch),
        }
        self.check_length()
    }

    fn check_single(&self) -> Result<(), Fault> {
        let mut seen = 0u128;
        for name in self.fields.iter().filter_map(|field| field.known) {
            let ordinal = name.ordinal().and_then(|n| u32::try_from(n).ok());
            let bit = ordinal.and_then(|n| 1u128.checked_shl(n)).unwrap_or(0);
            if seen & bit != 0 && name.must_be_single() {
                return Err(Fault::Repeated(name));
            }
            seen |= bit;
        }
        Ok(())
    }

    /// A datagram may be longer than its Content-Length, and is cut; never shorter (RFC 3261 §18.3).
    fn check_length(&mut self) -> Result<(), Fault> {
        let Some(text) = self.header(Name::ContentLength) else {
            return Ok(());
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            let why = Syntax("not a number");
            return Err(Fault::Invalid(Name::ContentLength, why));
        }
        match text.parse::<usize>() {
            Ok(length) if length <= self.body.len() => self.body.truncate(length),
            Ok(_) | Err(_) => return Err(Fault::ShortBody),
        }
        Ok(())
    }
}

/// `Name : value`, `None` where the line is none.
fn read_field(line: &str, at: usize) -> Option<Field> {
    let colon = memchr::memchr(b':', line.as_bytes())?;
    let (name, value) = (line.get(..colon)?.trim_end(), line.get(colon + 1..)?);
    let known = Name::known(name);
    if known.is_none() && !is_token(name) {
        return None;
    }
    let lead = value.len() - value.trim_ascii_start().len();
    let from = at + colon + 1 + lead;
    Some(Field {
        known,
        name: Span::new(at, at + name.len()),
        value: Span::new(from, from + value.trim_ascii().len()),
    })
}

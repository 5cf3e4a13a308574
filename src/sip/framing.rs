//! Cuts messages out of a stream (RFC 3261 §18.3), and hears keep-alives (RFC 5626 §3.5.1).
//!
//! ```text
//!   CRLF CRLF ──▶ Ping
//!   head … empty line ──▶ Content-Length more bytes ──▶ Message
//!            └── none, two that differ, absurd ──▶ Broken: the stream cannot be cut any more
//! ```

use crate::sip::header::{Name, is_token};

/// The longest head, from the first line to the empty line.
pub const MAX_HEAD: usize = 64 * 1024;

/// The longest body.
pub const MAX_BODY: usize = 64 * 1024;

/// A stream being cut. What it keeps is never longer than a head and a body.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// How far the end of the head has been looked for.
    searched: usize,
    /// The length of the whole message, once its head is complete.
    whole: Option<usize>,
    broken: Option<Broken>,
}

/// What came out of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message, for [`crate::sip::message::Message::parse`].
    Message(Vec<u8>),
    /// A keep-alive, to be answered with [`PONG`].
    Ping,
}

/// The answer to a [`Frame::Ping`].
pub const PONG: &[u8] = b"\r\n";

/// Why nothing more can be read from this stream: close it, after what may be answered. The
/// message that broke it comes out as far as it goes, without a body: reading it finds the fault,
/// and whom to tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// What begins here is no message.
    #[error("not SIP")]
    NotSip,
    /// A head over [`MAX_HEAD`].
    #[error("a head that does not end")]
    HeadTooLong,
    /// A Content-Length over [`MAX_BODY`].
    #[error("a body that is too long")]
    BodyTooLong,
    /// No Content-Length (RFC 3261 §20.14 demands it), two that differ, or one that is no number.
    #[error("no usable Content-Length")]
    Length,
}

impl Framer {
    /// A stream from its beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what has arrived and gives what is complete. After an error it gives the same
    /// error for ever.
    pub fn receive(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        self.buffer.extend_from_slice(bytes);
        let mut done = 0;
        let result = self.cut(&mut done, out);
        if let Err(Broken::HeadTooLong | Broken::BodyTooLong | Broken::Length) = result {
            let rest = self.buffer.get(done..).unwrap_or_default();
            out.push(Frame::Message(torso(rest).to_vec()));
        }
        self.buffer.drain(..done.min(self.buffer.len()));
        self.searched = self.searched.saturating_sub(done);
        if let Err(broken) = result {
            self.broken = Some(broken);
            self.buffer = vec![];
        }
        result
    }

    /// How many bytes wait for the rest of their message.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Cuts off what is complete; `done` is how far the buffer has been used up.
    fn cut(&mut self, done: &mut usize, out: &mut Vec<Frame>) -> Result<(), Broken> {
        while let Some(rest) = self.buffer.get(*done..) {
            let whole = match (self.whole, rest) {
                (Some(whole), _) => whole,
                (None, [b'\r', b'\n', b'\r', b'\n', ..]) => {
                    out.push(Frame::Ping);
                    *done += 4;
                    continue;
                }
                // Half a ping, or a line end to be ignored (RFC 3261 §7.5): the next byte tells.
                (None, [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r']) => return Ok(()),
                (None, [b'\r', b'\n', ..]) => {
                    *done += 2;
                    continue;
                }
                (None, [b'\n', ..]) => {
                    *done += 1;
                    continue;
                }
                (None, [first, ..]) if !is_token(char::from(*first).encode_utf8(&mut [0; 2])) => {
                    return Err(Broken::NotSip);
                }
                (None, _) => match self.find_head(*done)? {
                    Some(whole) => whole,
                    None => return Ok(()),
                },
            };
            let message = self.buffer.get(*done..).and_then(|rest| rest.get(..whole));
            let Some(message) = message else {
                self.whole = Some(whole);
                return Ok(());
            };
            out.push(Frame::Message(message.to_vec()));
            self.whole = None;
            *done += whole;
            self.searched = *done;
        }
        Ok(())
    }

    /// Looks for the empty line; gives the length of the whole message that begins at `start`.
    fn find_head(&mut self, start: usize) -> Result<Option<usize>, Broken> {
        let from = self.searched.max(start);
        let unseen = self.buffer.get(from..).unwrap_or_default();
        let end = head_end(unseen).map(|end| from + end);
        // The last three bytes may be the beginning of the empty line.
        self.searched = from.max(self.buffer.len().saturating_sub(3));
        let seen = end.unwrap_or(self.buffer.len());
        if seen - start > MAX_HEAD {
            return Err(Broken::HeadTooLong);
        }
        let Some(end) = end else {
            return Ok(None);
        };
        let head = self.buffer.get(start..end).unwrap_or_default();
        Ok(Some(head.len() + content_length(head)?))
    }
}

/// The message that a stream breaks at, up to the end of its head. A head that is too long is cut
/// off where it is so.
fn torso(rest: &[u8]) -> &[u8] {
    let head = rest.get(..MAX_HEAD).unwrap_or(rest);
    head_end(head)
        .and_then(|end| head.get(..end))
        .unwrap_or(head)
}

/// The end of the first empty line that follows a line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..).unwrap_or_default() {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        [..] => None,
    })
}

/// The length of the body that a head announces.
fn content_length(head: &[u8]) -> Result<usize, Broken> {
    let mut found: Option<usize> = None;
    let mut lines = head.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let name = str::from_utf8(name.trim_ascii_end()).unwrap_or_default();
        if Name::known(name) != Some(Name::ContentLength) {
            continue;
        }
        let mut value = value.get(1..).unwrap_or_default().trim_ascii().to_vec();
        while let Some(fold) = lines.next_if(|l| matches!(l, [b' ' | b'\t', ..])) {
            value.extend_from_slice(fold.trim_ascii());
        }
        let length = parse_length(&value)?;
        if found.is_some_and(|other| other != length) {
            return Err(Broken::Length);
        }
        found = Some(length);
    }
    found.ok_or(Broken::Length)
}

fn parse_length(text: &[u8]) -> Result<usize, Broken> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(Broken::Length);
    }
    let number = str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    match number {
        Some(length) if length <= MAX_BODY => Ok(length),
        Some(_) | None => Err(Broken::BodyTooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
    const TWO: &[u8] = b"INFO sip:a SIP/2.0\r\nX: y\r\nL :\r\n 5\r\nA: b\r\n\r\nab\r\n\r";

    fn cut(pieces: &[&[u8]]) -> (Vec<Frame>, Result<(), Broken>, usize) {
        let (mut framer, mut out, mut result) = (Framer::new(), vec![], Ok(()));
        for piece in pieces {
            result = framer.receive(piece, &mut out);
        }
        (out, result, framer.pending())
    }

    #[test]
    fn messages_come_out_whole_however_they_arrive() {
        let stream = [b"\r\n\r\n", ONE, b"\r\n", TWO, TWO, b"\r\n\r\n\r\n", ONE].concat();
        let message = |bytes: &[u8]| Frame::Message(bytes.to_vec());
        let wanted = vec![
            Frame::Ping,
            message(ONE),
            message(TWO),
            message(TWO),
            Frame::Ping,
            message(ONE),
        ];
        for size in [1, 2, 3, 7, 50, stream.len()] {
            let pieces: Vec<_> = stream.chunks(size).collect();
            assert_eq!(cut(&pieces), (wanted.clone(), Ok(()), 0), "in {size}s");
        }
    }

    #[test]
    fn a_length_that_cannot_be_used_breaks_the_stream() {
        for (lines, broken) in [
            ("X: y", Broken::Length),
            ("Content-Length: -5", Broken::Length),
            ("Content-Length: +5", Broken::Length),
            ("Content-Length: ", Broken::Length),
            ("l: 4\r\nContent-length: 5", Broken::Length),
            ("l: 65537", Broken::BodyTooLong),
            ("l: 99999999999999999999999999", Broken::BodyTooLong),
        ] {
            let head = format!("OPTIONS sip:a SIP/2.0\r\n{lines}\r\n\r\n");
            let (out, result, pending) = cut(&[ONE, head.as_bytes(), ONE]);
            assert_eq!((result, pending), (Err(broken), 0), "{lines}");
            let whole = [ONE, head.as_bytes()].map(|bytes| Frame::Message(bytes.to_vec()));
            assert_eq!(out, whole, "with its head, to be answered");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let endless = vec![b'a'; MAX_HEAD + 1];
        assert_eq!(cut(&[&endless]).1, Err(Broken::HeadTooLong));
        let endless = b"a: b\r\n".repeat(MAX_HEAD / 6 + 1);
        let (out, result, _) = cut(&[&endless]);
        assert_eq!(result, Err(Broken::HeadTooLong));
        assert_eq!(out, [Frame::Message(endless[..MAX_HEAD].to_vec())]);
        let body = vec![b'x'; MAX_BODY];
        let (out, result, _) = cut(&[b"A b SIP/2.0\r\nl: 65536\r\n\r\n", &body]);
        assert_eq!((out.len(), result), (1, Ok(())));
    }

    #[test]
    fn other_protocols_are_hung_up_on() {
        assert_eq!(cut(&[b"\x16\x03\x01"]).1, Err(Broken::NotSip));
        assert_eq!(cut(&[ONE, b"\0"]).1, Err(Broken::NotSip));
    }

    #[test]
    fn one_byte_at_a_time_costs_no_more_than_all_at_once() {
        let head = [b"A b SIP/2.0\r\n".as_slice(), &b"a: b\r\n".repeat(10_000)].concat();
        let pieces: Vec<_> = head.chunks(1).collect();
        let (out, result, pending) = cut(&pieces);
        assert_eq!((out.len(), result, pending), (0, Ok(()), head.len()));
    }
}

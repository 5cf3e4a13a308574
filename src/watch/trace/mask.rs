//! What must not be kept of a message: secrets, keys and digits, covered in place (HARDENING C).
//!
//! Each byte becomes a `*`, so that no length changes: a Content-Length stays true, and what is
//! exported has the size that was on the wire. Covered are
//!
//! - of Authorization, Proxy-Authorization, Authentication-Info: all that is derived from a
//!   password (RFC 7616 §3.4, §3.5), and all of schemes but Digest;
//! - the password of a SIP URI (RFC 3261 §19.1.1);
//! - in bodies: keys of SRTP (`a=crypto`, RFC 4568; `k=`, `a=key-mgmt`), passwords of ICE;
//! - the bodies of INFO and of all that is about keys pressed, but for their duration; the bodies
//!   of MESSAGE.
//!
//! The reader is of its own kind: it takes any bytes, since what is no SIP may be a secret still.

use std::ops::Range;

/// Covers the secrets of a message, and finds its Call-ID.
pub(super) fn censor(message: &mut [u8]) -> Option<String> {
    let (mut call_id, mut pressed) = (None, false);
    let first = line(message, 0);
    let start = trimmed(message, first.clone());
    let secret_body = is_request(&message[start.clone()], b"MESSAGE");
    let info = is_request(&message[start.clone()], b"INFO");
    cover_uris(message, start);
    let mut at = first.end;
    while at < message.len() {
        let field = field(message, at);
        at = field.end;
        let text = trimmed(message, field.clone());
        if text.is_empty() {
            break;
        }
        let colon = memchr::memchr(b':', &message[text.clone()]);
        let Some(colon) = colon.map(|colon| text.start + colon) else {
            continue;
        };
        let value = trimmed(message, colon + 1..text.end);
        match Field::of(&message[text.start..colon]) {
            Field::CallId => {
                let of = || String::from_utf8_lossy(&message[value]).into_owned();
                call_id = call_id.or_else(|| Some(of()).filter(|text| !text.is_empty()));
            }
            Field::Credentials => cover_credentials(message, value),
            Field::ContentType => {
                let words = || message[value.clone()].windows(4);
                let has = |kind: &[u8]| words().any(|word| word.eq_ignore_ascii_case(kind));
                pressed |= has(b"dtmf") || has(b"kpml");
            }
            Field::Other => cover_uris(message, value),
        }
    }
    cover_body(message, at, secret_body, info || pressed);
    call_id
}

/// The header fields that matter here.
enum Field {
    CallId,
    Credentials,
    ContentType,
    Other,
}

impl Field {
    /// In any spelling: case, compact form, space before the colon (H7).
    fn of(name: &[u8]) -> Self {
        let name = name.trim_ascii_end();
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match name.len() {
            1 if is("i") => Self::CallId,
            1 if is("c") => Self::ContentType,
            7 if is("Call-ID") => Self::CallId,
            12 if is("Content-Type") => Self::ContentType,
            13 if is("Authorization") => Self::Credentials,
            19 if is("Proxy-Authorization") || is("Authentication-Info") => Self::Credentials,
            25 if is("Proxy-Authentication-Info") => Self::Credentials,
            _ => Self::Other,
        }
    }
}

/// What of a digest may be seen: what was public before, and what the password has no part in.
const PUBLIC: [&[u8]; 9] = [
    b"username",
    b"realm",
    b"nonce",
    b"nextnonce",
    b"uri",
    b"algorithm",
    b"qop",
    b"nc",
    b"opaque",
];

fn cover_credentials(message: &mut [u8], value: Range<usize>) {
    let text = &message[value.clone()];
    let scheme = text.iter().take_while(|byte| byte.is_ascii_alphanumeric());
    let scheme = scheme.count();
    let mut at = value.start;
    // Authentication-Info begins with its parameters at once.
    if text.get(scheme) != Some(&b'=') {
        at += scheme;
        if !text[..scheme].eq_ignore_ascii_case(b"Digest") {
            return cover(message, at..value.end);
        }
    }
    while at < value.end {
        let part = at..parameter_end(message, at..value.end);
        at = part.end + 1;
        let part = trimmed(message, part);
        let Some(equals) = memchr::memchr(b'=', &message[part.clone()]) else {
            cover(message, part);
            continue;
        };
        let equals = part.start + equals;
        let name = message[part.start..equals].trim_ascii();
        if !PUBLIC.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            cover(message, equals + 1..part.end);
        }
    }
}

/// The comma that ends a parameter, outside quotes, or the end.
fn parameter_end(message: &[u8], range: Range<usize>) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for at in range.clone() {
        match message[at] {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    range.end
}

/// Covers the password in `sip:user:password@host`.
fn cover_uris(message: &mut [u8], range: Range<usize>) {
    let mut from = range.start;
    while let Some(sign) = memchr::memchr(b'@', &message[from..range.end]) {
        let sign = from + sign;
        let ends = |byte: &u8| b" \t\r\n<>\",".contains(byte);
        let begin = message[from..sign].iter().rposition(ends);
        let begin = begin.map_or(from, |at| from + at + 1);
        if let Some(user) = user_of(&message[begin..sign])
            && let Some(colon) = memchr::memchr(b':', &message[begin + user..sign])
        {
            cover(message, begin + user + colon + 1..sign);
        }
        from = sign + 1;
    }
}

/// Where the user begins in a word with `sip:` or `sips:`.
fn user_of(word: &[u8]) -> Option<usize> {
    let ends_scheme = |colon: &usize| {
        let before = &word[..*colon];
        let ends = |scheme: &[u8]| {
            let start = before.len().checked_sub(scheme.len());
            start.is_some_and(|start| before[start..].eq_ignore_ascii_case(scheme))
        };
        ends(b"sip") || ends(b"sips")
    };
    let colon = memchr::memchr_iter(b':', word).find(ends_scheme)?;
    Some(colon + 1)
}

fn cover_body(message: &mut [u8], mut at: usize, all: bool, pressed: bool) {
    while at < message.len() {
        let line = line(message, at);
        at = line.end;
        let text = trimmed(message, line);
        if all {
            cover(message, text);
        } else if pressed {
            cover_key(message, text);
        } else {
            cover_secret_line(message, text);
        }
    }
}

/// `Signal=5`, or a bare `5`; how long it was held (`Duration=160`) stays.
fn cover_key(message: &mut [u8], text: Range<usize>) {
    let line = &message[text.clone()];
    let equals =
        memchr::memchr(b'=', line).filter(|at| line[..*at].iter().all(u8::is_ascii_alphabetic));
    match equals {
        Some(at) if line[..at].eq_ignore_ascii_case(b"duration") => {}
        Some(at) => cover(message, text.start + at + 1..text.end),
        None => cover(message, text),
    }
}

/// A line of SDP, or of a SIP message that is the body of another.
fn cover_secret_line(message: &mut [u8], text: Range<usize>) {
    let line = &message[text.clone()];
    let after = |start: &str| {
        let head = line.get(..start.len())?;
        head.eq_ignore_ascii_case(start.as_bytes())
            .then(|| text.start + start.len())
    };
    let whole = ["k=", "a=key-mgmt:", "a=ice-pwd:"];
    if let Some(at) = after("a=crypto:") {
        cover_crypto(message, at..text.end);
    } else if let Some(at) = whole.iter().find_map(|start| after(start)) {
        cover(message, at..text.end);
    } else if let Some(colon) = memchr::memchr(b':', line)
        && matches!(Field::of(&line[..colon]), Field::Credentials)
    {
        cover(message, text.start + colon + 1..text.end);
    }
}

/// `1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4;inline:KEY FEC_ORDER=…`: the keys, which stand
/// before the lifetime and the number of each (RFC 4568 §9.1).
fn cover_crypto(message: &mut [u8], range: Range<usize>) {
    let words = message[range.clone()].split(|byte| *byte == b' ');
    let mut words = words.filter(|word| !word.is_empty()).skip(2);
    let Some(keys) = words.next() else {
        return cover(message, range);
    };
    let from = keys.as_ptr().addr() - message.as_ptr().addr();
    let end = from + keys.len();
    let mut at = from;
    while at < end {
        let next = memchr::memchr(b';', &message[at..end]).map_or(end, |length| at + length);
        let colon = memchr::memchr(b':', &message[at..next]).map_or(at, |colon| at + colon + 1);
        let bar = memchr::memchr(b'|', &message[colon..next]).map_or(next, |bar| colon + bar);
        cover(message, colon..bar);
        at = next + 1;
    }
}

fn cover(message: &mut [u8], range: Range<usize>) {
    for byte in &mut message[range] {
        // Quotes, commas and line ends keep the shape of what is covered.
        if !b"\",\r\n \t".contains(byte) {
            *byte = b'*';
        }
    }
}

fn is_request(line: &[u8], method: &[u8]) -> bool {
    line.strip_prefix(method)
        .is_some_and(|rest| rest.first() == Some(&b' '))
}

/// The line that begins here, with its end.
fn line(message: &[u8], at: usize) -> Range<usize> {
    let rest = &message[at.min(message.len())..];
    let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    at..at + length
}

/// A header field with the lines that go on with it (RFC 3261 §7.3.1).
fn field(message: &[u8], at: usize) -> Range<usize> {
    let mut all = line(message, at);
    let is_blank = trimmed(message, all.clone()).is_empty();
    while !is_blank && matches!(message.get(all.end), Some(b' ' | b'\t')) {
        all.end = line(message, all.end).end;
    }
    all
}

fn trimmed(message: &[u8], range: Range<usize>) -> Range<usize> {
    let text = &message[range.clone()];
    let lead = text.len() - text.trim_ascii_start().len();
    range.start + lead..range.start + lead + text.trim_ascii().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn kept(message: &str) -> (String, Option<String>) {
        let mut bytes = message.replace('\n', "\r\n").into_bytes();
        let length = bytes.len();
        let call_id = censor(&mut bytes);
        assert_eq!(bytes.len(), length, "no length changes");
        let text = String::from_utf8(bytes).expect("UTF-8");
        (text.replace("\r\n", "\n"), call_id)
    }

    #[track_caller]
    fn is_kept_as(message: &str, expected: &str) {
        assert_eq!(kept(message).0, expected);
    }

    #[test]
    fn the_call_id_is_found_in_any_spelling() {
        for field in [
            "Call-ID: a84b@x",
            "CALL-ID :a84b@x",
            "i:  a84b@x ",
            "Call-ID:\n a84b@x",
        ] {
            let message = format!("OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP y\n{field}\n\n");
            assert_eq!(kept(&message), (message.clone(), Some("a84b@x".into())));
        }
        for nothing in [
            "",
            "\n",
            "x",
            "OPTIONS sip:x SIP/2.0\n\nCall-ID: 1\n",
            ":\n:",
        ] {
            assert_eq!(kept(nothing), (nothing.to_owned(), None));
        }
    }

    #[test]
    fn h7_what_a_digest_derives_from_the_password_is_covered_however_it_is_written() {
        is_kept_as(
            "REGISTER sip:x SIP/2.0
Authorization: Digest username=\"1001\", realm=\"a,b\", nonce=\"n1\", uri=\"sip:x\",
 response=\"6629fae4\", cnonce=\"0a4f\", qop=auth, nc=00000001, algorithm=MD5
PROXY-AUTHORIZATION :digest Response = 6629fae4,nonce=\"n\"
Authentication-Info: rspauth=\"6629fae4\", nextnonce=\"n2\"

",
            "REGISTER sip:x SIP/2.0
Authorization: Digest username=\"1001\", realm=\"a,b\", nonce=\"n1\", uri=\"sip:x\",
 response=\"********\", cnonce=\"****\", qop=auth, nc=00000001, algorithm=MD5
PROXY-AUTHORIZATION :digest Response = ********,nonce=\"n\"
Authentication-Info: rspauth=\"********\", nextnonce=\"n2\"

",
        );
    }

    #[test]
    fn credentials_of_another_kind_are_covered_whole() {
        is_kept_as(
            "INVITE sip:x SIP/2.0\nAuthorization: Basic dXNlcjpw\nAuthorization: Bearer\n e30.e30=\n\n",
            "INVITE sip:x SIP/2.0\nAuthorization: Basic ********\nAuthorization: Bearer\n ********\n\n",
        );
    }

    #[test]
    fn passwords_in_addresses_are_covered() {
        is_kept_as(
            "INVITE sip:bob:pw@x:5060 SIP/2.0\nTo: \"a:b@c\" <SIPS:bob:p;w@[::1]:5060>;x=a@b\nf:sip:a:1@x\n\n",
            "INVITE sip:bob:**@x:5060 SIP/2.0\nTo: \"a:b@c\" <SIPS:bob:***@[::1]:5060>;x=a@b\nf:sip:a:*@x\n\n",
        );
    }

    #[test]
    fn keys_of_the_media_are_covered() {
        is_kept_as(
            "SIP/2.0 200 OK\n\nv=0\nk=clear:secret\nm=audio 1 RTP/SAVP 0
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1j|2^20|1:4;inline:QUJD|2^20|2:4 FEC_ORDER=FEC_SRTP
a=crypto:2 AEAD_AES_128_GCM  inline:WVNf
a=crypto:bad
a=ice-ufrag:8hhY\na=ice-pwd:asd88fgpdd777uzjYhagZg\na=key-mgmt:mikey AQAFgM0X
a=sendrecv\n",
            "SIP/2.0 200 OK\n\nv=0\nk=************\nm=audio 1 RTP/SAVP 0
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:************|2^20|1:4;inline:****|2^20|2:4 FEC_ORDER=FEC_SRTP
a=crypto:2 AEAD_AES_128_GCM  inline:****
a=crypto:***
a=ice-ufrag:8hhY\na=ice-pwd:**********************\na=key-mgmt:***** ********
a=sendrecv\n",
        );
    }

    #[test]
    fn keys_pressed_and_messages_written_are_covered() {
        is_kept_as(
            "INFO sip:x SIP/2.0\nContent-Type: application/dtmf-relay\n\nSignal=5\nDuration=160\n",
            "INFO sip:x SIP/2.0\nContent-Type: application/dtmf-relay\n\nSignal=*\nDuration=160\n",
        );
        is_kept_as("INFO sip:x SIP/2.0\n\n7", "INFO sip:x SIP/2.0\n\n*");
        is_kept_as(
            "NOTIFY sip:x SIP/2.0\nc: application/kpml-response+xml\n\n<kpml digits=\"42\"/>",
            "NOTIFY sip:x SIP/2.0\nc: application/kpml-response+xml\n\n***** *******\"**\"**",
        );
        is_kept_as(
            "MESSAGE sip:x SIP/2.0\n\nmeet me\n",
            "MESSAGE sip:x SIP/2.0\n\n**** **\n",
        );
    }

    #[test]
    fn the_credentials_of_a_message_within_a_message_are_covered() {
        is_kept_as(
            "NOTIFY sip:x SIP/2.0\nc: message/sip\n\nBYE sip:y SIP/2.0\nAuthorization: Digest a=1\n",
            "NOTIFY sip:x SIP/2.0\nc: message/sip\n\nBYE sip:y SIP/2.0\nAuthorization: ****** ***\n",
        );
    }

    #[test]
    fn any_bytes_are_taken() {
        let pieces: &[&[u8]] = &[
            b"@",
            b"sip:",
            b"\"",
            b",",
            b"\\",
            b" ",
            b";",
            b"\r\n",
            b"\n",
            b":",
            b"=",
            b"|",
            b"\xFF",
            b"Authorization: Digest",
            b"INFO ",
            b"a=crypto:1 A inline:",
            b"c: dtmf\r\n\r\n",
        ];
        let mut random = crate::random::Random::seeded(7);
        for _ in 0..5_000 {
            let count = random.below(40);
            let piece = |_| pieces[random.below(pieces.len() as u64) as usize];
            let mut bytes: Vec<u8> = (0..count).flat_map(piece).copied().collect();
            let length = bytes.len();
            censor(&mut bytes);
            assert_eq!(bytes.len(), length);
        }
    }
}

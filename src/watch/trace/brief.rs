//! A message in a few words: what it asks or answers, and what it says about sound.

use crate::sip::header::Address;
use crate::sip::message::{Message, Start};

/// A message in a few words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Brief {
    /// `INVITE`, or `200 OK`; of what cannot be read, as much as there is.
    pub(super) what: String,
    pub(super) is_response: bool,
    /// `1 INVITE`; `None` where there is none.
    pub(super) cseq: Option<String>,
    /// The session description: what sound, where, in which direction.
    pub(super) sound: Option<String>,
    /// The users of From and To.
    pub(super) from: String,
    pub(super) to: String,
}

/// Words of a peer may be long.
const LONGEST: usize = 40;

impl Brief {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let message = match Message::parse(bytes.to_vec()) {
            Ok(message) => Some(message),
            Err(malformed) => malformed.message.map(|message| *message),
        };
        let Some(message) = message else {
            let line = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            return Self {
                what: cut(&String::from_utf8_lossy(line)),
                ..Self::default()
            };
        };
        let what = match message.start() {
            Start::Request { method, .. } => cut(method.text()),
            Start::Response { status, reason } => cut(&format!("{status} {reason}")),
        };
        let cseq = message.cseq().ok();
        let user = |address: Option<Address>| {
            let user = address.and_then(|address| Some(cut(&address.uri.user_unescaped()?)));
            user.unwrap_or_default()
        };
        Self {
            what,
            is_response: message.status().is_some(),
            cseq: cseq.map(|(number, method)| format!("{number} {}", cut(method.text()))),
            sound: sound(message.body()),
            from: user(message.from().ok()),
            to: user(message.to().ok()),
        }
    }
}

/// The media of a description: `PCMU PCMA events 10.0.0.2:4000 sendrecv`, each behind the other.
fn sound(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    text.starts_with("v=0").then_some(())?;
    let lines: Vec<_> = text.lines().take(1_000).map(str::trim_end).collect();
    let starts = |line: &str| line.starts_with("m=");
    let first = lines
        .iter()
        .position(|line| starts(line))
        .unwrap_or(lines.len());
    let (session, media) = lines.split_at(first);
    let told: Vec<_> = media
        .chunk_by(|_, next| !starts(next))
        .filter_map(|lines| stream(session, lines))
        .collect();
    match told.is_empty() {
        true => Some("no media".to_owned()),
        false => Some(told.join(", ")),
    }
}

fn stream(session: &[&str], lines: &[&str]) -> Option<String> {
    let mut words = lines.first()?.strip_prefix("m=")?.split_whitespace();
    let (kind, port, protocol) = (words.next()?, words.next()?, words.next()?);
    let mut told: Vec<String> = vec![];
    if kind != "audio" {
        told.push(kind.to_owned());
    }
    if protocol != "RTP/AVP" {
        told.push(protocol.to_owned());
    }
    told.extend(words.take(12).map(|format| codec(lines, format)));
    let both = || lines.iter().chain(session);
    let address = both().find_map(|line| line.strip_prefix("c=IN IP")?.get(2..));
    let address = address
        .unwrap_or("?")
        .split(['/', ' '])
        .next()
        .unwrap_or("?");
    told.push(match address.contains(':') {
        true => format!("[{address}]:{port}"),
        false => format!("{address}:{port}"),
    });
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let direction = both().find_map(|line| {
        let direction = line.strip_prefix("a=")?;
        directions.into_iter().find(|known| *known == direction)
    });
    told.push(direction.unwrap_or("sendrecv").to_owned());
    Some(
        told.iter()
            .map(|word| cut(word))
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// What a payload type stands for (RFC 3551 §6 where nothing is said).
fn codec(lines: &[&str], format: &str) -> String {
    let mapped = lines.iter().find_map(|line| {
        let (of, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        (of == format).then_some(name)
    });
    let name = mapped.and_then(|name| name.trim_start().split('/').next());
    let name = name.unwrap_or(match format {
        "0" => "PCMU",
        "3" => "GSM",
        "8" => "PCMA",
        "9" => "G722",
        "13" => "CN",
        "18" => "G729",
        other => other,
    });
    match name {
        "telephone-event" => "events".to_owned(),
        name => name.to_owned(),
    }
}

/// A word of a peer, fit to be printed.
fn cut(text: &str) -> String {
    super::draw::fit(text.trim(), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(body: &str) -> String {
        let head = "INVITE sip:100@x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
            From: <sip:alice@h>;tag=1\r\nTo: <sip:100@x>\r\nCall-ID: a\r\nCSeq: 7 INVITE\r\n";
        let body = body.replace('\n', "\r\n");
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[track_caller]
    fn sounds(body: &str, told: &str) {
        assert_eq!(
            Brief::of(invite(body).as_bytes()).sound.as_deref(),
            Some(told)
        );
    }

    #[test]
    fn a_message_is_told_by_what_it_is_and_by_its_cseq() {
        let brief = Brief::of(invite("").as_bytes());
        assert_eq!(
            (brief.what.as_str(), brief.cseq.as_deref()),
            ("INVITE", Some("7 INVITE"))
        );
        assert_eq!((brief.from.as_str(), brief.to.as_str()), ("alice", "100"));
        assert_eq!(brief.sound, None);
    }

    #[test]
    fn what_is_no_sip_is_told_as_it_stands_and_moves_no_cursor() {
        let brief = Brief::of(b"\x1b[2Jhello\r\nworld");
        assert_eq!(brief.what, "·[2Jhello");
        assert_eq!(Brief::of(&[b'x'; 99]).what.chars().count(), LONGEST);
        assert_eq!(Brief::of(b"").what, "");
    }

    #[test]
    fn sound_is_told_by_codecs_address_and_direction() {
        let session = "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\n";
        let audio = "m=audio 4000 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n";
        sounds(
            &format!("{session}{audio}"),
            "PCMU PCMA events 10.0.0.2:4000 sendrecv",
        );
        sounds(
            &format!(
                "{session}a=inactive\nm=audio 4000 RTP/SAVP 96\na=rtpmap:96 opus/48000/2\nc=IN IP6 ::1\na=sendonly\n"
            ),
            "RTP/SAVP opus [::1]:4000 sendonly",
        );
        sounds(
            &format!("{session}a=sendonly\nm=audio 0 RTP/AVP 9\nm=video 6 RTP/AVP 31\n"),
            "G722 10.0.0.2:0 sendonly, video 31 10.0.0.2:6 sendonly",
        );
        sounds(session, "no media");
    }
}

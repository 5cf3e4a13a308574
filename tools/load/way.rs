//! A browser's way to the server: ICE checks, DTLS and sealed packets around the sound of a stream, on its socket.
//!
//! ```text
//!   answer ─▶ check ──answered──▶ DTLS ──keys──▶ sealed sound, both ways; a check now and then (RFC 7675)
//! ```
//!
//! The library's own DTLS and SRTP, as the far side of itself: it is their cost that is measured here. That they are
//! understood by others is for the live tests, with browsers.

use crate::check::check;
use crate::message::audio;
use cordboard::audio::Codec;
use cordboard::rtc::{Association, Certificate, Credentials, Fingerprint, Role};
use cordboard::rtp::srtp::{Opener, Sealer};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Until the first check is answered, it is repeated.
const REPEAT: Duration = Duration::from_millis(100);
/// Between two checks of a path in use, as browsers do.
const CONSENT: Duration = Duration::from_secs(5);

/// What a desk is to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Spoken {
    /// Offers what browsers offer, and is answered in the caller's codec.
    G711,
    /// Offers Opus alone, so that the server transcodes.
    Opus,
}

impl Spoken {
    /// What its sound is in.
    pub(crate) fn codec(self) -> Codec {
        match self {
            Self::G711 => Codec::Pcmu,
            Self::Opus => Codec::Opus,
        }
    }

    /// The payload type of the answer.
    pub(crate) fn payload_type(self) -> u8 {
        match self {
            Self::G711 => 0,
            Self::Opus => 111,
        }
    }
}

/// What a datagram has come to.
pub(crate) enum Took {
    /// Nothing that is heard.
    Nothing,
    /// The peer has proved itself: sound may be sent. Said once.
    Secured,
    /// An RTP packet of so many bytes, opened in its place.
    Sound(usize),
    /// Nobody's that we know.
    Strange,
}

/// The way of one call.
pub(crate) struct Way {
    pub(crate) server: SocketAddr,
    ours: Credentials,
    theirs: Credentials,
    association: Association,
    keys: Option<(Sealer, Opener)>,
    answered: bool,
    checks: u64,
    next_check: Instant,
    /// To be sent, the oldest last.
    out: Vec<Vec<u8>>,
}

impl Way {
    /// The offer of a page, as browsers write it.
    pub(crate) fn offer(spoken: Spoken, ours: &Credentials, certificate: &Certificate) -> String {
        let types = match spoken {
            Spoken::G711 => "111 9 0 8 126",
            Spoken::Opus => "111 126",
        };
        let Credentials { ufrag, password } = ours;
        let print = certificate.fingerprint();
        format!(
            "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF {types}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {print}\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n\
             a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:126 telephone-event/8000\r\n"
        )
    }

    /// The way that an answer describes; what is wrong with it.
    pub(crate) fn new(
        now: Instant,
        answer: &str,
        spoken: Spoken,
        ours: Credentials,
        certificate: &Certificate,
    ) -> Result<Self, String> {
        let said = |name: &str| {
            let prefix = format!("a={name}:");
            let found = answer.lines().find_map(|line| line.strip_prefix(&*prefix));
            found.ok_or_else(|| format!("an answer without a={name}"))
        };
        let (server, kind) = audio(answer).ok_or("an answer without audio")?;
        if kind != spoken.payload_type() {
            return Err(format!("an answer in payload type {kind}"));
        }
        let role = match said("setup")? {
            "active" => Role::Server,
            _ => Role::Client,
        };
        let print = fingerprint(said("fingerprint")?).ok_or("a strange fingerprint")?;
        let mut way = Self {
            server,
            ours,
            theirs: Credentials {
                ufrag: said("ice-ufrag")?.to_owned(),
                password: said("ice-pwd")?.to_owned(),
            },
            association: Association::new(certificate, role, print),
            keys: None,
            answered: false,
            checks: 0,
            next_check: now,
            out: Vec::new(),
        };
        way.sweep(now);
        Ok(way)
    }

    /// Takes what has come to the socket.
    pub(crate) fn take(&mut self, now: Instant, datagram: &mut [u8]) -> Took {
        match *datagram {
            [1, 1, ..] => {
                if !std::mem::replace(&mut self.answered, true) {
                    self.next_check = now + CONSENT;
                    self.association.begin(now);
                }
                Took::Nothing
            }
            [20..=63, ..] => {
                if !self.association.receive(now, datagram) {
                    return Took::Nothing;
                }
                let keys = self.association.keys();
                self.keys = keys.map(|keys| {
                    let sealer = Sealer::new(keys.suite, &keys.ours);
                    (sealer, Opener::new(keys.suite, &keys.theirs))
                });
                Took::Secured
            }
            // Reports are for who has them to show.
            [128..=191, 192..=223, ..] => Took::Nothing,
            [128..=191, ..] => {
                let opened = self.keys.as_mut();
                let opened = opened.and_then(|(_, opener)| opener.open_rtp(datagram).ok());
                opened.map_or(Took::Strange, Took::Sound)
            }
            _ => Took::Strange,
        }
    }

    /// Seals an RTP packet; `false`: there are no keys yet.
    pub(crate) fn seal(&mut self, packet: &mut Vec<u8>) -> bool {
        let keys = self.keys.as_mut();
        keys.is_some_and(|(sealer, _)| sealer.seal_rtp(packet, 0))
    }

    /// Checks, and repeats what DTLS has not been answered.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if now >= self.next_check {
            let every = if self.answered { CONSENT } else { REPEAT };
            self.next_check = now + every;
            self.checks += 1;
            let Credentials { ufrag, password } = &self.theirs;
            let check = check(ufrag, &self.ours.ufrag, password, self.checks);
            self.out.push(check);
        }
        if self.keys.is_none() {
            self.association.timeout(now);
        }
    }

    /// What is to be sent to the server now.
    pub(crate) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        let check = self.out.pop();
        check.or_else(|| Some(self.association.poll_transmit()?.to_vec()))
    }
}

/// `sha-256 AB:CD:…` (RFC 8122 §5).
fn fingerprint(value: &str) -> Option<Fingerprint> {
    let digits = value.strip_prefix("sha-256 ")?;
    let bytes = digits.split(':').map(|pair| u8::from_str_radix(pair, 16));
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().ok()?;
    Some(Fingerprint(bytes.try_into().ok()?))
}

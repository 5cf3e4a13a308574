//! What a browser offers, and our answer: JSEP (RFC 8829) over bundled media (RFC 8843) with ICE
//! (RFC 8839) and DTLS-SRTP (RFC 5763).
//!
//! ```text
//!   page ──offer──▶ answer() ──▶ our answer + Agreed ──▶ the media engine
//!        ──a new one, with video, on hold, after a change of network──▶ answer()
//! ```
//!
//! The page always offers and we always answer, so that no two offers cross. One audio stream is
//! agreed on, in one codec and with telephone-event as for any peer, and one of video where the
//! caller of [`answer`] allows it; all over the one way that ICE finds. Every other media line is
//! refused with port 0, in its place.
//!
//! A description that names other ICE credentials than before restarts ICE (RFC 8839 §4.4.1): the
//! answer has new ones of ours. One with another certificate (a page that was reloaded) begins DTLS anew
//! as well; the roles in DTLS are kept otherwise. The id in `o=` says nothing: not every peer keeps it.
//!
//! Deliberately absent: header extensions (the payload type tells the media apart), retransmission
//! streams, simulcast, offers of our own, and peers that are lite themselves.

mod transport;
mod video;

pub use crate::rtp::VideoCodec;
pub use video::{Feedback, Video};

use super::formats::{Agreed as Contents, Formats};
use super::{Description, Direction, Malformed, Media, Refusal, Types};
use crate::audio::Codec;
use crate::audio::opus::Wishes;
use crate::rtc::{Credentials, Fingerprint, Peer, Role};
use crate::rtp::Events;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// The candidates at most that an answer lists.
const MAX_CANDIDATES: usize = 8;

/// What we bring to a negotiation with a browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// Where the media worker receives, as browsers see it; the first is the default of RFC 8839 §4.1.
    pub candidates: Vec<SocketAddr>,
    /// Where a browser connects to that UDP does not reach (RFC 6544): we wait for it.
    pub connections: Vec<SocketAddr>,
    /// Our ICE credentials: those in use, or new ones for a new session.
    pub credentials: Credentials,
    /// The ones to use instead if the offer restarts ICE.
    pub next: Credentials,
    /// Our certificate.
    pub fingerprint: Fingerprint,
    /// What we speak, the best first: of these the first that the offer has is chosen.
    pub codecs: Vec<Codec>,
    /// The session id of `o=`: the same as long as the page's is.
    pub session: u64,
    /// The version of `o=`: one more with each answer.
    pub version: u64,
    /// The most that we want of the sound.
    pub direction: Direction,
    /// Whether pictures are taken and sent.
    pub video: bool,
    /// What was agreed on last; `None`: nothing yet.
    pub before: Option<Box<Agreed>>,
}

/// What was agreed on with a browser, seen from us.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// The sound.
    pub audio: Audio,
    /// The pictures, if both have them.
    pub video: Option<Video>,
    /// Our ICE credentials: one of the two that were brought.
    pub credentials: Credentials,
    /// Who it is.
    pub peer: Peer,
    /// What the payload types stand for, for the next negotiation.
    pub types: Types,
}

/// The sound that was agreed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// The codec of both ways.
    pub codec: Codec,
    /// Its payload type, both ways.
    pub payload_type: u8,
    /// What the peer asks of who sends it Opus.
    pub opus: Wishes,
    /// Telephone-event, if the browser has it.
    pub events: Option<Events>,
    /// Milliseconds of sound in each packet that we send.
    pub packet_time: u16,
    /// What we do.
    pub direction: Direction,
    /// The page does not want to hear us now.
    pub held: bool,
}

/// Why an offer of a browser cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What is wrong with any offer.
    #[error(transparent)]
    Offer(#[from] Refusal),
    /// Another transport than UDP/TLS/RTP/SAVPF.
    #[error("the audio is not offered over UDP/TLS/RTP/SAVPF")]
    Transport,
    /// Without `a=rtcp-mux`, which RFC 8834 §4.5 asks for.
    #[error("the audio is offered without a=rtcp-mux")]
    NoRtcpMux,
    /// `a=ice-ufrag` or `a=ice-pwd` is missing or too short (RFC 8839 §5.4).
    #[error("a=ice-ufrag and a=ice-pwd are missing or of the wrong length")]
    NoIce,
    /// Both sides are lite: nobody would check.
    #[error("the offer is of an ICE-lite agent, as ours is")]
    Lite,
    /// No `a=fingerprint:sha-256`, or one that cannot be read.
    #[error("no usable a=fingerprint:sha-256")]
    NoFingerprint,
    /// No `a=setup`, or one that begins nothing.
    #[error("a=setup is none of actpass, active, passive")]
    NoSetup,
    /// We have nowhere to receive.
    #[error("no candidate of ours")]
    NoCandidate,
}

/// Answers the offer of a page: the description to send back and what it means.
///
/// # Errors
/// Why there can be no session; the one there may be goes on as it was.
pub fn answer(local: &Local, offer: &str) -> Result<(String, Agreed), Refused> {
    let description = Description::parse(offer.as_bytes()).map_err(Refusal::from)?;
    let place = description.media.iter().position(is_audio);
    let place = place.ok_or(Refusal::NoAudio)?;
    let audio = description.media.get(place).ok_or(Refusal::NoAudio)?;
    if !audio.protocol.eq_ignore_ascii_case("UDP/TLS/RTP/SAVPF") {
        return Err(Refused::Transport);
    }
    if !audio.rtcp_mux {
        return Err(Refused::NoRtcpMux);
    }
    let before = local.before.as_deref();
    let peer = transport::peer(&description, audio, before)?;
    let credentials = match before {
        Some(before) if before.peer.credentials != peer.credentials => &local.next,
        Some(_) | None => &local.credentials,
    };
    let types = before.map_or_else(Types::default, |before| before.types.clone());
    let (formats, contents) = Formats::answered(audio, &local.codecs, &types)?;
    let bundle = transport::bundle(&description, audio);
    let video = local
        .video
        .then(|| video::choose(&description, &bundle, before));
    let (pictures, video) = video.flatten().unzip();

    let agreed = Agreed {
        audio: sound(&description, audio, &contents, local),
        video,
        credentials: credentials.clone(),
        peer,
        types: contents.types,
    };
    let ours = Ours {
        local,
        agreed: &agreed,
        bundle: &bundle,
    };
    let mut text = ours.head(&description.timing, audio)?;
    for (index, media) in description.media.iter().enumerate() {
        if index == place {
            ours.line(media, &formats.numbers(), &mut text);
            formats.write_attributes(&mut text);
            let _ = write!(text, "a={}\r\n", agreed.audio.direction.attribute());
        } else if let Some(video) = agreed.video.as_ref().filter(|_| pictures == Some(index)) {
            ours.line(media, &[video.payload_type], &mut text);
            video.write_attributes(&mut text);
        } else {
            refuse(media, &mut text);
        }
    }
    Ok((text, agreed))
}

fn is_audio(media: &Media) -> bool {
    media.kind.eq_ignore_ascii_case("audio") && media.port != 0
}

fn sound(offer: &Description, media: &Media, contents: &Contents, local: &Local) -> Audio {
    let theirs = media.direction.or(offer.direction).unwrap_or_default();
    Audio {
        codec: contents.codec,
        payload_type: contents.payload_type,
        opus: contents.opus,
        events: contents.events,
        packet_time: contents.packet_time,
        direction: theirs.reversed().and(local.direction),
        held: !theirs.receives(),
    }
}

/// As many media as the offer has, in its order; port 0 refuses (RFC 3264 §6).
fn refuse(media: &Media, text: &mut String) {
    let (kind, protocol) = (&media.kind, &media.protocol);
    let formats = media.formats.join(" ");
    let _ = write!(
        text,
        "m={kind} 0 {protocol} {formats}\r\nc=IN IP4 0.0.0.0\r\n"
    );
    if let Some(mid) = media.attribute("mid") {
        let _ = write!(text, "a=mid:{mid}\r\n");
    }
    text.push_str("a=inactive\r\n");
}

/// What all media lines of an answer have in common.
struct Ours<'a> {
    local: &'a Local,
    agreed: &'a Agreed,
    /// The names of the offer's media that share one way.
    bundle: &'a [&'a str],
}

impl Ours<'_> {
    /// Everything above the first media line.
    fn head(&self, timing: &str, audio: &Media) -> Result<String, Refused> {
        let Local {
            session, version, ..
        } = self.local;
        let default = self.local.candidates.first().ok_or(Refused::NoCandidate)?;
        let (family, address) = (family(default), default.ip());
        let mut text = format!(
            "v=0\r\no=- {session} {version} IN {family} {address}\r\ns=-\r\nt={timing}\r\n\
             a=ice-lite\r\na=msid-semantic: WMS *\r\n"
        );
        let video = self.agreed.video.as_ref().map(|video| video.mid.as_str());
        let mids = [audio.attribute("mid"), video].into_iter().flatten();
        let mids: Vec<&str> = mids.filter(|mid| self.bundle.contains(mid)).collect();
        if !mids.is_empty() {
            let _ = write!(text, "a=group:BUNDLE {}\r\n", mids.join(" "));
        }
        Ok(text)
    }

    /// A media line, and what its way is. That is the same for all, and said with each: RFC 8843
    /// §7.1.3 asks for it with the first only, but not every browser looks there for the others'.
    fn line(&self, media: &Media, numbers: &[u8], text: &mut String) {
        let Some(default) = self.local.candidates.first() else {
            return;
        };
        let (family, address) = (family(default), default.ip());
        let (kind, port) = (&media.kind, default.port());
        let _ = write!(text, "m={kind} {port} {}", media.protocol);
        for number in numbers {
            let _ = write!(text, " {number}");
        }
        let _ = write!(text, "\r\nc=IN {family} {address}\r\n");
        if let Some(mid) = media.attribute("mid") {
            let _ = write!(text, "a=mid:{mid}\r\n");
        }
        let Credentials { ufrag, password } = &self.agreed.credentials;
        let setup = match self.agreed.peer.role {
            Role::Server => "passive",
            Role::Client => "active",
        };
        let _ = write!(
            text,
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {}\r\n\
             a=setup:{setup}\r\n",
            self.local.fingerprint
        );
        let candidates = self.local.candidates.iter().take(MAX_CANDIDATES);
        for (index, candidate) in (0_u32..).zip(candidates) {
            // RFC 8445 §5.1.2.1: host candidates, the first of them the best.
            let priority = (126 << 24) + ((65_535 - index) << 8) + 255;
            let (address, port) = (candidate.ip(), candidate.port());
            let _ = write!(
                text,
                "a=candidate:{} 1 udp {priority} {address} {port} typ host\r\n",
                index + 1
            );
        }
        let connections = self.local.connections.iter().take(MAX_CANDIDATES);
        for (index, candidate) in (0_u32..).zip(connections) {
            // RFC 6544 §4.2: below all of UDP, and of its directions the passive one.
            let priority = (90 << 24) + (((4 << 13) + 8_191 - index) << 8) + 255;
            let (address, port) = (candidate.ip(), candidate.port());
            let _ = write!(
                text,
                "a=candidate:{} 1 tcp {priority} {address} {port} typ host tcptype passive\r\n",
                100 + index
            );
        }
        // The two tracks are one stream, so that a browser keeps lips and voice together.
        let _ = write!(
            text,
            "a=end-of-candidates\r\na=rtcp-mux\r\na=msid:cordboard {kind}\r\n"
        );
    }
}

fn family(address: &SocketAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::Offer(malformed.into())
    }
}

#[cfg(test)]
mod tests;

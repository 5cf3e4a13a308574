//! The offer and the answer: RFC 3264 §5 to §8.

use super::formats::{Agreed, Formats};
use super::{Connection, Description, Direction, Local, Malformed, Media, Negotiated, Refusal};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Answers an offer: the description to send back and what it means.
///
/// # Errors
/// Why there can be no session, with the status to respond with.
pub fn answer(offer: &[u8], local: &Local) -> Result<(Vec<u8>, Negotiated), Refusal> {
    let offer = Description::parse(offer)?;
    let taken = choose(&offer.media)?;
    let mut text = head(local, &offer.timing);
    let mut agreed = None;
    for (index, media) in offer.media.iter().enumerate() {
        if index == taken {
            let (formats, contents) = Formats::answered(media, local)?;
            let found = agree(&offer, media, local, contents)?;
            let direction = found.direction;
            Stream { formats, direction }.write(local.port, &mut text);
            agreed = Some(found);
        } else {
            // As many media as the offer has, in its order; port 0 refuses (RFC 3264 §6).
            let (kind, protocol) = (&media.kind, &media.protocol);
            let formats = media.formats.join(" ");
            let _ = write!(text, "m={kind} 0 {protocol} {formats}\r\n");
        }
    }
    let agreed = agreed.ok_or(Refusal::NoAudio)?;
    Ok((text.into_bytes(), agreed))
}

/// Offers all our codecs and telephone-event.
pub fn offer(local: &Local) -> Vec<u8> {
    let stream = Stream {
        formats: Formats::offered(local),
        direction: local.direction,
    };
    let mut text = head(local, "0 0");
    stream.write(local.port, &mut text);
    text.into_bytes()
}

/// Reads the answer to our offer.
///
/// # Errors
/// Why there can be no session.
pub fn accept(answer: &[u8], local: &Local) -> Result<Negotiated, Refusal> {
    let answer = Description::parse(answer)?;
    // Our offer has one media line, so the first of the answer belongs to it (RFC 3264 §6).
    let media = answer.media.first().ok_or(Refusal::NoAudio)?;
    usable(media)?;
    agree(&answer, media, local, Formats::accepted(media, local)?)
}

/// The first audio that can be taken; otherwise what is wrong with the first that cannot.
fn choose(media: &[Media]) -> Result<usize, Refusal> {
    let mut refusal = Refusal::NoAudio;
    for (index, media) in media.iter().enumerate() {
        match usable(media) {
            Ok(()) => return Ok(index),
            Err(why) if refusal == Refusal::NoAudio => refusal = why,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn usable(media: &Media) -> Result<(), Refusal> {
    let protocol = media.protocol.to_ascii_uppercase();
    if !media.kind.eq_ignore_ascii_case("audio") || media.port == 0 {
        Err(Refusal::NoAudio)
    } else if protocol.contains("SAVP") {
        Err(Refusal::Secure)
    } else if protocol != "RTP/AVP" {
        Err(Refusal::Transport)
    } else {
        Ok(())
    }
}

/// What follows from the peer's description of the stream, whether offered or answered.
fn agree(
    peer: &Description,
    media: &Media,
    local: &Local,
    contents: Agreed,
) -> Result<Negotiated, Refusal> {
    let address = address(peer, media, local)?;
    let said = media.direction.or(peer.direction).unwrap_or_default();
    // The hold of RFC 2543: an address that nothing can be sent to (RFC 3264 §8.4).
    let reachable = !address.is_unspecified();
    let theirs = Direction::of(said.sends(), said.receives() && reachable);

    let next_port = media.port.checked_add(1).unwrap_or(media.port);
    let (rtcp_port, rtcp_address) = media.rtcp.unwrap_or((next_port, None));
    let rtcp_address = rtcp_address.filter(|rtcp| rtcp.is_ipv4() == address.is_ipv4());
    Ok(Negotiated {
        remote: SocketAddr::new(address, media.port),
        rtcp: SocketAddr::new(rtcp_address.unwrap_or(address), rtcp_port),
        codec: contents.codec,
        payload_type: contents.payload_type,
        receive_type: contents.receive_type,
        opus: contents.opus,
        events: contents.events,
        packet_time: contents.packet_time,
        types: contents.types,
        direction: theirs.reversed().and(local.direction),
        held: !theirs.receives(),
    })
}

fn address(peer: &Description, media: &Media, local: &Local) -> Result<IpAddr, Refusal> {
    let address = match media.connection.or(peer.connection) {
        Some(Connection::Address(address)) => address,
        Some(Connection::Name) => return Err(Refusal::NamedAddress),
        None => return Err(Malformed::NoConnection.into()),
    };
    let is_broadcast = address == IpAddr::from([255, 255, 255, 255]);
    if address.is_multicast() || is_broadcast {
        Err(Refusal::NotUnicast)
    } else if address.is_ipv4() != local.address.is_ipv4() && !address.is_unspecified() {
        Err(Refusal::AddressFamily)
    } else {
        Ok(address)
    }
}

/// Everything above the first media line (RFC 8866 §5).
fn head(local: &Local, timing: &str) -> String {
    let Local {
        address,
        session,
        version,
        ..
    } = local;
    let family = if address.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=- {session} {version} IN {family} {address}\r\ns=-\r\n\
         c=IN {family} {address}\r\nt={timing}\r\n"
    )
}

/// A media line of ours with its attributes.
struct Stream {
    formats: Formats,
    direction: Direction,
}

impl Stream {
    fn write(&self, port: u16, text: &mut String) {
        let _ = write!(text, "m=audio {port} RTP/AVP");
        self.formats.write_numbers(text);
        text.push_str("\r\n");
        self.formats.write_attributes(text);
        let _ = write!(text, "a={}\r\n", self.direction.attribute());
    }
}

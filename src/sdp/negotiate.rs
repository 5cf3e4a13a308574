//! The offer and the answer: RFC 3264 §5 to §8.

use super::{Connection, Description, Direction, Local, Malformed, Media, Negotiated, Refusal};
use crate::audio::Codec;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// The payload type of telephone-event in our offers.
const EVENTS: u8 = 101;

/// The keys that we read and send: 0–9 * # A–D (RFC 4733 §3.2).
const KEYS: &str = "0-15";

/// Milliseconds in a packet where nobody says otherwise (RFC 3551 §4.2).
const PACKET_TIME: u16 = 20;

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
            let found = agree(&offer, media, local)?;
            let stream = Stream {
                codecs: &[(found.codec, found.payload_type)],
                events: found.events,
                packet_time: found.packet_time,
                direction: found.direction,
            };
            stream.write(local.port, &mut text);
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
    let with_type = |&codec: &Codec| (codec, codec.payload_type());
    let codecs: Vec<_> = local.codecs.iter().map(with_type).collect();
    let stream = Stream {
        codecs: &codecs,
        events: Some(EVENTS),
        packet_time: PACKET_TIME,
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
    agree(&answer, media, local)
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
fn agree(peer: &Description, media: &Media, local: &Local) -> Result<Negotiated, Refusal> {
    let address = address(peer, media, local)?;
    let known = |format: &String| {
        let payload_type = format.parse().ok()?;
        let codec = codec_of(payload_type, media)?;
        local
            .codecs
            .contains(&codec)
            .then_some((codec, payload_type))
    };
    let found = media.formats.iter().find_map(known);
    let (codec, payload_type) = found.ok_or(Refusal::NoCommonCodec)?;
    let packet_time = packet_time(media)?;

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
        codec,
        payload_type,
        events: events(media),
        packet_time,
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

/// The codec of a payload type: as its `a=rtpmap` says, or a static one without (RFC 3264 §5.1).
fn codec_of(payload_type: u8, media: &Media) -> Option<Codec> {
    let mut maps = media.rtpmaps.iter();
    match maps.find(|map| map.payload_type == payload_type) {
        Some(map) if map.channels == 1 => Codec::from_rtpmap(&map.name, map.rate),
        Some(_) => None,
        None => Codec::from_payload_type(payload_type),
    }
}

/// The payload type of telephone-event at the clock rate of our codecs, if it is on the media line.
fn events(media: &Media) -> Option<u8> {
    let offered = |payload_type: u8| {
        let mut types = media
            .formats
            .iter()
            .filter_map(|format| format.parse().ok());
        types.any(|format: u8| format == payload_type)
    };
    let fits = media.rtpmaps.iter().find(|map| {
        map.name.eq_ignore_ascii_case("telephone-event")
            && map.rate == Codec::Pcmu.clock_rate()
            // Two bits of the byte are taken: more would be read as a marker or as RTCP.
            && map.payload_type < 128
            && offered(map.payload_type)
    });
    fits.map(|map| map.payload_type)
}

/// What we send in a packet: what the peer wishes, on our beat, and no more than it takes.
fn packet_time(media: &Media) -> Result<u16, Refusal> {
    let wish = media.ptime.unwrap_or_else(|| PACKET_TIME.into());
    let most = media.maxptime.unwrap_or(200);
    if !(1..=200).contains(&wish) {
        return Err(Refusal::BadPtime(wish));
    }
    if most == 0 {
        return Err(Refusal::BadPtime(most));
    }
    let time = wish.min(most) as u16;
    Ok(if time < 20 { 10 } else { time / 20 * 20 })
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
struct Stream<'a> {
    codecs: &'a [(Codec, u8)],
    events: Option<u8>,
    packet_time: u16,
    direction: Direction,
}

impl Stream<'_> {
    fn write(&self, port: u16, text: &mut String) {
        let _ = write!(text, "m=audio {port} RTP/AVP");
        for (_, payload_type) in self.codecs {
            let _ = write!(text, " {payload_type}");
        }
        if let Some(payload_type) = self.events {
            let _ = write!(text, " {payload_type}");
        }
        text.push_str("\r\n");
        for (codec, payload_type) in self.codecs {
            let (name, rate) = (codec.name(), codec.clock_rate());
            let _ = write!(text, "a=rtpmap:{payload_type} {name}/{rate}\r\n");
        }
        if let Some(payload_type) = self.events {
            let _ = write!(text, "a=rtpmap:{payload_type} telephone-event/8000\r\n");
            let _ = write!(text, "a=fmtp:{payload_type} {KEYS}\r\n");
        }
        let (time, direction) = (self.packet_time, self.direction.attribute());
        let _ = write!(text, "a=ptime:{time}\r\na={direction}\r\n");
    }
}

//! The offer and the answer: RFC 3264 §5 to §8.

use super::formats::{Agreed, Formats};
use super::security::Crypto;
use super::{
    Connection, Description, Direction, Local, Malformed, Media, Negotiated, Profile, Refusal,
    RtcpMux,
};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Answers an offer: the description to send back and what it means.
///
/// # Errors
/// Why there can be no session, with the status to respond with.
pub fn answer(offer: &[u8], local: &Local) -> Result<(Vec<u8>, Negotiated), Refusal> {
    let offer = Description::parse(offer)?;
    let (taken, (profile, crypto)) = choose(&offer.media, local)?;
    let ours = facing(&offer, taken, local);
    let mut text = head(local, ours, &offer.timing);
    let mut agreed = None;
    for (index, media) in offer.media.iter().enumerate() {
        if index == taken {
            let (formats, contents) = Formats::answered(media, &local.codecs, &local.types)?;
            let (formats, contents) = match local.events {
                true => (formats, contents),
                false => (formats.without_events(), contents.without_events()),
            };
            let security = (profile, crypto.as_ref());
            let mux = local.rtcp_mux != RtcpMux::Off;
            let found = agree(&offer, media, local, contents, security, mux)?;
            let stream = Stream {
                formats,
                direction: found.direction,
                profile,
                rtcp_mux: found.rtcp_mux,
            };
            stream.write(local.port, &mut text);
            if let (Some(theirs), Some(keys)) = (&crypto, &found.crypto) {
                theirs.answer(keys, &mut text);
            }
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
        profile: local.security.offered(),
        rtcp_mux: local.rtcp_mux == RtcpMux::Offered,
    };
    let mut text = head(local, local.address, "0 0");
    stream.write(local.port, &mut text);
    text.push_str(&local.security.lines());
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
    let (profile, crypto) = local.security.accepts(media)?;
    let security = (profile, crypto.as_ref());
    let mux = local.rtcp_mux == RtcpMux::Offered;
    let contents = Formats::accepted(media, local)?;
    agree(&answer, media, local, contents, security, mux)
}

/// The first audio that can be taken, secure before plain; otherwise what is wrong with the first
/// that cannot.
#[allow(clippy::type_complexity)]
fn choose(media: &[Media], local: &Local) -> Result<(usize, (Profile, Option<Crypto>)), Refusal> {
    let mut refusal = Refusal::NoAudio;
    let mut plain = None;
    for (index, media) in media.iter().enumerate() {
        match usable(media).and_then(|()| local.security.answers(media)) {
            Ok((profile, None)) => plain = plain.or(Some((index, (profile, None)))),
            Ok(secure) => return Ok((index, secure)),
            Err(why) if refusal == Refusal::NoAudio => refusal = why,
            Err(_) => {}
        }
    }
    plain.ok_or(refusal)
}

fn usable(media: &Media) -> Result<(), Refusal> {
    let is_audio = media.kind.eq_ignore_ascii_case("audio") && media.port != 0;
    is_audio.then_some(()).ok_or(Refusal::NoAudio)
}

/// Our address of the peer's IP version, if we have one.
fn facing(peer: &Description, media: usize, local: &Local) -> IpAddr {
    let own = peer.media.get(media).and_then(|media| media.connection);
    let Some(Connection::Address(theirs)) = own.or(peer.connection) else {
        return local.address;
    };
    // An address that is none says nothing about the peer's IP version.
    let wanted = theirs.to_canonical();
    let fits = |ours: &IpAddr| ours.is_ipv4() == wanted.is_ipv4() && !wanted.is_unspecified();
    let other = local.other.filter(fits);
    other
        .filter(|_| !fits(&local.address))
        .unwrap_or(local.address)
}

/// What follows from the peer's description of the stream, whether offered or answered.
fn agree(
    peer: &Description,
    media: &Media,
    local: &Local,
    contents: Agreed,
    (profile, crypto): (Profile, Option<&Crypto>),
    mux: bool,
) -> Result<Negotiated, Refusal> {
    let address = address(peer, media, local)?;
    let said = media.direction.or(peer.direction).unwrap_or_default();
    // The hold of RFC 2543: an address that nothing can be sent to (RFC 3264 §8.4).
    let reachable = !address.is_unspecified();
    let theirs = Direction::of(said.sends(), said.receives() && reachable);

    // §4: where RTCP shares the port, the bytes of these types would be read as RTCP.
    let rtcp_mux = mux && media.rtcp_mux && !(64..=95).contains(&contents.payload_type);
    let next_port = media.port.checked_add(1).unwrap_or(media.port);
    let (rtcp_port, rtcp_address) = media.rtcp.unwrap_or((next_port, None));
    let rtcp_address = rtcp_address.filter(|rtcp| rtcp.is_ipv4() == address.is_ipv4());
    let remote = SocketAddr::new(address, media.port);
    let rtcp = SocketAddr::new(rtcp_address.unwrap_or(address), rtcp_port);
    Ok(Negotiated {
        remote,
        rtcp: if rtcp_mux { remote } else { rtcp },
        codec: contents.codec,
        payload_type: contents.payload_type,
        receive_type: contents.receive_type,
        opus: contents.opus,
        events: contents.events,
        packet_time: contents.packet_time,
        types: contents.types,
        direction: theirs.reversed().and(local.direction),
        held: !theirs.receives(),
        crypto: crypto.and_then(|theirs| local.security.agreed(theirs)),
        profile,
        rtcp_mux,
    })
}

fn address(peer: &Description, media: &Media, local: &Local) -> Result<IpAddr, Refusal> {
    let address = match media.connection.or(peer.connection) {
        Some(Connection::Address(address)) => address.to_canonical(),
        Some(Connection::Name) => return Err(Refusal::NamedAddress),
        None => return Err(Malformed::NoConnection.into()),
    };
    let fits = |ours: IpAddr| ours.is_ipv4() == address.is_ipv4();
    let reachable = fits(local.address) || local.other.is_some_and(fits);
    let is_broadcast = address == IpAddr::from([255, 255, 255, 255]);
    if address.is_multicast() || is_broadcast {
        Err(Refusal::NotUnicast)
    } else if !reachable && !address.is_unspecified() {
        Err(Refusal::AddressFamily)
    } else {
        Ok(address)
    }
}

/// Everything above the first media line (RFC 8866 §5).
fn head(local: &Local, address: IpAddr, timing: &str) -> String {
    let Local {
        session, version, ..
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
    profile: Profile,
    rtcp_mux: bool,
}

impl Stream {
    fn write(&self, port: u16, text: &mut String) {
        let _ = write!(text, "m=audio {port} {}", self.profile.name());
        self.formats.write_numbers(text);
        text.push_str("\r\n");
        self.formats.write_attributes(text);
        let _ = write!(text, "a={}\r\n", self.direction.attribute());
        if self.rtcp_mux {
            text.push_str("a=rtcp-mux\r\n");
        }
    }
}

//! The way that the media take: who the peer is in ICE and DTLS, and which media share it.

use super::{Agreed, Refused};
use crate::rtc::{Credentials, Fingerprint, Peer, Role};
use crate::sdp::{Description, Media};

/// The peer as the offer describes it for this media line, or for the whole session.
pub(super) fn peer(
    offer: &Description,
    media: &Media,
    before: Option<&Agreed>,
) -> Result<Peer, Refused> {
    if offer.attribute("ice-lite").is_some() {
        return Err(Refused::Lite);
    }
    let said = |name| media.attribute(name).or_else(|| offer.attribute(name));
    let (ufrag, password) = (said("ice-ufrag"), said("ice-pwd"));
    let (ufrag, password) = ufrag.zip(password).ok_or(Refused::NoIce)?;
    let fits = (4..=256).contains(&ufrag.len()) && (22..=256).contains(&password.len());
    let is_ice_char = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    if !fits || !ufrag.chars().chain(password.chars()).all(is_ice_char) {
        return Err(Refused::NoIce);
    }
    let prints = [&media.attributes, &offer.attributes].into_iter();
    let mut prints = prints.map(|level| level.iter().filter(|(name, _)| name == "fingerprint"));
    // What the media line says stands before what the session says (RFC 8122 §5).
    let print = prints.find_map(|mut level| level.find_map(|(_, value)| fingerprint(value)));
    let role = match said("setup") {
        // Whose turn it was stays as it is while the association does (RFC 8842 §5.3).
        Some("actpass") => before.map_or(Role::Server, |before| before.peer.role),
        Some("active") => Role::Server,
        Some("passive") => Role::Client,
        Some(_) | None => return Err(Refused::NoSetup),
    };
    Ok(Peer {
        credentials: Credentials {
            ufrag: ufrag.to_owned(),
            password: password.to_owned(),
        },
        fingerprint: print.ok_or(Refused::NoFingerprint)?,
        role,
    })
}

/// The names of the media that share the way of this one: `a=group:BUNDLE` (RFC 8843 §7.1).
pub(super) fn bundle<'o>(offer: &'o Description, media: &Media) -> Vec<&'o str> {
    let Some(mid) = media.attribute("mid") else {
        return vec![];
    };
    let groups = offer
        .attributes
        .iter()
        .filter(|(name, _)| name == "group")
        .filter_map(|(_, value)| value.strip_prefix("BUNDLE "))
        .map(|group| group.split_ascii_whitespace().collect::<Vec<_>>());
    let mut of_it = groups.filter(|group| group.contains(&mid));
    of_it.next().unwrap_or_default()
}

/// `sha-256 AB:CD:…`: RFC 8122 §5.
fn fingerprint(value: &str) -> Option<Fingerprint> {
    let (hash, digits) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut pairs = digits.trim().split(':');
    let mut bytes = [0; 32];
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2)?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(Fingerprint(bytes))
}

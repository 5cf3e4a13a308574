//! Browsers among the legs: one port for all of them, and whose a datagram is (RFC 7983).
//!
//! ```text
//!   first byte   0–3  STUN  ─▶ our user fragment names the leg ─▶ proved: its source is the leg's
//!              20–63  DTLS  ─▶ the source names the leg ─▶ keys
//!            128–191  SRTP  ─▶ the source names the leg ─▶ opened ─▶ sound, pictures, reports
//!          anything else, from anybody else ─▶ dropped and counted (H1, H2)
//! ```
//!
//! A browser that UDP does not reach sends the same as frames of a connection: the source is that, then.
//!
//! From there on a browser's leg is one like any: what differs is where its packets go, and that it
//! sends nothing before DTLS has proved whom it speaks to.

use super::engine::{Engine, SHARED, STREAMED};
use super::leg::Leg;
use super::secure::Secure;
use super::{Event, KeysBy, Out, Stream};
use crate::id::LegId;
use crate::rtc::{Certificate, Check, Credentials, Over, Remote, Session, Took};
use crate::rtp::srtp::Keys;
use crate::sdp::browser::Agreed;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// A source is not taken from a leg that it was checked for within so long.
const OWNED: Duration = Duration::from_secs(15);

/// Whose what is that comes to the shared port.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    /// Without one there are no browsers.
    certificate: Option<Certificate>,
    /// The slots by our user fragments, and by the sources that were proved.
    by_ufrag: BTreeMap<String, usize>,
    by_source: BTreeMap<Remote, usize>,
}

impl Browsers {
    pub(super) fn new(certificate: Certificate) -> Self {
        Self {
            certificate: Some(certificate),
            ..Self::default()
        }
    }

    /// The way of a new leg.
    pub(super) fn session(&self, ours: &Credentials) -> Option<Box<Session>> {
        let certificate = self.certificate.clone()?;
        Some(Box::new(Session::new(ours.clone(), certificate)))
    }

    /// Whether a leg is known by this name.
    pub(super) fn has(&self, ufrag: &str) -> bool {
        self.by_ufrag.contains_key(ufrag)
    }

    /// Files a leg under its names and sources as they are now.
    pub(super) fn file(&mut self, slot: usize, session: Option<&Session>) {
        self.by_ufrag.retain(|_, of| *of != slot);
        self.by_source.retain(|_, of| *of != slot);
        if let Some(session) = session {
            let names = session.ufrags().map(|ufrag| (ufrag.to_owned(), slot));
            self.by_ufrag.extend(names);
            let sources = session.remotes().map(|remote| (remote, slot));
            self.by_source.extend(sources);
        }
    }

    /// How many names and sources are filed under legs other than these.
    pub(super) fn strays(&self, legs: &[usize]) -> usize {
        let slots = self.by_ufrag.values().chain(self.by_source.values());
        slots.filter(|slot| !legs.contains(slot)).count()
    }
}

impl Engine {
    /// Browsers may come, and are shown this certificate.
    #[must_use]
    pub fn with_browsers(mut self, certificate: Certificate) -> Self {
        self.browsers = Browsers::new(certificate);
        self
    }

    /// What was agreed on with a page.
    pub(super) fn meet(&mut self, now: Instant, id: LegId, agreed: &Agreed, out: &mut Out) {
        let Some((slot, leg)) = self.named(id) else {
            let why = "no such leg";
            return out.events.push(Event::Failed { leg: id, why });
        };
        let Some(session) = &mut leg.browser else {
            let why = "the leg is no browser's";
            return out.events.push(Event::Failed { leg: id, why });
        };
        if session.meet(now, &agreed.credentials, &agreed.peer) {
            leg.void_keys();
        }
        self.describe(now, id, Stream::from(agreed), out);
        let (ssrc, start) = (self.random.u32(), self.random.u32());
        if let Some(leg) = self.leg(slot) {
            leg.agree_on_pictures(agreed.video.as_ref(), ssrc, start);
        }
        self.refile(slot);
    }

    /// A datagram came to the shared port, or a frame by a connection.
    pub(super) fn receive_shared(
        &mut self,
        now: Instant,
        from: Remote,
        datagram: &[u8],
        out: &mut Out,
    ) {
        match datagram.first() {
            Some(0..=3) => self.take_check(now, from, datagram, out),
            Some(20..=63) => {
                let Some(slot) = self.slot_at(from) else {
                    self.totals.refused += 1;
                    return;
                };
                let session = self.leg(slot).and_then(|leg| leg.browser.as_mut());
                if let Some(took) = session.map(|session| session.receive(now, datagram)) {
                    self.took(slot, took, out);
                }
            }
            Some(128..=191) => {
                // Before the keys nothing is anybody's, and never is anything plain (H22).
                let slot = self.slot_at(from);
                match slot.filter(|slot| self.leg(*slot).is_some_and(|leg| leg.is_secure())) {
                    Some(slot) => {
                        self.take_sealed(now, (slot, SHARED), from.address, datagram, out);
                    }
                    None => self.totals.refused += 1,
                }
            }
            Some(_) | None => self.totals.garbage += 1,
        }
    }

    /// The leg of the browser that has proved to be there: [`SHARED`] or [`STREAMED`], and its address.
    pub fn browser_at(&self, port: u16, from: SocketAddr) -> Option<LegId> {
        let slot = self.slot_at(remote(port, from)?)?;
        let leg = self.legs.get(slot)?.as_deref();
        leg.map(|leg| leg.id)
    }

    /// The leg that has proved to be there.
    fn slot_at(&self, from: Remote) -> Option<usize> {
        let slot = *self.browsers.by_source.get(&from)?;
        let session = self.browser(slot)?;
        session.knows(from).then_some(slot)
    }

    fn browser(&self, slot: usize) -> Option<&Session> {
        self.legs.get(slot)?.as_deref()?.browser.as_deref()
    }

    fn take_check(&mut self, now: Instant, from: Remote, datagram: &[u8], out: &mut Out) {
        let Some(check) = Check::read(datagram) else {
            self.totals.garbage += 1;
            return;
        };
        let slot = self.browsers.by_ufrag.get(check.to).copied();
        let owner = self.slot_at(from).filter(|owner| Some(*owner) != slot);
        let owner = owner.and_then(|owner| self.browser(owner));
        let taken = owner.is_some_and(|owner| owner.is_fresh(now, from, OWNED));
        let session = slot.filter(|_| !taken).and_then(|slot| self.leg(slot));
        let session = session.and_then(|leg| leg.browser.as_mut());
        let checked = session.and_then(|session| {
            let known = session.knows(from);
            let checked = session.check(now, from, &check)?;
            Some((checked, known != session.knows(from)))
        });
        let (Some(((answer, took), new)), Some(slot)) = (checked, slot) else {
            self.totals.refused += 1;
            return;
        };
        let (port, to) = local(from);
        out.packets.push(port, to, &answer, &[]);
        if new {
            self.refile(slot);
        }
        self.took(slot, took, out);
    }

    /// What has changed with a browser, and what DTLS has to say.
    fn took(&mut self, slot: usize, took: Took, out: &mut Out) {
        let Some(leg) = self.leg(slot) else { return };
        let id = leg.id;
        match took {
            Took::Nothing => {}
            Took::Keys(keys) => leg.secure_with(keys),
            Took::Lost => out.events.push(Event::Lost { leg: id }),
            Took::Found => out.events.push(Event::Found { leg: id }),
        }
        leg.send_handshake(out);
    }

    /// What the passing of time brings to browsers.
    pub(super) fn pass_browsers(&mut self, now: Instant, out: &mut Out) {
        if self.browsers.by_ufrag.is_empty() {
            return;
        }
        for slot in 0..self.legs.len() {
            let session = self.leg(slot).and_then(|leg| leg.browser.as_mut());
            if let Some(took) = session.map(|session| session.pass(now)) {
                self.took(slot, took, out);
            }
        }
    }

    pub(super) fn refile(&mut self, slot: usize) {
        let session = self.legs.get(slot).and_then(Option::as_deref);
        let session = session.and_then(|leg| leg.browser.as_deref());
        self.browsers.file(slot, session);
    }
}

impl Leg {
    /// Whether what is said now reaches the peer: of browsers, once DTLS is done.
    pub(super) fn is_reached(&self) -> bool {
        let reached = |session: &Session| session.target().is_some() && self.is_secure();
        self.browser.as_deref().is_none_or(reached)
    }

    /// The peer has proved itself, and these are the keys of both.
    fn secure_with(&mut self, keys: Keys) {
        self.secure = Secure::agreed(None, Some(keys));
    }

    /// Another peer is to come, with other keys; what was shown to the last one is not known to it.
    fn void_keys(&mut self) {
        (self.secure, self.pictures) = (None, None);
    }

    /// Sends what DTLS has to say to where the peer is.
    fn send_handshake(&mut self, out: &mut Out) {
        let Some(session) = &mut self.browser else {
            return;
        };
        while let Some(packet) = session.poll_transmit() {
            if let Some((port, to)) = session.target().map(local) {
                out.packets.push(port, to, &packet, &[]);
            }
        }
    }
}

/// Which of ours a browser's packet came to, as a source; `None`: it is no browser's.
pub(super) fn remote(port: u16, address: SocketAddr) -> Option<Remote> {
    let over = match port {
        SHARED => Over::Udp,
        STREAMED => Over::Tcp,
        _ => return None,
    };
    Some(Remote { over, address })
}

/// The port of ours, and where to send from it.
pub(super) fn local(remote: Remote) -> (u16, SocketAddr) {
    let port = match remote.over {
        Over::Udp => SHARED,
        Over::Tcp => STREAMED,
    };
    (port, remote.address)
}

impl From<&Agreed> for Stream {
    /// The sound of a browser. Where it is and its keys are for ICE and DTLS to find out.
    fn from(agreed: &Agreed) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let audio = &agreed.audio;
        Self {
            remote: nowhere,
            rtcp: nowhere,
            codec: audio.codec,
            payload_type: audio.payload_type,
            receive_type: audio.payload_type,
            opus: audio.opus,
            events: audio.events,
            keys_by: KeysBy::Stream,
            packet_time: audio.packet_time,
            sends: audio.direction.sends(),
            receives: audio.direction.receives(),
            crypto: None,
            rtcp_mux: true,
        }
    }
}

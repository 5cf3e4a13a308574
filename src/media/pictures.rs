//! Pictures between browsers: passed on as they come, never decoded. Who keeps them is in `film`.
//!
//! ```text
//!   a browser's packets ─▶ those who hear the leg, and have the same encoding
//!         ▲                  number, timestamp and name rewritten, as for sound
//!         └── a whole picture is wanted, packets are missing, so much comes through ◀─ their feedback
//! ```
//!
//! Who hears several sees the first of them that has pictures. Where a picture of somebody else begins,
//! its sender is asked for a whole one. Of several who see the same, the last one's estimate counts.

use super::Out;
use super::control::Moment;
use super::engine::Engine;
use super::leg::Leg;
use super::route::heard_legs;
use super::secure::depart;
use crate::id::LegId;
use crate::rtp::feedback::{self, Feedback};
use crate::rtp::rtcp::{Report, Sender};
use crate::rtp::{Arrival, Header, Packet, Reception, VideoCodec};
use crate::sdp::browser::Video;

/// Ticks of the timestamp (RFC 7741 §4.1, RFC 6184 §8.2.1), in 8 samples of our clock of 8 kHz.
const TICKS: u64 = 90;
const SAMPLES: u64 = 8;
/// Between two requests for a whole picture at least, in samples: 200 ms.
const PATIENCE: u64 = 1600;

/// The pictures of a leg: those its browser sends, and those it is shown.
#[derive(Debug)]
pub(super) struct Pictures {
    agreed: Video,
    /// What comes.
    reception: Reception,
    /// When a whole picture was asked for.
    asked: Option<u64>,
    /// The name of what we send.
    ssrc: u32,
    /// Who is shown, and how its packets are rewritten.
    shown: Option<Shown>,
    /// The last number and timestamp sent, and when.
    sequence: u16,
    timestamp: u32,
    sent_at: u64,
    packets: u32,
    octets: u32,
}

#[derive(Clone, Copy, Debug)]
struct Shown {
    of: LegId,
    ssrc: u32,
    /// Its packets before this one have no number here.
    first: u16,
    sequence: u16,
    timestamp: u32,
}

impl Pictures {
    fn new(agreed: Video, ssrc: u32, start: u32) -> Self {
        Self {
            agreed,
            reception: Reception::default(),
            asked: None,
            ssrc,
            shown: None,
            // A low number, so that losing the first packets hides no turn (RFC 3711 §3.3.1).
            sequence: start as u16 & 0x7fff,
            timestamp: start,
            sent_at: 0,
            packets: 0,
            octets: 0,
        }
    }

    /// The header under which a packet of another leg is sent on, and whether it is the first of that
    /// leg; `None` if it comes from before that.
    fn show(&mut self, clock: u64, of: LegId, theirs: &Header) -> Option<(Header, bool)> {
        let same = |shown: &Shown| (shown.of, shown.ssrc) == (of, theirs.ssrc);
        let (shown, begins) = match self.shown.filter(same) {
            Some(shown) => (shown, false),
            None => {
                let passed = clock.saturating_sub(self.sent_at) * TICKS / SAMPLES;
                let timestamp = self.timestamp.wrapping_add(passed as u32);
                let shown = Shown {
                    of,
                    ssrc: theirs.ssrc,
                    first: theirs.sequence,
                    sequence: self.sequence.wrapping_add(1).wrapping_sub(theirs.sequence),
                    timestamp: timestamp.wrapping_sub(theirs.timestamp),
                };
                self.shown = Some(shown);
                (shown, true)
            }
        };
        // Far behind the first one is after it, too: the numbers have turned.
        let before = shown.first.wrapping_sub(theirs.sequence);
        if (1..0x400).contains(&before) {
            return None;
        }
        let header = Header {
            payload_type: self.agreed.payload_type,
            sequence: theirs.sequence.wrapping_add(shown.sequence),
            timestamp: theirs.timestamp.wrapping_add(shown.timestamp),
            ssrc: self.ssrc,
            ..*theirs
        };
        if header.sequence.wrapping_sub(self.sequence) < 0x8000 {
            self.sequence = header.sequence;
            self.timestamp = header.timestamp;
            self.sent_at = clock;
        }
        Some((header, begins))
    }

    /// A report of both directions.
    fn report(&mut self, now: Moment) -> Report {
        let passed = now.clock.saturating_sub(self.sent_at) * TICKS / SAMPLES;
        let sender = (self.packets > 0).then(|| Sender {
            ntp: now.ntp,
            timestamp: self.timestamp.wrapping_add(passed as u32),
            packets: self.packets,
            octets: self.octets,
        });
        Report {
            ssrc: self.ssrc,
            sender,
            block: self.reception.block(),
        }
    }
}

impl Engine {
    /// Takes a packet of pictures and sends it on.
    pub(super) fn show(&mut self, slot: usize, clock: u64, packet: &Packet<'_>, out: &mut Out) {
        let Some(leg) = self.leg(slot) else { return };
        let id = leg.id;
        let Some((codec, arrival)) = leg.take_picture(clock, packet) else {
            return;
        };
        let mut begins = leg.expose(clock, (codec, arrival), packet, &mut out.chunks);
        self.totals.received += 1;
        let viewers = self.heard.range((id, LegId(0))..=(id, LegId(u64::MAX)));
        let viewers = viewers.filter_map(|(_, viewer)| self.names.get(viewer).copied());
        let viewers: Vec<usize> = viewers
            .filter(|viewer| self.sees(*viewer) == Some(id))
            .collect();
        for viewer in viewers {
            if let Some(viewer) = self.leg(viewer)
                && let Some(first) = viewer.send_picture(clock, (id, codec), packet, out)
            {
                begins |= first;
                self.totals.relayed += 1;
                self.totals.sent += 1;
            }
        }
        if begins && let Some(leg) = self.leg(slot) {
            leg.ask(clock, &Feedback::Refresh { media: 0 }, out);
        }
    }

    /// Passes on what a viewer has said.
    pub(super) fn hear_feedback(
        &mut self,
        slot: usize,
        clock: u64,
        datagram: &[u8],
        out: &mut Out,
    ) -> bool {
        let said = feedback::parse(datagram);
        let pictures = self.leg(slot).and_then(|leg| leg.pictures.as_deref());
        let Some((ssrc, shown)) = pictures.and_then(|p| Some((p.ssrc, p.shown?))) else {
            return !said.is_empty();
        };
        let sender = self.named(shown.of).map(|(slot, _)| slot);
        for feedback in &said {
            let meant = match feedback {
                Feedback::Refresh { media } if *media == ssrc => {
                    Feedback::Refresh { media: shown.ssrc }
                }
                Feedback::Lost { media, numbers } if *media == ssrc => Feedback::Lost {
                    media: shown.ssrc,
                    numbers: numbers
                        .iter()
                        .map(|number| number.wrapping_sub(shown.sequence))
                        .collect(),
                },
                Feedback::Estimate { bits } => Feedback::Estimate { bits: *bits },
                Feedback::Refresh { .. } | Feedback::Lost { .. } => continue,
            };
            if let Some(leg) = sender.and_then(|slot| self.leg(slot)) {
                leg.ask(clock, &meant, out);
            }
        }
        !said.is_empty()
    }

    /// Whom a leg sees: the first whom it hears and who has pictures.
    fn sees(&self, slot: usize) -> Option<LegId> {
        let leg = self.legs.get(slot)?.as_deref()?;
        let mut heard = heard_legs(&leg.source).iter().copied();
        heard.find(|id| {
            let slot = self.names.get(id);
            let leg = slot.and_then(|slot| self.legs.get(*slot)?.as_deref());
            leg.is_some_and(|leg| leg.pictures.is_some())
        })
    }
}

impl Leg {
    /// Takes what was agreed on about pictures. What has not changed goes on.
    pub(super) fn agree_on_pictures(&mut self, agreed: Option<&Video>, ssrc: u32, start: u32) {
        let Some(agreed) = agreed else {
            self.pictures = None;
            return;
        };
        match &mut self.pictures {
            Some(pictures) => pictures.agreed = agreed.clone(),
            None => self.pictures = Some(Box::new(Pictures::new(agreed.clone(), ssrc, start))),
        }
    }

    /// Whether a packet of this type is one of pictures.
    pub(super) fn is_picture(&self, payload_type: u8) -> bool {
        let pictures = self.pictures.as_ref();
        pictures.is_some_and(|pictures| pictures.agreed.payload_type == payload_type)
    }

    /// Counts a packet of pictures; their encoding and its place, if it is to be looked at.
    fn take_picture(&mut self, clock: u64, packet: &Packet<'_>) -> Option<(VideoCodec, Arrival)> {
        let pictures = self.pictures.as_mut()?;
        if !pictures.agreed.direction.receives() {
            self.refuse();
            return None;
        }
        let Header { ssrc, sequence, .. } = packet.header;
        let arrival = pictures.reception.update(ssrc, sequence, None, clock);
        match arrival {
            Arrival::New(_) | Arrival::Late(_) | Arrival::Restarted(_) => {
                Some((pictures.agreed.codec, arrival))
            }
            Arrival::Repeated | Arrival::Stranger => None,
        }
    }

    /// Sends a packet of another leg's pictures on; whether it is the first of them.
    fn send_picture(
        &mut self,
        clock: u64,
        (of, codec): (LegId, VideoCodec),
        packet: &Packet<'_>,
        out: &mut Out,
    ) -> Option<bool> {
        let (port, to) = self.way().filter(|_| self.is_reached())?;
        let pictures = self.pictures.as_mut()?;
        if !pictures.agreed.direction.sends() || pictures.agreed.codec != codec {
            return None;
        }
        let (header, begins) = pictures.show(clock, of, &packet.header)?;
        pictures.packets = pictures.packets.wrapping_add(1);
        pictures.octets = pictures.octets.wrapping_add(packet.payload.len() as u32);
        depart(&mut self.secure, port, to, &header, packet.payload, out);
        Some(begins)
    }

    /// Says something to the sender of pictures, if it understands it.
    pub(super) fn ask(&mut self, clock: u64, feedback: &Feedback, out: &mut Out) {
        let Some((port, to)) = self.way().filter(|_| self.is_reached()) else {
            return;
        };
        let Some(pictures) = &mut self.pictures else {
            return;
        };
        let (ours, media) = (pictures.ssrc, pictures.reception.ssrc());
        let (Some(media), Some(session)) = (media, &self.session) else {
            return;
        };
        let known = pictures.agreed.feedback;
        let fits = match feedback {
            Feedback::Refresh { .. } => {
                let rested = pictures.asked.is_none_or(|at| clock >= at + PATIENCE);
                if rested {
                    pictures.asked = Some(clock);
                }
                rested && known.pli
            }
            Feedback::Lost { .. } => known.nack,
            Feedback::Estimate { .. } => known.remb,
        };
        if !fits {
            return;
        }
        let head = Report {
            ssrc: ours,
            ..Report::default()
        };
        let write = |bytes: &mut Vec<u8>| {
            head.write(session.control.cname(), false, bytes);
            feedback.write(ours, media, bytes);
        };
        let secure = &mut self.secure;
        out.packets.push_sealed(port, to, write, |bytes, start| {
            secure
                .as_mut()
                .is_some_and(|secure| secure.seal_report(bytes, start))
        });
    }

    /// Sends a report about the pictures beside that about the sound.
    pub(super) fn report_pictures(&mut self, now: Moment, out: &mut Out) {
        let Some((port, to)) = self.way().filter(|_| self.is_reached()) else {
            return;
        };
        let (Some(pictures), Some(session)) = (&mut self.pictures, &self.session) else {
            return;
        };
        let report = pictures.report(now);
        let write = |bytes: &mut Vec<u8>| report.write(session.control.cname(), false, bytes);
        let secure = &mut self.secure;
        out.packets.push_sealed(port, to, write, |bytes, start| {
            secure
                .as_mut()
                .is_some_and(|secure| secure.seal_report(bytes, start))
        });
    }
}

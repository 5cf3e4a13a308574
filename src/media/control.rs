//! RTCP of one leg: our reports every five seconds or so, and what the peer's say of us.

use super::Out;
use super::latch::Latch;
use super::leg::{Leg, reachable};
use super::outbound::Outbound;
use crate::random::Random;
use crate::rtp::Reception;
use crate::rtp::rtcp::{self, Report, Sender};
use std::net::SocketAddr;
use std::time::Instant;

/// Between two reports, in samples, times a random factor from 0.5 to 1.5 (RFC 3550 §6.3.1).
const INTERVAL: u64 = 5 * 8000;

/// The state of the reports.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) latch: Latch,
    cname: String,
    /// When to report next, on the engine's clock.
    due: u64,
    /// The middle of the peer's last NTP time, and when it came.
    heard: Option<(u32, u64)>,
    /// The last round trip in milliseconds.
    pub(super) round_trip_ms: Option<f32>,
    /// What share of our packets the peer lost.
    pub(super) remote_loss: Option<f32>,
}

/// A moment on the two clocks that reports are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The engine's clock, in samples.
    pub(super) clock: u64,
    /// Wall-clock seconds since 1900 and their fraction.
    pub(super) ntp: u64,
}

impl Control {
    /// Reports go to this address, for the first time after half an interval.
    pub(super) fn new(to: SocketAddr, clock: u64, random: &mut Random) -> Self {
        Self {
            latch: Latch::new(to),
            // A name that tells nothing of us (RFC 7022 §4.2).
            cname: random.hex(16),
            due: clock + INTERVAL / 4 + random.below(INTERVAL / 2),
            heard: None,
            round_trip_ms: None,
            remote_loss: None,
        }
    }

    /// The name that all our streams to this peer share (RFC 3550 §6.5.1).
    pub(super) fn cname(&self) -> &str {
        &self.cname
    }

    /// Whether a report is due; then the next one is fixed.
    pub(super) fn is_due(&mut self, clock: u64, random: &mut Random) -> bool {
        let due = clock >= self.due;
        if due {
            self.due = clock + INTERVAL / 2 + random.below(INTERVAL);
        }
        due
    }

    /// Writes a report, the last one with a BYE.
    pub(super) fn write(
        &self,
        now: Moment,
        sent: &Outbound,
        heard: &mut Reception,
        bye: bool,
        out: &mut Vec<u8>,
    ) {
        let mut block = heard.block();
        if let (Some(block), Some((last, at))) = (&mut block, self.heard) {
            block.last_report = last;
            let delay = now.clock.saturating_sub(at).saturating_mul(65_536) / 8000;
            block.delay = u32::try_from(delay).unwrap_or(u32::MAX);
        }
        let sender = (sent.packets > 0).then(|| Sender {
            ntp: now.ntp,
            timestamp: sent.timestamp_at(now.clock),
            packets: sent.packets as u32,
            octets: sent.octets as u32,
        });
        let report = Report {
            ssrc: sent.ssrc,
            sender,
            block,
        };
        report.write(&self.cname, bye, out);
    }

    /// Takes what the peer said.
    pub(super) fn hear(&mut self, now: Moment, heard: rtcp::Heard, sent: &Outbound) {
        let Some(report) = heard.report else { return };
        if let Some(sender) = report.sender {
            self.heard = Some(((sender.ntp >> 16) as u32, now.clock));
        }
        if let Some(block) = report.block {
            let lost = block.lost.max(0) as f32 / sent.packets.max(1) as f32;
            self.remote_loss = Some(lost.min(1.0));
            if let Some(trip) = rtcp::round_trip_ms(&block, now.ntp) {
                self.round_trip_ms = Some(trip);
            }
        }
    }
}

impl Leg {
    /// Sends an RTCP report.
    pub(super) fn report(&mut self, now: Moment, bye: bool, out: &mut Out) {
        let Some(session) = &self.session else { return };
        let way = match session.stream.rtcp_mux {
            true => self.way(),
            false => Some((self.port + 1, session.control.latch.target())),
        };
        let Some((port, to)) = way.filter(|(_, to)| reachable(*to) && self.is_reached()) else {
            return;
        };
        let (control, heard) = (&session.control, &mut self.reception);
        let write = |bytes: &mut Vec<u8>| control.write(now, &self.outbound, heard, bye, bytes);
        out.packets.push_sealed(port, to, write, |bytes, start| {
            let secure = self.secure.as_mut();
            secure.is_none_or(|secure| secure.seal_report(bytes, start))
        });
    }

    /// Takes RTCP. `shared`: it came to the RTP port, so that the RTP source vouches for it.
    pub(super) fn hear_report(
        &mut self,
        now: Instant,
        moment: Moment,
        from: SocketAddr,
        datagram: &[u8],
        shared: bool,
    ) -> bool {
        let Some(heard) = rtcp::parse(datagram, self.outbound.ssrc) else {
            return false;
        };
        let vouched = shared && self.knows(from);
        let Some(session) = &mut self.session else {
            return true;
        };
        if vouched || !shared && session.control.latch.accepts(now, from) {
            session.control.hear(moment, heard, &self.outbound);
        } else {
            self.refused += 1;
        }
        true
    }
}

//! The engine: legs, who hears whom, and the three ways time passes: command, packet, beat.

use super::{Command, Out};
use crate::clock::Clock;
use crate::random::Random;
use std::net::SocketAddr;
use std::time::Instant;

/// The media of many calls: one value, driven by one worker.
#[derive(Debug)]
pub struct Engine {}

/// What an engine has done since it was made, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// RTP packets taken.
    pub received: u64,
    /// RTP packets sent, the relayed ones among them.
    pub sent: u64,
    /// Packets passed on when they arrived.
    pub relayed: u64,
    /// Packets from strangers, or of a wrong payload type.
    pub refused: u64,
    /// Datagrams that are no RTP or RTCP, too large, or for a port that is nobody's.
    pub garbage: u64,
    /// Beats left out since the process stood still.
    pub skipped: u64,
}

impl Engine {
    /// An engine without legs. `clock` is asked for the wall-clock time in RTCP.
    pub fn new(random: Random, clock: Clock, now: Instant) -> Self {
        todo!()
    }

    /// Obeys the switch.
    pub fn command(&mut self, now: Instant, command: Command, out: &mut Out) {
        todo!()
    }

    /// A datagram came to our `port`: RTP on the even one, RTCP on the odd one.
    pub fn receive(
        &mut self,
        now: Instant,
        port: u16,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut Out,
    ) {
        todo!()
    }

    /// To be called every [`super::BEAT`] while there are legs; not more often, and later is made up
    /// for by at most a few frames.
    pub fn beat(&mut self, now: Instant, out: &mut Out) {
        todo!()
    }

    /// Whether there is no leg, so that no beat is needed.
    pub fn is_idle(&self) -> bool {
        todo!()
    }

    /// How many legs there are.
    pub fn legs(&self) -> usize {
        todo!()
    }

    /// What was done so far.
    pub fn totals(&self) -> Totals {
        todo!()
    }

    /// The invariants: what must hold after every call, whatever came before.
    pub fn check(&self) {
        todo!()
    }
}

//! When the thread beats, and how it rests between beats.
//!
//! ```text
//!   few packets:  wait for sockets ▪──▪────▪──▪──▪ beat     each packet at once, each a wake-up
//!   many packets: nap ▪▪▪▪▪ nap ▪▪▪▪▪ nap ▪▪▪▪▪▪▪ beat     several packets a wake-up
//! ```
//!
//! A wake-up costs the time of ten packets, and many times that on a virtual machine that must
//! leave its halt. So under load the thread sleeps for a fixed time and then finds several packets.

use crate::media::BEAT;
use std::time::{Duration, Instant};

/// What a forwarded packet may wait under load: half of it at the median.
const NAP: Duration = Duration::from_micros(800);

/// What packets may wait that nobody is to hear at once (music plays to their senders). Not more,
/// as their arrival is measured: this adds at most 1.4 ms to the jitter reported.
const LONG_NAP: Duration = Duration::from_millis(4);

/// The grid of beats, and what the last one tells about the load.
#[derive(Debug)]
pub(super) struct Pace {
    next: Instant,
    /// Packets since the last beat.
    received: u32,
    forwarded: bool,
    /// How to rest until the next beat.
    nap: Option<Duration>,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            next: now + BEAT,
            received: 0,
            forwarded: false,
            nap: None,
        }
    }

    /// A packet came, and was passed on at once or not.
    pub(super) fn count(&mut self, forwarded: bool) {
        self.received += 1;
        self.forwarded |= forwarded;
    }

    /// How long until the next beat.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Under load: how long to sleep now. The time to the next beat is divided evenly.
    pub(super) fn nap(&self, now: Instant) -> Option<Duration> {
        let nap = self.nap?;
        let rest = self.rest(now);
        let parts = rest.as_nanos().div_ceil(nap.as_nanos()).max(1);
        Some(rest / u32::try_from(parts).unwrap_or(1))
    }

    /// If a beat is due: how many before it were missed. They are not made up for in a burst, and
    /// the grid stays as it was (F20).
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        let late = now.checked_duration_since(self.next)?;
        let missed = u32::try_from(late.as_nanos() / BEAT.as_nanos()).unwrap_or(u32::MAX - 1);
        self.next += BEAT * (missed + 1);
        let nap = if self.forwarded { NAP } else { LONG_NAP };
        // Naps pay when most of them find more than one packet.
        let naps = BEAT.as_nanos() / nap.as_nanos();
        self.nap = (2 * u128::from(self.received) >= 3 * naps).then_some(nap);
        (self.received, self.forwarded) = (0, false);
        Some(u64::from(missed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn beats_keep_their_grid_and_are_left_out_when_missed() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(pace.due(start + ms(19)), None);
        assert_eq!(pace.due(start + ms(23)), Some(0));
        assert_eq!(pace.rest(start + ms(23)), ms(17));
        assert_eq!(pace.due(start + ms(40)), Some(0));
        assert_eq!(
            pace.due(start + ms(10_061)),
            Some(500),
            "frozen for ten seconds"
        );
        assert_eq!(pace.due(start + ms(10_062)), None);
        assert_eq!(pace.rest(start + ms(10_062)), ms(18));
    }

    /// How the pace rests 3 ms after a beat that had so many packets.
    fn nap(packets: u32, forwarded: bool) -> Option<Duration> {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        (0..packets).for_each(|_| pace.count(forwarded));
        pace.due(start + ms(20));
        pace.nap(start + ms(23))
    }

    #[test]
    fn few_packets_are_handled_as_they_come() {
        assert_eq!(nap(0, false), None);
        assert_eq!(nap(37, true), None);
        assert_eq!(nap(7, false), None);
    }

    #[test]
    fn many_packets_are_waited_for_shorter_if_somebody_hears_them() {
        assert_eq!(nap(38, true), Some(ms(17) / 22));
        assert_eq!(nap(8, false), Some(ms(17) / 5));
    }

    #[test]
    fn no_nap_passes_a_beat() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        (0..100).for_each(|_| pace.count(true));
        pace.due(start + ms(20));
        let mut now = start + ms(20);
        for _ in 0..BEAT.as_micros() / NAP.as_micros() {
            let nap = pace.nap(now).expect("busy");
            assert!(nap <= NAP);
            now += nap;
        }
        assert_eq!(pace.due(now), Some(0));
    }
}

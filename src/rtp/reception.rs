//! How a stream arrives: numbers, jitter, and what a receiver report says of them (RFC 3550 §6.4.1).

use super::rtcp::Block;
use super::sequence::{Arrival, Sequence};

/// The reception of one stream. Arrivals are in samples of 8 kHz, on any clock that runs evenly.
#[derive(Clone, Debug)]
pub struct Reception {
    /// The source now heard, with its numbers.
    source: Option<(u32, Sequence)>,
    /// Ticks of the timestamps in each sample.
    ticks: u32,
    /// Transit of the last packet: arrival less timestamp, in ticks, modulo 2^32.
    transit: Option<u32>,
    /// Interarrival jitter in ticks, times 16 (RFC 3550 A.8).
    jitter: u32,
}

impl Default for Reception {
    fn default() -> Self {
        Self {
            source: None,
            ticks: 1,
            transit: None,
            jitter: 0,
        }
    }
}

impl Reception {
    /// From now on the timestamps have so many ticks in each sample of 8 kHz.
    pub fn set_ticks(&mut self, ticks: u32) {
        if self.ticks != ticks {
            self.jitter =
                (u64::from(self.jitter) * u64::from(ticks) / u64::from(self.ticks)) as u32;
            (self.ticks, self.transit) = (ticks, None);
        }
    }

    /// Counts a packet. A new SSRC is a restart. Without a timestamp it tells nothing of jitter.
    pub fn update(
        &mut self,
        ssrc: u32,
        number: u16,
        timestamp: Option<u32>,
        arrival: u64,
    ) -> Arrival {
        let what = match &mut self.source {
            Some((known, sequence)) if *known == ssrc => sequence.update(number),
            Some((known, sequence)) => {
                *known = ssrc;
                sequence.restart(number);
                Arrival::Restarted(0x1_0000 + u64::from(number))
            }
            None => {
                self.source = Some((ssrc, Sequence::new(number)));
                Arrival::New(0x1_0000 + u64::from(number))
            }
        };
        match what {
            Arrival::New(_) | Arrival::Late(_) => {
                if let Some(timestamp) = timestamp {
                    self.jitter(timestamp, arrival);
                }
            }
            Arrival::Restarted(_) => self.transit = None,
            Arrival::Repeated | Arrival::Stranger => {}
        }
        what
    }

    /// The SSRC now heard.
    pub fn ssrc(&self) -> Option<u32> {
        self.source.as_ref().map(|(ssrc, _)| *ssrc)
    }

    /// Packets that have come, and those that have not.
    pub fn received_and_lost(&self) -> (u64, u64) {
        let sequence = self.source.as_ref().map(|(_, sequence)| sequence);
        sequence.map_or((0, 0), |sequence| (sequence.received(), sequence.lost()))
    }

    /// Interarrival jitter in samples of 8 kHz.
    pub fn jitter_samples(&self) -> f32 {
        self.jitter as f32 / (16 * self.ticks) as f32
    }

    /// The block of the next report; `None` before the first packet. The two fields about the
    /// peer's last sender report are left 0.
    pub fn block(&mut self) -> Option<Block> {
        let (ssrc, sequence) = self.source.as_mut()?;
        Some(Block {
            ssrc: *ssrc,
            fraction_lost: sequence.fraction_lost(),
            lost: sequence.lost().min(0x7f_ffff) as i32,
            highest: sequence.highest(),
            jitter: self.jitter >> 4,
            last_report: 0,
            delay: 0,
        })
    }

    fn jitter(&mut self, timestamp: u32, arrival: u64) {
        let arrival = (arrival as u32).wrapping_mul(self.ticks);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let step = (transit.wrapping_sub(before) as i32).unsigned_abs();
            // A jump of the timestamps by more than a second is no jitter.
            if step < 8000 * self.ticks {
                self.jitter = self.jitter + step - ((self.jitter + 8) >> 4);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_packets_have_no_jitter_and_uneven_ones_settle_at_it() {
        let mut reception = Reception::default();
        (0..500u32).for_each(|n| {
            reception.update(1, n as u16, Some(n * 160), u64::from(n) * 160);
        });
        assert_eq!(reception.jitter_samples(), 0.0);
        (500..2000u32).for_each(|n| {
            let arrival = u64::from(n) * 160 + u64::from(n % 2) * 80;
            reception.update(1, n as u16, Some(n * 160), arrival);
        });
        assert!((reception.jitter_samples() - 80.0).abs() < 2.0);
    }

    #[test]
    fn jitter_is_reported_in_ticks_and_known_in_samples() {
        let mut reception = Reception::default();
        reception.set_ticks(6);
        (0..2000u32).for_each(|n| {
            let arrival = u64::from(n) * 160 + u64::from(n % 2) * 80;
            reception.update(1, n as u16, Some(n * 960), arrival);
        });
        assert!((reception.jitter_samples() - 80.0).abs() < 2.0);
        let block = reception.block().expect("heard");
        assert!(block.jitter.abs_diff(480) < 12, "{}", block.jitter);
        reception.set_ticks(1);
        assert!((reception.jitter_samples() - 80.0).abs() < 2.0);
    }

    #[test]
    fn a_new_ssrc_starts_anew_and_keeps_the_sums() {
        let mut reception = Reception::default();
        reception.update(1, 10, Some(0), 0);
        reception.update(1, 12, Some(320), 320);
        let what = reception.update(2, 50_000, None, 480);
        assert_eq!(what, Arrival::Restarted(0x1_c350));
        assert_eq!(reception.received_and_lost(), (3, 1));
        let block = reception.block().expect("heard");
        assert_eq!((block.ssrc, block.lost, block.highest), (2, 1, 50_000));
    }
}

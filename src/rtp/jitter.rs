//! The playout buffer: uneven packets in, one even frame of 20 ms out at each beat.
//!
//! ```text
//!   timestamps ─────┬───────────────┬──────────────────────┬─────▶
//!                   next            now − base − target    newest packet
//!                   what is heard   what should be
//! ```
//!
//! `base` is the shortest transit (arrival less timestamp) of the last seconds, `target` how much
//! longer the slowest packets took. Where `next` should be follows from the clock, so a sender
//! whose clock drifts, a path that becomes longer and jitter that comes and goes are one case: the
//! position is wrong by some samples, and a frame is left out or put in, in a pause if there is one.

use super::Timestamps;
use crate::audio::{Concealer, FRAME};
use std::fmt;

/// The memory: about a second. A power of two.
const RING: usize = 8192;
/// The delay that is added to the shortest transit: at least, at first, and at most.
const DELAY: std::ops::RangeInclusive<i64> = 160..=1600;
const FIRST_DELAY: i64 = 320;
/// Added to the spread, since the beat and the packets are not in step.
const MARGIN: i64 = 80;
/// Transits are remembered for so many seconds.
const SECONDS: usize = 8;
/// A packet that is so far from the others belongs to another time line.
const JUMP: i64 = 8000;
/// So many late packets in a row are a new, longer path and not jitter.
const LATE_IN_ROW: u8 = 5;
/// After so many missing frames there is nothing left to go on from.
const MISSING: u32 = 5;
/// Below this no one hears a frame that is left out: −42 dBFS.
const QUIET: u16 = 256;

/// What a frame is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// What was sent.
    Sound,
    /// What might have been sent.
    Concealed,
    /// Nothing was there for a while.
    Silence,
}

/// The buffer of one stream. All times are in samples, on a clock that runs evenly.
pub struct Playout {
    ring: Box<[i16; RING]>,
    /// A bit for each sample of the ring that has come and was not heard.
    present: Box<[u64; RING / 64]>,
    stamps: Timestamps,
    /// The next sample to be heard.
    next: Option<i64>,
    transits: Transits,
    concealer: Concealer,
    missing: u32,
    late_in_row: u8,
    late: u64,
}

impl Default for Playout {
    fn default() -> Self {
        Self {
            ring: Box::new([0; RING]),
            present: Box::new([0; RING / 64]),
            stamps: Timestamps::default(),
            next: None,
            transits: Transits::default(),
            concealer: Concealer::new(),
            missing: MISSING,
            late_in_row: 0,
            late: 0,
        }
    }
}

impl fmt::Debug for Playout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Playout");
        text.field("next", &self.next).field("late", &self.late);
        text.finish_non_exhaustive()
    }
}

impl Playout {
    /// Takes a packet, in any order, decoded.
    pub fn insert(&mut self, arrival: u64, timestamp: u32, samples: &[i16]) {
        let arrival = arrival as i64;
        let mut at = self.stamps.extend(timestamp);
        let transit = arrival - at;
        let base = self.transits.base(arrival);
        if base.is_none_or(|base| (transit - base).abs() > JUMP) || self.late_in_row == LATE_IN_ROW
        {
            self.reset();
            at = self.stamps.extend(timestamp);
        }
        self.transits.add(arrival, arrival - at);
        let next = *self.next.get_or_insert(at - FIRST_DELAY);
        let end = at + samples.len() as i64;
        if end <= next {
            self.late += 1;
            self.late_in_row += 1;
            return;
        }
        self.late_in_row = 0;
        self.put(next, at, samples);
    }

    /// Takes what stands for packets that were lost, for as much of their time as is not over. It
    /// tells nothing of the path.
    pub fn fill_in(&mut self, timestamp: u32, samples: &[i16]) {
        if let Some(next) = self.next.filter(|_| !samples.is_empty()) {
            let at = self.stamps.extend(timestamp);
            self.put(next, at, samples);
        }
    }

    fn put(&mut self, next: i64, at: i64, samples: &[i16]) {
        if at + samples.len() as i64 - next > RING as i64 {
            return;
        }
        for (&sample, at) in samples.iter().zip(at..).filter(|(_, at)| *at >= next) {
            let index = index(at);
            self.ring[index] = sample;
            self.present[index / 64] |= 1 << (index % 64);
        }
    }

    /// Gives the next frame.
    pub fn pull(&mut self, now: u64, frame: &mut [i16; FRAME]) -> Pulled {
        let now = now as i64;
        let (Some(mut next), Some(base)) = (self.next, self.transits.base(now)) else {
            return self.fill(frame);
        };
        let error = now - base - self.transits.delay() - next;
        let pause = self.is_quiet(next);
        if error >= 160 && pause || error >= 480 {
            // Behind: one frame is left out, or many at once if they are of no use any more.
            let skip = if error > 2400 { error } else { FRAME as i64 };
            self.forget(next, skip);
            next += skip;
        } else if error <= -80 && pause || error <= -160 {
            // Ahead: one frame is put in.
            return self.fill(frame);
        }
        self.next = Some(next + FRAME as i64);
        let mut came = 0;
        for (sample, at) in frame.iter_mut().zip(next..) {
            let index = index(at);
            let bit = 1 << (index % 64);
            let here = self.present[index / 64] & bit != 0;
            self.present[index / 64] &= !bit;
            came += usize::from(here);
            *sample = if here { self.ring[index] } else { 0 };
        }
        if came == 0 {
            return self.fill(frame);
        }
        self.missing = 0;
        self.concealer.hear(frame);
        Pulled::Sound
    }

    /// Packets that came when their time was over.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// The source has begun anew: its timestamps mean something else.
    pub fn reset(&mut self) {
        self.present.fill(0);
        self.stamps = Timestamps::default();
        self.next = None;
        self.transits = Transits::default();
        self.late_in_row = 0;
    }

    fn fill(&mut self, frame: &mut [i16; FRAME]) -> Pulled {
        self.missing = self.missing.saturating_add(1);
        if self.missing > MISSING {
            frame.fill(0);
            return Pulled::Silence;
        }
        self.concealer.conceal(frame);
        Pulled::Concealed
    }

    /// Whether the frame at a position is missing or next to silent.
    fn is_quiet(&self, next: i64) -> bool {
        let mut heard = (next..next + FRAME as i64)
            .map(index)
            .filter(|index| self.present[index / 64] & 1 << (index % 64) != 0);
        heard.all(|index| self.ring[index].unsigned_abs() < QUIET)
    }

    fn forget(&mut self, from: i64, samples: i64) {
        for index in (from..from + samples.min(RING as i64)).map(index) {
            self.present[index / 64] &= !(1 << (index % 64));
        }
    }
}

fn index(at: i64) -> usize {
    at.rem_euclid(RING as i64) as usize
}

/// The shortest and the longest transit of each of the last seconds.
#[derive(Clone, Debug, Default)]
struct Transits {
    seconds: [Option<(i64, i64)>; SECONDS],
    /// The second now filled.
    second: i64,
    /// The shortest of all, and how much longer the longest took; kept up by `add`.
    base: Option<i64>,
    spread: i64,
    /// Packets counted: the first few say little.
    count: u32,
}

impl Transits {
    fn add(&mut self, now: i64, transit: i64) {
        self.turn(now);
        let slot = &mut self.seconds[self.second.rem_euclid(SECONDS as i64) as usize];
        let (low, high) = slot.unwrap_or((transit, transit));
        *slot = Some((low.min(transit), high.max(transit)));
        self.count = self.count.saturating_add(1);
        self.sum();
    }

    /// `None` if nothing came for so long that nothing is known.
    fn base(&mut self, now: i64) -> Option<i64> {
        if self.turn(now) {
            self.sum();
        }
        self.base
    }

    fn delay(&self) -> i64 {
        let known = (self.spread + MARGIN).clamp(*DELAY.start(), *DELAY.end());
        if self.count < 50 {
            known.max(FIRST_DELAY)
        } else {
            known
        }
    }

    /// Goes on to the second of `now`, forgetting those that are too old.
    fn turn(&mut self, now: i64) -> bool {
        let second = now.div_euclid(8000);
        if second <= self.second {
            return false;
        }
        let oldest = (self.second + 1).max(second - SECONDS as i64 + 1);
        for over in oldest..=second {
            self.seconds[over.rem_euclid(SECONDS as i64) as usize] = None;
        }
        self.second = second;
        true
    }

    fn sum(&mut self) {
        let known = || self.seconds.iter().flatten();
        self.base = known().map(|(low, _)| *low).min();
        let high = known().map(|(_, high)| *high).max();
        self.spread = high.zip(self.base).map_or(0, |(high, low)| high - low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone;
    use crate::random::Random;

    #[test]
    fn even_packets_are_heard_as_they_are_with_little_delay() {
        let heard = play(500, |n| Some(n * 160), 0.0);
        assert!(heard.delay() <= 480, "{} samples", heard.delay());
        assert_eq!(heard.concealed, 0);
        assert!(tone::share(&heard.sound[8000..], 400.0) > 0.95);
    }

    #[test]
    fn jitter_of_100_ms_is_taken_up_after_a_moment() {
        let mut random = Random::seeded(1);
        let heard = play(1000, |n| Some(n * 160 + random.below(800)), 0.0);
        assert!(heard.delay() <= 1200, "{} samples", heard.delay());
        assert!(heard.concealed < 12, "{} concealed", heard.concealed);
        assert!(heard.sound_frames > 960);
    }

    #[test]
    fn overtaken_and_repeated_packets_are_in_order() {
        let heard = play(500, |n| Some((n ^ 1) * 160), 0.0);
        assert!(heard.concealed < 4, "{} concealed", heard.concealed);
        assert!(tone::share(&heard.sound[8000..], 400.0) > 0.95);
    }

    #[test]
    fn a_lost_packet_is_concealed() {
        let mut random = Random::seeded(2);
        let heard = play(1000, |n| (random.below(10) > 0).then_some(n * 160), 0.0);
        let lost = 1000 - heard.sound_frames;
        assert!((60..140).contains(&lost), "{lost}");
        assert!(tone::share(&heard.sound[8000..], 400.0) > 0.8);
    }

    #[test]
    fn a_gap_is_filled_with_what_is_given_for_it_if_its_time_is_not_over() {
        let (mut playout, mut frame) = (Playout::default(), [0; FRAME]);
        playout.insert(0, 7, &[1000; FRAME]);
        playout.fill_in(7 + 160, &[2000; FRAME]);
        playout.insert(320, 7 + 320, &[3000; FRAME]);
        let mut heard = vec![];
        for now in 0..8 {
            if playout.pull(now * 160, &mut frame) == Pulled::Sound {
                heard.push(frame[FRAME - 1]);
            }
        }
        assert_eq!(heard, [1000, 2000, 3000]);
        playout.fill_in(7 + 160, &[4000; FRAME]);
        assert_eq!(playout.late(), 0, "it is not a packet that came late");
        assert_ne!(playout.pull(9 * 160, &mut frame), Pulled::Sound);
    }

    #[test]
    fn a_drifting_clock_neither_starves_nor_fills_the_buffer() {
        for drift in [-200e-6, 200e-6] {
            let heard = play(30_000, |n| Some(n * 160), drift);
            assert!(heard.delay() <= 640, "{} samples at {drift}", heard.delay());
            assert!(heard.concealed < 30, "{} concealed", heard.concealed);
        }
    }

    #[test]
    fn a_longer_path_is_followed_and_a_shorter_one_too() {
        let far = |n: u64| n * 160 + if (500..1000).contains(&n) { 4000 } else { 0 };
        let heard = play(2000, |n| Some(far(n)), 0.0);
        assert!(heard.delay() <= 640, "{} samples", heard.delay());
        assert!(heard.sound_frames > 1900, "{}", heard.sound_frames);
    }

    #[test]
    fn after_the_stream_there_is_silence() {
        let mut playout = Playout::default();
        playout.insert(0, 7, &[1000; 160]);
        let mut frame = [0; FRAME];
        let pulled: Vec<_> = (0..20).map(|n| playout.pull(n * 160, &mut frame)).collect();
        assert!(pulled.contains(&Pulled::Sound));
        assert_eq!(pulled.last(), Some(&Pulled::Silence));
    }

    #[test]
    fn any_timestamps_and_lengths_are_survived() {
        let mut random = Random::seeded(3);
        let (mut playout, mut frame) = (Playout::default(), [0; FRAME]);
        for n in 0..20_000u64 {
            let length = random.below(1700) as usize;
            let stamp = if random.below(3) == 0 {
                random.u32()
            } else {
                n as u32 * 160
            };
            playout.insert(n * 160 + random.below(9000), stamp, &vec![9; length]);
            playout.pull(n * 160, &mut frame);
        }
    }

    struct Heard {
        sound: Vec<i16>,
        sound_frames: usize,
        concealed: usize,
        /// Arrival of the last packet sent less the position heard at the end.
        behind: i64,
    }

    impl Heard {
        fn delay(&self) -> i64 {
            self.behind
        }
    }

    /// Plays `count` packets of a tone that arrive when `path` says, stretched by `drift`.
    fn play(count: u64, mut path: impl FnMut(u64) -> Option<u64>, drift: f64) -> Heard {
        let sound = tone::sine(400.0, -20.0, 8000);
        let mut packets: Vec<(u64, u32)> = (0..count)
            .filter_map(|n| {
                let at = path(n)? as f64 * (1.0 + drift);
                Some((
                    at as u64 + 77,
                    (n as u32).wrapping_mul(160).wrapping_sub(5000),
                ))
            })
            .collect();
        packets.sort();
        let mut playout = Playout::default();
        let mut heard = Heard {
            sound: vec![],
            sound_frames: 0,
            concealed: 0,
            behind: 0,
        };
        let mut coming = packets.into_iter().peekable();
        let mut frame = [0; FRAME];
        let mut now = 0;
        while coming.peek().is_some() {
            while let Some((at, stamp)) = coming.next_if(|(at, _)| *at <= now) {
                let from = (stamp.wrapping_add(5000) % 8000) as usize;
                playout.insert(at, stamp, &sound[from..from + 160]);
                // Repeated packets change nothing.
                playout.insert(at, stamp, &sound[from..from + 160]);
            }
            match playout.pull(now, &mut frame) {
                Pulled::Sound => heard.sound_frames += 1,
                Pulled::Concealed => heard.concealed += 1,
                Pulled::Silence => {}
            }
            heard.sound.extend(frame);
            now += FRAME as u64;
        }
        let newest = playout
            .stamps
            .extend(((count as u32 - 1) * 160).wrapping_sub(5000));
        heard.behind = newest - playout.next.expect("playing") + FRAME as i64;
        heard
    }
}

//! One leg's voice on the call's clock: each packet at its place, gaps as silence.
//!
//! ```text
//!   0 (origin)            written out            held back, 200 ms      now
//!   ├──────────────────────────┤├──────────────────────────────────────┤──────▶ samples
//!                 ▲ a late packet: a chunk of its own
//! ```
//!
//! What is held back and not handed over yet is half a second at most, since a process that is
//! killed loses it (F1). Overtaken packets mostly arrive within what is held back; later ones are
//! handed over behind the others, for their own place, which the disk's side takes in any order.
//!
//! The first packet is placed by its arrival, the others by their timestamps behind it. The packet
//! that took the shortest way within the last seconds belongs exactly at its arrival, so the place
//! is moved towards that by a few samples a packet: jitter averages out, a late first packet is put
//! right, and a clock that drifts is followed. A new SSRC or a jump of the timestamps is placed by
//! arrival again.

use super::Chunk;
use crate::id::RecordingId;
use crate::rtp::Timestamps;
use std::collections::VecDeque;

/// Packets may be so late, in samples: 600 ms. Beyond, it is another stream.
const LATE: i64 = 4800;
/// What waits for packets that were overtaken: 200 ms.
const HELD_BACK: i64 = 1600;
/// A packet placed so far ahead of what is written out is nonsense, or the process stood still for
/// longer than is worth the memory.
const AHEAD: i64 = 12 * 8000;
/// Between two chunks: 300 ms. With what is held back, all that a killed process loses here.
const CHUNK: u64 = 2400;
/// Memory for samples comes in steps of 90 ms.
const GROWTH: usize = 720;
/// How often the place is judged.
const SECOND: u64 = 8000;
/// Beyond this for a whole second it is not drift but another delay: moved at once.
const MOVED: i64 = 800;
/// Within this the place is right.
const RIGHT: i64 = 8;
/// Samples by which one packet is moved at most.
const MAX_STEP: i64 = 4;
/// So many packets back an overtaken one is still placed exactly.
const REMEMBERED: usize = 16;
/// A second with fewer packets says little about the shortest way.
const ENOUGH: u32 = 5;

/// A recording in the making.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) recording: RecordingId,
    /// The file's sample 0 on the engine's clock.
    origin: i64,
    stamps: Timestamps,
    /// Place less extended timestamp; `None`: the next packet is placed by arrival.
    offset: Option<i64>,
    /// The newest extended timestamp, and the last corrections with the timestamp from which each
    /// counts: a packet that was overtaken belongs to the time before them.
    newest: i64,
    corrections: VecDeque<(i64, i64)>,
    error: Error,
    /// Samples from `written` on, which are not written out yet.
    pending: Vec<i16>,
    written: i64,
    /// Late packets and their places.
    late: Vec<(u64, Vec<i16>)>,
    /// When to write out next, on the engine's clock.
    due: u64,
    /// What is said now is for nobody's ears later (B10).
    masked: bool,
}

/// How much later than placed packets come, at least, in each of the last seconds.
#[derive(Debug, Default)]
struct Error {
    seconds: [Option<i64>; 4],
    second: u64,
    least: i64,
    packets: u32,
}

impl Track {
    /// A file whose sample 0 is at `origin`, on the engine's clock; it is now `clock`.
    pub(super) fn new(recording: RecordingId, origin: i64, clock: u64) -> Self {
        Self {
            recording,
            origin,
            stamps: Timestamps::default(),
            offset: None,
            newest: 0,
            corrections: VecDeque::new(),
            error: Error::default(),
            pending: vec![],
            written: 0,
            late: vec![],
            due: clock + CHUNK,
            masked: false,
        }
    }

    /// Silence in place of what comes from now on, or sound again. What is held back is silence, too: a key
    /// that sounds is known as one when part of it was heard.
    pub(super) fn mask(&mut self, masked: bool) {
        self.masked = masked;
        if masked {
            self.pending.fill(0);
            self.late.clear();
        }
    }

    /// The source has begun anew: its timestamps mean something else.
    pub(super) fn restart(&mut self) {
        self.offset = None;
    }

    /// Takes a packet that came at `clock`, decoded. `None`: nobody knows when it came.
    pub(super) fn write(&mut self, clock: Option<u64>, timestamp: u32, samples: &[i16]) {
        let extended = self.stamps.extend(timestamp);
        let place = self.offset.map(|offset| extended + offset);
        let Some(clock) = clock else {
            return place.map_or((), |place| self.put(place, samples));
        };
        let arrival = clock as i64 - self.origin;
        let Some(mut place) = place.filter(|place| (arrival - place).abs() <= LATE) else {
            self.error = Error::default();
            self.corrections.clear();
            self.newest = extended;
            self.offset = Some(arrival - extended);
            return self.put(arrival, samples);
        };
        let by = self.correct(clock, arrival - place, extended > self.newest);
        if extended > self.newest {
            self.newest = extended;
            place += by;
            self.offset = Some(place - extended);
        } else {
            let later = self.corrections.iter().filter(|(from, _)| *from > extended);
            place -= later.map(|(_, by)| by).sum::<i64>();
        }
        if by != 0 {
            if self.corrections.len() == REMEMBERED {
                self.corrections.pop_front();
            }
            self.corrections.push_back((extended, by));
        }
        if (1..=MAX_STEP).contains(&by) {
            // What is missing between this packet and the one before it.
            let first = samples.first().copied().unwrap_or_default();
            self.put(place - by, &[first; MAX_STEP as usize][..by as usize]);
        }
        self.put(place, samples);
    }

    /// Hands over what has come late and, a few times a second, what is not held back any more.
    pub(super) fn flush(&mut self, clock: u64, chunks: &mut Vec<Chunk>) {
        self.write_late(chunks);
        if clock < self.due {
            return;
        }
        self.due = clock + CHUNK;
        self.write_out(clock as i64 - self.origin - HELD_BACK, chunks);
    }

    /// Ends the file at an instant of the engine's clock.
    pub(super) fn finish(mut self, end: i64, chunks: &mut Vec<Chunk>) {
        let length = (end - self.origin).max(0);
        self.write_late(chunks);
        self.write_out(length, chunks);
        chunks.push(Chunk::End {
            recording: self.recording,
            length: length as u64,
        });
    }

    fn write_out(&mut self, until: i64, chunks: &mut Vec<Chunk>) {
        if until <= self.written {
            return;
        }
        let count = self.pending.len().min((until - self.written) as usize);
        if count > 0 {
            chunks.push(Chunk::Samples {
                recording: self.recording,
                at: self.written as u64,
                samples: self.pending.drain(..count).collect(),
            });
        }
        self.written = until;
    }

    fn write_late(&mut self, chunks: &mut Vec<Chunk>) {
        let recording = self.recording;
        let late = self.late.drain(..);
        chunks.extend(late.map(|(at, samples)| Chunk::Samples {
            recording,
            at,
            samples,
        }));
    }

    fn put(&mut self, place: i64, samples: &[i16]) {
        if self.masked {
            return;
        }
        // Before the file's beginning, or before anything that a standstill explains.
        let first = (self.written - AHEAD).max(0);
        let nowhere = usize::try_from(first - place).unwrap_or(0);
        let samples = samples.get(nowhere..).unwrap_or_default();
        let place = place.max(first);
        let late = usize::try_from(self.written - place).unwrap_or(0);
        let (late, samples) = samples.split_at(late.min(samples.len()));
        if !late.is_empty() {
            self.late.push((place as u64, late.to_vec()));
        }
        let at = place.max(self.written) - self.written;
        if samples.is_empty() || at > AHEAD {
            return;
        }
        let at = at as usize;
        let end = at + samples.len();
        if self.pending.len() < end {
            // Not doubled as it grows: each leg has one of these.
            let room = end.next_multiple_of(GROWTH) - self.pending.len();
            self.pending.reserve_exact(room);
            self.pending.resize(end, 0);
        }
        self.pending[at..end].copy_from_slice(samples);
    }

    /// By how much this packet and all after it are moved; an overtaken one cannot be.
    fn correct(&mut self, clock: u64, error: i64, newest: bool) -> i64 {
        let state = &mut self.error;
        let second = clock / SECOND;
        if newest && second != state.second && state.packets >= ENOUGH {
            if state.least.abs() > MOVED {
                let by = state.least;
                *state = Error::default();
                return by;
            }
            state.seconds.rotate_right(1);
            state.seconds[0] = Some(state.least);
            state.packets = 0;
        }
        if newest {
            state.second = second;
        }
        state.least = if state.packets == 0 {
            error
        } else {
            state.least.min(error)
        };
        state.packets += 1;
        let least = state.seconds.iter().flatten().min().copied().unwrap_or(0);
        if least.abs() <= RIGHT || !newest {
            return 0;
        }
        // Drift is a sample now and then; what the first packet was late is gone in seconds.
        let by = (least / 200 + least.signum()).clamp(-MAX_STEP, MAX_STEP);
        state.least -= by;
        state
            .seconds
            .iter_mut()
            .flatten()
            .for_each(|known| *known -= by);
        by
    }
}

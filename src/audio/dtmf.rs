//! The tones of a telephone's keys: found in sound, and what they are made of (ITU-T Q.23, Q.24).
//!
//! ```text
//!            1209  1336  1477  1633 Hz
//!    697 Hz    1     2     3     A            two good blocks of one key
//!    770 Hz    4     5     6     B     quiet ───────────────────────────▶ pressed (said once)
//!    852 Hz    7     8     9     C       ▲                                  │
//!    941 Hz    *     0     #     D       └── two blocks without its tones ──┘
//! ```
//!
//! Sound is judged in blocks of 12.75 ms, so that any 40 ms hold two whole ones and a break of
//! 10 ms never leaves two without the tones. The way a tone's phase turns from block to block gives
//! its frequency to within some hertz, which so short a block alone could not.
//!
//! What keeps speech and music from being keys: both tones at once, alike in strength, exactly on
//! their frequencies, steady for two blocks, and next to nothing else — no harmonics either.

use super::SAMPLE_RATE;
use std::f32::consts::{PI, TAU};

/// The keys, row by row.
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];
/// Rows, then columns, in Hz.
const FREQUENCIES: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];
/// Samples judged at once.
const BLOCK: usize = 102;
/// The weakest tone that counts, as mean power (see [`super::tone::power`]): −34 dBm0.
const WEAKEST: f32 = 9.5e-5;
/// The high tone may be so much stronger than the low one (6 dB), or weaker (10 dB): what Q.24 asks
/// for, 4 and 8 dB, and what a block's measure may be wrong.
const STRONGER: f32 = 4.0;
const WEAKER: f32 = 10.0;
/// The strongest tone of a group is so much stronger than the next one: 6 dB.
const ALONE: f32 = 4.0;
/// The share of the two tones in all that is heard.
const SHARE: f32 = 0.85;
/// How far a tone may be off: ±1.5 % must be taken, ±3.5 % must not.
const TOLERANCE: f32 = 0.025;
/// From block to block the strength may change so much: 6 dB.
const STEADY: f32 = 4.0;
/// A tone so much weaker than at first has gone: −6 dB.
const GONE: f32 = 0.25;

/// The two tones of a key, in Hz, the low one first; `None` if there is no such key.
pub fn tones(key: char) -> Option<[f32; 2]> {
    let mut rows = KEYS.iter().zip(&FREQUENCIES[..4]);
    rows.find_map(|(row, &low)| {
        let mut columns = row.iter().zip(&FREQUENCIES[4..]);
        let (_, &high) = columns.find(|(known, _)| **known == key)?;
        Some([low, high])
    })
}

/// Listens to one stream of sound.
#[derive(Clone, Debug)]
pub struct Detector {
    /// Of each frequency: Goertzel's two last values.
    last: [f32; 8],
    before: [f32; 8],
    /// The square sum of the block, and its samples so far.
    squares: f32,
    samples: usize,
    /// What the block before sounded like.
    candidate: Option<Candidate>,
    pressed: Option<Pressed>,
}

/// The strongest pair of tones in a block.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    row: usize,
    column: usize,
    powers: [f32; 2],
    phases: [f32; 2],
    /// The mean power of all that was heard.
    total: f32,
}

#[derive(Clone, Copy, Debug)]
struct Pressed {
    row: usize,
    column: usize,
    powers: [f32; 2],
    /// Blocks without the tones, in a row.
    missing: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            last: [0.0; 8],
            before: [0.0; 8],
            squares: 0.0,
            samples: 0,
            candidate: None,
            pressed: None,
        }
    }
}

impl Detector {
    /// Hears the next samples, any number of them; a key if a press was recognised. Of several in
    /// one piece, which nobody presses within 20 ms, the last one is given.
    pub fn hear(&mut self, samples: &[i16]) -> Option<char> {
        let mut found = None;
        for &sample in samples {
            let sample = f32::from(sample) / 32768.0;
            self.squares += sample * sample;
            for ((last, before), coefficient) in
                self.last.iter_mut().zip(&mut self.before).zip(COEFFICIENTS)
            {
                let next = sample + coefficient * *last - *before;
                *before = std::mem::replace(last, next);
            }
            self.samples += 1;
            if self.samples == BLOCK {
                found = self.judge().or(found);
            }
        }
        found
    }

    /// Whether a key is held down.
    pub fn is_pressed(&self) -> bool {
        self.pressed.is_some()
    }

    /// Nothing was heard for a while: whatever was pressed is over.
    pub fn pause(&mut self) {
        *self = Self::default();
    }

    /// A block is full.
    fn judge(&mut self) -> Option<char> {
        let scale = 2.0 / (BLOCK * BLOCK) as f32;
        let mut powers = [0.0; 8];
        let pairs = self.last.iter().zip(&self.before).zip(COEFFICIENTS);
        for (power, ((last, before), coefficient)) in powers.iter_mut().zip(pairs) {
            *power = scale * (last * last + before * before - coefficient * last * before);
        }
        let total = self.squares / BLOCK as f32;
        let candidate = self.candidate(&powers, total);
        let earlier = std::mem::replace(&mut self.candidate, candidate);
        self.last = [0.0; 8];
        self.before = [0.0; 8];
        self.squares = 0.0;
        self.samples = 0;

        if let Some(pressed) = &mut self.pressed {
            let now = [powers[pressed.row], powers[4 + pressed.column]];
            let gone = now
                .iter()
                .zip(pressed.powers)
                .any(|(now, at_first)| *now < GONE * at_first);
            pressed.missing = if gone { pressed.missing + 1 } else { 0 };
            if pressed.missing == 2 {
                self.pressed = None;
            }
        }
        let (earlier, candidate) = (earlier?, candidate?);
        if !candidate.goes_on(&earlier) {
            return None;
        }
        let Candidate {
            row,
            column,
            powers,
            ..
        } = candidate;
        let held = self
            .pressed
            .is_some_and(|held| (held.row, held.column) == (row, column));
        if held {
            return None;
        }
        self.pressed = Some(Pressed {
            row,
            column,
            powers,
            missing: 0,
        });
        Some(KEYS[row][column])
    }

    /// The strongest two tones of a block, if they could be a key.
    fn candidate(&self, powers: &[f32; 8], total: f32) -> Option<Candidate> {
        // Nothing there can be strong enough: the usual case, silence.
        if total < WEAKEST {
            return None;
        }
        let (rows, columns) = powers.split_at(4);
        let (row, column) = (strongest(rows)?, strongest(columns)?);
        let phase = |index: usize| {
            let omega = FREQUENCIES[index] * TAU / SAMPLE_RATE as f32;
            let (last, before) = (self.last[index], self.before[index]);
            (before * omega.sin()).atan2(last - before * omega.cos())
        };
        Some(Candidate {
            row,
            column,
            powers: [rows[row], columns[column]],
            phases: [phase(row), phase(4 + column)],
            total,
        })
    }
}

impl Candidate {
    /// Whether this block and the one before are two of one key.
    fn goes_on(&self, earlier: &Self) -> bool {
        if (self.row, self.column) != (earlier.row, earlier.column) {
            return false;
        }
        let mut shares = [0.0; 2];
        for (which, index) in [self.row, 4 + self.column].into_iter().enumerate() {
            let (now, then) = (self.powers[which], earlier.powers[which]);
            if now > STEADY * then || then > STEADY * now {
                return false;
            }
            // How much further the phase has turned than that of the true tone, in a block.
            let hz = FREQUENCIES[index];
            let turn = TAU * hz * BLOCK as f32 / SAMPLE_RATE as f32;
            let excess = wrapped(self.phases[which] - earlier.phases[which] - turn);
            let off = excess * SAMPLE_RATE as f32 / (TAU * BLOCK as f32);
            if off.abs() > TOLERANCE * hz {
                return false;
            }
            // A block's filter hears less of a tone that is off: by (sin x / x)².
            let x = excess / 2.0;
            let heard = if x.abs() < 1e-3 {
                1.0
            } else {
                (x.sin() / x).powi(2)
            };
            shares[which] = (now + then) / 2.0 / heard;
        }
        let [low, high] = shares;
        let total = (self.total + earlier.total) / 2.0;
        low.min(high) >= WEAKEST
            && high <= STRONGER * low
            && low <= WEAKER * high
            && low + high >= SHARE * total
    }
}

/// 2 cos ω of each frequency.
const COEFFICIENTS: [f32; 8] = [
    1.707_737_8,
    1.645_281,
    1.568_687,
    1.478_204_6,
    1.164_104,
    0.996_370_2,
    0.798_618_4,
    0.568_532_7,
];

/// The strongest tone of a group, if it is alone.
fn strongest(powers: &[f32]) -> Option<usize> {
    let index = (0..powers.len()).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
    let strongest = powers[index];
    let others = powers
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index);
    let alone = others
        .into_iter()
        .all(|(_, power)| power * ALONE < strongest);
    alone.then_some(index)
}

/// An angle as −π to π.
fn wrapped(angle: f32) -> f32 {
    (angle + PI).rem_euclid(TAU) - PI
}

#[cfg(test)]
mod tests;

//! What is heard in place of a lost packet: the last pitch period again, fading, in the manner of
//! G.711 Appendix I but without its delay.
//!
//! The first 10 ms are at full level, then it fades to silence within 50 ms more. When sound comes
//! again it is faded in over the synthetic one, so there is no click at either end.

use super::FRAME;

/// The shortest and the longest pitch period: 200 Hz to 66 Hz, in samples.
const PITCH: std::ops::RangeInclusive<usize> = 40..=120;

/// What is kept of the past: the window compared, twice the longest period.
const HISTORY: usize = 2 * FRAME;

/// Samples compared in the search for the period: 20 ms.
const WINDOW: usize = FRAME;

/// Samples at full level, and then those of the fade.
const HOLD: usize = 80;
const FADE: usize = 400;

/// Samples over which repetitions, and the sound that comes back, are blended: 4 ms.
const BLEND: usize = 32;

/// Remembers what a stream sounded like, and goes on in its place.
#[derive(Clone, Debug)]
pub struct Concealer {
    /// The last samples that were heard, oldest first.
    history: [i16; HISTORY],
    /// The period being repeated, while packets are missing.
    gap: Option<Gap>,
}

#[derive(Clone, Debug)]
struct Gap {
    /// One period, its end blended into its beginning.
    period: Vec<i16>,
    /// Samples synthesised so far.
    done: usize,
}

impl Default for Concealer {
    fn default() -> Self {
        Self::new()
    }
}

impl Concealer {
    /// Has heard silence.
    pub fn new() -> Self {
        Self {
            history: [0; HISTORY],
            gap: None,
        }
    }

    /// Sound that has come: remembered, and after a gap its beginning blended with the synthetic.
    pub fn hear(&mut self, samples: &mut [i16]) {
        if let Some(mut gap) = self.gap.take() {
            let blend = BLEND.min(samples.len());
            for (index, sample) in samples.iter_mut().take(blend).enumerate() {
                let new = index as f32 / blend as f32;
                let old = f32::from(gap.next()) * (1.0 - new);
                *sample = (f32::from(*sample) * new + old) as i16;
            }
        }
        self.remember(samples);
    }

    /// Fills a frame for which nothing came.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        let gap = self.gap.get_or_insert_with(|| Gap::after(&self.history));
        for sample in samples {
            *sample = gap.next();
        }
    }

    fn remember(&mut self, samples: &[i16]) {
        let recent = samples.get(samples.len().saturating_sub(HISTORY)..);
        let recent = recent.unwrap_or_default();
        self.history.copy_within(recent.len().., 0);
        self.history[HISTORY - recent.len()..].copy_from_slice(recent);
    }
}

impl Gap {
    /// Takes the period that the past repeated with, the nearest likeness to its last 20 ms.
    fn after(history: &[i16; HISTORY]) -> Self {
        let likeness = |lag: usize| {
            let now = &history[HISTORY - WINDOW..];
            let then = &history[HISTORY - WINDOW - lag..HISTORY - lag];
            let (mut product, mut energy) = (0.0f32, 1.0f32);
            for (&a, &b) in now.iter().zip(then) {
                product += f32::from(a) * f32::from(b);
                energy += f32::from(b) * f32::from(b);
            }
            product / energy.sqrt()
        };
        let by_likeness = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1);
        let best = PITCH.map(|lag| (lag, likeness(lag))).max_by(by_likeness);
        let lag = best.map_or(*PITCH.end(), |(lag, _)| lag);

        let mut period = history[HISTORY - lag..].to_vec();
        // Where a repetition begins, the sound that came before the period leads into it.
        for index in 0..BLEND {
            let old = (index + 1) as f32 / (BLEND + 1) as f32;
            let end = lag - BLEND + index;
            let lead = f32::from(history[HISTORY - lag - BLEND + index]);
            period[end] = (f32::from(period[end]) * (1.0 - old) + lead * old) as i16;
        }
        Self { period, done: 0 }
    }

    fn next(&mut self) -> i16 {
        let past_hold = self.done.saturating_sub(HOLD).min(FADE);
        let gain = (FADE - past_hold) as f32 / FADE as f32;
        let sample = self.period[self.done % self.period.len()];
        // After the fade the position no longer matters; it must only not overflow.
        self.done = self.done.saturating_add(1);
        (f32::from(sample) * gain) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{level, tone};

    fn steepest(samples: &[i16]) -> u16 {
        let steps = samples.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        steps.max().unwrap_or(0)
    }

    /// A tone with some of its frames lost.
    fn with_losses(sound: &[i16], lost: &[usize]) -> Vec<i16> {
        let mut concealer = Concealer::new();
        let mut out = sound.to_vec();
        for (index, frame) in out.chunks_mut(FRAME).enumerate() {
            if lost.contains(&index) {
                frame.fill(0);
                concealer.conceal(frame);
            } else {
                concealer.hear(frame);
            }
        }
        out
    }

    #[test]
    fn a_lost_frame_of_a_voiced_sound_is_hardly_heard() {
        let sound = tone::dual(&[120.0, 240.0, 480.0], -20.0, 20 * FRAME);
        let heard = with_losses(&sound, &[10]);
        let level = level::dbfs(&heard[10 * FRAME..11 * FRAME]);
        assert!((level - level::dbfs(&sound)).abs() < 2.0, "{level}");
        assert!(steepest(&heard) < 2 * steepest(&sound), "no click");
    }

    #[test]
    fn a_long_gap_fades_to_silence_and_sound_returns_without_a_click() {
        let sound = tone::sine(150.0, -12.0, 20 * FRAME);
        let heard = with_losses(&sound, &[5, 6, 7, 8, 9]);
        assert!(heard[8 * FRAME..10 * FRAME].iter().all(|&s| s == 0));
        assert!(steepest(&heard) < 2 * steepest(&sound));
        assert_eq!(heard[11 * FRAME..], sound[11 * FRAME..]);
    }

    #[test]
    fn a_stream_that_begins_with_a_gap_begins_with_silence() {
        let mut frame = [5; FRAME];
        Concealer::new().conceal(&mut frame);
        assert_eq!(frame, [0; FRAME]);
    }

    #[test]
    fn frames_of_any_length_are_fine() {
        let mut concealer = Concealer::default();
        for length in [0, 1, 31, 33, 160, 319, 320, 321, 1000] {
            concealer.hear(&mut vec![100; length]);
            concealer.conceal(&mut vec![0; length]);
        }
    }
}

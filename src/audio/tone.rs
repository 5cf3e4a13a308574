//! Tones: made for ring-back and tests, and found again by Goertzel's algorithm.

use super::SAMPLE_RATE;
use std::f32::consts::TAU;

/// One or several sines at once, going on without a step from call to call.
#[derive(Clone, Debug)]
pub struct Tone {
    /// Of each sine: radians a sample, and where it is.
    sines: Vec<(f32, f32)>,
    /// The peak of each sine, in samples' units.
    amplitude: f32,
}

impl Tone {
    /// Sines of these frequencies in Hz, each with this RMS level in dBFS (see [`super::level`]).
    pub fn new(frequencies: &[f32], dbfs: f32) -> Self {
        let sines = frequencies
            .iter()
            .map(|hz| (hz * TAU / SAMPLE_RATE as f32, 0.0));
        Self {
            sines: sines.collect(),
            amplitude: 32768.0 * std::f32::consts::SQRT_2 * 10f32.powf(dbfs / 20.0),
        }
    }

    /// Replaces all samples with the next ones of the tone.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            let mut sum = 0.0;
            for (step, phase) in &mut self.sines {
                sum += phase.sin();
                *phase = (*phase + *step) % TAU;
            }
            // `as` limits what is too loud to the range of a sample.
            *sample = (sum * self.amplitude).round() as i16;
        }
    }
}

/// A sine of an RMS level in dBFS.
pub fn sine(hz: f32, dbfs: f32, samples: usize) -> Vec<i16> {
    dual(&[hz], dbfs, samples)
}

/// Several sines at once, each of an RMS level in dBFS.
pub fn dual(frequencies: &[f32], dbfs: f32, samples: usize) -> Vec<i16> {
    let mut sound = vec![0; samples];
    Tone::new(frequencies, dbfs).fill(&mut sound);
    sound
}

/// The mean power of the component at a frequency, where 1 is that of a full-scale square wave:
/// a sine of −20 dBFS has 0.01. 0 for no samples.
///
/// Its width is about the sample rate divided by the number of samples: 50 Hz for 20 ms.
pub fn power(samples: &[i16], hz: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let omega = f64::from(hz) * std::f64::consts::TAU / f64::from(SAMPLE_RATE);
    let coefficient = 2.0 * omega.cos();
    let (mut last, mut before) = (0.0f64, 0.0f64);
    for &sample in samples {
        let next = f64::from(sample) / 32768.0 + coefficient * last - before;
        before = last;
        last = next;
    }
    let magnitude = last * last + before * before - coefficient * last * before;
    let count = samples.len() as f64;
    (2.0 * magnitude / (count * count)) as f32
}

/// How much of a sound is the component at a frequency: 0 none of it, 1 nothing else.
pub fn share(samples: &[i16], hz: f32) -> f32 {
    let squares = samples
        .iter()
        .map(|&sample| (f64::from(sample) / 32768.0).powi(2));
    let total = squares.sum::<f64>() / samples.len().max(1) as f64;
    if total == 0.0 {
        return 0.0;
    }
    (f64::from(power(samples, hz)) / total).min(1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level;

    #[test]
    fn a_tone_has_the_level_and_the_frequency_asked_for() {
        let sound = sine(440.0, -20.0, 8000);
        assert!((level::dbfs(&sound) + 20.0).abs() < 0.05);
        assert!((power(&sound, 440.0) - 0.01).abs() < 0.0002);
        assert!(share(&sound, 440.0) > 0.999);
        assert!(share(&sound, 480.0) < 0.001);
    }

    #[test]
    fn two_frequencies_are_told_apart_in_one_frame() {
        let sound = dual(&[697.0, 1209.0], -12.0, 160);
        for hz in [697.0, 1209.0] {
            assert!(share(&sound, hz) > 0.4, "{hz}");
        }
        for hz in [852.0, 941.0, 1477.0, 2000.0] {
            assert!(share(&sound, hz) < 0.05, "{hz}");
        }
    }

    #[test]
    fn a_tone_goes_on_without_a_step() {
        let whole = sine(333.0, -10.0, 400);
        let mut tone = Tone::new(&[333.0], -10.0);
        let mut pieces = vec![0; 400];
        for piece in pieces.chunks_mut(37) {
            tone.fill(piece);
        }
        assert_eq!(whole, pieces);
    }

    #[test]
    fn silence_and_nothing_have_no_power() {
        assert_eq!((power(&[], 440.0), share(&[], 440.0)), (0.0, 0.0));
        assert_eq!(share(&[0; 160], 440.0), 0.0);
    }
}

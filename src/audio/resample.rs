//! Sound of any rate and any number of channels as ours: mono, 8000 samples a second.
//!
//! Every output sample is a sum of input samples weighted by a windowed sinc, placed exactly: no
//! delay, no drift. For whole files as they are read, not for the beat. The sound is taken as going
//! round, so that music made to be looped has no click where it begins again.

use super::SAMPLE_RATE;
use std::f64::consts::{PI, TAU};

/// The rates that are read, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Zero crossings of the sinc to either side: flat to 3.4 kHz, gone at 4 kHz, 74 dB down.
const CROSSINGS: f64 = 40.0;

/// Where the filter is half way down, as a part of the lower of both rates.
const CUTOFF: f64 = 0.4625;

/// A rate outside [`RATES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sample rate of {0} Hz; 4000 to 192000 can be read")]
pub struct UnreadableRate(pub u32);

/// The mean of all channels. An incomplete last frame is left out.
pub fn mono(interleaved: &[f32], channels: usize) -> Vec<f32> {
    let channels = channels.max(1);
    let frames = interleaved.chunks_exact(channels);
    frames
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        .collect()
}

/// A mono sound at 8000 samples a second, as long as before and not delayed.
///
/// # Errors
/// For a rate that no sound has.
pub fn to_8k(samples: &[f32], rate: u32) -> Result<Vec<f32>, UnreadableRate> {
    if rate == SAMPLE_RATE {
        return Ok(samples.to_vec());
    }
    if !RATES.contains(&rate) {
        return Err(UnreadableRate(rate));
    }
    if samples.is_empty() {
        return Ok(Vec::new());
    }
    // Output sample n lies at input position n * step / phases.
    let divisor = greatest_common_divisor(rate, SAMPLE_RATE);
    let (step, phases) = ((rate / divisor) as usize, (SAMPLE_RATE / divisor) as usize);
    let reach = (CROSSINGS / (2.0 * cutoff(rate))).ceil() as usize;
    let mut kernels: Vec<Vec<f32>> = vec![Vec::new(); phases];

    let start = samples.len() - 1 - (reach - 1) % samples.len();
    let around = samples.iter().copied().cycle().skip(start);
    let padded: Vec<f32> = around.take(samples.len() + 2 * reach + 1).collect();
    let length = samples.len() * phases / step;
    let sample = |n: usize| {
        let (whole, phase) = (n * step / phases, n * step % phases);
        let kernel = &mut kernels[phase];
        if kernel.is_empty() {
            *kernel = weights(phase as f64 / phases as f64, rate, reach);
        }
        let around = padded.get(whole..).unwrap_or_default();
        around.iter().zip(kernel.iter()).map(|(a, b)| a * b).sum()
    };
    Ok((0..length).map(sample).collect())
}

/// The weights of the `2 * reach + 1` input samples around one that lies `fraction` further on.
fn weights(fraction: f64, rate: u32, reach: usize) -> Vec<f32> {
    let cutoff = cutoff(rate);
    let weight = |index: usize| {
        let distance = index as f64 - reach as f64 - fraction;
        let along = 0.5 + 0.5 * distance / (reach as f64 + 1.0);
        let blackman = 0.42 - 0.5 * (TAU * along).cos() + 0.08 * (2.0 * TAU * along).cos();
        let angle = TAU * cutoff * distance;
        let sinc = if distance == 0.0 {
            2.0 * cutoff
        } else {
            angle.sin() / (PI * distance)
        };
        sinc * blackman
    };
    let weights: Vec<f64> = (0..=2 * reach).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// The cut-off in cycles a sample of the input.
fn cutoff(rate: u32) -> f64 {
    CUTOFF * f64::from(SAMPLE_RATE.min(rate)) / f64::from(rate)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone;

    fn sine(hz: f32, rate: u32) -> Vec<f32> {
        let step = f64::from(hz) * TAU / f64::from(rate);
        let sample = |n| ((f64::from(n) * step).sin() * 0.5) as f32;
        (0..rate).map(sample).collect()
    }

    fn integer(samples: &[f32]) -> Vec<i16> {
        samples.iter().map(|s| (s * 32768.0) as i16).collect()
    }

    #[test]
    fn a_tone_of_any_rate_keeps_its_pitch_level_and_place() {
        for rate in [
            4000, 7999, 8000, 11_025, 16_000, 22_050, 44_100, 44_101, 96_000,
        ] {
            let out = integer(&to_8k(&sine(1000.0, rate), rate).expect("a fair rate"));
            assert_eq!(out.len(), 8000, "{rate}");
            assert!(tone::share(&out, 1000.0) > 0.999, "{rate}");
            assert!((tone::power(&out, 1000.0) - 0.125).abs() < 0.001, "{rate}");
            // A sine of 1000 Hz passes its peaks at samples 2, 10, 18 …
            assert!((i32::from(out[4002]) - 16384).abs() < 50, "{rate}");
        }
    }

    #[test]
    fn speech_passes_up_to_3400_hz() {
        let out = integer(&to_8k(&sine(3400.0, 44_100), 44_100).expect("a fair rate"));
        assert!((tone::power(&out, 3400.0) - 0.125).abs() < 0.01);
    }

    #[test]
    fn what_cannot_be_told_at_8000_is_gone_and_does_not_fold_back() {
        let out = integer(&to_8k(&sine(5000.0, 48_000), 48_000).expect("a fair rate"));
        assert!(out[100..7900].iter().all(|s| s.abs() < 10));
    }

    #[test]
    fn a_loop_stays_without_a_seam() {
        let out = integer(&to_8k(&sine(1000.0, 22_050), 22_050).expect("a fair rate"));
        let twice = [out.clone(), out].concat();
        let curve = |at: &[i16]| (i32::from(at[0]) - 2 * i32::from(at[1]) + i32::from(at[2])).abs();
        let inside = twice[100..7900].windows(3).map(curve).max();
        let across = twice[7900..8100].windows(3).map(curve).max();
        assert!(
            across <= inside.map(|most| most + 50),
            "{across:?} {inside:?}"
        );
    }

    #[test]
    fn channels_become_their_mean() {
        assert_eq!(mono(&[1.0, 0.0, 0.5, 0.5, 9.0], 2), [0.5, 0.5]);
        assert_eq!(mono(&[1.0], 0), [1.0]);
    }

    #[test]
    fn nothing_and_absurd_rates_are_no_trouble() {
        assert_eq!(to_8k(&[], 44_100), Ok(vec![]));
        assert_eq!(to_8k(&[0.5; 7], 44_100).map(|out| out.len()), Ok(1));
        assert_eq!(to_8k(&[0.5], 0), Err(UnreadableRate(0)));
        assert_eq!(to_8k(&[0.5], u32::MAX), Err(UnreadableRate(u32::MAX)));
    }
}

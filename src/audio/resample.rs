//! Sound of any rate and any number of channels as ours: mono, 8000 samples a second.
//!
//! By a windowed sinc of 256 points, flat to 3.4 kHz, for whole files as they are read.

use super::SAMPLE_RATE;
use rubato::{
    Resampler as _, SincFixedIn, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

/// The rates that are read, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Input frames resampled at once.
const CHUNK: usize = 4096;

/// A rate outside [`RATES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sample rate of {0} Hz; 4000 to 384000 can be read")]
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
    let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
    let parameters = SincInterpolationParameters {
        sinc_len: 256,
        f_cutoff: 0.925,
        interpolation: SincInterpolationType::Linear,
        oversampling_factor: 256,
        window: WindowFunction::BlackmanHarris2,
    };
    let mut resampler = SincFixedIn::<f32>::new(ratio, 1.0, parameters, CHUNK, 1)
        .map_err(|_| UnreadableRate(rate))?;
    let length = (samples.len() as f64 * ratio).round() as usize;
    let delay = resampler.output_delay();
    let mut out: Vec<f32> = Vec::with_capacity(length + delay + CHUNK);
    // The end of the sound leaves the filter only after as much again has gone in.
    let mut chunks = samples.chunks(CHUNK);
    while out.len() < length + delay {
        let input = chunks.next().map(|chunk| [chunk]);
        let given = resampler
            .process_partial(input.as_ref().map(|input| &input[..]), None)
            .map_err(|_| UnreadableRate(rate))?;
        out.extend(given.into_iter().flatten());
    }
    out.drain(..delay);
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone;

    fn sine(hz: f32, rate: u32) -> Vec<f32> {
        let step = hz * std::f32::consts::TAU / rate as f32;
        (0..rate).map(|n| (n as f32 * step).sin() * 0.5).collect()
    }

    fn integer(samples: &[f32]) -> Vec<i16> {
        samples.iter().map(|s| (s * 32768.0) as i16).collect()
    }

    #[test]
    fn a_tone_of_any_rate_keeps_its_pitch_level_and_place() {
        for rate in [
            4000, 8000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000, 96_000,
        ] {
            let out = integer(&to_8k(&sine(1000.0, rate), rate).expect("a fair rate"));
            assert_eq!(out.len(), 8000, "{rate}");
            assert!(tone::share(&out, 1000.0) > 0.999, "{rate}");
            assert!((tone::power(&out, 1000.0) - 0.125).abs() < 0.003, "{rate}");
            // A sine of 1000 Hz passes its first peak at sample 2.
            assert!((f32::from(out[4002]) - 16384.0).abs() < 500.0, "{rate}");
        }
    }

    #[test]
    fn what_cannot_be_told_at_8000_is_gone_and_does_not_fold_back() {
        let out = integer(&to_8k(&sine(5000.0, 48_000), 48_000).expect("a fair rate"));
        assert!(tone::power(&out[200..7800], 3000.0) < 1e-6);
        assert!(out[200..7800].iter().all(|s| s.abs() < 30));
    }

    #[test]
    fn channels_become_their_mean() {
        assert_eq!(mono(&[1.0, 0.0, 0.5, 0.5, 9.0], 2), [0.5, 0.5]);
        assert_eq!(mono(&[1.0], 0), [1.0]);
    }

    #[test]
    fn nothing_and_absurd_rates_are_no_trouble() {
        assert_eq!(to_8k(&[], 44_100), Ok(vec![]));
        assert_eq!(to_8k(&[0.5], 0), Err(UnreadableRate(0)));
        assert_eq!(to_8k(&[0.5], u32::MAX), Err(UnreadableRate(u32::MAX)));
    }
}

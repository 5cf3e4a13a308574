//! How loud a sound is, and bringing it to the loudness of speech on the telephone.
//!
//! Levels are RMS in dBFS, where 0 is a full-scale square wave: a full-scale sine has −3.

use super::FRAME;

/// The level of silence: the floor of everything measured here (as in RFC 6465).
pub const SILENCE: f32 = -127.0;

/// The active level that music and prompts are brought to.
pub const TARGET: f32 = -19.0;

/// No sample is louder after [`normalise`]: −1 dBFS.
const PEAK: f32 = 0.891;

/// The most that a faint sound is raised, dB: the noise of a bad recording comes along.
const MOST_GAIN: f32 = 30.0;

/// Frames this far below the loudest are pauses and do not count for the active level, dB.
const PAUSE: f32 = 25.0;

/// Samples over which the limiter changes its gain: 5 ms.
const LIMITER_STEP: usize = 40;

/// The RMS level of a sound; [`SILENCE`] for nothing.
pub fn dbfs(samples: &[i16]) -> f32 {
    let squares = samples.iter().map(|&sample| f64::from(sample).powi(2));
    let mean = squares.sum::<f64>() / samples.len().max(1) as f64;
    decibels((mean / (32768.0 * 32768.0)) as f32)
}

/// The level of a sound without its pauses; [`SILENCE`] for nothing.
///
/// Samples are from −1 to 1, 8000 a second.
pub fn active(samples: &[f32]) -> f32 {
    let power = |frame: &[f32]| frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
    let powers: Vec<f32> = samples.chunks(FRAME).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let floor = loudest * 10f32.powf(-PAUSE / 10.0);
    let (mut sum, mut count) = (0.0f64, 0u32);
    for &power in powers.iter().filter(|&&power| power >= floor) {
        sum += f64::from(power);
        count += 1;
    }
    decibels((sum / f64::from(count.max(1))) as f32)
}

/// Brings a sound to [`TARGET`], with its peaks held below −1 dBFS by a limiter that looks ahead.
///
/// Samples are from −1 to 1, 8000 a second; beyond is allowed and limited. Silence stays.
pub fn normalise(samples: &[f32]) -> Vec<i16> {
    let gain_db = (TARGET - active(samples)).min(MOST_GAIN);
    let gain = 10f32.powf(gain_db / 20.0);
    let limits: Vec<f32> = samples
        .chunks(LIMITER_STEP)
        .map(|step| step.iter().fold(0.0f32, |peak, s| peak.max(s.abs())))
        .map(|peak| (PEAK / (peak * gain)).min(1.0))
        .collect();
    // Between two steps the lower limit of both holds, and the gain goes from one to the other in
    // a straight line, so it never exceeds the limit of the step that it is in.
    let limit = |step: usize| limits.get(step).copied().unwrap_or(1.0);
    let mut out = Vec::with_capacity(samples.len());
    for (index, step) in samples.chunks(LIMITER_STEP).enumerate() {
        let before = limit(index.saturating_sub(1)).min(limit(index));
        let after = limit(index).min(limit(index + 1));
        for (position, sample) in step.iter().enumerate() {
            let along = position as f32 / LIMITER_STEP as f32;
            let limiter = before + (after - before) * along;
            out.push((sample * gain * limiter * 32768.0).round() as i16);
        }
    }
    out
}

fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(SILENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone;

    fn float(samples: &[i16]) -> Vec<f32> {
        samples.iter().map(|&s| f32::from(s) / 32768.0).collect()
    }

    fn peak(samples: &[i16]) -> u16 {
        samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0)
    }

    #[test]
    fn levels_are_measured_against_full_scale() {
        assert_eq!(dbfs(&[]), SILENCE);
        assert_eq!(dbfs(&[0; 160]), SILENCE);
        assert!(dbfs(&[i16::MIN; 160]).abs() < 0.001);
        assert!((dbfs(&tone::sine(500.0, -30.0, 8000)) + 30.0).abs() < 0.1);
    }

    #[test]
    fn pauses_do_not_count_for_the_active_level() {
        let mut sound = tone::sine(500.0, -20.0, 8000);
        sound.extend([0; 24_000]);
        assert!((active(&float(&sound)) + 20.0).abs() < 0.1);
    }

    #[test]
    fn faint_and_loud_sounds_come_to_the_same_level() {
        for dbfs_before in [-45.0, -30.0, -6.0] {
            let sound = float(&tone::sine(500.0, dbfs_before, 8000));
            let level = dbfs(&normalise(&sound));
            assert!((level - TARGET).abs() < 0.2, "{dbfs_before}: {level}");
        }
    }

    #[test]
    fn a_peak_is_limited_and_what_surrounds_it_is_not() {
        let mut sound = float(&tone::sine(500.0, -40.0, 8000));
        sound[4000] = 0.9;
        let out = normalise(&sound);
        assert!(peak(&out) <= 29_200);
        assert!((dbfs(&out[..3500]) - dbfs(&out[4500..])).abs() < 0.1);
        assert!(dbfs(&out[..3500]) > -25.0);
    }

    #[test]
    fn silence_noise_floors_and_nonsense_stay_harmless() {
        assert!(normalise(&[]).is_empty());
        assert_eq!(peak(&normalise(&[0.0; 500])), 0);
        assert!(dbfs(&normalise(&float(&tone::sine(500.0, -80.0, 8000)))) < -45.0);
        let _ = normalise(&[f32::NAN, f32::INFINITY, -5.0]);
    }
}

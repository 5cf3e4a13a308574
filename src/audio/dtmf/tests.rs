use super::*;
use crate::audio::opus::Wishes;
use crate::audio::{Codec, Decoder, Encoder, FRAME, tone};
use crate::random::Random;

const ALL: &str = "123A456B789C*0#D";
/// 0 dBm0 as an RMS level in dBFS.
const DBM0: f32 = -6.2;

/// A press as it is made in the tests: levels of low and high tone in dBm0, error of both.
#[derive(Clone, Copy)]
struct Made {
    low: f32,
    high: f32,
    off: f32,
    on_ms: usize,
    pause_ms: usize,
}

const USUAL: Made = Made {
    low: -9.0,
    high: -7.0,
    off: 0.0,
    on_ms: 60,
    pause_ms: 60,
};

#[test]
fn every_key_has_its_two_tones() {
    assert_eq!(tones('1'), Some([697.0, 1209.0]));
    assert_eq!(tones('D'), Some([941.0, 1633.0]));
    assert_eq!(tones('x'), None);
    for (hz, coefficient) in FREQUENCIES.into_iter().zip(COEFFICIENTS) {
        let exact = 2.0 * (hz * TAU / 8000.0).cos();
        assert!((exact - coefficient).abs() < 1e-6, "{hz}");
    }
}

#[test]
fn all_keys_pass_both_laws_at_every_phase_of_a_block() {
    for codec in Codec::ALL {
        for shift in (0..2 * BLOCK).step_by(7) {
            assert_eq!(
                heard(codec, &pressed(ALL, USUAL, shift)),
                ALL,
                "{codec:?} {shift}"
            );
        }
    }
}

#[test]
fn the_shortest_press_and_pause_of_q24_are_enough() {
    let short = Made {
        on_ms: 40,
        pause_ms: 40,
        ..USUAL
    };
    for shift in 0..BLOCK {
        let twice = "1155AA00DD**";
        assert_eq!(
            heard(Codec::Pcmu, &pressed(twice, short, shift)),
            twice,
            "{shift}"
        );
    }
}

#[test]
fn a_blip_is_no_key() {
    let blip = Made { on_ms: 18, ..USUAL };
    for shift in 0..BLOCK {
        assert_eq!(
            heard(Codec::Pcmu, &pressed(ALL, blip, shift)),
            "",
            "{shift}"
        );
    }
}

#[test]
fn a_press_of_a_minute_with_breaks_of_10_ms_is_one() {
    let mut sound = pressed(
        "5",
        Made {
            on_ms: 60_000,
            ..USUAL
        },
        30,
    );
    for at in (8000..400_000).step_by(3333) {
        sound[at..at + 80].fill(0);
    }
    assert_eq!(heard(Codec::Pcma, &sound), "5");
}

#[test]
fn frequencies_one_and_a_half_per_cent_off_are_taken() {
    for off in [-0.015, -0.01, 0.01, 0.015] {
        for shift in (0..BLOCK).step_by(5) {
            let made = Made {
                off,
                on_ms: 50,
                ..USUAL
            };
            assert_eq!(
                heard(Codec::Pcmu, &pressed(ALL, made, shift)),
                ALL,
                "{off} {shift}"
            );
        }
    }
}

#[test]
fn frequencies_three_and_a_half_per_cent_off_are_refused() {
    for off in [-0.05, -0.035, 0.035, 0.05] {
        for (low, high) in [(-9.0, -7.0), (-6.0, -12.0), (-10.0, -6.0)] {
            let made = Made {
                off,
                low,
                high,
                on_ms: 500,
                ..USUAL
            };
            assert_eq!(heard(Codec::Pcmu, &pressed(ALL, made, 0)), "", "{off}");
        }
    }
}

#[test]
fn twist_is_borne_as_q24_asks_and_no_further() {
    for (low, high) in [(-14.0, -10.0), (-8.0, -16.0)] {
        let made = Made { low, high, ..USUAL };
        assert_eq!(
            heard(Codec::Pcmu, &pressed(ALL, made, 11)),
            ALL,
            "{low} {high}"
        );
    }
    for (low, high) in [(-20.0, -8.0), (-4.0, -20.0)] {
        let made = Made { low, high, ..USUAL };
        assert_eq!(
            heard(Codec::Pcmu, &pressed(ALL, made, 11)),
            "",
            "{low} {high}"
        );
    }
}

#[test]
fn keys_are_heard_from_0_to_minus_30_dbm0_and_not_below_minus_40() {
    for level in [0.0, -10.0, -20.0, -30.0] {
        let made = Made {
            low: level,
            high: level,
            ..USUAL
        };
        assert_eq!(heard(Codec::Pcma, &pressed(ALL, made, 50)), ALL, "{level}");
    }
    let faint = Made {
        low: -40.0,
        high: -40.0,
        ..USUAL
    };
    assert_eq!(heard(Codec::Pcma, &pressed(ALL, faint, 50)), "");
}

#[test]
fn noise_15_db_below_is_borne() {
    let mut random = Random::seeded(3);
    let mut missed = 0;
    for _ in 0..40 {
        let mut sound = pressed(ALL, USUAL, random.below(200) as usize);
        add_noise(&mut sound, -8.0 + 3.0 - 15.0, &mut random);
        let heard = heard(Codec::Pcmu, &sound);
        assert!(heard.len() <= 16, "none twice");
        missed += 16 - heard.len();
    }
    assert!(missed <= 1, "{missed} of 640 were missed");
}

#[test]
fn one_tone_alone_and_three_together_are_no_keys() {
    for hz in [
        &[697.0][..],
        &[1336.0],
        &[697.0, 770.0],
        &[697.0, 1209.0, 1477.0],
        &[350.0, 440.0],
        &[480.0, 620.0],
    ] {
        assert_eq!(
            heard(Codec::Pcmu, &tone::dual(hz, -16.0, 8000)),
            "",
            "{hz:?}"
        );
    }
}

#[test]
fn noise_alone_is_no_key() {
    let mut random = Random::seeded(4);
    for level in [-30.0, -15.0, 0.0] {
        let mut sound = vec![0; 8000 * 60];
        add_noise(&mut sound, level, &mut random);
        assert_eq!(heard(Codec::Pcmu, &sound), "", "{level}");
    }
}

/// Everything that is shipped, speech and music, in voices from a third lower to a third higher.
#[test]
fn speech_and_music_press_no_key() {
    let mut seconds = 0;
    for name in [
        "announcement",
        "greeting",
        "demo-agent",
        "demo-caller",
        "hold-music",
        "chime",
        "busy-us",
        "ring-back-eu",
    ] {
        let path = format!("{}/media/{name}.wav", env!("CARGO_MANIFEST_DIR"));
        let mut file = hound::WavReader::open(path).expect("a file that is shipped");
        let rate = file.spec().sample_rate as f32 / 8000.0 * f32::from(file.spec().channels);
        let sound: Vec<i16> = file
            .samples()
            .map(|sample| sample.expect("16 bits"))
            .collect();
        for pitch in [0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25] {
            let step = rate * pitch;
            let count = (sound.len() as f32 / step) as usize;
            let other = (0..count).filter_map(|at| sound.get((at as f32 * step) as usize).copied());
            let other: Vec<i16> = other.collect();
            seconds += other.len() / 8000;
            assert_eq!(heard(Codec::Pcmu, &other), "", "{name} at {pitch}");
        }
    }
    assert!(seconds > 300, "only {seconds} s");
}

#[test]
fn whatever_is_heard_nothing_breaks() {
    let mut random = Random::seeded(5);
    let mut detector = Detector::default();
    for _ in 0..2000 {
        let loud = random.below(2) == 0;
        let samples: Vec<i16> = (0..random.below(400))
            .map(|_| if loud { i16::MIN } else { random.u32() as i16 })
            .collect();
        detector.hear(&samples);
    }
    detector.pause();
    assert!(!detector.is_pressed());
}

fn pressed(keys: &str, made: Made, shift: usize) -> Vec<i16> {
    let mut sound = vec![0; shift];
    for key in keys.chars() {
        let tones = tones(key).expect("a key").map(|hz| hz * (1.0 + made.off));
        let samples = made.on_ms * 8;
        let low = tone::sine(tones[0], made.low + DBM0, samples);
        let high = tone::sine(tones[1], made.high + DBM0, samples);
        sound.extend(
            low.iter()
                .zip(high)
                .map(|(low, high)| low.saturating_add(high)),
        );
        sound.extend(vec![0; made.pause_ms * 8]);
    }
    sound
}

/// What a detector makes of it after a codec, in packets of 20 ms.
fn heard(codec: Codec, sound: &[i16]) -> String {
    let mut encoder = Encoder::new(codec, Wishes::default());
    let (mut decoder, mut decoded) = (Decoder::new(codec), vec![]);
    for piece in sound.chunks(FRAME) {
        let (mut frame, mut payload) = ([0; FRAME], vec![]);
        frame[..piece.len()].copy_from_slice(piece);
        encoder.encode(&frame, &mut payload);
        decoder.decode(&payload, &mut decoded);
    }
    let mut detector = Detector::default();
    decoded
        .chunks(160)
        .filter_map(|frame| detector.hear(frame))
        .collect()
}

fn add_noise(sound: &mut [i16], dbm0: f32, random: &mut Random) {
    let rms = 32768.0 * 10f32.powf((dbm0 + DBM0) / 20.0);
    for sample in sound {
        // The sum of twelve even numbers is near enough to a bell.
        let sum: f32 = (0..12)
            .map(|_| random.below(1 << 16) as f32 / 65536.0)
            .sum();
        *sample = (f32::from(*sample) + rms * (sum - 6.0)) as i16;
    }
}

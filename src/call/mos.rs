//! How well a party was heard, as one number (B12): the mean opinion score that ITU-T G.107 (the
//! E-model) foretells from loss, jitter and the way there and back.

use super::record::Quality;

/// What the model gives where nothing is wrong (G.107 §7.7, all other parameters at their defaults).
const BEST: f32 = 93.2;
/// How well G.711 with concealment stands random loss, per cent (G.113, table I.1).
const ROBUSTNESS: f32 = 25.1;
/// What a packet and our playout take without any jitter, milliseconds.
const OWN_DELAY: f32 = 40.0;

/// From 1 (bad) to 4.4 (as a telephone can be); `None`: nothing was heard, which is no bad quality: a party
/// on hold says nothing. As if all were G.711: a codec that hides loss better sounds better.
pub fn mos(quality: &Quality) -> Option<f32> {
    if quality.received == 0 {
        return None;
    }
    let sent = quality.received.saturating_add(quality.lost) as f32;
    let loss = 100.0 * quality.lost as f32 / sent;
    let impaired = 95.0 * loss / (loss + ROBUSTNESS);
    // The playout buffer holds about twice the jitter.
    let delay = quality.round_trip_ms.unwrap_or(0.0) / 2.0 + 2.0 * quality.jitter_ms + OWN_DELAY;
    let late = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    let rating = (BEST - impaired - late).clamp(0.0, 100.0);
    let mos = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    // Two digits are more than ears can tell apart.
    Some((mos.max(1.0) * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lost: u64, jitter_ms: f32, round_trip_ms: f32) -> f32 {
        let quality = Quality {
            received: 1_000 - lost,
            sent: 1_000,
            lost,
            jitter_ms,
            round_trip_ms: Some(round_trip_ms),
        };
        mos(&quality).expect("heard")
    }

    #[test]
    fn b12_each_of_loss_jitter_and_delay_is_heard() {
        let clean = heard(0, 0.5, 20.0);
        assert!((4.3..=4.45).contains(&clean), "{clean}");
        let worse = [
            heard(10, 0.5, 20.0),
            heard(50, 0.5, 20.0),
            heard(300, 0.5, 20.0),
        ];
        assert!(
            clean > worse[0] && worse[0] > worse[1] && worse[1] > worse[2],
            "{worse:?}"
        );
        assert!((3.0..4.0).contains(&worse[1]), "{worse:?}");
        assert!(worse[2] < 2.5, "{worse:?}");
        assert!(heard(0, 80.0, 20.0) < clean);
        assert!(heard(0, 0.5, 900.0) < 3.5);
        assert_eq!(heard(1_000 - 1, 500.0, 5_000.0), 1.0);
    }

    #[test]
    fn b12_of_nothing_nothing_is_said_and_records_tell_it_beside_what_was_measured() {
        assert_eq!(mos(&Quality::default()), None);
        let silent = serde_json::to_value(Quality::default()).expect("JSON");
        assert_eq!(silent["mos"], serde_json::Value::Null);
        let quality = Quality {
            received: 500,
            ..Quality::default()
        };
        let told = serde_json::to_value(quality).expect("JSON");
        assert!(told["mos"].as_f64() > Some(4.0), "{told}");
        let back: Quality = serde_json::from_value(told).expect("read");
        assert_eq!(back, quality);
    }
}

//! Recordings: as long as the call, and in step with it.

use super::*;

/// The places where a click begins: loud after at least 100 ms of silence.
fn clicks(samples: &[i16]) -> Vec<usize> {
    let loud = samples.iter().enumerate().filter(|(_, s)| s.abs() > 10_000);
    let mut found: Vec<usize> = vec![];
    let mut last = None;
    for (at, _) in loud {
        if last.is_none_or(|last| at > last + 800) {
            found.push(at);
        }
        last = Some(at);
    }
    found
}

impl World {
    fn record(&mut self, phone: usize) -> RecordingId {
        let (leg, origin) = (self.leg(phone), self.now);
        let recording = RecordingId(phone as u64 + 100);
        self.command(Command::Record {
            recording,
            leg,
            origin,
        });
        recording
    }

    /// Ends a recording and gives it.
    fn stop(&mut self, recording: RecordingId) -> File {
        let end = self.now;
        self.command(Command::StopRecording { recording, end });
        self.files.remove(&recording).expect("a file")
    }
}

#[test]
fn both_legs_are_whole_and_equally_long() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    w.wait(0.5);
    let (one, other) = (w.record(a), w.record(b));
    w.wait(10.0);
    let (one, other) = (w.stop(one), w.stop(other));
    for (file, hz) in [(one, 400.0), (other, 700.0)] {
        assert_eq!((file.length, file.samples.len()), (Some(80_000), 80_000));
        assert!(crate::audio::tone::share(&file.samples[200..], hz) > 0.98);
    }
}

#[test]
fn loss_jitter_order_and_repetition_change_neither_length_nor_place() {
    let mut w = World::new(Network {
        delay: Duration::from_millis(10),
        jitter: Duration::from_millis(100),
        loss_percent: 10,
        repeat_percent: 10,
    });
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    (w.phones[a].voice, w.phones[b].voice) = (Voice::Clicks(1), Voice::Clicks(1));
    w.wait(0.3);
    let start = w.now;
    let (one, other) = (w.record(a), w.record(b));
    w.wait(120.0);
    let (one, other) = (w.stop(one), w.stop(other));
    assert_eq!((one.length, other.length), (Some(960_000), Some(960_000)));
    let origin = (start - w.start).as_millis() as i64;
    for file in [one, other] {
        let clicks = clicks(&file.samples);
        assert!(
            clicks.len() > 95,
            "of 120 a tenth is lost: {}",
            clicks.len()
        );
        // After a quarter of a minute, in which the first packet's delay is put right.
        for click in clicks.into_iter().filter(|at| *at > 20 * 8000) {
            let at = (click as i64 / 8 + origin) % 1000;
            assert!(
                (0..50).contains(&at),
                "{at} ms beside the second, at {click}"
            );
        }
    }
}

#[test]
fn half_a_second_at_most_is_not_handed_over() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    let start = w.now;
    let file = w.record(a);
    w.wait(1.0);
    for _ in 0..200 {
        w.wait(0.037);
        let passed = (w.now - start).as_millis() as usize * 8;
        let there = w.files[&file].samples.len();
        assert!(passed - there <= 4400, "{} samples", passed - there);
    }
}

#[test]
fn what_comes_up_to_600_ms_late_finds_its_place() {
    let mut w = World::new(Network {
        jitter: Duration::from_millis(590),
        ..Network::default()
    });
    let a = w.phone(400);
    let file = w.record(a);
    w.wait(30.0);
    let file = w.stop(file);
    // Behind the first seconds, in which the first packet's delay is put right.
    let sound = &file.samples[80_000..file.samples.len() - 4_800];
    let silent = sound.chunks(80).filter(|part| part.iter().all(|s| *s == 0));
    assert_eq!(silent.count(), 0, "holes of 10 ms");
}

#[test]
fn clocks_that_drift_stay_in_step_for_two_hours() {
    let mut w = World::new(Network {
        jitter: Duration::from_millis(30),
        ..Network::default()
    });
    let (a, b) = (w.phone(400), w.phone(700));
    (w.phones[a].drift, w.phones[b].drift) = (200e-6, -200e-6);
    (w.phones[a].voice, w.phones[b].voice) = (Voice::Clicks(60), Voice::Clicks(60));
    let (one, other) = (w.record(a), w.record(b));
    w.wait(7200.5);
    for file in [w.stop(one), w.stop(other)] {
        assert_eq!(file.length, Some(7200 * 8000 + 4000));
        let clicks = clicks(&file.samples);
        assert!((119..=121).contains(&clicks.len()), "{}", clicks.len());
        for click in clicks {
            let beside = (click as i64 + 4000) % 8000 - 4000;
            assert!((-160..320).contains(&beside), "{beside} samples at {click}");
        }
    }
}

#[test]
fn pauses_new_streams_and_jumps_of_the_timestamps_keep_the_place() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    let file = w.record(a);
    w.phones[a].voice = Voice::Clicks(1);
    w.wait(3.5);
    // On hold, with timestamps that stand still, …
    w.phones[a].voice = Voice::Nothing;
    let held = w.phones[a].header.timestamp;
    w.wait(2.0);
    w.phones[a].header.timestamp = held;
    w.phones[a].voice = Voice::Clicks(1);
    w.wait(3.0);
    // … a new stream, and a jump in the old one.
    w.phones[a].header.ssrc ^= 1;
    w.phones[a].header.timestamp ^= 0x4000_0000;
    w.wait(3.0);
    w.phones[a].header.timestamp ^= 0x4000_0000;
    w.wait(3.0);
    let file = w.stop(file);
    assert_eq!(file.length, Some(116_000));
    let seconds: Vec<_> = clicks(&file.samples)
        .into_iter()
        .map(|at| {
            let beside = at % 8000;
            assert!(beside < 400, "{beside} at {at}");
            at / 8000
        })
        .collect();
    let seconds: Vec<_> = seconds.into_iter().filter(|second| *second > 0).collect();
    assert_eq!(seconds, [1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
}

#[test]
fn a_correction_makes_no_holes_in_a_tone() {
    let mut w = World::new(Network {
        jitter: Duration::from_millis(60),
        ..Network::default()
    });
    let a = w.phone(400);
    w.phones[a].drift = 200e-6;
    let file = w.record(a);
    w.wait(60.0);
    let file = w.stop(file);
    let sound = &file.samples[800..file.samples.len() - 1600];
    let steepest = sound.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max();
    assert!(steepest < Some(3500), "{steepest:?}");
    let mut quiet = 0;
    for sample in sound {
        quiet = if sample.abs() < 100 { quiet + 1 } else { 0 };
        assert!(quiet < 10, "a hole");
    }
}

#[test]
fn every_recording_ends_once_whatever_ends_it() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    let file = w.record(a);
    w.wait(2.0);
    w.record(a);
    let twice = Event::Failed {
        leg: w.leg(a),
        why: "the recording runs already",
    };
    assert_eq!(w.events.last(), Some(&twice));
    w.command(Command::Close { leg: w.leg(a) });
    assert_eq!(w.files[&file].length, Some(16_000));
    let end = w.now;
    w.command(Command::StopRecording {
        recording: file,
        end,
    });
    let (recording, leg) = (RecordingId(9), LegId(99));
    w.command(Command::Record {
        recording,
        leg,
        origin: end,
    });
    assert_eq!(w.files[&recording].length, Some(0), "of nobody");
    w.engine.check();
}

#[test]
fn silence_is_not_written_and_the_file_is_as_long_as_the_call() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.phones[a].voice = Voice::Nothing;
    let file = w.record(a);
    w.wait(30.0);
    assert!(w.files.is_empty(), "no chunk for nothing");
    let file = w.stop(file);
    assert_eq!((file.length, file.written), (Some(240_000), 0));
}

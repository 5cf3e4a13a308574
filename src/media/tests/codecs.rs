//! G.722 and Opus among the others: relayed, transcoded, played to, pressed through.

use super::digits::pair_of;
use super::*;
use crate::audio::tone;

#[test]
fn every_codec_is_understood_by_every_other() {
    for one in Codec::ALL {
        for other in Codec::ALL {
            let (w, a, b) = talking(one, other);
            assert!(w.share(a, 700) > 0.9, "{other:?} to {one:?}");
            assert!(w.share(b, 400) > 0.9, "{one:?} to {other:?}");
            w.assert_even(a);
            w.assert_even(b);
        }
    }
}

#[test]
fn the_same_codec_on_both_sides_goes_through_byte_by_byte() {
    for codec in [Codec::G722, Codec::Opus] {
        let (mut w, a, b) = talking(codec, codec);
        // What was said while nobody was there yet is not passed on.
        let said = w.phones[a].sent.clone();
        let heard = &w.phones[b].got;
        assert!(heard.len() > 90, "{codec:?}");
        let relayed = heard.iter().rev().take(90);
        for (_, _, payload) in relayed {
            assert!(said.contains(payload), "{codec:?}");
        }
        let totals = w.engine.totals();
        assert!(totals.sent - totals.relayed < 6, "{totals:?}");
        w.wait(0.1);
    }
}

#[test]
fn a_peer_that_wants_few_bits_of_opus_is_sent_few() {
    let (mut w, a, b) = talking(Codec::Opus, Codec::Opus);
    w.describe(b, |stream| stream.opus.bits = 8_000);
    w.wait(1.0);
    w.phones[b].got.clear();
    w.wait(2.0);
    let bytes = w.phones[b].got.iter().map(|(_, _, payload)| payload.len());
    let rate = bytes.sum::<usize>() * 8 / 2;
    assert!((1_000..10_000).contains(&rate), "{rate} bit/s");
    assert!(w.share(b, 400) > 0.8);
    w.assert_even(b);
    let _ = a;
}

#[test]
fn music_and_prompts_are_heard_in_every_codec_and_by_who_comes_in_the_middle() {
    for codec in [Codec::G722, Codec::Opus] {
        let mut w = World::new(Network::default());
        w.sounds(&[500, 900]);
        let a = w.phone_with(400, codec, 20);
        w.hear(a, Source::Loop(SoundId(500)));
        w.wait(1.7);
        assert!(w.share(a, 500) > 0.97, "{codec:?}, over its end");
        let prompt = Source::Play {
            play: 1,
            sounds: vec![SoundId(900), SoundId(900)],
        };
        w.hear(a, prompt);
        w.wait(1.5);
        assert!(w.share(a, 900) > 0.97, "{codec:?}");
        w.wait(0.6);
        let played = Event::Played {
            leg: w.leg(a),
            play: 1,
        };
        assert!(w.events.contains(&played));
        // In the middle of the music, with a decoder that has heard something else.
        w.hear(a, Source::Loop(SoundId(500)));
        w.wait(0.3);
        let heard = w.heard(a, 0.22);
        assert!(tone::share(&heard, 500.0) > 0.95, "{codec:?}, on again");
        w.hear(a, Source::Silence);
        w.wait(1.0);
        assert!(w.heard(a, 0.5).iter().all(|sample| sample.abs() <= 32));
        w.assert_even(a);
    }
}

#[test]
fn packets_of_opus_hold_one_two_or_three_frames_as_the_peer_wishes() {
    for (time, ticks) in [(20, 960), (40, 1920), (60, 2880), (10, 960)] {
        let mut w = World::new(Network::default());
        w.sounds(&[500]);
        let a = w.phone_with(400, Codec::Opus, 20);
        w.describe(a, |stream| stream.packet_time = time);
        w.hear(a, Source::Loop(SoundId(500)));
        w.wait(2.0);
        let got = &w.phones[a].got;
        let last = &got.last().expect("sent").2;
        assert_eq!(Codec::Opus.duration(last), ticks, "{time}");
        assert!(w.share(a, 500) > 0.9, "{time}");
        w.assert_even(a);
    }
}

#[test]
fn a_bad_path_is_heard_through_from_opus_to_g711_and_back() {
    for loss_percent in [0, 5] {
        let mut w = World::new(Network {
            loss_percent,
            repeat_percent: 5,
            jitter: Duration::from_millis(30),
            delay: Duration::from_millis(20),
        });
        let a = w.phone_with(400, Codec::Opus, 20);
        let b = w.phone_with(700, Codec::Pcma, 20);
        w.bridge(a, b);
        w.wait(6.0);
        // Piece by piece: what makes up for a loss need not be in step.
        for (phone, hz) in [(a, 700.0), (b, 400.0)] {
            let heard = w.heard(phone, 3.0);
            let pieces = heard.chunks_exact(320);
            let shares = pieces.map(|piece| tone::share(piece, hz));
            let clean = shares.filter(|&share| share > 0.8).count();
            assert!(clean > 48, "{loss_percent}: {clean} of 75 at {hz} Hz");
        }
    }
}

#[test]
fn a_recording_of_opus_and_g722_is_as_long_as_the_call_and_sounds_like_it() {
    for codec in [Codec::G722, Codec::Opus] {
        let mut w = World::new(Network {
            loss_percent: 3,
            ..Network::default()
        });
        let a = w.phone_with(400, codec, 20);
        let (recording, leg, origin) = (RecordingId(1), w.leg(a), w.now);
        w.command(Command::Record {
            recording,
            leg,
            origin,
        });
        w.wait(10.0);
        let end = w.now;
        w.command(Command::StopRecording { recording, end });
        let file = &w.files[&recording].samples;
        assert_eq!(file.len(), 80_000, "{codec:?}");
        assert!(tone::share(&file[4000..], 400.0) > 0.85, "{codec:?}");
        if codec == Codec::Opus {
            let gaps = file[4000..]
                .chunks(FRAME)
                .filter(|f| f.iter().all(|&s| s == 0));
            assert_eq!(gaps.count(), 0, "lost packets are made up for");
        }
    }
}

#[test]
fn keys_pass_between_opus_and_g711_in_each_others_way_and_clock() {
    use Codec::{G722, Opus, Pcma};
    for codecs in [[Opus, Pcma], [Pcma, Opus], [Opus, Opus], [Opus, G722]] {
        for (mine, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
            let (mut w, a, b) = pair_of(codecs, mine, theirs, 20);
            for key in "15#".chars() {
                w.taps(a, key, 120);
                w.wait(0.4);
            }
            let which = format!("{codecs:?} {mine} {theirs}");
            assert_eq!(w.digits(a), "15#", "{which}");
            // In relayed Opus the beginning of a tone may ring on in the decoder: who has events
            // does not listen for it.
            let understood = w.understood_by(b, !theirs);
            assert_eq!(understood, "15#", "{which}");
            w.wait(1.0);
            assert!(w.share(b, 400) > 0.8, "the voice is back: {which}");
        }
    }
}

#[test]
fn a_press_to_an_opus_phone_lasts_as_long_in_its_ticks() {
    for (rate, end) in [(48_000, 4800), (8000, 800)] {
        let (mut w, a, b) = talking(Codec::Pcma, Codec::Opus);
        w.describe(b, |stream| stream.events = Some(Events::both(EVENTS, rate)));
        w.wait(0.5);
        w.phones[b].got.clear();
        w.press(a, '9');
        w.wait(1.0);
        let got = &w.phones[b].got;
        let keys = got.iter().filter(|got| got.1.payload_type == EVENTS);
        let keys: Vec<_> = keys.collect();
        assert_eq!(keys.len(), 7, "five packets, the last one three times");
        let last = &keys[6].2;
        assert_eq!(u16::from_be_bytes([last[2], last[3]]), end);
        let after = got.iter().skip_while(|got| got.1.payload_type != EVENTS);
        let sound = after.skip(7).find(|got| got.1.payload_type != EVENTS);
        let step = sound.expect("the voice").1.timestamp - keys[0].1.timestamp;
        assert!((7 * 960..=12 * 960).contains(&step), "time went on: {step}");
    }
}

#[test]
fn events_at_either_clock_are_understood() {
    let mut w = World::new(Network::default());
    let a = w.phone_with(400, Codec::Opus, 20);
    let mut events = Events::both(102, 48_000);
    events.received[1] = Events::both(EVENTS, 8000).sent;
    w.describe(a, |stream| stream.events = Some(events));
    w.wait(0.5);
    // The phone's own are of type 101, here counted at 8000.
    w.press(a, '3');
    w.wait(0.5);
    assert_eq!(w.digits(a), "3");
}

#[test]
fn rfc7160_another_clock_is_another_stream_and_the_talk_goes_on() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone_with(700, Codec::Pcma, 20));
    w.bridge(a, b);
    w.wait(2.0);
    let before = w.phones[a].got.last().expect("sent").1;
    w.changes_to(a, Codec::Opus);
    w.wait(2.0);
    let after = w.phones[a].got.last().expect("sent").1;
    assert_eq!((before.payload_type, after.payload_type), (0, 96));
    assert_ne!(before.ssrc, after.ssrc);
    assert!(w.share(a, 700) > 0.9 && w.share(b, 400) > 0.9);
    w.changes_to(a, Codec::G722);
    w.wait(2.0);
    assert!(w.share(a, 700) > 0.9 && w.share(b, 400) > 0.9);
    let leg = w.leg(a);
    let sent = w.phones[a].got.len() as u64;
    w.command(Command::Close { leg });
    let report = |event: &Event| match event {
        Event::Closed { report, .. } => Some(report.sent),
        Event::Started { .. }
        | Event::Played { .. }
        | Event::Digit { .. }
        | Event::Silent { .. }
        | Event::Fares { .. }
        | Event::Lost { .. }
        | Event::Found { .. }
        | Event::Tell { .. }
        | Event::Failed { .. } => None,
    };
    let closed = w.events.iter().find_map(report);
    assert_eq!(closed, Some(sent), "of all three streams");
}

#[test]
fn a_type_that_the_peer_numbers_in_its_own_way_is_taken_too() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone_with(400, Codec::Opus, 20), w.phone(700));
    w.describe(a, |stream| {
        (stream.payload_type, stream.receive_type) = (111, 96)
    });
    w.bridge(a, b);
    w.wait(1.0);
    assert!(w.phones[a].got.iter().all(|got| got.1.payload_type == 111));
    assert!(w.share(b, 400) > 0.9, "with our number");
    w.phones[a].header.payload_type = 111;
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.9, "with its own");
    w.phones[a].header.payload_type = 112;
    w.wait(1.0);
    assert!(w.share(b, 400) < 0.1, "but with no other");
}

fn talking(one: Codec, other: Codec) -> (World, usize, usize) {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone_with(400, one, 20), w.phone_with(700, other, 20));
    w.bridge(a, b);
    w.wait(2.0);
    (w, a, b)
}

impl World {
    /// A phone speaks another codec from now on, and the switch has heard of it.
    fn changes_to(&mut self, phone: usize, codec: Codec) {
        let it = &mut self.phones[phone];
        it.codec = codec;
        it.header.payload_type = codec.payload_type();
        it.encoder = Encoder::new(codec, Wishes::default());
        it.encoded.clear();
        self.describe(phone, |_| {});
    }
}

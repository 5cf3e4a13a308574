//! Who hears what, and how evenly.

use super::*;
use crate::rtp::rtcp;

#[test]
fn a_bridge_is_heard_both_ways_and_relayed_as_it_comes() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    w.wait(3.0);
    assert!(w.share(a, 700) > 0.98 && w.share(b, 400) > 0.98);
    let totals = w.engine.totals();
    assert!(
        totals.relayed >= 290 && totals.sent - totals.relayed < 6,
        "{totals:?}"
    );
}

#[test]
fn an_echo_is_what_was_said() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.hear(a, Source::Leg(w.leg(a)));
    w.wait(2.0);
    assert!(w.share(a, 400) > 0.98);
}

#[test]
fn both_laws_of_g711_talk_to_each_other() {
    let mut w = World::new(Network::default());
    let (a, b) = (
        w.phone_with(400, Codec::Pcmu, 20),
        w.phone_with(700, Codec::Pcma, 20),
    );
    w.bridge(a, b);
    w.wait(2.0);
    assert!(w.share(a, 700) > 0.95 && w.share(b, 400) > 0.95);
}

#[test]
fn packets_of_different_length_talk_to_each_other() {
    for (one, other) in [(20, 40), (20, 10), (60, 20), (10, 200)] {
        let mut w = World::new(Network::default());
        let a = w.phone_with(400, Codec::Pcmu, one);
        let b = w.phone_with(700, Codec::Pcma, other);
        w.bridge(a, b);
        w.wait(4.0);
        assert!(
            w.share(a, 700) > 0.9,
            "{other} to {one}: {}",
            w.share(a, 700)
        );
        assert!(
            w.share(b, 400) > 0.9,
            "{one} to {other}: {}",
            w.share(b, 400)
        );
        w.assert_even(a);
        w.assert_even(b);
        let (_, _, packet) = w.phones[b].got.last().expect("sent");
        assert_eq!(packet.len(), usize::from(other) * 8);
    }
}

#[test]
fn a_mix_is_all_of_them_and_nobody_hears_themselves() {
    let mut w = World::new(Network::default());
    let (a, b, c) = (
        w.phone(400),
        w.phone(700),
        w.phone_with(1100, Codec::Pcma, 20),
    );
    for (hearer, others) in [(a, [b, c]), (b, [a, c]), (c, [a, b])] {
        let others = others.map(|other| w.leg(other)).to_vec();
        w.hear(hearer, Source::Mix(others));
    }
    w.wait(3.0);
    for (hearer, own, others) in [
        (a, 400, [700, 1100]),
        (b, 700, [400, 1100]),
        (c, 1100, [400, 700]),
    ] {
        assert!(
            others.iter().all(|&hz| w.share(hearer, hz) > 0.4),
            "{hearer}"
        );
        assert!(w.share(hearer, own) < 0.01);
        w.assert_even(hearer);
    }
    // A whisper: the agent hears two, the customer only the agent.
    w.hear(a, Source::Leg(w.leg(b)));
    w.wait(1.0);
    assert!(w.share(a, 700) > 0.98 && w.share(b, 1100) > 0.4);
}

#[test]
fn music_goes_on_after_a_prompt_where_it_was() {
    let mut w = World::new(Network::default());
    let tones = [500, 900, 1300].map(|hz| crate::audio::tone::sine(hz as f32, -20.0, 8000));
    let mut library = Library::default();
    library.insert(SoundId(1), Sound::new(tones.concat()));
    library.insert(
        SoundId(2),
        Sound::new(crate::audio::tone::sine(2000.0, -20.0, 8050)),
    );
    w.command(Command::Library(Arc::new(library)));
    let a = w.phone(400);
    w.hear(a, Source::Loop(SoundId(1)));
    w.wait(1.4);
    assert!(w.heard(a, 0.3).len() > 2000);
    let prompt = Source::Play {
        play: 9,
        sounds: vec![SoundId(2)],
    };
    w.hear(a, prompt);
    w.wait(0.9);
    assert!(w.share(a, 2000) > 0.98);
    assert!(!w.events.contains(&Event::Played {
        leg: w.leg(a),
        play: 9
    }));
    w.wait(0.2);
    assert!(w.events.contains(&Event::Played {
        leg: w.leg(a),
        play: 9
    }));
    w.hear(a, Source::Loop(SoundId(1)));
    w.wait(0.5);
    assert!(w.share(a, 900) > 0.9, "not from the start");
    w.wait(1.7);
    assert!(w.share(a, 500) > 0.9, "and round");
    w.assert_even(a);
}

#[test]
fn a_sound_that_came_by_itself_stays_until_it_is_forgotten() {
    let mut w = World::new(Network::default());
    w.sounds(&[1500]);
    let a = w.phone(400);
    let (id, sine) = (SoundId(77), crate::audio::tone::sine(900.0, -20.0, 8000));
    let sound = Arc::new(Sound::new(sine));
    w.command(Command::Sound { id, sound });
    // Another library changes nothing in that.
    w.sounds(&[2500]);
    let play = |play| Source::Play {
        play,
        sounds: vec![id],
    };
    w.hear(a, play(1));
    w.command(Command::Forget(id));
    w.wait(0.9);
    assert!(w.share(a, 900) > 0.98, "who hears it hears it to the end");
    w.wait(0.4);
    w.hear(a, play(2));
    let leg = w.leg(a);
    assert!(w.events.contains(&Event::Played { leg, play: 2 }), "gone");
    // What the library holds is not forgotten by itself.
    w.command(Command::Forget(SoundId(2500)));
    w.hear(a, Source::Loop(SoundId(2500)));
    w.wait(0.9);
    assert!(w.share(a, 2500) > 0.98);
}

#[test]
fn numbers_and_timestamps_go_on_over_every_change_of_source() {
    let mut w = World::new(Network::default());
    w.sounds(&[1500]);
    let (a, b) = (w.phone(400), w.phone(700));
    let (me, other) = (w.leg(a), w.leg(b));
    for source in [
        Source::Loop(SoundId(1500)),
        Source::Leg(other),
        Source::Silence,
        Source::Leg(me),
        Source::Mix(vec![me, other]),
        Source::Leg(other),
        Source::Play {
            play: 1,
            sounds: vec![SoundId(1500)],
        },
        Source::Leg(other),
    ] {
        let relay = matches!(source, Source::Leg(_));
        w.hear(a, source);
        w.wait(0.7);
        assert!(!relay || w.phones[a].got.len() > 20);
    }
    w.assert_even(a);
    let spent = w.phones[a].got.len() as f64 * 0.02;
    assert!((5.4..5.7).contains(&spent), "{spent} s of sound in 5.6 s");
}

#[test]
fn who_hears_a_leg_that_is_not_there_yet_gets_silence() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.hear(a, Source::Leg(LegId(2)));
    w.wait(1.0);
    assert!(w.phones[a].got.len() > 45 && w.heard(a, 0.5).iter().all(|s| s.abs() < 10));
    let b = w.phone(700);
    w.phones[b].voice = Voice::Nothing;
    w.wait(1.0);
    assert!(w.phones[a].got.len() > 85, "described, but says nothing");
    w.phones[b].voice = Voice::Tone(700);
    w.wait(1.0);
    assert!(w.share(a, 700) > 0.98);
    w.command(Command::Close { leg: LegId(2) });
    w.wait(1.0);
    assert!(w.heard(a, 0.5).len() > 3800 && w.share(a, 700) < 0.01);
    for pair in w.phones[a].got.windows(2) {
        assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
    }
}

#[test]
fn a_peer_on_hold_is_sent_nothing_and_hears_again_after_it() {
    let mut w = World::new(Network::default());
    w.sounds(&[1500]);
    let a = w.phone(400);
    w.hear(a, Source::Loop(SoundId(1500)));
    w.describe(a, |stream| stream.sends = false);
    w.wait(1.0);
    assert!(w.phones[a].got.is_empty());
    w.describe(a, |stream| {
        stream.remote = SocketAddr::from(([0, 0, 0, 0], 4000))
    });
    w.wait(1.0);
    assert!(w.phones[a].got.is_empty(), "hold of RFC 2543");
    w.describe(a, |_| {});
    w.wait(1.0);
    assert!(w.share(a, 1500) > 0.98);
}

#[test]
fn a_hold_leaves_no_gap_in_the_numbers() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    w.wait(1.0);
    w.describe(a, |stream| (stream.sends, stream.receives) = (false, false));
    w.wait(3.0);
    w.describe(a, |_| {});
    w.wait(1.0);
    assert!(w.share(a, 700) > 0.98 && w.share(b, 400) > 0.98);
    for pair in w.phones[a].got.windows(2) {
        assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
    }
    let got = &w.phones[a].got;
    let spent = got[got.len() - 1]
        .1
        .timestamp
        .wrapping_sub(got[0].1.timestamp);
    assert!(
        (39_000..40_100).contains(&spent),
        "time passed on hold: {spent}"
    );
}

#[test]
fn each_press_is_one_digit_and_is_passed_on() {
    for loss_percent in [0, 10, 30] {
        let mut w = World::new(Network {
            loss_percent,
            repeat_percent: 20,
            jitter: Duration::from_millis(30),
            ..Network::default()
        });
        let (a, b) = (w.phone(400), w.phone(700));
        w.bridge(a, b);
        w.wait(1.0);
        for key in "1223334444*#".chars() {
            w.press(a, key);
            w.wait(0.3);
        }
        assert_eq!(w.digits(a), "1223334444*#");
        let passed = w.phones[b]
            .got
            .iter()
            .filter(|got| got.1.payload_type == EVENTS);
        assert!(passed.count() > 40);
    }
}

#[test]
fn a_peer_without_telephone_events_gets_none_and_no_gap() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.describe(b, |stream| stream.events = None);
    w.bridge(a, b);
    w.wait(1.0);
    w.press(a, '5');
    w.wait(1.0);
    let got = &w.phones[b].got;
    assert!(got.iter().all(|(_, header, _)| header.payload_type == 0));
    let even = |pair: &[(Instant, Header, Vec<u8>)]| {
        pair[1].1.sequence == pair[0].1.sequence.wrapping_add(1)
    };
    assert!(got.windows(2).all(even));
}

#[test]
fn silence_of_the_peer_is_said_once_until_it_speaks() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    let silent = Event::Silent { leg: w.leg(a) };
    let said = |w: &World| w.events.iter().filter(|event| **event == silent).count();
    w.wait(10.0);
    assert_eq!(said(&w), 0);
    w.phones[a].voice = Voice::Nothing;
    w.wait(4.8);
    assert_eq!(said(&w), 0);
    w.wait(10.0);
    assert_eq!(said(&w), 1);
    w.phones[a].voice = Voice::Tone(400);
    w.wait(1.0);
    w.phones[a].voice = Voice::Nothing;
    w.describe(a, |stream| stream.receives = false);
    w.wait(20.0);
    assert_eq!(said(&w), 1, "on hold nobody is expected to speak");
}

#[test]
fn a_process_that_stood_still_sends_no_burst_and_blames_nobody() {
    let mut w = World::new(Network::default());
    w.sounds(&[1500]);
    let a = w.phone(400);
    w.hear(a, Source::Loop(SoundId(1500)));
    w.wait(1.0);
    w.phones[a].voice = Voice::Nothing;
    w.freeze(9.0);
    w.phones[a].got.clear();
    w.wait(0.1);
    assert!(w.phones[a].got.len() <= 6);
    assert!(
        !w.events
            .iter()
            .any(|event| matches!(event, Event::Silent { .. }))
    );
    assert!(w.engine.totals().skipped >= 440);
}

#[test]
fn reports_go_out_and_tell_loss_and_round_trip() {
    let mut w = World::new(Network {
        loss_percent: 10,
        ..Network::default()
    });
    let a = w.phone(400);
    w.wait(12.0);
    let reports = std::mem::take(&mut w.phones[a].reports);
    assert!((1..=5).contains(&reports.len()), "{}", reports.len());
    let ours = w.phones[a].got[0].1.ssrc;
    let report = rtcp::parse(reports.last().expect("one"), w.phones[a].header.ssrc)
        .and_then(|heard| heard.report)
        .expect("a report");
    let (sender, block) = (report.sender.expect("sent"), report.block.expect("heard"));
    assert!(sender.packets > 300 && sender.octets == sender.packets * 160);
    assert!(
        (10..60).contains(&block.fraction_lost),
        "{}",
        block.fraction_lost
    );

    // The peer answers: half a second for it, 100 ms for the way; a tenth of ours was lost.
    let mut rtcp_of = w.phones[a].address;
    rtcp_of.set_port(4001);
    w.phones[a].reports.clear();
    while w.phones[a].reports.is_empty() {
        w.wait(0.02);
    }
    let ntp = rtcp::parse(&w.phones[a].reports[0], 0)
        .and_then(|heard| heard.report?.sender)
        .expect("a sender report")
        .ntp;
    w.wait(0.6);
    let answer = rtcp::Report {
        ssrc: 9,
        sender: None,
        block: Some(rtcp::Block {
            ssrc: ours,
            lost: w.phones[a].got.len() as i32 / 10,
            last_report: (ntp >> 16) as u32,
            delay: 0x8000,
            ..rtcp::Block::default()
        }),
    };
    let mut bytes = vec![];
    answer.write("peer", false, &mut bytes);
    w.receive(w.phones[a].port + 1, rtcp_of, &bytes);
    w.command(Command::Close { leg: w.leg(a) });
    let Some(Event::Closed { report, port, .. }) = w.events.last() else {
        panic!("not closed: {:?}", w.events.last());
    };
    assert_eq!(*port, w.phones[a].port);
    let trip = report.round_trip_ms.expect("a round trip");
    assert!((80.0..=120.0).contains(&trip), "{trip}");
    let loss = report.remote_loss.expect("reported");
    assert!((0.09..0.11).contains(&loss), "{loss}");
    assert!(report.lost > 30 && report.received > 400 && report.sent > 500);
    let bye = w.phones[a].reports.last().expect("a last report");
    assert!(rtcp::parse(bye, 0).expect("RTCP").bye);
}

#[test]
fn what_waited_while_the_process_stood_still_is_recorded_and_not_heard() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    let (leg, origin, recording) = (w.leg(a), w.now, RecordingId(1));
    let record = Command::Record {
        recording,
        leg,
        origin,
    };
    w.command(record);
    w.wait(2.0);
    w.phones[b].got.clear();
    w.freeze(3.0);
    w.wait(0.1);
    assert!(
        w.phones[b].got.len() <= 6,
        "a burst of {}",
        w.phones[b].got.len()
    );
    w.wait(1.5);
    assert!(w.share(b, 400) > 0.98);
    let end = w.now;
    w.command(Command::StopRecording { recording, end });
    let file = &w.files[&recording];
    assert_eq!(file.length, Some(52_800));
    assert!(crate::audio::tone::share(&file.samples[200..], 400.0) > 0.98);
}

#[test]
fn a_mix_over_a_bad_network_is_still_understood() {
    let mut w = World::new(Network {
        jitter: Duration::from_millis(100),
        loss_percent: 10,
        repeat_percent: 10,
        ..Network::default()
    });
    let (a, b, c) = (w.phone(400), w.phone(700), w.phone(1100));
    w.hear(c, Source::Mix(vec![w.leg(a), w.leg(b)]));
    w.wait(20.0);
    let heard = w.heard(c, 5.0);
    assert_eq!(heard.len() / 8000, 5);
    for hz in [400.0, 700.0] {
        // Each in its own pieces: a lost frame moves the phase of what conceals it.
        let pieces = heard.chunks_exact(800);
        let clear = pieces.filter(|piece| crate::audio::tone::share(piece, hz) > 0.3);
        assert!(clear.count() > 35, "of 50 at {hz} Hz");
    }
    w.assert_even(c);
}

#[test]
fn reports_on_the_rtp_port_are_taken_from_the_peer() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.wait(1.0);
    let ssrc = w.phones[a].got[0].1.ssrc;
    let lost = w.phones[a].got.len() as i32 / 2;
    let block = rtcp::Block {
        ssrc,
        lost,
        ..rtcp::Block::default()
    };
    let report = rtcp::Report {
        ssrc: 1,
        sender: None,
        block: Some(block),
    };
    let mut bytes = vec![];
    report.write("peer", false, &mut bytes);
    w.receive(w.phones[a].port, w.phones[a].address, &bytes);
    w.command(Command::Close { leg: w.leg(a) });
    let Some(Event::Closed { report, .. }) = w.events.last() else {
        panic!("not closed");
    };
    assert!(
        report
            .remote_loss
            .is_some_and(|loss| (loss - 0.5).abs() < 0.02)
    );
    assert_eq!(report.refused, 0);
}

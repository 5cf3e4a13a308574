//! G.722 and Opus phones among others: what they hear is listened to with decoders that are not ours.

use super::answers;
use crate::world::World;
use crate::world::network::Weather;
use crate::world::voice::OPUS;
use cordboard::settings::Codec;

const PCMA: u8 = 8;
const G722: u8 = 9;

#[test]
fn every_codec_talks_to_every_other() {
    for caller in [0, PCMA, G722, OPUS] {
        for agent in [0, PCMA, G722, OPUS] {
            let w = talking(caller, agent);
            let heard = (w.hears("alice"), w.hears("1001"));
            assert_eq!(heard, (vec!["1001"], vec!["alice"]), "{caller} and {agent}");
        }
    }
}

#[test]
fn who_speak_the_same_get_each_others_bytes() {
    for codec in [G722, OPUS] {
        let mut w = talking(codec, codec);
        w.phone("1001").voice.got.clear();
        w.wait(2.0);
        let said = &w.phones["alice"].voice.said;
        let got = &w.phones["1001"].voice.got;
        assert!(got.len() >= 99, "{codec}: {}", got.len());
        assert!(got.iter().all(|payload| said.contains(payload)), "{codec}");
    }
}

#[test]
fn the_agent_is_offered_the_callers_codec_first() {
    for (caller, name) in [
        (PCMA, " 8 0 9 96"),
        (G722, " 9 8 0 96"),
        (OPUS, " 96 8 0 9"),
    ] {
        let w = talking(caller, caller);
        let offer = w.phones["1001"].offered();
        assert!(offer.contains(&format!("RTP/AVP{name} 101 102")), "{offer}");
    }
}

#[test]
fn the_order_of_the_profile_decides_and_not_the_callers() {
    for codecs in [[Codec::Opus, Codec::Pcma], [Codec::Pcma, Codec::Opus]] {
        let mut w = World::with(|account| account.trunks[0].habits.codecs = codecs.to_vec());
        w.add("alice", 5080).offers_also = Some(PCMA);
        w.phone("alice").payload_type = OPUS;
        let expected = match codecs[0] {
            Codec::Opus => OPUS,
            Codec::Pcma | Codec::Pcmu | Codec::G722 => PCMA,
        };
        // It understands what it is answered.
        w.phone("alice").takes_the_answer = true;
        w.dials("alice", "100").wait(2.0);
        assert_eq!(w.phones["alice"].payload_type, expected);
        assert_eq!(w.hears("alice"), ["greeting"]);
    }
}

#[test]
fn music_and_announcements_are_heard_in_every_codec() {
    for codec in [G722, OPUS] {
        let mut w = World::new();
        w.add("alice", 5080).payload_type = codec;
        w.dials("alice", "100").wait(2.0);
        assert_eq!(w.hears("alice"), ["greeting"], "{codec}");
        w.wait(4.0);
        assert_eq!(w.hears("alice"), ["music"], "{codec}");
        let mut announced = 0;
        for _ in 0..40 {
            w.wait(1.0);
            let heard = w.hears("alice");
            announced += usize::from(heard.contains(&"announcement"));
            assert!(!heard.is_empty(), "{codec}: never silence");
        }
        assert!((1..=3).contains(&announced), "{codec}: {announced}");
        assert_even(&w, "alice", codec);
    }
}

#[test]
fn keys_pass_between_opus_and_g711_both_ways_in_the_clock_of_each() {
    for (caller, agent) in [(OPUS, PCMA), (PCMA, OPUS), (OPUS, OPUS), (G722, OPUS)] {
        let mut w = talking(caller, agent);
        for (user, other) in [("alice", "1001"), ("1001", "alice")] {
            for key in "47#".chars() {
                w.phone(user).voice.press(key, 120);
                w.wait(0.5);
            }
            let heard = w.phones[other].voice.keys_heard();
            assert_eq!(heard.0, "47#", "{user}: {caller} and {agent}");
        }
        for (user, codec) in [("alice", caller), ("1001", agent)] {
            let ticks = if codec == OPUS { 960 } else { 160 };
            let durations = &w.phones[user].voice.durations;
            assert!(durations.iter().all(|duration| duration % ticks == 0));
            let longest = *durations.iter().max().expect("some") / ticks;
            assert!((5..=6).contains(&longest), "{longest} packets");
        }
        assert_eq!(w.log().matches("presses a key").count(), 6);
    }
}

#[test]
fn hold_and_resume_with_opus_and_g722() {
    for (caller, agent) in [(OPUS, PCMA), (G722, G722), (OPUS, OPUS)] {
        let mut w = talking(caller, agent);
        w.reinvites("1001", "sendonly").wait(1.0);
        assert_eq!(w.hears("alice"), ["music"], "{caller} and {agent}");
        w.reinvites("1001", "sendrecv").wait(1.0);
        let heard = (w.hears("alice"), w.hears("1001"));
        assert_eq!(heard, (vec!["1001"], vec!["alice"]), "{caller} and {agent}");
    }
}

#[test]
fn the_codec_may_change_in_the_middle_of_a_call() {
    let mut w = talking(PCMA, PCMA);
    for codec in [OPUS, G722, 0, OPUS, PCMA] {
        w.phone("alice").payload_type = codec;
        w.reinvites("alice", "sendrecv").wait(1.5);
        let heard = (w.hears("alice"), w.hears("1001"));
        assert_eq!(heard, (vec!["1001"], vec!["alice"]), "now {codec}");
    }
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn the_codec_may_change_while_music_plays() {
    let mut w = World::new();
    w.dials("alice", "100").wait(8.0);
    for codec in [OPUS, G722, OPUS, 0] {
        w.phone("alice").payload_type = codec;
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_eq!(w.hears("alice"), ["music"], "now {codec}");
    }
}

#[test]
fn a_bad_network_is_heard_through_with_opus() {
    let mut w = talking(OPUS, PCMA);
    w.network.weather = Weather {
        lost: 50,
        ..Weather::FOUL
    };
    w.wait(10.0);
    assert!(w.hears("alice").contains(&"1001"));
    assert!(w.hears("1001").contains(&"alice"));
}

#[test]
fn both_are_in_the_recording_whatever_they_speak() {
    let mut w = talking(OPUS, G722);
    w.wait(3.0);
    w.hangs_up("alice").wait(1.0);
    let mut recorded: Vec<_> = w.files.values().map(|(sound, _)| w.tones(sound)).collect();
    recorded.sort();
    assert_eq!(recorded, [vec!["1001"], vec!["alice"]]);
}

/// Alice and the agent talk, in these codecs.
fn talking(caller: u8, agent: u8) -> World {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).phone("1001").payload_type = agent;
    w.add("alice", 5080).payload_type = caller;
    w.dials("alice", "100").wait(3.5);
    w.log();
    w
}

/// What a phone heard was one stream, without a hole.
fn assert_even(w: &World, user: &str, codec: u8) {
    let ticks = if codec == OPUS { 960 } else { 160 };
    for pair in w.phones[user].voice.headers.windows(2) {
        let ((s0, t0, ssrc0), (s1, t1, ssrc1)) = (pair[0], pair[1]);
        assert_eq!((ssrc0, s0.wrapping_add(1)), (ssrc1, s1));
        assert!((ticks..=3 * ticks).contains(&t1.wrapping_sub(t0)));
    }
}

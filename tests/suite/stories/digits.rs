//! Keys pressed: one press is one digit, whatever way it comes and goes (R82, F28).

use super::answers;
use crate::world::World;
use crate::world::network::Weather;

/// How a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Events,
    Tones,
    InfoRelay,
    Info,
}

const WAYS: [Way; 4] = [Way::Events, Way::Tones, Way::InfoRelay, Way::Info];

#[test]
fn r82_a_key_reaches_the_agent_by_every_way_and_into_every_way() {
    for way in WAYS {
        for theirs in [true, false] {
            let mut w = talking(way != Way::Tones, theirs);
            for key in "4711*0#D".chars() {
                press(&mut w, key, &[way]);
                w.wait(0.4);
            }
            let expected = heard_as(theirs, "4711*0#D");
            assert_eq!(
                w.phones["1001"].voice.keys_heard(),
                expected,
                "{way:?} to {theirs}"
            );
            assert_eq!(
                w.phones["alice"].voice.keys_heard(),
                heard_as(true, ""),
                "not back"
            );
            assert_eq!(times_told(&mut w), 8);
            w.wait(1.0);
            assert_eq!(
                (w.hears("alice"), w.hears("1001")),
                (vec!["1001"], vec!["alice"])
            );
        }
    }
}

#[test]
fn f28_all_ways_at_once_are_one_press() {
    for theirs in [true, false] {
        for ways in [
            &[Way::Events, Way::InfoRelay][..],
            &[Way::InfoRelay, Way::Events],
            &[Way::Tones, Way::Info],
            &[Way::Info, Way::Tones],
        ] {
            let mut w = talking(!ways.contains(&Way::Tones), theirs);
            for key in "4711".chars() {
                press(&mut w, key, ways);
                w.wait(0.5);
            }
            let expected = heard_as(theirs, "4711");
            assert_eq!(
                w.phones["1001"].voice.keys_heard(),
                expected,
                "{ways:?} to {theirs}"
            );
            assert_eq!(times_told(&mut w), 4, "{ways:?} to {theirs}");
        }
    }
}

#[test]
fn f28_lost_doubled_and_crossing_packets_are_one_press() {
    for way in [Way::Events, Way::InfoRelay] {
        let mut w = talking(true, true);
        w.network.weather = Weather {
            lost: 100,
            ..Weather::FOUL
        };
        for key in "123456".chars() {
            press(&mut w, key, &[way]);
            // An INFO that was lost is said again.
            w.wait(if way == Way::Events { 0.4 } else { 8.0 });
        }
        assert_eq!(times_told(&mut w), 6, "{way:?}");
    }
}

#[test]
fn the_agent_can_press_keys_too() {
    let mut w = talking(true, true);
    let now = w.now;
    w.act("1001", |_, phone| {
        phone.voice.press('3', 100);
        vec![]
    });
    w.wait(1.0);
    assert!(w.now > now);
    assert_eq!(w.phones["alice"].voice.keys_heard().0, "3");
    assert!(w.log().contains("the agent presses a key"));
}

#[test]
fn a_key_pressed_while_waiting_disturbs_nobody_and_is_never_in_the_log() {
    let mut w = World::new();
    w.dials("alice", "100").wait(5.0);
    for way in [Way::Events, Way::InfoRelay] {
        press(&mut w, '7', &[way]);
        w.wait(1.0);
    }
    assert_eq!(w.hears("alice"), ["music"]);
    let log = w.log();
    let keys = log.lines().filter(|line| line.contains("key"));
    let keys: Vec<_> = keys
        .map(|line| {
            line.split_once("  ")
                .map_or(line, |(_, what)| what.trim_start())
        })
        .collect();
    assert_eq!(keys.len(), 2, "{log}");
    assert!(
        keys.iter()
            .all(|line| line.ends_with("the caller presses a key")),
        "{keys:?}"
    );
}

#[test]
fn nonsense_in_an_info_is_answered_and_does_nothing() {
    let mut w = talking(true, true);
    for body in ["", "Signal=", "Signal=99", "x", "\u{0}\u{1}"] {
        w.act("alice", |now, phone| {
            phone.info(now, "application/dtmf-relay", body)
        });
        w.wait(0.2);
    }
    assert_eq!(times_told(&mut w), 0);
    assert!(w.phones["alice"].talking);
}

/// Alice and the agent talk; each with telephone-events, or without.
fn talking(mine: bool, theirs: bool) -> World {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).phone("1001").voice.events = theirs;
    w.add("alice", 5080).voice.events = mine;
    w.dials("alice", "100").wait(3.0);
    assert_eq!(w.hears("1001"), ["alice"]);
    w.log();
    w
}

/// Alice presses a key in these ways, a moment after each other.
fn press(w: &mut World, key: char, ways: &[Way]) {
    for way in ways {
        w.act("alice", |now, phone| match way {
            Way::Events => {
                phone.voice.press(key, 120);
                vec![]
            }
            Way::Tones => {
                phone.voice.dial_tones(key, 120);
                vec![]
            }
            Way::InfoRelay => {
                let body = format!("Signal={key}\r\nDuration=120\r\n");
                phone.info(now, "application/dtmf-relay", &body)
            }
            Way::Info => phone.info(now, "application/dtmf", &key.to_string()),
        });
        w.wait(0.06);
    }
}

/// What a phone with telephone-events gets of these keys, or one without.
fn heard_as(events: bool, keys: &str) -> (String, String) {
    if events {
        (keys.to_owned(), String::new())
    } else {
        (String::new(), keys.to_owned())
    }
}

/// How often the story says that a key was pressed.
fn times_told(w: &mut World) -> usize {
    w.log().matches("presses a key").count()
}

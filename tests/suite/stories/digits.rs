//! Keys pressed: one press is one digit, whatever way it comes and goes (R82, F28).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::network::Weather;
use cordboard::settings::{Account, Dtmf};

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
fn keys_are_said_in_the_way_the_phone_wants_and_understood_in_every_way() {
    for (mode, events, tones, info) in [
        (Dtmf::Auto, "4711#", "", ""),
        (Dtmf::Events, "4711#", "", ""),
        (Dtmf::Inband, "", "4711#", ""),
        (Dtmf::Info, "", "", "4711#"),
    ] {
        for way in WAYS {
            let mut w = talking_with(mode, way != Way::Tones, true);
            for key in "4711#".chars() {
                press(&mut w, key, &[way]);
                w.wait(0.4);
            }
            let phone = &w.phones["1001"];
            let heard = (events.to_owned(), tones.to_owned());
            assert_eq!(phone.voice.keys_heard(), heard, "{way:?} to {mode:?}");
            assert_eq!(phone.keys_told, info, "{way:?} to {mode:?}");
            assert_eq!(times_told(&mut w), 5, "{way:?} to {mode:?}");
            // And back: what the phone presses is understood, whatever it is told in.
            let back = if mode == Dtmf::Inband {
                Way::Tones
            } else {
                way
            };
            if back == Way::Tones && mode != Dtmf::Inband {
                continue;
            }
            for key in "90".chars() {
                press_at(&mut w, "1001", key, &[back]);
                w.wait(0.5);
            }
            let mine = heard_as(way != Way::Tones, "90");
            let voice = &w.phones["alice"].voice;
            assert_eq!(voice.keys_heard(), mine, "{back:?} from {mode:?}");
        }
    }
}

#[test]
fn who_is_told_by_events_alone_hears_no_tones_where_it_has_none() {
    for (mode, tones) in [(Dtmf::Auto, "5"), (Dtmf::Events, "")] {
        let mut w = talking_with(mode, true, false);
        press(&mut w, '5', &[Way::Events]);
        w.wait(1.0);
        let heard = (String::new(), tones.to_owned());
        assert_eq!(w.phones["1001"].voice.keys_heard(), heard, "{mode:?}");
        assert_eq!(times_told(&mut w), 1);
    }
}

#[test]
fn a_trunk_that_wants_info_gets_the_agents_keys_so() {
    let mut w = with_carriers(|account| account.trunks[0].habits.dtmf = Dtmf::Info);
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(2.0);
    for key in "23".chars() {
        press_at(&mut w, "1001", key, &[Way::Events]);
        w.wait(0.5);
    }
    let told = &w.carriers[ONE].keys_told;
    assert_eq!(told, "23");
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
    talking_in(World::new(), mine, theirs)
}

fn talking_in(mut w: World, mine: bool, theirs: bool) -> World {
    w.agent("1001", answers(1.0)).phone("1001").voice.events = theirs;
    w.add("alice", 5080).voice.events = mine;
    w.dials("alice", "100").wait(3.0);
    assert_eq!(w.hears("1001"), ["alice"]);
    w.log();
    w
}

/// The same, the agent's phone being told of keys in this way.
fn talking_with(mode: Dtmf, mine: bool, theirs: bool) -> World {
    let told = move |account: &mut Account| {
        for agent in &mut account.agents {
            agent.habits.dtmf = mode;
        }
    };
    talking_in(World::with(told), mine, theirs)
}

/// Alice presses a key in these ways, a moment after each other.
fn press(w: &mut World, key: char, ways: &[Way]) {
    press_at(w, "alice", key, ways);
}

fn press_at(w: &mut World, name: &str, key: char, ways: &[Way]) {
    for way in ways {
        w.act(name, |now, phone| match way {
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

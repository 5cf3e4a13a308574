//! Messages that are lost, doubled and cross each other (F13), and phones
//! that are in two places or move: seen from the whole switch.

use super::answers;
use crate::world::World;
use crate::world::network::Weather;
use crate::world::phone::Habit;
use cordboard::call::record::End;
use std::net::SocketAddr;
use std::time::Duration;

const HOME: &str = "1001 at home";

/// One call from the first INVITE to the wrap-up, with something lost on the way: they talk, the
/// call has one record, and nothing remains.
fn survives(losing: &[(&'static str, u32)]) {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    w.network.losing = losing.to_vec();
    w.dials("alice", "100").wait(12.0);
    assert_eq!(w.hears("alice"), ["1001"], "{losing:?}");
    assert_eq!(w.hears("1001"), ["alice"], "{losing:?}");
    w.hangs_up("alice").wait(12.0);
    assert!(!w.phones["1001"].talking, "{losing:?}");
    let record = w.record();
    assert_eq!(record.end, Some(End::CustomerHungUp), "{losing:?}");
    w.wait(60.0);
    assert!(w.is_at_rest(), "{losing:?}");
    assert!(w.endings.values().all(|times| *times == 1), "{losing:?}");
    let lost = w.network.losing.iter().all(|(_, left)| *left == 0);
    assert!(lost, "all of {losing:?} was met");
}

#[test]
fn f13_whatever_single_message_is_lost_they_talk_and_part() {
    survives(&[("INVITE sip:100", 3)]);
    survives(&[("SIP/2.0 100", 1)]);
    survives(&[("SIP/2.0 200 OK", 3)]);
    survives(&[("ACK sip:10.0.0.1:5080", 3)]);
    survives(&[("INVITE sip:1001", 3)]);
    survives(&[("SIP/2.0 180 Said", 1)]);
    survives(&[("SIP/2.0 200 Said", 3)]);
    survives(&[("ACK sip:1001", 3)]);
    survives(&[("BYE sip:1001", 3)]);
    survives(&[("BYE ", 5)]);
}

#[test]
fn f13_the_last_answer_may_be_lost_too() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    w.network.losing = vec![("SIP/2.0 200", 6)];
    w.hangs_up("alice").wait(60.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    assert!(w.is_at_rest());
}

#[test]
fn f13_a_caller_who_never_acknowledges_is_hung_up() {
    let mut w = World::new();
    w.network.losing = vec![("ACK ", 1000)];
    w.dials("alice", "100").wait(31.0);
    assert!(w.record().ended.is_none());
    w.wait(2.0);
    assert_eq!(w.record().end, Some(End::SignallingLost));
    assert!(!w.phones["alice"].talking, "by our BYE");
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn f13_when_all_is_doubled_all_happens_once() {
    let mut w = World::new();
    w.network.weather.doubled = 1000;
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .reinvites("alice", "sendonly")
        .wait(1.0)
        .reinvites("alice", "sendrecv")
        .wait(1.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.hangs_up("1001").wait(60.0);
    let log = w.log();
    for once in ["calls 100", "rings", "answers", "is over", "the wrap-up"] {
        let lines = log.lines().filter(|line| line.contains(once));
        assert_eq!(lines.count(), 1, "{once} in {log}");
    }
    assert!(w.is_at_rest());
}

#[test]
fn f13_a_third_lost_both_ways_leaves_nothing_behind() {
    for seed in 0..40 {
        let mut w = World::silent(seed, 20, |_| {});
        w.agent("1001", answers(1.0)).wait(30.0);
        w.network.weather = Weather {
            lost: 333,
            ..Weather::FOUL
        };
        for name in ["alice", "bob"] {
            w.dials(name, "100").wait(10.0);
        }
        w.wait(30.0);
        for name in ["alice", "bob", "1001"] {
            w.hangs_up(name).wait(1.0);
        }
        w.network.weather = Weather::FAIR;
        for name in ["alice", "bob", "1001", "alice", "bob", "1001"] {
            w.wait(35.0).hangs_up(name);
        }
        w.registers("1001", 0).wait(80.0);
        assert!(w.is_at_rest(), "seed {seed}");
        let once = w.endings.values().all(|times| *times == 1);
        assert!(
            once && w.endings.len() == w.conversations.len(),
            "seed {seed}"
        );
    }
}

#[test]
fn f13_a_lost_cancel_is_repeated_and_a_lost_487_forgotten() {
    for lost in ["CANCEL ", "SIP/2.0 487 Said"] {
        let mut w = World::new();
        w.agent("1001", Habit::Ignores)
            .dials("alice", "100")
            .wait(2.0);
        w.network.losing = vec![(lost, 2)];
        w.hangs_up("alice").wait(3.0);
        assert!(!w.phones["1001"].has_dialog(), "{lost}: rings no more");
        assert_eq!(w.record().end, Some(End::Abandoned));
        // 32 s for a final response, and as long again for a 200 that is late.
        w.wait(65.0);
        assert!(w.is_at_rest(), "{lost}");
        w.phone("1001").habit = answers(1.0);
        w.dials("bob", "100").wait(3.0);
        assert_eq!(w.hears("bob"), ["1001"], "{lost}: the agent is free");
    }
}

#[test]
fn r57_an_agents_two_phones_ring_and_one_answers() {
    let mut w = at_two_places(Habit::Ignores, answers(3.0));
    w.dials("alice", "100").wait(2.0);
    assert!(w.phones["1001"].has_dialog() && w.phones[HOME].has_dialog());
    w.wait(2.0);
    assert!(!w.phones["1001"].has_dialog(), "cancelled");
    assert_eq!(w.hears(HOME), ["alice"]);
    let log = w.log();
    assert_eq!(log.matches("rings").count(), 1, "one offer");
    w.hangs_up(HOME).wait(45.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert!(w.is_at_rest());
}

#[test]
fn h20_when_both_phones_answer_the_second_is_hung_up() {
    let mut w = at_two_places(answers(1.0), answers(1.0));
    w.network.weather.latency = Duration::from_millis(50);
    w.dials("alice", "100").wait(3.0);
    let talking = [&w.phones["1001"], &w.phones[HOME]].map(|phone| phone.talking);
    assert_eq!(talking.iter().filter(|talks| **talks).count(), 1);
    let (stays, goes) = if talking[0] {
        ("1001", HOME)
    } else {
        (HOME, "1001")
    };
    assert_eq!(w.phones[goes].finals, [0], "by a BYE");
    assert_eq!(w.hears(stays), ["alice"]);
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn r57_one_phone_that_declines_leaves_the_other_ringing() {
    let mut w = at_two_places(Habit::Declines(486), answers(3.0));
    w.dials("alice", "100").wait(4.5);
    assert_eq!(w.hears(HOME), ["alice"]);
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn r57_a_phone_that_answers_without_sound_is_hung_up_and_the_next_agent_rung() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .wait(1.0)
        .agent("1002", answers(1.0));
    w.phone("1001").voice.address.set_port(0);
    w.dials("alice", "100").wait(4.0);
    assert_eq!(w.phones["1001"].finals, [0], "by a BYE");
    assert_eq!(w.hears("alice"), ["1002"]);
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn f8_an_agents_phone_that_moves_is_rung_where_it_is() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    let phone = w.phone("1001");
    phone.address = SocketAddr::from(([127, 5, 5, 5], 5060));
    phone.voice.address = SocketAddr::from(([127, 5, 5, 5], 4000));
    w.registers("1001", 3600).dials("alice", "100").wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.hears("1001"), ["alice"]);
    w.hangs_up("alice").wait(65.0);
    assert!(w.is_at_rest(), "the old address is not sought for ever");
}

/// An agent with one phone at the desk and one at home.
fn at_two_places(desk: Habit, home: Habit) -> World {
    let mut w = World::new();
    // Scripted phones of one user use one Call-ID: the first REGISTER must be forgotten.
    w.agent("1001", desk).wait(40.0);
    let phone = w.add(HOME, 5060);
    phone.habit = home;
    phone.user = "1001".to_owned();
    w.act(HOME, |now, phone| {
        phone.register(now, "secret of 1001", 3600)
    })
    .wait(0.1);
    w
}

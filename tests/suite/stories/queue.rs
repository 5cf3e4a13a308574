//! Waiting: greeting, music, announcements, the place, the longest wait.

use super::answers;
use super::strategies::with_sales;
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::call::record::End;
use cordboard::settings::{Account, MaxWait, Message, OnMaxWait, Waiting};
use std::time::Duration;

#[test]
fn r28_r29_a_caller_is_greeted_waits_and_talks_to_an_agent() {
    let mut w = World::new();
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["greeting"], "R28");
    w.wait(4.0);
    assert_eq!(w.hears("alice"), ["music"], "R29");
    w.agent("1001", answers(4.0)).wait(2.0);
    assert_eq!(
        w.hears("alice"),
        ["music"],
        "music goes on while a phone rings (R63)"
    );
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.hears("1001"), ["alice"]);
    w.hangs_up("alice").wait(11.0);
    assert_eq!(
        w.log(),
        "\
         \x20  0.0  alice calls 100: answered
   0.0  the caller waits in Support, place 1
   0.0  the caller hears the greeting
   3.0  the caller hears music
   6.0  Ada (1001) is available
   6.0  the phone of Ada (1001) rings
  10.0  Ada (1001) answers: they talk, after 10.0 s of waiting
  10.0  both are recorded, segment 1
  11.1  the call is over: the customer hung up; they talked for 1.1 s
  21.1  Ada (1001) has finished the wrap-up
"
    );
    let record = w.record();
    assert_eq!(record.end, Some(End::CustomerHungUp));
    assert_eq!(
        record.agent.as_ref().map(|agent| agent.name.as_str()),
        Some("Ada")
    );
    assert_eq!(record.legs.len(), 2);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r30_r35_d8_d9_an_announcement_interrupts_the_music_which_goes_on_after_it() {
    // R35, D8, D9: 30 s from the end of one message to the start of the next.
    let mut w = World::new();
    w.dials("alice", "100").wait(32.9);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(1.0);
    assert_eq!(
        w.hears("alice"),
        ["announcement"],
        "3 s of greeting, 30 of music"
    );
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(28.5);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(1.5);
    assert_eq!(w.hears("alice"), ["announcement"], "counted from the end");
}

#[test]
fn r27_each_message_is_there_or_not_by_itself() {
    type Off = fn(&mut Waiting);
    let longest = |account: &mut Account| {
        account.queues[0].waiting.max_wait = Some(MaxWait {
            after: Duration::from_secs(60),
            then: OnMaxWait::End,
            message: Some(Message::File("sorry.wav".into())),
        });
    };
    let off: [(&str, Off); 3] = [
        ("greeting", |waiting| waiting.greeting = None),
        ("announcement", |waiting| waiting.announcement = None),
        ("max wait", |waiting| {
            waiting.max_wait.as_mut().expect("set").message = None
        }),
    ];
    for (left_out, off) in off {
        let mut w = World::with(|account| {
            longest(account);
            off(&mut account.queues[0].waiting);
        });
        w.dials("alice", "100");
        let mut heard = std::collections::BTreeSet::new();
        for _ in 0..130 {
            w.wait(0.5);
            heard.extend(w.hears("alice"));
        }
        let all = ["announcement", "greeting", "max wait", "music"];
        let expected: Vec<_> = all.into_iter().filter(|each| *each != left_out).collect();
        assert_eq!(
            heard.into_iter().collect::<Vec<_>>(),
            expected,
            "without {left_out}"
        );
    }
}

#[test]
fn r36_an_answer_in_the_middle_of_a_message_connects_at_once() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(1.2);
    let answered = w.now;
    w.wait(0.3);
    assert_eq!(
        w.heard_since("alice", answered + Duration::from_millis(50)),
        ["1001"]
    );
}

#[test]
fn d18_callers_are_served_in_the_order_in_which_they_came() {
    let mut w = World::new();
    for name in ["alice", "bob", "carol"] {
        w.dials(name, "100").wait(1.0);
    }
    w.agent("1001", answers(1.0)).wait(1.5);
    assert!(w.hears("1001").contains(&"alice"));
    w.hangs_up("alice").wait(12.0);
    assert!(
        w.hears("1001").contains(&"bob"),
        "after 10 s of wrap-up (R20)"
    );
}

#[test]
fn r24_r31_at_the_longest_wait_the_caller_is_told_and_the_call_ends() {
    let mut w = World::with(|account| {
        account.queues[0].waiting.max_wait = Some(MaxWait {
            after: Duration::from_secs(20),
            message: Some(Message::File("sorry.wav".into())),
            then: OnMaxWait::End,
        });
    });
    w.agent("1001", Habit::Ignores)
        .dials("alice", "100")
        .wait(21.0);
    assert_eq!(w.hears("alice"), ["max wait"], "R31");
    assert!(
        !w.phones["1001"].has_dialog(),
        "nobody is rung any more (R37)"
    );
    w.wait(2.0);
    assert_eq!(w.record().end, Some(End::MaxWait));
    assert!(!w.phones["alice"].talking, "the call was ended by us");
}

#[test]
fn r38_r59_phones_ring_one_after_the_other_until_the_longest_wait_and_not_a_moment_longer() {
    let mut w = World::with(|account| {
        account.timeouts.agent = Duration::from_secs(10);
        account.queues[0].waiting.max_wait = Some(MaxWait {
            after: Duration::from_secs(45),
            message: Some(Message::File("sorry.wav".into())),
            then: OnMaxWait::End,
        });
    });
    w.agent("1001", Habit::Ignores)
        .wait(1.0)
        .agent("1002", Habit::Ignores)
        .dials("alice", "100")
        .wait(44.5);
    let log = w.log();
    let rung: Vec<_> = log.lines().filter(|line| line.contains(" rings")).collect();
    let expected = ["Ada", "Ben", "Ada", "Ben", "Ada"];
    assert_eq!(
        rung.len(),
        expected.len(),
        "all were tried, then the first again: {log}"
    );
    for (line, name) in rung.iter().zip(expected) {
        assert!(line.contains(name), "{log}");
    }
    assert!(w.phones["1001"].has_dialog(), "rings");
    w.wait(1.0);
    assert!(!w.phones["1001"].has_dialog(), "not any more");
    assert_eq!(w.hears("alice"), ["max wait"]);
    w.wait(30.0);
    assert!(!w.log().contains(" rings"));
    assert_eq!(w.record().end, Some(End::MaxWait));
}

#[test]
fn r63_an_agent_of_two_queues_is_rung_for_one_caller_and_a_caller_rings_one_agent() {
    let mut w = World::with(with_sales);
    w.agent("1001", answers(4.0))
        .dials("alice", "100")
        .dials("bob", "200")
        .wait(3.0);
    assert_eq!(w.log().matches(" rings").count(), 1, "for alice alone");
    assert_eq!(
        (w.hears("alice"), w.hears("bob")),
        (vec!["greeting"], vec!["sales"]),
        "each hears their own while a phone rings"
    );
    w.agent("1002", answers(4.0))
        .agent("1003", answers(4.0))
        .wait(2.0);
    let log = w.log();
    assert_eq!(log.matches(" rings").count(), 1, "for bob alone: {log}");
    assert_eq!(w.hears("alice"), ["1001"]);
    w.wait(3.0);
    assert_eq!(w.hears("bob"), ["1002"]);
    assert!(!w.phones["1003"].has_dialog());
}

#[test]
fn a_caller_who_leaves_is_not_missed() {
    let mut w = World::new();
    w.agent("1001", Habit::Ignores)
        .dials("alice", "100")
        .wait(5.0);
    assert!(w.phones["1001"].has_dialog(), "rings");
    w.hangs_up("alice").wait(1.0);
    assert!(!w.phones["1001"].has_dialog(), "does not ring any more");
    assert_eq!(w.record().end, Some(End::Abandoned));
    assert_eq!(w.record().waited_ms / 1000, 4, "4.99 s: from ACK to BYE");
}

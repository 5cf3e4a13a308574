//! Which phone rings, for how long, and what comes after it.

use super::answers;
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::call::record::End;
use std::time::Duration;

#[test]
fn r51_r57_r58_an_agent_who_does_not_answer_is_passed_over_and_comes_round_again() {
    let mut w = World::with(|account| account.timeouts.agent = Duration::from_secs(10));
    w.agent("1001", Habit::Ignores)
        .wait(1.0)
        .agent("1002", Habit::Ignores);
    w.dials("alice", "100").wait(31.0);
    let log = w.log();
    let rings: Vec<_> = log
        .lines()
        .filter(|line| line.contains("rings"))
        .map(|line| &line[8..])
        .collect();
    assert_eq!(
        rings,
        [
            "the phone of Ada (1001) rings: fewest conversations (0), idle 1 s",
            "the phone of Ben (1002) rings: fewest conversations (0), idle 10 s",
            "the phone of Ada (1001) rings: fewest conversations (0), idle 10 s",
            "the phone of Ben (1002) rings: fewest conversations (0), idle 10 s",
        ],
        "{log}"
    );
    assert_eq!(
        w.hears("alice"),
        ["music"],
        "the caller hears nothing of it"
    );
}

#[test]
fn r64_a_refused_offer_keeps_the_callers_turn_and_goes_to_the_next_agent() {
    let mut w = World::new();
    w.agent("1001", Habit::Declines(486))
        .wait(1.0)
        .agent("1002", answers(2.0));
    w.dials("alice", "100")
        .wait(1.0)
        .dials("bob", "100")
        .wait(3.0);
    assert_eq!(w.hears("1002"), ["alice"], "not bob");
}

#[test]
fn r64_one_agent_who_refuses_is_not_rung_in_a_storm() {
    let mut w = World::new();
    w.agent("1001", Habit::Declines(486))
        .dials("alice", "100")
        .wait(20.0);
    let rings = w
        .log()
        .lines()
        .filter(|line| line.ends_with("rings"))
        .count();
    assert!((2..=5).contains(&rings), "{rings} rings in 20 s");
}

#[test]
fn an_agent_without_a_registered_phone_is_never_rung() {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).registers("1001", 0);
    w.dials("alice", "100").wait(10.0);
    assert!(!w.log().contains("rings"));
}

#[test]
fn a_registration_that_expires_takes_the_agent_away() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .registers("1001", 60)
        .wait(90.0)
        .log();
    w.dials("alice", "100").wait(5.0);
    assert!(!w.log().contains("rings"));
}

#[test]
fn r52_an_answer_that_crosses_our_cancel_is_hung_up_and_the_agent_is_free() {
    let mut w = World::with(|account| account.timeouts.agent = Duration::from_secs(5));
    // The 200 is on its way when the CANCEL leaves: the network takes a second.
    w.agent("1001", answers(3.5));
    w.dials("alice", "100").wait(0.2);
    w.network.weather.latency = Duration::from_secs(1);
    w.wait(3.0);
    w.network.weather.latency = Duration::from_millis(1);
    w.wait(30.0);
    assert!(w.log().contains("answers"), "sooner or later they talk");
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn r20_nobody_is_rung_during_wrap_up() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(0.5);
    w.dials("bob", "100").log();
    w.wait(9.0);
    assert!(!w.log().contains("rings"));
    w.wait(1.0);
    assert!(w.log().contains("rings"), "10 s after the end of the talk");
}

#[test]
fn r21_no_wrap_up_for_an_agent_whose_own_is_zero() {
    let mut w = World::with(|account| account.agents[0].wrap_up = Some(Duration::ZERO));
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .dials("bob", "100")
        .hangs_up("alice")
        .wait(0.2);
    assert!(w.phones["1001"].has_dialog(), "rings for bob at once");
}

#[test]
fn an_agent_who_calls_out_is_not_rung_meanwhile() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    w.act("1001", |now, phone| phone.dial(now, "9196"))
        .wait(1.0);
    // INVITE is challenged like REGISTER; the scripted phone gives up at 401.
    assert_eq!(w.phones["1001"].finals, [401]);
}

#[test]
fn a_phone_that_does_not_answer_at_all_costs_the_ring_time_and_no_more() {
    let mut w = World::with(|account| account.timeouts.agent = Duration::from_secs(5));
    w.agent("1001", Habit::Dead)
        .wait(1.0)
        .agent("1002", answers(1.0));
    w.dials("alice", "100").wait(8.0);
    assert_eq!(w.hears("1002"), ["alice"]);
    w.hangs_up("1002").wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
}

//! What agents say of themselves and ask for: status, the end of the wrap-up and more of it.

use super::answers;
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::acd::Status;
use cordboard::id::AgentId;
use cordboard::settings::Distribution;
use cordboard::switch::{Ask, Done, Refused};
use std::time::Duration;

const ADA: AgentId = AgentId(1);
const NOBODY: AgentId = AgentId(99);

fn says(status: Status) -> Ask {
    Ask::SetStatus { agent: ADA, status }
}

#[test]
fn r151_who_is_offline_is_not_rung_whatever_their_phone_does() {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).log();
    assert_eq!(w.asks(says(Status::Offline)), Ok(Done::Plain));
    w.registers("1001", 3600).dials("alice", "100").wait(10.0);
    assert_eq!(w.hears("alice"), ["music"]);
    let log = w.log();
    assert!(!log.contains("rings"), "{log}");
    assert!(log.contains("Ada (1001) says: offline"), "{log}");
    assert_eq!(w.asks(says(Status::Available)), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn who_says_not_ready_while_their_phone_rings_is_rung_no_longer() {
    let mut w = World::new();
    w.agent("1001", Habit::Ignores)
        .wait(1.0)
        .agent("1002", answers(1.0))
        .dials("alice", "100")
        .wait(2.0);
    assert!(w.phones["1001"].has_dialog(), "rings");
    assert_eq!(w.asks(says(Status::Offline)), Ok(Done::Plain));
    w.wait(2.0);
    assert!(!w.phones["1001"].has_dialog(), "does not ring any more");
    assert_eq!(w.hears("alice"), ["1002"]);
}

#[test]
fn d4_an_agent_ends_the_wrap_up_and_is_rung_for_the_next_caller() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(0.5)
        .dials("bob", "100")
        .wait(2.0);
    assert!(!w.phones["1001"].has_dialog(), "in wrap-up");
    assert_eq!(w.asks(Ask::EndWrapUp { agent: ADA }), Ok(Done::Plain));
    w.wait(0.5);
    assert!(w.phones["1001"].has_dialog(), "rings for bob");
    let refused = w.asks(Ask::EndWrapUp { agent: ADA });
    assert_eq!(refused, Err(Refused::NotInWrapUp(ADA)));
}

#[test]
fn r18_ten_seconds_more_are_exactly_ten_seconds_more() {
    let mut w = World::with(|account| account.wrap_up.extend = true);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(0.2);
    let more = Ask::ExtendWrapUp { agent: ADA };
    let Ok(Done::WrapUp { left: first }) = w.asks(more.clone()) else {
        panic!("it is allowed");
    };
    let Ok(Done::WrapUp { left: second }) = w.asks(more) else {
        panic!("it is allowed");
    };
    assert_eq!(second - first, Duration::from_secs(10));
    w.dials("bob", "100").log();
    w.wait(second.as_secs_f64() - 0.2);
    assert!(!w.log().contains("rings"));
    w.wait(0.4);
    assert!(w.log().contains("rings"));
}

#[test]
fn r18_r20_nobody_prolongs_what_may_not_be_or_is_over() {
    let mut w = World::with(|account| account.wrap_up.extend = false);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    let more = Ask::ExtendWrapUp { agent: ADA };
    assert_eq!(w.asks(more.clone()), Err(Refused::NotInWrapUp(ADA)));
    w.hangs_up("alice").wait(0.2);
    assert_eq!(w.asks(more), Err(Refused::NoExtension));
}

#[test]
fn a_refusal_names_what_to_mend() {
    let mut w = World::new();
    for what in [
        Ask::SetStatus {
            agent: NOBODY,
            status: Status::Offline,
        },
        Ask::EndWrapUp { agent: NOBODY },
        Ask::ExtendWrapUp { agent: NOBODY },
        Ask::SetLoad {
            agent: NOBODY,
            conversations: 3,
        },
    ] {
        let refused = w.asks(what).expect_err("nobody is called so");
        assert_eq!(refused, Refused::UnknownAgent(NOBODY));
        assert_eq!(refused.to_string(), "there is no agent 99");
    }
    let reason = w.asks(says(Status::NotReady(7)));
    assert_eq!(reason, Err(Refused::UnknownReason(7)));
    let queue = w.account.queues[0].id;
    let paused = w.asks(says(Status::Paused(queue)));
    assert_eq!(paused, Err(Refused::NotForPeople));
    assert_eq!(w.log(), "", "nothing has happened");
}

#[test]
fn b7_who_misses_two_calls_in_a_row_is_paused_and_says_when_they_are_back() {
    let mut w = World::with(|account| {
        account.timeouts.agent = Duration::from_secs(5);
        account.queues[0].auto_pause = Some(2);
    });
    w.agent("1001", Habit::Ignores)
        .dials("alice", "100")
        .wait(30.0);
    let log = w.log();
    assert_eq!(log.matches("rings").count(), 2, "{log}");
    let paused = "Ada (1001) is paused: too many calls of Support were missed";
    assert!(log.contains(paused), "{log}");
    w.phone("1001").habit = answers(1.0);
    assert_eq!(w.asks(says(Status::Available)), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn r53_r149_the_load_that_programs_count_decides_who_is_rung_and_the_log_says_so() {
    let mut w = World::new();
    w.agent("1001", Habit::Ignores)
        .wait(1.0)
        .agent("1002", Habit::Ignores);
    let load = Ask::SetLoad {
        agent: ADA,
        conversations: 3,
    };
    assert_eq!(w.asks(load), Ok(Done::Plain));
    w.dials("alice", "100").wait(1.0);
    let log = w.log();
    let ring = "the phone of Ben (1002) rings: fewest conversations (0), idle 0 s";
    assert!(log.contains(ring), "{log}");
}

#[test]
fn r54_calls_are_assigned_where_the_queue_assigns_no_text() {
    let mut w = World::with(|account| account.queues[0].auto_assign = false);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn r56_who_is_full_of_text_is_rung_for_calls_but_for_one_at_a_time() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    let load = Ask::SetLoad {
        agent: ADA,
        conversations: 1_000,
    };
    assert_eq!(w.asks(load), Ok(Done::Plain));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.log();
    w.dials("bob", "100").wait(10.0);
    assert!(!w.log().contains("rings"), "R150: a call is a call");
}

#[test]
fn b6_whose_turn_it_is_is_as_the_queue_says_and_the_log_says_why() {
    // They come in the reverse order of the list, and Cleo has text to write.
    let turns = [
        (
            Distribution::FewestConversations,
            ["1002", "1001", "1002"],
            "fewest conversations (0)",
        ),
        (
            Distribution::LongestIdle,
            ["1003", "1002", "1001"],
            "longest idle",
        ),
        (
            Distribution::RoundRobin,
            ["1001", "1002", "1003"],
            "next in turn",
        ),
        (
            Distribution::TopDown,
            ["1001", "1001", "1001"],
            "first of the list who is free",
        ),
        (
            Distribution::FewestCalls,
            ["1003", "1002", "1001"],
            "fewest calls (0)",
        ),
    ];
    for (distribution, expected, why) in turns {
        let mut w = World::with(|account| {
            account.queues[0].distribution = distribution;
            account.wrap_up.enabled = false;
        });
        for user in ["1003", "1002", "1001"] {
            w.agent(user, answers(0.5)).wait(1.0);
        }
        let load = Ask::SetLoad {
            agent: AgentId(3),
            conversations: 2,
        };
        assert_eq!(w.asks(load), Ok(Done::Plain));
        for (caller, agent) in ["alice", "bob", "carol"].into_iter().zip(expected) {
            w.dials(caller, "100").wait(2.0);
            assert_eq!(w.hears(caller), [agent], "{distribution:?}");
            w.hangs_up(caller).wait(1.0);
        }
        let log = w.log();
        assert_eq!(log.matches(why).count(), 3, "{distribution:?}: {log}");
    }
}

#[test]
fn who_has_gone_to_lunch_is_not_made_available_by_a_restart() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    assert_eq!(w.asks(says(Status::Offline)), Ok(Done::Plain));
    w.dies()
        .registers("1001", 3600)
        .dials("alice", "100")
        .wait(10.0);
    assert_eq!(w.hears("alice"), ["music"]);
    assert_eq!(w.asks(says(Status::Available)), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

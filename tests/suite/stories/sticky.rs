//! Trunks on which a conversation stays with its agent (R60).

use super::answers;
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::acd::Status;
use cordboard::id::{AgentId, TrunkId};
use cordboard::switch::{Ask, Done, Refused};
use std::time::Duration;

const ADA: AgentId = AgentId(1);

/// Customers' calls come by a trunk on which conversations stay with their agents.
fn sticky() -> World {
    World::with(|account| {
        account.trunks[0].sticky_agent = true;
        account.wrap_up.enabled = false;
    })
}

fn trunk(w: &World) -> TrunkId {
    w.account.trunks[0].id
}

/// Ada has taken a call of alice's; Ben, who has been idle for longer, is there too.
fn after_a_talk_with_ada() -> World {
    let mut w = sticky();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .agent("1002", answers(1.0))
        .hangs_up("alice")
        .wait(1.0)
        .log();
    w
}

#[test]
fn r60_who_calls_again_gets_the_agent_of_the_conversation_at_full_capacity_too() {
    let mut w = after_a_talk_with_ada();
    let load = Ask::SetLoad {
        agent: ADA,
        conversations: 500,
    };
    assert_eq!(w.asks(load), Ok(Done::Plain));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let log = w.log();
    assert!(
        log.contains("Ada (1001) rings: the conversation is theirs"),
        "{log}"
    );
    w.dials("bob", "100").wait(2.0);
    assert_eq!(w.hears("bob"), ["1002"], "who calls for the first time");
}

#[test]
fn r60_a_reject_rings_the_same_agent_again() {
    let mut w = after_a_talk_with_ada();
    w.phone("1001").habit = Habit::Declines(486);
    w.dials("alice", "100").wait(5.0);
    w.phone("1001").habit = answers(1.0);
    w.wait(10.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let log = w.log();
    assert_eq!(log.matches("Ada (1001) rings").count(), 2, "{log}");
    assert!(!log.contains("Ben"), "{log}");
}

#[test]
fn r60_only_if_the_agent_is_not_there_the_next_one_is_searched() {
    let mut w = after_a_talk_with_ada();
    let offline = Ask::SetStatus {
        agent: ADA,
        status: Status::Offline,
    };
    assert_eq!(w.asks(offline), Ok(Done::Plain));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1002"]);
}

#[test]
fn r60_programs_say_who_has_a_conversation_and_that_it_is_closed() {
    let mut w = after_a_talk_with_ada();
    let trunk = trunk(&w);
    let assign = |customer: &str, agent| Ask::Assign {
        trunk,
        customer: customer.into(),
        agent,
    };
    assert_eq!(w.asks(assign("alice", None)), Ok(Done::Plain));
    assert_eq!(w.asks(assign("bob", Some(ADA))), Ok(Done::Plain));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1002"], "has been idle longer");
    w.dials("bob", "100").wait(2.0);
    assert_eq!(w.hears("bob"), ["1001"]);
    let unknown = w.asks(assign("bob", Some(AgentId(99))));
    assert_eq!(unknown, Err(Refused::UnknownAgent(AgentId(99))));
    let other = Ask::Assign {
        trunk: TrunkId(99),
        customer: "bob".into(),
        agent: None,
    };
    assert_eq!(w.asks(other), Err(Refused::UnknownTrunk(TrunkId(99))));
}

#[test]
fn on_other_trunks_conversations_stay_with_nobody() {
    let mut w = World::with(|account| account.wrap_up.enabled = false);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .agent("1002", answers(1.0))
        .hangs_up("alice")
        .wait(1.0);
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1002"], "who has been idle longer");
    let trunk = trunk(&w);
    let assign = Ask::Assign {
        trunk,
        customer: "alice".into(),
        agent: Some(ADA),
    };
    assert_eq!(w.asks(assign), Err(Refused::NotSticky(trunk)));
}

#[test]
fn r60_an_agent_who_does_not_answer_is_rung_until_the_longest_wait() {
    let mut w = World::with(|account| {
        account.trunks[0].sticky_agent = true;
        account.wrap_up.enabled = false;
        account.timeouts.agent = Duration::from_secs(5);
    });
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .agent("1002", answers(1.0))
        .hangs_up("alice")
        .wait(1.0)
        .log();
    w.phone("1001").habit = Habit::Ignores;
    w.dials("alice", "100").wait(16.0);
    let log = w.log();
    assert_eq!(log.matches("Ada (1001) rings").count(), 4, "{log}");
    assert!(!log.contains("Ben"), "{log}");
}

#[test]
fn r60_a_conversation_stays_with_its_agent_over_a_restart() {
    let mut w = after_a_talk_with_ada();
    w.dies()
        .agent("1002", answers(1.0))
        .wait(5.0)
        .agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"], "Ben is idle for longer");
}

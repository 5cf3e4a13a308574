//! Calls that nobody took, and how their conversations stand then (R139–R141, R151).

use super::answers;
use crate::world::World;
use cordboard::call::record::{Conversation, Status};
use cordboard::id::{AgentId, CallId};
use cordboard::settings::MissedCalls;
use cordboard::switch::{Ask, Done, Refused};

/// How the conversation stands, and whose it is.
fn stands(record: &Conversation) -> (Status, Option<&str>) {
    let assigned = record.assigned.as_ref().map(|agent| agent.name.as_str());
    (record.status, assigned)
}

#[test]
fn r139_a_missed_call_leaves_its_conversation_open_and_with_nobody() {
    let mut w = World::new();
    w.dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(1.0);
    assert_eq!(stands(w.record()), (Status::Open, None));
    let log = w.log();
    assert!(
        log.contains("nobody took the call: the conversation is open"),
        "{log}"
    );
}

#[test]
fn r140_or_it_is_closed_without_anybody_doing_it() {
    let mut w = World::with(|account| account.missed_calls = MissedCalls::AutoClose);
    w.dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(1.0);
    assert_eq!(stands(w.record()), (Status::Closed, None));
}

#[test]
fn r55_a_call_that_is_taken_is_its_agents_then_and_not_before() {
    let mut w = World::with(|account| account.missed_calls = MissedCalls::AutoClose);
    w.agent("1001", answers(2.0))
        .dials("alice", "100")
        .wait(1.0);
    assert_eq!(stands(w.record()), (Status::Open, None), "rings");
    w.wait(2.0);
    assert_eq!(stands(w.record()), (Status::Open, Some("Ada")));
    w.hangs_up("alice").wait(1.0);
    assert_eq!(stands(w.record()), (Status::Solved, Some("Ada")));
    assert!(!w.log().contains("nobody took"));
}

#[test]
fn r139_r60_a_missed_call_of_a_conversation_that_an_agent_has_stays_with_them() {
    let mut w = World::with(|account| {
        account.trunks[0].sticky_agent = true;
        account.wrap_up.enabled = false;
    });
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(1.0);
    let first = *w.conversations.keys().next().expect("a call");
    w.dials("alice", "100")
        .wait(0.5)
        .hangs_up("alice")
        .wait(1.0);
    let missed = w.conversations.iter().find(|(call, _)| **call != first);
    let (_, missed) = missed.expect("a second call");
    assert_eq!(stands(missed), (Status::Open, Some("Ada")));
}

#[test]
fn r140_r60_closed_it_is_nobodys_any_more() {
    let mut w = World::with(|account| {
        account.trunks[0].sticky_agent = true;
        account.wrap_up.enabled = false;
        account.missed_calls = MissedCalls::AutoClose;
    });
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(1.0)
        .dials("alice", "100")
        .wait(0.5)
        .hangs_up("alice")
        .wait(1.0)
        .agent("1002", answers(1.0))
        .log();
    let load = Ask::SetLoad {
        agent: AgentId(1),
        conversations: 9,
    };
    assert_eq!(w.asks(load), Ok(Done::Plain));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1002"]);
}

#[test]
fn r151_people_say_how_a_conversation_stands_while_it_goes_on() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    let call = w.record().id;
    let status = Status::Waiting;
    assert_eq!(
        w.asks(Ask::SetConversation { call, status }),
        Ok(Done::Plain)
    );
    assert_eq!(w.record().status, Status::Waiting);
    w.hangs_up("alice").wait(1.0);
    assert_eq!(w.record().status, Status::Waiting, "what was said stays");
    let refused = w.asks(Ask::SetConversation { call, status });
    assert_eq!(refused, Err(Refused::NotInProgress(call)));
    let nobody = CallId(1);
    let refused = w.asks(Ask::SetConversation {
        call: nobody,
        status,
    });
    assert_eq!(refused, Err(Refused::NotInProgress(nobody)));
}

#[test]
fn r141_what_becomes_of_missed_calls_is_what_is_set_when_they_end() {
    let mut w = World::new();
    w.dials("alice", "100").wait(3.0);
    w.settings(|account| account.missed_calls = MissedCalls::AutoClose);
    w.hangs_up("alice").wait(1.0);
    assert_eq!(stands(w.record()), (Status::Closed, None));
}

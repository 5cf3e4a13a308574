//! Settings that change while calls are up.

use crate::world::World;
use crate::world::phone::Habit;
use cordboard::call::record::End;
use cordboard::id::{AgentId, HoursId, QueueId};
use cordboard::settings::{Codes, Hours, Queue, Waiting};
use std::time::Duration;

#[test]
fn a_new_agent_registers_and_is_rung_for_who_waits_already() {
    let mut w = World::new();
    w.dials("alice", "100").wait(5.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.settings(|account| {
        let mut agent = account.agents[0].clone();
        agent.id = AgentId(9);
        agent.user = "1009".into();
        account.queues[0].agents.push(agent.id);
        account.agents.push(agent);
    });
    w.agent("1009", Habit::Answers(Duration::from_secs(1)))
        .wait(3.0);
    assert_eq!(w.hears("alice"), ["1009"]);
}

#[test]
fn who_talks_goes_on_when_their_agent_and_queue_are_taken_away() {
    let mut w = World::new();
    w.agent("1001", Habit::Answers(Duration::from_secs(1)))
        .dials("alice", "100")
        .wait(8.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.settings(|account| {
        account.agents.remove(0);
        account.queues = vec![Queue {
            agents: vec![AgentId(2)],
            ..Queue::new(QueueId(5), "Sales")
        }];
        account.routes.clear();
    });
    w.wait(5.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.hangs_up("alice").wait(2.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.phones["alice"].finals.last(), Some(&404), "no route");
}

#[test]
fn what_callers_hear_next_is_what_is_set_then_and_the_longest_wait_stays_r148() {
    let mut w = World::new();
    w.dials("alice", "100").wait(5.0);
    w.settings(|account| {
        account.queues[0].waiting = Waiting {
            announcement: None,
            ..account.queues[0].waiting.clone()
        };
    });
    w.wait(60.0);
    assert_eq!(
        w.heard_since("alice", w.now - Duration::from_secs(50)),
        ["music"]
    );
}

#[test]
fn a_queue_closes_and_opens_with_the_hours_that_it_is_given_or_loses() {
    let mut w = World::new();
    w.agent("1001", Habit::Answers(Duration::from_secs(1)));
    w.settings(|account| {
        account.hours = vec![Hours {
            id: HoursId(1),
            name: "Never".into(),
            zone: "UTC".into(),
            week: vec![],
            holidays: vec![],
            away: None,
            codes: Codes::default(),
        }];
        account.queues[0].hours = Some(HoursId(1));
    });
    w.dials("alice", "100").wait(5.0);
    assert!(
        w.conversations.values().all(|c| c.ended.is_some()),
        "closed"
    );
    w.settings(|account| account.queues[0].hours = None);
    w.dials("bob", "100").wait(8.0);
    assert_eq!(w.hears("bob"), ["1001"]);
}

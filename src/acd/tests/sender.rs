//! Strategies of queues and of numbers (R22, D2, D5).

use super::*;
use crate::settings::{Strategy, StrategyKind, Waiting};

const OF_QUEUES: StrategyId = StrategyId(1);
const OF_NUMBER: StrategyId = StrategyId(2);

/// A strategy for the queue BUSY that announces every 10 s, and one for the number 100 that ends after
/// 20 s. CALM has nothing of its own.
fn with_strategies() -> Account {
    let mut account = account();
    account.strategies = vec![
        Strategy {
            id: OF_QUEUES,
            name: "busy".into(),
            kind: StrategyKind::Queues(vec![BUSY]),
            waiting: Waiting {
                announcement: announcement(10),
                ..Waiting::default()
            },
        },
        Strategy {
            id: OF_NUMBER,
            name: "hotline".into(),
            kind: StrategyKind::Senders(vec!["100".into()]),
            waiting: Waiting {
                greeting: Some(text()),
                max_wait: max_wait(20, OnMaxWait::End),
                ..Waiting::default()
            },
        },
    ];
    account
}

/// Somebody who has called the number 100.
fn caller(queue: QueueId) -> Arrival {
    Arrival {
        sender: Some(OF_NUMBER),
        ..Arrival::at(queue)
    }
}

#[test]
fn r22_the_callers_of_a_number_have_its_experience_in_any_queue() {
    let story = Story::new(&with_strategies())
        .arrives(1, caller(CALM))
        .joins(2)
        .heard(1)
        .wait(30)
        .hears(&[
            "0: say Greeting to 1",
            "0: music 1 to 2",
            "0: music of Strategy(StrategyId(2)) to 1",
            "20: give up 1: End",
        ]);
    let other = story.floor.caller(CallId(2)).expect("waits on");
    assert_eq!(other.experience, WaitingKey::Queue(CALM));
}

#[test]
fn d2_the_strategy_of_a_queue_comes_before_that_of_the_number() {
    let story = Story::new(&with_strategies())
        .arrives(1, caller(BUSY))
        .wait(25)
        .expect(&["10: say Announcement to 1"]);
    let caller = story.floor.caller(CallId(1)).expect("waits on");
    assert_eq!(caller.experience, WaitingKey::Strategy(OF_QUEUES));
}

#[test]
fn d2_so_does_what_is_set_in_the_queue_itself() {
    let mut account = with_strategies();
    account.queues[0].waiting.announcement = announcement(15);
    Story::new(&account)
        .arrives(1, caller(CALM))
        .wait(25)
        .expect(&["15: say Announcement to 1"]);
}

#[test]
fn r37_a_redirect_leads_to_the_strategy_of_the_other_queue_or_back_to_the_numbers_own() {
    let mut account = with_strategies();
    account.strategies[0].waiting.max_wait = max_wait(5, OnMaxWait::Queue(CALM));
    Story::new(&account)
        .arrives(1, caller(BUSY))
        .wait(30)
        .expect(&[
            "5: redirect 1 to 1",
            "5: say Greeting to 1",
            "25: give up 1: End",
        ]);
}

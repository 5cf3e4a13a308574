//! Waiting strategies: of queues, of the number called, and from one queue to another.

use crate::world::World;
use crate::world::phone::Habit;
use cordboard::call::link::{LinkTarget, Pass};
use cordboard::call::record::End;
use cordboard::id::{CallLinkConfigId, LinkId, QueueId, StrategyId};
use cordboard::settings::{
    Account, CallLinkConfig, Destination, MaxWait, Message, OnMaxWait, Queue, Route, Strategy,
    StrategyKind, Waiting,
};
use std::time::Duration;

/// A second queue without anything of its own, and who calls 200 gets there.
pub(super) fn with_sales(account: &mut Account) {
    let mut sales = Queue::new(QueueId(2), "Sales");
    sales.agents = account.queues[0].agents.clone();
    account.queues.push(sales);
    let route = Route {
        number: "200".into(),
        to: Destination::Queue(QueueId(2)),
    };
    account.routes.insert(0, route);
}

/// A strategy with the tone of the hotline for music, and a longest wait.
fn strategy(kind: StrategyKind, seconds: u64, then: OnMaxWait) -> Strategy {
    Strategy {
        id: StrategyId(1),
        name: "hotline".into(),
        kind,
        waiting: Waiting {
            music: Some(Message::File("hotline.wav".into())),
            max_wait: Some(MaxWait {
                after: Duration::from_secs(seconds),
                message: None,
                then,
            }),
            ..Waiting::default()
        },
    }
}

#[test]
fn d5_who_comes_by_a_call_link_experiences_the_strategy_of_its_configuration() {
    let mut w = World::with(|account| {
        with_sales(account);
        let configuration = CallLinkConfig::new(CallLinkConfigId(1), "Advice");
        account.call_links.configurations = vec![configuration];
        let senders = StrategyKind::Senders(vec!["link:Advice".into()]);
        account.strategies = vec![strategy(senders, 20, OnMaxWait::End)];
    });
    for (name, queue) in [("Advice", 2), ("Other", 2)] {
        let pass = Pass {
            link: LinkId(5),
            name: name.into(),
            to: LinkTarget::Queue(QueueId(queue)),
            video: false,
        };
        w.links.add(name, pass, 1);
    }
    w.visitor("carol", "Advice").visitor("dave", "Other");
    w.page_calls("carol", None)
        .page_calls("dave", None)
        .wait(2.0);
    assert_eq!(w.page_hears("carol"), ["hotline"]);
    assert_ne!(
        w.page_hears("dave"),
        ["hotline"],
        "of another configuration"
    );
}

#[test]
fn r6_of_two_customers_who_call_by_one_link_at_once_one_does() {
    let mut w = World::new();
    let pass = Pass {
        link: LinkId(5),
        name: "Advice".into(),
        to: LinkTarget::Queue(QueueId(1)),
        video: false,
    };
    w.links.add("token", pass, 1);
    w.visitor("carol", "token").visitor("dave", "token");
    w.page_calls("carol", None)
        .page_calls("dave", None)
        .wait(5.0);
    assert_eq!(w.page_hears("carol"), ["music"]);
    assert_eq!(w.page("dave").trouble(), Some("link_used"));
    assert!(w.page("dave").calls.is_empty());
}

#[test]
fn r22_d5_who_calls_a_number_with_a_strategy_experiences_that() {
    let mut w = World::with(|account| {
        with_sales(account);
        let numbers = StrategyKind::Senders(vec!["200".into()]);
        account.strategies = vec![strategy(numbers, 20, OnMaxWait::End)];
    });
    w.dials("alice", "200").wait(2.0);
    assert_eq!(w.hears("alice"), ["hotline"]);
    w.wait(19.0);
    assert_eq!(
        w.record().end,
        Some(End::MaxWait),
        "R24, its own longest wait"
    );
}

#[test]
fn d2_a_queue_with_an_experience_of_its_own_keeps_it() {
    let mut w = World::with(|account| {
        let numbers = StrategyKind::Senders(vec!["100".into()]);
        account.strategies = vec![strategy(numbers, 20, OnMaxWait::End)];
    });
    w.dials("alice", "100").wait(4.0);
    assert_eq!(w.hears("alice"), ["music"]);
}

#[test]
fn r23_r34_d2_a_strategy_that_is_bound_to_the_queue_comes_first() {
    let mut w = World::with(|account| {
        let queues = StrategyKind::Queues(vec![account.queues[0].id]);
        account.strategies = vec![strategy(queues, 20, OnMaxWait::End)];
    });
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["hotline"]);
}

#[test]
fn r25_r37_a_redirect_leads_to_the_other_queue_and_its_own_experience() {
    let mut w = World::with(|account| {
        with_sales(account);
        let queues = StrategyKind::Queues(vec![account.queues[0].id]);
        account.strategies = vec![strategy(queues, 20, OnMaxWait::Queue(QueueId(2)))];
    });
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["hotline"]);
    w.wait(20.0);
    assert_eq!(w.hears("alice"), ["sales"]);
    let log = w.log();
    assert!(log.contains("the caller waits in Sales, place 1"), "{log}");
    w.hangs_up("alice").wait(1.0);
    let record = w.record();
    assert_eq!(record.queue.as_deref(), Some("Sales"));
    assert_eq!(record.waited_ms / 1000, 21, "from the first join on");
}

#[test]
fn d19_whoever_is_sent_in_a_circle_is_let_go_after_five_times() {
    let mut w = World::with(|account| {
        with_sales(account);
        account.timeouts.agent = Duration::from_secs(3);
        let there = |queue| {
            Some(MaxWait {
                after: Duration::from_secs(10),
                message: Some(Message::File("sorry.wav".into())),
                then: OnMaxWait::Queue(queue),
            })
        };
        account.queues[0].waiting.max_wait = there(QueueId(2));
        account.queues[1].waiting.max_wait = there(account.queues[0].id);
    });
    w.agent("1001", Habit::Ignores)
        .dials("alice", "100")
        .wait(90.0);
    let log = w.log();
    assert_eq!(log.matches("the caller waits in").count(), 6, "{log}");
    assert_eq!(w.record().end, Some(End::MaxWait));
    w.wait(40.0);
    assert!(w.is_at_rest());
}

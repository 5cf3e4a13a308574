//! Strategies, hours, callbacks and codes.

use super::*;
use crate::id::{CallbackConfigId, HoursId, StrategyId};
use jiff::civil::{Date, Time, Weekday};

fn strategy(id: u32, kind: StrategyKind) -> Strategy {
    Strategy {
        id: StrategyId(id),
        name: format!("strategy {id}"),
        kind,
        waiting: Waiting::default(),
    }
}

fn senders(numbers: &[&str]) -> StrategyKind {
    StrategyKind::Senders(numbers.iter().map(|&number| number.to_owned()).collect())
}

/// Queue 2 says nothing itself of what its callers experience.
fn with(strategies: Vec<Strategy>) -> impl FnOnce(&mut Account) {
    |account| {
        account.queues[1].waiting = Waiting::default();
        account.strategies = strategies;
    }
}

#[test]
fn r34_d2_the_strategy_of_the_queue_comes_before_that_of_the_sender() {
    let mut account = sound();
    let queue = StrategyKind::Queues(vec![QueueId(2)]);
    with(vec![strategy(1, senders(&["+4930*"])), strategy(2, queue)])(&mut account);
    let mut third = account.queues[1].clone();
    third.id = QueueId(3);
    account.queues.push(third);
    let key = |queue, called| {
        let found = account.waiting(QueueId(queue), called);
        found.map(|(key, _)| key)
    };
    let strategy = |id| Some(WaitingKey::Strategy(StrategyId(id)));
    assert_eq!(key(2, Some("+49301")), strategy(2));
    assert_eq!(key(3, Some("+49301")), strategy(1), "the sender's");
    assert_eq!(key(3, Some("+4940")), Some(WaitingKey::Queue(QueueId(3))));
    assert_eq!(key(3, None), Some(WaitingKey::Queue(QueueId(3))));
    let own = Some(WaitingKey::Queue(QueueId(1)));
    assert_eq!(key(1, Some("+49301")), own, "what the queue says itself");
    assert_eq!(key(9, None), None);
}

#[test]
fn r26_a_strategy_for_senders_redirects_to_no_queue() {
    let then = |kind, then| {
        let mut strategy = strategy(1, kind);
        strategy.waiting.max_wait = Some(MaxWait {
            after: Duration::from_secs(60),
            message: None,
            then,
        });
        move |account: &mut Account| {
            leads_out(account);
            with(vec![strategy])(account);
        }
    };
    let to = OnMaxWait::Queue(QueueId(1));
    let path = "strategy[0].max_wait.then";
    refused(then(senders(&["100"]), to), &[path]);
    refused(then(senders(&["100"]), OnMaxWait::External(493012)), &[]);
    refused(then(senders(&["100"]), OnMaxWait::External(0)), &[path]);
    let queues = || StrategyKind::Queues(vec![QueueId(2)]);
    refused(then(queues(), to), &[]);
    refused(then(queues(), OnMaxWait::Queue(QueueId(2))), &[path]);
}

#[test]
fn r23_a_queue_and_a_number_have_one_strategy_each() {
    let queues =
        |queues: &[u32]| StrategyKind::Queues(queues.iter().map(|&q| QueueId(q)).collect());
    refused(
        with(vec![strategy(1, queues(&[2, 1, 9]))]),
        &["strategy[0].queues[1]", "strategy[0].queues[2]"],
    );
    refused(
        with(vec![strategy(1, queues(&[2])), strategy(2, queues(&[2]))]),
        &["strategy[1].queues[0]"],
    );
    refused(
        with(vec![
            strategy(1, senders(&["+49*"])),
            strategy(2, senders(&["100", "+4930"])),
        ]),
        &["strategy[1].senders[1]"],
    );
}

fn hours() -> Hours {
    Hours {
        id: HoursId(1),
        name: "Office".into(),
        zone: "Europe/Berlin".into(),
        week: vec![Opening {
            days: vec![Weekday::Monday],
            from: Time::constant(9, 0, 0, 0),
            to: Time::midnight(),
        }],
        holidays: vec![],
        away: None,
        codes: Codes::default(),
    }
}

#[test]
fn r65_d20_hours_have_a_time_zone_that_exists_and_end_after_they_begin() {
    let change = |change: fn(&mut Hours)| {
        move |account: &mut Account| {
            let mut hours = hours();
            change(&mut hours);
            account.hours = vec![hours];
            account.queues[0].hours = Some(HoursId(1));
        }
    };
    refused(change(|_| {}), &[]);
    refused(
        change(|h| h.zone = "Mars/Olympus".into()),
        &["hours[0].zone"],
    );
    refused(
        change(|h| h.week[0].to = Time::constant(8, 0, 0, 0)),
        &["hours[0].week[0].to"],
    );
    refused(
        change(|h| h.week[0].days.clear()),
        &["hours[0].week[0].days"],
    );
    let twice = change(|h| {
        let holiday = Holiday {
            date: Date::constant(2026, 12, 25),
            name: String::new(),
            open: vec![],
        };
        h.holidays = vec![holiday.clone(), holiday];
    });
    refused(twice, &["hours[0].holidays[1].date"]);
    refused(
        |a| a.queues[0].hours = Some(HoursId(1)),
        &["queue[0].hours"],
    );
}

#[test]
fn r77_d11_codes_are_one_to_eight_keys_and_ask_for_a_callback_that_exists() {
    let change = |digits: &'static [&'static str], wait: u64| {
        move |account: &mut Account| {
            account.callbacks = vec![CallbackConfig {
                id: CallbackConfigId(1),
                name: "Later".into(),
                kind: CallbackKind::Automated,
                priority: Priority::Inbound,
                retries: 4,
                delay: Duration::from_secs(60),
                confirmation: None,
                ask_number: None,
                declined: None,
            }];
            let codes = &mut account.queues[0]
                .waiting
                .announcement
                .as_mut()
                .expect("set")
                .codes;
            codes.wait = Duration::from_secs(wait);
            codes.rows = digits
                .iter()
                .map(|&digits| ResponseCode {
                    digits: digits.into(),
                    callback: CallbackConfigId(1),
                })
                .collect();
        }
    };
    refused(change(&["1", "12", "*#345678"], 60), &[]);
    let path = |index: usize| format!("queue[0].announcement.codes[{index}].digits");
    refused(
        change(&["", "123456789", "a", "1"], 5),
        &[&path(0), &path(1), &path(2)],
    );
    refused(change(&["1", "1"], 5), &[&path(1)]);
    let wait = "queue[0].announcement.wait_for_response_s";
    refused(change(&[], 0), &[wait]);
    refused(change(&[], 61), &[wait]);
    let nobody = |account: &mut Account| {
        change(&["1"], 5)(account);
        account.callbacks.clear();
    };
    refused(nobody, &["queue[0].announcement.codes[0].callback"]);
    let many = |account: &mut Account| {
        change(&[], 5)(account);
        account.callbacks[0].retries = 21;
        account.callbacks[0].delay = Duration::ZERO;
    };
    refused(many, &["callback[0].delay_s", "callback[0].retries"]);
}

#[test]
fn r44_neural_voices_are_for_accounts_that_have_them() {
    let neural = |allowed: bool| {
        move |account: &mut Account| {
            account.neural_voices = allowed;
            let Some(Message::Text { quality, .. }) = &mut account.queues[0].waiting.greeting
            else {
                panic!("a text")
            };
            *quality = Quality::Neural;
        }
    };
    refused(neural(false), &["queue[0].greeting.quality"]);
    refused(neural(true), &[]);
}

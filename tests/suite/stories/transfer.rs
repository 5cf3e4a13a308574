//! Calls that agents pass on to numbers, agents and queues: what the customer hears, and what becomes of
//! it (R124–R138, D6, D18, D19).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::phone::Habit;
use cordboard::acd::callback::Number;
use cordboard::call::Target;
use cordboard::call::record::{Destination, End, Outcome};
use cordboard::id::{AgentId, CallId, QueueId};
use cordboard::settings::{Account, OnFailure, Queue, Route};
use cordboard::switch::{Ask, Done, Refused};

const ADA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);
const OUTSIDE: &str = "+4930555";

fn to_number() -> Target {
    Target::Number(OUTSIDE.into())
}

fn transfer(call: CallId, to: Target) -> Ask {
    Ask::Transfer {
        agent: Some(ADA),
        call,
        to,
        from: None,
    }
}

/// Alice talks to Ada; the first carrier says this to calls.
fn talking(script: &[(f64, Says)], change: impl FnOnce(&mut Account)) -> (World, CallId) {
    let mut w = with_carriers(|account| {
        account.wrap_up.enabled = false;
        change(account);
    });
    w.carrier(ONE, script)
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let call = w.record().id;
    // Nobody else takes her back.
    w.phone("1001").habit = Habit::Ignores;
    (w, call)
}

fn passed_on(script: &[(f64, Says)], change: impl FnOnce(&mut Account)) -> World {
    let (mut w, call) = talking(script, change);
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    w
}

/// Listens to Alice every 100 ms: she hears one thing at a time, and is never left in silence for more
/// than 400 ms. Says what she hears, in order, without repetitions.
#[track_caller]
fn listens(w: &mut World, seconds: f64) -> Vec<&'static str> {
    let mut heard = vec![];
    let mut silent = 0;
    for _ in 0..(seconds * 10.0) as u32 {
        w.wait(0.1);
        if !w.phones["alice"].talking {
            break;
        }
        let tones = w.heard_since("alice", w.now - std::time::Duration::from_millis(100));
        silent = if tones.is_empty() { silent + 1 } else { 0 };
        assert!(silent <= 4, "silence after {heard:?}\n{}", w.log());
        for tone in tones {
            if heard.last() != Some(&tone) {
                heard.push(tone);
            }
        }
    }
    heard
}

#[test]
fn r130_the_agent_is_free_at_once_and_the_customer_talks_to_the_number() {
    let mut w = passed_on(&[(1.0, Says::Ringing), (6.0, Says::Answer)], |_| {});
    w.wait(0.2);
    assert!(!w.phones["1001"].has_dialog(), "the agent has left");
    assert_eq!(
        listens(&mut w, 7.0),
        ["transfer message", "transfer music", ONE],
        "R132: message, music, then whoever answers"
    );
    assert_eq!(w.carrier_hears(ONE), ["alice"]);
    w.hangs_up("alice").wait(1.0);
    let record = w.record();
    assert_eq!(record.end, Some(End::CustomerHungUp));
    let transfer = &record.transfers[0];
    assert_eq!(transfer.to, Destination::Number(OUTSIDE.into()));
    assert_eq!(transfer.by.as_ref().map(|by| by.id), Some(ADA));
    assert_eq!(transfer.outcome, Some(Outcome::Taken));
    assert_eq!(record.attempts[0].status, Some(200));
    assert_eq!(w.carriers[ONE].requests, ["BYE"]);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r97_nothing_is_recorded_after_the_transfer() {
    let mut w = passed_on(&[(1.0, Says::Answer)], |_| {});
    w.wait(5.0).hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1);
    for track in &w.segments[0].tracks {
        let (samples, ended) = &w.files[&track.recording];
        assert!(ended);
        let seconds = samples.len() as f64 / 8000.0;
        assert!((1.3..1.6).contains(&seconds), "{seconds} s");
    }
}

/// A name, what the first carrier says, and what Alice hears with early media and without.
type Row = (
    &'static str,
    &'static [(f64, Says)],
    &'static [&'static str],
    &'static [&'static str],
);

/// What the first carrier says, and what Alice hears with early media and without; both end in her
/// talking to whoever answers, or in hearing that nobody does.
const ROWS: [Row; 8] = [
    (
        "answer",
        &[(0.1, Says::Trying), (5.0, Says::Answer)],
        &["transfer message", "transfer music", ONE],
        &["transfer message", "transfer music", ONE],
    ),
    (
        "busy",
        &[(0.1, Says::Trying), (5.0, Says::Refuse(486))],
        &["transfer message", "transfer music", "not taken", "music"],
        &["transfer message", "transfer music", "not taken", "music"],
    ),
    (
        "declined after ringing",
        &[(1.0, Says::Ringing), (5.0, Says::Refuse(603))],
        &["transfer message", "transfer music", "not taken", "music"],
        &["transfer message", "transfer music", "not taken", "music"],
    ),
    (
        "no answer",
        &[(1.0, Says::Ringing)],
        &["transfer message", "transfer music", "not taken", "music"],
        &["transfer message", "transfer music", "not taken", "music"],
    ),
    (
        "183 without RTP, then an answer",
        &[(1.0, Says::MuteProgress), (5.0, Says::Answer)],
        &["transfer message", "transfer music", ONE],
        &["transfer message", "transfer music", ONE],
    ),
    (
        "183 with RTP, then 180, then an answer",
        &[
            (3.0, Says::Progress),
            (4.0, Says::Ringing),
            (6.0, Says::Answer),
        ],
        &["transfer message", "transfer music", "network", ONE],
        &["transfer message", "transfer music", ONE],
    ),
    (
        "the network says that the line is busy",
        &[(3.0, Says::Progress), (6.0, Says::Refuse(486))],
        &[
            "transfer message",
            "transfer music",
            "network",
            "not taken",
            "music",
        ],
        &["transfer message", "transfer music", "not taken", "music"],
    ),
    (
        "the trunk fails, and the other one too",
        &[(3.0, Says::Refuse(503))],
        &["transfer message", "transfer music", "not taken", "music"],
        &["transfer message", "transfer music", "not taken", "music"],
    ),
];

#[test]
fn r134_r135_r136_each_way_of_a_transfer_is_heard_as_it_should_be() {
    for (name, script, with, without) in ROWS {
        for (early_media, expected) in [(true, with), (false, without)] {
            let mut w = passed_on(script, |account| {
                account.transfer.early_media = early_media;
                account.timeouts.customer = std::time::Duration::from_secs(6);
            });
            let heard = listens(&mut w, 13.0);
            assert_eq!(
                heard,
                expected,
                "{name}, early media: {early_media}\n{}",
                w.log()
            );
            w.hangs_up("alice").wait(40.0);
            assert!(w.is_at_rest(), "{name}");
        }
    }
}

#[test]
fn r50_r137_nobody_answers_and_the_customer_is_first_in_line_again() {
    let (mut w, call) = talking(&[(1.0, Says::Ringing)], |account| {
        account.timeouts.customer = std::time::Duration::from_secs(5);
    });
    w.dials("bob", "100").wait(0.5);
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    w.wait(12.0);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    assert_eq!(w.switch.view(w.now).callers[0].from, "alice", "D18");
    let record = &w.conversations[&call];
    let outcome = record.transfers[0].outcome;
    assert_eq!(outcome, Some(Outcome::NotTaken { status: 480 }));
    assert_eq!(record.ended, None);
}

#[test]
fn d6_a_failed_transfer_may_end_the_call_once_the_customer_has_been_told() {
    let mut w = passed_on(&[(1.0, Says::Refuse(486))], |account| {
        account.transfer.on_failure = OnFailure::End;
    });
    w.wait(2.5);
    assert_eq!(w.hears("alice"), ["not taken"]);
    w.wait(2.0);
    assert!(!w.phones["alice"].has_dialog());
    assert_eq!(w.record().end, Some(End::NotReached));
}

#[test]
fn f12_another_trunk_is_tried_within_the_transfer() {
    let (mut w, call) = talking(&[(1.0, Says::Refuse(503))], |_| {});
    w.carrier(TWO, &[(1.0, Says::Answer)]);
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    let heard = listens(&mut w, 5.0);
    assert_eq!(heard.last(), Some(&TWO));
    let tried: Vec<_> = w.record().attempts.iter().map(|each| each.status).collect();
    assert_eq!(tried, [Some(503), Some(200)]);
}

#[test]
fn a_customer_who_hangs_up_on_the_way_leaves_nothing_behind() {
    let mut w = passed_on(&[(1.0, Says::Ringing)], |_| {});
    w.wait(3.0).hangs_up("alice").wait(1.0);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    let record = w.record();
    assert_eq!(record.end, Some(End::CustomerHungUp));
    assert_eq!(record.transfers[0].outcome, Some(Outcome::CustomerGone));
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r133_another_agent_takes_over_and_a_new_segment_begins() {
    let (mut w, call) = talking(&[], |_| {});
    w.agent("1002", answers(4.0));
    assert_eq!(w.asks(transfer(call, Target::Agent(BEN))), Ok(Done::Plain));
    assert_eq!(
        listens(&mut w, 6.0),
        ["transfer message", "transfer music", "1002"]
    );
    assert_eq!(w.hears("1002"), ["alice"]);
    w.hangs_up("1002").wait(1.0);
    let record = w.record();
    assert_eq!(record.end, Some(End::AgentHungUp));
    assert_eq!(record.agent.as_ref().map(|agent| agent.id), Some(BEN));
    assert_eq!(record.transfers[0].outcome, Some(Outcome::Taken));
    // R90: four files of legs.
    let names: Vec<_> = w.segments.iter().map(|s| (s.number, s.agent.id)).collect();
    assert_eq!(names, [(1, ADA), (2, BEN)]);
    assert_eq!(w.files.len(), 4);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r49_an_agent_who_does_not_answer_is_not_the_end_of_the_call() {
    for habit in [Habit::Ignores, Habit::Declines(486)] {
        let (mut w, call) = talking(&[], |account| {
            account.timeouts.agent = std::time::Duration::from_secs(4);
        });
        w.agent("1002", habit);
        assert_eq!(w.asks(transfer(call, Target::Agent(BEN))), Ok(Done::Plain));
        w.phone("1001").habit = answers(1.0);
        w.wait(10.0);
        assert_eq!(w.hears("alice"), ["1001"], "back, and taken\n{}", w.log());
        assert_eq!(
            w.record().transfers[0].outcome,
            Some(Outcome::NotTaken { status: 480 })
        );
    }
}

#[test]
fn r133_a_queue_has_its_own_waiting_strategy() {
    let (mut w, call) = talking(&[], |account| {
        account.queues.push(Queue {
            agents: vec![BEN],
            ..Queue::new(QueueId(2), "Sales")
        });
    });
    let sales = Target::Queue(QueueId(2));
    assert_eq!(w.asks(transfer(call, sales)), Ok(Done::Plain));
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["sales"], "its music");
    assert_eq!(w.record().queue.as_deref(), Some("Sales"));
    w.agent("1002", answers(0.5)).wait(1.0);
    assert_eq!(w.hears("alice"), ["1002"]);
}

#[test]
fn d19_a_customer_is_sent_from_queue_to_queue_five_times_at_most() {
    let (mut w, call) = talking(&[], |_| {});
    for turn in 0..6 {
        let asked = w.asks(transfer(call, Target::Queue(QueueId(1))));
        if turn == 5 {
            assert_eq!(asked, Err(Refused::SentTooOften(call)));
            break;
        }
        assert_eq!(asked, Ok(Done::Plain));
        w.phone("1001").habit = answers(0.2);
        w.wait(6.0);
        assert_eq!(w.hears("alice"), ["1001"], "turn {turn}\n{}", w.log());
    }
}

#[test]
fn what_cannot_be_is_refused_while_the_agent_still_has_the_customer() {
    let (mut w, call) = talking(&[(0.1, Says::Answer)], |account| {
        account.dialling.deny = vec!["+49900*".into()];
    });
    let number = |number: &str| Target::Number(number.into());
    for (to, refused) in [
        (number("030555"), Refused::NoNumber),
        (
            number("+49900123"),
            Refused::Barred(cordboard::route::Barred::Denied),
        ),
        (Target::Agent(BEN), Refused::AgentBusy(BEN)),
        (Target::Agent(ADA), Refused::AgentBusy(ADA)),
        (
            Target::Agent(AgentId(99)),
            Refused::UnknownAgent(AgentId(99)),
        ),
        (Target::Queue(QueueId(9)), Refused::UnknownQueue(QueueId(9))),
    ] {
        assert_eq!(w.asks(transfer(call, to)), Err(refused));
    }
    let other = Ask::Transfer {
        agent: Some(BEN),
        call,
        to: to_number(),
        from: None,
    };
    assert_eq!(w.asks(other), Err(Refused::NotTheirs(call)));
    w.settings(|account| account.transfer.allow_unlisted_numbers = false);
    assert_eq!(w.asks(transfer(call, to_number())), Err(Refused::Unlisted));
    w.wait(0.5);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert!(w.carriers[ONE].invites.is_empty());
}

#[test]
fn r128_the_number_outside_sees_the_one_that_the_customer_has_called() {
    let mut w = with_carriers(|account| {
        let to = cordboard::settings::Destination::Queue(QueueId(1));
        let number = "+4989100".to_owned();
        account.routes.insert(0, Route { number, to });
    });
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(0.5))
        .dials("alice", "+4989100")
        .wait(2.0);
    let call = w.record().id;
    let asks = |from: &str| Ask::Transfer {
        agent: Some(ADA),
        call,
        to: to_number(),
        from: Some(from.into()),
    };
    let refused = Err(Refused::FromIsFixed(call));
    assert_eq!(w.asks(asks("+4989101")), refused, "no choice");
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    w.wait(1.0);
    let from = w.carriers[ONE].invites[0].field("From");
    assert!(from.contains("+4989100"), "{from}");
}

#[test]
fn r126_r127_numbers_of_contacts_may_always_be_called_and_typed_ones_become_some() {
    let (mut w, call) = talking(&[(0.1, Says::Answer)], |account| {
        account.transfer.allow_unlisted_numbers = false;
    });
    assert_eq!(w.asks(transfer(call, to_number())), Err(Refused::Unlisted));
    let numbers = [Number(OUTSIDE.into())].into();
    assert_eq!(w.asks(Ask::List { numbers }), Ok(Done::Plain));
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    assert!(w.typed.is_empty(), "it is one");
    let (mut w, call) = talking(&[(0.1, Says::Answer)], |_| {});
    assert_eq!(w.asks(transfer(call, to_number())), Ok(Done::Plain));
    assert_eq!(w.typed, [OUTSIDE]);
}

#[test]
fn r124_calls_by_whatsapp_are_not_passed_on() {
    let (mut w, call) = talking(&[], |account| {
        let first = account
            .trunks
            .iter_mut()
            .find(|trunk| trunk.server.is_none());
        first.expect("the demo's").whatsapp = true;
    });
    let refused = Err(Refused::WhatsApp(call));
    assert_eq!(w.asks(transfer(call, to_number())), refused);
}

#[test]
fn an_agent_s_own_call_is_passed_on_too() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.5, Says::Answer)])
        .agent("1001", answers(0.5))
        .agent("1002", answers(2.0))
        .calls_out("1001", OUTSIDE)
        .wait(2.0);
    let call = w.record().id;
    assert_eq!(w.asks(transfer(call, Target::Agent(BEN))), Ok(Done::Plain));
    w.wait(1.0);
    assert!(!w.phones["1001"].has_dialog());
    assert_eq!(w.carrier_hears(ONE), ["transfer message"]);
    w.wait(3.0);
    assert_eq!(w.carrier_hears(ONE), ["1002"]);
    // Who has left can be rung again.
    w.phone("1001").habit = answers(0.2);
    w.dials("bob", "100").wait(3.0);
    assert_eq!(w.hears("bob"), ["1001"]);
    assert_eq!(w.segments.len(), 3);
}

//! Strategies, hours, callbacks and codes.

use super::*;
use crate::id::{CallbackConfigId, StrategyId};
use crate::settings::{
    AtClosing, CallbackKind, Distribution, Form, MissedCalls, Priority, Quality, StrategyKind,
};

#[test]
fn the_example_shows_strategies_hours_callbacks_and_codes() {
    let account = parse(EXAMPLE).expect("fine").account;
    let [hotline] = &account.strategies[..] else {
        panic!("one strategy")
    };
    let numbers = StrategyKind::Senders(vec!["+49305559*".into(), "link:Advice".into()]);
    assert_eq!((hotline.id, &hotline.kind), (StrategyId(1), &numbers));
    let office = &account.hours[0];
    assert_eq!(
        (office.zone.as_str(), office.week.len()),
        ("Europe/Berlin", 2)
    );
    assert_eq!(office.holidays[0].open.len(), 1);
    let later = &account.callbacks[0];
    assert_eq!((later.kind, later.retries), (CallbackKind::Automated, 3));
    assert_eq!(later.priority, Priority::QueuePosition);
    let support = &account.queues[0];
    assert_eq!(support.hours, Some(office.id));
    let announcement = support.waiting.announcement.as_ref().expect("set");
    assert_eq!(announcement.codes.rows[0].callback, later.id);
    assert_eq!(office.codes.rows, announcement.codes.rows);
}

#[test]
fn r32_r68_r77_r78_r79_what_can_be_said_of_waiting_is_read() {
    let text = format!(
        "{LEAST}{}",
        r#"
[[queue]]
name = "Night"
id = 7
distribution = "top_down"
at_closing = "away"
auto_assign = false
auto_pause = 3
[queue.announcement]
text = "{position}"
position = "ordinal"
quality = "neural"
wait_for_response_s = 9
codes = [{ digits = "12", callback = "By hand" }]
[[callback]]
name = "By hand"
id = 4
type = "manual"
priority = "inbound"
retries = 0
[[strategy]]
name = "All"
queues = ["Support"]
[missed_calls]
mode = "auto_close"
[status]
not_ready = ["Lunch"]
[speech]
neural = true
[wrap_up]
extend = true
"#
    );
    let account = parse(&text).expect("fine").account;
    let night = account.queues.iter().find(|queue| queue.name == "Night");
    let night = night.expect("there");
    assert_eq!(night.id, QueueId(7));
    assert_eq!(night.distribution, Distribution::TopDown);
    assert_eq!(
        (night.at_closing, night.auto_assign),
        (AtClosing::Away, false)
    );
    assert_eq!(night.auto_pause, Some(3));
    let announcement = night.waiting.announcement.as_ref().expect("set");
    let Message::Text {
        position, quality, ..
    } = &announcement.message
    else {
        panic!("a text")
    };
    assert_eq!((*position, *quality), (Form::Ordinal, Quality::Neural));
    assert_eq!(announcement.codes.wait, Duration::from_secs(9));
    assert_eq!(announcement.codes.rows[0].callback, CallbackConfigId(4));
    assert_eq!(account.missed_calls, MissedCalls::AutoClose);
    assert_eq!(account.not_ready, ["Lunch"]);
    assert!(account.neural_voices && account.wrap_up.extend);
}

#[test]
fn slips_about_waiting_are_told_with_what_was_meant() {
    refused(
        "[[strategy]]\nname = \"Both\"",
        "14: strategy[0]: either queues = [\"…\"] or senders = [\"+49…\"]: whose callers it is for",
    );
    refused(
        "[[strategy]]\nname = \"S\"\nqueues = [\"Suport\"]",
        "16: queues[0]: no queue is called \"Suport\"; did you mean \"Support\"?",
    );
    refused(
        "[[callback]]\nname = \"C\"\ntype = \"automatd\"",
        "16: type: \"automatd\" is unknown; did you mean \"automated\"?",
    );
    let hours = "[[hours]]\nname = \"H\"\nzone = \"Europe/Berlin\"\n";
    refused(
        &format!("{hours}week = [{{ days = [\"mon\"], from = \"9\", to = \"17:00\" }}]"),
        "17: from: a time of day: \"09:00\"",
    );
    refused(
        &format!("{hours}holidays = [{{ date = \"25.12.\" }}]"),
        "17: date: \"25.12.\" is not a day: \"2026-12-25\"",
    );
    refused(
        &format!("{hours}holidays = [{{ date = \"2026-12-25\", open = [\"9 to 5\"] }}]"),
        "17: open[0]: from and to: \"09:00-12:30\"",
    );
    refused(
        &format!("{hours}codes = [{{ digits = \"1\", callback = \"None\" }}]"),
        "17: callback: no callback is called \"None\"",
    );
}

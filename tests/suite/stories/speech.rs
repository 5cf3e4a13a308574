//! Numbers that callers are told: their place, in words, as it is when they hear it.

use super::answers;
use crate::world::World;
use cordboard::id::QueueId;
use cordboard::settings::{Account, Destination, Form, Message, Queue, Route, Waiting};
use std::time::Duration;

const FIRST: &str = "You are the first caller.";
const SECOND: &str = "You are the second caller.";

fn tells_places(account: &mut Account) {
    if let Some(announcement) = &mut account.queues[0].waiting.announcement {
        announcement.message = Message::text("You are the {position} caller.");
    }
}

#[test]
fn r40_r47_a_caller_hears_the_place_of_that_moment() {
    let mut w = World::with(tells_places);
    w.dials("alice", "100")
        .wait(1.0)
        .dials("bob", "100")
        .wait(33.2);
    assert_eq!(w.hears("alice"), [FIRST], "after 3 s of greeting and 30");
    w.wait(0.6);
    assert_eq!(w.hears("bob"), [SECOND]);
    w.hangs_up("alice").wait(3.0);
    assert_eq!(w.hears("bob"), ["music"]);
    w.wait(29.5);
    assert_eq!(w.hears("bob"), [FIRST], "the line has moved");
    w.wait(2.0);
    assert_eq!(w.hears("bob"), ["music"]);
}

#[test]
fn r41_a_place_is_said_as_the_message_wants_it_and_by_the_language_where_it_leaves_that() {
    let english = "You are number {position}.";
    for (text, voice, form, heard) in [
        (english, "en", Form::Ordinal, "You are number second."),
        (english, "en", Form::Cardinal, "You are number two."),
        (english, "en", Form::Adaptive, "You are number second."),
        ("Platz {position}.", "de", Form::Adaptive, "Platz zwei."),
    ] {
        let mut w = World::with(|account| {
            let announcement = account.queues[0].waiting.announcement.as_mut();
            let Message::Text { rate, quality, .. } = Message::text("") else {
                unreachable!("it is a text");
            };
            announcement.expect("the demo's").message = Message::Text {
                text: text.into(),
                voice: voice.into(),
                rate,
                position: form,
                quality,
            };
        });
        w.dials("alice", "100")
            .wait(1.0)
            .dials("bob", "100")
            .wait(34.0);
        assert_eq!(w.hears("bob"), [heard], "{form:?}");
        let asked = w.speech.asked.last().expect("asked");
        assert_eq!(asked.voice, voice, "R32");
    }
}

#[test]
fn r46_a_place_is_added_to_an_announcement_that_callers_hear_already() {
    let mut w = World::new();
    w.dials("alice", "100").wait(34.0);
    assert_eq!(w.hears("alice"), ["announcement"]);
    w.wait(5.0).settings(tells_places).wait(27.0);
    assert_eq!(w.hears("alice"), [FIRST], "the next time");
}

#[test]
fn b4_the_wait_is_said_once_something_is_known_of_it() {
    let mut w = World::with(|account| {
        if let Some(announcement) = &mut account.queues[0].waiting.announcement {
            announcement.message = Message::text("Please hold. Your wait is {wait}.");
        }
    });
    w.dials("alice", "100").wait(33.5);
    assert_eq!(w.hears("alice"), ["announcement"], "nobody knows yet");
    // A minute and a half of talk is learned, with 10 s of wrap-up.
    w.agent("1001", answers(1.0)).wait(92.0);
    w.hangs_up("alice").wait(11.0);
    w.dials("bob", "100").wait(2.0).dials("carol", "100");
    w.wait(34.0);
    assert_eq!(w.hears("carol"), ["Please hold. Your wait is two minutes."]);
}

#[test]
fn a_sentence_is_spoken_once_for_all_who_hear_it() {
    let mut w = World::with(tells_places);
    w.dials("alice", "100").wait(70.0);
    w.hangs_up("alice").wait(1.0).dials("bob", "100").wait(34.0);
    assert_eq!(w.hears("bob"), [FIRST]);
    assert_eq!(w.speech.asked.len(), 1);
}

#[test]
fn f23_who_waits_for_a_slow_engine_hears_music_and_then_what_needs_no_engine() {
    let mut w = World::with(tells_places);
    w.speech.takes = Some(Duration::from_secs(5));
    w.dials("alice", "100").wait(33.0);
    let due = w.now;
    w.wait(1.9);
    assert_eq!(w.heard_since("alice", due), ["music"]);
    w.wait(1.0);
    assert_eq!(
        w.hears("alice"),
        ["announcement"],
        "the rest of the message"
    );
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["music"]);
    // It was spoken in the end: the next one is in time.
    w.wait(30.0);
    assert_eq!(w.hears("alice"), [FIRST]);
    assert!(w.log().contains("could not be spoken in time"));
}

#[test]
fn f23_a_broken_engine_costs_the_sentence_and_no_more() {
    let mut w = World::with(tells_places);
    w.speech.takes = None;
    w.dials("alice", "100").wait(33.4);
    assert_eq!(w.hears("alice"), ["announcement"]);
    // Where nothing is left of the message without the number, the caller waits on.
    let mut w = World::with(|account| {
        let queue = QueueId(2);
        account.queues.push(Queue {
            agents: account.queues[0].agents.clone(),
            waiting: Waiting {
                greeting: Some(Message::text("{position}")),
                ..Waiting::default()
            },
            ..Queue::new(queue, "Places")
        });
        let (number, to) = ("200".to_owned(), Destination::Queue(queue));
        account.routes.insert(0, Route { number, to });
    });
    w.speech.takes = None;
    w.dials("bob", "200").wait(0.5);
    let log = w.log();
    let (_, after) = log.split_once("could not be spoken in time").expect(&log);
    assert_eq!(after, "\n   0.0  the caller hears music\n");
    w.agent("1001", answers(1.0)).wait(2.0);
    assert_eq!(w.hears("bob"), ["1001"]);
}

#[test]
fn a_greeting_that_is_being_spoken_is_awaited_with_music() {
    let mut w = World::with(|account| {
        account.queues[0].waiting.greeting = Some(Message::text("You are the {position} caller."));
    });
    w.speech.takes = Some(Duration::from_millis(1500));
    w.dials("alice", "100").wait(1.2);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(1.0);
    assert_eq!(w.hears("alice"), [FIRST]);
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["music"]);
}

#[test]
fn r47_who_moves_up_while_the_sentence_is_spoken_hears_the_new_place() {
    let mut w = World::with(tells_places);
    w.speech.takes = Some(Duration::from_millis(800));
    w.dials("alice", "100")
        .wait(0.5)
        .dials("bob", "100")
        .wait(33.2);
    assert_eq!(w.hears("bob"), ["music"], "it is being spoken");
    let moved = w.now;
    w.hangs_up("alice").wait(2.2);
    assert_eq!(w.hears("bob"), [FIRST]);
    assert!(!w.heard_since("bob", moved).contains(&SECOND));
}

#[test]
fn r36_an_agent_who_answers_meanwhile_is_heard_at_once_and_nothing_is_spoken_later() {
    let mut w = World::with(tells_places);
    w.speech.takes = Some(Duration::from_millis(1900));
    w.dials("alice", "100").wait(33.2);
    assert_eq!(w.hears("alice"), ["music"]);
    w.agent("1001", answers(0.5)).wait(1.0);
    let connected = w.now;
    assert_eq!(w.hears("alice"), ["1001"]);
    w.wait(5.0);
    assert_eq!(w.heard_since("alice", connected), ["1001"]);
    w.hangs_up("alice").wait(15.0);
    w.wait(30.0);
    assert!(w.is_at_rest());
}

//! What a caller hears in place, and how the longest wait ends.

use super::*;

#[test]
fn r27_r29_without_messages_there_is_music_at_once() {
    Story::new(&account()).joins(1).hears(&["0: music 1 to 1"]);
}

#[test]
fn r30_d8_an_announcement_comes_so_long_after_the_end_of_the_last() {
    // D8, R30: the greeting takes 4 s, an announcement 7 s.
    let mut account = account();
    account.queues[0].waiting.greeting = Some(text());
    account.queues[0].waiting.announcement = announcement(30);
    Story::new(&account)
        .joins(1)
        .wait(4)
        .heard(1)
        .wait(37)
        .heard(1)
        .heard(1)
        .wait(31)
        .hears(&[
            "0: say Greeting to 1",
            "4: music 1 to 1",
            "34: say Announcement to 1",
            "41: music 1 to 1",
            "71: say Announcement to 1",
        ]);
}

#[test]
fn r63_agents_are_rung_while_the_greeting_is_heard() {
    // R63: the caller may be connected in the middle of it.
    let mut account = account();
    account.queues[0].waiting.greeting = Some(text());
    Story::with_agents(&account, &[1])
        .joins(1)
        .wait(2)
        .accepts(1, 1)
        .heard(1)
        .hears(&[
            "0: say Greeting to 1",
            "0: offer 1 to 1",
            "2: connect 1 to 1",
        ]);
}

#[test]
fn announcements_go_on_while_an_agent_is_rung() {
    let mut account = account();
    account.queues[0].waiting.announcement = announcement(10);
    Story::with_agents(&account, &[1])
        .joins(1)
        .wait(12)
        .heard(1)
        .hears(&[
            "0: music 1 to 1",
            "0: offer 1 to 1",
            "10: say Announcement to 1",
            "12: music 1 to 1",
        ]);
}

#[test]
fn r38_r59_the_longest_wait_ends_the_ringing_and_the_call() {
    // R24, R37, R59: 70 s from the join on, whatever rings in between.
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(70, OnMaxWait::End);
    let story = Story::with_agents(&account, &[1])
        .joins(1)
        .wait(100)
        .accepts(1, 1);
    let story = story.expect(&[
        "0: offer 1 to 1",
        "30: revoke 1 from 1: Timeout",
        "30: offer 1 to 1",
        "60: revoke 1 from 1: Timeout",
        "60: offer 1 to 1",
        "70: revoke 1 from 1: CallerGone",
        "70: give up 1: End",
        "100: dismiss 1 of 1",
    ]);
    let tally = story.floor.tally(story.now, CALM).expect("a queue");
    assert_eq!((tally.gave_up, tally.abandoned, tally.missed), (1, 0, 2));
    assert!(story.floor.is_empty());
}

#[test]
fn r31_the_last_message_is_heard_before_the_end_and_nobody_is_rung_meanwhile() {
    // R31
    let mut account = account();
    account.queues[0].waiting.max_wait = Some(MaxWait {
        after: Duration::from_secs(20),
        message: Some(text()),
        then: OnMaxWait::External(4930123),
    });
    Story::new(&account)
        .joins(1)
        .wait(20)
        .reachable(1, true)
        .wait(5)
        .expect(&["20: say MaxWait to 1"])
        .heard(1)
        .expect(&["25: give up 1: External(4930123)"]);
}

#[test]
fn r25_r37_a_redirect_begins_the_other_queue_s_own_strategy_and_wait() {
    // R37: a place of its own, behind those who are there already.
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(20, OnMaxWait::Queue(BUSY));
    account.queues[1].waiting.greeting = Some(text());
    account.queues[1].waiting.max_wait = max_wait(40, OnMaxWait::End);
    let story = Story::new(&account)
        .joins(1)
        .wait(10)
        .joins_queue(2, BUSY)
        .expect(&["10: say Greeting to 2"])
        .wait(10)
        .hears(&["20: redirect 1 to 2", "20: say Greeting to 1"]);
    assert_eq!(story.floor.position(CallId(2)), Some(1));
    assert_eq!(story.floor.position(CallId(1)), Some(2));
    story
        .wait(40)
        .expect(&["50: give up 2: End", "60: give up 1: End"]);
}

#[test]
fn a_redirect_finds_the_idle_agents_of_the_other_queue() {
    let mut account = account();
    account.queues[0].agents.clear();
    account.queues[0].waiting.max_wait = max_wait(20, OnMaxWait::Queue(BUSY));
    Story::with_agents(&account, &[3])
        .joins(1)
        .wait(20)
        .expect(&["20: redirect 1 to 2", "20: offer 1 to 3"]);
}

#[test]
fn r37_d19_redirects_in_a_circle_end_after_five() {
    // D19
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(10, OnMaxWait::Queue(BUSY));
    account.queues[1].waiting.max_wait = max_wait(10, OnMaxWait::Queue(CALM));
    Story::new(&account).joins(1).wait(100).hears(&[
        "0: music 1 to 1",
        "10: redirect 1 to 2",
        "10: music 2 to 1",
        "20: redirect 1 to 1",
        "20: music 1 to 1",
        "30: redirect 1 to 2",
        "30: music 2 to 1",
        "40: redirect 1 to 1",
        "40: music 1 to 1",
        "50: redirect 1 to 2",
        "50: music 2 to 1",
        "60: give up 1: End",
    ]);
}

#[test]
fn a_circle_without_any_wait_ends_too() {
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(0, OnMaxWait::Queue(CALM));
    let hop = "0: redirect 1 to 1";
    Story::new(&account)
        .joins(1)
        .wait(1)
        .expect(&[hop, hop, hop, hop, hop, "0: give up 1: End"]);
}

#[test]
fn d19_a_circle_is_cut_with_the_last_message_said() {
    let mut account = account();
    account.queues[0].waiting.max_wait = Some(MaxWait {
        after: Duration::from_secs(10),
        message: Some(text()),
        then: OnMaxWait::Queue(CALM),
    });
    let mut story = Story::new(&account).joins(1);
    for _ in 0..5 {
        story = story.wait(10).heard(1);
    }
    let hops = story.log.iter().filter(|line| line.contains("redirect"));
    assert_eq!(hops.count(), 5);
    story.log.clear();
    story
        .wait(12)
        .expect(&["60: say MaxWait to 1"])
        .heard(1)
        .expect(&["62: give up 1: End"]);
}

#[test]
fn a_queue_that_does_not_exist_gives_up() {
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(5, OnMaxWait::Queue(QueueId(9)));
    let story = Story::new(&account)
        .joins_queue(1, QueueId(9))
        .expect(&["0: give up 1, no room: End"])
        .joins(2)
        .wait(5)
        .expect(&["5: give up 2, no room: End"]);
    assert!(story.floor.is_empty());
}

#[test]
fn more_callers_than_the_floor_holds_are_sent_away() {
    let mut floor = Floor::new(&account(), Random::seeded(1));
    let (now, mut out) = (some_instant(), Vec::new());
    for call in 0..=Floor::MOST_CALLERS as u64 {
        let (call, arrival) = (CallId(call), Arrival::at(CALM));
        out.clear();
        floor.handle(now, Input::Join { call, arrival }, &mut out);
    }
    assert!(matches!(out[..], [Action::GiveUp { .. }]), "{out:?}");
}

//! Queues that are closed (R61), and that close while callers wait (D3).

use super::*;
use crate::id::HoursId;
use crate::settings::AtClosing;

impl Story {
    fn opens(self, queue: QueueId, open: bool) -> Self {
        self.input(Input::Open { queue, open })
    }
}

fn with_hours(at_closing: AtClosing) -> Account {
    let mut account = account();
    account.queues[0].hours = Some(HoursId(1));
    account.queues[0].at_closing = at_closing;
    account.queues[0].waiting.greeting = Some(text());
    account
}

#[test]
fn r61_outside_the_hours_the_away_message_is_heard_and_nobody_is_rung() {
    let story = Story::with_agents(&with_hours(AtClosing::Serve), &[1])
        .opens(CALM, false)
        .joins(1)
        .wait(4)
        .hears(&["0: say Away to 1"]);
    let stage = story.floor.caller(CallId(1)).map(|caller| caller.stage);
    assert_eq!(stage, Some(Stage::Away));
    assert_eq!(story.floor.position(CallId(1)), None, "not in line");
    let story = story.heard(1).expect(&["4: give up 1, closed: End"]);
    let tally = story.floor.tally(story.now, CALM).expect("a queue");
    assert_eq!((tally.turned_away, tally.abandoned), (1, 0));
    assert!(story.floor.is_empty());
    story
        .opens(CALM, true)
        .joins(2)
        .expect(&["4: say Greeting to 2", "4: offer 2 to 1"]);
}

#[test]
fn d3_who_waits_at_closing_time_is_served() {
    Story::new(&with_hours(AtClosing::Serve))
        .joins(1)
        .wait(10)
        .opens(CALM, false)
        .expect(&["0: say Greeting to 1"])
        .reachable(1, true)
        .expect(&["10: offer 1 to 1"]);
}

#[test]
fn d3_or_hears_the_away_message_where_that_is_set() {
    Story::with_agents(&with_hours(AtClosing::Away), &[1])
        .joins(1)
        .joins(2)
        .accepts(1, 1)
        .joins(3)
        .expect(&[
            "0: say Greeting to 1",
            "0: offer 1 to 1",
            "0: say Greeting to 2",
            "0: connect 1 to 1",
            "0: say Greeting to 3",
        ])
        .reachable(2, true)
        .wait(10)
        .opens(CALM, false)
        .expect(&[
            "0: offer 2 to 2",
            "10: revoke 2 from 2: CallerGone",
            "10: say Away to 2",
            "10: say Away to 3",
        ])
        .heard(2)
        .leaves(3)
        .expect(&["10: give up 2, closed: End"])
        .agent_is(1, |state| matches!(state, AgentState::Talking { .. }));
}

#[test]
fn a_redirect_to_a_closed_queue_hears_that_it_is_closed() {
    let mut account = with_hours(AtClosing::Serve);
    account.queues[1].waiting.max_wait = max_wait(5, OnMaxWait::Queue(CALM));
    Story::new(&account)
        .opens(CALM, false)
        .joins_queue(1, BUSY)
        .wait(5)
        .heard(1)
        .expect(&[
            "5: redirect 1 to 1",
            "5: say Away to 1",
            "5: give up 1, closed: End",
        ]);
}

#[test]
fn a_queue_without_hours_never_closes() {
    Story::with_agents(&account(), &[1])
        .opens(CALM, false)
        .joins(1)
        .expect(&["0: offer 1 to 1"]);
}

//! What agents say of themselves (R151, B7), apart from what their phones do.

use super::*;

#[test]
fn r53_only_who_is_available_is_rung() {
    Story::with_agents(&account(), &[1, 2])
        .says(1, Status::NotReady(0))
        .says(2, Status::Offline)
        .joins(1)
        .expect(&[])
        .wait(5)
        .says(2, Status::Available)
        .expect(&["5: offer 1 to 2"]);
}

#[test]
fn a_phone_that_comes_back_makes_nobody_available() {
    Story::with_agents(&account(), &[1])
        .says(1, Status::NotReady(2))
        .reachable(1, false)
        .agent_is(1, |state| {
            let status = Status::NotReady(2);
            state == AgentState::NotReady { status }
        })
        .reachable(1, true)
        .joins(1)
        .expect(&[])
        .reachable(1, false)
        .says(1, Status::Available)
        .agent_is(1, |state| state == AgentState::Away)
        .expect(&[]);
}

#[test]
fn who_is_rung_and_says_not_ready_is_no_longer_rung_and_the_next_one_is_at_once() {
    Story::with_agents(&account(), &[1, 2])
        .joins(1)
        .wait(3)
        .says(1, Status::NotReady(0))
        .expect(&[
            "0: offer 1 to 1",
            "3: revoke 1 from 1: NotReady",
            "3: offer 1 to 2",
        ])
        .accepts(1, 1)
        .expect(&["3: dismiss 1 of 1"]);
}

#[test]
fn a_status_said_in_a_talk_holds_after_the_wrap_up() {
    let mut account = account();
    account.wrap_up.enabled = true;
    account.wrap_up.default = Duration::from_secs(10);
    Story::with_agents(&account, &[1])
        .joins(1)
        .accepts(1, 1)
        .says(1, Status::Offline)
        .agent_is(1, |state| matches!(state, AgentState::Talking { .. }))
        .leaves(1)
        .agent_is(1, |state| matches!(state, AgentState::WrapUp { .. }))
        .joins(2)
        .wait(10)
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "10: wrapped up 1"])
        .agent_is(1, |state| matches!(state, AgentState::NotReady { .. }));
}

#[test]
fn who_comes_back_is_idle_from_then_on() {
    // R149: of agents 1 and 2, who has been idle longer is rung.
    Story::with_agents(&account(), &[1, 2])
        .says(1, Status::NotReady(0))
        .wait(1)
        .says(1, Status::Available)
        .joins(1)
        .expect(&["1: offer 1 to 2"]);
}

#[test]
fn the_state_of_an_agent_tells_status_and_phone_apart() {
    let story = Story::with_agents(&account(), &[1]).says(1, Status::Offline);
    let presence = story.floor.presence(AgentId(1));
    assert_eq!(presence, Some((Status::Offline, true)));
    assert_eq!(
        story.floor.presence(AgentId(2)),
        Some((Status::Available, false))
    );
    assert_eq!(story.floor.presence(AgentId(99)), None);
}

/// An account whose first queue pauses an agent after so many missed offers.
fn pausing(after: u32) -> Account {
    let mut account = account();
    account.queues[0].auto_pause = Some(after);
    account
}

#[test]
fn b7_who_misses_so_many_calls_of_a_queue_in_a_row_is_paused() {
    Story::with_agents(&pausing(2), &[1])
        .joins(1)
        .wait(200)
        .expect(&[
            "0: offer 1 to 1",
            "30: revoke 1 from 1: Timeout",
            "30: offer 1 to 1",
            "60: revoke 1 from 1: Timeout",
            "60: pause 1 of 1",
        ])
        .agent_is(1, |state| {
            let status = Status::Paused(CALM);
            state == AgentState::NotReady { status }
        })
        .says(1, Status::Available)
        .wait(30)
        .expect(&[
            "200: offer 1 to 1",
            "230: revoke 1 from 1: Timeout",
            "230: offer 1 to 1",
        ]);
}

#[test]
fn b7_a_call_that_is_answered_or_declined_does_not_count() {
    let story = Story::with_agents(&pausing(2), &[1])
        .joins(1)
        .wait(30)
        .accepts(1, 1)
        .leaves(1)
        .joins(2)
        .wait(30)
        .refuses(1, 2, Refusal::Declined)
        .agent_is(1, |state| matches!(state, AgentState::Available { .. }));
    assert!(!story.log.iter().any(|line| line.contains("pause")));
}

#[test]
fn b7_each_queue_counts_for_itself_and_the_next_agent_is_rung() {
    let mut account = pausing(2);
    account.queues[1].auto_pause = None;
    let story = Story::with_agents(&account, &[3])
        .joins_queue(1, BUSY)
        .wait(100)
        .leaves(1)
        .joins(2)
        .wait(30)
        .reachable(1, true)
        .agent_is(3, |state| matches!(state, AgentState::Offered { .. }));
    assert!(!story.log.iter().any(|line| line.contains("pause")));
    let story = story.wait(30);
    let last: Vec<_> = story.log.iter().rev().take(3).rev().collect();
    assert_eq!(
        last,
        [
            "160: revoke 2 from 3: Timeout",
            "160: pause 3 of 1",
            "160: offer 2 to 1"
        ]
    );
}

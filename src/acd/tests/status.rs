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

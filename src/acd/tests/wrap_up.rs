//! After-call work (R16–R21).

use super::*;

/// Wrap-up of 10 s for all; agent 2 has 25 s, agent 3 none.
fn with_wrap_up(enabled: bool) -> Account {
    let mut account = account();
    account.wrap_up = WrapUp {
        enabled,
        default: Duration::from_secs(10),
        extend: true,
    };
    account.agents[1].wrap_up = Some(Duration::from_secs(25));
    account.agents[2].wrap_up = Some(Duration::ZERO);
    account
}

/// The agent talks to caller 1 while caller 2 waits; then the talk is over.
fn after_a_talk(account: &Account, agent: u32) -> Story {
    let mut story = Story::with_agents(account, &[agent])
        .joins(1)
        .accepts(agent, 1)
        .joins(2)
        .leaves(1);
    story
        .log
        .retain(|line| line.contains("wrapped") || line.contains("offer 2"));
    story
}

#[test]
fn r17_r20_an_agent_in_wrap_up_is_not_rung() {
    // R20
    after_a_talk(&with_wrap_up(true), 1)
        .agent_is(1, |state| matches!(state, AgentState::WrapUp { .. }))
        .expect(&[])
        .wait(10)
        .expect(&["10: wrapped up 1", "10: offer 2 to 1"]);
}

#[test]
fn r19_a_custom_wrap_up_overrides_the_default() {
    // R19
    after_a_talk(&with_wrap_up(true), 2)
        .wait(26)
        .expect(&["25: wrapped up 2", "25: offer 2 to 2"]);
}

#[test]
fn r21_zero_seconds_are_no_wrap_up() {
    // R21
    after_a_talk(&with_wrap_up(true), 3).expect(&["0: wrapped up 3", "0: offer 2 to 3"]);
}

#[test]
fn r16_r21_switched_off_no_agent_has_any() {
    // R16, R21: the custom ones are off too.
    after_a_talk(&with_wrap_up(false), 2).expect(&["0: wrapped up 2", "0: offer 2 to 2"]);
}

#[test]
fn a_phone_lost_in_a_talk_matters_after_it() {
    let story = Story::with_agents(&with_wrap_up(true), &[1])
        .joins(1)
        .accepts(1, 1)
        .reachable(1, false)
        .agent_is(1, |state| matches!(state, AgentState::Talking { .. }))
        .joins(2)
        .leaves(1)
        .agent_is(1, |state| matches!(state, AgentState::WrapUp { .. }))
        .wait(10)
        .agent_is(1, |state| state == AgentState::Away);
    story
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "10: wrapped up 1"])
        .reachable(1, true)
        .expect(&["10: offer 2 to 1"]);
}

#[test]
fn idleness_counts_from_the_end_of_the_wrap_up() {
    // Agent 1 idles since 10 s, agent 3 since 5 s.
    let story = Story::with_agents(&with_wrap_up(true), &[1])
        .joins(1)
        .accepts(1, 1)
        .leaves(1)
        .wait(5)
        .reachable(3, true)
        .wait(10)
        .joins(2);
    assert_eq!(
        story.log.last().map(String::as_str),
        Some("15: offer 2 to 3")
    );
}

#[test]
fn d4_an_agent_may_end_the_wrap_up_early() {
    after_a_talk(&with_wrap_up(true), 1)
        .wait(3)
        .ends_wrap_up(1)
        .expect(&["3: wrapped up 1", "3: offer 2 to 1"])
        .ends_wrap_up(1)
        .expect(&[]);
}

#[test]
fn r18_each_press_adds_ten_seconds_to_what_is_left() {
    after_a_talk(&with_wrap_up(true), 1)
        .wait(9)
        .extends_wrap_up(1)
        .extends_wrap_up(1)
        .wait(25)
        .expect(&["30: wrapped up 1", "30: offer 2 to 1"]);
}

#[test]
fn r20_a_press_at_zero_wakes_nobody() {
    // The deadline has passed and was not seen to: the agent is free, and rung for caller 2.
    let mut story = after_a_talk(&with_wrap_up(true), 1);
    story.now += Duration::from_secs(10);
    story
        .extends_wrap_up(1)
        .expect(&["10: wrapped up 1", "10: offer 2 to 1"])
        .extends_wrap_up(1)
        .agent_is(1, |state| matches!(state, AgentState::Offered { .. }))
        .expect(&[]);
}

#[test]
fn r20_only_who_is_in_wrap_up_can_prolong_it() {
    let story = Story::with_agents(&with_wrap_up(true), &[1])
        .extends_wrap_up(1)
        .extends_wrap_up(99)
        .agent_is(1, |state| matches!(state, AgentState::Available { .. }))
        .joins(1)
        .accepts(1, 1)
        .extends_wrap_up(1)
        .agent_is(1, |state| matches!(state, AgentState::Talking { .. }));
    story
        .leaves(1)
        .wait(10)
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "10: wrapped up 1"]);
}

#[test]
fn r18_where_it_is_not_allowed_a_press_adds_nothing() {
    let mut account = with_wrap_up(true);
    account.wrap_up.extend = false;
    after_a_talk(&account, 1)
        .wait(9)
        .extends_wrap_up(1)
        .wait(1)
        .expect(&["10: wrapped up 1", "10: offer 2 to 1"]);
}

//! Callers who come for one agent (D1), and those whose agent is lost (D18).

use super::*;

/// Somebody who comes by a link of agent 1.
fn by_link(strict: bool) -> Arrival {
    let agent = AgentId(1);
    Arrival {
        first: Some(First { agent, strict }),
        ..Arrival::at(CALM)
    }
}

#[test]
fn r4_the_agent_who_has_shared_the_link_is_rung_first_and_then_the_rules_hold() {
    Story::with_agents(&account(), &[2, 1])
        .arrives(1, by_link(false))
        .wait(31)
        .expect(&[
            "0: offer 1 to 1",
            "30: revoke 1 from 1: Timeout",
            "30: offer 1 to 2",
        ]);
}

#[test]
fn d1_an_agent_who_is_not_available_is_waited_for_as_long_as_a_phone_would_ring() {
    Story::with_agents(&account(), &[2])
        .arrives(1, by_link(false))
        .wait(29)
        .expect(&[])
        .wait(2)
        .expect(&["30: offer 1 to 2"]);
    // One who comes back in that time is rung for all of theirs.
    Story::with_agents(&account(), &[2])
        .arrives(1, by_link(false))
        .wait(20)
        .reachable(1, true)
        .wait(29)
        .expect(&["20: offer 1 to 1"])
        .wait(2)
        .expect(&["50: revoke 1 from 1: Timeout", "50: offer 1 to 2"]);
}

#[test]
fn d1_who_declines_passes_the_caller_on_at_once() {
    Story::with_agents(&account(), &[2, 1])
        .arrives(1, by_link(false))
        .wait(3)
        .refuses(1, 1, Refusal::Declined)
        .wait(0)
        .expect(&["0: offer 1 to 1", "3: offer 1 to 2"]);
}

#[test]
fn d1_a_strict_link_is_for_nobody_else() {
    Story::with_agents(&account(), &[2])
        .arrives(1, by_link(true))
        .wait(31)
        .expect(&["30: give up 1, not there: End"]);
    Story::with_agents(&account(), &[2, 1])
        .arrives(1, by_link(true))
        .wait(3)
        .refuses(1, 1, Refusal::Declined)
        .wait(0)
        .expect(&["0: offer 1 to 1", "3: give up 1, not there: End"]);
}

#[test]
fn d18_who_loses_their_agent_is_the_first_in_line_again() {
    Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .wait(10)
        .joins(2)
        .wait(5)
        .reachable(1, false)
        .input(Input::Return { call: CallId(1) })
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "15: wrapped up 1"])
        .reachable(2, true)
        .expect(&["15: offer 1 to 2"]);
}

#[test]
fn d18_the_longest_wait_begins_anew_for_who_has_lost_their_agent() {
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(60, OnMaxWait::End);
    Story::with_agents(&account, &[1])
        .joins(1)
        .accepts(1, 1)
        .wait(100)
        .reachable(1, false)
        .input(Input::Return { call: CallId(1) })
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "100: wrapped up 1"])
        .wait(59)
        .expect(&[])
        .wait(2)
        .expect(&["160: give up 1: End"]);
}

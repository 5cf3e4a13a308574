//! Who is rung, for how long, and who is next.

use super::*;

#[test]
fn the_first_to_come_is_the_first_to_be_served() {
    Story::new(&account())
        .joins(7)
        .wait(1)
        .joins(3)
        .expect(&[])
        .reachable(1, true)
        .expect(&["1: offer 7 to 1"])
        .reachable(2, true)
        .expect(&["1: offer 3 to 2"]);
}

#[test]
fn an_agent_of_two_queues_takes_the_longest_waiting_of_both() {
    Story::new(&account())
        .joins_queue(1, BUSY)
        .wait(1)
        .joins_queue(2, CALM)
        .reachable(3, true)
        .expect(&["1: offer 1 to 3"])
        .accepts(3, 1)
        .leaves(1)
        .expect(&["1: connect 1 to 3", "1: wrapped up 3", "1: offer 2 to 3"]);
}

#[test]
fn r53_r149_the_fewest_conversations_go_first_then_the_longest_idle() {
    // R149. Agents 2 and 1 became idle in this order; 3 is the last but has the least to do.
    Story::with_agents(&account(), &[2, 1, 3])
        .load(1, 4)
        .load(2, 4)
        .load(3, 1)
        .joins(1)
        .joins(2)
        .joins(3)
        .expect(&["0: offer 1 to 3", "0: offer 2 to 2", "0: offer 3 to 1"]);
}

#[test]
fn of_equals_the_lower_number_goes_first() {
    Story::new(&account())
        .reachable(2, true)
        .reachable(1, true)
        .joins(1)
        .expect(&["0: offer 1 to 1"]);
}

#[test]
fn r51_r57_r58_an_unanswered_offer_goes_to_the_next_agent_and_around() {
    // R49, R57, R58: three agents, 30 s each, then the first again.
    let account = account();
    let story = Story::with_agents(&account, &[1, 2, 3]).joins(1).wait(95);
    story.expect(&[
        "0: offer 1 to 1",
        "30: revoke 1 from 1: Timeout",
        "30: offer 1 to 2",
        "60: revoke 1 from 2: Timeout",
        "60: offer 1 to 3",
        "90: revoke 1 from 3: Timeout",
        "90: offer 1 to 1",
    ]);
}

#[test]
fn r49_the_agent_call_timeout_is_the_account_s() {
    let mut account = account();
    account.timeouts.agent = Duration::from_secs(3);
    let story = Story::with_agents(&account, &[2]).joins(1).wait(4);
    story.expect(&[
        "0: offer 1 to 2",
        "3: revoke 1 from 2: Timeout",
        "3: offer 1 to 2",
    ]);
}

#[test]
fn r64_a_refusal_goes_to_the_next_agent_and_spares_the_one() {
    // R64: alone on the floor, agent 1 has peace for the delay of 10 s.
    Story::with_agents(&account(), &[1, 2])
        .joins(1)
        .wait(2)
        .refuses(1, 1, Refusal::Declined)
        .expect(&["0: offer 1 to 1", "2: offer 1 to 2"])
        .wait(1)
        .refuses(2, 1, Refusal::Declined)
        .expect(&[])
        .wait(15)
        .expect(&["12: offer 1 to 1"]);
}

#[test]
fn who_refused_one_caller_is_rung_for_another() {
    Story::with_agents(&account(), &[1])
        .joins(1)
        .joins(2)
        .refuses(1, 1, Refusal::Declined)
        .expect(&["0: offer 1 to 1", "0: offer 2 to 1"]);
}

#[test]
fn a_phone_that_fails_is_not_rung_for_everybody_in_line() {
    Story::with_agents(&account(), &[1])
        .joins(1)
        .joins(2)
        .refuses(1, 1, Refusal::Failed)
        .agent_is(1, |state| matches!(state, AgentState::Resting { .. }))
        .expect(&["0: offer 1 to 1"])
        .wait(10)
        .expect(&["10: offer 1 to 1"])
        .refuses(1, 1, Refusal::Failed)
        .reachable(1, false)
        .reachable(1, true)
        .expect(&["10: offer 2 to 1"]);
}

#[test]
fn r63_r150_an_agent_is_rung_for_one_call_and_a_call_rings_one_agent() {
    // R63, R150: over all queues the agent serves.
    Story::with_agents(&account(), &[3])
        .joins_queue(1, CALM)
        .joins_queue(2, BUSY)
        .expect(&["0: offer 1 to 3"])
        .reachable(1, true)
        .expect(&[])
        .accepts(3, 1)
        .expect(&["0: connect 1 to 3"]);
}

#[test]
fn d18_a_place_survives_refusals_time_outs_and_lost_agents() {
    // D18: caller 1 stays first whatever happens.
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .wait(5)
        .joins(2)
        .reachable(1, false)
        .expect(&["0: offer 1 to 1", "5: revoke 1 from 1: AgentGone"])
        .reachable(2, true)
        .wait(31)
        .expect(&[
            "5: offer 1 to 2",
            "35: revoke 1 from 2: Timeout",
            "35: offer 1 to 2",
        ]);
    assert_eq!(story.floor.position(CallId(1)), Some(1));
    assert_eq!(story.floor.position(CallId(2)), Some(2));
    let line: Vec<_> = story.floor.waiting(CALM).map(|call| call.0).collect();
    assert_eq!(line, [1, 2]);
}

#[test]
fn a_caller_who_hangs_up_stops_the_ringing_and_the_agent_keeps_their_turn() {
    Story::with_agents(&account(), &[1, 2])
        .joins(1)
        .leaves(1)
        .wait(1)
        .joins(2)
        .expect(&[
            "0: offer 1 to 1",
            "0: revoke 1 from 1: CallerGone",
            "1: offer 2 to 1",
        ]);
}

#[test]
fn an_answer_that_crosses_the_withdrawal_connects_nobody() {
    // R52: the kernel is told to hang up on the agent, who may be rung for another by now.
    Story::with_agents(&account(), &[1, 2])
        .joins(1)
        .wait(30)
        .accepts(1, 1)
        .expect(&[
            "0: offer 1 to 1",
            "30: revoke 1 from 1: Timeout",
            "30: offer 1 to 2",
            "30: dismiss 1 of 1",
        ])
        .accepts(2, 1)
        .accepts(2, 1)
        .expect(&["30: connect 1 to 2"])
        .accepts(99, 1)
        .expect(&["30: dismiss 99 of 1"]);
}

#[test]
fn an_agent_in_a_call_of_their_own_is_not_rung() {
    Story::with_agents(&account(), &[1])
        .occupied(1, true)
        .agent_is(1, |state| state == AgentState::Occupied)
        .joins(1)
        .expect(&[])
        .occupied(1, false)
        .expect(&["0: offer 1 to 1"])
        .occupied(1, true)
        .expect(&["0: revoke 1 from 1: AgentGone"]);
}

#[test]
fn what_is_unknown_or_said_twice_changes_nothing() {
    let story = Story::with_agents(&account(), &[1])
        .leaves(5)
        .heard(5)
        .refuses(1, 5, Refusal::Failed)
        .refuses(77, 5, Refusal::Failed)
        .reachable(77, true)
        .load(77, 3)
        .expect(&[])
        .joins(1)
        .joins(1)
        .joins_queue(1, BUSY)
        .refuses(2, 1, Refusal::Declined)
        .expect(&["0: offer 1 to 1"]);
    let caller = story.floor.caller(CallId(1)).expect("in place");
    assert_eq!(
        (caller.queue, caller.stage),
        (CALM, Stage::Offered(AgentId(1)))
    );
}

#[test]
fn a_queue_counts() {
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .wait(4)
        .accepts(1, 1)
        .joins(2)
        .joins(3)
        .leaves(2)
        .wait(6);
    let tally = story.floor.tally(story.now, CALM).expect("a queue");
    assert_eq!((tally.waiting, tally.joined, tally.abandoned), (1, 3, 1));
    assert_eq!((tally.offered, tally.answered), (1, 1));
    assert_eq!(tally.longest_wait, Duration::from_secs(6));
    assert_eq!(tally.waited, Duration::from_secs(4));
}

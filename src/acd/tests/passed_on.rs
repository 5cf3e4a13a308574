//! Callers whose agent passes them on.

use super::*;

/// Caller 1 talks to agent 1, and caller 2 waits; agents 2 and 3 are not there.
fn talking() -> Story {
    Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .wait(5)
        .joins(2)
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1"])
}

#[test]
fn r130_the_agent_is_free_at_once_and_the_caller_in_nobody_s_way() {
    talking()
        .passes_on(1)
        .expect(&["5: wrapped up 1", "5: offer 2 to 1"])
        .leaves(1)
        .expect(&[]);
}

#[test]
fn d18_who_comes_back_is_where_they_were() {
    let back = |call| Input::Back { call: CallId(call) };
    let story = talking().passes_on(1).refuses(1, 2, Refusal::Failed);
    let story = story.input(back(1)).input(back(2));
    let waiting: Vec<_> = story.floor.waiting(CALM).map(|call| call.0).collect();
    assert_eq!(waiting, [1, 2]);
}

#[test]
fn an_agent_to_whom_a_caller_is_handed_has_the_agent_call_timeout() {
    let story = talking()
        .reachable(2, true)
        .refuses(2, 2, Refusal::Declined);
    story
        .passes_on(1)
        .wait(0)
        .expect(&["5: offer 2 to 2", "5: wrapped up 1", "5: offer 2 to 1"])
        .hands(1, 2)
        .expect(&["5: offer 1 to 2"])
        .wait(31)
        .expect(&[
            "35: revoke 2 from 1: Timeout",
            "35: revoke 1 from 2: Timeout",
            "35: 2 has not taken 1",
            "35: offer 2 to 1",
        ]);
}

#[test]
fn who_takes_a_caller_who_was_handed_over_talks_to_them() {
    talking()
        .passes_on(1)
        .reachable(2, true)
        .hands(1, 2)
        .accepts(2, 1)
        .expect(&[
            "5: wrapped up 1",
            "5: offer 2 to 1",
            "5: offer 1 to 2",
            "5: connect 1 to 2",
        ])
        .leaves(1)
        .expect(&["5: wrapped up 2"]);
}

#[test]
fn b2_who_was_asked_before_has_the_caller_and_the_work_after_it() {
    let take = |agent| Input::Take {
        call: CallId(1),
        agent: AgentId(agent),
    };
    let occupied = |occupied| Input::Occupied {
        agent: AgentId(2),
        occupied,
    };
    let story = talking()
        .reachable(2, true)
        .refuses(2, 2, Refusal::Declined);
    let story = story.input(occupied(true)).input(take(2));
    let call = CallId(1);
    let with = |agent| Some(AgentState::Talking { call }) == story.floor.agent(AgentId(agent));
    assert!(with(1) && !with(2), "they are with the other one still");
    let story = story.passes_on(1).input(take(2)).input(occupied(false));
    assert_eq!(
        story.floor.agent(AgentId(2)),
        Some(AgentState::Talking { call })
    );
    let stage = story.floor.caller(call).map(|caller| caller.stage);
    assert_eq!(stage, Some(Stage::Talking(AgentId(2))));
    let story = story.leaves(1).wait(0);
    assert!(story.floor.caller(call).is_none());
    let free = story.floor.agent(AgentId(2));
    assert!(
        matches!(free, Some(AgentState::Available { .. })),
        "{free:?}"
    );
}

#[test]
fn nobody_is_rung_who_cannot_be() {
    talking().passes_on(1).hands(1, 2).expect(&[
        "5: wrapped up 1",
        "5: offer 2 to 1",
        "5: 2 has not taken 1",
    ]);
}

#[test]
fn r133_who_is_sent_to_a_queue_waits_there_as_anybody() {
    let send = Input::Send {
        call: CallId(1),
        queue: BUSY,
    };
    talking()
        .passes_on(1)
        .input(send)
        .expect(&["5: wrapped up 1", "5: offer 2 to 1", "5: redirect 1 to 2"])
        .reachable(3, true)
        .expect(&["5: offer 1 to 3"]);
}

#[test]
fn who_was_called_by_an_agent_has_a_place_from_then_on() {
    Story::with_agents(&account(), &[2])
        .passes_on(9)
        .hands(9, 2)
        .expect(&["0: offer 9 to 2"])
        .refuses(2, 9, Refusal::Declined)
        .expect(&["0: 2 has not taken 9"])
        .input(Input::Back { call: CallId(9) })
        .wait(11)
        .expect(&["0: offer 9 to 2"]);
}

//! Channels on which a conversation stays with its agent (R60).

use super::*;

/// Somebody whose conversation agent 1 has.
fn own_customer() -> Arrival {
    Arrival {
        owner: Some(AgentId(1)),
        ..Arrival::at(CALM)
    }
}

#[test]
fn r60_the_agent_of_the_conversation_is_rung_even_at_full_capacity_and_nobody_else() {
    Story::with_agents(&account(), &[2, 1])
        .load(1, 1_000)
        .arrives(1, own_customer())
        .wait(31)
        .expect(&[
            "0: offer 1 to 1",
            "30: revoke 1 from 1: Timeout",
            "30: offer 1 to 1",
        ]);
}

#[test]
fn r60_who_rejects_is_rung_again() {
    Story::with_agents(&account(), &[1, 2])
        .arrives(1, own_customer())
        .wait(2)
        .refuses(1, 1, Refusal::Declined)
        .wait(20)
        .expect(&["0: offer 1 to 1", "12: offer 1 to 1"]);
}

#[test]
fn r60_a_customer_waits_for_their_agent_who_talks() {
    Story::with_agents(&account(), &[1, 2])
        .joins(7)
        .accepts(1, 7)
        .arrives(1, own_customer())
        .wait(60)
        .expect(&["0: offer 7 to 1", "0: connect 7 to 1"])
        .leaves(7)
        .expect(&["60: wrapped up 1", "60: offer 1 to 1"]);
}

#[test]
fn r60_only_while_the_agent_is_not_there_others_are_searched() {
    Story::with_agents(&account(), &[1])
        .arrives(1, own_customer())
        .reachable(2, true)
        .wait(3)
        .says(1, Status::Offline)
        .expect(&[
            "0: offer 1 to 1",
            "3: revoke 1 from 1: NotReady",
            "3: offer 1 to 2",
        ])
        .refuses(2, 1, Refusal::Declined)
        .says(1, Status::Available)
        .expect(&["3: offer 1 to 1"])
        .reachable(1, false)
        .wait(20)
        .expect(&["3: revoke 1 from 1: AgentGone", "13: offer 1 to 2"]);
}

#[test]
fn r60_the_agent_need_not_serve_the_queue() {
    Story::with_agents(&account(), &[1])
        .arrives(
            1,
            Arrival {
                queue: BUSY,
                ..own_customer()
            },
        )
        .expect(&["0: offer 1 to 1"]);
}

#[test]
fn r63_the_agent_serves_their_own_and_others_in_the_order_of_arrival() {
    Story::new(&account())
        .joins(1)
        .wait(1)
        .reachable(1, true)
        .accepts(1, 1)
        .joins(2)
        .arrives(3, own_customer())
        .leaves(1)
        .expect(&[
            "1: offer 1 to 1",
            "1: connect 1 to 1",
            "1: wrapped up 1",
            "1: offer 2 to 1",
        ])
        .leaves(2)
        .expect(&["1: revoke 2 from 1: CallerGone", "1: offer 3 to 1"]);
}

#[test]
fn r60_a_conversation_with_an_agent_who_is_no_more_goes_to_anybody() {
    let nobody = Arrival {
        owner: Some(AgentId(77)),
        ..Arrival::at(CALM)
    };
    Story::with_agents(&account(), &[2])
        .arrives(1, nobody)
        .expect(&["0: offer 1 to 2"]);
}

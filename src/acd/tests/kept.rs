//! Places that are kept for callbacks: one order with the callers on the line.

use super::*;

impl Story {
    /// A callback whose customer came so many seconds ago.
    fn reserves(self, call: u64, turn: Turn, ago: u64) -> Self {
        self.reserves_for(call, turn, ago, None)
    }

    fn reserves_for(self, call: u64, turn: Turn, ago: u64, only: Option<u32>) -> Self {
        let place = Kept {
            queue: CALM,
            turn,
            age: Duration::from_secs(ago),
            number: call,
            only: only.map(AgentId),
        };
        let call = CallId(call);
        self.input(Input::Reserve { call, place })
    }

    fn ready(self, call: u64, ready: bool) -> Self {
        let call = CallId(call);
        self.input(Input::Ready { call, ready })
    }

    fn withdraws(self, call: u64) -> Self {
        self.input(Input::Withdraw { call: CallId(call) })
    }

    fn position(&self, call: u64) -> Option<usize> {
        self.floor.position(CallId(call))
    }
}

#[test]
fn r72_a_kept_place_is_served_in_the_order_of_arrival() {
    Story::new(&account())
        .joins(1)
        .wait(10)
        .reserves(100, Turn::Arrival, 5)
        .ready(100, true)
        .joins(2)
        .reachable(1, true)
        .accepts(1, 1)
        .reachable(2, true)
        .expect(&[
            "10: offer 1 to 1",
            "10: connect 1 to 1",
            "10: offer 100 to 2",
        ]);
}

#[test]
fn r73_a_callback_that_gives_way_is_offered_when_nobody_else_waits() {
    let account = account();
    // Not even who has come long after it, nor who waits in another queue.
    Story::new(&account)
        .reserves(100, Turn::AfterArrivals, 500)
        .ready(100, true)
        .wait(10)
        .joins_queue(1, BUSY)
        .joins(2)
        .reachable(3, true)
        .expect(&["10: offer 1 to 3"])
        .reachable(2, true)
        .expect(&["10: offer 2 to 2"])
        .reachable(1, true)
        .expect(&["10: offer 100 to 1"]);
}

#[test]
fn r48_who_comes_later_counts_a_kept_place_as_ahead_and_one_that_gives_way_not() {
    let story = Story::new(&account())
        .wait(10)
        .reserves(100, Turn::Arrival, 5)
        .reserves(101, Turn::AfterArrivals, 5);
    assert_eq!(story.floor.ahead(CALM), 1);
    let story = story.joins(1);
    assert_eq!((story.position(100), story.position(1)), (Some(1), Some(2)));
    let tally = story.floor.tally(story.now, CALM).expect("a queue");
    assert_eq!((tally.waiting, tally.callbacks), (1, 2));
    assert_eq!(tally.longest_wait, Duration::ZERO, "of who is on the line");
}

#[test]
fn nobody_is_rung_for_a_callback_before_its_time() {
    Story::with_agents(&account(), &[1])
        .reserves(100, Turn::Arrival, 5)
        .wait(60)
        .expect(&[])
        .ready(100, true)
        .expect(&["60: offer 100 to 1"])
        .ready(100, false)
        .expect(&["60: revoke 100 from 1: CallerGone"])
        .wait(60)
        .expect(&[]);
}

#[test]
fn r152_a_callback_that_was_picked_rings_who_has_picked_it_and_nobody_else() {
    Story::with_agents(&account(), &[1, 2])
        .reserves_for(100, Turn::Arrival, 5, Some(2))
        .ready(100, true)
        .expect(&["0: offer 100 to 2"])
        .refuses(2, 100, Refusal::Declined)
        .expect(&[])
        .withdraws(100)
        .joins(1)
        .expect(&["0: offer 1 to 1"]);
}

#[test]
fn a_callback_in_vain_frees_its_agent_without_wrap_up() {
    let mut account = account();
    account.wrap_up.enabled = true;
    Story::with_agents(&account, &[1])
        .reserves(100, Turn::Arrival, 5)
        .ready(100, true)
        .accepts(1, 100)
        .expect(&["0: offer 100 to 1", "0: connect 100 to 1"])
        .withdraws(100)
        .agent_is(1, |state| matches!(state, AgentState::Available { .. }));
}

#[test]
fn who_leaves_for_a_callback_has_not_abandoned() {
    let story = Story::new(&account()).joins(1).withdraws(1);
    let tally = story.floor.tally(story.now, CALM).expect("a queue");
    assert_eq!((tally.joined, tally.abandoned, tally.waiting), (1, 0, 0));
    assert!(story.floor.is_empty());
}

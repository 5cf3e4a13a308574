//! Whose turn it is, by each of the distributions (B6), and why.

use super::*;
use crate::settings::Distribution;

/// An account whose first queue, of agents 3, 1 and 2 in this order, distributes so.
fn by(distribution: Distribution) -> Account {
    let mut account = account();
    account.queues[0].agents = [3, 1, 2].map(AgentId).into();
    account.queues[0].distribution = distribution;
    account
}

impl Story {
    /// A caller comes, is served by whoever is rung, and leaves: who was it?
    fn serves(&mut self, call: u64) -> u32 {
        let id = CallId(call);
        self.step(Input::Join {
            call: id,
            arrival: Arrival::at(CALM),
        });
        let Some(Stage::Offered(agent)) = self.floor.caller(id).map(|caller| caller.stage) else {
            panic!("nobody is rung for {call}");
        };
        self.step(Input::Accept { agent, call: id });
        self.now += Duration::from_secs(1);
        self.step(Input::Leave { call: id });
        agent.0
    }

    fn serve_many(mut self, calls: u64) -> Vec<u32> {
        (0..calls).map(|call| self.serves(call)).collect()
    }

    /// Why the last offer was made.
    fn offer(mut self, call: u64) -> Choice {
        let mut out = vec![];
        let arrival = Arrival::at(CALM);
        let call = CallId(call);
        let join = Input::Join { call, arrival };
        self.floor.handle(self.now, join, &mut out);
        let mut offers = out.iter().rev().filter_map(|action| match action {
            Action::Offer { why, .. } => Some(*why),
            Action::Say { .. }
            | Action::Music { .. }
            | Action::Redirect { .. }
            | Action::Revoke { .. }
            | Action::Connect { .. }
            | Action::Dismiss { .. }
            | Action::GiveUp { .. }
            | Action::Paused { .. }
            | Action::WrappedUp { .. }
            | Action::NotTaken { .. } => None,
        });
        offers.next().expect("an offer")
    }
}

#[test]
fn b6_the_longest_idle_goes_first_however_much_they_have_to_do() {
    let story = Story::with_agents(&by(Distribution::LongestIdle), &[2, 1, 3]).load(2, 50);
    assert_eq!(story.serve_many(5), [2, 1, 3, 2, 1]);
}

#[test]
fn b6_round_robin_goes_through_the_list_whoever_is_idle_longer() {
    let story = Story::with_agents(&by(Distribution::RoundRobin), &[2, 1, 3]);
    assert_eq!(story.serve_many(5), [3, 1, 2, 3, 1]);
    // Who is not there loses the turn, and has it again when it comes round.
    let mut story = Story::with_agents(&by(Distribution::RoundRobin), &[1, 2]);
    assert_eq!(story.serves(1), 1);
    story = story.reachable(3, true);
    assert_eq!([story.serves(2), story.serves(3)], [2, 3]);
}

#[test]
fn b6_top_down_rings_the_first_of_the_list_who_is_free() {
    let story = Story::with_agents(&by(Distribution::TopDown), &[1, 2, 3]);
    assert_eq!(story.serve_many(3), [3, 3, 3]);
    Story::with_agents(&by(Distribution::TopDown), &[1, 2, 3])
        .joins(1)
        .joins(2)
        .expect(&["0: offer 1 to 3", "0: offer 2 to 1"]);
}

#[test]
fn b6_the_fewest_calls_go_first() {
    let mut story = Story::with_agents(&by(Distribution::FewestCalls), &[1, 2]);
    assert_eq!(
        [story.serves(1), story.serves(2), story.serves(3)],
        [1, 2, 1]
    );
    // Agent 3 comes late and has taken none.
    story = story.reachable(3, true);
    assert_eq!(
        [story.serves(4), story.serves(5)],
        [3, 2],
        "as many as 3 by then, and idle longer"
    );
}

#[test]
fn b6_by_chance_everybody_gets_a_share_and_a_seed_repeats_itself() {
    let serve = || {
        let story = Story::with_agents(&by(Distribution::Random), &[1, 2, 3]);
        story.serve_many(600)
    };
    let served = serve();
    assert_eq!(served, serve());
    for agent in 1..=3 {
        let share = served.iter().filter(|each| **each == agent).count();
        assert!(
            (150..250).contains(&share),
            "agent {agent} had {share} calls"
        );
    }
}

#[test]
fn r57_r58_by_every_distribution_all_are_tried_before_anybody_again() {
    for distribution in [
        Distribution::FewestConversations,
        Distribution::LongestIdle,
        Distribution::RoundRobin,
        Distribution::TopDown,
        Distribution::FewestCalls,
        Distribution::Random,
    ] {
        let story = Story::with_agents(&by(distribution), &[1, 2, 3])
            .joins(1)
            .wait(179);
        let rung = story
            .log
            .iter()
            .filter_map(|line| line.split_once("offer 1 to "));
        let rung: Vec<_> = rung.map(|(_, agent)| agent).collect();
        let (first, second) = rung.split_at(3);
        for round in [first, second] {
            let mut round = round.to_vec();
            round.sort_unstable();
            assert_eq!(round, ["1", "2", "3"], "{distribution:?}: {rung:?}");
        }
    }
}

#[test]
fn r149_the_choice_says_why() {
    let mut story = Story::with_agents(&account(), &[1, 2])
        .load(1, 3)
        .load(2, 1);
    story.now += Duration::from_secs(240);
    let choice = story.offer(7);
    let expected = Choice {
        by: By::Queue(Distribution::FewestConversations),
        among: 2,
        conversations: 1,
        calls: 0,
        idle: Duration::from_secs(241),
    };
    assert_eq!(choice, expected);
    assert_eq!(choice.to_string(), "fewest conversations (1), idle 4 min");
}

#[test]
fn r56_no_number_of_conversations_keeps_calls_from_an_agent() {
    Story::with_agents(&account(), &[1])
        .load(1, u32::MAX)
        .joins(1)
        .expect(&["0: offer 1 to 1"]);
}

#[test]
fn r54_calls_are_assigned_where_the_queue_assigns_nothing_by_itself() {
    let mut account = account();
    account.queues[0].auto_assign = false;
    Story::with_agents(&account, &[1])
        .joins(1)
        .expect(&["0: offer 1 to 1"]);
}

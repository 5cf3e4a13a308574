//! New settings while callers wait and talk.

use super::*;
use crate::settings::Distribution;

impl Story {
    fn set(mut self, account: &Account) -> Self {
        let mut out = vec![];
        self.floor.set(self.now, account, &mut out);
        self.floor.check();
        let second = (self.now - self.start).as_secs();
        let lines = out
            .iter()
            .map(|action| format!("{second}: {}", read(action)));
        self.log.extend(lines);
        self
    }
}

#[test]
fn the_same_settings_change_nothing() {
    let story = Story::with_agents(&account(), &[1, 2])
        .joins(1)
        .joins(2)
        .joins(3)
        .accepts(1, 1);
    let before = story.log.clone();
    let story = story.set(&account());
    assert_eq!(story.log, before);
    let line: Vec<_> = story.floor.waiting(CALM).map(|call| call.0).collect();
    assert_eq!(line, [2, 3]);
}

#[test]
fn a_new_agent_of_the_queue_is_rung_for_who_waits() {
    let mut account = account();
    account.queues[0].agents = vec![AgentId(1)];
    let story = Story::with_agents(&account, &[2]).joins(1).expect(&[]);
    account.queues[0].agents.push(AgentId(2));
    story.set(&account).expect(&["0: offer 1 to 2"]);
}

#[test]
fn an_agent_who_is_no_more_is_not_rung_and_talks_to_the_end() {
    let mut account = account();
    let story = Story::with_agents(&account, &[1, 2, 3])
        .joins(1)
        .accepts(1, 1)
        .joins(2)
        .expect(&["0: offer 1 to 1", "0: connect 1 to 1", "0: offer 2 to 2"]);
    account.agents = vec![member(3)];
    account.queues[0].agents = vec![AgentId(3)];
    story
        .set(&account)
        .expect(&["0: revoke 2 from 2: AgentGone", "0: offer 2 to 3"])
        .agent_is(1, |state| matches!(state, AgentState::Talking { .. }))
        .leaves(1)
        .joins(4)
        .expect(&["0: wrapped up 1"]);
}

#[test]
fn who_waits_in_a_queue_that_is_no_more_has_nobody_to_wait_for() {
    let mut account = account();
    let story = Story::with_agents(&account, &[1, 2])
        .joins(1)
        .accepts(1, 1)
        .joins(2)
        .joins(3);
    account.queues.remove(0);
    let story = story.set(&account);
    let last: Vec<_> = story.log.iter().rev().take(3).rev().collect();
    assert_eq!(
        last,
        [
            "0: revoke 2 from 2: CallerGone",
            "0: give up 2, no room: End",
            "0: give up 3, no room: End"
        ]
    );
    assert!(story.floor.caller(CallId(1)).is_some(), "talks on");
}

#[test]
fn a_caller_keeps_the_longest_wait_that_held_when_they_came() {
    let mut account = account();
    account.queues[0].waiting.max_wait = max_wait(20, OnMaxWait::End);
    let story = Story::new(&account).joins(1);
    account.queues[0].waiting.max_wait = max_wait(60, OnMaxWait::External(4930));
    account.queues[0].distribution = Distribution::TopDown;
    story
        .set(&account)
        .joins(2)
        .wait(100)
        .expect(&["20: give up 1: End", "60: give up 2: External(4930)"]);
}

#[test]
fn the_next_wrap_up_is_as_long_as_it_is_set() {
    let mut account = account();
    let story = Story::with_agents(&account, &[1]).joins(1).accepts(1, 1);
    account.wrap_up.enabled = true;
    account.wrap_up.default = Duration::from_secs(7);
    let story = story.set(&account).leaves(1).wait(7);
    assert_eq!(
        story.log.last().map(String::as_str),
        Some("7: wrapped up 1")
    );
}

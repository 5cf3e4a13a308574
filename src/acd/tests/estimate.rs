//! How long a caller has still to wait (B4).

use super::*;

impl Story {
    fn estimate(&self, call: u64) -> Option<u64> {
        let wait = self.floor.estimated_wait(self.now, CallId(call));
        wait.map(|wait| wait.as_secs())
    }

    /// The agent of the call hangs up and takes the next one.
    fn next(self, agent: u32, over: u64, next: u64) -> Self {
        self.leaves(over).accepts(agent, next)
    }
}

#[test]
fn b4_nothing_is_said_before_anything_is_known() {
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .joins(2);
    assert_eq!(story.estimate(2), None);
    assert_eq!(story.estimate(77), None);
    assert_eq!(story.floor.estimated_wait_of_next(story.now, CALM), None);
}

#[test]
fn b4_the_line_moves_as_fast_as_it_did() {
    // One agent, 60 s a caller: the third in line waits for three answers.
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .joins(2)
        .joins(3)
        .joins(4)
        .joins(5)
        .joins(6)
        .wait(25)
        .next(1, 1, 2)
        .wait(60)
        .next(1, 2, 3);
    assert_eq!(
        [4, 5, 6].map(|call| story.estimate(call)),
        [60, 120, 180].map(Some)
    );
    let story = story.wait(45);
    assert_eq!(story.estimate(4), Some(15), "45 s later");
    assert_eq!(
        story.floor.estimated_wait_of_next(story.now, CALM),
        Some(Duration::from_secs(195))
    );
    let story = story.wait(45);
    assert_eq!(story.estimate(4), Some(0), "overdue");
    assert_eq!(story.estimate(3), None, "talks");
}

#[test]
fn b4_before_it_has_moved_it_is_how_long_agents_are_busy_over_how_many_there_are() {
    let mut account = account();
    account.wrap_up.enabled = true;
    account.wrap_up.default = Duration::from_secs(20);
    let story = Story::with_agents(&account, &[1, 2])
        .joins(1)
        .accepts(1, 1)
        .wait(100)
        .leaves(1)
        .wait(20)
        .joins(2)
        .accepts(2, 2)
        .joins(3)
        .accepts(1, 3)
        .joins(4);
    assert_eq!(
        story.estimate(4),
        Some(60),
        "120 s of talk and wrap-up, two agents"
    );
}

#[test]
fn b4_a_quiet_hour_says_nothing_about_the_pace() {
    // Two callers an hour apart, answered at once: the next one will not wait for an hour.
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .wait(30)
        .leaves(1)
        .wait(3_600)
        .joins(2)
        .accepts(1, 2)
        .joins(3);
    assert_eq!(story.estimate(3), Some(30));
    // Nor does who gave up in between.
    let story = story
        .leaves(3)
        .wait(3_600)
        .joins(4)
        .wait(10)
        .next(1, 2, 4)
        .joins(5);
    assert!(story.estimate(5).is_some_and(|seconds| seconds < 600));
}

#[test]
fn b4_without_agents_nobody_knows() {
    let story = Story::with_agents(&account(), &[1])
        .joins(1)
        .accepts(1, 1)
        .joins(2)
        .wait(60)
        .leaves(1)
        .joins(3);
    assert!(story.estimate(3).is_some());
    let story = story.says(1, Status::Offline);
    assert_eq!(story.estimate(3), None);
}

//! Calls alone, and the calls that other tests begin with.

use super::record::{End, Role};
use super::*;
use crate::id::SoundId;
use crate::id::TrunkId;
use crate::settings::Composition;
use std::sync::Arc;

pub(crate) const CUSTOMER: LegId = LegId(1);
pub(crate) const AGENT: LegId = LegId(2);
pub(crate) const MUSIC: Hears = Hears::Music(SoundId(7));
const ADA: AgentId = AgentId(1001);

pub(crate) fn now(clock: &Clock) -> Instant {
    clock.at() + Duration::from_secs(10)
}

/// A caller in a queue, joined when the clock was read.
pub(crate) fn waiting() -> (Call, Clock) {
    let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
    let clock = Clock::new(Instant::now(), civil);
    let arrival = Arrival {
        id: CallId(1),
        caller: CUSTOMER,
        origin: Origin::Trunk(TrunkId(1)),
        trunk: Some("carrier".into()),
        destination: Some(Destination::Queue(QueueId(1))),
        from: "alice".into(),
        called: "100".into(),
        diverted_by: None,
        account: "demo".into(),
        policy: Some(Policy {
            composition: Composition::Both,
            video: true,
            agents: Arc::default(),
            consent: None,
            mask_digits: None,
        }),
    };
    let mut call = Call::new(clock.at(), &clock, arrival);
    call.join(clock.at(), QueueId(1), "Support");
    (call, clock)
}

/// A caller who was connected to an agent after 10 s.
pub(crate) fn talking() -> (Call, Clock) {
    let (mut call, clock) = waiting();
    call.ring(Agent {
        id: ADA,
        leg: AGENT,
    });
    let name = AgentName {
        id: ADA,
        name: "Ada".into(),
    };
    assert!(call.connect(now(&clock), &clock, name, MUSIC));
    (call, clock)
}

#[test]
fn the_record_knows_how_long_the_caller_waited_and_talked() {
    let (mut call, clock) = talking();
    let later = now(&clock) + Duration::from_millis(2500);
    assert!(call.end(later, &clock, End::CustomerHungUp));
    let record = call.record();
    assert_eq!((record.waited_ms, record.talked_ms), (10_000, 2_500));
    assert_eq!((record.offers, record.end), (1, Some(End::CustomerHungUp)));
}

#[test]
fn a_call_ends_once_and_for_its_first_reason() {
    let (mut call, clock) = talking();
    assert!(call.end(now(&clock), &clock, End::MediaLost));
    assert!(!call.end(now(&clock), &clock, End::AgentHungUp));
    assert_eq!(call.record().end, Some(End::MediaLost));
}

#[test]
fn nobody_is_connected_who_was_not_rung() {
    let (mut call, clock) = waiting();
    let name = AgentName {
        id: ADA,
        name: "Ada".into(),
    };
    assert!(!call.connect(now(&clock), &clock, name, MUSIC));
    assert!(!call.is_talking());
}

#[test]
fn a_message_that_was_interrupted_is_not_playing_any_more() {
    let (mut call, _) = waiting();
    let sound = SoundId(3);
    assert!(call.play(Hears::Message { play: 1, sound }));
    assert!(call.is_playing(1));
    assert!(call.play(MUSIC));
    assert!(!call.is_playing(1));
}

#[test]
fn leaving_while_waiting_is_abandoning() {
    let (call, _) = waiting();
    assert_eq!(call.end_when_left(Role::Customer), End::Abandoned);
    let (call, _) = talking();
    assert_eq!(call.end_when_left(Role::Customer), End::CustomerHungUp);
    assert_eq!(call.end_when_left(Role::Agent), End::AgentHungUp);
}

//! Agents call numbers outside: ring-back, early media, the customer; and what leads nowhere.

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::phone::Habit;
use cordboard::call::record::{Direction, End, Role};
use cordboard::settings::{Account, Directions};
use std::time::Duration;

#[test]
fn r142_an_agent_hears_ring_back_then_the_network_then_the_customer() {
    let mut w = with_carriers(|_| {});
    w.carrier(
        ONE,
        &[
            (1.0, Says::Ringing),
            (4.0, Says::Progress),
            (8.0, Says::Answer),
        ],
    )
    .agent("1001", answers(1.0))
    .calls_out("1001", "030555")
    .wait(3.0);
    assert_eq!(w.hears("1001"), ["ring back"], "180 without a description");
    w.wait(3.0);
    assert_eq!(
        w.hears("1001"),
        ["network"],
        "R134: 183 with one, and sound"
    );
    assert!(
        w.carrier_hears(ONE).is_empty(),
        "nobody is heard before the answer"
    );
    w.wait(3.0);
    assert_eq!(w.hears("1001"), [ONE]);
    assert_eq!(w.carrier_hears(ONE), ["1001"]);
    w.hangs_up("1001").wait(1.0);
    assert_eq!(
        w.log(),
        "\
         \x20  0.0  Ada (1001) is available
   0.1  Ada (1001) calls +4930555 outside
   0.1  the call goes out by trunk one
   1.1  the number outside rings
   4.1  the caller hears the network of the number
   8.1  the number outside answers by trunk one, after 8.0 s: they talk
   8.1  both are recorded, segment 1
   9.1  the call is over: the agent hung up; they talked for 1.0 s
"
    );
    let record = w.record();
    assert_eq!(record.direction, Direction::Outbound);
    assert_eq!(
        (record.from.as_str(), record.called.as_str()),
        ("1001", "+4930555")
    );
    assert_eq!(record.trunk.as_deref(), Some(ONE));
    assert_eq!(
        record.agent.as_ref().map(|agent| agent.name.as_str()),
        Some("Ada")
    );
    assert_eq!(record.attempts.len(), 1);
    assert_eq!(record.attempts[0].status, Some(200));
    let roles: Vec<_> = record.legs.iter().map(|leg| leg.role).collect();
    assert!(roles.contains(&Role::Customer) && roles.contains(&Role::Agent));
    let segment = &w.segments[0];
    assert_eq!(
        segment.customer, "+4930555",
        "R98: the file is named after the customer"
    );
    assert_eq!(w.carriers[ONE].requests, ["BYE"]);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r135_without_early_media_the_ring_back_goes_on_until_the_answer() {
    let off = |account: &mut Account| account.trunks[0].habits.early_media = false;
    rings_back_until_the_answer(off, Says::Progress);
}

#[test]
fn r136_a_network_that_announces_sound_and_is_silent_does_not_silence_the_ring_back() {
    rings_back_until_the_answer(|_| {}, Says::MuteProgress);
}

/// The network rings, says this, and answers after six seconds.
#[track_caller]
fn rings_back_until_the_answer(change: impl FnOnce(&mut Account), progress: Says) {
    let mut w = with_carriers(change);
    w.carrier(
        ONE,
        &[(1.0, Says::Ringing), (2.0, progress), (6.0, Says::Answer)],
    )
    .agent("1001", answers(1.0))
    .calls_out("1001", "+4930555")
    .wait(5.0);
    assert_eq!(w.hears("1001"), ["ring back"]);
    w.wait(2.0);
    assert_eq!(w.hears("1001"), [ONE]);
}

#[test]
fn r150_an_agent_who_calls_out_is_not_rung_for_callers() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(1.0)
        .dials("alice", "100")
        .wait(8.0);
    assert_eq!(w.hears("alice"), ["music"], "R150");
    w.hangs_up("1001").wait(4.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn the_callee_s_word_reaches_the_agent_and_no_other_trunk_is_asked() {
    // F12.
    for (status, told) in [(486, 486), (404, 404), (603, 603), (407, 502)] {
        let mut w = with_carriers(|_| {});
        w.carrier(ONE, &[(1.0, Says::Refuse(status))])
            .carrier(TWO, &[(1.0, Says::Answer)])
            .agent("1001", answers(1.0))
            .calls_out("1001", "+4930555")
            .wait(3.0);
        assert_eq!(w.phones["1001"].finals, [told]);
        assert!(w.carriers[TWO].invites.is_empty());
        assert_eq!(w.record().end, Some(End::NotReached));
        assert_eq!(w.record().attempts[0].status, Some(status));
    }
}

#[test]
fn r50_an_unanswered_phone_rings_for_the_customer_call_timeout() {
    let mut w = with_carriers(|account| account.timeouts.customer = Duration::from_secs(10));
    w.carrier(ONE, &[(2.0, Says::Ringing)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(11.5);
    assert!(
        w.phones["1001"].finals.is_empty(),
        "10 s from the ringing on"
    );
    w.wait(1.0);
    assert_eq!(w.phones["1001"].finals, [480]);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn who_hangs_up_before_the_answer_stops_the_ringing() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(1.0, Says::Ringing)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(3.0)
        .hangs_up("1001")
        .wait(1.0);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    assert_eq!(w.phones["1001"].finals, [487]);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert_eq!(w.record().attempts[0].status, None);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn a_customer_who_hangs_up_frees_the_agent() {
    // A phone at the place of the trunk.
    let mut w = with_carriers(|account| {
        let server = account.trunks[0].server.as_mut().expect("set");
        server.host = "127.1.0.1".into();
    });
    w.add("bob", 5080).habit = answers(1.0);
    w.agent("1001", Habit::Ignores)
        .calls_out("1001", "+4930555")
        .wait(3.0);
    assert_eq!(w.hears("bob"), ["1001"]);
    w.hangs_up("bob").wait(1.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    assert!(!w.phones["1001"].has_dialog());
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r95_calls_out_are_recorded_if_that_direction_is() {
    for (direction, segments) in [
        (Directions::Inbound, 0),
        (Directions::Outbound, 1),
        (Directions::Both, 1),
    ] {
        let mut w = with_carriers(|account| account.recording.direction = direction);
        w.carrier(ONE, &[(0.5, Says::Answer)])
            .agent("1001", answers(1.0))
            .calls_out("1001", "+4930555")
            .wait(3.0);
        assert_eq!(w.segments.len(), segments, "{direction:?}");
    }
}

#[test]
fn b26_nobody_unauthenticated_gets_out() {
    let mut w = with_carriers(|account| account.routes.truncate(2));
    w.carrier(ONE, &[(0.1, Says::Answer)]);
    // From a trunk's network, and at the phones' listener without a password.
    w.dials("mallory", "+4930555").wait(1.0);
    assert_eq!(w.phones["mallory"].finals, [404]);
    w.add("eve", 5060);
    w.act("eve", |now, phone| phone.dial(now, "+4930555"))
        .wait(1.0);
    assert_eq!(w.phones["eve"].finals, [401]);
    assert!(w.carriers[ONE].invites.is_empty(), "nothing has left");
    assert!(w.conversations.is_empty());
}

#[test]
fn b26_denied_numbers_and_those_of_another_class_are_refused() {
    let mut w = with_carriers(|account| {
        account.dialling.deny = vec!["+49900*".into()];
        account.outbound[0].agents = Some(vec![account.agents[1].id]);
        account.routes.truncate(2);
    });
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(1.0))
        .agent("1002", answers(1.0))
        .calls_out("1001", "+4930555")
        .calls_out("1002", "0900123")
        .wait(1.0);
    assert_eq!(w.phones["1001"].finals, [403]);
    assert_eq!(w.phones["1002"].finals, [403]);
    assert!(w.carriers[ONE].invites.is_empty());
    w.calls_out("1002", "030555").wait(1.0);
    assert_eq!(w.phones["1002"].finals, [403, 200]);
}

#[test]
fn b26_a_stolen_password_dials_slowly() {
    let mut w = with_carriers(|account| account.dialling.calls_per_minute = 2);
    w.carrier(ONE, &[(0.1, Says::Refuse(486))])
        .agent("1001", answers(1.0));
    for _ in 0..3 {
        w.calls_out("1001", "+4930555").wait(1.0);
    }
    assert_eq!(w.phones["1001"].finals, [486, 486, 503]);
    w.wait(60.0).calls_out("1001", "+4930555").wait(1.0);
    assert_eq!(w.phones["1001"].finals, [486, 486, 503, 486]);
}

#[test]
fn an_agent_s_number_that_a_route_names_stays_inside() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "9196")
        .wait(2.0);
    assert_eq!(w.hears("1001"), ["1001"], "an echo");
    assert!(w.carriers[ONE].invites.is_empty());
    let w: &World = &w;
    assert_eq!(w.record().direction, Direction::Inbound);
}

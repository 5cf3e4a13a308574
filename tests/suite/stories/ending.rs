//! How calls end: by whom, by what, and that everybody is told.

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::phone::Habit;
use cordboard::call::record::{Cause, End, Role};
use cordboard::switch::Input;
use std::collections::BTreeMap;

#[test]
fn either_side_hangs_up_and_the_other_is_told() {
    for (who, other, end) in [
        ("alice", "1001", End::CustomerHungUp),
        ("1001", "alice", End::AgentHungUp),
    ] {
        let mut w = World::new();
        w.agent("1001", answers(1.0))
            .dials("alice", "100")
            .wait(3.0)
            .hangs_up(who)
            .wait(0.5);
        assert!(!w.phones[other].talking, "{other} got a BYE");
        assert_eq!(w.record().end, Some(end));
        w.wait(60.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn rfc_3326_why_a_party_left_is_in_the_record() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    w.phone("alice").reason = "Reason: Q.850;cause=127;text=\"Interworking\"\r\n";
    w.hangs_up("alice").wait(1.0);
    let legs = w
        .record()
        .legs
        .iter()
        .map(|leg| (leg.role, leg.cause.clone()));
    let cause = Cause {
        protocol: "Q.850".into(),
        cause: Some(127),
        text: Some("Interworking".into()),
    };
    let legs: BTreeMap<_, _> = legs.collect();
    assert_eq!(legs[&Role::Customer], Some(cause));
    assert_eq!(legs[&Role::Agent], None, "the agent was hung up on");
}

#[test]
fn rfc_6432_what_the_network_says_of_why_is_in_the_record_and_told_to_the_phone() {
    for (says, told) in [
        (
            Says::Because(480, "Q.850;cause=20;text=\"Absent\""),
            "Q.850;cause=20",
        ),
        (Says::Because(480, "SIP;cause=480"), "Q.850;cause=19"),
        (Says::Refuse(486), "Q.850;cause=17"),
    ] {
        let mut w = with_carriers(|_| {});
        w.carrier(ONE, &[(1.0, says)]).agent("1001", answers(1.0));
        w.calls_out("1001", "+4930555").wait(3.0);
        let because = &w.phones["1001"].because;
        assert!(because.starts_with(told), "{because}");
        let mut legs = w.record().legs.iter();
        let customer = legs.find(|leg| leg.role == Role::Customer);
        let cause = customer.and_then(|leg| leg.cause.as_ref());
        assert_eq!(cause.is_some(), says != Says::Refuse(486), "{told}");
    }
}

#[test]
fn rfc_3326_a_phone_that_rings_no_more_as_another_one_answers_counts_no_missed_call() {
    let mut w = World::new();
    w.agent("1001", Habit::Ignores)
        .dials("alice", "100")
        .wait(2.0);
    let rung = w.phones["1001"].replaces();
    w.add("desk", 5060).is_of("1001", "secret of 1001");
    w.act("desk", |now, phone| phone.dial_instead(now, &rung, ""))
        .wait(1.0);
    assert_eq!(w.hears("alice"), ["desk"]);
    assert_eq!(
        w.phones["1001"].because,
        "SIP;cause=200;text=\"Call completed elsewhere\""
    );
}

#[test]
fn f18_while_draining_new_calls_are_refused_and_the_running_one_goes_on() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .happens(Input::Drain);
    w.dials("bob", "100").wait(1.0);
    assert_eq!(w.phones["bob"].finals, [503]);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.happens(Input::Stop).wait(1.0);
    assert!(!w.phones["alice"].talking && !w.phones["1001"].talking);
    assert_eq!(w.record().end, Some(End::Stopped));
    assert!(
        w.files.values().all(|(_, ended)| *ended),
        "recordings are closed"
    );
}

#[test]
fn a_caller_who_vanishes_before_the_ack_is_let_go() {
    let mut w = World::new();
    w.dials("alice", "100");
    w.network.weather.lost = 0;
    w.wait(0.0005);
    w.network.weather.lost = 1000;
    w.wait(40.0);
    w.network.weather.lost = 0;
    w.wait(70.0);
    assert!(w.is_at_rest());
    assert!(w.endings.values().all(|times| *times == 1));
}

#[test]
fn a_hundred_refused_calls_leave_nothing_behind() {
    let mut w = World::new();
    w.phones.clear();
    for index in 0..100 {
        let name = format!("c{index}");
        w.dials(&name, "100").wait(0.01);
    }
    let refused = w
        .phones
        .values()
        .filter(|phone| phone.finals == [503])
        .count();
    assert_eq!(refused, 50, "50 ports (F22)");
    for index in 0..100 {
        w.hangs_up(&format!("c{index}"));
    }
    w.wait(60.0);
    assert!(w.is_at_rest(), "H24");
    assert_eq!(
        w.conversations.len(),
        50,
        "one record for each answered call"
    );
}

/// H24, F22: calls that fail for want of a number or of sound, of phones that are gone before the ACK, and
/// some that are hung up at once: afterwards there are as many ports as before.
#[test]
fn h24_a_thousand_calls_that_fail_leave_no_port_behind() {
    let mut w = World::silent(1, 50, |account| account.routes.truncate(2));
    for n in 0..1000 {
        let name = format!("c{}", n % 100);
        let number = if n % 4 == 0 { "12345" } else { "9664" };
        w.add(&name, 5080);
        let port = if n % 4 == 1 { 0 } else { 4000 };
        w.phone(&name).voice.address.set_port(port);
        w.dials(&name, number);
        if n % 4 == 3 {
            w.phone(&name).lose_power();
        }
        w.wait(0.2).hangs_up(&name).wait(0.2);
    }
    w.wait(100.0);
    assert!(w.is_at_rest());
    let refused = |status| {
        let finals = w.phones.values().flat_map(|phone| &phone.finals);
        finals.filter(|each| **each == status).count()
    };
    assert_eq!((refused(404), refused(488)), (250, 250));
    assert!(w.endings.values().all(|times| *times == 1));
}

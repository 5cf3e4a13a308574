//! Calls that agents pass on with the keys of their phones: REFER (RFC 3515), under the rules of the desk's
//! button.

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::phone::Habit;
use cordboard::call::record::{Destination, Outcome};
use cordboard::settings::Account;

fn talking(script: &[(f64, Says)], change: impl FnOnce(&mut Account)) -> World {
    let mut w = with_carriers(change);
    w.carrier(ONE, script)
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.phone("1001").habit = Habit::Ignores;
    w
}

fn refers(w: &mut World, to: &str) {
    w.act("1001", |now, phone| phone.refer(now, to));
}

#[test]
fn a_blind_refer_to_a_number_is_a_transfer_and_its_progress_is_told() {
    let mut w = talking(&[(1.0, Says::Ringing), (3.0, Says::Answer)], |_| {});
    refers(&mut w, "sip:030555@10.0.0.1");
    w.wait(2.0);
    assert!(!w.phones["1001"].talking, "R130: the agent is free at once");
    assert_eq!(w.hears("alice"), ["transfer message"]);
    w.wait(3.0);
    assert_eq!(w.hears("alice"), [ONE]);
    assert_eq!(w.phones["1001"].news, [202, 100, 180, 200]);
    let transfer = &w.record().transfers[0];
    assert_eq!(transfer.to, Destination::Number("+4930555".into()));
    assert_eq!(transfer.outcome, Some(Outcome::Taken));
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn f16_a_refer_to_nowhere_is_told_and_the_customer_comes_back() {
    let mut w = talking(&[(1.0, Says::Refuse(404))], |_| {});
    refers(&mut w, "sip:030555@10.0.0.1");
    w.wait(6.0);
    assert_eq!(w.phones["1001"].news, [202, 100, 404]);
    assert_eq!(w.hears("alice"), ["music"]);
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn b26_a_refer_does_nothing_that_the_agent_could_not_dial() {
    let mut w = talking(&[(0.1, Says::Answer)], |account| {
        account.dialling.deny = vec!["+49900*".into()];
    });
    for to in [
        "sip:0900123@10.0.0.1",
        "sip:1002@10.0.0.1",
        "sip:9196@10.0.0.1",
    ] {
        refers(&mut w, to);
        w.wait(0.5);
    }
    assert_eq!(w.phones["1001"].news, [403, 486, 404]);
    // Nor does a customer call anybody by us.
    w.act("alice", |now, phone| {
        phone.refer(now, "sip:030555@10.0.0.1")
    })
    .wait(1.0);
    assert_eq!(w.phones["alice"].news, [603]);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert!(w.carriers[ONE].invites.is_empty());
}

#[test]
fn a_refer_to_an_agent_or_a_queue_means_them() {
    let mut w = talking(&[], |_| {});
    w.agent("1002", answers(2.0));
    refers(&mut w, "sip:1002@10.0.0.1");
    w.wait(4.0);
    assert_eq!(w.hears("alice"), ["1002"]);
    assert_eq!(w.phones["1001"].news.last(), Some(&200));
    w.act("1002", |now, phone| phone.refer(now, "sip:100@10.0.0.1"));
    w.wait(2.0);
    assert_eq!(w.record().queue.as_deref(), Some("Support"));
    assert_eq!(w.phones["1002"].news, [202, 100, 200]);
    assert_eq!(w.record().transfers.len(), 2);
}

//! What two ends agree on before a call is answered, and change again (F15; RFC 3262, RFC 3311).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::early::CAPABLE;
use cordboard::settings::{Account, Codec, Reliable};

const G722: u8 = 9;
const PCMA: u8 = 8;
const PCMU: u8 = 0;

#[test]
fn before_the_answer_a_phone_is_offered_the_codec_of_the_network_and_nothing_is_transcoded() {
    let mut w = calls(CAPABLE, &[(1.0, Says::Progress), (4.0, Says::Answer)]);
    w.wait(3.0);
    assert_eq!(w.hears("1001"), ["network"]);
    let offers = &w.phones["1001"].early.updates;
    assert_eq!(offers.len(), 1);
    assert!(offers[0].contains("RTP/AVP 8 9"), "{}", offers[0]);
    w.wait(2.0);
    w.phone("1001").voice.got.clear();
    w.wait(1.0);
    talk(&w);
    let said = &w.carriers[ONE].voice.said;
    let got = &w.phones["1001"].voice.got;
    assert!(got.len() >= 49 && got.iter().all(|payload| said.contains(payload)));
    ends(&mut w);
}

#[test]
fn a_phone_that_takes_no_change_before_the_answer_keeps_its_codec() {
    for extra in [
        "",
        "Supported: 100rel\r\n",
        "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n",
    ] {
        let mut w = calls(extra, &[(1.0, Says::Progress), (4.0, Says::Answer)]);
        w.wait(7.0);
        let phone = &w.phones["1001"];
        assert!(
            phone.early.updates.is_empty() && phone.payload_type == G722,
            "{extra}"
        );
        talk(&w);
        ends(&mut w);
    }
}

#[test]
fn from_one_g711_to_the_other_no_phone_is_asked_to_change() {
    let says = [(1.0, Says::Progress), (4.0, Says::Answer)];
    let mut w = calls_from((PCMU, Codec::Pcmu), CAPABLE, &says);
    w.wait(7.0);
    assert!(w.phones["1001"].early.updates.is_empty());
    talk(&w);
    ends(&mut w);
}

#[test]
fn f15_a_network_that_moves_before_the_answer_is_heard_where_it_has_moved_to() {
    let says = [(1.0, Says::Promise), (3.0, Says::Move), (5.0, Says::Answer)];
    let mut w = calls(CAPABLE, &says);
    w.wait(4.5);
    assert_eq!(w.hears("1001"), ["network"]);
    w.wait(2.0);
    talk(&w);
    assert!(w.carriers[ONE].requests.contains(&"PRACK".to_owned()));
    ends(&mut w);
}

#[test]
fn f15_a_change_without_an_offer_is_answered_with_ours_and_they_talk_on() {
    for name in ["alice", "1001"] {
        let mut w = World::new();
        w.agent("1001", answers(1.0))
            .dials("alice", "100")
            .wait(3.0);
        w.phone(name).late_offer = true;
        w.reinvites(name, "sendrecv").wait(1.0);
        assert_eq!(
            (w.hears("alice"), w.hears("1001")),
            (vec!["1001"], vec!["alice"]),
            "{name}"
        );
        w.hangs_up("alice").wait(60.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn f15_a_phone_without_an_offer_is_made_ours_before_the_answer_and_hears_the_network() {
    let insists = "Require: 100rel\r\n";
    for (extra, lost) in [
        (CAPABLE, ""),
        (insists, ""),
        (CAPABLE, "PRACK "),
        (CAPABLE, "SIP/2.0 183 Session"),
    ] {
        let mut w = late(extra, &[(1.0, Says::Progress), (6.0, Says::Answer)]);
        w.network.losing = Vec::from_iter([(lost, 2)].into_iter().filter(|_| !lost.is_empty()));
        w.wait(4.5);
        assert_eq!(w.hears("1001"), ["network"], "{extra} {lost}");
        w.wait(3.0);
        assert_eq!(w.phones["1001"].finals, [200]);
        talk(&w);
        ends(&mut w);
    }
}

#[test]
fn f15_a_phone_without_an_offer_that_does_not_know_of_it_is_made_ours_by_the_answer() {
    let mut w = late("", &[(1.0, Says::Progress), (4.0, Says::Answer)]);
    w.wait(3.0);
    assert_eq!(w.hears("1001"), [""; 0]);
    w.wait(2.0);
    talk(&w);
    ends(&mut w);
}

#[test]
fn f15_a_phone_whose_offer_comes_with_the_answer_is_told_of_that_alone() {
    let mut w = late(CAPABLE, &[(1.0, Says::Answer)]);
    w.wait(3.0);
    talk(&w);
    ends(&mut w);
}

#[test]
fn f15_a_phone_without_an_offer_is_made_one_in_which_the_codec_of_the_network_stands_first() {
    for first in [Says::Progress, Says::Answer] {
        let mut w = with_carriers(|account| {
            for agent in &mut account.agents {
                agent.habits.codecs = vec![Codec::G722, Codec::Pcma];
            }
        });
        w.carrier(ONE, &[(1.0, first), (2.0, Says::Answer)])
            .agent("1001", answers(1.0));
        let phone = w.phone("1001");
        (phone.late_offer, phone.payload_type) = (true, PCMA);
        CAPABLE.clone_into(&mut phone.extra);
        w.calls_out("1001", "+4930555");
        w.wait(4.0);
        let offer = &w.phones["1001"].early.offered;
        assert!(offer.contains("RTP/AVP 8 9 "), "{offer}");
        talk(&w);
        ends(&mut w);
    }
}

#[test]
fn f15_a_phone_that_owes_an_answer_and_gives_none_is_refused_and_the_number_left_alone() {
    let mut w = late(CAPABLE, &[(1.0, Says::Progress), (4.0, Says::Answer)]);
    w.phone("1001").early.owes = true;
    w.wait(3.0);
    assert_eq!(w.phones["1001"].finals, [480]);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    w.wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn r133_a_call_out_is_taken_under_what_is_set_for_its_agent() {
    let says = [(1.0, Says::Progress), (4.0, Says::Answer)];
    let mut w = late_under(Reliable::Off, CAPABLE, &says);
    w.wait(3.0);
    assert_eq!(w.hears("1001"), [""; 0], "no offer before the answer");
    w.wait(3.0);
    talk(&w);
    ends(&mut w);
}

#[test]
fn f28_keys_said_before_the_answer_in_either_body_are_one_press_each() {
    let mut w = calls("", &[(1.0, Says::Progress), (9.0, Says::Answer)]);
    w.wait(3.0).log();
    for (kind, body) in [
        ("application/dtmf-relay", "Signal=5\r\nDuration=120\r\n"),
        ("application/dtmf", "6"),
    ] {
        w.act("1001", |now, phone| phone.early_info(now, kind, body))
            .wait(1.0);
    }
    assert_eq!(w.log().matches("presses a key").count(), 2);
    w.wait(6.0);
    talk(&w);
    assert_eq!(
        w.carriers[ONE].voice.keys_heard(),
        Default::default(),
        "nobody hears the caller before the answer"
    );
    ends(&mut w);
}

/// An agent calls outside, from a phone that has G.722 and PCMA, in this order, and says this of itself.
fn calls(extra: &str, says: &[(f64, Says)]) -> World {
    calls_from((G722, Codec::G722), extra, says)
}

fn calls_from((number, codec): (u8, Codec), extra: &str, says: &[(f64, Says)]) -> World {
    let mut w = with_carriers(|account: &mut Account| {
        for trunk in &mut account.trunks {
            trunk.habits.reliable_provisionals = Reliable::Supported;
        }
        for agent in &mut account.agents {
            agent.habits.codecs = vec![codec, Codec::Pcma];
            agent.habits.reliable_provisionals = Reliable::Supported;
        }
    });
    w.carrier(ONE, says).agent("1001", answers(1.0));
    let phone = w.phone("1001");
    (phone.payload_type, phone.offers_also) = (number, Some(PCMA));
    extra.clone_into(&mut phone.extra);
    w.calls_out("1001", "+4930555");
    w
}

/// An agent calls outside from a phone that makes no offer.
fn late(extra: &str, says: &[(f64, Says)]) -> World {
    late_under(Reliable::Supported, extra, says)
}

fn late_under(reliable: Reliable, extra: &str, says: &[(f64, Says)]) -> World {
    let mut w = with_carriers(|account| {
        for agent in &mut account.agents {
            agent.habits.reliable_provisionals = reliable;
        }
    });
    w.carrier(ONE, says).agent("1001", answers(1.0));
    let phone = w.phone("1001");
    phone.late_offer = true;
    extra.clone_into(&mut phone.extra);
    w.calls_out("1001", "+4930555");
    w
}

fn talk(w: &World) {
    assert_eq!(
        (w.hears("1001"), w.carrier_hears(ONE)),
        (vec![ONE], vec!["1001"])
    );
}

fn ends(w: &mut World) {
    w.hangs_up("1001").wait(60.0);
    assert!(w.is_at_rest());
}

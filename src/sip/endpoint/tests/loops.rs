//! Calls that come round: RFC 7332, RFC 3261 §8.1.1.6, F14.

use super::calls_out::{outbound, uri};
use super::*;

#[test]
fn f14_a_call_of_ours_that_comes_back_to_a_number_it_was_called_by_is_a_loop() {
    let mut w = Wire::new();
    let out = goes_on(&mut w, &invite());
    let trail = header(&out, "Cordboard-Trail").expect("a trail").to_owned();
    assert!(!trail.contains("support"), "{trail}");
    let mut back = invite().branch("back");
    back.call_id = "another-call";
    let back = back.header(format!("Cordboard-Trail: {trail}"));
    assert_eq!(firsts(&w.says(back.text())), ["SIP/2.0 482 Loop Detected"]);
    assert_eq!(w.events(), []);
}

#[test]
fn f14_a_call_of_ours_that_comes_back_to_another_number_is_a_spiral_and_goes_on() {
    let mut w = Wire::new();
    let out = goes_on(&mut w, &invite());
    let first = header(&out, "Cordboard-Trail").expect("a trail").to_owned();
    let mut spiral = invite().branch("spiral");
    spiral.call_id = "another-call";
    spiral.uri = "sip:sales@192.0.2.1".to_owned();
    let spiral = spiral.header(format!("Cordboard-Trail: {first}"));
    let out = goes_on(&mut w, &spiral);
    let both = header(&out, "Cordboard-Trail").expect("a trail");
    assert!(both.starts_with(&format!("{first}, ")), "{both}");
}

#[test]
fn a_leg_has_one_hop_less_than_the_call_that_causes_it() {
    let mut w = Wire::new();
    let out = goes_on(&mut w, &invite().header("Max-Forwards: 12"));
    assert_eq!(header(&out, "Max-Forwards"), Some("11"));
    let end = outbound(uri("sip:bob@203.0.113.9:5070", EXTERNAL));
    w.endpoint.invite(w.now, end);
    let own = w.sent().remove(0);
    assert_eq!(header(&own, "Max-Forwards"), Some("70"));
    assert_eq!(header(&own, "Cordboard-Trail"), None);
}

/// A call comes in and causes one of ours: that INVITE.
fn goes_on(w: &mut Wire, ask: &Ask) -> String {
    w.says(ask.text());
    let invite = w.invitation();
    let outbound = Outbound {
        max_forwards: invite.max_forwards - 1,
        trail: invite.trail,
        ..outbound(uri("sip:bob@203.0.113.9:5070", EXTERNAL))
    };
    w.endpoint.invite(w.now, outbound);
    w.sent().remove(0)
}

//! Sound: codecs, services, order of packets, thieves.

use super::answers;
use crate::world::World;
use crate::world::network::Weather;
use cordboard::call::record::End;
use std::net::{IpAddr, SocketAddr};

const SWITCH: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

#[test]
fn a_and_mu_law_phones_understand_each_other() {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).phone("1001").payload_type = 8;
    w.dials("alice", "100").wait(3.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
}

#[test]
fn f15_an_invite_without_offer_is_served() {
    let mut w = World::new();
    w.add("alice", 5080).late_offer = true;
    w.agent("1001", answers(5.0))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["greeting"]);
    w.wait(5.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
}

#[test]
fn two_numbers_need_no_agent() {
    let mut w = World::new();
    w.dials("alice", "9196").dials("bob", "9664").wait(2.0);
    assert_eq!(w.hears("alice"), ["alice"], "echo");
    assert_eq!(w.hears("bob"), ["music"]);
    w.hangs_up("alice").hangs_up("bob").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn what_a_phone_receives_is_one_stream_whatever_it_hears() {
    let mut w = World::new();
    w.agent("1001", answers(6.0))
        .dials("alice", "100")
        .wait(10.0);
    let headers = &w.phones["alice"].voice.headers;
    for pair in headers.windows(2) {
        let ((s0, t0, ssrc0), (s1, t1, ssrc1)) = (pair[0], pair[1]);
        assert_eq!(ssrc0, ssrc1, "one source");
        assert_eq!(s1, s0.wrapping_add(1), "no number is left out");
        let step = t1.wrapping_sub(t0);
        assert!((160..=480).contains(&step), "time goes on evenly: {step}");
    }
    assert!(
        headers.len() > 480,
        "from greeting to talk: {}",
        headers.len()
    );
}

#[test]
fn a_bad_network_is_heard_through() {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).phone("1001").payload_type = 8;
    w.dials("alice", "100").wait(3.0);
    w.network.weather = Weather {
        lost: 50,
        ..Weather::FOUL
    };
    w.wait(10.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
}

#[test]
fn h2_a_stranger_is_in_no_ear_and_hears_nothing() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    let stranger = SocketAddr::from(([127, 9, 9, 9], 4000));
    w.add("mallory", 5080).voice.address = stranger;
    let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
    packet.extend([0x00; 160]);
    for port in (20_000..20_100).step_by(2) {
        w.throws(stranger, (SWITCH, port), &packet);
    }
    w.wait(1.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
    assert!(w.phones["mallory"].voice.headers.is_empty(), "0 bytes back");
}

#[test]
fn f6_a_phone_that_falls_silent_ends_the_call_with_the_reason() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    w.phone("1001").voice.mute = true;
    w.wait(28.0);
    assert!(w.record().ended.is_none());
    w.wait(4.0);
    assert_eq!(w.record().end, Some(End::MediaLost));
    assert!(!w.phones["alice"].talking);
}

#[test]
fn f27_garbage_at_the_ports_of_a_call_harms_nobody() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    let from = SocketAddr::from(([127, 9, 9, 9], 1));
    for length in [0, 1, 11, 12, 13, 200, 2000, 60_000] {
        let junk = vec![0xA5; length];
        for port in [20_000, 20_001, 20_002, 20_003, 5060, 5080] {
            w.throws(from, (SWITCH, port), &junk);
        }
    }
    w.wait(1.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
}

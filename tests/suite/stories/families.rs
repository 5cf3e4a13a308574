//! Sound between peers of both IP versions: each is answered in its own.

use super::answers;
use crate::world::World;

#[test]
fn a_caller_of_ipv6_is_answered_in_it_and_talks_to_an_agent_of_ipv4() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    w.add("alice", 5080).voice.address = at("[fd00::9]:4000");
    w.dials("alice", "100").wait(3.0);
    assert_eq!(hears_each_other(&w), (vec!["1001"], vec!["alice"]));
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn an_agent_whose_media_is_ipv6_is_met_there_once_the_answer_says_so() {
    let mut w = World::new();
    w.agent("1001", answers(1.0)).phone("1001").voice.address = at("[fd00::8]:4000");
    w.dials("alice", "100").wait(3.0);
    assert_eq!(hears_each_other(&w), (vec!["1001"], vec!["alice"]));
    assert!(w.phones["1001"].offered().contains("c=IN IP4 "));
}

#[test]
fn a_peer_that_moves_to_the_other_ip_version_is_followed() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    let home = w.phones["alice"].voice.address;
    for place in [at("[fd00::9]:4000"), home] {
        w.phone("alice").voice.address = place;
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_eq!(
            hears_each_other(&w),
            (vec!["1001"], vec!["alice"]),
            "{place}"
        );
    }
}

fn hears_each_other(w: &World) -> (Vec<&'static str>, Vec<&'static str>) {
    (w.hears("alice"), w.hears("1001"))
}

fn at(place: &str) -> std::net::SocketAddr {
    place.parse().expect("an address")
}

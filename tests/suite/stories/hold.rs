//! Hold and resume from the phones, in the spellings of RFC 3264.

use super::answers;
use crate::world::World;

fn talking() -> World {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
    w
}

#[test]
fn an_agent_who_holds_leaves_the_customer_with_music() {
    for direction in ["sendonly", "inactive"] {
        let mut w = talking();
        w.reinvites("1001", direction).wait(1.0);
        assert_eq!(w.hears("alice"), ["music"], "{direction}");
        w.reinvites("1001", "sendrecv").wait(1.0);
        assert_eq!(w.hears("alice"), ["1001"], "{direction}");
        assert_eq!(w.hears("1001"), ["alice"], "{direction}");
    }
}

#[test]
fn r123_a_customer_who_holds_plays_nothing_to_the_agent() {
    let mut w = talking();
    w.reinvites("alice", "sendonly").wait(1.0);
    assert_eq!(w.hears("1001"), [""; 0]);
    w.reinvites("alice", "sendrecv").wait(1.0);
    assert_eq!(w.hears("1001"), ["alice"]);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn a_refresh_changes_nothing() {
    let mut w = talking();
    w.reinvites("alice", "sendrecv").wait(1.0);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
}

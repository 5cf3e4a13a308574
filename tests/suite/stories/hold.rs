//! Hold and resume from the phones, in the spellings of RFC 3264.

use super::answers;
use crate::world::World;
use cordboard::id::{HoldId, QueueId};
use cordboard::settings::{Account, HoldMessage, Message, Moment, Repeated};
use std::time::Duration;

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
fn f15_an_agent_who_holds_leaves_the_customer_with_music() {
    for direction in ["sendonly", "inactive", "0.0.0.0"] {
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

/// Music, and a message every ten seconds.
fn moment() -> Moment {
    let message = Message::text("Please hold.");
    let every = Duration::from_secs(10);
    Moment {
        music: Some(Message::File("music.wav".into())),
        message: Some(Repeated { message, every }),
    }
}

/// Somebody talks in a world with these settings, and is put on hold.
fn held(change: impl FnOnce(&mut Account)) -> World {
    let mut w = World::with(change);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.reinvites("1001", "sendonly");
    w
}

#[test]
fn r117_r122_the_message_on_hold_comes_every_ten_seconds_from_its_end() {
    let mut w = held(|account| account.hold = moment());
    w.wait(9.0);
    assert_eq!(w.hears("alice"), ["hold music"]);
    for _ in 0..2 {
        w.wait(2.0);
        assert_eq!(w.hears("alice"), ["hold message"]);
        w.wait(2.0);
        assert_eq!(w.hears("alice"), ["hold music"]);
        w.wait(8.0);
        assert_eq!(w.hears("alice"), ["hold music"]);
    }
    w.reinvites("1001", "sendrecv").wait(0.5);
    assert_eq!(w.hears("alice"), ["1001"], "in the middle of a round");
    w.wait(15.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn r118_r119_r120_a_queue_has_its_own_music_until_it_is_switched_off() {
    for (enabled, music) in [(true, "own music"), (false, "hold music")] {
        let mut w = held(|account| {
            account.hold = moment();
            account.hold_messages = vec![HoldMessage {
                id: HoldId(1),
                name: "own".into(),
                queues: vec![QueueId(1)],
                enabled,
                moment: Moment::default(),
            }];
        });
        w.wait(1.0);
        assert_eq!(w.hears("alice"), [music]);
    }
}

#[test]
fn r123_a_customer_who_holds_too_hears_nothing_and_then_the_music_again() {
    let mut w = held(|account| account.hold = moment());
    w.reinvites("alice", "sendonly").wait(11.0);
    assert_eq!(w.hears("alice"), [""; 0]);
    w.reinvites("alice", "sendrecv").wait(3.0);
    assert_eq!(w.hears("alice"), ["hold music"]);
}

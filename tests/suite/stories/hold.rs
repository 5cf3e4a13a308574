//! Hold and resume from the phones, in the spellings of RFC 3264.

use super::answers;
use crate::world::World;
use cordboard::id::{AgentId, HoldId, QueueId};
use cordboard::settings::{
    Account, Destination, HoldMessage, Message, Moment, Queue, Repeated, Route,
};
use cordboard::switch::{Ask, Done};
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
            own(enabled, Moment::default())(account);
        });
        w.wait(1.0);
        assert_eq!(w.hears("alice"), [music]);
    }
}

/// What a queue has of its own: music that is another one after five seconds, and a message every ten.
fn own(enabled: bool, moment: Moment) -> impl FnOnce(&mut Account) {
    move |account| {
        account.hold_messages = vec![HoldMessage {
            id: HoldId(1),
            name: "own".into(),
            queues: vec![QueueId(1)],
            enabled,
            moment,
        }];
    }
}

#[test]
fn d9_the_music_on_hold_goes_on_where_it_was_after_a_message_and_the_next_time() {
    let mut w = held(own(true, moment()));
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["own music"]);
    w.wait(10.5);
    assert_eq!(w.hears("alice"), ["hold message"]);
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["own music, later"], "not from the start");
    w.reinvites("1001", "sendrecv").wait(1.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.reinvites("1001", "sendonly").wait(1.0);
    assert_eq!(w.hears("alice"), ["own music, later"], "nor the next time");
}

#[test]
fn r117_r118_on_hold_a_new_queue_has_the_default_and_not_the_music_of_its_waiting() {
    let mut w = World::with(|account| {
        account.hold = moment();
        let (sales, to) = (QueueId(2), Destination::Queue(QueueId(2)));
        let agents = vec![AgentId(1)];
        account.queues.push(Queue {
            agents,
            ..Queue::new(sales, "Sales")
        });
        let number = "200".to_owned();
        account.routes.insert(0, Route { number, to });
    });
    w.dials("alice", "200").wait(1.0);
    assert_eq!(w.hears("alice"), ["sales"], "while she waits");
    w.agent("1001", answers(0.5)).wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.reinvites("1001", "sendonly").wait(1.0);
    assert_eq!(w.hears("alice"), ["hold music"]);
    w.reinvites("1001", "sendrecv").wait(1.0);
    // It can be edited: from the next time on.
    w.settings(|account| account.hold = Moment::default());
    w.reinvites("1001", "sendonly").wait(1.0);
    assert_eq!(w.hears("alice"), ["sales"], "where there is nothing else");
}

#[test]
fn r123_a_customer_who_holds_too_hears_nothing_and_then_the_music_again() {
    let mut w = held(|account| account.hold = moment());
    w.reinvites("alice", "sendonly").wait(11.0);
    assert_eq!(w.hears("alice"), [""; 0]);
    w.reinvites("alice", "sendrecv").wait(3.0);
    assert_eq!(w.hears("alice"), ["hold music"]);
}

#[test]
fn r117_music_and_voice_follow_the_agents_wish_at_once() {
    let mut w = talking();
    let (agent, call) = (Some(AgentId(1)), w.record().id);
    for on in [true, false, true, false] {
        assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
        let asked = w.now;
        w.wait(0.4);
        let heard = w.heard_since("alice", asked + Duration::from_millis(100));
        assert_eq!(heard, [if on { "music" } else { "1001" }]);
    }
}

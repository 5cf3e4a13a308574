//! Working hours: the away message outside of them, and what becomes of those who wait when it closes.
//! The world begins on a Sunday at half past three in the afternoon, by the clock of Berlin.

use super::answers;
use crate::world::World;
use cordboard::call::record::End;
use cordboard::id::HoursId;
use cordboard::settings::{Account, AtClosing, Codes, Hours, Message, Opening};
use jiff::civil::{Time, Weekday, time};

fn open_on(account: &mut Account, days: &[Weekday], from: Time, to: Time) {
    account.hours = vec![Hours {
        id: HoursId(1),
        name: "office".into(),
        zone: "Europe/Berlin".into(),
        week: vec![Opening {
            days: days.to_vec(),
            from,
            to,
        }],
        holidays: vec![],
        away: Some(Message::File("away.wav".into())),
        codes: Codes::default(),
    }];
    account.queues[0].hours = Some(HoursId(1));
}

/// Open on Sundays until a minute from now.
fn about_to_close(at_closing: AtClosing) -> World {
    World::with(|account| {
        let sunday = [Weekday::Sunday];
        open_on(account, &sunday, time(9, 0, 0, 0), time(15, 31, 0, 0));
        account.queues[0].at_closing = at_closing;
    })
}

#[test]
fn r61_outside_the_hours_an_away_message_is_heard_and_no_phone_rings() {
    let mut w = World::with(|account| {
        let monday = [Weekday::Monday];
        open_on(account, &monday, time(9, 0, 0, 0), time(17, 0, 0, 0));
    });
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["away"]);
    w.wait(2.0);
    assert!(!w.phones["alice"].talking, "the call was ended by us");
    let log = w.log();
    assert!(log.contains("Support is closed"), "{log}");
    assert!(
        log.contains("the caller has come to Support, which is closed"),
        "{log}"
    );
    assert!(!log.contains("rings"), "{log}");
    assert_eq!(w.record().end, Some(End::Closed));
    assert!(!w.phones["1001"].has_dialog());
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r61_r65_when_the_hours_begin_callers_wait_as_usual() {
    let mut w = World::with(|account| {
        let sunday = [Weekday::Sunday];
        open_on(account, &sunday, time(15, 31, 0, 0), time(18, 0, 0, 0));
    });
    w.agent("1001", answers(1.0)).wait(55.0);
    assert!(w.log().contains("Support is open"));
    w.dials("alice", "100").wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn d3_who_is_in_the_queue_at_closing_time_is_served() {
    let mut w = about_to_close(AtClosing::Serve);
    w.dials("alice", "100").wait(58.0);
    assert!(w.log().contains("Support is closed"));
    w.agent("1001", answers(1.0)).wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.dials("bob", "100").wait(1.0);
    assert_eq!(w.hears("bob"), ["away"], "who comes later");
}

#[test]
fn d3_or_is_told_that_it_has_closed() {
    let mut w = about_to_close(AtClosing::Away);
    w.dials("alice", "100").wait(56.0);
    assert_eq!(w.hears("alice"), ["away"]);
    w.agent("1001", answers(1.0)).wait(4.0);
    assert!(!w.log().contains("rings"));
    assert_eq!(w.record().end, Some(End::Closed));
}

#[test]
fn r61_without_a_message_the_call_just_ends() {
    let mut w = World::with(|account| {
        open_on(account, &[], time(9, 0, 0, 0), time(17, 0, 0, 0));
        account.hours[0].id = HoursId(2);
        account.hours[0].away = None;
        account.queues[0].hours = Some(HoursId(2));
    });
    w.dials("alice", "100").wait(1.0);
    assert_eq!(w.record().end, Some(End::Closed));
}

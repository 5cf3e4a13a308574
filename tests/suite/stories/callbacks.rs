//! Callbacks: asked for by keys, promised, made, and kept over a restart (SPEC §6).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::carrier::Says;
use crate::world::database::Health;
use crate::world::phone::Habit;
use crate::world::{CALLBACK, World};
use cordboard::acd;
use cordboard::acd::callback::{Kind, NotPicked, Outcome, Request, State, Status};
use cordboard::call::record::{Direction, End};
use cordboard::id::{AgentId, CallbackConfigId, CallbackId, HoursId};
use cordboard::settings::{
    Account, CallbackConfig, CallbackKind, Destination, Directions, Hours, Message, Opening,
    Priority, ResponseCode,
};
use cordboard::switch::{Ask, Done, Input, Refused};
use jiff::civil::{Weekday, time};
use std::time::Duration;

const ALICE: &str = "+4930555";
const BOB: &str = "+4930666";

/// A queue whose announcement, after 10 s, has the code `*1` for a callback; two carriers, and a
/// customer's phone that answers.
pub(crate) fn with_callbacks(change: impl FnOnce(&mut Account)) -> World {
    let mut w = with_carriers(|account| {
        offer_callbacks(account);
        change(account);
    });
    w.carrier(ONE, &[(1.0, Says::Ringing), (4.0, Says::Answer)]);
    w
}

pub(crate) fn offer_callbacks(account: &mut Account) {
    account.callbacks = vec![CallbackConfig {
        id: CALLBACK,
        name: "Call me".into(),
        kind: CallbackKind::Automated,
        priority: Priority::QueuePosition,
        retries: 4,
        delay: Duration::from_secs(600),
        confirmation: None,
        ask_number: None,
        declined: None,
    }];
    let waiting = &mut account.queues[0].waiting;
    waiting.greeting = None;
    let announcement = waiting.announcement.as_mut().expect("the demo's");
    announcement.every = Duration::from_secs(10);
    announcement.codes.rows = vec![ResponseCode {
        digits: "*1".into(),
        callback: CALLBACK,
    }];
}

/// Somebody presses these keys, one after the other.
pub(crate) fn presses(w: &mut World, user: &str, keys: &str) {
    for key in keys.chars() {
        w.act(user, |_, phone| {
            phone.voice.press(key, 100);
            vec![]
        });
        w.wait(0.3);
    }
}

/// Somebody calls, waits for the announcement, and asks to be called back.
pub(crate) fn asks(w: &mut World, user: &str) {
    w.dials(user, "100").wait(11.0);
    assert_eq!(w.hears(user), ["announcement"]);
    presses(w, user, "*1");
    w.wait(3.0);
    assert!(!w.phones[user].has_dialog(), "hung up");
}

fn row(w: &World) -> &Request {
    assert_eq!(w.database.rows.len(), 1, "one request");
    w.database.rows.values().next().expect("one")
}

fn picks(w: &mut World, agent: u32, callback: CallbackId) -> Result<Done, Refused> {
    let agent = AgentId(agent);
    w.asks(Ask::PickCallback { agent, callback })
}

#[test]
fn r66_r69_r76_r86_a_caller_asks_hears_so_is_called_back_by_an_agent_and_they_talk() {
    let mut w = with_callbacks(|_| {});
    w.dials(ALICE, "100").wait(11.0);
    assert_eq!(w.hears(ALICE), ["announcement"]);
    presses(&mut w, ALICE, "*1");
    w.wait(0.5);
    assert_eq!(
        w.hears(ALICE),
        ["confirmation"],
        "R76, and at once: barge-in"
    );
    w.wait(2.5);
    assert!(!w.phones[ALICE].has_dialog(), "R83: hung up");
    assert_eq!(row(&w).state.status(), Status::InQueue);
    w.agent("1001", answers(2.0)).wait(1.0);
    let invite = w.phones["1001"]
        .rung()
        .expect("R86: the agent's phone rings");
    assert!(
        invite.field("From").contains(ALICE),
        "the customer's number"
    );
    assert!(w.carriers[ONE].invites.is_empty(), "before the customer's");
    w.wait(3.5);
    assert_eq!(w.hears("1001"), ["ring back"]);
    w.wait(3.0);
    assert_eq!(w.hears("1001"), [ONE]);
    assert_eq!(w.carrier_hears(ONE), ["1001"]);
    let State::Done { how, .. } = row(&w).state else {
        panic!("done: {:?}", row(&w));
    };
    assert_eq!((how, row(&w).attempts), (Outcome::Reached, 1));
    let segment = &w.segments[0];
    assert_eq!(segment.customer, ALICE, "R98");
    w.hangs_up("1001").wait(40.0);
    let records: Vec<_> = w.conversations.values().collect();
    assert_eq!(records[0].end, Some(End::CallbackPromised));
    assert_eq!(records[1].end, Some(End::AgentHungUp));
    assert_eq!(records[1].direction, Direction::Outbound);
    assert_eq!((&*records[1].from, &*records[1].called), ("1001", ALICE));
    assert!(w.is_at_rest());
    let told = w.log();
    assert!(told.contains("Ada (1001) answers for callback"), "{told}");
    assert!(told.contains("dials +4930555, attempt 1"), "{told}");
}

#[test]
fn d12_a_callback_is_recorded_as_a_call_out() {
    for (direction, segments) in [(Directions::Inbound, 0), (Directions::Outbound, 1)] {
        let mut w = with_callbacks(|account| account.recording.direction = direction);
        asks(&mut w, ALICE);
        w.agent("1001", answers(1.0)).wait(8.0);
        assert_eq!(w.segments.len(), segments, "{direction:?}");
    }
}

#[test]
fn r74_r75_four_retries_are_five_attempts_spaced_by_the_delay() {
    let mut w = with_callbacks(|account| account.timeouts.customer = Duration::from_secs(10));
    w.carriers.get_mut(ONE).expect("one").script = vec![(1.0, Says::Ringing)];
    asks(&mut w, ALICE);
    w.agent("1001", answers(1.0)).wait(14.0);
    for attempt in 1..=5 {
        assert_eq!(w.carriers[ONE].invites.len(), attempt);
        assert!(!w.phones["1001"].has_dialog(), "the agent is free");
        if attempt < 5 {
            assert_eq!(row(&w).state.status(), Status::InQueue);
            w.wait(590.0);
            assert_eq!(w.carriers[ONE].invites.len(), attempt, "R75: not before");
            w.wait(24.0);
        }
    }
    assert_eq!(row(&w).state.status(), Status::NoReply);
    w.wait(5000.0);
    assert_eq!(w.carriers[ONE].invites.len(), 5);
    assert!(w.log().contains("is given up: no reply"));
    assert!(w.is_at_rest());
}

#[test]
fn r85_an_agent_is_free_without_wrap_up_when_the_customer_does_not_answer() {
    let mut w = with_callbacks(|account| account.wrap_up.enabled = true);
    w.carriers.get_mut(ONE).expect("one").script = vec![(1.0, Says::Refuse(486))];
    asks(&mut w, ALICE);
    w.agent("1001", answers(1.0)).wait(2.5);
    w.dials(BOB, "100").wait(1.5);
    assert_eq!(w.hears(BOB), ["1001"], "the next caller at once");
}

#[test]
fn r57_an_agent_who_does_not_answer_is_followed_by_the_next_and_no_attempt_is_made() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.agent("1001", Habit::Declines(486)).wait(0.5);
    assert_eq!(row(&w).state.status(), Status::InQueue);
    w.agent("1002", answers(1.0)).wait(3.0);
    assert_eq!(w.carriers[ONE].invites.len(), 1);
    assert_eq!(row(&w).attempts, 1);
}

#[test]
fn r62_a_callback_goes_to_the_agent_to_whom_a_call_would_go() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    for (agent, conversations) in [(1, 3), (2, 1), (3, 2)] {
        let agent = AgentId(agent);
        let done = w.asks(Ask::SetLoad {
            agent,
            conversations,
        });
        assert_eq!(done, Ok(Done::Plain));
    }
    let status = |w: &mut World, status| {
        for agent in [1, 2, 3].map(AgentId) {
            assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
        }
    };
    status(&mut w, acd::Status::Offline);
    for agent in ["1001", "1002", "1003"] {
        w.agent(agent, Habit::Ignores);
    }
    status(&mut w, acd::Status::Available);
    // Whoever is available first is rung; from then on those with the fewest conversations.
    w.wait(65.0);
    let log = w.log();
    let rung: Vec<_> = log.lines().filter(|line| line.contains("rings")).collect();
    assert!(rung.len() >= 3, "{log}");
    assert!(
        rung[1].contains("(1002)") && rung[2].contains("(1003)"),
        "{log}"
    );
}

#[test]
fn r48_r72_with_queue_position_a_callback_keeps_its_place() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.dials(BOB, "100").wait(1.0);
    assert!(w.log().contains("place 2"), "R48: the callback is ahead");
    w.agent("1001", answers(1.0)).wait(7.0);
    assert_eq!((w.hears("1001"), w.hears(BOB)), (vec![ONE], vec!["music"]));
    w.hangs_up("1001").wait(15.0);
    assert_eq!(w.hears(BOB), ["1001"]);
}

#[test]
fn r73_with_inbound_a_callback_comes_after_those_on_the_line() {
    let mut w = with_callbacks(|account| account.callbacks[0].priority = Priority::Inbound);
    asks(&mut w, ALICE);
    w.dials(BOB, "100").wait(1.0);
    assert!(w.log().contains("place 1"));
    w.agent("1001", answers(1.0)).wait(2.0);
    assert_eq!(w.hears(BOB), ["1001"]);
    w.hangs_up("1001").wait(20.0);
    assert_eq!(w.hears("1001"), [ONE]);
}

#[test]
fn d13_never_more_callbacks_in_progress_than_agents_who_accepted_one() {
    let mut w = with_callbacks(|_| {});
    for user in [ALICE, BOB, "+4930777"] {
        asks(&mut w, user);
    }
    w.agent("1001", answers(1.0))
        .agent("1002", answers(60.0))
        .wait(10.0);
    assert_eq!(w.carriers[ONE].invites.len(), 1);
}

#[test]
fn r78_without_a_key_the_music_comes_back_and_a_late_one_means_nothing() {
    let mut w = with_callbacks(|_| {});
    w.dials(ALICE, "100").wait(13.0);
    assert_eq!(w.hears(ALICE), ["music"]);
    // The announcement is over at 12 s; codes are awaited until 17 s.
    w.wait(4.5);
    presses(&mut w, ALICE, "*1");
    w.wait(2.0);
    assert!(w.phones[ALICE].has_dialog() && w.database.rows.is_empty());
}

#[test]
fn r78_d11_a_code_counts_after_the_message_too() {
    let mut w = with_callbacks(|_| {});
    w.dials(ALICE, "100").wait(15.0);
    presses(&mut w, ALICE, "*1");
    w.wait(0.5);
    assert_eq!(w.hears(ALICE), ["confirmation"]);
}

#[test]
fn r77_r81_each_code_leads_to_its_own_configuration_and_of_two_the_longer_counts() {
    const LATER: CallbackConfigId = CallbackConfigId(2);
    for (keys, config, at_once) in [("1", CALLBACK, false), ("12", LATER, true)] {
        let mut w = with_callbacks(|account| {
            let later = CallbackConfig {
                id: LATER,
                name: "Later".into(),
                kind: CallbackKind::Manual,
                ..account.callbacks[0].clone()
            };
            account.callbacks.push(later);
            let announcement = account.queues[0].waiting.announcement.as_mut();
            let rows = [("1", CALLBACK), ("12", LATER)].map(|(digits, callback)| ResponseCode {
                digits: digits.into(),
                callback,
            });
            announcement.expect("the demo's").codes.rows = rows.into();
        });
        w.dials(ALICE, "100").wait(11.0);
        presses(&mut w, ALICE, keys);
        w.wait(0.5);
        assert_eq!(w.database.rows.len(), usize::from(at_once), "{keys}");
        // D11: another key may follow for three seconds.
        w.wait(2.5);
        assert_eq!(row(&w).config, config, "{keys}");
        let automated = row(&w).terms.kind == Kind::Automated;
        assert_eq!(automated, config == CALLBACK);
    }
}

#[test]
fn r67_r79_a_code_is_taken_from_a_message_that_is_spoken_too() {
    let mut w = with_callbacks(|account| {
        let announcement = account.queues[0].waiting.announcement.as_mut();
        let text = "You are the {position} caller. Press star one if we may call you back.";
        announcement.expect("the demo's").message = Message::text(text);
    });
    w.dials(ALICE, "100").wait(11.0);
    let said = "You are the first caller. Press star one if we may call you back.";
    assert_eq!(w.hears(ALICE), [said]);
    presses(&mut w, ALICE, "*1");
    w.wait(0.5);
    assert_eq!(w.hears(ALICE), ["confirmation"]);
    assert_eq!(
        row(&w).number.0,
        ALICE,
        "R66: the number of the conversation"
    );
}

#[test]
fn r82_what_is_no_code_is_ignored() {
    let mut w = with_callbacks(|_| {});
    w.dials(ALICE, "100").wait(11.0);
    presses(&mut w, ALICE, "75*");
    assert!(w.database.rows.is_empty());
    w.wait(1.5);
    presses(&mut w, ALICE, "1");
    w.wait(0.5);
    assert_eq!(w.hears(ALICE), ["confirmation"], "the customer tried again");
}

#[test]
fn r82_codes_come_by_info_and_by_tones_too() {
    for info in [true, false] {
        let mut w = with_callbacks(|_| {});
        w.add(ALICE, 5080).voice.events = false;
        w.dials(ALICE, "100").wait(11.0);
        for key in ['*', '1'] {
            w.act(ALICE, |now, phone| match info {
                true => {
                    let body = format!("Signal={key}\r\nDuration=120\r\n");
                    phone.info(now, "application/dtmf-relay", &body)
                }
                false => {
                    phone.voice.dial_tones(key, 120);
                    vec![]
                }
            });
            w.wait(0.5);
        }
        w.wait(1.0);
        assert_eq!(w.hears(ALICE), ["confirmation"], "by INFO: {info}");
        let log = w.log();
        assert!(!log.contains("*1"), "{log}");
    }
}

#[test]
fn r83_nothing_is_promised_before_it_is_written() {
    let mut w = with_callbacks(|_| {});
    w.database.health = Health::Writes(Duration::from_secs(3));
    w.dials(ALICE, "100").wait(11.0);
    presses(&mut w, ALICE, "*1");
    w.wait(2.0);
    assert_eq!(w.hears(ALICE), ["music"]);
    w.wait(1.5);
    assert_eq!(w.hears(ALICE), ["confirmation"]);
}

#[test]
fn r83_who_hangs_up_before_the_confirmation_or_during_it_is_called_back() {
    for (delay, end) in [(0.0, End::CallbackPromised), (3.0, End::Abandoned)] {
        let mut w = with_callbacks(|_| {});
        w.database.health = Health::Writes(Duration::from_secs_f64(delay));
        w.dials(ALICE, "100").wait(11.0);
        presses(&mut w, ALICE, "*1");
        w.wait(0.5).hangs_up(ALICE).wait(5.0);
        assert_eq!(w.record().end, Some(end));
        assert_eq!(row(&w).state.status(), Status::InQueue);
        w.agent("1001", answers(1.0)).wait(10.0);
        assert_eq!(w.hears("1001"), [ONE]);
    }
}

#[test]
fn f3_what_cannot_be_written_is_declined_and_the_caller_keeps_the_place() {
    for health in [Health::Fails, Health::Mute] {
        let mut w = with_callbacks(|_| {});
        w.database.health = health;
        w.dials(ALICE, "100").wait(1.0).dials(BOB, "100").wait(10.0);
        presses(&mut w, ALICE, "*1");
        w.wait(if health == Health::Fails { 0.5 } else { 10.5 });
        assert_eq!(w.hears(ALICE), ["declined"], "{health:?}");
        w.wait(3.0);
        assert_eq!(w.hears(ALICE), ["music"]);
        w.database.health = Health::Writes(Duration::ZERO);
        w.wait(20.0).agent("1001", answers(1.0)).wait(2.0);
        assert_eq!(w.hears(ALICE), ["1001"], "not Bob");
        assert_eq!(w.switch.view(w.now).queues[0].callbacks, 0);
    }
}

#[test]
fn d7_an_anonymous_caller_types_a_number() {
    let mut w = with_callbacks(|_| {});
    w.dials("anonymous", "100").wait(11.0);
    presses(&mut w, "anonymous", "*1");
    w.wait(0.5);
    assert_eq!(w.hears("anonymous"), ["ask number"]);
    w.wait(2.0);
    assert!(w.hears("anonymous").is_empty(), "silence while they type");
    presses(&mut w, "anonymous", "030888#");
    w.wait(0.5);
    assert_eq!(w.hears("anonymous"), ["confirmation"]);
    assert_eq!(row(&w).number.0, "+4930888");
    let log = w.log();
    assert!(
        !log.contains("030888#") && !log.contains("presses 0"),
        "{log}"
    );
}

#[test]
fn d7_who_types_none_or_one_that_cannot_be_called_is_declined_and_keeps_the_place() {
    for keys in ["#", "", "0900123#", "12#"] {
        let mut w = with_callbacks(|account| account.dialling.deny = vec!["+49900*".into()]);
        w.dials("anonymous", "100").wait(11.0);
        presses(&mut w, "anonymous", "*1");
        w.wait(2.5);
        presses(&mut w, "anonymous", keys);
        w.wait(if keys.is_empty() { 10.5 } else { 0.5 });
        assert_eq!(w.hears("anonymous"), ["declined"], "{keys:?}");
        w.wait(2.0);
        assert_eq!(w.hears("anonymous"), ["music"], "{keys:?}");
        w.agent("1001", answers(1.0)).wait(2.0);
        assert_eq!(w.hears("anonymous"), ["1001"], "{keys:?}");
        assert!(w.database.rows.is_empty());
    }
}

#[test]
fn r84_who_asks_again_has_one_callback_at_the_first_place() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    let joined = row(&w).joined;
    asks(&mut w, ALICE);
    assert_eq!((row(&w).asks, row(&w).joined), (2, joined));
    w.agent("1001", answers(1.0))
        .wait(8.0)
        .hangs_up("1001")
        .wait(60.0);
    assert_eq!(w.carriers[ONE].invites.len(), 1);
}

#[test]
fn d14_who_calls_in_keeps_both_is_not_called_meanwhile_and_connecting_closes_it() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.dials(ALICE, "100").wait(1.0);
    w.agent("1001", answers(1.0)).wait(3.0);
    assert_eq!(w.hears(ALICE), ["1001"], "the live place");
    assert!(matches!(
        row(&w).state,
        State::Done {
            how: Outcome::Connected,
            ..
        }
    ));
    w.hangs_up(ALICE).wait(60.0);
    assert!(w.carriers[ONE].invites.is_empty(), "nobody is dialled");
    // Who has left again before is called back.
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.dials(ALICE, "100").wait(1.0).hangs_up(ALICE).wait(1.0);
    w.agent("1001", answers(1.0)).wait(7.0);
    assert_eq!(w.hears("1001"), [ONE]);
}

#[test]
fn r70_r152_a_manual_callback_is_picked_by_one_agent() {
    let mut w = with_callbacks(|account| account.callbacks[0].kind = CallbackKind::Manual);
    w.agent("1001", answers(2.0)).agent("1002", answers(2.0));
    w.agent("1003", Habit::Ignores)
        .registers("1001", 0)
        .registers("1002", 0);
    w.registers("1003", 0);
    asks(&mut w, ALICE);
    w.registers("1001", 3600).registers("1002", 3600).wait(5.0);
    assert!(
        w.phones["1001"].rung().is_none(),
        "by itself nobody is rung"
    );
    let id = row(&w).id;
    assert_eq!(picks(&mut w, 1, id), Ok(Done::Plain));
    assert_eq!(
        picks(&mut w, 2, id),
        Err(Refused::NotPicked(NotPicked::Taken))
    );
    assert_eq!(
        row(&w).state.status(),
        Status::InQueue,
        "written in a moment"
    );
    w.wait(1.0);
    assert_eq!(row(&w).state.status(), Status::Active);
    w.wait(6.0);
    assert_eq!(w.hears("1001"), [ONE]);
    assert_eq!(
        picks(&mut w, 2, id),
        Err(Refused::NotPicked(NotPicked::Unknown)),
        "done"
    );
}

#[test]
fn r152_who_cannot_be_rung_does_not_get_it_and_who_does_not_answer_gives_it_back() {
    let mut w = with_callbacks(|account| {
        account.callbacks[0].kind = CallbackKind::Manual;
        account.timeouts.agent = Duration::from_secs(5);
    });
    asks(&mut w, ALICE);
    let id = row(&w).id;
    let busy = Err(Refused::NotPicked(NotPicked::AgentBusy));
    assert_eq!(picks(&mut w, 1, id), busy, "no phone");
    w.agent("1001", Habit::Ignores).agent("1002", answers(1.0));
    assert_eq!(picks(&mut w, 1, id), Ok(Done::Plain));
    w.wait(6.0);
    assert_eq!(row(&w).state.status(), Status::InQueue, "{}", w.log());
    assert_eq!(picks(&mut w, 2, id), Ok(Done::Plain));
    w.wait(7.0);
    assert_eq!(w.hears("1002"), [ONE]);
}

#[test]
fn r71_calls_of_a_whatsapp_class_are_called_back_by_hand() {
    let mut w = with_callbacks(|account| {
        let trunk = account
            .trunks
            .iter_mut()
            .find(|trunk| trunk.name == "loopback");
        trunk.expect("the demo's").whatsapp = true;
    });
    asks(&mut w, ALICE);
    assert_eq!(row(&w).terms.kind, Kind::Manual);
    w.agent("1001", answers(1.0)).wait(30.0);
    assert!(w.carriers[ONE].invites.is_empty());
}

#[test]
fn f18_a_server_that_drains_begins_no_callback() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.agent("1001", answers(5.0)).wait(2.0);
    assert!(w.phones["1001"].has_dialog(), "rings");
    w.happens(Input::Drain).wait(10.0);
    assert!(!w.phones["1001"].has_dialog(), "not any more");
    assert!(w.carriers[ONE].invites.is_empty());
    assert_eq!(
        row(&w).state.status(),
        Status::InQueue,
        "for the next start"
    );
}

#[test]
fn b25_without_a_way_out_no_attempt_counts() {
    let mut w = with_callbacks(|account| {
        account.outbound[0].trunks.truncate(1);
        let trunk = account.trunks.iter_mut().find(|trunk| trunk.name == ONE);
        trunk.expect("one").server.as_mut().expect("set").host = "nowhere.invalid".into();
    });
    asks(&mut w, ALICE);
    w.agent("1001", answers(1.0)).wait(5.0);
    assert!(!w.phones["1001"].has_dialog());
    assert_eq!(row(&w).attempts, 0);
    assert_eq!(row(&w).state.status(), Status::InQueue);
}

#[test]
fn r74_f12_a_trunk_that_fails_makes_no_attempt_and_agents_are_rung_more_and_more_seldom() {
    let mut w = with_callbacks(|account| {
        account.callbacks[0].retries = 1;
        account.callbacks[0].delay = Duration::from_secs(60);
        account.outbound[0].trunks.truncate(1);
    });
    w.carriers.get_mut(ONE).expect("one").script = vec![(0.5, Says::Refuse(500))];
    asks(&mut w, ALICE);
    w.agent("1001", answers(1.0));
    for (tried, pause) in [(1, 60.0), (2, 60.0), (3, 120.0), (4, 240.0)] {
        w.wait(5.0);
        assert_eq!(w.carriers[ONE].invites.len(), tried);
        assert_eq!(
            (row(&w).attempts, row(&w).state.status()),
            (0, Status::InQueue)
        );
        assert!(!w.phones["1001"].has_dialog(), "the agent is free");
        w.wait(pause - 7.0);
        assert_eq!(w.carriers[ONE].invites.len(), tried, "not before {pause} s");
        // The agent has answered after a second, the trunk after a half.
        w.wait(3.5);
    }
    // The trunk works again, and the customer does not answer: two attempts.
    w.carriers.get_mut(ONE).expect("one").script = vec![(1.0, Says::Refuse(486))];
    w.wait(600.0);
    assert_eq!(
        (row(&w).attempts, row(&w).state.status()),
        (2, Status::NoReply)
    );
}

#[test]
fn the_records_of_the_call_and_of_each_attempt_name_the_callback() {
    let mut w = with_callbacks(|account| account.callbacks[0].delay = Duration::from_secs(60));
    w.carriers.get_mut(ONE).expect("one").script = vec![(1.0, Says::Refuse(486))];
    w.dials(ALICE, "100").wait(11.0);
    presses(&mut w, ALICE, "*1");
    w.wait(0.5);
    let callback = Some(row(&w).id);
    let promised = w.conversations.values().next().expect("a record");
    assert_eq!((promised.callback, promised.ended), (callback, None));
    w.wait(5.0).agent("1001", answers(1.0)).wait(100.0);
    let named: Vec<_> = w
        .conversations
        .values()
        .map(|record| record.callback)
        .collect();
    assert_eq!(named, [callback; 3], "it was asked for, and tried twice");
}

#[test]
fn r155_a_callback_of_a_queue_that_is_removed_waits_until_the_queue_is_back() {
    let mut w = with_callbacks(|_| {});
    let there = w.account.clone();
    asks(&mut w, ALICE);
    let gone = |account: &mut Account| {
        let queue = account.queues.remove(0).id;
        account
            .routes
            .retain(|route| route.to != Destination::Queue(queue));
    };
    w.agent("1001", answers(60.0)).wait(1.0);
    assert!(w.phones["1001"].has_dialog(), "rings");
    w.settings(gone).wait(1.0);
    assert!(!w.phones["1001"].has_dialog(), "not any more");
    let id = row(&w).id;
    w.wait(100.0);
    assert_eq!(row(&w).state.status(), Status::InQueue, "nothing is lost");
    w.dies().wait(1.0);
    w.agent("1001", answers(1.0)).wait(100.0);
    assert!(w.carriers[ONE].invites.is_empty());
    let none = Err(Refused::NotPicked(NotPicked::Automated));
    assert_eq!(picks(&mut w, 1, id), none);
    w.settings(|account| *account = there).wait(10.0);
    assert_eq!(w.hears("1001"), [ONE], "{}", w.log());
}

#[test]
fn an_agent_who_hangs_up_while_the_customer_rings_has_made_an_attempt() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    w.agent("1001", answers(1.0))
        .wait(3.0)
        .hangs_up("1001")
        .wait(1.0);
    assert_eq!(w.carriers[ONE].requests, ["CANCEL"]);
    assert_eq!(row(&w).attempts, 1);
    assert_eq!(row(&w).state.status(), Status::InQueue);
    w.wait(607.0);
    assert_eq!(w.hears("1001"), [ONE], "the second attempt");
}

#[test]
fn f19_callbacks_keep_their_order_and_count_over_a_restart() {
    let mut w = with_callbacks(|_| {});
    asks(&mut w, ALICE);
    asks(&mut w, BOB);
    w.dies().wait(1.0);
    w.agent("1001", answers(1.0)).wait(7.0);
    assert!(w.carriers[ONE].invites[0].uri().contains(ALICE));
    w.hangs_up("1001").wait(18.0);
    assert!(w.carriers[ONE].invites[1].uri().contains(BOB));
    assert_eq!(w.carriers[ONE].invites.len(), 2);
}

#[test]
fn f19_an_attempt_that_was_being_made_is_not_made_again() {
    // Killed while the attempt is written, while the customer's phone rings, while they talk.
    for (after, dialled, attempts) in [(1.2, 0, 0), (3.0, 1, 1), (8.0, 1, 1)] {
        let mut w = with_callbacks(|account| account.callbacks[0].delay = Duration::from_secs(300));
        asks(&mut w, ALICE);
        w.database.health = Health::Writes(Duration::from_millis(500));
        w.agent("1001", answers(1.0)).wait(after);
        assert_eq!(
            w.carriers[ONE].invites.len(),
            dialled,
            "killed after {after}"
        );
        w.dies().wait(1.0);
        assert_eq!(row(&w).attempts, attempts);
        w.registers("1001", 3600).wait(60.0);
        let again = usize::from(attempts == 0);
        assert_eq!(
            w.carriers[ONE].invites.len(),
            dialled + again,
            "killed after {after}"
        );
        if after > 5.0 {
            assert_eq!(row(&w).state.status(), Status::Done);
        }
    }
}

/// Closed today, a Sunday, and open tomorrow from nine; the away message has the code `*1`.
fn closed(account: &mut Account) {
    account.hours = vec![Hours {
        id: HoursId(1),
        name: "office".into(),
        zone: "Europe/Berlin".into(),
        week: vec![Opening {
            days: vec![Weekday::Monday],
            from: time(9, 0, 0, 0),
            to: time(17, 0, 0, 0),
        }],
        holidays: vec![],
        away: Some(Message::File("away.wav".into())),
        codes: account.queues[0]
            .waiting
            .announcement
            .as_ref()
            .expect("the demo's")
            .codes
            .clone(),
    }];
    account.queues[0].hours = Some(HoursId(1));
}

#[test]
fn r67_r87_who_calls_after_hours_is_called_back_when_the_queue_opens() {
    for during in [true, false] {
        let mut w = with_callbacks(closed);
        w.agent("1001", answers(1.0)).dials(ALICE, "100").wait(1.0);
        assert_eq!(w.hears(ALICE), ["away"]);
        if !during {
            w.wait(4.0);
            assert!(w.hears(ALICE).is_empty(), "silence while a key is awaited");
        }
        presses(&mut w, ALICE, "*1");
        w.wait(0.5);
        assert_eq!(w.hears(ALICE), ["confirmation"]);
        w.wait(3600.0);
        assert!(w.phones["1001"].rung().is_none(), "nobody is rung");
        assert!(w.carriers[ONE].invites.is_empty());
        // From half past three to nine.
        w.wait(17.5 * 3600.0 - 3700.0);
        w.registers("1001", 3600).wait(100.0);
        assert_eq!(w.carriers[ONE].invites.len(), 1);
        assert_eq!(w.hears("1001"), [ONE]);
    }
}

#[test]
fn r78_who_presses_nothing_after_the_away_message_is_hung_up_on_then() {
    let mut w = with_callbacks(closed);
    w.dials(ALICE, "100").wait(7.9);
    assert!(
        w.phones[ALICE].has_dialog(),
        "three seconds, and five of silence"
    );
    w.wait(0.5);
    assert!(!w.phones[ALICE].has_dialog());
    assert_eq!(w.record().end, Some(End::Closed));
    assert!(w.database.rows.is_empty());
}

#[test]
fn d7_after_hours_too_an_anonymous_caller_types_a_number_or_is_declined() {
    for (keys, kept) in [("030888#", 1), ("#", 0)] {
        let mut w = with_callbacks(closed);
        w.dials("anonymous", "100").wait(1.0);
        presses(&mut w, "anonymous", "*1");
        w.wait(2.5);
        presses(&mut w, "anonymous", keys);
        w.wait(1.0);
        assert!(
            w.phones["anonymous"].has_dialog(),
            "hears what has become of it"
        );
        w.wait(3.0);
        assert!(!w.phones["anonymous"].has_dialog());
        assert_eq!(w.database.rows.len(), kept);
    }
}

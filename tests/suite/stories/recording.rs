//! What is on disk after a call.

use super::answers;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::{World, voice};
use cordboard::audio::tone;
use cordboard::call::record::Role;
use cordboard::id::AgentId;
use cordboard::settings::Directions;
use cordboard::switch::{Ask, Done, Refused};
use std::time::Duration;

fn file(w: &World, role: Role) -> &[i16] {
    let tracks = w.segments.iter().flat_map(|segment| &segment.tracks);
    let track = tracks.into_iter().find(|track| track.role == role);
    let (samples, ended) = &w.files[&track.expect("a track").recording];
    assert!(ended);
    samples
}

#[test]
fn r90_one_customer_and_one_agent_leave_two_files_of_equal_length() {
    let mut w = World::new();
    w.agent("1001", answers(4.0))
        .dials("alice", "100")
        .wait(10.0)
        .hangs_up("alice")
        .wait(1.0);
    assert_eq!(w.files.len(), 2);
    let (customer, agent) = (file(&w, Role::Customer), file(&w, Role::Agent));
    assert_eq!(customer.len(), agent.len(), "R113");
    let seconds = customer.len() as f64 / 8000.0;
    let talked = w.record().talked_ms as f64 / 1000.0;
    assert!(
        (seconds - talked).abs() < 0.02,
        "{seconds} s recorded of {talked}"
    );
    assert_eq!(
        w.tones(customer),
        ["alice"],
        "nothing of the greeting or music (R114, D15)"
    );
    assert_eq!(w.tones(agent), ["1001"]);
}

#[test]
fn d15_on_hold_the_files_go_on_in_silence() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    w.reinvites("1001", "inactive").wait(0.1);
    w.phone("1001").voice.mute = true;
    w.wait(4.0);
    w.phone("1001").voice.mute = false;
    w.reinvites("1001", "sendrecv")
        .wait(2.0)
        .hangs_up("1001")
        .wait(1.0);
    let agent = file(&w, Role::Agent);
    assert_eq!(agent.len(), file(&w, Role::Customer).len());
    let held = &agent[3 * 8000..5 * 8000];
    assert!(voice::is_silent(held), "the agent was away");
    let after = &agent[agent.len() - 8000..];
    assert!(tone::share(after, w.phones["1001"].voice.hz) > 0.5);
}

#[test]
fn r95_an_agent_who_is_not_recorded_is_not() {
    let mut w = World::with(|account| account.agents[0].record_calls = false);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(5.0)
        .hangs_up("alice")
        .wait(1.0);
    assert!(w.files.is_empty() && w.segments.is_empty());
}

#[test]
fn r94_with_the_master_toggle_off_nothing_is_recorded() {
    let mut w = World::with(|account| account.recording.enabled = false);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(5.0)
        .hangs_up("alice")
        .wait(1.0);
    assert!(w.files.is_empty());
}

#[test]
fn services_and_abandoned_calls_leave_no_file() {
    let mut w = World::new();
    w.dials("alice", "9196")
        .dials("bob", "100")
        .wait(3.0)
        .hangs_up("alice")
        .hangs_up("bob")
        .wait(1.0);
    assert!(w.files.is_empty());
    assert_eq!(w.conversations.len(), 2, "each has its record");
}

#[test]
fn b10_what_is_masked_is_silence_in_both_files_and_the_time_goes_on() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(5.0);
    let call = w.record().id;
    let mask = |on| Ask::Mask {
        agent: Some(AgentId(1)),
        call,
        on,
    };
    for _ in 0..2 {
        assert_eq!(w.asks(mask(true)), Ok(Done::Plain), "twice is fine");
    }
    w.wait(4.0);
    assert_eq!(w.hears("alice"), ["1001"], "they hear each other");
    assert_eq!(w.asks(mask(false)), Ok(Done::Plain));
    w.wait(3.0);
    let other = Some(AgentId(2));
    let on = true;
    let refused = w.asks(Ask::Mask {
        agent: other,
        call,
        on,
    });
    assert_eq!(refused, Err(Refused::NotTheirs(call)));
    w.hangs_up("alice").wait(1.0);
    let talked = w.record().talked_ms as f64 / 1000.0;
    for (role, name) in [(Role::Customer, "alice"), (Role::Agent, "1001")] {
        let file = file(&w, role);
        assert!((file.len() as f64 / 8000.0 - talked).abs() < 0.02, "R113");
        let end = file.len();
        let hz = w.phones[name].voice.hz;
        assert!(tone::share(&file[8_000..16_000], hz) > 0.5, "before");
        let masked = &file[end - 6 * 8_000..end - 4 * 8_000];
        assert!(voice::is_silent(masked), "{name} is masked");
        assert!(
            tone::share(&file[end - 16_000..end - 8_000], hz) > 0.5,
            "after"
        );
    }
    assert_eq!(w.asks(mask(true)), Err(Refused::NotInProgress(call)));
}

#[test]
fn b10_while_keys_are_pressed_both_files_are_silent_and_the_time_goes_on() {
    for tones in [false, true] {
        let after = Duration::from_secs(3);
        let mut w = World::with(|account| account.recording.mask_digits = Some(after));
        w.agent("1001", answers(1.0));
        w.add("alice", 5080).voice.events = !tones;
        w.dials("alice", "100").wait(8.0);
        w.log();
        for key in "4711".chars() {
            w.act("alice", |_, phone| {
                match tones {
                    true => phone.voice.dial_tones(key, 120),
                    false => phone.voice.press(key, 120),
                }
                vec![]
            });
            w.wait(0.5);
        }
        assert!(w.log().contains("what is said is not recorded now"));
        w.wait(2.0);
        assert!(!w.log().contains("recorded again"), "3 s after the last");
        w.wait(1.0);
        assert!(w.log().contains("what is said is recorded again"));
        assert_eq!(w.hears("1001"), ["alice"], "they hear each other");
        w.wait(3.0).hangs_up("alice").wait(1.0);
        let talked = w.record().talked_ms as f64 / 1000.0;
        for (role, name) in [(Role::Customer, "alice"), (Role::Agent, "1001")] {
            let file = file(&w, role);
            let (seconds, hz) = (file.len() as f64 / 8000.0, w.phones[name].voice.hz);
            assert!(
                (seconds - talked).abs() < 0.02,
                "R113: {seconds} of {talked}"
            );
            // From its end: 3 s of talk, 3 s after the last key, 2 s of keys.
            let from_end = |seconds: f64| file.len() - (seconds * 8000.0) as usize;
            let silent = &file[from_end(7.9)..from_end(3.7)];
            assert!(
                voice::is_silent(silent),
                "{name} while keys are pressed, {tones}"
            );
            assert!(
                tone::share(&file[from_end(2.5)..], hz) > 0.5,
                "{name} after"
            );
            assert!(tone::share(&file[..8000], hz) > 0.5, "{name} before");
        }
    }
}

#[test]
fn b10_what_people_have_masked_stays_so_when_the_keys_are_long_ago() {
    let after = Duration::from_secs(1);
    let mut w = World::with(|account| account.recording.mask_digits = Some(after));
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(8.0);
    let call = w.record().id;
    let mask = |on| Ask::Mask {
        agent: None,
        call,
        on,
    };
    assert_eq!(w.asks(mask(true)), Ok(Done::Plain));
    super::callbacks::presses(&mut w, "alice", "1");
    w.wait(3.0);
    let log = w.log();
    assert_eq!(log.matches("not recorded now").count(), 1, "{log}");
    assert!(!log.contains("recorded again"), "{log}");
    assert_eq!(w.asks(mask(false)), Ok(Done::Plain));
    assert!(w.log().contains("recorded again"));
    super::callbacks::presses(&mut w, "1001", "1");
    assert!(
        w.log().contains("not recorded now"),
        "the agent's keys, too"
    );
    w.hangs_up("alice").wait(1.0);
}

#[test]
fn b10_where_it_is_not_set_what_is_said_while_keys_are_pressed_is_recorded() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(8.0);
    super::callbacks::presses(&mut w, "alice", "1");
    w.wait(2.0).hangs_up("alice").wait(1.0);
    assert!(!w.log().contains("not recorded"));
}

#[test]
fn r95_an_agent_s_direction_decides_which_of_their_calls_are_recorded() {
    for (direction, inbound, outbound) in [
        (Directions::Inbound, 1, 0),
        (Directions::Outbound, 0, 1),
        (Directions::Both, 1, 1),
    ] {
        let mut w = super::trunks::with_carriers(|account| {
            account.agents[0].record_direction = direction;
        });
        w.carrier(super::trunks::ONE, &[(1.0, Says::Answer)])
            .agent("1001", answers(1.0))
            .dials("alice", "100")
            .wait(8.0)
            .hangs_up("alice")
            .wait(15.0);
        assert_eq!(w.segments.len(), inbound, "{direction:?}");
        w.calls_out("1001", "030555").wait(4.0);
        w.hangs_up("1001").wait(1.0);
        assert_eq!(w.segments.len(), inbound + outbound, "{direction:?}");
    }
}

#[test]
fn b10_a_desk_sees_whether_what_is_said_is_recorded_and_a_customer_s_page_does_not() {
    let mut w = World::new();
    w.desk("ada", 1, Picks::Up(Duration::from_secs(1)))
        .dials("alice", "100")
        .wait(6.0);
    let call = w.record().id;
    let seen = |w: &mut World| w.page("ada").call()["recording"].clone();
    assert_eq!(seen(&mut w), "on");
    let mask = |on| Ask::Mask {
        agent: Some(AgentId(1)),
        call,
        on,
    };
    assert_eq!(w.asks(mask(true)), Ok(Done::Plain));
    w.wait(0.1);
    assert_eq!(seen(&mut w), "masked");
    assert_eq!(w.asks(mask(false)), Ok(Done::Plain));
    w.wait(0.1);
    assert_eq!(seen(&mut w), "on");
    w.hangs_up("alice").wait(1.0);
}

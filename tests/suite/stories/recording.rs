//! What is on disk after a call.

use super::answers;
use crate::world::{World, voice};
use cordboard::audio::tone;
use cordboard::call::record::Role;
use cordboard::id::AgentId;
use cordboard::switch::{Ask, Done, Refused};

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

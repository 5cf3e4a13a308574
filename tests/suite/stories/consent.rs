//! Customers are told that they are recorded before they are (B22).

use super::answers;
use super::callbacks::presses;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use cordboard::call::Target;
use cordboard::call::record::Role;
use cordboard::id::AgentId;
use cordboard::settings::{Account, Composition, Consent, Directions, Message};
use cordboard::switch::{Ask, Consultation, Done};
use std::time::Duration;

/// A message of three seconds, and a key that is waited for five more.
fn consent(refuse: Option<char>) -> impl FnOnce(&mut Account) {
    move |account| {
        account.queues[0].waiting.greeting = None;
        account.recording.consent = Some(Consent {
            message: Message::text("This call is recorded."),
            refuse,
            wait: Duration::from_secs(5),
        });
    }
}

/// Alice has an agent since a second.
fn just_connected(refuse: Option<char>) -> World {
    let mut w = World::with(consent(refuse));
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(2.2);
    w
}

fn file(w: &World, role: Role) -> &[i16] {
    let mut tracks = w.segments.iter().flat_map(|segment| &segment.tracks);
    let track = tracks.find(|track| track.role == role).expect("a track");
    &w.files[&track.recording].0
}

fn nothing_is_recorded(w: &World) {
    assert!(w.files.is_empty() && w.segments.is_empty());
}

#[test]
fn b22_both_hear_the_message_and_the_recording_begins_after_it() {
    let mut w = just_connected(None);
    assert_eq!(w.hears("alice"), ["consent"]);
    assert_eq!(w.hears("1001"), ["consent"], "the agent knows what goes on");
    nothing_is_recorded(&w);
    w.wait(4.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.hears("1001"), ["alice"]);
    w.wait(4.0).hangs_up("alice").wait(1.0);
    let (customer, agent) = (file(&w, Role::Customer), file(&w, Role::Agent));
    assert_eq!(customer.len(), agent.len(), "R113");
    let seconds = customer.len() as f64 / 8000.0;
    let talked = w.record().talked_ms as f64 / 1000.0;
    let before = talked - seconds;
    assert!((2.9..3.3).contains(&before), "{before} s were not recorded");
    assert_eq!(w.tones(customer), ["alice"], "from its first second");
    assert_eq!(w.tones(&customer[..8000]), ["alice"]);
    assert_eq!(w.tones(agent), ["1001"]);
    let told = w.segments[0].consented.expect("when they were told");
    assert!(told <= w.segments[0].began);
    let log = w.log();
    let asked = log.find("both hear that they are to be recorded");
    assert!(asked < log.find("the customer agrees"), "{log}");
    assert!(log.find("the customer agrees") < log.find("both are recorded, segment 1"));
}

#[test]
fn b22_who_says_no_while_the_message_is_heard_talks_at_once_and_is_not_recorded() {
    let mut w = just_connected(Some('9'));
    presses(&mut w, "alice", "1");
    assert_eq!(w.hears("alice"), ["consent"], "another key is no answer");
    presses(&mut w, "alice", "9");
    w.wait(1.2);
    assert_eq!(w.hears("alice"), ["1001"], "the message is over at once");
    assert_eq!(w.hears("1001"), ["alice"]);
    w.wait(10.0).hangs_up("alice").wait(1.0);
    nothing_is_recorded(&w);
    let log = w.log();
    assert!(log.contains("the customer is not recorded"), "{log}");
}

#[test]
fn b22_the_key_is_waited_for_after_the_message_while_they_talk() {
    let mut w = just_connected(Some('9'));
    w.wait(4.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    presses(&mut w, "alice", "9");
    w.wait(10.0).hangs_up("alice").wait(1.0);
    nothing_is_recorded(&w);

    let mut w = just_connected(Some('9'));
    w.wait(10.0);
    assert_eq!(w.segments.len(), 1, "five seconds after the message");
    presses(&mut w, "alice", "9");
    w.wait(2.0).hangs_up("alice").wait(1.0);
    let seconds = file(&w, Role::Customer).len() as f64 / 8000.0;
    let before = w.record().talked_ms as f64 / 1000.0 - seconds;
    assert!((7.9..8.4).contains(&before), "{before} s were not recorded");
}

#[test]
fn b22_what_they_have_said_holds_for_the_next_agent_of_the_call_too() {
    for (key, segments) in [("", 2), ("9", 0)] {
        let mut w = just_connected(Some('9'));
        presses(&mut w, "alice", key);
        w.wait(9.0);
        w.agent("1002", answers(1.0));
        let to = Target::Agent(AgentId(2));
        let agent = Some(AgentId(1));
        let call = w.record().id;
        let ask = Ask::Transfer {
            call,
            agent,
            to,
            from: None,
        };
        w.asks(ask).expect("passed on");
        w.wait(3.0);
        assert_eq!(w.hears("alice"), ["1002"], "nobody is told twice");
        w.wait(2.0).hangs_up("alice").wait(1.0);
        assert_eq!(w.segments.len(), segments, "{key:?}");
    }
}

#[test]
fn b22_who_is_passed_on_before_the_end_of_the_message_hears_it_again() {
    let mut w = just_connected(None);
    w.agent("1002", answers(1.0));
    let ask = Ask::Transfer {
        call: w.record().id,
        agent: Some(AgentId(1)),
        to: Target::Agent(AgentId(2)),
        from: None,
    };
    w.asks(ask).expect("passed on");
    w.wait(2.5);
    assert_eq!(w.hears("alice"), ["consent"]);
    nothing_is_recorded(&w);
    w.wait(4.0).hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1);
}

#[test]
fn b22_the_customer_of_a_call_out_is_told_when_they_answer() {
    let mut w = with_carriers(consent(None));
    w.carrier(ONE, &[(1.0, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "030555")
        .wait(2.5);
    assert_eq!(w.carrier_hears(ONE), ["consent"]);
    nothing_is_recorded(&w);
    w.wait(4.0);
    assert_eq!(w.carrier_hears(ONE), ["1001"]);
    w.hangs_up("1001").wait(1.0);
    assert_eq!(w.segments.len(), 1);
}

#[test]
fn b22_who_is_not_to_be_recorded_is_not_told() {
    for change in [
        (|account: &mut Account| account.agents[0].record_calls = false) as fn(&mut Account),
        |account| account.recording.enabled = false,
        |account| account.recording.direction = Directions::Outbound,
    ] {
        let mut w = World::with(|account| {
            consent(None)(account);
            change(account);
        });
        w.agent("1001", answers(1.0))
            .dials("alice", "100")
            .wait(2.5);
        assert_eq!(w.hears("alice"), ["1001"]);
        w.hangs_up("alice").wait(1.0);
        nothing_is_recorded(&w);
    }
}

#[test]
fn b22_who_hangs_up_in_the_message_leaves_no_file() {
    let mut w = just_connected(None);
    w.hangs_up("alice").wait(40.0);
    nothing_is_recorded(&w);
    assert!(w.is_at_rest() && w.conversations.len() == 1);
}

#[test]
fn b22_the_agent_s_hold_waits_for_the_message() {
    let mut w = just_connected(None);
    w.reinvites("1001", "inactive").wait(1.2);
    assert_eq!(w.hears("alice"), ["consent"], "not the music");
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.reinvites("1001", "sendrecv").wait(1.5);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1);
}

#[test]
fn r96_a_call_keeps_what_it_began_with_whatever_is_set_meanwhile() {
    let mut w = World::with(|account| account.recording.composition = Composition::Legs);
    w.dials("alice", "100").wait(5.0);
    w.settings(|account| {
        account.agents[0].record_calls = false;
        account.recording.composition = Composition::Unified;
        account.recording.enabled = false;
        consent(None)(account);
    });
    w.agent("1001", answers(1.0)).wait(4.0);
    assert_eq!(w.hears("alice"), ["1001"], "nobody was to be told");
    assert_eq!(w.segments.len(), 1, "recorded all the same");
    assert_eq!(w.segments[0].composition, Composition::Legs);
    w.hangs_up("alice").wait(15.0);
    w.dials("bob", "100").wait(4.0).hangs_up("bob").wait(1.0);
    assert_eq!(w.segments.len(), 1, "a new call is as it is set now");
}

#[test]
fn b22_where_the_message_is_gone_nothing_is_recorded() {
    let mut w = World::with(consent(None));
    w.dials("alice", "100").wait(3.0);
    w.settings(|account| account.recording.consent = None);
    w.agent("1001", answers(1.0)).wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.hangs_up("alice").wait(1.0);
    nothing_is_recorded(&w);
}

#[test]
fn b22_b2_who_agrees_while_the_agent_asks_somebody_is_recorded_once_they_are_back() {
    let mut w = just_connected(Some('9'));
    w.agent("1002", answers(0.5)).wait(3.0);
    let (call, agent) = (w.record().id, Some(AgentId(1)));
    let consult = Ask::Consult {
        agent,
        call,
        to: Target::Agent(AgentId(2)),
        from: None,
    };
    assert_eq!(w.asks(consult), Ok(Done::Plain));
    w.wait(7.0);
    assert!(w.log().contains("the customer agrees"));
    assert_eq!(w.hears("1001"), ["1002"]);
    nothing_is_recorded(&w);
    let what = Consultation::Cancel;
    let cancel = Ask::Consultation { agent, call, what };
    assert_eq!(w.asks(cancel), Ok(Done::Plain));
    w.wait(2.0).hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1);
    assert_eq!(w.tones(file(&w, Role::Customer)), ["alice"]);
    assert_eq!(
        w.tones(file(&w, Role::Agent)),
        ["1001"],
        "not what was asked"
    );
    let seconds = file(&w, Role::Customer).len() as f64 / 8000.0;
    assert!((1.8..2.3).contains(&seconds), "{seconds} s");
}

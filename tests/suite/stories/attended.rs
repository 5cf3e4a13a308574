//! What agents do with several calls of their phones: attended transfers by REFER with Replaces (RFC 3515,
//! RFC 5589 §7), and calls that go on at another phone by INVITE with Replaces (RFC 3891).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::Status;
use cordboard::call::Target;
use cordboard::call::record::{End, Outcome};
use cordboard::call::supervise::{Mode, Supervisor, Wish};
use cordboard::id::AgentId;
use cordboard::settings::Account;
use cordboard::switch::{Ask, Done, Refused};
use std::time::Duration;

const SECOND: &str = "second line";

/// Ada talks to Alice, and has a second line.
fn talking(script: &[(f64, Says)], change: impl FnOnce(&mut Account)) -> World {
    let mut w = with_carriers(|account| {
        account.wrap_up.enabled = false;
        change(account);
    });
    w.carrier(ONE, script)
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.phone("1001").habit = Habit::Ignores;
    line(&mut w, SECOND, "1001");
    w
}

/// Another phone of an agent.
fn line(w: &mut World, name: &str, user: &str) {
    let agent = w.account.agents.iter().find(|agent| agent.user == user);
    let password = agent.expect("an agent").password.0.clone();
    w.add(name, 5060).is_of(user, &password);
}

/// She holds Alice and calls this on the second line.
fn consulting(script: &[(f64, Says)], number: &str, seconds: f64) -> World {
    let mut w = talking(script, |_| {});
    calls(&mut w, number, seconds);
    w
}

fn calls(w: &mut World, number: &str, seconds: f64) {
    let number = number.to_owned();
    w.reinvites("1001", "sendonly")
        .act(SECOND, |now, phone| phone.dial(now, &number))
        .wait(seconds);
}

/// REFER in the call of the one phone, to that of the other.
fn attends(w: &mut World, phone: &str, other: &str, more: &str) {
    let replaces = w.phones[other].replaces();
    let to = format!("sip:030555@10.0.0.1?{replaces}{more}");
    w.act(phone, |now, phone| phone.refer(now, &to));
}

fn ends(w: &World) -> Vec<Option<End>> {
    w.conversations.values().map(|call| call.end).collect()
}

/// The second agent is with Alice and rung for nobody else; then free.
fn is_rung_again_only_after_her(w: &mut World) {
    let (agent, status) = (AgentId(1), Status::Offline);
    assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    w.dials("bob", "100").wait(4.0);
    assert_eq!(w.hears("bob"), ["music"]);
    w.hangs_up("alice").wait(2.5);
    assert_eq!(w.hears("bob"), ["1002"]);
    w.hangs_up("bob").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn an_attended_refer_lets_the_two_talk_to_each_other() {
    for (phone, other) in [("1001", SECOND), (SECOND, "1001")] {
        let mut w = consulting(&[(0.5, Says::Answer)], "030555", 2.0);
        assert_eq!(w.hears("alice"), ["music"]);
        assert_eq!(w.carrier_hears(ONE), [SECOND]);
        attends(&mut w, phone, other, "");
        w.wait(1.0);
        assert_eq!(w.hears("alice"), [ONE], "{phone}");
        assert_eq!(w.carrier_hears(ONE), ["alice"]);
        assert_eq!(w.phones[phone].news, [202, 100, 200]);
        for line in ["1001", SECOND] {
            assert!(!w.phones[line].has_dialog(), "{line}");
        }
        assert_eq!(ends(&w), [None, Some(End::Joined)]);
        w.wait(5.0).hangs_up("alice").wait(1.0);
        assert_eq!(w.carriers[ONE].requests, ["BYE"]);
        let first = w.conversations.values().next().expect("Alice's");
        assert_eq!(first.transfers[0].outcome, Some(Outcome::Taken));
        assert_eq!(first.end, Some(End::CustomerHungUp));
        // R97: what they say to each other is nobody's business.
        for (samples, ended) in w.files.values() {
            assert!(*ended && samples.len() < 5 * 8000, "{}", samples.len());
        }
        w.wait(80.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn an_attended_refer_before_the_answer_lets_it_ring_for_the_customer() {
    let mut w = consulting(&[(0.5, Says::Ringing), (4.0, Says::Answer)], "030555", 2.0);
    attends(&mut w, "1001", SECOND, "");
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["transfer message"]);
    assert_eq!(w.carriers[ONE].invites.len(), 1, "it goes on ringing");
    assert!(w.carriers[ONE].requests.is_empty());
    w.wait(3.0);
    assert_eq!(w.hears("alice"), [ONE]);
    assert_eq!(w.phones["1001"].news, [202, 100, 200]);
    assert!(!w.phones[SECOND].has_dialog());
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn f16_in_vain_the_customer_is_back_and_the_phone_is_told() {
    let mut w = consulting(
        &[(0.5, Says::Ringing), (4.0, Says::Refuse(486))],
        "030555",
        2.0,
    );
    attends(&mut w, "1001", SECOND, "");
    w.wait(6.0);
    assert_eq!(w.phones["1001"].news, [202, 100, 486]);
    assert_eq!(w.hears("alice"), ["music"]);
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn r90_a_colleague_who_was_asked_has_the_customer_and_a_segment_of_their_own() {
    for seconds in [3.0, 0.5] {
        let mut w = talking(&[], |_| {});
        w.agent("1002", answers(1.0));
        calls(&mut w, "1002", seconds);
        attends(&mut w, "1001", SECOND, "");
        w.wait(3.0);
        assert_eq!(w.hears("alice"), ["1002"], "{seconds}\n{}", w.log());
        assert_eq!(w.hears("1002"), ["alice"]);
        assert_eq!(w.phones["1001"].news.last(), Some(&200));
        let segments: Vec<_> = w.segments.iter().map(|each| each.agent.id).collect();
        assert_eq!(segments, [AgentId(1), AgentId(2)]);
        assert_eq!(w.files.len(), 4);
        is_rung_again_only_after_her(&mut w);
    }
}

#[test]
fn b2_r90_an_agent_reached_through_a_queue_has_the_customer_and_a_segment_of_their_own() {
    for (phone, other) in [("1001", SECOND), (SECOND, "1001")] {
        let mut w = talking(&[], |_| {});
        w.agent("1002", answers(1.0));
        calls(&mut w, "100", 4.0);
        assert_eq!(w.hears("1002"), [SECOND], "{}", w.log());
        assert_eq!(w.hears("alice"), ["music"]);
        attends(&mut w, phone, other, "");
        w.wait(1.0);
        assert_eq!(w.hears("alice"), ["1002"], "{phone}\n{}", w.log());
        assert_eq!(w.hears("1002"), ["alice"]);
        assert_eq!(w.phones[phone].news, [202, 100, 200]);
        for line in ["1001", SECOND] {
            assert!(!w.phones[line].has_dialog(), "{line}");
        }
        assert_eq!(ends(&w), [None, Some(End::Joined)]);
        let first = w.conversations.values().next().expect("Alice's");
        assert_eq!(first.transfers[0].outcome, Some(Outcome::Taken));
        assert_eq!(first.agent.as_ref().map(|agent| agent.id), Some(AgentId(2)));
        let (last, before) = w.segments.split_last().expect("segments");
        assert_eq!((last.call, last.number), (first.id, 2));
        assert_eq!(last.agent.id, AgentId(2));
        let tracks = before.iter().flat_map(|each| &each.tracks);
        for track in tracks {
            assert!(w.files[&track.recording].1, "what was before has ended");
        }
        is_rung_again_only_after_her(&mut w);
    }
}

#[test]
fn b26_who_waits_in_a_queue_themselves_passes_nobody_on_who_is_not_theirs() {
    let mut w = talking(&[], |_| {});
    w.agent("1002", answers(1.0));
    calls(&mut w, "100", 4.0);
    assert_eq!(w.hears("1002"), [SECOND]);
    w.act(SECOND, |now, phone| {
        phone.refer(now, "sip:+4930555@10.0.0.1")
    })
    .wait(0.5);
    assert_eq!(w.phones[SECOND].news, [603]);
    let call = *w.conversations.keys().last().expect("hers");
    let (agent, from) = (Some(AgentId(1)), None);
    let to = Target::Number("+4930555".into());
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    assert_eq!(w.asks(transfer), Err(Refused::NotTheirs(call)));
    assert_eq!(w.hears("1002"), [SECOND], "nothing has changed");
}

#[test]
fn a_colleague_at_a_desk_keeps_their_sound() {
    let mut w = talking(&[], |_| {});
    w.desk("ben", 2, Picks::Up(Duration::from_millis(500)));
    calls(&mut w, "1002", 2.0);
    assert_eq!(w.page_hears("ben"), [SECOND]);
    let before = w.pages["ben"].call()["call"].clone();
    attends(&mut w, "1001", SECOND, "");
    w.wait(1.0);
    assert_eq!(w.page_hears("ben"), ["alice"]);
    assert_eq!(w.hears("alice"), ["ben"]);
    let calls = w.pages["ben"].calls.values();
    let mut calls = calls.filter(|call| call["instead_of"] == before);
    let now = calls.next().expect("it is told which call it is now");
    assert_eq!(
        (&now["state"], &now["with"]["name"]),
        (&"talking".into(), &"alice".into())
    );
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn an_attended_refer_to_a_queue_sends_the_customer_there() {
    let mut w = consulting(&[], "100", 2.0);
    attends(&mut w, "1001", SECOND, "");
    w.wait(1.0);
    assert!(!w.phones[SECOND].has_dialog());
    assert_eq!(w.phones["1001"].news, [202, 100, 200]);
    w.phone("1001").habit = Habit::Declines(486);
    w.agent("1002", answers(0.2)).wait(40.0);
    assert_eq!(w.hears("alice"), ["1002"], "{}", w.log());
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn b26_what_is_not_theirs_is_as_good_as_none() {
    let mut w = consulting(&[(0.5, Says::Answer)], "030555", 2.0);
    w.agent("1002", answers(0.2)).dials("bob", "100").wait(1.0);
    assert_eq!(w.hears("bob"), ["1002"]);
    let theirs = ["1002", "bob", "alice", "1001"].map(|phone| w.phones[phone].replaces());
    let own = w.phones[SECOND].replaces();
    let wrong = [
        own.replace("from-tag%3D", "from-tag%3Dx"),
        own.replace("to-tag%3D", "to-tag%3Dx"),
        "Replaces=nobody%40home%3Bto-tag%3D1%3Bfrom-tag%3D2".to_owned(),
    ];
    for replaces in theirs.iter().chain(&wrong) {
        let to = format!("sip:030555@10.0.0.1?{replaces}");
        w.act("1001", |now, phone| phone.refer(now, &to)).wait(0.2);
        assert_eq!(w.phones["1001"].news.last(), Some(&481), "{replaces}");
    }
    attends(&mut w, "1001", SECOND, "%3Bearly-only");
    w.wait(0.2);
    assert_eq!(w.phones["1001"].news.last(), Some(&486), "RFC 3891 §3");
    w.wait(0.5);
    assert_eq!(w.hears("alice"), ["music"], "nothing has changed");
    assert_eq!(w.carrier_hears(ONE), [SECOND]);
}

#[test]
fn r127_the_rules_of_the_button_are_those_of_the_key() {
    let mut w = consulting(&[(0.5, Says::Answer)], "030555", 2.0);
    w.settings(|account| account.transfer.allow_unlisted_numbers = false);
    attends(&mut w, "1001", SECOND, "");
    w.wait(0.5);
    assert_eq!(w.phones["1001"].news, [403]);
    assert_eq!(w.carrier_hears(ONE), [SECOND]);
}

/// The phone calls with a Replaces for the call of another one.
fn takes(w: &mut World, phone: &str, other: &str, more: &str) {
    let replaces = w.phones[other].replaces();
    w.act(phone, |now, phone| phone.dial_instead(now, &replaces, more));
}

#[test]
fn rfc_3891_a_call_goes_on_at_another_phone_of_the_agent() {
    let mut w = talking(&[], |_| {});
    takes(&mut w, SECOND, "1001", "");
    w.wait(1.0);
    assert_eq!(w.hears("alice"), [SECOND]);
    assert_eq!(w.hears(SECOND), ["alice"]);
    assert!(!w.phones["1001"].has_dialog(), "the other one is hung up");
    assert_eq!(w.segments.len(), 2, "each phone has its files");
    w.wait(2.0).hangs_up(SECOND).wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    let seconds = |at: usize| {
        let track = &w.segments[at].tracks[0];
        w.files[&track.recording].0.len() as f64 / 8000.0
    };
    assert!((2.8..3.2).contains(&seconds(1)), "{}", seconds(1));
    assert!(w.files.values().all(|(_, ended)| *ended));
    assert_eq!(w.files.len(), 4);
    w.wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn rfc_3891_a_phone_that_rings_is_answered_at_another_one() {
    let mut w = talking(&[], |_| {});
    w.hangs_up("alice").wait(2.0).dials("bob", "100").wait(4.0);
    assert!(w.phones["1001"].has_dialog(), "it rings");
    takes(&mut w, SECOND, "1001", ";early-only");
    w.wait(1.0);
    assert_eq!(w.hears("bob"), [SECOND]);
    assert!(!w.phones["1001"].has_dialog());
    // By now it is confirmed.
    line(&mut w, "third line", "1001");
    takes(&mut w, "third line", SECOND, ";early-only");
    w.wait(1.0);
    assert_eq!(w.phones["third line"].finals, [486]);
    w.hangs_up("bob").wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn rfc_3891_nobody_takes_the_call_of_another_agent() {
    let mut w = talking(&[], |_| {});
    line(&mut w, "ben", "1002");
    takes(&mut w, "ben", "1001", "");
    w.wait(1.0);
    assert_eq!(w.phones["ben"].finals, [481]);
    takes(&mut w, "ben", "alice", "");
    w.wait(1.0);
    assert_eq!(w.phones["ben"].finals, [481, 481]);
    takes(&mut w, SECOND, "alice", "");
    w.wait(1.0);
    assert_eq!(w.phones[SECOND].finals, [481], "nor that of the customer");
    assert_eq!(w.hears("alice"), ["1001"]);
}

#[test]
fn b1_b10_rfc_3891_who_supervises_does_so_still_and_what_was_silence_stays_so() {
    let mut w = talking(&[], |_| {});
    w.agent("1002", answers(0.2));
    let (call, agent) = (w.record().id, Some(AgentId(1)));
    let by = Supervisor {
        name: "user ben".to_owned(),
        user: None,
        agent: Some(AgentId(2)),
        sees: None,
    };
    let wish = Wish::Be(Mode::Whisper);
    assert_eq!(w.asks(Ask::Supervise { call, by, wish }), Ok(Done::Plain));
    w.wait(1.0);
    let on = true;
    assert_eq!(w.asks(Ask::Mask { agent, call, on }), Ok(Done::Plain));
    w.wait(1.0);
    takes(&mut w, SECOND, "1001", "");
    w.wait(1.0);
    let mut hears = w.hears(SECOND);
    hears.sort_unstable();
    assert_eq!(hears, ["1002", "alice"], "the whisper is for the agent");
    assert_eq!(w.hears("alice"), [SECOND], "and for nobody else");
    let view = w.switch.view(w.now).supervisors;
    assert_eq!(
        (view.len(), view[0].wish, view[0].answered),
        (1, wish, true)
    );
    assert_eq!(w.segments.len(), 2);
    w.wait(1.0).hangs_up("alice").wait(1.0);
    for track in &w.segments[1].tracks {
        let (samples, ended) = &w.files[&track.recording];
        assert!(*ended && samples.len() > 12_000, "its time goes on");
        assert_eq!(
            w.tones(samples),
            [""; 0],
            "{:?} is not to be heard",
            track.role
        );
    }
    w.wait(80.0);
    assert!(w.is_at_rest());
}

#[test]
fn b18_a_colleague_whose_browser_is_lost_just_now_is_missed_by_the_customer_too() {
    let mut w = talking(&[], |_| {});
    w.desk("ben", 2, Picks::Up(Duration::from_millis(500)));
    calls(&mut w, "1002", 2.0);
    w.loses_page("ben").wait(1.0);
    attends(&mut w, "1001", SECOND, "");
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["music"], "not silence\n{}", w.log());
    w.comes_back("ben").wait(1.0);
    assert_eq!(w.hears("alice"), ["ben"]);
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

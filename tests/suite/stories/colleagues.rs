//! Agents call each other, and ask each other before they pass a customer on (B2, B3).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::{AgentState, Status};
use cordboard::call::Target;
use cordboard::call::record::{Destination, End, Outcome};
use cordboard::id::{AgentId, CallId};
use cordboard::switch::{Ask, Consultation, Done, Refused};
use serde_json::{Value, json};
use std::time::Duration;

const ADA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);

fn state(w: &World, agent: AgentId) -> AgentState {
    let view = w.switch.view(w.now);
    let agent = view.agents.iter().find(|each| each.id == agent);
    agent.expect("an agent").state
}

fn is_free(w: &World, agent: AgentId) -> bool {
    matches!(state(w, agent), AgentState::Available { .. })
}

/// Ada has Alice.
fn talking() -> (World, CallId) {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let call = w.record().id;
    w.phone("1001").habit = Habit::Ignores;
    (w, call)
}

fn consult(call: CallId) -> Ask {
    Ask::Consult {
        agent: Some(ADA),
        call,
        to: Target::Agent(BEN),
        from: None,
    }
}

#[track_caller]
fn wants(w: &mut World, call: CallId, what: Consultation) {
    let agent = Some(ADA);
    let asked = w.asks(Ask::Consultation { agent, call, what });
    assert_eq!(asked, Ok(Done::Plain));
    w.wait(1.0);
}

fn ears(w: &World) -> [Vec<&'static str>; 3] {
    ["alice", "1001", "1002"].map(|phone| w.hears(phone))
}

/// The seconds of each file, in the order of the segments.
fn seconds(w: &World) -> Vec<f64> {
    let tracks = w.segments.iter().flat_map(|segment| &segment.tracks);
    tracks
        .map(|track| {
            let (samples, ended) = &w.files[&track.recording];
            assert!(ended, "it is over");
            (samples.len() as f64 / 800.0).round() / 10.0
        })
        .collect()
}

#[test]
fn b2_a_colleague_is_asked_and_has_the_customer_then() {
    let (mut w, call) = talking();
    w.agent("1002", answers(2.0));
    assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(ears(&w), [vec!["music"], vec!["ring back"], vec![]]);
    assert!(!is_free(&w, BEN), "nobody else rings him");
    let from = w.phones["1002"].rung().expect("an INVITE").field("From");
    assert!(from.contains("1001"), "he sees who asks: {from}");
    w.wait(2.0);
    assert_eq!(ears(&w), [vec!["music"], vec!["1002"], vec!["1001"]]);
    wants(&mut w, call, Consultation::Swap);
    assert_eq!(ears(&w), [vec!["1001"], vec!["alice"], vec!["music"]]);
    wants(&mut w, call, Consultation::Swap);
    wants(&mut w, call, Consultation::Complete);
    assert_eq!(ears(&w)[0], ["1002"]);
    assert_eq!(ears(&w)[2], ["alice"]);
    assert!(!w.phones["1001"].has_dialog());
    assert!(matches!(state(&w, BEN), AgentState::Talking { call: with } if with == call));
    assert!(is_free(&w, ADA));
    w.hangs_up("1002").wait(1.0);
    let record = w.record();
    assert_eq!(record.end, Some(End::AgentHungUp));
    assert_eq!(record.agent.as_ref().map(|agent| agent.id), Some(BEN));
    let transfer = &record.transfers[0];
    assert!(matches!(&transfer.to, Destination::Agent(to) if to.id == BEN));
    assert_eq!(transfer.outcome, Some(Outcome::Taken));
    assert!(is_free(&w, BEN));
    // Three segments with the customer in them, of two files each: before, between the swaps, with Ben.
    let agents: Vec<_> = w.segments.iter().map(|segment| segment.agent.id).collect();
    assert_eq!(agents, [ADA, ADA, BEN]);
    let talked = seconds(&w);
    assert_eq!(talked[2..4], [1.0, 1.0], "between the swaps: {talked:?}");
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn b3_all_three_talk_and_the_colleague_goes_again() {
    let (mut w, call) = talking();
    w.agent("1002", answers(0.5));
    assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
    w.wait(1.5);
    wants(&mut w, call, Consultation::Join);
    let [alice, ada, ben] = ears(&w);
    assert!(
        alice.contains(&"1001") && alice.contains(&"1002"),
        "{alice:?}"
    );
    assert!(ada.contains(&"alice") && ada.contains(&"1002"), "{ada:?}");
    assert!(ben.contains(&"alice") && ben.contains(&"1001"), "{ben:?}");
    w.hangs_up("1002").wait(1.0);
    assert_eq!(ears(&w)[..2], [vec!["1001"], vec!["alice"]]);
    assert!(is_free(&w, BEN));
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn a_colleague_who_declines_or_does_not_answer_leaves_things_as_they_were() {
    for habit in [Habit::Declines(486), Habit::Ignores] {
        let (mut w, call) = talking();
        w.settings(|account| account.timeouts.agent = Duration::from_secs(4));
        w.agent("1002", habit);
        assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
        w.wait(6.0);
        assert_eq!(ears(&w)[..2], [vec!["1001"], vec!["alice"]], "{habit:?}");
        assert!(is_free(&w, BEN), "{habit:?}");
        assert!(!w.phones["1002"].has_dialog());
        assert_eq!(w.segments.len(), 2, "it is recorded again");
        w.hangs_up("alice").wait(40.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn who_hangs_up_meanwhile_frees_the_colleague() {
    for who in ["alice", "1001"] {
        for after in [0.2, 3.0] {
            let (mut w, call) = talking();
            w.agent("1002", answers(1.0));
            assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
            w.wait(after).hangs_up(who).wait(2.0);
            assert!(!w.phones["1002"].has_dialog(), "{who}, {after}");
            assert!(is_free(&w, BEN), "{who}, {after}");
            w.wait(40.0);
            assert!(w.is_at_rest());
        }
    }
}

#[test]
fn r20_who_cannot_be_asked_is_said_so() {
    let (mut w, call) = talking();
    let busy = |agent| Err(Refused::AgentBusy(agent));
    assert_eq!(w.asks(consult(call)), busy(BEN), "no phone");
    w.agent("1002", answers(0.5)).dials("bob", "100").wait(2.0);
    assert_eq!(w.asks(consult(call)), busy(BEN), "he talks");
    let own = Ask::Consult {
        agent: Some(ADA),
        call,
        to: Target::Agent(ADA),
        from: None,
    };
    assert_eq!(w.asks(own), busy(ADA));
    w.settings(|account| {
        account.wrap_up.enabled = true;
        account.not_ready = vec!["Break".into()];
    });
    w.hangs_up("bob").wait(1.0);
    assert_eq!(w.asks(consult(call)), busy(BEN), "after-call work");
    w.wait(30.0);
    // Who is not ready for customers may have an answer for a colleague.
    let (agent, status) = (BEN, Status::NotReady(0));
    assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
    w.wait(2.0);
    wants(&mut w, call, Consultation::Complete);
    assert_eq!(w.hears("alice"), ["1002"]);
    w.hangs_up("alice").wait(30.0);
    assert!(matches!(state(&w, BEN), AgentState::NotReady { .. }));
}

#[test]
fn an_agent_calls_another_by_phone() {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.agent("1001", answers(0.5))
        .agent("1002", answers(2.0))
        .calls_out("1001", "1002")
        .wait(1.0);
    assert!(!is_free(&w, ADA) && !is_free(&w, BEN));
    w.wait(2.0);
    assert_eq!(w.hears("1001"), ["1002"]);
    assert_eq!(w.hears("1002"), ["1001"]);
    let call = w.record().id;
    let agent = Some(ADA);
    let (to, from) = (Target::Agent(BEN), None);
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    assert_eq!(w.asks(transfer), Err(Refused::NoCustomer(call)));
    // Either holds the other, and nobody is recorded.
    let (agent, on) = (Some(BEN), true);
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(0.5);
    assert_eq!((w.hears("1001"), w.hears("1002")), (vec!["music"], vec![]));
    let (agent, on) = (Some(BEN), false);
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(0.5).reinvites("1001", "sendonly").wait(0.5);
    assert_eq!(w.hears("1002"), ["music"]);
    assert!(w.segments.is_empty());
    w.hangs_up("1002").wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert!(is_free(&w, ADA) && is_free(&w, BEN));
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn an_agent_who_is_called_in_vain_says_why() {
    let mut w = with_carriers(|_| {});
    w.agent("1001", answers(0.5));
    w.calls_out("1001", "1002").wait(1.0);
    assert_eq!(w.phones["1001"].finals, [486], "no phone of his");
    w.agent("1002", Habit::Declines(603));
    w.calls_out("1001", "1002").wait(1.0);
    assert_eq!(w.phones["1001"].finals.len(), 2);
    w.calls_out("1001", "1001").wait(1.0);
    assert_eq!(w.phones["1001"].finals.len(), 3, "oneself");
    assert!(is_free(&w, BEN));
    // Nobody calls an agent from outside by that.
    w.dials("mallory", "1002").wait(1.0);
    assert_ne!(w.hears("mallory"), ["1002"]);
}

#[test]
fn at_desks_too() {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.desk("ada", 1, Picks::Nothing)
        .desk("ben", 2, Picks::Up(Duration::from_secs(2)))
        .wait(0.5);
    let sdp = w.page("ada").browser.offer();
    let call = json!({ "type": "call", "sdp": sdp, "agent": 2 });
    w.says("ada", &call).wait(1.0);
    assert_eq!(w.page_hears("ada"), ["ring back"]);
    let rings = w.pages["ben"].call();
    assert_eq!(rings["state"], "ringing");
    assert_eq!(rings["with"]["name"], "Ada");
    assert!(rings["rings_ms"].as_u64() > Some(25_000), "{rings}");
    w.wait(3.0);
    assert_eq!(w.page_hears("ada"), ["ben"]);
    assert_eq!(w.page_hears("ben"), ["ada"]);
    assert_eq!(w.pages["ada"].call()["with"]["name"], "Ben");
    w.page_does("ben", json!({ "type": "hang_up" })).wait(1.0);
    assert!(w.pages["ada"].states().is_empty());
    assert!(is_free(&w, ADA) && is_free(&w, BEN));
}

#[test]
fn b2_a_desk_asks_a_desk_and_each_is_told_how_it_stands() {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.desk("ada", 1, Picks::Up(Duration::from_millis(500)))
        .dials("alice", "100")
        .wait(3.0)
        .desk("ben", 2, Picks::Up(Duration::from_secs(1)))
        .wait(0.5);
    let consult = |w: &World| w.pages["ada"].call()["consult"].clone();
    assert_eq!(consult(&w), Value::Null);
    let says = |w: &mut World, what: Value, seconds: f64| {
        w.page_does("ada", what).wait(seconds);
    };
    says(
        &mut w,
        json!({ "type": "consult", "to": { "agent": 2 } }),
        0.5,
    );
    assert_eq!(
        consult(&w),
        json!({ "who": { "name": "Ben" }, "with": "dialling" })
    );
    w.wait(2.0);
    assert_eq!(consult(&w)["with"], "asked");
    assert_eq!(w.page_hears("ada"), ["ben"]);
    assert_eq!(w.pages["ben"].call()["with"]["name"], "Ada");
    let to = |what: &str| json!({ "type": "consultation", "what": what });
    says(&mut w, to("swap"), 1.0);
    assert_eq!(consult(&w)["with"], "customer");
    assert_eq!(w.pages["ben"].call()["state"], "held");
    says(&mut w, to("join"), 1.0);
    assert_eq!(consult(&w)["with"], "all");
    says(&mut w, to("complete"), 1.0);
    assert_eq!(w.pages["ada"].overs, ["passed_on"]);
    assert_eq!(w.page_hears("ben"), ["alice"]);
    assert_eq!(w.hears("alice"), ["ben"]);
    assert_eq!(w.pages["ben"].call()["with"]["name"], "alice");
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
    says(&mut w, to("cancel"), 0.1);
    assert_eq!(w.pages["ada"].trouble(), Some("no_such_call"));
}

#[test]
fn a_desk_that_is_asked_may_reject_or_be_let_go() {
    for rejects in [true, false] {
        let (mut w, call) = talking();
        w.desk("ben", 2, Picks::Nothing).wait(0.5);
        assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
        w.wait(1.0);
        if rejects {
            w.page_does("ben", json!({ "type": "reject" })).wait(1.0);
            assert_eq!(w.pages["ben"].overs, ["declined"]);
        } else {
            wants(&mut w, call, Consultation::Cancel);
            assert_eq!(w.pages["ben"].overs, ["caller_gone"]);
        }
        assert_eq!(ears_of_two(&w), [vec!["1001"], vec!["alice"]]);
        assert!(is_free(&w, BEN));
        w.hangs_up("alice").wait(40.0);
        assert!(w.is_at_rest());
    }
}

fn ears_of_two(w: &World) -> [Vec<&'static str>; 2] {
    ["alice", "1001"].map(|phone| w.hears(phone))
}

//! An agent asks somebody, outside or in a queue, before they pass the customer on, or lets all three talk (B2, B3).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::AgentState;
use cordboard::call::Target;
use cordboard::call::record::{Destination, End, Outcome};
use cordboard::id::{AgentId, CallId, HoursId, QueueId};
use cordboard::settings::{Codes, Hours};
use cordboard::switch::{Ask, Consultation, Done, Refused};
use serde_json::json;
use std::time::Duration;

const AGENT: Option<AgentId> = Some(AgentId(1));

/// Ada has Alice, and asks a number that the first carrier answers like this.
fn asks(script: &[(f64, Says)]) -> (World, CallId) {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, script)
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    let call = w.record().id;
    assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
    (w, call)
}

fn consult(call: CallId) -> Ask {
    Ask::Consult {
        agent: AGENT,
        call,
        to: Target::Number("+4930555".into()),
        from: None,
    }
}

#[track_caller]
fn wants(w: &mut World, call: CallId, what: Consultation) {
    let agent = AGENT;
    let asked = w.asks(Ask::Consultation { agent, call, what });
    assert_eq!(asked, Ok(Done::Plain));
    w.wait(1.0);
}

/// What Alice, Ada and the one who is asked hear.
fn ears(w: &World) -> [Vec<&'static str>; 3] {
    [w.hears("alice"), w.hears("1001"), w.carrier_hears(ONE)]
}

#[test]
fn b2_the_agent_asks_goes_back_and_forth_and_leaves() {
    let (mut w, call) = asks(&[(1.0, Says::Ringing), (3.0, Says::Answer)]);
    w.wait(2.0);
    assert_eq!(ears(&w), [vec!["music"], vec!["ring back"], vec![]]);
    w.wait(2.0);
    assert_eq!(ears(&w), [vec!["music"], vec![ONE], vec!["1001"]]);
    wants(&mut w, call, Consultation::Swap);
    assert_eq!(ears(&w), [vec!["1001"], vec!["alice"], vec!["music"]]);
    wants(&mut w, call, Consultation::Swap);
    assert_eq!(ears(&w), [vec!["music"], vec![ONE], vec!["1001"]]);
    wants(&mut w, call, Consultation::Complete);
    assert_eq!(w.hears("alice"), [ONE]);
    assert_eq!(w.carrier_hears(ONE), ["alice"]);
    assert!(!w.phones["1001"].has_dialog());
    let transfer = &w.record().transfers[0];
    assert_eq!(transfer.to, Destination::Number("+4930555".into()));
    assert_eq!(transfer.outcome, Some(Outcome::Taken));
    // Each stretch with the customer is a segment, and nothing else is in it.
    assert_eq!(w.segments.len(), 2);
    assert!(w.files.values().all(|(_, ended)| *ended));
    w.hangs_up("alice").wait(40.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    assert!(w.is_at_rest());
}

#[test]
fn b3_all_three_talk_and_each_hears_both_others() {
    let (mut w, call) = asks(&[(0.5, Says::Answer)]);
    w.wait(1.0);
    wants(&mut w, call, Consultation::Join);
    let [alice, ada, outside] = ears(&w);
    assert_eq!((alice.len(), ada.len(), outside.len()), (2, 2, 2));
    assert!(alice.contains(&"1001") && alice.contains(&ONE));
    assert!(ada.contains(&"alice") && ada.contains(&ONE));
    assert!(outside.contains(&"alice") && outside.contains(&"1001"));
    wants(&mut w, call, Consultation::Cancel);
    assert_eq!(ears(&w)[..2], [vec!["1001"], vec!["alice"]]);
    assert_eq!(w.carriers[ONE].requests, ["BYE"]);
    assert_eq!(w.segments.len(), 2, "it went on being recorded");
    w.hangs_up("1001").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn b2_in_vain_the_two_talk_again_and_are_recorded() {
    let (mut w, call) = asks(&[(1.0, Says::Refuse(486))]);
    let too_soon = Ask::Consultation {
        agent: AGENT,
        call,
        what: Consultation::Complete,
    };
    assert_eq!(w.asks(too_soon), Err(Refused::NobodyAsked(call)));
    let agent = AGENT;
    let (to, from) = (Target::Queue(QueueId(1)), None);
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    assert_eq!(w.asks(transfer), Err(Refused::Consulting(call)));
    w.wait(2.0);
    assert_eq!(ears(&w)[..2], [vec!["1001"], vec!["alice"]]);
    assert_eq!(w.segments.len(), 2);
    assert_eq!(w.record().attempts[0].status, Some(486));
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn who_hangs_up_while_somebody_is_asked_leaves_nothing_behind() {
    for who in ["alice", "1001"] {
        for script in [(0.2, Says::Ringing), (0.2, Says::Answer)] {
            let (mut w, _) = asks(&[script]);
            w.wait(1.0).hangs_up(who).wait(40.0);
            assert!(w.is_at_rest(), "{who}, {script:?}");
            assert!(!w.phones["alice"].has_dialog());
        }
    }
}

#[test]
fn b2_r123_who_is_on_hold_stays_so_and_the_agent_hears_who_is_asked() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.5, Says::Answer)])
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    let call = w.record().id;
    let (agent, on) = (AGENT, true);
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    assert_eq!(w.asks(consult(call)), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(ears(&w), [vec!["music"], vec![ONE], vec!["1001"]]);
    wants(&mut w, call, Consultation::Swap);
    assert_eq!(ears(&w), [vec!["music"], vec![], vec!["music"]]);
    wants(&mut w, call, Consultation::Join);
    assert_eq!(ears(&w), [vec!["music"], vec![ONE], vec!["1001"]]);
    let on = false;
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(ears(&w).map(|heard| heard.len()), [2, 2, 2]);
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

/// What is heard in the file of the customer in a segment, between these seconds of it.
fn recorded(w: &World, segment: usize, from: f64, to: f64) -> Vec<&'static str> {
    let track = &w.segments[segment].tracks[0];
    let samples = &w.files[&track.recording].0;
    let at = |seconds: f64| ((seconds * 8000.0) as usize).min(samples.len());
    w.tones(&samples[at(from)..at(to)])
}

#[test]
fn b10_what_is_masked_stays_so_whoever_is_asked_and_however_many_talk() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.5, Says::Answer)])
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.5))
        .agent("1002", answers(0.5))
        .dials("alice", "100")
        .wait(3.0);
    let call = w.record().id;
    let agent = w.switch.view(w.now).running[0].agent.clone();
    let agent = agent.map(|agent| agent.id);
    let (mask, hold) = (
        |on| Ask::Mask { agent, call, on },
        |on| Ask::Hold { agent, call, on },
    );
    assert_eq!(w.asks(mask(true)), Ok(Done::Plain));
    for on in [true, false] {
        assert_eq!(w.asks(hold(on)), Ok(Done::Plain));
        w.wait(1.0);
    }
    let consult = Ask::Consult {
        agent,
        call,
        to: Target::Number("+4930555".into()),
        from: None,
    };
    assert_eq!(w.asks(consult), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(w.asks(mask(true)), Err(Refused::NotRecorded(call)));
    for what in [Consultation::Swap, Consultation::Join, Consultation::Cancel] {
        let asked = w.asks(Ask::Consultation { agent, call, what });
        assert_eq!(asked, Ok(Done::Plain));
        w.wait(1.0);
    }
    assert!(w.switch.view(w.now).running[0].masked);
    assert_eq!(w.asks(mask(false)), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.segments.len(), 2);
    assert_eq!(recorded(&w, 0, 0.2, 0.8), ["alice"]);
    let seconds = w.files[&w.segments[0].tracks[0].recording].0.len() as f64 / 8000.0;
    assert_eq!(recorded(&w, 0, seconds - 1.9, seconds), [""; 0]);
    assert_eq!(recorded(&w, 1, 0.0, 2.9), [""; 0]);
    assert_eq!(recorded(&w, 1, 3.2, 3.9), ["alice"], "the time goes on");
    // What was not for one agent's recording is nothing to the next.
    assert_eq!(w.asks(mask(true)), Ok(Done::Plain));
    let other = if agent == Some(AgentId(1)) { 2 } else { 1 };
    let (to, from) = (Target::Agent(AgentId(other)), None);
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    assert_eq!(w.asks(transfer), Ok(Done::Plain));
    w.wait(3.0);
    assert_eq!(w.segments.len(), 3);
    assert_eq!(recorded(&w, 2, 0.2, 1.0), ["alice"]);
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

/// Ada has Alice, and asks in the queue; Ben has a phone, and nobody else is there.
fn asks_in_queue(ben: Habit) -> (World, CallId) {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.agent("1001", answers(0.5))
        .dials("alice", "100")
        .wait(2.0);
    w.agent("1002", ben).wait(0.5);
    let call = w.record().id;
    assert_eq!(w.asks(in_queue(call, 1)), Ok(Done::Plain));
    (w, call)
}

fn in_queue(call: CallId, queue: u32) -> Ask {
    Ask::Consult {
        agent: AGENT,
        call,
        to: Target::Queue(QueueId(queue)),
        from: None,
    }
}

/// What the floor says of Ben.
fn ben(w: &World) -> AgentState {
    let agents = w.switch.view(w.now).agents;
    let ben = agents.iter().find(|agent| agent.id == AgentId(2));
    ben.expect("Ben").state
}

#[test]
fn b2_r90_whoever_answers_in_a_queue_is_asked_and_has_the_customer() {
    let (mut w, call) = asks_in_queue(answers(2.0));
    w.wait(1.0);
    let both = |w: &World| ["alice", "1001"].map(|who| w.hears(who));
    assert_eq!(both(&w), [vec!["music"], vec!["music"]]);
    let rung = ben(&w);
    assert!(
        matches!(rung, AgentState::Offered { call: theirs, .. } if theirs == call),
        "{rung:?}"
    );
    let (agent, what) = (AGENT, Consultation::Complete);
    let too_soon = Ask::Consultation { agent, call, what };
    assert_eq!(w.asks(too_soon), Err(Refused::NobodyAsked(call)));
    assert_eq!(w.asks(in_queue(call, 1)), Err(Refused::Consulting(call)));
    w.wait(2.0);
    let three = |w: &World| ["alice", "1001", "1002"].map(|who| w.hears(who));
    assert_eq!(three(&w), [vec!["music"], vec!["1002"], vec!["1001"]]);
    assert_eq!(ben(&w), AgentState::Occupied, "nobody else is for him");
    wants(&mut w, call, Consultation::Swap);
    assert_eq!(three(&w), [vec!["1001"], vec!["alice"], vec!["music"]]);
    wants(&mut w, call, Consultation::Join);
    assert_eq!(three(&w).map(|heard| heard.len()), [2, 2, 2]);
    wants(&mut w, call, Consultation::Complete);
    assert_eq!(w.hears("alice"), ["1002"]);
    assert_eq!(w.hears("1002"), ["alice"]);
    assert!(!w.phones["1001"].has_dialog());
    assert_eq!(ben(&w), AgentState::Talking { call });
    assert_eq!(w.conversations.len(), 1, "a place in line is no call");
    assert_eq!(w.record().transfers[0].outcome, Some(Outcome::Taken));
    let segments: Vec<_> = w.segments.iter().map(|each| each.agent.id.0).collect();
    assert_eq!(segments, [1, 1, 2]);
    w.wait(1.0).hangs_up("alice").wait(40.0);
    assert!(w.files.values().all(|(_, ended)| *ended));
    let state = ben(&w);
    assert!(matches!(state, AgentState::Available { .. }), "{state:?}");
    assert!(w.is_at_rest());
}

#[test]
fn b2_who_asks_in_a_queue_may_give_up_and_leaves_nothing_behind() {
    for habit in [
        Habit::Ignores,
        Habit::Dead,
        Habit::Declines(486),
        Habit::Declines(503),
        answers(0.3),
    ] {
        for who in ["cancel", "alice", "1001", "1002"] {
            let (mut w, call) = asks_in_queue(habit);
            w.wait(1.0);
            match who {
                "cancel" => wants(&mut w, call, Consultation::Cancel),
                who => {
                    w.hangs_up(who).wait(1.0);
                }
            }
            let alice = match (who, habit) {
                ("cancel", _) | ("1002", Habit::Answers(_)) => vec!["1001"],
                ("1002", _) => vec!["music"],
                _ => vec![],
            };
            assert_eq!(w.hears("alice"), alice, "{who}, {habit:?}\n{}", w.log());
            if who == "cancel" {
                assert!(w.switch.view(w.now).running[0].recorded);
                // He is for customers again.
                w.phone("1002").habit = answers(0.3);
                w.dials("bob", "100").wait(40.0);
                assert_eq!(w.hears("bob"), ["1002"], "{habit:?}\n{}", w.log());
            }
            for phone in ["alice", "bob", "1001"] {
                if w.phones.contains_key(phone) {
                    w.hangs_up(phone);
                }
            }
            w.wait(80.0);
            assert!(w.is_at_rest(), "{who}, {habit:?}");
        }
    }
}

#[test]
fn r61_who_asks_in_a_queue_that_is_closed_or_not_there_is_told_so() {
    let (mut w, call) = asks_in_queue(Habit::Ignores);
    wants(&mut w, call, Consultation::Cancel);
    let unknown = Refused::UnknownQueue(QueueId(9));
    assert_eq!(w.asks(in_queue(call, 9)), Err(unknown));
    w.settings(|account| {
        account.hours = vec![Hours {
            id: HoursId(1),
            name: "never".into(),
            zone: "UTC".into(),
            week: vec![],
            holidays: vec![],
            away: None,
            codes: Codes::default(),
        }];
        account.queues[0].hours = Some(HoursId(1));
    });
    let closed = Refused::QueueClosed(QueueId(1));
    assert_eq!(w.asks(in_queue(call, 1)), Err(closed));
    assert_eq!(w.hears("alice"), ["1001"], "nothing has changed");
}

#[test]
fn b2_at_their_desks_both_see_who_is_asked_in_the_queue() {
    let mut w = with_carriers(|account| account.wrap_up.enabled = false);
    w.desk("ada", 1, Picks::Up(Duration::from_millis(500)))
        .dials("alice", "100")
        .wait(2.0);
    w.desk("ben", 2, Picks::Up(Duration::from_millis(2_000)))
        .page_does("ada", json!({ "type": "consult", "to": { "queue": 1 } }))
        .wait(1.0);
    let queue = w.account.queues[0].name.clone();
    let asks = w.pages["ada"].call()["consult"].clone();
    assert_eq!(
        (&asks["who"]["name"], &asks["with"]),
        (&json!(queue), &json!("dialling"))
    );
    let rings = w.pages["ben"].call().clone();
    assert_eq!(
        (&rings["state"], &rings["with"]["name"]),
        (&json!("ringing"), &json!("Ada"))
    );
    assert!(rings["rings_ms"].is_u64(), "{rings}");
    w.wait(2.0);
    assert_eq!(w.page_hears("ben"), ["ada"]);
    assert_eq!(w.pages["ada"].call()["consult"]["with"], "asked");
    w.page_does("ada", json!({ "type": "consultation", "what": "complete" }))
        .wait(1.0);
    assert_eq!(w.hears("alice"), ["ben"], "{}", w.log());
    assert_eq!(w.page_hears("ben"), ["alice"]);
    w.hangs_up("alice").wait(80.0);
    assert!(w.is_at_rest());
}

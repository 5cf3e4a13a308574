//! An agent asks somebody outside before they pass the customer on, or lets all three talk (B2, B3).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use cordboard::call::Target;
use cordboard::call::record::{Destination, End, Outcome};
use cordboard::id::{AgentId, CallId, QueueId};
use cordboard::switch::{Ask, Consultation, Done, Refused};

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

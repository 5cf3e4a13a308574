//! Agents call numbers and each other by the API: what is theirs rings first (R142).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::AgentState;
use cordboard::call::Target;
use cordboard::call::record::{Direction, End};
use cordboard::id::{AgentId, CallId, QueueId};
use cordboard::route::Barred;
use cordboard::switch::{Ask, Done, Input, Refused};
use std::time::Duration;

const ADA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);

fn centre() -> World {
    let mut w = with_carriers(|account| {
        account.wrap_up.enabled = false;
        account.timeouts.agent = Duration::from_secs(20);
        account.dialling.deny = vec!["+49900*".into()];
    });
    w.carrier(ONE, &[(0.5, Says::Ringing), (2.0, Says::Answer)]);
    w
}

fn calls(w: &mut World, to: Target) -> Result<Done, Refused> {
    w.asks(Ask::Call { agent: ADA, to })
}

#[track_caller]
fn begins(w: &mut World, to: Target) -> CallId {
    match calls(w, to) {
        Ok(Done::Called { call }) => call,
        other => panic!("{other:?}"),
    }
}

fn number(number: &str) -> Target {
    Target::Number(number.to_owned())
}

fn is_free(w: &World, agent: AgentId) -> bool {
    let view = w.switch.view(w.now);
    let agent = view.agents.iter().find(|each| each.id == agent);
    matches!(agent.expect("an agent").state, AgentState::Available { .. })
}

#[test]
fn r142_a_colleague_is_called_once_the_own_phone_is_answered() {
    let mut w = centre();
    w.agent("1001", answers(1.0)).agent("1002", answers(2.0));
    begins(&mut w, Target::Agent(BEN));
    w.wait(0.5);
    let shown = w.phones["1001"].rung().expect("it rings").field("From");
    assert!(shown.contains("Ben") && shown.contains("1002"), "{shown}");
    assert!(!w.phones["1002"].has_dialog(), "not yet");
    assert!(
        !is_free(&w, ADA) && !is_free(&w, BEN),
        "nobody else rings them"
    );
    w.wait(1.5);
    assert_eq!(w.hears("1001"), ["ring back"]);
    w.wait(2.0);
    assert_eq!(w.hears("1001"), ["1002"], "{}", w.log());
    assert_eq!(w.hears("1002"), ["1001"]);
    w.hangs_up("1002").wait(1.0);
    assert!(
        w.segments.is_empty(),
        "what agents say to each other is theirs"
    );
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert!(is_free(&w, ADA) && is_free(&w, BEN));
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r142_a_number_is_called_and_recorded_as_one_that_was_dialled() {
    let mut w = centre();
    w.agent("1001", answers(1.0));
    let call = begins(&mut w, number("030555"));
    w.wait(0.5);
    assert!(w.carriers[ONE].invites.is_empty(), "not yet");
    w.wait(1.5);
    assert_eq!(w.hears("1001"), ["ring back"]);
    w.wait(2.0);
    assert_eq!(w.hears("1001"), [ONE]);
    assert_eq!(w.carrier_hears(ONE), ["1001"]);
    w.hangs_up("1001").wait(1.0);
    let record = w.record();
    assert_eq!((record.id, record.direction), (call, Direction::Outbound));
    assert_eq!(
        (record.from.as_str(), record.called.as_str()),
        ("1001", "+4930555")
    );
    assert_eq!(record.attempts[0].status, Some(200));
    assert_eq!(w.files.len(), 2);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r142_the_desk_rings_where_there_is_one_and_shows_whom_it_is_for() {
    let mut w = centre();
    w.desk("ada", 1, Picks::Up(Duration::from_secs(1)));
    w.agent("1002", answers(0.5)).wait(0.5);
    begins(&mut w, Target::Agent(BEN));
    let rings = w.pages["ada"].call();
    assert_eq!(rings["state"], "ringing");
    assert_eq!(rings["with"]["name"], "Ben");
    assert!(rings["rings_ms"].as_u64() > Some(19_000), "{rings}");
    w.wait(3.0);
    assert_eq!(w.page_hears("ada"), ["1002"]);
    assert_eq!(w.hears("1002"), ["ada"]);
    w.hangs_up("1002").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r49_whoever_does_not_pick_up_calls_nobody() {
    for (habit, seconds) in [(Habit::Ignores, 21.0), (Habit::Declines(486), 1.0)] {
        let mut w = centre();
        w.agent("1001", habit).agent("1002", answers(0.5));
        begins(&mut w, Target::Agent(BEN));
        w.wait(seconds);
        assert!(!w.phones["1001"].has_dialog(), "{habit:?}");
        assert!(
            w.phones["1002"].finals.is_empty(),
            "{habit:?}: nobody rang him"
        );
        assert_eq!(w.record().end, Some(End::NotReached), "{habit:?}");
        assert!(is_free(&w, BEN), "{habit:?}");
        w.wait(40.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn r142_a_call_that_rings_is_let_go_or_answered_at_another_phone() {
    let mut w = centre();
    w.agent("1001", Habit::Ignores).agent("1002", answers(0.5));
    let call = begins(&mut w, Target::Agent(BEN));
    w.wait(1.0);
    let agent = Some(ADA);
    assert_eq!(w.asks(Ask::HangUp { agent, call }), Ok(Done::Plain));
    w.wait(1.0);
    assert!(!w.phones["1001"].has_dialog());
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    w.wait(5.0);

    begins(&mut w, Target::Agent(BEN));
    w.wait(1.0);
    let password = w.account.agents[0].password.0.clone();
    w.add("second", 5060).is_of("1001", &password);
    let replaces = w.phones["1001"].replaces();
    w.act("second", |now, phone| {
        phone.dial_instead(now, &replaces, "")
    });
    w.wait(2.0);
    assert_eq!(w.hears("second"), ["1002"], "{}", w.log());
    assert_eq!(w.hears("1002"), ["second"]);
    w.hangs_up("second").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r142_what_cannot_be_is_refused_before_anything_rings() {
    let mut w = centre();
    let ben = || Target::Agent(BEN);
    w.agent("1002", answers(0.5));
    assert_eq!(calls(&mut w, ben()), Err(Refused::NoDevice));
    w.agent("1001", answers(0.5));
    let nobody = AgentId(99);
    let asked = w.asks(Ask::Call {
        agent: nobody,
        to: ben(),
    });
    assert_eq!(asked, Err(Refused::UnknownAgent(nobody)));
    for (to, refused) in [
        (Target::Agent(ADA), Refused::AgentBusy(ADA)),
        (Target::Agent(AgentId(3)), Refused::AgentBusy(AgentId(3))),
        (Target::Agent(nobody), Refused::UnknownAgent(nobody)),
        (Target::Queue(QueueId(1)), Refused::OnlyPeople),
        (number("echo"), Refused::NoNumber),
        (number("+49900123"), Refused::Barred(Barred::Denied)),
    ] {
        assert_eq!(calls(&mut w, to), Err(refused));
    }
    begins(&mut w, ben());
    assert_eq!(
        calls(&mut w, number("+4930555")),
        Err(Refused::HasCall(ADA))
    );
    w.wait(3.0).hangs_up("1001").wait(1.0);
    // Who talks to a customer has a call.
    w.registers("1002", 0).dials("alice", "100").wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(
        calls(&mut w, number("+4930555")),
        Err(Refused::HasCall(ADA))
    );
    w.hangs_up("alice").wait(1.0).happens(Input::Drain);
    assert_eq!(calls(&mut w, ben()), Err(Refused::Draining));
}

//! Supervisors: listen, whisper, barge, take over (B1).

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::{AgentState, Status};
use cordboard::call::Target;
use cordboard::call::record::{Destination, End, Outcome, Role};
use cordboard::call::supervise::{Mode, Supervisor, Wish};
use cordboard::id::{AgentId, CallId, QueueId, RecordingId, UserId};
use cordboard::settings::Account;
use cordboard::switch::{Ask, Consultation, Done, Refused};
use serde_json::json;
use std::time::Duration;

const ADA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);
const LISTEN: Wish = Wish::Be(Mode::Listen);
const WHISPER: Wish = Wish::Be(Mode::Whisper);
const BARGE: Wish = Wish::Be(Mode::Barge);

fn supervisor(name: &str, user: u32, agent: AgentId) -> Supervisor {
    Supervisor {
        name: format!("user {name}"),
        user: Some(UserId(user)),
        agent: Some(agent),
        sees: None,
    }
}

fn ben() -> Supervisor {
    supervisor("ben", 2, BEN)
}

fn cleo() -> Supervisor {
    supervisor("cleo", 3, AgentId(3))
}

fn supervise(call: CallId, by: Supervisor, wish: Wish) -> Ask {
    Ask::Supervise { call, by, wish }
}

/// Ada has Alice; Ben and Cleo have phones, and are not on duty.
fn talking_in(w: World) -> (World, CallId) {
    let mut w = w;
    w.agent("1001", answers(0.5));
    w.agent("1002", answers(0.5)).agent("1003", answers(0.5));
    for agent in [BEN, AgentId(3)] {
        let status = Status::Offline;
        assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    }
    w.dials("alice", "100").wait(2.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let call = w.record().id;
    w.log();
    (w, call)
}

fn talking() -> (World, CallId) {
    talking_in(World::new())
}

/// Ben supervises the two.
fn supervised(wish: Wish) -> (World, CallId) {
    let (mut w, call) = talking();
    assert_eq!(w.asks(supervise(call, ben(), wish)), Ok(Done::Plain));
    w.wait(1.5);
    (w, call)
}

#[track_caller]
fn wants(w: &mut World, call: CallId, wish: Wish) {
    assert_eq!(w.asks(supervise(call, ben(), wish)), Ok(Done::Plain));
    w.wait(1.0);
}

/// What Alice, Ada and Ben hear.
fn ears(w: &World) -> [Vec<&'static str>; 3] {
    ["alice", "1001", "1002"].map(|who| w.hears(who))
}

/// The tones of a file.
fn recorded(w: &World, recording: RecordingId) -> Vec<&'static str> {
    w.tones(&w.files[&recording].0)
}

#[test]
fn b1_from_listening_to_whisper_to_barge_and_back_the_others_hear_what_they_should() {
    let (mut w, call) = supervised(LISTEN);
    assert_eq!(
        ears(&w),
        [vec!["1001"], vec!["alice"], vec!["1001", "alice"]]
    );
    wants(&mut w, call, WHISPER);
    assert_eq!(
        ears(&w),
        [vec!["1001"], vec!["1002", "alice"], vec!["1001", "alice"]]
    );
    wants(&mut w, call, BARGE);
    assert_eq!(
        ears(&w),
        [
            vec!["1001", "1002"],
            vec!["1002", "alice"],
            vec!["1001", "alice"]
        ]
    );
    wants(&mut w, call, LISTEN);
    assert_eq!(
        ears(&w),
        [vec!["1001"], vec!["alice"], vec!["1001", "alice"]]
    );
    let log = w.log();
    for line in [
        "user ben is rung, to supervise Ada (1001)",
        "user ben listens to Ada (1001)",
        "user ben whispers to Ada (1001)",
        "user ben talks to Ada (1001) and the customer",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    w.hangs_up("alice").wait(40.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    let roles: Vec<Role> = w.record().legs.iter().map(|leg| leg.role).collect();
    assert!(roles.contains(&Role::Supervisor), "{roles:?}");
    assert!(
        w.log()
            .contains("user ben does not supervise the call any more")
    );
    assert!(w.is_at_rest());
}

#[test]
fn b1_a_supervisor_of_some_agents_stands_beside_these_alone() {
    let (mut w, call) = talking();
    let cleos = AgentId(3);
    let of = |agent| Supervisor {
        sees: Some([agent].into()),
        ..ben()
    };
    let asked = w.asks(supervise(call, of(cleos), LISTEN));
    assert_eq!(asked, Err(Refused::NotInProgress(call)), "it is Ada's");
    assert_eq!(w.asks(supervise(call, of(ADA), LISTEN)), Ok(Done::Plain));
    w.wait(1.5);
    assert_eq!(w.hears("1002"), ["1001", "alice"]);
    // Ada leaves Alice to Cleo.
    let (agent, status) = (cleos, Status::Available);
    assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    let passes = Ask::Transfer {
        agent: Some(ADA),
        call,
        to: Target::Agent(cleos),
        from: None,
    };
    assert_eq!(w.asks(passes), Ok(Done::Plain));
    w.wait(1.0);
    let from = w.now;
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["1003"]);
    assert!(!w.phones["1002"].has_dialog(), "Ben is let go");
    let heard = w.heard_since("1002", from);
    assert!(!heard.contains(&"1003"), "{heard:?}");
    let asked = w.asks(supervise(call, of(ADA), LISTEN));
    assert_eq!(asked, Err(Refused::NotInProgress(call)));
    w.hangs_up("alice").wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_the_call_does_not_notice_who_listens() {
    let (mut w, call) = talking();
    let from = w.now;
    assert_eq!(w.asks(supervise(call, ben(), LISTEN)), Ok(Done::Plain));
    w.wait(3.0).hangs_up("1002").wait(1.0);
    for (who, hears) in [("alice", "1001"), ("1001", "alice")] {
        assert_eq!(w.heard_since(who, from), [hears], "{who}");
        let sound = w.phones[who].voice.since(from);
        let quiet = sound
            .chunks(80)
            .filter(|each| each.iter().all(|s| s.unsigned_abs() < 200));
        assert_eq!(quiet.count(), 0, "no gap for {who}");
    }
    assert_eq!(w.segments.len(), 1, "the recording went on");
    w.hangs_up("alice").wait(1.0);
    let tracks = w.segments[0].tracks.clone();
    assert_eq!(tracks.len(), 2);
    assert_eq!(recorded(&w, tracks[0].recording), ["alice"]);
    assert_eq!(recorded(&w, tracks[1].recording), ["1001"]);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_r89_who_barges_in_is_a_leg_with_a_file_and_who_whispers_is_in_none() {
    let (mut w, call) = supervised(WHISPER);
    wants(&mut w, call, BARGE);
    wants(&mut w, call, WHISPER);
    w.hangs_up("1002").wait(1.0).hangs_up("alice").wait(1.0);
    let segments = w.segments.clone();
    let roles: Vec<Vec<Role>> = segments
        .iter()
        .map(|segment| segment.tracks.iter().map(|track| track.role).collect())
        .collect();
    let two = vec![Role::Customer, Role::Agent];
    let three = vec![Role::Customer, Role::Agent, Role::Supervisor];
    assert_eq!(roles, [two.clone(), three, two]);
    for segment in &segments {
        let heard = segment
            .tracks
            .iter()
            .map(|track| recorded(&w, track.recording));
        let expected = [vec!["alice"], vec!["1001"], vec!["1002"]];
        assert!(heard.eq(expected[..segment.tracks.len()].iter().cloned()));
        let lengths = segment
            .tracks
            .iter()
            .map(|track| w.files[&track.recording].0.len());
        let lengths: Vec<usize> = lengths.collect();
        assert!(
            lengths.iter().all(|length| *length == lengths[0]),
            "R113: {lengths:?}"
        );
    }
    assert!(w.files.values().all(|(_, ended)| *ended));
}

#[test]
fn b1_b10_what_was_masked_stays_so_when_a_supervisor_barges_in() {
    let (mut w, call) = supervised(LISTEN);
    let (agent, on) = (Some(ADA), true);
    assert_eq!(w.asks(Ask::Mask { agent, call, on }), Ok(Done::Plain));
    wants(&mut w, call, BARGE);
    w.hangs_up("alice").wait(1.0);
    let tracks = w.segments[1].tracks.clone();
    assert_eq!(tracks.len(), 3);
    for track in tracks {
        assert_eq!(recorded(&w, track.recording), [""; 0]);
    }
}

#[test]
fn b1_the_supervisor_has_the_customer_and_the_agent_the_after_call_work() {
    let (mut w, call) = supervised(LISTEN);
    let from = w.now;
    wants(&mut w, call, Wish::TakeOver);
    assert_eq!(w.hears("alice"), ["1002"]);
    assert_eq!(w.hears("1002"), ["alice"]);
    assert!(!w.phones["1001"].has_dialog());
    let sound = w.phones["alice"].voice.since(from);
    let quiet = sound
        .chunks(400)
        .filter(|each| each.iter().all(|s| s.unsigned_abs() < 200));
    assert_eq!(quiet.count(), 0, "no gap of 50 ms");
    let view = w.switch.view(w.now);
    let state = |agent| {
        view.agents
            .iter()
            .find(|each| each.id == agent)
            .expect("there")
            .state
    };
    assert!(matches!(state(ADA), AgentState::WrapUp { .. }));
    assert_eq!(state(BEN), AgentState::Talking { call });
    let transfer = &w.record().transfers[0];
    let (by, to) = (transfer.by.as_ref().expect("Ada").id, transfer.to.clone());
    assert_eq!(by, ADA);
    assert!(matches!(to, Destination::Agent(agent) if agent.id == BEN));
    assert_eq!(transfer.outcome, Some(Outcome::Taken));
    assert_eq!(w.record().agent.as_ref().map(|agent| agent.id), Some(BEN));
    assert_eq!(w.segments.len(), 2);
    assert_eq!(w.segments[1].agent.id, BEN);
    // From now on it is Ben's: they hold, and hang up.
    let (agent, on) = (Some(BEN), true);
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.hangs_up("1002").wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    let view = w.switch.view(w.now);
    let ben = view.agents.iter().find(|each| each.id == BEN);
    assert!(matches!(ben.expect("Ben").state, AgentState::WrapUp { .. }));
    w.wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_a_supervisor_takes_over_at_once_when_they_answer() {
    let (mut w, call) = talking();
    assert_eq!(
        w.asks(supervise(call, ben(), Wish::TakeOver)),
        Ok(Done::Plain)
    );
    w.wait(1.5);
    assert_eq!(w.hears("alice"), ["1002"]);
    assert!(!w.phones["1001"].has_dialog());
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_only_an_agent_takes_over_and_not_from_themselves_or_while_somebody_is_asked() {
    let (mut w, call) = talking();
    let mut nobody = ben();
    nobody.agent = None;
    assert_eq!(
        w.asks(supervise(call, nobody.clone(), Wish::TakeOver)),
        Err(Refused::NoAgent)
    );
    assert_eq!(
        w.asks(supervise(call, nobody, LISTEN)),
        Err(Refused::NoDevice)
    );
    let own = supervisor("ada", 1, ADA);
    assert_eq!(
        w.asks(supervise(call, own, LISTEN)),
        Err(Refused::OwnCall(call))
    );
    let no_call = CallId(9);
    let refused = Err(Refused::NotInProgress(no_call));
    assert_eq!(w.asks(supervise(no_call, ben(), LISTEN)), refused);
    let by = ben();
    let refused = Err(Refused::NotSupervising(call));
    assert_eq!(w.asks(Ask::EndSupervision { call, by }), refused);
}

#[test]
fn b1_who_supervises_is_occupied_and_is_offered_nobody_until_they_leave() {
    let (mut w, call) = talking();
    let (agent, status) = (BEN, Status::Available);
    assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    assert_eq!(w.asks(supervise(call, ben(), LISTEN)), Ok(Done::Plain));
    w.wait(1.5).dials("bob", "100").wait(10.0);
    assert_eq!(w.hears("bob"), ["music"]);
    let by = ben();
    assert_eq!(w.asks(Ask::EndSupervision { call, by }), Ok(Done::Plain));
    w.wait(2.0);
    assert_eq!(w.hears("bob"), ["1002"]);
    let busy = Err(Refused::SupervisorBusy(BEN));
    assert_eq!(w.asks(supervise(call, ben(), LISTEN)), busy, "Ben has Bob");
    w.hangs_up("alice").hangs_up("bob").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_of_several_one_speaks_and_there_is_a_bound() {
    let (mut w, call) = supervised(BARGE);
    let refused = Err(Refused::AnotherSpeaks(call));
    assert_eq!(w.asks(supervise(call, cleo(), WHISPER)), refused);
    assert_eq!(w.asks(supervise(call, cleo(), LISTEN)), Ok(Done::Plain));
    w.wait(1.5);
    assert_eq!(
        w.hears("1003"),
        ["1001", "1002", "alice"],
        "a barge is for all"
    );
    wants(&mut w, call, WHISPER);
    assert_eq!(w.hears("1003"), ["1001", "alice"], "a whisper is not");
    let refused = Err(Refused::AnotherSpeaks(call));
    assert_eq!(w.asks(supervise(call, cleo(), Wish::TakeOver)), refused);
    w.hangs_up("1003").hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_who_does_not_answer_or_declines_is_rung_no_more() {
    for habit in [Habit::Ignores, Habit::Dead, Habit::Declines(486)] {
        let (mut w, call) = talking();
        w.phone("1002").habit = habit;
        assert_eq!(w.asks(supervise(call, ben(), BARGE)), Ok(Done::Plain));
        w.wait(40.0);
        assert_eq!(w.hears("alice"), ["1001"], "{habit:?}");
        assert!(
            w.log()
                .contains("user ben does not supervise the call any more")
        );
        assert!(!w.phones["1002"].has_dialog());
        w.hangs_up("1001").wait(60.0);
        assert!(w.is_at_rest(), "{habit:?}");
    }
}

#[test]
fn b1_on_hold_the_customer_hears_music_and_the_agent_what_the_supervisor_says() {
    let (mut w, call) = supervised(BARGE);
    let (agent, on) = (Some(ADA), true);
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(ears(&w), [vec!["music"], vec!["1002"], vec!["1001"]]);
    let on = false;
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["1001", "1002"]);
}

#[test]
fn b1_a_supervisor_stays_when_the_call_goes_to_another_agent_and_listens() {
    let (mut w, call) = supervised(WHISPER);
    let status = Status::Available;
    let agent = AgentId(3);
    assert_eq!(w.asks(Ask::SetStatus { agent, status }), Ok(Done::Plain));
    w.phone("1003").habit = answers(5.0);
    let (agent, to, from) = (Some(ADA), Target::Agent(AgentId(3)), None);
    assert_eq!(
        w.asks(Ask::Transfer {
            agent,
            call,
            to,
            from
        }),
        Ok(Done::Plain)
    );
    w.wait(4.5);
    let music = w.hears("alice");
    assert_eq!(
        w.hears("1002"),
        music,
        "on the way they hear what the customer hears"
    );
    w.wait(2.5);
    assert_eq!(w.hears("alice"), ["1003"]);
    assert_eq!(
        w.hears("1003"),
        ["alice"],
        "no whisper that was meant for Ada"
    );
    assert_eq!(w.hears("1002"), ["1003", "alice"]);
    wants(&mut w, call, WHISPER);
    assert_eq!(w.hears("1003"), ["1002", "alice"]);
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_who_waits_in_a_queue_is_not_listened_to() {
    let (mut w, call) = supervised(BARGE);
    let (agent, to, from) = (Some(ADA), Target::Queue(QueueId(1)), None);
    w.phone("1001").habit = Habit::Ignores;
    assert_eq!(
        w.asks(Ask::Transfer {
            agent,
            call,
            to,
            from
        }),
        Ok(Done::Plain)
    );
    w.wait(6.0);
    assert_eq!(w.hears("alice"), ["music"]);
    assert_eq!(w.hears("1002"), ["music"]);
    assert_eq!(
        w.asks(supervise(call, cleo(), LISTEN)),
        Err(Refused::NotTalking(call))
    );
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_a_talk_with_somebody_outside_is_nobodys_to_listen_to() {
    let mut w = with_carriers(|_: &mut Account| {});
    w.carrier(ONE, &[(0.5, Says::Ringing), (2.0, Says::Answer)]);
    let (mut w, call) = talking_in(w);
    assert_eq!(w.asks(supervise(call, ben(), LISTEN)), Ok(Done::Plain));
    w.wait(1.5);
    let (agent, to, from) = (Some(ADA), Target::Number("+4930555".into()), None);
    assert_eq!(
        w.asks(Ask::Transfer {
            agent,
            call,
            to,
            from
        }),
        Ok(Done::Plain)
    );
    w.wait(4.0);
    assert_eq!(w.hears("alice"), [ONE]);
    assert!(!w.phones["1002"].has_dialog());
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_b3_of_three_who_talk_the_supervisor_hears_all() {
    let mut w = with_carriers(|_: &mut Account| {});
    w.carrier(ONE, &[(0.5, Says::Answer)]);
    let (mut w, call) = talking_in(w);
    assert_eq!(w.asks(supervise(call, ben(), BARGE)), Ok(Done::Plain));
    let agent = Some(ADA);
    let (to, from) = (Target::Number("+4930555".into()), None);
    assert_eq!(
        w.asks(Ask::Consult {
            agent,
            call,
            to,
            from
        }),
        Ok(Done::Plain)
    );
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["music"]);
    assert_eq!(w.hears("1002"), ["1001", ONE]);
    assert_eq!(w.carrier_hears(ONE), ["1001", "1002"]);
    let refused = Err(Refused::Consulting(call));
    assert_eq!(w.asks(supervise(call, ben(), Wish::TakeOver)), refused);
    let what = Consultation::Join;
    assert_eq!(
        w.asks(Ask::Consultation { agent, call, what }),
        Ok(Done::Plain)
    );
    w.wait(1.0);
    assert_eq!(w.hears("1002"), ["1001", "alice", ONE]);
    assert_eq!(w.hears("1001"), ["1002", "alice", ONE]);
    assert_eq!(w.hears("alice"), ["1001", "1002", ONE]);
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

/// Eve is no agent: her page is rung.
fn eve() -> Supervisor {
    Supervisor {
        name: "user eve".to_owned(),
        user: Some(UserId(9)),
        agent: None,
        sees: None,
    }
}

const AT_ONCE: Picks = Picks::Up(Duration::ZERO);

#[test]
fn b1_who_is_no_agent_supervises_by_the_page() {
    let (mut w, call) = talking();
    assert_eq!(
        w.asks(supervise(call, eve(), LISTEN)),
        Err(Refused::NoDevice)
    );
    w.supervisor("eve", 9, AT_ONCE).wait(1.0);
    assert_eq!(w.asks(supervise(call, eve(), LISTEN)), Ok(Done::Plain));
    w.wait(3.0);
    assert_eq!(w.page_hears("eve"), ["1001", "alice"]);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
    let page = w.page("eve").call();
    assert_eq!(
        (&page["state"], &page["supervises"]),
        (&json!("talking"), &json!("listen"))
    );
    for (wish, mode, alice, ada) in [
        (WHISPER, "whisper", vec!["1001"], vec!["alice", "eve"]),
        (BARGE, "barge", vec!["1001", "eve"], vec!["alice", "eve"]),
    ] {
        assert_eq!(w.asks(supervise(call, eve(), wish)), Ok(Done::Plain));
        w.wait(1.0);
        assert_eq!(w.page("eve").call()["supervises"], mode);
        assert_eq!((w.hears("alice"), w.hears("1001")), (alice, ada));
    }
    assert_eq!(
        w.asks(supervise(call, eve(), Wish::TakeOver)),
        Err(Refused::NoAgent)
    );
    w.page_does("eve", json!({ "type": "hang_up" })).wait(1.0);
    assert_eq!(w.page("eve").overs, ["supervision_ended"]);
    assert_eq!(
        (w.hears("alice"), w.hears("1001")),
        (vec!["1001"], vec!["alice"])
    );
    w.hangs_up("alice").loses_page("eve").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_b18_a_supervisors_page_that_is_loaded_anew_goes_on_and_one_that_is_gone_is_over() {
    let (mut w, call) = talking();
    w.supervisor("eve", 9, AT_ONCE).wait(1.0);
    assert_eq!(w.asks(supervise(call, eve(), LISTEN)), Ok(Done::Plain));
    w.wait(3.0).log();
    w.reloads("eve", 2.0).wait(3.0);
    assert_eq!(w.page_hears("eve"), ["1001", "alice"]);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.log(), "", "nobody is told that a supervisor was away");
    w.loses_page("eve").wait(60.0);
    assert_eq!(w.hears("alice"), ["1001"], "the call goes on");
    assert!(
        w.log()
            .contains("user eve does not supervise the call any more")
    );
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_a_page_that_does_not_want_to_is_rung_no_more() {
    let (mut w, call) = talking();
    w.supervisor("eve", 9, Picks::Nothing).wait(1.0);
    assert_eq!(w.asks(supervise(call, eve(), LISTEN)), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.page("eve").states(), ["ringing"]);
    w.page_does("eve", json!({ "type": "reject" })).wait(1.0);
    assert!(w.page("eve").states().is_empty());
    assert_eq!(w.hears("alice"), ["1001"]);
    w.hangs_up("alice").loses_page("eve").wait(60.0);
    assert!(w.is_at_rest());
}

#[test]
fn b1_who_may_supervise_no_more_is_hung_up_on_there_or_rung_and_the_talk_goes_on() {
    let (mut w, call) = supervised(BARGE);
    let limit = |sees: &[AgentId]| Ask::LimitSupervision {
        call,
        by: Supervisor {
            sees: Some(sees.iter().copied().collect()),
            ..ben()
        },
    };
    assert_eq!(w.asks(limit(&[ADA])), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["1001", "1002"], "beside Ada he may be");
    for sees in [vec![], vec![BEN]] {
        assert_eq!(w.asks(limit(&sees)), Ok(Done::Plain));
        w.wait(1.0);
        assert_eq!(ears(&w)[..2], [vec!["1001"], vec!["alice"]]);
        assert!(!w.phones["1002"].has_dialog());
        let log = w.log();
        let said = "user ben may not supervise the call any more, and is hung up on";
        assert_eq!(log.matches(said).count(), 1, "{log}");
        assert_eq!(w.asks(limit(&[])), Err(Refused::NotSupervising(call)));
        // The next time he is rung, and does not answer before that.
        w.phone("1002").habit = Habit::Ignores;
        assert_eq!(w.asks(supervise(call, ben(), LISTEN)), Ok(Done::Plain));
        w.wait(1.0);
    }
    assert_eq!(w.asks(limit(&[])), Ok(Done::Plain));
    w.hangs_up("alice").wait(60.0);
    assert!(w.is_at_rest());
}

//! What agents want of their call from a desk or by the API: hold, resume, hang up.

use super::answers;
use crate::world::World;
use cordboard::call::record::End;
use cordboard::id::{AgentId, CallId};
use cordboard::switch::{Ask, Done, Refused};

const ADA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);

fn talking() -> (World, CallId) {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    let call = w.record().id;
    (w, call)
}

fn hold(call: CallId, on: bool) -> Ask {
    let agent = Some(ADA);
    Ask::Hold { agent, call, on }
}

#[test]
fn r123_hold_at_the_desk_is_hold_at_the_phone() {
    let (mut w, call) = talking();
    for _ in 0..2 {
        assert_eq!(w.asks(hold(call, true)), Ok(Done::Plain), "twice is fine");
    }
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["music"]);
    assert_eq!(w.hears("1001"), [""; 0]);
    // A refresh of the session is not a resume.
    w.reinvites("1001", "sendrecv").wait(1.0);
    assert_eq!(w.hears("alice"), ["music"]);
    assert_eq!(w.asks(hold(call, false)), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.hears("1001"), ["alice"]);
}

#[test]
fn r123_the_phone_takes_back_whom_the_desk_holds_but_not_the_other_way_round() {
    let (mut w, call) = talking();
    assert_eq!(w.asks(hold(call, true)), Ok(Done::Plain));
    w.reinvites("1001", "sendonly")
        .wait(0.5)
        .reinvites("1001", "sendrecv")
        .wait(1.0);
    assert_eq!(w.hears("alice"), ["1001"]);
    w.reinvites("1001", "inactive").wait(0.5);
    assert_eq!(w.asks(hold(call, false)), Err(Refused::HeldByPhone(call)));
    w.wait(0.5);
    assert_eq!(w.hears("alice"), ["music"]);
}

#[test]
fn only_who_is_in_the_call_may_hold_it_or_hang_up() {
    let (mut w, call) = talking();
    let agent = Some(BEN);
    let on = true;
    let refused = Err(Refused::NotTheirs(call));
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), refused);
    assert_eq!(w.asks(Ask::HangUp { agent, call }), refused);
    let nobody = CallId(7);
    let refused = Err(Refused::NotInProgress(nobody));
    assert_eq!(w.asks(hold(nobody, true)), refused);
    let agent = Some(ADA);
    assert_eq!(w.asks(Ask::HangUp { agent, call }), Ok(Done::Plain));
    w.wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert!(!w.phones["alice"].has_dialog() && !w.phones["1001"].has_dialog());
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn nobody_is_held_who_waits() {
    let mut w = World::new();
    w.dials("alice", "100").wait(1.0);
    let call = w.record().id;
    let (agent, on) = (None, true);
    let refused = Err(Refused::NotTalking(call));
    assert_eq!(w.asks(Ask::Hold { agent, call, on }), refused);
    assert_eq!(w.asks(Ask::HangUp { agent, call }), refused);
}

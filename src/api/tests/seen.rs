//! Who reads what is a customer's own is in the audit log, as whoever hears a recording is.

use super::*;
use crate::api::endpoint::Endpoint;
use crate::api::table::endpoints;
use crate::call::record::Role as Party;
use crate::events::What;
use crate::id::CallId;

fn call() -> CallId {
    CallId::mint(1_800_000_000_000, 0)
}

/// What SIP said in the call.
fn said() -> Trace {
    let message = b"INVITE sip:x SIP/2.0\r\nCall-ID: a@b\r\nCSeq: 1 INVITE\r\n\r\n";
    traced(message, |tap| {
        tap.signalled(Instant::now(), call(), Party::Customer, "a@b".to_owned());
    })
}

/// A call of agent 1, of whom something is known.
fn desk() -> Desk {
    let desk = Desk::with(ACCOUNT, Some(said()));
    let answered = What::Answered {
        call: call(),
        agent: AgentId(1),
        waited_ms: 1,
    };
    desk.site.log.add(Timestamp::now(), &answered);
    desk
}

/// Who read what, the first at the beginning.
fn noted(desk: &Desk) -> Vec<(String, String, String)> {
    let log = desk.store.audits(None, 100).expect("read");
    let of = |note: crate::store::Audit| (note.who, note.action, note.subject);
    log.into_iter().rev().map(of).collect()
}

/// Lines that tell of one call.
fn tells_of_a_call(endpoint: &Endpoint) -> bool {
    let about = endpoint.path.starts_with("/api/v1/calls/{call}/");
    // Who stands beside it is no customer's.
    about && endpoint.method == Method::GET && !endpoint.path.ends_with("/supervise")
}

#[test]
fn every_line_that_tells_of_a_call_says_who_has_read_it() {
    let lines = endpoints();
    let lines: Vec<_> = lines.iter().filter(|each| tells_of_a_call(each)).collect();
    assert_eq!(lines.len(), 3, "story, ladder, capture: {lines:?}");
    for endpoint in lines {
        let desk = desk();
        let sue = desk.session(desk.user("sue", Role::Supervisor, None));
        let path = |call: CallId| endpoint.path.replace("{call}", &call.to_string());
        let before = noted(&desk);
        assert_eq!(desk.get(&path(CallId(7)), &sue).status, 404);
        assert_eq!(noted(&desk), before, "what is not there was not read");
        let read = desk.get(&path(call()), &sue);
        assert_eq!(read.status, OK, "{endpoint:?}: {read:?}");
        assert_eq!(desk.get(&path(call()), &sue).status, OK);
        let [(who, action, subject)] = &noted(&desk)[before.len()..] else {
            panic!(
                "{endpoint:?}: once while a page is open: {:?}",
                noted(&desk)
            );
        };
        let is_of_calls = action.starts_with("call.");
        assert_eq!(
            (who.as_str(), is_of_calls, subject),
            ("user sue", true, &call().to_string()),
            "{endpoint:?}"
        );
    }
}

#[test]
fn an_agent_who_reads_their_own_is_noted_and_one_who_may_not_is_not() {
    let desk = desk();
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let bob = desk.session(desk.user("bob", Role::Agent, Some(2)));
    let story = format!("/api/v1/calls/{}/story", call());
    let before = noted(&desk).len();
    assert_eq!(desk.get(&story, &bob).status, 404);
    assert_eq!(noted(&desk).len(), before);
    assert_eq!(desk.get(&story, &ada).status, OK);
    let last = noted(&desk).pop().expect("a note");
    assert_eq!((&*last.0, &*last.1), ("user ada", "call.read"));
}

#[test]
fn b16_whoever_takes_conversations_away_as_a_table_is_noted() {
    let desk = desk();
    let sue = desk.session(desk.user("sue", Role::Supervisor, None));
    for (table, action) in [
        ("conversations", "conversations.taken"),
        ("legs", "legs.taken"),
    ] {
        let taken = desk.get(&format!("/api/v1/{table}.csv"), &sue);
        assert_eq!(taken.status, OK);
        let last = noted(&desk).pop().expect("a note");
        assert_eq!((&*last.0, &*last.1), ("user sue", action));
    }
}

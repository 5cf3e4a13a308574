//! What SIP said, as it is kept of a call (B13).

use super::answers;
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::watch::trace::{Ladder, Look, Part};

const LOOK: Look = Look {
    width: 80,
    ascii: false,
    full: false,
};

/// As a reader of 80 columns sees it.
const GOLDEN: &str = "
            customer alice               Cordboard                agent 1001
            127.1.0.2:5060                                      127.1.0.1:5060
                   │                         │                         │
    0.000          │────── INVITE (1) ──────▶│                         │
                   │       PCMU events       │                         │
                   │ 127.1.0.2:4000 sendrecv │                         │
    0.000          │◀ 100 Trying (1 INVITE) ─│                         │
    0.000          │◀── 200 OK (1 INVITE) ───│                         │
                   │       PCMU events       │                         │
                   │ 10.0.0.1:20000 sendrecv │                         │
    0.002          │──────── ACK (1) ───────▶│                         │
    0.002          │                         │────── INVITE (1) ──────▶│
                   │                         │   PCMU PCMA G722 opus   │
                   │                         │      events events      │
                   │                         │ 10.0.0.1:20002 sendrecv │
    0.004          │                         │◀─ 180 Said (1 INVITE) ──│
    2.004          │                         │◀─ 200 Said (1 INVITE) ──│
                   │                         │       PCMU events       │
                   │                         │ 127.1.0.1:4000 sendrecv │
    2.004          │                         │──────── ACK (1) ───────▶│
    5.000          │──────── BYE (2) ───────▶│                         │
    5.000          │◀─── 200 OK (2 BYE) ─────│                         │
    5.000          │                         │──────── BYE (2) ───────▶│
    5.002          │                         │◀── 200 Said (2 BYE) ────│
                   │                         │                         │
";

fn told(ladder: &Ladder) -> Vec<String> {
    let steps = ladder.steps.iter();
    let told = steps.map(|step| {
        let who = &ladder.parties[step.from.max(step.to)].name;
        let way = if step.from == 0 { "to" } else { "from" };
        format!("{} {way} {who}", step.what)
    });
    told.collect()
}

#[test]
fn the_ladder_of_a_call_has_all_its_messages_in_order() {
    let mut w = World::new();
    w.agent("1001", answers(2.0)).wait(1.0);
    w.dials("alice", "100").wait(5.0);
    w.hangs_up("alice").wait(1.0);
    let ladder = w.ladder("last").expect("kept");
    assert_eq!(ladder.call, Some(w.record().id));
    let head = "   2026-11-22 14:30:06 UTC   over after 5.0 s   12 messages\n";
    let golden = format!("Call {}{head}{GOLDEN}", w.record().id);
    assert_eq!(ladder.draw(LOOK), golden);
}

#[test]
fn each_phone_that_was_rung_is_in_it_and_a_refusal_too() {
    let mut w = World::new();
    w.agent("1001", Habit::Declines(486))
        .agent("1002", answers(1.0));
    w.dials("alice", "100").wait(3.0);
    let ladder = w.ladder("last").expect("kept");
    let parts: Vec<_> = ladder
        .parties
        .iter()
        .map(|party| (party.part, party.name.as_str()))
        .collect();
    assert_eq!(
        parts,
        [
            (Part::Cordboard, ""),
            (Part::Customer, "alice"),
            (Part::Agent, "1001"),
            (Part::Agent, "1002")
        ]
    );
    let agents = &told(&ladder)[4..];
    assert_eq!(
        agents,
        [
            "INVITE to 1001",
            "486 Said from 1001",
            "ACK to 1001",
            "INVITE to 1002",
            "180 Said from 1002",
            "200 Said from 1002",
            "ACK to 1002"
        ]
    );
    for leg in &w.record().legs {
        assert_eq!(
            w.ladder(&leg.sip_call_id).as_ref(),
            Some(&ladder),
            "by any of its Call-IDs"
        );
    }
}

#[test]
fn a_refused_call_is_kept_under_its_call_id_alone() {
    let mut w = World::with(|account| account.routes.clear());
    w.dials("alice", "100").wait(1.0);
    assert_eq!(w.ladder("last"), None, "no call came of it");
    let ladder = w.ladder("alice-1@127.1.0.1").expect("kept");
    assert_eq!((ladder.call, ladder.parties[1].part), (None, Part::Peer));
    assert_eq!(
        told(&ladder),
        [
            "INVITE from alice",
            "100 Trying to alice",
            "404 Not Found to alice",
            "ACK from alice"
        ]
    );
}

#[test]
fn what_is_sent_again_stands_once_with_its_repetitions() {
    let mut w = World::new();
    w.agent("1001", Habit::Dead).dials("alice", "100").wait(5.0);
    let ladder = w.ladder("last").expect("kept");
    let invite = ladder
        .steps
        .iter()
        .find(|step| step.from == 0 && step.what == "INVITE");
    let again = &invite.expect("to the agent").again;
    // Timer A of RFC 3261 §17.1.1.2: 0.5, 1.5, 3.5 s.
    let rounded: Vec<_> = again.iter().map(|at| (at * 10.0).round() / 10.0).collect();
    assert_eq!(rounded, [0.5, 1.5, 3.5]);
    assert!(ladder.draw(LOOK).contains(" INVITE (1) ×4 "));
}

#[test]
fn neither_what_proves_a_password_nor_a_digit_is_kept() {
    // HARDENING C.
    let mut w = World::new();
    let full = Look { full: true, ..LOOK };
    w.agent("1001", answers(1.0));
    let registered = w.ladder("reg-1001").expect("kept").draw(full);
    assert!(registered.contains("username=\"1001\""), "{registered}");
    assert!(registered.contains("response=\"********"), "{registered}");
    w.dials("alice", "100").wait(2.0);
    w.act("alice", |now, phone| {
        phone.info(
            now,
            "application/dtmf-relay",
            "Signal=5\r\nDuration=160\r\n",
        )
    });
    let call = w.wait(0.1).ladder("last").expect("kept").draw(full);
    assert!(call.contains("Signal=*\nDuration=160\n"), "{call}");
}

//! Our own UPDATE before the answer, and what crosses it: RFC 3311 §5.

use super::calls_out::calling;
use super::*;

#[test]
fn a_caller_who_has_our_answer_is_offered_another_once_its_prack_has_come() {
    let (mut w, session, tag) = rung();
    assert!(
        w.wishes(change(session)).is_empty(),
        "our answer is not acknowledged"
    );
    let sent = pracks(&mut w, &tag);
    let update = &sent[1];
    assert!(update.starts_with("UPDATE sip:alice@198.51.100.7:5060 SIP/2.0\r\n"));
    assert!(update.contains("CSeq: 1 UPDATE") && update.ends_with(NEW));
    assert_eq!(header(update, "Contact"), Some("<sip:192.0.2.1:5060>"));
    assert_eq!(header(update, "Session-Expires"), None);
    assert!(
        w.says(reply(update, "200 OK", "", TAKEN)).is_empty(),
        "no ACK"
    );
    assert_eq!(w.event(), answered(session));
    let ok = w.wishes(answer(session)).remove(0);
    assert!(ok.ends_with("Content-Length: 0\r\n\r\n"), "{ok}");
    w.says(ack(1, &tag).text());
    assert!(matches!(
        w.event(),
        Event::Acknowledged { answer: None, .. }
    ));
    assert!(w.wishes(end(session))[0].contains("CSeq: 2 BYE"));
}

#[test]
fn a_callee_who_has_answered_reliably_is_offered_another_and_its_200_says_nothing_new() {
    let (mut w, session, invite) = promised("bob");
    let update = w.wishes(change(session)).remove(0);
    assert!(update.starts_with("UPDATE sip:bob@203.0.113.9:5070 SIP/2.0\r\n"));
    assert!(update.contains("CSeq: 3 UPDATE"), "after the PRACK");
    w.says(reply(&update, "200 OK", "bob", TAKEN));
    assert_eq!(w.event(), answered(session));
    let sent = w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(sent[0].starts_with("ACK "));
    let sdp = None;
    assert_eq!(w.event(), Event::Answered { session, sdp });
}

#[test]
fn without_a_reliable_answer_or_a_peer_that_takes_it_there_is_no_update() {
    let mut w = Wire::new();
    let session = w.invited();
    w.wishes(ring(session, 183, Some(ANSWER)));
    assert!(w.wishes(change(session)).is_empty());
    assert_eq!(w.event(), failed(session, 491), "not told reliably");
    for rest in [
        TAKEN.to_owned(),
        format!("Allow: UPDATE\r\n{TAKEN}"),
        format!("Require: 100rel\r\nRSeq: 1\r\n{TAKEN}"),
    ] {
        let mut w = Wire::new();
        let (session, invite) = calling(&mut w);
        w.says(reply(&invite, "183 On", "bob", &rest));
        w.events();
        assert!(w.wishes(change(session)).is_empty(), "{rest}");
        assert_eq!(w.event(), failed(session, 491), "{rest}");
    }
}

#[test]
fn glare_is_491_for_the_peer_and_ours_is_tried_again_after_a_moment() {
    let (mut w, session, invite) = promised("bob");
    let ours = w.wishes(change(session)).remove(0);
    let theirs = w.says(update_of_callee(&invite, 1));
    assert_eq!(firsts(&theirs), ["SIP/2.0 491 Request Pending"]);
    w.says(reply(&ours, "491 Request Pending", "bob", ""));
    // The Call-ID is ours: 2.1 to 4 s.
    let again = w.wait(5);
    assert!((2100..=4000).contains(&again[0].0), "{}", again[0].0);
    assert!(again[0].1.starts_with("UPDATE ") && again[0].1.ends_with(NEW));
    assert_eq!(w.events(), []);
}

#[test]
fn while_theirs_waits_for_an_answer_ours_waits() {
    let (mut w, session, invite) = promised("bob");
    assert!(w.says(update_of_callee(&invite, 1)).is_empty());
    w.event();
    assert!(w.wishes(change(session)).is_empty());
    let sdp = ANSWER.into();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    assert!(w.wait(0)[0].1.starts_with("UPDATE "));
}

#[test]
fn a_500_with_a_time_is_tried_again_then_and_other_refusals_are_final() {
    let (mut w, session, _) = promised("bob");
    let sent = w.wishes(change(session)).remove(0);
    w.says(reply(&sent, "500 Busy", "bob", "Retry-After: 4"));
    let again = w.wait(5);
    assert_eq!(again[0].0, 4000);
    w.says(reply(&again[0].1, "504 Device", "bob", ""));
    assert_eq!(w.event(), failed(session, 504));
    for refusal in ["488 No", "481 Unknown", "408 Timeout", "405 No"] {
        let (mut w, session, invite) = promised("bob");
        let sent = w.wishes(change(session)).remove(0);
        assert!(w.says(reply(&sent, refusal, "bob", "")).is_empty());
        let status = refusal[..3].parse().expect("a status");
        assert_eq!(w.event(), failed(session, status), "{refusal}");
        w.says(reply(&invite, "200 OK", "bob", TAKEN));
        let sdp = Some(ANSWER.into());
        assert_eq!(
            w.event(),
            Event::Answered { session, sdp },
            "the call goes on"
        );
    }
}

#[test]
fn a_peer_that_does_not_take_it_after_all_is_not_asked_again() {
    let (mut w, session, _) = promised("bob");
    let sent = w.wishes(change(session)).remove(0);
    w.says(reply(&sent, "501 What", "bob", ""));
    w.event();
    assert!(w.wishes(change(session)).is_empty());
    assert_eq!(w.event(), failed(session, 491));
}

#[test]
fn what_has_to_wait_until_the_call_is_answered_is_a_reinvite_then() {
    let (mut w, session, invite) = promised("bob");
    let sent = w.wishes(change(session)).remove(0);
    w.says(reply(&sent, "491 Request Pending", "bob", ""));
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(matches!(w.event(), Event::Answered { .. }));
    let again = w.wait(5).remove(0).1;
    assert!(
        again.starts_with("INVITE ") && again.ends_with(NEW),
        "{again}"
    );
    assert!(w.says(reply(&again, "200 OK", "bob", TAKEN))[0].starts_with("ACK "));
    assert_eq!(w.event(), answered(session));
}

#[test]
fn an_answer_that_crosses_our_update_changes_nothing_about_it() {
    let (mut w, session, invite) = promised("bob");
    let sent = w.wishes(change(session)).remove(0);
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(matches!(w.event(), Event::Answered { .. }));
    w.says(reply(&sent, "200 OK", "bob", TAKEN));
    assert_eq!(w.event(), answered(session));
    assert!(w.wishes(end(session))[0].contains("CSeq: 4 BYE"));
    w.settles();
}

#[test]
fn what_one_branch_was_offered_is_offered_to_the_one_that_answers() {
    let (mut w, session, invite) = promised("bob");
    promises(&mut w, &invite, "carol");
    let to_carol = w.wishes(change(session)).remove(0);
    assert_eq!(to_tag(&to_carol), "carol", "the one that was told last");
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(matches!(w.event(), Event::Answered { .. }));
    let to_bob = w.wait(0).remove(0).1;
    assert!(
        to_bob.starts_with("INVITE ") && to_bob.ends_with(NEW),
        "{to_bob}"
    );
    assert_eq!(to_tag(&to_bob), "bob");
    // Nothing of what becomes of the other matters any more.
    assert!(w.says(reply(&to_carol, "481 Gone", "carol", "")).is_empty());
    w.says(reply(&to_bob, "200 OK", "bob", TAKEN));
    assert_eq!(w.event(), answered(session));
}

#[test]
fn what_the_callee_has_changed_before_its_200_stays_changed() {
    let (mut w, session, invite) = promised("bob");
    w.says(update_of_callee(&invite, 1));
    w.event();
    let sdp = ANSWER.into();
    w.wishes(Command::AnswerChange { session, sdp });
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    let sdp = None;
    assert_eq!(w.event(), Event::Answered { session, sdp });
}

#[test]
fn a_call_that_ends_before_our_update_is_answered_leaves_nothing() {
    for theirs in [true, false] {
        let (mut w, session, invite) = promised("bob");
        w.wishes(change(session));
        let last = match theirs {
            true => w.says(reply(&invite, "486 Busy Here", "bob", "")),
            false => w.wishes(end(session)),
        };
        assert!(!last.is_empty());
        w.says(reply(&invite, "487 Request Terminated", "bob", ""));
        w.settles();
    }
}

/// A caller that takes UPDATE, and has been sent our answer in a 183; and our tag.
fn rung() -> (Wire, SessionId, String) {
    let mut w = Wire::new();
    let ask = invite().header("Supported: 100rel").header("Allow: UPDATE");
    w.says(ask.text());
    let session = w.invitation().session;
    let told = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
    (w, session, to_tag(&told))
}

/// The caller acknowledges that.
fn pracks(w: &mut Wire, tag: &str) -> Vec<String> {
    // The RSeq is known to the endpoint alone: it is what it repeats.
    let told = w.wait(1).remove(0).1;
    let rseq = header(&told, "RSeq").expect("reliable");
    let prack = within("PRACK", 2, tag).header(format!("RAck: {rseq} 1 INVITE"));
    let mut sent = w.says(prack.text());
    sent.extend(w.wait(0).into_iter().map(|(_, text)| text));
    sent
}

/// We call somebody who takes UPDATE and has answered in a 183; and our INVITE.
fn promised(tag: &str) -> (Wire, SessionId, String) {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    promises(&mut w, &invite, tag);
    (w, session, invite)
}

fn promises(w: &mut Wire, invite: &str, tag: &str) {
    let rest = format!("Allow: INVITE, UPDATE\r\nRequire: 100rel\r\nRSeq: 1\r\n{TAKEN}");
    let prack = w.says(reply(invite, "183 On", tag, &rest));
    w.says(reply(&prack[0], "200 OK", tag, ""));
    assert!(matches!(w.event(), Event::Ringing { .. }));
}

/// An UPDATE of bob, whom we call.
fn update_of_callee(invite: &str, cseq: u32) -> String {
    let mut ask = within("UPDATE", cseq, "");
    ask.to = header(invite, "From").expect("a From").to_owned();
    ask.from = "<sip:bob@203.0.113.9:5070>;tag=bob".to_owned();
    let call_id = header(invite, "Call-ID").expect("a Call-ID");
    ask.body(OFFER).text().replace("call-1", call_id)
}

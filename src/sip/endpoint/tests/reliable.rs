//! Reliable provisional responses: RFC 3262.

use super::calls_out::{calling, outbound, uri};
use super::*;
use crate::sip::Bye;
use crate::sip::Reliable;

#[test]
fn a_caller_who_insists_gets_every_ringing_reliably_and_the_order_is_kept() {
    let (mut w, session) = insisting(invite());
    let first = w.wishes(ring(session, 180, None)).remove(0);
    assert!(first.starts_with("SIP/2.0 180 "));
    assert_eq!(header(&first, "Require"), Some("100rel"));
    assert!(
        w.wishes(ring(session, 183, Some(ANSWER))).is_empty(),
        "one at a time"
    );
    assert_eq!(w.wait(1)[0].1, first, "repeated until its PRACK");
    let tag = to_tag(&first);
    let sent = w.says(prack(2, &tag, rseq(&first)).text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 183 Session Progress"]
    );
    assert_eq!(rseq(&sent[1]), rseq(&first) + 1);
    let twice = w.says(prack(3, &tag, rseq(&first)).text());
    assert_eq!(
        firsts(&twice),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    );
}

#[test]
fn a_200_waits_for_the_prack_of_a_description_and_brings_no_second_one() {
    let (mut w, session) = insisting(invite());
    let first = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
    assert!(first.ends_with(ANSWER));
    assert!(w.wishes(answer(session)).is_empty());
    let tag = to_tag(&first);
    let sent = w.says(prack(2, &tag, rseq(&first)).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK", "SIP/2.0 200 OK"]);
    assert!(sent[1].contains("CSeq: 1 INVITE") && !sent[1].contains(ANSWER));
    w.says(ack(1, &tag).text());
    let answer = None;
    assert_eq!(w.event(), Event::Acknowledged { session, answer });
}

#[test]
fn without_a_description_the_200_does_not_wait_and_the_prack_is_still_answered() {
    let (mut w, session) = insisting(invite());
    let first = w.wishes(ring(session, 180, None)).remove(0);
    let ok = w.wishes(answer(session)).remove(0);
    assert!(ok.starts_with("SIP/2.0 200 ") && ok.ends_with(ANSWER));
    let tag = to_tag(&first);
    let sent = w.says(prack(2, &tag, rseq(&first)).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
    w.says(ack(1, &tag).text());
    assert!(w.wait(40).is_empty());
}

#[test]
fn without_prack_the_call_is_refused_after_64_t1() {
    let (mut w, session) = insisting(invite());
    w.wishes(ring(session, 180, None));
    let sent = w.wait(32);
    let at: Vec<_> = sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [500, 1500, 3500, 7500, 15_500, 31_500, 32_000]);
    assert!(sent[6].1.starts_with("SIP/2.0 504 "));
    let how = Bye::NoAck;
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn our_offer_in_a_183_is_answered_by_the_prack() {
    let (mut w, session) = insisting(late_invite());
    let first = w.wishes(ring(session, 183, Some(OFFER))).remove(0);
    let tag = to_tag(&first);
    w.says(prack(2, &tag, rseq(&first)).body(ANSWER).text());
    let answer = Some(ANSWER.into());
    assert_eq!(w.event(), Event::Changed { session, answer });
    let ok = w.wishes(super::answer(session)).remove(0);
    assert!(ok.ends_with("Content-Length: 0\r\n\r\n"), "{ok}");
    w.says(ack(1, &tag).text());
    let answer = None;
    assert_eq!(w.event(), Event::Acknowledged { session, answer });
}

#[test]
fn a_caller_who_insists_and_makes_no_offer_is_told_nothing_before_ours() {
    let (mut w, session) = insisting(late_invite());
    assert!(w.wishes(ring(session, 180, None)).is_empty());
    assert!(w.wait(170).is_empty(), "nor as a reminder");
    let first = w.wishes(ring(session, 183, Some(OFFER))).remove(0);
    assert!(first.ends_with(OFFER) && header(&first, "RSeq").is_some());
    assert!(
        w.wishes(ring(session, 180, None)).is_empty(),
        "its turn comes"
    );
    let tag = to_tag(&first);
    let sent = w.says(prack(2, &tag, rseq(&first)).body(ANSWER).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK", "SIP/2.0 180 Ringing"]);
    assert_eq!(rseq(&sent[1]), rseq(&first) + 1);
}

#[test]
fn a_caller_who_understands_it_and_makes_no_offer_gets_ours_reliably() {
    let mut w = Wire::new();
    w.says(late_invite().header("Supported: 100rel").text());
    let session = w.invitation().session;
    let plain = w.wishes(ring(session, 180, None)).remove(0);
    assert_eq!(header(&plain, "RSeq"), None);
    let first = w.wishes(ring(session, 183, Some(OFFER))).remove(0);
    let again = w.wait(1).remove(0);
    assert_eq!(again, (500, first.clone()), "its PRACK is lost");
    let tag = to_tag(&first);
    w.says(prack(2, &tag, rseq(&first)).text());
    let answer = Some(vec![]);
    assert_eq!(w.event(), Event::Changed { session, answer }, "owed");
}

#[test]
fn the_user_is_told_whether_the_caller_acknowledges_ringing() {
    for (line, reliable) in [
        ("Supported: timer", Reliable::Off),
        ("k: timer, 100REL", Reliable::Supported),
        ("Require: 100rel", Reliable::Required),
    ] {
        let mut w = Wire::new();
        w.says(invite().header(line).text());
        assert_eq!(w.invitation().reliable, reliable, "{line}");
    }
}

#[test]
fn an_offer_in_a_prack_is_answered_in_its_200_and_the_call_then() {
    let (mut w, session) = insisting(invite());
    let first = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
    let tag = to_tag(&first);
    assert!(
        w.says(prack(2, &tag, rseq(&first)).body(OFFER).text())
            .is_empty()
    );
    let offer = Some(OFFER.into());
    assert_eq!(w.event(), Event::ChangeAsked { session, offer });
    assert!(w.wishes(answer(session)).is_empty(), "first things first");
    let sdp = ANSWER.into();
    let sent = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK", "SIP/2.0 200 OK"]);
    assert!(sent[0].contains("CSeq: 2 PRACK") && sent[0].ends_with(ANSWER));
}

#[test]
fn a_caller_who_understands_it_gets_descriptions_reliably_and_another_none() {
    for (line, reliable) in [("Supported: 100rel", true), ("Supported: timer", false)] {
        let mut w = Wire::new();
        w.says(invite().header(line).text());
        let session = w.invitation().session;
        let plain = w.wishes(ring(session, 180, None)).remove(0);
        assert_eq!(header(&plain, "RSeq"), None);
        let told = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
        assert_eq!(header(&told, "RSeq").is_some(), reliable);
    }
}

#[test]
fn a_cancel_ends_what_waits_for_a_prack() {
    let (mut w, session) = insisting(invite());
    w.wishes(ring(session, 183, Some(ANSWER)));
    w.wishes(answer(session));
    let cancel = Ask::new("CANCEL").branch("INVITE");
    let sent = w.says(cancel.text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    );
    w.says(Ask::new("ACK").branch("INVITE").text());
    w.settles();
}

#[test]
fn we_acknowledge_each_once_and_in_order() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    let told = |rseq: u32, sdp: &str| {
        let rest = format!(
            "Require: 100rel\r\nRSeq: {rseq}\r\nContact: <sip:bob@203.0.113.9:5070>\r\n\
             Content-Type: application/sdp\r\n\r\n{sdp}"
        );
        reply(&invite, "183 Session Progress", "bob", &rest)
    };
    let prack = w.says(told(7, ANSWER));
    assert!(prack[0].starts_with("PRACK sip:bob@203.0.113.9:5070 SIP/2.0\r\n"));
    assert_eq!(header(&prack[0], "RAck"), Some("7 1 INVITE"));
    assert_eq!(header(&prack[0], "CSeq"), Some("2 PRACK"));
    assert!(w.says(told(7, ANSWER)).is_empty(), "a repetition");
    assert!(w.says(told(9, "v=0 other")).is_empty(), "8 is missing");
    assert_eq!(w.events().len(), 1);
    assert_eq!(w.wait(1)[0].1, prack[0], "a lost PRACK is sent again");
    w.says(reply(&prack[0], "200 OK", "bob", ""));
    let second = w.says(told(8, "v=0 other"));
    assert_eq!(header(&second[0], "CSeq"), Some("3 PRACK"));
    w.events();
    let ack = w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert_eq!(header(&ack[0], "CSeq"), Some("1 ACK"));
    let sdp = Some(ANSWER.into());
    assert_eq!(w.event(), Event::Answered { session, sdp });
    assert!(w.wishes(end(session))[0].contains("CSeq: 4 BYE"));
}

#[test]
fn the_answer_that_came_reliably_is_the_answer_where_the_200_has_none() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(
        &invite,
        "183 On",
        "bob",
        &format!("Require: 100rel\r\nRSeq: 1\r\n{TAKEN}"),
    ));
    w.events();
    w.says(reply(
        &invite,
        "200 OK",
        "bob",
        "Contact: <sip:bob@203.0.113.9:5070>",
    ));
    let sdp = Some(ANSWER.into());
    assert_eq!(w.event(), Event::Answered { session, sdp });
}

#[test]
fn each_branch_of_a_forked_call_is_a_dialog_with_numbers_of_its_own() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    for (index, tag) in ["bob", "carol"].into_iter().enumerate() {
        let rest = format!("Require: 100rel\r\nRSeq: 1\r\n{TAKEN}");
        let prack = w.says(reply(&invite, "183 On", tag, &rest));
        assert_eq!(to_tag(&prack[0]), tag);
        let told = Event::Ringing {
            session,
            status: 183,
            sdp: Some(ANSWER.into()),
            early: index as u8,
        };
        assert_eq!(w.event(), told);
    }
    w.says(reply(&invite, "180 Ringing", "bob", ""));
    assert!(matches!(w.event(), Event::Ringing { early: 0, .. }));
    w.says(reply(&invite, "200 OK", "carol", TAKEN));
    let extra = w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(
        extra[0].starts_with("ACK ") && extra[1].starts_with("BYE "),
        "H20"
    );
}

#[test]
fn many_branches_are_bounded() {
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    for n in 0..100 {
        w.says(reply(&invite, "180 Ringing", &format!("tag{n}"), ""));
    }
    assert_eq!(w.events().len(), 8);
}

#[test]
fn what_is_asked_of_the_callee_follows_the_terms() {
    for (reliable, supported, required) in [
        (Reliable::Off, false, None),
        (Reliable::Supported, true, None),
        (Reliable::Required, true, Some("100rel")),
    ] {
        let mut w = Wire::new();
        let target = uri("sip:bob@203.0.113.9:5070", EXTERNAL);
        let out = Outbound {
            reliable,
            ..outbound(target)
        };
        w.endpoint.invite(w.now, out);
        let invite = w.sent().remove(0);
        let says = header(&invite, "Supported").expect("extensions");
        assert_eq!(says.contains("100rel"), supported);
        assert_eq!(header(&invite, "Require"), required);
    }
}

/// An INVITE that requires it, taken by the endpoint.
fn insisting(ask: Ask) -> (Wire, SessionId) {
    let mut w = Wire::new();
    w.says(ask.header("Require: 100rel").text());
    let session = w.invitation().session;
    (w, session)
}

fn prack(cseq: u32, tag: &str, rseq: u32) -> Ask {
    within("PRACK", cseq, tag).header(format!("RAck: {rseq} 1 INVITE"))
}

fn rseq(response: &str) -> u32 {
    header(response, "RSeq")
        .expect("an RSeq")
        .parse()
        .expect("a number")
}

//! UPDATE: RFC 3311.

use super::calls_out::calling;
use super::*;

#[test]
fn an_update_in_a_session_is_asked_and_answered_without_ack() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    assert!(w.says(update(2, &tag).body(OFFER).text()).is_empty());
    let offer = Some(OFFER.into());
    assert_eq!(w.event(), Event::ChangeAsked { session, offer });
    let sdp = ANSWER.into();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    assert!(ok[0].contains("CSeq: 2 UPDATE") && ok[0].ends_with(ANSWER));
    assert!(w.wait(40).is_empty(), "it is not repeated unasked");
    w.says(update(3, &tag).body(OFFER).text());
    let status = 488;
    let sent = w.wishes(Command::RejectChange {
        session,
        status,
        warning: None,
    });
    assert_eq!(firsts(&sent), ["SIP/2.0 488 Not Acceptable Here"]);
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn a_second_update_before_the_first_is_answered_is_500_with_a_time() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    w.says(update(2, &tag).body(OFFER).text());
    let sent = w.says(update(3, &tag).body(OFFER).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 500 Server Internal Error"]);
    let wait: u32 = header(&sent[0], "Retry-After")
        .expect("a time")
        .parse()
        .expect("seconds");
    assert!((1..=10).contains(&wait));
}

#[test]
fn an_update_against_an_offer_of_ours_is_491() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let sdp = OFFER.into();
    w.wishes(Command::Change { session, sdp });
    let sent = w.says(update(2, &tag).body(OFFER).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 491 Request Pending"]);
    let mut w = Wire::new();
    w.says(late_invite().text());
    let session = w.invitation().session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    let sent = w.says(update(2, &tag).body(OFFER).text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 491 Request Pending"],
        "our 200 has an offer"
    );
}

#[test]
fn before_the_call_is_answered_it_is_500_until_an_answer_has_gone_out_reliably() {
    let mut w = Wire::new();
    w.says(invite().header("Supported: 100rel").text());
    let session = w.invitation().session;
    let early = w.wishes(ring(session, 180, None)).remove(0);
    let tag = to_tag(&early);
    let sent = w.says(update(2, &tag).body(OFFER).text());
    assert_eq!(firsts(&sent), ["SIP/2.0 500 Server Internal Error"]);
    let told = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
    let rseq = header(&told, "RSeq").expect("reliable");
    let prack = within("PRACK", 3, &tag).header(format!("RAck: {rseq} 1 INVITE"));
    w.says(prack.text());
    w.says(update(4, &tag).body(OFFER).text());
    let offer = Some(OFFER.into());
    assert_eq!(w.event(), Event::ChangeAsked { session, offer });
    let sdp = ANSWER.into();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
}

#[test]
fn a_callee_may_update_once_it_has_answered_our_offer_reliably() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    let from_bob = |cseq: u32| {
        let mut ask = update(cseq, "");
        ask.to = header(&invite, "From").expect("a From").to_owned();
        ask.from = "<sip:bob@203.0.113.9:5070>;tag=bob".to_owned();
        let call_id = header(&invite, "Call-ID").expect("a Call-ID");
        ask.body(OFFER).text().replace("call-1", call_id)
    };
    w.says(reply(&invite, "183 On", "bob", TAKEN));
    let sent = w.says(from_bob(1));
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 491 Request Pending"],
        "our offer is open"
    );
    w.says(reply(
        &invite,
        "183 On",
        "bob",
        &format!("Require: 100rel\r\nRSeq: 1\r\n{TAKEN}"),
    ));
    w.events();
    assert!(w.says(from_bob(2)).is_empty());
    let offer = Some(OFFER.into());
    assert_eq!(w.event(), Event::ChangeAsked { session, offer });
    let sdp = ANSWER.into();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
}

#[test]
fn an_update_without_a_dialog_is_481() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    let mut stranger = update(2, &tag);
    stranger.from = "<sip:alice@example.org>;tag=mallory".to_owned();
    let unknown = "SIP/2.0 481 Call/Transaction Does Not Exist";
    assert_eq!(firsts(&w.says(stranger.text())), [unknown]);
    assert_eq!(firsts(&w.says(Ask::new("UPDATE").text())), [unknown]);
    assert_eq!(w.events(), []);
}

fn update(cseq: u32, tag: &str) -> Ask {
    within("UPDATE", cseq, tag)
}

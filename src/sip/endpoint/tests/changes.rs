//! Requests in a dialog: RFC 3261 §12.2.2, §14.2.

use super::*;

#[test]
fn a_change_is_asked_and_answered() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    assert_eq!(
        firsts(&w.says(reinvite(2, &tag).text())),
        ["SIP/2.0 100 Trying"]
    );
    let offer = Some(OFFER.as_bytes().to_vec());
    assert_eq!(w.event(), Event::ChangeAsked { session, offer });
    let sdp = ANSWER.as_bytes().to_vec();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    assert_eq!(to_tag(&ok[0]), tag);
    assert_eq!(w.wait(1).len(), 1, "repeated until the ACK");
    w.says(ack(2, &tag).text());
    assert_eq!(w.events(), []);
    assert!(w.wait(40).is_empty());
}

#[test]
fn a_change_without_offer_takes_ours_and_brings_the_answer_in_the_ack() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let mut late = reinvite(2, &tag);
    late.body = "";
    w.says(late.text());
    assert_eq!(
        w.event(),
        Event::ChangeAsked {
            session,
            offer: None
        }
    );
    w.wishes(Command::AnswerChange {
        session,
        sdp: OFFER.into(),
    });
    w.says(ack(2, &tag).body(ANSWER).text());
    let answer = Some(ANSWER.as_bytes().to_vec());
    assert_eq!(w.event(), Event::Changed { session, answer });
}

#[test]
fn a_refused_change_leaves_the_session_as_it_was() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(reinvite(2, &tag).text());
    w.event();
    let sent = w.wishes(Command::RejectChange {
        session,
        status: 488,
        warning: Some(crate::sip::Warning {
            code: 305,
            text: "no common codec".to_owned(),
        }),
    });
    assert_eq!(firsts(&sent), ["SIP/2.0 488 Not Acceptable Here"]);
    let warning = "305 192.0.2.1:5060 \"no common codec\"";
    assert_eq!(header(&sent[0], "Warning"), Some(warning));
    w.says(ack(2, &tag).branch("INVITE-2").text());
    assert!(w.wait(40).is_empty());
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn a_second_change_before_the_first_is_answered_is_500_and_before_its_ack_491() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(reinvite(2, &tag).text());
    w.event();
    let early = w.says(reinvite(3, &tag).text());
    assert_eq!(firsts(&early), ["SIP/2.0 500 Server Internal Error"]);
    let wait: u32 = header(&early[0], "Retry-After")
        .expect("a time")
        .parse()
        .expect("seconds");
    assert!((1..=10).contains(&wait));
    w.wishes(Command::AnswerChange {
        session,
        sdp: vec![],
    });
    assert_eq!(
        firsts(&w.says(reinvite(4, &tag).text())),
        ["SIP/2.0 491 Request Pending"]
    );
    assert_eq!(w.events(), []);
    w.says(ack(2, &tag).text());
    assert_eq!(
        firsts(&w.says(reinvite(5, &tag).text())),
        ["SIP/2.0 100 Trying"]
    );
}

#[test]
fn a_refused_change_stays_refused_when_it_comes_again() {
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(answer(session))[0]);
    let refused = w.says(reinvite(2, &tag).text());
    assert_eq!(firsts(&refused), ["SIP/2.0 491 Request Pending"]);
    w.says(ack(1, &tag).text());
    assert!(matches!(w.event(), Event::Acknowledged { .. }));
    assert_eq!(w.says(reinvite(2, &tag).text()), refused);
    assert_eq!(w.wait(1)[0].1, refused[0], "until its ACK (§17.2.1)");
    w.says(ack(2, &tag).branch("INVITE-2").text());
    assert!(w.wait(10).is_empty());
    assert_eq!(w.events(), [], "nobody was asked");
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn a_cancelled_change_does_not_end_the_session() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(reinvite(2, &tag).text());
    w.event();
    let mut cancel = within("CANCEL", 2, &tag).branch("INVITE-2");
    cancel.to = format!("<sip:support@192.0.2.1>;tag={tag}");
    let sent = w.says(cancel.text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    );
    assert_eq!(w.events(), []);
    assert!(
        w.wishes(Command::AnswerChange {
            session,
            sdp: vec![]
        })
        .is_empty()
    );
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn a_bye_while_a_change_is_asked_answers_both() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    w.says(reinvite(2, &tag).text());
    w.event();
    let sent = w.says(within("BYE", 3, &tag).text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    );
    w.says(ack(2, &tag).branch("INVITE-2").text());
    w.settles();
}

#[test]
fn the_peer_is_followed_where_it_has_moved() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let mut moved = within("INVITE", 2, &tag).body(OFFER);
    moved = moved.header("Contact: <sip:alice@198.51.100.7:6000>");
    w.says(moved.text());
    w.wishes(Command::AnswerChange {
        session,
        sdp: vec![],
    });
    w.says(ack(2, &tag).text());
    w.endpoint.command(w.now, end(session));
    let bye = w.transmits().remove(0);
    assert_eq!(bye.flow.remote, address("198.51.100.7", 6000));
}

#[test]
fn numbers_out_of_order_are_refused_and_repetitions_are_not() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    let info = within("INFO", 5, &tag).text();
    assert_eq!(firsts(&w.says(&*info)), ["SIP/2.0 200 OK"]);
    assert_eq!(
        firsts(&w.says(info)),
        ["SIP/2.0 200 OK"],
        "from the transaction"
    );
    let old = w.says(within("INFO", 4, &tag).text());
    assert_eq!(firsts(&old), ["SIP/2.0 500 CSeq Out of Order"]);
}

#[test]
fn options_and_info_are_served_and_what_we_do_not_offer_is_405() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    let options = w.says(within("OPTIONS", 2, &tag).text());
    assert_eq!(firsts(&options), ["SIP/2.0 200 OK"]);
    assert_eq!(header(&options[0], "Accept"), Some("application/sdp"));
    let methods = ["MESSAGE", "PUBLISH"];
    for (cseq, method) in (3..).zip(methods) {
        let sent = w.says(within(method, cseq, &tag).text());
        assert_eq!(
            firsts(&sent),
            ["SIP/2.0 405 Method Not Allowed"],
            "{method}"
        );
        let allow = header(&sent[0], "Allow");
        assert_eq!(allow, Some(ALLOWED));
    }
    let stray = w.says(within("NOTIFY", 5, &tag).text());
    assert_eq!(
        firsts(&stray),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    );
    let presence = within("SUBSCRIBE", 6, &tag).header("Event: presence");
    let refused = w.says(presence.text());
    assert_eq!(firsts(&refused), ["SIP/2.0 489 Bad Event"]);
    assert_eq!(header(&refused[0], "Allow-Events"), Some("refer"));
}

#[test]
fn a_key_by_info_is_told_once_and_only_in_a_dialog() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let info = |cseq, kind: &str, body: &'static str| {
        let mut ask = within("INFO", cseq, &tag);
        ask.body = body;
        ask.header(format!("Content-Type: {kind}")).text()
    };
    let key = info(2, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    assert_eq!(firsts(&w.says(key.clone())), ["SIP/2.0 200 OK"]);
    assert_eq!(firsts(&w.says(key)), ["SIP/2.0 200 OK"]);
    let told = Event::Info {
        session,
        digit: '5',
        duration: Duration::from_millis(160),
    };
    assert_eq!(w.events(), [told]);
    for (cseq, kind, body) in [
        (3, "application/dtmf", "x"),
        (4, "application/media_control+xml", "5"),
    ] {
        assert_eq!(firsts(&w.says(info(cseq, kind, body))), ["SIP/2.0 200 OK"]);
    }
    let mut stranger = within("INFO", 5, "nobody");
    stranger.body = "5";
    w.says(stranger.header("Content-Type: application/dtmf").text());
    assert_eq!(w.events(), []);
}

#[test]
fn requests_of_another_dialog_are_481() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    let mut other_peer = within("BYE", 2, &tag);
    other_peer.from = "<sip:alice@example.org>;tag=mallory".to_owned();
    let mut other_call = within("BYE", 2, &tag).branch("x");
    other_call.call_id = "call-2";
    for ask in [
        within("BYE", 2, "nobody").branch("y"),
        other_peer,
        other_call,
    ] {
        let sent = w.says(ask.text());
        assert_eq!(
            firsts(&sent),
            ["SIP/2.0 481 Call/Transaction Does Not Exist"]
        );
    }
    assert_eq!(w.events(), []);
    w.says(ack(9, "nobody").text());
    assert_eq!(w.endpoint.counters().stray_acks, 1);
}

fn reinvite(cseq: u32, tag: &str) -> Ask {
    let contact = "Contact: <sip:alice@198.51.100.7:5060>";
    within("INVITE", cseq, tag).header(contact).body(OFFER)
}

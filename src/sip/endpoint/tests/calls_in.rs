//! Calls of peers: RFC 3261 §13.3, §9.2, §15.

use super::*;
use crate::sip::header::Cause;
use crate::sip::{Bye, Rejection};

#[test]
fn a_call_is_announced_answered_and_hung_up_by_the_caller() {
    let mut w = Wire::new();
    w.says(invite().header("User-Agent: Phone 1").text());
    let invitation = w.invitation();
    assert_eq!(invitation.called, "support");
    assert_eq!(
        (invitation.from.user.as_str(), invitation.user),
        ("alice", None)
    );
    assert_eq!(invitation.offer.as_deref(), Some(OFFER.as_bytes()));
    assert_eq!(invitation.user_agent.as_deref(), Some("Phone 1"));
    let session = invitation.session;
    let (status, sdp) = (180, None);
    let ringing = w.wishes(Command::Ring {
        session,
        status,
        sdp,
    });
    let ok = w.wishes(answer(session));
    assert_eq!(firsts(&ringing), ["SIP/2.0 180 Ringing"]);
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    assert_eq!(to_tag(&ringing[0]), to_tag(&ok[0]));
    assert_eq!(
        header(&ok[0], "Contact"),
        Some("<sip:192.0.2.1:5060>"),
        "only what we show"
    );
    assert!(ok[0].ends_with(ANSWER));
    let tag = to_tag(&ok[0]);
    w.says(ack(1, &tag).text());
    assert_eq!(
        w.event(),
        Event::Acknowledged {
            session,
            answer: None
        }
    );
    assert!(w.wait(100).is_empty(), "nothing is repeated");
    let reason = "Reason: Q.850;cause=16;text=\"Normal\"";
    let bye = w.says(within("BYE", 2, &tag).header(reason).text());
    assert_eq!(firsts(&bye), ["SIP/2.0 200 OK"]);
    let how = Bye::Remote(Some(Cause::new(16, "Normal")));
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn a_repeated_invite_is_answered_from_the_transaction() {
    let mut w = Wire::new();
    w.invited();
    assert_eq!(firsts(&w.says(invite().text())), ["SIP/2.0 100 Trying"]);
    assert_eq!((w.events(), w.endpoint.counters().repeated), (vec![], 1));
}

#[test]
fn the_same_invite_by_another_way_is_merged() {
    let mut w = Wire::new();
    w.invited();
    let other = w.says(invite().branch("other-way").text());
    assert_eq!(firsts(&other), ["SIP/2.0 482 Loop Detected"]);
    assert_eq!(w.events(), []);
}

#[test]
fn the_200_is_repeated_until_its_ack() {
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(answer(session))[0]);
    let again = w.wait(4);
    let at: Vec<_> = again.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [500, 1500, 3500]);
    assert!(
        again
            .iter()
            .all(|(_, text)| text.starts_with("SIP/2.0 200 OK"))
    );
    w.says(ack(1, &tag).text());
    w.event();
    assert!(w.wait(40).is_empty());
    w.says(ack(1, &tag).text());
    assert_eq!(w.events(), [], "a repeated ACK is absorbed");
}

#[test]
fn a_200_never_acknowledged_ends_in_a_bye() {
    let mut w = Wire::new();
    let session = w.invited();
    w.wishes(answer(session));
    let sent = w.wait(32);
    assert_eq!(
        sent.iter()
            .filter(|(_, text)| text.starts_with("SIP/2.0 200"))
            .count(),
        10
    );
    let (at, bye) = sent.last().expect("a BYE");
    assert_eq!(
        (*at, bye.starts_with("BYE sip:alice@198.51.100.7:5060 ")),
        (32_000, true)
    );
    let how = Bye::NoAck;
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn a_cancel_ends_the_call_and_has_its_own_answer() {
    let mut w = Wire::new();
    let session = w.invited();
    let cancel = Ask::new("CANCEL").branch("INVITE").text();
    let sent = w.says(&*cancel);
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    );
    assert_eq!(header(&sent[0], "CSeq"), Some("1 CANCEL"));
    let how = Bye::Cancelled(None);
    assert_eq!(w.event(), Event::Ended { session, how });
    assert_eq!(firsts(&w.says(cancel)), ["SIP/2.0 200 OK"], "repeated");
    let ack = ack(1, &to_tag(&sent[1])).branch("INVITE");
    assert!(w.says(ack.text()).is_empty());
    assert!(
        w.wishes(answer(session)).is_empty(),
        "the answer has crossed"
    );
    w.settles();
}

#[test]
fn a_cancel_of_nothing_is_481_and_one_after_the_200_does_no_harm() {
    let mut w = Wire::new();
    let cancel = Ask::new("CANCEL").branch("INVITE").text();
    let unknown = w.says(&*cancel);
    assert_eq!(
        firsts(&unknown),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    );
    let (session, tag) = w.talking();
    assert_eq!(firsts(&w.says(cancel)), ["SIP/2.0 200 OK"]);
    assert_eq!(w.events(), []);
    w.says(within("BYE", 2, &tag).text());
    assert!(matches!(w.event(), Event::Ended { session: ended, .. } if ended == session));
    w.settles();
}

#[test]
fn a_refusal_is_repeated_until_its_ack() {
    let mut w = Wire::new();
    let session = w.invited();
    let rejection = Rejection {
        warning: None,
        cause: None,
        status: 488,
        retry_after: Some(Duration::from_secs(7)),
        text: Some("no common codec".to_owned()),
    };
    let sent = w.wishes(Command::Reject { session, rejection });
    assert_eq!(firsts(&sent), ["SIP/2.0 488 Not Acceptable Here"]);
    let warning = "399 192.0.2.1:5060 \"no common codec\"";
    assert_eq!(header(&sent[0], "Warning"), Some(warning));
    assert_eq!(header(&sent[0], "Retry-After"), Some("7"));
    assert_eq!(w.wait(2).len(), 2);
    w.says(ack(1, &to_tag(&sent[0])).branch("INVITE").text());
    assert!(w.wait(40).is_empty());
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn whoever_answers_and_hangs_up_at_once_waits_for_the_ack() {
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(answer(session))[0]);
    let reason = Some((480, "gone".to_owned()));
    assert!(w.wishes(Command::End { session, reason }).is_empty());
    let bye = w.says(ack(1, &tag).text());
    assert!(bye[0].starts_with("BYE "));
    assert_eq!(
        header(&bye[0], "Reason"),
        Some("SIP;cause=480;text=\"gone\"")
    );
    w.says(reply(&bye[0], "200 OK", "", ""));
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn a_bye_may_come_before_the_ack_and_before_the_answer() {
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(answer(session))[0]);
    assert_eq!(
        firsts(&w.says(within("BYE", 2, &tag).text())),
        ["SIP/2.0 200 OK"]
    );
    assert!(matches!(
        w.event(),
        Event::Ended {
            how: Bye::Remote(None),
            ..
        }
    ));
    assert!(w.wait(40).is_empty(), "the 200 is not repeated");

    let mut w = Wire::new();
    let session = w.invited();
    let (status, sdp) = (180, None);
    let tag = to_tag(
        &w.wishes(Command::Ring {
            session,
            status,
            sdp,
        })[0],
    );
    let sent = w.says(within("BYE", 2, &tag).text());
    assert_eq!(
        firsts(&sent),
        ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    );
    assert!(matches!(
        w.event(),
        Event::Ended {
            how: Bye::Cancelled(None),
            ..
        }
    ));
    w.settles();
}

#[test]
fn without_an_offer_ours_goes_in_the_200_and_theirs_comes_in_the_ack() {
    let mut w = Wire::new();
    w.says(late_invite().text());
    let invitation = w.invitation();
    assert_eq!(invitation.offer, None);
    let session = invitation.session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    w.says(ack(1, &tag).body(OFFER).text());
    let answer = Some(OFFER.as_bytes().to_vec());
    assert_eq!(w.event(), Event::Acknowledged { session, answer });
}

#[test]
fn an_ack_without_the_answer_it_owes_brings_an_empty_one() {
    let mut w = Wire::new();
    w.says(late_invite().text());
    let session = w.invitation().session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    w.says(ack(1, &tag).text());
    let answer = Some(vec![]);
    assert_eq!(w.event(), Event::Acknowledged { session, answer });
}

#[test]
fn two_byes_that_cross_are_both_answered() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let ours = w.wishes(end(session));
    assert!(ours[0].starts_with("BYE "));
    assert_eq!(
        firsts(&w.says(within("BYE", 2, &tag).text())),
        ["SIP/2.0 200 OK"]
    );
    w.says(reply(&ours[0], "481 Gone", "", ""));
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn wishes_about_what_is_over_have_no_effect() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(within("BYE", 2, &tag).text());
    let rejection = Rejection {
        warning: None,
        cause: None,
        status: 486,
        retry_after: None,
        text: None,
    };
    for command in [
        answer(session),
        end(session),
        Command::Reject { session, rejection },
        Command::RejectChange {
            session,
            status: 488,
            warning: None,
        },
        Command::AnswerChange {
            session,
            sdp: vec![],
        },
        end(SessionId(99)),
    ] {
        assert!(w.wishes(command).is_empty());
    }
    w.settles();
}

#[test]
fn a_caller_whose_connection_is_lost_before_the_answer_is_gone() {
    let mut w = Wire::new();
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        connection: 4,
        ..w.flow
    };
    let session = w.invited();
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    let how = Bye::Lost;
    assert_eq!(w.event(), Event::Ended { session, how });
    assert!(w.endpoint.is_idle(), "nothing is left at once");
}

#[test]
fn an_old_caller_without_contact_is_called_at_its_from() {
    let mut w = Wire::new();
    let old = |ask: Ask| {
        let text = ask.text().replace(";branch=z9hG4bK-", ";branch=");
        let bare = text.replace("Contact: <sip:alice@198.51.100.7:5060>\r\n", "");
        bare.replace(";tag=alice", "")
    };
    assert_eq!(firsts(&w.says(old(invite()))), ["SIP/2.0 100 Trying"]);
    let session = w.invitation().session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    assert!(w.says(old(ack(1, &tag))).is_empty());
    assert!(matches!(w.event(), Event::Acknowledged { .. }));
    let bye = w.wishes(end(session));
    assert_eq!(firsts(&bye), ["BYE sip:alice@example.org SIP/2.0"]);
    w.wait(40);
    assert!(w.endpoint.is_idle());
}

#[test]
fn who_waits_for_long_hears_that_we_are_still_there_each_minute() {
    let mut w = Wire::new();
    let session = w.invited();
    let sent = w.wait(70);
    assert_eq!((sent.len(), sent[0].0), (1, 60_000));
    assert!(sent[0].1.starts_with("SIP/2.0 183 ") && !sent[0].1.contains("v=0"));
    let told = w.wishes(ring(session, 183, Some(ANSWER)));
    let sent = w.wait(130);
    let at: Vec<_> = sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [60_000, 120_000]);
    assert!(
        sent.iter().all(|(_, text)| *text == told[0]),
        "its sound goes on"
    );
    w.wishes(answer(session));
    let sent = w.wait(31);
    assert!(
        sent.iter()
            .all(|(_, text)| text.starts_with("SIP/2.0 200 "))
    );
}

#[test]
fn where_each_is_acknowledged_once_in_two_and_a_half_minutes_will_do() {
    let mut w = Wire::new();
    w.says(invite().header("Supported: 100rel").text());
    let session = w.invitation().session;
    let told = w.wishes(ring(session, 183, Some(ANSWER))).remove(0);
    let tag = to_tag(&told);
    let prack = |cseq, told: &str| {
        let rseq = header(told, "RSeq").expect("reliable").to_owned();
        within("PRACK", cseq, &tag).header(format!("RAck: {rseq} 1 INVITE"))
    };
    w.says(prack(2, &told).text());
    assert!(w.wait(149).is_empty());
    let again = w.wait(1).remove(0).1;
    assert!(
        again.starts_with("SIP/2.0 183 ") && !again.contains("v=0"),
        "{again}"
    );
}

//! Our own re-INVITEs and what crosses them: RFC 3261 §14.1, §12.2.1.2.

use super::calls_out::calling;
use super::*;
use crate::sip::Bye;

#[test]
fn our_change_is_offered_acknowledged_and_its_answer_told() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let sent = w.wishes(change(session));
    assert!(sent[0].starts_with("INVITE sip:alice@198.51.100.7:5060 SIP/2.0\r\n"));
    assert!(sent[0].ends_with(NEW));
    assert!(header(&sent[0], "From").is_some_and(|from| from.ends_with(&tag)));
    assert!(w.says(reply(&sent[0], "100 Trying", "", "")).is_empty());
    let ok = reply(&sent[0], "200 OK", "", TAKEN);
    let ack = w.says(&*ok);
    assert_eq!(firsts(&ack), ["ACK sip:bob@203.0.113.9:5070 SIP/2.0"]);
    assert_eq!(header(&ack[0], "CSeq"), Some("1 ACK"));
    assert_eq!(w.event(), answered(session));
    assert_eq!(w.says(&*ok), ack, "for a repeated 200");
    assert_eq!(w.events(), []);
    assert!(w.wishes(end(session))[0].contains("CSeq: 2 BYE"));
}

#[test]
fn a_refused_change_leaves_the_session_as_it_was() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let sent = w.wishes(change(session));
    let ack = w.says(reply(&sent[0], "488 Not Acceptable Here", "", ""));
    assert!(ack[0].starts_with("ACK "));
    assert_eq!(w.event(), failed(session, 488));
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn glare_is_491_for_the_peer_and_ours_is_tried_again_after_a_moment() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let ours = w.wishes(change(session));
    let theirs = w.says(reinvite(2, &tag));
    assert_eq!(firsts(&theirs), ["SIP/2.0 491 Request Pending"]);
    w.says(ack(2, &tag).branch("INVITE-2").text());
    w.says(reply(&ours[0], "491 Request Pending", "", ""));
    // The Call-ID is the peer's: 0 to 2 s.
    let again = w.wait(3);
    let (at, again) = again.first().expect("once more");
    assert!(*at <= 2000 && at % 10 == 0, "{at}");
    assert!(again.starts_with("INVITE ") && again.contains("CSeq: 2 INVITE"));
    w.says(reply(again, "200 OK", "", TAKEN));
    assert_eq!(w.event(), answered(session));
}

#[test]
fn who_made_the_call_waits_longer() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    w.events();
    let ours = w.wishes(change(session));
    w.says(reply(&ours[0], "491 Request Pending", "", ""));
    let again = w.wait(5);
    assert!((2100..=4000).contains(&again[0].0), "{}", again[0].0);
}

#[test]
fn ours_waits_until_theirs_is_settled() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(reinvite(2, &tag));
    w.event();
    assert!(
        w.wishes(change(session)).is_empty(),
        "theirs is not answered"
    );
    let sdp = ANSWER.as_bytes().to_vec();
    let ok = w.wishes(Command::AnswerChange { session, sdp });
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    w.says(ack(2, &tag).text());
    assert!(w.wait(0)[0].1.starts_with("INVITE "));
}

#[test]
fn a_second_wish_waits_for_the_first_and_the_last_one_counts() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let first = w.wishes(change(session));
    for sdp in ["v=0 second", "v=0 third"] {
        let sdp = sdp.into();
        assert!(w.wishes(Command::Change { session, sdp }).is_empty());
    }
    let sent = w.says(reply(&first[0], "200 OK", "", TAKEN));
    assert!(sent[0].starts_with("ACK ") && sent[1].ends_with("v=0 third"));
    w.says(reply(&sent[1], "200 OK", "", TAKEN));
    assert_eq!(w.events(), [answered(session), answered(session)]);
}

#[test]
fn a_500_with_a_time_is_tried_again_then() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let sent = w.wishes(change(session));
    w.says(reply(&sent[0], "500 Busy", "", "Retry-After: 4"));
    let again = w.wait(5);
    assert_eq!(again[0].0, 4000);
}

#[test]
fn a_peer_that_knows_nothing_of_the_session_or_does_not_answer_ends_it() {
    for refusal in [Some("481 Unknown"), Some("408 Timeout"), None] {
        let mut w = Wire::new();
        let (session, _) = w.talking();
        let sent = w.wishes(change(session));
        let last = match refusal {
            Some(refusal) => w.says(reply(&sent[0], refusal, "", "")),
            None => w.wait(32).into_iter().map(|(_, text)| text).collect(),
        };
        assert!(last.iter().any(|text| text.starts_with("BYE ")), "{last:?}");
        let how = Bye::Lost;
        assert_eq!(
            w.events(),
            [failed(session, 481), Event::Ended { session, how }]
        );
        w.settles();
    }
}

#[test]
fn a_200_to_our_change_that_crosses_a_bye_is_acknowledged() {
    for theirs in [true, false] {
        let mut w = Wire::new();
        let (session, tag) = w.talking();
        let sent = w.wishes(change(session));
        let bye = match theirs {
            true => w.says(within("BYE", 2, &tag).text()),
            false => w.wishes(end(session)),
        };
        if !theirs {
            w.says(reply(&bye[0], "200 OK", "", ""));
        }
        let ack = w.says(reply(&sent[0], "200 OK", "", TAKEN));
        assert!(ack[0].starts_with("ACK "), "{ack:?}");
        w.settles();
    }
}

fn reinvite(cseq: u32, tag: &str) -> String {
    let contact = "Contact: <sip:alice@198.51.100.7:5060>";
    within("INVITE", cseq, tag)
        .header(contact)
        .body(OFFER)
        .text()
}

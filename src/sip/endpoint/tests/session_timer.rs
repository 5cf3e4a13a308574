//! Session timers in calls both ways: RFC 4028, F6.

use super::calls_out::calling;
use super::*;
use crate::sip::Bye;
use crate::sip::{SessionTimer, Terms};

#[test]
fn a_caller_who_asks_for_a_timer_is_told_what_is_agreed() {
    let (_, ok, _) = taken("Session-Expires: 600;refresher=uac");
    assert_eq!(header(&ok, "Session-Expires"), Some("600;refresher=uac"));
    assert_eq!(header(&ok, "Require"), Some("timer"));
    let (_, ok, _) = taken("Min-SE: 90");
    assert_eq!(header(&ok, "Session-Expires"), Some("1800;refresher=uas"));
    assert_eq!(header(&ok, "Require"), None);
}

#[test]
fn too_brief_a_session_is_422_with_what_would_do() {
    let mut w = Wire::new();
    let brief = invite().header("Supported: timer").header("x: 60");
    let sent = w.says(brief.text());
    assert_eq!(firsts(&sent), ["SIP/2.0 422 Session Interval Too Small"]);
    assert_eq!(header(&sent[0], "Min-SE"), Some("90"));
    assert!(w.endpoint.is_idle());
}

#[test]
fn a_phone_that_refreshes_no_more_is_hung_up_on_before_its_time() {
    let (mut w, _, session) = taken("Session-Expires: 600;refresher=uac");
    assert!(w.wait(567).is_empty());
    let sent = w.wait(1);
    assert_eq!(sent[0].0, 1000, "32 s before the end");
    assert!(sent[0].1.starts_with("BYE "));
    let reason = header(&sent[0].1, "Reason").expect("a Reason");
    assert!(
        reason.starts_with("SIP;cause=408;text=\"session timer"),
        "{reason}"
    );
    let how = Bye::Lost;
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn a_phone_that_refreshes_stays() {
    let (mut w, ok, session) = taken("Session-Expires: 600;refresher=uac");
    let tag = to_tag(&ok);
    for cseq in 2..6 {
        assert!(w.wait(500).is_empty());
        let update = within("UPDATE", cseq, &tag)
            .header("Supported: timer")
            .header("Session-Expires: 600;refresher=uac");
        let ok = w.says(update.text());
        assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
        assert_eq!(header(&ok[0], "Session-Expires"), Some("600;refresher=uac"));
    }
    assert_eq!(w.events(), []);
    assert!(w.wishes(end(session))[0].starts_with("BYE "));
}

#[test]
fn we_refresh_by_update_where_it_is_taken_and_else_with_the_last_description() {
    let (mut w, _, _) = taken("Allow: INVITE, ACK, BYE, UPDATE");
    let refresh = w.wait(900).remove(0);
    assert_eq!(refresh.0, 900_000, "half of the half hour");
    assert!(refresh.1.starts_with("UPDATE ") && refresh.1.ends_with("Content-Length: 0\r\n\r\n"));
    assert_eq!(
        header(&refresh.1, "Session-Expires"),
        Some("1800;refresher=uac")
    );
    let (mut w, _, session) = taken("Allow: INVITE, ACK, BYE");
    let refresh = w.wait(900).remove(0).1;
    assert!(refresh.starts_with("INVITE ") && refresh.ends_with(ANSWER));
    let lasts = TAKEN.replacen(
        "Contact",
        "Session-Expires: 1800;refresher=uac\r\nContact",
        1,
    );
    let ack = w.says(reply(&refresh, "200 OK", "", &lasts));
    assert!(ack[0].starts_with("ACK "));
    let answer = Some(ANSWER.into());
    assert_eq!(w.event(), Event::Changed { session, answer });
    assert_eq!(w.wait(900).len(), 1, "and again");
}

#[test]
fn a_phone_that_has_vanished_is_found_by_the_refresh() {
    let (mut w, _, session) = taken("Allow: INVITE");
    let sent = w.wait(900 + 32);
    assert!(sent.last().expect("a BYE").1.starts_with("BYE "));
    let how = Bye::Lost;
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn a_refresh_that_update_was_promised_for_is_made_by_invite_where_it_was_a_lie() {
    let (mut w, _, _) = taken("Allow: INVITE, UPDATE");
    let update = w.wait(900).remove(0).1;
    let sent = w.says(reply(&update, "405 No", "", ""));
    assert!(sent[0].starts_with("INVITE "), "{sent:?}");
}

#[test]
fn our_invite_asks_and_the_200_says_who_refreshes() {
    for (refresher, first) in [("uac", "INVITE"), ("uas", "BYE")] {
        let mut w = Wire::new();
        let (_, invite) = calling(&mut w);
        assert_eq!(header(&invite, "Session-Expires"), Some("1800"));
        assert_eq!(header(&invite, "Min-SE"), Some("90"));
        let supported = header(&invite, "Supported").expect("extensions");
        assert!(supported.contains("timer"));
        let says = format!("Session-Expires: 300;refresher={refresher}\r\n{TAKEN}");
        w.says(reply(&invite, "200 OK", "bob", &says));
        let sent = w.wait(300);
        assert!(sent[0].1.starts_with(first), "{refresher}: {}", sent[0].1);
    }
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(w.wait(7200).is_empty(), "the callee wants none");
}

#[test]
fn a_422_is_taken_up_with_a_longer_session() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    let sent = w.says(reply(&invite, "422 Too Small", "bob", "Min-SE: 3600"));
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("INVITE "));
    let again = &sent[1];
    assert_eq!(header(again, "Session-Expires"), Some("3600"));
    assert_eq!(header(again, "Min-SE"), Some("3600"));
    assert_eq!(header(again, "CSeq"), Some("2 INVITE"));
    assert_eq!(header(again, "Call-ID"), header(&invite, "Call-ID"));
    let ack = w.says(reply(again, "200 OK", "bob", TAKEN));
    assert_eq!(header(&ack[0], "CSeq"), Some("2 ACK"));
    assert!(matches!(w.event(), Event::Answered { .. }));
    assert!(w.wishes(end(session))[0].contains("CSeq: 3 BYE"));
    let mut w = Wire::new();
    let (_, mut invite) = calling(&mut w);
    for _ in 0..2 {
        invite = w
            .says(reply(&invite, "422 Too Small", "bob", "Min-SE: 3600"))
            .remove(1);
    }
    w.says(reply(&invite, "422 Too Small", "bob", "Min-SE: 3600"));
    assert!(
        matches!(w.event(), Event::Failed { status: 422, .. }),
        "not for ever"
    );
    w.settles();
}

#[test]
fn a_call_can_do_without() {
    let mut w = Wire::new();
    w.says(invite().header("Supported: timer").header("x: 600").text());
    let session = w.invitation().session;
    let terms = Terms {
        session_timer: SessionTimer::OFF,
        ..Terms::default()
    };
    w.wishes(Command::Terms { session, terms });
    let ok = w.wishes(answer(session)).remove(0);
    assert_eq!(header(&ok, "Session-Expires"), None);
}

/// A call with a caller who knows timers, and what it says.
fn taken(line: &str) -> (Wire, String, SessionId) {
    let mut w = Wire::new();
    w.says(invite().header("Supported: timer").header(line).text());
    let session = w.invitation().session;
    let ok = w.wishes(answer(session)).remove(0);
    w.says(ack(1, &to_tag(&ok)).text());
    w.events();
    (w, ok, session)
}

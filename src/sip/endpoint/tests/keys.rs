//! Keys told by INFO: in their order, one at a time.

use super::calls_out::calling;
use super::*;

#[test]
fn a_key_is_an_info_and_the_next_one_waits_for_its_answer() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let sent = w.wishes(key(session, '5'));
    assert_eq!(firsts(&sent), ["INFO sip:alice@198.51.100.7:5060 SIP/2.0"]);
    assert!(header(&sent[0], "From").is_some_and(|from| from.ends_with(&tag)));
    let kind = header(&sent[0], "Content-Type");
    assert_eq!(kind, Some("application/dtmf-relay"));
    assert!(sent[0].ends_with("\r\n\r\nSignal=5\r\nDuration=100\r\n"));
    assert_eq!(header(&sent[0], "Contact"), None, "RFC 6086 §4.2.1");
    for digit in ['*', '#'] {
        assert!(w.wishes(key(session, digit)).is_empty());
    }
    let sent = w.says(reply(&sent[0], "200 OK", "", ""));
    assert!(sent[0].contains("CSeq: 2 INFO") && sent[0].contains("Signal=*"));
    let sent = w.says(reply(&sent[0], "403 Forbidden", "", ""));
    assert!(sent[0].contains("Signal=#"), "a refusal costs one key");
    w.says(reply(&sent[0], "200 OK", "", ""));
    assert_eq!(w.events(), []);
    w.wishes(end(session));
}

#[test]
fn a_peer_that_does_not_take_the_one_body_gets_the_other_and_no_key_is_lost() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let sent = w.wishes(key(session, '5'));
    w.wishes(key(session, '6'));
    let refused = "415 Unsupported Media Type";
    let sent = w.says(reply(&sent[0], refused, "", "Accept: application/dtmf"));
    let kind = header(&sent[0], "Content-Type");
    assert_eq!(kind, Some("application/dtmf"));
    assert!(sent[0].ends_with("\r\n\r\n5"));
    let sent = w.says(reply(&sent[0], "200 OK", "", ""));
    assert!(sent[0].ends_with("\r\n\r\n6"), "it is remembered");
    assert!(w.says(reply(&sent[0], refused, "", "")).is_empty());
}

#[test]
fn before_the_answer_both_bodies_are_heard_both_ways() {
    for (kind, body) in [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160"),
        ("application/dtmf", "5"),
    ] {
        let told = |mut ask: Ask| {
            ask.body = body;
            ask.header(format!("Content-Type: {kind}")).text()
        };
        let pressed = |session| move |event: &Event| matches!(event, Event::Info { session: of, digit: '5', .. } if *of == session);
        // Of who calls us, before the answer.
        let mut w = Wire::new();
        let session = w.invited();
        let tag = to_tag(&w.wishes(ring(session, 183, Some(ANSWER)))[0]);
        let sent = w.says(told(within("INFO", 2, &tag)));
        assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
        assert!(w.events().iter().any(pressed(session)), "{kind}");
        // Of whom we call, of each branch in its own numbers.
        let mut w = Wire::new();
        let (session, invite) = calling(&mut w);
        for branch in ["bob", "carol"] {
            w.says(reply(&invite, "183 On", branch, TAKEN));
            w.events();
            let mut info = within("INFO", 1, "").branch(branch);
            info.to = header(&invite, "From").expect("a From").to_owned();
            info.from = format!("<sip:bob@203.0.113.9:5070>;tag={branch}");
            let call_id = header(&invite, "Call-ID").expect("a Call-ID");
            let sent = w.says(told(info).replace("call-1", call_id));
            assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"], "{branch}");
            assert!(w.events().iter().any(pressed(session)), "{kind} {branch}");
        }
        // Of a branch that there is not.
        let mut info = within("INFO", 2, "");
        info.to = header(&invite, "From").expect("a From").to_owned();
        info.from = "<sip:bob@203.0.113.9:5070>;tag=mallory".to_owned();
        let call_id = header(&invite, "Call-ID").expect("a Call-ID");
        let sent = w.says(told(info).replace("call-1", call_id));
        assert!(sent[0].starts_with("SIP/2.0 481 "));
        assert_eq!(w.events(), []);
    }
}

#[test]
fn before_the_answer_a_key_is_told_where_sound_was_agreed_on_reliably() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(&invite, "183 On", "bob", TAKEN));
    assert!(w.wishes(key(session, '1')).is_empty());
    let rest = format!("Require: 100rel\r\nRSeq: 1\r\n{TAKEN}");
    w.says(reply(&invite, "183 On", "bob", &rest));
    let sent = w.wishes(key(session, '2'));
    assert_eq!(firsts(&sent), ["INFO sip:bob@203.0.113.9:5070 SIP/2.0"]);
    w.wishes(key(session, '3'));
    // Another branch answers: what waits goes there.
    let sent = w.says(reply(&invite, "200 OK", "carol", TAKEN));
    assert!(
        sent[0].starts_with("ACK ") && sent[1].contains("Signal=3"),
        "{sent:?}"
    );
    assert_eq!(to_tag(&sent[1]), "carol");
}

#[test]
fn a_lost_key_is_said_again_and_one_that_is_never_answered_costs_no_other() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    w.wishes(key(session, '1'));
    w.wishes(key(session, '2'));
    let sent = w.wait(31);
    assert!(sent.len() > 5 && sent.iter().all(|(_, text)| text.contains("Signal=1")));
    let sent = w.wait(2);
    assert!(sent.iter().any(|(_, text)| text.contains("Signal=2")));
}

#[test]
fn rfc_5057_a_peer_that_does_not_know_the_call_has_ended_it() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let sent = w.wishes(key(session, '1'));
    w.wishes(key(session, '2'));
    let sent = w.says(reply(&sent[0], "481 Call Does Not Exist", "", ""));
    assert!(sent[0].starts_with("BYE "), "{sent:?}");
    assert_eq!(sent.len(), 1);
    let how = crate::sip::Bye::Lost;
    assert_eq!(w.event(), Event::Ended { session, how });
}

#[test]
fn keys_before_all_agreement_and_after_the_end_go_nowhere_and_a_flood_is_bounded() {
    let mut w = Wire::new();
    let session = w.invited();
    assert!(w.wishes(key(session, '1')).is_empty());
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let first = w.wishes(key(session, '0'));
    for _ in 0..100 {
        w.wishes(key(session, '1'));
    }
    let mut sent = w.says(reply(&first[0], "200 OK", "", ""));
    let mut told = 0;
    while let Some(info) = sent.first().filter(|text| text.starts_with("INFO ")) {
        told += 1;
        sent = w.says(reply(info, "200 OK", "", ""));
    }
    assert_eq!(told, 32);
    w.wishes(end(session));
    assert!(w.wishes(key(session, '1')).is_empty());
}

fn key(session: SessionId, digit: char) -> Command {
    Command::Key {
        session,
        digit,
        duration: Duration::from_millis(100),
    }
}

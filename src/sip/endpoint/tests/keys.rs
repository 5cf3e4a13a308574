//! Keys told by INFO: in their order, one at a time.

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
    let sent = w.says(reply(&sent[0], "415 Unsupported Media Type", "", ""));
    assert!(sent[0].contains("Signal=#"), "a refusal costs one key");
    w.says(reply(&sent[0], "200 OK", "", ""));
    assert_eq!(w.events(), []);
    w.wishes(end(session));
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
fn keys_before_the_answer_and_after_the_end_go_nowhere_and_a_flood_is_bounded() {
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

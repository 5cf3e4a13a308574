//! Our calls: RFC 3261 §13.2, §9.1; RFC 6026.

use super::*;
use crate::sip::header::Cause;
use crate::sip::{Bye, Party};

#[test]
fn a_call_rings_is_answered_and_acknowledged() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    assert!(invite.starts_with("INVITE sip:bob@203.0.113.9:5070 SIP/2.0\r\n"));
    assert_eq!(header(&invite, "Contact"), Some("<sip:192.0.2.1:5060>"));
    assert_eq!(header(&invite, "P-Asserted-Identity"), Some("<sip:1@h>"));
    let from = header(&invite, "From").expect("a From");
    assert!(
        from.starts_with("\"Queue\" <sip:4930@192.0.2.1>;tag="),
        "{from}"
    );
    assert!(w.says(reply(&invite, "100 Trying", "", "")).is_empty());
    assert!(w.says(reply(&invite, "180 Ringing", "bob", "")).is_empty());
    let (status, sdp) = (180, None);
    assert_eq!(
        w.event(),
        Event::Ringing {
            session,
            status,
            sdp,
            early: 0,
        }
    );
    let taken = reply(&invite, "200 OK", "bob", TAKEN);
    let ack = w.says(&*taken);
    assert!(ack[0].starts_with("ACK sip:bob@203.0.113.9:5070 SIP/2.0\r\n"));
    assert_eq!(header(&ack[0], "CSeq"), Some("1 ACK"));
    assert_eq!(to_tag(&ack[0]), "bob");
    assert_ne!(
        header(&ack[0], "Via"),
        header(&invite, "Via"),
        "a transaction of its own"
    );
    let sdp = Some(ANSWER.as_bytes().to_vec());
    assert_eq!(w.event(), Event::Answered { session, sdp });
    assert_eq!(w.says(taken), ack, "a repeated 200 gets the ACK again");
    assert_eq!(w.events(), []);

    let bye = w.wishes(end(session));
    assert_eq!(header(&bye[0], "CSeq"), Some("2 BYE"));
    w.says(reply(&bye[0], "200 OK", "", ""));
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn a_call_passes_the_proxies_that_it_is_to_pass() {
    let mut w = Wire::new();
    let target = uri("sip:bob@203.0.113.9:5070", EXTERNAL);
    let routes = vec!["<sip:p1.example;lr>".to_owned(), "<sip:p2;lr>".to_owned()];
    w.endpoint.invite(
        w.now,
        Outbound {
            routes: routes.clone(),
            ..outbound(target)
        },
    );
    let invite = w.sent().remove(0);
    let lines = invite.split("\r\n");
    let written: Vec<_> = lines.filter_map(|l| l.strip_prefix("Route: ")).collect();
    assert_eq!(written, routes, "RFC 3261 §8.1.2");
}

#[test]
fn the_callee_hangs_up() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    w.events();
    assert_eq!(firsts(&w.says(bye_of_bob(&invite))), ["SIP/2.0 200 OK"]);
    let how = Bye::Remote(None);
    assert_eq!(w.event(), Event::Ended { session, how });
    w.settles();
}

#[test]
fn a_refusal_is_acknowledged_and_told() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    let busy = reply(
        &invite,
        "486 Busy Here",
        "bob",
        "Retry-After: 30 (lunch)\r\nReason: SIP;cause=486, Q.850;cause=17;text=\"User busy\"\r\n",
    );
    let ack = w.says(&*busy);
    assert!(ack[0].starts_with("ACK sip:bob@203.0.113.9:5070"));
    assert_eq!(header(&ack[0], "Via"), header(&invite, "Via"), "§17.1.1.3");
    assert_eq!(
        w.event(),
        Event::Failed {
            session,
            status: 486,
            reason: "Busy Here".to_owned(),
            retry_after: Some(Duration::from_secs(30)),
            cause: Some(Cause::new(17, "User busy")),
        }
    );
    assert_eq!(w.says(busy), ack, "repeated");
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn who_does_not_answer_has_failed_with_408_after_timer_b() {
    let mut w = Wire::new();
    calling(&mut w);
    let again = w.wait(31);
    let at: Vec<_> = again.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [500, 1500, 3500, 7500, 15500]);
    assert_eq!(w.events(), []);
    w.wait(1);
    assert!(matches!(w.event(), Event::Failed { status: 408, .. }));
    w.settles();
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    assert!(w.wishes(end(session)).is_empty());
    let cancel = w.says(reply(&invite, "100 Trying", "", ""));
    assert!(cancel[0].starts_with("CANCEL sip:bob@203.0.113.9:5070"));
    assert_eq!(header(&cancel[0], "Via"), header(&invite, "Via"));
    assert_eq!(header(&cancel[0], "CSeq"), Some("1 CANCEL"));
    w.says(reply(&cancel[0], "200 OK", "x", ""));
    let ack = w.says(reply(&invite, "487 Request Terminated", "bob", ""));
    assert!(ack[0].starts_with("ACK "));
    assert_eq!(w.events(), [], "who hangs up knows it");
    w.settles();
}

#[test]
fn a_200_that_crosses_our_cancel_is_acknowledged_and_ended() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(&invite, "180 Ringing", "bob", ""));
    w.events();
    assert!(w.wishes(end(session))[0].starts_with("CANCEL "));
    let taken = reply(&invite, "200 OK", "bob", TAKEN);
    let sent = w.says(&*taken);
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("BYE "));
    assert_eq!(w.says(taken), sent[..1], "one BYE is enough");
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn a_200_after_the_transaction_has_given_up_is_ended_too() {
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    w.wait(32);
    assert!(matches!(w.event(), Event::Failed { status: 408, .. }));
    let sent = w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("BYE "));
    w.settles();
    assert!(w.says(reply(&invite, "200 OK", "bob", TAKEN)).is_empty());
    assert_eq!(w.endpoint.counters().stray_responses, 1);
}

#[test]
fn a_second_dialog_of_one_invite_is_ended() {
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    w.says(reply(&invite, "200 OK", "bob", TAKEN));
    assert!(matches!(w.event(), Event::Answered { .. }));
    let sent = w.says(reply(&invite, "200 OK", "other-bob", TAKEN));
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("BYE "));
    assert_eq!(
        (to_tag(&sent[0]).as_str(), to_tag(&sent[1]).as_str()),
        ("other-bob", "other-bob")
    );
    assert_eq!(w.events(), []);
}

#[test]
fn whoever_rings_for_ever_is_cancelled() {
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    w.says(reply(&invite, "180 Ringing", "bob", ""));
    w.events();
    let sent = w.wait(300);
    assert!(
        sent.iter()
            .any(|(at, text)| *at == 300_000 && text.starts_with("CANCEL "))
    );
    assert!(matches!(w.event(), Event::Failed { status: 408, .. }));
    w.settles();
}

#[test]
fn a_change_while_our_invite_is_under_way_is_491() {
    let mut w = Wire::new();
    let (_, invite) = calling(&mut w);
    w.says(reply(&invite, "183 Session Progress", "bob", ""));
    let glare = bye_of_bob(&invite).replace("BYE", "INVITE");
    assert_eq!(firsts(&w.says(glare)), ["SIP/2.0 491 Request Pending"]);
}

#[test]
fn a_call_that_cannot_be_made_fails_at_once() {
    let mut w = Wire::new();
    let targets = [
        (Target::User("1001".to_owned()), 480),
        (uri("sip:bob@phone.example", EXTERNAL), 503),
        (uri("sip:bob@203.0.113.9", ListenerId(9)), 503),
        (uri("bob", EXTERNAL), 400),
    ];
    for (target, expected) in targets {
        w.endpoint.invite(w.now, outbound(target));
        let event = w.event();
        let failed = matches!(event, Event::Failed { status, .. } if status == expected);
        assert!(failed, "{event:?}");
    }
    assert!(w.endpoint.is_idle() && w.sent().is_empty());
}

#[test]
fn a_connection_that_breaks_fails_the_call_with_503() {
    let mut w = Wire::new();
    let target = uri("sip:bob@203.0.113.9:5070;transport=tcp", STREAM);
    w.endpoint.invite(w.now, outbound(target));
    let invite = w.transmits().remove(0);
    assert_eq!(
        (invite.flow.transport, invite.flow.connection),
        (Transport::Tcp, 0)
    );
    w.endpoint
        .handle(w.now, Input::Closed { flow: invite.flow });
    assert!(matches!(w.event(), Event::Failed { status: 503, .. }));
    w.settles();
}

/// A call of ours to Bob, and the INVITE.
pub(super) fn calling(w: &mut Wire) -> (SessionId, String) {
    let target = uri("sip:bob@203.0.113.9:5070", EXTERNAL);
    let session = w.endpoint.invite(w.now, outbound(target));
    w.flow.remote = address("203.0.113.9", 5070);
    (session, w.sent().remove(0))
}

pub(super) fn outbound(target: Target) -> Outbound {
    Outbound {
        from: Party {
            display: Some("Queue".to_owned()),
            user: "4930".to_owned(),
            host: String::new(),
        },
        sdp: OFFER.as_bytes().to_vec(),
        headers: vec![
            ("P-Asserted-Identity".to_owned(), "<sip:1@h>".to_owned()),
            ("v".to_owned(), "SIP/2.0/UDP evil".to_owned()),
        ],
        ..Outbound::to(target)
    }
}

pub(super) fn uri(uri: &str, listener: ListenerId) -> Target {
    Target::Uri {
        uri: uri.to_owned(),
        path: Path::Listener(listener),
    }
}

/// What Bob sends in the dialog that our INVITE has made.
fn bye_of_bob(invite: &str) -> String {
    let ours = header(invite, "From").expect("a From");
    let call_id = header(invite, "Call-ID").expect("a Call-ID");
    let bye = Ask::new("BYE").text();
    bye.replace("<sip:support@192.0.2.1>", ours)
        .replace(
            "<sip:alice@example.org>;tag=alice",
            "<sip:bob@203.0.113.9>;tag=bob",
        )
        .replace("call-1", call_id)
}

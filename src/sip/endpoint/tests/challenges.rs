//! Challenges to our own requests: RFC 3261 §22, RFC 7616, RFC 8760; H6, H12.

use super::calls_out::{outbound, uri};
use super::*;
use crate::sip::{Credential, Hop};

#[test]
fn a_challenged_invite_is_sent_anew_with_credentials() {
    let mut w = Wire::new();
    let (session, first) = call(&mut w, &[("carrier", "4930")]);
    let challenge = reply(
        &first,
        "407 Proxy Authentication Required",
        "p",
        &asks("carrier", "n1"),
    );
    let sent = w.says(&*challenge);
    let [ack, second] = &sent[..] else {
        panic!("{:?}", firsts(&sent));
    };
    assert!(ack.starts_with("ACK ") && header(ack, "CSeq") == Some("1 ACK"));
    assert_eq!(header(ack, "Via"), header(&first, "Via"), "of the first");
    for same in [
        "Call-ID",
        "From",
        "To",
        "Contact",
        "P-Asserted-Identity",
        "Content-Type",
    ] {
        assert_eq!(header(second, same), header(&first, same), "{same}");
    }
    assert_ne!(
        header(second, "Via"),
        header(&first, "Via"),
        "§8.1.3.5: a new branch"
    );
    assert_eq!(header(second, "CSeq"), Some("2 INVITE"));
    assert!(second.ends_with(OFFER));
    let proof = header(second, "Proxy-Authorization").expect("credentials");
    for part in [
        "username=\"4930\"",
        "realm=\"carrier\"",
        "nc=00000001",
        "algorithm=SHA-256",
    ] {
        assert!(proof.contains(part), "{proof}");
    }
    assert_eq!(
        w.says(challenge),
        std::slice::from_ref(ack),
        "a repeated 407 gets its ACK again"
    );
    assert_eq!(w.events(), [], "nobody is told");

    w.says(reply(second, "180 Ringing", "bob", ""));
    let ok = w.says(reply(second, "200 OK", "bob", TAKEN));
    assert_eq!(header(&ok[0], "CSeq"), Some("2 ACK"));
    assert!(header(&ok[0], "Proxy-Authorization").is_some(), "§13.2.2.4");
    w.events();
    let bye = w.wishes(end(session)).remove(0);
    assert_eq!(header(&bye, "CSeq"), Some("3 BYE"));
    w.says(reply(&bye, "200 OK", "", ""));
    w.settles();
}

#[test]
fn what_is_known_is_sent_at_once_to_the_same_host() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    let proof = header(&second, "Authorization").map(str::to_owned);
    let ack = w.says(reply(&second, "200 OK", "bob", TAKEN)).remove(0);
    assert_eq!(
        header(&ack, "Authorization").map(str::to_owned),
        proof,
        "§13.2.2.4"
    );
    w.events();
    let bye = w.wishes(end(session)).remove(0);
    let known = header(&bye, "Authorization").expect("credentials");
    assert!(known.contains("nc=00000002"), "{known}");
    assert!(
        !known.contains(response_in(&proof.expect("some"))),
        "hashed for BYE"
    );
    w.says(reply(&bye, "200 OK", "", ""));
    w.settles();
}

#[test]
fn a_nonce_that_has_become_old_is_replaced_for_the_bye() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    w.says(reply(&second, "200 OK", "bob", TAKEN));
    w.events();
    let bye = w.wishes(end(session)).remove(0);
    let stale = asks_as("WWW", "carrier", "n9", ", stale=true");
    let again = w
        .says(reply(&bye, "401 Unauthorized", "", &stale))
        .remove(0);
    assert_eq!(header(&again, "CSeq"), Some("4 BYE"));
    let proof = header(&again, "Authorization").expect("credentials");
    assert!(
        proof.contains("nonce=\"n9\"") && proof.contains("nc=00000001"),
        "{proof}"
    );
    w.says(reply(&again, "200 OK", "", ""));
    w.settles();
}

#[test]
fn a_wrong_password_is_not_tried_again() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    let refused = reply(
        &second,
        "401 Unauthorized",
        "p",
        &asks_as("WWW", "carrier", "n2", ""),
    );
    let sent = w.says(refused);
    assert!(sent.len() == 1 && sent[0].starts_with("ACK "), "{sent:?}");
    assert_failed(&mut w, session, 401, "User or Password Refused");
    w.settles();
}

#[test]
fn h12_who_challenges_for_ever_gets_three_tries() {
    let mut w = Wire::new();
    let (session, mut invite) = call(&mut w, &[("carrier", "4930")]);
    let mut tries = 0;
    loop {
        let stale = asks_as("WWW", "carrier", &format!("n{tries}"), ", stale=true");
        let sent = w.says(reply(&invite, "401 Unauthorized", "p", &stale));
        let Some(next) = sent.get(1) else { break };
        invite.clone_from(next);
        tries += 1;
    }
    assert_eq!(tries, 3, "H12");
    assert_failed(&mut w, session, 401, "Challenged Again and Again");
    w.settles();
}

#[test]
fn a_proxy_and_then_the_callee_may_ask() {
    let mut w = Wire::new();
    let (_, first) = call(&mut w, &[("carrier", "4930"), ("pbx", "31")]);
    let sent = w.says(reply(&first, "407 P", "p", &asks("carrier", "n1")));
    let sent = w.says(reply(
        &sent[1],
        "401 U",
        "q",
        &asks_as("WWW", "pbx", "m1", ""),
    ));
    let third = &sent[1];
    assert_eq!(header(third, "CSeq"), Some("3 INVITE"));
    let proxy = header(third, "Proxy-Authorization").expect("for the proxy");
    assert!(proxy.contains("nc=00000002"), "RFC 7616 §3.4: {proxy}");
    let callee = header(third, "Authorization").expect("for the callee");
    assert!(callee.contains("username=\"31\"") && callee.contains("nc=00000001"));
}

#[test]
fn h6_no_realm_and_no_host_that_is_not_set_is_told_anything() {
    let mut w = Wire::new();
    let (session, first) = call(&mut w, &[("carrier", "4930")]);
    let sent = w.says(reply(&first, "407 P", "p", &asks("evil", "n1")));
    assert_eq!(sent.len(), 1, "an ACK: {sent:?}");
    assert_failed(
        &mut w,
        session,
        407,
        "Challenged by a Realm or Host Without Credentials Here",
    );
    let (session, first) = call(&mut w, &[("carrier", "4930")]);
    w.flow.remote = address("198.51.100.66", 5060);
    let sent = w.says(reply(&first, "407 P", "p", &asks("carrier", "n1")));
    assert_eq!(sent.len(), 1, "from elsewhere: {sent:?}");
    assert_failed(
        &mut w,
        session,
        407,
        "Challenged by a Realm or Host Without Credentials Here",
    );
    w.settles();
}

#[test]
fn h6_a_caller_that_challenges_our_bye_learns_nothing_and_the_call_ends() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let bye = w.wishes(end(session)).remove(0);
    let refused = reply(
        &bye,
        "401 Unauthorized",
        "",
        &asks_as("WWW", "carrier", "n", ""),
    );
    assert_eq!(w.says(refused), [""; 0], "H6");
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn h6_a_bye_goes_without_credentials_where_the_contact_is_elsewhere() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    // A Record-Route to somebody who collects digests.
    let lured = TAKEN.replacen(
        "Contact",
        "Record-Route: <sip:198.51.100.66;lr>\r\nContact",
        1,
    );
    let ack = w.says(reply(&second, "200 OK", "bob", &lured)).remove(0);
    assert_eq!(header(&ack, "Authorization"), None);
    w.events();
    w.endpoint.command(w.now, end(session));
    let bye = w.transmits().remove(0);
    assert_eq!(bye.flow.remote, address("198.51.100.66", 5060));
    let bye = String::from_utf8(bye.bytes).expect("text");
    assert_eq!(header(&bye, "Authorization"), None);
    for from in ["203.0.113.9", "198.51.100.66"] {
        w.flow.remote = address(from, 5060);
        let asked = reply(
            &bye,
            "401 Unauthorized",
            "",
            &asks_as("WWW", "carrier", "n1", ""),
        );
        assert_eq!(w.says(asked), [""; 0], "H6");
    }
    w.settles();
}

#[test]
fn a_change_of_ours_that_is_challenged_is_offered_again() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    w.says(reply(&second, "200 OK", "bob", TAKEN));
    w.events();
    let offer = w.wishes(change(session)).remove(0);
    assert_eq!(header(&offer, "CSeq"), Some("3 INVITE"));
    assert!(header(&offer, "Authorization").is_some_and(|known| known.contains("nc=00000002")));
    let stale = asks_as("WWW", "carrier", "n9", ", stale=true");
    let sent = w.says(reply(&offer, "401 Unauthorized", "", &stale));
    let [ack, again] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert_eq!(header(ack, "CSeq"), Some("3 ACK"));
    assert_eq!(header(again, "CSeq"), Some("4 INVITE"));
    assert!(header(again, "Authorization").is_some_and(|new| new.contains("nonce=\"n9\"")));
    let ack = w.says(reply(again, "200 OK", "", TAKEN)).remove(0);
    assert_eq!(header(&ack, "CSeq"), Some("4 ACK"));
    assert_eq!(
        header(&ack, "Authorization"),
        header(again, "Authorization")
    );
    assert!(matches!(w.event(), Event::ChangeAnswered { .. }));
    let bye = w.wishes(end(session)).remove(0);
    assert_eq!(header(&bye, "CSeq"), Some("5 BYE"));
    w.says(reply(&bye, "200 OK", "", ""));
    w.settles();
}

#[test]
fn h6_a_caller_that_challenges_our_change_learns_nothing_and_the_call_goes_on() {
    let mut w = Wire::new();
    let (session, _) = w.talking();
    let offer = w.wishes(change(session)).remove(0);
    let asked = reply(&offer, "407 P", "", &asks("carrier", "n"));
    let sent = w.says(asked);
    assert!(
        sent.len() == 1 && sent[0].starts_with("ACK "),
        "H6: {sent:?}"
    );
    let status = 407;
    assert_eq!(w.event(), Event::ChangeFailed { session, status });
    let bye = w.wishes(end(session)).remove(0);
    assert!(bye.starts_with("BYE ") && header(&bye, "Authorization").is_none());
    w.says(reply(&bye, "200 OK", "", ""));
    w.settles();
}

#[test]
fn a_digest_that_we_do_not_have_fails_with_its_reason() {
    let mut w = Wire::new();
    let (session, first) = call(&mut w, &[("carrier", "4930")]);
    let int = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n\", qop=\"auth-int\"\r\n";
    w.says(reply(&first, "401 Unauthorized", "p", int));
    assert_failed(
        &mut w,
        session,
        401,
        "Challenged for a Digest That Is Not Supported",
    );
}

#[test]
fn a_challenge_to_a_call_given_up_is_the_end_of_it() {
    let mut w = Wire::new();
    let (session, first) = call(&mut w, &[("carrier", "4930")]);
    w.wishes(end(session));
    let sent = w.says(reply(&first, "407 P", "p", &asks("carrier", "n1")));
    assert!(sent.len() == 1 && sent[0].starts_with("ACK "), "{sent:?}");
    assert_eq!(w.events(), []);
    w.settles();
}

#[test]
fn the_invite_with_credentials_is_the_one_to_cancel() {
    let mut w = Wire::new();
    let (session, second) = proved(&mut w);
    w.says(reply(&second, "180 Ringing", "bob", ""));
    let cancel = w.wishes(end(session)).remove(0);
    assert_eq!(header(&cancel, "CSeq"), Some("2 CANCEL"));
    assert_eq!(header(&cancel, "Via"), header(&second, "Via"));
    assert_eq!(header(&cancel, "Authorization"), None, "§22.1");
    w.says(reply(&cancel, "200 OK", "x", ""));
    w.says(reply(&second, "487 Request Terminated", "bob", ""));
    w.events();
    w.settles();
}

#[test]
fn a_connection_carries_both_tries() {
    let mut w = Wire::new();
    let target = uri("sip:bob@203.0.113.9:5070;transport=tcp", STREAM);
    w.endpoint
        .invite(w.now, with(target, &[("carrier", "4930")]));
    let first = w.transmits().remove(0);
    w.flow = Flow {
        connection: 7,
        ..first.flow
    };
    let first = String::from_utf8(first.bytes).expect("text");
    let asked = reply(
        &first,
        "401 Unauthorized",
        "p",
        &asks_as("WWW", "carrier", "n", ""),
    );
    w.endpoint.handle(
        w.now,
        Input::Received {
            flow: w.flow,
            bytes: asked.into_bytes(),
        },
    );
    let sent = w.transmits();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|sent| sent.flow == w.flow));
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    assert!(matches!(w.event(), Event::Failed { status: 503, .. }));
    w.settles();
}

#[test]
fn an_invite_that_its_credentials_make_too_large_goes_over_tcp() {
    let mut w = Wire::new();
    let target = Target::Uri {
        uri: "sip:bob@203.0.113.9:5070".to_owned(),
        path: Path::Hop(Hop {
            transport: Transport::Udp,
            address: address("203.0.113.9", 5070),
            name: None,
        }),
    };
    let mut call = with(target, &[("carrier", "4930")]);
    call.headers.push(("Subject".to_owned(), "x".repeat(650)));
    w.endpoint.invite(w.now, call);
    let first = w.transmits().remove(0);
    assert_eq!(first.flow.transport, Transport::Udp);
    assert!(
        (1100..1300).contains(&first.bytes.len()),
        "{}",
        first.bytes.len()
    );
    w.flow = first.flow;
    let first = String::from_utf8(first.bytes).expect("text");
    let asked = asks_as("WWW", "carrier", "n", "");
    let (flow, bytes) = (w.flow, reply(&first, "401 U", "p", &asked).into_bytes());
    w.endpoint.handle(w.now, Input::Received { flow, bytes });
    let sent = w.transmits();
    assert_eq!(sent[0].flow.transport, Transport::Udp, "the ACK");
    assert_eq!(sent[1].flow.transport, Transport::Tcp, "RFC 3261 §18.1.1");
    let second = String::from_utf8(sent[1].bytes.clone()).expect("text");
    assert!(header(&second, "Via").is_some_and(|via| via.starts_with("SIP/2.0/TCP ")));
    // Nobody is there: over UDP after all.
    let flow = sent[1].flow;
    w.endpoint.handle(w.now, Input::Closed { flow });
    let back = w.transmits().remove(0);
    assert_eq!(back.flow.transport, Transport::Udp);
    let back = String::from_utf8(back.bytes).expect("text");
    assert_eq!(
        header(&back, "Authorization"),
        header(&second, "Authorization")
    );
}

/// A call of ours that has been challenged by the callee's server, and the INVITE with the proof.
fn proved(w: &mut Wire) -> (SessionId, String) {
    let (session, first) = call(w, &[("carrier", "4930")]);
    let asked = reply(
        &first,
        "401 Unauthorized",
        "p",
        &asks_as("WWW", "carrier", "n1", ""),
    );
    let second = w.says(asked).remove(1);
    (session, second)
}

/// A call to the carrier with these realms and users, and its INVITE.
fn call(w: &mut Wire, credentials: &[(&str, &str)]) -> (SessionId, String) {
    let target = uri("sip:bob@203.0.113.9:5070", EXTERNAL);
    let session = w.endpoint.invite(w.now, with(target, credentials));
    w.flow.remote = address("203.0.113.9", 5070);
    (session, w.sent().remove(0))
}

fn change(session: SessionId) -> Command {
    let sdp = OFFER.as_bytes().to_vec();
    Command::Change { session, sdp }
}

fn with(target: Target, credentials: &[(&str, &str)]) -> Outbound {
    let credential = |(realm, user): &(&str, &str)| Credential {
        realm: Some((*realm).to_owned()),
        user: (*user).to_owned(),
        password: "secret".to_owned(),
    };
    Outbound {
        credentials: credentials.iter().map(credential).collect(),
        ..outbound(target)
    }
}

/// The challenges of a proxy: the weak one first.
fn asks(realm: &str, nonce: &str) -> String {
    let weak = asks_as("Proxy", realm, nonce, "");
    weak + &asks_as("Proxy", realm, nonce, ", algorithm=SHA-256")
}

fn asks_as(kind: &str, realm: &str, nonce: &str, more: &str) -> String {
    format!(
        "{kind}-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"{more}\r\n"
    )
}

fn response_in(credentials: &str) -> &str {
    let (_, rest) = credentials.split_once("response=\"").expect("a response");
    rest.split('"').next().expect("one")
}

fn assert_failed(w: &mut Wire, session: SessionId, status: u16, reason: &str) {
    assert_eq!(
        w.event(),
        Event::Failed {
            session,
            status,
            reason: reason.to_owned(),
            retry_after: None,
            cause: None,
        }
    );
}

//! Carriers that we register with and watch: RFC 3261 §10, §11; RFC 3608; RFC 5626 §4.5; H12.

mod lives;

use super::*;
use crate::sip::{Credential, Hop, Peer, PeerId, PeerState, Registration};

#[test]
fn a_registration_is_made_with_credentials_and_renewed_with_them() {
    let mut w = Wire::new();
    let first = sets(&mut w, &carrier()).remove(0);
    assert!(first.starts_with("REGISTER sip:carrier.example SIP/2.0\r\n"));
    assert_eq!(header(&first, "To"), Some("<sip:4930@carrier.example>"));
    assert_eq!(header(&first, "Expires"), Some("600"));
    assert_eq!(header(&first, "CSeq"), Some("1 REGISTER"));
    assert_eq!(header(&first, "Route"), Some("<sip:proxy.example;lr>"));
    assert_eq!(header(&first, "Authorization"), None);
    let contact = header(&first, "Contact").expect("a Contact").to_owned();
    let (user, rest) = contact.split_once('@').expect("a user part");
    assert_eq!((user.len(), rest), ("<sip:".len() + 20, "192.0.2.1:5060>"));

    let second = w
        .says(reply(&first, "401 Unauthorized", "r", CHALLENGE))
        .remove(0);
    for same in ["Call-ID", "From", "To", "Contact", "Expires", "Route"] {
        assert_eq!(header(&second, same), header(&first, same), "{same}");
    }
    assert_ne!(header(&second, "Via"), header(&first, "Via"));
    assert_eq!(header(&second, "CSeq"), Some("2 REGISTER"));
    assert!(proof(&second).contains("nc=00000001"), "{second}");
    assert_eq!(w.events(), []);

    // The grant is ours, not that of another phone, and shorter than was asked.
    let user = user.trim_start_matches("<sip:");
    let ok = format!(
        "Contact: <sip:desk@10.9.9.9>;expires=3600, <sip:{user}@198.51.100.1:1024>;expires=120\r\n\
         Service-Route: <sip:edge.example;lr>\r\nExpires: 3000\r\n"
    );
    w.says(reply(&second, "200 OK", "r", &ok));
    let state = PeerState::Registered {
        expires: Duration::from_secs(120),
        service_route: vec!["<sip:edge.example;lr>".to_owned()],
    };
    assert_eq!(w.event(), Event::Peer { id: CARRIER, state });
    let renewed = w.wait(120).remove(0);
    assert!((60_000..=90_000).contains(&renewed.0), "{}", renewed.0);
    assert_eq!(header(&renewed.1, "CSeq"), Some("3 REGISTER"));
    assert_eq!(header(&renewed.1, "Call-ID"), header(&first, "Call-ID"));
    assert!(
        proof(&renewed.1).contains("nc=00000002"),
        "known: used at once"
    );
}

#[test]
fn too_brief_a_time_is_lengthened_once() {
    let mut w = Wire::new();
    let first = sets(&mut w, &carrier()).remove(0);
    let brief =
        |text: &str, min: u32| reply(text, "423 Brief", "r", &format!("Min-Expires: {min}\r\n"));
    let longer = w.says(brief(&first, 1800)).remove(0);
    assert_eq!(header(&longer, "Expires"), Some("1800"), "§10.2.8");
    assert_eq!(w.says(brief(&longer, 3600)), [""; 0], "no haggling");
    assert_eq!(w.event(), lost(423, "Brief"));
    assert!(w.wait(599).is_empty());
}

#[test]
fn a_refusal_is_told_and_a_long_pause_follows() {
    let mut w = Wire::new();
    let first = sets(&mut w, &carrier()).remove(0);
    w.says(reply(&first, "403 Forbidden", "r", ""));
    assert_eq!(w.event(), lost(403, "Forbidden"));
    assert!(w.wait(600).is_empty(), "ten to twenty minutes");
    let again = next_register(&mut w);
    w.says(reply(&again, "403 Forbidden", "r", ""));
    assert_eq!(w.events(), [], "it is known");
}

#[test]
fn a_wrong_password_is_tried_once_a_round() {
    let mut w = Wire::new();
    let mut first = sets(&mut w, &carrier()).remove(0);
    for _ in 0..3 {
        assert_eq!(header(&first, "Authorization"), None);
        let refused = |text: &str| reply(text, "401 Unauthorized", "r", CHALLENGE);
        let second = w.says(refused(&first)).remove(0);
        assert!(w.says(refused(&second)).is_empty());
        first = next_register(&mut w);
    }
    assert_eq!(w.events(), [lost(401, "User or Password Refused")]);
}

#[test]
fn h12_a_registrar_that_challenges_for_ever_gets_three_tries() {
    let mut w = Wire::new();
    let stale = CHALLENGE.replace("qop", "stale=true, qop");
    let mut sent = sets(&mut w, &carrier());
    let mut tries = 0;
    while let Some(text) = sent.pop() {
        tries += 1;
        sent = w.says(reply(&text, "401 Unauthorized", "r", &stale));
    }
    assert_eq!(tries, 4, "H12: the first, and three with credentials");
    assert_eq!(w.event(), lost(401, "Challenged Again and Again"));
    assert!(w.wait(599).is_empty());
}

#[test]
fn the_next_place_is_asked_and_then_a_growing_while_is_waited() {
    let mut w = Wire::new();
    w.endpoint
        .command(w.now, Command::Peers(vec![two_places()]));
    let first = w.transmits().remove(0);
    assert_eq!(first.flow.remote, address("203.0.113.9", 5060));
    let text = String::from_utf8(first.bytes).expect("text");
    w.flow.remote = first.flow.remote;
    let busy = reply(
        &text,
        "503 Service Unavailable",
        "r",
        "Retry-After: 100\r\n",
    );
    let flow = w.flow;
    w.endpoint.handle(
        w.now,
        Input::Received {
            flow,
            bytes: busy.into_bytes(),
        },
    );
    let second = w.transmits().remove(0);
    assert_eq!(
        second.flow.remote,
        address("203.0.113.10", 5060),
        "RFC 3263 §4.3"
    );
    assert_eq!(w.events(), []);
    // The other place is silent: 32 s, and then the 100 s that the first has asked for.
    let text = String::from_utf8(second.bytes).expect("text");
    let sent = w.wait(140);
    let next = sent
        .iter()
        .find(|(_, sent)| header(sent, "CSeq") != header(&text, "CSeq"));
    assert_eq!(next.map(|(at, _)| *at), Some(132_000));
    assert_eq!(w.event(), lost(408, "No Answer"));
    let (failures, mut rounds) = (w.wait(20_000), vec![]);
    for (at, text) in &failures {
        let cseq = header(text, "CSeq").unwrap_or_default();
        if rounds.last().is_none_or(|(_, last)| last != cseq) {
            rounds.push((*at, cseq.to_owned()));
        }
    }
    let rounds: Vec<_> = rounds.iter().step_by(2).map(|(at, _)| at / 1000).collect();
    let gaps: Vec<_> = rounds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        gaps[0] < 64 + 121 && *gaps.last().expect("some") > 900,
        "RFC 5626 §4.5: {gaps:?}"
    );
    assert!(gaps.iter().all(|gap| *gap <= 64 + 1801), "{gaps:?}");
}

#[test]
fn what_is_registered_stays_so_until_it_expires() {
    let mut w = Wire::new();
    registered(&mut w, &carrier(), 600);
    w.wait(599);
    assert_eq!(w.events(), [], "the refresh is not answered");
    w.wait(2);
    assert_eq!(w.event(), lost(408, "No Answer"));
}

#[test]
fn a_lost_connection_is_replaced_at_once_but_not_again_and_again() {
    let mut w = Wire::new();
    let mut peer = carrier();
    peer.hops[0].transport = Transport::Tcp;
    let first = sets(&mut w, &peer).remove(0);
    assert!(header(&first, "Contact").is_some_and(|c| c.ends_with(";transport=tcp>")));
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        connection: 5,
        ..w.flow
    };
    w.says(reply(&first, "200 OK", "r", "Expires: 600\r\n"));
    w.events();
    w.wait(60);
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    let again = w.transmits().remove(0);
    assert_eq!(again.flow.connection, 0, "to be opened");
    w.flow.connection = 6;
    let again = String::from_utf8(again.bytes).expect("text");
    w.says(reply(&again, "200 OK", "r", "Expires: 600\r\n"));
    assert_eq!(w.events(), [], "nobody has noticed");
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    assert_eq!(w.sent(), [""; 0], "so soon: RFC 5626 §4.5");
    assert_eq!(w.event(), lost(503, "Connection Lost"));
    let sent = w.wait(30);
    assert!(sent[0].0 >= 15_000, "{}", sent[0].0);
}

#[test]
fn a_registration_is_taken_back_when_calls_are_not_taken_and_made_again_when_they_are() {
    let mut w = Wire::new();
    let first = registered(&mut w, &carrier(), 600);
    let away = w.wishes(Command::Drain(true)).remove(0);
    assert_eq!(header(&away, "Expires"), Some("0"), "§10.2.2");
    assert_eq!(header(&away, "Contact"), header(&first, "Contact"));
    let asked = w
        .says(reply(&away, "401 Unauthorized", "r", CHALLENGE))
        .remove(0);
    assert!(proof(&asked).contains("nc=00000001"));
    w.says(reply(&asked, "200 OK", "r", ""));
    w.wait(3600);
    assert_eq!((w.events(), w.endpoint.is_idle()), (vec![], true));
    let back = w.wishes(Command::Drain(false)).remove(0);
    assert_eq!(header(&back, "Expires"), Some("600"));
}

#[test]
fn one_register_is_answered_before_the_next_is_sent() {
    let mut w = Wire::new();
    let first = sets(&mut w, &carrier()).remove(0);
    assert_eq!(w.wishes(Command::Peers(vec![])), [""; 0], "§10.2");
    let away = w
        .says(reply(&first, "200 OK", "r", "Expires: 600\r\n"))
        .remove(0);
    assert_eq!(header(&away, "Expires"), Some("0"));
    w.says(reply(&away, "200 OK", "r", ""));
    assert_eq!(w.events(), []);
    w.settles();
    assert_eq!(w.endpoint.poll_timeout(), None, "nothing is left");
}

#[test]
fn the_same_settings_change_nothing_and_another_password_does() {
    let mut w = Wire::new();
    registered(&mut w, &carrier(), 600);
    assert_eq!(w.wishes(Command::Peers(vec![carrier()])), [""; 0]);
    let mut moved = carrier();
    moved.hops.insert(0, place("203.0.113.8"));
    assert_eq!(
        w.wishes(Command::Peers(vec![moved])),
        [""; 0],
        "our place is there still"
    );
    let mut gone = carrier();
    gone.hops = vec![place("203.0.113.8")];
    w.endpoint.command(w.now, Command::Peers(vec![gone]));
    assert_eq!(w.transmits()[0].flow.remote, address("203.0.113.8", 5060));
    let mut w = Wire::new();
    registered(&mut w, &carrier(), 600);
    let mut other = carrier();
    other.credentials[0].password = "new".to_owned();
    let sent = w.wishes(Command::Peers(vec![other]));
    let expires: Vec<_> = sent
        .iter()
        .filter_map(|text| header(text, "Expires"))
        .collect();
    assert_eq!(expires, ["0", "600"]);
}

#[test]
fn a_call_to_the_registered_contact_is_the_carriers() {
    let mut w = Wire::new();
    let register = registered(&mut w, &carrier(), 600);
    let contact = header(&register, "Contact").expect("a Contact");
    let contact = contact.trim_matches(['<', '>']);
    let mut call = invite();
    call.uri = contact.to_owned();
    call.to = "<sip:+493012345@carrier.example>".to_owned();
    w.says(call.text());
    let invite = w.invitation();
    assert_eq!(
        (invite.peer, &*invite.called),
        (Some(CARRIER), "+493012345")
    );
    let ok = w.wishes(answer(invite.session));
    let tag = to_tag(&ok[0]);
    w.says(ack(1, &tag).text());
    w.events();
    let bye = w.wishes(end(invite.session)).remove(0);
    let again = w
        .says(reply(&bye, "407 P", "", &CHALLENGE.replace("WWW", "Proxy")))
        .remove(0);
    assert!(
        header(&again, "Proxy-Authorization").is_some(),
        "it may ask"
    );
    w.says(reply(&again, "200 OK", "", ""));

    call.call_id = "stranger";
    call.branch = "z9hG4bK-other".to_owned();
    w.flow.remote = address("198.51.100.66", 5060);
    w.says(call.text());
    let invite = w.invitation();
    assert_eq!(
        (invite.peer, &*invite.called),
        (None, "+493012345"),
        "H25: not from there"
    );
    w.wishes(end(invite.session));
}

#[test]
fn a_call_through_a_carrier_shows_the_registered_contact() {
    let mut w = Wire::new();
    let register = registered(&mut w, &carrier(), 600);
    let target = calls_out::uri("sip:+4930@203.0.113.9", EXTERNAL);
    let call = Outbound {
        peer: Some(CARRIER),
        ..calls_out::outbound(target)
    };
    w.endpoint.invite(w.now, call);
    assert_eq!(
        header(&w.sent()[0], "Contact"),
        header(&register, "Contact")
    );
}

#[test]
fn a_carrier_is_up_if_it_answers_and_down_after_two_misses() {
    let mut w = Wire::new();
    let mut peer = carrier();
    peer.registration = None;
    peer.options_every = Some(Duration::from_secs(60));
    assert!(sets(&mut w, &peer).is_empty());
    let options = w.wait(5).remove(0).1;
    assert!(options.starts_with("OPTIONS sip:carrier.example SIP/2.0\r\n"));
    assert_eq!(header(&options, "To"), Some("<sip:carrier.example>"));
    assert!(header(&options, "From").is_some_and(|from| from.starts_with("<sip:192.0.2.1>;tag=")));
    assert!(
        w.says(reply(&options, "401 Unauthorized", "c", CHALLENGE))
            .is_empty()
    );
    let up = |status| Event::Peer {
        id: CARRIER,
        state: PeerState::Up { status },
    };
    assert_eq!(w.event(), up(401), "any answer will do");
    let second = w.wait(66).remove(0).1;
    w.says(reply(&second, "503 Service Unavailable", "c", ""));
    assert_eq!(w.events(), []);
    w.wait(6 + 33);
    let state = PeerState::Down { status: 408 };
    assert_eq!(w.event(), Event::Peer { id: CARRIER, state });
    let more = w.wait(6).remove(0).1;
    w.says(reply(&more, "200 OK", "c", ""));
    assert_eq!(w.event(), up(200));
}

#[test]
fn a_carrier_that_no_listener_reaches_is_told_so() {
    let mut w = Wire::new();
    let mut peer = carrier();
    peer.hops[0].transport = Transport::Tls;
    assert!(sets(&mut w, &peer).is_empty());
    assert_eq!(w.event(), lost(503, "Unreachable"));
    peer.hops.clear();
    let mut w = Wire::new();
    assert!(sets(&mut w, &peer).is_empty());
    assert_eq!(w.event(), lost(503, "No Way There"));
    peer.hops = vec![place("203.0.113.9")];
    let found = w.wishes(Command::Peers(vec![peer])).remove(0);
    assert!(found.starts_with("REGISTER "), "at once");
}

const CARRIER: PeerId = PeerId(7);

const CHALLENGE: &str =
    "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\"\r\n";

fn carrier() -> Peer {
    Peer {
        id: CARRIER,
        uri: "sip:carrier.example".to_owned(),
        hops: vec![place("203.0.113.9")],
        routes: vec!["<sip:proxy.example;lr>".to_owned()],
        credentials: vec![Credential {
            realm: Some("carrier".to_owned()),
            user: "4930".to_owned(),
            password: "secret".to_owned(),
        }],
        registration: Some(Registration {
            aor: "sip:4930@carrier.example".to_owned(),
            expires: Duration::from_secs(600),
        }),
        options_every: None,
    }
}

fn two_places() -> Peer {
    let mut peer = carrier();
    peer.hops.push(place("203.0.113.10"));
    peer
}

fn place(ip: &str) -> Hop {
    Hop {
        transport: Transport::Udp,
        address: address(ip, 5060),
        name: None,
    }
}

/// The carrier is set: what is sent. It speaks next.
fn sets(w: &mut Wire, peer: &Peer) -> Vec<String> {
    w.flow.remote = address("203.0.113.9", 5060);
    w.wishes(Command::Peers(vec![peer.clone()]))
}

/// We are registered for so long: the REGISTER.
fn registered(w: &mut Wire, peer: &Peer, seconds: u32) -> String {
    let register = sets(w, peer).remove(0);
    w.says(reply(
        &register,
        "200 OK",
        "r",
        &format!("Expires: {seconds}\r\n"),
    ));
    assert!(matches!(
        w.event(),
        Event::Peer {
            state: PeerState::Registered { .. },
            ..
        }
    ));
    register
}

fn lost(status: u16, reason: &str) -> Event {
    let reason = reason.to_owned();
    let state = PeerState::Unregistered { status, reason };
    Event::Peer { id: CARRIER, state }
}

fn proof(register: &str) -> &str {
    header(register, "Authorization").expect("credentials")
}

/// Until the next REGISTER, twenty minutes at most.
fn next_register(w: &mut Wire) -> String {
    let found = (0..1200).find_map(|_| w.wait(1).into_iter().next());
    let (_, text) = found.expect("a REGISTER");
    assert!(text.starts_with("REGISTER "), "{text}");
    text
}

//! Calls to a place that a look-up has led to: RFC 3263 §4, RFC 3261 §18.1.1.

use super::calls_out::outbound;
use super::*;
use crate::sip::Hop;

#[test]
fn a_hop_is_reached_from_a_listener_of_its_transport_for_trunks() {
    let mut w = Wire::with(|config| {
        config.listeners.swap(0, 1);
        config.listeners[2].local = address("2001:db8::1", 5060);
    });
    let invite = call(&mut w, hop(Transport::Udp, "203.0.113.9", None)).remove(0);
    assert_eq!(
        invite.flow.listener,
        ListenerId(1),
        "the one without digest"
    );
    assert_eq!(invite.flow.remote, address("203.0.113.9", 5080));
    let text = String::from_utf8(invite.bytes).expect("text");
    assert!(text.starts_with("INVITE sip:+4930@carrier.example SIP/2.0\r\n"));
    let tcp = hop(Transport::Tcp, "2001:db8::9", Some("carrier.example"));
    let invite = call(&mut w, tcp).remove(0);
    assert_eq!(
        (
            invite.flow.transport,
            invite.flow.listener,
            invite.flow.connection
        ),
        (Transport::Tcp, STREAM, 0)
    );
    assert_eq!(invite.name.as_deref(), Some("carrier.example"));
}

#[test]
fn a_hop_that_no_listener_can_reach_fails_at_once() {
    let mut w = Wire::new();
    for hop in [
        hop(Transport::Tls, "203.0.113.9", Some("carrier.example")),
        hop(Transport::Udp, "2001:db8::9", None),
    ] {
        assert!(call(&mut w, hop).is_empty());
        assert!(matches!(w.event(), Event::Failed { status: 503, .. }));
    }
}

fn call(w: &mut Wire, hop: Hop) -> Vec<Transmit> {
    let target = Target::Uri {
        uri: "sip:+4930@carrier.example".to_owned(),
        path: Path::Hop(hop),
    };
    w.endpoint.invite(w.now, outbound(target));
    w.transmits()
}

fn hop(transport: Transport, ip: &str, name: Option<&str>) -> Hop {
    Hop {
        transport,
        address: address(ip, 5080),
        name: name.map(Into::into),
    }
}

#[test]
fn a_request_too_large_for_a_packet_goes_over_tcp_and_all_that_follows_it() {
    let mut w = Wire::new();
    let (session, invite) = large(&mut w);
    assert_eq!(
        (invite.flow.transport, invite.flow.listener),
        (Transport::Tcp, STREAM)
    );
    let text = String::from_utf8(invite.bytes).expect("text");
    let via = "Via: SIP/2.0/TCP 192.0.2.1:5060;rport;branch=z9hG4bK";
    assert!(text.contains(via), "§18.1.1: {text}");
    w.flow = Flow {
        connection: 7,
        ..invite.flow
    };
    w.says(reply(&text, "180 Ringing", "bob", ""));
    let cancel = {
        w.endpoint.command(w.now, end(session));
        w.transmits().remove(0)
    };
    assert_eq!(cancel.flow, w.flow, "where the INVITE went");
    let cancel = String::from_utf8(cancel.bytes).expect("text");
    assert!(cancel.starts_with("CANCEL ") && header(&cancel, "Via") == header(&text, "Via"));
    w.says(reply(&cancel, "200 OK", "", ""));
    let ack = w
        .says(reply(&text, "487 Request Terminated", "bob", ""))
        .remove(0);
    assert_eq!(header(&ack, "Via"), header(&text, "Via"), "§17.1.1.3");
    w.settles();
}

#[test]
fn where_tcp_is_refused_the_large_request_goes_over_udp_and_later_ones_at_once() {
    let mut w = Wire::new();
    let (_, invite) = large(&mut w);
    w.endpoint
        .handle(w.now, Input::Closed { flow: invite.flow });
    let again = w.transmits().remove(0);
    assert_eq!(
        (again.flow.transport, again.flow.listener),
        (Transport::Udp, EXTERNAL)
    );
    let text = String::from_utf8(again.bytes).expect("text");
    assert!(
        text.contains("Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=") && w.events().is_empty()
    );
    assert!(!w.wait(2).is_empty(), "repeated, as UDP loses");
    w.flow.remote = again.flow.remote;
    let ack = w.says(reply(&text, "486 Busy Here", "bob", "")).remove(0);
    assert_eq!(header(&ack, "Via"), header(&text, "Via"));
    assert!(matches!(w.event(), Event::Failed { status: 486, .. }));
    assert_eq!(
        large(&mut w).1.flow.transport,
        Transport::Udp,
        "it has refused"
    );
    w.wait(601);
    w.events();
    assert_eq!(
        large(&mut w).1.flow.transport,
        Transport::Tcp,
        "asked again"
    );
}

#[test]
fn f12_a_peer_that_icmp_says_is_not_there_fails_the_call_at_once_if_the_branch_is_ours() {
    let mut w = Wire::new();
    let invite = call(&mut w, hop(Transport::Udp, "203.0.113.9", None)).remove(0);
    let elsewhere = Flow {
        remote: address("203.0.113.8", 5080),
        ..invite.flow
    };
    let text = String::from_utf8(invite.bytes.clone()).expect("text");
    let branch = header(&text, "Via")
        .and_then(|via| via.split("branch=").nth(1))
        .expect("a branch");
    let forged = text.replace(branch, "z9hG4bK0000000000000000");
    let cut = text.find(branch).expect("there") + 10;
    for (flow, quoted) in [
        (elsewhere, invite.bytes.clone()),
        (invite.flow, forged.into_bytes()),
        (invite.flow, invite.bytes[..cut].to_vec()),
        (invite.flow, vec![]),
        (invite.flow, b"\xff branch=".to_vec()),
    ] {
        w.endpoint.handle(w.now, Input::Refused { flow, quoted });
        assert!(w.events().is_empty());
    }
    let (flow, quoted) = (invite.flow, invite.bytes[..400].to_vec());
    w.endpoint.handle(w.now, Input::Refused { flow, quoted });
    assert!(matches!(w.event(), Event::Failed { status: 503, .. }));
    w.settles();
}

/// A call whose INVITE is larger than a packet.
fn large(w: &mut Wire) -> (SessionId, Transmit) {
    let target = Target::Uri {
        uri: "sip:+4930@carrier.example".to_owned(),
        path: Path::Hop(hop(Transport::Udp, "203.0.113.9", None)),
    };
    let outbound = Outbound {
        sdp: vec![b'a'; 1_300],
        ..outbound(target)
    };
    let session = w.endpoint.invite(w.now, outbound);
    (session, w.transmits().remove(0))
}

#[test]
fn a_proxy_by_name_is_sought_and_its_requests_wait_in_their_order() {
    let mut w = Wire::new();
    let seeker = sought(&mut w);
    assert!(
        w.transmits().is_empty() && w.wait(2).is_empty(),
        "it waits, and its repetitions do"
    );
    let hops = vec![
        hop(Transport::Tls, "203.0.113.4", Some("proxy.example")),
        hop(Transport::Udp, "203.0.113.5", None),
    ];
    w.endpoint.command(w.now, Command::Found { seeker, hops });
    let sent = w.transmits();
    assert_eq!(sent.len(), 1, "once");
    assert_eq!(sent[0].flow.remote, address("203.0.113.5", 5080));
    assert!(sent[0].bytes.starts_with(b"BYE "));
    w.now += Duration::from_secs(4);
    w.endpoint.handle(w.now, Input::Timeout);
    assert_eq!(
        w.transmits()[0].flow.remote,
        address("203.0.113.5", 5080),
        "repeated there, too"
    );
    w.settles();
}

#[test]
fn where_a_proxy_is_not_known_or_not_reached_so_the_dialog_s_own_way_is_taken() {
    for hops in [
        vec![],
        vec![hop(Transport::Tcp, "203.0.113.5", None)],
        vec![hop(Transport::Udp, "2001:db8::5", None)],
    ] {
        let mut w = Wire::new();
        let seeker = sought(&mut w);
        w.wait(2);
        w.endpoint.command(w.now, Command::Found { seeker, hops });
        assert_eq!(w.transmits()[0].flow, w.flow);
        w.settles();
    }
}

/// A call by way of a proxy that is a name is ended: who seeks it.
fn sought(w: &mut Wire) -> crate::sip::resolve::Seeker {
    w.says(
        invite()
            .header("Record-Route: <sip:proxy.example;lr>")
            .text(),
    );
    let session = w.invitation().session;
    let ok = w.wishes(answer(session));
    w.says(ack(1, &to_tag(&ok[0])).text());
    w.events();
    w.endpoint.command(w.now, end(session));
    let event = w.event();
    let Event::Sought { seeker, uri } = event else {
        panic!("{event:?}");
    };
    assert_eq!(uri.to_string(), "sip:proxy.example;lr");
    seeker
}

#[test]
fn rfc_5923_over_tls_we_offer_the_connection_that_we_open_and_over_nothing_else() {
    let mut w = Wire::with(|config| {
        let tls = Listener {
            transport: Transport::Tls,
            ..config.listeners[2].clone()
        };
        config.listeners.push(tls);
    });
    for (transport, offered) in [
        (Transport::Udp, false),
        (Transport::Tcp, false),
        (Transport::Tls, true),
    ] {
        let sent = call(
            &mut w,
            hop(transport, "203.0.113.9", Some("carrier.example")),
        );
        let text = String::from_utf8(sent[0].bytes.clone()).expect("text");
        let via = header(&text, "Via").expect("a Via");
        assert_eq!(via.contains(";rport;alias;branch="), offered, "{via}");
        assert_eq!(via.contains("alias"), offered, "{via}");
    }
}

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

//! Which way messages go: RFC 3261 §12.2.1.1, §18.2.2; RFC 3581.

use super::*;
use crate::sip::Bye;

#[test]
fn responses_go_to_the_source_if_it_asks_and_else_to_the_port_in_the_via() {
    let mut w = Wire::new();
    w.flow.remote = address("198.51.100.7", 40_123);
    let ask = Ask::new("OPTIONS");
    assert_eq!(w.reply_to(&ask.text()).port(), 40_123);
    let plain = ask.branch("plain").text().replace(";rport", "");
    assert_eq!(w.reply_to(&plain).port(), 5060);
    let elsewhere = plain.replace("198.51.100.7:5060", "192.168.1.2:5099");
    assert_eq!(
        w.reply_to(&elsewhere),
        address("198.51.100.7", 5099),
        "received"
    );
}

#[test]
fn a_caller_behind_a_nat_is_reached_on_the_flow() {
    let mut w = Wire::new();
    w.flow.remote = address("198.51.100.7", 40_123);
    let nat = invite()
        .text()
        .replace("Contact: <sip:alice@198.51", "Contact: <sip:alice@192.168");
    w.says(nat);
    let session = w.invitation().session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    w.says(ack(1, &tag).text());
    w.endpoint.command(w.now, end(session));
    let bye = w.transmits().remove(0);
    assert_eq!(bye.flow.remote, address("198.51.100.7", 40_123));
    assert!(bye.bytes.starts_with(b"BYE sip:alice@192.168.100.7:5060 "));
}

#[test]
fn requests_in_a_dialog_follow_the_proxies_that_recorded_themselves() {
    let mut w = Wire::new();
    let routes = "Record-Route: <sip:203.0.113.1;lr>, <sip:203.0.113.2;lr>";
    w.says(invite().header(routes).text());
    let session = w.invitation().session;
    let ok = w.wishes(answer(session));
    assert!(ok[0].contains(routes), "copied");
    w.says(ack(1, &to_tag(&ok[0])).text());
    w.endpoint.command(w.now, end(session));
    let bye = w.transmits().remove(0);
    assert_eq!(bye.flow.remote, address("203.0.113.1", 5060));
    let text = String::from_utf8(bye.bytes).expect("text");
    assert!(text.starts_with("BYE sip:alice@198.51.100.7:5060 SIP/2.0\r\n"));
    assert!(text.contains("Route: <sip:203.0.113.1;lr>\r\nRoute: <sip:203.0.113.2;lr>\r\n"));
}

#[test]
fn the_ack_of_a_2xx_goes_through_the_proxies_in_reverse() {
    let mut w = Wire::new();
    let (_, invite) = calls_out::calling(&mut w);
    let routes = "Record-Route: <sip:203.0.113.1;lr>\r\nRecord-Route: <sip:203.0.113.2>\r\n";
    let bytes = reply(&invite, "200 OK", "bob", &format!("{routes}{TAKEN}")).into_bytes();
    let flow = w.flow;
    w.endpoint.handle(w.now, Input::Received { flow, bytes });
    let ack = w.transmits().remove(0);
    assert_eq!(ack.flow.remote, address("203.0.113.2", 5060));
    let text = String::from_utf8(ack.bytes).expect("text");
    assert!(
        text.starts_with("ACK sip:203.0.113.2 SIP/2.0\r\n"),
        "a strict router"
    );
    let routed = "Route: <sip:203.0.113.1;lr>\r\nRoute: <sip:bob@203.0.113.9:5070>\r\n";
    assert!(text.contains(routed), "{text}");
}

#[test]
fn over_a_connection_all_goes_back_on_it_and_when_it_is_lost_over_a_new_one() {
    let mut w = Wire::new();
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        remote: address("198.51.100.7", 40_123),
        connection: 4,
    };
    let mut ask = invite();
    ask.transport = "TCP";
    w.says(ask.text());
    let session = w.invitation().session;
    w.endpoint.command(w.now, answer(session));
    let ok = w.transmits().remove(0);
    assert_eq!(ok.flow, w.flow);
    let text = String::from_utf8(ok.bytes).expect("text");
    assert_eq!(
        header(&text, "Contact"),
        Some("<sip:192.0.2.1:5060;transport=tcp>")
    );
    // The 200 is repeated end to end; without the connection, to the port in the Via.
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    w.now += Duration::from_millis(500);
    w.endpoint.handle(w.now, Input::Timeout);
    let again = w.transmits().remove(0).flow;
    assert_eq!(
        (again.connection, again.remote),
        (0, address("198.51.100.7", 5060))
    );
    w.says(ack(1, &to_tag(&text)).text());
    assert!(
        matches!(w.event(), Event::Acknowledged { .. }),
        "no hang-up"
    );
    w.endpoint.command(w.now, end(session));
    let bye = w.transmits().remove(0).flow;
    assert_eq!(
        (bye.connection, bye.remote),
        (0, address("198.51.100.7", 5060))
    );
}

#[test]
fn h10_a_caller_who_disconnects_before_the_ack_and_cannot_be_reached_is_gone() {
    let mut w = Wire::new();
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        remote: address("198.51.100.7", 40_123),
        connection: 4,
    };
    let mut ask = invite();
    ask.transport = "TCP";
    w.says(ask.text());
    let session = w.invitation().session;
    w.wishes(answer(session));
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    assert_eq!(w.events(), [], "the 200 is tried over a new one");
    assert_eq!(w.wait(1).len(), 1);
    let remote = address("198.51.100.7", 5060);
    let flow = Flow {
        remote,
        connection: 0,
        ..w.flow
    };
    w.endpoint.handle(w.now, Input::Closed { flow });
    let how = Bye::NoAck;
    assert_eq!(w.event(), Event::Ended { session, how });
    w.transmits();
    w.endpoint.handle(w.now, Input::Closed { flow });
    w.settles();
}

#[test]
fn a_new_connection_of_the_peer_is_the_way_from_then_on() {
    let mut w = Wire::new();
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        remote: address("198.51.100.7", 40_123),
        connection: 4,
    };
    let (session, tag) = w.talking();
    w.flow.connection = 5;
    w.says(within("INFO", 2, &tag).text());
    w.endpoint.command(w.now, end(session));
    assert_eq!(w.transmits().remove(0).flow.connection, 5);
}

#[test]
fn what_follows_an_invite_uses_the_connection_that_was_opened_for_it() {
    let mut w = Wire::new();
    let target = calls_out::uri("sip:bob@203.0.113.9:5070;transport=tcp", STREAM);
    let session = w.endpoint.invite(w.now, calls_out::outbound(target));
    let invite = w.transmits().remove(0);
    assert_eq!(invite.flow.connection, 0);
    w.flow = Flow {
        connection: 8,
        ..invite.flow
    };
    let text = String::from_utf8(invite.bytes).expect("text");
    w.says(reply(&text, "180 Ringing", "bob", ""));
    w.endpoint.command(w.now, end(session));
    assert_eq!(w.transmits().remove(0).flow, w.flow, "the CANCEL");
    let bytes = reply(&text, "487 Request Terminated", "bob", "").into_bytes();
    let flow = w.flow;
    w.endpoint.handle(w.now, Input::Received { flow, bytes });
    assert_eq!(w.transmits().remove(0).flow, w.flow, "the ACK");
}

impl Wire {
    fn reply_to(&mut self, text: &str) -> SocketAddr {
        let (flow, bytes) = (self.flow, text.as_bytes().to_vec());
        self.endpoint
            .handle(self.now, Input::Received { flow, bytes });
        self.transmits().remove(0).flow.remote
    }
}

#[test]
fn sips_is_answered_in_kind_where_the_way_is_encrypted_and_refused_elsewhere() {
    let ask = || {
        let text = invite().text().replace("INVITE sip:", "INVITE sips:");
        text.replace("z9hG4bK", "z9hG4bK-secure")
    };
    let mut w = Wire::new();
    assert_eq!(
        firsts(&w.says(ask())),
        ["SIP/2.0 416 Unsupported URI Scheme"]
    );
    let mut w = Wire::new();
    w.flow = Flow {
        transport: Transport::Tls,
        listener: STREAM,
        remote: address("198.51.100.7", 40_123),
        connection: 4,
    };
    w.says(ask());
    let session = w.invitation().session;
    w.endpoint.command(w.now, answer(session));
    let ok = String::from_utf8(w.transmits().remove(0).bytes).expect("text");
    let contact = header(&ok, "Contact").expect("there");
    assert!(contact.starts_with("<sips:192.0.2.1:5060"), "{contact}");
}

#[test]
fn a_message_of_a_websocket_need_not_say_its_length() {
    let mut w = Wire::new();
    let text = Ask::new("OPTIONS").text();
    let lines = text.split_inclusive("\r\n");
    let bare: String = lines.filter(|l| !l.starts_with("Content-Length")).collect();
    for (transport, status) in [
        (Transport::Tcp, "SIP/2.0 400 Missing Content-Length"),
        (Transport::Ws, "SIP/2.0 200 OK"),
    ] {
        (w.flow.transport, w.flow.listener, w.flow.connection) = (transport, STREAM, 4);
        assert_eq!(firsts(&w.says(bare.clone())), [status]);
    }
}

//! What is refused before anything is kept of it: RFC 3261 §8.2.

use super::*;

#[test]
fn each_fault_has_its_status() {
    let http = |mut ask: Ask| {
        ask.uri = "http://192.0.2.1".to_owned();
        ask
    };
    let lines = [
        (http(invite()), "416 Unsupported URI Scheme"),
        (invite().header("Max-Forwards: 0"), "483 Too Many Hops"),
        (
            invite().header("Require: 100rel, timer, precondition, pref"),
            "420 Bad Extension",
        ),
        (Ask::new("SUBSCRIBE"), "489 Bad Event"),
        (Ask::new("REFER"), "403 Forbidden"),
        (Ask::new("NOTIFY"), "481 Call/Transaction Does Not Exist"),
        (Ask::new("MESSAGE"), "405 Method Not Allowed"),
        (Ask::new("PUBLISH"), "405 Method Not Allowed"),
        (Ask::new("DANCE"), "501 Not Implemented"),
        (Ask::new("REGISTER"), "405 Method Not Allowed"),
        (Ask::new("BYE"), "481 Call/Transaction Does Not Exist"),
        (Ask::new("INVITE").body(OFFER), "400 Missing Contact"),
        (invite().header("Accept: text/plain"), "406 Not Acceptable"),
        (
            invite().header("Content-Encoding: gzip"),
            "415 Unsupported Media Type",
        ),
    ];
    for (ask, status) in lines {
        let mut w = Wire::new();
        let sent = w.says(ask.text());
        assert_eq!(firsts(&sent), [format!("SIP/2.0 {status}")]);
        assert!(!to_tag(&sent[0]).is_empty());
        assert_eq!(w.says(ask.text()), sent, "the same for a repetition");
        assert!(
            w.events().is_empty() && w.endpoint.is_idle(),
            "nothing is kept"
        );
    }
}

#[test]
fn only_what_would_go_on_needs_forwards() {
    let mut w = Wire::new();
    let options = Ask::new("OPTIONS").header("Max-Forwards: 0");
    assert_eq!(firsts(&w.says(options.text())), ["SIP/2.0 200 OK"]);
    let (_, tag) = w.talking();
    let bye = within("BYE", 2, &tag).header("Max-Forwards: 0");
    assert_eq!(firsts(&w.says(bye.text())), ["SIP/2.0 200 OK"]);
}

#[test]
fn what_lacks_all_but_a_via_is_told_so() {
    let mut w = Wire::new();
    let bare = "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1\r\n\r\n";
    let sent = w.says(bare);
    assert_eq!(firsts(&sent), ["SIP/2.0 400 Missing From"]);
    assert!(header(&sent[0], "Via").is_some() && header(&sent[0], "To").is_none());
    assert!(w.says("INVITE sip:a@h SIP/2.0\r\n\r\n").is_empty());
}

#[test]
fn refusals_say_what_would_do() {
    let mut w = Wire::new();
    let required = w.says(
        invite()
            .header("Require: 100rel, timer, precondition, pref")
            .text(),
    );
    assert_eq!(
        header(&required[0], "Unsupported"),
        Some("precondition, pref")
    );
    let parts = |part: &str| {
        let parts = format!("--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n{part}--x--\r\n");
        let parts = late_invite().text().replace(
            "Content-Length: 0\r\n\r\n",
            &format!(
                "Content-Type: multipart/mixed;boundary=x\r\nContent-Length: {}\r\n\r\n{parts}",
                parts.len()
            ),
        );
        Wire::new().says(parts)
    };
    let isup = "--x\r\nContent-Type: application/ISUP\r\n\r\nx\r\n";
    assert_eq!(firsts(&parts("")), ["SIP/2.0 100 Trying"]);
    assert_eq!(firsts(&parts(isup)), ["SIP/2.0 415 Unsupported Media Type"]);
    let html = invite().text().replace("application/sdp", "text/html");
    let refused = w.says(html);
    assert_eq!(firsts(&refused), ["SIP/2.0 415 Unsupported Media Type"]);
    assert_eq!(header(&refused[0], "Accept"), Some("application/sdp"));
    let old = w.says(invite().text().replacen("SIP/2.0\r\n", "SIP/3.0\r\n", 1));
    assert_eq!(firsts(&old), ["SIP/2.0 505 Version Not Supported"]);
    let broken = w.says(
        invite()
            .text()
            .replace("CSeq: 1 INVITE", "CSeq: one INVITE"),
    );
    assert!(
        broken[0].starts_with("SIP/2.0 400 Bad CSeq"),
        "{}",
        broken[0]
    );
}

#[test]
fn a_via_that_cannot_be_read_is_answered_where_it_came_from() {
    let mut w = Wire::new();
    let text = invite().text().replace(";rport;branch", ";;,;,,;branch");
    let bytes = text.into_bytes();
    let flow = w.flow;
    w.endpoint.handle(w.now, Input::Received { flow, bytes });
    let sent = w.transmits().remove(0);
    assert_eq!(sent.flow, flow);
    assert!(sent.bytes.starts_with(b"SIP/2.0 400 Bad Via"));
    assert!(w.endpoint.is_idle());
}

#[test]
fn over_a_stream_what_has_no_length_is_not_served() {
    let mut w = Wire::new();
    let text = invite().text().replace("Content-Length: 9\r\n", "");
    w.flow.transport = Transport::Tcp;
    w.flow.listener = STREAM;
    let sent = w.says(text.clone());
    assert_eq!(firsts(&sent), ["SIP/2.0 400 Missing Content-Length"]);
    assert!(w.endpoint.is_idle() && w.events().is_empty());
    w.flow.transport = Transport::Udp;
    w.flow.listener = EXTERNAL;
    assert_eq!(
        firsts(&w.says(text)),
        ["SIP/2.0 100 Trying"],
        "a datagram ends"
    );
}

#[test]
fn options_tell_what_we_can() {
    let mut w = Wire::new();
    let sent = w.says(Ask::new("OPTIONS").text());
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
    let allow = header(&sent[0], "Allow");
    assert_eq!(allow, Some(ALLOWED));
    assert_eq!(header(&sent[0], "Accept"), Some("application/sdp"));
    assert_eq!(
        header(&sent[0], "Supported"),
        Some("100rel, timer, replaces, norefersub")
    );
    assert!(w.endpoint.is_idle());
}

#[test]
fn garbage_and_strays_are_dropped_and_counted() {
    let mut w = Wire::new();
    assert!(w.says("\r\n\r\n").is_empty(), "a keep-alive");
    assert_eq!(w.endpoint.counters().garbage, 0);
    for garbage in ["", "GET / HTTP/1.1\r\n\r\n", "\0\u{1}\u{2}", "INVITE"] {
        assert!(w.says(garbage).is_empty());
    }
    assert_eq!(w.endpoint.counters().garbage, 3);
    let stray = reply(&Ask::new("OPTIONS").text(), "200 OK", "x", "");
    assert!(w.says(stray).is_empty());
    assert_eq!(w.endpoint.counters().stray_responses, 1);
    assert!(w.says(ack(1, "x").text()).is_empty());
    assert_eq!(w.endpoint.counters().stray_acks, 1);
    let ack_broken = ack(1, "x").text().replace("CSeq: 1", "CSeq: one");
    assert!(w.says(ack_broken).is_empty(), "an ACK is never answered");
}

#[test]
fn a_stranger_gets_one_answer_no_larger_than_the_question() {
    let mut w = Wire::new();
    let broken = invite()
        .text()
        .replace("Max-Forwards: 70", "Max-Forwards: many");
    for ask in [broken, Ask::new("BYE").text(), Ask::new("CANCEL").text()] {
        let sent = w.says(&*ask);
        assert_eq!(sent.len(), 1);
        // What is added: a tag, `received` and `rport`.
        assert!(
            sent[0].len() <= ask.len() + 64,
            "{} for {}",
            sent[0].len(),
            ask.len()
        );
        assert!(w.wait(40).is_empty());
    }
}

#[test]
fn when_full_or_draining_new_calls_are_503_and_running_ones_go_on() {
    let mut w = Wire::with(|config| config.max_sessions = 1);
    let (session, tag) = w.talking();
    let mut second = invite().branch("second");
    second.call_id = "call-2";
    let sent = w.says(second.text());
    assert_eq!(firsts(&sent), ["SIP/2.0 503 Service Unavailable"]);
    assert_eq!(header(&sent[0], "Retry-After"), Some("5"));
    assert_eq!(w.endpoint.counters().overloaded, 1);
    assert_eq!(
        firsts(&w.says(within("OPTIONS", 2, &tag).text())),
        ["SIP/2.0 200 OK"]
    );
    w.wishes(end(session));
    w.settles();

    w.wishes(Command::Drain(true));
    assert_eq!(
        firsts(&w.says(second.text())),
        ["SIP/2.0 503 Service Unavailable"]
    );
    let asked = w.says(Ask::new("OPTIONS").text());
    assert_eq!(firsts(&asked), ["SIP/2.0 503 Service Unavailable"], "§11.2");
    w.wishes(Command::Drain(false));
    assert_eq!(firsts(&w.says(second.text())), ["SIP/2.0 100 Trying"]);
}

#[test]
fn transactions_are_bounded() {
    let mut w = Wire::with(|config| config.max_transactions = 1);
    w.invited();
    let mut second = invite().branch("second");
    second.call_id = "call-2";
    assert_eq!(
        firsts(&w.says(second.text())),
        ["SIP/2.0 503 Service Unavailable"]
    );
}

#[test]
fn ten_thousand_calls_are_cheap() {
    let mut w = Wire::with(|config| config.max_sessions = 20_000);
    for n in 0..10_000 {
        let text = invite().branch(&n.to_string()).text();
        let bytes = text.replace("call-1", &format!("call-{n}")).into_bytes();
        let flow = w.flow;
        w.endpoint.handle(w.now, Input::Received { flow, bytes });
        let Some(Event::Invited(invite)) = w.endpoint.poll_event() else {
            panic!("no event");
        };
        w.endpoint.command(w.now, answer(invite.session));
        w.now += Duration::from_millis(1);
        if w.endpoint.poll_timeout().is_some_and(|due| due <= w.now) {
            w.endpoint.handle(w.now, Input::Timeout);
        }
        while w.endpoint.poll_transmit().is_some() {}
    }
    assert_eq!(w.endpoint.counters().sessions, 10_000);
    w.settles();
}

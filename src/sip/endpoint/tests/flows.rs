//! Phones with several flows: RFC 5626.

use super::calls_out::outbound;
use super::registering::{authorised, internal, register};
use super::*;

const PHONE: &str = "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";

#[test]
fn a_flow_is_granted_to_a_phone_that_supports_it_and_has_come_without_a_proxy() {
    let mut w = internal();
    let ok = w.registers_flow(1, 5061, |_| {});
    assert_eq!(header(&ok, "Require"), Some("outbound"));
    assert_eq!(header(&ok, "Flow-Timer"), None, "over UDP");
    let contact = header(&ok, "Contact").unwrap_or_default();
    assert!(
        contact.ends_with(&format!(";reg-id=1;+sip.instance={PHONE}")),
        "{contact}"
    );
    let mut w = internal();
    let plain = w.registers_flow(1, 5061, |ask| {
        ask.headers.retain(|line| !line.starts_with("Supported"));
    });
    assert_eq!(header(&plain, "Require"), None);
    let mut w = internal();
    let proxied = w.registers_flow(1, 5061, |ask| {
        ask.headers
            .push("Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKphone".to_owned());
    });
    assert_eq!(header(&proxied, "Require"), None);
}

#[test]
fn a_connection_is_to_be_heard_of_every_two_minutes() {
    let mut w = Wire::with(|config| {
        config.listeners[2].digest = Some(both("cordboard"));
        config.listeners[2].registrar = true;
    });
    let users = vec![("1001".to_owned(), "secret".to_owned())];
    w.wishes(Command::Users(users));
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        connection: 7,
        ..w.flow
    };
    let ok = w.registers_flow(1, 40_001, |_| {});
    assert_eq!(header(&ok, "Require"), Some("outbound"));
    assert_eq!(header(&ok, "Flow-Timer"), Some("120"));
}

#[test]
fn a_call_takes_the_youngest_flow_and_the_next_one_only_if_that_has_failed() {
    for lost in ["430 Flow Failed", ""] {
        let mut w = internal();
        w.registers_flow(1, 5061, |_| {});
        w.registers_flow(2, 5062, |_| {});
        w.events();
        let session = w.endpoint.invite(w.now, to_phone());
        let sent = w.transmits();
        assert_eq!((sent.len(), sent[0].flow.remote.port()), (1, 5062));
        let first = String::from_utf8(sent[0].bytes.clone()).expect("text");
        if lost.is_empty() {
            // ICMP says that nobody is there any more.
            let (flow, quoted) = (sent[0].flow, sent[0].bytes.clone());
            w.endpoint.handle(w.now, Input::Refused { flow, quoted });
        } else {
            let (flow, bytes) = (sent[0].flow, reply(&first, lost, "x", "").into_bytes());
            w.endpoint.handle(w.now, Input::Received { flow, bytes });
        }
        let sent = w.transmits();
        let again = sent.iter().find(|sent| sent.flow.remote.port() == 5061);
        let again = String::from_utf8(again.expect("the other").bytes.clone()).expect("text");
        assert!(again.starts_with("INVITE "), "{again}");
        assert_eq!(header(&again, "Call-ID"), header(&first, "Call-ID"));
        assert_eq!(w.events(), [], "nothing has failed yet");
        w.flow.remote.set_port(5061);
        w.says(reply(&again, "200 OK", "phone", TAKEN));
        assert!(matches!(w.event(), Event::Answered { .. }));
        w.wishes(end(session));
    }
}

#[test]
fn a_phone_that_has_spoken_is_not_rung_on_its_other_flow_and_the_last_flow_is_the_last() {
    let mut w = internal();
    w.registers_flow(1, 5061, |_| {});
    w.registers_flow(2, 5062, |_| {});
    w.events();
    w.endpoint.invite(w.now, to_phone());
    let first = w.sent().remove(0);
    let sent = w.says(reply(&first, "486 Busy Here", "x", ""));
    assert_eq!(firsts(&sent).len(), 1, "its ACK");
    assert!(matches!(w.event(), Event::Failed { status: 486, .. }));
    w.endpoint.invite(w.now, to_phone());
    let mut invite = w.sent().remove(0);
    for _ in 0..2 {
        let sent = w.says(reply(&invite, "430 Flow Failed", "x", ""));
        invite = sent.last().cloned().unwrap_or_default();
    }
    assert!(matches!(w.event(), Event::Failed { status: 430, .. }));
    w.settles();
}

#[test]
fn other_phones_of_the_user_ring_beside_it() {
    let mut w = internal();
    w.registers_flow(1, 5061, |_| {});
    w.registers_flow(2, 5062, |_| {});
    w.registers("1001", 50, "10.1.1.9", 5069);
    w.endpoint.invite(w.now, to_phone());
    let sent = w.transmits();
    let ports: Vec<_> = sent.iter().map(|sent| sent.flow.remote.port()).collect();
    assert_eq!(ports, [5062, 5069]);
}

fn to_phone() -> Outbound {
    outbound(Target::User("1001".to_owned()))
}

impl Wire {
    /// The phone registers its nth flow from a port of its own; the answer.
    fn registers_flow(&mut self, nth: u32, port: u16, change: impl Fn(&mut Ask)) -> String {
        self.flow.remote.set_port(port);
        let mut ask = register(10 * nth, "10.1.1.1");
        let contact =
            format!("Contact: <sip:1001@10.1.1.1:{port}>;reg-id={nth};+sip.instance={PHONE}");
        ask.headers[0] = contact;
        change(&mut ask);
        let challenge = self.says(ask.text()).remove(0);
        let mut again = authorised(&ask, &challenge, "1001", "secret");
        again.cseq += 1;
        let sent = self.says(again.text());
        assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
        sent[0].clone()
    }
}

//! Phones that register through proxies: RFC 3327.

use super::calls_out::outbound;
use super::registering::{authorised, internal, register};
use super::*;
use crate::sip::Paths;

const NEAR: &str = "<sip:198.51.100.7;lr>";
const FAR: &str = "<sip:token-7@edge.example;transport=tcp;lr>";

#[test]
fn a_phone_is_called_through_the_proxies_that_it_has_registered_through() {
    let mut w = internal();
    let ok = w.registers_through(&[&format!("{NEAR}, {FAR}")], |_| {});
    assert_eq!(header(&ok, "Supported"), Some("path, outbound"));
    let told = header(&ok, "Path").expect("what it has come through");
    assert_eq!(told, format!("{NEAR}, {FAR}"));
    w.endpoint.invite(w.now, to_phone());
    let sent = w.transmits().remove(0);
    assert_eq!(
        sent.flow.remote,
        address("198.51.100.7", 5060),
        "not its source port"
    );
    let invite = String::from_utf8(sent.bytes).expect("text");
    assert!(invite.starts_with("INVITE sip:1001@10.1.1.1 SIP/2.0\r\n"));
    assert_eq!(routes(&invite), [NEAR, FAR]);
    w.says(reply(&invite, "180 Ringing", "phone", ""));
    let session = SessionId(1);
    let cancel = w.wishes(end(session)).remove(0);
    assert!(cancel.starts_with("CANCEL ") && routes(&cancel) == [NEAR, FAR]);
    let ack = w.says(reply(&invite, "487 Request Terminated", "phone", ""));
    assert_eq!(routes(&ack[0]), [NEAR, FAR], "RFC 3261 §17.1.1.3");
}

#[test]
fn what_answers_takes_its_own_way() {
    let mut w = internal();
    w.registers_through(&[NEAR], |_| {});
    w.endpoint.invite(w.now, to_phone());
    let invite = w.sent().remove(0);
    let rest = format!("Record-Route: <sip:198.51.100.7;lr;in>\r\n{TAKEN}");
    let ack = w.says(reply(&invite, "200 OK", "phone", &rest));
    assert_eq!(routes(&ack[0]), ["<sip:198.51.100.7;lr;in>"]);
}

#[test]
fn a_refresh_by_another_way_is_called_that_way() {
    let mut w = internal();
    w.registers_through(&[NEAR], |_| {});
    w.registers("1001", 50, "10.1.1.1", 5061);
    w.endpoint.invite(w.now, to_phone());
    let sent = w.transmits().remove(0);
    let invite = String::from_utf8(sent.bytes).expect("text");
    assert_eq!((sent.flow.remote.port(), routes(&invite).len()), (5061, 0));
}

#[test]
fn h27_nobody_else_is_sent_calls_because_a_phone_names_them() {
    for path in [
        "<sip:203.0.113.66;lr>",
        "<sip:victim.example;lr>",
        "<sip:198.51.100.7:9;transport=tcp;lr>",
    ] {
        let mut w = internal();
        w.registers_through(&[path], |_| {});
        w.endpoint.invite(w.now, to_phone());
        let sent = w.transmits().remove(0);
        assert_eq!(sent.flow.remote, address("198.51.100.7", 5070), "{path}");
    }
    let mut w = internal();
    w.flow.remote = address("192.0.2.1", 40_000);
    let refused = w.asks_through(&["<sip:192.0.2.1:5062;lr>"], |_| {});
    assert_eq!(
        firsts(&[refused]),
        ["SIP/2.0 403 Forbidden"],
        "we would call ourselves"
    );
}

#[test]
fn a_phone_that_does_not_know_of_it_is_not_told_or_refused_where_that_is_set() {
    let unaware = |ask: &mut Ask| ask.headers.retain(|line| !line.starts_with("Supported"));
    let mut w = internal();
    let ok = w.registers_through(&[NEAR], unaware);
    assert_eq!(header(&ok, "Path"), None);
    w.endpoint.invite(w.now, to_phone());
    assert_eq!(routes(&w.sent()[0]), [NEAR], "but the proxy has its way");
    let mut w = internal();
    w.endpoint.config.listeners[1].paths = Paths::Supported;
    let refused = w.asks_through(&[NEAR], unaware);
    assert_eq!(
        firsts(std::slice::from_ref(&refused)),
        ["SIP/2.0 420 Bad Extension"]
    );
    assert_eq!(header(&refused, "Unsupported"), Some("path"));
    assert!(!w.endpoint.registered("1001"));
    w.registers_through(&[NEAR], |_| {});
    assert!(w.endpoint.registered("1001"), "one that knows of it");
}

#[test]
fn it_may_be_required_in_a_register_and_in_nothing_else() {
    let mut w = internal();
    let requires = |ask: &mut Ask| ask.headers.push("Require: path".to_owned());
    w.registers_through(&[NEAR], requires);
    let mut w = Wire::new();
    let refused = w.says(invite().header("Require: path").text());
    assert_eq!(firsts(&refused), ["SIP/2.0 420 Bad Extension"]);
}

#[test]
fn a_path_that_is_none_or_has_no_end_is_refused() {
    let long = format!("<sip:{}@h;lr>", "x".repeat(600));
    let many = [NEAR; 9].join(", ");
    for bad in ["<sip:198.51.100.7>", "nonsense", "<", &long, &many] {
        let mut w = internal();
        let refused = w.asks_through(&[bad], |_| {});
        assert!(refused.starts_with("SIP/2.0 400 "), "{bad}: {refused}");
        assert!(!w.endpoint.registered("1001"));
    }
    let mut w = internal();
    w.registers_through(&[&[NEAR; 4].join(", "), &[NEAR; 4].join(", ")], |_| {});
}

#[test]
fn f9_a_proxy_whose_connection_is_gone_is_connected_to_again() {
    for (path, stays) in [
        (Some("<sip:198.51.100.7:5077;transport=tcp;lr>"), true),
        (Some("<sip:203.0.113.66;transport=tcp;lr>"), false),
        (None, false),
    ] {
        let mut w = Wire::with(|config| {
            config.listeners[2].digest = Some(both("cordboard"));
            config.listeners[2].registrar = true;
        });
        w.wishes(Command::Users(vec![("1001".into(), "secret".into())]));
        w.flow = Flow {
            transport: Transport::Tcp,
            listener: STREAM,
            remote: address("198.51.100.7", 5070),
            connection: 7,
        };
        w.registers_through(&Vec::from_iter(path), |_| {});
        w.endpoint.invite(w.now, to_phone());
        assert_eq!(
            w.transmits()[0].flow,
            w.flow,
            "while it is there it is used"
        );
        w.events();
        let flow = w.flow;
        w.endpoint.handle(w.now, Input::Closed { flow });
        assert_eq!(w.endpoint.registered("1001"), stays, "{path:?}");
        if !stays {
            continue;
        }
        w.transmits();
        w.endpoint.invite(w.now, to_phone());
        let again = w.transmits().remove(0).flow;
        let place = Flow {
            remote: address("198.51.100.7", 5077),
            connection: 0,
            ..flow
        };
        assert_eq!(again, place);
        w.endpoint.handle(w.now, Input::Closed { flow: place });
        assert!(w.endpoint.registered("1001"), "it may be there again later");
    }
}

const EDGES: [&str; 2] = ["<sip:a@198.51.100.7;lr;ob>", "<sip:b@198.51.100.8;lr;ob>"];

#[test]
fn rfc_5626_a_phone_with_flows_through_two_proxies_is_called_by_one_and_by_the_other_if_that_has_failed()
 {
    let mut w = internal();
    for nth in [0, 1] {
        let ok = w.registers_flow_through(nth, EDGES[nth], |_| {});
        assert_eq!(header(&ok, "Require"), Some("outbound"));
        assert_eq!(ok.matches("Contact: <sip:1001@10.1.1.1>").count(), nth + 1);
    }
    let session = w.endpoint.invite(w.now, to_phone());
    let sent = w.transmits();
    assert_eq!(sent.len(), 1, "a phone rings once");
    assert_eq!(sent[0].flow.remote, address("198.51.100.8", 5060));
    let first = String::from_utf8(sent[0].bytes.clone()).expect("text");
    assert_eq!(routes(&first), [EDGES[1]]);
    let (flow, bytes) = (sent[0].flow, reply(&first, "430 Flow Failed", "b", ""));
    let bytes = bytes.into_bytes();
    w.endpoint.handle(w.now, Input::Received { flow, bytes });
    let sent = w.transmits();
    let again = sent.last().expect("the other");
    assert_eq!(again.flow.remote, address("198.51.100.7", 5060));
    let second = String::from_utf8(again.bytes.clone()).expect("text");
    assert!(second.starts_with("INVITE ") && routes(&second) == [EDGES[0]]);
    w.flow = again.flow;
    w.says(reply(&second, "200 OK", "phone", TAKEN));
    assert!(matches!(w.event(), Event::Answered { .. }));
    w.wishes(end(session));
}

#[test]
fn rfc_5626_a_flow_through_a_proxy_is_refreshed_and_taken_back_by_its_number() {
    let mut w = internal();
    for nth in [0, 1, 0] {
        w.registers_flow_through(nth, EDGES[nth], |_| {});
    }
    assert_eq!(w.endpoint.counters().contacts, 2);
    w.registers_flow_through(1, EDGES[1], |ask| {
        "Expires: 0".clone_into(&mut ask.headers[1])
    });
    w.endpoint.invite(w.now, to_phone());
    let sent = w.transmits().remove(0);
    assert_eq!(sent.flow.remote, address("198.51.100.7", 5060));
}

#[test]
fn rfc_5626_the_flow_to_a_phone_is_its_first_proxys_and_not_the_nearest_ones() {
    for (path, granted) in [
        ("<sip:198.51.100.7;lr>, <sip:edge.example;lr;ob>", true),
        ("<sip:198.51.100.7;lr;ob>, <sip:edge.example;lr>", false),
        ("<sip:198.51.100.7;lr>", false),
    ] {
        let mut w = internal();
        let ok = w.registers_flow_through(0, path, |_| {});
        assert_eq!(header(&ok, "Require").is_some(), granted, "{path}");
        assert!(
            w.endpoint.registered("1001"),
            "a plain phone, if it is none"
        );
    }
}

fn to_phone() -> Outbound {
    outbound(Target::User("1001".to_owned()))
}

fn routes(message: &str) -> Vec<&str> {
    let lines = message.split("\r\n");
    lines
        .filter_map(|line| line.strip_prefix("Route: "))
        .collect()
}

impl Wire {
    /// The phone registers through proxies, which send from port 5070; the answer.
    fn asks_through(&mut self, paths: &[&str], change: impl Fn(&mut Ask)) -> String {
        if self.flow.remote == address("198.51.100.7", 5060) {
            self.flow.remote.set_port(5070);
        }
        let cseq = 10 + 10 * u32::try_from(self.endpoint.counters().requests).expect("few");
        let mut ask = register(cseq, "10.1.1.1").branch(&format!("register-{cseq}"));
        let via = "Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKphone".to_owned();
        ask.headers.push(via);
        let paths = paths.iter().map(|path| format!("Path: {path}"));
        ask.headers.extend(paths);
        if self.flow.transport == Transport::Tcp {
            ask.transport = "TCP";
        }
        change(&mut ask);
        let challenge = self.says(ask.text()).remove(0);
        let mut again = authorised(&ask, &challenge, "1001", "secret");
        again.cseq += 1;
        self.says(again.text()).remove(0)
    }

    /// The phone registers its nth flow through the proxy of that number, always with one Contact.
    fn registers_flow_through(
        &mut self,
        nth: usize,
        path: &str,
        change: impl Fn(&mut Ask),
    ) -> String {
        let flow = nth + 1;
        self.flow.remote = address(["198.51.100.7", "198.51.100.8"][nth], 5070);
        let phone = "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
        let contact = format!("Contact: <sip:1001@10.1.1.1>;reg-id={flow};+sip.instance={phone}");
        self.registers_through(&[path], |ask| {
            ask.headers[0].clone_from(&contact);
            change(ask);
        })
    }

    fn registers_through(&mut self, paths: &[&str], change: impl Fn(&mut Ask)) -> String {
        let ok = self.asks_through(paths, change);
        assert!(ok.starts_with("SIP/2.0 200 OK"), "{ok}");
        self.events();
        ok
    }
}

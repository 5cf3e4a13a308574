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
        let mut ask = register(cseq, "10.1.1.1");
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

    fn registers_through(&mut self, paths: &[&str], change: impl Fn(&mut Ask)) -> String {
        let ok = self.asks_through(paths, change);
        assert!(ok.starts_with("SIP/2.0 200 OK"), "{ok}");
        self.events();
        ok
    }
}

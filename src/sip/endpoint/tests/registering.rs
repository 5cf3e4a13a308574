//! Users: REGISTER, digest, calls to all phones of a user (RFC 3261 §10, §22; RFC 8760).

use super::calls_out::outbound;
use super::*;
use crate::sip::auth::{self, Challenge};
use crate::sip::header::Name;
use crate::sip::message::{Message, Method};

#[test]
fn a_phone_registers_after_a_challenge_with_two_algorithms() {
    let mut w = internal();
    let refused = w.says(register(1, "10.1.1.1").text());
    assert_eq!(firsts(&refused), ["SIP/2.0 401 Unauthorized"]);
    let offered = refused[0].matches("WWW-Authenticate: Digest").count();
    assert_eq!(offered, 2);
    assert!(refused[0].contains("algorithm=SHA-256") && refused[0].contains("algorithm=MD5"));
    assert!(w.endpoint.is_idle(), "nothing is kept of a challenge");

    let good = authorised(&register(2, "10.1.1.1"), &refused[0], "1001", "secret");
    let ok = w.says(good.text());
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    assert_eq!(
        header(&ok[0], "Contact"),
        Some("<sip:1001@10.1.1.1>;expires=600")
    );
    assert_eq!(
        w.event(),
        Event::Registered {
            user: "1001".to_owned()
        }
    );
    assert!(w.endpoint.registered("1001"));
    assert_eq!(
        firsts(&w.says(good.text())),
        ["SIP/2.0 200 OK"],
        "a repetition is no replay"
    );
    w.wait(600);
    assert_eq!(
        w.event(),
        Event::Unregistered {
            user: "1001".to_owned()
        }
    );
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_not_told_apart() {
    let mut w = internal();
    let challenge = w.says(register(1, "h").text()).remove(0);
    let wrong = w.says(authorised(&register(2, "h"), &challenge, "1001", "guess").text());
    let mut nobody = register(2, "h");
    nobody.to = "<sip:9999@192.0.2.1>".to_owned();
    let unknown = w.says(authorised(&nobody, &challenge, "9999", "guess").text());
    assert_eq!(firsts(&wrong), ["SIP/2.0 403 Forbidden"]);
    assert_eq!(firsts(&unknown), firsts(&wrong));
    assert_eq!(w.endpoint.counters().forbidden, 2);
}

#[test]
fn h26_h27_credentials_are_for_the_users_own_address_and_used_once() {
    let mut w = internal();
    let challenge = w.says(register(1, "h").text()).remove(0);
    let mut theft = register(2, "h");
    theft.to = "<sip:1002@192.0.2.1>".to_owned();
    let stolen = w.says(authorised(&theft, &challenge, "1001", "secret").text());
    assert_eq!(firsts(&stolen), ["SIP/2.0 403 Forbidden"]);
    let replayed = authorised(&register(3, "h"), &challenge, "1001", "secret");
    let refused = w.says(replayed.text());
    assert_eq!(firsts(&refused), ["SIP/2.0 401 Unauthorized"]);
    assert!(refused[0].contains("stale=true"));
}

#[test]
fn registrar_refusals_say_what_would_do() {
    let mut w = internal();
    let challenge = w.says(register(1, "h").text()).remove(0);
    let mut brief = register(2, "h");
    brief.headers = vec!["Contact: <sip:1001@h>;expires=5".to_owned()];
    let refused = w.says(authorised(&brief, &challenge, "1001", "secret").text());
    assert_eq!(firsts(&refused), ["SIP/2.0 423 Interval Too Brief"]);
    assert_eq!(header(&refused[0], "Min-Expires"), Some("60"));
    let challenge = w.says(register(3, "h").text()).remove(0);
    let ours = register(4, "192.0.2.1:5062");
    let refused = w.says(authorised(&ours, &challenge, "1001", "secret").text());
    assert_eq!(firsts(&refused), ["SIP/2.0 403 Forbidden"]);
}

#[test]
fn an_address_of_record_is_a_sip_uri_whoever_asks() {
    let mut w = internal();
    let mut book = register(1, "h");
    book.to = "isbn:2983792873".to_owned();
    assert_eq!(
        firsts(&w.says(book.text())),
        ["SIP/2.0 400 To Is No SIP URI"]
    );
}

#[test]
fn a_query_lists_and_a_star_removes() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 5060);
    let mut query = register(12, "h");
    query.headers.clear();
    let listed = w.authorised(&query, "1001");
    assert_eq!(
        header(&listed[0], "Contact"),
        Some("<sip:1001@10.1.1.1>;expires=600")
    );
    let mut star = register(14, "h");
    star.headers = vec!["Contact: *".to_owned(), "Expires: 0".to_owned()];
    let removed = w.authorised(&star, "1001");
    assert_eq!(header(&removed[0], "Contact"), None);
    assert_eq!(
        w.event(),
        Event::Unregistered {
            user: "1001".to_owned()
        }
    );
}

#[test]
fn a_user_who_is_removed_loses_the_registration() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 5060);
    w.wishes(Command::Users(vec![(
        "1002".to_owned(),
        "other".to_owned(),
    )]));
    assert_eq!(
        w.event(),
        Event::Unregistered {
            user: "1001".to_owned()
        }
    );
}

#[test]
fn h5_an_invite_is_authenticated_and_its_from_must_be_the_user() {
    let mut w = internal();
    let mut ask = invite();
    ask.from = "<sip:1001@192.0.2.1>;tag=a".to_owned();
    let challenge = w.says(ask.text());
    assert_eq!(firsts(&challenge), ["SIP/2.0 401 Unauthorized"]);
    assert!(
        w.says(ack(1, &to_tag(&challenge[0])).branch("INVITE").text())
            .is_empty()
    );
    ask.cseq = 2;
    let taken = w.says(authorised(&ask.branch("2"), &challenge[0], "1001", "secret").text());
    assert_eq!(firsts(&taken), ["SIP/2.0 100 Trying"]);
    assert_eq!(w.invitation().user.as_deref(), Some("1001"));

    let mut forged = invite().branch("forged");
    forged.call_id = "call-2";
    let challenge = w.says(forged.text()).remove(0);
    let refused = w.says(authorised(&forged.branch("3"), &challenge, "1001", "secret").text());
    assert_eq!(firsts(&refused), ["SIP/2.0 403 Forbidden"]);
}

#[test]
fn in_a_dialog_only_another_host_is_challenged() {
    let mut w = internal();
    let mut ask = invite();
    ask.from = "<sip:alice@192.0.2.1>;tag=alice".to_owned();
    let challenge = w.says(ask.text()).remove(0);
    let branch = ask.branch("2");
    assert_eq!(
        w.says(authorised(&branch, &challenge, "alice", "secret").text())
            .len(),
        1
    );
    let session = w.invitation().session;
    let tag = to_tag(&w.wishes(answer(session))[0]);
    w.says(ack(1, &tag).text());
    assert_eq!(
        firsts(&w.says(within("INFO", 2, &tag).text())),
        ["SIP/2.0 200 OK"]
    );
    w.flow.remote = address("203.0.113.66", 5060);
    let other_host = w.says(within("BYE", 3, &tag).text());
    assert_eq!(firsts(&other_host), ["SIP/2.0 401 Unauthorized"]);
}

#[test]
fn all_phones_of_a_user_ring_and_the_first_to_answer_wins() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 5061);
    w.registers("1001", 20, "10.1.1.2", 5062);
    w.registers("1001", 30, "10.1.1.3", 5063);
    let session = w
        .endpoint
        .invite(w.now, outbound(Target::User("1001".to_owned())));
    let sent = w.transmits();
    let ports: Vec<_> = sent
        .iter()
        .map(|transmit| transmit.flow.remote.port())
        .collect();
    assert_eq!(
        ports,
        [5061, 5062, 5063],
        "by the flow, not by the private address"
    );
    let texts = sent
        .into_iter()
        .map(|t| String::from_utf8(t.bytes).expect("text"));
    let invites: Vec<_> = texts.collect();
    assert!(invites[0].starts_with("INVITE sip:1001@10.1.1.1 "));
    w.says(reply(&invites[0], "180 Ringing", "one", ""));
    w.says(reply(&invites[1], "180 Ringing", "two", ""));
    assert_eq!(w.events().len(), 2);

    let sent = w.says(reply(&invites[1], "200 OK", "two", TAKEN));
    assert!(sent[0].starts_with("ACK ") && sent[1].starts_with("CANCEL sip:1001@10.1.1.1 "));
    let why = header(&sent[1], "Reason");
    assert_eq!(
        why,
        Some("SIP;cause=200;text=\"Call completed elsewhere\""),
        "RFC 3326: no missed call"
    );
    assert_eq!(
        sent.len(),
        2,
        "the third has not said that it knows the INVITE"
    );
    assert!(matches!(w.event(), Event::Answered { session: answered, .. } if answered == session));
    let late = w.says(reply(&invites[2], "200 OK", "three", TAKEN));
    assert!(late[0].starts_with("ACK ") && late[1].starts_with("BYE "));
    w.says(reply(&invites[0], "487 Request Terminated", "one", ""));
    assert_eq!(w.events(), []);
    w.wishes(end(session));
    w.settles();
}

#[test]
fn a_call_follows_its_phone_to_where_it_registers_next() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 5061);
    w.flow.remote.set_port(5062);
    let (first, second) = (w.called("1001"), w.called("1001"));
    // Its NAT has forgotten it: the same contact from another port.
    w.registers("1001", 20, "10.1.1.1", 5099);
    w.endpoint.command(w.now, end(first));
    assert_eq!(w.transmits().remove(0).flow.remote.port(), 5099);
    // What another user registers concerns nobody else.
    let mut other = register(1, "10.1.1.1");
    other.from = "<sip:alice@192.0.2.1>;tag=r".to_owned();
    other.to = "<sip:alice@192.0.2.1>".to_owned();
    other.call_id = "alices";
    w.flow.remote.set_port(5100);
    let sent = w.authorised(&other, "alice");
    assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
    w.endpoint.command(w.now, end(second));
    assert_eq!(w.transmits().remove(0).flow.remote.port(), 5099);
}

#[test]
fn a_phone_whose_connection_was_lost_is_reached_on_the_one_it_registers_on() {
    let mut w = Wire::with(|config| {
        config.listeners[2].digest = Some(both("cordboard"));
        config.listeners[2].registrar = true;
    });
    w.wishes(Command::Users(vec![(
        "1001".to_owned(),
        "secret".to_owned(),
    )]));
    let on = |port, connection| Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        remote: address("198.51.100.7", port),
        connection,
    };
    w.flow = on(40_001, 1);
    w.registers("1001", 10, "10.1.1.1:40001;transport=tcp", 40_001);
    let session = w.called("1001");
    w.endpoint.handle(w.now, Input::Closed { flow: w.flow });
    w.events();
    // Behind a new connection the phone has a new contact, too.
    w.flow = on(40_002, 2);
    w.registers("1001", 20, "10.1.1.1:40002;transport=tcp", 40_002);
    w.endpoint.command(w.now, end(session));
    assert_eq!(w.transmits().remove(0).flow, w.flow);
}

#[test]
fn a_call_to_a_user_fails_when_all_phones_have_failed_with_the_best_reason() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 5061);
    w.registers("1001", 20, "10.1.1.2", 5062);
    w.endpoint
        .invite(w.now, outbound(Target::User("1001".to_owned())));
    let invites = w.sent();
    w.says(reply(&invites[0], "486 Busy Here", "one", ""));
    assert_eq!(w.events(), []);
    w.says(reply(&invites[1], "480 Away", "two", ""));
    assert!(matches!(w.event(), Event::Failed { status: 486, .. }));

    w.endpoint
        .invite(w.now, outbound(Target::User("1001".to_owned())));
    let invites = w.sent();
    w.says(reply(&invites[1], "180 Ringing", "two", ""));
    w.events();
    let sent = w.says(reply(&invites[0], "603 Decline", "one", ""));
    assert!(sent[1].starts_with("CANCEL "), "for all");
    assert!(matches!(w.event(), Event::Failed { status: 603, .. }));
    w.settles();
}

pub(super) fn internal() -> Wire {
    let mut w = Wire::new();
    w.flow.listener = INTERNAL;
    let users = [("1001", "secret"), ("alice", "secret"), ("1002", "other")];
    let users = users.map(|(user, password)| (user.to_owned(), password.to_owned()));
    w.wishes(Command::Users(users.to_vec()));
    w
}

pub(super) fn register(cseq: u32, host: &str) -> Ask {
    let mut ask = Ask::new("REGISTER").branch(&format!("register-{cseq}"));
    ask.uri = "sip:192.0.2.1".to_owned();
    ask.from = "<sip:1001@192.0.2.1>;tag=r".to_owned();
    ask.to = "<sip:1001@192.0.2.1>".to_owned();
    ask.cseq = cseq;
    // As long as those of real phones: an answer to a stranger is no longer than that.
    ask.header(format!("Contact: <sip:1001@{host}>"))
        .header("Expires: 600")
        .header("User-Agent: A phone on a desk, version 1.2.3, of a make with a long name")
        .header("Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, NOTIFY, REFER, UPDATE, PRACK")
        .header("Allow-Events: presence, message-summary, refer")
        .header("Supported: path, outbound, gruu, replaces, 100rel, timer, norefersub")
}

/// The request with credentials for the challenge in a 401.
pub(super) fn authorised(ask: &Ask, challenge: &str, user: &str, password: &str) -> Ask {
    let message = Message::parse(challenge.as_bytes().to_vec()).expect("a 401");
    let challenge = Challenge::find(&message, Name::WwwAuthenticate).expect("a challenge");
    let method = Method::of(ask.method);
    let credentials = auth::respond(&challenge, user, password, &method, &ask.uri, 1, "c");
    ask.clone()
        .branch(&format!("{}-authorised", ask.branch))
        .header(format!("Authorization: {credentials}"))
}

impl Wire {
    /// Sends a request, and again with credentials.
    fn authorised(&mut self, ask: &Ask, user: &str) -> Vec<String> {
        let challenge = self.says(ask.text()).remove(0);
        let mut again = authorised(ask, &challenge, user, "secret");
        again.cseq += 1;
        self.says(again.text())
    }

    /// A call to the one phone of a user, which answers.
    fn called(&mut self, user: &str) -> SessionId {
        let target = Target::User(user.to_owned());
        let session = self.endpoint.invite(self.now, outbound(target));
        let invite = self.sent().remove(0);
        let uri = invite.split(' ').nth(1).unwrap_or_default();
        let taken = format!("Contact: <{uri}>\r\n");
        let sent = self.says(reply(&invite, "200 OK", "phone", &taken));
        assert!(sent[0].starts_with("ACK "));
        self.events();
        session
    }

    /// A phone registers from a port of the usual address.
    pub(super) fn registers(&mut self, user: &str, cseq: u32, host: &str, port: u16) {
        self.flow.remote.set_port(port);
        let sent = self.authorised(&register(cseq, host), user);
        assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
        self.events();
    }
}

#[test]
fn h29_a_keep_alive_by_stun_is_answered_where_a_phone_is_registered_and_amplifies_nothing() {
    let mut w = internal();
    let asks = |w: &mut Wire, padding: usize| {
        let attribute = [&[0x80, 0x22, 0, padding as u8][..], &vec![b'x'; padding]].concat();
        let rest = if padding > 0 { attribute } else { vec![] };
        let head = [0, 1, 0, rest.len() as u8, 0x21, 0x12, 0xA4, 0x42];
        let (flow, bytes) = (w.flow, [&head[..], &[7; 12], &rest].concat());
        w.endpoint.handle(w.now, Input::Received { flow, bytes });
        w.transmits()
    };
    assert!(
        asks(&mut w, 0).is_empty(),
        "to a stranger it would be longer"
    );
    assert_eq!(asks(&mut w, 8)[0].bytes.len(), 32);
    let challenge = w.says(register(1, "10.1.1.1").text()).remove(0);
    w.says(authorised(&register(2, "10.1.1.1"), &challenge, "1001", "secret").text());
    assert!(w.endpoint.registered("1001"));
    let told = asks(&mut w, 0).remove(0);
    assert_eq!(
        (told.flow, told.bytes.len()),
        (w.flow, 32),
        "RFC 5626 §3.5.2"
    );
    w.wait(3_700);
    assert!(asks(&mut w, 0).is_empty(), "no longer registered");
}

//! What strangers get, and what they cannot do to others (HARDENING H4, H5, H26, H29).

use super::registering::{authorised, internal, register};
use super::*;
use crate::sip::guard::{Limits, Network, Offence};

/// H29, as an inequality over what strangers may send.
#[test]
fn h29_an_answer_to_a_stranger_is_no_larger_than_the_question_and_not_repeated() {
    let (mut asked, mut answered) = (0, 0);
    for listener in [EXTERNAL, INTERNAL] {
        for question in questions() {
            let mut w = guarded();
            w.flow.listener = listener;
            let size = question.len();
            let flow = w.flow;
            w.endpoint.handle(
                w.now,
                Input::Received {
                    flow,
                    bytes: question.clone(),
                },
            );
            let sent = w.transmits();
            let shown = || String::from_utf8_lossy(&question).into_owned();
            assert!(sent.len() <= 1, "{}", shown());
            let answer: usize = sent.iter().map(|transmit| transmit.bytes.len()).sum();
            assert!(answer <= size, "{answer} for {size}: {}", shown());
            assert!(w.wait(70).is_empty(), "repeated: {}", shown());
            assert!(w.endpoint.is_idle(), "kept: {}", shown());
            (asked, answered) = (asked + 1, answered + sent.len());
        }
    }
    assert!(
        answered > asked / 3,
        "{answered} of {asked}: silence proves nothing"
    );
}

/// Requests of all methods, short and long, with and without credentials, whole and broken.
fn questions() -> Vec<Vec<u8>> {
    let methods = [
        "REGISTER",
        "INVITE",
        "OPTIONS",
        "SUBSCRIBE",
        "MESSAGE",
        "NOTIFY",
        "PUBLISH",
        "BYE",
        "CANCEL",
        "ACK",
        "INFO",
        "REFER",
        "UPDATE",
        "PRACK",
        "DANCE",
    ];
    let headers: [&[&str]; 8] = [
        &[],
        &["Contact: <sip:a@198.51.100.7>"],
        &[
            "Contact: <sip:a@198.51.100.7>",
            "User-Agent: A phone on a desk, version 1.2",
        ],
        &["Require: 100rel, a, b, c, d, e, f, g, h, i"],
        &["Accept: text/plain", "Contact: <sip:a@198.51.100.7>"],
        &["Max-Forwards: 0"],
        &["Max-Forwards: many"],
        &[
            "Authorization: Digest realm=\"cordboard\", username=\"1001\", nonce=\"n\", uri=\"sip:a\", response=\"r\"",
        ],
    ];
    let mut all = vec![];
    for method in methods {
        for lines in headers {
            let mut ask = lines
                .iter()
                .fold(Ask::new(method), |ask, line| ask.header(*line));
            all.push(ask.text().into_bytes());
            all.push(
                ask.text()
                    .replace("Via: ", "v:")
                    .replace("Max-Forwards: 70\r\n", "")
                    .into_bytes(),
            );
            ask.uri = "http://x".to_owned();
            all.push(ask.text().into_bytes());
            ask.to = "<sip:1001@192.0.2.1>;tag=none".to_owned();
            ask.uri = "sip:x".to_owned();
            all.push(ask.text().into_bytes());
        }
        let tiny = format!("{method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a\r\n\r\n");
        let small = format!(
            "{method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport\r\nf:sip:a@b;tag=1\r\nt:sip:a@b\r\ni:1\r\n\
             CSeq:1 {method}\r\n\r\n"
        );
        all.extend([tiny.into_bytes(), small.into_bytes()]);
    }
    let mut dice = Random::seeded(29);
    let good = invite().text().into_bytes();
    for _ in 0..400 {
        let mut broken = good.clone();
        for _ in 0..=dice.below(6) {
            let at = usize::try_from(dice.below(good.len() as u64)).unwrap_or(0);
            broken[at] = dice.u32().to_be_bytes()[0];
        }
        let cut = usize::try_from(dice.below(3) * dice.below(100)).unwrap_or(0);
        broken.truncate(good.len().saturating_sub(cut));
        all.push(broken);
    }
    for length in [0, 1, 2, 4, 20, 1500] {
        all.push((0..length).map(|_| dice.u32().to_be_bytes()[1]).collect());
    }
    all
}

#[test]
fn over_a_connection_and_to_those_one_knows_answers_are_whole() {
    let mut w = guarded();
    let small = register(1, "h").text();
    let lines = small
        .lines()
        .filter(|line| !line.starts_with("Allow") && !line.starts_with("Supp"));
    let small: String = lines.map(|line| format!("{line}\r\n")).collect();
    w.flow.listener = INTERNAL;
    let brief = w.says(&*small);
    assert!(brief[0].contains("\r\nv: "), "compact: {}", brief[0]);
    w.flow.transport = Transport::Tcp;
    let whole = w.says(small.replace("SIP/2.0/UDP", "SIP/2.0/TCP"));
    assert!(header(&whole[0], "Via").is_some() && header(&whole[0], "Content-Length").is_some());
}

#[test]
fn where_tiny_phones_need_it_answers_are_whole() {
    let mut w = Wire::with(|config| config.guard = Limits::off());
    w.flow.listener = INTERNAL;
    let tiny = "OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a\r\nf:sip:a@b;tag=1\r\nt:sip:a@b\r\ni:1\r\nCSeq:1 REGISTER\r\n\r\n";
    assert_eq!(w.says(tiny.replace("OPTIONS", "REGISTER")).len(), 1);
}

/// H5, and the scanners' trick: to ask for many users and to look which answer differs.
#[test]
fn h5_known_and_unknown_users_get_the_same_answers() {
    let methods = [
        "REGISTER",
        "INVITE",
        "OPTIONS",
        "SUBSCRIBE",
        "MESSAGE",
        "NOTIFY",
        "PUBLISH",
        "BYE",
        "INFO",
        "REFER",
        "DANCE",
    ];
    for method in methods {
        for credentials in ["none", "wrong", "foreign"] {
            let answers = ["1001", "9999"].map(|user| answer_about(user, method, credentials));
            assert_eq!(
                answers[0], answers[1],
                "{method} with {credentials} credentials"
            );
        }
    }
}

/// What is answered to a request about a user, made with credentials of whom they say, without
/// what is random in it.
fn answer_about(user: &str, method: &'static str, credentials: &str) -> Vec<String> {
    let mut w = guarded();
    w.flow.listener = INTERNAL;
    let mut ask = Ask::new(method).header("Contact: <sip:x@198.51.100.7>");
    ask.uri = format!("sip:{user}@192.0.2.1");
    ask.from = format!("<sip:{user}@192.0.2.1>;tag=a");
    ask.to = format!("<sip:{user}@192.0.2.1>");
    let ask =
        ask.header("User-Agent: A phone on a desk, version 1.2.3, of a make with a long name");
    let mut sent = w.says(ask.text());
    if credentials != "none" && sent[0].starts_with("SIP/2.0 401") {
        let realm = if credentials == "wrong" {
            "cordboard"
        } else {
            "elsewhere"
        };
        let challenge = sent[0].replace("realm=\"cordboard\"", &format!("realm=\"{realm}\""));
        let mut again = ask;
        again.cseq = 2;
        sent = w.says(authorised(&again, &challenge, user, "a guess").text());
    }
    assert!(w.events().is_empty() && w.endpoint.is_idle());
    let size = sent.iter().map(String::len).sum::<usize>();
    let mask = |text: &String| {
        let fields = text.replace(user, "USER");
        let lines = fields.lines().map(|line| {
            let line = line.split("nonce=").next().unwrap_or_default();
            line.split(";tag=").next().unwrap_or_default().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut all: Vec<_> = sent.iter().map(mask).collect();
    all.push(size.to_string());
    all
}

#[test]
fn a_stranger_learns_that_somebody_is_there_and_no_more() {
    let mut w = guarded();
    for listener in [EXTERNAL, INTERNAL] {
        w.flow.listener = listener;
        let sent = w.says(Ask::new("OPTIONS").text());
        assert_eq!(firsts(&sent), ["SIP/2.0 200 OK"]);
        for name in ["Server", "User-Agent", "Allow", "Supported", "Contact"] {
            assert_eq!(header(&sent[0], name), None, "{name}");
        }
    }
    let challenge = w.says(register(1, "h").text());
    for name in ["Server", "User-Agent", "Allow"] {
        assert_eq!(header(&challenge[0], name), None, "{name}");
    }
}

#[test]
fn who_calls_itself_a_scanner_gets_no_answer() {
    let mut w = guarded();
    w.flow.listener = INTERNAL;
    let scan = Ask::new("OPTIONS").header("User-Agent: friendly-scanner");
    assert!(w.says(scan.text()).is_empty());
    assert_eq!(w.endpoint.counters().scanners, 1);
}

/// A call at the trunks' listener from elsewhere costs nothing: no transaction, no repetition.
#[test]
fn an_uninvited_call_is_refused_and_nothing_is_kept() {
    let mut w = guarded();
    let sent = w.says(invite().text());
    assert_eq!(firsts(&sent), ["SIP/2.0 403 Forbidden"]);
    let Event::Uninvited { from, called, .. } = w.event() else {
        panic!("told");
    };
    assert_eq!((&*from.user, &*called), ("alice", "support"));
    assert!(w.endpoint.is_idle() && w.wait(70).is_empty());
    w.flow.remote = address("203.0.113.5", 5060);
    assert_eq!(firsts(&w.says(invite().text())), ["SIP/2.0 100 Trying"]);
}

/// H4.
#[test]
fn h4_under_a_flood_memory_stays_and_those_one_knows_are_served() {
    let mut w = guarded();
    w.endpoint.command(w.now, users());
    let phone = address("198.51.100.200", 40_000);
    w.flow = Flow {
        listener: INTERNAL,
        remote: phone,
        ..w.flow
    };
    let challenge = w.says(register(1, "h").text()).remove(0);
    let ok = w.says(authorised(&register(2, "h"), &challenge, "1001", "secret").text());
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    w.wait(40);
    w.events();
    let mut calls = 0;
    for n in 0..100_000u32 {
        let [_, a, b, c] = n.to_be_bytes();
        let remote = SocketAddr::from(([100, a, b, c], 5060));
        let listener = if n % 2 == 0 { EXTERNAL } else { INTERNAL };
        w.flow = Flow {
            listener,
            remote,
            ..w.flow
        };
        let bytes = invite().branch(&n.to_string()).text().into_bytes();
        let flow = w.flow;
        w.endpoint.handle(w.now, Input::Received { flow, bytes });
        while w.endpoint.poll_transmit().is_some() {}
        if n % 20 == 0 {
            w.now += Duration::from_millis(1);
        }
        if n % 5_000 == 0 {
            w.events();
            calls += 1;
            w.flow = Flow {
                listener: EXTERNAL,
                remote: address("203.0.113.5", 5060),
                ..w.flow
            };
            let mut call = invite().branch(&format!("trunk-{n}"));
            call.cseq = n + 1;
            assert_eq!(firsts(&w.says(call.text())), ["SIP/2.0 100 Trying"]);
            w.flow = Flow {
                listener: INTERNAL,
                remote: phone,
                ..w.flow
            };
            let options = Ask::new("OPTIONS").branch(&format!("phone-{n}"));
            assert!(
                header(&w.says(options.text())[0], "Allow").is_some(),
                "served as one known"
            );
        }
        assert_eq!(w.endpoint.counters().sessions, calls);
    }
    let seen = w.endpoint.counters();
    assert!(seen.limited > 70_000, "{seen:?}");
    assert!(w.events().len() < 100, "not each is told");
    w.endpoint.check();
}

/// Guesses of passwords end in a ban, which a registered phone of the same address outlives.
#[test]
fn guesses_end_in_a_ban_that_leaves_registered_phones_alone() {
    let mut w = internal();
    w.registers("1001", 10, "10.1.1.1", 40_000);
    w.flow.remote.set_port(6666);
    let ban = (0..20).find_map(|n| {
        w.guesses(n);
        w.events().pop()
    });
    let Some(Event::Banned(ban)) = ban else {
        panic!("{ban:?}");
    };
    assert_eq!(ban.offence, Offence::Credentials);
    assert_eq!(w.endpoint.counters().bans, 1);
    assert!(w.says(register(90, "h").text()).is_empty(), "not even read");
    assert_eq!(w.endpoint.counters().banned, 1);
    w.registers("1001", 20, "10.1.1.1", 40_000);
    w.flow.remote.set_port(6666);
    w.wait(301);
    let again = w.says(register(91, "h").text());
    assert_eq!(firsts(&again), ["SIP/2.0 401 Unauthorized"]);
}

/// In a datagram anybody can write any source: a nonce that another address has got proves nothing.
#[test]
fn forged_datagrams_ban_nobody() {
    let mut w = internal();
    let victim = w.flow.remote;
    w.flow.remote = address("203.0.113.66", 5060);
    let challenge = w.says(register(1, "h").text()).remove(0);
    w.flow.remote = victim;
    for n in 2..200 {
        let wrong = authorised(&register(n, "h"), &challenge, "1001", "a guess");
        w.says(wrong.text());
        w.says(register(n + 1000, "h").text().replace("CSeq: ", "CSeq: x"));
        w.now += Duration::from_millis(100);
    }
    assert!(w.events().is_empty());
    assert_eq!(w.endpoint.counters().bans, 0);
    assert_eq!(
        firsts(&w.says(register(900, "h").text())),
        ["SIP/2.0 401 Unauthorized"]
    );
}

#[test]
fn nonsense_over_a_connection_ends_in_a_ban() {
    let mut w = guarded();
    w.flow = Flow {
        transport: Transport::Tcp,
        listener: STREAM,
        connection: 7,
        ..w.flow
    };
    let broken = invite().text().replace("CSeq: 1", "CSeq: one");
    let answers = (0..20).filter(|_| !w.says(&*broken).is_empty()).count();
    assert_eq!(answers, 10);
    assert!(matches!(w.event(), Event::Banned(_)));
}

/// Who is in a call is heard, whatever else comes from their address.
#[test]
fn who_is_in_a_call_is_not_limited() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    w.endpoint.command(w.now, trust());
    w.says(within("OPTIONS", 2, &tag).text());
    let other = w.flow.remote;
    w.flow.remote.set_port(9);
    for n in 0..400 {
        w.says(Ask::new("OPTIONS").branch(&n.to_string()).text());
    }
    assert!(
        w.says(Ask::new("OPTIONS").branch("limited").text())
            .is_empty()
    );
    w.flow.remote = other;
    assert_eq!(
        firsts(&w.says(within("BYE", 3, &tag).text())),
        ["SIP/2.0 200 OK"]
    );
}

/// An endpoint whose trunks are all in 203.0.113.0/24.
fn guarded() -> Wire {
    let mut w = Wire::new();
    w.endpoint.command(w.now, trust());
    w
}

fn trust() -> Command {
    Command::Trust(vec![Network {
        address: [203, 0, 113, 0].into(),
        prefix: 24,
    }])
}

fn users() -> Command {
    Command::Users(vec![("1001".to_owned(), "secret".to_owned())])
}

impl Wire {
    /// Asks for a challenge, and answers it with a wrong password.
    fn guesses(&mut self, n: u32) {
        let first = register(100 + 2 * n, "h");
        let challenge = self.says(first.text()).remove(0);
        let mut wrong = authorised(&register(101 + 2 * n, "h"), &challenge, "1001", "a guess");
        wrong.branch = format!("z9hG4bK-guess-{n}");
        assert_eq!(firsts(&self.says(wrong.text())), ["SIP/2.0 403 Forbidden"]);
    }
}

//! Messages: reading, refusing, writing.

use super::*;
use crate::random::Random;
use crate::sip::header::{Contacts, Syntax};
use crate::sip::uri::Scheme;

/// RFC 3261 §24.2, F1, with a body of ours.
const INVITE: &str = "INVITE sip:bob@biloxi.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n\
    Max-Forwards: 70\r\n\
    To: Bob <sip:bob@biloxi.com>\r\n\
    From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
    Call-ID: a84b4c76e66710\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:alice@pc33.atlanta.com>\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 5\r\n\
    \r\n\
    v=0\r\n";

/// RFC 3261 §24.2, F11.
const OK: &str = "SIP/2.0 200 OK\r\n\
    Via: SIP/2.0/UDP pc33.atlanta.com\r\n ;branch=z9hG4bKnashds8;received=192.0.2.1\r\n\
    To: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n\
    From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
    Call-ID: a84b4c76e66710\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:bob@192.0.2.4>\r\n\
    Content-Length: 0\r\n\
    \r\n";

fn parse(text: &str) -> Result<Message, Malformed> {
    Message::parse(text.as_bytes().to_vec())
}

fn good(text: &str) -> Message {
    parse(text).expect("a good message")
}

/// The INVITE with one piece of its text replaced by another.
fn with(from: &str, to: &str) -> Result<Message, Malformed> {
    assert!(INVITE.contains(from), "{from}");
    parse(&INVITE.replacen(from, to, 1))
}

fn fault(from: &str, to: &str) -> Fault {
    with(from, to).expect_err(to).fault
}

#[test]
fn a_request_is_read() {
    let m = good(INVITE);
    let (method, uri) = (&Method::Invite, "sip:bob@biloxi.com");
    assert_eq!(m.start(), Start::Request { method, uri });
    assert_eq!(m.request_uri().map(|u| u.scheme), Ok(Scheme::Sip));
    let via = m.top_via().expect("a Via");
    assert_eq!(via.magic_branch(), Some("z9hG4bKnashds8"));
    assert_eq!(m.to().expect("To").display.as_deref(), Some("Bob"));
    assert_eq!(m.from().expect("From").tag(), Some("1928301774"));
    assert_eq!(m.call_id(), Ok("a84b4c76e66710"));
    assert_eq!(m.cseq(), Ok((314_159, Method::Invite)));
    assert_eq!(m.max_forwards(), Ok(70));
    assert!(m.is_content("Application/SDP"));
    assert_eq!(m.body(), b"v=0\r\n");
    assert_eq!(m.to_bytes().len(), INVITE.len());
}

#[test]
fn a_response_is_read_and_knows_its_method() {
    let m = good(OK);
    assert_eq!((m.status(), m.method()), (Some(200), &Method::Invite));
    let received = m.top_via().expect("a Via").received();
    assert_eq!(received, "192.0.2.1".parse().ok());
    assert_eq!(good(&OK.replace("200 OK", "200")).status(), Some(200));
    for line in ["4294967301 x", "99 x", "700 x", "0200 x", "x"] {
        let broken = parse(&OK.replace("200 OK", line)).expect_err(line);
        assert_eq!(broken.fault, Fault::StartLine);
        assert!(broken.answerable().is_none(), "responses are not answered");
    }
}

#[test]
fn names_are_found_in_any_spelling() {
    let text = "\r\nOPTIONS sip:a@h SIP/2.0\nv  :SIP / 2.0/ UDP h;\r\n\t branch=z9hG4bK1 ,\r\n  SIP/2.0/TCP i\n\
        f: \"a\r\n b\" <sip:a@h>;tag=1\r\nT:<sip:b@h>\r\nI: 1\r\ncSeQ: 0009\r\n OPTIONS\n\
        k: timer, 100rel\r\nsupported: Path\r\nX-Odd : ;;,\r\nVIA: SIP/2.0/UDP j\r\n\r\n";
    let m = good(text);
    let vias = m.vias().expect("Vias");
    let hosts: Vec<_> = vias.iter().map(|v| v.host.to_string()).collect();
    assert_eq!(hosts, ["h", "i", "j"]);
    assert_eq!(m.from().expect("From").display.as_deref(), Some("a b"));
    assert_eq!(m.header(Name::CSeq), Some("0009 OPTIONS"));
    assert_eq!(m.header(Name::Other("x-odd")), Some(";;,"));
    assert_eq!(m.headers(Name::Other("supported")).count(), 2);
    assert!(m.supports("path") && m.supports("timer") && !m.supports("none"));
    assert_eq!(m.require().count(), 0);
}

#[test]
fn what_must_be_there_is_missed() {
    for (line, name) in [
        (
            "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n",
            Name::Via,
        ),
        ("To: Bob <sip:bob@biloxi.com>\r\n", Name::To),
        (
            "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n",
            Name::From,
        ),
        ("Call-ID: a84b4c76e66710\r\n", Name::CallId),
        ("CSeq: 314159 INVITE\r\n", Name::CSeq),
    ] {
        let broken = with(line, "").expect_err("missing");
        assert_eq!((broken.fault, broken.status()), (Fault::Missing(name), 400));
        assert_eq!(broken.reason(), format!("Missing {name}"));
        // Without a Via nobody knows the way back; of the others an answer has what there is.
        assert_eq!(broken.answerable().is_some(), name != Name::Via);
    }
    assert_eq!(
        with("Max-Forwards: 70\r\n", "")
            .map(|m| m.max_forwards())
            .ok(),
        Some(Ok(70))
    );
}

#[test]
fn what_may_be_there_once_is_there_once() {
    for line in [
        "t: <sip:x@h>",
        "f: <sip:x@h>;tag=2",
        "i: 2",
        "CSEQ: 314159 INVITE",
        "l: 5",
    ] {
        let to = format!("{line}\r\nContact");
        assert!(
            matches!(fault("Contact", &to), Fault::Repeated(_)),
            "{line}"
        );
    }
}

#[test]
fn values_that_break_the_grammar_are_named() {
    let bad = |name: Name<'static>, from: &str, to: &str| {
        let Fault::Invalid(named, _) = fault(from, to) else {
            panic!("{to} is another fault");
        };
        assert_eq!(named, name, "{to}");
    };
    bad(Name::CSeq, "314159", "2147483648");
    bad(Name::CSeq, "314159", "-1");
    bad(Name::CSeq, "314159 INVITE", "314159");
    bad(Name::CallId, "a84b4c76e66710", "two words");
    bad(Name::CallId, "a84b4c76e66710", "");
    bad(Name::From, "Alice <sip", "\"Alice <sip");
    bad(Name::To, "biloxi.com>\r\nFrom", "biloxi.com\r\nFrom");
    bad(Name::Via, "pc33.atlanta.com;", "pc33.atlanta.com;;,;,,");
    bad(Name::MaxForwards, ": 70", ": many");
    bad(Name::ContentLength, ": 5", ": -5");
    bad(Name::ContentLength, ": 5", ": 5, 5");
    assert_eq!(fault("314159 INVITE", "314159 BYE"), Fault::MethodMismatch);
    let broken = with("314159 INVITE", "314159 BYE").expect_err("mismatch");
    assert!(broken.answerable().is_some());
}

#[test]
fn the_first_line_is_exact() {
    let line = "INVITE sip:bob@biloxi.com SIP/2.0";
    for (to, fault_wanted) in [
        ("INVITE  sip:bob@biloxi.com SIP/2.0", Fault::StartLine),
        ("INVITE sip:bob@biloxi.com  SIP/2.0", Fault::StartLine),
        ("INVITE sip:bob@biloxi.com SIP/2.0 ", Fault::StartLine),
        ("INVITE sip:bob@biloxi.com; lr SIP/2.0", Fault::StartLine),
        ("INVITE sip:bob@biloxi.com", Fault::StartLine),
        ("INVITE sip:bob@biloxi.com SIP/7.0", Fault::Version),
        ("GET / HTTP/1.1", Fault::StartLine),
        ("INVITE", Fault::NotSip),
        ("{\"a\": 1} SIP/2.0", Fault::NotSip),
    ] {
        assert_eq!(fault(line, to), fault_wanted, "{to}");
    }
    assert_eq!(
        with(line, "INVITE <sip:h> SIP/2.0")
            .expect_err("brackets")
            .status(),
        400
    );
    let seven = with(line, "INVITE sip:bob@biloxi.com SIP/7.0").expect_err("seven");
    assert_eq!((seven.status(), seven.answerable().is_some()), (505, true));
    assert!(
        with(line, "INVITE nobody:x SIP/2.0").is_ok(),
        "416 is not ours to say"
    );
}

#[test]
fn a_datagram_may_be_too_long_but_not_too_short() {
    assert_eq!(
        with("Length: 5", "Length: 3").expect("longer").body(),
        b"v=0"
    );
    assert_eq!(fault("Length: 5", "Length: 6"), Fault::ShortBody);
    assert_eq!(
        fault("Length: 5", "Length: 99999999999999999999999"),
        Fault::ShortBody
    );
    assert_eq!(
        with("Content-Length: 5\r\n", "").expect("none").body(),
        b"v=0\r\n"
    );
    assert_eq!(fault("\r\n\r\nv=0\r\n", "\r\n"), Fault::CutOff);
    for empty in ["", "\r\n", "\r\n\r\n", "\n"] {
        assert!(parse(empty).expect_err("nothing").is_keep_alive());
    }
}

#[test]
fn counts_and_sizes_are_bounded() {
    let lines = "X: y\r\n".repeat(MAX_HEADERS);
    assert_eq!(
        fault("Contact", &format!("{lines}Contact")),
        Fault::TooManyHeaders
    );
    let huge = with("v=0", &"v".repeat(MAX_MESSAGE)).expect_err("huge");
    assert_eq!((huge.status(), huge.answerable().is_some()), (513, true));
    let contacts = "<sip:h>,".repeat(MAX_ELEMENTS + 1);
    let m = with("Contact: ", &format!("Contact: {contacts}")).expect("a good message");
    let too_many = Syntax("too many elements");
    assert_eq!(m.contacts(), Err(Fault::Invalid(Name::Contact, too_many)));
}

#[test]
fn tokens_of_64_kilobytes_do_no_harm() {
    let filler = [
        "a", ";", ",", "\"", "\\", "<", ">", "@", "%", ":", ";,\"\\", "\r\n ", ";a=b",
    ];
    for text in filler.map(|f| f.repeat(60_000 / f.len())) {
        for place in [
            "bob",
            "z9hG4bKnashds8",
            "Bob",
            "1928301774",
            "a84b",
            "314159",
            "70",
            "pc33",
        ] {
            if let Ok(m) = with(place, &text) {
                assert!(m.vias().is_ok() || m.top_via().is_ok());
                let _ = (m.contacts(), m.routes(), m.record_routes(), m.expires());
            }
        }
    }
}

#[test]
fn contacts_are_a_list_or_a_star() {
    let star = with("<sip:alice@pc33.atlanta.com>", "*").expect("a star");
    assert_eq!(star.contacts(), Ok(Contacts::All));
    let both = with("<sip:alice@pc33.atlanta.com>", "*, <sip:a@h>").expect("both");
    assert!(both.contacts().is_err());
    let none = with("Contact: <sip:alice@pc33.atlanta.com>\r\n", "").expect("none");
    assert_eq!(none.contacts(), Ok(Contacts::List(vec![])));
    let two = with(
        "Contact: ",
        "m: \"a, b\" <sip:a,b@h>;q=0.5, sip:c@h;expires=0\r\nContact: ",
    );
    let Ok(Contacts::List(list)) = two.expect("two fields").contacts() else {
        panic!("a list");
    };
    assert_eq!(list.len(), 3);
    assert_eq!(list.get(1).and_then(|c| c.expires()), Some(0));
}

#[test]
fn routes_are_kept_as_written() {
    let m = with(
        "Contact",
        "Route: <sip:p1;lr>;x=1 , \"P\" <sip:p2>\r\nContact",
    )
    .expect("good");
    let routes = m.routes().expect("routes");
    let raw: Vec<_> = routes
        .iter()
        .map(|r| (r.raw.as_str(), r.is_loose()))
        .collect();
    assert_eq!(raw, [("<sip:p1;lr>;x=1", true), ("\"P\" <sip:p2>", false)]);
}

#[test]
fn the_source_is_noted_before_anybody_looks() {
    let vias = "SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1 , SIP/2.0/UDP second;branch=2";
    let mut m = with("SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8", vias).expect("good");
    let source = "192.0.2.9:6000".parse().expect("an address");
    m.note_source(source).expect("a good Via");
    let first = "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=6000;received=192.0.2.9";
    let wanted = format!("{first}, SIP/2.0/UDP second;branch=2");
    assert_eq!(m.header(Name::Via), Some(wanted.as_str()));
    assert_eq!(m.top_via().expect("a Via").reply_address(source), source);
    let reply = Builder::reply_to(&m, 200, "", None).build();
    assert!(String::from_utf8_lossy(&reply).contains(&wanted));
}

#[test]
fn a_reply_copies_what_it_must() {
    let reply = Builder::reply_to(&good(INVITE), 486, "", Some("mine")).build();
    let reply = Message::parse(reply).expect("a good reply");
    assert_eq!(
        reply.start(),
        Start::Response {
            status: 486,
            reason: "Busy Here"
        }
    );
    assert_eq!(reply.to().expect("To").tag(), Some("mine"));
    assert_eq!(
        reply.header(Name::To),
        Some("\"Bob\" <sip:bob@biloxi.com>;tag=mine")
    );
    let tagged = with("biloxi.com>\r\nFrom", "biloxi.com>;tag=theirs\r\nFrom").expect("good");
    let reply = Builder::reply_to(&tagged, 100, "", Some("mine")).build();
    assert_eq!(
        Message::parse(reply).expect("good").to().expect("To").tag(),
        Some("theirs")
    );
}

#[test]
fn nothing_can_be_injected() {
    let evil = "x\r\nVia: evil\n\r\n\r\0body";
    let bytes = Builder::request(&Method::Info, format!("sip:{evil}"))
        .header(Name::Subject, evil)
        .raw(evil, evil)
        .raw("", "x")
        .header(Name::Other("l"), 7)
        .body(evil, b"abc")
        .build();
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(
        text,
        "INFO sip:xVia:evilbody SIP/2.0\r\n\
         Subject: x  Via: evil     body\r\n\
         Content-Type: x  Via: evil     body\r\n\
         Content-Length: 3\r\n\r\nabc"
    );
    let reply = String::from_utf8(Builder::response(200, evil).build()).expect("text");
    assert_eq!(reply.lines().count(), 3);
}

#[test]
fn logs_show_no_names_and_numbers() {
    let text = format!("{:?}", good(INVITE));
    assert_eq!(text, "INVITE request with 9 headers and 5 bytes of body");
}

#[test]
fn mutated_messages_never_panic_and_read_back() {
    let odd = "OPTIONS sip:a@[::1]:5060;x=\"y\"?h=v SIP/2.0\nv: SIP/2.0/TCP [::1]:5060;rport, \
        SIP / 2.0 / UDP h;branch=1\nf:\"a\\\"b\"<tel:+1>;tag=1\nt: sip:b;tag=2\ni: 1@h\n\
        cseq: 1\n OPTIONS\nm: *\nRoute: <sip:h;lr>, <sips:u:p@h>\nExpires: 5\nl: 0\n\n";
    let mut random = Random::seeded(0x51B);
    let pieces = [
        "\r\n",
        "\n ",
        "\"",
        "\\",
        "<",
        ">",
        ",",
        ";",
        ":",
        "@",
        "%",
        "=",
        "[",
        "]",
        " ",
        "\0",
        "\u{FF}",
        "é",
        "99999999999",
        "*",
        "?",
        "/",
    ];
    let mut read_back = 0;
    for round in 0..30_000 {
        let original = [INVITE, OK, odd][round % 3];
        let mut bytes = original.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            let end = (at + random.below(12) as usize).min(bytes.len());
            let piece = pieces[random.below(pieces.len() as u64) as usize].as_bytes();
            match random.below(5) {
                0 => bytes[at] = random.u32() as u8,
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..at, piece.iter().copied())),
                3 => drop(bytes.splice(at..end, piece.iter().copied())),
                _ => bytes.extend_from_within(at..end),
            }
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        let mut message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(broken) => {
                let answer = broken.answerable();
                let _ = answer.map(|m| {
                    Builder::reply_to(m, broken.status(), &broken.reason(), Some("t")).build()
                });
                continue;
            }
        };
        let _ = (
            message.contacts(),
            message.routes(),
            message.vias(),
            message.require().count(),
        );
        let _ = message.note_source("192.0.2.9:6000".parse().expect("an address"));
        let again = Message::parse(message.to_bytes());
        let again = again.unwrap_or_else(|e| panic!("round {round}: {e:?}: {:?}", message.head));
        assert_eq!(again.cseq(), message.cseq());
        assert_eq!(again.body(), message.body());
        assert_eq!(again.fields().count(), again.fields.len());
        let reply = Builder::reply_to(&message, 200, "", Some("t")).build();
        assert!(
            Message::parse(reply).is_ok(),
            "round {round}: {:?}",
            message.head
        );
        read_back += 1;
    }
    assert!(
        read_back > 5_000,
        "{read_back}: the mutations are too harsh"
    );
}

#[test]
fn a_method_nobody_knows_is_that_whatever_its_cseq_says() {
    let dance = with("INVITE sip", "DANCE sip").expect_err("two methods");
    assert_eq!(
        (dance.fault, dance.status()),
        (Fault::MethodMismatch, 501),
        "RFC 4475 §3.1.2.18"
    );
    let bye = with("INVITE sip", "BYE sip").expect_err("two methods");
    assert_eq!((bye.fault, bye.status()), (Fault::MethodMismatch, 400));
}

#[test]
fn what_may_be_answered_is_read_from_accept() {
    let accepts = |line: &str| {
        let text = format!("Max-Forwards: 70\r\n{line}");
        let message = with("Max-Forwards: 70\r\n", &text).expect("good");
        message.accepts("application/sdp")
    };
    assert!(accepts(""), "SDP is what nobody need name");
    assert!(accepts(
        "Accept: text/plain;q=0.1, Application/SDP;level=1\r\n"
    ));
    assert!(accepts("Accept: */*\r\n") && accepts("Accept: application/*\r\n"));
    assert!(!accepts("Accept: text/*, application/sdp2\r\n"));
    assert!(!accepts("Accept: \r\n"), "nothing at all");
}

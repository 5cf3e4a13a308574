//! RFC 4475: 49 messages for anybody who reads SIP. Where the RFC leaves a choice, the row says
//! which is ours.

use super::Must::{Answer, Invite, Register, Silence};
use super::{Rack, Row, Stream, as_datagrams, as_streams, covers, file, row};
use cordboard::sip::header::{Contacts, Name, Protocol};
use cordboard::sip::message::{Message, Method, Start};
use cordboard::sip::uri::Scheme;
use cordboard::sip::{Command, Event, Transport};

const PEER: &str = "192.0.2.200:5060";

/// A REGISTER reaches the phones' listener and everything else that of a trunk.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    // Valid messages.
    row("3.1.1.1", "wsinv", Answer(481), "well formed; the dialog of its To tag is none of ours (RFC 3261 §12.2.2)"),
    row("3.1.1.2", "intmeth", Answer(501), "well formed; a method nobody knows (RFC 3261 §21.5.2)"),
    row("3.1.1.3", "esc01", Invite("sips:user@example.com"), "escapes mean what they stand for"),
    row("3.1.1.4", "escnull", Register(&["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"]), "two contacts, a name that goes on after its null"),
    row("3.1.1.5", "esc02", Answer(501), "a % in a method is no escape: this is no REGISTER"),
    row("3.1.1.6", "lwsdisp", Answer(200), "no space before < is needed"),
    row("3.1.1.7", "longreq", Invite("user"), "long is not wrong"),
    row("3.1.1.8", "dblreq", Register(&["<sip:j.user@host.example.com>"]), "what follows in a datagram is noise (RFC 3261 §18.3), in a stream the next message: a call from nobody").over_a_stream(Stream::Next(401)),
    row("3.1.1.9", "semiuri", Answer(200), "parameters in a user are user"),
    row("3.1.1.10", "transports", Answer(200), "only the topmost Via matters; all are copied").with(&[("Via", "SIP/2.0/UDP t1."), ("Via", "SIP/2.0/SCTP t2."), ("Via", "SIP/2.0/TLS t3."), ("Via", "SIP/2.0/UNKNOWN t4."), ("Via", "SIP/2.0/TCP t5.")]),
    row("3.1.1.11", "mpart01", Answer(405), "framed by its length whatever is in it; MESSAGE is not served").with(&[("Allow", "INVITE")]),
    row("3.1.1.12", "unreason", Silence, "well formed; answers nothing we asked"),
    row("3.1.1.13", "noreason", Silence, "well formed; answers nothing we asked"),
    // Invalid messages.
    row("3.1.2.1", "badinv01", Answer(400), "separators without anything between"),
    row("3.1.2.2", "clerr", Answer(400), "shorter than it says; in a stream the rest may come").over_a_stream(Stream::Waits),
    row("3.1.2.3", "ncl", Answer(400), "a negative length").over_a_stream(Stream::AnsweredAndClosed(400)),
    row("3.1.2.4", "scalar02", Answer(400), "a CSeq over 2^31"),
    row("3.1.2.5", "scalarlg", Silence, "a response is discarded"),
    row("3.1.2.6", "quotbal", Answer(400), "a quote that does not close"),
    row("3.1.2.7", "ltgtruri", Answer(400), "brackets round the Request-URI; always right to reject"),
    row("3.1.2.8", "lwsruri", Answer(400), "white space in the Request-URI"),
    row("3.1.2.9", "lwsstart", Answer(400), "two spaces in the first line; ours to reject or ignore: rejected"),
    row("3.1.2.10", "trws", Answer(400), "spaces after the first line; ours to reject or ignore: rejected"),
    row("3.1.2.11", "escruri", Invite("user"), "headers in the Request-URI; ours to reject or ignore: ignored"),
    row("3.1.2.12", "baddate", Invite("user"), "a date nobody uses should not be a reason to reject"),
    row("3.1.2.13", "regbadct", Answer(400), "headers in a URI without brackets"),
    row("3.1.2.14", "badaspec", Answer(200), "spaces within brackets; ours to reject or ignore: ignored"),
    row("3.1.2.15", "baddn", Answer(400), "a comma in a name without quotes; always right to reject"),
    row("3.1.2.16", "badvers", Answer(505), "another version"),
    row("3.1.2.17", "mismatch01", Answer(400), "two methods"),
    row("3.1.2.18", "mismatch02", Answer(501), "two methods, one of which nobody knows: that is better said"),
    row("3.1.2.19", "bigcode", Silence, "a status over 699: dropped"),
    // Transaction layer.
    row("3.2.1", "badbranch", Answer(200), "a cookie without branch is a peer of RFC 2543; ours to reject or take so: taken so"),
    // Application layer.
    row("3.3.1", "insuf", Answer(400), "no From, To and Call-ID: ideally 400").with(&[("Via", "SIP/2.0/UDP 192.0.2.95")]),
    row("3.3.2", "unkscm", Answer(416), "a scheme nobody knows"),
    row("3.3.3", "novelsc", Answer(416), "a scheme that is never ours"),
    row("3.3.4", "unksm2", Answer(400), "an address-of-record is a SIP or SIPS URI"),
    row("3.3.5", "bext01", Answer(420), "what is required of us, not of a proxy").with(&[("Unsupported", "nothingSupportsThis, nothingSupportsThisEither")]),
    row("3.3.6", "invut", Answer(415), "a body nobody knows").with(&[("Accept", "application/sdp")]),
    row("3.3.7", "regaut01", Answer(401), "a scheme of credentials nobody knows is none: a new challenge").with(&[("WWW-Authenticate", "Digest ")]),
    row("3.3.8", "multi01", Answer(400), "two of what stands once"),
    row("3.3.9", "mcl01", Answer(400), "two lengths; a stream is lost").over_a_stream(Stream::AnsweredAndClosed(400)),
    row("3.3.10", "bcast", Silence, "a response for somebody else is discarded"),
    row("3.3.11", "zeromf", Answer(200), "who is asked answers, however few forwards are left"),
    row("3.3.12", "cparam01", Register(&["<sip:+19725552222@gw1.example.net>"]), "a parameter of the contact, not of its URI"),
    row("3.3.13", "cparam02", Register(&["<sip:+19725552222@gw1.example.net;unknownparam>"]), "a parameter of the URI"),
    row("3.3.14", "regescrt", Register(&["<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"]), "headers in the URI are kept"),
    row("3.3.15", "sdp01", Answer(406), "no answer can be given in what is accepted; 400 would do, too").with(&[("Warning", "399 ")]),
    // Backward compatibility.
    row("3.4.1", "inv2543", Invite("UserB"), "no branch, no tag, no Contact; in a stream nobody knows where it ends (RFC 3261 §20.14)").over_a_stream(Stream::AnsweredAndClosed(400)),
];

#[test]
fn all_49_as_datagrams() {
    covers(TABLE, "rfc4475", 49);
    as_datagrams(TABLE, PEER, read);
    as_datagrams(TABLE, PEER, |name| file("rfc4475", name));
}

#[test]
fn all_49_over_a_stream_in_one_piece_and_byte_by_byte() {
    for size in [usize::MAX, 7, 1] {
        as_streams(TABLE, PEER, read, size);
    }
}

#[test]
fn a_short_tortuous_invite_is_read() {
    let m = message("wsinv");
    let Start::Request { method, uri } = m.start() else {
        panic!("no request");
    };
    let asked = "sip:vivekg@chair-dnrc.example.com;unknownparam";
    assert_eq!((method, uri), (&Method::Invite, asked));
    assert_eq!(m.to().expect("To").tag(), Some("1918181833n"));
    let from = m.from().expect("From");
    assert_eq!(from.display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(m.max_forwards(), Ok(68));
    assert_eq!(m.cseq(), Ok((9, Method::Invite)));
    let vias = m.vias().expect("Vias");
    let branches: Vec<_> = vias.iter().map(|via| via.branch()).collect();
    let wanted = ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"].map(Some);
    assert_eq!(branches, wanted);
    assert_eq!(vias[1].host.to_string(), "spindle.example.com");
    assert_eq!(m.header(Name::Subject), Some(""));
    let fangled = m.header(Name::of("NewFangledHeader"));
    assert_eq!(fangled, Some("newfangled value continued newfangled value"));
    let odd = m.header(Name::of("UnknownHeaderWithUnusualValue"));
    assert_eq!(odd, Some(";;,,;;,;"));
    let Ok(Contacts::List(contacts)) = m.contacts() else {
        panic!("no contacts");
    };
    assert_eq!(contacts[0].display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contacts[0].params.get("newparam"), Some("newvalue"));
    assert!(contacts[0].params.has("secondparam"));
    assert_eq!(contacts[0].preference(), 330);
    let routes = m.routes().expect("a Route");
    assert!(routes[0].is_loose());
    assert_eq!(m.body().len(), 150);
}

#[test]
fn a_wide_range_of_characters_is_read() {
    let m = message("intmeth");
    let name = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(m.method(), &Method::Other(name.to_owned()));
    let uri = m.request_uri().expect("a URI");
    let user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    assert_eq!(uri.user.as_deref(), Some(user));
    let password = "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)";
    assert_eq!(uri.password.as_deref(), Some(password));
    assert_eq!(
        m.top_via().expect("Via").branch(),
        Some("z9hG4bK-.!%66*_+`'~")
    );
    let to = m.to().expect("To");
    assert_eq!(to.display.as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7F}"));
    let from = m.from().expect("From");
    assert_eq!(
        from.display.as_deref(),
        Some("token1~` token2'+_ token3*%!.-")
    );
    assert_eq!(
        from.params.text("fromParam''~+*_!.-%").as_deref(),
        Some("работающий")
    );
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(
        m.call_id(),
        Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    );
    let extension = m.header(Name::of("extensionHeader-!.%*+_`'~"));
    assert_eq!(extension, Some("\u{FEFF}大停電"));
}

#[test]
fn escapes_are_resolved_where_they_are_some() {
    let m = message("esc01");
    let user = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.into_owned());
    let to = m.to().expect("To").uri;
    assert_eq!(user(to.user_unescaped()).as_deref(), Some("user"));
    let from = m.from().expect("From").uri;
    assert_eq!(
        user(from.user_unescaped()).as_deref(),
        Some("I have spaces")
    );
    let Ok(Contacts::List(contacts)) = m.contacts() else {
        panic!("no contacts");
    };
    let caller = user(contacts[0].uri.user_unescaped());
    assert_eq!(caller.as_deref(), Some("caller"));

    let m = message("escnull");
    let to = m.to().expect("To").uri;
    assert_eq!(user(to.user_unescaped()).as_deref(), Some("null-\0-null"));

    let m = message("esc02");
    assert_eq!(m.method(), &Method::Other("RE%47IST%45R".to_owned()));
    assert_eq!(m.to().expect("To").display.as_deref(), Some("%Z%45"));
    let Ok(Contacts::List(contacts)) = m.contacts() else {
        panic!("no contacts");
    };
    assert_eq!(contacts.len(), 2, "C%6Fntact is another header");
}

#[test]
fn other_valid_messages_are_read() {
    let m = message("lwsdisp");
    assert_eq!(m.from().expect("From").display.as_deref(), Some("caller"));

    let m = message("longreq");
    assert_eq!(m.vias().expect("Vias").len(), 34);
    assert_eq!(m.body().len(), 150);

    let m = message("semiuri");
    let uri = m.request_uri().expect("a URI");
    let user = uri.user_unescaped();
    assert_eq!(user.as_deref(), Some("user;par=u@example.net"));
    assert_eq!(m.list(Name::Accept).count(), 6);

    let m = message("transports");
    let vias = m.vias().expect("Vias");
    assert_eq!(vias[1].protocol, Protocol::Sctp);
    assert_eq!(vias[3].protocol, Protocol::Other("UNKNOWN".to_owned()));

    let m = message("mpart01");
    assert_eq!(m.content_type(), Some("multipart/mixed"));
    assert_eq!(m.body().len(), 553);
    assert!(m.body().ends_with(b"--7a9cbec02ceef655--\r\n"));
    assert_eq!(m.content("text/plain"), Some(&b"Hello"[..]));
    assert!(m.content("application/octet-stream").is_some());

    let m = message("unreason");
    let reason = "= 2**3 * 5**2 но сто девяносто девять - простое";
    assert_eq!(
        m.start(),
        Start::Response {
            status: 200,
            reason
        }
    );
    let m = message("noreason");
    assert_eq!(
        m.start(),
        Start::Response {
            status: 100,
            reason: ""
        }
    );

    let m = message("unksm2");
    let scheme = m.from().expect("From").uri.scheme;
    assert_eq!(scheme, Scheme::Other("http".to_owned()));
}

/// A peer of RFC 2543 has a whole call: found without branches and tags, and hung up by way of its
/// strict router.
#[test]
fn a_call_of_rfc_2543_is_answered_acknowledged_and_ended() {
    let text = String::from_utf8(read("inv2543")).expect("text");
    let mut rack = Rack::new(text.as_bytes(), PEER, Transport::Udp);
    assert_eq!(rack.says(text.as_bytes())[0].status(), Some(100));
    let Some(Event::Invited(invite)) = rack.endpoint.poll_event() else {
        panic!("no call");
    };
    let session = invite.session;
    let sdp = b"v=0".to_vec();
    let ok = rack.wishes(Command::Answer { session, sdp }).remove(0);
    let to = ok.header(Name::To).expect("To");
    let ack = text.replace("INVITE", "ACK");
    let ack = ack.replace(
        "To: sip:+16505552222@ss1.example.net;user=phone",
        &format!("To: {to}"),
    );
    assert!(rack.says(ack.as_bytes()).is_empty());
    let acknowledged = rack.endpoint.poll_event();
    assert!(matches!(acknowledged, Some(Event::Acknowledged { .. })));
    let reason = None;
    // Its router is a name: the BYE waits for where that is, and goes back where the call came from
    // if nobody knows.
    assert!(rack.wishes(Command::End { session, reason }).is_empty());
    let Some(Event::Sought { seeker, .. }) = rack.endpoint.poll_event() else {
        panic!("nobody is sought");
    };
    let hops = vec![];
    let bye = rack.wishes(Command::Found { seeker, hops }).remove(0);
    let Start::Request { method, uri } = bye.start() else {
        panic!("no request");
    };
    // RFC 3261 §12.2.1.1: a router without `lr` is asked, and the far end goes last.
    assert_eq!(
        (method, uri),
        (&Method::Bye, "sip:UserB@example.com;maddr=ss1.example.com")
    );
    let route = "<sip:+13035551111@ift.client.example.net;user=phone>";
    assert_eq!(bye.header(Name::Route), Some(route));
}

fn message(name: &str) -> Message {
    Message::parse(read(name)).unwrap_or_else(|why| panic!("{name}: {}", why.fault))
}

/// The file of `baddn` lacks the empty line that the RFC's text shows; a stream would wait for it.
pub(super) fn read(name: &str) -> Vec<u8> {
    let mut bytes = file("rfc4475", name);
    if name == "baddn" {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

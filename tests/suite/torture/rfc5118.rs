//! RFC 5118: 12 messages with IPv6 addresses where readers stumble over colons.

use super::Must::{Answer, Invite, Register};
use super::{Row, as_datagrams, as_streams, covers, file, row};
use cordboard::sdp::{Connection, Description};
use cordboard::sip::header::Name;
use cordboard::sip::message::Message;
use std::net::IpAddr;

const PEER: &str = "[2001:db8::9:255]:5060";

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    row("4.1", "ipv6-good", Register(&["<sip:caller@[2001:db8::1]>"]), "well formed"),
    row("4.2", "ipv6-bad", Answer(400), "an address without brackets in the Request-URI"),
    row("4.3", "port-ambiguous", Register(&["<sip:caller@[2001:db8::1]>"]), "well formed: what looks like a port is address"),
    row("4.4", "port-unambiguous", Register(&["<sip:caller@[2001:db8::1]>"]), "well formed: the port is outside the brackets"),
    row("4.5", "via-received-param-with-delim", Answer(481), "both forms must be read; the dialog is none of ours").with(&[("Via", "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111;received=2001:db8::9:255")]),
    row("4.5", "via-received-param-no-delim", Answer(200), "both forms must be read").with(&[("Via", "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3;received=2001:db8::9:255")]),
    row("4.6", "ipv6-in-sdp", Invite("user"), "well formed, its SDP without brackets"),
    row("4.7", "mult-ip-in-header", Answer(481), "both families in the Vias; the dialog is none of ours").with(&[("Via", "SIP/2.0/UDP 192.0.2.1;"), ("Via", "SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200")]),
    row("4.8", "mult-ip-in-sdp", Invite("user"), "both families in one SDP"),
    row("4.9", "ipv4-mapped-ipv6", Invite("user"), "mapped addresses must be read"),
    row("4.10", "ipv6-bug-abnf-3-colons", Answer(200), "must be tolerated, as the grammar of RFC 3261 has it"),
    row("4.10", "ipv6-correct-abnf-2-colons", Answer(200), "well formed"),
];

#[test]
fn all_12_as_datagrams() {
    covers(TABLE, "rfc5118", 12);
    as_datagrams(TABLE, PEER, read);
    // As the RFC counts them: the ends of three bodies are cut off, which does no harm here.
    as_datagrams(TABLE, PEER, |name| file("rfc5118", name));
}

#[test]
fn all_12_over_a_stream_in_one_piece_and_byte_by_byte() {
    for size in [usize::MAX, 7, 1] {
        as_streams(TABLE, PEER, read, size);
    }
}

#[test]
fn a_port_stands_outside_the_brackets() {
    let uri = |name| message(name).request_uri().expect("a URI");
    let ambiguous = uri("port-ambiguous");
    assert_eq!(ambiguous.host.ip(), ip("2001:db8::10:5070"));
    assert_eq!(ambiguous.port, None);
    let unambiguous = uri("port-unambiguous");
    assert_eq!(unambiguous.host.ip(), ip("2001:db8::10"));
    assert_eq!(unambiguous.port, Some(5070));
}

#[test]
fn received_is_read_with_brackets_and_without() {
    for name in [
        "via-received-param-with-delim",
        "via-received-param-no-delim",
    ] {
        let via = message(name).top_via().expect("a Via");
        assert_eq!(via.received(), ip("2001:db8::9:255"), "{name}");
        assert_eq!(via.host.ip(), ip("2001:db8::9:1"), "{name}");
    }
}

#[test]
fn both_families_stand_in_one_message() {
    let vias = message("mult-ip-in-header").vias().expect("Vias");
    let hosts: Vec<_> = vias.iter().map(|via| via.host.ip()).collect();
    let wanted = ["2001:db8::9:1", "192.0.2.1", "2001:db8::9:255"].map(ip);
    assert_eq!(hosts, wanted);
    assert_eq!(vias[0].port, Some(6050));
    assert_eq!(vias[2].received(), ip("192.0.2.200"));

    let mapped = message("ipv4-mapped-ipv6").vias().expect("Vias");
    assert_eq!(mapped[0].host.ip(), ip("::ffff:192.0.2.10"));
    assert_eq!(mapped[0].port, Some(19823));
}

#[test]
fn addresses_in_sdp_have_no_brackets() {
    let session = |name| description(name).connection.map(address);
    assert_eq!(session("ipv6-in-sdp"), ip("2001:db8::20"));
    assert_eq!(session("ipv4-mapped-ipv6"), ip("::ffff:192.0.2.2"));
    let media = description("mult-ip-in-sdp").media;
    let each = |at: usize| media[at].connection.map(address);
    assert_eq!((each(0), each(1)), (ip("192.0.2.1"), ip("2001:db8::1")));
}

#[test]
fn three_colons_are_two() {
    let host = |name| message(name).request_uri().expect("a URI").host;
    let right = host("ipv6-correct-abnf-2-colons");
    assert_eq!(right.ip(), ip("2001:db8::192.0.2.1"));
    assert_eq!(host("ipv6-bug-abnf-3-colons"), right);
}

fn description(name: &str) -> Description {
    Description::parse(message(name).body()).expect("a description")
}

fn address(connection: Connection) -> IpAddr {
    match connection {
        Connection::Address(address) => address,
        Connection::Name => panic!("a name"),
    }
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().expect("an address"))
}

fn message(name: &str) -> Message {
    Message::parse(read(name)).unwrap_or_else(|why| panic!("{name}: {}", why.fault))
}

/// The RFC has miscounted three of its bodies; here the Content-Length is that of the body.
pub(super) fn read(name: &str) -> Vec<u8> {
    let bytes = file("rfc5118", name);
    let message = String::from_utf8(bytes).expect("text");
    let (head, body) = message.split_once("\r\n\r\n").expect("an empty line");
    let begin = format!("{}: ", Name::ContentLength);
    let lines = head
        .split("\r\n")
        .map(|line| match line.strip_prefix(&begin) {
            Some(_) => format!("{begin}{}", body.len()),
            None => line.to_owned(),
        });
    let head: Vec<_> = lines.collect();
    format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
}

//! A story as a capture file: pcapng, as Wireshark, tshark, tcpdump and sngrep read it.
//!
//! The messages were taken where they were understood, not on the wire: addresses, ports and times
//! are true, the headers of IP, UDP and TCP around them are made up. What came over TLS is written
//! as TCP, what came in a WebSocket as UDP, which keeps the seams; a comment says so.
//!
//! Layout: draft-ietf-opsawg-pcapng; each block a type, its length, its body, its length again.

use super::story::Message;
use crate::sip::Transport;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Packets that begin with an IP header, of either version: LINKTYPE_RAW.
const RAW_IP: u16 = 101;
/// More than this of TCP does not fit into one packet.
const SEGMENT: usize = 60_000;
/// What a UDP packet of either version of IP can hold.
const DATAGRAM: usize = 65_507;

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
/// Options: a comment in any block, the program in that of the section, the direction of a packet.
const COMMENT: u16 = 1;
const USER_APPLICATION: u16 = 4;
const FLAGS: u16 = 2;

pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// Writes messages, in their order, as a capture file with a comment of its own.
pub(super) fn write<'m>(messages: impl Iterator<Item = &'m Message>, about: &str) -> Vec<u8> {
    let mut file = header(about);
    let mut streams = Streams::default();
    for message in messages {
        let (from, to) = ends(message);
        let comment = comment(message);
        match message.transport {
            Transport::Udp | Transport::Ws | Transport::Wss => {
                let bytes = &message.bytes[..message.bytes.len().min(DATAGRAM)];
                packet(
                    &mut file,
                    message,
                    &ip(UDP, from, to, &udp(from, to, bytes)),
                    comment,
                );
            }
            Transport::Tcp | Transport::Tls => {
                for bytes in message.bytes.chunks(SEGMENT) {
                    let segment = streams.segment(from, to, bytes);
                    packet(&mut file, message, &ip(TCP, from, to, &segment), comment);
                }
            }
        }
    }
    file
}

/// What was not as it is written.
fn comment(message: &Message) -> Option<&'static str> {
    match message.transport {
        Transport::Udp | Transport::Tcp => None,
        Transport::Tls => Some("went over TLS"),
        Transport::Ws => Some("went in a WebSocket"),
        Transport::Wss => Some("went in a WebSocket over TLS"),
    }
}

/// Source and destination, in one version of IP.
pub(super) fn ends(message: &Message) -> (SocketAddr, SocketAddr) {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (mut local, mut remote) = (plain(message.local), plain(message.remote));
    if local.is_ipv4() != remote.is_ipv4() {
        for address in [&mut local, &mut remote] {
            if let IpAddr::V4(four) = address.ip() {
                address.set_ip(four.to_ipv6_mapped().into());
            }
        }
    }
    match message.sent {
        true => (local, remote),
        false => (remote, local),
    }
}

fn header(about: &str) -> Vec<u8> {
    let mut file = vec![];
    let mut section = vec![];
    section.extend(0x1A2B_3C4D_u32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    // The length of the section: not known.
    section.extend(u64::MAX.to_le_bytes());
    option(&mut section, COMMENT, about.as_bytes());
    let program = concat!("Cordboard ", env!("CARGO_PKG_VERSION"));
    option(&mut section, USER_APPLICATION, program.as_bytes());
    option(&mut section, 0, &[]);
    block(&mut file, SECTION, &section);
    let mut interface = vec![];
    interface.extend(RAW_IP.to_le_bytes());
    // Reserved, and no limit to the length of a packet. Times are microseconds where nothing is said.
    interface.extend([0; 6]);
    block(&mut file, INTERFACE, &interface);
    file
}

fn packet(file: &mut Vec<u8>, message: &Message, bytes: &[u8], comment: Option<&str>) {
    let micros = u64::try_from(message.time.as_microsecond()).unwrap_or(0);
    let (length, padded) = (bytes.len() as u32, bytes.len().next_multiple_of(4));
    let mut body = Vec::with_capacity(padded + 64);
    // The first interface.
    body.extend(0_u32.to_le_bytes());
    body.extend(((micros >> 32) as u32).to_le_bytes());
    body.extend((micros as u32).to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(bytes);
    body.resize(body.len() + padded - bytes.len(), 0);
    let direction: u32 = if message.sent { 2 } else { 1 };
    option(&mut body, FLAGS, &direction.to_le_bytes());
    if let Some(comment) = comment {
        option(&mut body, COMMENT, comment.as_bytes());
    }
    option(&mut body, 0, &[]);
    block(file, ENHANCED_PACKET, &body);
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (body.len() + 12) as u32;
    file.extend(kind.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(body);
    file.extend(length.to_le_bytes());
}

/// Where each direction of each connection has come to.
#[derive(Default)]
struct Streams(HashMap<(SocketAddr, SocketAddr), u32>);

impl Streams {
    /// A segment that goes on where the last one ended, and acknowledges what came the other way.
    fn segment(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
        let acknowledged = *self.0.entry((to, from)).or_insert(1);
        let next = self.0.entry((from, to)).or_insert(1);
        let sequence = *next;
        *next = next.wrapping_add(bytes.len() as u32);
        let mut segment = vec![];
        segment.extend(from.port().to_be_bytes());
        segment.extend(to.port().to_be_bytes());
        segment.extend(sequence.to_be_bytes());
        segment.extend(acknowledged.to_be_bytes());
        // A header of five words, PSH and ACK, the window; checksum and urgent pointer.
        segment.extend([5 << 4, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        segment.extend(bytes);
        let sum = checksum(&[&pseudo_header(TCP, from, to, segment.len()), &segment]);
        segment[16..18].copy_from_slice(&sum.to_be_bytes());
        segment
    }
}

fn udp(from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() + 8;
    let mut datagram = vec![];
    datagram.extend(from.port().to_be_bytes());
    datagram.extend(to.port().to_be_bytes());
    datagram.extend((length as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(bytes);
    let sum = checksum(&[&pseudo_header(UDP, from, to, length), &datagram]);
    // RFC 768: a sum of zero is sent as all ones, since zero says that there is none.
    let sum = if sum == 0 { 0xFFFF } else { sum };
    datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    datagram
}

/// RFC 791 §3.1 or RFC 8200 §3.
fn ip(protocol: u8, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![];
    match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend([0x45, 0]);
            packet.extend(((payload.len() + 20) as u16).to_be_bytes());
            // Not to be cut; 64 hops.
            packet.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
            packet.extend(from.octets());
            packet.extend(to.octets());
            let sum = checksum(&[&packet]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        (from, to) => {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend((payload.len() as u16).to_be_bytes());
            packet.extend([protocol, 64]);
            packet.extend(octets(from));
            packet.extend(octets(to));
        }
    }
    packet.extend(payload);
    packet
}

/// What the checksum of UDP and TCP also covers (RFC 9293 §3.1, RFC 8200 §8.1).
fn pseudo_header(protocol: u8, from: SocketAddr, to: SocketAddr, length: usize) -> Vec<u8> {
    let mut header = vec![];
    header.extend(octets(from.ip()));
    header.extend(octets(to.ip()));
    // In either version these are zeros, the length and the protocol: their sum is the same.
    header.extend((length as u32).to_be_bytes());
    header.extend([0, 0, 0, protocol]);
    header
}

pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    }
}

/// RFC 1071. Of several parts all but the last are of an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let pairs = parts.iter().flat_map(|part| part.chunks(2));
    let words =
        pairs.map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
    // At most 33,000 words of 16 bits: 32 bits hold their sum.
    let sum = words.sum::<u32>();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    !(((folded & 0xFFFF) + (folded >> 16)) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::time::Instant;

    fn message(transport: Transport, sent: bool, text: &str) -> Message {
        Message {
            number: 1,
            at: Instant::now(),
            time: Timestamp::from_microsecond(0x12_3456_789A).expect("a time"),
            sent,
            transport,
            local: "10.0.0.1:5060".parse().expect("an address"),
            remote: "10.0.0.2:5070".parse().expect("an address"),
            sip_call_id: "a".into(),
            bytes: text.as_bytes().into(),
        }
    }

    /// The bodies of all blocks, with their types.
    fn blocks(file: &[u8]) -> Vec<(u32, &[u8])> {
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four"));
        let (mut at, mut found) = (0, vec![]);
        while at < file.len() {
            let length = word(at + 4) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(word(at + length - 4) as usize, length, "told twice");
            found.push((word(at), &file[at + 8..at + length - 4]));
            at += length;
        }
        found
    }

    fn packets(messages: &[Message]) -> Vec<Vec<u8>> {
        let file = write(messages.iter(), "a test");
        let blocks = blocks(&file);
        assert_eq!((blocks[0].0, blocks[1].0), (SECTION, INTERFACE));
        let packet = |(kind, body): &(u32, &[u8])| {
            assert_eq!(*kind, ENHANCED_PACKET);
            let length = u32::from_le_bytes(body[12..16].try_into().expect("four")) as usize;
            body[20..20 + length].to_vec()
        };
        blocks[2..].iter().map(packet).collect()
    }

    #[test]
    fn a_datagram_has_its_headers() {
        let [packet] = &packets(&[message(Transport::Udp, false, "hello")])[..] else {
            panic!("one packet")
        };
        // 0x4500+0x21+0x4000+0x4011+0x0a00+2+0x0a00+1, complemented.
        let head = [
            0x45, 0, 0, 33, 0, 0, 0x40, 0, 64, 17, 0x26, 0xCA, 10, 0, 0, 2, 10, 0, 0, 1,
        ];
        assert_eq!(packet[..20], head);
        assert_eq!(
            packet[20..26],
            [0x13, 0xCE, 0x13, 0xC4, 0, 13],
            "ports and length"
        );
        let pseudo = pseudo_header(
            UDP,
            ([10, 0, 0, 2], 0).into(),
            ([10, 0, 0, 1], 0).into(),
            13,
        );
        assert_eq!(
            checksum(&[&pseudo, &packet[20..]]),
            0,
            "it sums up (RFC 1071)"
        );
        assert_eq!(&packet[28..], b"hello");
    }

    #[test]
    fn the_time_is_in_microseconds_and_the_direction_is_told() {
        let file = write([message(Transport::Tls, true, "x")].iter(), "a test");
        let body = blocks(&file)[2].1;
        assert_eq!(body[4..12], [0x12, 0, 0, 0, 0x9A, 0x78, 0x56, 0x34]);
        let options = &body[20 + 44..];
        assert_eq!(options[..8], [2, 0, 4, 0, 2, 0, 0, 0], "outbound");
        assert!(options.windows(13).any(|text| text == b"went over TLS"));
    }

    #[test]
    fn a_stream_goes_on_where_it_ended_in_both_directions() {
        let sent = |sent, text: &str| message(Transport::Tcp, sent, text);
        let packets = packets(&[sent(false, "one"), sent(true, "answer"), sent(false, "two")]);
        let numbers: Vec<_> = packets
            .iter()
            .map(|packet| {
                let word =
                    |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().expect("four"));
                (word(24), word(28))
            })
            .collect();
        assert_eq!(numbers, [(1, 1), (1, 4), (4, 7)]);
    }

    #[test]
    fn what_is_too_long_for_a_packet_is_cut_where_a_stream_can_be() {
        let long = "x".repeat(131_000);
        let lengths = |transport| -> Vec<usize> {
            let packets = packets(&[message(transport, true, &long)]);
            packets.iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(Transport::Tcp), [60_040, 60_040, 11_040]);
        assert_eq!(lengths(Transport::Udp), [65_535]);
    }

    #[test]
    fn addresses_of_two_versions_become_those_of_version_6() {
        let mut message = message(Transport::Udp, false, "hello");
        message.remote = "[2001:db8::1]:5070".parse().expect("an address");
        let packet = &packets(&[message])[0];
        assert_eq!(packet[..8], [0x60, 0, 0, 0, 0, 13, 17, 64]);
        assert_eq!(
            packet[24..40],
            "::ffff:10.0.0.1"
                .parse::<std::net::Ipv6Addr>()
                .expect("one")
                .octets()
        );
        let ends = (([0_u16; 8], 0).into(), ([0_u16; 8], 0).into());
        let mut pseudo = pseudo_header(UDP, ends.0, ends.1, 13);
        pseudo[..32].copy_from_slice(&packet[8..40]);
        assert_eq!(checksum(&[&pseudo, &packet[40..]]), 0);
    }
}

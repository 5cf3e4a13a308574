//! STUN as a keep-alive on a SIP port (RFC 5626 §3.5.2, RFC 5389): a phone behind a NAT asks how it
//! is seen, and so keeps its way open and learns when it has changed.
//!
//! Deliberately absent: all of STUN but a Binding request without credentials. One with attributes
//! that must be understood (RFC 5389 §15) gets no answer.

use std::net::{IpAddr, SocketAddr};

/// Type, length, cookie and transaction (RFC 5389 §6).
const HEAD: usize = 20;

/// A longer request is none that a phone sends to keep its way open.
const LONGEST: usize = 548;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// The first attribute type that may be ignored (RFC 5389 §15).
const OPTIONAL: u8 = 0x80;

/// Whether a datagram is STUN and no SIP: its first two bits and the cookie tell (RFC 5626 §8).
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEAD
        && datagram.first().is_some_and(|first| first & 0xC0 == 0)
        && datagram.get(4..8) == Some(&COOKIE[..])
}

/// The answer to a Binding request: how its sender is seen. `None` to anything else.
pub fn answer(request: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    if !is_stun(request) || request.len() > LONGEST || request.get(..2) != Some(&[0, 1]) {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([*request.get(2)?, *request.get(3)?]));
    if length != request.len() - HEAD || !are_optional(request.get(HEAD..)?) {
        return None;
    }
    let transaction = request.get(8..HEAD)?;
    let key = [&COOKIE, transaction].concat();
    let (family, address): (u8, Vec<u8>) = match source.ip().to_canonical() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let masked = |bytes: &[u8]| -> Vec<u8> { bytes.iter().zip(&key).map(|(a, b)| a ^ b).collect() };
    let size = u8::try_from(4 + address.len()).ok()?;
    let port = masked(&source.port().to_be_bytes());
    let mapped = [&[0, 0x20, 0, size, 0, family], &port[..], &masked(&address)].concat();
    Some([&[1, 1, 0, size + 4], &key[..], &mapped].concat())
}

/// Whether all attributes are whole and may be ignored.
fn are_optional(mut rest: &[u8]) -> bool {
    while let [kind, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).next_multiple_of(4);
        match after.get(length..) {
            Some(next) if *kind >= OPTIONAL => rest = next,
            Some(_) | None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// RFC 5769 §2.2 and §2.3: the transaction and the mapped addresses of its sample responses.
    const TRANSACTION: [u8; 12] = [
        0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE,
    ];

    fn request(attributes: &[u8]) -> Vec<u8> {
        let head = [0, 1, 0, attributes.len() as u8];
        [&head[..], &COOKIE, &TRANSACTION, attributes].concat()
    }

    #[test]
    fn a_sender_is_told_how_it_is_seen() {
        let v4 = "192.0.2.1:32853".parse().expect("an address");
        let told = answer(&request(&[]), v4).expect("an answer");
        assert_eq!(told[..4], [1, 1, 0, 12]);
        assert_eq!(told[8..20], TRANSACTION);
        let mapped = [0, 0x20, 0, 8, 0, 1, 0xA1, 0x47, 0xE1, 0x12, 0xA6, 0x43];
        assert_eq!(told[20..], mapped, "RFC 5769 §2.2");
        let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse();
        let told = answer(&request(&[]), v6.expect("an address")).expect("an answer");
        let begin = [0, 0x20, 0, 20, 0, 2, 0xA1, 0x47, 0x01, 0x13, 0xA9, 0xFA];
        assert_eq!(
            (told.len(), &told[20..32]),
            (44, &begin[..]),
            "RFC 5769 §2.3"
        );
    }

    #[test]
    fn what_is_no_plain_binding_request_gets_no_answer() {
        let source = "192.0.2.1:1".parse().expect("an address");
        let software = [0x80, 0x22, 0, 1, b'x', 0, 0, 0];
        assert!(
            answer(&request(&software), source).is_some(),
            "may be ignored"
        );
        let mut response = request(&[]);
        response[0] = 1;
        let mut long = request(&[]);
        long[3] = 4;
        for wrong in [
            response,
            long,
            request(&[0, 6, 0, 1, b'x', 0, 0, 0]),
            request(&[0x80, 0x22, 0xFF, 0xFF]),
            request(&[0x80, 0x22]),
            b"OPTIONS sip:a SIP/2.0\r\n".to_vec(),
            vec![],
        ] {
            assert_eq!(answer(&wrong, source), None, "{wrong:?}");
        }
    }

    #[test]
    fn h21_no_bytes_make_the_reader_fall() {
        let (mut random, source) = (Random::seeded(3), "[::1]:1".parse().expect("an address"));
        for _ in 0..20_000 {
            let attributes: Vec<u8> = (0..random.below(40)).map(|_| random.u32() as u8).collect();
            let mut bytes = request(&attributes);
            bytes.truncate(random.below(80) as usize);
            assert!(answer(&bytes, source).is_none_or(|told| told.len() <= 44));
        }
    }
}

//! What a peer's first word in DTLS offers of SRTP (RFC 6347 §4.2.1, RFC 5764 §4.1.1), so that the choice
//! can be ours: who answers takes the peer's order otherwise.
//!
//! ```text
//!   record │ ClientHello: version, random, session, cookie, suites, compressions │ extensions: … use_srtp …
//! ```
//!
//! Deliberately absent: a hello in pieces. The peer's order holds then.

/// Type, version, epoch, number, length of a record; type, length, number, offset and length of a
/// fragment of a handshake; version and random of a hello.
const RECORD: usize = 13;
const FRAGMENT: usize = 12;
const BEGINNING: usize = 2 + 32;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const USE_SRTP: usize = 14;

/// Whether a datagram is a hello that offers this profile.
pub(super) fn offers(datagram: &[u8], profile: u16) -> bool {
    profiles(datagram).is_some_and(|profiles| {
        let mut each = profiles.chunks_exact(2);
        each.any(|each| *each == profile.to_be_bytes())
    })
}

fn profiles(datagram: &[u8]) -> Option<&[u8]> {
    let (record, rest) = datagram.split_first_chunk::<RECORD>()?;
    let (fragment, hello) = rest.split_first_chunk::<FRAGMENT>()?;
    let [kind, l0, l1, l2, _, _, offset @ .., f0, f1, f2] = fragment;
    let whole = *offset == [0; 3] && [l0, l1, l2] == [f0, f1, f2];
    if record[0] != HANDSHAKE || *kind != CLIENT_HELLO || !whole {
        return None;
    }
    let rest = hello.get(BEGINNING..)?;
    let (_session, rest) = counted(rest, 1)?;
    let (_cookie, rest) = counted(rest, 1)?;
    let (_suites, rest) = counted(rest, 2)?;
    let (_compressions, rest) = counted(rest, 1)?;
    let (mut extensions, _) = counted(rest, 2)?;
    while let Some((kind, rest)) = number(extensions, 2) {
        let (body, rest) = counted(rest, 2)?;
        if kind == USE_SRTP {
            return Some(counted(body, 2)?.0);
        }
        extensions = rest;
    }
    None
}

/// What stands after its length, which has so many bytes; and the rest.
fn counted(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes, size)?;
    rest.split_at_checked(length)
}

fn number(bytes: &[u8], size: usize) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_at_checked(size)?;
    let number = number.iter();
    let number = number.fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![7; BEGINNING];
        body.extend([2, 1, 1, 3, 9, 9, 9, 0, 2, 0xc0, 0x2b, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        let length = &(body.len() as u32).to_be_bytes()[1..];
        let mut fragment = [&[CLIENT_HELLO], length, &[0, 0, 0, 0, 0], length].concat();
        fragment.extend(&body);
        let mut record = vec![HANDSHAKE, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0];
        record.extend((fragment.len() as u16).to_be_bytes());
        record.extend(fragment);
        record
    }

    #[test]
    fn rfc_5764_what_is_offered_is_found_among_the_extensions() {
        let both = hello(&[0, 23, 0, 0, 0, 14, 0, 7, 0, 4, 0, 1, 0, 7, 0]);
        assert!(offers(&both, 7) && offers(&both, 1) && !offers(&both, 8));
        let one = hello(&[0, 14, 0, 5, 0, 2, 0, 1, 0]);
        assert!(!offers(&one, 7));
        assert!(!offers(&hello(&[0, 23, 0, 0]), 1));
        let mut piece = both;
        piece[RECORD + 11] -= 1;
        assert!(!offers(&piece, 7), "a fragment");
    }

    #[test]
    fn h21_lengths_that_lie_offer_nothing_and_never_panic() {
        let fine = hello(&[0, 14, 0, 7, 0, 4, 0, 1, 0, 7, 0]);
        let mut random = Random::seeded(5);
        for _ in 0..20_000 {
            let mut bytes = fine.clone();
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.u32() as u8;
            bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
            offers(&bytes, 7);
        }
        assert!(!offers(&fine[..fine.len() - 4], 7));
    }
}

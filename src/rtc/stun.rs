//! STUN as ICE uses it (RFC 8489, RFC 8445 §7): Binding requests read and answered.
//!
//! ```text
//!   type │ length │ cookie │ transaction │ attributes … │ MESSAGE-INTEGRITY │ FINGERPRINT
//! ```
//!
//! What cannot be read, has no or a wrong FINGERPRINT, or says nothing of who sent it, is no message
//! here: nobody is answered who has not proved that the answer is for him.
//!
//! Deliberately absent: requests of our own, TURN, MESSAGE-INTEGRITY-SHA256, long-term credentials.

use ring::hmac;
use std::net::{IpAddr, SocketAddr};

/// Type, length, cookie and transaction (RFC 8489 §5).
const HEAD: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// The longest message read: twice what a browser sends.
const LONGEST: usize = 1024;
/// Attributes at most in a message.
const MAX_ATTRIBUTES: usize = 32;
/// The value and its header.
const INTEGRITY: usize = 4 + 20;
const FINGERPRINT: usize = 4 + 4;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

/// Attribute types (RFC 8489 §18.3, RFC 8445 §16.1).
mod kind {
    pub(super) const USERNAME: u16 = 0x0006;
    pub(super) const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub(super) const ERROR_CODE: u16 = 0x0009;
    pub(super) const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
    pub(super) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub(super) const PRIORITY: u16 = 0x0024;
    pub(super) const USE_CANDIDATE: u16 = 0x0025;
    pub(super) const FINGERPRINT: u16 = 0x8028;
    pub(super) const ICE_CONTROLLED: u16 = 0x8029;
}

/// A connectivity check as it came: a Binding request with a name. Not yet proved.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    transaction: &'a [u8; 12],
    /// Whose it is: our user fragment and the sender's (RFC 8445 §7.2.2).
    pub to: &'a str,
    /// The sender's user fragment.
    pub from: &'a str,
    /// The sender wants this path to be used (RFC 8445 §7.1.1).
    pub nominates: bool,
    /// The sender believes that we are to decide (RFC 8445 §7.1.3): never, as we are lite.
    pub is_controlled: bool,
    /// An attribute that must be understood and is not (RFC 8489 §6.3.1).
    pub unknown: Option<u16>,
    /// All up to MESSAGE-INTEGRITY, and what that says.
    covered: &'a [u8],
    integrity: &'a [u8],
}

/// How a check is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Where it was seen to come from.
    Success(SocketAddr),
    /// 487: the sender is to decide, not we (RFC 8445 §7.3.1.1).
    RoleConflict,
    /// 420: this attribute is not understood.
    Unknown(u16),
}

impl<'a> Check<'a> {
    /// Reads a datagram; `None` if it is no check.
    pub fn read(datagram: &'a [u8]) -> Option<Self> {
        let (head, attributes) = datagram.split_first_chunk::<HEAD>()?;
        let [t0, t1, l0, l1, rest @ ..] = head;
        let (cookie, transaction) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let fits =
            datagram.len() <= LONGEST && length == attributes.len() && length.is_multiple_of(4);
        if !fits || u16::from_be_bytes([*t0, *t1]) != BINDING_REQUEST || *cookie != COOKIE {
            return None;
        }
        let mut check = Check {
            transaction: transaction.first_chunk()?,
            to: "",
            from: "",
            nominates: false,
            is_controlled: false,
            unknown: None,
            covered: &[],
            integrity: &[],
        };
        let (mut at, mut finished) = (HEAD, false);
        for _ in 0..MAX_ATTRIBUTES {
            let Some((of, value, next)) = attribute(datagram, at) else {
                break;
            };
            if finished {
                return None;
            }
            match of {
                // What follows the integrity is not covered by it: ignored, but for the fingerprint
                // (RFC 8489 §14.5).
                kind::FINGERPRINT => {
                    finished = true;
                    let sum = crc32(datagram.get(..at)?) ^ 0x5354_554E;
                    (value == sum.to_be_bytes()).then_some(())?;
                }
                _ if !check.integrity.is_empty() => {}
                kind::MESSAGE_INTEGRITY => {
                    check.covered = datagram.get(..at)?;
                    check.integrity = Some(value).filter(|value| value.len() == INTEGRITY - 4)?;
                }
                kind::USERNAME => {
                    let name = std::str::from_utf8(value).ok()?;
                    (check.to, check.from) = name.split_once(':')?;
                }
                kind::USE_CANDIDATE => check.nominates = true,
                kind::ICE_CONTROLLED => check.is_controlled = true,
                kind::PRIORITY => {}
                // Those from here on may be ignored.
                0x8000.. => {}
                of => check.unknown = check.unknown.or(Some(of)),
            }
            at = next;
        }
        let whole = finished && at == datagram.len() && !check.integrity.is_empty();
        (whole && !check.to.is_empty()).then_some(check)
    }

    /// Whether it was sent by who knows this password of ours (RFC 8489 §14.5).
    pub(super) fn is_of(&self, password: &str) -> bool {
        let Some(signed) = with_length(self.covered, INTEGRITY) else {
            return false;
        };
        hmac::verify(&key(password), &signed, self.integrity).is_ok()
    }

    /// The answer, signed with our password.
    pub(super) fn answer(&self, reply: Reply, password: &str) -> Vec<u8> {
        let kind = match reply {
            Reply::Success(_) => BINDING_SUCCESS,
            Reply::RoleConflict | Reply::Unknown(_) => BINDING_ERROR,
        };
        let mut message = kind.to_be_bytes().to_vec();
        message.extend([0, 0]);
        message.extend(COOKIE);
        message.extend(self.transaction);
        match reply {
            Reply::Success(from) => self.mapped(from, &mut message),
            Reply::RoleConflict => error(487, "Role Conflict", &mut message),
            Reply::Unknown(of) => {
                error(420, "Unknown Attribute", &mut message);
                push(kind::UNKNOWN_ATTRIBUTES, &of.to_be_bytes(), &mut message);
            }
        }
        let signed = with_length(&message, INTEGRITY).unwrap_or_default();
        let tag = hmac::sign(&key(password), &signed);
        push(kind::MESSAGE_INTEGRITY, tag.as_ref(), &mut message);
        let summed = with_length(&message, FINGERPRINT).unwrap_or_default();
        let sum = crc32(&summed) ^ 0x5354_554E;
        message = summed;
        push(kind::FINGERPRINT, &sum.to_be_bytes(), &mut message);
        message
    }

    /// XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
    fn mapped(&self, from: SocketAddr, message: &mut Vec<u8>) {
        let mask = [&COOKIE[..], self.transaction].concat();
        let (family, address): (u8, Vec<u8>) = match from.ip().to_canonical() {
            IpAddr::V4(ip) => (1, ip.octets().to_vec()),
            IpAddr::V6(ip) => (2, ip.octets().to_vec()),
        };
        let masked = |bytes: &[u8]| -> Vec<u8> {
            let pairs = bytes.iter().zip(&mask);
            pairs.map(|(byte, mask)| byte ^ mask).collect()
        };
        let port = masked(&from.port().to_be_bytes());
        let value = [&[0, family], &port[..], &masked(&address)].concat();
        push(kind::XOR_MAPPED_ADDRESS, &value, message);
    }
}

/// The attribute at a place of the message: its type, its value, and where the next one is.
fn attribute(message: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let (head, rest) = message.get(at..)?.split_first_chunk::<4>()?;
    let [t0, t1, l0, l1] = *head;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let value = rest.get(..length)?;
    let padded = length.next_multiple_of(4);
    (rest.len() >= padded).then_some((u16::from_be_bytes([t0, t1]), value, at + 4 + padded))
}

fn push(kind: u16, value: &[u8], message: &mut Vec<u8>) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn error(code: u16, reason: &str, message: &mut Vec<u8>) {
    let number = [0, 0, (code / 100) as u8, (code % 100) as u8];
    push(
        kind::ERROR_CODE,
        &[&number, reason.as_bytes()].concat(),
        message,
    );
}

/// A message so far, as if it ended after so many more bytes.
fn with_length(message: &[u8], more: usize) -> Option<Vec<u8>> {
    let length = (message.len() + more).checked_sub(HEAD)? as u16;
    let mut message = message.to_vec();
    message
        .get_mut(2..4)?
        .copy_from_slice(&length.to_be_bytes());
    Some(message)
}

fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// The checksum of ISO 3309, as Ethernet has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// A check as a browser writes it, for tests.
#[cfg(test)]
pub(crate) fn check_of_test(
    (to, from): (&str, &str),
    password: &str,
    extra: &[(u16, &[u8])],
) -> Vec<u8> {
    let mut message = BINDING_REQUEST.to_be_bytes().to_vec();
    message.extend([0, 0]);
    message.extend(COOKIE);
    message.extend(*b"transaction!");
    push(
        kind::USERNAME,
        format!("{to}:{from}").as_bytes(),
        &mut message,
    );
    for (kind, value) in extra {
        push(*kind, value, &mut message);
    }
    let signed = with_length(&message, INTEGRITY).expect("a head");
    let tag = hmac::sign(&key(password), &signed);
    push(kind::MESSAGE_INTEGRITY, tag.as_ref(), &mut message);
    let mut message = with_length(&message, FINGERPRINT).expect("a head");
    let sum = crc32(&message) ^ 0x5354_554E;
    push(kind::FINGERPRINT, &sum.to_be_bytes(), &mut message);
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const PASSWORD: &str = "the password of ours, long";

    fn check(extra: &[(u16, &[u8])]) -> Vec<u8> {
        check_of_test(("ours", "theirs"), PASSWORD, extra)
    }

    #[test]
    fn a_check_is_read_and_its_password_proved() {
        let bytes = check(&[(0x24, &[0, 0, 0, 1]), (0x802A, &[0; 8]), (0x25, &[])]);
        let check = Check::read(&bytes).expect("a check");
        assert_eq!((check.to, check.from), ("ours", "theirs"));
        assert!(check.nominates && !check.is_controlled && check.unknown.is_none());
        assert!(check.is_of(PASSWORD) && !check.is_of("another"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let bytes = check(&[(0x0777, &[1, 2, 3, 4]), (0x8029, &[0; 8])]);
        let check = Check::read(&bytes).expect("a check");
        assert_eq!(check.unknown, Some(0x0777));
        assert!(check.is_controlled);
    }

    /// The request of RFC 5769 §2.1, with the password that it names.
    #[test]
    fn the_sample_request_of_rfc5769_is_understood() {
        let hex = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74\
                   002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149a\
                   eaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hexadecimal"))
            .collect();
        let check = Check::read(&bytes).expect("a check");
        assert_eq!((check.to, check.from), ("evtj", "h6vY"));
        assert!(check.is_of("VOkJxbRl1RmTxUk/WvJxBt") && check.is_controlled);
    }

    #[test]
    fn answers_are_signed_and_as_long_as_they_say() {
        let bytes = check(&[]);
        let check = Check::read(&bytes).expect("a check");
        let from = SocketAddr::from(([192, 0, 2, 1], 40_000));
        for reply in [Reply::Success(from), Reply::RoleConflict, Reply::Unknown(9)] {
            let answer = check.answer(reply, PASSWORD);
            let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
            assert_eq!(length + HEAD, answer.len());
            let summed = &answer[..answer.len() - FINGERPRINT];
            let sum = (crc32(summed) ^ 0x5354_554E).to_be_bytes();
            assert_eq!(answer[answer.len() - 4..], sum);
            let covered = &summed[..summed.len() - INTEGRITY];
            let signed = with_length(covered, INTEGRITY).expect("a head");
            hmac::verify(&key(PASSWORD), &signed, &summed[summed.len() - 20..]).expect("signed");
        }
    }

    /// H21: lengths that lie, ends that are missing, attributes without end.
    #[test]
    fn h21_random_bytes_never_panic_and_are_no_check() {
        let mut random = Random::seeded(4);
        let fine = check(&[(0x24, &[0, 0, 0, 1])]);
        let mut read = 0;
        for _ in 0..50_000 {
            let mut bytes = fine.clone();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.u32() as u8;
            }
            bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
            let check = Check::read(&bytes);
            read += u32::from(check.is_some_and(|check| check.is_of(PASSWORD)) && bytes != fine);
        }
        assert_eq!(read, 0, "the checksum and the tag cover everything");
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).map(|_| random.u32() as u8).collect();
            assert!(Check::read(&bytes).is_none());
        }
    }
}

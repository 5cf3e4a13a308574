//! A connectivity check as a browser writes it (RFC 8445 §7.2): a Binding request that names both sides, says that
//! we decide and nominates its path, proved by the password of who is checked.

use ring::hmac;

const BINDING_REQUEST: u16 = 0x0001;
const COOKIE: u32 = 0x2112_A442;
/// Attribute types (RFC 8489 §18.3, RFC 8445 §16.1).
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLING: u16 = 0x802A;
/// Of a peer-reflexive candidate over IPv4 (RFC 8445 §5.1.2).
const REFLEXIVE: u32 = 0x6E7F_1EFF;

/// Writes a check. `to` and `from` are user fragments, `password` is that of `to`, `number` tells checks apart.
pub(crate) fn check(to: &str, from: &str, password: &str, number: u64) -> Vec<u8> {
    let mut message = BINDING_REQUEST.to_be_bytes().to_vec();
    message.extend([0, 0]);
    message.extend(COOKIE.to_be_bytes());
    message.extend([0; 4]);
    message.extend(number.to_be_bytes());
    push(USERNAME, format!("{to}:{from}").as_bytes(), &mut message);
    push(PRIORITY, &REFLEXIVE.to_be_bytes(), &mut message);
    push(ICE_CONTROLLING, &[7; 8], &mut message);
    push(USE_CANDIDATE, &[], &mut message);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    // Both are made over a length that counts them already (RFC 8489 §14.5, §14.7).
    set_length(&mut message, 24);
    let tag = hmac::sign(&key, &message);
    push(MESSAGE_INTEGRITY, tag.as_ref(), &mut message);
    set_length(&mut message, 8);
    let sum = crc32(&message) ^ 0x5354_554E;
    push(FINGERPRINT, &sum.to_be_bytes(), &mut message);
    message
}

fn push(kind: u16, value: &[u8], message: &mut Vec<u8>) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// The length as it will be with so many more bytes; the header's 20 are not counted.
fn set_length(message: &mut [u8], more: usize) {
    let length = (message.len() + more - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// The checksum of ISO 3309, as Ethernet has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

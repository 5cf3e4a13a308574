//! The transforms: counter mode with HMAC-SHA1 (RFC 3711 §4) and Galois/counter mode (RFC 7714 §8,
//! §9), each for the packets of one kind, with the keys that are derived for it (RFC 3711 §4.3).

use super::{Dropped, Master, Suite};
use aes::Aes128Enc;
use aes::cipher::{InnerIvInit as _, KeyInit as _, StreamCipher as _, StreamCipherCoreWrapper};
use ctr::{CtrCore, flavors::Ctr128BE};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use std::fmt;

/// The part of an RTCP packet that is not encrypted (RFC 3711 §3.4).
const RTCP_HEADER: usize = 8;
/// The E bit and the index of SRTCP.
const WORD: usize = 4;
/// The bytes of a tag of GCM.
const GCM_TAG: usize = 16;

/// A transform with its session keys, for SRTP or for SRTCP.
pub(super) struct Cipher {
    /// The bytes of the tag.
    tag: usize,
    salt: [u8; 14],
    mode: Mode,
}

/// What is derived from a master key for the packets of one kind.
#[derive(Default)]
pub(super) struct Session {
    pub(super) key: [u8; 16],
    pub(super) authentication: [u8; 20],
    pub(super) salt: [u8; 14],
}

enum Mode {
    Counter(Box<Aes128Enc>, hmac::Key),
    Galois(Box<LessSafeKey>),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl Cipher {
    /// The labels of the three session keys follow each other: 0, 1, 2 for SRTP, 3, 4, 5 for SRTCP
    /// (§4.3.2).
    pub(super) fn new(suite: Suite, tag: usize, master: &Master, label: u8) -> Self {
        let mut session = Session::default();
        derive(master, label, &mut session.key);
        derive(master, label + 1, &mut session.authentication);
        derive(master, label + 2, &mut session.salt);
        Self::with(suite, tag, &session)
    }

    pub(super) fn with(suite: Suite, tag: usize, session: &Session) -> Self {
        let counter = || {
            let algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
            let hmac = hmac::Key::new(algorithm, &session.authentication);
            Mode::Counter(Box::new(Aes128Enc::new(&session.key.into())), hmac)
        };
        let mode = match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => counter(),
            // 16 bytes are what the algorithm wants: it does not fail.
            Suite::AeadAes128Gcm => match UnboundKey::new(&AES_128_GCM, &session.key) {
                Ok(key) => Mode::Galois(Box::new(LessSafeKey::new(key))),
                Err(_) => counter(),
            },
        };
        let salt = session.salt;
        Self { tag, salt, mode }
    }

    /// Seals the packet from `start` on; `None`: it cannot be sent.
    pub(super) fn seal_rtp(
        &self,
        bytes: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Option<()> {
        let (clear, payload) = split(bytes.get_mut(start..)?, header)?;
        match &self.mode {
            Mode::Counter(aes, hmac) => {
                keystream(aes, &self.counter(ssrc, index), payload);
                let rollover = ((index >> 16) as u32).to_be_bytes();
                let tag = sign(hmac, &[clear, payload, &rollover]);
                bytes.extend_from_slice(tag.as_ref().get(..self.tag).unwrap_or_default());
            }
            Mode::Galois(key) => {
                let tag = seal(key, self.nonce(ssrc, index), clear, payload)?;
                bytes.extend_from_slice(&tag);
            }
        }
        Some(())
    }

    /// Opens a packet: its length without the tag.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, Dropped> {
        let end = packet.len().checked_sub(self.tag);
        let end = end.filter(|end| *end >= header).ok_or(Dropped::Malformed)?;
        match &self.mode {
            Mode::Counter(aes, hmac) => {
                let (body, tag) = split(packet, end).ok_or(Dropped::Malformed)?;
                let rollover = ((index >> 16) as u32).to_be_bytes();
                verify(hmac, &[body, &rollover], tag)?;
                let (_, payload) = split(body, header).ok_or(Dropped::Malformed)?;
                keystream(aes, &self.counter(ssrc, index), payload);
            }
            Mode::Galois(key) => {
                let (clear, sealed) = split(packet, header).ok_or(Dropped::Malformed)?;
                open(key, self.nonce(ssrc, index), clear, sealed)?;
            }
        }
        Ok(end)
    }

    /// Seals the report from `start` on; `None`: it cannot be sent.
    pub(super) fn seal_rtcp(
        &self,
        bytes: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Option<()> {
        let word = (super::ENCRYPTED | index).to_be_bytes();
        let (clear, payload) = split(bytes.get_mut(start..)?, RTCP_HEADER)?;
        match &self.mode {
            Mode::Counter(aes, hmac) => {
                keystream(aes, &self.counter(ssrc, index.into()), payload);
                let tag = sign(hmac, &[clear, payload, &word]);
                bytes.extend_from_slice(&word);
                bytes.extend_from_slice(tag.as_ref().get(..self.tag).unwrap_or_default());
            }
            Mode::Galois(key) => {
                // RFC 7714 §9.2: the word is vouched for, and stands last.
                let known = [&*clear, &word].concat();
                let tag = seal(key, self.nonce(ssrc, index.into()), &known, payload)?;
                bytes.extend_from_slice(&tag);
                bytes.extend_from_slice(&word);
            }
        }
        Some(())
    }

    /// The E bit and the index of an SRTCP packet, not yet proved; `None`: it is too short.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let end = packet.len().checked_sub(self.tag + WORD)?;
        let word = match &self.mode {
            Mode::Counter(..) => packet.get(end..),
            Mode::Galois(_) => packet.get(end + self.tag..),
        };
        let word = word?.first_chunk()?;
        (end >= RTCP_HEADER).then_some(u32::from_be_bytes(*word))
    }

    /// Opens a report: its length without tag and index.
    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        ssrc: u32,
        word: u32,
    ) -> Result<usize, Dropped> {
        let end = packet.len().checked_sub(self.tag + WORD);
        let end = end.ok_or(Dropped::Malformed)?;
        let index = u64::from(word & !super::ENCRYPTED);
        match &self.mode {
            Mode::Counter(aes, hmac) => {
                let (body, tag) = split(packet, end + WORD).ok_or(Dropped::Malformed)?;
                verify(hmac, &[body], tag)?;
                let payload = body.get_mut(RTCP_HEADER..end).ok_or(Dropped::Malformed)?;
                keystream(aes, &self.counter(ssrc, index), payload);
            }
            Mode::Galois(key) => {
                let (packet, _) = split(packet, end + self.tag).ok_or(Dropped::Malformed)?;
                let (clear, sealed) = split(packet, RTCP_HEADER).ok_or(Dropped::Malformed)?;
                let known = [&*clear, &word.to_be_bytes()].concat();
                open(key, self.nonce(ssrc, index), &known, sealed)?;
            }
        }
        Ok(end)
    }

    /// RFC 3711 §4.1.1: the salt, the SSRC and the index, each in its place, and 16 bits to count
    /// the blocks.
    fn counter(&self, ssrc: u32, index: u64) -> [u8; 16] {
        let name = u128::from(ssrc) << 64 | u128::from(index) << 16;
        (salted(&self.salt) ^ name).to_be_bytes()
    }

    /// RFC 7714 §8.1, §9.1: the salt, the SSRC and the index, each in its place.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = [0; 12];
        let name = u128::from(ssrc) << 48 | u128::from(index);
        let name = name.to_be_bytes();
        let bytes = self.salt.iter().zip(name.iter().skip(4));
        let filled = nonce.iter_mut().zip(bytes);
        filled.for_each(|(to, (salt, name))| *to = salt ^ name);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// The session key of a label, at a key derivation rate of 0: RFC 3711 §4.3.1, §4.3.3.
pub(super) fn derive(master: &Master, label: u8, key: &mut [u8]) {
    let aes = Aes128Enc::new(&master.key.into());
    let counter = salted(&master.salt) ^ u128::from(label) << 64;
    keystream(&aes, &counter.to_be_bytes(), key);
}

/// A salt in its place above the 16 bits that count blocks.
fn salted(salt: &[u8; 14]) -> u128 {
    let bytes = salt
        .iter()
        .fold(0, |all, byte| all << 8 | u128::from(*byte));
    bytes << 16
}

/// Encrypts or decrypts: the keystream is added to the bytes.
pub(super) fn keystream(aes: &Aes128Enc, counter: &[u8; 16], bytes: &mut [u8]) {
    let core = CtrCore::<_, Ctr128BE>::inner_iv_init(aes.clone(), &(*counter).into());
    StreamCipherCoreWrapper::from_core(core).apply_keystream(bytes);
}

fn sign(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    context.sign()
}

/// Compares a shortened tag, in a time that does not depend on where it differs.
fn verify(key: &hmac::Key, parts: &[&[u8]], tag: &[u8]) -> Result<(), Dropped> {
    let expected = sign(key, parts);
    let pairs = expected.as_ref().iter().zip(tag);
    let difference = pairs.fold(0, |all, (one, other)| all | (one ^ other));
    match std::hint::black_box(difference) {
        0 => Ok(()),
        _ => Err(Dropped::Forged),
    }
}

fn seal(
    key: &LessSafeKey,
    nonce: Nonce,
    known: &[u8],
    payload: &mut [u8],
) -> Option<[u8; GCM_TAG]> {
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(known), payload);
    tag.ok()?.as_ref().first_chunk().copied()
}

fn open(key: &LessSafeKey, nonce: Nonce, known: &[u8], sealed: &mut [u8]) -> Result<(), Dropped> {
    let opened = key.open_in_place(nonce, Aad::from(known), sealed);
    opened.map(drop).map_err(|_| Dropped::Forged)
}

fn split(bytes: &mut [u8], at: usize) -> Option<(&mut [u8], &mut [u8])> {
    bytes.split_at_mut_checked(at)
}

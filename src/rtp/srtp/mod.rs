//! Secure RTP: RFC 3711 with its own transform, and with AES-GCM (RFC 7714).
//!
//! ```text
//!   SRTP   header │ payload, encrypted          │ tag
//!   SRTCP  header │ reports, encrypted   CM: │ E, index │ tag
//!                                       GCM: │ tag │ E, index
//! ```
//!
//! A [`Sealer`] makes secure packets of plain ones, an [`Opener`] plain ones of secure ones, each
//! in the memory of the packet and for one direction. What an opener lets through is authentic and
//! new; all else is [`Dropped`] and leaves no trace: what is kept of a stream is kept only once one
//! of its packets has proved itself, and of a bounded number of streams.
//!
//! The ciphers are ring's and RustCrypto's. What lies around them is ours, since it is what an
//! attacker meets: SRTCP that says of itself that it is not encrypted is not excused from its tag,
//! and names of streams that somebody made up fill no memory.
//!
//! Deliberately absent: MKI, key derivation rates, unencrypted and unauthenticated modes (nobody
//! who speaks to us by RFC 4568 gets them agreed on), AES-192 and AES-256, the F8 mode.

mod cipher;
mod index;
#[cfg(test)]
mod tests;

use crate::random::Random;
use cipher::Cipher;
use index::Streams;
use std::fmt;

/// The bytes that the tag and the index of SRTCP add at most to a packet.
pub const OVERHEAD: usize = 16 + 4;

/// The bit that says that an SRTCP packet is encrypted (RFC 3711 §3.4).
const ENCRYPTED: u32 = 1 << 31;

/// How packets are encrypted and proved authentic, by the names of RFC 4568 §6.2 and RFC 7714
/// §14.2. The order is ours: the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// AES-128 in Galois/counter mode, a tag of 16 bytes. The fastest, too.
    AeadAes128Gcm,
    /// AES-128 in counter mode, HMAC-SHA1, a tag of 10 bytes: what everybody has.
    AesCm128HmacSha1_80,
    /// The same with a tag of 4 bytes in RTP and 10 in RTCP.
    AesCm128HmacSha1_32,
}

impl Suite {
    /// All, the best first.
    pub const ALL: [Self; 3] = [
        Self::AeadAes128Gcm,
        Self::AesCm128HmacSha1_80,
        Self::AesCm128HmacSha1_32,
    ];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// The suite of a name, in capitals as RFC 4568 §9.2 has them.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// The bytes of a master key and its salt together: 28 with GCM (RFC 7714 §12), otherwise 30.
    pub fn key_length(self) -> usize {
        Master::KEY + self.salt_length()
    }

    fn salt_length(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 12,
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 14,
        }
    }

    /// The bytes of the tag of an SRTP packet.
    fn rtp_tag(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 16,
            Self::AesCm128HmacSha1_80 => 10,
            Self::AesCm128HmacSha1_32 => 4,
        }
    }

    /// The bytes of the tag of an SRTCP packet: never a short one (RFC 4568 §6.2.2).
    fn rtcp_tag(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 16,
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 10,
        }
    }
}

/// A master key and its salt: what one party sends under. Printed as dots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Master {
    key: [u8; Self::KEY],
    /// A shorter salt is filled with zeros (RFC 7714 §11).
    salt: [u8; 14],
}

impl Master {
    /// The bytes of the key alone.
    const KEY: usize = 16;

    /// A new key.
    pub fn random(suite: Suite, random: &mut Random) -> Self {
        let mut bytes = [0; 30];
        random.fill(&mut bytes);
        let bytes = bytes.get(..suite.key_length()).unwrap_or_default();
        // The length is the suite's own.
        Self::read(suite, bytes).unwrap_or(Self {
            key: [0; Self::KEY],
            salt: [0; 14],
        })
    }

    /// The key and the salt behind it; `None` if they are not as long as the suite wants.
    pub fn read(suite: Suite, bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk()?;
        let mut salt = [0; 14];
        salt.get_mut(..suite.salt_length())
            .filter(|salt| salt.len() == rest.len())?
            .copy_from_slice(rest);
        Some(Self { key: *key, salt })
    }

    /// The key and the salt behind it, as long as the suite wants.
    pub fn bytes(&self, suite: Suite) -> Vec<u8> {
        let salt = self.salt.get(..suite.salt_length()).unwrap_or_default();
        [&self.key, salt].concat()
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// What two parties have agreed on for their packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The suite of both directions.
    pub suite: Suite,
    /// What our packets are sealed with.
    pub ours: Master,
    /// What the peer's are.
    pub theirs: Master,
}

/// Why a packet was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// No SRTP or SRTCP, or too short for its tag.
    Malformed,
    /// It was here before, or is too old to tell.
    Replayed,
    /// The tag is not that of the key: from somebody else, or changed on the way.
    Forged,
    /// Authentic, but one more stream than [`Opener`] keeps account of.
    Crowded,
}

/// Secures the packets of one sender.
#[derive(Debug)]
pub struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams,
    /// The index of the next SRTCP packet; one for all streams, which does no harm.
    index: u32,
}

impl Sealer {
    /// Nothing has been sent under this key.
    pub fn new(suite: Suite, master: &Master) -> Self {
        let (rtp, rtcp) = ciphers(suite, master);
        Self {
            rtp,
            rtcp,
            streams: Streams::default(),
            index: 0,
        }
    }

    /// Seals the RTP packet from `start` to the end of `bytes`. `false`: it is none, or its number
    /// has been used under this key, which would give both contents away (RFC 3711 §9.1); it must
    /// not be sent.
    pub fn seal_rtp(&mut self, bytes: &mut Vec<u8>, start: usize) -> bool {
        let Some((ssrc, sequence, header)) = bytes.get(start..).and_then(rtp_head) else {
            return false;
        };
        let Some(stream) = self.streams.of(ssrc) else {
            return false;
        };
        let Some(index) = stream.index_of(sequence).filter(|i| stream.is_new(*i)) else {
            return false;
        };
        stream.accept(index);
        let sealed = self.rtp.seal_rtp(bytes, start, header, ssrc, index);
        sealed.is_some()
    }

    /// Seals the RTCP packet from `start` to the end of `bytes`. `false`: it is none, or the key is
    /// used up after 2^31 of them (RFC 3711 §9.2); it must not be sent.
    pub fn seal_rtcp(&mut self, bytes: &mut Vec<u8>, start: usize) -> bool {
        let Some(ssrc) = bytes.get(start..).and_then(rtcp_ssrc) else {
            return false;
        };
        if self.index & ENCRYPTED != 0 {
            return false;
        }
        let sealed = self.rtcp.seal_rtcp(bytes, start, ssrc, self.index);
        self.index += 1;
        sealed.is_some()
    }
}

/// Opens the packets of one sender.
#[derive(Debug)]
pub struct Opener {
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams,
    /// The streams as far as they had come under the key before.
    before: Streams,
    /// Which reports have come, of each stream by itself: senders count them so (RFC 3711 §3.2.3).
    reports: Streams,
}

impl Opener {
    /// Nothing has come under this key.
    pub fn new(suite: Suite, master: &Master) -> Self {
        let (rtp, rtcp) = ciphers(suite, master);
        Self {
            rtp,
            rtcp,
            streams: Streams::default(),
            before: Streams::default(),
            reports: Streams::default(),
        }
    }

    /// The key that follows another in a call. Whether the turns of the sequence numbers go on
    /// (RFC 3711 §3.3.1) or begin anew, as they do with many, shows with the first packet.
    pub fn following(suite: Suite, master: &Master, before: &Self) -> Self {
        Self {
            before: before.streams.clone(),
            ..Self::new(suite, master)
        }
    }

    /// Opens an SRTP packet in its place: how long the RTP packet is.
    ///
    /// # Errors
    /// Why it is not let through; then the bytes are of no use any more.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<usize, Dropped> {
        let (ssrc, sequence, header) = rtp_head(packet).ok_or(Dropped::Malformed)?;
        if let Some(stream) = self.streams.find(ssrc) {
            let index = stream.index_of(sequence);
            let index = index.filter(|index| stream.is_new(*index));
            let index = index.ok_or(Dropped::Replayed)?;
            let length = self.rtp.open_rtp(packet, header, ssrc, index)?;
            stream.accept(index);
            return Ok(length);
        }
        let (index, length) = self.open_first(packet, header, ssrc, sequence)?;
        let stream = self.streams.of(ssrc).ok_or(Dropped::Crowded)?;
        stream.accept(index);
        Ok(length)
    }

    /// Opens an SRTCP packet in its place: how long the RTCP packet is.
    ///
    /// # Errors
    /// Why it is not let through; then the bytes are of no use any more.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Dropped> {
        let ssrc = rtcp_ssrc(packet).ok_or(Dropped::Malformed)?;
        let word = self.rtcp.rtcp_word(packet).ok_or(Dropped::Malformed)?;
        // Reports in the clear were not agreed on, whoever they are from.
        let index = word.checked_sub(ENCRYPTED).ok_or(Dropped::Forged)?;
        let known = self.reports.get(ssrc);
        if known.is_some_and(|stream| !stream.is_new(index.into())) {
            return Err(Dropped::Replayed);
        }
        let length = self.rtcp.open_rtcp(packet, ssrc, word)?;
        let stream = self.reports.of(ssrc).ok_or(Dropped::Crowded)?;
        stream.accept(index.into());
        Ok(length)
    }

    /// Opens the first packet of a stream. How many turns its numbers had made before is not said:
    /// none; one, if the packets before the turn were lost; or as many as under the key before.
    fn open_first(
        &self,
        packet: &mut [u8],
        header: usize,
        ssrc: u32,
        sequence: u16,
    ) -> Result<(u64, usize), Dropped> {
        let first = u64::from(sequence);
        let turned = (sequence < 1 << 14).then_some(first + (1 << 16));
        let before = self.before.get(ssrc);
        let went_on = before.and_then(|stream| stream.index_of(sequence));
        // An attempt that fails spoils the bytes.
        let sealed = packet.to_vec();
        for index in [Some(first), turned, went_on].into_iter().flatten() {
            match self.rtp.open_rtp(packet, header, ssrc, index) {
                Ok(length) => return Ok((index, length)),
                Err(_) => packet.copy_from_slice(&sealed),
            }
        }
        Err(Dropped::Forged)
    }
}

fn ciphers(suite: Suite, master: &Master) -> (Cipher, Cipher) {
    let rtp = Cipher::new(suite, suite.rtp_tag(), master, 0);
    (rtp, Cipher::new(suite, suite.rtcp_tag(), master, 3))
}

/// The SSRC, the sequence number and the length of the header.
fn rtp_head(packet: &[u8]) -> Option<(u32, u16, usize)> {
    let header = super::packet::header_length(packet)?;
    let sequence = u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]);
    let ssrc = packet.get(8..)?.first_chunk()?;
    Some((u32::from_be_bytes(*ssrc), sequence, header))
}

fn rtcp_ssrc(packet: &[u8]) -> Option<u32> {
    let ssrc = packet.get(4..)?.first_chunk()?;
    super::packet::is_rtcp(packet).then_some(u32::from_be_bytes(*ssrc))
}

//! SRTP of a scripted phone, by another implementation than the switch's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordboard::rtp::srtp;
use rtc_crypto::default_provider;
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;
use std::fmt;

/// What a phone offers and answers: a profile, and the one suite it knows.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) profile: &'static str,
    pub(crate) suite: &'static str,
    /// What its key is made of.
    pub(crate) seed: u8,
}

/// The packets of a call, sealed and opened.
pub(crate) struct Secure {
    sealing: Context,
    opening: Context,
    keys: (Vec<u8>, Vec<u8>),
    /// Packets that did not open: plain ones, or of another key.
    pub(crate) strange: u32,
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure").finish_non_exhaustive()
    }
}

impl Wish {
    pub(crate) fn new(profile: &'static str, suite: &'static str) -> Self {
        Self {
            profile,
            suite,
            seed: 1,
        }
    }

    /// The line with the phone's key; in an answer with the tag of the line it answers.
    pub(crate) fn line(&self, theirs: &[u8]) -> String {
        let tag = self.found(theirs).map_or(1, |(tag, _)| tag);
        let key = STANDARD.encode(self.key());
        format!("a=crypto:{tag} {} inline:{key}|2^31\r\n", self.suite)
    }

    /// What follows for the packets from the other's description; `None`: it has no key for us.
    pub(crate) fn agreed(&self, theirs: &[u8], before: Option<Secure>) -> Option<Secure> {
        let (_, key) = self.found(theirs)?;
        let keys = (self.key(), key);
        match before {
            Some(before) if before.keys == keys => Some(before),
            Some(_) | None => Some(Secure {
                sealing: self.context(&keys.0),
                opening: self.context(&keys.1),
                keys,
                strange: 0,
            }),
        }
    }

    fn found(&self, sdp: &[u8]) -> Option<(u32, Vec<u8>)> {
        let text = String::from_utf8_lossy(sdp);
        let mut lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("a=crypto:"));
        let line = lines.find(|line| line.split(' ').nth(1) == Some(self.suite))?;
        let (tag, key) = (line.split(' ').next()?, line.split("inline:").nth(1)?);
        Some((tag.parse().ok()?, STANDARD.decode(key).ok()?))
    }

    fn key(&self) -> Vec<u8> {
        let length = if self.suite == "AEAD_AES_128_GCM" {
            28
        } else {
            30
        };
        (0..length).map(|n| self.seed.wrapping_add(7 * n)).collect()
    }

    fn context(&self, key: &[u8]) -> Context {
        let profile = match self.suite {
            "AEAD_AES_128_GCM" => ProtectionProfile::AeadAes128Gcm,
            "AES_CM_128_HMAC_SHA1_32" => ProtectionProfile::Aes128CmHmacSha1_32,
            _ => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let (key, salt) = key.split_at(16);
        let provider = default_provider().expect("one is built in");
        let windows = (srtp_replay_protection(64), srtcp_replay_protection(64));
        let (rtp, rtcp) = (Some(windows.0), Some(windows.1));
        Context::new(key, salt, profile, rtp, rtcp, provider.crypto()).expect("a key")
    }
}

impl Secure {
    /// The keys that DTLS has made (RFC 5764 §4.2), seen from the phone.
    pub(crate) fn agreed_in_dtls(keys: &srtp::Keys) -> Self {
        let wish = Wish::new("", keys.suite.name());
        let keys = (keys.ours.bytes(keys.suite), keys.theirs.bytes(keys.suite));
        Self {
            sealing: wish.context(&keys.0),
            opening: wish.context(&keys.1),
            keys,
            strange: 0,
        }
    }

    pub(crate) fn seal(&mut self, packet: Vec<u8>) -> Vec<u8> {
        self.sealing.encrypt_rtp(&packet).expect("sealed").to_vec()
    }

    /// How often a report asks for a whole picture (RFC 4585 §6.3.1).
    pub(crate) fn refreshes(&mut self, report: &[u8]) -> u32 {
        let opened = self.opening.decrypt_rtcp(report).expect("ours").to_vec();
        let (mut rest, mut count) = (&opened[..], 0);
        while let [first, kind, high, low, ..] = *rest {
            count += u32::from(kind == 206 && first & 0x1f == 1);
            let length = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
            rest = rest.get(length..).unwrap_or_default();
        }
        count
    }

    pub(crate) fn open(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let opened = self.opening.decrypt_rtp(packet);
        self.strange += u32::from(opened.is_err());
        opened.ok().map(|bytes| bytes.to_vec())
    }
}

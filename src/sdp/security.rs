//! Who encrypts: the key of each direction in `a=crypto` (SDES, RFC 4568 with the suites of its §6.2
//! and of RFC 7714), and the profile of the media line that goes with it.
//!
//! ```text
//!   local      offered                 offers answered
//!   Plain      RTP/AVP                 RTP/AVP
//!   Preferred  RTP/AVP, a=crypto       RTP/SAVP; RTP/AVP with a=crypto, so; RTP/AVP
//!   Required   RTP/SAVP, a=crypto      RTP/SAVP
//! ```
//!
//! What is preferred is offered as RTP/AVP with keys beside it. That is how Asterisk (its
//! `media_encryption_optimistic`), baresip (`mediaenc=srtp`) and PJSIP (`srtp optional`) offer it
//! themselves and what they take; whoever does not know `a=crypto` passes over it and speaks plain
//! RTP (RFC 8866 §5.13), so that no call costs a second INVITE. RTP/SAVP and a second attempt after
//! 488 would be the letter of RFC 4568, at the price of that.
//!
//! Refused, precisely and never guessed at: MKI and several keys, session parameters that change the
//! packets (`KDR`, `UNENCRYPTED_SRTP`, …), keys of a wrong length, our own key sent back. A
//! lifetime is read, and left to the peer to keep. The profiles with feedback (AVPF, SAVPF) are
//! refused: who offers them has the plain ones for whom 488 sends back, and feedback would be
//! promised that nobody here gives.

use super::{Media, Refusal};
use crate::random::Random;
use crate::rtp::srtp::{Keys, Master, Suite};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt::Write as _;

/// Keys are written with padding, as RFC 4568 §6.1 has it, and read with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of a line with a key at most.
const MAX_LINE: usize = 512;

/// What a party wants of SRTP.
#[derive(Clone, Debug, PartialEq)]
pub enum Security {
    /// RTP alone: secure media is refused.
    Plain,
    /// SRTP if the peer has it.
    Preferred(OurKeys),
    /// SRTP or no session, under this profile, or under [`Profile::Savp`] where the peer wants that.
    Required(OurKeys, Profile),
}

/// The profile of a media line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// RTP/AVP (RFC 3551).
    Avp,
    /// RTP/SAVP (RFC 3711 §12).
    Savp,
}

/// The keys that we may send under, one for each suite.
#[derive(Clone, Debug, PartialEq)]
pub struct OurKeys([Master; Suite::ALL.len()]);

/// A line `a=crypto`: under which key its sender will send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crypto {
    /// What an answer names it by.
    pub tag: u32,
    /// How it is encrypted.
    pub suite: Suite,
    /// The key.
    pub key: Master,
}

/// Why a line `a=crypto` is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// RTP/SAVP without a key.
    #[error("there is none")]
    Missing,
    /// Not of the form of RFC 4568 §9.1.
    #[error("it cannot be read")]
    Malformed,
    /// Another suite than ours.
    #[error("AEAD_AES_128_GCM and AES_CM_128_HMAC_SHA1_80 or _32 are spoken here")]
    Suite,
    /// No base64, or not as long as the suite wants.
    #[error("the key is not as long as its suite wants")]
    Key,
    /// No packet, or more than 2^48 (RFC 4568 §6.1).
    #[error("a lifetime out of range")]
    Lifetime,
    /// A master key identifier would be in every packet.
    #[error("master key identifiers and several keys are not understood")]
    Mki,
    /// A session parameter that changes the packets.
    #[error("its session parameters are not understood")]
    Parameter,
    /// In an answer: a tag and suite that were not offered (RFC 4568 §5.1.3).
    #[error("it is not one of those offered")]
    Tag,
    /// Our own key sent back: packets of ours could be sent back, too.
    #[error("the key is ours")]
    Reflected,
}

impl Security {
    fn keys(&self) -> Option<&OurKeys> {
        match self {
            Self::Plain => None,
            Self::Preferred(keys) | Self::Required(keys, _) => Some(keys),
        }
    }

    /// The profile of our offers.
    pub(super) fn offered(&self) -> Profile {
        match self {
            Self::Plain | Self::Preferred(_) => Profile::Avp,
            Self::Required(_, profile) => *profile,
        }
    }

    /// The lines of our offers.
    pub(super) fn lines(&self) -> String {
        let keys = self
            .keys()
            .into_iter()
            .flat_map(|keys| Suite::ALL.map(|s| (s, keys.of(s))));
        let mut text = String::new();
        for ((suite, key), tag) in keys.zip(1..) {
            line(tag, suite, &key, &mut text);
        }
        text
    }

    /// What an offered media line comes to: its profile and, if it is to be secure, which of its
    /// lines is taken.
    pub(super) fn answers(&self, media: &Media) -> Result<(Profile, Option<Crypto>), Refusal> {
        self.decide(media, |keys| choose(&media.cryptos, keys))
    }

    /// The same for the answer to an offer of ours.
    pub(super) fn accepts(&self, media: &Media) -> Result<(Profile, Option<Crypto>), Refusal> {
        let found = self.decide(media, |keys| answered(&media.cryptos, keys))?;
        // Who answers with a key will use it.
        match (found, self.keys().filter(|_| !media.cryptos.is_empty())) {
            ((_, None), Some(keys)) => Err(answered(&media.cryptos, keys)
                .err()
                .map_or(Refusal::Unprotected, Refusal::Crypto)),
            (found, _) => Ok(found),
        }
    }

    fn decide(
        &self,
        media: &Media,
        key: impl Fn(&OurKeys) -> Result<Crypto, Unusable>,
    ) -> Result<(Profile, Option<Crypto>), Refusal> {
        use Profile::{Avp, Savp};
        let protocol = media.protocol.to_ascii_uppercase();
        match (self, protocol.as_str()) {
            (Self::Plain, "RTP/AVP") => Ok((Avp, None)),
            (Self::Plain, protocol) if protocol.contains("SAVP") => Err(Refusal::Secure),
            (Self::Preferred(keys) | Self::Required(keys, _), "RTP/SAVP") => {
                Ok((Savp, Some(key(keys)?)))
            }
            (Self::Preferred(keys), "RTP/AVP") => Ok((Avp, key(keys).ok())),
            (Self::Required(keys, Avp), "RTP/AVP") => {
                let crypto = key(keys).map_err(|_| Refusal::Unprotected)?;
                Ok((Avp, Some(crypto)))
            }
            (Self::Required(_, Savp), "RTP/AVP") => Err(Refusal::Unprotected),
            (Self::Plain | Self::Preferred(_) | Self::Required(..), _) => Err(Refusal::Transport),
        }
    }

    /// What both send under, once the peer's key is chosen.
    pub(super) fn agreed(&self, theirs: &Crypto) -> Option<Keys> {
        Some(Keys {
            suite: theirs.suite,
            ours: self.keys()?.of(theirs.suite),
            theirs: theirs.key,
        })
    }
}

impl Profile {
    /// The name in a media line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avp => "RTP/AVP",
            Self::Savp => "RTP/SAVP",
        }
    }
}

impl OurKeys {
    /// New keys.
    pub fn random(random: &mut Random) -> Self {
        Self(Suite::ALL.map(|suite| Master::random(suite, random)))
    }

    /// New keys for the next description, but for the suite in use: its key stays, through hold and
    /// refresh (RFC 4568 §7.1.4), while one that was left is never come back to.
    pub fn renew(&mut self, in_use: Option<Suite>, random: &mut Random) {
        for (suite, key) in Suite::ALL.into_iter().zip(&mut self.0) {
            if in_use != Some(suite) {
                *key = Master::random(suite, random);
            }
        }
    }

    fn of(&self, suite: Suite) -> Master {
        let [gcm, cm_80, cm_32] = self.0;
        match suite {
            Suite::AeadAes128Gcm => gcm,
            Suite::AesCm128HmacSha1_80 => cm_80,
            Suite::AesCm128HmacSha1_32 => cm_32,
        }
    }

    fn contains(&self, key: &Master) -> bool {
        self.0.contains(key)
    }
}

impl Crypto {
    /// Reads the value of the attribute: RFC 4568 §9.1.
    pub(super) fn read(value: &str) -> Result<Self, Unusable> {
        let mut fields = value.split_ascii_whitespace();
        let tag = fields
            .next()
            .filter(|tag| tag.len() <= 9 && value.len() <= MAX_LINE);
        let tag = tag.and_then(|tag| tag.parse().ok());
        let (Some(tag), Some(suite), Some(keys)) = (tag, fields.next(), fields.next()) else {
            return Err(Unusable::Malformed);
        };
        let suite = Suite::from_name(suite).ok_or(Unusable::Suite)?;
        let key = key(suite, keys)?;
        // A hint at our window does no harm, nor what may be passed over (§6.3.6, §6.3.7).
        let harmless = |field: &str| field.starts_with('-') || field.starts_with("WSH=");
        if fields.all(harmless) {
            Ok(Self { tag, suite, key })
        } else {
            Err(Unusable::Parameter)
        }
    }

    /// Writes the line that answers this one, or that offers it.
    pub(super) fn answer(&self, ours: &Keys, text: &mut String) {
        line(self.tag, self.suite, &ours.ours, text);
    }
}

/// `inline:` key and salt, then perhaps a lifetime, then perhaps an MKI and its length: §6.1.
fn key(suite: Suite, keys: &str) -> Result<Master, Unusable> {
    // Several are told apart by their MKI.
    if keys.contains(';') {
        return Err(Unusable::Mki);
    }
    let mut parts = keys
        .strip_prefix("inline:")
        .ok_or(Unusable::Malformed)?
        .split('|');
    let bytes = parts.next().and_then(|key| BASE64.decode(key).ok());
    for part in parts {
        if part.contains(':') {
            return Err(Unusable::Mki);
        }
        let lifetime = match part.strip_prefix("2^") {
            Some(power) => power.parse().ok().and_then(|power| 1u64.checked_shl(power)),
            None => part.parse().ok(),
        };
        let fits = |lifetime: &u64| (1..=1 << 48).contains(lifetime);
        lifetime.filter(fits).ok_or(Unusable::Lifetime)?;
    }
    let key = bytes.and_then(|bytes| Master::read(suite, &bytes));
    key.ok_or(Unusable::Key)
}

/// Of the lines offered, the one with the best suite; otherwise what is wrong with the first of a
/// suite of ours.
fn choose(lines: &[Result<Crypto, Unusable>], ours: &OurKeys) -> Result<Crypto, Unusable> {
    let fine = lines
        .iter()
        .flatten()
        .filter(|line| !ours.contains(&line.key));
    if let Some(best) = fine.min_by_key(|line| line.suite) {
        return Ok(*best);
    }
    let why = lines
        .iter()
        .map(|line| line.map_or_else(|why| why, |_| Unusable::Reflected));
    let telling = why.clone().find(|why| *why != Unusable::Suite);
    Err(telling
        .or_else(|| why.clone().next())
        .unwrap_or(Unusable::Missing))
}

/// The line of an answer to our offer, whose tags count from 1.
fn answered(lines: &[Result<Crypto, Unusable>], ours: &OurKeys) -> Result<Crypto, Unusable> {
    let line = (*lines.first().ok_or(Unusable::Missing)?)?;
    let offered = Suite::ALL.into_iter().zip(1..);
    if ours.contains(&line.key) {
        Err(Unusable::Reflected)
    } else if offered
        .into_iter()
        .any(|pair| pair == (line.suite, line.tag))
    {
        Ok(line)
    } else {
        Err(Unusable::Tag)
    }
}

fn line(tag: u32, suite: Suite, key: &Master, text: &mut String) {
    let (name, key) = (suite.name(), BASE64.encode(key.bytes(suite)));
    let _ = write!(text, "a=crypto:{tag} {name} inline:{key}\r\n");
}

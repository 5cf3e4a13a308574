//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760): both sides of it.
//!
//! ```text
//!   request without credentials ──▶ Verdict::Challenge ──▶ 401 with Verifier::challenges
//!   Keyring::challenged ──▶ headers ──▶ request with Credentials ──▶ Verdict::Passed
//! ```
//!
//! Deliberately absent: `auth-int` (bodies change on their way), the `-sess` algorithms, `userhash`,
//! SHA-512/256 (no phone speaks it), Authentication-Info.

mod challenge;
mod credentials;
mod keyring;
mod verifier;

pub use challenge::Challenge;
pub use credentials::{Credentials, Session};
pub use keyring::{Headers, Keyring, Unanswered};
pub use verifier::{Verdict, Verifier};

use super::header::{split, unquote};
use super::message::Method;
use md5::Digest as _;
use std::fmt;

/// How peers are asked to prove who they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    /// Whose passwords are meant.
    pub realm: String,
    /// The hashes offered, one challenge each, and accepted; the preferred first (RFC 8760 §2.4).
    pub algorithms: Vec<Algorithm>,
}

impl Digest {
    /// The passwords of this realm, proved by one of these hashes.
    pub fn new(realm: &str, algorithms: &[Algorithm]) -> Self {
        Self {
            realm: realm.to_owned(),
            algorithms: algorithms.to_vec(),
        }
    }
}

/// The hash of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// What every phone speaks.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// Reads the `algorithm` parameter; `None` for those we do not have.
    pub fn parse(text: &str) -> Option<Self> {
        let known = [Self::Md5, Self::Sha256];
        known
            .into_iter()
            .find(|one| one.text().eq_ignore_ascii_case(text))
    }

    /// Its name on the wire.
    pub fn text(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The hash of the parts joined by colons, in lower-case hexadecimal.
    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Md5 => hex(&md5::Md5::digest(text)),
            Self::Sha256 => hex(&sha2::Sha256::digest(text)),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Answers a challenge. `nc` counts the uses of its nonce from 1 on; `cnonce` is any random text
/// of ours; `uri` is the Request-URI as written.
pub fn respond(
    challenge: &Challenge,
    user: &str,
    password: &str,
    method: &Method,
    uri: &str,
    nc: u32,
    cnonce: &str,
) -> Credentials {
    let session = challenge.qop_auth.then(|| Session {
        nc,
        cnonce: cnonce.to_owned(),
    });
    let mut credentials = Credentials {
        user: user.to_owned(),
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri: uri.to_owned(),
        response: String::new(),
        algorithm: challenge.algorithm,
        session,
        opaque: challenge.opaque.clone(),
    };
    credentials.response = credentials.expected(method, password);
    credentials
}

/// The parameters after the scheme `Digest`, unquoted; `None` for another scheme.
fn digest_params(value: &str) -> Option<impl Iterator<Item = (&str, std::borrow::Cow<'_, str>)>> {
    let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
    let digest = scheme.eq_ignore_ascii_case("Digest");
    let pairs = split(rest, b',').filter_map(|one| one.split_once('='));
    digest.then(|| pairs.map(|(name, text)| (name.trim(), unquote(text.trim()))))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)]);
    pairs.collect()
}

#[cfg(test)]
mod tests;

//! What a server asks: WWW-Authenticate and Proxy-Authenticate (RFC 7616 §3.3).

use super::{Algorithm, digest_params};
use crate::sip::header::{Name, Syntax, quote};
use crate::sip::message::Message;
use std::fmt;

/// A digest challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whose passwords are asked for.
    pub realm: String,
    /// The text to hash along.
    pub nonce: String,
    /// The hash to use.
    pub algorithm: Algorithm,
    /// To be returned unchanged.
    pub opaque: Option<String>,
    /// Whether uses of the nonce are counted (`qop="auth"`); without it, RFC 2069's old form.
    pub qop_auth: bool,
    /// The password was right, but the nonce too old: try again without asking anybody.
    pub stale: bool,
}

impl Challenge {
    /// Reads a header value.
    pub fn parse(value: &str) -> Result<Self, Syntax> {
        let params = digest_params(value).ok_or(Syntax("not Digest"))?;
        let (mut realm, mut nonce, mut algorithm, mut qop) = (None, None, None, None);
        let (mut opaque, mut stale) = (None, false);
        for (name, text) in params {
            match name.to_ascii_lowercase().as_str() {
                "realm" => realm = Some(text.into_owned()),
                "nonce" => nonce = Some(text.into_owned()),
                "algorithm" => algorithm = Some(text.into_owned()),
                "opaque" => opaque = Some(text.into_owned()),
                "qop" => qop = Some(text.into_owned()),
                "stale" => stale = text.eq_ignore_ascii_case("true"),
                _ => {}
            }
        }
        let algorithm = Algorithm::parse(algorithm.as_deref().unwrap_or("MD5"));
        let auth = |qop: &String| {
            qop.split(',')
                .any(|q| q.trim().eq_ignore_ascii_case("auth"))
        };
        if !qop.as_ref().is_none_or(auth) {
            return Err(Syntax("a quality of protection we do not have"));
        }
        Ok(Self {
            realm: realm.ok_or(Syntax("no realm"))?,
            nonce: nonce.ok_or(Syntax("no nonce"))?,
            algorithm: algorithm.ok_or(Syntax("an algorithm we do not have"))?,
            opaque,
            qop_auth: qop.is_some(),
            stale,
        })
    }

    /// The first challenge of a response that we can answer: the server's preference (RFC 8760
    /// §2.4). The header is WWW-Authenticate of a 401, Proxy-Authenticate of a 407.
    pub fn find(message: &Message, header: Name<'_>) -> Option<Self> {
        message
            .headers(header)
            .find_map(|text| Self::parse(text).ok())
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (realm, nonce) = (quote(&self.realm), quote(&self.nonce));
        write!(
            f,
            "Digest realm={realm}, nonce={nonce}, algorithm={}",
            self.algorithm
        )?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        if self.qop_auth {
            f.write_str(", qop=\"auth\"")?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        Ok(())
    }
}

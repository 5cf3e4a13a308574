//! What a client answers: Authorization and Proxy-Authorization (RFC 7616 §3.4).

use super::{Algorithm, digest_params};
use crate::sip::header::{Name, Syntax, quote};
use crate::sip::message::{Message, Method};
use std::fmt;

/// Digest credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who claims to ask.
    pub user: String,
    /// Whose password was hashed.
    pub realm: String,
    /// The nonce of the challenge.
    pub nonce: String,
    /// The URI that was hashed.
    pub uri: String,
    /// The hash, in hexadecimal.
    pub response: String,
    /// The hash used.
    pub algorithm: Algorithm,
    /// Count and nonce of the client; absent in RFC 2069's old form.
    pub session: Option<Session>,
    /// Returned from the challenge.
    pub opaque: Option<String>,
}

/// What the client adds where uses of a nonce are counted (`qop=auth`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which use of the nonce this is, from 1 on.
    pub nc: u32,
    /// Random text of the client.
    pub cnonce: String,
}

impl Credentials {
    /// Reads a header value.
    pub fn parse(value: &str) -> Result<Self, Syntax> {
        let params = digest_params(value).ok_or(Syntax("not Digest"))?;
        let (mut user, mut realm, mut nonce, mut uri) = (None, None, None, None);
        let (mut response, mut algorithm, mut opaque) = (None, None, None);
        let (mut qop, mut nc, mut cnonce) = (None, None, None);
        for (name, text) in params {
            let slot = match name.to_ascii_lowercase().as_str() {
                "username" => &mut user,
                "realm" => &mut realm,
                "nonce" => &mut nonce,
                "uri" => &mut uri,
                "response" => &mut response,
                "algorithm" => &mut algorithm,
                "opaque" => &mut opaque,
                "qop" => &mut qop,
                "nc" => &mut nc,
                "cnonce" => &mut cnonce,
                _ => continue,
            };
            if slot.replace(text.into_owned()).is_some() {
                return Err(Syntax("a parameter twice"));
            }
        }
        let algorithm = Algorithm::parse(algorithm.as_deref().unwrap_or("MD5"));
        Ok(Self {
            user: user.ok_or(Syntax("no username"))?,
            realm: realm.ok_or(Syntax("no realm"))?,
            nonce: nonce.ok_or(Syntax("no nonce"))?,
            uri: uri.ok_or(Syntax("no uri"))?,
            response: response.ok_or(Syntax("no response"))?,
            algorithm: algorithm.ok_or(Syntax("an algorithm we do not have"))?,
            session: read_session(qop, nc, cnonce)?,
            opaque,
        })
    }

    /// The credentials of a request for our realm, among those for others. `None` where there
    /// are none.
    pub fn find(message: &Message, header: Name<'_>, realm: &str) -> Option<Result<Self, Syntax>> {
        let ours = |value: &&str| {
            let params = digest_params(value).into_iter().flatten();
            let mut realms = params.filter(|(name, _)| name.eq_ignore_ascii_case("realm"));
            realms.next().is_some_and(|(_, text)| text == realm)
        };
        message.headers(header).find(ours).map(Self::parse)
    }

    /// The response these credentials have if the password is this one (RFC 7616 §3.4.1).
    pub(super) fn expected(&self, method: &Method, password: &str) -> String {
        let hash = |parts: &[&str]| self.algorithm.hash(parts);
        let who = hash(&[&self.user, &self.realm, password]);
        let what = hash(&[method.text(), &self.uri]);
        match &self.session {
            Some(Session { nc, cnonce }) => {
                let nc = format!("{nc:08x}");
                hash(&[&who, &self.nonce, &nc, cnonce, "auth", &what])
            }
            None => hash(&[&who, &self.nonce, &what]),
        }
    }
}

/// As a header value.
impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [user, realm, nonce, uri] =
            [&self.user, &self.realm, &self.nonce, &self.uri].map(|text| quote(text));
        write!(
            f,
            "Digest username={user}, realm={realm}, nonce={nonce}, uri={uri}"
        )?;
        let response = quote(&self.response);
        write!(f, ", response={response}, algorithm={}", self.algorithm)?;
        if let Some(Session { nc, cnonce }) = &self.session {
            write!(f, ", qop=auth, nc={nc:08x}, cnonce={}", quote(cnonce))?;
        }
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        Ok(())
    }
}

/// Nothing in it belongs into a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.algorithm)
    }
}

fn read_session(
    qop: Option<String>,
    nc: Option<String>,
    cnonce: Option<String>,
) -> Result<Option<Session>, Syntax> {
    let (qop, nc, cnonce) = match (qop, nc, cnonce) {
        (None, _, _) => return Ok(None),
        (Some(qop), Some(nc), Some(cnonce)) => (qop, nc, cnonce),
        (Some(_), _, _) => return Err(Syntax("qop without nc and cnonce")),
    };
    // It is hashed as written: eight lower-case digits, or the hash would differ from ours.
    let sound = nc.len() == 8 && nc.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match u32::from_str_radix(&nc, 16) {
        Ok(nc) if sound && nc > 0 && qop.eq_ignore_ascii_case("auth") => {
            Ok(Some(Session { nc, cnonce }))
        }
        Ok(_) | Err(_) => Err(Syntax("a broken nc or qop")),
    }
}

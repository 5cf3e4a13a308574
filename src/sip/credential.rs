//! What we prove ourselves with to a peer that challenges (RFC 3261 §22).

use std::fmt;

/// A name and a password. They answer the challenges of the peer that they are set for and of
/// nobody else: whoever could ask for them elsewhere could guess the password at leisure.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The realm that may ask, compared exactly (RFC 3261 §22.1); `None`: whichever realm that
    /// peer names first, and from then on that one.
    pub realm: Option<String>,
    /// The user name of the digest.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Without the password.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.realm {
            Some(realm) => write!(f, "Credential for {realm}"),
            None => f.write_str("Credential for any one realm"),
        }
    }
}

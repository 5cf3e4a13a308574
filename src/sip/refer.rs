//! What a peer asks for with a REFER (RFC 3515): to call somebody else.

use super::Party;
use super::uri::Uri;

/// A transfer that a peer asks for. The address is what the peer wrote: whether it may be called
/// is for the user to say, as for a number that is dialled.
#[derive(Clone, Debug, PartialEq)]
pub struct Refer {
    /// Whom to call: a `sip`, `sips` or `tel` URI without method and headers.
    pub target: Uri,
    /// The user of that URI, unescaped: a number as it would be dialled.
    pub user: String,
    /// The dialog that the new call is to take the place of (RFC 3891), as the peer names it:
    /// the call is attended.
    pub replaces: Option<Replaces>,
    /// Who the peer says it is that refers (RFC 3892). Not proved.
    pub referred_by: Option<Party>,
    /// Whether the peer wants to be told what becomes of it (RFC 4488).
    pub wants_news: bool,
}

/// The dialog that is to be replaced, by the tags as its other end sees them (RFC 3891 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The Call-ID.
    pub call_id: String,
    /// Our tag, where the dialog is ours.
    pub to_tag: String,
    /// The tag of the peer.
    pub from_tag: String,
    /// Only while it has not been answered.
    pub early_only: bool,
}

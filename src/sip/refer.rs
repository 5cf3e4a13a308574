//! What a peer asks for with a REFER (RFC 3515): to call somebody else; and which dialog a call is to
//! take the place of (RFC 3891).

use super::Party;
use super::header::{Address, Name, split};
use super::message::Message;
use super::uri::{Scheme, Uri, unescape};

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

/// A REFER that cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// No Refer-To, several, or one that cannot be read (RFC 3515 §2.4.2).
    Malformed,
    /// To a page or a mailbox.
    Scheme,
    /// Something other than a call is to be made.
    Method,
}

impl Refer {
    /// What a REFER asks for. Of the headers in its URI only Replaces is looked at: who refers
    /// writes no header of ours.
    pub(super) fn of(request: &Message) -> Result<Self, Unfit> {
        let addresses = request.addresses(Name::ReferTo);
        let addresses = addresses.map_err(|_| Unfit::Malformed)?;
        let [address] = addresses.as_slice() else {
            return Err(Unfit::Malformed);
        };
        let mut target = address.uri.clone();
        if !matches!(target.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            return Err(Unfit::Scheme);
        }
        let method = target.params.get("method");
        if method.is_some_and(|method| method != "INVITE") {
            return Err(Unfit::Method);
        }
        let headers = std::mem::take(&mut target.headers);
        let replaces = headers.split('&').find_map(|header| {
            let (name, value) = header.split_once('=')?;
            let is_it = Name::of(&unescape(name)) == Name::Replaces;
            is_it.then(|| Replaces::parse(&unescape(value)))
        });
        let replaces = match replaces {
            Some(None) => return Err(Unfit::Malformed),
            Some(replaces) => replaces,
            None => None,
        };
        let news = request.header(Name::ReferSub);
        Ok(Self {
            user: target.user_unescaped().unwrap_or_default().into_owned(),
            target,
            replaces,
            referred_by: request.address(Name::ReferredBy).ok().map(|by| party(&by)),
            wants_news: news.is_none_or(|value| !value.trim().eq_ignore_ascii_case("false")),
        })
    }
}

impl Unfit {
    /// The status that says so.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Scheme => 416,
            Self::Method => 405,
        }
    }
}

impl Replaces {
    /// Reads the value of a Replaces header.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, b';');
        let call_id = parts.next()?.to_owned();
        let (mut to_tag, mut from_tag, mut early_only) = (None, None, false);
        for part in parts {
            match part.split_once('=') {
                Some((name, tag)) if name.trim().eq_ignore_ascii_case("to-tag") => {
                    to_tag = to_tag.or_else(|| Some(tag.trim().to_owned()));
                }
                Some((name, tag)) if name.trim().eq_ignore_ascii_case("from-tag") => {
                    from_tag = from_tag.or_else(|| Some(tag.trim().to_owned()));
                }
                Some(_) => {}
                None => early_only |= part.eq_ignore_ascii_case("early-only"),
            }
        }
        Some(Self {
            call_id,
            to_tag: to_tag?,
            from_tag: from_tag?,
            early_only,
        })
    }

    /// Whether a peer's tag is the one meant. A peer of RFC 2543 has none, which is written as 0
    /// (§6.1).
    pub(super) fn is_from(&self, tag: &str) -> bool {
        match tag {
            "" => self.from_tag == "0",
            tag => self.from_tag.eq_ignore_ascii_case(tag),
        }
    }
}

pub(super) fn party(address: &Address) -> Party {
    let user = address.uri.user_unescaped();
    Party {
        display: address.display.clone(),
        user: user.unwrap_or_default().into_owned(),
        host: address.uri.host.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_to_call_is_read_without_what_else_the_uri_carries() {
        let refer = of("<sip:0301234@h;method=INVITE?X-Evil=1&Subject=x>").expect("a transfer");
        assert_eq!((refer.user.as_str(), refer.replaces), ("0301234", None));
        assert_eq!(refer.target.headers, "");
        assert!(refer.wants_news);
        assert_eq!(
            of("tel:+49301234").expect("a number").target.scheme,
            Scheme::Tel
        );
    }

    #[test]
    fn an_attended_one_names_the_dialog() {
        let text = "<sip:b@h?Replaces=abc%40h%3Bto-tag%3D1%3Bfrom-tag%3d2%3bearly-only>";
        let replaces = of(text).expect("a transfer").replaces.expect("a dialog");
        assert_eq!(replaces.call_id, "abc@h");
        assert_eq!((&*replaces.to_tag, &*replaces.from_tag), ("1", "2"));
        assert!(replaces.early_only && replaces.is_from("2") && !replaces.is_from(""));
        assert_eq!(of("<sip:b@h?Replaces=abc>"), Err(Unfit::Malformed));
    }

    #[test]
    fn what_is_no_call_is_refused() {
        assert_eq!(of("<http://h/>"), Err(Unfit::Scheme));
        assert_eq!(of("<sip:b@h;method=BYE>"), Err(Unfit::Method));
        assert_eq!(of("<sip:b@h>, <sip:c@h>"), Err(Unfit::Malformed));
        assert_eq!(of("<sip:"), Err(Unfit::Malformed));
        let two = "<sip:b@h>\r\nRefer-To: <sip:c@h>";
        assert_eq!(of(two), Err(Unfit::Malformed));
    }

    fn of(to: &str) -> Result<Refer, Unfit> {
        let text = format!(
            "REFER sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:1@h>;tag=2\r\nCall-ID: 1\r\nCSeq: 2 REFER\r\nRefer-To: {to}\r\n\r\n"
        );
        Refer::of(&Message::parse(text.into_bytes()).expect("a REFER"))
    }
}

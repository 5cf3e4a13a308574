//! The names of header fields (RFC 3261 §7.3.1 and §20, and the extensions we may meet).

use std::fmt;
use std::sync::LazyLock;

macro_rules! names {
    ($($variant:ident $text:literal $($compact:literal)?,)*) => {
        /// The name of a header field. Those we know are one value each, however they were
        /// written; others are compared without regard to case.
        #[derive(Clone, Copy, Debug)]
        pub enum Name<'a> {
            $($variant,)*
            /// A header we have no name for.
            Other(&'a str),
        }

        const KNOWN: &[Name<'static>] = &[$(Name::$variant,)*];

        /// The names as small numbers.
        enum Ordinal {
            $($variant,)*
        }

        impl<'a> Name<'a> {
            /// The name as we write it.
            pub const fn text(self) -> &'a str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// A small number of its own for each known name.
            pub(crate) fn ordinal(self) -> Option<usize> {
                match self {
                    $(Self::$variant => Some(Ordinal::$variant as usize),)*
                    Self::Other(_) => None,
                }
            }

            /// The one-letter form of the name, lower case.
            pub(crate) const fn compact(self) -> Option<u8> {
                $($(if matches!(self, Self::$variant) { return Some($compact); })?)*
                None
            }
        }
    };
}

names! {
    Accept "Accept",
    AcceptContact "Accept-Contact" b'a',
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AlertInfo "Alert-Info",
    Allow "Allow",
    AllowEvents "Allow-Events" b'u',
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallId "Call-ID" b'i',
    CallInfo "Call-Info",
    Contact "Contact" b'm',
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" b'e',
    ContentLanguage "Content-Language",
    ContentLength "Content-Length" b'l',
    ContentType "Content-Type" b'c',
    CSeq "CSeq",
    Date "Date",
    Diversion "Diversion",
    ErrorInfo "Error-Info",
    Event "Event" b'o',
    Expires "Expires",
    FlowTimer "Flow-Timer",
    From "From" b'f',
    HistoryInfo "History-Info",
    Identity "Identity" b'y',
    InReplyTo "In-Reply-To",
    MaxForwards "Max-Forwards",
    MimeVersion "MIME-Version",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    Organization "Organization",
    PAccessNetworkInfo "P-Access-Network-Info",
    PAssertedIdentity "P-Asserted-Identity",
    PCalledPartyId "P-Called-Party-ID",
    PPreferredIdentity "P-Preferred-Identity",
    Path "Path",
    Priority "Priority",
    Privacy "Privacy",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    RAck "RAck",
    RSeq "RSeq",
    Reason "Reason",
    RecordRoute "Record-Route",
    ReferSub "Refer-Sub",
    ReferTo "Refer-To" b'r',
    ReferredBy "Referred-By" b'b',
    RejectContact "Reject-Contact" b'j',
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    ReplyTo "Reply-To",
    RequestDisposition "Request-Disposition" b'd',
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    Server "Server",
    ServiceRoute "Service-Route",
    SessionExpires "Session-Expires" b'x',
    SipEtag "SIP-ETag",
    SipIfMatch "SIP-If-Match",
    Subject "Subject" b's',
    SubscriptionState "Subscription-State",
    Supported "Supported" b'k',
    TargetDialog "Target-Dialog",
    Timestamp "Timestamp",
    To "To" b't',
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    UserToUser "User-to-User",
    Via "Via" b'v',
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

/// One more than the longest name in the table.
const LENGTHS: usize = 24;

/// The known names by their length, so that a look-up compares a handful.
static BY_LENGTH: LazyLock<[Vec<Name<'static>>; LENGTHS]> = LazyLock::new(|| {
    std::array::from_fn(|length| {
        let of_length = KNOWN.iter().filter(|name| name.text().len() == length);
        of_length.copied().collect()
    })
});

/// The known names by their one-letter form, from `a` to `z`.
static BY_LETTER: LazyLock<[Option<Name<'static>>; 26]> = LazyLock::new(|| {
    std::array::from_fn(|place| {
        let mut names = KNOWN.iter();
        let is =
            |name: &&Name<'static>| name.compact().map(|l| usize::from(l - b'a')) == Some(place);
        names.find(is).copied()
    })
});

impl<'a> Name<'a> {
    /// Recognises a name in any spelling, the compact forms of RFC 3261 §7.3.3 included.
    pub fn of(text: &'a str) -> Self {
        Self::known(text).unwrap_or(Self::Other(text))
    }

    /// The same name, recognised if the caller wrote a known one as [`Name::Other`].
    pub fn canonical(self) -> Self {
        if let Self::Other(text) = self {
            Self::of(text)
        } else {
            self
        }
    }

    /// Whether it may stand in a message once only: what SIP itself reads and is no list
    /// (RFC 3261 §7.3.1).
    pub fn must_be_single(self) -> bool {
        const SINGLE: &[Name<'_>] = &[
            Name::CallId,
            Name::ContentLength,
            Name::ContentType,
            Name::CSeq,
            Name::Expires,
            Name::From,
            Name::MaxForwards,
            Name::MinExpires,
            Name::To,
        ];
        SINGLE.contains(&self)
    }

    pub(crate) fn known(text: &str) -> Option<Name<'static>> {
        if let [letter] = text.as_bytes() {
            let place = letter.to_ascii_lowercase().checked_sub(b'a')?;
            return *BY_LETTER.get(usize::from(place))?;
        }
        let candidates = BY_LENGTH.get(text.len())?;
        let found = candidates
            .iter()
            .find(|name| name.text().eq_ignore_ascii_case(text));
        found.copied()
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Name::Other(a), Name::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl Eq for Name<'_> {}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_value_in_any_spelling() {
        for text in ["Via", "VIA", "via", "v", "V"] {
            assert_eq!(Name::of(text), Name::Via);
        }
        let compact = "aAccept-Contact uAllow-Events iCall-ID mContact eContent-Encoding \
            lContent-Length cContent-Type oEvent fFrom yIdentity rRefer-To bReferred-By \
            jReject-Contact dRequest-Disposition xSession-Expires sSubject kSupported tTo vVia";
        for pair in compact.split_ascii_whitespace() {
            assert_eq!(Name::of(&pair[..1]).text(), &pair[1..]);
        }
    }

    #[test]
    fn every_known_name_finds_itself() {
        for name in KNOWN {
            assert_eq!(Name::of(name.text()), *name, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_compared_without_case() {
        assert_eq!(Name::of("X-Thing"), Name::Other("x-thing"));
        assert_ne!(Name::of("X-Thing"), Name::Other("x-things"));
        assert_eq!(Name::Other("via").canonical(), Name::Via);
        assert_eq!(Name::of("z"), Name::Other("Z"));
    }
}

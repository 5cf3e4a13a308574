//! The methods of requests.

use std::fmt;

macro_rules! methods {
    ($($variant:ident $text:literal,)*) => {
        /// What a request asks for. Case matters (RFC 3261 §7.1): `invite` is no INVITE.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method {
            $($variant,)*
            /// One we have no name for.
            Other(String),
        }

        impl Method {
            /// Recognises a method.
            pub fn of(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text.to_owned()),
                }
            }

            /// The method as written on the wire.
            pub fn text(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// Whether we have a name for it, served or not.
            pub fn is_known(&self) -> bool {
                match self {
                    $(Self::$variant => true,)*
                    Self::Other(_) => false,
                }
            }
        }
    };
}

methods! {
    Invite "INVITE",
    Ack "ACK",
    Bye "BYE",
    Cancel "CANCEL",
    Options "OPTIONS",
    Register "REGISTER",
    Prack "PRACK",
    Update "UPDATE",
    Info "INFO",
    Refer "REFER",
    Subscribe "SUBSCRIBE",
    Notify "NOTIFY",
    Message "MESSAGE",
    Publish "PUBLISH",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

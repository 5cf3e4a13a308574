//! Why the server closes a page's connection: the codes that the page sees (RFC 6455 §7.4).

/// Why the server closes a page's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Another page of the same agent is the desk now. Do not come back.
    Superseded,
    /// It did not say hello in time.
    NoHello,
    /// It has said too much at once. Come back later.
    TooFast,
    /// A message was longer than [`super::LONGEST`].
    TooLong,
    /// The link cannot be used, or there was none. Do not come back.
    NotWelcome,
    /// The server has no room for it. Come back later.
    NoRoom,
    /// The agent does not work here any more, or has logged out. Do not come back.
    Dismissed,
}

impl Closing {
    /// The code: of the protocol's own, those from 4000 on are ours (RFC 6455 §7.4.2).
    pub fn code(self) -> u16 {
        match self {
            Self::TooLong => 1009,
            Self::NoRoom => 1013,
            Self::NoHello => 4000,
            Self::Superseded => 4001,
            Self::TooFast => 4002,
            Self::NotWelcome => 4003,
            Self::Dismissed => 4004,
        }
    }

    /// For people who look at it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Superseded => "another page of this agent is the desk now",
            Self::NoHello => "no hello came in time",
            Self::TooFast => "too many messages at once",
            Self::TooLong => "a message was too long",
            Self::NotWelcome => "the link cannot be used",
            Self::NoRoom => "the server has no room: try again later",
            Self::Dismissed => "the agent has logged out",
        }
    }
}

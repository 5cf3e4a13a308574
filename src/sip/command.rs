//! What the user of the endpoint asks for.

use super::Hop;
use super::guard::Network;
use super::resolve::Seeker;
use super::{Peer, SessionId, Terms};
use std::time::Duration;

/// A wish about a session. About one that is over, it is without effect: the wish and the end
/// have crossed.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Where the proxy of [`crate::sip::Event::Sought`] is: places in the order of trial.
    Found { seeker: Seeker, hops: Vec<Hop> },
    /// What a call received is taken under, if not under the usual: to be said before it is
    /// answered in any way.
    Terms { session: SessionId, terms: Terms },
    /// A provisional response, 180 or 183.
    Ring {
        session: SessionId,
        status: u16,
        sdp: Option<Vec<u8>>,
    },
    /// 200 with our answer, or with our offer where the peer made none.
    Answer { session: SessionId, sdp: Vec<u8> },
    /// A final refusal.
    Reject {
        session: SessionId,
        rejection: Rejection,
    },
    /// Ends an established session, cancels our INVITE or, unanswered, refuses the peer's (480):
    /// whatever ends it now. The text becomes a Reason header (RFC 3326).
    End {
        session: SessionId,
        reason: Option<(u16, String)>,
    },
    /// Our answer (or offer, if the peer made none) to `ChangeAsked`.
    AnswerChange { session: SessionId, sdp: Vec<u8> },
    /// The session stays as it was.
    RejectChange {
        session: SessionId,
        status: u16,
        warning: Option<Warning>,
    },
    /// Our offer to change the session; `ChangeAnswered` or `ChangeFailed` follows. Where the two
    /// ends wish at once, the endpoint tries again (RFC 3261 §14.1). A further one while the first
    /// is not answered waits, and takes the place of one that waits already. Before the call is answered
    /// it needs a peer that takes UPDATE and descriptions that were exchanged reliably (RFC 3311 §5.1);
    /// else it fails with 491.
    Change { session: SessionId, sdp: Vec<u8> },
    /// A key was pressed by whom the peer hears, one of `0-9*#A-D`, for so long: said by INFO, each
    /// when the one before has been answered. Before the call is answered, it needs descriptions that
    /// were exchanged reliably; else it is without effect.
    Key {
        session: SessionId,
        digit: char,
        duration: Duration,
    },
    /// What is said to `Referred`: 202 takes it on, 300–699 refuses it.
    AnswerRefer { session: SessionId, status: u16 },
    /// What has become of the call that we were asked to make: told to who referred us (RFC 3515
    /// §2.4.4). 200–699 is the last word.
    TellRefer { session: SessionId, status: u16 },
    /// New expectations of who may authenticate: user, password. Who is not among them any more
    /// loses their registrations.
    Users(Vec<(String, String)>),
    /// The carriers from now on. One that is as it was before goes on undisturbed; where one is
    /// gone, or is another, its registration is taken back.
    Peers(Vec<Peer>),
    /// The networks of the trunks from now on: from others, a listener for trunks takes no calls
    /// (403, of which nothing is kept). Before it is told, it takes them from everybody.
    Trust(Vec<Network>),
    /// `true`: new calls of peers are refused with 503; what runs goes on.
    Drain(bool),
}

/// A refusal of 300–699 and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub status: u16,
    /// The Q.850 cause of the Reason header (RFC 3326), where the text is about one; else the status
    /// stands there.
    pub cause: Option<u16>,
    /// Seconds in a Retry-After header.
    pub retry_after: Option<Duration>,
    /// The code of the Warning of a 488 or 606; 399 where there is none.
    pub warning: Option<u16>,
    /// The text of a Reason or Warning for people who read traces.
    pub text: Option<String>,
}

/// What is wrong with a description (RFC 3261 §20.43).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// 300–399.
    pub code: u16,
    pub text: String,
}

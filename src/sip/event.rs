//! What the endpoint tells its user.

use super::guard::Ban;
use super::header::Cause;
use super::resolve::Seeker;
use super::uri::Uri;
use super::{Claims, Flow, PeerId, PeerState, Refer, Reliable, SessionId, Trail};
use std::time::Duration;

/// What has happened to a session or a registration.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A peer invites us. 100 has been sent; the user answers with `Ring`, `Answer` or `Reject`.
    Invited(Box<Invite>),
    /// The ACK of our 200 has come, with an answer if the offer was ours (late offer): an empty
    /// one where the peer owes it and gives none.
    Acknowledged {
        session: SessionId,
        answer: Option<Vec<u8>>,
    },
    /// A provisional response (101–199) to our INVITE.
    Ringing {
        session: SessionId,
        status: u16,
        sdp: Option<Vec<u8>>,
        /// Which of the early dialogs it is in, from 0: a call that is forked on its way has
        /// several, and the one told last is the one to listen to.
        early: u8,
    },
    /// Our INVITE was answered with 200; the ACK is on its way.
    Answered {
        session: SessionId,
        /// Its description; `None` also where there has been more than one offer and answer before it:
        /// then the last of them counts.
        sdp: Option<Vec<u8>>,
    },
    /// Our INVITE failed: a final response of 300–699, 408 where none came, 503 where it could
    /// not be sent. The session is over.
    Failed {
        session: SessionId,
        status: u16,
        reason: String,
        retry_after: Option<Duration>,
        /// Why, as the network says it (RFC 6432).
        cause: Option<Cause>,
    },
    /// The peer wants to change the session. To be answered with `AnswerChange` or `RejectChange`;
    /// without an offer, the answer to give is our offer and the peer's comes as `Changed`.
    ChangeAsked {
        session: SessionId,
        offer: Option<Vec<u8>>,
    },
    /// The ACK of a change without offer brought the peer's answer, or should have: then it is
    /// empty.
    Changed {
        session: SessionId,
        answer: Option<Vec<u8>>,
    },
    /// The peer's answer to our `Change`.
    ChangeAnswered { session: SessionId, sdp: Vec<u8> },
    /// Our `Change` was refused or not answered in time: the session is as it was, or its end
    /// follows.
    ChangeFailed { session: SessionId, status: u16 },
    /// The peer wants us to call somebody else. To be answered with `AnswerRefer`, and the outcome
    /// told with `TellRefer`.
    Referred {
        session: SessionId,
        refer: Box<Refer>,
    },
    /// A key was pressed, said by INFO: one of `0-9*#A-D`, and for how long.
    Info {
        session: SessionId,
        digit: char,
        duration: Duration,
    },
    /// The session is over, by the peer or by a fault. Not sent after our own `Bye` or `Reject`.
    Ended { session: SessionId, how: Bye },
    /// A request in a dialog must pass a proxy that is a name. It waits for
    /// [`crate::sip::Command::Found`], which must come in any case, with nothing if nothing is known.
    Sought { seeker: Seeker, uri: Uri },
    /// A stranger has called at a listener for trunks, and was refused with 403. Of a flood, some
    /// are told.
    Uninvited {
        flow: Flow,
        from: Party,
        called: String,
    },
    /// A source is not heard for a while.
    Banned(Ban),
    /// A user has at least one phone registered now, and had none before.
    Registered { user: String },
    /// The user's last phone has gone: expired, removed, or its connection lost.
    Unregistered { user: String },
    /// A carrier's registration or health has changed.
    Peer { id: PeerId, state: PeerState },
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bye {
    /// The peer hung up, for this cause, if it says one.
    Remote(Option<Cause>),
    /// The caller cancelled before an answer, for this cause, if they say one.
    Cancelled(Option<Cause>),
    /// Our 200 was never acknowledged (64·T1).
    NoAck,
    /// The peer does not know the dialog any more (481), or a request in it was not answered (408).
    Lost,
}

/// An invitation to a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Invite {
    pub session: SessionId,
    pub flow: Flow,
    /// The user of the Request-URI: the number called. Unescaped. If a registration of ours has
    /// brought the call, that of the P-Called-Party-ID or else of the To.
    pub called: String,
    pub from: Party,
    pub to: Party,
    /// The user who proved to be one by digest, on a listener that asks for it.
    pub user: Option<String>,
    /// The carrier whose registration brought the call: it came to the Contact that is registered
    /// there, from a host of that carrier.
    pub peer: Option<PeerId>,
    /// What else the peer says of who calls: to be believed of some.
    pub claims: Claims,
    /// The Call-ID, for logs and records.
    pub call_id: String,
    pub user_agent: Option<String>,
    /// How many hops are left. A call that is made because of this one has one less.
    pub max_forwards: u8,
    /// The way of the call through us, for the calls that are made because of it.
    pub trail: Trail,
    /// The session of ours that this call is to take the place of (RFC 3891). It exists, and who
    /// calls may ask for it.
    pub replaces: Option<SessionId>,
    /// The SDP offer; `None` where the offer is to be ours.
    pub offer: Option<Vec<u8>>,
    /// Whether the caller acknowledges provisional responses, or insists on it (RFC 3262).
    pub reliable: Reliable,
}

/// A From or To: name and address as the peer gives them, hence not to be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Party {
    pub display: Option<String>,
    pub user: String,
    pub host: String,
}

//! Everything the switch does to the world.

use super::{Done, Refused, TrunkState};
use crate::call::record::{self, Conversation, End, Role, Segment, Status};
use crate::call::supervise;
use crate::id::{AgentId, CallId, CallbackId, QueueId, SoundId, TrunkId};
use crate::settings::Utterance;
use crate::sip::resolve::Query;
use crate::{acd, media, page, sip};
use std::time::Duration;

/// Everything the switch does to the world.
#[derive(Clone, Debug)]
pub enum Output {
    /// Bytes for a SIP peer.
    Sip(sip::Transmit),
    /// Something for a browser's page.
    Page(page::Transmit),
    /// Something for a media worker, counted from 0.
    Media(usize, media::Command),
    /// A question for DNS. The switch does not wait: the answer comes as
    /// [`crate::switch::Input::Looked`].
    LookUp(Query),
    /// A sentence to be spoken under this name. The switch does not wait: it is answered with
    /// [`crate::switch::Input::Spoken`].
    Speak(SoundId, Utterance),
    /// A leg of a call has this Call-ID: whatever is said under it, was said before too, concerns
    /// the call.
    Signalled {
        call: CallId,
        role: Role,
        sip_call_id: String,
    },
    /// A segment begins: the vault opens its files.
    Record(Segment),
    /// A conversation has begun or ended: the store writes its record.
    Conversation(Box<Conversation>),
    /// The answer to the request with this ticket.
    Reply(u64, Result<Done, Refused>),
    /// A callback is to be written as it is now: [`crate::switch::Input::Stored`] is awaited.
    Callback(Box<acd::callback::Request>),
    /// A customer begins a call by the link whose token has this SHA-256 (R15). The switch does not
    /// wait: it is answered with [`crate::switch::Input::Redeemed`].
    Redeem { ticket: u64, token_hash: [u8; 32] },
    /// The conversation with this customer of a trunk is the agent's now, or is closed: the store keeps
    /// it for the next start.
    Owned {
        trunk: TrunkId,
        customer: String,
        agent: Option<AgentId>,
    },
    /// A customer's page shows where its link leads: answered in the same way, and the link is as good as
    /// it was.
    LookAtLink { ticket: u64, token_hash: [u8; 32] },
    /// An agent has typed a number that is no contact: it is to be one (R127).
    Typed {
        number: acd::callback::Number,
        by: AgentId,
    },
    /// Something people like to know, about a call where there is one.
    Notice(Option<CallId>, Notice),
}

/// The story of a call, line by line: for logs, metrics and the demo.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Other settings are in force.
    Settings,
    /// A call has come in and was answered.
    Arrived {
        from: String,
        called: String,
    },
    /// A call was refused with this status. `why` says what to mend.
    Refused {
        from: String,
        called: String,
        status: u16,
        why: String,
    },
    /// The caller waits, at this place (1 is next).
    Queued {
        queue: QueueId,
        position: usize,
    },
    /// The caller has come to a closed queue.
    Closed {
        queue: QueueId,
    },
    /// The caller hears a message.
    Hears(acd::Message),
    /// The numbers of a message could not be spoken in time: the caller hears the rest of it.
    Unspoken(acd::Message),
    /// The caller hears music, or an echo.
    HearsMusic,
    /// The caller hears themselves.
    HearsEcho,
    /// An agent's phone is rung, for this reason.
    Rings(AgentId, acd::Choice),
    /// An agent's phone is no longer rung.
    Unrung(AgentId, Unrung),
    /// The two talk.
    Connected {
        agent: AgentId,
        waited_ms: u64,
    },
    /// A party put the other on hold, or took them back.
    Held {
        by_agent: bool,
        held: bool,
    },
    /// A party's browser is lost, and may come back; the other hears music.
    Lost {
        by_agent: bool,
    },
    /// It is there again.
    Found {
        by_agent: bool,
    },
    /// The agent of a caller did not come back: the caller waits for another, at the old place.
    WaitsAgain,
    /// What is said is silence in the recording from now on, or sound again.
    Masked {
        masked: bool,
    },
    /// Both hear that they are to be recorded.
    AsksConsent,
    /// The customer has nothing against being recorded; or has, or could not be told: nothing of the call is.
    Consent {
        given: bool,
    },
    /// A party pressed a key.
    Pressed {
        by_agent: bool,
    },
    /// Both are being recorded.
    Recording {
        segment: u32,
    },
    /// An agent calls a number outside.
    Dials {
        agent: AgentId,
        number: String,
    },
    /// A waiting caller is sent to a number outside.
    SentOut {
        number: String,
    },
    /// An agent leaves the customer to somebody else.
    PassedOn {
        by: AgentId,
        to: record::Destination,
    },
    /// The agent asks somebody; they have answered; they are in it no more.
    Consults {
        to: record::Destination,
    },
    Consulted,
    ConsultEnded,
    /// What a supervisor does, beside this agent.
    Supervisor {
        by: supervise::Supervisor,
        agent: Option<AgentId>,
        deed: supervise::Deed,
    },
    /// Nobody has taken the customer who was passed on: the SIP status.
    NotTaken {
        status: u16,
    },
    /// The number is tried by a trunk.
    Tries {
        trunk: TrunkId,
    },
    /// A trunk has no room for the call.
    Passed {
        trunk: TrunkId,
        why: String,
    },
    /// A trunk did not lead to the number: the SIP status, 408 where it said nothing.
    Failed {
        trunk: TrunkId,
        status: u16,
    },
    /// The number outside rings.
    RingsOutside,
    /// The caller hears what the network of the number says before the answer.
    HearsNetwork,
    /// The phone of an agent rings, whom another one calls or asks.
    RingsColleague(AgentId),
    /// That agent has answered: the two talk.
    ColleagueAnswers {
        agent: AgentId,
        waited_ms: u64,
    },
    /// A party of a call goes on at another phone of theirs.
    Replaced {
        by_agent: bool,
    },
    /// The number outside has answered: the two talk.
    Reached {
        trunk: TrunkId,
        waited_ms: u64,
    },
    /// The number outside was not reached: the SIP status, and the reason where it is ours.
    NotReached {
        status: u16,
        why: Option<String>,
    },
    /// The caller has asked to be called back.
    CallbackAsked {
        queue: QueueId,
    },
    /// The caller is asked for the number to be called.
    AsksNumber,
    /// The caller is told that it cannot be, and keeps the place.
    CallbackDeclined {
        why: &'static str,
    },
    /// It is kept; the caller is told so.
    CallbackPromised(CallbackId),
    /// An agent has answered for a callback.
    CallbackTaken {
        callback: CallbackId,
        agent: AgentId,
    },
    /// The customer of a callback is dialled, for the first time or again.
    CallbackDials {
        callback: CallbackId,
        number: String,
        attempt: u32,
    },
    /// The customer was not reached: it is tried again after so many seconds.
    CallbackMissed {
        callback: CallbackId,
        attempts: u32,
        wait_s: u64,
    },
    /// The customer was not reached, as often as was to be tried.
    CallbackNoReply(CallbackId),
    /// People have taken a callback back.
    CallbackCancelled(CallbackId),
    /// A trunk's registration or health has changed.
    Trunk(TrunkId, TrunkState),
    /// Nobody took the call: how the conversation stands (R139, R140).
    Missed(Status),
    /// People say how the conversation stands (R151).
    Conversation(Status),
    /// The call is over.
    Ended {
        end: End,
        talked_ms: u64,
    },
    /// An agent's phone can be rung now, or cannot any more.
    Reachable(AgentId, bool),
    /// An agent says something else of themselves, or has missed too many calls (B7).
    Status(AgentId, acd::Status),
    /// An agent's wrap-up lasts longer: so long from now on (R18).
    WrapUpExtended {
        agent: AgentId,
        left: Duration,
    },
    /// An agent's wrap-up is over.
    WrappedUp(AgentId),
    /// The working hours of a queue have begun, or are over.
    Open {
        queue: QueueId,
        open: bool,
    },
    /// A sender of SIP is not heard for a while.
    Banned(sip::guard::Ban),
}

/// Why a phone is no longer rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrung {
    /// Nobody answered within the agent call timeout.
    NoAnswer,
    /// The agent declined: the SIP status.
    Declined(u16),
    /// The phone could not be reached: the SIP status.
    Failed(u16),
    /// The caller did not wait any longer.
    CallerGone,
    /// The phone is not registered any more.
    AgentGone,
    /// The agent is not available any more.
    NotReady,
}

impl From<acd::Revocation> for Unrung {
    fn from(why: acd::Revocation) -> Self {
        match why {
            acd::Revocation::Timeout => Self::NoAnswer,
            acd::Revocation::CallerGone => Self::CallerGone,
            acd::Revocation::AgentGone => Self::AgentGone,
            acd::Revocation::NotReady => Self::NotReady,
        }
    }
}

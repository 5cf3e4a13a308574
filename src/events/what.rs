//! An event, before it has a number.

use crate::call::record::{Destination, End, Status};
use crate::id::{AgentId, CallId, CallbackId, LinkId, QueueId, TrunkId};
use serde::Serialize;
use std::net::IpAddr;

/// Something that has happened: in JSON the `data` of an event. Its type is [`What::kind`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// The server has started.
    Started { version: &'static str },
    /// A call has come in and was answered.
    Arrived {
        call: CallId,
        from: String,
        called: String,
    },
    /// A call was refused with a SIP status.
    Refused {
        from: String,
        called: String,
        status: u16,
        why: String,
    },
    /// A caller waits in a queue, at this place (1 is next).
    Queued {
        call: CallId,
        queue: QueueId,
        position: usize,
    },
    /// A caller hears music.
    Music { call: CallId },
    /// A party has pressed a key; which one is nobody's business.
    Digit { call: CallId, by_agent: bool },
    /// A caller hears a message of the queue.
    Message { call: CallId, message: &'static str },
    /// A message of the queue could not be said.
    MessageMissing { call: CallId, message: &'static str },
    /// A caller has come to a queue outside of its working hours.
    FoundClosed { call: CallId, queue: QueueId },
    /// The working hours of a queue have begun, or are over.
    QueueOpen { queue: QueueId, open: bool },
    /// An agent is rung for a caller: why this one, in words.
    Offered {
        call: CallId,
        agent: AgentId,
        why: String,
        /// The same for programs, and for pages in other languages.
        #[serde(flatten)]
        choice: Chosen,
    },
    /// An agent is no longer rung, and did not answer.
    OfferEnded {
        call: CallId,
        agent: AgentId,
        why: OfferEnd,
        /// The SIP status, where the phone said one.
        status: Option<u16>,
    },
    /// Customer and agent talk.
    Answered {
        call: CallId,
        agent: AgentId,
        waited_ms: u64,
    },
    /// A party put the other on hold, or took them back.
    Held {
        call: CallId,
        by_agent: bool,
        held: bool,
    },
    /// A party's browser is lost, and may come back; or is back.
    Lost {
        call: CallId,
        by_agent: bool,
        lost: bool,
    },
    /// The agent of a caller is lost: the caller waits again.
    WaitsAgain { call: CallId },
    /// Customer and agent hear that they are to be recorded.
    ConsentAsked { call: CallId },
    /// The customer agrees to be recorded; or does not, or could not be told.
    Consent { call: CallId, given: bool },
    /// What is said is silence in the recording, or sound again.
    Masked { call: CallId, masked: bool },
    /// A segment is being recorded.
    Recording { call: CallId, segment: u32 },
    /// The files of a segment are complete.
    Recorded {
        call: CallId,
        segment: u32,
        files: usize,
    },
    /// An agent calls a number outside.
    Dialled {
        call: CallId,
        agent: AgentId,
        number: String,
    },
    /// A caller is sent to a number outside.
    SentOut { call: CallId, number: String },
    /// An agent has left the customer to somebody else.
    Transferred {
        call: CallId,
        agent: AgentId,
        to: Destination,
    },
    /// A supervisor stands beside the agent of a call: `listen` (heard by nobody), `whisper` (by the
    /// agent), `barge` (by both), or has the customer now, `take_over`.
    Supervised {
        call: CallId,
        by: String,
        agent: Option<AgentId>,
        mode: &'static str,
    },
    /// A supervisor is there no more, or has not come.
    SupervisionEnded { call: CallId, by: String },
    /// Nobody has taken a customer who was passed on: the SIP status.
    TransferFailed { call: CallId, status: u16 },
    /// An agent asks somebody, while the customer is on hold.
    Consults { call: CallId, to: Destination },
    /// The one who is asked has answered.
    Consulted { call: CallId },
    /// The one who was asked is in the call no more.
    ConsultEnded { call: CallId },
    /// The number outside rings.
    RingsOutside { call: CallId },
    /// The phone of an agent rings, whom another one calls or asks.
    RingsColleague { call: CallId, agent: AgentId },
    /// That agent has answered another one who has called them.
    ColleagueAnswered {
        call: CallId,
        agent: AgentId,
        waited_ms: u64,
    },
    /// A party of a call goes on at another phone of theirs.
    Replaced { call: CallId, by_agent: bool },
    /// The caller hears what the network of the number says before the answer.
    EarlyMedia { call: CallId },
    /// A number outside is tried by a trunk.
    Tried { call: CallId, trunk: TrunkId },
    /// A trunk did not lead to a number outside: the SIP status, or why it was not even tried.
    PassedOver {
        call: CallId,
        trunk: TrunkId,
        status: Option<u16>,
        why: Option<String>,
    },
    /// A number outside has answered.
    Reached {
        call: CallId,
        trunk: TrunkId,
        waited_ms: u64,
    },
    /// A number outside was not reached by any trunk.
    NotReached {
        call: CallId,
        status: u16,
        why: Option<String>,
    },
    /// Nobody took a call: how the conversation stands.
    Missed { call: CallId, status: Status },
    /// People say how a conversation stands.
    ConversationStatus { call: CallId, status: Status },
    /// A call is over.
    Ended {
        call: CallId,
        end: End,
        talked_ms: u64,
    },
    /// An agent's phone can be rung, or cannot any more.
    Reachable { agent: AgentId, reachable: bool },
    /// An agent is available, or not: `not_ready` has the number of the reason, `paused` that of the
    /// queue.
    Status {
        agent: AgentId,
        status: &'static str,
        reason: Option<u16>,
        queue: Option<QueueId>,
    },
    /// A caller has asked to be called back.
    CallbackAsked { call: CallId, queue: QueueId },
    /// A caller cannot be called back and keeps the place.
    CallbackDeclined { call: CallId, why: &'static str },
    /// A callback is kept, and its customer told so.
    CallbackPromised { call: CallId, callback: CallbackId },
    /// An agent has answered for a callback.
    CallbackTaken {
        call: CallId,
        callback: CallbackId,
        agent: AgentId,
    },
    /// The customer of a callback is dialled.
    CallbackDialled {
        call: CallId,
        callback: CallbackId,
        attempt: u32,
    },
    /// The customer of a callback was not reached, and is dialled again after so many seconds.
    CallbackMissed {
        call: CallId,
        callback: CallbackId,
        attempts: u32,
        wait_s: u64,
    },
    /// A callback is given up.
    CallbackNoReply { callback: CallbackId },
    /// People have taken a callback back.
    CallbackCancelled { callback: CallbackId },
    /// An agent's wrap-up lasts longer.
    WrapUpExtended { agent: AgentId, left_ms: u64 },
    /// An agent's wrap-up is over.
    WrapUpEnded { agent: AgentId },
    /// An agent does something else: the live view, once a second.
    AgentState(super::live::AgentNow),
    /// Another number of callers waits in a queue: the live view, once a second.
    QueueState(super::live::QueueNow),
    /// A trunk's registration or health has changed; the status where it fails.
    Trunk {
        trunk: TrunkId,
        state: &'static str,
        status: Option<u16>,
    },
    /// A sender of SIP is not heard for a while.
    Banned { source: IpAddr, seconds: u64 },
    /// A call link was made: who shares it, where somebody does.
    LinkCreated {
        link: LinkId,
        by: String,
        agent: Option<AgentId>,
    },
    /// A call begins by a call link.
    LinkUsed { link: LinkId },
    /// A call link was taken back.
    LinkRevoked { link: LinkId, by: String },
    /// Settings were saved.
    SettingsChanged { revision: u64, by: String },
}

impl What {
    /// The type of the event, as [`super::KINDS`] lists it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "server.started",
            Self::Arrived { .. } => "call.arrived",
            Self::Refused { .. } => "call.refused",
            Self::Queued { .. } => "call.queued",
            Self::Music { .. } => "call.music",
            Self::Digit { .. } => "call.digit",
            Self::Message { .. } => "call.message",
            Self::MessageMissing { .. } => "call.message_missing",
            Self::FoundClosed { .. } => "call.found_closed",
            Self::QueueOpen { .. } => "queue.open",
            Self::Offered { .. } => "call.offered",
            Self::OfferEnded { .. } => "call.offer_ended",
            Self::Answered { .. } => "call.answered",
            Self::Held { .. } => "call.held",
            Self::Lost { .. } => "call.browser_lost",
            Self::WaitsAgain { .. } => "call.waits_again",
            Self::ConsentAsked { .. } => "recording.consent_asked",
            Self::Consent { .. } => "recording.consent",
            Self::Masked { .. } => "recording.masked",
            Self::Recording { .. } => "recording.begun",
            Self::Recorded { .. } => "recording.written",
            Self::Dialled { .. } => "call.dialled",
            Self::SentOut { .. } => "call.sent_out",
            Self::Transferred { .. } => "call.transferred",
            Self::Supervised { .. } => "call.supervised",
            Self::SupervisionEnded { .. } => "call.supervision_ended",
            Self::TransferFailed { .. } => "call.transfer_failed",
            Self::Consults { .. } => "call.consults",
            Self::Consulted { .. } => "call.consulted",
            Self::ConsultEnded { .. } => "call.consult_ended",
            Self::RingsOutside { .. } => "call.rings_outside",
            Self::RingsColleague { .. } => "call.rings_colleague",
            Self::ColleagueAnswered { .. } => "call.colleague_answered",
            Self::Replaced { .. } => "call.replaced",
            Self::EarlyMedia { .. } => "call.early_media",
            Self::Tried { .. } => "call.tried",
            Self::PassedOver { .. } => "call.passed_over",
            Self::Reached { .. } => "call.reached",
            Self::NotReached { .. } => "call.not_reached",
            Self::Missed { .. } => "call.missed",
            Self::ConversationStatus { .. } => "conversation.status",
            Self::Ended { .. } => "call.ended",
            Self::Reachable { .. } => "agent.reachable",
            Self::Status { .. } => "agent.status",
            Self::CallbackAsked { .. } => "callback.asked",
            Self::CallbackDeclined { .. } => "callback.declined",
            Self::CallbackPromised { .. } => "callback.promised",
            Self::CallbackTaken { .. } => "callback.taken",
            Self::CallbackDialled { .. } => "callback.dialled",
            Self::CallbackMissed { .. } => "callback.missed",
            Self::CallbackNoReply { .. } => "callback.no_reply",
            Self::CallbackCancelled { .. } => "callback.cancelled",
            Self::WrapUpExtended { .. } => "agent.wrap_up_extended",
            Self::WrapUpEnded { .. } => "agent.wrap_up_ended",
            Self::AgentState(_) => "agent.state",
            Self::QueueState(_) => "queue.state",
            Self::Trunk { .. } => "trunk.state",
            Self::Banned { .. } => "sender.banned",
            Self::LinkCreated { .. } => "link.created",
            Self::LinkUsed { .. } => "link.used",
            Self::LinkRevoked { .. } => "link.revoked",
            Self::SettingsChanged { .. } => "settings.changed",
        }
    }
}

/// What decided for an agent, and how they stood then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The distribution of the queue, as settings name it; or `conversation` (it is theirs), `pick` (of a
    /// callback), `link` (they have shared it), `transfer` (the caller was passed on to them).
    pub by: &'static str,
    /// How many agents could be rung, this one included.
    pub among: u32,
    /// How many conversations they have that are not closed.
    pub conversations: u32,
    /// How many calls they have taken since the server began.
    pub calls: u64,
    /// For how long they have been idle, seconds.
    pub idle_s: u64,
}

/// Why an agent who was rung did not get the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// Nobody answered in time.
    NoAnswer,
    /// The agent declined.
    Declined,
    /// The phone could not be reached.
    Failed,
    /// The caller did not wait any longer.
    CallerGone,
    /// The phone is not registered any more.
    AgentGone,
    /// The agent is not available any more.
    NotReady,
}

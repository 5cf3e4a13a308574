//! What stays of a call: its record, and the recordings made of it. Plain data.

pub use super::mos::mos;
use crate::id::{AgentId, CallId, CallbackId, LegId, RecordingId};
use crate::settings::Composition;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The record of a conversation (B16): written when it begins, and again when it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: CallId,
    pub account: String,
    /// Who began it.
    #[serde(default)]
    pub direction: Direction,
    /// The caller's number or user: of a call out the agent's user.
    pub from: String,
    /// The number called.
    pub called: String,
    /// The name of the trunk that brought the call, or took it.
    #[serde(default)]
    pub trunk: Option<String>,
    /// The number that has sent the call on to us, where a trunk that is believed says so.
    #[serde(default)]
    pub diverted_by: Option<String>,
    /// The callback that was promised in it, or that it is an attempt of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackId>,
    /// The calls to a number outside that were tried.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// To whom the customer was passed on, in order (R130, R133).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// The name of the queue, if one was joined.
    pub queue: Option<String>,
    pub began: Timestamp,
    /// When the talk with an agent began.
    pub connected: Option<Timestamp>,
    /// `None` while the conversation goes on.
    pub ended: Option<Timestamp>,
    pub waited_ms: u64,
    pub talked_ms: u64,
    /// The agent who took the call.
    pub agent: Option<AgentName>,
    /// What is still to be done about it.
    #[serde(default)]
    pub status: Status,
    /// The agent who has the conversation: who took the call (R55), or on a trunk where conversations
    /// stay with their agents, who had it before (R60, R139).
    #[serde(default)]
    pub assigned: Option<AgentName>,
    /// How often an agent was rung, with or without success.
    pub offers: u32,
    pub end: Option<End>,
    pub legs: Vec<Leg>,
}

/// Who began a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer, or an agent who called a queue.
    #[default]
    Inbound,
    /// An agent who called a number outside.
    Outbound,
}

/// How a conversation stands (R151).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It goes on, or nobody took the call (R139).
    #[default]
    Open,
    /// Something is expected of the customer: people say so.
    Waiting,
    /// The customer has talked to somebody.
    Solved,
    /// Nothing more is to be done (R140).
    Closed,
}

/// A number outside, tried by a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The name of the trunk.
    pub trunk: String,
    pub began: Timestamp,
    /// What it came to: 200, the refusal, 408 where no answer came; `None` where whoever waited has
    /// not waited longer.
    pub status: Option<u16>,
}

/// An agent has left the customer to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub at: Timestamp,
    /// Who has left.
    pub by: Option<AgentName>,
    pub to: Destination,
    /// `None` while that is not known.
    pub outcome: Option<Outcome>,
}

/// To whom a customer was passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// E.164.
    Number(String),
    Agent(AgentName),
    /// By its name.
    Queue(String),
}

/// What has become of a customer who was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody has answered, or the customer has joined the queue.
    Taken,
    /// Nobody has: the SIP status, 480 where there was no answer.
    NotTaken { status: u16 },
    /// The customer did not wait for it.
    CustomerGone,
}

/// An agent as records name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentName {
    pub id: AgentId,
    pub name: String,
}

/// One leg of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    pub id: LegId,
    pub role: Role,
    /// The SIP Call-ID.
    pub sip_call_id: String,
    pub began: Timestamp,
    pub answered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Why the party left, as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    pub quality: Quality,
}

/// Why a party left, as it says itself (RFC 3326): as much to be believed as the party is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Whose numbers the cause is of: `Q.850` or `SIP`, mostly.
    pub protocol: String,
    pub cause: Option<u16>,
    pub text: Option<String>,
}

/// How a leg's media fared (B12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Judged")]
pub struct Quality {
    pub received: u64,
    pub sent: u64,
    pub lost: u64,
    pub jitter_ms: f32,
    pub round_trip_ms: Option<f32>,
}

/// The same, as records tell it: with what is to be thought of it.
#[derive(Serialize)]
struct Judged {
    received: u64,
    sent: u64,
    lost: u64,
    jitter_ms: f32,
    round_trip_ms: Option<f32>,
    /// From 1 to 4.4.
    mos: Option<f32>,
}

impl From<Quality> for Judged {
    fn from(quality: Quality) -> Self {
        Self {
            received: quality.received,
            sent: quality.sent,
            lost: quality.lost,
            jitter_ms: quality.jitter_ms,
            round_trip_ms: quality.round_trip_ms,
            mos: mos(&quality),
        }
    }
}

/// What a party is in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Agent,
    /// A number outside that the customer was sent to.
    Outside,
    /// Somebody beside the agent (B1).
    Supervisor,
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The customer hung up after talking to an agent.
    CustomerHungUp,
    /// The agent hung up.
    AgentHungUp,
    /// The customer hung up before an agent answered.
    Abandoned,
    /// The longest wait was reached.
    MaxWait,
    /// The queue was closed, or closed while the customer waited.
    Closed,
    /// The customer was promised to be called back.
    CallbackPromised,
    /// A number outside was busy, did not answer or could not be reached: `attempts` say which.
    NotReached,
    /// The number outside that the customer was sent to hung up.
    OutsideHungUp,
    /// The agent has let the party whom they had asked in this call talk to the customer of another one.
    Joined,
    /// No RTP came from a party for the configured time.
    MediaLost,
    /// A party did not answer a request, or never acknowledged ours.
    SignallingLost,
    /// The call was refused: unknown number, limits, no common codec.
    Refused,
    /// The server was stopped, and its time for ending calls had run out.
    Stopped,
    /// The server died in the call; written by the next start.
    Interrupted,
    /// A fault of ours.
    Fault,
}

impl End {
    /// As records have it in JSON, and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerHungUp => "customer_hung_up",
            Self::AgentHungUp => "agent_hung_up",
            Self::Abandoned => "abandoned",
            Self::Closed => "closed",
            Self::MaxWait => "max_wait",
            Self::CallbackPromised => "callback_promised",
            Self::NotReached => "not_reached",
            Self::OutsideHungUp => "outside_hung_up",
            Self::Joined => "joined",
            Self::MediaLost => "media_lost",
            Self::SignallingLost => "signalling_lost",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Fault => "fault",
        }
    }
}

/// A stretch of conversation between the same parties (R90): one file a leg, and their mix.
/// Written beside the files when it begins, so that a later start can finish them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub call: CallId,
    /// 1 for the first segment of a call.
    pub number: u32,
    pub account: String,
    /// When the talk began: the time in the file names (R98).
    pub began: Timestamp,
    pub agent: AgentName,
    /// The customer's number, or their name where there is none.
    pub customer: String,
    /// The number called.
    pub called: String,
    /// The queue that the customer came from, if one was joined.
    #[serde(default)]
    pub queue: Option<String>,
    /// Who began the conversation.
    #[serde(default)]
    pub direction: Direction,
    /// When the customer was told that it is recorded, if they were (B22).
    #[serde(default)]
    pub consented: Option<Timestamp>,
    pub tracks: Vec<Track>,
    /// Of those who may send pictures (R92): a file each, if any come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub films: Vec<Track>,
    pub composition: Composition,
}

impl Segment {
    /// All that is being written: sounds, then pictures.
    pub fn files(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().chain(&self.films)
    }

    /// What is known of it besides its files.
    pub fn talk(&self) -> Talk {
        Talk {
            account: self.account.clone(),
            began: self.began,
            agent: self.agent.clone(),
            customer: self.customer.clone(),
            called: self.called.clone(),
            queue: self.queue.clone(),
            direction: self.direction,
        }
    }
}

/// One leg's file in a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub recording: RecordingId,
    pub leg: LegId,
    /// The SIP Call-ID of the leg: the call id of R100.
    #[serde(default)]
    pub sip_call_id: String,
    pub role: Role,
}

/// The files that a segment left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub call: CallId,
    pub number: u32,
    /// What is heard in them; `None` where an older version wrote it.
    #[serde(default)]
    pub talk: Option<Talk>,
    pub files: Vec<File>,
}

/// Who talked with whom in a segment, and when: what recordings are found by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    pub account: String,
    pub began: Timestamp,
    pub agent: AgentName,
    /// The customer's number, or their name where there is none.
    pub customer: String,
    /// The number called.
    pub called: String,
    pub queue: Option<String>,
    pub direction: Direction,
}

/// One file of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Relative to the folder of recordings, with `/`.
    pub path: String,
    pub content: Content,
    pub milliseconds: u64,
    pub bytes: u64,
    /// Something was lost on its way to the disk; in place of sound there is silence.
    pub gaps: bool,
    /// The server died while it was written; it ends where the disk's knowledge ended.
    pub interrupted: bool,
    /// Of the file as it is when it is not encrypted, in hexadecimal; `None` where an older version wrote it.
    #[serde(default)]
    pub sha256: Option<String>,
    /// It is encrypted on the disk (D16).
    #[serde(default)]
    pub encrypted: bool,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// One party alone.
    Leg(Role),
    /// The customer on the left, the agent on the right (D15).
    Stereo,
    /// The pictures of one party, without sound: at the same time as that.
    Video(Role),
}

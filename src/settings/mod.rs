//! What an account has set: typed, checked once when it is read, and then believed.

mod check;
pub mod defaults;
mod dialling;
mod habits;
#[cfg(test)]
mod tests;
mod trunk;

pub use check::Problem;
pub use dialling::{Dialling, Outbound};
pub use habits::{Codec, Dtmf, Habits, IdentityHeader, Reliable, RtcpMux, Srtp};
pub use trunk::{Format, Identity, Network, Numbers, Plan, Server, Transport, Trunk, Verify};

use crate::id::{AgentId, QueueId, TrunkId};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Everything an account has set.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The account's name: the folder of its recordings (R104).
    pub name: String,
    /// Where callers wait.
    pub queues: Vec<Queue>,
    /// Who answers.
    pub agents: Vec<Agent>,
    /// Where calls come from, and go to.
    pub trunks: Vec<Trunk>,
    /// Tried in order; the first whose pattern fits the called number counts.
    pub routes: Vec<Route>,
    /// The ways out, tried in order: the first that fits the number and the one who dials counts.
    pub outbound: Vec<Outbound>,
    /// What holds for every call out.
    pub dialling: Dialling,
    /// How long phones ring.
    pub timeouts: Timeouts,
    /// After-call work.
    pub wrap_up: WrapUp,
    /// What is recorded; of new calls only (R96).
    pub recording: Recording,
}

impl Account {
    /// A queue by its id.
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    /// An agent by id.
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// An agent by the user of their phone.
    pub fn agent_of(&self, user: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.user == user)
    }

    /// A trunk by its id.
    pub fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.id == id)
    }

    /// What [`Destination::Music`] plays: the hold music of the first queue that has some.
    pub fn music(&self) -> Option<&Message> {
        self.queues.iter().find_map(|queue| queue.music.as_ref())
    }
}

/// A queue and what its callers experience (waiting strategy, R22–R31).
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// What other settings call it.
    pub id: QueueId,
    /// What people and metrics call it; unique.
    pub name: String,
    /// Who serves it.
    pub agents: Vec<AgentId>,
    /// What the caller hears first (R28).
    pub greeting: Option<Message>,
    /// Hold music, a file (R29); silence where there is none.
    pub music: Option<Message>,
    /// What is said from time to time.
    pub announcement: Option<Announcement>,
    /// `None`: callers wait for as long as they like.
    pub max_wait: Option<MaxWait>,
    /// How long an agent who refused a caller is not offered that caller again (R64).
    pub reoffer_delay: Duration,
}

/// A message repeated while the caller waits (R30).
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// What is said.
    pub message: Message,
    /// From the end of one to the start of the next (D8): 30 s by default.
    pub every: Duration,
}

/// The longest wait and what follows it (R24, R25).
#[derive(Clone, Debug, PartialEq)]
pub struct MaxWait {
    /// Counted from the join, whatever rings meanwhile (R37): 1 s to 24 h.
    pub after: Duration,
    /// What is said before the end (R31).
    pub message: Option<Message>,
    /// What follows.
    pub then: OnMaxWait,
}

/// The three ends of a wait (R25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnMaxWait {
    /// The call ends.
    End,
    /// The caller joins another queue.
    Queue(QueueId),
    /// The caller is sent to a number outside: E.164 digits without the plus sign.
    External(u64),
}

/// Something to be heard: a file, or a text to be spoken (R28, R32).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// A WAV, MP3, MP2, Ogg or FLAC file.
    File(PathBuf),
    /// Speech.
    Text {
        /// What is said.
        text: String,
        /// A voice of the engine, usually a language: `en`, `de`, `pt-br`.
        voice: String,
        /// Words a minute, 80–450.
        rate: u16,
    },
}

/// Somebody who answers calls on a registered phone.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// What other settings and records call them.
    pub id: AgentId,
    /// What recordings are named with (R98).
    pub name: String,
    /// The user of the phone's address of record and of its credentials.
    pub user: String,
    /// The password of the credentials: at least 8 characters.
    pub password: Secret,
    /// `None`: the default wrap-up (R19). 0: none (R21).
    pub wrap_up: Option<Duration>,
    /// Whether calls of this agent are recorded (R95).
    pub record_calls: bool,
    /// The habits of the agent's phone.
    pub habits: Habits,
}

/// A password: printed as dots, so that it cannot end in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

/// Where a called number goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// A number; `*` at the end stands for any rest.
    pub number: String,
    /// What it reaches.
    pub to: Destination,
}

/// What a number reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The caller waits for an agent.
    Queue(QueueId),
    /// The caller hears themselves.
    Echo,
    /// The caller hears the hold music of the first queue that has some.
    Music,
}

/// How long phones ring: 3–60 s, by default 30 s (R49, R50, R52).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// An agent's phone, before the next agent is tried.
    pub agent: Duration,
    /// A customer's phone.
    pub customer: Duration,
}

/// After-call work (R16, R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapUp {
    /// Off: nobody has any, custom or not (R21).
    pub enabled: bool,
    /// For agents without a time of their own.
    pub default: Duration,
}

/// Whether and what is recorded (R92, R94).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The master toggle (R94).
    pub enabled: bool,
    /// Which calls.
    pub direction: Directions,
    /// Which files are kept.
    pub composition: Composition,
}

/// Which calls are recorded, seen from the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// Calls that customers make.
    Inbound,
    /// Calls that agents make.
    Outbound,
    /// All calls.
    Both,
}

/// Which files are kept of a recorded call (R92).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// One file a leg.
    Legs,
    /// One stereo file: customer left, agent right (R93).
    Unified,
    /// Both.
    Both,
}

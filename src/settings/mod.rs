//! What an account has set: typed, checked once when it is read, and then believed.

mod callback;
mod check;
pub mod defaults;
mod dialling;
mod habits;
mod hours;
mod links;
mod message;
mod moment;
mod recording;
mod storage;
#[cfg(test)]
mod tests;
mod trunk;
mod waiting;

pub use callback::{CallbackConfig, CallbackKind, Codes, Priority, ResponseCode};
pub use check::Problem;
pub use dialling::{Dialling, Outbound};
pub use habits::{Codec, Dtmf, Habits, IdentityHeader, Reliable, RtcpMux, Srtp};
pub use hours::{Holiday, Hours, Opening};
pub use links::{CallLinkConfig, CallLinks, LINK_SENDER, LinkRouting, LinkType};
pub use message::{Form, Message, Quality, Utterance};
pub use moment::{Absence, HoldMessage, Moment, MomentKey, OnFailure, Repeated, Transfer};
pub use recording::{Consent, Recording};
pub use storage::{Storage, StorageKind};
pub use trunk::{Format, Identity, Network, Numbers, Plan, Server, Transport, Trunk, Verify};
pub use waiting::{
    Announcement, MaxWait, OnMaxWait, Strategy, StrategyKind, Waiting, WaitingKey, fits,
};

use crate::id::{AgentId, CallbackConfigId, HoursId, QueueId, StrategyId, TrunkId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// Everything an account has set.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The account's name: the folder of its recordings (R104).
    pub name: String,
    /// Where callers wait.
    pub queues: Vec<Queue>,
    /// What callers experience in several queues, or behind a called number (R22).
    pub strategies: Vec<Strategy>,
    /// When queues are open (R61).
    pub hours: Vec<Hours>,
    /// What callers who want to be called back are promised (R68).
    pub callbacks: Vec<CallbackConfig>,
    /// What customers reach by call links, and for how long (R3).
    pub call_links: CallLinks,
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
    /// What is heard while the other party's browser is lost (B18).
    pub absence: Absence,
    /// Where finished recordings are sent (R101, R102); `None`: they stay here.
    pub storage: Option<Storage>,
    /// What becomes of the conversation of a call that nobody took; at once (R141).
    pub missed_calls: MissedCalls,
    /// The reasons that agents can give for being not ready (B7).
    pub not_ready: Vec<String>,
    /// What customers hear on hold, but for those of queues with a message of their own (R118).
    pub hold: Moment,
    /// What those hear (R119).
    pub hold_messages: Vec<HoldMessage>,
    /// What holds for calls that agents pass on (R130).
    pub transfer: Transfer,
    /// Whether texts may be spoken by neural voices (R44).
    pub neural_voices: bool,
}

impl Account {
    /// An account of this name without anything in it.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            queues: vec![],
            strategies: vec![],
            hours: vec![],
            callbacks: vec![],
            call_links: CallLinks::default(),
            agents: vec![],
            trunks: vec![],
            routes: vec![],
            outbound: vec![],
            dialling: Dialling::default(),
            timeouts: Timeouts::default(),
            wrap_up: WrapUp::default(),
            recording: Recording::default(),
            absence: Absence::default(),
            storage: None,
            missed_calls: MissedCalls::default(),
            not_ready: vec![],
            hold: Moment::default(),
            hold_messages: vec![],
            transfer: Transfer::default(),
            neural_voices: false,
        }
    }

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

    /// The names of all teams: those that agents are in.
    pub fn teams(&self) -> BTreeSet<&str> {
        let teams = self.agents.iter().flat_map(|agent| &agent.teams);
        teams.map(String::as_str).collect()
    }

    /// A trunk by its id.
    pub fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.id == id)
    }

    /// Working hours by their id.
    pub fn hours(&self, id: HoursId) -> Option<&Hours> {
        self.hours.iter().find(|hours| hours.id == id)
    }

    /// A callback configuration by its id.
    pub fn callback(&self, id: CallbackConfigId) -> Option<&CallbackConfig> {
        self.callbacks.iter().find(|callback| callback.id == id)
    }

    /// A waiting strategy by its id.
    pub fn strategy(&self, id: StrategyId) -> Option<&Strategy> {
        self.strategies.iter().find(|strategy| strategy.id == id)
    }

    /// What [`Destination::Music`] plays: the hold music of the first queue that has some.
    pub fn music(&self) -> Option<&Message> {
        let mut queues = self.queues.iter();
        queues.find_map(|queue| queue.waiting.music.as_ref())
    }
}

/// Where callers wait, and how its agents are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// What other settings call it.
    pub id: QueueId,
    /// What people and metrics call it; unique.
    pub name: String,
    /// Who serves it.
    pub agents: Vec<AgentId>,
    /// What its callers experience, unless a strategy is bound to it.
    pub waiting: Waiting,
    /// How long an agent who refused a caller is not offered that caller again (R64).
    pub reoffer_delay: Duration,
    /// When it is open; `None`: always.
    pub hours: Option<HoursId>,
    /// What becomes of those who wait when it closes (D3).
    pub at_closing: AtClosing,
    /// Whose turn it is (B6).
    pub distribution: Distribution,
    /// Whether text conversations are assigned by themselves; calls always are (R54).
    pub auto_assign: bool,
    /// An agent who missed so many offers in a row is set not ready (B7); `None`: never.
    pub auto_pause: Option<u32>,
}

impl Queue {
    /// A queue without agents in which callers hear nothing and wait for as long as they like.
    pub fn new(id: QueueId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            agents: vec![],
            waiting: Waiting::default(),
            reoffer_delay: defaults::REOFFER_DELAY,
            hours: None,
            at_closing: AtClosing::default(),
            distribution: Distribution::default(),
            auto_assign: true,
            auto_pause: None,
        }
    }
}

/// What becomes of those who wait when their queue closes (D3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtClosing {
    /// They are served.
    #[default]
    Serve,
    /// They hear the away message, and the call ends.
    Away,
}

/// Which of the agents who can be rung is rung (B6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    /// Who has the fewest conversations that are not closed; of those, the longest idle (R149).
    #[default]
    FewestConversations,
    /// Who has been idle longest.
    LongestIdle,
    /// One after the other, in the order of the queue's list.
    RoundRobin,
    /// The first of the queue's list who is free.
    TopDown,
    /// Who has taken the fewest calls.
    FewestCalls,
    /// Anybody.
    Random,
}

/// What becomes of the conversation of a call that nobody took (R139, R140).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedCalls {
    /// It stays open.
    #[default]
    LeaveOpen,
    /// It is closed.
    AutoClose,
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
    /// Which of them.
    pub record_direction: Directions,
    /// The names of the teams that the agent is in: supervisors of these see them.
    pub teams: Vec<String>,
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
    /// How long a browser is waited for that was lost in a call (B18).
    pub page: Duration,
}

/// After-call work (R16, R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapUp {
    /// Off: nobody has any, custom or not (R21).
    pub enabled: bool,
    /// For agents without a time of their own.
    pub default: Duration,
    /// Whether an agent may add 10 s, again and again (R18).
    pub extend: bool,
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

impl Directions {
    /// Whether calls out are among them, or the others.
    pub fn has(self, outbound: bool) -> bool {
        match self {
            Self::Inbound => !outbound,
            Self::Outbound => outbound,
            Self::Both => true,
        }
    }
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

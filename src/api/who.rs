//! Who asks: nobody yet, a person with a role (R144), or a program with a key.

use super::problem::Problem;
use crate::id::{AgentId, UserId};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;

pub(super) use crate::store::Role;

impl Role {
    pub(super) const ALL: [Self; 3] = [Self::Admin, Self::Supervisor, Self::Agent];

    /// As documents have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a key lets a program do: the role *integrator*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum Scope {
    /// Read the settings; never their secrets.
    #[serde(rename = "settings:read")]
    SettingsRead,
    /// Change the settings.
    #[serde(rename = "settings:write")]
    SettingsWrite,
    /// See queues, agents and calls.
    #[serde(rename = "live:read")]
    LiveRead,
    /// Follow the events.
    #[serde(rename = "events:read")]
    EventsRead,
    /// Set agents' status, end and extend their wrap-up.
    #[serde(rename = "agents:write")]
    AgentsWrite,
    /// Hold, pass on and end calls for their agents.
    #[serde(rename = "calls:write")]
    CallsWrite,
    /// Listen to calls, whisper, barge in and take them over, for an agent whom it names.
    #[serde(rename = "calls:supervise")]
    CallsSupervise,
    /// Read and pick callbacks.
    #[serde(rename = "callbacks:write")]
    CallbacksWrite,
    /// Open, change and close conversations of other channels.
    #[serde(rename = "conversations:write")]
    ConversationsWrite,
    /// Find, hear and take away recordings.
    #[serde(rename = "recordings:read")]
    RecordingsRead,
    /// Find, make, change and remove contacts.
    #[serde(rename = "contacts:write")]
    ContactsWrite,
    /// See, make and take back call links.
    #[serde(rename = "links:write")]
    LinksWrite,
}

impl Scope {
    pub(super) const ALL: [Self; 12] = [
        Self::SettingsRead,
        Self::SettingsWrite,
        Self::LiveRead,
        Self::EventsRead,
        Self::AgentsWrite,
        Self::CallsWrite,
        Self::CallsSupervise,
        Self::CallbacksWrite,
        Self::ConversationsWrite,
        Self::RecordingsRead,
        Self::ContactsWrite,
        Self::LinksWrite,
    ];

    /// As documents have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SettingsRead => "settings:read",
            Self::SettingsWrite => "settings:write",
            Self::LiveRead => "live:read",
            Self::EventsRead => "events:read",
            Self::AgentsWrite => "agents:write",
            Self::CallsWrite => "calls:write",
            Self::CallsSupervise => "calls:supervise",
            Self::CallbacksWrite => "callbacks:write",
            Self::ConversationsWrite => "conversations:write",
            Self::RecordingsRead => "recordings:read",
            Self::ContactsWrite => "contacts:write",
            Self::LinksWrite => "links:write",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody who has said who they are.
    Nobody,
    /// A person who has logged in.
    User {
        id: UserId,
        name: String,
        role: Role,
        /// The agent of the settings who they are.
        agent: Option<AgentId>,
        /// The teams that a supervisor sees; none: everybody.
        teams: Vec<String>,
    },
    /// A program.
    Key { name: String, scopes: Vec<Scope> },
}

impl Caller {
    /// For the book of changes: who did it.
    pub(super) fn signature(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::User { name, .. } => format!("user {name}"),
            Self::Key { name, .. } => format!("key {name}"),
        }
    }
}

/// What somebody has proved themselves with: a token, to be looked at again while an answer goes on.
#[derive(Clone)]
pub(super) enum Proof {
    /// Nothing.
    None,
    /// The session of a cookie.
    Session(String),
    /// A key.
    Key(String),
}

/// Put into the request by the guard, before any handler runs.
impl<S: Sync> FromRequestParts<S> for Proof {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self::None))
    }
}

/// Put into the request by the guard, before any handler runs.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| {
            let fault = "Nobody has looked who asks: a fault of the server.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, fault)
        })
    }
}

//! Callbacks: what a caller may press for one, and what they are promised (R66–R79).

use super::Message;
use crate::id::CallbackConfigId;
use std::time::Duration;

/// What callers who want to be called back are promised (R68).
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackConfig {
    /// What other settings call it.
    pub id: CallbackConfigId,
    /// What people call it; unique.
    pub name: String,
    /// Who begins it.
    pub kind: CallbackKind,
    /// Its order among those who wait.
    pub priority: Priority,
    /// How often it is tried again if the customer does not answer, 0–20: one attempt more than
    /// that in all (R74).
    pub retries: u32,
    /// Between two attempts (R75): 1 s to 24 h.
    pub delay: Duration,
    /// What the caller hears once it is kept (R76).
    pub confirmation: Option<Message>,
    /// What a caller hears whose number is not known, and who may type one then, up to `#` (D7);
    /// `None`: they are declined.
    pub ask_number: Option<Message>,
    /// What a caller hears who cannot be called back, and keeps the place (D7).
    pub declined: Option<Message>,
}

/// Who begins a callback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallbackKind {
    /// It is offered to an agent like a caller (R69).
    #[default]
    Automated,
    /// An agent picks it from the list (R70).
    Manual,
}

/// The order of a callback among those who wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// It keeps the place that the caller had (R72).
    #[default]
    QueuePosition,
    /// Whoever is on the line comes first (R73).
    Inbound,
}

/// What a caller may press during a message and after it (R77–R82).
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// Each with its own digits.
    pub rows: Vec<ResponseCode>,
    /// How long is waited for the first key after the message (D11): 1–60 s.
    pub wait: Duration,
}

/// A code and what it means (R77).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseCode {
    /// 1–8 of `0-9*#` (D11).
    pub digits: String,
    /// The callback that is asked for.
    pub callback: CallbackConfigId,
}

impl Default for Codes {
    /// None; 5 s (D11).
    fn default() -> Self {
        Self {
            rows: vec![],
            wait: super::defaults::CODE_WAIT,
        }
    }
}

//! The messages: JSON, one in each text message of the WebSocket.

use crate::id::{AgentId, CallId, QueueId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a page says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromPage {
    /// The first message, within five seconds. A customer's page names its link; a desk is known by the
    /// session it has logged in with.
    Hello {
        /// From the last hello of the server: this page goes on where that one was.
        #[serde(default)]
        resume: Option<String>,
        /// The number of the last message that was taken.
        #[serde(default)]
        seen: u64,
        /// The token of a call link.
        #[serde(default)]
        link: Option<String>,
        /// It is that by which a supervisor stands beside agents, not a desk.
        #[serde(default)]
        supervisor: bool,
    },
    /// Begins a call: a customer's to where the link leads, an agent's to a number.
    Call {
        /// An offer.
        sdp: String,
        /// E.164; of desks alone.
        #[serde(default)]
        number: Option<String>,
        /// A colleague, instead of a number; of desks alone.
        #[serde(default)]
        agent: Option<AgentId>,
        /// How the customer wants to be called; of customers alone.
        #[serde(default)]
        name: Option<String>,
    },
    /// A new offer in a call: a camera comes or goes, or the way through the network has changed
    /// (ICE restart).
    Offer { call: CallId, sdp: String },
    /// The agent takes the call that rings.
    Accept { call: CallId, sdp: String },
    /// The agent does not take it.
    Reject { call: CallId },
    /// The call is over, or is not wanted any more.
    HangUp { call: CallId },
    /// The agent puts the customer on hold, or takes them back.
    Hold { call: CallId, on: bool },
    /// The microphone is off: for the others to see.
    Mute { call: CallId, on: bool },
    /// A key, where the browser cannot press it in its sound (`insertDTMF`).
    Digit { call: CallId, digit: char },
    /// The agent leaves the customer to somebody else. `from`: the number that one outside is shown, where
    /// there is a choice (R128).
    Transfer {
        call: CallId,
        to: Target,
        #[serde(default)]
        from: Option<String>,
    },
    /// The agent asks a number, a colleague, or whoever answers in a queue before, while the customer is on hold (B2).
    Consult {
        call: CallId,
        to: Target,
        #[serde(default)]
        from: Option<String>,
    },
    /// What becomes of it.
    Consultation { call: CallId, what: Consultation },
}

/// Its name alone: tokens, keys and numbers are for nobody's log.
impl fmt::Debug for FromPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello { .. } => "Hello",
            Self::Call { .. } => "Call",
            Self::Offer { .. } => "Offer",
            Self::Accept { .. } => "Accept",
            Self::Reject { .. } => "Reject",
            Self::HangUp { .. } => "HangUp",
            Self::Hold { .. } => "Hold",
            Self::Mute { .. } => "Mute",
            Self::Digit { .. } => "Digit",
            Self::Transfer { .. } => "Transfer",
            Self::Consult { .. } => "Consult",
            Self::Consultation { .. } => "Consultation",
        })
    }
}

/// What an agent wants who has asked somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consultation {
    /// To talk to the other of the two.
    Swap,
    /// All three to talk (B3).
    Join,
    /// To leave: the two talk to each other.
    Complete,
    /// To let go of the one who was asked.
    Cancel,
}

/// To whom a call is transferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A number outside, E.164.
    Number(String),
    Agent(AgentId),
    Queue(QueueId),
}

/// What the server says: a message, and its number where the page has to have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// From 1, without gaps; 0: not kept, an answer to what the page has just said.
    pub seq: u64,
    /// The message.
    #[serde(flatten)]
    pub message: ToPage,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage {
    /// The answer to a hello. After it come the messages missed, or, to a new page, the calls and the
    /// agent as they are.
    Hello {
        /// To come back with; good for `keeps_s` seconds after the connection is lost.
        resume: String,
        /// Whether the page goes on where it was. If not, it knows nothing of calls.
        resumed: bool,
        keeps_s: u64,
        /// Of customers: where the link leads.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        link: Option<Link>,
        /// Of desks: whose it is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        agent: Option<AgentId>,
    },
    /// Our answer to an offer in `call`, `accept` or `offer`.
    Answer { call: CallId, sdp: String },
    /// A call as it is now: said again whenever that has changed.
    Call {
        call: CallId,
        state: CallState,
        /// Who it is with.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        with: Option<Party>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        queue: Option<String>,
        /// Waiting: which one the customer is, from 1; and for how many more seconds, at a guess (B4).
        #[serde(skip_serializing_if = "Option::is_none", default)]
        position: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        estimate_s: Option<u64>,
        /// How long the customer has waited, or rung, milliseconds.
        waited_ms: u64,
        /// How long they have talked, milliseconds.
        talked_ms: u64,
        /// Ringing: for so many milliseconds more.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        rings_ms: Option<u64>,
        /// Of a supervisor beside the agent: by whom they are heard.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        supervises: Option<Supervises>,
        /// The other side's microphone is off; they send a picture.
        muted: bool,
        video: bool,
        /// Of desks: it is recorded, or silence is in its place; not there: nothing is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        recording: Option<Recording>,
        /// Of the agent who asks somebody: whom, and with whom they talk.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        consult: Option<Consult>,
        /// Of desks: who is called for the customer may be shown any number of the account (R128).
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        any_from: bool,
        /// The call goes on with the sound of this one, which is over.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        instead_of: Option<CallId>,
        /// Over: why, as records say it; of a call that rang at a desk and was not taken: `no_answer`,
        /// `declined`, `failed`, `caller_gone`, `agent_gone`, `not_ready`; of a desk
        /// that was lost in a talk: `lost`; of one that has left the customer to somebody else:
        /// `passed_on`; of a supervisor who is there no more: `supervision_ended`.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        why: Option<String>,
    },
    /// The agent as they are now: the shape of `GET /api/v1/agents/{agent}`.
    Agent { agent: serde_json::Value },
    /// Another page of the same agent is the desk now; this one is closed.
    Superseded,
    /// What the page said could not be done.
    Error(Trouble),
}

/// Where a call link leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What the customer calls: the name of the configuration.
    pub title: String,
    /// Whether they may send a picture.
    pub video: bool,
}

/// Somebody in a call, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// A name, or the number where there is none.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
}

/// Somebody who is asked besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consult {
    /// Who.
    pub who: Party,
    /// How far that is.
    pub with: ConsultWith,
}

/// With whom an agent talks who asks somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultWith {
    /// With nobody yet: who is asked rings, or waits to be found in a queue.
    Dialling,
    /// With who is asked; the customer is on hold.
    Asked,
    /// With the customer; who is asked is on hold.
    Customer,
    /// With both.
    All,
}

/// By whom a supervisor is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervises {
    /// By nobody.
    Listen,
    /// By the agent.
    Whisper,
    /// By both.
    Barge,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Of desks: it rings. Accept or reject it.
    Ringing,
    /// Of desks: the number is dialled.
    Dialling,
    /// Of customers: nobody has taken it yet.
    Waiting,
    Talking,
    /// The other side holds it, or has lost the network and may come back.
    Held,
    /// The agent holds the customer.
    Holding,
    Over,
}

/// What becomes of what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// It is recorded.
    On,
    /// Silence is recorded in its place (B10).
    Masked,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// For programs: `link_used`, `link_expired`, `link_not_yet_valid`, `link_revoked`, `link_unknown`,
    /// `busy`, `bad_message`, `bad_offer`, `no_such_call`, `not_allowed`, `too_many`, `unavailable`.
    pub code: String,
    /// For people: what is wrong, and the mend.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<CallId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_the_pages_write_them() {
        let hello: FromPage = serde_json::from_str(r#"{"type":"hello"}"#).expect("a hello");
        let nothing = FromPage::Hello {
            resume: None,
            seen: 0,
            link: None,
            supervisor: false,
        };
        assert_eq!(hello, nothing);
        let call = CallId::mint(1_700_000_000_000, 1);
        let text = format!(r#"{{"type":"transfer","call":"{call}","to":{{"queue":3}}}}"#);
        let transfer: FromPage = serde_json::from_str(&text).expect("a transfer");
        let to = Target::Queue(QueueId(3));
        let from = None;
        assert_eq!(transfer, FromPage::Transfer { call, to, from });
        serde_json::from_str::<FromPage>(r#"{"type":"hello","links":1}"#).expect_err("unknown");
    }

    #[test]
    fn what_the_server_says_has_its_number_beside_it() {
        let message = ToPage::Superseded;
        let text = serde_json::to_string(&Numbered { seq: 7, message }).expect("JSON");
        assert_eq!(text, r#"{"seq":7,"type":"superseded"}"#);
    }
}

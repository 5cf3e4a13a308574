//! A call that is made because its customer has asked for it: an agent first, then the customer (R86);
//! and the end of the call in which they have asked.

use super::record::{AgentName, Conversation, Direction, Status};
use super::{Agent, Call, Hears, Origin, Policy, Stage};
use crate::clock::Clock;
use crate::id::{CallId, CallbackId, LegId};
use std::collections::BTreeSet;
use std::time::Instant;

/// What is known of a callback when its first agent is rung.
#[derive(Clone, Debug)]
pub struct Back {
    /// The id minted for the call.
    pub id: CallId,
    /// The request.
    pub callback: CallbackId,
    /// Who is called back.
    pub number: String,
    /// The name of the queue for which they waited.
    pub queue: String,
    /// The account's name.
    pub account: String,
    /// What is recorded: it is a call out (D12).
    pub policy: Option<Policy>,
}

impl Call {
    /// A callback for which agents are about to be rung.
    pub fn back(now: Instant, clock: &Clock, back: Back) -> Self {
        Self {
            id: back.id,
            // Nobody is rung yet.
            caller: LegId(0),
            origin: Origin::Callback(back.callback, None),
            destination: None,
            policy: back.policy,
            legs: BTreeSet::new(),
            stage: Stage::Calling {
                agent: None,
                taken: false,
            },
            began: now,
            joined: None,
            segments: 0,
            segment: None,
            mask: super::recording::Mask::default(),
            consent: super::consent::Consent::default(),
            lost: BTreeSet::new(),
            customer: None,
            passed_on: false,
            shown_outside: None,
            colleague: None,
            consult: None,
            supervisors: vec![],
            interlude: None,
            absence: None,
            promised: false,
            status_said: false,
            record: Conversation {
                id: back.id,
                account: back.account,
                direction: Direction::Outbound,
                from: String::new(),
                called: back.number,
                trunk: None,
                diverted_by: None,
                callback: Some(back.callback),
                attempts: vec![],
                transfers: vec![],
                queue: Some(back.queue),
                began: clock.civil(now),
                connected: None,
                ended: None,
                waited_ms: 0,
                talked_ms: 0,
                agent: None,
                status: Status::Open,
                assigned: None,
                offers: 0,
                end: None,
                legs: vec![],
            },
        }
    }

    /// Its agent is rung before whom they call.
    pub fn rings_first(&mut self, agent: Agent) {
        self.stage = Stage::Calling {
            agent: Some(agent),
            taken: false,
        };
    }

    /// The agent who was rung has answered, and is the caller from now on. Says whether it was so.
    pub fn take(&mut self, name: AgentName, user: &str) -> bool {
        let (Stage::Calling { agent, taken }, Origin::Callback(_, caller)) =
            (&mut self.stage, &mut self.origin)
        else {
            return false;
        };
        let Some(agent) = agent.filter(|agent| agent.id == name.id && !*taken) else {
            return false;
        };
        *taken = true;
        *caller = Some(agent.id);
        user.clone_into(&mut self.record.from);
        self.record.agent = Some(name);
        true
    }

    /// The customer hears that they will be called back, and is hung up on then (R83).
    pub fn promise(&mut self, callback: CallbackId, hears: Hears) {
        self.record.callback = Some(callback);
        self.promised = true;
        self.serve(hears);
    }

    /// Whether the customer was promised to be called back.
    pub fn is_promised(&self) -> bool {
        self.promised
    }

    /// Whether an agent has answered for a callback, and the customer is not dialled yet.
    pub fn is_taken(&self) -> bool {
        matches!(self.stage, Stage::Calling { taken: true, .. })
    }

    /// Whether it is a callback for which nobody is rung just now: as if it had not begun.
    pub fn is_dormant(&self) -> bool {
        let nobody = matches!(self.stage, Stage::Calling { agent: None, .. });
        nobody && self.legs.is_empty()
    }

    /// Whether there is something to be kept of it: not of a callback that no agent has answered.
    pub fn is_on_record(&self) -> bool {
        match self.origin {
            Origin::Callback(_, agent) => agent.is_some(),
            Origin::Trunk(_) | Origin::Agent(_) | Origin::Link(..) => true,
        }
    }
}

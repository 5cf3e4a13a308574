//! A story as a ladder: who takes part, and what passed between whom, as plain data.

use super::brief::Brief;
use super::story::{Message, Story};
use crate::call::record::Role;
use crate::id::CallId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

/// What was said in a call, or under a Call-ID that led to none. In the words of the peers: not to
/// be trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// `None`: it led to no call.
    pub call: Option<CallId>,
    /// When the first message passed.
    pub began: Timestamp,
    /// Seconds from there to the end of the call; `None` while it goes on.
    pub ended: Option<f64>,
    /// Who takes part, in the order of appearance; we are the first.
    pub parties: Vec<Party>,
    /// What passed, in order. A message that was repeated stands where it was first.
    pub steps: Vec<Step>,
    /// How many messages from the middle are not kept any more.
    pub missing: u64,
}

/// Somebody with whom messages were exchanged, or ourselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    pub part: Part,
    /// The user by which they are addressed.
    pub name: String,
    /// Where they are; of us, all addresses that were used.
    pub addresses: Vec<SocketAddr>,
}

/// What somebody is in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Cordboard,
    Customer,
    Agent,
    /// A number that the customer was sent to.
    Outside,
    Supervisor,
    /// Somebody without a call.
    Peer,
}

/// A message that passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Seconds from the first message.
    pub at: f64,
    pub time: Timestamp,
    /// Who sent it: an index into the parties. One of the two is 0.
    pub from: usize,
    pub to: usize,
    pub transport: String,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub sip_call_id: String,
    /// `INVITE`, or `200 OK`.
    pub what: String,
    /// `1 INVITE`.
    pub cseq: Option<String>,
    /// The session description in brief.
    pub sound: Option<String>,
    /// When the same was sent again, in seconds from the first message.
    pub again: Vec<f64>,
    /// Whether messages before this one are missing.
    pub after_gap: bool,
    /// The whole message, without its secrets.
    pub message: String,
}

/// What a list tells of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `None`: it led to no call.
    pub call: Option<CallId>,
    pub began: Timestamp,
    pub is_over: bool,
    /// The Call-IDs of its legs.
    pub sip_call_ids: Vec<String>,
    /// The users of the first From and To.
    pub from: String,
    pub to: String,
    /// The first message and, where no call came of it, the last: `INVITE … 404 Not Found`.
    pub first: String,
    pub last: String,
    pub messages: usize,
}

impl Entry {
    /// What to ask for: the id of the call, or the Call-ID; fit to be printed.
    pub fn name(&self) -> String {
        let first = || self.sip_call_ids.first().map_or("", |name| name);
        let call = self.call.map(|call| call.to_string());
        call.unwrap_or_else(|| super::draw::plain(first()))
    }

    pub(super) fn of(story: &Story) -> Self {
        let brief = |message: Option<&Message>| {
            message.map_or_else(Brief::default, |message| Brief::of(&message.bytes))
        };
        let first = story.messages().next();
        let (opening, closing) = (brief(first), brief(story.messages().last()));
        let names = story.legs.iter();
        Self {
            call: story.call,
            began: first.map_or(Timestamp::UNIX_EPOCH, |message| message.time),
            is_over: story.ended.is_some(),
            sip_call_ids: names.map(|leg| leg.sip_call_id.to_string()).collect(),
            from: opening.from,
            to: opening.to,
            first: opening.what,
            last: closing.what,
            messages: story.messages().count() + usize::try_from(story.gap().0).unwrap_or(0),
        }
    }
}

impl Ladder {
    pub(super) fn of(story: &Story) -> Self {
        let first = story.messages().next();
        let began = first.map_or(story.began, |message| message.at);
        let since = |at: Instant| at.saturating_duration_since(began).as_secs_f64();
        let (missing, gap_before) = story.gap();
        let mut ladder = Self {
            call: story.call,
            began: first.map_or(Timestamp::UNIX_EPOCH, |message| message.time),
            ended: story.ended.map(since),
            parties: vec![Party {
                part: Part::Cordboard,
                name: String::new(),
                addresses: vec![],
            }],
            steps: vec![],
            missing,
        };
        // The same bytes the same way are the same message, sent again: of a transaction
        // (RFC 3261 §17) or of a 2xx (§13.3.1.4).
        let mut seen: HashMap<(bool, SocketAddr, &[u8]), usize> = HashMap::new();
        for (index, message) in story.messages().enumerate() {
            let same = (message.sent, message.remote, &message.bytes[..]);
            if let Some(first) = seen.get(&same) {
                ladder.steps[*first].again.push(since(message.at));
                continue;
            }
            seen.insert(same, ladder.steps.len());
            let mut step = ladder.step(story, message, since(message.at));
            step.after_gap = missing > 0 && index == gap_before;
            ladder.steps.push(step);
        }
        ladder
    }

    fn step(&mut self, story: &Story, message: &Message, at: f64) -> Step {
        let brief = Brief::of(&message.bytes);
        let peer = self.party(story, message, &brief);
        let us = &mut self.parties[0].addresses;
        if !us.contains(&message.local) {
            us.push(message.local);
        }
        let mut ends = [(peer, message.remote), (0, message.local)];
        if message.sent {
            ends.reverse();
        }
        let [(from, source), (to, destination)] = ends;
        Step {
            at,
            time: message.time,
            from,
            to,
            transport: message.transport.via_name().to_owned(),
            source,
            destination,
            sip_call_id: message.sip_call_id.to_string(),
            what: brief.what,
            cseq: brief.cseq,
            sound: brief.sound,
            again: vec![],
            after_gap: false,
            message: String::from_utf8_lossy(&message.bytes).into_owned(),
        }
    }

    /// Who is at the other end: one party for each address of each part.
    fn party(&mut self, story: &Story, message: &Message, brief: &Brief) -> usize {
        let leg = story
            .legs
            .iter()
            .find(|leg| leg.sip_call_id == message.sip_call_id);
        let part = leg.and_then(|leg| leg.role).map_or(Part::Peer, Part::of);
        let is_there =
            |party: &Party| party.part == part && party.addresses.contains(&message.remote);
        if let Some(known) = self.parties.iter().position(is_there) {
            return known;
        }
        let name = match message.sent == brief.is_response {
            true => brief.from.clone(),
            false => brief.to.clone(),
        };
        self.parties.push(Party {
            part,
            name,
            addresses: vec![message.remote],
        });
        self.parties.len() - 1
    }
}

impl Part {
    fn of(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Agent => Self::Agent,
            Role::Outside => Self::Outside,
            Role::Supervisor => Self::Supervisor,
        }
    }
}

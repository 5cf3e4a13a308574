//! What is recorded of a call, and when (R88–R97, D15).

use super::record::{Direction, Role, Segment, Track};
use super::{Agent, Call, Recorded};
use crate::clock::Clock;
use crate::id::{LegId, RecordingId};
use crate::settings::{self, Composition};
use std::time::Instant;

/// The recording settings that a call began with (R96): `None` in their place means that nothing
/// of it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which files are kept.
    pub composition: Composition,
}

impl Policy {
    /// What the account's settings mean for a call that begins now (R95, D12).
    pub fn new(settings: &settings::Recording, direction: Direction) -> Option<Self> {
        let outbound = direction == Direction::Outbound;
        let wanted = settings.enabled && settings.direction.has(outbound);
        wanted.then_some(Self {
            composition: settings.composition,
        })
    }
}

impl Call {
    /// Begins a segment with the agent who has just been connected, if this call and this agent
    /// are recorded. `ids` are those of the customer's file and the agent's, `sip_call_ids` those of
    /// their legs.
    pub fn begin_segment(
        &mut self,
        now: Instant,
        clock: &Clock,
        agent: Agent,
        settings: &settings::Agent,
        ids: [RecordingId; 2],
        sip_call_ids: [String; 2],
    ) -> Option<&Recorded> {
        let wanted = settings.record_calls
            && settings
                .record_direction
                .has(self.record.direction == Direction::Outbound);
        let policy = self.policy.filter(|_| wanted)?;
        let customer = self.customer()?;
        self.segments += 1;
        let [customers, agents] = ids;
        let [customers_call, agents_call] = sip_call_ids;
        let segment = Segment {
            call: self.id,
            number: self.segments,
            account: self.record.account.clone(),
            began: clock.civil(now),
            agent: self.record.agent.clone()?,
            customer: match self.record.direction {
                Direction::Inbound => self.record.from.clone(),
                Direction::Outbound => self.record.called.clone(),
            },
            called: self.record.called.clone(),
            queue: self.record.queue.clone(),
            direction: self.record.direction,
            tracks: vec![
                Track {
                    recording: customers,
                    leg: customer,
                    sip_call_id: customers_call,
                    role: Role::Customer,
                },
                Track {
                    recording: agents,
                    leg: agent.leg,
                    sip_call_id: agents_call,
                    role: Role::Agent,
                },
            ],
            composition: policy.composition,
        };
        let origin = now;
        Some(self.segment.insert(Recorded {
            segment,
            origin,
            masked: false,
        }))
    }

    /// Masks what is being recorded, or no more: its files with their legs, and whether that is news.
    /// `None`: nothing is recorded.
    pub fn mask(&mut self, masked: bool) -> Option<(Vec<(RecordingId, LegId)>, bool)> {
        let recorded = self.segment.as_mut()?;
        let changed = std::mem::replace(&mut recorded.masked, masked) != masked;
        let tracks = recorded.segment.tracks.iter();
        let tracks = tracks.map(|track| (track.recording, track.leg)).collect();
        Some((tracks, changed))
    }

    /// Whether something is being recorded.
    pub fn is_recorded(&self) -> bool {
        self.segment.is_some()
    }

    /// Ends the segment that is being recorded, if any.
    pub fn end_segment(&mut self) -> Option<Recorded> {
        self.segment.take()
    }
}

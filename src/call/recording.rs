//! What is recorded of a call, and when (R88–R97, D15).

use super::record::{Direction, Role, Segment, Track};
use super::{Call, Recorded};
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
    /// Whether pictures are, too (R92).
    pub video: bool,
}

impl Policy {
    /// What the account's settings mean for a call that begins now (R95, D12).
    pub fn new(settings: &settings::Recording, direction: Direction) -> Option<Self> {
        let outbound = direction == Direction::Outbound;
        let wanted = settings.enabled && settings.direction.has(outbound);
        wanted.then_some(Self {
            composition: settings.composition,
            video: settings.video,
        })
    }
}

impl Call {
    /// Whose voices are recorded: the customer's, the agent's, and that of a supervisor who barges in
    /// (R89, B1). Nobody else's: a whisper is for the agent alone.
    pub fn recorded_parties(&self) -> Vec<(LegId, Role)> {
        let Some((customer, agent)) = self.customer().zip(self.agent()) else {
            return vec![];
        };
        let two = [(customer, Role::Customer), (agent.leg, Role::Agent)];
        let barging = self.barging().into_iter();
        let barging = barging.map(|leg| (leg, Role::Supervisor));
        two.into_iter().chain(barging).collect()
    }

    /// Begins a segment of [`Call::recorded_parties`], a track for each, if this call and this agent
    /// are recorded.
    pub fn begin_segment(
        &mut self,
        now: Instant,
        clock: &Clock,
        settings: &settings::Agent,
        tracks: Vec<Track>,
    ) -> Option<&Recorded> {
        let wanted = settings.record_calls
            && settings
                .record_direction
                .has(self.record.direction == Direction::Outbound);
        let policy = self.policy.filter(|_| wanted)?;
        self.segments += 1;
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
            tracks,
            films: vec![],
            composition: policy.composition,
        };
        let origin = now;
        Some(self.segment.insert(Recorded {
            segment,
            origin,
            masked: false,
        }))
    }

    /// Whether pictures of it are recorded where sound is.
    pub fn keeps_pictures(&self) -> bool {
        self.policy.is_some_and(|policy| policy.video)
    }

    /// The segment that was begun is of pictures, too: of the legs that may send some,
    /// each with the name of its file.
    pub fn film(&mut self, legs: &[(LegId, RecordingId)]) -> Option<&Recorded> {
        let recorded = self.segment.as_mut()?;
        let tracks = recorded.segment.tracks.iter();
        let film = |track: &Track| {
            let (_, recording) = legs.iter().find(|(leg, _)| *leg == track.leg)?;
            Some(Track {
                recording: *recording,
                ..track.clone()
            })
        };
        recorded.segment.films = tracks.filter_map(film).collect();
        Some(recorded)
    }

    /// Masks what is being recorded, or no more: its files with their legs, and whether that is news.
    /// `None`: nothing is recorded.
    pub fn mask(&mut self, masked: bool) -> Option<(Vec<(RecordingId, LegId)>, bool)> {
        let recorded = self.segment.as_mut()?;
        let changed = std::mem::replace(&mut recorded.masked, masked) != masked;
        let tracks = recorded.segment.files();
        let tracks = tracks.map(|track| (track.recording, track.leg)).collect();
        Some((tracks, changed))
    }

    /// Whether something is being recorded.
    pub fn is_recorded(&self) -> bool {
        self.segment.is_some()
    }

    /// What is being recorded.
    pub fn recorded(&self) -> Option<&Recorded> {
        self.segment.as_ref()
    }

    /// Ends the segment that is being recorded, if any.
    pub fn end_segment(&mut self) -> Option<Recorded> {
        self.segment.take()
    }
}

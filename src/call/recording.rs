//! What is recorded of a call, and when (R88–R97, D15).

use super::record::{Direction, Role, Segment, Track};
use super::{Call, Recorded, With};
use crate::clock::Clock;
use crate::id::{AgentId, LegId, RecordingId};
use crate::settings::{self, Composition, Directions};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The recording settings that a call began with (R96): `None` in their place means that nothing
/// of it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Which files are kept.
    pub composition: Composition,
    /// Whether pictures are, too (R92).
    pub video: bool,
    /// The calls of which agents are recorded. Of one who is not named, what is set when they talk.
    pub agents: Arc<Agents>,
    /// What the customer has to say to it (B22).
    pub consent: Option<Consent>,
    /// After a key was pressed, silence is recorded for so long (B10).
    pub mask_digits: Option<Duration>,
}

/// Which calls of each agent are recorded; `None`: none (R95).
pub type Agents = BTreeMap<AgentId, Option<Directions>>;

/// What the customer has to say to being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The key that means no.
    pub refuse: Option<char>,
    /// For so long it is waited for, after the message.
    pub wait: Duration,
}

/// Why what is said is silence in the files (B10). It outlasts the segment: whoever has been asked something
/// meanwhile is still the one whose card it is.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// The agent wants it so.
    wanted: bool,
    /// A party presses keys: until then.
    typing_until: Option<Instant>,
}

impl Policy {
    /// What the account's settings mean for a call that begins now (R95, D12).
    pub fn new(
        settings: &settings::Recording,
        agents: &Arc<Agents>,
        direction: Direction,
    ) -> Option<Self> {
        let outbound = direction == Direction::Outbound;
        let wanted = settings.enabled && settings.direction.has(outbound);
        wanted.then(|| Self {
            composition: settings.composition,
            video: settings.video,
            agents: Arc::clone(agents),
            consent: settings.consent.as_ref().map(|consent| Consent {
                refuse: consent.refuse,
                wait: consent.wait,
            }),
            mask_digits: settings.mask_digits,
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

    /// Whether customer and agent are together: what they say then may be recorded. Who asks somebody else is
    /// not with the customer meanwhile; what agents say to each other is nobody's business.
    pub fn is_together(&self) -> bool {
        let asks = self.consult.as_ref().map(|consult| consult.with) == Some(With::Asked);
        self.supervised().is_some() && !self.is_internal() && !asks
    }

    /// Whether what this agent says in the call is to be recorded, if the customer agrees (R95).
    pub fn records(&self, agent: &settings::Agent) -> bool {
        let now = || agent.record_calls.then_some(agent.record_direction);
        let outbound = self.record.direction == Direction::Outbound;
        self.policy.as_ref().is_some_and(|policy| {
            let known = policy.agents.get(&agent.id).copied();
            let of_agent = known.unwrap_or_else(now);
            of_agent.is_some_and(|directions| directions.has(outbound))
        })
    }

    /// Begins a segment of [`Call::recorded_parties`], a track for each, if this call is recorded.
    pub fn begin_segment(
        &mut self,
        now: Instant,
        clock: &Clock,
        tracks: Vec<Track>,
    ) -> Option<&Recorded> {
        let composition = self.policy.as_ref()?.composition;
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
            consented: self.agreed_at(),
            tracks,
            films: vec![],
            composition,
        };
        let origin = now;
        Some(self.segment.insert(Recorded { segment, origin }))
    }

    /// Whether pictures of it are recorded where sound is.
    pub fn keeps_pictures(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.video)
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

    /// The files that are being recorded, with their legs.
    pub fn recorded_tracks(&self) -> Vec<(RecordingId, LegId)> {
        let recorded = self.segment.iter();
        let files = recorded.flat_map(|recorded| recorded.segment.files());
        files.map(|track| (track.recording, track.leg)).collect()
    }

    /// Whether what is recorded just now is silence; `None`: nothing is recorded.
    pub fn is_masked(&self) -> Option<bool> {
        self.segment.as_ref()?;
        Some(self.mask.wanted || self.mask.typing_until.is_some())
    }

    /// Whether people want silence in what is recorded, or will be once they talk again.
    pub fn is_masked_by_hand(&self) -> bool {
        self.mask.wanted
    }

    /// People want silence in the recording, or no more: until they say otherwise, or another agent has the
    /// customer.
    pub fn mask(&mut self, masked: bool) {
        self.mask.wanted = masked;
    }

    /// Another agent has the customer, or nobody has: what is said then is another matter.
    pub(super) fn unmask(&mut self) {
        self.mask = Mask::default();
    }

    /// A party presses a key: silence while they type, if it is set so (B10).
    pub fn types(&mut self, now: Instant) {
        let after = self.policy.as_ref().and_then(|policy| policy.mask_digits);
        if let Some(after) = after.filter(|_| self.segment.is_some()) {
            self.mask.typing_until = Some(now + after);
        }
    }

    /// The last key may be long ago.
    pub fn typing_due(&mut self, now: Instant) {
        self.mask.typing_until.take_if(|until| *until <= now);
    }

    /// When to ask [`Call::typing_due`].
    pub fn typing_timeout(&self) -> Option<Instant> {
        self.mask.typing_until
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

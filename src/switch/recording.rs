//! When recorders begin: once two are connected, and the customer was told if they are to be (B22, D15).

use super::leg::Line;
use super::{Notice, Output, Switch};
use crate::call::record::{Direction, Track};
use crate::call::{Call, Policy, Recorded};
use crate::id::{CallId, LegId};
use crate::media::Command as Media;
use crate::settings;
use std::time::Instant;

impl Switch {
    /// What is recorded of a call that begins now (R96).
    pub(super) fn policy(&self, direction: Direction) -> Option<Policy> {
        Policy::new(&self.account.recording, &self.recorded_agents, direction)
    }

    /// Two have just been connected: they are recorded, if they are to be; or the customer is told first.
    pub(super) fn record(&mut self, now: Instant, id: CallId, agent: &settings::Agent) {
        let Some(call) = self.calls.get(&id).filter(|call| call.records(agent)) else {
            return;
        };
        if call.wants_consent() {
            self.ask_consent(id);
        } else if call.may_record() {
            self.begin_recording(now, id);
        }
    }

    /// Others talk than when the segment began, or by other legs: another begins.
    pub(super) fn record_anew(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let Some(recorded) = call.recorded() else {
            return;
        };
        let tracks = recorded.segment.tracks.iter();
        let before: Vec<_> = tracks.map(|track| (track.leg, track.role)).collect();
        if before == call.recorded_parties() {
            return;
        }
        let settings = call.agent().and_then(|agent| self.account.agent(agent.id));
        let settings = settings.cloned();
        self.stop_recording(now, id);
        if let Some(settings) = settings {
            self.record(now, id, &settings);
        }
    }

    /// Both hear that they are to be recorded.
    fn ask_consent(&mut self, id: CallId) {
        let Some(sound) = self.sounds.consent() else {
            // It was set when the call began, and is not any more: who is not told is not recorded.
            return self.notice(id, Notice::Consent { given: false });
        };
        let play = self.next();
        if let Some(call) = self.calls.get_mut(&id) {
            call.ask_consent(play, sound);
            self.notice(id, Notice::AsksConsent);
            self.arrange(id);
        }
    }

    /// A message has been heard by this leg. Says whether it was that of the recording.
    pub(super) fn consent_heard(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        play: u64,
    ) -> bool {
        let call = self.calls.get_mut(&id);
        let Some(call) = call.filter(|call| call.customer() == Some(leg)) else {
            return false;
        };
        if !call.consent_heard(now, &self.clock, play) {
            return false;
        }
        let agreed = call.may_record();
        self.arrange(id);
        match agreed {
            true => self.agrees(now, id),
            false => {
                self.watched.insert(id);
            }
        }
        true
    }

    /// A party of a talk has pressed a key: perhaps to say no, perhaps the number of a card.
    pub(super) fn pressed_in_talk(&mut self, now: Instant, id: CallId, key: char, customer: bool) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if customer && call.refuses(key) {
            self.notice(id, Notice::Consent { given: false });
            return self.arrange(id);
        }
        let was = call.is_masked();
        call.types(now);
        if call.typing_timeout().is_some() {
            self.watched.insert(id);
            self.masks(id, was);
        }
    }

    /// The deadlines of calls whose customer may still refuse, or has typed something.
    pub(super) fn recordings_due(&mut self, now: Instant) {
        for id in self.watched.iter().copied().collect::<Vec<_>>() {
            let Some(call) = self.calls.get_mut(&id) else {
                self.watched.remove(&id);
                continue;
            };
            let was = call.is_masked();
            call.typing_due(now);
            let agreed = call.consent_due(now);
            if call.typing_timeout().is_none() && call.consent_timeout().is_none() {
                self.watched.remove(&id);
            }
            self.masks(id, was);
            if agreed {
                self.agrees(now, id);
            }
        }
    }

    /// When to call [`Switch::recordings_due`].
    pub(super) fn recordings_timeout(&self) -> Option<Instant> {
        let calls = self.watched.iter().filter_map(|id| self.calls.get(id));
        let due = |call: &Call| [call.typing_timeout(), call.consent_timeout()];
        calls.flat_map(due).flatten().min()
    }

    /// The customer was told, and has nothing against it. If their agent asks somebody else just now, it
    /// begins when they are back.
    fn agrees(&mut self, now: Instant, id: CallId) {
        self.notice(id, Notice::Consent { given: true });
        if self.calls.get(&id).is_some_and(Call::is_together) {
            self.begin_recording(now, id);
        }
    }

    fn begin_recording(&mut self, now: Instant, id: CallId) {
        let parties = self.calls.get(&id).map(Call::recorded_parties);
        let tracks = parties.into_iter().flatten().map(|(leg, role)| {
            let recording = self.next_recording();
            let line = self.lines.get(&leg);
            let sip_call_id = line.map_or_else(String::new, |line| line.leg.sip_call_id.clone());
            Track {
                recording,
                leg,
                sip_call_id,
                role,
            }
        });
        let tracks: Vec<Track> = tracks.collect();
        let Some(call) = self.calls.get_mut(&id).filter(|_| !tracks.is_empty()) else {
            return;
        };
        let begun = call.begin_segment(now, &self.clock, tracks);
        let Some(mut recorded) = begun.cloned() else {
            return;
        };
        if let Some(filmed) = self.film(id, &recorded.segment.tracks) {
            recorded = filmed;
        }
        let (origin, segment) = (recorded.origin, recorded.segment.number);
        let (tracks, films) = (
            recorded.segment.tracks.clone(),
            recorded.segment.films.clone(),
        );
        self.out(Output::Record(recorded.segment));
        for track in tracks {
            let recording = track.recording;
            self.media(track.leg, |leg| Media::Record {
                recording,
                leg,
                origin,
            });
        }
        for film in films {
            let recording = film.recording;
            self.media(film.leg, |leg| Media::Film {
                recording,
                leg,
                origin,
            });
        }
        self.notice(id, Notice::Recording { segment });
        // What was silence before stays so, from its first sample on.
        self.masks(id, Some(false));
    }

    /// What is recorded is so with the pictures of those who have a page, if that is set (R92).
    fn film(&mut self, id: CallId, tracks: &[Track]) -> Option<Recorded> {
        self.calls.get(&id).filter(|call| call.keeps_pictures())?;
        let legs = tracks.iter().map(|track| track.leg);
        let legs = legs.filter(|leg| self.lines.get(leg).is_some_and(Line::may_show));
        let legs: Vec<_> = legs.collect();
        let names = legs
            .iter()
            .map(|_| self.next_recording())
            .collect::<Vec<_>>();
        let call = self.calls.get_mut(&id)?;
        let films: Vec<_> = legs.into_iter().zip(names).collect();
        call.film(&films).cloned()
    }
}

//! A recording that goes on: masked, and ended.

use super::engine::Engine;
use super::leg::Leg;
use super::out::Out;
use crate::id::RecordingId;
use std::time::Instant;

impl Engine {
    pub(super) fn stop_recording(&mut self, recording: RecordingId, end: Instant, out: &mut Out) {
        let end = self.samples_at(end);
        let Some(id) = self.recordings.remove(&recording) else {
            return;
        };
        let Some((_, leg)) = self.named(id) else {
            return;
        };
        if let Some(place) = leg
            .films
            .iter()
            .position(|film| film.recording == recording)
        {
            leg.films.remove(place).finish(end, &mut out.chunks);
        }
        let place = leg
            .tracks
            .iter()
            .position(|track| track.recording == recording);
        if let Some(place) = place {
            leg.tracks.remove(place).finish(end, &mut out.chunks);
        }
    }

    /// What is said is silence in the file, or sound again; what is shown is left out.
    pub(super) fn mask(&mut self, recording: RecordingId, masked: bool) {
        let Some(id) = self.recordings.get(&recording).copied() else {
            return;
        };
        let Some((_, leg)) = self.named(id) else {
            return;
        };
        let mut tracks = leg.tracks.iter_mut();
        if let Some(track) = tracks.find(|track| track.recording == recording) {
            track.mask(masked);
        }
        let mut films = leg.films.iter_mut();
        if let Some(film) = films.find(|film| film.recording == recording) {
            film.mask(masked);
        }
    }
}

impl Leg {
    /// Everything of it that is being written.
    pub(super) fn recordings(&self) -> impl Iterator<Item = RecordingId> {
        let films = self.films.iter().map(|film| film.recording);
        self.tracks.iter().map(|track| track.recording).chain(films)
    }
}

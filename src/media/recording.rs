//! A recording that goes on: masked, and ended.

use super::engine::Engine;
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
        let place = leg
            .tracks
            .iter()
            .position(|track| track.recording == recording);
        if let Some(place) = place {
            leg.tracks.remove(place).finish(end, &mut out.chunks);
        }
    }

    /// What is said is silence in the file, or sound again.
    pub(super) fn mask(&mut self, recording: RecordingId, masked: bool) {
        let Some(id) = self.recordings.get(&recording).copied() else {
            return;
        };
        let tracks = self.named(id).map(|(_, leg)| leg.tracks.iter_mut());
        let mut tracks = tracks.into_iter().flatten();
        if let Some(track) = tracks.find(|track| track.recording == recording) {
            track.mask(masked);
        }
    }
}

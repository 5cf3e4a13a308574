//! What the recordings of a life hold: each talk of agent and customer is in the files of one segment, and
//! nothing is in two of them (R89, R90, R113).

use crate::world::World;
use cordboard::call::record::{Role, Segment};
use cordboard::id::CallId;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// All segments of a life that is over.
pub(crate) fn prove(w: &World, seed: u64) {
    let mut ends = BTreeMap::<CallId, Instant>::new();
    let mut recorded = BTreeMap::<CallId, Duration>::new();
    for segment in &w.segments {
        let (call, number) = (segment.call, segment.number);
        let what = format!("seed {seed}: segment {number} of call {call}");
        let (from, until) = one_length(w, segment, &what);
        for role in [Role::Customer, Role::Agent] {
            let of_role = segment.tracks.iter().filter(|track| track.role == role);
            assert_eq!(of_role.count(), 1, "{what}: one {role:?}");
        }
        let before = ends.insert(call, until);
        assert!(
            before.is_none_or(|end| end <= from),
            "{what}: not before the last one is over"
        );
        *recorded.entry(call).or_default() += until - from;
    }
    for (call, length) in recorded {
        let talked = Duration::from_millis(w.conversations[&call].talked_ms);
        // Each talk is on record in whole milliseconds.
        let most = talked + Duration::from_millis(100);
        assert!(
            length <= most,
            "seed {seed}: call {call}: {length:?} of {talked:?}"
        );
    }
}

/// From when until when all files of a segment are.
fn one_length(w: &World, segment: &Segment, what: &str) -> (Instant, Instant) {
    let files = segment.files().map(|track| w.written(track.recording));
    let files: Vec<_> = files
        .map(|file| file.unwrap_or_else(|| panic!("{what}: it has ended")))
        .collect();
    let first = *files
        .first()
        .unwrap_or_else(|| panic!("{what}: it has files"));
    assert!(
        files.iter().all(|file| *file == first),
        "{what}: one length: {files:?}"
    );
    first
}

//! What was deleted goes from the disk, and its voice from the mix (R109, R112, D16).

use super::{BATCH, Means};
use crate::call::record::{Content, Role};
use crate::store::{Recording, Store};
use crate::vault::Shelf;
use anyhow::Context as _;
use std::io::ErrorKind;

/// Erases whatever is marked as deleted. What fails is tried again, and keeps nobody else waiting.
pub(super) fn erase_deleted(means: &Means) -> anyhow::Result<()> {
    let mut failed = None;
    for recording in means.store.recordings_to_erase(BATCH)? {
        if let Err(why) = erase(&means.store, &means.shelf, &recording) {
            let why = why.context(format!("{} cannot be erased", recording.id));
            tracing::error!(
                error = format!("{why:#}"),
                "a deleted recording is not gone yet"
            );
            failed.get_or_insert(why);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn erase(store: &Store, shelf: &Shelf, recording: &Recording) -> anyhow::Result<()> {
    let beside = store.recordings_beside(recording.id)?;
    // The mix first: while the leg is not erased, nobody believes that its voice has gone.
    if let Content::Leg(role) = recording.file.content {
        let is_mix =
            |other: &&Recording| other.file.content == Content::Stereo && other.deleted.is_none();
        if let Some(mix) = beside.iter().find(is_mix) {
            let whole = has_voice_left(&beside);
            silence(store, shelf, recording, mix, role, whole)?;
        }
    }
    shelf
        .erase(&recording.file.path)
        .with_context(|| recording.file.path.clone())?;
    store.recording_erased(recording.id)?;
    tracing::info!(recording = %recording.id, "a deleted recording is erased");
    Ok(())
}

/// Whether a leg of the segment is left: else nothing is heard in the mix.
fn has_voice_left(beside: &[Recording]) -> bool {
    let leg = |other: &&Recording| matches!(other.file.content, Content::Leg(_));
    let mut legs = beside.iter().filter(leg);
    legs.any(|leg| leg.deleted.is_none())
}

fn silence(
    store: &Store,
    shelf: &Shelf,
    recording: &Recording,
    mix: &Recording,
    role: Role,
    voice_left: bool,
) -> anyhow::Result<()> {
    if voice_left {
        match shelf.silence(&mix.file, role) {
            Ok(made) => return store.recording_remade(mix.id, &made),
            // It is elsewhere, where it cannot be made again.
            Err(why) if is_missing(&why) => {}
            Err(why) => return Err(why),
        }
    }
    let by = recording
        .deleted
        .as_ref()
        .map(|deleted| deleted.by.as_str());
    let detail = format!("made from {}", recording.id);
    store.delete_recording(mix.id, by.unwrap_or("nobody"), &detail)?;
    Ok(())
}

fn is_missing(why: &anyhow::Error) -> bool {
    why.chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == ErrorKind::NotFound)
}

//! What keeps recordings: their keys, and who cares for them when they are finished.

use crate::api::Health;
use crate::archive::{Bell, Doors, Means};
use crate::config;
use crate::keys::Keys;
use crate::steward::Steward;
use crate::store::Store;
use crate::vault::Shelf;
use anyhow::Context as _;
use std::path::Path;
use std::sync::Arc;

/// The variable of the environment that may have the master keys of recordings.
const KEYS: &str = "CORDBOARD_RECORDING_KEYS";

/// The master keys of recordings: of the environment, or of the file (D16).
pub(super) fn keys(file: Option<&Path>) -> anyhow::Result<Option<Arc<Keys>>> {
    let (place, text) = match (std::env::var(KEYS), file) {
        (Ok(text), _) if !text.is_empty() => (KEYS.to_owned(), text),
        (_, Some(file)) => {
            let place = file.display().to_string();
            let text = std::fs::read_to_string(file).with_context(|| place.clone())?;
            (place, text)
        }
        (_, None) => return Ok(None),
    };
    Ok(Some(Arc::new(Keys::parse(&text).context(place)?)))
}

/// Says in the log and the health whether recordings, and the passwords in the database, are encrypted.
fn tell(keys: Option<&Keys>, health: &Health) {
    health.set_recordings_encrypted(keys.is_some());
    match keys {
        Some(keys) => tracing::info!(
            key = keys.current(),
            "recordings and passwords in the database are encrypted"
        ),
        None => tracing::warn!(
            "recordings and passwords in the database are not encrypted: set recording_keys in [server], or {KEYS}"
        ),
    }
}

/// The store with its passwords sealed by the first of the master keys (R154), and those keys.
pub(super) fn sealed(
    mut store: Store,
    server: &config::Server,
    health: &Health,
) -> anyhow::Result<(Arc<Store>, Option<Arc<Keys>>)> {
    let keys = keys(server.recording_keys.as_deref())?;
    tell(keys.as_deref(), health);
    let sealed = store.seal_with(keys.clone())?;
    if sealed > 0 {
        tracing::info!(sealed, "texts in the database are kept as the keys say now");
    }
    Ok((Arc::new(store), keys))
}

/// What the archive works with.
pub(super) fn means(
    store: &Arc<Store>,
    shelf: &Shelf,
    steward: &Arc<Steward>,
    health: &Arc<Health>,
    doors: Doors,
) -> Means {
    let (set, told) = (Arc::clone(steward), Arc::clone(health));
    Means {
        store: Arc::clone(store),
        shelf: shelf.clone(),
        account: Box::new(move || set.account().1),
        doors,
        report: Box::new(move |failing| told.set_storage_failing(failing)),
        bell: Bell::default(),
    }
}

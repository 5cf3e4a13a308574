//! What is not at the storage yet is sent, what was deleted is removed there (F4, R99–R102).
//!
//! A file is sent under a temporary name, read back, compared by length and hash, and renamed; what it is
//! goes before it, as JSON (D10). Only then it is delivered, and only then the file here may go. What fails
//! is tried again, ever more seldom, for ever, and can be seen as it waits.

use super::remote::{Remote, Source};
use super::{BATCH, Means, blocking};
use crate::call::record::Content;
use crate::settings::{Composition, Storage};
use crate::store::{Delivery, DeliveryState, Recording};
use crate::watch::metrics;
use anyhow::Context as _;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a file waits after its first failure, twice as long after each other, up to an hour.
const WAIT: i64 = 5;
const LONGEST: i64 = 3_600;
/// How long nobody is asked after a failure: the others would fail as well.
const REST: Duration = Duration::from_secs(5);

/// Who brings recordings to the storage.
#[derive(Default)]
pub(super) struct Courier {
    /// Who let us in, and what was set then.
    open: Option<(Storage, Remote)>,
    /// Until when nobody is asked.
    rests: Option<Instant>,
}

impl Courier {
    /// Goes once with whatever waits.
    pub(super) async fn go(&mut self, means: &Arc<Means>) -> anyhow::Result<()> {
        self.carry(means).await?;
        let backlog = blocking(means, |means| means.store.delivery_backlog()).await?;
        let age = backlog.oldest.map_or(0, |oldest| {
            Timestamp::now().duration_since(oldest).as_secs()
        });
        metrics::DELIVERIES_WAITING.set(backlog.files as f64);
        metrics::DELIVERIES_OLDEST.set(age as f64);
        (means.report)(backlog.failing > 0);
        Ok(())
    }

    async fn carry(&mut self, means: &Arc<Means>) -> anyhow::Result<()> {
        if self.rests.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        self.rests = None;
        loop {
            let storage = (means.account)().storage.clone();
            let due = move |means: &Means| means.store.deliveries_due(Timestamp::now(), BATCH);
            let due = blocking(means, due).await?;
            let mut moved = false;
            for mut recording in due.iter().cloned() {
                if recording.delivery.state == DeliveryState::New {
                    let state = choose(storage.as_ref(), recording.file.content);
                    if state == DeliveryState::New {
                        continue;
                    }
                    moved |= self.note(means, &mut recording, state).await?;
                }
                let active = storage.as_ref().filter(|storage| storage.enabled);
                let Some(storage) = active else { continue };
                let done = match recording.delivery.state {
                    DeliveryState::Waiting => self.send(means, storage, &mut recording).await,
                    DeliveryState::Removing => self.remove(means, storage, &mut recording).await,
                    DeliveryState::New
                    | DeliveryState::Local
                    | DeliveryState::Delivered
                    | DeliveryState::Removed => continue,
                };
                match done {
                    Ok(()) => moved = true,
                    Err(why) => return self.failed(means, recording, &why).await,
                }
            }
            if !moved || due.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    async fn send(
        &mut self,
        means: &Arc<Means>,
        storage: &Storage,
        recording: &mut Recording,
    ) -> anyhow::Result<()> {
        let name = match &recording.delivery.remote {
            // Where it was begun: settings may have changed since.
            Some(name) => name.clone(),
            None => name(storage, &recording.file.path),
        };
        // Before its first byte is there: who deletes it now has it removed there, too.
        recording.delivery.remote = Some(name.clone());
        if !self.note(means, recording, DeliveryState::Waiting).await? {
            return Ok(());
        }
        let path = recording.file.path.clone();
        let opened = blocking(means, move |means| {
            let sound = means.shelf.open(&path)?;
            anyhow::Ok((sound, describe(&means.shelf.description(&path)?)?))
        });
        let (sound, told) = opened.await.context("the file here cannot be read")?;
        let remote = self.remote(means, storage).await?;
        let told = Source::Text(told);
        remote.deliver(&beside(&name), &told).await?;
        remote
            .deliver(&name, &Source::Sound(Arc::new(sound)))
            .await?;
        let delivery = &mut recording.delivery;
        delivery.delivered = Some(Timestamp::now());
        (delivery.tries, delivery.next, delivery.error) = (0, None, None);
        if !self
            .note(means, recording, DeliveryState::Delivered)
            .await?
        {
            // It was deleted or made again meanwhile: that is the next to be done.
            return Ok(());
        }
        metrics::DELIVERED.add(1);
        tracing::info!(recording = %recording.id, "a recording is at the storage");
        if !storage.keep_local {
            let path = recording.file.path.clone();
            blocking(means, move |means| Ok(means.shelf.free(&path)?)).await?;
            recording.delivery.freed = true;
            self.note(means, recording, DeliveryState::Delivered)
                .await?;
        }
        Ok(())
    }

    async fn remove(
        &mut self,
        means: &Arc<Means>,
        storage: &Storage,
        recording: &mut Recording,
    ) -> anyhow::Result<()> {
        let name = recording.delivery.remote.clone().unwrap_or_default();
        let remote = self.remote(means, storage).await?;
        let described = beside(&name);
        for name in [&name, &described] {
            remote.remove(name).await?;
            remote.remove(&format!("{name}.part")).await?;
        }
        (recording.delivery.tries, recording.delivery.next) = (0, None);
        recording.delivery.error = None;
        self.note(means, recording, DeliveryState::Removed).await?;
        tracing::info!(recording = %recording.id, "a deleted recording is gone from the storage");
        Ok(())
    }

    async fn failed(
        &mut self,
        means: &Arc<Means>,
        mut recording: Recording,
        why: &anyhow::Error,
    ) -> anyhow::Result<()> {
        self.open = None;
        self.rests = Some(Instant::now() + REST);
        metrics::DELIVERIES_FAILED.add(1);
        let error = format!("{why:#}");
        tracing::warn!(recording = %recording.id, error, "a recording waits for the storage");
        let tries = recording.delivery.tries;
        let wait = WAIT
            .checked_shl(tries.min(16))
            .unwrap_or(LONGEST)
            .min(LONGEST);
        let state = recording.delivery.state;
        recording.delivery = Delivery {
            tries: tries.saturating_add(1),
            next: Timestamp::now()
                .checked_add(SignedDuration::from_secs(wait))
                .ok(),
            error: Some(error.chars().take(500).collect()),
            ..recording.delivery
        };
        self.note(means, &mut recording, state).await.map(drop)
    }

    /// Writes down how far a file has got: `false` if somebody wants something else with it.
    async fn note(
        &self,
        means: &Arc<Means>,
        recording: &mut Recording,
        state: DeliveryState,
    ) -> anyhow::Result<bool> {
        let was = std::mem::replace(&mut recording.delivery.state, state);
        let (id, delivery) = (recording.id, recording.delivery.clone());
        blocking(means, move |means| {
            means.store.set_delivery(id, was, delivery)
        })
        .await
    }

    async fn remote(&mut self, means: &Means, storage: &Storage) -> anyhow::Result<&mut Remote> {
        if self.open.as_ref().is_none_or(|(of, _)| of != storage) {
            let opened = Remote::open(storage, &means.doors).await?;
            self.open = Some((storage.clone(), opened));
        }
        let open = self.open.as_mut().context("nobody lets us in")?;
        Ok(&mut open.1)
    }
}

/// Tries the storage out: something small is put, read back and removed.
///
/// # Errors
/// What does not work, in the words of the other side.
pub async fn try_out(means: &Means) -> anyhow::Result<()> {
    let account = (means.account)();
    let storage = account.storage.as_ref().context("no storage is set")?;
    let mut remote = Remote::open(storage, &means.doors).await?;
    let name = name(storage, ".cordboard-test");
    let text = Source::Text(Bytes::from_static(
        b"Cordboard tries whether it can write here.\n",
    ));
    let tried = remote.deliver(&name, &text).await;
    let found = remote.find(&name).await;
    remote.remove(&name).await?;
    tried?;
    found?.context("what was put there is not there")?;
    anyhow::ensure!(
        remote.find(&name).await?.is_none(),
        "nothing can be removed there"
    );
    Ok(())
}

/// What is to be done with a new file.
fn choose(storage: Option<&Storage>, content: Content) -> DeliveryState {
    let Some(storage) = storage else {
        return DeliveryState::Local;
    };
    let wanted = match (storage.composition, content) {
        // Pictures have no other form.
        (Composition::Both, _)
        | (_, Content::Video(_))
        | (Composition::Legs, Content::Leg(_))
        | (Composition::Unified, Content::Stereo) => true,
        (Composition::Legs, Content::Stereo) | (Composition::Unified, Content::Leg(_)) => false,
    };
    match (wanted, storage.enabled) {
        (false, _) => DeliveryState::Local,
        (true, true) => DeliveryState::Waiting,
        (true, false) => DeliveryState::New,
    }
}

/// The name of a file there: that here, in the folder that is set (R98).
fn name(storage: &Storage, path: &str) -> String {
    match storage.path.trim_end_matches('/') {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

/// The name of what it is.
fn beside(name: &str) -> String {
    let base = [".wav", ".webm", ".mkv"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    format!("{}.json", base.unwrap_or(name))
}

/// What a file is, without the key that it has here.
fn describe(description: &[u8]) -> anyhow::Result<Bytes> {
    let mut told: serde_json::Value = serde_json::from_slice(description)
        .map_err(|_| std::io::Error::new(ErrorKind::InvalidData, "no description"))?;
    if let Some(told) = told.as_object_mut() {
        told.remove("keys");
    }
    Ok(Bytes::from(serde_json::to_vec_pretty(&told)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::Role;
    use crate::settings::StorageKind;

    fn storage(composition: Composition, enabled: bool) -> Storage {
        Storage {
            enabled,
            kind: StorageKind::S3 {
                endpoint: String::new(),
                region: String::new(),
                bucket: String::new(),
            },
            path: "in/".to_owned(),
            user: String::new(),
            password: None,
            composition,
            keep_local: true,
        }
    }

    #[test]
    fn r102_what_is_sent_is_as_it_is_set_and_waits_while_the_storage_is_off() {
        let leg = Content::Leg(Role::Agent);
        assert_eq!(choose(None, leg), DeliveryState::Local);
        for (composition, content, enabled, state) in [
            (Composition::Both, leg, true, DeliveryState::Waiting),
            (Composition::Legs, leg, true, DeliveryState::Waiting),
            (
                Composition::Legs,
                Content::Stereo,
                true,
                DeliveryState::Local,
            ),
            (Composition::Unified, leg, true, DeliveryState::Local),
            (
                Composition::Unified,
                Content::Stereo,
                true,
                DeliveryState::Waiting,
            ),
            (Composition::Both, leg, false, DeliveryState::New),
        ] {
            let storage = storage(composition, enabled);
            assert_eq!(choose(Some(&storage), content), state);
        }
    }

    #[test]
    fn r98_d10_names_there_are_those_here_and_no_key_leaves() {
        let storage = storage(Composition::Both, true);
        let there = name(&storage, "acme/2026/01/02/a.wav");
        assert_eq!(there, "in/acme/2026/01/02/a.wav");
        assert_eq!(beside(&there), "in/acme/2026/01/02/a.json");
        let told = describe(br#"{"agent":"Ada","keys":[{"key":"secret"}]}"#).expect("JSON");
        assert!(!String::from_utf8_lossy(&told).contains("key"), "{told:?}");
    }
}

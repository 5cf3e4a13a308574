//! Who has heard, read and taken away what: into the audit log, once for a listening and not for each piece of
//! it; and addresses that are good for one recording and a few minutes.

use super::super::Site;
use super::super::problem::Problem;
use crate::store::{FileId, Noted};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::hmac;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The same person at the same recording, or at the same call, within this time is there once.
const ONCE: Duration = Duration::from_secs(600);
/// So many listenings are remembered; more are noted again.
const REMEMBERED: usize = 10_000;
/// For how long an address is good.
pub(super) const GOOD: Duration = Duration::from_secs(600);

/// What the API knows of those who hear recordings, and read what is personal.
pub(in crate::api) struct Access {
    /// Who did what with what, and when last.
    known: Mutex<BTreeMap<(String, &'static str, String), Instant>>,
    /// Made anew with each start: addresses do not outlive the process.
    key: hmac::Key,
}

/// Access of a site, to note with.
pub(in crate::api) struct Noting<'s> {
    site: &'s Arc<Site>,
}

impl Access {
    pub(in crate::api) fn new() -> anyhow::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self {
            known: Mutex::default(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
        })
    }

    pub(in crate::api) fn of(site: &Arc<Site>) -> Noting<'_> {
        Noting { site }
    }

    /// What an address has in it: which recording, for whom, until when (Unix seconds).
    pub(super) fn sign(&self, id: FileId, who: &str, until: u64) -> String {
        let said = format!("{id}\n{until}\n{who}");
        let tag = hmac::sign(&self.key, said.as_bytes());
        format!("{}.{}", BASE64.encode(said), BASE64.encode(tag.as_ref()))
    }

    /// Reads it again: `None` if it is not ours, or its time is over.
    pub(super) fn read(&self, token: &str, now: u64) -> Option<(FileId, String)> {
        let (said, tag) = token.split_once('.')?;
        let (said, tag) = (BASE64.decode(said).ok()?, BASE64.decode(tag).ok()?);
        hmac::verify(&self.key, &said, &tag).ok()?;
        let said = String::from_utf8(said).ok()?;
        let mut parts = said.splitn(3, '\n');
        let id = parts.next()?.parse().ok()?;
        let until: u64 = parts.next()?.parse().ok()?;
        let who = parts.next()?.to_owned();
        (now < until).then_some((id, who))
    }

    /// Whether this has not been noted yet.
    fn is_new(&self, who: &str, action: &'static str, subject: &str, now: Instant) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (who.to_owned(), action, subject.to_owned());
        let known = known
            .get(&key)
            .is_some_and(|at| now.duration_since(*at) < ONCE);
        !known
    }

    fn remember(&self, who: &str, action: &'static str, subject: &str, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, at| now.duration_since(*at) < ONCE);
        }
        if known.len() < REMEMBERED {
            known.insert((who.to_owned(), action, subject.to_owned()), now);
        }
    }
}

impl Noting<'_> {
    /// Writes it into the audit log, before anything is given.
    ///
    /// # Errors
    /// If the database does not answer: then nothing may be given.
    pub(in crate::api) async fn note(
        &self,
        who: &str,
        action: &'static str,
        subject: impl ToString,
    ) -> Result<(), Problem> {
        let (access, subject, now) = (&self.site.access, subject.to_string(), Instant::now());
        if !access.is_new(who, action, &subject, now) {
            return Ok(());
        }
        let note = Noted {
            who: who.to_owned(),
            action,
            subject: subject.clone(),
            detail: String::new(),
        };
        self.site.ask(move |store| store.audit(note)).await?;
        access.remember(who, action, &subject, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CallId;

    #[test]
    fn an_address_is_good_for_one_recording_and_its_time_alone() {
        let access = Access::new().expect("randomness");
        let id = FileId {
            call: CallId(7),
            segment: 1,
            position: 0,
        };
        let token = access.sign(id, "user ada", 1_000);
        assert_eq!(access.read(&token, 999), Some((id, "user ada".to_owned())));
        assert_eq!(access.read(&token, 1_000), None, "too late");
        let other = FileId { position: 1, ..id };
        let (said, _) = token.split_once('.').expect("two parts");
        let (_, tag) = token.split_once('.').expect("two parts");
        let forged = BASE64.encode(format!("{other}\n9999\nuser ada"));
        for wrong in [
            format!("{forged}.{tag}"),
            format!("{said}."),
            said.to_owned(),
            String::new(),
            ".".to_owned(),
            format!("{token}x"),
        ] {
            assert_eq!(access.read(&wrong, 0), None, "{wrong}");
        }
        let another = Access::new().expect("randomness");
        assert_eq!(another.read(&token, 0), None, "of another process");
    }

    #[test]
    fn a_listening_is_noted_once_and_again_when_it_is_another() {
        let access = Access::new().expect("randomness");
        let now = Instant::now();
        let id = "1hykxq0000001-1-0";
        assert!(access.is_new("ada", "recording.heard", id, now));
        access.remember("ada", "recording.heard", id, now);
        assert!(!access.is_new("ada", "recording.heard", id, now));
        assert!(access.is_new("bob", "recording.heard", id, now));
        assert!(access.is_new("ada", "recording.taken", id, now));
        assert!(access.is_new("ada", "recording.heard", id, now + ONCE));
    }
}

//! Who there is: users with a role and a password, their sessions, and keys for programs.
//!
//! ```text
//!   set-up URL, once ─▶ first administrator ─▶ users ─ log in ─▶ session: a cookie
//!                                          └─▶ keys: Authorization: Bearer
//! ```
//!
//! Tokens are 256 random bits, and only their hash is kept. Passwords are kept as argon2id says, and
//! hashed off the threads that serve others, two at once.

pub(super) mod keys;
mod password;
pub(super) mod session;
pub(super) mod setup;
pub(super) mod users;

use super::limit::Limit;
use super::problem::Problem;
use super::who::{Caller, Proof, Scope};
use crate::store::{ApiKey, Store, User};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use password::Hashing;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a session lasts from the log-in.
const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// Log-ins that one source may try within a while.
const TRIES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(300);

/// What tells a key of ours from other secrets, for people and for programs that look for leaks.
pub(super) const KEY_MARK: &str = "cbk_";

/// Who there is, and who tries to be.
pub(super) struct People {
    store: Arc<Store>,
    hashing: Hashing,
    limit: Limit,
    /// How often somebody's rights may have changed.
    rights: watch::Sender<u64>,
}

impl People {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            hashing: Hashing::new(),
            limit: Limit::new(TRIES, WINDOW),
            rights: watch::Sender::new(0),
        }
    }

    /// Who somebody is, by what they prove themselves with.
    pub(super) async fn of(&self, proof: &Proof) -> Result<Caller, Problem> {
        match proof {
            Proof::None => Ok(Caller::Nobody),
            Proof::Session(token) => self.of_session(token).await,
            Proof::Key(token) => self.of_key(token).await,
        }
    }

    /// Who a session's token is of. An end that has passed, or a user who was disabled since, is
    /// nobody.
    pub(super) async fn of_session(&self, token: &str) -> Result<Caller, Problem> {
        let hash = hash(token);
        let session = self.ask(move |store| store.session(&hash)).await?;
        Ok(session.map_or(Caller::Nobody, |(user, _)| of_user(&user)))
    }

    /// Who a key is of.
    pub(super) async fn of_key(&self, token: &str) -> Result<Caller, Problem> {
        let hash = hash(token);
        let key = self.ask(move |store| store.key(&hash)).await?;
        Ok(key.map_or(Caller::Nobody, of_key))
    }

    /// Whether somebody who was let in would be let in still, as who they were. A database that does not
    /// answer ends nothing.
    pub(super) async fn still(&self, proof: &Proof, before: &Caller) -> bool {
        self.of(proof).await.map_or(true, |now| now == *before)
    }

    /// Counts up when somebody's rights may have changed: whoever is being told something looks again.
    pub(super) fn rights(&self) -> watch::Receiver<u64> {
        self.rights.subscribe()
    }

    /// Changes in the store who may come in, or as what.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let changed = self.ask(change).await;
        self.rights.send_modify(|count| *count += 1);
        changed
    }

    /// Where users, sessions and keys are kept.
    #[cfg(test)]
    pub(super) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Asks the store, which may take a while, without holding up others.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = Arc::clone(&self.store);
        let asked = tokio::task::spawn_blocking(move || question(&store));
        let answer = asked
            .await
            .map_err(anyhow::Error::from)
            .and_then(|answer| answer);
        answer.map_err(|error| {
            tracing::error!(
                error = format!("{error:#}"),
                "the store does not answer the API"
            );
            Problem::unavailable("The database does not answer.")
        })
    }
}

fn of_user(user: &User) -> Caller {
    Caller::User {
        id: user.id,
        name: user.name.clone(),
        role: user.role,
        agent: user.agent,
        teams: user.teams.clone(),
    }
}

fn of_key(key: ApiKey) -> Caller {
    Caller::Key {
        scopes: scopes(&key),
        name: key.name,
    }
}

/// What a key is good for. Words of another version are good for nothing.
fn scopes(key: &ApiKey) -> Vec<Scope> {
    let words = key.scopes.iter();
    words.filter_map(|word| Scope::parse(word)).collect()
}

/// A new token: 256 bits, as text.
pub(super) fn token() -> Result<String, Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Problem::unavailable("The system has no randomness to give."))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token. It is random and long: no salt and no slow hash are needed.
pub(super) fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

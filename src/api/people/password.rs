//! Passwords: argon2id (RFC 9106), never on a thread that serves others.

use crate::api::problem::Problem;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::ops::RangeInclusive;
use tokio::sync::Semaphore;

/// Characters of a password.
pub(super) const LENGTH: RangeInclusive<usize> = 12..=128;

/// Hashes at once: each takes 19 MiB and a core for a while.
const AT_ONCE: usize = 2;
/// How many may wait for that: a flood of log-ins is refused beyond.
const WAITING: usize = 32;

/// The place where passwords are hashed.
pub(super) struct Hashing {
    turns: Semaphore,
    room: Semaphore,
    /// What the password of nobody is compared with, so that an unknown name takes as long.
    nobody: String,
}

impl Hashing {
    pub(super) fn new() -> Self {
        Self {
            turns: Semaphore::new(AT_ONCE),
            room: Semaphore::new(AT_ONCE + WAITING),
            nobody: hash("the password of nobody").unwrap_or_default(),
        }
    }

    /// What is kept of a password: a PHC string.
    pub(super) async fn hash(&self, password: String) -> Result<String, Problem> {
        let hashed = self.in_turn(move || hash(&password)).await?;
        hashed.ok_or_else(|| Problem::unavailable("The password cannot be hashed."))
    }

    /// Whether a password is right; the same work where there is none to compare with.
    pub(super) async fn fits(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<bool, Problem> {
        let is_somebody = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        let fits = self.in_turn(move || fits(&password, &kept)).await?;
        Ok(fits && is_somebody)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::unavailable("Too many log in at once.");
        let _place = self.room.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())
    }
}

fn hash(password: &str) -> Option<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).ok()?;
    let hashed: PasswordHash = argon()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .ok()?;
    Some(hashed.to_string())
}

fn fits(password: &str, kept: &str) -> bool {
    let kept = PasswordHash::new(kept);
    kept.is_ok_and(|kept| argon().verify_password(password.as_bytes(), &kept).is_ok())
}

/// The parameters for new hashes: 19 MiB and two passes, which is the crate's and OWASP's choice.
/// Tests take the least there is.
fn argon() -> Argon2<'static> {
    let params = match cfg!(test) {
        true => Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default(),
        false => Params::default(),
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_as_argon2id_with_a_salt_of_its_own() {
        let (one, two) = (hash("correct horse"), hash("correct horse"));
        let (one, two) = (one.expect("a hash"), two.expect("a hash"));
        assert!(one.starts_with("$argon2id$v=19$") && one != two, "{one}");
        assert!(fits("correct horse", &one) && fits("correct horse", &two));
        assert!(!fits("correct horsf", &one) && !fits("correct horse", "no hash"));
    }
}

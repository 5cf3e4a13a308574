//! Whether the settings of an account make sense, before they take effect (B20).

use super::Account;

/// A setting that cannot be: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {mend}")]
pub struct Problem {
    /// The field: `queues[0].max_wait.then`, counted from 0.
    pub path: String,
    /// What is wrong and how to mend it.
    pub mend: String,
}

impl Account {
    /// Checks ranges, references and uniqueness. All problems at once.
    ///
    /// # Errors
    /// Every problem found.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        Ok(())
    }
}

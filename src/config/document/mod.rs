//! The account as one document: what the file says of it, the database keeps, and the API shows.
//!
//! ```text
//!   TOML text ─┐                                       ┌─▶ TOML text (export)
//!   JSON ──────┴─▶ table ─▶ load, Account::check ─▶ Account ─▶ table ─┴─▶ JSON (API)
//! ```
//!
//! All ways in share one reader, so that a key, a range or a mend is the same wherever a setting
//! is made; all ways out share one writer, and what it writes is read as the same account.

mod moment;
mod write;

pub use write::{Secrets, write};

use super::{ConfigErrors, Files, load};
use crate::settings::Account;
use std::path::Path;

/// Reads an account alone: the sections of a configuration without those of the process. Files that
/// messages name are relative to `folder`; `name` is what problems call the document.
///
/// # Errors
/// Every problem found: the line, the field, and the mend.
pub fn read(name: &str, text: &str, folder: &Path) -> Result<Account, ConfigErrors> {
    load::account(Path::new(name), text, folder, &Files::on_disk())
}

/// Reads an account from a table, such as JSON becomes: by [`read`], without lines.
///
/// # Errors
/// Every problem found: the field, and the mend.
pub fn read_table(table: &toml::Table, folder: &Path) -> Result<Account, ConfigErrors> {
    read("settings", &table.to_string(), folder)
}

/// Gives each agent and trunk of the table that has no password the one it has in `account`: what
/// [`Secrets::Hidden`] left out comes back unchanged. An empty password takes that of a trunk away.
pub fn keep_secrets(table: &mut toml::Table, account: &Account) {
    let agents = account.agents.iter();
    let agents = agents.map(|agent| (agent.id.0, Some(&agent.password)));
    give(table, "agent", agents.collect());
    let trunks = account.trunks.iter();
    let trunks = trunks.map(|trunk| (trunk.id.0, trunk.password.as_ref()));
    give(table, "trunk", trunks.collect());
    let trunks = table.get_mut("trunk").and_then(toml::Value::as_array_mut);
    let trunks = trunks.into_iter().flatten();
    for trunk in trunks.filter_map(toml::Value::as_table_mut) {
        if trunk.get("password").and_then(toml::Value::as_str) == Some("") {
            trunk.remove("password");
        }
    }
    let storage = account.storage.as_ref();
    let password = storage.and_then(|storage| storage.password.as_ref());
    let written = table.get_mut("storage").and_then(toml::Value::as_table_mut);
    if let Some((written, password)) = written.zip(password)
        && !written.is_empty()
        && !written.contains_key("password")
    {
        written.insert("password".into(), password.0.clone().into());
    }
}

fn give(table: &mut toml::Table, list: &str, known: Vec<(u32, Option<&crate::settings::Secret>)>) {
    let Some(list) = table.get_mut(list).and_then(toml::Value::as_array_mut) else {
        return;
    };
    for entry in list.iter_mut().filter_map(toml::Value::as_table_mut) {
        let id = entry.get("id").and_then(toml::Value::as_integer);
        let mut known = known.iter();
        let secret = known.find(|(known, _)| id == Some(i64::from(*known)));
        if let Some((_, Some(secret))) = secret
            && !entry.contains_key("password")
        {
            entry.insert("password".into(), secret.0.clone().into());
        }
    }
}

#[cfg(test)]
mod tests;

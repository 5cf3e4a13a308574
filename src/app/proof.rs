//! `cordboard setup-url` and `reset-password`: for who can write into the server's data directory, which
//! proves that the machine is theirs.

use super::{ask, terminal};
use crate::random::Random;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;

/// Hexadecimal digits of a password that is made up: 96 bits.
const PASSWORD: usize = 24;

/// Prints where the first administrator is made.
pub(super) fn setup_url(data: &Path, reach: &ask::Reach) -> anyhow::Result<()> {
    let answer = prove(data, reach, "POST /api/v1/setup-urls", json!({}))?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let path = answer["path"]
        .as_str()
        .context("the server speaks otherwise")?;
    terminal::say(&reach.url(path));
    Ok(())
}

/// Gives a user a new password, and prints it.
pub(super) fn reset_password(name: &str, data: &Path, reach: &ask::Reach) -> anyhow::Result<()> {
    let password = Random::from_system().hex(PASSWORD);
    let body = json!({ "name": name, "password": password });
    prove(data, reach, "POST /api/v1/password-resets", body)?;
    terminal::say(&password);
    Ok(())
}

/// Asks for something, with a proof that the server finds in its data directory. Gives the body of the answer.
fn prove(data: &Path, reach: &ask::Reach, what: &str, mut body: Value) -> anyhow::Result<Vec<u8>> {
    let proof = Random::from_system().hex(64);
    let file = data.join("setup.proof");
    write_private(&file, &proof).with_context(|| {
        format!(
            "{}: is this the server's data directory, and may you write into it?",
            file.display()
        )
    })?;
    body["proof"] = proof.into();
    let headers = [("Content-Type", "application/json")];
    let asked = ask::send(reach, what, &headers, body.to_string().as_bytes());
    // The server has taken it away, if it was asked.
    drop(std::fs::remove_file(&file));
    asked?.fine()
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(text.as_bytes())
}

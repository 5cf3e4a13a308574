//! `cordboard settings`: asked of a running server over its HTTP port.

use super::{ask, terminal};
use crate::config::document;
use anyhow::Context as _;
use clap::Subcommand;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What is to be done with the settings.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    reach: ask::Reach,
    /// A file with a key that has the scopes settings:read and settings:write. The variable
    /// CORDBOARD_KEY may have the key itself instead.
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print them as one TOML document, without passwords.
    Export,
    /// Replace them by a document. Who has no password in it keeps the one they have.
    Import {
        /// The document (TOML).
        file: PathBuf,
        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Say what is wrong with a document, and how to mend it; no server is asked.
    Check {
        /// The document (TOML).
        file: PathBuf,
    },
}

/// Does it.
pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    match &options.what {
        What::Export => {
            let text = read(options)?.fine()?;
            terminal::say(String::from_utf8(text)?.trim_end());
            Ok(())
        }
        What::Import { file, dry_run } => import(options, file, *dry_run),
        What::Check { file } => check(file),
    }
}

fn read(options: &Options) -> anyhow::Result<ask::Answer> {
    let key = key(options)?;
    let headers = [
        ("Authorization", key.as_str()),
        ("Accept", "application/toml"),
    ];
    ask::send(&options.reach, "GET /api/v1/settings", &headers, b"")
}

fn import(options: &Options, file: &Path, dry_run: bool) -> anyhow::Result<()> {
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    let key = key(options)?;
    let kind = ("Content-Type", "application/toml");
    let headers = [("Authorization", key.as_str()), kind];
    let compared = ask::send(
        &options.reach,
        "POST /api/v1/settings/compare",
        &headers,
        &text,
    );
    let compared: Value = serde_json::from_slice(&compared?.fine()?)?;
    let changes = differences(&compared);
    if changes.is_empty() {
        terminal::say("nothing would change");
        return Ok(());
    }
    terminal::say(changes.trim_end());
    if dry_run {
        return Ok(());
    }
    // What was shown is what is changed, and nothing that somebody has set meanwhile.
    let compared_with = format!("\"{}\"", compared["revision"]);
    let headers = [headers[0], kind, ("If-Match", compared_with.as_str())];
    let answer = ask::send(&options.reach, "PUT /api/v1/settings", &headers, &text)?;
    let revision = answer.etag.clone().unwrap_or_default();
    answer.fine()?;
    terminal::say(&format!(
        "in force as revision {}",
        revision.trim_matches('"')
    ));
    Ok(())
}

/// A line for each field: what it is, and what it would be.
fn differences(compared: &Value) -> String {
    let mut text = String::new();
    for change in compared["changes"].as_array().into_iter().flatten() {
        let field = change["field"].as_str().unwrap_or_default();
        let told = |value: &Value| match value.is_null() {
            true => "not set".to_owned(),
            false => value.to_string(),
        };
        let (before, after) = (told(&change["before"]), told(&change["after"]));
        let _ = writeln!(text, "{field}: {before} → {after}");
    }
    text
}

fn check(file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let account = document::read(&file.display().to_string(), &text, folder)?;
    terminal::say(&format!(
        "{} is fine: {} queues, {} strategies, {} agents, {} routes",
        file.display(),
        account.queues.len(),
        account.strategies.len(),
        account.agents.len(),
        account.routes.len(),
    ));
    Ok(())
}

/// The header that proves who asks.
fn key(options: &Options) -> anyhow::Result<String> {
    let key = match &options.key_file {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| file.display().to_string())?
        }
        None => std::env::var("CORDBOARD_KEY").ok().context(
            "a key is needed: --key-file FILE, or CORDBOARD_KEY; an administrator makes one at /api/v1/keys",
        )?,
    };
    Ok(format!("Bearer {}", key.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_a_line() {
        let compared = json!({ "changes": [
            { "field": "timeouts.agent_s", "before": 30, "after": 25 },
            { "field": "queue[0].hours", "before": null, "after": "Day" },
        ] });
        let expected = "timeouts.agent_s: 30 → 25\nqueue[0].hours: not set → \"Day\"\n";
        assert_eq!(differences(&compared), expected);
    }
}

//! `cordboard settings`: asked of a running server over its HTTP port.

use super::{ask, terminal};
use crate::config::{ConfigError, document};
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
    /// Say what is wrong with a document, and how to mend it; no server is asked. That passwords are left
    /// out is fine: import keeps those that are set.
    Check {
        /// The document (TOML).
        file: PathBuf,
        /// The data directory of the server, whose sounds an exported document names [default: sounds
        /// are beside the document]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
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
        What::Check { file, data_dir } => check(file, data_dir.as_deref()),
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
    let text = text(file)?;
    let key = key(options)?;
    let kind = ("Content-Type", "application/toml");
    let headers = [("Authorization", key.as_str()), kind];
    let compared = ask::send(
        &options.reach,
        "POST /api/v1/settings/compare",
        &headers,
        text.as_bytes(),
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
    let answer = ask::send(
        &options.reach,
        "PUT /api/v1/settings",
        &headers,
        text.as_bytes(),
    )?;
    let revision = answer.etag.clone().unwrap_or_default();
    answer.fine()?;
    terminal::say(&format!(
        "in force as revision {}",
        revision.trim_matches('"')
    ));
    Ok(())
}

/// A document. One in which nothing stands is what is left of an export that failed: it would remove everything.
fn text(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let table: Result<toml::Table, _> = text.parse();
    anyhow::ensure!(
        table.map_or(true, |table| !table.is_empty()),
        "{} is empty: with it nothing would be left of the account; export it again",
        file.display()
    );
    Ok(text)
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

fn check(file: &Path, data: Option<&Path>) -> anyhow::Result<()> {
    let text = text(file)?;
    let folder = match data {
        Some(data) => data.join("sounds"),
        None => file.parent().unwrap_or_else(|| Path::new("")).to_owned(),
    };
    let account = match document::read(&file.display().to_string(), &text, &folder) {
        Err(problems) if problems.0.iter().all(is_left_out) => {
            document::read_table(&with_passwords(&text)?, &folder)?
        }
        read => read.map_err(|mut problems| {
            problems.0.retain(|problem| !is_left_out(problem));
            problems
        })?,
    };
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

/// The password of an agent is not in the document.
fn is_left_out(problem: &ConfigError) -> bool {
    let of_agent = problem.field.starts_with("agent[") && problem.field.ends_with("].password");
    of_agent && problem.what.ends_with("missing")
}

/// The document with some password where an agent has none: what else is said of it can be checked then.
fn with_passwords(text: &str) -> anyhow::Result<toml::Table> {
    let mut table: toml::Table = text.parse()?;
    let agents = table.get_mut("agent").and_then(toml::Value::as_array_mut);
    let agents = agents.into_iter().flatten();
    for agent in agents.filter_map(toml::Value::as_table_mut) {
        let password = agent.entry("password");
        password.or_insert_with(|| "is left out".into());
    }
    Ok(table)
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
    fn r148_what_was_exported_is_fine_without_its_passwords_and_nothing_else_is_overlooked() {
        let folder = std::env::temp_dir().join(format!("cordboard-check-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("sounds")).expect("a folder");
        let sound = include_bytes!("../../media/chime.wav");
        std::fs::write(folder.join("sounds/music.wav"), sound).expect("written");
        let file = folder.join("settings.toml");
        let checked = |text: &str, data| {
            std::fs::write(&file, text).expect("written");
            check(&file, data)
        };
        let ada =
            "[account]\nname = \"demo\"\n[[agent]]\nid = 1\nuser = \"1001\"\nname = \"Ada\"\n";
        let queue = "[[queue]]\nname = \"Support\"\nmusic = { file = \"music.wav\" }\n";
        let fine = format!("{ada}{queue}");
        checked(&fine, Some(&folder)).expect("fine");
        let why = checked(&fine, None).expect_err("the sound is not beside it");
        assert!(why.to_string().contains("music.wav"), "{why}");
        assert!(!why.to_string().contains("password"), "{why}");
        let why = checked("# nothing\n", None).expect_err("no document");
        assert!(why.to_string().contains("is empty"), "{why}");
        let two = format!("{fine}[[agent]]\nuser = \"1001\"\nname = \"Ben\"\n");
        let why = checked(&two, Some(&folder)).expect_err("two of one name");
        assert!(why.to_string().contains("1001"), "{why}");
        std::fs::remove_dir_all(&folder).expect("removed");
    }

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

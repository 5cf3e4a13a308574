//! `cordboard ladder`: what SIP said in a call, asked of a running server.

use super::{ask, terminal};
use crate::watch::trace::{Entry, Ladder, Look};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What is to be shown, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The id of the call, as logs and recordings have it, or a SIP Call-ID. Put "--" before one that reads as an option.
    // A Call-ID is a `word` of RFC 3261 §25.1: it may begin with a hyphen, and phones make such.
    #[arg(allow_hyphen_values = true)]
    #[arg(required_unless_present_any = ["last", "list"], conflicts_with_all = ["last", "list"])]
    call: Option<String>,
    /// The call that began last.
    #[arg(long)]
    last: bool,
    /// What is kept, the latest first.
    #[arg(long, conflicts_with = "last")]
    list: bool,
    /// Also every message, after the ladder. Secrets, keys and digits are covered.
    #[arg(long)]
    full: bool,
    /// As JSON.
    #[arg(long, conflicts_with = "full")]
    json: bool,
    /// Write a capture file (pcapng), for Wireshark and the like, instead; "-": to standard output.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "full", "json"])]
    pcap: Option<PathBuf>,
    /// Columns of text.
    #[arg(long, value_name = "COLUMNS", default_value_t = 100, value_parser = clap::value_parser!(u16).range(80..=400))]
    width: u16,
    /// ASCII alone.
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    reach: ask::Reach,
}

/// Shows it.
pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let fetch = |path: &str| ask::get(&options.reach, &format!("/api/v1/traces{path}"))?.fine();
    let which = match &options.call {
        Some(call) => ask::escaped(call),
        None => "last".to_owned(),
    };
    if let Some(path) = &options.pcap {
        let file = fetch(&format!("/{which}/pcap"))?;
        if path.as_os_str() == "-" {
            return terminal::pour(&file);
        }
        return std::fs::write(path, file)
            .with_context(|| format!("{} cannot be written", path.display()));
    }
    let body = match options.list {
        true => fetch("")?,
        false => fetch(&format!("/{which}"))?,
    };
    let other = "the server speaks otherwise: is it of another version?";
    let text = if options.json {
        String::from_utf8(body).context(other)?
    } else if options.list {
        let entries: Vec<Entry> = serde_json::from_slice(&body).context(other)?;
        list(&entries)
    } else {
        let ladder: Ladder = serde_json::from_slice(&body).context(other)?;
        ladder.draw(Look {
            width: usize::from(options.width),
            ascii: options.ascii,
            full: options.full,
        })
    };
    terminal::say(text.trim_end());
    Ok(())
}

/// One line a story.
fn list(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "nothing is kept: SIP has said nothing yet".to_owned();
    }
    let mut text = String::new();
    for entry in entries {
        let began = entry.began.strftime("%Y-%m-%d %H:%M:%S");
        let name = entry.name();
        let (from, to) = (&entry.from, &entry.to);
        let what = match (entry.call, entry.is_over) {
            (Some(_), true) => "over".to_owned(),
            (Some(_), false) => "goes on".to_owned(),
            (None, _) => format!("{} … {}", entry.first, entry.last),
        };
        let messages = entry.messages;
        let _ = writeln!(
            text,
            "{began}  {name:13}  {from} to {to}  {messages} messages  {what}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_call_id_may_begin_with_a_hyphen() {
        for words in [&["-r.7Q@host", "--full"][..], &["--full", "--", "-h7Q"]] {
            let line = Line::try_parse_from([&["ladder"], words].concat()).expect("a command line");
            assert!(line.options.full);
            assert!(line.options.call.is_some_and(|call| call.starts_with('-')));
        }
    }
}

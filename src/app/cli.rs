//! The command line.

use super::{Server, ask, ladder, proof, recordings, settings, terminal};
use crate::config::{Config, LogFormat};
use crate::route::{self, Dialler};
use crate::settings::OnMaxWait;
use crate::steward::{self, Studio};
use crate::voices::Catalogue;
use crate::{demo, watch};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A contact-centre softswitch: callers wait, talk to an agent, and every leg is on disk.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How much to log: error, warn, info, debug; or a filter such as `cordboard::net=debug`.
    /// [default: info, for the demo warn]
    #[arg(
        long,
        global = true,
        env = "CORDBOARD_LOG",
        hide_env_values = true,
        value_name = "LEVEL"
    )]
    log: Option<String>,
    /// Log as JSON, one object a line.
    #[arg(long, global = true)]
    log_json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on loopback, with a demo account, and tell how to make a first call.
    Demo(demo::Options),
    /// Run with your own configuration.
    Run {
        /// The configuration file (TOML); tools/example.toml shows every key.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Say what is wrong with a configuration file, and how to mend it.
    CheckConfig {
        /// The configuration file (TOML).
        file: PathBuf,
    },
    /// Ask a running server whether it is well: exit code 0 if so.
    Health {
        #[command(flatten)]
        reach: ask::Reach,
    },
    /// Show the voices that texts are spoken with, or install one.
    #[command(subcommand)]
    Voices(super::voices::Command),
    /// Show what SIP said in a call, as a ladder, or write it as a capture file.
    Ladder(ladder::Options),
    /// Read, check and change what the account of a running server has set.
    Settings(settings::Options),
    /// List, check, export and repair recordings, without a server.
    #[command(subcommand)]
    Recordings(recordings::Command),
    /// Check who heard, deleted and changed what, without a server.
    #[command(subcommand)]
    Audit(recordings::Audit),
    /// Print a new address that makes the first administrator, while there is none.
    SetupUrl {
        /// The data directory of the server, which proves that you may.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        #[command(flatten)]
        reach: ask::Reach,
    },
    /// Give somebody who has forgotten their password a new one, and print it. Their sessions end.
    ResetPassword {
        /// The name that they log in with.
        name: String,
        /// The data directory of the server, which proves that you may.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        #[command(flatten)]
        reach: ask::Reach,
    },
}

/// Runs a command; errors are printed for people.
pub fn run(arguments: Arguments) -> ExitCode {
    let log = Log {
        level: arguments.log,
        json: arguments.log_json,
    };
    let done = match arguments.command {
        // The demo tells its story itself.
        Command::Demo(options) => log.start("warn", false).and_then(|()| demo::run(&options)),
        Command::Run { config } => serve(&config, &log),
        Command::CheckConfig { file } => check(&file),
        Command::Health { reach } => health(&reach),
        Command::Voices(command) => super::voices::run(command),
        Command::Ladder(options) => ladder::run(&options),
        Command::Settings(options) => settings::run(&options),
        Command::Recordings(command) => recordings::run(&command),
        Command::Audit(command) => recordings::audit(&command),
        Command::SetupUrl { data, reach } => proof::setup_url(&data, &reach),
        Command::ResetPassword { name, data, reach } => proof::reset_password(&name, &data, &reach),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// What the command line says about the log.
struct Log {
    level: Option<String>,
    json: bool,
}

impl Log {
    fn start(&self, usual: &str, json: bool) -> anyhow::Result<()> {
        let format = if self.json || json {
            watch::logs::Format::Json
        } else {
            watch::logs::Format::Text
        };
        // An empty variable of the environment is none.
        let level = self.level.as_deref().filter(|level| !level.is_empty());
        watch::logs::init(format, level.unwrap_or(usual))
    }
}

fn serve(path: &Path, log: &Log) -> anyhow::Result<()> {
    let config = Config::read(path)?;
    log.start("info", config.server.log == LogFormat::Json)?;
    for note in notes(&config) {
        tracing::warn!("{note}");
    }
    let grace = config.server.stop_after;
    let server = Server::start(config, |_, _| {})?;
    // Whatever ended the wait: recordings and records are written.
    let waited = server.wait_for_signal();
    let stopped = server.stop(grace);
    waited.and(stopped)
}

fn check(path: &Path) -> anyhow::Result<()> {
    let config = Config::read(path)?;
    // Everything is tried, but nothing is left behind: the data directory may be another user's.
    let cache = std::env::temp_dir().join(format!("cordboard-check-{}", std::process::id()));
    let catalogue = Catalogue::new(&config.server.data_dir).with_cache(&cache);
    let rendered = Studio::new(Arc::new(catalogue)).furnish(&config.account);
    drop(std::fs::remove_dir_all(&cache));
    rendered.map_err(steward::unheard)?;
    let account = &config.account;
    terminal::say(&format!(
        "{} is fine: {} listeners, {} queues, {} agents, {} routes, {} media ports",
        path.display(),
        config.listeners.len(),
        account.queues.len(),
        account.agents.len(),
        account.routes.len(),
        (config.media.last_port - config.media.first_port).div_ceil(2),
    ));
    for note in notes(&config) {
        terminal::say(&format!("note: {note}"));
    }
    Ok(())
}

/// What is set and has another effect than one would think.
fn notes(config: &Config) -> Vec<String> {
    let account = &config.account;
    let outside =
        account
            .experiences()
            .filter_map(|(_, waiting)| match waiting.max_wait.as_ref()?.then {
                OnMaxWait::External(number) => Some(number),
                OnMaxWait::End | OnMaxWait::Queue(_) => None,
            });
    let leads =
        |number: &u64| route::ways_out(account, Dialler::Queue, &format!("+{number}")).is_ok();
    let stuck = outside.filter(|number| !leads(number));
    let note = |number| {
        format!(
            "no way out leads to +{number}: at the longest wait those calls end; add [[outbound]]"
        )
    };
    stuck.map(note).collect()
}

fn health(reach: &ask::Reach) -> anyhow::Result<()> {
    let answer = ask::get(reach, "/healthz")?;
    anyhow::ensure!(answer.status == 200, "not well: {}", answer.text());
    terminal::say(&answer.text());
    Ok(())
}

//! `cordboard-load`: callers, and agents with phones or at desks in browsers, in one thread: they call, send, listen and
//! measure.
//!
//! Runs against a Cordboard started by `cordboard demo` (`--server DIR/demo.json`), and the modes without agents against
//! any SIP server. With `--pid` it also reads what the server used while it worked.

mod check;
mod desk;
mod field;
mod gauge;
mod hostile;
mod message;
mod meter;
mod people;
mod phone;
mod plan;
mod report;
mod sound;
mod stream;
mod way;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use field::Account;
use serde::Deserialize;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use way::Spoken;

/// Loads a SIP server with calls and measures what becomes of them.
#[derive(Parser)]
#[command(name = "cordboard-load", version)]
struct Options {
    /// The file `demo.json` of a running `cordboard demo`: addresses and agents.
    #[arg(long, global = true, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Where callers call.
    #[arg(long, global = true, default_value = "127.0.0.1:5080")]
    external: SocketAddr,
    /// Where agents' phones register.
    #[arg(long, global = true, default_value = "127.0.0.1:5060")]
    internal: SocketAddr,
    /// Where the agents' pages are; told by demo.json.
    #[arg(skip)]
    http: Option<SocketAddr>,
    /// The server's process, to measure what it uses.
    #[arg(long, global = true)]
    pid: Option<u32>,
    /// The first of our RTP ports.
    #[arg(long, global = true, default_value_t = 42_000)]
    rtp_base: u16,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Callers who send speech and hear hold music.
    Music(Steady),
    /// Callers and agents, bridged, both sending; each must hear its own peer and nobody else.
    Bridge(Bridged),
    /// As `bridge`; whether the server records is the server's setting. The result is named after it.
    Record(Bridged),
    /// Answered calls without media, one after another: INVITE, 200, ACK, BYE.
    Setup(Series),
    /// Calls that wait, reach an agent and end: the agent hangs up, at a desk once the sound is secured.
    BridgedSetup(Series),
}

/// A number of calls at once, measured while they last.
#[derive(Args, Clone)]
struct Steady {
    /// Calls at once.
    #[arg(long, default_value_t = 100)]
    calls: usize,
    /// The window of measurement.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// New calls a second.
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// Seconds between the last answer and the window.
    #[arg(long, default_value_t = 3)]
    settle: u64,
    /// The number called.
    #[arg(long, default_value = "5000")]
    number: String,
    /// Datagrams a second of strangers who attack meanwhile, at a `cordboard demo` on loopback.
    #[arg(long, default_value_t = 0)]
    hostile: u64,
}

/// Such calls with agents.
#[derive(Args, Clone)]
struct Bridged {
    #[command(flatten)]
    steady: Steady,
    /// Agents are at desks in browsers (ICE, DTLS-SRTP), which speak this; without it they have phones.
    #[arg(long, value_enum)]
    desks: Option<Spoken>,
}

/// Many short calls, measured together.
#[derive(Args, Clone)]
struct Series {
    /// Calls in all, after the warm-up.
    #[arg(long, default_value_t = 1000)]
    calls: u64,
    /// Calls before the measurement begins.
    #[arg(long, default_value_t = 100)]
    warm_up: u64,
    /// New calls a second.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// Milliseconds from answer to BYE.
    #[arg(long, default_value_t = 0)]
    hold: u64,
    /// Agents (`bridged-setup`).
    #[arg(long, default_value_t = 20)]
    agents: usize,
    /// They are at desks in browsers (ICE, DTLS-SRTP), which speak this; without it they have phones.
    #[arg(long, value_enum)]
    desks: Option<Spoken>,
    /// Milliseconds that it rings at an agent's (`bridged-setup`).
    #[arg(long, default_value_t = 0)]
    ring: u64,
    /// Whether the phones send and hear sound.
    #[arg(long, value_enum, default_value_t = Media::None)]
    media: Media,
    /// The number called; 9196 (echo) for `setup`, the queue for `bridged-setup`.
    #[arg(long)]
    number: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Media {
    None,
    Rtp,
}

/// What `cordboard demo` writes about itself.
#[derive(Deserialize)]
struct Demo {
    agents: Vec<DemoAgent>,
    internal: SocketAddr,
    external: SocketAddr,
    http: Option<SocketAddr>,
}

#[derive(Deserialize)]
struct DemoAgent {
    user: String,
    password: String,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "cordboard-load: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// 0 if every call came through and every stream heard what it should; 1 otherwise.
fn run(mut options: Options) -> Result<ExitCode> {
    let mut agents = Vec::new();
    if let Some(path) = &options.server {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let demo: Demo = serde_json::from_str(&text)
            .with_context(|| format!("{}: is no demo.json", path.display()))?;
        (options.internal, options.external) = (demo.internal, demo.external);
        options.http = demo.http;
        agents.extend(demo.agents.into_iter().map(|agent| Account {
            user: agent.user,
            password: agent.password,
        }));
    }
    let report = plan::run(&options, &agents)?;
    let text = if options.json {
        format!("{:#}\n", report.json())
    } else {
        report.to_string()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

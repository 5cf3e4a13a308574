//! `cordboard demo`: everything on loopback, an account to try, and the way to a first call.

mod account;
mod call;
mod guide;
mod phone;

use crate::app::story::{self, Numbers};
use crate::app::{Server, terminal};
use crate::config::Config;
use account::Account;
use anyhow::Context as _;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

/// What the demo can be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Make a complete call against itself, tell its story, list the recordings, and end.
    #[arg(long)]
    pub call: bool,
    /// Where the database, the recordings and the passwords are [default: data/demo, with --call
    /// data/demo-call].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// SIP port for the agents' phones; 0: any [default: 5060, with --call 0].
    #[arg(long, value_name = "PORT")]
    pub sip_port: Option<u16>,
    /// SIP port for callers; 0: any [default: 5080, with --call 0].
    #[arg(long, value_name = "PORT")]
    pub external_port: Option<u16>,
    /// Port for phones over TLS; 0: any [default: 5061, with --call or --sip-port none].
    #[arg(long, value_name = "PORT")]
    pub tls_port: Option<u16>,
    /// Port for browsers' phones over WSS; 0: any [default: 5443, with --call or --sip-port none].
    #[arg(long, value_name = "PORT")]
    pub wss_port: Option<u16>,
    /// Port for /metrics and /healthz [default: 8080, with --call none].
    #[arg(long, value_name = "PORT")]
    pub http_port: Option<u16>,
    /// Ports for RTP and RTCP: an even one, a dash, an odd one [default: 20000-21999, with --call a
    /// few that are free].
    #[arg(long, value_name = "A-B", value_parser = ports)]
    pub rtp_ports: Option<RangeInclusive<u16>>,
    /// How many agents there are, 1001 and on.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=8000))]
    pub agents: u16,
    /// Callers hear music at once.
    #[arg(long)]
    pub no_greeting: bool,
    /// Record nothing.
    #[arg(long)]
    pub no_recording: bool,
}

/// Runs the demo until it is told to stop, or the one call is over.
///
/// # Errors
/// What could not be started or, with `--call`, went wrong in the call.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let default = if options.call {
        "data/demo-call"
    } else {
        "data/demo"
    };
    let data = options.data.clone().unwrap_or_else(|| default.into());
    let account = Account::open(&data, options)?;
    let config = account.config(&data, options)?;
    if options.call {
        return call::make(config, &account);
    }
    stay(config, &account)
}

/// How long the lines of the story gather.
const TELLING: std::time::Duration = std::time::Duration::from_millis(20);

/// Runs until a signal comes.
fn stay(config: Config, account: &Account) -> anyhow::Result<()> {
    let grace = config.server.stop_after;
    let (teller, notices) = mpsc::channel();
    let server = Server::start(config, move |_, notice| {
        let _ = teller.send(notice.clone());
    })?;
    account.publish(&server)?;
    terminal::say(&guide::first_call(account, &server));
    let (_, mut settings) = server.steward().account();
    // The server stops on its own: whoever tells of it must not hold it.
    let steward = Arc::downgrade(server.steward());
    let narrator = std::thread::spawn(move || {
        for first in &notices {
            // Under load many lines are told at a time: a wake-up for each would cost more.
            std::thread::sleep(TELLING);
            // What people have set meanwhile has a name, too.
            if let Some(steward) = steward.upgrade() {
                (_, settings) = steward.account();
            }
            let lines: Vec<_> = std::iter::once(first)
                .chain(notices.try_iter())
                .map(|notice| format!("  {}", story::tell(&settings, &notice, Numbers::Plain)))
                .collect();
            terminal::say(&lines.join("\n"));
        }
    });
    let waited = server.wait_for_signal();
    terminal::say("\nStopping. Running calls may go on for a moment; Ctrl-C again ends them.");
    let stopped = server.stop(grace);
    // The switch is gone, and with it the teller: the narrator has said all.
    let _ = narrator.join();
    waited.and(stopped)
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text
        .split_once('-')
        .ok_or("two ports with a dash between, as 20000-21999")?;
    let port = |text: &str| {
        text.trim()
            .parse::<u16>()
            .map_err(|why| format!("{text}: {why}"))
    };
    let (first, last) = (port(first)?, port(last)?);
    if first % 2 == 1 || last % 2 == 0 || last < first || first == 0 {
        return Err(format!(
            "{first}-{last}: from an even port to a higher odd one"
        ));
    }
    Ok(first..=last)
}

/// The sounds that the demo comes with, inside the program so that it can stand anywhere.
pub(crate) const SOUNDS: [(&str, &[u8]); 5] = [
    (
        "hold-music.wav",
        include_bytes!("../../media/hold-music.wav"),
    ),
    ("greeting.wav", include_bytes!("../../media/greeting.wav")),
    (
        "announcement.wav",
        include_bytes!("../../media/announcement.wav"),
    ),
    (
        "demo-caller.wav",
        include_bytes!("../../media/demo-caller.wav"),
    ),
    (
        "demo-agent.wav",
        include_bytes!("../../media/demo-agent.wav"),
    ),
];

/// Unpacks the sounds, where they are not there yet.
fn unpack(folder: &std::path::Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, bytes) in SOUNDS {
        let path = folder.join(name);
        let same = std::fs::metadata(&path).is_ok_and(|known| known.len() == bytes.len() as u64);
        if !same {
            std::fs::write(&path, bytes)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Ok(())
}

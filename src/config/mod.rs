//! The process's configuration: one TOML file, checked before it takes effect (B20).
//!
//! ```text
//!   file ─▶ TOML with positions ─▶ reader: keys, types, ranges ─▶ Account::check ─▶ Config
//!                                   └─ every problem: file, line, mend ─┘
//! ```

use crate::settings::Account;
use crate::sip::Transport;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// What one process is started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The process itself.
    pub server: Server,
    /// Sound.
    pub media: Media,
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Where SIP is received. A listener's index here is its `ListenerId`.
    pub listeners: Vec<ListenerConfig>,
    /// Queues, agents, trunks and what they are to do.
    pub account: Account,
}

/// The process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where the database and the recordings are.
    pub data_dir: PathBuf,
    /// Where `/metrics` and `/healthz` are served; `None`: nowhere.
    pub http: Option<SocketAddr>,
    /// How log lines look.
    pub log: LogFormat,
    /// How long running calls may go on after a request to stop.
    pub stop_after: Duration,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// The local address of all RTP ports.
    pub address: IpAddr,
    /// The address that SDP tells peers: the local one, or the one outside of a NAT.
    pub advertised: IpAddr,
    /// The first of the RTP and RTCP ports: even.
    pub first_port: u16,
    /// The last of them: odd.
    pub last_port: u16,
    /// Threads; `None`: one a core.
    pub workers: Option<usize>,
    /// A leg without RTP for so long ends the call; `None`: never.
    pub silence_timeout: Option<Duration>,
}

/// A SIP listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// The name for logs and metrics.
    pub name: String,
    /// Each on the same address and port.
    pub transports: Vec<Transport>,
    /// The local address.
    pub bind: SocketAddr,
    /// The address that Via and Contact tell peers: the local one, or the one outside of a NAT.
    pub advertised: SocketAddr,
    /// Who is let in.
    pub admits: Admits,
}

/// Who is let in at a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admits {
    /// The agents' phones, which prove by digest in this realm who they are, and register.
    Phones {
        /// The realm of the challenges.
        realm: String,
    },
    /// Trunks, known by the networks they call from.
    Trunks,
}

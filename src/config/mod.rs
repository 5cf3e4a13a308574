//! The process's configuration: one TOML file, checked before it takes effect (B20).
//!
//! ```text
//!   file ─▶ TOML with positions ─▶ load: keys, types, ranges ─▶ Account::check ─▶ Config
//!                                   └─ every problem: file, line, mend ─┘
//! ```
//!
//! `tools/example.toml` shows every key. An unknown key is an error, so that no setting is silently
//! without effect.

mod demo;
pub mod document;
mod inventory;
mod load;
mod profile;
mod report;
mod suggest;
mod table;
#[cfg(test)]
mod tests;
mod words;

pub use demo::Demo;
pub use inventory::{Effect, Key, Kind, inventory};
pub use report::{ConfigError, ConfigErrors};

use crate::settings::{Account, Network, Secret};
use crate::sip::auth::Digest;
use crate::sip::{Paths, Transport, guard};
use crate::watch::trace;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
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
    /// What senders that are not known may do.
    pub guard: guard::Limits,
    /// Where SIP is received.
    pub listeners: Vec<ListenerConfig>,
    /// What is kept of what SIP says; `None`: nothing.
    pub trace: Option<trace::Settings>,
    /// Queues, agents, trunks and what they are to do.
    pub account: Account,
}

/// The process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where the recordings are, and the database unless `database` says otherwise.
    pub data_dir: PathBuf,
    /// The URL of a PostgreSQL database, with its password; `None`: SQLite in `data_dir`.
    pub database: Option<Secret>,
    /// Networks of our own that webhooks may be sent into (H16).
    pub webhook_networks: Vec<Network>,
    /// Networks of our own in which a storage of recordings may be (H16).
    pub storage_networks: Vec<Network>,
    /// The file of the master keys that encrypt recordings (D16); `None`: they are not encrypted, unless
    /// the environment has keys.
    pub recording_keys: Option<PathBuf>,
    /// Where the API, `/metrics` and `/healthz` are served; `None`: nowhere.
    pub http: Option<SocketAddr>,
    /// What others reach it by, and call links begin with: `https://calls.example.com`; `None`: the name
    /// under which a link is asked for.
    pub public_url: Option<String>,
    /// Whether TLS is spoken there, and nothing else.
    pub http_tls: bool,
    /// What it shows; `None`: a certificate signed by itself, in the data directory.
    pub http_certificate: Option<Certificate>,
    /// Whether `http` may be an address that others reach, without TLS.
    pub allow_public: bool,
    /// The DNS servers that are asked; none: those of the system.
    pub dns: Vec<SocketAddr>,
    /// Certificate authorities that are believed besides those of the system: a PEM file.
    pub authorities: Option<PathBuf>,
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
    /// The one that it tells peers of the other IP version; `None`: such peers are refused.
    pub also_advertised: Option<IpAddr>,
    /// The first of the RTP and RTCP ports: even.
    pub first_port: u16,
    /// The last of them: odd.
    pub last_port: u16,
    /// The UDP port that the browsers of the first worker share, those of the next one the next; 0: any
    /// that is free.
    pub browser_port: u16,
    /// The addresses that browsers are told, the best first: `advertised` where nothing else is set.
    pub browser_addresses: Vec<IpAddr>,
    /// The TCP port to which browsers connect that UDP does not reach: one that leads to that of HTTP.
    /// `None`: that of HTTP itself, where it listens at the address of the media, or at all; 0: there is
    /// none.
    pub browser_tcp_port: Option<u16>,
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
    /// Each on the same address and port: UDP, and at most one that has connections.
    pub transports: Vec<Transport>,
    /// The local address.
    pub bind: SocketAddr,
    /// The address that Via and Contact tell peers: the local one, or the one outside of a NAT.
    /// Port 0 where that of `bind` is: then the system chooses it.
    pub advertised: SocketAddr,
    /// Who is let in.
    pub admits: Admits,
    /// Which phones may register through proxies that ask to be on the way to them.
    pub paths: Paths,
    /// What TLS and WSS show; `None`: a certificate signed by itself, in the data directory.
    pub certificate: Option<Certificate>,
}

/// A certificate and its key: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, and after it the chain to what phones trust.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Who is let in at a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admits {
    /// The agents' phones, which prove by digest who they are, and register.
    Phones(Digest),
    /// Trunks, known by the networks they call from.
    Trunks,
}

/// A larger file is no configuration.
const LARGEST: u64 = 4 << 20;

impl Config {
    /// Reads and checks a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// Every problem found: the file, the line, and the mend.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let text = match std::fs::metadata(path) {
            Ok(found) if found.len() > LARGEST => Err("more than 4 MiB: no configuration".into()),
            Ok(_) => std::fs::read_to_string(path).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        match text {
            Ok(text) => Self::parse(path, &text, &Files::on_disk()),
            Err(why) => Err(ConfigErrors::whole_file(path, &why)),
        }
    }

    /// Where browsers connect that UDP does not reach: the port of HTTP, as they see it.
    pub fn browser_connections(&self) -> Vec<SocketAddr> {
        let media = &self.media;
        let Some(http) = self.server.http else {
            return vec![];
        };
        let is_beside = http.ip().is_unspecified() || http.ip() == media.address;
        let port = match media.browser_tcp_port {
            Some(port) => port,
            None if is_beside => http.port(),
            None => 0,
        };
        // What is set may be another's, who leads to ours.
        let takes_both = media.browser_tcp_port.is_some() || http.ip() == Ipv6Addr::UNSPECIFIED;
        let fits = |ip: &IpAddr| port != 0 && (takes_both || ip.is_ipv4() == http.is_ipv4());
        let addresses = media.browser_addresses.iter().filter(|ip| fits(ip));
        addresses.map(|ip| SocketAddr::new(*ip, port)).collect()
    }

    /// Reads and checks the text of a file.
    fn parse(path: &Path, text: &str, files: &Files) -> Result<Self, ConfigErrors> {
        load::load(path, text, files)
    }
}

/// What the loader asks of the disk, so that tests have none.
struct Files {
    exists: fn(&Path) -> bool,
    read: fn(&Path) -> std::io::Result<String>,
}

impl Files {
    fn on_disk() -> Self {
        Self {
            exists: Path::is_file,
            read: |path| std::fs::read_to_string(path),
        }
    }
}

//! The demo's account: made at the first start, kept for the next ones.

use super::Options;
use crate::app::Server;
use crate::config::{Config, Demo};
use crate::random::Random;
use crate::settings::Secret;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Where RTP is received unless somebody says otherwise: enough for 500 calls.
const RTP_PORTS: RangeInclusive<u16> = 20_000..=21_999;

const NAMES: [&str; 8] = ["Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana"];

/// The agents of the demo, and where it keeps its data.
#[derive(Debug)]
pub(super) struct Account {
    data: PathBuf,
    agents: Vec<Agent>,
}

/// An agent's credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Agent {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) name: String,
}

/// What `demo.json` holds: for people, scripts and load generators.
#[derive(Debug, Serialize, Deserialize)]
struct Published {
    agents: Vec<Agent>,
    internal: Option<SocketAddr>,
    external: Option<SocketAddr>,
    http: Option<SocketAddr>,
    recordings: PathBuf,
    database: PathBuf,
}

impl Account {
    /// Reads the agents of the last start, and makes up those that are missing.
    pub(super) fn open(data: &Path, options: &Options) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)
            .with_context(|| format!("{} cannot be made", data.display()))?;
        let file = data.join("demo.json");
        let known = match std::fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice::<Published>(&bytes)
                    .with_context(|| {
                        format!("{} is not what the demo wrote: remove it", file.display())
                    })?
                    .agents
            }
            Err(_) => vec![],
        };
        let mut random = Random::from_system();
        let agents = (0..options.agents).map(|index| {
            let user = (1001 + u32::from(index)).to_string();
            let known = known.iter().find(|agent| agent.user == user).cloned();
            known.unwrap_or_else(|| Agent {
                password: random.hex(12),
                name: name(index),
                user,
            })
        });
        Ok(Self {
            data: data.to_owned(),
            agents: agents.collect(),
        })
    }

    /// The configuration of the demo's server.
    pub(super) fn config(&self, data: &Path, options: &Options) -> anyhow::Result<Config> {
        // The settings name them, and are taken elsewhere, where another folder is the current one.
        let sounds = std::path::absolute(data)?.join("sounds");
        super::unpack(&sounds)?;
        let port =
            |given: Option<u16>, usual: u16| given.unwrap_or(if options.call { 0 } else { usual });
        let http = match options.http_port {
            Some(port) => Some(port),
            None => (!options.call).then_some(8080),
        };
        // Beside a demo on other ports the usual ones may be taken.
        let usual = !options.call && options.sip_port.is_none();
        let encrypted =
            |given: Option<u16>, port: u16| given.or_else(|| usual.then_some(port)).map(at);
        Ok(Config::demo(Demo {
            data_dir: data.to_owned(),
            sounds,
            internal: at(port(options.sip_port, 5060)),
            external: at(port(options.external_port, 5080)),
            tls: encrypted(options.tls_port, 5061),
            wss: encrypted(options.wss_port, 5443),
            http: http.map(at),
            rtp_ports: match &options.rtp_ports {
                Some(given) => given.clone(),
                None if options.call => spare_ports(),
                None => RTP_PORTS,
            },
            agents: self
                .agents
                .iter()
                .map(|agent| {
                    (
                        agent.user.clone(),
                        agent.name.clone(),
                        Secret(agent.password.clone()),
                    )
                })
                .collect(),
            greeting: !options.no_greeting,
            recording: !options.no_recording,
        }))
    }

    /// Writes `demo.json`, readable for its owner alone.
    pub(super) fn publish(&self, server: &Server) -> anyhow::Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let [internal, external] = self.addresses(server);
        let published = Published {
            agents: self.agents.clone(),
            internal: Some(internal),
            external: Some(external),
            http: server.http(),
            recordings: self.recordings(),
            database: self.data.join("cordboard.db"),
        };
        let path = self.data.join("demo.json");
        let unfinished = self.data.join("demo.json.new");
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .with_context(|| format!("{} cannot be written", unfinished.display()))?;
        file.write_all(&serde_json::to_vec_pretty(&published)?)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        Ok(())
    }

    pub(super) fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// What phones over TLS are shown.
    pub(super) fn certificate(&self) -> PathBuf {
        self.data.join("tls").join("certificate.pem")
    }

    pub(super) fn recordings(&self) -> PathBuf {
        self.data.join("recordings")
    }

    /// Where the listeners *internal* and *external* are.
    pub(super) fn addresses(&self, server: &Server) -> [SocketAddr; 2] {
        ["internal", "external"].map(|name| server.address(name).unwrap_or_else(|| at(0)))
    }
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Some ports that nobody has now, so that a demo that calls itself can run beside another one.
fn spare_ports() -> RangeInclusive<u16> {
    let mut random = Random::from_system();
    let draws = std::iter::repeat_with(|| 30_000 + 2 * random.below(15_000) as u16).take(50);
    let ranges = draws.map(|first| first..=first + 15);
    let is_free = |range: &RangeInclusive<u16>| {
        let sockets: Vec<_> = range
            .clone()
            .map(|port| UdpSocket::bind(at(port)))
            .collect();
        sockets.iter().all(Result::is_ok)
    };
    ranges.into_iter().find(is_free).unwrap_or(RTP_PORTS)
}

/// Ada, Ben, Cleo… and from the ninth on Ada 2, Ben 2…
fn name(index: u16) -> String {
    let index = usize::from(index);
    let (round, name) = (index / NAMES.len() + 1, NAMES[index % NAMES.len()]);
    if round == 1 {
        name.to_owned()
    } else {
        format!("{name} {round}")
    }
}

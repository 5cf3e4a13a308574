//! The configuration of the demo: everything on loopback, one queue, any number reaches it.

use super::{Admits, Config, ListenerConfig, LogFormat, Media, Server};
use crate::id::{AgentId, QueueId, TrunkId};
use crate::settings::{
    Account, Agent, Announcement, Codes, Destination, Habits, Message, Network, Queue, Recording,
    Route, Secret, Trunk, Waiting, WrapUp, defaults,
};
use crate::sip::auth::{Algorithm, Digest};
use crate::sip::{Paths, Transport, guard};
use crate::watch::trace;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// What the demo can be told.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Where the database and the recordings are.
    pub data_dir: PathBuf,
    /// The folder with `hold-music.wav` and `greeting.wav`.
    pub sounds: PathBuf,
    /// The listener for the agents' phones.
    pub internal: SocketAddr,
    /// The listener for callers.
    pub external: SocketAddr,
    /// The listener for phones over TLS, if there is to be one.
    pub tls: Option<SocketAddr>,
    /// The listener for browsers' phones, over WebSockets and TLS, if there is to be one.
    pub wss: Option<SocketAddr>,
    /// Where `/metrics` and `/healthz` are served.
    pub http: Option<SocketAddr>,
    /// RTP and RTCP ports, from an even one to an odd one.
    pub rtp_ports: RangeInclusive<u16>,
    /// User, name and password of each agent.
    pub agents: Vec<(String, String, Secret)>,
    /// Whether callers hear messages, the greeting and the announcement; music they always hear.
    pub greeting: bool,
    /// Whether talks are recorded.
    pub recording: bool,
}

const SUPPORT: QueueId = QueueId(1);

impl Config {
    /// The demo's configuration: queue *Support* for every number but 9196 (echo) and 9664 (hold
    /// music), wrap-up of 10 s, all files of a recording.
    pub fn demo(demo: Demo) -> Self {
        let (account, listeners) = (account(&demo), listeners(&demo));
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        Self {
            server: Server {
                dns: vec![],
                authorities: None,
                data_dir: demo.data_dir,
                database: None,
                webhook_networks: vec![],
                public_url: None,
                storage_networks: vec![],
                recording_keys: None,
                http: demo.http,
                http_tls: false,
                http_certificate: None,
                allow_public: false,
                log: LogFormat::Text,
                stop_after: Duration::from_secs(10),
            },
            media: Media {
                address: loopback,
                advertised: loopback,
                also_advertised: None,
                first_port: *demo.rtp_ports.start(),
                last_port: *demo.rtp_ports.end(),
                browser_port: 0,
                browser_addresses: vec![loopback],
                browser_tcp_port: None,
                workers: None,
                silence_timeout: Some(Duration::from_secs(30)),
            },
            user_agent: super::load::USER_AGENT.into(),
            // Hundreds of phones of one address may register at once: a demo is where loads are tried.
            guard: guard::Limits {
                rate: 1_000,
                burst: 10_000,
                ..guard::Limits::default()
            },
            listeners,
            trace: Some(trace::Settings::default()),
            account,
        }
    }
}

fn listeners(demo: &Demo) -> Vec<ListenerConfig> {
    let phones = || Admits::Phones(Digest::new("cordboard", &[Algorithm::Md5]));
    let over = |name: &str, transport, bind: SocketAddr| ListenerConfig {
        transports: vec![transport],
        ..listener(name, bind, phones())
    };
    let tls = demo
        .tls
        .map(|bind| over("internal-tls", Transport::Tls, bind));
    let wss = demo
        .wss
        .map(|bind| over("internal-wss", Transport::Wss, bind));
    let plain = [
        listener("internal", demo.internal, phones()),
        listener("external", demo.external, Admits::Trunks),
    ];
    plain.into_iter().chain(tls).chain(wss).collect()
}

fn listener(name: &str, bind: SocketAddr, admits: Admits) -> ListenerConfig {
    ListenerConfig {
        name: name.into(),
        transports: vec![Transport::Udp, Transport::Tcp],
        bind,
        advertised: bind,
        admits,
        paths: Paths::default(),
        certificate: None,
    }
}

fn account(demo: &Demo) -> Account {
    let agents = (1..).map(AgentId).zip(&demo.agents);
    let agents: Vec<_> = agents
        .map(|(id, (user, name, password))| Agent {
            id,
            name: name.clone(),
            user: user.clone(),
            password: password.clone(),
            wrap_up: None,
            record_calls: true,
            record_direction: crate::settings::Directions::Both,
            teams: vec![],
            habits: Habits::default(),
        })
        .collect();
    // The other half is for strangers.
    let loopback = Network {
        address: Ipv4Addr::new(127, 0, 0, 0).into(),
        prefix: 9,
    };
    let route = |number: &str, to| Route {
        number: number.into(),
        to,
    };
    Account {
        queues: vec![support(demo, &agents)],
        agents,
        trunks: vec![Trunk {
            from: vec![loopback],
            ..Trunk::new(TrunkId(1), "loopback")
        }],
        routes: vec![
            route("9196", Destination::Echo),
            route("9664", Destination::Music),
            route("*", Destination::Queue(SUPPORT)),
        ],
        wrap_up: WrapUp {
            enabled: true,
            default: Duration::from_secs(10),
            extend: true,
        },
        recording: Recording {
            enabled: demo.recording,
            ..Recording::default()
        },
        ..Account::new("demo")
    }
}

fn support(demo: &Demo, agents: &[Agent]) -> Queue {
    let file = |name: &str| Message::File(demo.sounds.join(name));
    let announcement = Announcement {
        message: Message::File(demo.sounds.join("announcement.wav")),
        every: defaults::ANNOUNCE_EVERY,
        codes: Codes::default(),
    };
    Queue {
        agents: agents.iter().map(|agent| agent.id).collect(),
        waiting: Waiting {
            greeting: demo.greeting.then(|| file("greeting.wav")),
            music: Some(file("hold-music.wav")),
            announcement: demo.greeting.then_some(announcement),
            max_wait: None,
        },
        ..Queue::new(SUPPORT, "Support")
    }
}

//! Composition: builds every part, starts the threads, stops them in the right order. The only
//! place that knows all.
//!
//! ```text
//!  SIP sockets ──▶ inbox ──▶ control thread: Switch ──▶ hands ─┬─▶ SIP sockets
//!  media workers ──▶ │                                          ├─▶ media workers ──chunks──▶ vault
//!  signals ────────▶ │                                          ├─▶ vault (segments)
//!                                                               └─▶ store, log, metrics
//! ```

pub mod cli;
pub mod story;
pub mod terminal;

mod about;
mod ask;
mod certificates;
mod control;
mod counted;
mod hands;
mod inbox;
mod keeping;
mod kept;
mod ladder;
mod proof;
mod recordings;
mod redeem;
mod settings;
mod speech;
mod trust;
mod voices;
mod workers;

use crate::acd::callback::Number;
use crate::api::{self, Api, Health, Pages, Switchboard};
use crate::archive::{Archive, Doors};
use crate::call::record::Recorded;
use crate::clock::Clock;
use crate::config::{Admits, Config, ListenerConfig};
use crate::events::webhooks::{Means, Reach, Webhooks};
use crate::events::{Live, Log, What};
use crate::id::CallId;
use crate::net::{Dns, Network, Socket};
use crate::random::Random;
use crate::sip::{self, Listener, ListenerId, Transport};
use crate::steward::{self, Steward};
use crate::store::{DataDir, Place, Record, Store};
use crate::switch::{self, Ask, Input, Notice, Request, Restored, Sounds, Switch};
use crate::vault::{Shelf, Vault};
use crate::voices::Catalogue;
use crate::watch::metrics;
use crate::watch::trace::{Clerk, Trace};
use crate::worker::Worker;
use anyhow::Context as _;
use certificates::Certificates;
use control::Control;
use hands::Hands;
use inbox::Inbox;
use jiff::Timestamp;
use redeem::Redeemer;
use speech::Speech;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use trust::trust;

/// How long the last messages of SIP are given on the way out.
const FAREWELL: Duration = Duration::from_millis(500);

/// A running server.
#[derive(Debug)]
pub struct Server {
    control: Control,
    inbox: Inbox,
    vault: Vault,
    store: Arc<Store>,
    api: Option<Api>,
    steward: Arc<Steward>,
    webhooks: Webhooks,
    archive: Archive,
    runtime: tokio::runtime::Runtime,
    clerk: Option<Clerk>,
    http: Option<SocketAddr>,
    /// Requests to stop so far.
    signals: Arc<AtomicU32>,
    /// The name of each listener, and where its first transport is bound.
    addresses: Vec<(String, SocketAddr)>,
    /// Last: the data directory is ours until all else has stopped.
    _lock: DataDir,
}

impl Server {
    /// Starts everything. `listen` hears every notice, on the control thread: it must not wait.
    ///
    /// # Errors
    /// What is missing or taken: a directory, a port, a sound; with the mend.
    pub fn start(
        config: Config,
        listen: impl FnMut(Option<CallId>, &Notice) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let data = &config.server.data_dir.clone();
        metrics::install()?;
        let lock = DataDir::lock(data)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("async")
            .enable_all()
            .build()?;
        let catalogue = Arc::new(Catalogue::new(data));
        let health = Arc::new(Health::new(env!("CARGO_PKG_VERSION")));
        let (inbox, outlet) = inbox::inbox();
        let (told, confirmed) = (health.clone(), inbox.clone());
        let url = config.server.database.as_ref().map(|url| url.0.as_str());
        let store = Store::start(&Place::new(url, data), move |event| {
            kept::store_event(&confirmed, &told, event);
        });
        let (store, keys) = keeping::sealed(store?, &config.server, &health)?;
        store.interrupted(Timestamp::now())?;
        let folder = std::path::absolute(data)?.join("sounds");
        let began = steward::begin(&store, &config.account, &folder, &catalogue)?;
        let mut config = config;
        config.account = began.account;
        let log = Log::open(store.clone(), Timestamp::now())?;
        let version = env!("CARGO_PKG_VERSION");
        log.add(Timestamp::now(), &What::Started { version });
        let live = Live::new(log.clone(), Timestamp::now());
        let (records, happened, told) = (store.clone(), log.clone(), health.clone());
        let keep =
            move |recorded: &Recorded| records.keep(Record::Recorded(recorded.clone())).is_ok();
        let vault = Vault::start(data.join("recordings"), keys.clone(), keep, move |event| {
            kept::vault_event(&happened, &told, event);
        })?;
        let means = Means {
            log: log.clone(),
            store: store.clone(),
            reach: Reach::new(config.server.webhook_networks.clone()),
            tls: trust(&config)?.web()?,
        };
        let webhooks = Webhooks::start(runtime.handle(), means);
        let certificate = workers::certificate()?;
        let workers = workers::start(&config, began.library, &vault, &inbox, &certificate)?;
        let browsers = workers::browsers(&config, &workers, &certificate);
        let media = Some(workers::door(&workers)).filter(|_| !browsers.connections.is_empty());
        let speech = Arc::new(Speech::start(&catalogue, inbox.clone())?);
        speech.prepare(&began.sounds);
        let (into, happens, ahead) = (inbox.clone(), log, speech.clone());
        let steward = Arc::new(Steward::new(
            store.clone(),
            &folder,
            config.account.clone(),
            began.revision,
            began.studio,
            move |change| {
                let steward::Change { revision, by, .. } = change;
                happens.add(Timestamp::now(), &What::SettingsChanged { revision, by });
                ahead.prepare(&change.settings.sounds);
                into.insist(Input::Settings(change.settings));
            },
        ));
        let certificates = Certificates::of(&config)?;
        let network = start_network(&config, &certificates, &runtime, &inbox)?;
        certificates.watch(&runtime)?;
        let trace = trace(&config, &network)?;
        let clerk = trace.as_ref().map(Trace::start).transpose()?;
        let ways_in = inbox.clone();
        let shelf = Shelf::new(data.join("recordings"), keys);
        let reach = Reach::new(config.server.storage_networks.clone());
        let doors = Doors {
            reach,
            tls: Some(trust(&config)?.web()?),
        };
        let means = keeping::means(&store, &shelf, &steward, &health, doors);
        let means = Arc::new(means);
        let archive = Archive::start(runtime.handle(), means.clone());
        let switchboard = Arc::new(Switchboard::new(move |request| {
            ways_in.offer(Input::Request(request)).is_ok()
        }));
        let ways_in = inbox.clone();
        let pages = Arc::new(Pages::new(move |input| {
            ways_in.offer(Input::Page(input)).is_ok()
        }));
        let api = config.server.http.map(|address| {
            let place = api::Place {
                address,
                allow_public: config.server.allow_public,
                identity: certificates.of_http(&config),
                media,
            };
            let parts = api::Parts {
                health: health.clone(),
                trace: trace.clone(),
                store: store.clone(),
                steward: steward.clone(),
                switch: switchboard.clone(),
                pages: pages.clone(),
                log: live.log().clone(),
                live: live.shown(),
                webhooks: webhooks.bell(),
                deliveries: webhooks.deliveries(),
                system: about::system(&config, &certificates, &network),
                voices: catalogue.clone(),
                public_url: config.server.public_url.clone(),
                shelf,
                archive: means,
                data: data.clone(),
            };
            Api::start(place, runtime.handle(), parts)
        });
        let api = api.transpose()?;
        let left = kept::restored(&store)?;
        let switch = switch(&config, began.sounds, left, &workers, browsers, &network);
        let http = config.server.http;
        let addresses = listeners(&config).filter_map(|(id, listener, transport)| {
            let address = network.local_addr(id)?;
            tracing::info!(listener = listener.name, ?transport, %address, "listens for SIP");
            Some((listener.name.clone(), address))
        });
        let addresses: Vec<(String, SocketAddr)> = addresses.collect();
        let dns = start_dns(&config, &runtime, &inbox)?;
        let hands = Hands::new(
            config.account,
            network,
            workers,
            vault.sender(),
            store.clone(),
            health,
            Box::new(listen),
        )
        .with_certificates(certificates)
        .with_dns(dns)
        .with_redeemer(Redeemer {
            store: store.clone(),
            steward: steward.clone(),
            log: live.log().clone(),
            inbox: inbox.clone(),
        })
        .with_events(live)
        .with_speech(speech)
        .with_switchboard(switchboard)
        .with_pages(pages)
        .with_tap(trace.as_ref().map(Trace::tap).unwrap_or_default());
        let listed = store.external_numbers()?.into_iter().map(Number).collect();
        let what = Ask::List { numbers: listed };
        // Nobody awaits the reply. Before anything else is asked there is room for it.
        let _ = inbox.offer(Input::Request(Request { ticket: 0, what }));
        let control = Control::start(switch, outlet, hands)?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
        Ok(Self {
            control,
            inbox,
            vault,
            store,
            api,
            steward,
            webhooks,
            archive,
            runtime,
            clerk,
            http,
            signals: Arc::default(),
            addresses,
            _lock: lock,
        })
    }

    /// Where a listener is bound, by its name: the port that the system chose, if it was 0.
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        let mut addresses = self.addresses.iter();
        addresses
            .find(|(name, _)| name == listener)
            .map(|(_, address)| *address)
    }

    /// Where `/metrics` and `/healthz` are served.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// The settings in force.
    pub fn steward(&self) -> &Arc<Steward> {
        &self.steward
    }

    /// The recordings of a call that are complete.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub fn recordings(&self, call: CallId) -> anyhow::Result<Vec<Recorded>> {
        self.store.recordings(call)
    }

    /// Waits for SIGTERM or SIGINT.
    ///
    /// # Errors
    /// If the control thread has died, or signals cannot be had.
    pub fn wait_for_signal(&self) -> anyhow::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        self.runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let (count, came) = (self.signals.clone(), Arc::new(Notify::new()));
            let first = came.clone();
            // It goes on counting while the server stops: a second signal means at once.
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        Some(()) = terminate.recv() => {}
                        Some(()) = interrupt.recv() => {}
                        else => return,
                    }
                    count.fetch_add(1, Ordering::Release);
                    came.notify_one();
                }
            });
            loop {
                tokio::select! {
                    () = first.notified() => return Ok(()),
                    () = tokio::time::sleep(Duration::from_secs(1)) => {
                        anyhow::ensure!(self.control.is_alive(), "the control thread has died");
                    }
                }
            }
        })
    }

    /// Stops: no new calls, the running ones may go on for `grace` or until a second signal comes,
    /// recordings and records are written. After `grace` this takes about three seconds, and five
    /// more if the database does not answer.
    ///
    /// # Errors
    /// If something could not be written to the end.
    pub fn stop(self, grace: Duration) -> anyhow::Result<()> {
        tracing::info!(seconds = grace.as_secs(), "stopping: no new calls");
        self.inbox.insist(Input::Drain);
        let asked_again = || self.signals.load(Ordering::Acquire) > 1;
        self.wait_until_quiet(grace, asked_again);
        if !self.control.is_quiet() {
            tracing::info!("ending the calls that are left");
        }
        self.inbox.insist(Input::Stop);
        std::thread::sleep(Duration::from_millis(50));
        self.wait_until_quiet(Duration::from_secs(2), || false);
        // The peers' last answers, and our repetitions of what they may have lost.
        std::thread::sleep(FAREWELL);
        let hands = self.control.stop();
        if let Some(hands) = hands {
            hands.stop();
        }
        if let Some(clerk) = self.clerk {
            clerk.stop();
        }
        self.vault.stop();
        let flushed = self.store.flush();
        if let Some(api) = self.api {
            api.stop();
        }
        drop(self.archive);
        drop(self.steward);
        drop(self.webhooks);
        if let Some(store) = Arc::into_inner(self.store) {
            store.stop();
        }
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        tracing::info!("stopped");
        flushed.context("the last records wait in the spool for the next start")
    }

    fn wait_until_quiet(&self, patience: Duration, enough: impl Fn() -> bool) {
        let until = Instant::now() + patience;
        let waits = || Instant::now() < until && self.control.is_alive() && !enough();
        while !self.control.is_quiet() && waits() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Every listener once for each of its transports: what the network and the endpoint number by
/// `ListenerId`.
fn listeners(config: &Config) -> impl Iterator<Item = (ListenerId, &ListenerConfig, Transport)> {
    let each = config.listeners.iter();
    let each = each.flat_map(|listener| listener.transports.iter().map(move |t| (listener, *t)));
    let numbered = (0..).map(ListenerId).zip(each);
    numbered.map(|(id, (listener, transport))| (id, listener, transport))
}

fn start_network(
    config: &Config,
    certificates: &Certificates,
    runtime: &tokio::runtime::Runtime,
    inbox: &Inbox,
) -> anyhow::Result<Network> {
    let sockets = listeners(config).map(|(id, listener, transport)| Socket {
        listener: id,
        transport,
        address: listener.bind,
        identity: certificates.of_listener(listener, transport),
        asks: listener.admits == Admits::Trunks && transport == Transport::Tls,
    });
    let (inbox, trust) = (inbox.clone(), trust(config)?);
    Network::start(sockets.collect(), trust, runtime.handle(), move |input| {
        inbox.offer(Input::Sip(input)).is_ok()
    })
}

fn start_dns(
    config: &Config,
    runtime: &tokio::runtime::Runtime,
    inbox: &Inbox,
) -> anyhow::Result<Dns> {
    let inbox = inbox.clone();
    Dns::start(
        &config.server.dns,
        runtime.handle(),
        move |query, answer| {
            // An answer that finds no room is one that never came: the resolver gives it up.
            drop(inbox.offer(Input::Looked(query, answer)));
        },
    )
}

/// What is kept of what SIP says, as the configuration wants it.
fn trace(config: &Config, network: &Network) -> anyhow::Result<Option<Trace>> {
    let places = listeners(config).map(|(id, listener, _)| {
        let mut place = network.local_addr(id).unwrap_or(listener.bind);
        if place.ip().is_unspecified() {
            place.set_ip(listener.advertised.ip());
        }
        place
    });
    let trace = config.trace.as_ref().map(|settings| {
        let trace = Trace::new(settings, places.collect());
        settings
            .hep
            .as_ref()
            .map_or(Ok(trace.clone()), |hep| trace.with_hep(hep))
    });
    trace
        .transpose()
        .context("the socket towards the capture server")
}

fn switch(
    config: &Config,
    sounds: Sounds,
    restored: Restored,
    workers: &[Worker],
    browsers: switch::Browsers,
    network: &Network,
) -> Switch {
    let listeners = listeners(config).map(|(id, listener, transport)| {
        let digest = match &listener.admits {
            Admits::Phones(digest) => Some(digest.clone()),
            Admits::Trunks => None,
        };
        let local = network.local_addr(id).unwrap_or(listener.bind);
        let mut advertised = listener.advertised;
        if advertised.port() == 0 {
            advertised.set_port(local.port());
        }
        Listener {
            transport,
            local,
            advertised,
            registrar: digest.is_some(),
            paths: listener.paths,
            digest,
        }
    });
    let sip = sip::Config {
        listeners: listeners.collect(),
        user_agent: config.user_agent.clone(),
        guard: config.guard,
        ..sip::Config::default()
    };
    let config = switch::Config {
        account: config.account.clone(),
        sip,
        media_address: config.media.advertised,
        media_other: config.media.also_advertised,
        browsers: Some(browsers),
        ports: workers
            .iter()
            .map(|worker| worker.bound_ports().to_vec())
            .collect(),
        silence: config.media.silence_timeout,
        sounds,
        restored,
    };
    let clock = Clock::new(Instant::now(), Timestamp::now());
    Switch::new(config, clock, Random::from_system())
}

//! The certificates of the TLS listeners: found at the start, looked after from then on (F10).

use crate::api::ShownCertificate;
use crate::config::{Certificate, Config, ListenerConfig};
use crate::net::Identity;
use crate::sip::Transport;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// Each certificate once, whatever number of listeners shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Certificates {
    /// By its files; `None`: ours, in the data directory.
    known: Vec<(Option<Certificate>, Arc<Identity>)>,
}

impl Certificates {
    /// Reads what the listeners need; makes our own if one needs it and it is not there.
    pub(super) fn of(config: &Config) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for listener in config
            .listeners
            .iter()
            .filter(|listener| is_secure(listener))
        {
            if all.find(listener).is_some() {
                continue;
            }
            let identity = match &listener.certificate {
                Some(files) => Identity::read(&files.chain, &files.key)?,
                None => Identity::self_signed(&folder(config), &addresses(config))?,
            };
            all.known
                .push((listener.certificate.clone(), Arc::new(identity)));
        }
        if config.server.http_tls && all.of_http(config).is_none() {
            let files = &config.server.http_certificate;
            let identity = match files {
                Some(files) => Identity::read(&files.chain, &files.key)?,
                None => Identity::self_signed(&folder(config), &addresses(config))?,
            };
            all.known.push((files.clone(), Arc::new(identity)));
        }
        Ok(all)
    }

    /// What HTTP shows; `None`: it speaks no TLS.
    pub(super) fn of_http(&self, config: &Config) -> Option<Arc<Identity>> {
        let mut known = self.known.iter();
        let found = known.find(|(files, _)| *files == config.server.http_certificate)?;
        config.server.http_tls.then(|| Arc::clone(&found.1))
    }

    pub(super) fn of_listener(
        &self,
        listener: &ListenerConfig,
        transport: Transport,
    ) -> Option<Arc<Identity>> {
        self.find(listener).filter(|_| transport.is_secure())
    }

    /// Looks for new files each half minute, and at once on SIGHUP. Without certificates that
    /// signal keeps its meaning.
    pub(super) fn watch(&self, runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
        if self.known.is_empty() {
            return Ok(());
        }
        let _inside = runtime.enter();
        let (all, mut hangup) = (self.clone(), signal(SignalKind::hangup())?);
        tokio::spawn(async move {
            let mut look = interval(LOOK);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let forced = tokio::select! {
                    _ = look.tick() => false,
                    Some(()) = hangup.recv() => true,
                };
                for (_, identity) in &all.known {
                    identity.refresh(forced);
                }
            }
        });
        Ok(())
    }

    /// When the first of them expires, in seconds since 1970; 0 without any.
    pub(super) fn expire(&self) -> u64 {
        let each = self.known.iter().map(|(_, identity)| identity.expires());
        each.min().unwrap_or(0)
    }

    /// How many have files that cannot be used.
    pub(super) fn failing(&self) -> usize {
        let failing = |(_, identity): &&(_, Arc<Identity>)| identity.is_failing();
        self.known.iter().filter(failing).count()
    }

    /// Where each is shown.
    pub(super) fn shown(&self, config: &Config) -> Vec<ShownCertificate> {
        let each = self.known.iter().map(|(files, identity)| {
            let listeners = config.listeners.iter();
            let listeners = listeners.filter(|each| is_secure(each) && each.certificate == *files);
            let mut at: Vec<_> = listeners.map(|listener| listener.name.clone()).collect();
            if config.server.http_tls && config.server.http_certificate == *files {
                at.push("http".to_owned());
            }
            ShownCertificate {
                at,
                own: files.is_none(),
                identity: Arc::clone(identity),
            }
        });
        each.collect()
    }

    fn find(&self, listener: &ListenerConfig) -> Option<Arc<Identity>> {
        let mut known = self.known.iter();
        let found = known.find(|(files, _)| *files == listener.certificate)?;
        Some(Arc::clone(&found.1))
    }
}

fn is_secure(listener: &ListenerConfig) -> bool {
    listener.transports.iter().any(|t| t.is_secure())
}

fn folder(config: &Config) -> PathBuf {
    Path::new(&config.server.data_dir).join("tls")
}

/// Under which peers reach us: what our own certificate is good for.
fn addresses(config: &Config) -> Vec<std::net::IpAddr> {
    let listeners = config.listeners.iter();
    let http = config.server.http.filter(|_| config.server.http_tls);
    let all = listeners.map(|listener| listener.advertised.ip());
    all.chain(http.map(|http| http.ip())).collect()
}

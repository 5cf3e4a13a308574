//! The certificate of TLS listeners: read, made if there is none, replaced while connections live
//! (F10).
//!
//! ```text
//!   files ──read, key fits, not expired──▶ in use for new handshakes
//!     └── anything wrong ──▶ the old one stays in use, and an alarm tells
//! ```

mod alias;
mod made;
mod only;
mod peer;

pub use only::only;
pub use peer::{Proof, Trust};

pub(super) use alias::{Chain, Claimed};
pub(super) use peer::Met;

use alias::AnyClient;
use anyhow::{Context as _, bail, ensure};
use rustls::client::ResolvesClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme, version};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// From here on before its end a certificate is warned of, once a day.
const WARNED_BEFORE: Duration = Duration::from_secs(21 * 86_400);

/// How often it is warned of.
const WARNED_EVERY: Duration = Duration::from_secs(86_400);

/// A larger file holds no certificate.
const LARGEST: u64 = 1 << 20;

/// The certificate and key that a TLS listener shows.
#[derive(Debug)]
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    shown: Arc<Shown>,
    server: Arc<ServerConfig>,
    /// The same, which asks who connects for a certificate.
    asking: Arc<ServerConfig>,
    state: Mutex<State>,
}

/// What is shown in new handshakes.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

#[derive(Debug)]
struct State {
    /// The files as they were when they were read last.
    stamp: Option<Stamp>,
    /// Why the files are not in use, if they are not.
    trouble: Option<String>,
    /// When what is in use expires.
    expires: SystemTime,
    /// When its end was warned of.
    warned: Option<SystemTime>,
}

/// By which a file that was replaced is known: its time and length, of both files.
type Stamp = [(SystemTime, u64); 2];

/// A certificate with its key, fit to be used.
struct Pair {
    key: CertifiedKey,
    expires: SystemTime,
}

/// What a look at the files has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// They are as they were.
    Same,
    /// New handshakes use what is in them now.
    Replaced,
    /// They cannot be used; what was in use stays so.
    Refused,
}

impl Identity {
    /// Reads a certificate, its chain after it, and its key: PEM files.
    ///
    /// # Errors
    /// A file that cannot be read or used, by its name.
    pub fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let stamp = stamp(certificate, key);
        let pair = pair(certificate, key)?;
        let now = SystemTime::now();
        if pair.expires <= now {
            tracing::error!(file = %certificate.display(), "the TLS certificate has expired: phones will refuse it");
        }
        let shown = Arc::new(Shown(RwLock::new(Arc::new(pair.key))));
        let resolver = || Arc::clone(&shown) as Arc<dyn ResolvesServerCert>;
        let begun = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?;
        let asking = begun
            .clone()
            .with_client_cert_verifier(Arc::new(AnyClient::new()))
            .with_cert_resolver(resolver());
        let server = begun.with_no_client_auth().with_cert_resolver(resolver());
        let identity = Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            shown,
            server: Arc::new(server),
            asking: Arc::new(asking),
            state: Mutex::new(State {
                stamp,
                trouble: None,
                expires: pair.expires,
                warned: None,
            }),
        };
        identity.warn(now);
        Ok(identity)
    }

    /// Reads `certificate.pem` and `key.pem` of a folder. If they are not there they are made: a
    /// certificate signed by itself for these addresses, good for ten years.
    ///
    /// # Errors
    /// If they cannot be read, used, made or written.
    pub fn self_signed(folder: &Path, addresses: &[IpAddr]) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        if !certificate.exists() || !key.exists() {
            made::make(&certificate, &key, addresses)
                .with_context(|| format!("a TLS certificate in {}", folder.display()))?;
            tracing::info!(file = %certificate.display(), "made a TLS certificate, signed by itself");
        }
        Self::read(&certificate, &key)
    }

    /// Looks whether the files have been replaced, or, if `forced`, reads them whatever their
    /// time. New handshakes use what is in them; connections that are there do not notice.
    pub fn refresh(&self, forced: bool) -> Refreshed {
        let now = SystemTime::now();
        let stamp = stamp(&self.certificate, &self.key);
        let mut state = lock(&self.state);
        if !forced && state.trouble.is_none() && stamp == state.stamp {
            drop(state);
            self.warn(now);
            return Refreshed::Same;
        }
        state.stamp = stamp;
        let read = pair(&self.certificate, &self.key).and_then(|pair| {
            ensure!(pair.expires > now, "it has expired");
            Ok(pair)
        });
        let refreshed = match read {
            Ok(pair) => {
                let mut shown = self.shown.0.write().unwrap_or_else(PoisonError::into_inner);
                *shown = Arc::new(pair.key);
                (state.expires, state.warned, state.trouble) = (pair.expires, None, None);
                tracing::info!(file = %self.certificate.display(), "the TLS certificate is renewed");
                Refreshed::Replaced
            }
            Err(why) => {
                let why = format!("{why:#}");
                // A look each half minute tells the same thing once.
                if forced || state.trouble.as_ref() != Some(&why) {
                    tracing::error!(file = %self.certificate.display(), why, "the TLS certificate cannot be used: the old one stays");
                }
                state.trouble = Some(why);
                Refreshed::Refused
            }
        };
        drop(state);
        self.warn(now);
        refreshed
    }

    /// When the certificate in use expires: seconds since 1970.
    pub fn expires(&self) -> u64 {
        let since = lock(&self.state).expires.duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.certificate
    }

    /// Why the files cannot be used, while an older certificate stays in use.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.state).trouble.clone()
    }

    /// Whether the files cannot be used, and an older certificate stays in use.
    pub fn is_failing(&self) -> bool {
        lock(&self.state).trouble.is_some()
    }

    /// What shakes hands with those who connect.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }

    /// The same, for a listener where they may show a certificate.
    pub fn asking_acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.asking))
    }

    fn warn(&self, now: SystemTime) {
        let mut state = lock(&self.state);
        let left = state.expires.duration_since(now).unwrap_or_default();
        let lately = |at: SystemTime| {
            let since = now.duration_since(at);
            since.is_ok_and(|since| since < WARNED_EVERY)
        };
        if left < WARNED_BEFORE && !state.warned.is_some_and(lately) {
            let days = left.as_secs() / 86_400;
            tracing::warn!(file = %self.certificate.display(), days, "the TLS certificate expires soon");
            state.warned = Some(now);
        }
    }
}

/// The same certificate stands for us where a peer asks for one (RFC 5922 §7.5).
impl ResolvesClientCert for Shown {
    fn resolve(&self, _authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

/// The cryptography of all TLS here.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn stamp(certificate: &Path, key: &Path) -> Option<Stamp> {
    let of = |file: &Path| {
        let found = fs::metadata(file).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    Some([of(certificate)?, of(key)?])
}

fn pair(certificate: &Path, key: &Path) -> anyhow::Result<Pair> {
    let chain = CertificateDer::pem_slice_iter(&contents(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| anyhow::anyhow!("{}: no PEM: {why}", certificate.display()))?;
    let Some(first) = chain.first() else {
        bail!("{}: no certificate in it", certificate.display());
    };
    let read = Certificate::from_der(first);
    let read = read.with_context(|| format!("{}: not readable", certificate.display()))?;
    let end = read.tbs_certificate().validity().not_after;
    let expires = UNIX_EPOCH + end.to_unix_duration();
    // The error may not quote what is secret: of the key it names the file alone.
    let secret = PrivateKeyDer::from_pem_slice(&contents(key)?)
        .map_err(|_| anyhow::anyhow!("{}: no private key in it", key.display()))?;
    let key = CertifiedKey::from_der(chain, secret, &provider())
        .with_context(|| format!("{} with {}", certificate.display(), key.display()))?;
    Ok(Pair { key, expires })
}

fn contents(file: &Path) -> anyhow::Result<Vec<u8>> {
    let name = || file.display().to_string();
    let length = fs::metadata(file).with_context(name)?.len();
    ensure!(length <= LARGEST, "{}: too large", file.display());
    fs::read(file).with_context(name)
}

/// A lock whose holders leave no half-done work behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

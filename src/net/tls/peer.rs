//! TLS towards peers: whom we connect to, and what we ask of them.
//!
//! ```text
//!   a name is known (a trunk) ──▶ its chain leads to an authority we believe, and it shows the name
//!                                 │ or it is the very one that was pinned │ or anybody, as was set
//!   no name, met here before  ──▶ who holds the key of whatever is shown
//!   no name, a stranger       ──▶ nobody
//! ```
//!
//! The name is the domain that was looked up, never the host that DNS led to: who can lie in DNS
//! cannot show a certificate for it (RFC 5922 §4).
//!
//! Without a name we open a connection only to an address that a request in a dialog must reach after
//! its connection was lost (F9). No authority signs such an address for a phone or a PBX behind it, so
//! there is no name to verify. Instead only those are called back who have been here before: a peer
//! with whom a TLS connection was made from that address since the start. Whatever certificate it
//! shows then is taken, if it holds the key of it: what passes is encrypted, and as surely with the
//! right peer as TCP to that address is. Anybody else is not connected to, and whoever wanted it is
//! told. A place that was reached by a name is reached by that name again.

use super::{Identity, provider};
use anyhow::Context as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ResolvesClientCert, verify_server_cert_signed_by_trust_anchor, verify_server_name,
};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    version,
};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Addresses remembered; then the oldest is forgotten, and not called back.
const REMEMBERED: usize = 4_096;

/// How sure we must be who a peer is that we connect to by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// An authority that we believe says that it has the name.
    #[default]
    Name,
    /// It shows the one certificate with this SHA-256, whoever has signed it.
    Pinned([u8; 32]),
    /// Anybody will do who is at the address.
    None,
}

/// Whom we believe.
#[derive(Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    /// By name, lower case. Those not here must prove their name.
    proofs: BTreeMap<String, Proof>,
}

impl Trust {
    /// Nobody: who has a name cannot prove it, but by a pin.
    pub fn none() -> Self {
        Self {
            roots: Arc::new(RootCertStore::empty()),
            proofs: BTreeMap::new(),
        }
    }

    /// The authorities that the system believes, and those in a PEM file.
    ///
    /// # Errors
    /// If the file cannot be read, or has no certificate.
    pub fn system(authorities: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (read, _) = roots.add_parsable_certificates(found.certs);
        if read == 0 {
            tracing::warn!(
                "the system has no certificate authorities (Debian: ca-certificates): webhooks, storage and trunks by TLS need it, or a ca in [tls]"
            );
        }
        if let Some(file) = authorities {
            let name = || file.display().to_string();
            let certificates =
                CertificateDer::pem_file_iter(file).map_err(|why| anyhow::anyhow!("{why}"));
            for certificate in certificates.with_context(name)? {
                let certificate = certificate
                    .map_err(|why| anyhow::anyhow!("{why}"))
                    .with_context(name)?;
                roots.add(certificate).with_context(name)?;
            }
            anyhow::ensure!(
                roots.len() > read,
                "{}: no certificate in it",
                file.display()
            );
        }
        Ok(Self {
            roots: Arc::new(roots),
            proofs: BTreeMap::new(),
        })
    }

    /// What a peer of that name must show, if it is not its name.
    pub fn asks(mut self, name: &str, proof: Proof) -> Self {
        if proof == Proof::None {
            tracing::warn!(
                name,
                "TLS: whoever answers at its address is taken for this trunk, as set by verify = \"none\""
            );
        }
        self.proofs.insert(name.to_ascii_lowercase(), proof);
        self
    }

    /// What shakes hands with servers of the web: each must prove the name it was asked by.
    ///
    /// # Errors
    /// If this build knows no version of TLS.
    pub fn web(&self) -> Result<TlsConnector, Error> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// What shakes hands with a peer of that name, or with one that we have met. Who asks for a
    /// certificate of ours is shown `identity`.
    pub(in crate::net) fn connector(
        &self,
        name: Option<&str>,
        identity: Option<&Identity>,
    ) -> Result<TlsConnector, Error> {
        let verifier = self.verifier(name.map_or(Proof::None, |name| self.proof_of(name)));
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match identity {
            Some(identity) => {
                let shown = Arc::clone(&identity.shown);
                config.with_client_cert_resolver(shown as Arc<dyn ResolvesClientCert>)
            }
            None => config.with_no_client_auth(),
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// Whether what a peer has shown proves that name. Where no proof is asked for, nothing does.
    pub(in crate::net) fn is_proved(&self, name: &str, shown: &[CertificateDer<'_>]) -> bool {
        let (Some((first, chain)), Ok(expected)) =
            (shown.split_first(), ServerName::try_from(name))
        else {
            return false;
        };
        match self.proof_of(name) {
            Proof::None => false,
            proof @ (Proof::Name | Proof::Pinned(_)) => self
                .verifier(proof)
                .verify_server_cert(first, chain, &expected, &[], UnixTime::now())
                .is_ok(),
        }
    }

    fn proof_of(&self, name: &str) -> Proof {
        let known = self.proofs.get(&name.to_ascii_lowercase());
        known.copied().unwrap_or_default()
    }

    fn verifier(&self, proof: Proof) -> Verifier {
        Verifier {
            proof,
            roots: Arc::clone(&self.roots),
            provider: provider(),
        }
    }
}

/// Who has been reached or has come over TLS.
#[derive(Debug, Default)]
pub(in crate::net) struct Met {
    known: BTreeSet<IpAddr>,
    order: VecDeque<IpAddr>,
    names: BTreeMap<SocketAddr, Arc<str>>,
    named: VecDeque<SocketAddr>,
}

impl Met {
    pub(in crate::net) fn note(&mut self, address: IpAddr) {
        if !self.known.insert(address) {
            return;
        }
        self.order.push_back(address);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(in crate::net) fn has(&self, address: IpAddr) -> bool {
        self.known.contains(&address)
    }

    /// A place is being reached by a name.
    pub(in crate::net) fn note_name(&mut self, place: SocketAddr, name: Arc<str>) {
        if self.names.insert(place, name).is_some() {
            return;
        }
        self.named.push_back(place);
        if self.named.len() > REMEMBERED
            && let Some(oldest) = self.named.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    /// The name by which a place was reached last.
    pub(in crate::net) fn name_of(&self, place: SocketAddr) -> Option<Arc<str>> {
        self.names.get(&place).cloned()
    }
}

/// Asks a peer for its proof.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) proof: Proof,
    pub(super) roots: Arc<RootCertStore>,
    pub(super) provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// An authority we believe has signed it, for that name: as DNS or IP name, or as the SIP URI of
    /// the domain (RFC 5922 §7.1).
    fn prove_name(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(shown)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, chain, now, algorithms)?;
        verify_server_name(&parsed, name).or_else(|why| match has_uri(shown, &name.to_str()) {
            true => Ok(()),
            false => Err(why),
        })
    }
}

/// Whether a certificate has the URI of a SIP domain: without a user, and nothing more general than
/// the domain itself (RFC 5922 §7.2).
fn has_uri(shown: &CertificateDer<'_>, domain: &str) -> bool {
    let Ok(certificate) = Certificate::from_der(shown) else {
        return false;
    };
    let Ok(Some((_, names))) = certificate
        .tbs_certificate()
        .get_extension::<SubjectAltName>()
    else {
        return false;
    };
    names.0.iter().any(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => {
            let is_sip = uri
                .as_str()
                .split_once(':')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("sip"));
            is_sip.is_some_and(|(_, host)| host.eq_ignore_ascii_case(domain))
        }
        GeneralName::OtherName(_)
        | GeneralName::Rfc822Name(_)
        | GeneralName::DnsName(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EdiPartyName(_)
        | GeneralName::IpAddress(_)
        | GeneralName::RegisteredId(_) => false,
    })
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.proof {
            Proof::Name => self.prove_name(shown, chain, name, now)?,
            Proof::Pinned(pin) if <[u8; 32]>::from(Sha256::digest(shown)) == pin => {}
            Proof::Pinned(_) => {
                return Err(Error::InvalidCertificate(
                    CertificateError::ApplicationVerificationFailure,
                ));
            }
            Proof::None => {}
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, shown, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, shown, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_acquaintance_is_forgotten_first() {
        let address = |n: usize| IpAddr::from(std::net::Ipv4Addr::from_bits(n as u32));
        let place = |n: usize| SocketAddr::new(address(n), 5061);
        let mut met = Met::default();
        for n in 0..=REMEMBERED {
            met.note(address(n));
            met.note(address(n));
            met.note_name(place(n), "a".into());
            met.note_name(place(n), "b".into());
        }
        assert!(!met.has(address(0)) && met.has(address(1)) && met.has(address(REMEMBERED)));
        assert_eq!(met.known.len(), met.order.len());
        assert_eq!(met.name_of(place(0)), None);
        assert_eq!(met.name_of(place(1)).as_deref(), Some("b"));
    }
}

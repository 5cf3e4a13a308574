//! TLS towards peers: whom we connect to, and what we ask of them.
//!
//! We open a connection only to a literal address that a request in a dialog must reach after its
//! connection was lost (F9). No authority signs such an address for a phone or a PBX behind it, so
//! there is no name to verify. Instead only those are called back who have been here before: a peer
//! with whom a TLS connection was made from that address since the start. Whatever certificate it
//! shows then is taken, if it holds the key of it: what passes is encrypted, and as surely with the
//! right peer as TCP to that address is. Anybody else is not connected to, and whoever wanted it is
//! told.

use super::provider;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme, version};
use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Addresses remembered; then the oldest is forgotten, and not called back.
const REMEMBERED: usize = 4_096;

/// The addresses from which TLS connections have come.
#[derive(Debug, Default)]
pub(in crate::net) struct Met {
    known: BTreeSet<IpAddr>,
    order: VecDeque<IpAddr>,
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
}

/// What shakes hands with those we connect to.
pub(in crate::net) fn connector() -> Result<TlsConnector, Error> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(HoldsItsKey(provider)))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Takes any certificate whose key the peer has.
#[derive(Debug)]
struct HoldsItsKey(Arc<CryptoProvider>);

impl ServerCertVerifier for HoldsItsKey {
    fn verify_server_cert(
        &self,
        _shown: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, shown, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, shown, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_acquaintance_is_forgotten_first() {
        let address = |n: usize| IpAddr::from(std::net::Ipv4Addr::from_bits(n as u32));
        let mut met = Met::default();
        for n in 0..=REMEMBERED {
            met.note(address(n));
            met.note(address(n));
        }
        assert!(!met.has(address(0)) && met.has(address(1)) && met.has(address(REMEMBERED)));
        assert_eq!(met.known.len(), met.order.len());
    }
}

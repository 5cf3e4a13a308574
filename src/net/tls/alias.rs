//! Connections of peers that may be used to reach them, too (RFC 5923).
//!
//! ```text
//!   a peer connects, shows a certificate and holds its key
//!     └─ a request with `alias` ─▶ claims to be at its host, at the port of its Via
//!   somebody by name is to be reached there ─▶ does that certificate prove the name?
//!                                                ├─ yes ─▶ on that connection
//!                                                └─ no ──▶ on one that we open
//! ```
//!
//! Whoever connects can claim anything. So a claim is worth what its certificate is: it must be one that
//! would be believed of whoever answers at that place, the name and the pin included. What is reached
//! without a name, or by one of which no proof is asked, is never reached so; nor is anything over plain
//! TCP, which that RFC leaves out.

use super::provider;
use crate::sip::ListenerId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// A certificate and what leads from it to its authority, as a peer has shown them.
pub(in crate::net) type Chain = Arc<[CertificateDer<'static>]>;

/// What peers claim: where each of their connections leads to.
#[derive(Debug, Default)]
pub(in crate::net) struct Claimed(BTreeMap<(ListenerId, SocketAddr, u64), Chain>);

impl Claimed {
    /// The peer of a connection says that it is reached there.
    pub(in crate::net) fn note(
        &mut self,
        listener: ListenerId,
        place: SocketAddr,
        connection: u64,
        shown: Chain,
    ) {
        self.0.insert((listener, place, connection), shown);
    }

    /// The connections whose peers claim that place, the oldest first.
    pub(in crate::net) fn at(&self, listener: ListenerId, place: SocketAddr) -> Vec<(u64, Chain)> {
        let all = self
            .0
            .range((listener, place, 0)..=(listener, place, u64::MAX));
        all.map(|((_, _, connection), shown)| (*connection, Arc::clone(shown)))
            .collect()
    }

    /// A connection is gone.
    pub(in crate::net) fn forget(&mut self, gone: u64) {
        self.0.retain(|(_, _, connection), _| *connection != gone);
    }
}

/// Asks who connects for a certificate. Whose it is, is looked at when it matters: a phone with one that
/// nobody believes is let in as one with none is.
#[derive(Debug)]
pub(super) struct AnyClient {
    provider: Arc<CryptoProvider>,
}

impl AnyClient {
    pub(super) fn new() -> Self {
        Self {
            provider: provider(),
        }
    }
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _shown: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
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
